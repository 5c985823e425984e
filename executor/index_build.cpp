#include "executor/index_build.h"

#include <algorithm>

#include "executor/run.h"
#include "executor/sorter.h"
#include "storage/btree/builder.h"
#include "storage/heap/scan.h"
#include "storage/storage.h"
#include "txn/transactions.h"
#include "types/try.h"

namespace rowan {
namespace {

void append_big_endian(uint64_t number, std::string& out) {
  uint64_t swapped = __builtin_bswap64(number);
  out.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
}

// Reads the table and hands every row that belongs into the index to `take(key, has_null, row id, position)`.
template <class Take>
Result<FilledIndex> for_each_key(Relations& relations, Transaction& transaction, IndexKeys& keys,
                                 EvalContext& context, CancelToken* cancel, Take&& take) {
  const IndexShape& shape = keys.shape();
  HeapPtr heap = TRY(relations.heap(*shape.table));
  Snapshot snapshot = TRY(relations.transactions().take_snapshot(transaction, cancel));
  struct Release {
    Transactions& transactions;
    SnapshotSlot& slot;
    const Snapshot& snapshot;
    ~Release() { transactions.release_snapshot(slot, snapshot); }
  } release{relations.transactions(), transaction.slot(), snapshot};

  ScanSpec spec;
  spec.projection = {heap->layout(shape.table->layout), {shape.columns.begin(), shape.columns.end()}, true};
  std::vector<Type> types;
  for (catalog::ColumnNumber column : shape.columns) types.push_back(shape.table->columns[column].type);
  types.push_back(TypeId::BigInt);
  HeapScan scan(*heap, snapshot, std::move(spec));
  Batch scanned(types, kBatchRows);
  // Keys are bound to columns by number: a batch of that shape borrows what was read.
  Batch by_number;
  by_number.columns().resize(shape.table->columns.size());
  std::string key;
  while (TRY(scan.next(scanned, kBatchRows))) {
    if (cancel != nullptr) TRY(cancel->check());
    for (size_t i = 0; i < shape.columns.size(); ++i)
      by_number.column(shape.columns[i]).borrow(scanned.column(i));
    by_number.set_row_count(scanned.row_count());
    Selection rows = scanned.selection();
    TRY(keys.compute(by_number, rows, context));
    const int64_t* ids = scanned.columns().back().data<int64_t>();
    for (uint32_t i = 0; i < rows.count(); ++i) {
      uint32_t row = rows[i];
      if (!keys.includes(row)) continue;
      bool has_null = keys.encode(row, key);
      TRY(take(key, has_null, RowId::unpack(static_cast<uint64_t>(ids[row])), row));
    }
  }
  return FilledIndex{scan.met_old_versions() ? std::max<CommitSeq>(snapshot.csn, 1) : 0};
}

Result<FilledIndex> fill_hash(Relations& relations, Transaction& transaction, IndexKeys& keys,
                              HashIndex& hash, EvalContext& context, CancelToken* cancel) {
  auto insert = [&](const std::string& key, bool, RowId row, uint32_t) -> Result<> {
    InsertOutcome outcome = TRY(hash.insert(key, row));
    ENSURE(outcome.kind == InsertOutcome::Kind::Inserted);
    return {};
  };
  return for_each_key(relations, transaction, keys, context, cancel, insert);
}

Result<FilledIndex> fill_btree(Relations& relations, Transaction& transaction, IndexKeys& keys, Btree& tree,
                               size_t sort_memory, EvalContext& context, CancelToken* cancel) {
  const catalog::Index& index = *keys.shape().index;
  PlannedStatement statement;
  Environment environment;
  environment.eval = &context;
  environment.budget = context.budget;
  environment.cancel = cancel;
  environment.temp_files = &relations.storage().temp_files();
  environment.work_memory = sort_memory;
  Run run(statement, environment);
  // key bytes · row id · whether a key column is NULL
  const Type types[] = {TypeId::Bytea, TypeId::BigInt, TypeId::Boolean};
  Sorter sorter(run, types);
  Batch entry(types, 1);
  const Vector* columns[] = {&entry.column(0), &entry.column(1), &entry.column(2)};
  std::string sort_key;
  auto collect = [&](const std::string& key, bool has_null, RowId row, uint32_t) -> Result<> {
    if (key.size() > kIndexKeyMax) return index_row_too_large(key.size(), index);
    entry.column(0).data<Text>()[0] = Text(key);
    entry.column(1).data<int64_t>()[0] = static_cast<int64_t>(row.packed());
    entry.column(2).data<uint8_t>()[0] = has_null ? 1 : 0;
    sort_key = key;
    append_big_endian(row.packed(), sort_key);
    return sorter.add(columns, 0, sort_key);
  };
  FilledIndex filled = TRY(for_each_key(relations, transaction, keys, context, cancel, collect));
  TRY(sorter.finish());

  BtreeBuilder builder(tree);
  Batch sorted(types, kBatchRows);
  std::string last;
  bool has_last = false;
  for (;;) {
    uint32_t count = TRY(sorter.next(sorted, kBatchRows));
    if (count == 0) break;
    if (cancel != nullptr) TRY(cancel->check());
    for (uint32_t i = 0; i < count; ++i) {
      std::string_view key = sorted.column(0).data<Text>()[i].view();
      RowId row = RowId::unpack(static_cast<uint64_t>(sorted.column(1).data<int64_t>()[i]));
      bool has_null = sorted.column(2).data<uint8_t>()[i] != 0;
      if (index.is_unique && !has_null) {
        if (has_last && key == last) {
          return Error(sqlstate::unique_violation, "could not create unique index \"" + index.name + "\"")
              .table(keys.shape().table->name)
              .constraint(index.name)
              .value(std::to_string(row.packed()));
        }
        last = key;
        has_last = true;
      }
      TRY(builder.add(key, row));
    }
  }
  TRY(builder.finish());
  return filled;
}

// A duplicate is known by its row alone once keys are bytes: reads the row again to say which key it was.
Error fill_unique_error(Relations& relations, Transaction& transaction, IndexKeys& keys, EvalContext& context,
                        CancelToken* cancel, Error error) {
  std::string wanted = error.value();
  std::string detail;
  auto look = [&](const std::string&, bool, RowId row, uint32_t position) -> Result<> {
    if (std::to_string(row.packed()) == wanted)
      detail = "Key " + keys.describe(position, context) + " is duplicated.";
    return {};
  };
  Result<FilledIndex> looked = for_each_key(relations, transaction, keys, context, cancel, look);
  if (!looked.ok()) return std::move(looked).error();
  return Error(error.state(), error.message())
      .detail(detail)
      .table(error.table())
      .constraint(error.constraint());
}

}  // namespace

Result<FilledIndex> fill_index(Relations& relations, Transaction& transaction, IndexKeys& keys,
                               IndexStorage& storage, size_t sort_memory, EvalContext& context,
                               CancelToken* cancel) {
  if (storage.hash) return fill_hash(relations, transaction, keys, *storage.hash, context, cancel);
  Result<FilledIndex> filled =
      fill_btree(relations, transaction, keys, *storage.btree, sort_memory, context, cancel);
  if (!filled.ok() && filled.error().state() == sqlstate::unique_violation) {
    return fill_unique_error(relations, transaction, keys, context, cancel, std::move(filled).error());
  }
  return filled;
}

}  // namespace rowan
