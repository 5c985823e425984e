// Which conditions cannot be true of a row that an outer join made up.
#include <algorithm>

#include "planner/rewrite_support.h"

namespace rowan::rewriting {

bool is_null_when(const Expr& expr, const ColumnSet& columns) {
  auto child_is_null = [&](const ExprPtr& child) { return is_null_when(*child, columns); };
  if (const auto* ref = std::get_if<expression::ColumnRef>(&expr.node))
    return columns.count(ref->column) != 0;
  if (const auto* constant = std::get_if<expression::Constant>(&expr.node)) return constant->value.is_null();
  if (const auto* call = std::get_if<expression::Call>(&expr.node))
    return call->function->is_strict &&
           std::any_of(expr.children.begin(), expr.children.end(), child_is_null);
  if (std::holds_alternative<expression::Not>(expr.node)) return child_is_null(expr.children[0]);
  if (std::holds_alternative<expression::InList>(expr.node)) return child_is_null(expr.children[0]);
  if (std::holds_alternative<expression::Coalesce>(expr.node) ||
      std::holds_alternative<expression::MinMax>(expr.node))
    return std::all_of(expr.children.begin(), expr.children.end(), child_is_null);
  if (std::holds_alternative<expression::NullIf>(expr.node)) return child_is_null(expr.children[0]);
  return false;
}

bool rejects_nulls(const Expr& expr, const ColumnSet& columns) {
  auto child_rejects = [&](const ExprPtr& child) { return rejects_nulls(*child, columns); };
  if (std::holds_alternative<expression::And>(expr.node))
    return std::any_of(expr.children.begin(), expr.children.end(), child_rejects);
  if (std::holds_alternative<expression::Or>(expr.node))
    return std::all_of(expr.children.begin(), expr.children.end(), child_rejects);
  if (const auto* is_null = std::get_if<expression::IsNull>(&expr.node))
    return is_null->negated && is_null_when(*expr.children[0], columns);
  if (const auto* truth = std::get_if<expression::IsTruth>(&expr.node))
    return !truth->negated && (is_null_when(*expr.children[0], columns) ||
                               (truth->value && rejects_nulls(*expr.children[0], columns)));
  if (const auto* unknown = std::get_if<expression::IsUnknown>(&expr.node))
    return unknown->negated && is_null_when(*expr.children[0], columns);
  if (is_never_true(expr) && std::holds_alternative<expression::Constant>(expr.node)) return true;
  return is_null_when(expr, columns);
}

}  // namespace rowan::rewriting
