// planner/logical_walk.h: the expressions of a logical node, told once for all passes. Included by
// planner/logical.h.
#pragma once

#include <set>
#include <type_traits>
#include <variant>
#include <vector>

#include "planner/logical.h"

namespace rowan {

namespace detail {

template <class Visit>
struct ExpressionVisitor {
  Visit& visit;

  void one(ExprPtr& expr) {
    if (expr != nullptr) visit(expr);
  }
  void many(std::vector<ExprPtr>& list) {
    for (ExprPtr& expr : list) one(expr);
  }
  void keys(std::vector<logical::SortKey>& list) {
    for (logical::SortKey& key : list) one(key.key);
  }
  void assigned(std::vector<std::pair<uint16_t, ExprPtr>>& list) {
    for (auto& [column, value] : list) one(value);
  }

  void operator()(logical::OneRow&) {}
  void operator()(logical::Empty&) {}
  void operator()(logical::Get&) {}
  void operator()(logical::SystemGet&) {}
  void operator()(logical::ValuesList& node) {
    for (auto& row : node.rows) many(row);
  }
  void operator()(logical::FunctionGet& node) { many(node.arguments); }
  void operator()(logical::CteRef&) {}
  void operator()(logical::WorkTable&) {}
  void operator()(logical::Filter& node) { one(node.condition); }
  void operator()(logical::Project& node) { many(node.expressions); }
  void operator()(logical::Aggregate& node) {
    many(node.keys);
    for (logical::AggregateCall& call : node.calls) {
      many(call.arguments);
      keys(call.order);
      one(call.filter);
    }
  }
  void operator()(logical::Window& node) {
    many(node.partition);
    keys(node.order);
    one(node.frame.start_offset);
    one(node.frame.end_offset);
    for (logical::WindowCall& call : node.calls) {
      many(call.arguments);
      one(call.filter);
    }
  }
  void operator()(logical::Sort& node) { keys(node.keys); }
  void operator()(logical::Limit& node) {
    one(node.count);
    one(node.offset);
  }
  void operator()(logical::Distinct&) {}
  void operator()(logical::LockRows&) {}
  void operator()(logical::Join& node) { one(node.condition); }
  void operator()(logical::SetOperation&) {}
  void operator()(logical::Recursive&) {}
  void operator()(logical::Insert& node) {
    if (node.on_conflict) {
      assigned(node.on_conflict->assignments);
      one(node.on_conflict->where);
    }
    many(node.returning);
  }
  void operator()(logical::Update& node) {
    assigned(node.assignments);
    many(node.returning);
  }
  void operator()(logical::Delete& node) { many(node.returning); }
  void operator()(logical::Merge& node) {
    one(node.on);
    for (logical::MergeClause& clause : node.clauses) {
      one(clause.condition);
      assigned(clause.values);
    }
  }
};

}  // namespace detail

template <class Visit>
void for_each_expression(LogicalPlan& plan, Visit&& visit) {
  detail::ExpressionVisitor<std::remove_reference_t<Visit>> visitor{visit};
  std::visit(visitor, plan.node);
}

template <class Visit>
void for_each_expression(const LogicalPlan& plan, Visit&& visit) {
  for_each_expression(const_cast<LogicalPlan&>(plan),
                      [&](ExprPtr& expr) { visit(static_cast<const Expr&>(*expr)); });
}

// Calls `visit(plan)` for every node, parents first, without recursion. Subqueries of expressions are not
// entered.
template <class Plan, class Visit>
void walk_plan(Plan& plan, Visit&& visit) {
  std::vector<Plan*> pending{&plan};
  while (!pending.empty()) {
    Plan* next = pending.back();
    pending.pop_back();
    visit(*next);
    for (size_t i = next->inputs.size(); i-- > 0;) pending.push_back(next->inputs[i].get());
  }
}

// The columns that `expr` mentions, those mentioned inside its subqueries from outside them included.
void add_columns(const Expr& expr, const std::vector<LogicalSubquery>& subqueries, std::set<ColumnId>& found);

}  // namespace rowan
