#include "expression/evaluator.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "expression/program.h"
#include "types/cast.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {

namespace {

namespace node = expression;

// The row where a vector keeps the value of `row`.
uint32_t stored_row(const Vector& vector, uint32_t row) {
  return vector.is_constant() ? 0 : row;
}

bool flag_is_true(const Vector& flags, uint32_t row) {
  return !flags.is_null(row) && flags.data<uint8_t>()[stored_row(flags, row)] != 0;
}

// Copies values, not the bytes that texts borrow: those live in vectors of the same evaluation.
void copy_selected(Vector& to, const Vector& from, Selection rows) {
  size_t width = to.width();
  char* out = to.raw_data();
  const char* in = from.raw_data();
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t row = rows[i];
    if (from.is_null(row)) {
      to.set_null(row);
      continue;
    }
    to.set_valid(row);
    std::memcpy(out + row * width, in + stored_row(from, row) * width, width);
  }
}

}  // namespace

// --- one evaluation ---

void Evaluator::Program::begin(const EvalInput& eval_input, const Batch* input_batch) {
  input_ = eval_input;
  batch_ = input_batch;
  failed_row_ = kNoFailure;
  error_.reset();
  for (StepId id : leaves_) {
    Step& step = *steps_[id];
    if (const auto* column = std::get_if<node::InputRef>(&step.expr->node)) {
      ASSERT(batch_ != nullptr);
      step.result = &batch_->column(column->index);
    } else if (const auto* slot = std::get_if<node::RuntimeSlot>(&step.expr->node)) {
      ASSERT(slot->slot < input_.slots.size());
      step.result = &input_.slots[slot->slot];
    } else if (const auto* parameter = std::get_if<node::Parameter>(&step.expr->node)) {
      step.result = &step.own;
      if (parameter->index >= input_.parameters.size()) {
        fail(Error(sqlstate::undefined_parameter,
                   "there is no parameter $" + std::to_string(parameter->index + 1))
                 .at(step.expr->position),
             0);
        continue;
      }
      const Value& value = input_.parameters[parameter->index];
      if (value.is_null() || value.type() == step.own.type() || !needs_cast(value.type(), step.own.type())) {
        step.own.reset_constant();
        step.own.borrow_value(0, value);
        continue;
      }
      Result<Value> cast = cast_value(value, step.own.type(), CastContext::Assignment, *input_.context);
      if (cast.ok())
        step.own.set_constant(*cast);
      else
        fail(std::move(cast).error(), 0);
    }
  }
}

void Evaluator::Program::fail(Error error, uint32_t row) {
  if (error_.has_value() && row >= failed_row_) return;
  failed_row_ = row;
  error_ = std::move(error);
}

Selection Evaluator::Program::clip(Selection rows) const {
  if (failed_row_ == kNoFailure) [[likely]]
    return rows;
  if (rows.is_dense()) return Selection(std::min(rows.count(), failed_row_));
  const uint16_t* end = std::partition_point(rows.rows(), rows.rows() + rows.count(),
                                             [&](uint16_t row) { return row < failed_row_; });
  return Selection(rows.rows(), static_cast<uint32_t>(end - rows.rows()));
}

void Evaluator::Program::finish(Selection rows, EvalOutcome& outcome) {
  outcome.good_rows = clip(rows).count();
  outcome.error = std::exchange(error_, std::nullopt);
  if (rows.count() == 0) outcome.error.reset();
}

const Vector& Evaluator::Program::run_block(const StepBlock& block, Selection rows) {
  for (StepId id : block.steps) {
    rows = clip(rows);
    if (rows.count() == 0) break;
    run_step(*steps_[id], rows);
  }
  return *steps_[block.result]->result;
}

