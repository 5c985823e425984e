// executor/merge.cpp: MERGE. Rows of the input take their WHEN a batch at a time and are written in their
// order, since one may make room in a unique index for the next. A matched row that somebody has changed
// meanwhile is an error under REPEATABLE READ; under READ COMMITTED its newest version is put beside the same
// source row: if they still join, the WHEN MATCHED are tried again from the first, if not, or if the row is
// gone, the WHEN NOT MATCHED (PostgreSQL's ExecMergeMatched).
#include "executor/conflict_text.h"
#include "executor/merge_clauses.h"
#include "executor/operators.h"
#include "executor/table_access.h"
#include "executor/write_operator.h"
#include "txn/transactions.h"
#include "types/try.h"

namespace rowan {

namespace {

using physical::MergeAction;

const std::vector<ExprPtr>& no_returning() {
  static const std::vector<ExprPtr> kNone;
  return kNone;
}

// Do several parts call volatile functions? Then each row goes through all of them before the next one does.
bool must_go_one_by_one(const physical::Merge& node) {
  int parts = 0;
  auto is_volatile = [](const Expr& expr) { return volatility(expr) == Volatility::Volatile; };
  for (const physical::MergeClause& clause : node.clauses) {
    if (clause.condition != nullptr && is_volatile(*clause.condition)) ++parts;
    for (const auto& [column, value] : clause.values) {
      if (!is_volatile(*value)) continue;
      ++parts;
      break;
    }
  }
  return parts > 1;
}

class MergeOperator final : public WriteOperator {
 public:
  MergeOperator(const PhysicalPlan& plan, Run& run)
      : WriteOperator(plan, run, std::get<physical::Merge>(plan.node).table, no_returning()),
        node_(std::get<physical::Merge>(plan.node)),
        one_by_one_(must_go_one_by_one(node_)),
        writer_(run, node_.table),
        clauses_(run, node_, writer_),
        on_(run, node_.on.get()) {}

 private:
  Result<> begin() override {
    pending_.clear();
    if (is_prepared_) return {};
    TRY(writer_.prepare({}));
    TRY(clauses_.prepare(in_.capacity()));
    is_prepared_ = true;
    return {};
  }

  Result<> write() override {
    if (!one_by_one_) return merge(in_.selection());
    for (uint32_t i = 0; i < in_.row_count(); ++i) {
      auto row = static_cast<uint16_t>(in_.row(i));
      TRY(merge(Selection(&row, 1)));
    }
    return {};
  }

  Result<> merge(const Selection& rows) {
    std::optional<Error> error;
    clauses_.choose(in_, rows, error);
    uint32_t good = TRY(clauses_.compute(in_, error));
    for (uint32_t i = 0; i < good; ++i) {
      const MergeClauses::Choice& choice = clauses_.choice(i);
      MergeAction action = clauses_.action(choice);
      if (action == MergeAction::Nothing) continue;
      bool goes_on = action == MergeAction::Insert && choice.clause == pending_clause_;
      if (!goes_on) TRY(insert_pending());
      if (action == MergeAction::Insert) {
        pending_clause_ = choice.clause;
        pending_.push_back(static_cast<uint16_t>(rows[i]));
      } else {
        TRY(change(rows[i], choice));
      }
    }
    TRY(insert_pending());
    if (error) return std::move(*error);
    return {};
  }

  // Rows that one WHEN inserts, one behind the other.
  Result<> insert_pending() {
    if (pending_.empty()) return {};
    auto count = static_cast<uint32_t>(pending_.size());
    TRY(writer_.insert(clauses_.inserted(pending_clause_), Selection(pending_.data(), count), ids_));
    pending_.clear();
    figures().inserted += count;
    run().rows_written += count;
    return {};
  }

  // The matched row beside input row `at` is updated or deleted.
  Result<> change(uint32_t at, MergeClauses::Choice choice) {
    RowId row = row_id_at(in_, node_.row_id, at);
    MergeClauses* clauses = &clauses_;
    Seen seen{run().snapshot(), kNoWriteId};
    while (true) {
      TRY(run().check_cancel());
      RowOutcome outcome = TRY(clauses->attempt(choice, row, seen));
      switch (outcome.fate) {
        case RowFate::Done:
          ++(clauses->action(choice) == MergeAction::Update ? figures().updated : figures().deleted);
          ++run().rows_written;
          return {};
        case RowFate::WaitForWriter:
        case RowFate::WaitForRowLock:
          TRY(writer_.wait_after(outcome, row, clauses->lock_mode(choice)));
          continue;
        case RowFate::Moved:
          row = outcome.row;
          seen.version = outcome.version;
          continue;
        case RowFate::OwnLater:
          return Error(sqlstate::cardinality_violation, "MERGE command cannot affect row a second time")
              .hint("Ensure that not more than one source row matches any one target row.");
        case RowFate::Deleted:
        case RowFate::Gone:
          if (is_repeatable()) return lost(row, WriteVerdict::Kind::Deleted);
          return go_on_unmatched(at);
        case RowFate::Updated:
          break;
      }
      if (is_repeatable()) return lost(row, WriteVerdict::Kind::Updated);
      LatestRow latest = TRY(read_newest(row));
      if (latest.state == LatestState::InProgress || latest.state == LatestState::DeleteInProgress) {
        TRY(writer_.wait_after({RowFate::WaitForWriter, latest.writer}, row, clauses->lock_mode(choice)));
        continue;
      }
      if (latest.state != LatestState::Live) return go_on_unmatched(at);
      bool joins = TRY(still_joins(at, row));
      if (!joins) return go_on_unmatched(at);
      choice = TRY(choose_again());
      clauses = again_.get();
      if (clauses->action(choice) == MergeAction::Nothing) return {};
      TRY(clauses->renew(choice, newest_, row_again_));
      seen = Seen{run().snapshot(), latest.creator};
    }
  }

