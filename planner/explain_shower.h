// planner/explain_shower.h: makes the steps that EXPLAIN shows of a plan, shared by its .cpp files:
//   explain_tree.cpp    the tree: names of relations, steps folded into one, InitPlans and SubPlans
//   explain_text.cpp    expressions as text, each column by what it is made of
//   explain_steps.cpp   what each kind of node shows
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "planner/deparse.h"
#include "planner/explain_tree.h"

namespace rowan::explaining {

class Shower {
 public:
  Shower(const PlannedStatement& statement, const ExplainOptions& options, const ExecutionFigures* figures);

  // A whole tree: the statement's, a subplan's or a CTE's; InitPlans stand at its top.
  ShownPtr tree(const PhysicalPlan& root, bool is_main);

 private:
  static bool is_init(const Subplan& subplan) { return subplan.name.rfind("InitPlan", 0) == 0; }

  static size_t count_relations(const PhysicalPlan& root);
  static std::string own_alias(const PhysicalPlan& plan);
  void name_relations(const PhysicalPlan& root);
  std::string alias_of(const PhysicalPlan& plan) const;
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

  // ---- texts of expressions (explain_text.cpp)

  DeparseContext context(const PhysicalPlan& input, bool prefix, bool raw = false);
  // Over both inputs of a join.
  DeparseContext pair_context(const PhysicalPlan& plan);
  DeparseContext context_of(std::function<std::string(uint32_t)> input);
  std::string subquery_text(const Expr& expr);
  std::string table_column(const PhysicalPlan& plan, const physical::TableRef& source, uint32_t index,
                           bool prefix);
  std::string named(const std::string& alias, const PhysicalPlan& plan, uint32_t index, bool prefix);

  // What an expression of the step above column `index` of `plan` prints: a name, or what the column is made
  // of, in parentheses. `raw`: without them, for a HAVING on the aggregate itself.
  std::string column_text(const PhysicalPlan& plan, uint32_t index, bool prefix, bool raw = false);
  // Of a join's inputs, side by side.
  std::string pair_text(const PhysicalPlan& plan, uint32_t index, bool prefix);
  std::string aggregate_text(const physical::AggregateCall& call, const PhysicalPlan& input, bool prefix);
  std::string window_text(const physical::WindowCall& call, const PhysicalPlan& input, bool prefix);
  static std::string key_text(const physical::SortKey& key, const DeparseContext& here);

  // ---- steps (explain_tree.cpp)

  NodeFigures figures_of(const PhysicalPlan& plan) const;
  static void add(ShownStep& shown, std::string name, std::string value);
  static void add_list(ShownStep& shown, std::string name, std::vector<std::string> values);
  static void add_number(ShownStep& shown, std::string name, uint64_t value);
  static void fact(ShownStep& shown, std::string name, std::string value);
  void removed(ShownStep& shown, std::string name, uint64_t rows);
  void title(ShownStep& shown, const std::string& name);
  void title(ShownStep& shown, const std::string& type, const std::string& text);
  std::string table_text(const catalog::Table& table, const std::string& alias);

  // Steps that show as a property of the one below them.
  struct Folded {
    const PhysicalPlan* top;
    const PhysicalPlan* plan;
    std::vector<const PhysicalPlan*> filters, projects;
  };
  static bool carries_filter(const PhysicalPlan& plan);
  static Folded fold(const PhysicalPlan& top);
  ShownPtr step(const PhysicalPlan& top);
  std::string output_text(const Folded& folded, uint32_t index);
  std::string returned_text(const PhysicalPlan& write, const catalog::Table& table, const std::string& alias,
                            const Expr& returned);
  template <class Visit>
  static void for_each_part(const Folded& folded, Visit&& visit) {
    for (const PhysicalPlan* plan : folded.projects) visit(*plan);
    for (const PhysicalPlan* plan : folded.filters) visit(*plan);
    visit(*folded.plan);
  }

  void hand_down(const Folded& folded);
  void add_subplans(ShownStep& shown, const Folded& folded);

  // Conditions of the folded Filters and the step's own, as one.
  void add_filter(ShownStep& shown, const Folded& folded, const Expr* own, const PhysicalPlan& own_input,
                  bool prefix);
  void input(ShownStep& shown, const PhysicalPlan& plan, std::string relationship);
  std::vector<std::string> key_texts(const std::vector<physical::SortKey>& keys, const PhysicalPlan& below);

  // ---- what each kind of node shows (explain_steps.cpp)

  void fill(ShownStep& shown, const Folded& folded);
  void fill_node(const physical::OneRow&, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::Empty&, ShownStep& shown, const Folded&);
  void fill_node(const physical::SeqScan& node, ShownStep& shown, const Folded& folded);
  void relation_facts(ShownStep& shown, const physical::TableRef& source, const std::string& alias);
  void fill_node(const physical::IndexScan& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::Values& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::FunctionScan& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::SystemScan& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::CteScan& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::RecursiveUnion&, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::WorkTableScan& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::SubqueryScan& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::Filter& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::Project&, ShownStep&, const Folded&) {}
  void fill_node(const physical::Limit&, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::Sort& node, ShownStep& shown, const Folded& folded);
  void sort_method(ShownStep& shown, const std::string& method);
  // A Limit over a Sort in one.
  void fill_node(const physical::TopN& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::Distinct& node, ShownStep& shown, const Folded& folded);
  void hash_memory(ShownStep& shown);
  void json_memory(ShownStep& shown, const char* batches);
  void group(ShownStep& shown, const Folded& folded, const std::vector<ExprPtr>& keys);
  void fill_node(const physical::HashAggregate& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::SortedAggregate& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::Window&, ShownStep& shown, const Folded& folded);
  void join_filter(ShownStep& shown, const Folded& folded, const Expr* condition);
  void fill_node(const physical::NestedLoop& node, ShownStep& shown, const Folded& folded);
  std::string key_condition(const PhysicalPlan& plan, const std::vector<ExprPtr>& left,
                            const std::vector<ExprPtr>& right, const std::vector<const Function*>& equals);
  void fill_node(const physical::HashJoin& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::MergeJoin& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::Append&, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::SetOperation& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::Materialize&, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::LockRows&, ShownStep& shown, const Folded& folded);
  void write(ShownStep& shown, const std::string& operation, const catalog::Table& table,
             const std::string& alias);
  std::string target_alias(const PhysicalPlan& write, const catalog::Table& table, uint32_t row_id);
  void fill_node(const physical::Insert& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::Update& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::Delete& node, ShownStep& shown, const Folded& folded);
  void fill_node(const physical::Merge& node, ShownStep& shown, const Folded& folded);

  const PlannedStatement& statement_;
  const ExplainOptions& options_;
  const ExecutionFigures* figures_;
  bool prefix_ = false;
  std::map<uint32_t, std::string> slots_;
  std::set<std::string> taken_;
  std::map<const PhysicalPlan*, std::string> aliases_;
};

}  // namespace rowan::explaining
