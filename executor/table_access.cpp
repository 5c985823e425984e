#include "executor/table_access.h"

#include "types/try.h"

namespace rowan {

Result<> TableAccess::open(Run& run, const catalog::Table& table, const std::vector<uint16_t>& columns) {
  ENSURE(run.environment().relations != nullptr);
  heap_ = TRY(run.environment().relations->heap(table));
  projection_.layout = heap_->layout(table.layout);
  ENSURE(projection_.layout != nullptr);
  for (uint16_t column : columns) {
    if (column == kRowIdColumn) {
      projection_.with_row_id = true;
      continue;
    }
    sources_.push_back(projection_.columns.size());
    projection_.columns.push_back(column);
  }
  if (!projection_.with_row_id) return {};
  sources_.clear();
  size_t next = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    bool row_id = columns[i] == kRowIdColumn;
    sources_.push_back(row_id ? projection_.columns.size() : next++);
    direct_ = direct_ && sources_.back() == i;
  }
  return {};
}

std::vector<Type> TableAccess::heap_types(const catalog::Table& table) const {
  std::vector<Type> types;
  for (uint16_t column : projection_.columns) types.push_back(table.columns[column].type);
  if (projection_.with_row_id) types.push_back(TypeId::BigInt);
  return types;
}

void TableAccess::lend(const Batch& from, Batch& out) const {
  for (size_t i = 0; i < sources_.size(); ++i) out.column(i).borrow(from.column(sources_[i]));
  out.set_row_count(from.row_count());
}

}  // namespace rowan
