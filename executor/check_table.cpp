#include "executor/check_table.h"

#include <algorithm>
#include <array>

#include "storage/heap/scan.h"
#include "storage/storage.h"
#include "types/try.h"

namespace rowan {
namespace {

class CheckSnapshot {
 public:
  CheckSnapshot(Transactions& transactions, SnapshotSlot& slot, Snapshot snapshot)
      : transactions_(transactions), slot_(slot), snapshot_(snapshot) {}
  ~CheckSnapshot() { transactions_.release_snapshot(slot_, snapshot_); }
  CheckSnapshot(const CheckSnapshot&) = delete;
  CheckSnapshot& operator=(const CheckSnapshot&) = delete;
  const Snapshot& get() const { return snapshot_; }

 private:
  Transactions& transactions_;
  SnapshotSlot& slot_;
  const Snapshot snapshot_;
};

// What opening a part or looking at it says: a finding when it is damage.
Result<bool> worked(TableCheck& check, RelationId owner, Result<> result) {
  if (result.ok()) return true;
  if (!is_damage(result.error())) return std::move(result).error();
  check.report.add(kNoPage, owner, result.error().message());
  return false;
}

Result<> open_index(TableCheck& check, const catalog::IndexPtr& index, std::vector<CheckedIndex>& indexes) {
  CheckedIndex opened;
  opened.index = index;
  opened.storage = TRY(check.relations.index(*index));
  IndexShapePtr shape = TRY(make_index_shape(check.table, index, check.catalog, check.bind));
  opened.keys = std::make_unique<IndexKeys>(std::move(shape));
  uint64_t before = check.report.count();
  TRY(opened.storage->btree ? opened.storage->btree->verify(check.report)
                            : opened.storage->hash->verify(check.report));
  // Nothing is looked up in a tree that leads astray.
  opened.is_broken = check.report.count() != before;
  indexes.push_back(std::move(opened));
  return {};
}

// Some page of the relation cannot be used.
bool has_gap(const CheckReport& report, RelationId relation) {
  return std::any_of(report.findings().begin(), report.findings().end(), [&](const CheckFinding& finding) {
    return finding.owner == relation && report.is_unreadable(finding.page);
  });
}

}  // namespace

bool is_damage(const Error& error) {
  return error.state() == sqlstate::data_corrupted || error.state() == sqlstate::index_corrupted;
}

std::string row_text(RowId row) {
  return "row (" + std::to_string(row.page) + "," + std::to_string(row.slot) + ")";
}

Result<> for_each_row(TableCheck& check, Heap& heap, const Snapshot& snapshot,
                      const std::vector<catalog::ColumnNumber>& columns, const LookAtRows& look) {
  const catalog::Table& table = *check.table;
  ScanSpec spec;
  spec.projection = {heap.layout(table.layout), {columns.begin(), columns.end()}, true};
  std::vector<Type> types;
  for (catalog::ColumnNumber column : columns) types.push_back(table.columns[column].type);
  types.push_back(TypeId::BigInt);
  HeapScan scan(heap, snapshot, std::move(spec));
  Batch scanned(types, kBatchRows);
  Batch by_number;
  by_number.columns().resize(table.columns.size());
  std::array<PageNo, 64> pages;
  PageNo from = 0;
  for (size_t count; (count = check.relations.storage().space().pages(table.storage, from, pages)) != 0;
       from = pages[count - 1] + 1) {
    for (size_t i = 0; i < count; ++i) {
      if (check.report.is_unreadable(pages[i])) continue;
      scan.restart(snapshot, {pages[i], pages[i] + 1});
      for (;;) {
        Result<bool> more = scan.next(scanned, kBatchRows);
        if (!more.ok() && !is_damage(more.error())) return std::move(more).error();
        if (!more.ok()) check.report.add(pages[i], table.storage, "its rows: " + more.error().message());
        if (!more.ok() || !*more) break;
        for (size_t c = 0; c < columns.size(); ++c) by_number.column(columns[c]).borrow(scanned.column(c));
        by_number.set_row_count(scanned.row_count());
        TRY(look(pages[i], by_number, scanned.selection(), scanned.columns().back().data<int64_t>()));
      }
    }
  }
  return {};
}

Result<> check_table(TableCheck& check) {
  RelationId storage = check.table->storage;
  Result<HeapPtr> opened = check.relations.heap(*check.table);
  bool is_open = TRY(worked(check, storage, opened.ok() ? Result<>() : Result<>(opened.error())));
  if (!is_open) return {};
  Heap& heap = **opened;
  TRY(heap.verify(check.report));
  std::vector<CheckedIndex> indexes;
  for (const catalog::IndexPtr& index : check.catalog->indexes_of(*check.table))
    TRY(worked(check, index->storage, open_index(check, index, indexes)));

  Transactions& transactions = check.relations.transactions();
  Snapshot taken = TRY(transactions.take_snapshot(check.transaction));
  CheckSnapshot snapshot(transactions, check.transaction.slot(), taken);
  TRY(check_rows(check, heap, snapshot.get(), indexes));
  for (CheckedIndex& index : indexes)
    TRY(worked(check, index.index->storage, check_entries(check, heap, snapshot.get(), index)));
  return {};
}

Result<> check_foreign_keys(TableCheck& check) {
  RelationId storage = check.table->storage;
  if (has_gap(check.report, storage)) return {};
  HeapPtr heap = TRY(check.relations.heap(*check.table));
  Transactions& transactions = check.relations.transactions();
  Snapshot taken = TRY(transactions.take_snapshot(check.transaction));
  CheckSnapshot snapshot(transactions, check.transaction.slot(), taken);
  for (const catalog::Constraint& key : check.table->constraints) {
    if (key.kind != catalog::ConstraintKind::ForeignKey || !key.is_valid) continue;
    catalog::TablePtr parent = check.catalog->table(key.parent);
    if (parent != nullptr && has_gap(check.report, parent->storage)) continue;
    TRY(worked(check, storage, check_references(check, *heap, snapshot.get(), key)));
  }
  return {};
}

}  // namespace rowan
