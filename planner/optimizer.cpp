// One function a logical node: its inputs first, then the methods for the node itself, the cheaper one taken.
#include "planner/optimizer.h"

#include <algorithm>
#include <cmath>

#include "planner/optimizer_impl.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan::optimizing {

namespace {

template <class Node>
PlanPtr make_plan(Node node) {
  return std::make_unique<PhysicalPlan>(std::move(node));
}

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

std::optional<uint64_t> constant_count(const ExprPtr& expr) {
  if (expr == nullptr) return std::nullopt;
  const auto* constant = std::get_if<expression::Constant>(&expr->node);
  if (constant == nullptr || constant->value.is_null() || constant->value.as_int() < 0) return std::nullopt;
  return static_cast<uint64_t>(constant->value.as_int());
}

// The columns of a written row, then the input's.
std::vector<ColumnId> row_and_input(const std::vector<ColumnId>& row, const std::vector<ColumnId>& input) {
  std::vector<ColumnId> layout = row;
  layout.insert(layout.end(), input.begin(), input.end());
  return layout;
}

}  // namespace

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

// ---- groups -----------------------------------------------------------------------------------------------

Result<Built> Optimizer::plan_aggregate(const LogicalPlan& node, const logical::Aggregate& aggregate,
                                        const Want& want) {
  std::vector<const Expr*> keys;
  Ordering key_order;
  bool bare_keys = !aggregate.keys.empty();
  // Where the groups are wanted in an order of keys, the input had better come in it.
  std::vector<size_t> places;
  for (const PathKey& wanted : want.order)
    for (size_t i = 0; i < aggregate.keys.size(); ++i)
      if (node.output[i].id == wanted.column) places.push_back(i);
  for (size_t i = 0; i < aggregate.keys.size(); ++i)
    if (std::find(places.begin(), places.end(), i) == places.end()) places.push_back(i);
  for (size_t place : places) {
    const Expr& key = *aggregate.keys[place];
    keys.push_back(&key);
    const auto* column = bare_column(key);
    if (column == nullptr) {
      bare_keys = false;
      continue;
    }
    PathKey path_key{column->column, false, false};
    for (const PathKey& wanted : want.order)
      if (wanted.column == node.output[place].id)
        path_key = {column->column, wanted.descending, wanted.nulls_first};
    key_order.push_back(path_key);
  }

  // min and max of a column are the first row of an index, if there is one.
  Want below;
  bool is_extreme = false;
  if (aggregate.keys.empty() && aggregate.calls.size() == 1) {
    const logical::AggregateCall& call = aggregate.calls[0];
    if ((call.aggregate->name == "min" || call.aggregate->name == "max") && call.filter == nullptr &&
        call.arguments.size() == 1)
      if (const auto* column = bare_column(*call.arguments[0])) {
        bool descending = call.aggregate->name == "max";
        below.order = {{column->column, descending, false}};
        is_extreme = true;
      }
  }
  if (is_extreme) {
    Built extreme = TRY(plan_extreme(node, aggregate, below.order));
    if (extreme.plan != nullptr) return extreme;
    below.order.clear();
  }
  if (bare_keys) below.order = key_order;
  below.is_mild = options_.settings.enable_hashagg;
  Built input = TRY(plan(*node.inputs[0], below));

  double rows = input.rows();
  double groups = aggregate.keys.empty() ? 1 : estimator_.groups(keys, rows);
  if (!aggregate.keys.empty() && rows < 1) groups = 0;
  auto key_count = static_cast<double>(aggregate.keys.size());
  double calls = 0;
  for (const logical::AggregateCall& call : aggregate.calls) {
    calls += 1;
    for (const ExprPtr& argument : call.arguments) calls += operators_of(*argument);
    if (call.distinct || !call.order.empty()) calls += std::log2(std::max(2.0, rows / std::max(1.0, groups)));
  }
  double width = 0;
  for (const LogicalColumn& column : node.output) width += estimator_.width(column.id, column.type);

  // Input order serves the sorted method if the keys are its first columns, in whatever sequence.
  bool presorted = bare_keys && input.order.size() >= key_order.size();
  for (size_t i = 0; presorted && i < key_order.size(); ++i)
    presorted = std::any_of(key_order.begin(), key_order.end(),
                            [&](const PathKey& key) { return key.column == input.order[i].column; });
  Cost hash = cost_.hash_aggregate(input.cost(), rows, width, key_count, calls, groups);
  Cost sorted_input = presorted ? input.cost() : cost_.sort(input.cost(), rows, input.width(), -1);
  Cost sorted = cost_.sorted_aggregate(sorted_input, rows, key_count, calls, groups);
  double sort_groups = want.order.empty() ? 0 : cost_.sort({0, 0}, groups, width, want.rows).total;
  bool gives_order = !want.order.empty() && bare_keys && want.order.size() <= aggregate.keys.size();
  for (size_t i = 0; gives_order && i < want.order.size(); ++i)
    gives_order = node.output[places[i]].id == want.order[i].column;
  bool use_sorted = aggregate.keys.empty() ||
                    (bare_keys && sorted.of_rows(want.rows, groups) + (gives_order ? 0 : sort_groups) <
                                      hash.of_rows(want.rows, groups) + sort_groups);

  Built built;
  if (use_sorted && !aggregate.keys.empty() && !presorted)
    input = add_sort_columns(std::move(input), key_order);
  std::vector<physical::AggregateCall> translated;
  for (const logical::AggregateCall& call : aggregate.calls) {
    physical::AggregateCall one;
    one.aggregate = call.aggregate;
    one.arguments = TRY(translate_list(call.arguments, input.columns));
    one.distinct = call.distinct;
    one.order = TRY(translate_keys(call.order, input.columns));
    if (call.filter != nullptr) one.filter = TRY(translate(*call.filter, input.columns));
    one.type = call.type;
    one.text = call.text;
    translated.push_back(std::move(one));
  }
  std::vector<ExprPtr> key_exprs = TRY(translate_list(aggregate.keys, input.columns));
  for (size_t i = 0; i < aggregate.keys.size(); ++i) {
    ColumnKnowledge known;
    known.table_rows = groups;
    known.distinct = estimator_.distinct(*aggregate.keys[i], rows);
    known.is_unique = aggregate.keys.size() == 1;
    estimator_.learn(node.output[i].id, known);
  }
  if (use_sorted) {
    if (!aggregate.keys.empty()) {
      for (const PathKey& key : input.order) {  // the keys come in the order the input has
        size_t place = 0;
        while (place < aggregate.keys.size()) {
          const auto* column = bare_column(*aggregate.keys[place]);
          if (column != nullptr && column->column == key.column) break;
          ++place;
        }
        if (place == aggregate.keys.size()) break;
        built.order.push_back({node.output[place].id, key.descending, key.nulls_first});
      }
    }
    built.plan = finish(make_plan(physical::SortedAggregate{std::move(key_exprs), std::move(translated)}),
                        node.output);
    set_cost(*built.plan, cost_.sorted_aggregate(input.cost(), rows, key_count, calls, groups), groups);
  } else {
    built.plan =
        finish(make_plan(physical::HashAggregate{std::move(key_exprs), std::move(translated)}), node.output);
    set_cost(*built.plan, hash, groups);
  }
  if (aggregate.keys.empty()) built.plan->row_max = 1;
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = column_ids(node.output);
  return built;
}

