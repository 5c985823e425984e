// UNION, INTERSECT, EXCEPT and WITH RECURSIVE.
#include <algorithm>

#include "planner/optimizer_impl.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan::optimizing {

Result<Built> Optimizer::plan_set_operation(const LogicalPlan& node, const logical::SetOperation& operation,
                                            const Want& want) {
  using Kind = logical::SetOperation::Kind;
  // Unions inside of the same UNION become one Append; a UNION ALL inside of a UNION does too.
  std::vector<const LogicalPlan*> branches;
  std::vector<const LogicalPlan*> pending;
  for (size_t i = node.inputs.size(); i-- > 0;) pending.push_back(node.inputs[i].get());
  while (!pending.empty()) {
    const LogicalPlan* branch = pending.back();
    pending.pop_back();
    const auto* set = std::get_if<logical::SetOperation>(&branch->node);
    bool joins_in = operation.kind == Kind::Union && set != nullptr && set->kind == Kind::Union &&
                    (set->all || !operation.all);
    if (!joins_in) {
      branches.push_back(branch);
      continue;
    }
    for (size_t i = branch->inputs.size(); i-- > 0;) pending.push_back(branch->inputs[i].get());
  }
  std::vector<Built> inputs;
  Cost cost;
  double rows = 0;
  for (const LogicalPlan* branch : branches) {
    Built input =
        TRY(plan(*branch, Want{{}, operation.kind == Kind::Union && operation.all ? want.rows : -1}));
    input = arrange(std::move(input), branch->output);
    if (inputs.empty()) cost.startup = input.cost().startup;
    cost.total += input.cost().total;
    rows += input.rows();
    inputs.push_back(std::move(input));
  }
  Built built;
  built.columns = column_ids(node.output);
  if (operation.kind == Kind::Union) {
    built.plan = finish(make_plan(physical::Append{}), node.output);
    ENSURE(!inputs.empty());
    cost.total += rows * options_.settings.cpu_tuple_cost * 0.5;
    set_cost(*built.plan, cost, rows);
    for (Built& input : inputs) built.plan->inputs.push_back(std::move(input.plan));
    if (operation.all) return built;
    physical::Distinct distinct;
    distinct.sorted = false;
    for (uint32_t i = 0; i < node.output.size(); ++i) distinct.columns.push_back(i);
    Built unique;
    unique.plan = finish(make_plan(std::move(distinct)), node.output);
    double width = unique.plan->estimate.width;
    set_cost(
        *unique.plan,
        cost_.hash_aggregate(built.cost(), rows, width, static_cast<double>(node.output.size()), 0, rows),
        rows);
    unique.plan->inputs.push_back(std::move(built.plan));
    unique.columns = std::move(built.columns);
    return unique;
  }
  bool intersect = operation.kind == Kind::Intersect;
  using Physical = physical::SetOperation::Kind;
  Physical kind = intersect ? (operation.all ? Physical::IntersectAll : Physical::Intersect)
                            : (operation.all ? Physical::ExceptAll : Physical::Except);
  double result = intersect ? std::min(inputs[0].rows(), inputs[1].rows()) : inputs[0].rows();
  built.plan = finish(make_plan(physical::SetOperation{kind}), node.output);
  cost = cost_.hash_aggregate(cost, rows, built.plan->estimate.width, static_cast<double>(node.output.size()),
                              0, result);
  set_cost(*built.plan, cost, result);
  for (Built& input : inputs) built.plan->inputs.push_back(std::move(input.plan));
  return built;
}

Result<Built> Optimizer::plan_recursive(const LogicalPlan& node, const logical::Recursive& recursive) {
  Built start = TRY(plan(*node.inputs[0], Want{}));
  start = arrange(std::move(start), node.inputs[0]->output);
  work_table_rows_[recursive.work_table] = start.rows();
  Built step = TRY(plan(*node.inputs[1], Want{}));
  step = arrange(std::move(step), node.inputs[1]->output);
  Built built;
  built.plan =
      finish(make_plan(physical::RecursiveUnion{recursive.work_table, recursive.distinct, recursive.name}),
             node.output);
  double rows = start.rows() + 10 * step.rows();
  Cost cost{start.cost().startup,
            start.cost().total + 10 * step.cost().total + rows * options_.settings.cpu_tuple_cost};
  set_cost(*built.plan, cost, rows);
  built.plan->inputs.push_back(std::move(start.plan));
  built.plan->inputs.push_back(std::move(step.plan));
  built.columns = column_ids(node.output);
  return built;
}

}  // namespace rowan::optimizing
