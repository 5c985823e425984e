// VALUES, and UNION, INTERSECT, EXCEPT: columns of several queries meet in one type, pair by pair from the
// left.
#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

std::string_view set_operator_name(ast::SetOperator op) {
  switch (op) {
    case ast::SetOperator::Union:
      return "UNION";
    case ast::SetOperator::Intersect:
      return "INTERSECT";
    case ast::SetOperator::Except:
      return "EXCEPT";
  }
  return "UNION";
}

logical::SetOperation::Kind set_operation_kind(ast::SetOperator op) {
  switch (op) {
    case ast::SetOperator::Union:
      return logical::SetOperation::Kind::Union;
    case ast::SetOperator::Intersect:
      return logical::SetOperation::Kind::Intersect;
    case ast::SetOperator::Except:
      return logical::SetOperation::Kind::Except;
  }
  return logical::SetOperation::Kind::Union;
}

// The expression behind a column of a query, where it can be seen; otherwise a stand-in of its type.
ExprPtr output_expression(const LogicalPlan& plan, size_t index, Position position) {
  const LogicalPlan* at = &plan;
  while (std::holds_alternative<logical::Limit>(at->node) || std::holds_alternative<logical::Sort>(at->node))
    at = at->inputs[0].get();
  const LogicalColumn& column = plan.output[index];
  if (const auto* project = std::get_if<logical::Project>(&at->node)) {
    ExprPtr copy = clone(*project->expressions[index]);
    return copy;
  }
  return std::make_unique<Expr>(expression::ColumnRef{column.id, column.name}, column.type, position);
}

// Where PostgreSQL points when the widths of two queries disagree.
Position first_output_position(const ast::Query& query) {
  const auto* select = std::get_if<ast::Select>(&query.node);
  return select == nullptr || select->items.empty() ? query.range.begin : select->items[0].expr->range.begin;
}

bool is_plain_set_operation(const ast::Query& query) {
  return std::holds_alternative<ast::SetOperation>(query.node) && query.with == nullptr &&
         query.order_by.empty() && query.limit == nullptr && query.offset == nullptr &&
         query.row_locks.empty();
}

}  // namespace

Result<LogicalPtr> Binder::bind_values(const ast::Values& values, const ast::Query& query,
                                       bool keep_unknown) {
  size_t width = values.rows.empty() ? 0 : values.rows[0].size();
  Restore<ExprKind> kind(level_->kind, ExprKind::Values);
  std::vector<std::vector<ExprPtr>> rows;
  for (const auto& row : values.rows) {
    if (row.size() != width)
      return Error(sqlstate::syntax_error, "VALUES lists must all be the same length")
          .at(row.empty() ? query.position : row[0]->range.begin);
    std::vector<ExprPtr> bound = TRY(bind_list(row));
    rows.push_back(std::move(bound));
  }
  std::vector<LogicalColumn> output;
  for (size_t column = 0; column < width; ++column) {
    std::vector<const Expr*> exprs;
    for (const auto& row : rows) exprs.push_back(row[column].get());
    bool all_unknown = std::all_of(exprs.begin(), exprs.end(),
                                   [](const Expr* expr) { return expr->type.id == TypeId::Unknown; });
    std::string name = fmt::format("column{}", column + 1);
    if (all_unknown && keep_unknown && rows.size() == 1) {
      output.push_back(make_column(std::move(name), TypeId::Unknown));
      continue;
    }
    Type type = TRY(common_type(exprs, "VALUES"));
    type = common_modifiers(exprs, type, false);
    for (auto& row : rows) row[column] = TRY(coerce_common(std::move(row[column]), type, "VALUES"));
    output.push_back(make_column(std::move(name), type));
  }
  LogicalPtr plan;
  if (rows.size() == 1) {
    // One row is a Project over nothing, where literals can still find their type.
    plan = std::make_unique<LogicalPlan>(logical::Project{std::move(rows[0])});
    plan->inputs.push_back(std::make_unique<LogicalPlan>(logical::OneRow{}));
  } else {
    plan = std::make_unique<LogicalPlan>(logical::ValuesList{std::move(rows)});
  }
  plan->output = std::move(output);
  if (!query.order_by.empty()) plan = TRY(sort_by_output(std::move(plan), query));
  if (!query.row_locks.empty())
    return Error(sqlstate::feature_not_supported, "FOR UPDATE cannot be applied to VALUES");
  return add_limit(std::move(plan), query);
}

