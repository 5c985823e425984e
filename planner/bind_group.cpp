// What may stand beside GROUP BY: group keys, what depends on them, and aggregates. Above an Aggregate every
// expression is rewritten in terms of its output; a column that cannot be is an error.
#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

const expression::ColumnRef* as_column(const Expr& expr) {
  return std::get_if<expression::ColumnRef>(&expr.node);
}

}  // namespace

// The key that stands for `column`: one of the keys, or a new one when the table's primary key is among them
// (the column then has one value a group).
Result<ColumnId> Binder::depends_on_keys(ColumnId column, std::string_view name, Grouping& grouping,
                                         bool in_subquery, Position position) {
  const ColumnFacts& facts = facts_[column];
  const ScopeItem& item = *facts.item;
  auto is_key = [&](ColumnId wanted) {
    return std::any_of(grouping.keys.begin(), grouping.keys.end(), [&](const ExprPtr& key) {
      const auto* ref = as_column(*key);
      return ref != nullptr && ref->column == wanted;
    });
  };
  if (item.table != nullptr) {
    for (const catalog::Constraint& constraint : item.table->constraints) {
      if (constraint.kind != catalog::ConstraintKind::PrimaryKey) continue;
      bool all = true;
      for (uint16_t number : constraint.columns) {
        auto at = std::find(item.numbers.begin(), item.numbers.end(), number);
        all = all && at != item.numbers.end() &&
              is_key(item.columns[static_cast<size_t>(at - item.numbers.begin())].id);
      }
      if (!all) continue;
      record_constraint(constraint.oid);
      Type type = item.columns[facts.index].type;
      LogicalColumn key = make_column(std::string(name), type);
      facts_[key.id].item = nullptr;
      grouping.keys.push_back(
          std::make_unique<Expr>(expression::ColumnRef{column, std::string(name)}, type, position));
      grouping.columns.push_back(key);
      return key.id;
    }
  }
  std::string shown = item.name.empty() ? std::string(name) : fmt::format("{}.{}", item.name, name);
  if (in_subquery)
    return Error(sqlstate::grouping_error,
                 fmt::format("subquery uses ungrouped column \"{}\" from outer query", shown))
        .at(position);
  return Error(sqlstate::grouping_error,
               fmt::format(
                   "column \"{}\" must appear in the GROUP BY clause or be used in an aggregate function",
                   shown))
      .at(position);
}

Result<> Binder::replace_grouped(ExprPtr& root, Grouping& grouping) {
  std::vector<ExprPtr*> pending{&root};
  while (!pending.empty()) {
    ExprPtr& expr = *pending.back();
    pending.pop_back();
    const auto* ref = as_column(*expr);
    bool replaced = false;
    for (size_t i = 0; i < grouping.keys.size() && !replaced; ++i) {
      const Expr& key = *grouping.keys[i];
      const auto* key_ref = as_column(key);
      bool same = key_ref != nullptr ? ref != nullptr && ref->column == key_ref->column
                                     : ref == nullptr && same_expr(*expr, key);
      if (!same) continue;
      expression::ColumnRef column{grouping.columns[i].id, grouping.columns[i].name};
      expr = std::make_unique<Expr>(std::move(column), expr->type, expr->position);
      replaced = true;
    }
    if (replaced) continue;
    if (ref != nullptr) {
      bool mine = ref->column < facts_.size() && facts_[ref->column].level == level_->number &&
                  facts_[ref->column].item != nullptr;
      if (!mine) continue;
      ColumnId key = TRY(depends_on_keys(ref->column, ref->name, grouping, false, expr->position));
      expression::ColumnRef column{key, ref->name};
      expr = std::make_unique<Expr>(std::move(column), expr->type, expr->position);
      continue;
    }
    if (const auto* subquery = std::get_if<expression::Subquery>(&expr->node))
      TRY(replace_in_subquery(subquery->subquery, grouping));
    for (size_t i = expr->children.size(); i-- > 0;) pending.push_back(&expr->children[i]);
  }
  return {};
}

Result<> Binder::replace_in_subquery(uint32_t index, Grouping& grouping) {
  std::vector<LogicalPlan*> plans{statement_.subqueries[index].plan.get()};
  while (!plans.empty()) {
    LogicalPlan* plan = plans.back();
    plans.pop_back();
    for (LogicalPtr& input : plan->inputs) plans.push_back(input.get());
    std::vector<ExprPtr*> pending;
    for_each_expression(*plan, [&](ExprPtr& expr) { pending.push_back(&expr); });
    while (!pending.empty()) {
      ExprPtr& expr = *pending.back();
      pending.pop_back();
      if (const auto* ref = as_column(*expr)) {
        bool mine = ref->column < facts_.size() && facts_[ref->column].level == level_->number &&
                    facts_[ref->column].item != nullptr;
        if (!mine) continue;
        ColumnId key = 0;
        for (size_t i = 0; i < grouping.keys.size(); ++i) {
          const auto* key_ref = as_column(*grouping.keys[i]);
          if (key_ref != nullptr && key_ref->column == ref->column) key = grouping.columns[i].id;
        }
        if (key == 0) key = TRY(depends_on_keys(ref->column, ref->name, grouping, true, expr->position));
        expression::ColumnRef column{key, ref->name};
        expr = std::make_unique<Expr>(std::move(column), expr->type, expr->position);
        continue;
      }
      bool replaced = false;
      for (size_t i = 0; i < grouping.keys.size() && !replaced; ++i) {
        if (mentioned(*grouping.keys[i]).empty() || !same_expr(*expr, *grouping.keys[i])) continue;
        expression::ColumnRef column{grouping.columns[i].id, grouping.columns[i].name};
        expr = std::make_unique<Expr>(std::move(column), expr->type, expr->position);
        replaced = true;
      }
      if (replaced) continue;
      if (const auto* subquery = std::get_if<expression::Subquery>(&expr->node))
        plans.push_back(statement_.subqueries[subquery->subquery].plan.get());
      for (ExprPtr& child : expr->children) pending.push_back(&child);
    }
  }
  return {};
}

}  // namespace rowan::binding
