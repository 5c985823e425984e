// What each kind of node shows below its title.
#include <algorithm>

#include "planner/explain_shower.h"

namespace rowan::explaining {

namespace {

using physical::JoinKind;

std::string_view join_words(JoinKind kind) {
  switch (kind) {
    case JoinKind::Inner:
      return "";
    case JoinKind::Left:
      return "Left ";
    case JoinKind::Right:
      return "Right ";
    case JoinKind::Full:
      return "Full ";
    case JoinKind::Semi:
      return "Semi ";
    case JoinKind::Anti:
      return "Anti ";
    case JoinKind::NullAwareAnti:
      return "Null-Aware Anti ";
  }
  return "";
}

std::string join_type(JoinKind kind) {
  std::string words(join_words(kind));
  if (words.empty()) return "Inner";
  words.pop_back();
  return words;
}

std::string kilobytes(uint64_t bytes) {
  return std::to_string((bytes + 1023) / 1024) + "kB";
}

}  // namespace

void Shower::fill(ShownStep& shown, const Folded& folded) {
  std::visit([&](const auto& node) { fill_node(node, shown, folded); }, folded.plan->node);
}

void Shower::fill_node(const physical::OneRow&, ShownStep& shown, const Folded& folded) {
  title(shown, "Result");
  add_filter(shown, folded, nullptr, *folded.plan, false);
}

void Shower::fill_node(const physical::Empty&, ShownStep& shown, const Folded&) {
  title(shown, "Result");
  add(shown, "One-Time Filter", "false");
}

void Shower::fill_node(const physical::SeqScan& node, ShownStep& shown, const Folded& folded) {
  title(shown, "Seq Scan", "Seq Scan on " + table_text(*node.source.table, alias_of(*folded.plan)));
  relation_facts(shown, node.source, alias_of(*folded.plan));
  add_filter(shown, folded, node.filter.get(), *folded.plan, options_.verbose);
}

void Shower::relation_facts(ShownStep& shown, const physical::TableRef& source, const std::string& alias) {
  fact(shown, "Relation Name", source.table->name);
  fact(shown, "Alias", alias);
}

void Shower::fill_node(const physical::IndexScan& node, ShownStep& shown, const Folded& folded) {
  std::string type = node.index_only ? "Index Only Scan" : "Index Scan";
  title(shown, type,
        type + (node.backward ? " Backward" : "") + " using " + quote_identifier(node.index->name) + " on " +
            table_text(*node.source.table, alias_of(*folded.plan)));
  fact(shown, "Scan Direction", node.backward ? "Backward" : "Forward");
  fact(shown, "Index Name", node.index->name);
  relation_facts(shown, node.source, alias_of(*folded.plan));
  if (node.condition != nullptr) {
    const catalog::Table& table = *node.source.table;
    std::string alias = alias_of(*folded.plan);
    DeparseContext here = context_of([&](uint32_t index) {
      std::string name = index < table.columns.size() ? quote_identifier(table.columns[index].name) : "?";
      return options_.verbose ? quote_identifier(alias) + "." + name : name;
    });
    here.input_type = [&table](uint32_t index) {
      return index < table.columns.size() ? table.columns[index].type : Type();
    };
    add(shown, "Index Cond", deparse(*node.condition, here));
    removed(shown, "Rows Removed by Index Recheck", shown.figures.rows_removed_by_recheck);
  }
  add_filter(shown, folded, node.filter.get(), *folded.plan, options_.verbose);
  if (node.index_only && shown.has_figures) add_number(shown, "Heap Fetches", shown.figures.heap_fetches);
}

void Shower::fill_node(const physical::Values& node, ShownStep& shown, const Folded& folded) {
  if (node.rows.size() == 1) {
    title(shown, "Result");
  } else {
    title(shown, "Values Scan", "Values Scan on \"*VALUES*\"");
    fact(shown, "Alias", "*VALUES*");
  }
  add_filter(shown, folded, nullptr, *folded.plan, options_.verbose);
}

void Shower::fill_node(const physical::FunctionScan& node, ShownStep& shown, const Folded& folded) {
  std::string name = (options_.verbose ? "pg_catalog." : "") + quote_identifier(node.function);
  std::string alias =
      node.alias.empty() || node.alias == node.function ? "" : " " + quote_identifier(node.alias);
  title(shown, "Function Scan", "Function Scan on " + name + alias);
  fact(shown, "Function Name", node.function);
  fact(shown, "Alias", node.alias.empty() ? node.function : node.alias);
  add_filter(shown, folded, nullptr, *folded.plan, options_.verbose);
}

void Shower::fill_node(const physical::SystemScan& node, ShownStep& shown, const Folded& folded) {
  std::string alias = node.alias.empty() || node.alias == node.view ? "" : " " + quote_identifier(node.alias);
  title(shown, "Seq Scan", "Seq Scan on " + node.view + alias);
  fact(shown, "Relation Name", node.view);
  fact(shown, "Alias", node.alias.empty() ? node.view : node.alias);
  add_filter(shown, folded, node.filter.get(), *folded.plan, options_.verbose);
}

void Shower::fill_node(const physical::CteScan& node, ShownStep& shown, const Folded& folded) {
  std::string name = node.cte < statement_.cte_names.size() ? statement_.cte_names[node.cte] : node.name;
  std::string shown_as = alias_of(*folded.plan);
  std::string alias = shown_as == name || shown_as.empty() ? "" : " " + quote_identifier(shown_as);
  title(shown, "CTE Scan", "CTE Scan on " + quote_identifier(name) + alias);
  fact(shown, "CTE Name", name);
  fact(shown, "Alias", node.name);
  add_filter(shown, folded, node.filter.get(), *folded.plan, options_.verbose);
}

void Shower::fill_node(const physical::RecursiveUnion&, ShownStep& shown, const Folded& folded) {
  title(shown, "Recursive Union");
  input(shown, *folded.plan->inputs[0], "Outer");
  input(shown, *folded.plan->inputs[1], "Inner");
}

void Shower::fill_node(const physical::WorkTableScan& node, ShownStep& shown, const Folded& folded) {
  std::string shown_as = alias_of(*folded.plan);
  std::string alias = shown_as == node.name ? "" : " " + quote_identifier(shown_as);
  title(shown, "WorkTable Scan", "WorkTable Scan on " + quote_identifier(node.name) + alias);
  fact(shown, "Alias", node.name);
  add_filter(shown, folded, nullptr, *folded.plan, options_.verbose);
}

void Shower::fill_node(const physical::SubqueryScan& node, ShownStep& shown, const Folded& folded) {
  title(shown, "Subquery Scan", "Subquery Scan on " + quote_identifier(node.alias));
  fact(shown, "Alias", node.alias);
  add_filter(shown, folded, node.filter.get(), *folded.plan, true);
  input(shown, *folded.plan->inputs[0], "Subquery");
}

void Shower::fill_node(const physical::Filter& node, ShownStep& shown, const Folded& folded) {
  title(shown, "Result");
  const PhysicalPlan& below = *folded.plan->inputs[0];
  add(shown, "Filter", deparse(*node.condition, context(below, prefix_)));
  uint64_t in = figures_of(below).rows, out = figures_of(*folded.plan).rows;
  removed(shown, "Rows Removed by Filter", in - std::min(in, out));
  input(shown, below, "Outer");
}

void Shower::fill_node(const physical::Limit&, ShownStep& shown, const Folded& folded) {
  title(shown, "Limit");
  input(shown, *folded.plan->inputs[0], "Outer");
}

void Shower::fill_node(const physical::Sort& node, ShownStep& shown, const Folded& folded) {
  title(shown, "Sort");
  const PhysicalPlan& below = *folded.plan->inputs[0];
  add_list(shown, "Sort Key", key_texts(node.keys, below));
  sort_method(shown, "quicksort");
  input(shown, below, "Outer");
}

void Shower::sort_method(ShownStep& shown, const std::string& method) {
  if (!shown.has_figures || shown.figures.loops == 0) return;
  bool disk = shown.figures.spilled_bytes > 0;
  std::string name = disk ? "external merge" : method;
  std::string space = kilobytes(disk ? shown.figures.spilled_bytes : shown.figures.memory_bytes);
  add(shown, "Sort Method", name + "  " + (disk ? "Disk: " : "Memory: ") + space);
  shown.properties.back().text_only = true;
  add(shown, "Sort Method", name);
  shown.properties.back().json_only = true;
  add_number(shown, "Sort Space Used",
             ((disk ? shown.figures.spilled_bytes : shown.figures.memory_bytes) + 1023) / 1024);
  shown.properties.back().json_only = true;
  add(shown, "Sort Space Type", disk ? "Disk" : "Memory");
  shown.properties.back().json_only = true;
}

void Shower::fill_node(const physical::TopN& node, ShownStep& shown, const Folded& folded) {
  title(shown, "Limit");
  const PhysicalPlan& below = *folded.plan->inputs[0];
  auto sort = std::make_unique<ShownStep>();
  sort->relationship = "Outer";
  sort->has_figures = shown.has_figures;
  sort->figures = shown.figures;
  sort->estimate = folded.plan->estimate;
  sort->estimate.rows = below.estimate.rows;
  double rows = std::max(1.0, folded.plan->estimate.rows);
  double one = (folded.plan->estimate.total_cost - folded.plan->estimate.startup_cost) / rows;
  sort->estimate.total_cost = folded.plan->estimate.startup_cost + one * below.estimate.rows;
  title(*sort, "Sort");
  add_list(*sort, "Sort Key", key_texts(node.keys, below));
  sort_method(*sort, "top-N heapsort");
  input(*sort, below, "Outer");
  shown.inputs.push_back(std::move(sort));
}

void Shower::fill_node(const physical::Distinct& node, ShownStep& shown, const Folded& folded) {
  const PhysicalPlan& below = *folded.plan->inputs[0];
  if (node.sorted) {
    title(shown, "Unique");
  } else {
    title(shown, "Aggregate", "HashAggregate");
    fact(shown, "Strategy", "Hashed");
    std::vector<std::string> keys;
    for (uint32_t column : node.columns) keys.push_back(column_text(below, column, prefix_));
    if (!keys.empty()) add_list(shown, "Group Key", std::move(keys));
    hash_memory(shown);
  }
  input(shown, below, "Outer");
}

void Shower::hash_memory(ShownStep& shown) {
  if (!shown.has_figures || shown.figures.loops == 0) return;
  std::string text = "Batches: " + std::to_string(std::max<uint64_t>(1, shown.figures.hash_batches)) +
                     "  Memory Usage: " + kilobytes(shown.figures.memory_bytes);
  if (shown.figures.spilled_bytes > 0) text += "  Disk Usage: " + kilobytes(shown.figures.spilled_bytes);
  add(shown, "", text);
  shown.properties.back().text_only = true;
  json_memory(shown, "HashAgg Batches");
}

void Shower::json_memory(ShownStep& shown, const char* batches) {
  add_number(shown, batches, std::max<uint64_t>(1, shown.figures.hash_batches));
  shown.properties.back().json_only = true;
  add_number(shown, "Peak Memory Usage", (shown.figures.memory_bytes + 1023) / 1024);
  shown.properties.back().json_only = true;
  add_number(shown, "Disk Usage", (shown.figures.spilled_bytes + 1023) / 1024);
  shown.properties.back().json_only = true;
}

void Shower::group(ShownStep& shown, const Folded& folded, const std::vector<ExprPtr>& keys) {
  const PhysicalPlan& below = *folded.plan->inputs[0];
  std::vector<std::string> texts;
  DeparseContext here = context(below, prefix_);
  for (const ExprPtr& key : keys) texts.push_back(deparse(*key, here));
  if (!texts.empty()) add_list(shown, "Group Key", std::move(texts));
  add_filter(shown, folded, nullptr, below, prefix_);
}

void Shower::fill_node(const physical::HashAggregate& node, ShownStep& shown, const Folded& folded) {
  title(shown, "Aggregate", node.keys.empty() ? "Aggregate" : "HashAggregate");
  fact(shown, "Strategy", node.keys.empty() ? "Plain" : "Hashed");
  group(shown, folded, node.keys);
  if (!node.keys.empty()) hash_memory(shown);
  input(shown, *folded.plan->inputs[0], "Outer");
}

void Shower::fill_node(const physical::SortedAggregate& node, ShownStep& shown, const Folded& folded) {
  if (node.calls.empty() && !node.keys.empty()) {
    title(shown, "Group");
  } else {
    title(shown, "Aggregate", node.keys.empty() ? "Aggregate" : "GroupAggregate");
    fact(shown, "Strategy", node.keys.empty() ? "Plain" : "Sorted");
  }
  group(shown, folded, node.keys);
  input(shown, *folded.plan->inputs[0], "Outer");
}

void Shower::fill_node(const physical::Window&, ShownStep& shown, const Folded& folded) {
  title(shown, "WindowAgg");
  input(shown, *folded.plan->inputs[0], "Outer");
}

void Shower::join_filter(ShownStep& shown, const Folded& folded, const Expr* condition) {
  if (condition == nullptr) return;
  const PhysicalPlan& plan = *folded.plan;
  DeparseContext here = pair_context(plan);
  add(shown, "Join Filter", deparse(*condition, here));
  removed(shown, "Rows Removed by Join Filter", shown.figures.rows_removed_by_join_filter);
}

void Shower::fill_node(const physical::NestedLoop& node, ShownStep& shown, const Folded& folded) {
  const PhysicalPlan& plan = *folded.plan;
  std::string words(join_words(node.kind));
  title(shown, "Nested Loop", words.empty() ? "Nested Loop" : "Nested Loop " + words + "Join");
  fact(shown, "Join Type", join_type(node.kind));
  for (const auto& [slot, value] : node.slots) slots_[slot] = deparse(*value, context(*plan.inputs[0], true));
  join_filter(shown, folded, node.condition.get());
  add_filter(shown, folded, nullptr, plan, prefix_);
  input(shown, *plan.inputs[0], "Outer");
  input(shown, *plan.inputs[1], "Inner");
}

std::string Shower::key_condition(const PhysicalPlan& plan, const std::vector<ExprPtr>& left,
                                  const std::vector<ExprPtr>& right,
                                  const std::vector<const Function*>& equals) {
  auto width = static_cast<uint32_t>(plan.inputs[0]->output.size());
  std::vector<ExprPtr> terms;
  for (size_t i = 0; i < left.size(); ++i) {
    std::vector<ExprPtr> sides;
    sides.push_back(clone(*left[i]));
    sides.push_back(clone(*right[i]));
    std::vector<Expr*> pending{sides[1].get()};
    while (!pending.empty()) {
      Expr* next = pending.back();
      pending.pop_back();
      if (auto* reference = std::get_if<expression::InputRef>(&next->node)) reference->index += width;
      for (ExprPtr& child : next->children) pending.push_back(child.get());
    }
    const Function* function = i < equals.size() ? equals[i] : nullptr;
    if (function == nullptr) function = registry().functions("=").front();
    terms.push_back(make_call(function, Type(TypeId::Boolean), std::move(sides)));
  }
  ExprPtr whole = conjunction(std::move(terms));
  DeparseContext here = pair_context(plan);
  return whole == nullptr ? "" : deparse(*whole, here);
}

void Shower::fill_node(const physical::HashJoin& node, ShownStep& shown, const Folded& folded) {
  const PhysicalPlan& plan = *folded.plan;
  title(shown, "Hash Join", "Hash " + std::string(join_words(node.kind)) + "Join");
  fact(shown, "Join Type", join_type(node.kind));
  std::string condition = key_condition(plan, node.left_keys, node.right_keys, node.equals);
  if (!condition.empty()) add(shown, "Hash Cond", condition);
  join_filter(shown, folded, node.condition.get());
  add_filter(shown, folded, nullptr, plan, prefix_);
  input(shown, *plan.inputs[0], "Outer");

  auto hash = std::make_unique<ShownStep>();
  hash->relationship = "Inner";
  hash->estimate = plan.inputs[1]->estimate;
  hash->estimate.startup_cost = hash->estimate.total_cost;
  hash->has_figures = shown.has_figures;
  hash->figures = figures_of(*plan.inputs[1]);
  hash->figures.startup_ns = hash->figures.total_ns;
  title(*hash, "Hash");
  if (shown.has_figures && hash->figures.loops > 0) {
    std::string text = "Buckets: " + std::to_string(shown.figures.hash_buckets) +
                       "  Batches: " + std::to_string(std::max<uint64_t>(1, shown.figures.hash_batches)) +
                       "  Memory Usage: " + kilobytes(shown.figures.memory_bytes);
    if (shown.figures.spilled_bytes > 0) text += "  Disk Usage: " + kilobytes(shown.figures.spilled_bytes);
    add(*hash, "", text);
    hash->properties.back().text_only = true;
    add_number(*hash, "Hash Buckets", shown.figures.hash_buckets);
    hash->properties.back().json_only = true;
    ShownStep spare;
    spare.figures = shown.figures;
    json_memory(spare, "Hash Batches");
    for (Property& property : spare.properties) hash->properties.push_back(std::move(property));
  }
  input(*hash, *plan.inputs[1], "Outer");
  shown.inputs.push_back(std::move(hash));
}

void Shower::fill_node(const physical::MergeJoin& node, ShownStep& shown, const Folded& folded) {
  const PhysicalPlan& plan = *folded.plan;
  title(shown, "Merge Join", "Merge " + std::string(join_words(node.kind)) + "Join");
  fact(shown, "Join Type", join_type(node.kind));
  add(shown, "Merge Cond", key_condition(plan, node.left_keys, node.right_keys, {}));
  join_filter(shown, folded, node.condition.get());
  add_filter(shown, folded, nullptr, plan, prefix_);
  input(shown, *plan.inputs[0], "Outer");
  input(shown, *plan.inputs[1], "Inner");
}

void Shower::fill_node(const physical::Append&, ShownStep& shown, const Folded& folded) {
  title(shown, "Append");
  for (const PlanPtr& member : folded.plan->inputs) input(shown, *member, "Member");
}

void Shower::fill_node(const physical::SetOperation& node, ShownStep& shown, const Folded& folded) {
  using Kind = physical::SetOperation::Kind;
  std::string command = node.kind == Kind::Intersect      ? "Intersect"
                        : node.kind == Kind::IntersectAll ? "Intersect All"
                        : node.kind == Kind::Except       ? "Except"
                                                          : "Except All";
  title(shown, "SetOp", "HashSetOp " + command);
  fact(shown, "Strategy", "Hashed");
  fact(shown, "Command", command);
  auto append = std::make_unique<ShownStep>();
  append->relationship = "Outer";
  title(*append, "Append");
  append->has_figures = shown.has_figures;
  append->figures.loops = shown.figures.loops;
  size_t number = 1;
  for (const PlanPtr& member : folded.plan->inputs) {
    std::string name = "\"*SELECT* " + std::to_string(number++) + "\"";
    auto named_scan = std::make_unique<ShownStep>();
    named_scan->relationship = "Member";
    title(*named_scan, "Subquery Scan", "Subquery Scan on " + name);
    named_scan->estimate = member->estimate;
    named_scan->has_figures = shown.has_figures;
    named_scan->figures = figures_of(*member);
    append->estimate.total_cost += member->estimate.total_cost;
    append->estimate.rows += member->estimate.rows;
    append->estimate.width = std::max(append->estimate.width, member->estimate.width);
    append->figures.rows += named_scan->figures.rows;
    append->figures.total_ns += named_scan->figures.total_ns;
    input(*named_scan, *member, "Subquery");
    append->inputs.push_back(std::move(named_scan));
  }
  shown.inputs.push_back(std::move(append));
}

void Shower::fill_node(const physical::Materialize&, ShownStep& shown, const Folded& folded) {
  title(shown, "Materialize");
  input(shown, *folded.plan->inputs[0], "Outer");
}

void Shower::fill_node(const physical::LockRows&, ShownStep& shown, const Folded& folded) {
  title(shown, "LockRows");
  input(shown, *folded.plan->inputs[0], "Outer");
}

void Shower::write(ShownStep& shown, const std::string& operation, const catalog::Table& table,
                   const std::string& alias) {
  title(shown, "ModifyTable", operation + " on " + table_text(table, alias));
  fact(shown, "Operation", operation);
  fact(shown, "Relation Name", table.name);
  fact(shown, "Alias", alias);
}

// What the table goes by in the scan that its rows' ids come from.
std::string Shower::target_alias(const PhysicalPlan& write, const catalog::Table& table, uint32_t row_id) {
  const PhysicalPlan* scan = write.inputs[0].get();
  while (!scan->inputs.empty()) {
    if (const auto* project = std::get_if<physical::Project>(&scan->node)) {
      const auto* from = std::get_if<expression::InputRef>(&project->expressions[row_id]->node);
      if (from == nullptr) return table.name;
      row_id = from->index;
    }
    auto left = static_cast<uint32_t>(scan->inputs[0]->output.size());
    bool is_right = scan->inputs.size() == 2 && row_id >= left;
    if (is_right) row_id -= left;
    scan = scan->inputs[is_right ? 1 : 0].get();
  }
  std::string alias = alias_of(*scan);
  return alias.empty() ? table.name : alias;
}

void Shower::fill_node(const physical::Insert& node, ShownStep& shown, const Folded& folded) {
  write(shown, "Insert", *node.table, alias_of(*folded.plan));
  if (node.on_conflict) {
    add(shown, "Conflict Resolution", node.on_conflict->do_nothing ? "NOTHING" : "UPDATE");
    std::vector<std::string> indexes;
    for (catalog::Oid oid : node.on_conflict->arbiters)
      if (catalog::IndexPtr index = statement_.catalog->index(oid))
        indexes.push_back(quote_identifier(index->name));
    if (!indexes.empty()) add_list(shown, "Conflict Arbiter Indexes", std::move(indexes));
    if (node.on_conflict->where != nullptr) {
      const auto& columns = node.table->columns;
      DeparseContext here = context_of([&](uint32_t index) {
        bool excluded = index >= columns.size();
        const catalog::Column& column = columns[excluded ? index - columns.size() : index];
        return (excluded ? "excluded" : quote_identifier(node.table->name)) + "." +
               quote_identifier(column.name);
      });
      add(shown, "Conflict Filter", deparse(*node.on_conflict->where, here));
    }
    if (shown.has_figures) {
      uint64_t tuples = figures_of(*folded.plan->inputs[0]).rows;
      add_number(shown, "Tuples Inserted", tuples - std::min(tuples, shown.figures.conflicting_rows));
      add_number(shown, "Conflicting Tuples", shown.figures.conflicting_rows);
    }
  }
  input(shown, *folded.plan->inputs[0], "Outer");
}

void Shower::fill_node(const physical::Update& node, ShownStep& shown, const Folded& folded) {
  write(shown, "Update", *node.table, target_alias(*folded.plan, *node.table, node.row_id));
  input(shown, *folded.plan->inputs[0], "Outer");
}

void Shower::fill_node(const physical::Delete& node, ShownStep& shown, const Folded& folded) {
  write(shown, "Delete", *node.table, target_alias(*folded.plan, *node.table, node.row_id));
  input(shown, *folded.plan->inputs[0], "Outer");
}

void Shower::fill_node(const physical::Merge& node, ShownStep& shown, const Folded& folded) {
  write(shown, "Merge", *node.table, node.alias);
  if (shown.has_figures) {
    const NodeFigures& figures = shown.figures;
    uint64_t all = figures_of(*folded.plan->inputs[0]).rows;
    uint64_t done = figures.inserted_rows + figures.updated_rows + figures.deleted_rows;
    std::string words;
    auto tuples = [&](std::string name, const char* word, uint64_t rows) {
      add_number(shown, "Tuples " + std::move(name), rows);
      shown.properties.back().json_only = true;
      if (rows > 0) words += (words.empty() ? "" : " ") + (word + ("=" + std::to_string(rows)));
    };
    tuples("Inserted", "inserted", figures.inserted_rows);
    tuples("Updated", "updated", figures.updated_rows);
    tuples("Deleted", "deleted", figures.deleted_rows);
    tuples("Skipped", "skipped", all - std::min(all, done));
    if (!words.empty()) {
      add(shown, "Tuples", words);
      shown.properties.back().text_only = true;
    }
  }
  input(shown, *folded.plan->inputs[0], "Outer");
}

}  // namespace rowan::explaining
