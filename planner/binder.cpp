// The binder's entries, and what is done once a statement is bound.
#include "planner/binder.h"

#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan {

namespace binding {

Binder::Binder(catalog::CatalogPtr catalog, const BindOptions& options)
    : catalog_(std::move(catalog)), options_(options) {
  statement_.catalog = catalog_;
  statement_.parameters = options.parameter_types;
  statement_.text = options.text;
}

EvalContext& Binder::evaluation() {
  if (reading_ != nullptr) return *reading_;
  return options_.evaluation != nullptr ? *options_.evaluation : default_evaluation_;
}

std::set<ColumnId> Binder::mentioned(const Expr& expr) const {
  std::set<ColumnId> found;
  add_columns(expr, statement_.subqueries, found);
  return found;
}

std::set<ColumnId> Binder::free_columns(const LogicalPlan& plan) const {
  return outer_columns(plan, statement_.subqueries);
}

Result<BoundStatement> Binder::run(const ast::Statement& statement) {
  if (const auto* query = std::get_if<ast::QueryPtr>(&statement.node)) {
    statement_.root = TRY(bind_query(**query, nullptr, false));
  } else if (const auto* insert = std::get_if<ast::Insert>(&statement.node)) {
    statement_.command = BoundStatement::Command::Insert;
    statement_.root = TRY(bind_insert(*insert));
  } else if (const auto* update = std::get_if<ast::Update>(&statement.node)) {
    statement_.command = BoundStatement::Command::Update;
    statement_.root = TRY(bind_update(*update));
  } else if (const auto* node = std::get_if<ast::Delete>(&statement.node)) {
    statement_.command = BoundStatement::Command::Delete;
    statement_.root = TRY(bind_delete(*node));
  } else if (const auto* merge = std::get_if<ast::Merge>(&statement.node)) {
    statement_.command = BoundStatement::Command::Merge;
    statement_.root = TRY(bind_merge(*merge));
  } else {
    return unsupported("this statement here", statement.position);
  }
  TRY(finish());
  return std::move(statement_);
}

Result<> Binder::check_parameters(LogicalPlan& root) {
  Result<> outcome;
  walk_plan(root, [&](LogicalPlan& plan) {
    for_each_expression(plan, [&](ExprPtr& expr) {
      walk(*expr, [&](const Expr& node) {
        const auto* parameter = std::get_if<expression::Parameter>(&node.node);
        if (parameter != nullptr && node.type.id == TypeId::Unknown && outcome.ok())
          outcome = Error(sqlstate::indeterminate_datatype,
                          fmt::format("could not determine data type of parameter ${}", parameter->index + 1))
                        .at(node.position);
        return true;
      });
    });
  });
  return outcome;
}

Result<> Binder::finish() {
  TRY(check_parameters(*statement_.root));
  for (LogicalSubquery& subquery : statement_.subqueries) {
    if (subquery.plan == nullptr) continue;
    TRY(check_parameters(*subquery.plan));
    std::set<ColumnId> outer = free_columns(*subquery.plan);
    subquery.correlated.assign(outer.begin(), outer.end());
  }
  for (LogicalCte& cte : statement_.ctes)
    if (cte.plan != nullptr) TRY(check_parameters(*cte.plan));
  for (size_t i = 0; i < statement_.parameters.size(); ++i) {
    if (statement_.parameters[i].id == TypeId::Unknown)
      return Error(sqlstate::indeterminate_datatype,
                   fmt::format("could not determine data type of parameter ${}", i + 1));
  }
  for (const LogicalColumn& column : statement_.root->output)
    statement_.output.push_back({column.name, column.type});
  statement_.has_effects = has_effects_ || statement_.command != BoundStatement::Command::Select;
  return {};
}

Result<ExprPtr> Binder::table_expression(const ast::Expr& expr, const catalog::Table& table,
                                         TableExpressionKind kind, const Type* target,
                                         std::string_view column) {
  Level& level = open_level(nullptr);
  level_ = &level;
  options_.allow_parameters = false;
  level.items.push_back(std::make_unique<ScopeItem>());
  ScopeItem& item = *level.items.back();
  item.name = item.table_name = table.name;
  item.schema = "public";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const catalog::Column& one = table.columns[i];
    if (one.dropped) continue;
    auto input = std::make_shared<Expr>(expression::InputRef{static_cast<uint32_t>(i)}, one.type);
    item.columns.push_back({one.name, 0, one.type, std::move(input)});
  }
  level.visible.push_back(Visible{&item});
  switch (kind) {
    case TableExpressionKind::Check: {
      level.kind = ExprKind::Check;
      return bind_boolean(&expr, "CHECK");
    }
    case TableExpressionKind::Default: {
      level.kind = ExprKind::Default;
      ExprPtr value = TRY(bind_expr(&expr));
      if (target == nullptr) return value;
      if (!can_coerce(value->type, *target, CastContext::Assignment))
        return Error(sqlstate::datatype_mismatch,
                     fmt::format("column \"{}\" is of type {} but default expression is of type {}", column,
                                 base_type_name(target->id), base_type_name(value->type.id)))
            .hint("You will need to rewrite or cast the expression.");
      return coerce_assigned(std::move(value), *target, column);
    }
    case TableExpressionKind::IndexKey: {
      level.kind = ExprKind::IndexKey;
      ExprPtr value = TRY(bind_expr(&expr));
      value = TRY(coerce_to_text_if_unknown(std::move(value)));
      if (volatility(*value) != Volatility::Immutable)
        return Error(sqlstate::invalid_object_definition,
                     "functions in index expression must be marked IMMUTABLE");
      return value;
    }
    case TableExpressionKind::IndexPredicate: {
      level.kind = ExprKind::IndexPredicate;
      ExprPtr value = TRY(bind_boolean(&expr, "WHERE"));
      if (volatility(*value) != Volatility::Immutable)
        return Error(sqlstate::invalid_object_definition,
                     "functions in index predicate must be marked IMMUTABLE");
      return value;
    }
    case TableExpressionKind::Using: {
      level.kind = ExprKind::Using;
      ExprPtr value = TRY(bind_expr(&expr));
      if (target == nullptr) return value;
      if (!can_coerce(value->type, *target, CastContext::Assignment))
        return Error(sqlstate::datatype_mismatch,
                     fmt::format(
                         "result of USING clause for column \"{}\" cannot be cast automatically to type {}",
                         column, base_type_name(target->id)))
            .hint("You might need to add an explicit cast.");
      return coerce_assigned(std::move(value), *target, column);
    }
  }
  return ExprPtr();
}