// min(x), max(x): the first non-NULL row in index order, under the aggregate, which also knows what to say of
// no row at all. A plan of nullptr: not this way.
Result<Built> Optimizer::plan_extreme(const LogicalPlan& node, const logical::Aggregate& aggregate,
                                      const Ordering& order) {
  const LogicalPlan* below = node.inputs[0].get();
  std::vector<const Expr*> conditions;
  while (const auto* filter = std::get_if<logical::Filter>(&below->node)) {
    split_conjunction(*filter->condition, conditions);
    below = below->inputs[0].get();
  }
  if (!std::holds_alternative<logical::Get>(below->node)) return Built{};
  const logical::AggregateCall& call = aggregate.calls[0];
  auto not_null = std::make_unique<Expr>(expression::IsNull{true}, Type(TypeId::Boolean));
  not_null->children.push_back(clone(*call.arguments[0]));
  BaseRelation relation = open_relation(*below);
  conditions.push_back(not_null.get());
  set_conditions(relation, conditions);
  IndexMatchPtr best;
  double best_cost = 0;
  for (bool nulls_first : {false, true}) {
    Want want{order, 1};
    want.order[0].nulls_first = nulls_first;
    for (const IndexMatchPtr& match : match_indexes(relation, {}, want, 1, true)) {
      if (!satisfies(match->order, want.order)) continue;
      double cost = match->cost.of_rows(1, match->rows);
      if (best == nullptr || cost < best_cost) {
        best = match;
        best_cost = cost;
      }
    }
  }
  // Against reading all that satisfies the conditions, by whichever way is best.
  double plain = seq_cost(relation).total;
  for (const IndexMatchPtr& match : match_indexes(relation, {}, Want{}, 1, false))
    plain = std::min(plain, match->cost.total);
  if (best == nullptr || best_cost > plain) return Built{};
  Built scan = TRY(build_index_scan(relation, *best, {}));
  auto limit = make_plan(physical::Limit{make_constant(Value::bigint(1)), nullptr, false, {}});
  limit->output = scan.plan->output;
  limit->estimate = scan.plan->estimate;
  limit->estimate.total_cost = best_cost;
  limit->estimate.rows = 1;
  limit->row_max = 1;
  limit->inputs.push_back(std::move(scan.plan));
  physical::AggregateCall one;
  one.aggregate = call.aggregate;
  one.arguments = TRY(translate_list(call.arguments, scan.columns));
  one.type = call.type;
  one.text = call.text;
  physical::SortedAggregate step;
  step.calls.push_back(std::move(one));
  Built built;
  built.plan = finish(make_plan(std::move(step)), node.output);
  set_cost(*built.plan, {best_cost, best_cost + options_.settings.cpu_tuple_cost}, 1);
  built.plan->row_max = 1;
  built.plan->inputs.push_back(std::move(limit));
  built.columns = column_ids(node.output);
  return built;
}

