// Work whose outcome nobody can see: a sort below what forgets order, DISTINCT over rows that are distinct,
// projections that only pass on. And LIMIT reaches into the inputs of UNION ALL.
#include <algorithm>

#include "planner/rewrite.h"
#include "planner/rewrite_support.h"

namespace rowan {

namespace {

using Kind = logical::Join::Kind;

void lift_input(LogicalPtr& plan) {
  LogicalPtr input = std::move(plan->inputs[0]);
  plan = std::move(input);
}

// `plan` is read by something to which the order, or the number of equal rows, means nothing.
void forget_order(LogicalPtr& plan, bool forget_duplicates) {
  for (;;) {
    bool drops = std::holds_alternative<logical::Sort>(plan->node);
    if (const auto* distinct = std::get_if<logical::Distinct>(&plan->node))
      drops = forget_duplicates && !distinct->is_on;
    if (drops) {
      lift_input(plan);
      continue;
    }
    bool passes = std::holds_alternative<logical::Project>(plan->node) ||
                  std::holds_alternative<logical::Filter>(plan->node);
    if (!passes) return;
    // Further down: the nodes between keep what they are.
    LogicalPtr* at = &plan->inputs[0];
    forget_order(*at, forget_duplicates);
    return;
  }
}

bool ignores_order(const logical::Aggregate& node) {
  return std::all_of(node.calls.begin(), node.calls.end(), [](const logical::AggregateCall& call) {
    return !call.aggregate->is_ordered || !call.order.empty();
  });
}

// Whether no two rows of `plan` are alike, as far as is plain to see.
bool is_distinct_already(const LogicalPlan& plan) {
  if (const auto* distinct = std::get_if<logical::Distinct>(&plan.node)) return !distinct->is_on;
  if (std::holds_alternative<logical::Aggregate>(plan.node)) return true;
  if (const auto* set = std::get_if<logical::SetOperation>(&plan.node)) return !set->all;
  if (const auto* project = std::get_if<logical::Project>(&plan.node)) {
    // Nothing is left out below it.
    const LogicalPlan& input = *plan.inputs[0];
    rewriting::ColumnSet kept;
    for (const ExprPtr& expr : project->expressions)
      if (const auto* ref = std::get_if<expression::ColumnRef>(&expr->node)) kept.insert(ref->column);
    const auto* aggregate = std::get_if<logical::Aggregate>(&input.node);
    rewriting::ColumnSet needed;
    size_t count = aggregate != nullptr ? aggregate->keys.size() : input.output.size();
    for (size_t i = 0; i < count; ++i) needed.insert(input.output[i].id);
    return is_distinct_already(input) && rewriting::is_subset(needed, kept);
  }
  bool passes = std::holds_alternative<logical::Filter>(plan.node) ||
                std::holds_alternative<logical::Sort>(plan.node) ||
                std::holds_alternative<logical::Limit>(plan.node);
  return passes && is_distinct_already(*plan.inputs[0]);
}

// A projection of columns under their own numbers: only narrower than its input.
bool only_passes_on(const LogicalPlan& plan) {
  const auto* project = std::get_if<logical::Project>(&plan.node);
  if (project == nullptr) return false;
  for (size_t i = 0; i < project->expressions.size(); ++i) {
    const auto* ref = std::get_if<expression::ColumnRef>(&project->expressions[i]->node);
    if (ref == nullptr || ref->column != plan.output[i].id ||
        project->expressions[i]->type != plan.output[i].type)
      return false;
  }
  return true;
}

bool is_write(const LogicalPlan& plan) {
  return std::holds_alternative<logical::Insert>(plan.node);
}

// One projection for two, where nothing is computed twice.
void merge_projections(LogicalPlan& plan) {
  auto* project = std::get_if<logical::Project>(&plan.node);
  while (project != nullptr) {
    auto* inner = std::get_if<logical::Project>(&plan.inputs[0]->node);
    if (inner == nullptr) return;
    std::map<ColumnId, size_t> uses;
    bool safe = true;
    for (const ExprPtr& expr : project->expressions) {
      safe = safe && !rewriting::has_subquery(*expr);
      walk(*expr, [&](const Expr& node) {
        if (const auto* ref = std::get_if<expression::ColumnRef>(&node.node)) ++uses[ref->column];
        return true;
      });
    }
    rewriting::Substitution by;
    for (size_t i = 0; i < inner->expressions.size() && safe; ++i) {
      const Expr& expr = *inner->expressions[i];
      ColumnId id = plan.inputs[0]->output[i].id;
      bool simple = std::holds_alternative<expression::ColumnRef>(expr.node) ||
                    std::holds_alternative<expression::Constant>(expr.node);
      if (!simple && (uses[id] > 1 || rewriting::is_volatile_expr(expr))) safe = false;
      by[id] = &expr;
    }
    if (!safe) return;
    for (ExprPtr& expr : project->expressions) rewriting::substitute(expr, by);
    LogicalPtr below = std::move(plan.inputs[0]->inputs[0]);
    plan.inputs[0] = std::move(below);
  }
}

const Value* limit_constant(const ExprPtr& expr) {
  if (expr == nullptr) return nullptr;
  const auto* constant = std::get_if<expression::Constant>(&expr->node);
  return constant == nullptr || constant->value.is_null() ? nullptr : &constant->value;
}

void limit_inputs(LogicalPlan& plan) {
  const auto& limit = std::get<logical::Limit>(plan.node);
  LogicalPlan& input = *plan.inputs[0];
  auto* set = std::get_if<logical::SetOperation>(&input.node);
  const Value* count = limit_constant(limit.count);
  const Value* offset = limit_constant(limit.offset);
  bool fits = set != nullptr && set->kind == logical::SetOperation::Kind::Union && set->all &&
              !limit.with_ties && count != nullptr && (limit.offset == nullptr || offset != nullptr);
  if (!fits) return;
  int64_t skipped = offset == nullptr ? 0 : offset->as_int();
  if (count->as_int() < 0 || skipped < 0 || count->as_int() > INT64_MAX - skipped) return;
  int64_t enough = count->as_int() + skipped;
  for (LogicalPtr& branch : input.inputs) {
    if (std::holds_alternative<logical::Limit>(branch->node)) continue;
    logical::Limit own;
    own.count = make_constant(Value::bigint(enough));
    auto above = std::make_unique<LogicalPlan>(std::move(own));
    above->output = branch->output;
    above->inputs.push_back(std::move(branch));
    branch = std::move(above);
  }
}

// Of no rows it makes none.
bool stays_empty(const LogicalPlan& plan) {
  if (plan.inputs.size() != 1 || !std::holds_alternative<logical::Empty>(plan.inputs[0]->node)) return false;
  const auto* aggregate = std::get_if<logical::Aggregate>(&plan.node);
  return (std::holds_alternative<logical::Project>(plan.node) && !has_failing_constant(plan)) ||
         std::holds_alternative<logical::Filter>(plan.node) ||
         std::holds_alternative<logical::Sort>(plan.node) ||
         std::holds_alternative<logical::Limit>(plan.node) ||
         std::holds_alternative<logical::Distinct>(plan.node) ||
         std::holds_alternative<logical::Window>(plan.node) ||
         std::holds_alternative<logical::LockRows>(plan.node) ||
         (aggregate != nullptr && !aggregate->keys.empty());
}

// Children first. `by_position`: the reader counts columns, so none may be added or moved.
void simplify_plan(LogicalPtr& plan, bool by_position) {
  bool positions = std::holds_alternative<logical::SetOperation>(plan->node) ||
                   std::holds_alternative<logical::Recursive>(plan->node) || is_write(*plan);
  bool passes = std::holds_alternative<logical::Filter>(plan->node) ||
                std::holds_alternative<logical::Sort>(plan->node) ||
                std::holds_alternative<logical::Limit>(plan->node) ||
                std::holds_alternative<logical::LockRows>(plan->node);
  // DISTINCT sees every column of its input.
  bool keeps = positions || (passes && by_position) || std::holds_alternative<logical::Distinct>(plan->node);
  for (LogicalPtr& input : plan->inputs) simplify_plan(input, keeps);
  rewriting::refresh_output(*plan);
  if (stays_empty(*plan)) {
    plan = rewriting::empty_like(*plan);
    return;
  }
  if (const auto* aggregate = std::get_if<logical::Aggregate>(&plan->node)) {
    if (ignores_order(*aggregate)) forget_order(plan->inputs[0], false);
  } else if (const auto* join = std::get_if<logical::Join>(&plan->node)) {
    if (join->kind == Kind::Semi || join->kind == Kind::Anti || join->kind == Kind::NullAwareAnti)
      forget_order(plan->inputs[1], true);
  } else if (const auto* set = std::get_if<logical::SetOperation>(&plan->node)) {
    if (!set->all)
      for (LogicalPtr& input : plan->inputs) forget_order(input, true);
  } else if (const auto* distinct = std::get_if<logical::Distinct>(&plan->node)) {
    if (!distinct->is_on && is_distinct_already(*plan->inputs[0])) lift_input(plan);
  } else if (std::holds_alternative<logical::Limit>(plan->node)) {
    limit_inputs(*plan);
  } else if (std::holds_alternative<logical::Project>(plan->node)) {
    merge_projections(*plan);
    bool same_width = plan->output.size() == plan->inputs[0]->output.size();
    bool same_order =
        same_width && std::equal(plan->output.begin(), plan->output.end(), plan->inputs[0]->output.begin(),
                                 [](const LogicalColumn& a, const LogicalColumn& b) {
                                   return a.id == b.id && a.name == b.name;
                                 });
    if (only_passes_on(*plan) && (!by_position || same_order)) lift_input(plan);
  }
}

}  // namespace

void drop_redundant(BoundStatement& statement) {
  rewriting::for_each_plan(statement, [](LogicalPtr& root) { simplify_plan(root, true); });
}

}  // namespace rowan
