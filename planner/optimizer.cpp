// One function a logical node: its inputs first, then the methods for the node itself, the cheaper one taken.
#include "planner/optimizer.h"

#include <algorithm>
#include <cmath>

#include "planner/optimizer_impl.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan::optimizing {

namespace {

std::optional<uint64_t> constant_count(const ExprPtr& expr) {
  if (expr == nullptr) return std::nullopt;
  const auto* constant = std::get_if<expression::Constant>(&expr->node);
  if (constant == nullptr || constant->value.is_null() || constant->value.as_int() < 0) return std::nullopt;
  return static_cast<uint64_t>(constant->value.as_int());
}

}  // namespace

void set_cost(PhysicalPlan& plan, const Cost& cost, double rows) {
  plan.estimate.startup_cost = cost.startup;
  plan.estimate.total_cost = cost.total;
  plan.estimate.rows = std::max(0.0, std::round(rows));
}

std::vector<ColumnId> column_ids(const std::vector<LogicalColumn>& columns) {
  std::vector<ColumnId> ids;
  ids.reserve(columns.size());
  for (const LogicalColumn& column : columns) ids.push_back(column.id);
  return ids;
}

const expression::ColumnRef* bare_column(const Expr& expr) {
  return std::get_if<expression::ColumnRef>(&expr.node);
}

bool satisfies(const Ordering& have, const Ordering& want) {
  return want.size() <= have.size() && std::equal(want.begin(), want.end(), have.begin());
}

PlanPtr Optimizer::finish(PlanPtr plan, const std::vector<LogicalColumn>& output) const {
  double width = 0;
  plan->output.reserve(output.size());
  for (const LogicalColumn& column : output) {
    plan->output.push_back({column.name, column.type});
    width += estimator_.width(column.id, column.type);
  }
  plan->estimate.width = std::round(width);
  return plan;
}

Built Optimizer::arrange(Built input, const std::vector<LogicalColumn>& columns) {
  std::vector<ColumnId> wanted = column_ids(columns);
  if (wanted == input.columns) return input;
  physical::Project project;
  for (const LogicalColumn& column : columns) {
    auto found = std::find(input.columns.begin(), input.columns.end(), column.id);
    auto index = static_cast<uint32_t>(found - input.columns.begin());
    project.expressions.push_back(std::make_unique<Expr>(expression::InputRef{index}, column.type));
  }
  Built output;
  output.plan = finish(make_plan(std::move(project)), columns);
  set_cost(*output.plan, input.cost(), input.rows());
  output.plan->row_max = input.plan->row_max;
  output.plan->inputs.push_back(std::move(input.plan));
  output.columns = std::move(wanted);
  output.order = std::move(input.order);
  return output;
}

Ordering Optimizer::ordering_of(const std::vector<logical::SortKey>& keys) const {
  Ordering order;
  for (const logical::SortKey& key : keys) {
    const auto* column = bare_column(*key.key);
    if (column == nullptr) return {};
    order.push_back({column->column, key.descending, key.nulls_first});
  }
  return order;
}

