// bench/heap_bench.cpp: the heap's tripwires: rows in, one row read, one row updated, ten million integers
// filtered. A database in memory: no log is written, so these are the engine's own costs.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "storage/commit.h"
#include "storage/file/clock.h"
#include "storage/file/os_file_system.h"
#include "storage/heap/bulk.h"
#include "storage/heap/heap.h"
#include "storage/heap/page_ops.h"
#include "storage/heap/page_sets.h"
#include "storage/heap/scan.h"
#include "storage/storage.h"
#include "txn/transactions.h"
#include "types/mask_compare.h"

namespace rowan {
namespace {

template <class T>
T bench_must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().message().c_str());
    std::exit(1);
  }
  return std::move(result).take();
}

struct HeapBench {
  explicit HeapBench(size_t pool_bytes) {
    register_heap_redo(hooks.redo);
    StorageOptions options;
    options.pool_bytes = pool_bytes;
    storage = bench_must(Storage::open(files, "", options, hooks, clock, random));
    transactions = std::make_unique<Transactions>(RecoveredState{});
    commits = std::make_unique<CommitProtocol>(*storage, *transactions);
    slot = &transactions->open_slot();
    Result<> begun = storage->begin_writing();
    if (!begun.ok()) std::exit(1);
    RelationId relation = bench_must(storage->space().new_relation_id());
    heap = bench_must(Heap::create(
        *storage, *transactions, sets, relation,
        std::vector<PhysicalType>{PhysicalType::Int64, PhysicalType::Int32, PhysicalType::Text}));
  }
  Transaction begin() {
    return bench_must(transactions->begin(*slot, 1, IsolationLevel::ReadCommitted, false));
  }
  void commit(Transaction& transaction) {
    std::vector<WriteId> ids(transaction.write_ids().begin(), transaction.write_ids().end());
    bench_must(commits->commit(transaction, Durability::Async));
    sets.committed(ids);
  }
  std::vector<RowId> load(uint32_t rows) {
    Transaction transaction = begin();
    BulkInsert bulk(*heap, transaction, heap->layout(0));
    std::vector<RowId> ids(rows);
    Batch batch(std::vector<Type>{TypeId::BigInt, TypeId::Integer, TypeId::Text}, kBatchRows);
    std::vector<const Vector*> columns{&batch.column(0), &batch.column(1), &batch.column(2)};
    for (uint32_t at = 0; at < rows; at += kBatchRows) {
      uint32_t count = std::min(kBatchRows, rows - at);
      for (uint32_t i = 0; i < count; ++i) {
        batch.column(0).data<int64_t>()[i] = at + i;
        batch.column(1).data<int32_t>()[i] = static_cast<int32_t>((at + i) * 2654435761u % 1000000);
        batch.column(2).data<Text>()[i] = Text("twelve chars");
      }
      Result<> appended = bulk.append(columns, Selection(count), ids.data() + at);
      if (!appended.ok()) std::exit(1);
    }
    commit(transaction);
    return ids;
  }

  OsFileSystem files;
  SystemClock clock;
  SystemRandom random;
  StorageHooks hooks;
  PageSets sets;
  std::unique_ptr<Storage> storage;
  std::unique_ptr<Transactions> transactions;
  std::unique_ptr<CommitProtocol> commits;
  std::unique_ptr<Heap> heap;
  SnapshotSlot* slot = nullptr;
};

void heap_insert_one(benchmark::State& state) {
  HeapBench bench(1u << 30);
  Transaction transaction = bench.begin();
  LayoutPtr layout = bench.heap->layout(0);
  Batch batch(std::vector<Type>{TypeId::BigInt, TypeId::Integer, TypeId::Text}, 1);
  std::vector<const Vector*> columns{&batch.column(0), &batch.column(1), &batch.column(2)};
  batch.column(2).data<Text>()[0] = Text("twelve chars");
  RowId id;
  for (auto _ : state) {
    ++batch.column(0).data<int64_t>()[0];
    Result<> done = bench.heap->insert(transaction, *layout, columns, Selection(1), &id);
    if (!done.ok()) state.SkipWithError("insert");
  }
  bench.commit(transaction);
}
BENCHMARK(heap_insert_one);