void Evaluator::Program::run_step(Step& step, Selection rows) {
  for (size_t i = 0; i < step.arguments.size(); ++i) step.inputs[i] = steps_[step.arguments[i]]->result;
  struct Visitor {
    Program& program;
    Step& step;
    Selection rows;
    void operator()(const node::Constant&) {}
    void operator()(const node::InputRef&) {}
    void operator()(const node::Parameter&) {}
    void operator()(const node::RuntimeSlot&) {}
    void operator()(const node::ColumnRef& column) { unbound("column " + column.name); }
    void operator()(const node::CaseOperand&) { unbound("CASE operand"); }
    void operator()(const node::Call& call) { program.run_call(step, *call.function, rows); }
    void operator()(const node::And&) { program.run_logic(step, rows, false); }
    void operator()(const node::Or&) { program.run_logic(step, rows, true); }
    void operator()(const node::Not&) { program.run_not(step, rows); }
    void operator()(const node::IsNull& is) { program.run_is_null(step, rows, is.negated); }
    void operator()(const node::IsTruth& is) { program.run_is_truth(step, rows, is.value, is.negated); }
    void operator()(const node::IsUnknown& is) { program.run_is_null(step, rows, is.negated); }
    void operator()(const node::IsDistinct& is) {
      program.run_is_distinct(step, *is.equals, rows, is.negated);
    }
    void operator()(const node::Case& branches) { program.run_case(step, branches, rows); }
    void operator()(const node::Coalesce&) { program.run_coalesce(step, rows); }
    void operator()(const node::NullIf& null_if) { program.run_null_if(step, *null_if.equals, rows); }
    void operator()(const node::MinMax& min_max) { program.run_min_max(step, rows, min_max.greatest); }
    void operator()(const node::InList& list) { program.run_in_list(step, list, rows); }
    void operator()(const node::Subquery& subquery) { program.run_subquery(step, subquery, rows); }
    void unbound(const std::string& thing) {
      program.fail(Error(sqlstate::internal_error, thing + " reached the evaluator unbound"), rows[0]);
    }
  };
  std::visit(Visitor{*this, step, rows}, step.expr->node);
}

// --- calls ---

void Evaluator::Program::call_kernel(Step& step, const Function& function, Selection rows, Vector& result) {
  KernelCall call{step.inputs, rows, result, *input_.context};
  Result<> done = function.kernel(call);
  if (!done.ok()) [[unlikely]]
    fail(std::move(done).error(), call.failed_row);
}

void Evaluator::Program::run_call(Step& step, const Function& function, Selection rows) {
  Vector& result = step.own;
  if (function.is_relabel) {
    result.borrow(*step.inputs[0]);
    return;
  }
  bool all_constant = function.volatility != Volatility::Volatile;
  bool some_null = false;
  for (const Vector* argument : step.inputs) {
    all_constant &= argument->is_constant();
    some_null |= argument->may_have_nulls();
  }
  if (function.is_strict && some_null) {
    for (const Vector* argument : step.inputs) {
      if (!argument->is_constant() || !argument->is_null(0)) continue;
      result.reset_constant();
      result.set_null(0);
      return;
    }
  }
  if (all_constant) {
    result.reset_constant();
    KernelCall call{step.inputs, Selection(1), result, *input_.context};
    Result<> done = function.kernel(call);
    if (!done.ok()) [[unlikely]]
      fail(std::move(done).error(), rows[0]);
    return;
  }
  result.reset();
  if (!function.is_strict || !some_null) {
    call_kernel(step, function, rows, result);
    return;
  }
  // The kernel gets the rows without NULLs; the others' bits are cleared afterwards, a word at a time.
  uint32_t last = rows[rows.count() - 1];
  uint32_t words = last / 64 + 1;
  constexpr uint32_t kWordsMax = 1024;  // positions are 16 bits
  uint64_t valid[kWordsMax];
  std::memset(valid, 0xff, words * sizeof(uint64_t));
  for (const Vector* argument : step.inputs) {
    const uint64_t* bits = argument->is_constant() ? nullptr : argument->validity();
    if (bits == nullptr) continue;
    for (uint32_t i = 0; i < words; ++i) valid[i] &= bits[i];
  }
  uint16_t* kept = step.rows.get();
  uint32_t count = 0;
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t row = rows[i];
    kept[count] = static_cast<uint16_t>(row);
    count += (valid[row / 64] >> (row % 64)) & 1;
  }
  if (count == rows.count()) {
    call_kernel(step, function, rows, result);
    return;
  }
  if (count > 0) call_kernel(step, function, Selection(kept, count), result);
  uint64_t* bits = result.mutable_validity();
  for (uint32_t i = 0; i < words; ++i) bits[i] &= valid[i];
}