Result<LogicalPtr> Binder::combine(LogicalPtr left, LogicalPtr right, const ast::SetOperation& node,
                                   const ast::Query& left_query, const ast::Query& right_query) {
  std::string_view name = set_operator_name(node.op);
  if (left->output.size() != right->output.size())
    return Error(sqlstate::syntax_error,
                 fmt::format("each {} query must have the same number of columns", name))
        .at(first_output_position(right_query));
  for (size_t i = 0; i < left->output.size(); ++i) {
    ExprPtr l = output_expression(*left, i, left_query.range.begin);
    ExprPtr r = output_expression(*right, i, right_query.range.begin);
    std::vector<const Expr*> both{l.get(), r.get()};
    Type type = TRY(common_type(both, name));
    type = common_modifiers(both, type, false);
    // Untyped literals are read; a parameter takes the type.
    TRY(coerce_output(left, i, type, CastContext::Implicit));
    TRY(coerce_output(right, i, type, CastContext::Implicit));
  }
  logical::SetOperation::Kind kind = set_operation_kind(node.op);
  bool is_union_all = node.op == ast::SetOperator::Union && node.is_all;
  if (is_union_all && is_plain_set_operation(left_query)) {
    auto* before = std::get_if<logical::SetOperation>(&left->node);
    if (before != nullptr && before->kind == logical::SetOperation::Kind::Union && before->all) {
      left->inputs.push_back(std::move(right));
      return left;
    }
  }
  auto plan = std::make_unique<LogicalPlan>(logical::SetOperation{kind, node.is_all});
  for (const LogicalColumn& column : left->output)
    plan->output.push_back(make_column(column.name, column.type));
  plan->inputs.push_back(std::move(left));
  plan->inputs.push_back(std::move(right));
  return plan;
}

Result<LogicalPtr> Binder::bind_set_operation(const ast::Query& query) {
  if (!query.row_locks.empty())
    return Error(sqlstate::feature_not_supported, "FOR UPDATE is not allowed with UNION/INTERSECT/EXCEPT");
  // A UNION ALL … leans to the left, as deep as it is long.
  std::vector<const ast::Query*> spine{&query};
  const ast::Query* first = std::get<ast::SetOperation>(query.node).left;
  while (is_plain_set_operation(*first)) {
    spine.push_back(first);
    first = std::get<ast::SetOperation>(first->node).left;
  }
  Level* level = level_;
  LogicalPtr plan = TRY(bind_query(*first, level, true));
  const ast::Query* left_query = first;
  for (size_t i = spine.size(); i-- > 0;) {
    const auto& node = std::get<ast::SetOperation>(spine[i]->node);
    LogicalPtr right = TRY(bind_query(*node.right, level, true));
    plan = TRY(combine(std::move(plan), std::move(right), node, *left_query, *node.right));
    left_query = spine[i];
  }
  if (!query.order_by.empty()) plan = TRY(sort_by_output(std::move(plan), query));
  return add_limit(std::move(plan), query);
}

// ORDER BY above a set operation or VALUES sees the output columns alone, by name, position or nothing.
Result<LogicalPtr> Binder::sort_by_output(LogicalPtr plan, const ast::Query& query) {
  TRY(settle_unknown_output(plan));
  logical::Sort node;
  for (const ast::SortKey& key : query.order_by) {
    auto [descending, nulls_first] = TRY(sort_direction(key));
    size_t found = plan->output.size();
    Position position = key.expr->range.begin;
    const auto* ref = ast::as<ast::ColumnRef>(key.expr);
    const auto* literal = ast::as<ast::Literal>(key.expr);
    if (ref != nullptr && ref->name.parts.size() == 1) {
      for (size_t i = 0; i < plan->output.size(); ++i) {
        if (plan->output[i].name != ref->name.last()) continue;
        if (found < plan->output.size())
          return Error(sqlstate::ambiguous_column,
                       fmt::format("ORDER BY \"{}\" is ambiguous", ref->name.last()))
              .at(position);
        found = i;
      }
    } else if (literal != nullptr) {
      if (literal->kind != ast::LiteralKind::Integer)
        return Error(sqlstate::syntax_error, "non-integer constant in ORDER BY").at(position);
      if (literal->integer < 1 || static_cast<size_t>(literal->integer) > plan->output.size())
        return Error(sqlstate::invalid_column_reference,
                     fmt::format("ORDER BY position {} is not in select list", literal->integer))
            .at(position);
      found = static_cast<size_t>(literal->integer) - 1;
    }
    bool is_values = std::holds_alternative<ast::Values>(query.node);
    if (found < plan->output.size()) {
      const LogicalColumn& column = plan->output[found];
      node.keys.push_back(
          {std::make_unique<Expr>(expression::ColumnRef{column.id, column.name}, column.type, position),
           descending, nulls_first});
      continue;
    }
    // The output is the only relation there is.
    ScopeItem output;
    output.name = is_values ? "*VALUES*" : "";
    for (const LogicalColumn& column : plan->output)
      output.columns.push_back({column.name, column.id, column.type, nullptr});
    Restore<std::vector<Visible>> only(level_->visible, {Visible{&output}});
    ExprPtr value = TRY(bind_expr(key.expr, ExprKind::OrderBy));
    if (!is_values)
      return Error(sqlstate::feature_not_supported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause")
          .at(position)
          .detail("Only result column names can be used, not expressions or functions.")
          .hint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.");
    node.keys.push_back({std::move(value), descending, nulls_first});
  }
  auto sort = std::make_unique<LogicalPlan>(std::move(node));
  sort->output = plan->output;
  sort->inputs.push_back(std::move(plan));
  return sort;
}

}  // namespace rowan::binding
