// executor/operator.h: a plan is data, an operator runs it. Volcano's interface, a batch at a time: whoever
// wants rows pulls at the root, and the root pulls at its inputs.
//
// The rules of next():
// - It puts out 1 … row_limit rows, never more than the batch holds. What an operator with effects (locks,
//   volatile functions, writes) consumes is bounded by row_limit too, so a LIMIT above stops the effects
//   where it stops the rows (hazard 16).
// - Rows before a failing one are delivered; the error comes with the pull that would need it.
// - What was put out stays valid until the operator is asked again, opened or closed.
// An operator is opened any number of times; it keeps its buffers, so a prepared statement runs again, and
// the inner side of a nested loop starts over, without allocating. Source: Graefe, Volcano, IEEE TKDE 1994;
// Boncz et al., MonetDB/X100, CIDR 2005 (batches).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "executor/run.h"
#include "planner/physical.h"
#include "types/batch.h"
#include "types/result.h"

namespace rowan {

class Operator;
using OperatorPtr = std::unique_ptr<Operator>;

class Operator {
 public:
  Operator(const PhysicalPlan& plan, Run& run);
  virtual ~Operator();
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  // Starts, or starts over, with the parameters and runtime slots as they stand.
  Result<> open();
  // True: rows in `out`, whose columns have the types of output_types(). False: the end.
  Result<bool> next(Batch& out, uint32_t row_limit);
  // Lets go of memory and files; open() may follow.
  void close();

  const std::vector<Type>& output_types() const { return types_; }
  // A batch of this shape never needs to hold more rows: 1 for a look-up by a unique key.
  uint32_t capacity() const { return capacity_; }
  Batch make_batch() const { return Batch(types_, capacity_); }
  // Does running it do anything beyond putting out rows? Its own work or that of an input.
  bool has_effects() const { return has_effects_; }
  // The runtime slots that it or an input reads, set from outside of it.
  const std::vector<uint32_t>& slots_read() const { return slots_read_; }
  const PhysicalPlan& plan() const { return plan_; }

  // For the factory: inputs in the plan's order.
  void add_input(OperatorPtr input);

 protected:
  // Called once for each open(), before the inputs are opened unless opens_inputs() says otherwise.
  virtual Result<> start() = 0;
  // True: 0 … row_limit rows in `out`, which came reset; with 0 it is simply asked again. False: the end.
  virtual Result<bool> produce(Batch& out, uint32_t row_limit) = 0;
  // Lets go of what a closed operator need not keep.
  virtual void finish() {}
  // False: start() or produce() open the inputs, as the inner side of a nested loop is.
  virtual bool opens_inputs() const { return true; }

  // The rows put out now are good; the next pull fails with `error`.
  void fail_after(Error error) { pending_ = std::move(error); }
  void fail_after(std::optional<Error>& error) {
    if (error) pending_ = std::move(error);
  }
  bool is_failing() const { return pending_.has_value(); }
  // How many rows to ask an input for: as many as are wanted where the asking has effects, else a batch.
  uint32_t to_ask(uint32_t row_limit) const { return has_effects_ ? row_limit : kBatchRows; }
  void set_has_effects() { has_effects_ = true; }

  Operator& input(size_t i = 0) { return *inputs_[i]; }
  size_t input_count() const { return inputs_.size(); }
  Run& run() { return run_; }
  OperatorFigures& figures() { return run_.figures(plan_.id); }

 private:
  class Meter;
  const PhysicalPlan& plan_;
  Run& run_;
  std::vector<OperatorPtr> inputs_;
  std::vector<Type> types_;
  std::vector<uint32_t> slots_read_;
  uint32_t capacity_ = kBatchRows;
  bool has_effects_ = false;
  bool done_ = false;
  bool put_out_ = false;  // in this loop
  int64_t loop_ns_ = 0;
  std::optional<Error> pending_;
};

// The operator tree of `plan`, which outlives it, as does `run`. Errors: 0A000 a step that cannot be run.
Result<OperatorPtr> make_operator(const PhysicalPlan& plan, Run& run);

// Every expression that a step evaluates, inputs' left out.
std::vector<const Expr*> expressions_of(const PhysicalPlan& plan);

}  // namespace rowan
