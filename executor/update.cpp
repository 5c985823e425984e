// executor/update.cpp: UPDATE and DELETE. A row that somebody else is changing is waited for; one that was
// changed is an error under REPEATABLE READ and is evaluated again, in its newest version, under READ
// COMMITTED. A row that this very command has written already is left alone: a join may bring it twice.
#include <algorithm>

#include "executor/conflict_text.h"
#include "executor/operators.h"
#include "executor/reevaluation.h"
#include "executor/statement_writes.h"
#include "executor/table_writer.h"
#include "executor/write_operator.h"
#include "txn/transactions.h"
#include "types/try.h"

namespace rowan {

namespace {

RowId row_id_at(const Batch& rows, uint32_t column, uint32_t row) {
  const Vector& ids = rows.column(column);
  return RowId::unpack(static_cast<uint64_t>(ids.data<int64_t>()[ids.is_constant() ? 0 : row]));
}

// Reads the versions that the statement sees of the rows to be changed, as far as columns are needed.
class OldRows {
 public:
  Result<> prepare(Run& run, const catalog::TablePtr& table, const std::vector<bool>& needed,
                   uint32_t capacity) {
    for (uint16_t column = 0; column < needed.size(); ++column)
      if (needed[column] && !table->columns[column].dropped) columns_.push_back(column);
    TRY(access_.open(run, *table, columns_));
    fetched_ = Batch(access_.heap_types(*table), capacity);
    rows = table_row_batch(*table, capacity);
    return {};
  }
  // The i-th id's version into row i of `rows`.
  Result<> read(const Snapshot& snapshot, std::span<const RowId> ids) {
    rows.reset();
    if (columns_.empty()) return {};
    uint16_t from[kBatchRows];
    fetched_.reset();
    uint32_t count = TRY(access_.heap().fetch(snapshot, access_.projection(), ids, fetched_, from));
    for (size_t i = 0; i < columns_.size(); ++i) {
      Vector& to = rows.column(columns_[i]);
      if (count < ids.size()) set_nulls(to, 0, static_cast<uint32_t>(ids.size()));
      for (uint32_t k = 0; k < count; ++k) to.copy_row(from[k], fetched_.column(i), k);
    }
    return {};
  }
  const std::vector<uint16_t>& columns() const { return columns_; }
  Batch rows;

 private:
  std::vector<uint16_t> columns_;
  TableAccess access_;
  Batch fetched_;
};

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
    return run_.environment().transaction->level() != IsolationLevel::ReadCommitted;
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
        values_(run, value_list(node_)),
        writer_(run, node_.table),
        again_(run, *plan.inputs[0], node_.row_id, node_.table),
        contest_(run, writer_, again_) {}

 private:
  static std::vector<const Expr*> value_list(const physical::Update& node) {
    std::vector<const Expr*> list;
    for (const auto& [column, value] : node.assignments) list.push_back(value.get());
    return list;
  }

  Result<> begin() override {
    if (writer_.is_prepared()) return {};
    std::vector<uint16_t> assigned;
    for (const auto& [column, value] : node_.assignments) assigned.push_back(column);
    TRY(writer_.prepare(assigned));
    std::vector<bool> needed = writer_.columns_needed(false);
    std::vector<bool> all(needed.size(), true);
    uint32_t capacity = in_.capacity();
    TRY(old_.prepare(run(), node_.table, returning_.is_present() ? all : needed, capacity));
    TRY(whole_.prepare(run(), node_.table, all, 1));
    new_ = table_row_batch(*node_.table, capacity);
    return {};
  }

  Result<> write() override {
    std::optional<Error> error;
    uint32_t count = values_.evaluate(in_, in_.selection(), error);
    for (uint32_t i = 0; i < count; ++i) ids_[i] = row_id_at(in_, node_.row_id, in_.row(i));
    TRY(old_.read(*run().snapshot(), {ids_, count}));
    new_.reset();
    uint32_t rows[kBatchRows];
    for (uint32_t i = 0; i < count; ++i) rows[i] = i;
    for (uint16_t column : old_.columns())
      copy_shared(old_.rows.column(column), rows, count, new_.column(column), 0);
    for (uint32_t i = 0; i < count; ++i) rows[i] = in_.row(i);
    for (size_t i = 0; i < node_.assignments.size(); ++i) {
      Vector& to = new_.column(node_.assignments[i].first);
      to.reset();
      copy_shared(values_.result(i), rows, count, to, 0);
    }
    uint32_t good = writer_.check(new_, Selection(count), error);
    bool violated = good < count;
    for (uint32_t i = 0; i < good; ++i) {
      bool done = TRY(contest_.run(
          ids_[i], in_, in_.row(i), writer_.lock_mode(),
          [&](RowId row, const Seen& seen) { return writer_.update(row, seen, old_.rows, new_, i); },
          [&] { return renew(i); }));
      if (!done) continue;
      bool renewed = &input_of(i) != &in_;
      if (renewed)
        returning_.add(new_, i, again_.output(), again_.output_row()), ++run().rows_written;
      else
        written(new_, i, in_.row(i));
      renewed_ = kNobody;
    }
    if (violated) return violation(good);
    if (error) return std::move(*error);
    return {};
  }
  const Batch& input_of(uint32_t i) const { return renewed_ == i ? again_.output() : in_; }

  // Row i again, from its newest version.
  Result<> renew(uint32_t i) {
    const Batch& from = again_.output();
    auto position = static_cast<uint16_t>(again_.output_row());
    TRY(values_.evaluate(from, Selection(&position, 1)));
    for (size_t column = 0; column < node_.table->columns.size(); ++column) {
      old_.rows.column(column).copy_row(i, again_.newest().column(column), 0);
      new_.column(column).copy_row(i, again_.newest().column(column), 0);
    }
    for (size_t k = 0; k < node_.assignments.size(); ++k)
      new_.column(node_.assignments[k].first).copy_row(i, values_.result(k), position);
    renewed_ = i;
    auto at = static_cast<uint16_t>(i);
    std::optional<Error> error;
    writer_.check(new_, Selection(&at, 1), error);
    if (error) return std::move(*error);
    return {};
  }
  // The error of row i, told with all of its columns.
  Result<> violation(uint32_t i) {
    TRY(whole_.read(*run().snapshot(), {ids_ + i, 1}));
    for (size_t column = 0; column < node_.table->columns.size(); ++column) {
      bool assigned = std::any_of(node_.assignments.begin(), node_.assignments.end(),
                                  [&](const auto& each) { return each.first == column; });
      if (!assigned) new_.column(column).copy_row(i, whole_.rows.column(column), 0);
    }
    auto at = static_cast<uint16_t>(i);
    std::optional<Error> error;
    writer_.check(new_, Selection(&at, 1), error);
    ENSURE(error.has_value());
    return std::move(*error);
  }

  static constexpr uint32_t kNobody = UINT32_MAX;
  const physical::Update& node_;
  Computation values_;
  TableWriter writer_;
  Reevaluation again_;
  RowContest contest_;
  OldRows old_, whole_;
  Batch new_;
  RowId ids_[kBatchRows];
  uint32_t renewed_ = kNobody;
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
