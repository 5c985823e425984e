// Expressions of a plan as text.
#include <algorithm>

#include "planner/explain_shower.h"

namespace rowan::explaining {

DeparseContext Shower::context(const PhysicalPlan& input, bool prefix, bool raw) {
  DeparseContext made = context_of(
      [this, &input, prefix, raw](uint32_t index) { return column_text(input, index, prefix, raw); });
  made.input_type = [&input](uint32_t index) {
    return index < input.output.size() ? input.output[index].type : Type();
  };
  return made;
}

DeparseContext Shower::pair_context(const PhysicalPlan& plan) {
  DeparseContext made = context_of([this, &plan](uint32_t index) { return pair_text(plan, index, prefix_); });
  made.input_type = [&plan](uint32_t index) {
    size_t left = plan.inputs[0]->output.size();
    const auto& output = plan.inputs[index < left ? 0 : 1]->output;
    size_t place = index < left ? index : index - left;
    return place < output.size() ? output[place].type : Type();
  };
  return made;
}

DeparseContext Shower::context_of(std::function<std::string(uint32_t)> input) {
  DeparseContext made;
  made.input = std::move(input);
  made.slot = [this](uint32_t slot) {
    auto found = slots_.find(slot);
    return found == slots_.end() ? "$" + std::to_string(slot) : found->second;
  };
  made.subquery = [this](const Expr& expr) { return subquery_text(expr); };
  return made;
}

std::string Shower::subquery_text(const Expr& expr) {
  const auto& query = std::get<expression::Subquery>(expr.node);
  if (query.subquery >= statement_.subplans.size()) return "(SubPlan)";
  const Subplan& subplan = statement_.subplans[query.subquery];
  if (is_init(subplan)) {
    size_t at = subplan.name.find('$');
    return subplan.name.substr(at, subplan.name.size() - at - 1);
  }
  return (subplan.hashed ? "(hashed " : "(") + subplan.name + ")";
}

std::string Shower::table_column(const PhysicalPlan& plan, const physical::TableRef& source, uint32_t index,
                                 bool prefix) {
  if (index >= source.columns.size()) return "?";
  uint16_t number = source.columns[index];
  std::string name = number == kRowIdColumn ? "ctid" : quote_identifier(source.table->columns[number].name);
  return prefix ? quote_identifier(alias_of(plan)) + "." + name : name;
}

std::string Shower::named(const std::string& alias, const PhysicalPlan& plan, uint32_t index, bool prefix) {
  std::string name = index < plan.output.size() ? quote_identifier(plan.output[index].name) : "?";
  return prefix && !alias.empty() ? quote_identifier(alias) + "." + name : name;
}

std::string Shower::column_text(const PhysicalPlan& plan, uint32_t index, bool prefix, bool raw) {
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
  if (std::holds_alternative<physical::CteScan>(plan.node)) return named(alias_of(plan), plan, index, prefix);
  if (std::holds_alternative<physical::WorkTableScan>(plan.node))
    return named(alias_of(plan), plan, index, prefix);
  if (const auto* scan = std::get_if<physical::SubqueryScan>(&plan.node))
    return named(scan->alias, plan, index, prefix);
  if (const auto* project = std::get_if<physical::Project>(&plan.node))
    return index < project->expressions.size() ? computed(*project->expressions[index], *plan.inputs[0])
                                               : "?";
  auto aggregate = [&](const std::vector<ExprPtr>& keys, const std::vector<physical::AggregateCall>& calls) {
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

std::string Shower::pair_text(const PhysicalPlan& plan, uint32_t index, bool prefix) {
  size_t left = plan.inputs[0]->output.size();
  if (index < left) return column_text(*plan.inputs[0], index, prefix);
  return column_text(*plan.inputs[1], index - static_cast<uint32_t>(left), prefix);
}

std::string Shower::aggregate_text(const physical::AggregateCall& call, const PhysicalPlan& input,
                                   bool prefix) {
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

std::string Shower::window_text(const physical::WindowCall& call, const PhysicalPlan& input, bool prefix) {
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

std::string Shower::key_text(const physical::SortKey& key, const DeparseContext& here) {
  std::string text = deparse(*key.key, here);
  if (key.descending) text += " DESC";
  if (key.nulls_first != key.descending) text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
  return text;
}

}  // namespace rowan::explaining