Result<Built> Optimizer::plan(const LogicalPlan& node, const Want& want) {
  if (std::holds_alternative<logical::OneRow>(node.node) ||
      std::holds_alternative<logical::Empty>(node.node)) {
    bool empty = std::holds_alternative<logical::Empty>(node.node);
    Built built;
    built.plan = finish(empty ? make_plan(physical::Empty{}) : make_plan(physical::OneRow{}), node.output);
    set_cost(*built.plan, {0, empty ? 0 : options_.settings.cpu_tuple_cost}, empty ? 0 : 1);
    built.plan->row_max = empty ? 0 : 1;
    built.columns = column_ids(node.output);
    return built;
  }
  if (std::holds_alternative<logical::Get>(node.node)) {
    BaseRelation relation = open_relation(node);
    set_conditions(relation, {});
    return plan_relation(relation, want);
  }
  if (const auto* get = std::get_if<logical::SystemGet>(&node.node)) return plan_system(node, *get, {});
  if (const auto* values = std::get_if<logical::ValuesList>(&node.node)) return plan_values(node, *values);
  if (const auto* function = std::get_if<logical::FunctionGet>(&node.node))
    return plan_function(node, *function);
  if (const auto* ref = std::get_if<logical::CteRef>(&node.node)) return plan_cte_scan(node, *ref, {});
  if (const auto* work = std::get_if<logical::WorkTable>(&node.node)) {
    Built built;
    built.plan = finish(
        make_plan(physical::WorkTableScan{work->work_table, work->alias.empty() ? work->name : work->alias}),
        node.output);
    double rows = 10 * std::max(1.0, work_table_rows_[work->work_table]);
    set_cost(*built.plan, {0, rows * options_.settings.cpu_tuple_cost}, rows);
    built.columns = column_ids(node.output);
    return built;
  }
  if (std::holds_alternative<logical::Filter>(node.node)) return plan_filter(node, want);
  if (const auto* project = std::get_if<logical::Project>(&node.node))
    return plan_project(node, *project, want);
  if (const auto* aggregate = std::get_if<logical::Aggregate>(&node.node))
    return plan_aggregate(node, *aggregate, want);
  if (const auto* window = std::get_if<logical::Window>(&node.node)) return plan_window(node, *window);
  if (const auto* sort = std::get_if<logical::Sort>(&node.node)) return plan_sort(node, *sort, want);
  if (const auto* limit = std::get_if<logical::Limit>(&node.node)) return plan_limit(node, *limit);
  if (const auto* distinct = std::get_if<logical::Distinct>(&node.node))
    return plan_distinct(node, *distinct, want);
  if (const auto* lock = std::get_if<logical::LockRows>(&node.node)) return plan_lock_rows(node, *lock, want);
  if (const auto* join = std::get_if<logical::Join>(&node.node)) {
    if (join->kind == logical::Join::Kind::Full) return plan_full_join(node, *join);
    return plan_group(node, want);
  }
  if (const auto* operation = std::get_if<logical::SetOperation>(&node.node))
    return plan_set_operation(node, *operation, want);
  if (const auto* recursive = std::get_if<logical::Recursive>(&node.node))
    return plan_recursive(node, *recursive);
  if (const auto* insert = std::get_if<logical::Insert>(&node.node)) return plan_insert(node, *insert);
  if (const auto* update = std::get_if<logical::Update>(&node.node)) return plan_update(node, *update);
  if (const auto* merge = std::get_if<logical::Merge>(&node.node)) return plan_merge(node, *merge);
  return plan_delete(node, std::get<logical::Delete>(node.node));
}

// ---- leaves -----------------------------------------------------------------------------------------------

Result<Built> Optimizer::plan_values(const LogicalPlan& node, const logical::ValuesList& values) {
  physical::Values list;
  double operators = 0;
  for (const auto& row : values.rows) {
    std::vector<ExprPtr> translated = TRY(translate_list(row, {}));
    for (const ExprPtr& expr : translated) operators += operators_of(*expr);
    list.rows.push_back(std::move(translated));
  }
  auto rows = static_cast<double>(values.rows.size());
  Built built;
  built.plan = finish(make_plan(std::move(list)), node.output);
  const PlannerSettings& s = options_.settings;
  set_cost(*built.plan,
           {0, rows * s.cpu_operator_cost + operators * s.cpu_operator_cost +
                   (rows > 1 ? 0 : s.cpu_tuple_cost - s.cpu_operator_cost)},
           rows);
  built.plan->row_max = values.rows.size();
  built.columns = column_ids(node.output);
  return built;
}

