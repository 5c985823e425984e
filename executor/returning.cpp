#include "executor/returning.h"

#include "executor/operators.h"

namespace rowan {

void Returning::prepare(const catalog::Table& table, const std::vector<Type>& input, uint32_t capacity) {
  if (!is_present() || rows_.capacity() != 0) return;
  std::vector<Type> types;
  for (const catalog::Column& column : table.columns) types.push_back(column.type);
  table_columns_ = types.size();
  types.insert(types.end(), input.begin(), input.end());
  rows_ = Batch(types, capacity);
}

void Returning::begin() {
  count_ = 0;
  if (is_present()) rows_.reset();
}

void Returning::add(const Batch& written, uint32_t row, const Batch& input, uint32_t from) {
  if (is_present()) {
    for (size_t i = 0; i < table_columns_; ++i) rows_.column(i).copy_row(count_, written.column(i), row);
    for (size_t i = 0; i < input.columns().size(); ++i)
      rows_.column(table_columns_ + i).copy_row(count_, input.column(i), from);
  }
  ++count_;
}

std::optional<Error> Returning::put(Batch& out) {
  std::optional<Error> error;
  rows_.set_row_count(count_);
  uint32_t good = computation_.evaluate(rows_, Selection(count_), error);
  put_rows(rows_, computation_.results(), 0, good, out);
  return error;
}

}  // namespace rowan
