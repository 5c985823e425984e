#include "executor/merge_clauses.h"

#include "types/try.h"

namespace rowan {

using physical::MergeAction;

MergeClauses::MergeClauses(Run& run, const physical::Merge& node, TableWriter& writer)
    : run_(run), node_(node), writer_(writer) {
  for (const physical::MergeClause& from : node.clauses) {
    Clause& clause = clauses_.emplace_back();
    clause.node = &from;
    if (from.condition != nullptr)
      clause.condition = std::make_unique<Computation>(run, std::vector<const Expr*>{from.condition.get()});
    if (from.action == MergeAction::Update)
      clause.updates = std::make_unique<RowUpdates>(run, node.table, from.values);
    if (from.action != MergeAction::Insert) continue;
    std::vector<const Expr*> values;
    for (const auto& [column, value] : from.values) values.push_back(value.get());
    clause.values = std::make_unique<Computation>(run, std::move(values));
  }
}

Result<> MergeClauses::prepare(uint32_t capacity) {
  turn_.resize(capacity);
  for (Clause& clause : clauses_) {
    if (clause.updates != nullptr) TRY(clause.updates->prepare(capacity, false));
    if (clause.node->action == MergeAction::Delete)
      TRY(clause.removed.prepare(run_, node_.table, writer_.columns_needed(true), capacity));
    if (clause.node->action != MergeAction::Insert) continue;
    clause.inserted = table_row_batch(*node_.table, capacity);
    // Columns that are not named have no default: NULL.
    for (Vector& column : clause.inserted.columns()) {
      column.reset_constant();
      column.set_null(0);
    }
  }
  return {};
}

void MergeClauses::drop_behind_failure(std::vector<uint16_t>& rows) const {
  std::erase_if(rows, [&](uint16_t row) { return turn_[row] >= good_; });
}

uint32_t MergeClauses::choose(const Batch& input, const Selection& rows, std::optional<Error>& error) {
  good_ = rows.count();
  choices_.assign(good_, Choice{});
  for (std::vector<uint16_t>& left : left_) left.clear();
  const Vector& row_ids = input.column(node_.row_id);
  for (uint32_t i = 0; i < good_; ++i) {
    auto row = static_cast<uint16_t>(rows[i]);
    turn_[row] = i;
    left_[row_ids.is_null(row) ? 0 : 1].push_back(row);
  }
  for (Clause& clause : clauses_) take(clause, left_[clause.node->is_matched ? 1 : 0], input, error);
  for (uint32_t c = 0; c < clauses_.size(); ++c) {
    const std::vector<uint16_t>& taken = clauses_[c].rows;
    for (uint32_t k = 0; k < taken.size(); ++k) choices_[turn_[taken[k]]] = {c, k};
  }
  return good_;
}

// Those of `left` for which the clause's condition holds go to it.
void MergeClauses::take(Clause& clause, std::vector<uint16_t>& left, const Batch& input,
                        std::optional<Error>& error) {
  clause.rows.clear();
  drop_behind_failure(left);
  if (left.empty()) return;
  if (clause.condition == nullptr) {
    clause.rows.swap(left);
    return;
  }
  auto count = static_cast<uint32_t>(left.size());
  uint32_t good = clause.condition->evaluate(input, Selection(left.data(), count), error);
  if (good < count) fail_at(left[good]);
  const Vector& verdict = clause.condition->result(0);
  size_t kept = 0;
  for (uint32_t k = 0; k < good; ++k) {
    uint16_t row = left[k];
    bool holds = !verdict.is_null(row) && verdict.data<uint8_t>()[verdict.is_constant() ? 0 : row] != 0;
    if (holds)
      clause.rows.push_back(row);
    else
      left[kept++] = row;
  }
  left.resize(kept);
}

Result<uint32_t> MergeClauses::compute(const Batch& input, std::optional<Error>& error) {
  for (Clause& clause : clauses_) {
    drop_behind_failure(clause.rows);
    if (!clause.rows.empty()) TRY(compute_clause(clause, input, error));
  }
  return good_;
}

Result<> MergeClauses::compute_clause(Clause& clause, const Batch& input, std::optional<Error>& error) {
  auto count = static_cast<uint32_t>(clause.rows.size());
  Selection rows(clause.rows.data(), count);
  uint32_t good = count;
  if (clause.node->action == MergeAction::Insert) {
    good = clause.values->evaluate(input, rows, error);
    for (size_t i = 0; i < clause.node->values.size(); ++i)
      clause.inserted.column(clause.node->values[i].first).borrow(clause.values->result(i));
    good = writer_.check(clause.inserted, Selection(clause.rows.data(), good), error);
  } else if (clause.node->action != MergeAction::Nothing) {
    ids_.clear();
    for (uint16_t row : clause.rows) ids_.push_back(row_id_at(input, node_.row_id, row));
    if (clause.updates != nullptr)
      good = TRY(clause.updates->compute(input, rows, ids_, error));
    else
      TRY(clause.removed.read(*run_.snapshot(), ids_));
  }
  if (good < count) fail_at(clause.rows[good]);
  return {};
}

Result<> MergeClauses::renew(const Choice& choice, const Batch& newest, const Batch& input) {
  Clause& clause = clauses_[choice.clause];
  if (clause.updates != nullptr) return clause.updates->renew(choice.row, newest, input, 0);
  for (size_t column = 0; column < node_.table->columns.size(); ++column)
    clause.removed.rows.column(column).copy_row(choice.row, newest.column(column), 0);
  return {};
}

Result<RowOutcome> MergeClauses::attempt(const Choice& choice, RowId row, const Seen& seen) {
  Clause& clause = clauses_[choice.clause];
  if (clause.updates != nullptr) return clause.updates->write(choice.row, row, seen);
  return writer_.remove(row, seen, clause.removed.rows, choice.row);
}

RowLockMode MergeClauses::lock_mode(const Choice& choice) {
  Clause& clause = clauses_[choice.clause];
  return clause.updates != nullptr ? clause.updates->writer().lock_mode() : RowLockMode::Update;
}

}  // namespace rowan