Result<ExprPtr> Binder::copy_condition(const ast::Expr& expr, const catalog::Table& table) {
  Level& level = open_level(nullptr);
  level_ = &level;
  options_.allow_parameters = false;
  level.items.push_back(std::make_unique<ScopeItem>());
  ScopeItem& item = *level.items.back();
  item.name = item.table_name = table.name;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const catalog::Column& one = table.columns[i];
    if (one.dropped) continue;
    auto input = std::make_shared<Expr>(expression::InputRef{static_cast<uint32_t>(i)}, one.type);
    item.columns.push_back({one.name, 0, one.type, std::move(input)});
  }
  level.visible.push_back(Visible{&item});
  level.kind = ExprKind::CopyWhere;
  return bind_boolean(&expr, "WHERE");
}

Result<ExprPtr> Binder::argument(const ast::Expr& expr, const Type& target, uint32_t number) {
  Level& level = open_level(nullptr);
  level_ = &level;
  level.kind = ExprKind::ExecuteArgument;
  options_.allow_parameters = false;
  ExprPtr value = TRY(bind_expr(&expr));
  if (!can_coerce(value->type, target, CastContext::Assignment))
    return Error(sqlstate::datatype_mismatch,
                 fmt::format("parameter ${} of type {} cannot be coerced to the expected type {}", number,
                             base_type_name(value->type.id), base_type_name(target.id)))
        .at(value->position)
        .hint("You will need to rewrite or cast the expression.");
  return coerce_assigned(std::move(value), target, "");
}

}  // namespace binding

Result<BoundStatement> bind(const ast::Statement& statement, catalog::CatalogPtr catalog,
                            const BindOptions& options) {
  binding::Binder binder(std::move(catalog), options);
  return binder.run(statement);
}

Result<ExprPtr> bind_table_expression(const ast::Expr& expr, const catalog::Table& table,
                                      TableExpressionKind kind, catalog::CatalogPtr catalog,
                                      const BindOptions& options, const Type* target,
                                      std::string_view column) {
  binding::Binder binder(std::move(catalog), options);
  return binder.table_expression(expr, table, kind, target, column);
}

Result<ExprPtr> bind_stored_expression(std::string_view sql, const catalog::Table& table,
                                       TableExpressionKind kind, catalog::CatalogPtr catalog,
                                       const BindOptions& options, const Type* target,
                                       std::string_view column) {
  std::unique_ptr<ParsedExpression> parsed = TRY(parse_expression(sql));
  binding::Binder binder(std::move(catalog), options);
  ExprPtr expr = TRY(binder.table_expression(*parsed->root, table, kind, target, column));
  walk(*expr, [](const Expr& node) {
    const_cast<Expr&>(node).position = kNoPosition;
    return true;
  });
  return expr;
}

std::vector<std::string> index_column_names(const catalog::Table& table, const catalog::Index& index) {
  std::vector<std::string> names;
  auto add = [&](const std::string& name) {
    std::string chosen = name;
    for (int n = 1; std::find(names.begin(), names.end(), chosen) != names.end(); ++n)
      chosen = name + std::to_string(n);
    names.push_back(std::move(chosen));
  };
  for (const catalog::IndexKey& key : index.keys) {
    if (key.column) {
      add(table.columns[*key.column].name);
      continue;
    }
    std::string name;
    if (auto parsed = parse_expression(key.expression_sql); parsed.ok())
      binding::figure_name((*parsed)->root, name, [](const ast::Query*) { return std::string(); });
    add(name.empty() ? "expr" : name);
  }
  for (catalog::ColumnNumber column : index.include) add(table.columns[column].name);
  return names;
}

Result<ExprPtr> bind_copy_condition(const ast::Expr& expr, const catalog::Table& table,
                                    catalog::CatalogPtr catalog, const BindOptions& options) {
  binding::Binder binder(std::move(catalog), options);
  return binder.copy_condition(expr, table);
}

Result<ExprPtr> bind_argument(const ast::Expr& expr, const Type& target, uint32_t number,
                              catalog::CatalogPtr catalog, const BindOptions& options) {
  binding::Binder binder(std::move(catalog), options);
  return binder.argument(expr, target, number);
}

Result<BoundStatement> bind_view(const ast::Statement& query, catalog::CatalogPtr catalog,
                                 const BindOptions& options, catalog::ViewWorld& world) {
  return binding::Binder(std::move(catalog), options).run_for_view(query, world);
}

}  // namespace rowan
