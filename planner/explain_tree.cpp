#include "planner/explain_tree.h"

#include <algorithm>

#include "planner/explain_shower.h"

namespace rowan::explaining {

Shower::Shower(const PlannedStatement& statement, const ExplainOptions& options,
               const ExecutionFigures* figures)
    : statement_(statement), options_(options), figures_(figures) {
  size_t relations = count_relations(*statement.root);
  for (const Subplan& subplan : statement.subplans) relations += count_relations(*subplan.plan);
  for (const PlanPtr& cte : statement.ctes)
    if (cte != nullptr) relations += count_relations(*cte);
  prefix_ = relations > 1 || options.verbose;
  // Relations that share a name get numbers, as in PostgreSQL: outside first, subqueries after.
  name_relations(*statement.root);
  for (const PlanPtr& cte : statement.ctes)
    if (cte != nullptr) name_relations(*cte);
  for (const Subplan& subplan : statement.subplans) name_relations(*subplan.plan);
}

ShownPtr Shower::tree(const PhysicalPlan& root, bool is_main) {
  ShownPtr shown = step(root);
  std::vector<ShownPtr> first;
  if (is_main)
    for (uint32_t i = 0; i < statement_.ctes.size(); ++i)
      if (statement_.ctes[i] != nullptr) {
        ShownPtr cte = tree(*statement_.ctes[i], false);
        cte->label = "CTE " + statement_.cte_names[i];
        cte->relationship = "InitPlan";
        first.push_back(std::move(cte));
      }
  std::vector<const PhysicalPlan*> pending{&root};
  std::set<uint32_t> found;
  while (!pending.empty()) {
    const PhysicalPlan* plan = pending.back();
    pending.pop_back();
    for (const PlanPtr& input : plan->inputs) pending.push_back(input.get());
    for_each_subplan(*plan, [&](const Expr&, uint32_t number) {
      if (is_init(statement_.subplans[number])) found.insert(number);
    });
  }
  for (uint32_t number : found) {
    ShownPtr init = tree(*statement_.subplans[number].plan, false);
    init->label = statement_.subplans[number].name;
    init->relationship = "InitPlan";
    first.push_back(std::move(init));
  }
  for (ShownPtr& own : shown->first) first.push_back(std::move(own));
  shown->first = std::move(first);
  return shown;
}

size_t Shower::count_relations(const PhysicalPlan& root) {
  size_t count = 0;
  std::vector<const PhysicalPlan*> pending{&root};
  while (!pending.empty()) {
    const PhysicalPlan* plan = pending.back();
    pending.pop_back();
    for (const PlanPtr& input : plan->inputs) pending.push_back(input.get());
    bool leaf = plan->inputs.empty() && !std::holds_alternative<physical::OneRow>(plan->node) &&
                !std::holds_alternative<physical::Empty>(plan->node);
    if (const auto* values = std::get_if<physical::Values>(&plan->node)) leaf = values->rows.size() > 1;
    bool writes = std::holds_alternative<physical::Insert>(plan->node);
    count += leaf || writes || std::holds_alternative<physical::SubqueryScan>(plan->node) ? 1 : 0;
  }
  return count;
}

std::string Shower::own_alias(const PhysicalPlan& plan) {
  auto of_table = [](const physical::TableRef& source) {
    return source.alias.empty() ? source.table->name : source.alias;
  };
  if (const auto* scan = std::get_if<physical::SeqScan>(&plan.node)) return of_table(scan->source);
  if (const auto* scan = std::get_if<physical::IndexScan>(&plan.node)) return of_table(scan->source);
  if (const auto* scan = std::get_if<physical::FunctionScan>(&plan.node))
    return scan->alias.empty() ? scan->function : scan->alias;
  if (const auto* scan = std::get_if<physical::SystemScan>(&plan.node))
    return scan->alias.empty() ? scan->view : scan->alias;
  if (const auto* scan = std::get_if<physical::CteScan>(&plan.node)) return scan->name;
  if (const auto* scan = std::get_if<physical::WorkTableScan>(&plan.node)) return scan->name;
  if (const auto* write = std::get_if<physical::Insert>(&plan.node)) return write->table->name;
  return {};
}

void Shower::name_relations(const PhysicalPlan& root) {
  std::vector<const PhysicalPlan*> pending{&root};
  while (!pending.empty()) {
    const PhysicalPlan* plan = pending.back();
    pending.pop_back();
    for (size_t i = plan->inputs.size(); i-- > 0;) pending.push_back(plan->inputs[i].get());
    std::string alias = own_alias(*plan);
    if (alias.empty()) continue;
    std::string unique = alias;
    for (int number = 1; !taken_.insert(unique).second; ++number)
      unique = alias + "_" + std::to_string(number);
    aliases_[plan] = unique;
  }
}

std::string Shower::alias_of(const PhysicalPlan& plan) const {
  auto found = aliases_.find(&plan);
  return found == aliases_.end() ? own_alias(plan) : found->second;
}

NodeFigures Shower::figures_of(const PhysicalPlan& plan) const {
  if (figures_ == nullptr || plan.id >= figures_->nodes.size()) return {};
  return figures_->nodes[plan.id];
}

void Shower::add(ShownStep& shown, std::string name, std::string value) {
  Property property;
  property.name = std::move(name);
  property.values.push_back(std::move(value));
  shown.properties.push_back(std::move(property));
}

void Shower::add_list(ShownStep& shown, std::string name, std::vector<std::string> values) {
  Property property;
  property.name = std::move(name);
  property.values = std::move(values);
  property.is_list = true;
  shown.properties.push_back(std::move(property));
}

void Shower::add_number(ShownStep& shown, std::string name, uint64_t value) {
  add(shown, std::move(name), std::to_string(value));
  shown.properties.back().is_number = true;
}

void Shower::fact(ShownStep& shown, std::string name, std::string value) {
  Property property;
  property.name = std::move(name);
  property.values.push_back(std::move(value));
  shown.facts.push_back(std::move(property));
}

void Shower::removed(ShownStep& shown, std::string name, uint64_t rows) {
  if (!options_.analyze || rows == 0 || figures_ == nullptr) return;
  uint64_t loops = std::max<uint64_t>(1, shown.figures.loops);
  add_number(shown, std::move(name), (rows + loops / 2) / loops);
}

void Shower::title(ShownStep& shown, const std::string& name) {
  shown.title = name;
  fact(shown, "Node Type", name);
}

void Shower::title(ShownStep& shown, const std::string& type, const std::string& text) {
  shown.title = text;
  fact(shown, "Node Type", type);
}

std::string Shower::table_text(const catalog::Table& table, const std::string& alias) {
  std::string schema = table.schema == catalog::kPgCatalogSchema ? "pg_catalog." : "public.";
  std::string text = (options_.verbose ? schema : "") + quote_identifier(table.name);
  if (!alias.empty() && alias != table.name) text += " " + quote_identifier(alias);
  return text;
}

bool Shower::carries_filter(const PhysicalPlan& plan) {
  return plan.inputs.empty() || std::holds_alternative<physical::HashAggregate>(plan.node) ||
         std::holds_alternative<physical::SortedAggregate>(plan.node) ||
         std::holds_alternative<physical::NestedLoop>(plan.node) ||
         std::holds_alternative<physical::HashJoin>(plan.node) ||
         std::holds_alternative<physical::MergeJoin>(plan.node) ||
         std::holds_alternative<physical::SubqueryScan>(plan.node);
}

Shower::Folded Shower::fold(const PhysicalPlan& top) {
  Folded folded{&top, &top, {}, {}};
  while (true) {
    const PhysicalPlan& plan = *folded.plan;
    if (std::holds_alternative<physical::Project>(plan.node)) {
      folded.projects.push_back(&plan);
    } else if (std::holds_alternative<physical::Filter>(plan.node)) {
      const PhysicalPlan* below = plan.inputs[0].get();
      while (std::holds_alternative<physical::Filter>(below->node) ||
             std::holds_alternative<physical::Project>(below->node))
        below = below->inputs[0].get();
      if (!carries_filter(*below)) return folded;
      folded.filters.push_back(&plan);
    } else {
      return folded;
    }
    folded.plan = plan.inputs[0].get();
  }
}

ShownPtr Shower::step(const PhysicalPlan& top) {
  Folded folded = fold(top);
  auto shown = std::make_unique<ShownStep>();
  shown->estimate = top.estimate;
  shown->has_figures = figures_ != nullptr && options_.analyze;
  shown->figures = figures_of(*folded.plan);
  if (shown->has_figures &&
      folded.plan != &top) {  // rows and times of the topmost, the rest of the step itself
    NodeFigures upper = figures_of(top);
    shown->figures.rows = upper.rows;
    shown->figures.loops = upper.loops;
    shown->figures.startup_ns = upper.startup_ns;
    shown->figures.total_ns = upper.total_ns;
  }
  // A value that a subplan is handed is said by what it is in the step that asks.
  hand_down(folded);
  size_t outputs = shown->properties.size();
  fill(*shown, folded);
  if (options_.verbose && !top.output.empty()) {
    std::vector<std::string> columns;
    for (uint32_t i = 0; i < top.output.size(); ++i) columns.push_back(output_text(folded, i));
    Property property;
    property.name = "Output";
    property.values = std::move(columns);
    property.is_list = true;
    shown->properties.insert(shown->properties.begin() + static_cast<long>(outputs), std::move(property));
  }
  add_subplans(*shown, folded);
  return shown;
}

std::string Shower::output_text(const Folded& folded, uint32_t index) {
  const PhysicalPlan& plan = *folded.plan;
  if (const auto* insert = std::get_if<physical::Insert>(&plan.node))
    return returned_text(plan, *insert->table, alias_of(plan), *insert->returning[index]);
  if (const auto* update = std::get_if<physical::Update>(&plan.node))
    return returned_text(plan, *update->table, target_alias(plan, *update->table, update->row_id),
                         *update->returning[index]);
  if (const auto* del = std::get_if<physical::Delete>(&plan.node))
    return returned_text(plan, *del->table, target_alias(plan, *del->table, del->row_id),
                         *del->returning[index]);
  return column_text(*folded.top, index, prefix_, true);
}

// RETURNING counts the table's columns, then the input's.
std::string Shower::returned_text(const PhysicalPlan& write, const catalog::Table& table,
                                  const std::string& alias, const Expr& returned) {
  DeparseContext here = context_of([&](uint32_t index) {
    if (index >= table.columns.size())
      return column_text(*write.inputs[0], index - static_cast<uint32_t>(table.columns.size()), true);
    return quote_identifier(alias) + "." + quote_identifier(table.columns[index].name);
  });
  return deparse(returned, here);
}

void Shower::hand_down(const Folded& folded) {
  for_each_part(folded, [&](const PhysicalPlan& plan) {
    for_each_subplan(plan, [&](const Expr& expr, uint32_t) {
      const auto& query = std::get<expression::Subquery>(expr.node);
      for (size_t i = 0; i < query.slots.size() && query.tested + i < expr.children.size(); ++i) {
        auto input = [&](uint32_t index) {
          bool is_join = plan.inputs.size() == 2;
          if (is_join) return pair_text(plan, index, true);
          return plan.inputs.empty() ? column_text(plan, index, true)
                                     : column_text(*plan.inputs[0], index, true);
        };
        slots_[query.slots[i]] = deparse(*expr.children[query.tested + i], context_of(input));
      }
    });
  });
}

void Shower::add_subplans(ShownStep& shown, const Folded& folded) {
  std::set<uint32_t> done;
  for_each_part(folded, [&](const PhysicalPlan& plan) {
    for_each_subplan(plan, [&](const Expr&, uint32_t number) {
      const Subplan& subplan = statement_.subplans[number];
      if (is_init(subplan) || !done.insert(number).second) return;
      ShownPtr tree_of = tree(*subplan.plan, false);
      tree_of->label = subplan.name;
      tree_of->relationship = "SubPlan";
      shown.last.push_back(std::move(tree_of));
    });
  });
}

void Shower::add_filter(ShownStep& shown, const Folded& folded, const Expr* own,
                        const PhysicalPlan& own_input, bool prefix) {
  std::vector<std::string> terms;
  uint64_t gone = 0;
  auto split = [&](const Expr& condition, const DeparseContext& here) {
    if (std::holds_alternative<expression::And>(condition.node)) {
      for (const ExprPtr& child : condition.children) terms.push_back(deparse(*child, here));
    } else {
      terms.push_back(deparse(condition, here));
    }
  };
  if (own != nullptr) split(*own, context(own_input, prefix));
  bool is_aggregate = std::holds_alternative<physical::HashAggregate>(folded.plan->node) ||
                      std::holds_alternative<physical::SortedAggregate>(folded.plan->node);
  for (const PhysicalPlan* filter : folded.filters) {
    const PhysicalPlan& input = *filter->inputs[0];
    split(*std::get<physical::Filter>(filter->node).condition, context(input, prefix, is_aggregate));
    gone += figures_of(input).rows - std::min(figures_of(input).rows, figures_of(*filter).rows);
  }
  if (terms.empty()) return;
  std::string text = terms[0];
  if (terms.size() > 1) {
    text = "(" + terms[0];
    for (size_t i = 1; i < terms.size(); ++i) text += " AND " + terms[i];
    text += ")";
  }
  bool once = folded.plan->inputs.empty() && std::holds_alternative<physical::OneRow>(folded.plan->node);
  add(shown, once ? "One-Time Filter" : "Filter", text);
  removed(shown, "Rows Removed by Filter", shown.figures.rows_removed_by_filter + gone);
}

void Shower::input(ShownStep& shown, const PhysicalPlan& plan, std::string relationship) {
  ShownPtr child = step(plan);
  child->relationship = std::move(relationship);
  shown.inputs.push_back(std::move(child));
}

std::vector<std::string> Shower::key_texts(const std::vector<physical::SortKey>& keys,
                                           const PhysicalPlan& below) {
  std::vector<std::string> texts;
  DeparseContext here = context(below, prefix_);
  for (const physical::SortKey& key : keys) texts.push_back(key_text(key, here));
  return texts;
}

ShownPtr show_statement(const PlannedStatement& statement, const ExplainOptions& options,
                        const ExecutionFigures* figures) {
  Shower shower(statement, options, figures);
  return shower.tree(*statement.root, true);
}

}  // namespace rowan::explaining