  Error lost(RowId row, WriteVerdict::Kind kind) {
    return lost_row(run().environment(), node_.table->oid, row, kind).table(node_.table->name);
  }
  bool is_repeatable() { return run().environment().transaction->level() != IsolationLevel::ReadCommitted; }

  Result<> prepare_again() {
    if (again_ != nullptr) return {};
    auto made = std::make_unique<MergeClauses>(run(), node_, writer_);
    TRY(made->prepare(1));
    std::vector<uint16_t> columns;
    for (uint16_t column = 0; column < node_.table->columns.size(); ++column)
      if (!node_.table->columns[column].dropped) columns.push_back(column);
    TRY(access_.open(run(), *node_.table, columns));
    fetched_ = Batch(access_.heap_types(*node_.table), 1);
    newest_ = table_row_batch(*node_.table, 1);
    row_again_ = Batch(input().output_types(), 1);
    again_ = std::move(made);
    return {};
  }

  // The newest version of `row` into newest_, wherever the cleaner has taken it.
  Result<LatestRow> read_newest(RowId& row) {
    TRY(prepare_again());
    while (true) {
      fetched_.reset();
      LatestRow latest = TRY(access_.heap().fetch_latest(run().environment().transaction,
                                                         access_.projection(), row, fetched_, 0));
      if (latest.moved_to.is_valid()) {
        row = latest.moved_to;
        continue;
      }
      if (latest.state != LatestState::Live) return latest;
      const std::vector<uint16_t>& columns = access_.projection().columns;
      newest_.reset();
      for (size_t i = 0; i < columns.size(); ++i)
        newest_.column(columns[i]).copy_row(0, fetched_.column(i), 0);
      newest_.set_row_count(1);
      return latest;
    }
  }

  // The source's part of input row `at` into row_again_; no match beside it.
  void keep_source(uint32_t at) {
    row_again_.reset();
    for (size_t column = 0; column < row_again_.columns().size(); ++column)
      row_again_.column(column).copy_row(0, in_.column(column), at);
    row_again_.column(node_.row_id).set_null(0);
    for (const auto& [column, number] : node_.from_table) row_again_.column(column).set_null(0);
    row_again_.set_row_count(1);
  }

  // Puts newest_, which is `row`, beside the source row.
  Result<bool> still_joins(uint32_t at, RowId row) {
    keep_source(at);
    for (const auto& [column, number] : node_.from_table) {
      row_again_.column(column).set_valid(0);
      row_again_.column(column).copy_row(0, newest_.column(number), 0);
    }
    row_again_.column(node_.row_id).set_valid(0);
    row_again_.column(node_.row_id).data<int64_t>()[0] = static_cast<int64_t>(row.packed());
    uint16_t kept[1];
    uint32_t joined = TRY(on_.select(row_again_, Selection(1), kept));
    return joined == 1;
  }

  // Of the row in row_again_.
  Result<MergeClauses::Choice> choose_again() {
    std::optional<Error> error;
    again_->choose(row_again_, Selection(1), error);
    if (error) return std::move(*error);
    return again_->choice(0);
  }

  Result<> go_on_unmatched(uint32_t at) {
    TRY(prepare_again());
    keep_source(at);
    MergeClauses::Choice choice = TRY(choose_again());
    if (again_->action(choice) != MergeAction::Insert) return {};
    std::optional<Error> error;
    TRY(again_->compute(row_again_, error));
    if (error) return std::move(*error);
    TRY(writer_.insert(again_->inserted(choice.clause), Selection(1), ids_));
    ++figures().inserted;
    ++run().rows_written;
    return {};
  }

  const physical::Merge& node_;
  const bool one_by_one_;
  bool is_prepared_ = false;
  TableWriter writer_;  // inserts and removes
  MergeClauses clauses_;
  std::vector<uint16_t> pending_;  // input rows about to be inserted by pending_clause_
  uint32_t pending_clause_ = 0;
  RowId ids_[kBatchRows];

  // A row that was changed meanwhile.
  std::unique_ptr<MergeClauses> again_;
  Condition on_;
  TableAccess access_;
  Batch fetched_, newest_, row_again_;
};

}  // namespace

OperatorPtr make_merge(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<MergeOperator>(plan, run);
}

}  // namespace rowan
