// Expressions leave the world of column numbers: what the input has becomes a position, what comes from
// outside a runtime slot, and each subquery a subplan of its own.
#include <algorithm>

#include "planner/optimizer_impl.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan::optimizing {

bool has_column(std::span<const ColumnId> layout, ColumnId column) {
  return std::find(layout.begin(), layout.end(), column) != layout.end();
}

void split_conjunction(const Expr& expr, std::vector<const Expr*>& terms) {
  if (!std::holds_alternative<expression::And>(expr.node)) {
    terms.push_back(&expr);
    return;
  }
  for (const ExprPtr& child : expr.children) split_conjunction(*child, terms);
}

Result<ExprPtr> Optimizer::outer_column(ColumnId column, const Type& type, Position position) {
  for (size_t i = frames_.size(); i-- > 0;) {
    Frame& frame = *frames_[i];
    if (!frame.has_all && !has_column(frame.available, column)) continue;
    for (const Frame::Slot& known : frame.slots)
      if (known.column == column)
        return std::make_unique<Expr>(expression::RuntimeSlot{known.slot}, type, position);
    auto slot = static_cast<uint32_t>(out_->slot_types.size());
    out_->slot_types.push_back(type);
    frame.slots.push_back({column, slot, type});
    return std::make_unique<Expr>(expression::RuntimeSlot{slot}, type, position);
  }
  return Error(sqlstate::internal_error, "column " + std::to_string(column) + " is not in its plan's input");
}

Result<ExprPtr> Optimizer::translate(const Expr& expr, std::span<const ColumnId> layout) {
  if (const auto* column = std::get_if<expression::ColumnRef>(&expr.node)) {
    auto found = std::find(layout.begin(), layout.end(), column->column);
    if (found == layout.end()) return outer_column(column->column, expr.type, expr.position);
    auto index = static_cast<uint32_t>(found - layout.begin());
    return std::make_unique<Expr>(expression::InputRef{index}, expr.type, expr.position);
  }
  if (std::holds_alternative<expression::Subquery>(expr.node)) return translate_subquery(expr, layout);
  auto copy = std::make_unique<Expr>(expr.node, expr.type, expr.position);
  copy->children.reserve(expr.children.size());
  for (const ExprPtr& child : expr.children) {
    ExprPtr translated = TRY(translate(*child, layout));
    copy->children.push_back(std::move(translated));
  }
  return copy;
}

Result<ExprPtr> Optimizer::translate_subquery(const Expr& expr, std::span<const ColumnId> layout) {
  expression::Subquery node = std::get<expression::Subquery>(expr.node);
  ENSURE(node.subquery < in_.subqueries.size() && in_.subqueries[node.subquery].plan != nullptr);
  const LogicalPlan& query = *in_.subqueries[node.subquery].plan;
  // A condition is translated for the index, and again to be shown and checked.
  if (auto known = init_plan_of_.find(node.subquery); known != init_plan_of_.end()) {
    node.subquery = known->second;
    return std::make_unique<Expr>(std::move(node), expr.type, expr.position);
  }

  Frame frame;
  frame.has_all = true;
  frames_.push_back(&frame);
  Want want;
  if (node.kind == expression::SubqueryKind::Exists) want.rows = 1;
  Result<Built> planned = plan(query, want);
  frames_.pop_back();
  if (!planned.ok()) return std::move(planned).error();
  Built built = arrange(std::move(planned).take(), query.output);

  Subplan subplan;
  bool equalities = node.compare_name == "=" && !node.compare.empty();
  double bytes = built.rows() * (built.width() + 48);
  subplan.hashed = node.kind == expression::SubqueryKind::Any && frame.slots.empty() && equalities &&
                   bytes < static_cast<double>(options_.settings.work_memory_bytes) * 2;
  bool is_init = frame.slots.empty() && (node.kind == expression::SubqueryKind::Scalar ||
                                         node.kind == expression::SubqueryKind::Exists);
  auto number = std::to_string(out_->subplans.size() + out_->ctes.size() + 1);
  subplan.name = is_init ? "InitPlan " + number + " (returns $" + std::to_string(init_plans_++) + ")"
                         : "SubPlan " + number;
  subplan.plan = std::move(built.plan);
  for (const Frame::Slot& slot : frame.slots) subplan.slots.push_back(slot.slot);

  auto result = std::make_unique<Expr>(expression::Subquery{}, expr.type, expr.position);
  for (size_t i = 0; i < node.tested && i < expr.children.size(); ++i) {
    ExprPtr tested = TRY(translate(*expr.children[i], layout));
    result->children.push_back(std::move(tested));
  }
  for (const Frame::Slot& slot : frame.slots) {
    Expr reference(expression::ColumnRef{slot.column, ""}, slot.type);
    ExprPtr value = TRY(translate(reference, layout));
    result->children.push_back(std::move(value));
  }
  auto subplan_number = static_cast<uint32_t>(out_->subplans.size());
  if (is_init) init_plan_of_.emplace(node.subquery, subplan_number);
  node.subquery = subplan_number;
  node.slots = subplan.slots;
  result->node = std::move(node);
  out_->subplans.push_back(std::move(subplan));
  return result;
}