// --- three-valued logic ---

// AND: decisive is false, OR: true. A row that met the decisive value asks no further terms.
void Evaluator::Program::run_logic(Step& step, Selection rows, bool decisive) {
  Vector& result = step.own;
  result.reset();
  auto* out = result.data<uint8_t>();
  for (uint32_t i = 0; i < rows.count(); ++i) out[rows[i]] = !decisive;
  uint16_t* pending = step.rows.get();
  Selection open = rows;
  for (const StepBlock& term : step.blocks) {
    open = clip(open);
    if (open.count() == 0) return;
    const Vector& flags = run_block(term, open);
    open = clip(open);
    uint32_t count = 0;
    for (uint32_t i = 0; i < open.count(); ++i) {
      uint32_t row = open[i];
      if (flags.is_null(row)) {
        result.set_null(row);
      } else if ((flags.data<uint8_t>()[stored_row(flags, row)] != 0) == decisive) {
        result.set_valid(row);
        out[row] = decisive;
        continue;
      }
      pending[count++] = static_cast<uint16_t>(row);
    }
    open = Selection(pending, count);
  }
}

void Evaluator::Program::run_not(Step& step, Selection rows) {
  const Vector& flags = *step.inputs[0];
  Vector& result = step.own;
  result.reset();
  auto* out = result.data<uint8_t>();
  const auto* in = flags.data<uint8_t>();
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t row = rows[i];
    out[row] = in[stored_row(flags, row)] == 0;
    if (flags.is_null(row)) result.set_null(row);
  }
}

void Evaluator::Program::run_is_null(Step& step, Selection rows, bool negated) {
  const Vector& value = *step.inputs[0];
  step.own.reset();
  auto* out = step.own.data<uint8_t>();
  for (uint32_t i = 0; i < rows.count(); ++i) out[rows[i]] = value.is_null(rows[i]) != negated;
}

void Evaluator::Program::run_is_truth(Step& step, Selection rows, bool value, bool negated) {
  const Vector& flags = *step.inputs[0];
  step.own.reset();
  auto* out = step.own.data<uint8_t>();
  const auto* in = flags.data<uint8_t>();
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t row = rows[i];
    bool is_value = !flags.is_null(row) && (in[stored_row(flags, row)] != 0) == value;
    out[row] = is_value != negated;
  }
}

void Evaluator::Program::run_is_distinct(Step& step, const Function& equals, Selection rows, bool negated) {
  const Vector &a = *step.inputs[0], &b = *step.inputs[1];
  Vector& result = step.own;
  result.reset();
  auto* out = result.data<uint8_t>();
  uint16_t* both = step.rows.get();
  uint32_t count = 0;
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t row = rows[i];
    if (!a.is_null(row) && !b.is_null(row)) both[count++] = static_cast<uint16_t>(row);
  }
  if (count > 0) call_kernel(step, equals, Selection(both, count), result);
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t row = rows[i];
    bool a_is_null = a.is_null(row), b_is_null = b.is_null(row);
    bool is_same = a_is_null || b_is_null ? a_is_null && b_is_null : out[stored_row(result, row)] != 0;
    out[row] = is_same == negated;
  }
}

// --- conditionals ---

