#include "executor/replaced_rows.h"

namespace rowan {

namespace {

bool replaced_is_row_id(const physical::TableRef& source, uint32_t column) {
  return column < source.columns.size() && source.columns[column] == kRowIdColumn;
}

}  // namespace

const PhysicalPlan* row_id_scan(const PhysicalPlan& start, uint32_t column) {
  const PhysicalPlan* plan = &start;
  while (true) {
    if (const auto* scan = std::get_if<physical::SeqScan>(&plan->node))
      return replaced_is_row_id(scan->source, column) ? plan : nullptr;
    if (const auto* scan = std::get_if<physical::IndexScan>(&plan->node))
      return replaced_is_row_id(scan->source, column) ? plan : nullptr;
    if (const auto* project = std::get_if<physical::Project>(&plan->node)) {
      const auto* ref = std::get_if<expression::InputRef>(&project->expressions[column]->node);
      if (ref == nullptr) return nullptr;
      column = ref->index;
      plan = plan->inputs[0].get();
      continue;
    }
    bool joins = std::holds_alternative<physical::NestedLoop>(plan->node) ||
                 std::holds_alternative<physical::HashJoin>(plan->node) ||
                 std::holds_alternative<physical::MergeJoin>(plan->node);
    if (joins) {
      auto left = static_cast<uint32_t>(plan->inputs[0]->output.size());
      bool on_left = column < left;
      if (!on_left) column -= left;
      plan = plan->inputs[on_left ? 0 : 1].get();
      continue;
    }
    bool passes = std::holds_alternative<physical::Filter>(plan->node) ||
                  std::holds_alternative<physical::SubqueryScan>(plan->node) ||
                  std::holds_alternative<physical::Sort>(plan->node) ||
                  std::holds_alternative<physical::TopN>(plan->node) ||
                  std::holds_alternative<physical::Limit>(plan->node) ||
                  std::holds_alternative<physical::Materialize>(plan->node) ||
                  std::holds_alternative<physical::LockRows>(plan->node);
    if (!passes) return nullptr;
    plan = plan->inputs[0].get();
  }
}

}  // namespace rowan