Result<Built> Optimizer::plan_window(const LogicalPlan& node, const logical::Window& window) {
  std::vector<logical::SortKey> keys;
  for (const ExprPtr& expr : window.partition) keys.push_back({clone(*expr), false, false});
  for (const logical::SortKey& key : window.order)
    keys.push_back({clone(*key.key), key.descending, key.nulls_first});
  Want below{ordering_of(keys), -1};
  Built input = TRY(plan(*node.inputs[0], below));
  bool sorted = keys.empty() || (!below.order.empty() && satisfies(input.order, below.order));
  if (!sorted) input = TRY(add_sort(std::move(input), keys, -1));

  physical::Window step;
  step.partition = TRY(translate_list(window.partition, input.columns));
  step.order = TRY(translate_keys(window.order, input.columns));
  step.frame.mode = window.frame.mode;
  step.frame.start = window.frame.start;
  step.frame.end = window.frame.end;
  if (window.frame.start_offset != nullptr)
    step.frame.start_offset = TRY(translate(*window.frame.start_offset, {}));
  if (window.frame.end_offset != nullptr)
    step.frame.end_offset = TRY(translate(*window.frame.end_offset, {}));
  for (const logical::WindowCall& call : window.calls) {
    physical::WindowCall one;
    one.function = call.function;
    one.aggregate = call.aggregate;
    one.arguments = TRY(translate_list(call.arguments, input.columns));
    if (call.filter != nullptr) one.filter = TRY(translate(*call.filter, input.columns));
    one.type = call.type;
    step.calls.push_back(std::move(one));
  }
  // Output: the input's columns as they came, then the calls.
  std::vector<ColumnId> columns = input.columns;
  std::vector<LogicalColumn> output;
  for (size_t i = 0; i < input.columns.size(); ++i)
    output.push_back({input.columns[i], input.plan->output[i].name, input.plan->output[i].type});
  size_t first_call = node.output.size() - window.calls.size();
  for (size_t i = first_call; i < node.output.size(); ++i) {
    columns.push_back(node.output[i].id);
    output.push_back(node.output[i]);
  }
  Built built;
  built.plan = finish(make_plan(std::move(step)), output);
  auto operators = static_cast<double>(keys.size() + window.calls.size());
  set_cost(*built.plan, cost_.per_row(input.cost(), input.rows(), operators, true), input.rows());
  built.plan->row_max = input.plan->row_max;
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = std::move(columns);
  built.order = std::move(input.order);
  return built;
}

