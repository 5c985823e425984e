// Turns an expression into steps. Chains of calls (1 + 1 + 1 …) may be 100,000 long, so calls are walked with
// a stack of our own; only what nests by parentheses recurses.
#include <utility>

#include "expression/program.h"

namespace rowan {

namespace {

namespace node = expression;

bool is_lazy_node(const Expr& expr) {
  return std::holds_alternative<node::And>(expr.node) || std::holds_alternative<node::Or>(expr.node) ||
         std::holds_alternative<node::Case>(expr.node) || std::holds_alternative<node::Coalesce>(expr.node);
}

// Bound before anything runs.
bool is_leaf_node(const Expr& expr) {
  return std::holds_alternative<node::Constant>(expr.node) ||
         std::holds_alternative<node::InputRef>(expr.node) ||
         std::holds_alternative<node::Parameter>(expr.node) ||
         std::holds_alternative<node::RuntimeSlot>(expr.node);
}

// The constants of an IN list that is long enough to hash; empty when it is not that.
std::vector<const Value*> hashable_items(const Expr& expr) {
  std::vector<const Value*> items;
  if (expr.children.size() < InSet::kItemsMin + 1) return items;
  for (size_t i = 1; i < expr.children.size(); ++i) {
    const auto* constant = std::get_if<node::Constant>(&expr.children[i]->node);
    if (constant == nullptr) return {};
    // Items of several numeric forms do not share a vector.
    if (!items.empty() && !(constant->value.type() == items.front()->type())) return {};
    items.push_back(&constant->value);
  }
  return items;
}

}  // namespace

Evaluator::Program::Program(const Expr& expr, uint32_t row_capacity)
    : capacity(row_capacity == 0 ? 1 : row_capacity) {
  root = compile_block(expr);
}

StepBlock Evaluator::Program::compile_block(const Expr& expr) {
  StepBlock block;
  block.result = compile(expr, block.steps);
  return block;
}

StepId Evaluator::Program::add_step(const Expr& expr) {
  auto step = std::make_unique<Step>();
  step->expr = &expr;
  steps_.push_back(std::move(step));
  return static_cast<StepId>(steps_.size() - 1);
}

StepId Evaluator::Program::compile(const Expr& expr, std::vector<StepId>& steps) {
  struct Frame {
    const Expr* expr;
    std::vector<StepId> arguments;
  };
  std::vector<Frame> frames;
  frames.push_back({&expr, {}});
  while (true) {
    Frame& top = frames.back();
    bool is_eager = !is_lazy_node(*top.expr) && !is_leaf_node(*top.expr);
    bool lists_items = std::holds_alternative<node::InList>(top.expr->node);
    size_t eager = is_eager ? (lists_items ? 1 : top.expr->children.size()) : 0;
    if (top.arguments.size() < eager) {
      frames.push_back({top.expr->children[top.arguments.size()].get(), {}});
      continue;
    }
    StepId made = compile_node(*top.expr, steps, std::move(top.arguments));
    frames.pop_back();
    if (frames.empty()) return made;
    frames.back().arguments.push_back(made);
  }
}

StepId Evaluator::Program::compile_node(const Expr& expr, std::vector<StepId>& steps,
                                        std::vector<StepId> arguments) {
  if (const auto* operand = std::get_if<node::CaseOperand>(&expr.node)) {
    auto found = case_operands_.find(operand->case_id);
    if (found != case_operands_.end()) return found->second;
  }
  StepId id = add_step(expr);
  Step& step = *steps_[id];
  step.arguments = std::move(arguments);
  step.inputs.resize(step.arguments.size());
  bool is_relabel = false;
  if (const auto* call = std::get_if<node::Call>(&expr.node)) is_relabel = call->function->is_relabel;
  if (std::holds_alternative<node::InputRef>(expr.node) ||
      std::holds_alternative<node::RuntimeSlot>(expr.node)) {
    leaves_.push_back(id);
    return id;
  }
  if (const auto* constant = std::get_if<node::Constant>(&expr.node)) {
    step.own = Vector(expr.type, 1);
    step.own.reset_constant();
    step.own.borrow_value(0, constant->value);
    step.result = &step.own;
    return id;
  }
  if (std::holds_alternative<node::Parameter>(expr.node)) {
    step.own = Vector(expr.type, 1);
    leaves_.push_back(id);
    return id;
  }
  step.own = Vector(expr.type, is_relabel ? 1 : capacity);
  step.result = &step.own;
  step.rows = std::make_unique<uint16_t[]>(capacity);
  if (is_lazy_node(expr) || std::holds_alternative<node::InList>(expr.node) ||
      std::holds_alternative<node::NullIf>(expr.node)) {
    step.more_rows = std::make_unique<uint16_t[]>(capacity);
    step.marks = std::make_unique<uint8_t[]>(capacity);
    if (!is_lazy_node(expr)) step.flags = Vector(TypeId::Boolean, capacity);
  }
  size_t first_lazy = 0;
  if (std::holds_alternative<node::InList>(expr.node)) {
    first_lazy = 1;
    std::vector<const Value*> items = hashable_items(expr);
    if (!items.empty()) {
      step.in_set = std::make_unique<InSet>(items);
      first_lazy = expr.children.size();
    }
  } else if (const auto* branches = std::get_if<node::Case>(&expr.node)) {
    if (branches->has_operand) {
      // The operand is an argument of the step, and what CaseOperand stands for.
      StepId operand = compile(*expr.children[0], steps);
      case_operands_[branches->id] = operand;
      steps_[id]->arguments.push_back(operand);
      steps_[id]->inputs.resize(1);
      first_lazy = 1;
    }
  } else if (!is_lazy_node(expr)) {
    first_lazy = expr.children.size();
  }
  for (size_t i = first_lazy; i < expr.children.size(); ++i) {
    StepBlock block = compile_block(*expr.children[i]);
    steps_[id]->blocks.push_back(std::move(block));
  }
  steps.push_back(id);
  return id;
}

}  // namespace rowan
