// expression/evaluator.h: runs bound expressions over batches.
//
// An Evaluator is compiled once from an expression into a row of steps, each with a vector of its own for its
// result; evaluating a batch allocates nothing. Eager operands come before the step that uses them; operands
// that may not be needed (the branches of CASE, the later terms of AND, OR and COALESCE) are blocks that run
// over the rows that still ask for them, so 1/0 in a branch not taken never happens.
//
// A kernel reports its first failing row. From then on only rows before it are worked on; an earlier row may
// still fail in a later step and takes its place. In the end every row before the failing one is complete,
// as if rows had been computed one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "expression/expression.h"
#include "types/batch.h"
#include "types/result.h"

namespace rowan {

// Answers the subqueries that the planner left in an expression: the executor's part.
class SubqueryRunner {
 public:
  virtual ~SubqueryRunner() = default;
  // `arguments` are the node's children over `rows`: the tested expressions, then the values of its slots.
  // Writes the node's value (BOOLEAN, or the scalar) of each row into `result`, which is reset. On an error,
  // failed_row is the position of the first failing row, and rows before it are written.
  virtual Result<> run(const expression::Subquery& node, std::span<const Vector* const> arguments,
                       Selection rows, Vector& result, uint32_t& failed_row) = 0;
};

// What expressions read beside the batch. Everything is borrowed for the call.
struct EvalInput {
  EvalContext* context = nullptr;
  std::span<const Value> parameters;     // of their expressions' types, or numerics of another form
  std::span<const Vector> slots;         // runtime slots: constant vectors
  SubqueryRunner* subqueries = nullptr;  // nullptr: a subquery fails with XX000
};

// How far an evaluation came.
struct EvalOutcome {
  uint32_t good_rows = 0;      // of the selection, counted from its start
  std::optional<Error> error;  // of the row behind them; empty: all rows are good
};

class Evaluator {
 public:
  // `expr` outlives the evaluator and is not changed. It refers to columns by InputRef alone. Positions in
  // batches stay below `capacity`.
  explicit Evaluator(const Expr& expr, uint32_t capacity = kBatchRows);
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;
  ~Evaluator();

  // The expression's values at the selected positions. `batch` may be nullptr when no InputRef is in it. The
  // vector (possibly a column of `batch`, possibly constant) is valid until the next call and while `batch`,
  // parameters and slots are.
  const Vector& evaluate(const EvalInput& input, const Batch* batch, Selection rows, EvalOutcome& outcome);
  // The same where an error anywhere is one everywhere.
  Result<const Vector*> evaluate(const EvalInput& input, const Batch* batch, Selection rows);

  // The selected rows for which the (boolean) expression is true, rising, into `kept` (room for rows.count();
  // may be where `rows` lists them). outcome.good_rows counts rows of the selection, not kept ones.
  uint32_t filter(const EvalInput& input, const Batch* batch, Selection rows, uint16_t* kept,
                  EvalOutcome& outcome);

 private:
  struct Program;
  std::unique_ptr<Program> program_;
};

// The value of an expression without columns, parameters, slots and subqueries: constant folding. Errors: the
// expression's own, for the caller to raise or to leave to run time.
Result<Value> evaluate_constant(const Expr& expr, EvalContext& context);
// The same; empty where it is a text of more than `bytes_max`, of which no copy is made.
Result<std::optional<Value>> evaluate_constant(const Expr& expr, EvalContext& context, size_t bytes_max);

}  // namespace rowan