Result<Built> Optimizer::plan_distinct(const LogicalPlan& node, const logical::Distinct& distinct,
                                       const Want& want) {
  std::vector<ColumnId> columns = distinct.on;
  if (columns.empty() && !distinct.is_on) columns = column_ids(node.output);
  Want below;
  if (!distinct.is_on) {
    for (const PathKey& key : want.order)
      if (has_column(columns, key.column)) below.order.push_back(key);
    for (ColumnId column : columns) {
      bool known = std::any_of(below.order.begin(), below.order.end(),
                               [&](const PathKey& key) { return key.column == column; });
      if (!known) below.order.push_back({column, false, false});
    }
    below.is_mild = options_.settings.enable_hashagg;
  } else {
    below = want;
  }
  Built input = TRY(plan(*node.inputs[0], below));
  double rows = input.rows();
  std::vector<std::unique_ptr<Expr>> references;
  std::vector<const Expr*> keys;
  for (ColumnId column : columns) {
    auto found = std::find(input.columns.begin(), input.columns.end(), column) - input.columns.begin();
    references.push_back(std::make_unique<Expr>(expression::ColumnRef{column, ""},
                                                input.plan->output[static_cast<size_t>(found)].type));
    keys.push_back(references.back().get());
  }
  double groups = keys.empty() ? std::min(1.0, rows) : std::min(rows, estimator_.groups(keys, rows));
  auto neighbours = [&](const Ordering& order) {
    if (order.size() < columns.size()) return false;
    for (size_t i = 0; i < columns.size(); ++i)
      if (!has_column(columns, order[i].column)) return false;
    return true;
  };
  bool sorted = neighbours(input.order);
  auto key_count = static_cast<double>(columns.size());
  Cost unique_cost = input.cost();
  if (!sorted && !distinct.is_on) {
    Cost sort = cost_.sort(input.cost(), rows, input.width(), -1);
    Cost by_sort = cost_.per_row(sort, rows, key_count);
    Cost by_hash = cost_.hash_aggregate(input.cost(), rows, input.width(), key_count, 0, groups);
    double sort_groups = want.order.empty() ? 0 : cost_.sort({0, 0}, groups, input.width(), want.rows).total;
    bool gives_order = satisfies(below.order, want.order);
    if (by_sort.of_rows(want.rows, groups) + (gives_order ? 0 : sort_groups) <
        by_hash.of_rows(want.rows, groups) + sort_groups) {
      input = add_sort_columns(std::move(input), below.order);
      sorted = true;
    }
  }
  unique_cost = sorted ? cost_.per_row(input.cost(), rows, key_count)
                       : cost_.hash_aggregate(input.cost(), rows, input.width(), key_count, 0, groups);
  physical::Distinct step;
  step.sorted = sorted;
  for (ColumnId column : columns)
    step.columns.push_back(static_cast<uint32_t>(
        std::find(input.columns.begin(), input.columns.end(), column) - input.columns.begin()));
  Built built;
  built.plan = make_plan(std::move(step));
  built.plan->output = input.plan->output;
  built.plan->estimate.width = input.width();
  set_cost(*built.plan, unique_cost, groups);
  built.plan->row_max = columns.empty() ? std::min<uint64_t>(1, input.plan->row_max) : input.plan->row_max;
  built.plan->inputs.push_back(std::move(input.plan));
  built.columns = std::move(input.columns);
  if (sorted) built.order = std::move(input.order);
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

// ---- sets, recursion --------------------------------------------------------------------------------------

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

// ---- writes -----------------------------------------------------------------------------------------------

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
