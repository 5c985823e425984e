// The names of output columns that were not given any: PostgreSQL's FigureColname.
#include "planner/bind_scope.h"

namespace rowan::binding {

namespace {

std::string_view sql_value_name(ast::SqlValueKind kind) {
  switch (kind) {
    case ast::SqlValueKind::CurrentDate:
      return "current_date";
    case ast::SqlValueKind::CurrentTime:
      return "current_time";
    case ast::SqlValueKind::CurrentTimestamp:
      return "current_timestamp";
    case ast::SqlValueKind::LocalTime:
      return "localtime";
    case ast::SqlValueKind::LocalTimestamp:
      return "localtimestamp";
    case ast::SqlValueKind::CurrentRole:
      return "current_role";
    case ast::SqlValueKind::CurrentUser:
      return "current_user";
    case ast::SqlValueKind::User:
      return "user";
    case ast::SqlValueKind::SessionUser:
      return "session_user";
    case ast::SqlValueKind::CurrentCatalog:
      return "current_catalog";
    case ast::SqlValueKind::CurrentSchema:
      return "current_schema";
  }
  return "";
}

}  // namespace

int figure_name(ast::ExprPtr expr, std::string& name,
                const std::function<std::string(const ast::Query*)>& query_name) {
  if (expr == nullptr) return 0;
  auto found = [&](std::string_view text, int strength) {
    name = text;
    return strength;
  };
  if (const auto* ref = ast::as<ast::ColumnRef>(expr)) return found(ref->name.last(), 2);
  if (const auto* field = ast::as<ast::FieldSelect>(expr)) {
    return field->field.empty() ? figure_name(field->base, name, query_name) : found(field->field.text, 2);
  }
  if (const auto* subscript = ast::as<ast::Subscript>(expr))
    return figure_name(subscript->base, name, query_name);
  if (const auto* call = ast::as<ast::Call>(expr)) return found(call->name.last(), 2);
  if (ast::as<ast::Literal>(expr) != nullptr) return 0;
  if (const auto* cast = ast::as<ast::Cast>(expr)) {
    int strength = figure_name(cast->operand, name, query_name);
    return strength <= 1 ? found(cast->type->name.last(), 1) : strength;
  }
  if (const auto* collate = ast::as<ast::Collate>(expr))
    return figure_name(collate->operand, name, query_name);
  if (ast::as<ast::Grouping>(expr) != nullptr) return found("grouping", 2);
  if (ast::as<ast::Exists>(expr) != nullptr) return found("exists", 2);
  if (ast::as<ast::ArrayQuery>(expr) != nullptr || ast::as<ast::Array>(expr) != nullptr)
    return found("array", 2);
  if (const auto* query = ast::as<ast::ScalarQuery>(expr)) {
    std::string inner = query_name(query->query);
    return inner.empty() ? 0 : found(inner, 2);
  }
  if (const auto* node = ast::as<ast::Case>(expr)) {
    int strength = figure_name(node->otherwise, name, query_name);
    return strength <= 1 ? found("case", 1) : strength;
  }
  if (ast::as<ast::Row>(expr) != nullptr) return found("row", 2);
  if (const auto* conditional = ast::as<ast::Conditional>(expr)) {
    switch (conditional->kind) {
      case ast::ConditionalKind::Coalesce:
        return found("coalesce", 2);
      case ast::ConditionalKind::NullIf:
        return found("nullif", 2);
      case ast::ConditionalKind::Greatest:
        return found("greatest", 2);
      case ast::ConditionalKind::Least:
        return found("least", 2);
    }
  }
  if (const auto* value = ast::as<ast::SqlValue>(expr)) return found(sql_value_name(value->kind), 2);
  return 0;
}

}  // namespace rowan::binding
