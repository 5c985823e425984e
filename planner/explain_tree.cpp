#include "planner/explain_tree.h"

#include <algorithm>
#include <map>
#include <set>

#include "planner/deparse.h"

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

class Shower {
 public:
  Shower(const PlannedStatement& statement, const ExplainOptions& options, const ExecutionFigures* figures)
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

  // A whole tree: the statement's, a subplan's or a CTE's; InitPlans stand at its top.
  ShownPtr tree(const PhysicalPlan& root, bool is_main) {
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

 private:
  static bool is_init(const Subplan& subplan) { return subplan.name.rfind("InitPlan", 0) == 0; }

  static size_t count_relations(const PhysicalPlan& root) {
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

  static std::string own_alias(const PhysicalPlan& plan) {
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
  void name_relations(const PhysicalPlan& root) {
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
  std::string alias_of(const PhysicalPlan& plan) const {
    auto found = aliases_.find(&plan);
    return found == aliases_.end() ? own_alias(plan) : found->second;
  }

  template <class Visit>
  void for_each_subplan(const PhysicalPlan& plan, Visit&& visit) {
    for_each_step_expression(plan, [&](const Expr& expr) {
      walk(expr, [&](const Expr& node) {
        const auto* query = std::get_if<expression::Subquery>(&node.node);
        if (query != nullptr && query->subquery < statement_.subplans.size()) visit(node, query->subquery);
        return true;
      });
    });
  }

  // ---- texts of expressions

  DeparseContext context(const PhysicalPlan& input, bool prefix, bool raw = false) {
    DeparseContext made = context_of(
        [this, &input, prefix, raw](uint32_t index) { return column_text(input, index, prefix, raw); });
    made.input_type = [&input](uint32_t index) {
      return index < input.output.size() ? input.output[index].type : Type();
    };
    return made;
  }
  // Over both inputs of a join.
  DeparseContext pair_context(const PhysicalPlan& plan) {
    DeparseContext made =
        context_of([this, &plan](uint32_t index) { return pair_text(plan, index, prefix_); });
    made.input_type = [&plan](uint32_t index) {
      size_t left = plan.inputs[0]->output.size();
      const auto& output = plan.inputs[index < left ? 0 : 1]->output;
      size_t place = index < left ? index : index - left;
      return place < output.size() ? output[place].type : Type();
    };
    return made;
  }
  DeparseContext context_of(std::function<std::string(uint32_t)> input) {
    DeparseContext made;
    made.input = std::move(input);
    made.slot = [this](uint32_t slot) {
      auto found = slots_.find(slot);
      return found == slots_.end() ? "$" + std::to_string(slot) : found->second;
    };
    made.subquery = [this](const Expr& expr) { return subquery_text(expr); };
    return made;
  }

  std::string subquery_text(const Expr& expr) {
    const auto& query = std::get<expression::Subquery>(expr.node);
    if (query.subquery >= statement_.subplans.size()) return "(SubPlan)";
    const Subplan& subplan = statement_.subplans[query.subquery];
    if (is_init(subplan)) {
      size_t at = subplan.name.find('$');
      return subplan.name.substr(at, subplan.name.size() - at - 1);
    }
    return (subplan.hashed ? "(hashed " : "(") + subplan.name + ")";
  }

  std::string table_column(const PhysicalPlan& plan, const physical::TableRef& source, uint32_t index,
                           bool prefix) {
    if (index >= source.columns.size()) return "?";
    uint16_t number = source.columns[index];
    std::string name = number == kRowIdColumn ? "ctid" : quote_identifier(source.table->columns[number].name);
    return prefix ? quote_identifier(alias_of(plan)) + "." + name : name;
  }

  std::string named(const std::string& alias, const PhysicalPlan& plan, uint32_t index, bool prefix) {
    std::string name = index < plan.output.size() ? quote_identifier(plan.output[index].name) : "?";
    return prefix && !alias.empty() ? quote_identifier(alias) + "." + name : name;
  }

  // What an expression of the step above column `index` of `plan` prints: a name, or what the column is made
  // of, in parentheses. `raw`: without them, for a HAVING on the aggregate itself.
  std::string column_text(const PhysicalPlan& plan, uint32_t index, bool prefix, bool raw = false) {
    auto computed = [&](const Expr& expr, const PhysicalPlan& input) {
      if (const auto* reference = std::get_if<expression::InputRef>(&expr.node))
        return column_text(input, reference->index, prefix);
      std::string text = deparse(expr, context(input, prefix));
      return raw ? text : "(" + text + ")";
    };
    if (const auto* scan = std::get_if<physical::SeqScan>(&plan.node))
      return table_column(plan, scan->source, index, prefix);
    if (const auto* scan = std::get_if<physical::IndexScan>(&plan.node))
      return table_column(plan, scan->source, index, prefix);
    if (std::holds_alternative<physical::Values>(plan.node)) {
      std::string name = "column" + std::to_string(index + 1);
      return prefix ? "\"*VALUES*\"." + name : name;
    }
    if (std::holds_alternative<physical::FunctionScan>(plan.node))
      return named(alias_of(plan), plan, index, prefix);
    if (std::holds_alternative<physical::SystemScan>(plan.node))
      return named(alias_of(plan), plan, index, prefix);
    if (std::holds_alternative<physical::CteScan>(plan.node))
      return named(alias_of(plan), plan, index, prefix);
    if (std::holds_alternative<physical::WorkTableScan>(plan.node))
      return named(alias_of(plan), plan, index, prefix);
    if (const auto* scan = std::get_if<physical::SubqueryScan>(&plan.node))
      return named(scan->alias, plan, index, prefix);
    if (const auto* project = std::get_if<physical::Project>(&plan.node))
      return index < project->expressions.size() ? computed(*project->expressions[index], *plan.inputs[0])
                                                 : "?";
    auto aggregate = [&](const std::vector<ExprPtr>& keys,
                         const std::vector<physical::AggregateCall>& calls) {
      if (index < keys.size()) return computed(*keys[index], *plan.inputs[0]);
      if (index - keys.size() >= calls.size()) return std::string("?");
      std::string text = aggregate_text(calls[index - keys.size()], *plan.inputs[0], prefix);
      return raw ? text : "(" + text + ")";
    };
    if (const auto* hash = std::get_if<physical::HashAggregate>(&plan.node))
      return aggregate(hash->keys, hash->calls);
    if (const auto* sorted = std::get_if<physical::SortedAggregate>(&plan.node))
      return aggregate(sorted->keys, sorted->calls);
    if (const auto* window = std::get_if<physical::Window>(&plan.node)) {
      size_t passed = plan.inputs[0]->output.size();
      if (index < passed) return column_text(*plan.inputs[0], index, prefix);
      return "(" + window_text(window->calls[index - passed], *plan.inputs[0], prefix) + ")";
    }
    bool is_join = std::holds_alternative<physical::NestedLoop>(plan.node) ||
                   std::holds_alternative<physical::HashJoin>(plan.node) ||
                   std::holds_alternative<physical::MergeJoin>(plan.node);
    if (is_join) return pair_text(plan, index, prefix);
    if (plan.inputs.empty())
      return index < plan.output.size() ? quote_identifier(plan.output[index].name) : "?";
    return column_text(*plan.inputs[0], index, prefix);
  }
  // Of a join's inputs, side by side.
  std::string pair_text(const PhysicalPlan& plan, uint32_t index, bool prefix) {
    size_t left = plan.inputs[0]->output.size();
    if (index < left) return column_text(*plan.inputs[0], index, prefix);
    return column_text(*plan.inputs[1], index - static_cast<uint32_t>(left), prefix);
  }

  std::string aggregate_text(const physical::AggregateCall& call, const PhysicalPlan& input, bool prefix) {
    DeparseContext here = context(input, prefix);
    std::string text = quote_identifier(call.aggregate->name) + "(" + (call.distinct ? "DISTINCT " : "");
    if (call.arguments.empty()) text += "*";
    for (size_t i = 0; i < call.arguments.size(); ++i)
      text += (i > 0 ? ", " : "") + deparse(*call.arguments[i], here);
    for (size_t i = 0; i < call.order.size(); ++i)
      text += (i > 0 ? ", " : " ORDER BY ") + key_text(call.order[i], here);
    text += ")";
    if (call.filter != nullptr) text += " FILTER (WHERE " + deparse(*call.filter, here) + ")";
    return text;
  }
  std::string window_text(const physical::WindowCall& call, const PhysicalPlan& input, bool prefix) {
    DeparseContext here = context(input, prefix);
    std::string text =
        quote_identifier(call.aggregate != nullptr ? call.aggregate->name : std::string_view(call.function)) +
        "(";
    if (call.arguments.empty() && call.aggregate != nullptr) text += "*";
    for (size_t i = 0; i < call.arguments.size(); ++i)
      text += (i > 0 ? ", " : "") + deparse(*call.arguments[i], here);
    text += ")";
    if (call.filter != nullptr) text += " FILTER (WHERE " + deparse(*call.filter, here) + ")";
    return text + " OVER (?)";
  }
  static std::string key_text(const physical::SortKey& key, const DeparseContext& here) {
    std::string text = deparse(*key.key, here);
    if (key.descending) text += " DESC";
    if (key.nulls_first != key.descending) text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    return text;
  }

  // ---- steps

  NodeFigures figures_of(const PhysicalPlan& plan) const {
    if (figures_ == nullptr || plan.id >= figures_->nodes.size()) return {};
    return figures_->nodes[plan.id];
  }

  static void add(ShownStep& shown, std::string name, std::string value) {
    Property property;
    property.name = std::move(name);
    property.values.push_back(std::move(value));
    shown.properties.push_back(std::move(property));
  }
  static void add_list(ShownStep& shown, std::string name, std::vector<std::string> values) {
    Property property;
    property.name = std::move(name);
    property.values = std::move(values);
    property.is_list = true;
    shown.properties.push_back(std::move(property));
  }
  static void add_number(ShownStep& shown, std::string name, uint64_t value) {
    add(shown, std::move(name), std::to_string(value));
    shown.properties.back().is_number = true;
  }
  static void fact(ShownStep& shown, std::string name, std::string value) {
    Property property;
    property.name = std::move(name);
    property.values.push_back(std::move(value));
    shown.facts.push_back(std::move(property));
  }

  void removed(ShownStep& shown, std::string name, uint64_t rows) {
    if (!options_.analyze || rows == 0 || figures_ == nullptr) return;
    uint64_t loops = std::max<uint64_t>(1, shown.figures.loops);
    add_number(shown, std::move(name), (rows + loops / 2) / loops);
  }

  void title(ShownStep& shown, const std::string& name) {
    shown.title = name;
    fact(shown, "Node Type", name);
  }
  void title(ShownStep& shown, const std::string& type, const std::string& text) {
    shown.title = text;
    fact(shown, "Node Type", type);
  }

  std::string table_text(const catalog::Table& table, const std::string& alias) {
    std::string schema = table.schema == catalog::kPgCatalogSchema ? "pg_catalog." : "public.";
    std::string text = (options_.verbose ? schema : "") + quote_identifier(table.name);
    if (!alias.empty() && alias != table.name) text += " " + quote_identifier(alias);
    return text;
  }

  // Steps that show as a property of the one below them.
  struct Folded {
    const PhysicalPlan* top;
    const PhysicalPlan* plan;
    std::vector<const PhysicalPlan*> filters, projects;
  };
  static bool carries_filter(const PhysicalPlan& plan) {
    return plan.inputs.empty() || std::holds_alternative<physical::HashAggregate>(plan.node) ||
           std::holds_alternative<physical::SortedAggregate>(plan.node) ||
           std::holds_alternative<physical::NestedLoop>(plan.node) ||
           std::holds_alternative<physical::HashJoin>(plan.node) ||
           std::holds_alternative<physical::MergeJoin>(plan.node) ||
           std::holds_alternative<physical::SubqueryScan>(plan.node);
  }
  static Folded fold(const PhysicalPlan& top) {
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

  ShownPtr step(const PhysicalPlan& top) {
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
    if (options_.verbose && !top.output.empty() && !is_write(*folded.plan)) {
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

  static bool is_write(const PhysicalPlan& plan) {
    return std::holds_alternative<physical::Insert>(plan.node) ||
           std::holds_alternative<physical::Update>(plan.node) ||
           std::holds_alternative<physical::Delete>(plan.node);
  }

  std::string output_text(const Folded& folded, uint32_t index) {
    std::string text = column_text(*folded.top, index, prefix_, true);
    return text;
  }

  template <class Visit>
  static void for_each_part(const Folded& folded, Visit&& visit) {
    for (const PhysicalPlan* plan : folded.projects) visit(*plan);
    for (const PhysicalPlan* plan : folded.filters) visit(*plan);
    visit(*folded.plan);
  }

  void hand_down(const Folded& folded) {
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

  void add_subplans(ShownStep& shown, const Folded& folded) {
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

  // Conditions of the folded Filters and the step's own, as one.
  void add_filter(ShownStep& shown, const Folded& folded, const Expr* own, const PhysicalPlan& own_input,
                  bool prefix) {
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

  void input(ShownStep& shown, const PhysicalPlan& plan, std::string relationship) {
    ShownPtr child = step(plan);
    child->relationship = std::move(relationship);
    shown.inputs.push_back(std::move(child));
  }

  std::vector<std::string> key_texts(const std::vector<physical::SortKey>& keys, const PhysicalPlan& below) {
    std::vector<std::string> texts;
    DeparseContext here = context(below, prefix_);
    for (const physical::SortKey& key : keys) texts.push_back(key_text(key, here));
    return texts;
  }

  void fill(ShownStep& shown, const Folded& folded) {
    std::visit([&](const auto& node) { fill_node(node, shown, folded); }, folded.plan->node);
  }

  void fill_node(const physical::OneRow&, ShownStep& shown, const Folded& folded) {
    title(shown, "Result");
    add_filter(shown, folded, nullptr, *folded.plan, false);
  }
  void fill_node(const physical::Empty&, ShownStep& shown, const Folded&) {
    title(shown, "Result");
    add(shown, "One-Time Filter", "false");
  }
  void fill_node(const physical::SeqScan& node, ShownStep& shown, const Folded& folded) {
    title(shown, "Seq Scan", "Seq Scan on " + table_text(*node.source.table, alias_of(*folded.plan)));
    relation_facts(shown, node.source, alias_of(*folded.plan));
    add_filter(shown, folded, node.filter.get(), *folded.plan, options_.verbose);
  }
  void relation_facts(ShownStep& shown, const physical::TableRef& source, const std::string& alias) {
    fact(shown, "Relation Name", source.table->name);
    fact(shown, "Alias", alias);
  }
  void fill_node(const physical::IndexScan& node, ShownStep& shown, const Folded& folded) {
    std::string type = node.index_only ? "Index Only Scan" : "Index Scan";
    title(shown, type,
          type + (node.backward ? " Backward" : "") + " using " + quote_identifier(node.index->name) +
              " on " + table_text(*node.source.table, alias_of(*folded.plan)));
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
  void fill_node(const physical::Values& node, ShownStep& shown, const Folded& folded) {
    if (node.rows.size() == 1) {
      title(shown, "Result");
    } else {
      title(shown, "Values Scan", "Values Scan on \"*VALUES*\"");
      fact(shown, "Alias", "*VALUES*");
    }
    add_filter(shown, folded, nullptr, *folded.plan, options_.verbose);
  }
  void fill_node(const physical::FunctionScan& node, ShownStep& shown, const Folded& folded) {
    std::string name = (options_.verbose ? "pg_catalog." : "") + quote_identifier(node.function);
    std::string alias =
        node.alias.empty() || node.alias == node.function ? "" : " " + quote_identifier(node.alias);
    title(shown, "Function Scan", "Function Scan on " + name + alias);
    fact(shown, "Function Name", node.function);
    fact(shown, "Alias", node.alias.empty() ? node.function : node.alias);
    add_filter(shown, folded, nullptr, *folded.plan, options_.verbose);
  }
  void fill_node(const physical::SystemScan& node, ShownStep& shown, const Folded& folded) {
    std::string alias =
        node.alias.empty() || node.alias == node.view ? "" : " " + quote_identifier(node.alias);
    title(shown, "Seq Scan", "Seq Scan on " + node.view + alias);
    fact(shown, "Relation Name", node.view);
    fact(shown, "Alias", node.alias.empty() ? node.view : node.alias);
    add_filter(shown, folded, node.filter.get(), *folded.plan, options_.verbose);
  }
  void fill_node(const physical::CteScan& node, ShownStep& shown, const Folded& folded) {
    std::string name = node.cte < statement_.cte_names.size() ? statement_.cte_names[node.cte] : node.name;
    std::string shown_as = alias_of(*folded.plan);
    std::string alias = shown_as == name || shown_as.empty() ? "" : " " + quote_identifier(shown_as);
    title(shown, "CTE Scan", "CTE Scan on " + quote_identifier(name) + alias);
    fact(shown, "CTE Name", name);
    fact(shown, "Alias", node.name);
    add_filter(shown, folded, node.filter.get(), *folded.plan, options_.verbose);
  }
  void fill_node(const physical::RecursiveUnion&, ShownStep& shown, const Folded& folded) {
    title(shown, "Recursive Union");
    input(shown, *folded.plan->inputs[0], "Outer");
    input(shown, *folded.plan->inputs[1], "Inner");
  }
  void fill_node(const physical::WorkTableScan& node, ShownStep& shown, const Folded& folded) {
    std::string shown_as = alias_of(*folded.plan);
    std::string alias = shown_as == node.name ? "" : " " + quote_identifier(shown_as);
    title(shown, "WorkTable Scan", "WorkTable Scan on " + quote_identifier(node.name) + alias);
    fact(shown, "Alias", node.name);
    add_filter(shown, folded, nullptr, *folded.plan, options_.verbose);
  }
  void fill_node(const physical::SubqueryScan& node, ShownStep& shown, const Folded& folded) {
    title(shown, "Subquery Scan", "Subquery Scan on " + quote_identifier(node.alias));
    fact(shown, "Alias", node.alias);
    add_filter(shown, folded, node.filter.get(), *folded.plan, true);
    input(shown, *folded.plan->inputs[0], "Subquery");
  }
  void fill_node(const physical::Filter& node, ShownStep& shown, const Folded& folded) {
    title(shown, "Result");
    const PhysicalPlan& below = *folded.plan->inputs[0];
    add(shown, "Filter", deparse(*node.condition, context(below, prefix_)));
    uint64_t in = figures_of(below).rows, out = figures_of(*folded.plan).rows;
    removed(shown, "Rows Removed by Filter", in - std::min(in, out));
    input(shown, below, "Outer");
  }
  void fill_node(const physical::Project&, ShownStep&, const Folded&) {}
  void fill_node(const physical::Limit&, ShownStep& shown, const Folded& folded) {
    title(shown, "Limit");
    input(shown, *folded.plan->inputs[0], "Outer");
  }
  void fill_node(const physical::Sort& node, ShownStep& shown, const Folded& folded) {
    title(shown, "Sort");
    const PhysicalPlan& below = *folded.plan->inputs[0];
    add_list(shown, "Sort Key", key_texts(node.keys, below));
    sort_method(shown, "quicksort");
    input(shown, below, "Outer");
  }
  void sort_method(ShownStep& shown, const std::string& method) {
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
  // A Limit over a Sort in one.
  void fill_node(const physical::TopN& node, ShownStep& shown, const Folded& folded) {
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
  void fill_node(const physical::Distinct& node, ShownStep& shown, const Folded& folded) {
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
  void hash_memory(ShownStep& shown) {
    if (!shown.has_figures || shown.figures.loops == 0) return;
    std::string text = "Batches: " + std::to_string(std::max<uint64_t>(1, shown.figures.hash_batches)) +
                       "  Memory Usage: " + kilobytes(shown.figures.memory_bytes);
    if (shown.figures.spilled_bytes > 0) text += "  Disk Usage: " + kilobytes(shown.figures.spilled_bytes);
    add(shown, "", text);
    shown.properties.back().text_only = true;
    json_memory(shown, "HashAgg Batches");
  }
  void json_memory(ShownStep& shown, const char* batches) {
    add_number(shown, batches, std::max<uint64_t>(1, shown.figures.hash_batches));
    shown.properties.back().json_only = true;
    add_number(shown, "Peak Memory Usage", (shown.figures.memory_bytes + 1023) / 1024);
    shown.properties.back().json_only = true;
    add_number(shown, "Disk Usage", (shown.figures.spilled_bytes + 1023) / 1024);
    shown.properties.back().json_only = true;
  }
  void group(ShownStep& shown, const Folded& folded, const std::vector<ExprPtr>& keys) {
    const PhysicalPlan& below = *folded.plan->inputs[0];
    std::vector<std::string> texts;
    DeparseContext here = context(below, prefix_);
    for (const ExprPtr& key : keys) texts.push_back(deparse(*key, here));
    if (!texts.empty()) add_list(shown, "Group Key", std::move(texts));
    add_filter(shown, folded, nullptr, below, prefix_);
  }
  void fill_node(const physical::HashAggregate& node, ShownStep& shown, const Folded& folded) {
    title(shown, "Aggregate", node.keys.empty() ? "Aggregate" : "HashAggregate");
    fact(shown, "Strategy", node.keys.empty() ? "Plain" : "Hashed");
    group(shown, folded, node.keys);
    if (!node.keys.empty()) hash_memory(shown);
    input(shown, *folded.plan->inputs[0], "Outer");
  }
  void fill_node(const physical::SortedAggregate& node, ShownStep& shown, const Folded& folded) {
    if (node.calls.empty() && !node.keys.empty()) {
      title(shown, "Group");
    } else {
      title(shown, "Aggregate", node.keys.empty() ? "Aggregate" : "GroupAggregate");
      fact(shown, "Strategy", node.keys.empty() ? "Plain" : "Sorted");
    }
    group(shown, folded, node.keys);
    input(shown, *folded.plan->inputs[0], "Outer");
  }
  void fill_node(const physical::Window&, ShownStep& shown, const Folded& folded) {
    title(shown, "WindowAgg");
    input(shown, *folded.plan->inputs[0], "Outer");
  }

  void join_filter(ShownStep& shown, const Folded& folded, const Expr* condition) {
    if (condition == nullptr) return;
    const PhysicalPlan& plan = *folded.plan;
    DeparseContext here = pair_context(plan);
    add(shown, "Join Filter", deparse(*condition, here));
    removed(shown, "Rows Removed by Join Filter", shown.figures.rows_removed_by_join_filter);
  }
  void fill_node(const physical::NestedLoop& node, ShownStep& shown, const Folded& folded) {
    const PhysicalPlan& plan = *folded.plan;
    std::string words(join_words(node.kind));
    title(shown, "Nested Loop", words.empty() ? "Nested Loop" : "Nested Loop " + words + "Join");
    fact(shown, "Join Type", join_type(node.kind));
    for (const auto& [slot, value] : node.slots)
      slots_[slot] = deparse(*value, context(*plan.inputs[0], true));
    join_filter(shown, folded, node.condition.get());
    add_filter(shown, folded, nullptr, plan, prefix_);
    input(shown, *plan.inputs[0], "Outer");
    input(shown, *plan.inputs[1], "Inner");
  }
  std::string key_condition(const PhysicalPlan& plan, const std::vector<ExprPtr>& left,
                            const std::vector<ExprPtr>& right, const std::vector<const Function*>& equals) {
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
  void fill_node(const physical::HashJoin& node, ShownStep& shown, const Folded& folded) {
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
  void fill_node(const physical::MergeJoin& node, ShownStep& shown, const Folded& folded) {
    const PhysicalPlan& plan = *folded.plan;
    title(shown, "Merge Join", "Merge " + std::string(join_words(node.kind)) + "Join");
    fact(shown, "Join Type", join_type(node.kind));
    add(shown, "Merge Cond", key_condition(plan, node.left_keys, node.right_keys, {}));
    join_filter(shown, folded, node.condition.get());
    add_filter(shown, folded, nullptr, plan, prefix_);
    input(shown, *plan.inputs[0], "Outer");
    input(shown, *plan.inputs[1], "Inner");
  }
  void fill_node(const physical::Append&, ShownStep& shown, const Folded& folded) {
    title(shown, "Append");
    for (const PlanPtr& member : folded.plan->inputs) input(shown, *member, "Member");
  }
  void fill_node(const physical::SetOperation& node, ShownStep& shown, const Folded& folded) {
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
  void fill_node(const physical::Materialize&, ShownStep& shown, const Folded& folded) {
    title(shown, "Materialize");
    input(shown, *folded.plan->inputs[0], "Outer");
  }
  void fill_node(const physical::LockRows&, ShownStep& shown, const Folded& folded) {
    title(shown, "LockRows");
    input(shown, *folded.plan->inputs[0], "Outer");
  }
  void write(ShownStep& shown, const std::string& operation, const catalog::Table& table) {
    title(shown, "ModifyTable", operation + " on " + table_text(table, ""));
    fact(shown, "Operation", operation);
    fact(shown, "Relation Name", table.name);
    fact(shown, "Alias", table.name);
  }
  void fill_node(const physical::Insert& node, ShownStep& shown, const Folded& folded) {
    write(shown, "Insert", *node.table);
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
  void fill_node(const physical::Update& node, ShownStep& shown, const Folded& folded) {
    write(shown, "Update", *node.table);
    input(shown, *folded.plan->inputs[0], "Outer");
  }
  void fill_node(const physical::Delete& node, ShownStep& shown, const Folded& folded) {
    write(shown, "Delete", *node.table);
    input(shown, *folded.plan->inputs[0], "Outer");
  }

  const PlannedStatement& statement_;
  const ExplainOptions& options_;
  const ExecutionFigures* figures_;
  bool prefix_ = false;
  std::map<uint32_t, std::string> slots_;
  std::set<std::string> taken_;
  std::map<const PhysicalPlan*, std::string> aliases_;
};

}  // namespace

ShownPtr show_statement(const PlannedStatement& statement, const ExplainOptions& options,
                        const ExecutionFigures* figures) {
  Shower shower(statement, options, figures);
  return shower.tree(*statement.root, true);
}

}  // namespace rowan::explaining
