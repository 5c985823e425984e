#include "planner/rewrite_support.h"

#include <algorithm>

namespace rowan::rewriting {

void split_conjunction(ExprPtr expr, std::vector<ExprPtr>& terms) {
  std::vector<ExprPtr> pending;
  pending.push_back(std::move(expr));
  while (!pending.empty()) {
    ExprPtr next = std::move(pending.back());
    pending.pop_back();
    if (next == nullptr) continue;
    if (!std::holds_alternative<expression::And>(next->node)) {
      terms.push_back(std::move(next));
      continue;
    }
    for (size_t i = next->children.size(); i-- > 0;) pending.push_back(std::move(next->children[i]));
    next->children.clear();
  }
}

ColumnSet columns_of(const Expr& expr, const Subqueries& subqueries) {
  ColumnSet found;
  add_columns(expr, subqueries, found);
  return found;
}

ColumnSet output_of(const LogicalPlan& plan) {
  ColumnSet found;
  for (const LogicalColumn& column : plan.output) found.insert(column.id);
  return found;
}

bool is_subset(const ColumnSet& small, const ColumnSet& large) {
  return std::includes(large.begin(), large.end(), small.begin(), small.end());
}

bool intersects(const ColumnSet& a, const ColumnSet& b) {
  return std::any_of(a.begin(), a.end(), [&](ColumnId id) { return b.count(id) != 0; });
}

bool has_subquery(const Expr& expr) {
  bool found = false;
  walk(expr, [&](const Expr& node) {
    found = found || std::holds_alternative<expression::Subquery>(node.node);
    return !found;
  });
  return found;
}

bool is_volatile_expr(const Expr& expr) {
  return volatility(expr) == Volatility::Volatile;
}

bool is_never_true(const Expr& expr) {
  const auto* constant = std::get_if<expression::Constant>(&expr.node);
  return constant != nullptr && (constant->value.is_null() || !constant->value.as_bool());
}

bool is_always_true(const Expr& expr) {
  const auto* constant = std::get_if<expression::Constant>(&expr.node);
  return constant != nullptr && !constant->value.is_null() && constant->value.as_bool();
}

void refresh_output(LogicalPlan& plan) {
  bool follows = std::holds_alternative<logical::Filter>(plan.node) ||
                 std::holds_alternative<logical::Sort>(plan.node) ||
                 std::holds_alternative<logical::Limit>(plan.node) ||
                 std::holds_alternative<logical::Distinct>(plan.node) ||
                 std::holds_alternative<logical::LockRows>(plan.node);
  if (follows) {
    plan.output = plan.inputs[0]->output;
  } else if (const auto* window = std::get_if<logical::Window>(&plan.node)) {
    std::vector<LogicalColumn> calls(plan.output.end() - static_cast<std::ptrdiff_t>(window->calls.size()),
                                     plan.output.end());
    plan.output = plan.inputs[0]->output;
    plan.output.insert(plan.output.end(), calls.begin(), calls.end());
  } else if (const auto* join = std::get_if<logical::Join>(&plan.node)) {
    using Kind = logical::Join::Kind;
    plan.output = plan.inputs[0]->output;
    bool left_only =
        join->kind == Kind::Semi || join->kind == Kind::Anti || join->kind == Kind::NullAwareAnti;
    if (!left_only)
      plan.output.insert(plan.output.end(), plan.inputs[1]->output.begin(), plan.inputs[1]->output.end());
  }
}

LogicalPtr filter_by(std::vector<ExprPtr> terms, LogicalPtr plan) {
  ExprPtr condition = conjunction(std::move(terms));
  if (condition == nullptr) return plan;
  auto filter = std::make_unique<LogicalPlan>(logical::Filter{std::move(condition)});
  filter->output = plan->output;
  filter->inputs.push_back(std::move(plan));
  return filter;
}

LogicalPtr empty_like(const LogicalPlan& plan) {
  auto empty = std::make_unique<LogicalPlan>(logical::Empty{});
  empty->output = plan.output;
  return empty;
}

ExprPtr refer_to(const LogicalColumn& column) {
  return std::make_unique<Expr>(expression::ColumnRef{column.id, column.name}, column.type);
}

void substitute(ExprPtr& expr, const Substitution& by) {
  std::vector<ExprPtr*> pending{&expr};
  while (!pending.empty()) {
    ExprPtr& next = *pending.back();
    pending.pop_back();
    if (const auto* ref = std::get_if<expression::ColumnRef>(&next->node)) {
      auto found = by.find(ref->column);
      if (found == by.end()) continue;
      Type type = next->type;
      next = clone(*found->second);
      // The reference may have been read under another name of the same bits.
      if (next->type.physical() == type.physical()) next->type = type;
      continue;
    }
    for (ExprPtr& child : next->children) pending.push_back(&child);
  }
}

}  // namespace rowan::rewriting
