// INSERT, UPDATE, DELETE, MERGE: their input, and the expressions over the written row. FOR UPDATE and its
// like.
#include <algorithm>

#include "planner/optimizer_impl.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan::optimizing {

namespace {

// The columns of a written row, then the input's.
std::vector<ColumnId> row_and_input(const std::vector<ColumnId>& row, const std::vector<ColumnId>& input) {
  std::vector<ColumnId> layout = row;
  layout.insert(layout.end(), input.begin(), input.end());
  return layout;
}

}  // namespace

Result<Built> Optimizer::plan_insert(const LogicalPlan& node, const logical::Insert& insert) {
  Built input = TRY(plan(*node.inputs[0], Want{}));
  input = arrange(std::move(input), node.inputs[0]->output);
  physical::Insert step;
  step.table = insert.table;
  step.columns = insert.columns;
  if (insert.on_conflict) {
    const logical::OnConflict& from = *insert.on_conflict;
    physical::OnConflict conflict;
    conflict.do_nothing = from.do_nothing;
    conflict.arbiters = from.arbiters;
    std::vector<ColumnId> layout = row_and_input(from.existing, from.excluded);
    for (const auto& [column, value] : from.assignments) {
      ExprPtr translated = TRY(translate(*value, layout));
      conflict.assignments.emplace_back(column, std::move(translated));
    }
    if (from.where != nullptr) conflict.where = TRY(translate(*from.where, layout));
    step.on_conflict = std::move(conflict);
  }
  step.returning = TRY(translate_list(insert.returning, row_and_input(insert.row, input.columns)));
  Built built;
  built.plan = finish(make_plan(std::move(step)), node.output);
  set_cost(*built.plan, input.cost(), insert.returning.empty() ? 0 : input.rows());
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = column_ids(node.output);
  return built;
}

Result<Built> Optimizer::plan_update(const LogicalPlan& node, const logical::Update& update) {
  Built input = TRY(plan(*node.inputs[0], Want{}));
  auto row_id = std::find(input.columns.begin(), input.columns.end(), update.row_id);
  ENSURE(row_id != input.columns.end());
  physical::Update step;
  step.table = update.table;
  step.row_id = static_cast<uint32_t>(row_id - input.columns.begin());
  for (const auto& [column, value] : update.assignments) {
    ExprPtr translated = TRY(translate(*value, input.columns));
    step.assignments.emplace_back(column, std::move(translated));
  }
  step.returning = TRY(translate_list(update.returning, row_and_input(update.row, input.columns)));
  Built built;
  built.plan = finish(make_plan(std::move(step)), node.output);
  set_cost(*built.plan, input.cost(), update.returning.empty() ? 0 : input.rows());
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = column_ids(node.output);
  return built;
}

Result<Built> Optimizer::plan_delete(const LogicalPlan& node, const logical::Delete& del) {
  Built input = TRY(plan(*node.inputs[0], Want{}));
  auto row_id = std::find(input.columns.begin(), input.columns.end(), del.row_id);
  ENSURE(row_id != input.columns.end());
  physical::Delete step;
  step.table = del.table;
  step.row_id = static_cast<uint32_t>(row_id - input.columns.begin());
  step.returning = TRY(translate_list(del.returning, row_and_input(del.row, input.columns)));
  Built built;
  built.plan = finish(make_plan(std::move(step)), node.output);
  set_cost(*built.plan, input.cost(), del.returning.empty() ? 0 : input.rows());
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = column_ids(node.output);
  return built;
}

Result<Built> Optimizer::plan_merge(const LogicalPlan& node, const logical::Merge& merge) {
  Built input = TRY(plan(*node.inputs[0], Want{}));
  physical::Merge step;
  step.table = merge.table;
  step.alias = merge.alias;
  bool has_row_id = false;
  for (uint32_t i = 0; i < input.columns.size(); ++i) {
    ColumnId id = input.columns[i];
    if (id == merge.row_id) {
      step.row_id = i;
      has_row_id = true;
      continue;
    }
    auto found = std::find(merge.columns.begin(), merge.columns.end(), id);
    if (id != 0 && found != merge.columns.end())
      step.from_table.emplace_back(i, static_cast<uint16_t>(found - merge.columns.begin()));
  }
  ENSURE(has_row_id);
  for (const logical::MergeClause& from : merge.clauses) {
    physical::MergeClause clause;
    clause.action = from.action;
    clause.is_matched = from.is_matched;
    if (from.condition != nullptr) clause.condition = TRY(translate(*from.condition, input.columns));
    for (const auto& [column, value] : from.values) {
      ExprPtr translated = TRY(translate(*value, input.columns));
      clause.values.emplace_back(column, std::move(translated));
    }
    step.clauses.push_back(std::move(clause));
  }
  // Last, for EXPLAIN does not show it again: the subplans that it does show count on from one to the next.
  step.on = TRY(translate(*merge.on, input.columns));
  Built built;
  built.plan = finish(make_plan(std::move(step)), node.output);
  set_cost(*built.plan, input.cost(), 0);
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = column_ids(node.output);
  return built;
}

Result<Built> Optimizer::plan_lock_rows(const LogicalPlan& node, const logical::LockRows& lock,
                                        const Want& want) {
  Built input = TRY(plan(*node.inputs[0], want));
  physical::LockRows step;
  for (const logical::LockRows::Target& target : lock.targets) {
    auto found = std::find(input.columns.begin(), input.columns.end(), target.row_id);
    ENSURE(found != input.columns.end());
    step.targets.push_back(
        {target.table, static_cast<uint32_t>(found - input.columns.begin()), target.lock, target.wait});
  }
  Built built;
  built.plan = make_plan(std::move(step));
  built.plan->output = input.plan->output;
  built.plan->estimate.width = input.width();
  set_cost(*built.plan, cost_.per_row(input.cost(), input.rows(), 0, true), input.rows());
  built.plan->row_max = input.plan->row_max;
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = std::move(input.columns);
  built.order = std::move(input.order);
  return built;
}

}  // namespace rowan::optimizing