Result<Built> Optimizer::plan_function(const LogicalPlan& node, const logical::FunctionGet& function) {
  physical::FunctionScan scan;
  scan.function = function.function;
  scan.arguments = TRY(translate_list(function.arguments, {}));
  scan.with_ordinality = function.with_ordinality;
  scan.alias = function.alias;
  double rows = 1000;
  auto number = [&](size_t i) -> std::optional<double> {
    if (i >= scan.arguments.size()) return std::nullopt;
    const auto* constant = std::get_if<expression::Constant>(&scan.arguments[i]->node);
    if (constant == nullptr) return std::nullopt;
    return constant->value.is_null() ? std::nullopt : std::optional<double>(value_as_number(constant->value));
  };
  auto from = number(0), to = number(1), step = number(2);
  if (function.function == "generate_series" && from && to && (scan.arguments.size() == 2 || step)) {
    double by = scan.arguments.size() == 2 ? 1 : *step;
    if (by != 0) rows = std::max(0.0, std::floor((*to - *from) / by) + 1);
  }
  Built built;
  built.plan = finish(make_plan(std::move(scan)), node.output);
  set_cost(*built.plan, {0, rows * options_.settings.cpu_tuple_cost}, rows);
  built.columns = column_ids(node.output);
  return built;
}

Result<Built> Optimizer::plan_system(const LogicalPlan& node, const logical::SystemGet& get,
                                     const std::vector<const Expr*>& conditions) {
  std::vector<ColumnId> columns = column_ids(node.output);
  physical::SystemScan scan{get.view, get.columns, nullptr, get.alias};
  double rows = 100;
  Cost cost{0, rows * options_.settings.cpu_tuple_cost};
  if (!conditions.empty()) {
    scan.filter = TRY(translate_all(conditions, columns));
    cost = cost_.per_row(cost, rows, operators_of(*scan.filter));
    rows = std::max(1.0, rows * estimator_.selectivity(conditions));
  }
  Built built;
  built.plan = finish(make_plan(std::move(scan)), node.output);
  set_cost(*built.plan, cost, rows);
  built.columns = std::move(columns);
  return built;
}

Result<Built> Optimizer::plan_cte_scan(const LogicalPlan& node, const logical::CteRef& ref,
                                       const std::vector<const Expr*>& conditions) {
  ENSURE(ref.cte < out_->ctes.size() && out_->ctes[ref.cte] != nullptr);
  const PhysicalPlan& source = *out_->ctes[ref.cte];
  // The scan puts out all the CTE's columns; those that are not asked for have no number here.
  std::vector<ColumnId> columns(source.output.size(), 0);
  std::vector<LogicalColumn> output;
  for (size_t i = 0; i < source.output.size(); ++i)
    output.push_back({0, source.output[i].name, source.output[i].type});
  for (size_t i = 0; i < node.output.size(); ++i) {
    size_t position = ref.positions.empty() ? i : ref.positions[i];
    ENSURE(position < columns.size());
    columns[position] = node.output[i].id;
    output[position] = node.output[i];
  }
  double rows = source.estimate.rows;
  physical::CteScan scan{ref.cte, ref.alias.empty() ? ref.name : ref.alias, nullptr};
  Cost cost{0, rows * options_.settings.cpu_tuple_cost};
  if (!conditions.empty()) {
    scan.filter = TRY(translate_all(conditions, columns));
    cost = cost_.per_row(cost, rows, operators_of(*scan.filter));
    rows = std::max(1.0, rows * estimator_.selectivity(conditions));
  }
  Built built;
  built.plan = finish(make_plan(std::move(scan)), output);
  set_cost(*built.plan, cost, rows);
  built.columns = std::move(columns);
  return built;
}

// ---- filter, project --------------------------------------------------------------------------------------

Result<Built> Optimizer::add_filter(Built input, const std::vector<const Expr*>& conditions) {
  if (conditions.empty()) return input;
  physical::Filter filter;
  filter.condition = TRY(translate_all(conditions, input.columns));
  double operators = operators_of(*filter.condition);
  Built built;
  built.plan = make_plan(std::move(filter));
  built.plan->output = input.plan->output;
  built.plan->estimate.width = input.width();
  Cost cost = cost_.per_row(input.cost(), input.rows(), operators);
  double rows = input.rows() * estimator_.selectivity(conditions);
  set_cost(*built.plan, cost, input.rows() > 0 ? std::max(1.0, rows) : 0);
  built.plan->row_max = input.plan->row_max;
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = std::move(input.columns);
  built.order = std::move(input.order);
  return built;
}

