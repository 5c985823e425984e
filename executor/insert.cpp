// executor/insert.cpp: INSERT, a batch at a time; with ON CONFLICT a row at a time. There all arbiters are
// looked at first; then the row is inserted under a savepoint of its own, and a conflict that comes late
// takes back just that row, which wakes whoever waits for it (hazard 19: no speculative tokens).
#include <algorithm>

#include "executor/conflict_text.h"
#include "executor/operators.h"
#include "executor/statement_writes.h"
#include "executor/table_access.h"
#include "executor/table_writer.h"
#include "executor/write_operator.h"
#include "storage/heap/page_sets.h"
#include "txn/transactions.h"
#include "txn/visibility.h"
#include "types/try.h"

namespace rowan {

namespace {

class InsertOperator final : public WriteOperator {
 public:
  InsertOperator(const PhysicalPlan& plan, Run& run)
      : WriteOperator(plan, run, std::get<physical::Insert>(plan.node).table,
                      std::get<physical::Insert>(plan.node).returning),
        node_(std::get<physical::Insert>(plan.node)),
        writer_(run, node_.table) {
    if (!node_.on_conflict) return;
    const physical::OnConflict& conflict = *node_.on_conflict;
    std::vector<const Expr*> values;
    for (const auto& [column, value] : conflict.assignments) values.push_back(value.get());
    values_ = std::make_unique<Computation>(run, std::move(values));
    where_ = std::make_unique<Condition>(run, conflict.where.get());
    updater_ = std::make_unique<TableWriter>(run, node_.table);
  }

 private:
  Result<> begin() override {
    if (writer_.is_prepared()) return {};
    TRY(writer_.prepare({}));
    const catalog::Table& table = *node_.table;
    rows_ = table_row_batch(table, in_.capacity());
    // Columns that the plan does not name are NULL: dropped ones.
    for (Vector& column : rows_.columns()) {
      column.reset_constant();
      column.set_null(0);
    }
    if (!node_.on_conflict) return {};
    arbiters_ = node_.on_conflict->arbiters;
    if (arbiters_.empty())
      for (const BoundIndex& index : writer_.binding().indexes)
        if (index.index->is_unique) arbiters_.push_back(index.index->oid);
    if (node_.on_conflict->do_nothing) return {};
    std::vector<uint16_t> assigned;
    for (const auto& [column, value] : node_.on_conflict->assignments) assigned.push_back(column);
    TRY(updater_->prepare(assigned));
    existing_ = table_row_batch(table, 1);
    new_ = table_row_batch(table, 1);
    std::vector<Type> both;
    for (int side = 0; side < 2; ++side)
      for (const catalog::Column& column : table.columns) both.push_back(column.type);
    both_ = Batch(both, 1);
    std::vector<uint16_t> columns;
    for (uint16_t column = 0; column < table.columns.size(); ++column)
      if (!table.columns[column].dropped) columns.push_back(column);
    TRY(access_.open(run(), table, columns));
    fetched_ = Batch(access_.heap_types(table), 1);
    return {};
  }

  Result<> write() override {
    for (size_t i = 0; i < node_.columns.size(); ++i) rows_.column(node_.columns[i]).borrow(in_.column(i));
    Selection selection = in_.selection();
    std::optional<Error> error;
    uint32_t good = writer_.check(rows_, selection, error);
    Selection valid = selection.is_dense() ? Selection(good) : Selection(selection.rows(), good);
    if (node_.on_conflict) {
      for (uint32_t i = 0; i < good; ++i) TRY(insert_or_else(valid[i]));
    } else {
      TRY(writer_.insert(rows_, valid, ids_));
      for (uint32_t i = 0; i < good; ++i) written(rows_, valid[i], valid[i]);
    }
    if (error) return std::move(*error);
    return {};
  }

