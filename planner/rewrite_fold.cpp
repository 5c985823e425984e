// Constant folding and the algebra of truth values. Immutable functions of constants are computed once; an
// error on the way keeps the expression. What still stands when all is rewritten fails then, with rows or
// without, as it does in PostgreSQL; a branch that is never taken has gone by then.
#include <algorithm>

#include "expression/evaluator.h"
#include "planner/rewrite.h"
#include "planner/rewrite_support.h"

namespace rowan {

namespace {

const Value* folded_constant(const Expr& expr) {
  const auto* constant = std::get_if<expression::Constant>(&expr.node);
  return constant == nullptr ? nullptr : &constant->value;
}

bool all_constant(const Expr& expr) {
  return std::all_of(expr.children.begin(), expr.children.end(),
                     [](const ExprPtr& child) { return folded_constant(*child) != nullptr; });
}

ExprPtr truth_constant(bool value, Position position) {
  return make_constant(Value::boolean(value), position);
}

bool may_evaluate(const Expr& expr) {
  if (const auto* call = std::get_if<expression::Call>(&expr.node))
    return call->function->volatility == Volatility::Immutable && call->function->kernel != nullptr &&
           !call->is_too_long;
  return std::holds_alternative<expression::IsNull>(expr.node) ||
         std::holds_alternative<expression::IsTruth>(expr.node) ||
         std::holds_alternative<expression::IsUnknown>(expr.node) ||
         std::holds_alternative<expression::IsDistinct>(expr.node) ||
         std::holds_alternative<expression::NullIf>(expr.node) ||
         std::holds_alternative<expression::MinMax>(expr.node) ||
         std::holds_alternative<expression::InList>(expr.node);
}

// What could be computed and was not: once folded, it failed.
const Expr* first_computable(const Expr& expr) {
  const Expr* found = nullptr;
  walk(expr, [&](const Expr& node) {
    if (found != nullptr) return false;
    const auto* choice = std::get_if<expression::Case>(&node.node);
    // Only when it runs does it say which branch it takes.
    if (choice != nullptr && choice->has_operand && folded_constant(*node.children[0]) != nullptr)
      return false;
    if (may_evaluate(node) && all_constant(node)) found = &node;
    return found == nullptr;
  });
  return found;
}

// false AND x is false, true AND x is x; the dual for OR. Unknown terms stay.
void simplify_junction(ExprPtr& expr, bool is_and) {
  std::vector<ExprPtr> kept;
  bool any_null = false;
  for (ExprPtr& child : expr->children) {
    const Value* value = folded_constant(*child);
    if (value == nullptr) {
      bool same_kind = is_and ? std::holds_alternative<expression::And>(child->node)
                              : std::holds_alternative<expression::Or>(child->node);
      if (same_kind) {
        for (ExprPtr& grandchild : child->children) kept.push_back(std::move(grandchild));
        child->children.clear();
      } else {
        kept.push_back(std::move(child));
      }
      continue;
    }
    if (value->is_null()) {
      if (!any_null) kept.push_back(std::move(child));
      any_null = true;
    } else if (value->as_bool() != is_and) {
      // The terms are asked in turn: one before it that fails does so.
      if (std::any_of(kept.begin(), kept.end(),
                      [](const ExprPtr& term) { return first_computable(*term) != nullptr; })) {
        kept.push_back(std::move(child));
        break;
      }
      expr = truth_constant(!is_and, expr->position);
      return;
    }
  }
  if (kept.empty()) {
    expr = truth_constant(is_and, expr->position);
  } else if (kept.size() == 1) {
    ExprPtr only = std::move(kept[0]);
    expr = std::move(only);
  } else {
    expr->children = std::move(kept);
  }
}

// The comparison that is true exactly where the other is false, for operators whose operands are of one type.
void simplify_not(ExprPtr& expr) {
  ExprPtr& child = expr->children[0];
  if (const Value* value = folded_constant(*child)) {
    Value result = value->is_null() ? Value(TypeId::Boolean) : Value::boolean(!value->as_bool());
    expr = make_constant(std::move(result), expr->position);
    return;
  }
  ExprPtr inner = std::move(child);
  if (std::holds_alternative<expression::Not>(inner->node)) {
    ExprPtr operand = std::move(inner->children[0]);
    expr = std::move(operand);
    return;
  }
  if (auto* is_null = std::get_if<expression::IsNull>(&inner->node)) {
    is_null->negated = !is_null->negated;
    expr = std::move(inner);
    return;
  }
  if (auto* in = std::get_if<expression::InList>(&inner->node)) {
    in->negated = !in->negated;
    expr = std::move(inner);
    return;
  }
  if (auto* truth = std::get_if<expression::IsTruth>(&inner->node)) {
    truth->negated = !truth->negated;
    expr = std::move(inner);
    return;
  }
  if (auto* unknown = std::get_if<expression::IsUnknown>(&inner->node)) {
    unknown->negated = !unknown->negated;
    expr = std::move(inner);
    return;
  }
  if (auto* distinct = std::get_if<expression::IsDistinct>(&inner->node)) {
    distinct->negated = !distinct->negated;
    expr = std::move(inner);
    return;
  }
  if (const auto* call = std::get_if<expression::Call>(&inner->node)) {
    static constexpr std::pair<std::string_view, std::string_view> kOpposites[] = {
        {"=", "<>"},   {"<>", "="},   {"<", ">="},     {">=", "<"},     {">", "<="}, {"<=", ">"},
        {"~~", "!~~"}, {"!~~", "~~"}, {"~~*", "!~~*"}, {"!~~*", "~~*"}, {"~", "!~"}, {"!~", "~"}};
    for (const auto& [name, opposite] : kOpposites) {
      if (call->function->name != name) continue;
      for (const Function* candidate : registry().functions(opposite)) {
        if (candidate->arguments != call->function->arguments) continue;
        inner->node = expression::Call{candidate};
        expr = std::move(inner);
        return;
      }
    }
  }
  bool is_and = std::holds_alternative<expression::And>(inner->node);
  if (is_and || std::holds_alternative<expression::Or>(inner->node)) {
    // De Morgan: the terms can then be judged one by one.
    for (ExprPtr& term : inner->children) {
      auto negated = std::make_unique<Expr>(expression::Not{}, TypeId::Boolean, term->position);
      negated->children.push_back(std::move(term));
      simplify_not(negated);
      term = std::move(negated);
    }
    inner->node = is_and ? expression::Node(expression::Or{}) : expression::Node(expression::And{});
    expr = std::move(inner);
    simplify_junction(expr, !is_and);
    return;
  }
  expr->children[0] = std::move(inner);
}

// Branches that cannot be taken go; a branch that is always taken is the last.
void simplify_case(ExprPtr& expr) {
  auto& node = std::get<expression::Case>(expr->node);
  if (node.has_operand) return;
  std::vector<ExprPtr> kept;
  size_t pairs = expr->children.size() / 2;
  bool settled = false;
  ExprPtr otherwise = node.has_else ? std::move(expr->children.back()) : nullptr;
  for (size_t i = 0; i < pairs && !settled; ++i) {
    ExprPtr condition = std::move(expr->children[2 * i]);
    ExprPtr result = std::move(expr->children[2 * i + 1]);
    if (rewriting::is_never_true(*condition)) continue;
    if (rewriting::is_always_true(*condition)) {
      otherwise = std::move(result);
      settled = true;
      continue;
    }
    kept.push_back(std::move(condition));
    kept.push_back(std::move(result));
  }
  if (kept.empty()) {
    if (otherwise == nullptr) otherwise = make_constant(Value(expr->type), expr->position);
    Type type = expr->type;
    expr = std::move(otherwise);
    if (expr->type.physical() == type.physical()) expr->type = type;
    return;
  }
  node.has_else = otherwise != nullptr;
  if (otherwise != nullptr) kept.push_back(std::move(otherwise));
  expr->children = std::move(kept);
}

void simplify_coalesce(ExprPtr& expr) {
  std::vector<ExprPtr> kept;
  for (ExprPtr& child : expr->children) {
    const Value* value = folded_constant(*child);
    if (value != nullptr && value->is_null()) continue;
    bool last = value != nullptr;
    kept.push_back(std::move(child));
    if (last) break;
  }
  if (kept.empty()) {
    expr = make_constant(Value(expr->type), expr->position);
  } else if (kept.size() == 1) {
    ExprPtr only = std::move(kept[0]);
    expr = std::move(only);
  } else {
    expr->children = std::move(kept);
  }
}

// Mentions a CASE's operand, which is no constant though it has no children.
void fold_node(ExprPtr& expr, EvalContext& context) {
  if (std::holds_alternative<expression::And>(expr->node)) return simplify_junction(expr, true);
  if (std::holds_alternative<expression::Or>(expr->node)) return simplify_junction(expr, false);
  if (std::holds_alternative<expression::Not>(expr->node)) return simplify_not(expr);
  if (std::holds_alternative<expression::Case>(expr->node)) return simplify_case(expr);
  if (std::holds_alternative<expression::Coalesce>(expr->node)) return simplify_coalesce(expr);
  if (!may_evaluate(*expr)) return;
  if (const auto* call = std::get_if<expression::Call>(&expr->node);
      call != nullptr && call->function->is_strict) {
    for (const ExprPtr& child : expr->children) {
      const Value* value = folded_constant(*child);
      if (value == nullptr || !value->is_null()) continue;
      expr = make_constant(Value(expr->type), expr->position);
      return;
    }
  }
  if (!all_constant(*expr)) return;
  // repeat('x', 1000000000) is better computed again than kept, and copied with the plan.
  constexpr size_t kBytesMax = size_t{1} << 20;
  auto* call = std::get_if<expression::Call>(&expr->node);
  Result<std::optional<Value>> value =
      evaluate_constant(*expr, context, call == nullptr ? SIZE_MAX : kBytesMax);
  if (!value.ok()) return;
  if (!value->has_value()) {
    call->is_too_long = true;
    return;
  }
  Type type = expr->type;
  ExprPtr constant = make_constant(std::move(**value), expr->position);
  if (constant->type.physical() == type.physical()) constant->type = type;
  expr = std::move(constant);
}

}  // namespace

void fold_expression(ExprPtr& expr, EvalContext& context) {
  rewriting::visit_upwards(expr, [&](ExprPtr& node) { fold_node(node, context); });
}

bool has_failing_constant(const LogicalPlan& plan) {
  bool found = false;
  for_each_expression(plan, [&](const Expr& expr) { found = found || first_computable(expr) != nullptr; });
  return found;
}

Result<> check_constants(BoundStatement& statement, EvalContext& context) {
  Result<> outcome;
  auto check = [&](ExprPtr& expr) {
    if (!outcome.ok() || first_computable(*expr) == nullptr) return;
    ExprPtr folded = clone(*expr);  // rewriting may have brought constants together
    fold_expression(folded, context);
    const Expr* failing = first_computable(*folded);
    if (failing == nullptr) return;
    Result<Value> value = evaluate_constant(*failing, context);
    if (!value.ok()) outcome = std::move(value).error();
  };
  rewriting::for_each_plan(statement, [&](LogicalPtr& root) {
    walk_plan(*root, [&](LogicalPlan& plan) { for_each_expression(plan, check); });
  });
  return outcome;
}

void fold_constants(BoundStatement& statement, EvalContext& context) {
  rewriting::for_each_plan(statement, [&](LogicalPtr& root) {
    walk_plan(*root, [&](LogicalPlan& plan) {
      for_each_expression(plan, [&](ExprPtr& expr) { fold_expression(expr, context); });
      auto* join = std::get_if<logical::Join>(&plan.node);
      if (join != nullptr && join->condition != nullptr && rewriting::is_always_true(*join->condition))
        join->condition = nullptr;
    });
  });
}

}  // namespace rowan