void Evaluator::Program::run_case(Step& step, const node::Case& branches, Selection rows) {
  Vector& result = step.own;
  result.reset();
  uint16_t* pending = step.rows.get();
  uint16_t* taken = step.more_rows.get();
  Selection open = rows;
  size_t pairs = step.blocks.size() / 2;
  for (size_t i = 0; i < pairs; ++i) {
    open = clip(open);
    if (open.count() == 0) return;
    uint32_t count = filter_block(step.blocks[2 * i], open, taken);
    open = clip(open);
    // What was taken leaves the pending rows; both lists rise.
    uint32_t left = 0, at = 0;
    for (uint32_t k = 0; k < open.count(); ++k) {
      uint32_t row = open[k];
      if (at < count && taken[at] == row)
        ++at;
      else
        pending[left++] = static_cast<uint16_t>(row);
    }
    open = Selection(pending, left);
    Selection branch = clip(Selection(taken, count));
    if (branch.count() == 0) continue;
    const Vector& values = run_block(step.blocks[2 * i + 1], branch);
    copy_selected(result, values, clip(branch));
  }
  open = clip(open);
  if (open.count() == 0) return;
  if (branches.has_else) {
    const Vector& values = run_block(step.blocks.back(), open);
    copy_selected(result, values, clip(open));
  } else {
    for (uint32_t i = 0; i < open.count(); ++i) result.set_null(open[i]);
  }
}

void Evaluator::Program::run_coalesce(Step& step, Selection rows) {
  Vector& result = step.own;
  result.reset();
  uint16_t* pending = step.rows.get();
  uint16_t* found = step.more_rows.get();
  Selection open = rows;
  for (const StepBlock& term : step.blocks) {
    open = clip(open);
    if (open.count() == 0) return;
    const Vector& values = run_block(term, open);
    open = clip(open);
    uint32_t left = 0, count = 0;
    for (uint32_t i = 0; i < open.count(); ++i) {
      uint32_t row = open[i];
      if (values.is_null(row))
        pending[left++] = static_cast<uint16_t>(row);
      else
        found[count++] = static_cast<uint16_t>(row);
    }
    copy_selected(result, values, Selection(found, count));
    open = Selection(pending, left);
  }
  for (uint32_t i = 0; i < open.count(); ++i) result.set_null(open[i]);
}

void Evaluator::Program::run_null_if(Step& step, const Function& equals, Selection rows) {
  const Vector& value = *step.inputs[0];
  const Vector& other = *step.inputs[1];
  const Vector& compared = step.inputs.size() > 2 ? *step.inputs[2] : value;
  Vector& result = step.own;
  result.reset();
  uint16_t* both = step.rows.get();
  uint32_t count = 0;
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t row = rows[i];
    if (!compared.is_null(row) && !other.is_null(row)) both[count++] = static_cast<uint16_t>(row);
  }
  uint8_t* is_equal = step.marks.get();
  for (uint32_t i = 0; i < rows.count(); ++i) is_equal[rows[i]] = 0;
  if (count > 0) {
    Vector& flags = step.flags;
    flags.reset();
    const Vector* pair[] = {&compared, &other};
    KernelCall call{pair, Selection(both, count), flags, *input_.context};
    Result<> done = equals.kernel(call);
    if (!done.ok()) fail(std::move(done).error(), call.failed_row);
    for (uint32_t i = 0; i < count; ++i)
      is_equal[both[i]] = flags.data<uint8_t>()[stored_row(flags, both[i])];
  }
  Selection good = clip(rows);
  copy_selected(result, value, good);
  for (uint32_t i = 0; i < good.count(); ++i)
    if (is_equal[good[i]] != 0) result.set_null(good[i]);
}

// GREATEST and LEAST pass NULLs over; NULL only when all are.
void Evaluator::Program::run_min_max(Step& step, Selection rows, bool greatest) {
  Vector& result = step.own;
  result.reset();
  size_t width = result.width();
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t row = rows[i];
    const Vector* best = nullptr;
    for (const Vector* candidate : step.inputs) {
      if (candidate->is_null(row)) continue;
      if (best == nullptr) {
        best = candidate;
        continue;
      }
      int order = compare_rows(*candidate, row, *best, row);
      if (greatest ? order > 0 : order < 0) best = candidate;
    }
    if (best == nullptr)
      result.set_null(row);
    else
      std::memcpy(result.raw_data() + row * width, best->raw_data() + stored_row(*best, row) * width, width);
  }
}

