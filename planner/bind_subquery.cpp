// Queries inside expressions: EXISTS, scalar, IN, ANY, ALL. Each becomes an entry of
// BoundStatement::subqueries and an expression::Subquery; the rewrites unnest what they can.
#include <fmt/format.h>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

// "not greater" and so on: NOT (x op ANY q) is x negated-op ALL q.
ExprPtr subquery_not(ExprPtr expr, Position position) {
  auto result = std::make_unique<Expr>(expression::Not{}, TypeId::Boolean, position);
  result->children.push_back(std::move(expr));
  return result;
}

}  // namespace

uint32_t Binder::keep_subquery(LogicalPtr plan) {
  statement_.subqueries.push_back(LogicalSubquery{std::move(plan), {}});
  return static_cast<uint32_t>(statement_.subqueries.size() - 1);
}

Result<ExprPtr> Binder::bind_exists(const ast::Exists& node, Position position) {
  if (const char* refusal = subquery_refusal(level_->kind))
    return Error(sqlstate::feature_not_supported, refusal).at(position);
  Restore<int> depth(sublink_depth_, sublink_depth_ + 1);
  LogicalPtr plan = TRY(bind_query(*node.query, level_, false));
  expression::Subquery subquery{};
  subquery.kind = expression::SubqueryKind::Exists;
  subquery.subquery = keep_subquery(std::move(plan));
  return std::make_unique<Expr>(std::move(subquery), TypeId::Boolean, position);
}

Result<ExprPtr> Binder::bind_scalar_query(const ast::Query& query, Position position, size_t column,
                                          size_t width) {
  if (const char* refusal = subquery_refusal(level_->kind))
    return Error(sqlstate::feature_not_supported, refusal).at(position);
  Restore<int> depth(sublink_depth_, sublink_depth_ + 1);
  LogicalPtr plan = TRY(bind_query(query, level_, false));
  if (plan->output.size() != width) {
    if (width == 1) return Error(sqlstate::syntax_error, "subquery must return only one column").at(position);
    return Error(sqlstate::syntax_error, "number of columns does not match number of values").at(position);
  }
  query_names_[&query] = plan->output[0].name;
  LogicalColumn wanted = plan->output[column];
  if (width > 1) {
    logical::Project node;
    node.expressions.push_back(
        std::make_unique<Expr>(expression::ColumnRef{wanted.id, wanted.name}, wanted.type));
    auto above = std::make_unique<LogicalPlan>(std::move(node));
    above->output.push_back(wanted);
    above->inputs.push_back(std::move(plan));
    plan = std::move(above);
  }
  expression::Subquery subquery{};
  subquery.kind = expression::SubqueryKind::Scalar;
  subquery.subquery = keep_subquery(std::move(plan));
  return std::make_unique<Expr>(std::move(subquery), wanted.type, position);
}