Result<Built> Optimizer::plan_filter(const LogicalPlan& node, const Want& want) {
  std::vector<const Expr*> conditions;
  const LogicalPlan* below = &node;
  while (const auto* filter = std::get_if<logical::Filter>(&below->node)) {
    split_conjunction(*filter->condition, conditions);
    below = below->inputs[0].get();
  }
  if (std::holds_alternative<logical::Get>(below->node)) {
    BaseRelation relation = open_relation(*below);
    set_conditions(relation, std::move(conditions));
    return plan_relation(relation, want);
  }
  if (const auto* join = std::get_if<logical::Join>(&below->node))
    if (join->kind != logical::Join::Kind::Full) return plan_group(node, want);
  if (const auto* get = std::get_if<logical::SystemGet>(&below->node))
    return plan_system(*below, *get, conditions);
  if (const auto* ref = std::get_if<logical::CteRef>(&below->node))
    return plan_cte_scan(*below, *ref, conditions);
  Built input = TRY(plan(*below, want));
  return add_filter(std::move(input), conditions);
}

// What a computed column is worth knowing: a column passed on under a new number keeps its statistics.
void Optimizer::learn_computed(const LogicalPlan& node, const std::vector<ExprPtr>& expressions) {
  for (size_t i = 0; i < expressions.size() && i < node.output.size(); ++i) {
    const auto* column = bare_column(*expressions[i]);
    if (column == nullptr || column->column == node.output[i].id) continue;
    if (const ColumnKnowledge* known = estimator_.knowledge(column->column)) {
      ColumnKnowledge copy = *known;
      estimator_.learn(node.output[i].id, copy);
    }
  }
}

Result<Built> Optimizer::plan_project(const LogicalPlan& node, const logical::Project& project,
                                      const Want& want) {
  // The wish for an order passes down where its columns are passed up.
  Want below{{}, want.rows, want.is_mild};
  for (const PathKey& key : want.order) {
    auto found = std::find_if(node.output.begin(), node.output.end(),
                              [&](const LogicalColumn& column) { return column.id == key.column; });
    if (found == node.output.end()) break;
    const auto* column = bare_column(*project.expressions[static_cast<size_t>(found - node.output.begin())]);
    if (column == nullptr) break;
    below.order.push_back({column->column, key.descending, key.nulls_first});
  }
  if (below.order.size() != want.order.size()) below.order.clear();

  Built input = TRY(plan(*node.inputs[0], below));
  learn_computed(node, project.expressions);
  std::vector<ColumnId> output = column_ids(node.output);
  bool identity = input.columns.size() == project.expressions.size();
  for (size_t i = 0; identity && i < project.expressions.size(); ++i) {
    const auto* column = bare_column(*project.expressions[i]);
    identity = column != nullptr && column->column == input.columns[i];
  }
  Ordering order;
  for (const PathKey& key : input.order) {
    auto found =
        std::find_if(project.expressions.begin(), project.expressions.end(), [&](const ExprPtr& expr) {
          const auto* column = bare_column(*expr);
          return column != nullptr && column->column == key.column;
        });
    if (found == project.expressions.end()) break;
    order.push_back(
        {output[static_cast<size_t>(found - project.expressions.begin())], key.descending, key.nulls_first});
  }
  if (identity) {
    for (size_t i = 0; i < node.output.size(); ++i) input.plan->output[i].name = node.output[i].name;
    input.columns = std::move(output);
    input.order = std::move(order);
    return input;
  }
  physical::Project step;
  step.expressions = TRY(translate_list(project.expressions, input.columns));
  double operators = 0;
  for (const ExprPtr& expr : step.expressions) operators += operators_of(*expr);
  Built built;
  built.plan = finish(make_plan(std::move(step)), node.output);
  set_cost(*built.plan, cost_.per_row(input.cost(), input.rows(), operators), input.rows());
  built.plan->row_max = input.plan->row_max;
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = std::move(output);
  built.order = std::move(order);
  return built;
}

// ---- order ------------------------------------------------------------------------------------------------

