#include "executor/compute.h"

#include <algorithm>

#include "executor/subplans.h"
#include "types/try.h"

namespace rowan {

namespace {

EvalInput compute_input(Run& run) {
  EvalInput input;
  input.context = &run.eval();
  input.parameters = run.parameters();
  input.slots = run.slots();
  input.subqueries = &run.subplans();
  return input;
}

// Room for every position of `batch`; made anew in the rare case that a batch has more than the ones before.
void compute_prepare(std::unique_ptr<Evaluator>& evaluator, uint32_t& capacity, const Expr& expression,
                     const Batch& batch) {
  if (evaluator != nullptr && batch.capacity() <= capacity) return;
  capacity = std::max<uint32_t>(batch.capacity(), 1);
  evaluator = std::make_unique<Evaluator>(expression, capacity);
}

}  // namespace

Computation::Computation(Run& run, std::vector<const Expr*> expressions)
    : run_(run), expressions_(std::move(expressions)) {
  for (const Expr* expression : expressions_) types_.push_back(expression->type);
  evaluators_.resize(expressions_.size());
  capacities_.resize(expressions_.size());
  results_.resize(expressions_.size());
}

Computation::~Computation() = default;

uint32_t Computation::evaluate(const Batch& input, const Selection& rows, std::optional<Error>& error) {
  uint32_t good = rows.count();
  EvalInput from = compute_input(run_);
  for (size_t i = 0; i < expressions_.size(); ++i) {
    if (const auto* ref = std::get_if<expression::InputRef>(&expressions_[i]->node)) {
      results_[i] = &input.column(ref->index);
      continue;
    }
    compute_prepare(evaluators_[i], capacities_[i], *expressions_[i], input);
    Selection left = rows.is_dense() ? Selection(good) : Selection(rows.rows(), good);
    EvalOutcome outcome;
    results_[i] = &evaluators_[i]->evaluate(from, &input, left, outcome);
    if (!outcome.error) continue;
    good = outcome.good_rows;
    error = std::move(outcome.error);
  }
  return good;
}

Result<> Computation::evaluate(const Batch& input, const Selection& rows) {
  std::optional<Error> error;
  evaluate(input, rows, error);
  if (error) return std::move(*error);
  return {};
}

Condition::Condition(Run& run, const Expr* condition) : run_(run), expression_(condition) {}

Condition::~Condition() = default;

uint32_t Condition::select(const Batch& batch, const Selection& rows, uint16_t* kept,
                           std::optional<Error>& error) {
  if (expression_ == nullptr) return list_rows(rows, kept);
  compute_prepare(evaluator_, capacity_, *expression_, batch);
  EvalOutcome outcome;
  uint32_t count = evaluator_->filter(compute_input(run_), &batch, rows, kept, outcome);
  if (outcome.error) error = std::move(outcome.error);
  return count;
}

Result<uint32_t> Condition::select(const Batch& batch, const Selection& rows, uint16_t* kept) {
  std::optional<Error> error;
  uint32_t count = select(batch, rows, kept, error);
  if (error) return std::move(*error);
  return count;
}

void Condition::apply(Batch& batch, std::optional<Error>& error) {
  if (expression_ == nullptr) return;
  Selection rows = batch.selection();
  uint32_t count = select(batch, rows, batch.selection_buffer(), error);
  batch.select_built(count);
}

Scalar::Scalar(Run& run, const Expr* expression) : row_(std::span<const Type>(), 1) {
  row_.set_row_count(1);
  if (expression == nullptr) return;
  computation_ = std::make_unique<Computation>(run, std::vector<const Expr*>{expression});
}

Scalar::~Scalar() = default;

Result<Value> Scalar::evaluate() {
  if (computation_ == nullptr) return Value();
  TRY(computation_->evaluate(row_));
  return computation_->result(0).value(0);
}

Result<const Vector*> Scalar::evaluate_vector() {
  ENSURE(computation_ != nullptr);
  TRY(computation_->evaluate(row_));
  return &computation_->result(0);
}

uint32_t list_rows(const Selection& rows, uint16_t* out) {
  for (uint32_t i = 0; i < rows.count(); ++i) out[i] = static_cast<uint16_t>(rows[i]);
  return rows.count();
}

}  // namespace rowan
