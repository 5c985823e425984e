// planner/explain_tree.h: a plan as EXPLAIN shows it: steps with names and properties, ready for any format.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "planner/explain.h"

namespace rowan::explaining {

struct Property {
  std::string name;                 // "Sort Key"; empty: `values` is a whole line of the text format
  std::vector<std::string> values;  // in the text format separated by commas
  bool is_list = false;             // in JSON an array
  bool is_number = false;           // in JSON without quotes
  bool text_only = false, json_only = false;
};

struct ShownStep {
  std::string label;                 // "InitPlan 1 (returns $0)", "CTE x"; empty: an ordinary input
  std::string relationship;          // "Outer", "Inner", "InitPlan", "SubPlan", "Member"
  std::string title;                 // "Index Scan using i on t"
  std::vector<Property> facts;       // JSON's "Node Type" and what the title says
  std::vector<Property> properties;  // below the title, in order
  Estimate estimate;
  bool has_figures = false;
  NodeFigures figures;
  std::vector<std::unique_ptr<ShownStep>> first, inputs, last;  // InitPlans and CTEs, inputs, SubPlans
};
using ShownPtr = std::unique_ptr<ShownStep>;

ShownPtr show_statement(const PlannedStatement& statement, const ExplainOptions& options,
                        const ExecutionFigures* figures);

// Calls visit(const Expr&) for every expression of a step's own.
template <class Visit>
void for_each_step_expression(const PhysicalPlan& plan, Visit&& visit) {
  auto one = [&](const ExprPtr& expr) {
    if (expr != nullptr) visit(*expr);
  };
  auto many = [&](const std::vector<ExprPtr>& list) {
    for (const ExprPtr& expr : list) one(expr);
  };
  auto keys = [&](const std::vector<physical::SortKey>& list) {
    for (const physical::SortKey& key : list) one(key.key);
  };
  auto calls = [&](const std::vector<physical::AggregateCall>& list) {
    for (const physical::AggregateCall& call : list) {
      many(call.arguments);
      keys(call.order);
      one(call.filter);
    }
  };
  auto assigned = [&](const std::vector<std::pair<uint16_t, ExprPtr>>& list) {
    for (const auto& entry : list) one(entry.second);
  };
  std::visit(
      [&](const auto& node) {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, physical::SeqScan> || std::is_same_v<Node, physical::SystemScan> ||
                      std::is_same_v<Node, physical::CteScan> ||
                      std::is_same_v<Node, physical::SubqueryScan>) {
          one(node.filter);
        } else if constexpr (std::is_same_v<Node, physical::IndexScan>) {
          one(node.condition);
          one(node.filter);
        } else if constexpr (std::is_same_v<Node, physical::Values>) {
          for (const auto& row : node.rows) many(row);
        } else if constexpr (std::is_same_v<Node, physical::FunctionScan>) {
          many(node.arguments);
        } else if constexpr (std::is_same_v<Node, physical::Filter> ||
                             std::is_same_v<Node, physical::NestedLoop>) {
          one(node.condition);
        } else if constexpr (std::is_same_v<Node, physical::Project>) {
          many(node.expressions);
        } else if constexpr (std::is_same_v<Node, physical::Limit>) {
          one(node.count);
          one(node.offset);
        } else if constexpr (std::is_same_v<Node, physical::Sort>) {
          keys(node.keys);
        } else if constexpr (std::is_same_v<Node, physical::TopN>) {
          keys(node.keys);
          one(node.count);
          one(node.offset);
        } else if constexpr (std::is_same_v<Node, physical::HashAggregate> ||
                             std::is_same_v<Node, physical::SortedAggregate>) {
          many(node.keys);
          calls(node.calls);
        } else if constexpr (std::is_same_v<Node, physical::Window>) {
          many(node.partition);
          keys(node.order);
          for (const physical::WindowCall& call : node.calls) {
            many(call.arguments);
            one(call.filter);
          }
        } else if constexpr (std::is_same_v<Node, physical::HashJoin> ||
                             std::is_same_v<Node, physical::MergeJoin>) {
          many(node.left_keys);
          many(node.right_keys);
          one(node.condition);
        } else if constexpr (std::is_same_v<Node, physical::Insert>) {
          if (node.on_conflict) {
            assigned(node.on_conflict->assignments);
            one(node.on_conflict->where);
          }
          many(node.returning);
        } else if constexpr (std::is_same_v<Node, physical::Update>) {
          assigned(node.assignments);
          many(node.returning);
        } else if constexpr (std::is_same_v<Node, physical::Delete>) {
          many(node.returning);
        } else if constexpr (std::is_same_v<Node, physical::Merge>) {
          // `on` is the join's, which shows it.
          for (const physical::MergeClause& clause : node.clauses) {
            one(clause.condition);
            assigned(clause.values);
          }
        } else {
          static_assert(
              std::is_same_v<Node, physical::OneRow> || std::is_same_v<Node, physical::Empty> ||
              std::is_same_v<Node, physical::RecursiveUnion> ||
              std::is_same_v<Node, physical::WorkTableScan> || std::is_same_v<Node, physical::Distinct> ||
              std::is_same_v<Node, physical::Append> || std::is_same_v<Node, physical::SetOperation> ||
              std::is_same_v<Node, physical::Materialize> || std::is_same_v<Node, physical::LockRows>);
        }
      },
      plan.node);
}

}  // namespace rowan::explaining
