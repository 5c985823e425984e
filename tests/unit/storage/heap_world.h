// heap_world.h: one open database with transactions, page sets and a cleaner, for tests of the heap.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "storage/cleaner/cleaner.h"
#include "storage/commit.h"
#include "storage/file/clock.h"
#include "storage/file/sim_fs.h"
#include "storage/heap/heap.h"
#include "storage/heap/page_ops.h"
#include "storage/heap/page_sets.h"
#include "storage/heap/scan.h"
#include "storage/storage.h"
#include "txn/transactions.h"
#include "types/batch.h"
#include "types/try.h"

namespace rowan {

// Fails the test and ends it by exception when a Result holds an error.
template <class T>
T heap_must(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.error().message() << " (" << result.error().detail() << ")";
    throw std::runtime_error(result.error().message());
  }
  return std::move(result).take();
}
inline void heap_must(Result<> result) {
  if (result.ok()) return;
  ADD_FAILURE() << result.error().message() << " (" << result.error().detail() << ")";
  throw std::runtime_error(result.error().message());
}

// An index without pages: entries in a set, so that a test sees what the cleaner removes.
class HeapTestIndex final : public CleanedIndex {
 public:
  explicit HeapTestIndex(uint16_t column) : columns_{column}, types_{TypeId::BigInt} {}
  std::span<const uint16_t> columns() const override { return columns_; }
  std::span<const Type> types() const override { return types_; }
  Result<bool> key(const Batch& row, std::string& to) override {
    if (row.column(0).is_null(0)) return false;
    to = std::to_string(row.column(0).data<int64_t>()[0]);
    return true;
  }
  Result<> insert(std::string_view key, RowId row) override {
    if (before_insert) TRY(std::exchange(before_insert, nullptr)());
    entries.insert({std::string(key), row.packed()});
    return {};
  }
  Result<> remove(std::string_view key, RowId row, RowCheck& check) override {
    if (before_remove) std::exchange(before_remove, nullptr)();
    Result<RowVerdict> verdict = check.look(row);
    if (!verdict.ok()) return std::move(verdict).error();
    if (verdict->kind == RowVerdict::Kind::Dead) entries.erase({std::string(key), row.packed()});
    return {};
  }
  void insert(int64_t key, RowId row) { entries.insert({std::to_string(key), row.packed()}); }
  std::set<std::pair<std::string, uint64_t>> entries;
  std::function<void()> before_remove;      // once
  std::function<Result<>()> before_insert;  // of a row that is moved; once

 private:
  std::vector<uint16_t> columns_;
  std::vector<Type> types_;
};

class HeapWorld {
 public:
  // `files` nullptr: a database in memory.
  explicit HeapWorld(SimFs* files = nullptr, StorageOptions options = {}) {
    register_heap_redo(hooks_.redo);
    hooks_.observers[0] = &recovery_;
    hooks_.observers[1] = &sets;
    if (files == nullptr) {
      own_files_ = std::make_unique<SimFs>();
      files = own_files_.get();
    }
    options.pool_bytes = std::max<size_t>(
        options.pool_bytes == (64u << 20) ? (16u << 20) : options.pool_bytes, 16 * kPageSize);
    storage = heap_must(Storage::open(*files, own_files_ ? "" : "/db", options, hooks_, clock_, random_));
    transactions = std::make_unique<Transactions>(heap_must(recovery_.state(*storage)));
    commits = std::make_unique<CommitProtocol>(*storage, *transactions);
    storage->set_checkpoint_source(CheckpointPart::PageSets, &sets);
    heap_must(sets.restore(storage->recovered_bytes(CheckpointPart::PageSets)));
    sets.recovered();
    cleaner = std::make_unique<Cleaner>(*transactions, *commits, sets,
                                        [this](RelationId) -> Result<RelationStorage> { return parts(); });
    slot = &transactions->open_slot();
  }
  ~HeapWorld() {
    heap.reset();
    if (slot != nullptr) transactions->close_slot(*slot);
  }

  void create(std::vector<PhysicalType> columns) {
    heap_must(storage->begin_writing());
    relation = heap_must(storage->space().new_relation_id());
    heap = heap_must(Heap::create(*storage, *transactions, sets, relation, columns));
  }
  void open(RelationId id) {
    relation = id;
    heap = heap_must(Heap::open(*storage, *transactions, sets, relation));
  }
  RelationStorage parts() {
    RelationStorage found;
    found.heap = heap.get();
    found.layout = layout ? layout : heap->layout(0);
    found.types = types;
    if (index) found.indexes.push_back(index.get());
    return found;
  }
  Transaction begin(SnapshotSlot& in, IsolationLevel level = IsolationLevel::RepeatableRead) {
    return heap_must(transactions->begin(in, ++sessions_, level, false));
  }
  Transaction begin() { return begin(*slot); }
  void commit(Transaction& transaction) {
    std::vector<WriteId> ids(transaction.write_ids().begin(), transaction.write_ids().end());
    heap_must(commits->commit(transaction, Durability::Async));
    sets.committed(ids);
  }
  void rollback(Transaction& transaction, bool clean = true) {
    std::vector<WriteId> ids = commits->rollback(transaction);
    if (clean) {
      heap_must(cleaner->after_rollback(ids));
    } else {
      sets.aborted(ids);
    }
  }
  void clean() {
    heap_must(cleaner->run([] { return true; }));
  }
  void verify(bool all_clean = true) {
    CheckReport report;
    heap_must(heap->verify(report));
    for (const CheckFinding& finding : report.findings()) {
      if (all_clean)
        ADD_FAILURE() << "page " << finding.page << ": " << finding.message << "\n"
                      << heap_must(heap->dump(finding.page));
    }
  }