void heap_fetch_one(benchmark::State& state) {
  HeapBench bench(512u << 20);
  std::vector<RowId> ids = bench.load(1000000);
  Transaction transaction = bench.begin();
  Snapshot snapshot = bench_must(bench.transactions->take_snapshot(transaction));
  Projection all{bench.heap->layout(0), {0, 1, 2}, false};
  Batch out(std::vector<Type>{TypeId::BigInt, TypeId::Integer, TypeId::Text}, 1);
  uint16_t from;
  uint64_t dice = 1;
  for (auto _ : state) {
    dice = dice * 6364136223846793005u + 1;
    uint32_t found = bench_must(
        bench.heap->fetch(snapshot, all, {&ids[(dice >> 32) % ids.size()], 1}, out, &from));
    benchmark::DoNotOptimize(found);
  }
  bench.transactions->release_snapshot(*bench.slot, snapshot);
  bench.commit(transaction);
}
BENCHMARK(heap_fetch_one);

// A transaction a row: begin, snapshot, update, asynchronous commit.
void heap_update_one(benchmark::State& state) {
  HeapBench bench(512u << 20);
  std::vector<RowId> ids = bench.load(1000000);
  LayoutPtr layout = bench.heap->layout(0);
  Batch batch(std::vector<Type>{TypeId::Integer}, 1);
  std::vector<ColumnChange> changes{{1, &batch.column(0), 0}};
  uint64_t dice = 1;
  for (auto _ : state) {
    dice = dice * 6364136223846793005u + 1;
    Transaction transaction = bench.begin();
    Snapshot snapshot = bench_must(bench.transactions->take_snapshot(transaction));
    ++batch.column(0).data<int32_t>()[0];
    RowOutcome outcome =
        bench_must(bench.heap->update(transaction, *layout, ids[(dice >> 32) % ids.size()], {&snapshot, 0},
                                      changes, false, &bench.transactions->locks()));
    if (outcome.fate != RowFate::Done) state.SkipWithError("update");
    bench.transactions->release_snapshot(*bench.slot, snapshot);
    bench.commit(transaction);
  }
}
BENCHMARK(heap_update_one);

class BelowFilter final : public PageFilter {
 public:
  void keep(PageColumns& columns, uint32_t count, std::span<uint64_t> rows) override {
    int32_t wanted = 10000;
    compare_(columns.column(0, rows).raw_data(), &wanted, count, rows.data());
  }

 private:
  MaskCompare compare_ = *MaskCompare::of(TypeId::Integer, Comparison::Less);
};

void heap_filtered_scan(benchmark::State& state) {
  HeapBench bench(1u << 30);
  bench.load(10000000);
  Transaction transaction = bench.begin();
  Snapshot snapshot = bench_must(bench.transactions->take_snapshot(transaction));
  BelowFilter filter;
  Batch out(std::vector<Type>{TypeId::Integer}, kBatchRows);
  for (auto _ : state) {
    ScanSpec spec;
    spec.projection = {bench.heap->layout(0), {1}, false};
    spec.filter = &filter;
    spec.filter_columns = {1};
    spec.filter_types = {TypeId::Integer};
    HeapScan scan(*bench.heap, snapshot, spec);
    int64_t sum = 0;
    while (bench_must(scan.next(out, kBatchRows)))
      for (uint32_t i = 0; i < out.row_count(); ++i) sum += out.column(0).data<int32_t>()[i];
    benchmark::DoNotOptimize(sum);
  }
  bench.transactions->release_snapshot(*bench.slot, snapshot);
  bench.commit(transaction);
  state.SetItemsProcessed(state.iterations() * 10000000);
}
BENCHMARK(heap_filtered_scan)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rowan

BENCHMARK_MAIN();
