// The path chosen becomes a plan.
#include <algorithm>
#include <unordered_map>

#include "planner/join_planner.h"
#include "types/try.h"

namespace rowan::optimizing {

Result<Built> JoinPlanner::build(const JoinPath& path) {
  switch (path.method) {
    case JoinPath::Method::Unit: {
      JoinUnit& unit = units_[path.unit];
      if (!unit.base) return std::move(unit.built);
      if (path.match == nullptr) return o_.build_seq_scan(*unit.base);
      return o_.build_index_scan(*unit.base, *path.match, {});
    }
    case JoinPath::Method::IndexLookup:
      return o_.build_index_scan(*units_[path.unit].base, *path.match, path.lookup_conditions);
    case JoinPath::Method::NestedLoop:
      return build_nested_loop(path);
    case JoinPath::Method::Hash:
    case JoinPath::Method::Merge:
      break;
  }
  return build_keyed(path);
}

std::vector<ColumnId> JoinPlanner::both(const Built& outer, const Built& inner) const {
  std::vector<ColumnId> layout = outer.columns;
  layout.insert(layout.end(), inner.columns.begin(), inner.columns.end());
  return layout;
}

Result<Built> JoinPlanner::finish_join(const JoinPath& path, PlanPtr plan, Built outer, Built inner) {
  plan->output = outer.plan->output;
  plan->estimate.width = outer.width();
  Built built;
  built.columns = outer.columns;
  if (!keeps_left_only(path.kind)) {
    plan->output.insert(plan->output.end(), inner.plan->output.begin(), inner.plan->output.end());
    plan->estimate.width += inner.width();
    built.columns = both(outer, inner);
  }
  plan->estimate.startup_cost = path.cost.startup;
  plan->estimate.total_cost = path.cost.total;
  plan->estimate.rows = path.rows;
  plan->inputs.push_back(std::move(outer.plan));
  plan->inputs.push_back(std::move(inner.plan));
  built.plan = std::move(plan);
  built.order = path.order;
  std::vector<const Expr*> after;
  for (size_t i : path.after) after.push_back(conditions_[i].expr);
  if (after.empty()) return built;
  // The rows were estimated with these conditions already.
  Cost cost = path.cost;
  Built filtered = TRY(o_.add_filter(std::move(built), after));
  filtered.plan->estimate.rows = path.rows;
  filtered.plan->estimate.startup_cost = cost.startup;
  filtered.plan->estimate.total_cost = cost.total;
  return filtered;
}

Result<Built> JoinPlanner::build_nested_loop(const JoinPath& path) {
  Built outer = TRY(build(*path.outer));
  physical::NestedLoop step;
  step.kind = path.kind;
  Frame frame;
  std::vector<ColumnId> outer_columns = outer.columns;
  frame.available = outer_columns;
  Built inner;
  bool is_lateral = path.inner->method == JoinPath::Method::Unit && units_[path.inner->unit].is_lateral;
  if (is_lateral) {
    JoinUnit& unit = units_[path.inner->unit];
    frame.slots = unit.frame.slots;
    inner = std::move(unit.built);
  } else {
    o_.frames_.push_back(&frame);
    Result<Built> built = build(*path.inner);
    o_.frames_.pop_back();
    if (!built.ok()) return std::move(built).error();
    inner = std::move(built).take();
  }
  for (const Frame::Slot& slot : frame.slots) {
    Expr reference(expression::ColumnRef{slot.column, ""}, slot.type);
    ExprPtr value = TRY(o_.translate(reference, outer.columns));
    step.slots.emplace_back(slot.slot, std::move(value));
  }
  std::vector<const Expr*> conditions;
  for (size_t i : path.conditions) conditions.push_back(conditions_[i].expr);
  step.condition = TRY(o_.translate_all(conditions, both(outer, inner)));
  if (path.materialize) {
    auto keep = std::make_unique<PhysicalPlan>(physical::Materialize{});
    keep->output = inner.plan->output;
    keep->estimate = inner.plan->estimate;
    Cost cost = o_.cost_.materialize(inner.cost(), inner.rows(), inner.width());
    keep->estimate.startup_cost = cost.startup;
    keep->estimate.total_cost = cost.total;
    keep->row_max = inner.plan->row_max;
    keep->inputs.push_back(std::move(inner.plan));
    inner.plan = std::move(keep);
  }
  uint64_t most = outer.plan->row_max <= 1 && (keeps_left_only(path.kind) || inner.plan->row_max <= 1)
                      ? outer.plan->row_max
                      : UINT64_MAX;
  auto plan = std::make_unique<PhysicalPlan>(std::move(step));
  plan->row_max = most;
  return finish_join(path, std::move(plan), std::move(outer), std::move(inner));
}

Result<Built> JoinPlanner::build_keyed(const JoinPath& path) {
  Built outer = TRY(build(*path.outer));
  Built inner = TRY(build(*path.inner));
  std::vector<ExprPtr> left_keys, right_keys;
  std::vector<const Function*> equals;
  for (size_t i : path.keys) {
    const JoinCondition& condition = conditions_[i];
    bool straight = (condition.left_units & ~path.outer->units) == 0;
    ExprPtr left = TRY(o_.translate(straight ? *condition.left : *condition.right, outer.columns));
    ExprPtr right = TRY(o_.translate(straight ? *condition.right : *condition.left, inner.columns));
    left_keys.push_back(std::move(left));
    right_keys.push_back(std::move(right));
    equals.push_back(condition.equals);
  }
  std::vector<const Expr*> rest;
  for (size_t i : path.conditions)
    if (std::find(path.keys.begin(), path.keys.end(), i) == path.keys.end())
      rest.push_back(conditions_[i].expr);
  ExprPtr condition = TRY(o_.translate_all(rest, both(outer, inner)));
  PlanPtr plan;
  if (path.method == JoinPath::Method::Hash) {
    physical::HashJoin step;
    step.kind = path.kind;
    step.left_keys = std::move(left_keys);
    step.right_keys = std::move(right_keys);
    step.equals = std::move(equals);
    step.condition = std::move(condition);
    plan = std::make_unique<PhysicalPlan>(std::move(step));
  } else {
    physical::MergeJoin step;
    step.kind = path.kind;
    step.left_keys = std::move(left_keys);
    step.right_keys = std::move(right_keys);
    step.descending.assign(1, path.outer->order[0].descending);
    step.nulls_first.assign(1, path.outer->order[0].nulls_first);
    step.condition = std::move(condition);
    plan = std::make_unique<PhysicalPlan>(std::move(step));
  }
  return finish_join(path, std::move(plan), std::move(outer), std::move(inner));
}

}  // namespace rowan::optimizing
