// expression/program.h: what an Evaluator is made of. Private to expression/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "expression/evaluator.h"
#include "expression/in_set.h"

namespace rowan {

using StepId = uint32_t;

// Steps to run in order over the same rows; the last one's result is the block's. A leaf is bound before
// anything runs, so a block may have no step to run at all.
struct StepBlock {
  std::vector<StepId> steps;
  StepId result = 0;
};

struct Step {
  const Expr* expr = nullptr;
  const Vector* result = nullptr;     // of the current evaluation
  Vector own;                         // where the result is made, when it is made here
  std::vector<StepId> arguments;      // eager operands
  std::vector<StepBlock> blocks;      // lazy operands
  std::vector<const Vector*> inputs;  // room for the arguments' results
  std::unique_ptr<uint16_t[]> rows;   // room for selections
  std::unique_ptr<uint16_t[]> more_rows;
  std::unique_ptr<uint8_t[]> marks;  // one a row
  Vector flags;                      // of comparisons with list items
  std::unique_ptr<InSet> in_set;     // of a long IN list
};

struct Evaluator::Program {
  Program(const Expr& expr, uint32_t capacity);

  // Makes leaves point at this evaluation's columns, parameters and slots.
  void begin(const EvalInput& eval_input, const Batch* input_batch);
  const Vector& run_block(const StepBlock& block, Selection rows);
  uint32_t filter_block(const StepBlock& block, Selection rows, uint16_t* kept);
  // The part of `rows` before the failing row.
  Selection clip(Selection rows) const;
  void finish(Selection rows, EvalOutcome& outcome);

  StepBlock root;
  uint32_t capacity;
  std::unique_ptr<uint16_t[]> selection_copy;  // of a list that filter() overwrites

 private:
  // Compiling (expression/compile.cpp).
  StepBlock compile_block(const Expr& expr);
  StepId compile(const Expr& expr, std::vector<StepId>& steps);
  StepId compile_node(const Expr& expr, std::vector<StepId>& steps, std::vector<StepId> arguments);
  StepId add_step(const Expr& expr);

  // Running (expression/evaluator.cpp).
  void run_step(Step& step, Selection rows);
  void run_call(Step& step, const Function& function, Selection rows);
  void call_kernel(Step& step, const Function& function, Selection rows, Vector& result);
  void run_logic(Step& step, Selection rows, bool decisive);
  void run_not(Step& step, Selection rows);
  void run_is_null(Step& step, Selection rows, bool negated);
  void run_is_truth(Step& step, Selection rows, bool value, bool negated);
  void run_is_distinct(Step& step, const Function& equals, Selection rows, bool negated);
  void run_case(Step& step, const expression::Case& node, Selection rows);
  void run_coalesce(Step& step, Selection rows);
  void run_null_if(Step& step, const Function& equals, Selection rows);
  void run_min_max(Step& step, Selection rows, bool greatest);
  void run_in_list(Step& step, const expression::InList& node, Selection rows);
  void run_subquery(Step& step, const expression::Subquery& node, Selection rows);
  uint32_t filter_or(Step& step, Selection rows, uint16_t* kept);
  // Rows of `rows` where the flag vector is true, in order.
  uint32_t keep_true(const Vector& flags, Selection rows, uint16_t* kept) const;
  void fail(Error error, uint32_t row);

  std::vector<std::unique_ptr<Step>> steps_;
  std::vector<StepId> leaves_;
  std::unordered_map<uint32_t, StepId> case_operands_;  // while compiling
  EvalInput input_;
  const Batch* batch_ = nullptr;
  static constexpr uint32_t kNoFailure = ~0u;
  uint32_t failed_row_ = kNoFailure;
  std::optional<Error> error_;
};

}  // namespace rowan