// tested op ANY|ALL (query), where `tested` may be a row.
Result<ExprPtr> Binder::bind_comparison_query(std::vector<ExprPtr> tested, std::string_view op,
                                              const ast::Query& query, bool is_all, Position position) {
  if (const char* refusal = subquery_refusal(level_->kind))
    return Error(sqlstate::feature_not_supported, refusal).at(position);
  Restore<int> depth(sublink_depth_, sublink_depth_ + 1);
  LogicalPtr plan = TRY(bind_query(query, level_, false));
  if (plan->output.size() > tested.size())
    return Error(sqlstate::syntax_error, "subquery has too many columns").at(position);
  if (plan->output.size() < tested.size())
    return Error(sqlstate::syntax_error, "subquery has too few columns").at(position);
  // x <> ALL q is NOT (x = ANY q), for rows too.
  bool negated = is_all && op == "<>";
  if (negated) {
    op = "=";
    is_all = false;
  }
  if (tested.size() > 1 && (op != "=" || is_all))
    return unsupported(fmt::format("row comparison by {} {}", op, is_all ? "ALL" : "ANY"), position);

  expression::Subquery subquery{};
  subquery.kind = is_all ? expression::SubqueryKind::All : expression::SubqueryKind::Any;
  subquery.tested = static_cast<uint32_t>(tested.size());
  subquery.compare_name = op;
  auto expr = std::make_unique<Expr>(expression::Constant{}, TypeId::Boolean, position);
  std::vector<ExprPtr> projected;
  std::vector<LogicalColumn> output;
  bool changed = false;
  for (size_t i = 0; i < tested.size(); ++i) {
    LogicalColumn column = plan->output[i];
    ExprPtr right =
        std::make_unique<Expr>(expression::ColumnRef{column.id, column.name}, column.type, position);
    // One type on both sides lets equality be hashed. Where UNION and the operator choose differently, the
    // operator is right: CHAR(n) meets TEXT as text, where blanks at the end count, and REAL meets other
    // numbers as DOUBLE PRECISION.
    Type common;
    std::vector<const Expr*> sides{tested[i].get(), right.get()};
    if (op == "=" && tested[i]->type.id != right->type.id && try_common_type(sides, common) &&
        !is_string(common.id)) {
      common = common.id == TypeId::Real ? Type(TypeId::Double) : common_modifiers(sides, common, true);
      if (can_coerce(tested[i]->type, common, CastContext::Implicit) &&
          can_coerce(right->type, common, CastContext::Implicit)) {
        tested[i] = TRY(coerce_common(std::move(tested[i]), common, "IN"));
        right = TRY(coerce_common(std::move(right), common, "IN"));
      }
    }
    ExprPtr call = TRY(make_operator(op, std::move(tested[i]), std::move(right), position));
    if (call->type.id != TypeId::Boolean)
      return Error(sqlstate::datatype_mismatch, "row comparison operator must yield type boolean, not type " +
                                                    std::string(base_type_name(call->type.id)))
          .at(position);
    subquery.compare.push_back(std::get<expression::Call>(call->node).function);
    expr->children.push_back(std::move(call->children[0]));
    ExprPtr value = std::move(call->children[1]);
    if (std::holds_alternative<expression::ColumnRef>(value->node) && value->type == column.type) {
      output.push_back(column);
    } else {
      changed = true;
      output.push_back(make_column(column.name, value->type));
    }
    projected.push_back(std::move(value));
  }
  if (changed) {
    auto above = std::make_unique<LogicalPlan>(logical::Project{std::move(projected)});
    above->output = std::move(output);
    above->inputs.push_back(std::move(plan));
    plan = std::move(above);
  }
  subquery.subquery = keep_subquery(std::move(plan));
  expr->node = std::move(subquery);
  return negated ? subquery_not(std::move(expr), position) : std::move(expr);
}

Result<ExprPtr> Binder::bind_in_query(const ast::InQuery& node, Position position) {
  std::vector<ExprPtr> tested;
  if (const auto* row = ast::as<ast::Row>(node.operand)) {
    tested = TRY(bind_list(row->fields));
  } else {
    ExprPtr bound = TRY(bind_expr(node.operand));
    tested.push_back(std::move(bound));
  }
  ExprPtr any = TRY(bind_comparison_query(std::move(tested), "=", *node.query, false, position));
  return node.negated ? subquery_not(std::move(any), position) : std::move(any);
}

Result<ExprPtr> Binder::bind_quantified(const ast::Quantified& node, Position position) {
  if (node.query != nullptr) {
    std::vector<ExprPtr> tested;
    if (const auto* row = ast::as<ast::Row>(node.left)) {
      tested = TRY(bind_list(row->fields));
    } else {
      ExprPtr bound = TRY(bind_expr(node.left));
      tested.push_back(std::move(bound));
    }
    return bind_comparison_query(std::move(tested), node.op.symbol, *node.query, node.is_all, position);
  }
  // ANY (ARRAY[a, b]) needs no arrays: it is an IN list, or a chain of comparisons. A cast of the array to
  // text[], as definitions show it where a VARCHAR is compared, says no more than its elements do.
  const auto* cast = ast::as<ast::Cast>(node.array);
  bool is_text_cast = cast != nullptr && cast->type->array_bounds.size() == 1 &&
                      cast->type->modifiers.empty() && cast->type->name.last() == "text";
  const auto* array = ast::as<ast::Array>(is_text_cast ? cast->operand : node.array);
  if (array == nullptr) return unsupported(node.is_all ? "ALL (array)" : "ANY (array)", position);
  if (array->elements.empty()) return make_constant(Value::boolean(node.is_all), position);
  bool is_in = node.op.schema.empty() && node.op.symbol == (node.is_all ? "<>" : "=");
  if (is_in && array->elements.size() > 1)
    return bind_in_list(ast::InList{node.left, array->elements, node.is_all}, position);
  std::vector<ExprPtr> terms;
  for (ast::ExprPtr element : array->elements) {
    ExprPtr left = TRY(bind_expr(node.left));
    ExprPtr right = TRY(bind_expr(element));
    ExprPtr term = TRY(make_operator(node.op.symbol, std::move(left), std::move(right), position));
    terms.push_back(std::move(term));
  }
  if (node.is_all || terms.size() == 1) return conjunction(std::move(terms));
  auto any = std::make_unique<Expr>(expression::Or{}, TypeId::Boolean, position);
  any->children = std::move(terms);
  return any;
}

}  // namespace rowan::binding
