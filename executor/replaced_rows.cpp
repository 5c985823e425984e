#include "executor/replaced_rows.h"

#include <algorithm>

namespace rowan {

namespace {

ColumnOrigin replaced_origin_in(const PhysicalPlan& plan, const physical::TableRef& source, uint32_t column) {
  if (column >= source.columns.size()) return {};
  return {&plan, source.columns[column]};
}

class JoinedColumns {
 public:
  explicit JoinedColumns(const PhysicalPlan& scan) : scan_(scan) {}

  void visit(const PhysicalPlan& plan) {
    if (const auto* join = std::get_if<physical::HashJoin>(&plan.node)) visit_keys(plan, *join);
    if (const auto* join = std::get_if<physical::MergeJoin>(&plan.node)) visit_keys(plan, *join);
    if (const auto* join = std::get_if<physical::NestedLoop>(&plan.node)) {
      for (const auto& [slot, value] : join->slots) add(*plan.inputs[0], *value);
      if (join->condition != nullptr) visit_condition(plan, *join->condition);
      if (plan.inputs[1].get() == &scan_) visit_bounds();
    }
    for (const PlanPtr& input : plan.inputs) visit(*input);
  }
  std::vector<uint16_t> found;

 private:
  template <class Join>
  void visit_keys(const PhysicalPlan& plan, const Join& join) {
    for (const ExprPtr& key : join.left_keys) add(*plan.inputs[0], *key);
    for (const ExprPtr& key : join.right_keys) add(*plan.inputs[1], *key);
  }
  void visit_condition(const PhysicalPlan& plan, const Expr& condition) {
    if (std::holds_alternative<expression::And>(condition.node)) {
      for (const ExprPtr& term : condition.children) visit_condition(plan, *term);
      return;
    }
    const auto* call = std::get_if<expression::Call>(&condition.node);
    if (call == nullptr || call->function->name != "=") return;
    auto left = static_cast<uint32_t>(plan.inputs[0]->output.size());
    walk(condition, [&](const Expr& node) {
      if (const auto* ref = std::get_if<expression::InputRef>(&node.node)) {
        bool on_left = ref->index < left;
        add_column(*plan.inputs[on_left ? 0 : 1], on_left ? ref->index : ref->index - left);
      }
      return true;
    });
  }
  // The row's scan is the inner side, looked up by an outer row's values.
  void visit_bounds() {
    const auto* index_scan = std::get_if<physical::IndexScan>(&scan_.node);
    if (index_scan == nullptr) return;
    for (const physical::IndexBound& bound : index_scan->bounds) {
      bool by_slot = bound.kind == physical::IndexBound::Kind::Equal && bound.value != nullptr;
      if (!by_slot) continue;
      bool has_slot = false;
      walk(*bound.value, [&](const Expr& node) {
        has_slot = has_slot || std::holds_alternative<expression::RuntimeSlot>(node.node);
        return true;
      });
      const catalog::IndexKey& key = index_scan->index->keys[bound.key];
      if (has_slot && key.column) found.push_back(*key.column);
    }
  }
  void add(const PhysicalPlan& input, const Expr& expr) {
    walk(expr, [&](const Expr& node) {
      if (const auto* ref = std::get_if<expression::InputRef>(&node.node)) add_column(input, ref->index);
      return true;
    });
  }
  void add_column(const PhysicalPlan& input, uint32_t column) {
    ColumnOrigin origin = column_origin(input, column);
    if (origin.scan == &scan_ && origin.column != kRowIdColumn) found.push_back(origin.column);
  }

  const PhysicalPlan& scan_;
};

}  // namespace

ColumnOrigin column_origin(const PhysicalPlan& start, uint32_t column) {
  const PhysicalPlan* plan = &start;
  while (true) {
    if (const auto* scan = std::get_if<physical::SeqScan>(&plan->node))
      return replaced_origin_in(*plan, scan->source, column);
    if (const auto* scan = std::get_if<physical::IndexScan>(&plan->node))
      return replaced_origin_in(*plan, scan->source, column);
    if (std::holds_alternative<physical::CteScan>(plan->node)) return {plan, static_cast<uint16_t>(column)};
    if (const auto* project = std::get_if<physical::Project>(&plan->node)) {
      const auto* ref = std::get_if<expression::InputRef>(&project->expressions[column]->node);
      if (ref == nullptr) return {};
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
    if (!passes) return {};
    plan = plan->inputs[0].get();
  }
}

std::vector<uint16_t> joined_columns(const PhysicalPlan& plan, const PhysicalPlan& scan) {
  JoinedColumns joined(scan);
  joined.visit(plan);
  std::sort(joined.found.begin(), joined.found.end());
  joined.found.erase(std::unique(joined.found.begin(), joined.found.end()), joined.found.end());
  return joined.found;
}

}  // namespace rowan
