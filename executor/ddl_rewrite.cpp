// executor/ddl_rewrite.cpp: a table's rows copied into new storage, for changes that the old pages cannot
// express: a new type of a column, a default that differs from row to row. The old storage goes after the
// commit.
#include "executor/ddl_support.h"
#include "executor/index_build.h"
#include "expression/evaluator.h"
#include "planner/binder.h"
#include "planner/deparse.h"
#include "storage/heap/bulk.h"
#include "storage/heap/scan.h"
#include "storage/storage.h"
#include "txn/ssi.h"
#include "txn/transactions.h"
#include "types/try.h"

namespace rowan::ddl {
namespace {

Error null_in_new_column(const catalog::Table& table, const catalog::Column& column) {
  return Error(sqlstate::not_null_violation,
               "column \"" + column.name + "\" of relation \"" + table.name + "\" contains null values")
      .table(table.name)
      .column(column.name);
}

// One batch: evaluates what is computed, takes the rest as it was, and appends.
class RowCopier {
 public:
  RowCopier(DdlContext& context, const catalog::Table& from, const catalog::Table& to,
            const std::vector<ExprPtr>& values)
      : context_(context), from_(from), to_(to) {
    for (const ExprPtr& value : values)
      evaluators_.push_back(value ? std::make_unique<Evaluator>(*value) : nullptr);
    evaluators_.resize(to.columns.size());
    input_.columns().resize(from.columns.size());
  }

  Result<> copy(const Batch& scanned, const std::vector<uint16_t>& columns, BulkInsert& bulk) {
    for (size_t i = 0; i < columns.size(); ++i) input_.column(columns[i]).borrow(scanned.column(i));
    input_.set_row_count(scanned.row_count());
    Selection rows = scanned.selection();
    EvalInput input;
    input.context = &context_.eval;
    std::vector<const Vector*> output(to_.columns.size(), nullptr);
    for (size_t i = 0; i < to_.columns.size(); ++i) {
      const catalog::Column& column = to_.columns[i];
      if (column.dropped) continue;
      if (evaluators_[i]) {
        output[i] = TRY(evaluators_[i]->evaluate(input, &input_, rows));
      } else if (i < from_.columns.size() && !from_.columns[i].dropped) {
        output[i] = &input_.column(i);
      }
      if (!column.not_null) continue;
      for (uint32_t r = 0; r < rows.count(); ++r) {
        if (output[i] == nullptr || output[i]->is_null(rows[r])) return null_in_new_column(to_, column);
      }
    }
    RowId ids[kBatchRows];
    return bulk.append(output, rows, ids);
  }

 private:
  DdlContext& context_;
  const catalog::Table& from_;
  const catalog::Table& to_;
  std::vector<std::unique_ptr<Evaluator>> evaluators_;
  Batch input_;
};

Result<> copy_rows(DdlContext& context, const catalog::Table& from, const catalog::Table& to, Heap& target,
                   const std::vector<ExprPtr>& values) {
  Transactions& transactions = context.relations.transactions();
  HeapPtr source = TRY(context.relations.heap(from));
  std::vector<uint16_t> columns;
  std::vector<Type> types;
  for (size_t i = 0; i < from.columns.size(); ++i) {
    if (from.columns[i].dropped) continue;
    columns.push_back(static_cast<uint16_t>(i));
    types.push_back(from.columns[i].type);
  }
  Snapshot snapshot = TRY(transactions.take_snapshot(context.transaction, context.wait.cancel));
  ScanSpec spec;
  spec.projection = {source->layout(from.layout), columns, false};
  HeapScan scan(*source, snapshot, std::move(spec));
  Batch batch(types, kBatchRows);
  RowCopier copier(context, from, to, values);
  BulkInsert bulk(target, context.transaction, target.layout(0));
  auto run = [&]() -> Result<> {
    while (TRY(scan.next(batch, kBatchRows))) {
      if (context.wait.cancel != nullptr) TRY(context.wait.cancel->check());
      TRY(copier.copy(batch, columns, bulk));
    }
    return {};
  };
  Result<> outcome = run();
  transactions.release_snapshot(context.transaction.slot(), snapshot);
  return outcome;
}

// The index's expressions are read anew over the columns of `table`: a key of another type is encoded in
// another way, and `a + 1` of a NUMERIC adds another 1.
Result<> rebind_index(DdlContext& context, const catalog::Table& table, catalog::Index& index) {
  auto rebind = [&](std::string& sql, TableExpressionKind kind) -> Result<Type> {
    Result<ExprPtr> bound = bind_stored_expression(sql, table, kind, context.overlay.current(), context.bind);
    if (!bound.ok()) return unplaced(bound.error());  // its position is one in the stored text
    sql = deparse_for_table(**bound, table);
    return (*bound)->type;
  };
  for (catalog::IndexKey& key : index.keys) {
    if (key.column) {
      key.type = table.columns[*key.column].type;
    } else {
      key.type = TRY(rebind(key.expression_sql, TableExpressionKind::IndexKey));
    }
  }
  if (!index.predicate_sql.empty()) TRY(rebind(index.predicate_sql, TableExpressionKind::IndexPredicate));
  return {};
}

}  // namespace

Result<> rewrite_table(DdlContext& context, const catalog::Table& from, catalog::Table& to,
                       const std::vector<ExprPtr>& values) {
  to.storage = TRY(context.relations.storage().space().new_relation_id());
  to.layout = 0;
  for (catalog::Column& column : to.columns) column.missing.reset();
  context.created.push_back(to.storage);
  HeapPtr target = TRY(context.relations.create_heap(to.storage, physical_columns(to)));
  TRY(copy_rows(context, from, to, *target, values));
  Ssi& ssi = context.relations.transactions().ssi();
  ssi.relation_replaced(from.storage, to.storage);
  context.released.push_back(from.storage);
  std::vector<catalog::IndexPtr> indexes = context.overlay.current()->indexes_of(to);
  to.indexes.clear();
  for (const catalog::IndexPtr& old : indexes) {
    auto index = std::make_shared<catalog::Index>(*old);
    TRY(rebind_index(context, to, *index));
    ssi.relation_replaced(old->storage, to.storage);
    context.released.push_back(old->storage);
    TRY(build_index(context, to, std::move(index), true));
  }
  return {};
}

}  // namespace rowan::ddl