  Result<> insert_or_else(uint32_t row) {
    Transactions& transactions = *run().environment().transactions;
    Transaction& transaction = *run().environment().transaction;
    while (true) {
      TRY(run().check_cancel());
      TableWriter::Conflict conflict = TRY(writer_.find_conflict(rows_, row, arbiters_));
      if (!conflict.found) {
        Savepoint savepoint = transactions.set_savepoint(transaction);
        RowId id = TRY(writer_.insert_heap_row(rows_, row));
        conflict = TRY(writer_.insert_entries(rows_, row, id, &arbiters_));
        if (!conflict.found) {
          transactions.release(transaction, savepoint);
          written(rows_, row, row);
          return {};
        }
        std::vector<WriteId> undone = transactions.rollback_to(transaction, savepoint);
        run().environment().relations->page_sets().aborted(undone);
      }
      if (conflict.writer != kNoWriteId) {
        TRY(writer_.wait_for(conflict.writer, conflict.row));
        continue;
      }
      if (node_.on_conflict->do_nothing) return check_visible(conflict);
      bool done = TRY(update_existing(conflict, row));
      if (done) return {};
    }
  }
  // Has this very statement made the version? This command, or another one of its WITH.
  bool is_own(WriteId creator) {
    const Snapshot& snapshot = *run().snapshot();
    WriteStatus status = run().environment().transactions->status().status(creator);
    return status.state == WriteStatus::State::Running && status.owner == snapshot.owner &&
           creator >= snapshot.own_below;
  }
  // Under REPEATABLE READ a conflict with a version that the snapshot does not see is a lost race, unless
  // this statement has made it.
  Result<> check_visible(const TableWriter::Conflict& conflict) {
    const Transactions& transactions = *run().environment().transactions;
    if (run().environment().transaction->level() == IsolationLevel::ReadCommitted) return {};
    if (is_own(conflict.creator)) return {};
    if (run().snapshot()->ssi != nullptr) TRY(writer_.note_existing(conflict.row));
    if (sees(transactions.status(), *run().snapshot(), conflict.creator)) return {};
    if (writer_.heap().has_only_moved(*run().snapshot(), conflict.row, conflict.creator)) return {};
    return lost_row(run().environment(), writer_.table().oid, conflict.row, WriteVerdict::Kind::Updated);
  }

  // DO UPDATE of the row that is in the way. False: it has changed meanwhile, look again.
  Result<bool> update_existing(const TableWriter::Conflict& conflict, uint32_t row) {
    RowId id = conflict.row;
    if (is_own(conflict.creator))
      return Error(sqlstate::cardinality_violation,
                   "ON CONFLICT DO UPDATE command cannot affect row a second time")
          .hint(
              "Ensure that no rows proposed for insertion within the same command have duplicate constrained "
              "values.");
    fetched_.reset();
    LatestRow latest = TRY(
        access_.heap().fetch_latest(run().environment().transaction, access_.projection(), id, fetched_, 0));
    if (latest.state == LatestState::InProgress || latest.state == LatestState::DeleteInProgress) {
      TRY(writer_.wait_for(latest.writer, id));
      return false;
    }
    // Only the very version that has the key is replaced: from one look to the next the row may have got
    // another one, with another key, and the id may be another row's.
    if (latest.state != LatestState::Live || latest.creator != conflict.creator) return false;
    TRY(check_visible(conflict));
    size_t columns = node_.table->columns.size();
    existing_.reset();
    new_.reset();
    both_.reset();
    for (size_t i = 0; i < access_.projection().columns.size(); ++i)
      existing_.column(access_.projection().columns[i]).copy_row(0, fetched_.column(i), 0);
    for (size_t i = 0; i < columns; ++i) {
      if (node_.table->columns[i].dropped) existing_.column(i).set_null(0);
      new_.column(i).copy_row(0, existing_.column(i), 0);
      both_.column(i).copy_row(0, existing_.column(i), 0);
      both_.column(columns + i).copy_row(0, rows_.column(i), row);
    }
    both_.set_row_count(1);
    uint16_t kept[1];
    uint32_t passes = TRY(where_->select(both_, Selection(1), kept));
    if (passes == 0) return true;
    TRY(values_->evaluate(both_));
    for (size_t i = 0; i < node_.on_conflict->assignments.size(); ++i)
      new_.column(node_.on_conflict->assignments[i].first).copy_row(0, values_->result(i), 0);
    std::optional<Error> error;
    updater_->check(new_, Selection(1), error);
    if (error) return std::move(*error);
    RowOutcome outcome =
        TRY(updater_->update(id, Seen{run().snapshot(), latest.creator}, existing_, new_, 0));
    switch (outcome.fate) {
      case RowFate::Done:
        written(new_, 0, row);
        return true;
      case RowFate::WaitForWriter:
      case RowFate::WaitForRowLock:
        TRY(writer_.wait_after(outcome, id, updater_->lock_mode()));
        return false;
      default:
        return false;
    }
  }

  const physical::Insert& node_;
  TableWriter writer_;
  Batch rows_;  // by table column number
  RowId ids_[kBatchRows];

  // ON CONFLICT.
  std::vector<catalog::Oid> arbiters_;
  std::unique_ptr<Computation> values_;
  std::unique_ptr<Condition> where_;
  std::unique_ptr<TableWriter> updater_;
  TableAccess access_;
  Batch fetched_, existing_, new_, both_;
};

}  // namespace

OperatorPtr make_insert(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<InsertOperator>(plan, run);
}

}  // namespace rowan