void Evaluator::Program::run_in_list(Step& step, const node::InList& list, Selection rows) {
  const Vector& tested = *step.inputs[0];
  Vector& result = step.own;
  result.reset();
  auto* out = result.data<uint8_t>();
  uint16_t* pending = step.rows.get();
  uint32_t count = 0;
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t row = rows[i];
    out[row] = list.negated;
    if (tested.is_null(row))
      result.set_null(row);
    else
      pending[count++] = static_cast<uint16_t>(row);
  }
  if (step.in_set) {
    uint8_t* found = step.marks.get();
    step.in_set->probe(tested, Selection(pending, count), found);
    for (uint32_t i = 0; i < count; ++i) {
      if (found[i] != 0)
        out[pending[i]] = !list.negated;
      else if (step.in_set->has_null())
        result.set_null(pending[i]);
    }
    return;
  }
  uint16_t* comparable = step.more_rows.get();
  uint8_t* is_equal = step.marks.get();
  Selection open(pending, count);
  for (const StepBlock& item : step.blocks) {
    open = clip(open);
    if (open.count() == 0) return;
    const Vector& values = run_block(item, open);
    open = clip(open);
    uint32_t comparable_count = 0;
    for (uint32_t i = 0; i < open.count(); ++i) {
      uint32_t row = open[i];
      is_equal[row] = 0;
      if (values.is_null(row))
        result.set_null(row);  // unknown, unless a later item is equal
      else
        comparable[comparable_count++] = static_cast<uint16_t>(row);
    }
    if (comparable_count > 0) {
      const Vector* pair[] = {&tested, &values};
      Vector& flags = step.flags;
      flags.reset();
      KernelCall call{pair, Selection(comparable, comparable_count), flags, *input_.context};
      Result<> done = list.equals->kernel(call);
      if (!done.ok()) fail(std::move(done).error(), call.failed_row);
      for (uint32_t i = 0; i < comparable_count; ++i)
        is_equal[comparable[i]] = flags.data<uint8_t>()[stored_row(flags, comparable[i])];
    }
    uint32_t left = 0;
    for (uint32_t i = 0; i < open.count(); ++i) {
      uint32_t row = open[i];
      if (is_equal[row] != 0) {
        result.set_valid(row);
        out[row] = !list.negated;
      } else {
        pending[left++] = static_cast<uint16_t>(row);
      }
    }
    open = Selection(pending, left);
  }
}

void Evaluator::Program::run_subquery(Step& step, const node::Subquery& subquery, Selection rows) {
  step.own.reset();
  if (input_.subqueries == nullptr) {
    fail(Error(sqlstate::internal_error, "a subquery has nobody to run it"), rows[0]);
    return;
  }
  uint32_t failed_row = rows[0];
  Result<> done = input_.subqueries->run(subquery, step.inputs, rows, step.own, failed_row);
  if (!done.ok()) fail(std::move(done).error(), failed_row);
}

// --- filters ---

uint32_t Evaluator::Program::keep_true(const Vector& flags, Selection rows, uint16_t* kept) const {
  uint32_t count = 0;
  if (flags.is_constant()) {
    if (!flag_is_true(flags, 0)) return 0;
    for (uint32_t i = 0; i < rows.count(); ++i) kept[i] = static_cast<uint16_t>(rows[i]);
    return rows.count();
  }
  const auto* values = flags.data<uint8_t>();
  if (flags.may_have_nulls()) {
    for (uint32_t i = 0; i < rows.count(); ++i) {
      uint32_t row = rows[i];
      kept[count] = static_cast<uint16_t>(row);
      count += flag_is_true(flags, row);
    }
  } else if (rows.is_dense()) {
    for (uint32_t row = 0; row < rows.count(); ++row) {
      kept[count] = static_cast<uint16_t>(row);
      count += values[row] != 0;
    }
  } else {
    const uint16_t* list = rows.rows();
    for (uint32_t i = 0; i < rows.count(); ++i) {
      uint16_t row = list[i];
      kept[count] = row;
      count += values[row] != 0;
    }
  }
  return count;
}

