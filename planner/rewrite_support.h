// planner/rewrite_support.h: small steps that several rewrites take. Inside planner/ only.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "planner/logical.h"

namespace rowan::rewriting {

using Subqueries = std::vector<LogicalSubquery>;
using ColumnSet = std::set<ColumnId>;

// The terms of a conjunction, nested ones flattened.
void split_conjunction(ExprPtr expr, std::vector<ExprPtr>& terms);

ColumnSet columns_of(const Expr& expr, const Subqueries& subqueries);
ColumnSet output_of(const LogicalPlan& plan);
bool is_subset(const ColumnSet& small, const ColumnSet& large);
bool intersects(const ColumnSet& a, const ColumnSet& b);
bool has_subquery(const Expr& expr);
bool is_volatile_expr(const Expr& expr);
// A constant that is false or NULL, or one that is true.
bool is_never_true(const Expr& expr);
bool is_always_true(const Expr& expr);

// Filter, Sort, Limit …: the output follows the input's; Join's both inputs'. Others stay.
void refresh_output(LogicalPlan& plan);

// A Filter of `terms` above `plan`; `plan` itself when there are none.
LogicalPtr filter_by(std::vector<ExprPtr> terms, LogicalPtr plan);
// Nothing, under the columns of `plan`.
LogicalPtr empty_like(const LogicalPlan& plan);
ExprPtr refer_to(const LogicalColumn& column);

// Replaces references by copies of what `by` has for them. The expression has no subquery that mentions them.
using Substitution = std::map<ColumnId, const Expr*>;
void substitute(ExprPtr& expr, const Substitution& by);

// Calls `visit(ExprPtr&)` for every node of `expr`, children before parents, without recursion.
template <class Visit>
void visit_upwards(ExprPtr& expr, Visit&& visit) {
  std::vector<ExprPtr*> order, pending{&expr};
  while (!pending.empty()) {
    ExprPtr* next = pending.back();
    pending.pop_back();
    order.push_back(next);
    for (ExprPtr& child : (*next)->children) pending.push_back(&child);
  }
  for (size_t i = order.size(); i-- > 0;) visit(*order[i]);
}

// All plans of a statement: the root, subqueries, CTEs. `visit(LogicalPtr&)`.
template <class Visit>
void for_each_plan(BoundStatement& statement, Visit&& visit) {
  for (size_t i = 0; i < statement.subqueries.size(); ++i)
    if (statement.subqueries[i].plan != nullptr) visit(statement.subqueries[i].plan);
  for (size_t i = 0; i < statement.ctes.size(); ++i)
    if (statement.ctes[i].plan != nullptr) visit(statement.ctes[i].plan);
  visit(statement.root);
}

// What rejects_nulls() and is_null_when() are asked about: would `expr` be other than true, or NULL, were all
// of `columns` NULL? (rewrite_nulls.cpp)
bool rejects_nulls(const Expr& expr, const ColumnSet& columns);
bool is_null_when(const Expr& expr, const ColumnSet& columns);

// Conditions that follow from `terms`: x = y and x = 5 make y = 5. Only those that are new.
// (rewrite_infer.cpp)
std::vector<ExprPtr> implied_equalities(const std::vector<const Expr*>& terms);

}  // namespace rowan::rewriting