Result<Built> Optimizer::add_sort(Built input, const std::vector<logical::SortKey>& keys, double limit) {
  physical::Sort sort;
  sort.keys = TRY(translate_keys(keys, input.columns));
  Built built;
  built.plan = make_plan(std::move(sort));
  built.plan->output = input.plan->output;
  built.plan->estimate.width = input.width();
  set_cost(*built.plan, cost_.sort(input.cost(), input.rows(), input.width(), limit), input.rows());
  built.plan->row_max = input.plan->row_max;
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = std::move(input.columns);
  built.order = ordering_of(keys);
  return built;
}

Built Optimizer::add_sort_columns(Built input, const Ordering& order) {
  if (order.empty() || satisfies(input.order, order)) return input;
  physical::Sort sort;
  for (const PathKey& key : order) {
    auto found = static_cast<size_t>(std::find(input.columns.begin(), input.columns.end(), key.column) -
                                     input.columns.begin());
    physical::SortKey one;
    one.key = std::make_unique<Expr>(expression::InputRef{static_cast<uint32_t>(found)},
                                     input.plan->output[found].type);
    one.descending = key.descending;
    one.nulls_first = key.nulls_first;
    sort.keys.push_back(std::move(one));
  }
  Built built;
  built.plan = make_plan(std::move(sort));
  built.plan->output = input.plan->output;
  built.plan->estimate.width = input.width();
  set_cost(*built.plan, cost_.sort(input.cost(), input.rows(), input.width(), -1), input.rows());
  built.plan->row_max = input.plan->row_max;
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = std::move(input.columns);
  built.order = order;
  return built;
}

Result<Built> Optimizer::plan_sort(const LogicalPlan& node, const logical::Sort& sort, const Want& want) {
  Want below{ordering_of(sort.keys), want.rows};
  Built input = TRY(plan(*node.inputs[0], below));
  if (!below.order.empty() && satisfies(input.order, below.order)) return input;
  if (input.plan->row_max <= 1) return input;
  return add_sort(std::move(input), sort.keys, want.rows);
}

double Optimizer::limit_of(const Expr* count, const Expr* offset) const {
  if (count == nullptr) return -1;
  double rows = 0;
  for (const Expr* part : {count, offset}) {
    if (part == nullptr) continue;
    const auto* constant = std::get_if<expression::Constant>(&part->node);
    if (constant == nullptr) {
      rows += part == count ? 100 : 0;  // not known before it runs
    } else if (!constant->value.is_null()) {
      rows += static_cast<double>(constant->value.as_int());
    } else if (part == count) {
      return -1;
    }
  }
  return std::max(1.0, rows);
}