  std::unique_ptr<Storage> storage;
  PageSets sets;
  std::unique_ptr<Transactions> transactions;
  std::unique_ptr<CommitProtocol> commits;
  std::unique_ptr<Cleaner> cleaner;
  std::unique_ptr<Heap> heap;
  std::unique_ptr<HeapTestIndex> index;
  LayoutPtr layout;         // the newest, if it is not the first
  std::vector<Type> types;  // of its columns, for who moves rows
  SnapshotSlot* slot = nullptr;
  RelationId relation = 0;

 private:
  std::unique_ptr<SimFs> own_files_;
  StorageHooks hooks_;
  TransactionRecovery recovery_;
  SystemClock clock_;
  SystemRandom random_;
  uint64_t sessions_ = 0;
};

// Text that LZ4 does not shorten.
inline std::string heap_noise(size_t length, uint64_t seed) {
  std::string text(length, ' ');
  uint64_t state = seed * 2654435761 + 88172645463325252;
  for (char& c : text) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    c = static_cast<char>('!' + state % 90);
  }
  return text;
}

// A row of (BIGINT key, INTEGER number, TEXT text), NULLs as nullopt.
struct HeapRow {
  int64_t key = 0;
  std::optional<int32_t> number;
  std::optional<std::string> text;
  bool operator==(const HeapRow&) const = default;
};
inline const std::vector<Type> kHeapRowTypes{TypeId::BigInt, TypeId::Integer, TypeId::Text};
inline const std::vector<PhysicalType> kHeapRowForms{PhysicalType::Int64, PhysicalType::Int32,
                                                     PhysicalType::Text};

inline void put_heap_row(Batch& batch, uint32_t at, const HeapRow& row) {
  batch.column(0).set_value(at, Value::bigint(row.key));
  batch.column(1).set_value(at, row.number ? Value::integer(*row.number) : Value(TypeId::Integer));
  batch.column(2).set_value(at, row.text ? Value::text(*row.text) : Value(TypeId::Text));
}
inline HeapRow get_heap_row(const Batch& batch, uint32_t at) {
  HeapRow row;
  row.key = batch.column(0).data<int64_t>()[at];
  if (!batch.column(1).is_null(at)) row.number = batch.column(1).data<int32_t>()[at];
  if (!batch.column(2).is_null(at)) row.text = std::string(batch.column(2).data<Text>()[at].view());
  return row;
}

inline std::vector<RowId> insert_heap_rows(HeapWorld& world, Transaction& transaction,
                                           const std::vector<HeapRow>& rows) {
  std::vector<RowId> ids(rows.size());
  for (size_t done = 0; done < rows.size(); done += kBatchRows) {
    auto count = static_cast<uint32_t>(std::min<size_t>(kBatchRows, rows.size() - done));
    Batch batch(kHeapRowTypes, count);
    for (uint32_t i = 0; i < count; ++i) put_heap_row(batch, i, rows[done + i]);
    std::vector<const Vector*> columns{&batch.column(0), &batch.column(1), &batch.column(2)};
    heap_must(world.heap->insert(transaction, *world.heap->layout(0), columns, Selection(count),
                                 ids.data() + done));
  }
  return ids;
}

inline RowOutcome update_heap_row(HeapWorld& world, Transaction& transaction, RowId id, Seen seen,
                                  const HeapRow& row, bool keys_changed) {
  Batch batch(kHeapRowTypes, 1);
  put_heap_row(batch, 0, row);
  std::vector<ColumnChange> changes{
      {0, &batch.column(0), 0}, {1, &batch.column(1), 0}, {2, &batch.column(2), 0}};
  return heap_must(
      world.heap->update(transaction, *world.heap->layout(0), id, seen, changes, keys_changed, nullptr));
}

// All rows that `snapshot` sees, by packed row id.
inline std::map<uint64_t, HeapRow> scan_heap_rows(HeapWorld& world, const Snapshot& snapshot,
                                                  uint32_t limit = kBatchRows, PageFilter* filter = nullptr) {
  ScanSpec spec;
  spec.projection = {world.heap->layout(0), {0, 1, 2}, true};
  if (filter != nullptr) {
    spec.filter = filter;
    spec.filter_columns = {1, 2};
    spec.filter_types = {TypeId::Integer, TypeId::Text};
  }
  HeapScan scan(*world.heap, snapshot, spec);
  std::vector<Type> types = kHeapRowTypes;
  types.push_back(TypeId::BigInt);
  Batch out(types, kBatchRows);
  std::map<uint64_t, HeapRow> rows;
  while (heap_must(scan.next(out, limit)))
    for (uint32_t i = 0; i < out.row_count(); ++i) {
      auto id = static_cast<uint64_t>(out.column(3).data<int64_t>()[i]);
      EXPECT_EQ(rows.count(id), 0u) << "a row met twice";
      rows[id] = get_heap_row(out, i);
    }
  return rows;
}

}  // namespace rowan
