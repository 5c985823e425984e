// executor/compute.h: the expressions of an operator, made ready once and evaluated batch after batch, with
// the rule of rows before a failing one kept in one place.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "executor/rows.h"
#include "executor/run.h"
#include "expression/evaluator.h"
#include "expression/expression.h"
#include "types/batch.h"
#include "types/result.h"

namespace rowan {

// A list of expressions over one input.
class Computation {
 public:
  Computation(Run& run, std::vector<const Expr*> expressions);
  ~Computation();

  // Evaluates all of them over `rows` of `input`. Returns how many rows came out well, counted from the
  // first; fewer than rows.count() sets `error`. Values stand at the rows' positions in `input`.
  uint32_t evaluate(const Batch& input, const Selection& rows, std::optional<Error>& error);
  // The same where rows before a failing one are of no use.
  Result<> evaluate(const Batch& input, const Selection& rows);
  Result<> evaluate(const Batch& input) { return evaluate(input, input.selection()); }

  // Valid until the next evaluation, and as long as `input` is.
  const Vector& result(size_t i) const { return *results_[i]; }
  Columns results() const { return results_; }
  size_t size() const { return expressions_.size(); }
  const std::vector<Type>& types() const { return types_; }

 private:
  Run& run_;
  std::vector<const Expr*> expressions_;
  std::vector<std::unique_ptr<Evaluator>> evaluators_;
  std::vector<uint32_t> capacities_;
  std::vector<const Vector*> results_;
  std::vector<Type> types_;
};

// A WHERE condition; without one every row passes.
class Condition {
 public:
  Condition(Run& run, const Expr* condition);
  ~Condition();
  bool is_present() const { return expression_ != nullptr; }

  // Leaves selected in `batch` the rows for which it is true. A failing row ends the selection and sets
  // `error`.
  void apply(Batch& batch, std::optional<Error>& error);
  // Of `rows` those that pass, into `kept` (room for rows.count()). Errors: the first failing row's.
  Result<uint32_t> select(const Batch& batch, const Selection& rows, uint16_t* kept);
  // The same with rows before a failing one kept: `error` is set.
  uint32_t select(const Batch& batch, const Selection& rows, uint16_t* kept, std::optional<Error>& error);

 private:
  Run& run_;
  const Expr* expression_;
  std::unique_ptr<Evaluator> evaluator_;
  uint32_t capacity_ = 0;
};

// One expression without input columns: LIMIT's count, an index bound, a function's argument.
class Scalar {
 public:
  Scalar(Run& run, const Expr* expression);
  ~Scalar();
  // nullptr expression: a NULL of unknown type.
  Result<Value> evaluate();
  // The value in a constant vector, valid until the next call.
  Result<const Vector*> evaluate_vector();

 private:
  std::unique_ptr<Computation> computation_;
  Batch row_;
};

// Writes a selection as a list of positions.
uint32_t list_rows(const Selection& rows, uint16_t* out);

}  // namespace rowan
