// executor/update.cpp: UPDATE and DELETE. A row that somebody else is changing is waited for; one that was
// changed is an error under REPEATABLE READ and is evaluated again, in its newest version, under READ
// COMMITTED. A row that this very command has written already is left alone: a join may bring it twice.
#include "executor/conflict_text.h"
#include "executor/operators.h"
#include "executor/reevaluation.h"
#include "executor/row_updates.h"
#include "executor/statement_writes.h"
#include "executor/table_writer.h"
#include "executor/write_operator.h"
#include "txn/transactions.h"
#include "types/try.h"

namespace rowan {

namespace {

// The loop around one attempt: waiting, losing, evaluating again.
class RowContest {
 public:
  RowContest(Run& run, TableWriter& writer, Reevaluation& again)
      : run_(run), writer_(writer), again_(again) {}

  // `row` stands in row `input_row` of `input`. `attempt(row, seen)` tries to write; `renew()` takes the
  // row's new values from `again`. True: written.
  template <class Attempt, class Renew>
  Result<bool> run(RowId row, const Batch& input, uint32_t input_row, RowLockMode mode, Attempt attempt,
                   Renew renew) {
    Seen seen{run_.snapshot(), kNoWriteId};
    while (true) {
      TRY(run_.check_cancel());
      RowOutcome outcome = TRY(attempt(row, seen));
      switch (outcome.fate) {
        case RowFate::Done:
          return true;
        case RowFate::WaitForWriter:
        case RowFate::WaitForRowLock:
          TRY(writer_.wait_after(outcome, row, mode));
          continue;
        case RowFate::Moved:
          row = outcome.row;
          seen.version = outcome.version;
          continue;
        case RowFate::OwnLater:
        case RowFate::Gone:
          return false;
        case RowFate::Deleted:
          if (is_repeatable()) return lost(row, WriteVerdict::Kind::Deleted);
          return false;
        case RowFate::Updated:
          break;
      }
      if (is_repeatable()) return lost(row, WriteVerdict::Kind::Updated);
      LatestRow latest;
      Reevaluation::Verdict verdict = TRY(again_.run(row, input, input_row, latest));
      if (verdict == Reevaluation::Verdict::Dropped) return false;
      if (verdict == Reevaluation::Verdict::Wait) {
        TRY(writer_.wait_after({RowFate::WaitForWriter, latest.writer}, row, mode));
        continue;
      }
      TRY(renew());
      seen = Seen{run_.snapshot(), latest.creator};
    }
  }

 private:
  bool is_repeatable() const {
    const Environment& environment = run_.environment();
    return environment.transaction->level() != IsolationLevel::ReadCommitted &&
           !environment.transactions->leaves_out(PlantedRace::FirstUpdaterWins);
  }
  Error lost(RowId row, WriteVerdict::Kind kind) const {
    return lost_row(run_.environment(), writer_.table().oid, row, kind).table(writer_.table().name);
  }
  Run& run_;
  TableWriter& writer_;
  Reevaluation& again_;
};

class UpdateOperator final : public WriteOperator {
 public:
  UpdateOperator(const PhysicalPlan& plan, Run& run)
      : WriteOperator(plan, run, std::get<physical::Update>(plan.node).table,
                      std::get<physical::Update>(plan.node).returning),
        node_(std::get<physical::Update>(plan.node)),
        updates_(run, node_.table, node_.assignments),
        again_(run, *plan.inputs[0], node_.row_id, node_.table),
        contest_(run, updates_.writer(), again_) {}

 private:
  Result<> begin() override { return updates_.prepare(in_.capacity(), returning_.is_present()); }

  Result<> write() override {
    std::optional<Error> error;
    uint32_t count = in_.row_count();
    for (uint32_t i = 0; i < count; ++i) ids_[i] = row_id_at(in_, node_.row_id, in_.row(i));
    uint32_t good = TRY(updates_.compute(in_, in_.selection(), {ids_, count}, error));
    for (uint32_t i = 0; i < good; ++i) {
      bool renewed = false;
      bool done = TRY(contest_.run(
          ids_[i], in_, in_.row(i), updates_.writer().lock_mode(),
          [&](RowId row, const Seen& seen) { return updates_.write(i, row, seen); },
          [&] {
            renewed = true;
            return updates_.renew(i, again_.newest(), again_.output(), again_.output_row());
          }));
      if (!done) continue;
      if (renewed)
        returning_.add(updates_.rows(), i, again_.output(), again_.output_row()), ++run().rows_written;
      else
        written(updates_.rows(), i, in_.row(i));
    }
    if (error) return std::move(*error);
    return {};
  }

  const physical::Update& node_;
  RowUpdates updates_;
  Reevaluation again_;
  RowContest contest_;
  RowId ids_[kBatchRows];
};

class DeleteOperator final : public WriteOperator {
 public:
  DeleteOperator(const PhysicalPlan& plan, Run& run)
      : WriteOperator(plan, run, std::get<physical::Delete>(plan.node).table,
                      std::get<physical::Delete>(plan.node).returning),
        node_(std::get<physical::Delete>(plan.node)),
        writer_(run, node_.table),
        again_(run, *plan.inputs[0], node_.row_id, node_.table),
        contest_(run, writer_, again_) {}

 private:
  Result<> begin() override {
    if (writer_.is_prepared()) return {};
    TRY(writer_.prepare({}));
    std::vector<bool> needed = writer_.columns_needed(true);
    if (returning_.is_present()) needed.assign(needed.size(), true);
    return old_.prepare(run(), node_.table, needed, in_.capacity());
  }
  Result<> write() override {
    uint32_t count = in_.row_count();
    for (uint32_t i = 0; i < count; ++i) ids_[i] = row_id_at(in_, node_.row_id, in_.row(i));
    TRY(old_.read(*run().snapshot(), {ids_, count}));
    for (uint32_t i = 0; i < count; ++i) {
      bool renewed = false;
      bool done = TRY(contest_.run(
          ids_[i], in_, in_.row(i), RowLockMode::Update,
          [&](RowId row, const Seen& seen) { return writer_.remove(row, seen, old_.rows, i); },
          [&]() -> Result<> {
            for (size_t column = 0; column < node_.table->columns.size(); ++column)
              old_.rows.column(column).copy_row(i, again_.newest().column(column), 0);
            renewed = true;
            return {};
          }));
      if (!done) continue;
      if (renewed)
        returning_.add(old_.rows, i, again_.output(), again_.output_row()), ++run().rows_written;
      else
        written(old_.rows, i, in_.row(i));
    }
    return {};
  }

  const physical::Delete& node_;
  TableWriter writer_;
  Reevaluation again_;
  RowContest contest_;
  OldRows old_;
  RowId ids_[kBatchRows];
};

}  // namespace

OperatorPtr make_update(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<UpdateOperator>(plan, run);
}
OperatorPtr make_delete(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<DeleteOperator>(plan, run);
}

}  // namespace rowan
