// A group of joins as units and conditions: a tree of joins and filters, flattened.
#include <algorithm>
#include <bit>
#include <unordered_map>

#include "planner/join_planner.h"
#include "planner/rewrite_support.h"
#include "types/try.h"

namespace rowan::optimizing {

size_t join_leaves(const LogicalPlan& node) {
  size_t count = 0;
  walk_plan(node, [&](const LogicalPlan& part) {
    if (part.inputs.empty()) ++count;
  });
  return count;
}

Result<> JoinPlanner::collect(const LogicalPlan& node, bool is_top) {
  if (const auto* filter = std::get_if<logical::Filter>(&node.node)) {
    const LogicalPlan& below = *node.inputs[0];
    if (std::holds_alternative<logical::Join>(below.node) ||
        std::holds_alternative<logical::Filter>(below.node) ||
        std::holds_alternative<logical::Get>(below.node)) {
      add_conditions(*filter->condition, -1);
      return collect(below, is_top);
    }
  }
  const auto* join = std::get_if<logical::Join>(&node.node);
  if (join == nullptr || join->kind == JoinKind::Full) return add_unit(node);
  // Of a join too wide for one set, a wide side is ordered on its own.
  if (is_big_ && !is_top && join_leaves(node) >= kUnitsMax / 2) return add_unit(node);
  if (join->kind == JoinKind::Right) {
    TRY(collect(*node.inputs[1]));
    return add_special(*node.inputs[0], JoinKind::Left, join->condition.get(), false, 0);
  }
  size_t first = units_.size();
  TRY(collect(*node.inputs[0]));
  if (join->kind == JoinKind::Inner && !join->is_lateral) {
    if (join->condition != nullptr) add_conditions(*join->condition, -1);
    return collect(*node.inputs[1]);
  }
  return add_special(*node.inputs[1], join->kind, join->condition.get(), join->is_lateral, first);
}

void JoinPlanner::add_conditions(const Expr& condition, int owner) {
  std::vector<const Expr*> terms;
  split_conjunction(condition, terms);
  for (const Expr* term : terms) {
    JoinCondition one;
    one.expr = term;
    one.owner = owner;
    conditions_.push_back(one);
  }
}

Result<> JoinPlanner::add_unit(const LogicalPlan& node) {
  JoinUnit unit;
  unit.node = &node;
  for (const LogicalColumn& column : node.output) unit.columns.push_back(column.id);
  units_.push_back(std::move(unit));
  return {};
}

Result<> JoinPlanner::add_special(const LogicalPlan& node, JoinKind kind, const Expr* condition,
                                  bool is_lateral, size_t first) {
  JoinUnit unit;
  unit.node = &node;
  unit.is_special = true;
  unit.is_lateral = is_lateral;
  unit.kind = kind;
  for (const LogicalColumn& column : node.output) unit.columns.push_back(column.id);
  auto number = static_cast<int>(units_.size());
  for (size_t i = first; i < units_.size(); ++i) unit.needs |= UnitSet{1} << i;  // narrowed by find_needs
  units_.push_back(std::move(unit));
  if (condition == nullptr) return {};
  if (kind == JoinKind::NullAwareAnti) {
    JoinCondition whole;  // its terms cannot be told apart: NULL of one and false of another is false
    whole.expr = condition;
    whole.owner = number;
    conditions_.push_back(whole);
    return {};
  }
  add_conditions(*condition, number);
  return {};
}

UnitSet JoinPlanner::units_of(const Expr& expr) const {
  std::set<ColumnId> columns;
  add_columns(expr, o_.in_.subqueries, columns);
  UnitSet set = 0;
  for (ColumnId column : columns)
    for (size_t i = 0; i < units_.size(); ++i)
      if (has_column(units_[i].columns, column)) set |= UnitSet{1} << i;
  return set;
}

Result<> JoinPlanner::settle_units() {
  for (JoinCondition& condition : conditions_) condition.units = units_of(*condition.expr);
  std::vector<std::vector<const Expr*>> own(units_.size());
  std::vector<JoinCondition> rest;
  for (JoinCondition& condition : conditions_) {
    if (condition.units == 0 && condition.owner < 0) {
      constants_.push_back(condition.expr);
      continue;
    }
    int alone = std::has_single_bit(condition.units) ? std::countr_zero(condition.units) : -1;
    bool pushes = alone >= 0 && volatility(*condition.expr) != Volatility::Volatile;
    if (pushes) {
      const JoinUnit& unit = units_[static_cast<size_t>(alone)];
      // WHERE on the right side of an outer join is not for the scan; ON is.
      if (condition.owner < 0)
        pushes = !unit.is_special || unit.kind == JoinKind::Inner;
      else
        pushes = condition.owner == alone && unit.kind != JoinKind::NullAwareAnti;
    }
    if (pushes)
      own[static_cast<size_t>(alone)].push_back(condition.expr);
    else
      rest.push_back(condition);
  }
  conditions_ = std::move(rest);

  for (size_t i = 0; i < units_.size(); ++i) {
    JoinUnit& unit = units_[i];
    const LogicalPlan* below = unit.node;
    std::vector<const Expr*> conditions;
    while (const auto* filter = std::get_if<logical::Filter>(&below->node)) {
      if (!std::holds_alternative<logical::Get>(below->inputs[0]->node) &&
          !std::holds_alternative<logical::Filter>(below->inputs[0]->node))
        break;
      split_conjunction(*filter->condition, conditions);
      below = below->inputs[0].get();
    }
    if (std::holds_alternative<logical::Get>(below->node) && !unit.is_lateral) {
      conditions.insert(conditions.end(), own[i].begin(), own[i].end());
      unit.base = o_.open_relation(*below);
      if (!unit.is_special) add_implied(i, conditions);
      o_.set_conditions(*unit.base, std::move(conditions));
      unit.rows = unit.base->rows;
      unit.width = unit.base->width;
      continue;
    }
    if (unit.is_lateral) {
      for (size_t j = 0; j < units_.size(); ++j)
        if (j != i)
          lateral_columns_.insert(lateral_columns_.end(), units_[j].columns.begin(), units_[j].columns.end());
      unit.frame.available = lateral_columns_;
      o_.frames_.push_back(&unit.frame);
    }
    Result<Built> planned = o_.plan(*unit.node, Want{});
    if (planned.ok() && !own[i].empty()) planned = o_.add_filter(std::move(planned).take(), own[i]);
    if (unit.is_lateral) o_.frames_.pop_back();
    if (!planned.ok()) return std::move(planned).error();
    unit.built = std::move(planned).take();
    unit.rows = std::max(1.0, unit.built.rows());
    unit.width = unit.built.width();
  }
  return {};
}

// Of (a.x = 1 AND b.y = 2) OR (a.x = 3 AND b.y = 4) follow a.x = 1 OR a.x = 3, and b.y = 2 OR b.y = 4: enough
// for an index, or to join few rows rather than many (TPC-H's queries 7 and 19). The OR itself stays where it
// is. (PostgreSQL: orclauses.c.)
void JoinPlanner::add_implied(size_t number, std::vector<const Expr*>& conditions) {
  constexpr double kShareMax = 0.9;  // above it the test costs more than it saves
  for (JoinCondition& condition : conditions_) {
    bool joins = (condition.units & bit(number)) != 0 && !std::has_single_bit(condition.units);
    if (!joins || condition.owner >= 0 || !std::holds_alternative<expression::Or>(condition.expr->node))
      continue;
    ExprPtr implied = implied_on(*condition.expr, number);
    if (implied == nullptr) continue;
    double share = o_.estimator_.selectivity(*implied);
    if (share > kShareMax) continue;
    condition.implied *= std::max(share, 1e-9);
    conditions.push_back(implied.get());
    implied_.push_back(std::move(implied));
  }
}

ExprPtr JoinPlanner::implied_on(const Expr& disjunction, size_t number) const {
  std::vector<ExprPtr> branches;
  for (const ExprPtr& branch : disjunction.children) {
    std::vector<const Expr*> terms;
    split_conjunction(*branch, terms);
    std::vector<ExprPtr> own;
    for (const Expr* term : terms)
      if (units_of(*term) == bit(number) && !rewriting::is_volatile_expr(*term) &&
          !rewriting::has_subquery(*term))
        own.push_back(clone(*term));
    if (own.empty()) return nullptr;
    branches.push_back(conjunction(std::move(own)));
  }
  auto any = std::make_unique<Expr>(expression::Or{}, TypeId::Boolean);
  any->children = std::move(branches);
  return any;
}

Result<Built> JoinPlanner::single() {
  JoinUnit& unit = units_[0];
  Built built;
  if (unit.base)
    built = TRY(o_.plan_relation(*unit.base, want_));
  else
    built = std::move(unit.built);
  std::vector<const Expr*> rest = constants_;
  for (const JoinCondition& condition : conditions_) rest.push_back(condition.expr);
  return o_.add_filter(std::move(built), rest);
}

void JoinPlanner::classify() {
  for (JoinCondition& condition : conditions_) {
    condition.operators = std::max(1.0, o_.operators_of(*condition.expr));
    const auto* call = std::get_if<expression::Call>(&condition.expr->node);
    condition.selectivity = std::min(1.0, o_.estimator_.selectivity(*condition.expr) / condition.implied);
    if (call == nullptr || call->function->name != "=" || condition.expr->children.size() != 2) continue;
    const Expr &left = *condition.expr->children[0], &right = *condition.expr->children[1];
    UnitSet left_units = units_of(left), right_units = units_of(right);
    if (left_units == 0 || right_units == 0 || (left_units & right_units) != 0) continue;
    if (volatility(*condition.expr) == Volatility::Volatile) continue;
    condition.left = &left;
    condition.right = &right;
    condition.left_units = left_units;
    condition.right_units = right_units;
    condition.equals = call->function;
    condition.selectivity = o_.estimator_.join_selectivity(left, right);
  }
}

void JoinPlanner::find_needs() {
  for (size_t i = 0; i < units_.size(); ++i) {
    JoinUnit& unit = units_[i];
    if (!unit.is_special) continue;
    UnitSet found = 0;
    for (const JoinCondition& condition : conditions_)
      if (condition.owner == static_cast<int>(i)) found |= condition.units & ~bit(i);
    for (const Frame::Slot& slot : unit.frame.slots)
      for (size_t j = 0; j < units_.size(); ++j)
        if (has_column(units_[j].columns, slot.column)) found |= bit(j);
    if (found != 0) unit.needs = found;
  }
}

}  // namespace rowan::optimizing