Result<ExprPtr> Optimizer::translate_all(const std::vector<const Expr*>& conditions,
                                         std::span<const ColumnId> layout) {
  std::vector<ExprPtr> terms;
  for (const Expr* condition : conditions) {
    ExprPtr term = TRY(translate(*condition, layout));
    terms.push_back(std::move(term));
  }
  // The cheap ones first, as PostgreSQL has it: they spare the others, subplans above all.
  if (terms.size() > 1)
    std::stable_sort(terms.begin(), terms.end(),
                     [&](const ExprPtr& a, const ExprPtr& b) { return operators_of(*a) < operators_of(*b); });
  return conjunction(std::move(terms));
}

Result<std::vector<ExprPtr>> Optimizer::translate_list(const std::vector<ExprPtr>& list,
                                                       std::span<const ColumnId> layout) {
  std::vector<ExprPtr> translated;
  translated.reserve(list.size());
  for (const ExprPtr& expr : list) {
    ExprPtr one = TRY(translate(*expr, layout));
    translated.push_back(std::move(one));
  }
  return translated;
}

Result<std::vector<physical::SortKey>> Optimizer::translate_keys(const std::vector<logical::SortKey>& keys,
                                                                 std::span<const ColumnId> layout) {
  std::vector<physical::SortKey> translated;
  for (const logical::SortKey& key : keys) {
    physical::SortKey one;
    one.key = TRY(translate(*key.key, layout));
    one.descending = key.descending;
    one.nulls_first = key.nulls_first;
    translated.push_back(std::move(one));
  }
  return translated;
}

double Optimizer::operators_of(const Expr& expr) const {
  double count = 0;
  walk(expr, [&](const Expr& node) {
    if (std::holds_alternative<expression::Call>(node.node) ||
        std::holds_alternative<expression::IsDistinct>(node.node) ||
        std::holds_alternative<expression::NullIf>(node.node) ||
        std::holds_alternative<expression::MinMax>(node.node)) {
      count += 1;
    } else if (std::holds_alternative<expression::InList>(node.node)) {
      count += 0.5 * static_cast<double>(node.children.size());
    } else if (const auto* query = std::get_if<expression::Subquery>(&node.node)) {
      // In a physical expression the subplan is known; in a logical one a guess keeps such conditions last.
      if (out_ != nullptr && query->subquery < out_->subplans.size() && !query->slots.empty() &&
          out_->subplans[query->subquery].plan != nullptr) {
        const Subplan& subplan = out_->subplans[query->subquery];
        count += subplan.plan->estimate.total_cost / options_.settings.cpu_operator_cost;
      } else {
        count += 2;
      }
    }
    return true;
  });
  return count;
}

}  // namespace rowan::optimizing
