// Grouping, windows and DISTINCT: hashed or sorted, and min and max from an index.
#include <algorithm>
#include <cmath>

#include "planner/optimizer_impl.h"
#include "types/try.h"

namespace rowan::optimizing {

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

}  // namespace rowan::optimizing
