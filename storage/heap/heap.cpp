#include "storage/heap/heap.h"

#include "storage/heap/internals.h"

namespace rowan {

Heap::Heap(std::unique_ptr<HeapInternals> internals) : internals_(std::move(internals)) {}
Heap::~Heap() = default;

Result<std::unique_ptr<Heap>> Heap::create(Storage& storage, Transactions& transactions, PageSets& page_sets,
                                           RelationId relation, std::span<const PhysicalType> columns) {
  if (columns.size() > kMaxColumns)
    return Error(sqlstate::too_many_columns,
                 "tables can have at most " + std::to_string(kMaxColumns) + " columns");
  auto internals = std::make_unique<HeapInternals>(storage, transactions, page_sets, relation);
  std::vector<LayoutColumn> first(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) first[i].physical = columns[i];
  TRY(internals->append_layout(std::move(first), true));
  return std::unique_ptr<Heap>(new Heap(std::move(internals)));
}

Result<std::unique_ptr<Heap>> Heap::open(Storage& storage, Transactions& transactions, PageSets& page_sets,
                                         RelationId relation) {
  auto internals = std::make_unique<HeapInternals>(storage, transactions, page_sets, relation);
  TRY(internals->load_layouts());
  return std::unique_ptr<Heap>(new Heap(std::move(internals)));
}

RelationId Heap::relation() const {
  return internals_->relation;
}

LayoutPtr Heap::layout(LayoutNo number) const {
  return internals_->shared_layout(number);
}

Result<LayoutPtr> Heap::add_column(const Layout& base, PhysicalType physical, const Value& missing) {
  std::vector<LayoutColumn> columns(base.columns().begin(), base.columns().end());
  if (columns.size() >= kMaxColumns)
    return Error(sqlstate::too_many_columns,
                 "tables can have at most " + std::to_string(kMaxColumns) + " columns");
  LayoutColumn added;
  added.physical = physical;
  added.born = LayoutColumn::kBornNow;
  added.missing = missing;
  columns.push_back(std::move(added));
  return internals_->append_layout(std::move(columns), false);
}

Result<LayoutPtr> Heap::drop_column(TxnId who, const Layout& base, uint16_t column) {
  std::vector<LayoutColumn> columns(base.columns().begin(), base.columns().end());
  ENSURE(column < columns.size());
  internals_->note_dropping(who, column, columns[column].born);
  columns[column].dropped = true;
  columns[column].missing = Value();
  return internals_->append_layout(std::move(columns), false);
}

Lsn Heap::change_mark() const {
  return internals_->storage.change_mark();
}

Result<bool> Heap::has_values_out_of_line(PageNo page) {
  ReadGuard guard = TRY(internals_->pool().read(page));
  return guard.header().type == PageType::HeapOverflow && guard.header().relation == relation();
}

HeapSize Heap::size() const {
  return {internals_->storage.space().page_count(internals_->relation)};
}

}  // namespace rowan