uint32_t Evaluator::Program::filter_block(const StepBlock& block, Selection rows, uint16_t* kept) {
  Step& last = *steps_[block.result];
  if (std::holds_alternative<node::And>(last.expr->node)) {
    for (const StepBlock& term : last.blocks) {
      uint32_t count = filter_block(term, rows, kept);
      rows = Selection(kept, count);
    }
    return rows.count();
  }
  if (std::holds_alternative<node::Or>(last.expr->node)) return filter_or(last, rows, kept);
  rows = clip(rows);
  if (rows.count() == 0) return 0;
  const Vector& flags = run_block(block, rows);
  return keep_true(flags, clip(rows), kept);
}

uint32_t Evaluator::Program::filter_or(Step& step, Selection rows, uint16_t* kept) {
  uint8_t* accepted = step.marks.get();
  uint16_t* pending = step.rows.get();
  uint16_t* passed = step.more_rows.get();
  for (uint32_t i = 0; i < rows.count(); ++i) accepted[rows[i]] = 0;
  Selection open = rows;
  for (const StepBlock& term : step.blocks) {
    uint32_t count = filter_block(term, open, passed);
    for (uint32_t i = 0; i < count; ++i) accepted[passed[i]] = 1;
    uint32_t left = 0;
    for (uint32_t i = 0; i < open.count(); ++i) {
      uint32_t row = open[i];
      pending[left] = static_cast<uint16_t>(row);
      left += accepted[row] == 0;
    }
    open = clip(Selection(pending, left));
    if (open.count() == 0) break;
  }
  rows = clip(rows);
  uint32_t count = 0;
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t row = rows[i];
    kept[count] = static_cast<uint16_t>(row);
    count += accepted[row];
  }
  return count;
}

// --- the public face ---

Evaluator::Evaluator(const Expr& expr, uint32_t capacity)
    : program_(std::make_unique<Program>(expr, capacity)) {}
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;
Evaluator::~Evaluator() = default;

const Vector& Evaluator::evaluate(const EvalInput& input, const Batch* batch, Selection rows,
                                  EvalOutcome& outcome) {
  program_->begin(input, batch);
  const Vector& result = program_->run_block(program_->root, rows);
  program_->finish(rows, outcome);
  return result;
}

Result<const Vector*> Evaluator::evaluate(const EvalInput& input, const Batch* batch, Selection rows) {
  EvalOutcome outcome;
  const Vector* result = &evaluate(input, batch, rows, outcome);
  if (outcome.error && rows.count() > 0) return std::move(*outcome.error);
  return result;
}

uint32_t Evaluator::filter(const EvalInput& input, const Batch* batch, Selection rows, uint16_t* kept,
                           EvalOutcome& outcome) {
  program_->begin(input, batch);
  // The kept rows may overwrite the list they came from; how many of it were good is counted first.
  std::unique_ptr<uint16_t[]>& copy = program_->selection_copy;
  Selection whole = rows;
  if (!rows.is_dense() && rows.rows() == kept) {
    if (!copy) copy = std::make_unique<uint16_t[]>(program_->capacity);
    std::memcpy(copy.get(), rows.rows(), rows.count() * sizeof(uint16_t));
    whole = Selection(copy.get(), rows.count());
  }
  uint32_t count = rows.count() == 0 ? 0 : program_->filter_block(program_->root, whole, kept);
  count = program_->clip(Selection(kept, count)).count();
  program_->finish(whole, outcome);
  return count;
}

Result<Value> evaluate_constant(const Expr& expr, EvalContext& context) {
  std::optional<Value> value = TRY(evaluate_constant(expr, context, SIZE_MAX));
  return std::move(*value);
}

Result<std::optional<Value>> evaluate_constant(const Expr& expr, EvalContext& context, size_t bytes_max) {
  Evaluator evaluator(expr, 1);
  EvalInput input;
  input.context = &context;
  const Vector* result = TRY(evaluator.evaluate(input, nullptr, Selection(1)));
  std::optional<Value> value;
  bool is_too_long = result->physical() == PhysicalType::Text && !result->is_null(0) &&
                     result->data<Text>()[0].length() > bytes_max;
  if (!is_too_long) value = result->value(0);
  return value;
}

}  // namespace rowan