Result<Built> Optimizer::plan_limit(const LogicalPlan& node, const logical::Limit& limit) {
  double wanted = limit_of(limit.count.get(), limit.offset.get());
  // A projection may as well follow: then the limit meets its sort.
  const LogicalPlan* below = node.inputs[0].get();
  const LogicalPlan* projection = nullptr;
  if (std::holds_alternative<logical::Project>(below->node) && !limit.with_ties &&
      std::holds_alternative<logical::Sort>(below->inputs[0]->node)) {
    projection = below;
    below = below->inputs[0].get();
  }
  const auto* sort = std::get_if<logical::Sort>(&below->node);
  Built input;
  bool top = false;
  if (sort != nullptr) {
    Want want{ordering_of(sort->keys), limit.with_ties ? -1 : wanted};
    input = TRY(plan(*below->inputs[0], want));
    bool sorted = (!want.order.empty() && satisfies(input.order, want.order)) || input.plan->row_max <= 1;
    top = !sorted && limit.count != nullptr && !limit.with_ties;
    if (!sorted && !top) input = TRY(add_sort(std::move(input), sort->keys, -1));
  } else {
    Want want{{}, wanted};
    input = TRY(plan(*below, want));
  }

  ExprPtr count, offset;
  if (limit.count != nullptr) count = TRY(translate(*limit.count, {}));
  if (limit.offset != nullptr) offset = TRY(translate(*limit.offset, {}));
  std::optional<uint64_t> most = constant_count(limit.count);
  double input_rows = input.rows();
  double skipped = 0;
  if (auto constant = constant_count(limit.offset))
    skipped = std::min(static_cast<double>(*constant), input_rows);
  double rows = wanted < 0 ? input_rows - skipped : std::min(wanted - skipped, input_rows - skipped);
  rows = std::max(most && *most == 0 ? 0.0 : std::min(1.0, input_rows), rows);

  Built built;
  Cost source = input.cost();
  if (top) {
    source = cost_.sort(input.cost(), input.rows(), input.width(), wanted);
    physical::TopN step;
    step.keys = TRY(translate_keys(sort->keys, input.columns));
    step.count = std::move(count);
    step.offset = std::move(offset);
    built.plan = make_plan(std::move(step));
    built.order = ordering_of(sort->keys);
  } else {
    built.plan = make_plan(physical::Limit{std::move(count), std::move(offset), limit.with_ties, {}});
    built.order = std::move(input.order);
    // What ties are, says the order that the sort asked for, also where an index gives it.
    if (limit.with_ties && sort != nullptr)
      std::get<physical::Limit>(built.plan->node).ties = TRY(translate_keys(sort->keys, input.columns));
  }
  double per_row = input_rows > 0 ? (source.total - source.startup) / input_rows : 0;
  Cost cost{source.startup + per_row * skipped, source.startup + per_row * (skipped + rows)};
  built.plan->output = input.plan->output;
  built.plan->estimate.width = input.width();
  set_cost(*built.plan, cost, rows);
  built.plan->row_max = most && !limit.with_ties ? std::min(*most, input.plan->row_max) : input.plan->row_max;
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = std::move(input.columns);
  if (projection == nullptr) return built;

  const auto& project = std::get<logical::Project>(projection->node);
  learn_computed(*projection, project.expressions);
  physical::Project step;
  step.expressions = TRY(translate_list(project.expressions, built.columns));
  Built projected;
  projected.plan = finish(make_plan(std::move(step)), projection->output);
  set_cost(*projected.plan, built.cost(), built.rows());
  projected.plan->row_max = built.plan->row_max;
  projected.plan->inputs.push_back(std::move(built.plan));
  projected.columns = column_ids(projection->output);
  return projected;
}

// ---- the statement ----------------------------------------------------------------------------------------

namespace {

void number_plans(PhysicalPlan& root, uint32_t& next) {
  std::vector<PhysicalPlan*> pending{&root};
  while (!pending.empty()) {
    PhysicalPlan* plan = pending.back();
    pending.pop_back();
    plan->id = next++;
    for (size_t i = plan->inputs.size(); i-- > 0;) pending.push_back(plan->inputs[i].get());
  }
}

}  // namespace

Result<PlannedPtr> Optimizer::run() {
  out_ = std::make_shared<PlannedStatement>();
  out_->command = in_.command;
  out_->catalog = in_.catalog;
  out_->output = in_.output;
  out_->parameters = in_.parameters;
  out_->locks = in_.locks;
  out_->work_tables = in_.work_tables;
  out_->has_effects = in_.has_effects;
  out_->text = in_.text;
  for (const LogicalCte& cte : in_.ctes) {
    PlanPtr source;
    if (cte.plan != nullptr) {
      Built built = TRY(plan(*cte.plan, Want{}));
      source = arrange(std::move(built), cte.plan->output).plan;
    }
    out_->ctes.push_back(std::move(source));
    out_->cte_names.push_back(cte.name);
  }
  Built built = TRY(plan(*in_.root, Want{}));
  built = arrange(std::move(built), in_.root->output);
  out_->root = std::move(built.plan);
  uint32_t next = 0;
  number_plans(*out_->root, next);
  for (Subplan& subplan : out_->subplans) number_plans(*subplan.plan, next);
  for (PlanPtr& cte : out_->ctes)
    if (cte != nullptr) number_plans(*cte, next);
  out_->node_count = next;
  return PlannedPtr(std::move(out_));
}

}  // namespace rowan::optimizing

namespace rowan {

Result<PlannedPtr> optimize(const BoundStatement& statement, const OptimizerOptions& options) {
  optimizing::Optimizer optimizer(statement, options);
  return optimizer.run();
}

}  // namespace rowan
