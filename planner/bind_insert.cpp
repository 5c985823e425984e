// INSERT: values find their columns, the other columns their defaults; ON CONFLICT finds its unique indexes.
#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

bool is_default(ast::ExprPtr expr) {
  return ast::as<ast::DefaultValue>(expr) != nullptr;
}

bool is_plain_values(const ast::Query& query) {
  return std::holds_alternative<ast::Values>(query.node) && query.with == nullptr && query.order_by.empty() &&
         query.limit == nullptr && query.offset == nullptr && query.row_locks.empty();
}

// Two columns of a view are one of the table: DEFAULT for one of them gives way to what the other one is
// given.
Result<> drop_repeated_defaults(ast::List<ast::ExprPtr> row, const WriteTarget& target,
                                std::vector<size_t>& columns, LogicalPlan& source) {
  auto* project = std::get_if<logical::Project>(&source.node);
  ENSURE(project != nullptr);
  for (size_t i = columns.size(); i-- > 0;) {
    auto is_same = [&](size_t other) { return target.writable[other] == target.writable[columns[i]]; };
    if (!is_default(row[i]) || std::count_if(columns.begin(), columns.end(), is_same) < 2) continue;
    auto at = static_cast<std::ptrdiff_t>(i);
    columns.erase(columns.begin() + at);
    source.output.erase(source.output.begin() + at);
    project->expressions.erase(project->expressions.begin() + at);
  }
  return {};
}

}  // namespace

// The default of a table's column, already of its type; nullptr: NULL.
Result<ExprPtr> Binder::column_default(const catalog::Table& table, uint16_t number) {
  const catalog::Column& column = table.columns[number];
  if (!column.default_sql.empty()) {
    ExprPtr value = TRY(bind_stored_expression(column.default_sql, table, TableExpressionKind::Default,
                                               catalog_, options_, &column.type, column.name));
    if (volatility(*value) == Volatility::Volatile) has_effects_ = true;
    return value;
  }
  return ExprPtr();
}

Result<> Binder::check_identity(const WriteTarget& target, size_t column, ast::Overriding overriding) const {
  std::optional<uint16_t> number = target.writable[column];
  if (!number.has_value()) return {};
  const catalog::Column& base = target.table->columns[*number];
  if (base.identity != catalog::Identity::Always || overriding == ast::Overriding::SystemValue) return {};
  return Error(sqlstate::generated_always,
               fmt::format("cannot insert a non-DEFAULT value into column \"{}\"", base.name))
      .detail(fmt::format("Column \"{}\" is an identity column defined as GENERATED ALWAYS.", base.name))
      .hint("Use OVERRIDING SYSTEM VALUE to override.");
}

// Positions in target.item; all of them where none are named.
Result<std::vector<size_t>> Binder::insert_columns(const ast::Insert& insert,
                                                   const WriteTarget& target) const {
  std::vector<size_t> columns;
  if (insert.columns.empty()) {
    for (size_t i = 0; i < target.item->columns.size(); ++i) columns.push_back(i);
  }
  for (const ast::Target& written : insert.columns) {
    size_t column = TRY(find_target_column(target, written, "insert"));
    if (std::find(columns.begin(), columns.end(), column) != columns.end())
      return Error(sqlstate::duplicate_column,
                   fmt::format("column \"{}\" specified more than once", written.column.text))
          .at(written.column.position);
    columns.push_back(column);
  }
  return columns;
}

Result<> Binder::check_insert_width(size_t width, size_t columns, const ast::Insert& insert,
                                    Position first_too_many) {
  if (width > columns)
    return Error(sqlstate::syntax_error, "INSERT has more expressions than target columns")
        .at(first_too_many);
  if (width < columns && !insert.columns.empty())
    return Error(sqlstate::syntax_error, "INSERT has more target columns than expressions")
        .at(insert.columns[width].column.position);
  return {};
}

// What VALUES puts into column `column` of the target: `bound` or, where that is null, what was written; or
// the default that is asked for or stands in its place.
Result<ExprPtr> Binder::inserted_value(ast::ExprPtr written, ExprPtr bound, ast::Overriding overriding,
                                       const WriteTarget& target, size_t column) {
  uint16_t number = *target.writable[column];
  const catalog::Column& base = target.table->columns[number];
  bool replaced = overriding == ast::Overriding::UserValue && base.identity != catalog::Identity::None;
  if (is_default(written) || replaced) {
    ExprPtr value = TRY(column_default(*target.table, number));
    if (value == nullptr) value = make_constant(Value(base.type), written->range.begin);
    return value;
  }
  TRY(check_identity(target, column, overriding));
  if (bound == nullptr) bound = TRY(bind_expr(written));
  return coerce_assigned(std::move(bound), base.type, target.item->columns[column].name);
}

// The defaults, where there are any, of the columns that are not among `given`.
Result<std::vector<std::pair<uint16_t, ExprPtr>>> Binder::other_defaults(const catalog::Table& table,
                                                                         const std::vector<uint16_t>& given) {
  std::vector<std::pair<uint16_t, ExprPtr>> defaults;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    auto number = static_cast<uint16_t>(i);
    if (table.columns[i].dropped || std::find(given.begin(), given.end(), number) != given.end()) continue;
    ExprPtr value = TRY(column_default(table, number));
    if (value != nullptr) defaults.emplace_back(number, std::move(value));
  }
  return defaults;
}

// VALUES straight into a table: each expression is assigned to its column, DEFAULT stands for the default.
Result<LogicalPtr> Binder::bind_insert_rows(const ast::Values& values, const ast::Insert& insert,
                                            const WriteTarget& target, std::vector<size_t>& columns) {
  size_t width = values.rows.empty() ? 0 : values.rows[0].size();
  TRY(check_insert_width(width, columns.size(), insert,
                         width > columns.size() ? values.rows[0][columns.size()]->range.begin : kNoPosition));
  columns.resize(width);
  Restore<ExprKind> kind(level_->kind, ExprKind::Values);
  std::vector<std::vector<ExprPtr>> rows;
  for (const auto& row : values.rows) {
    if (row.size() != width)
      return Error(sqlstate::syntax_error, "VALUES lists must all be the same length")
          .at(row.empty() ? insert.query->position : row[0]->range.begin);
    std::vector<ExprPtr> bound;
    for (size_t i = 0; i < width; ++i) {
      ExprPtr value = TRY(inserted_value(row[i], nullptr, insert.overriding, target, columns[i]));
      bound.push_back(std::move(value));
    }
    rows.push_back(std::move(bound));
  }
  LogicalPtr plan;
  std::vector<LogicalColumn> output;
  for (size_t i = 0; i < width; ++i)
    output.push_back(make_column(target.item->columns[columns[i]].name,
                                 target.table->columns[*target.writable[columns[i]]].type));
  if (rows.size() == 1) {
    plan = std::make_unique<LogicalPlan>(logical::Project{std::move(rows[0])});
    plan->inputs.push_back(std::make_unique<LogicalPlan>(logical::OneRow{}));
  } else {
    plan = std::make_unique<LogicalPlan>(logical::ValuesList{std::move(rows)});
  }
  plan->output = std::move(output);
  return plan;
}

Result<LogicalPtr> Binder::bind_insert_query(const ast::Insert& insert, const WriteTarget& target,
                                             std::vector<size_t>& columns) {
  LogicalPtr plan = TRY(bind_query(*insert.query, level_, true));
  size_t width = plan->output.size();
  Position position = insert.query->range.begin;
  if (width > columns.size()) {
    const auto* select = std::get_if<ast::Select>(&insert.query->node);
    if (select != nullptr && select->items.size() == width)
      position = select->items[columns.size()].expr->range.begin;
  }
  TRY(check_insert_width(width, columns.size(), insert, position));
  columns.resize(width);
  for (size_t i = 0; i < width; ++i) {
    const catalog::Column& column = target.table->columns[*target.writable[columns[i]]];
    bool replaced =
        insert.overriding == ast::Overriding::UserValue && column.identity != catalog::Identity::None;
    if (!replaced) TRY(check_identity(target, columns[i], insert.overriding));
    if (plan->output[i].type.id == TypeId::Unknown)
      TRY(coerce_output(plan, i, column.type, CastContext::Assignment));
  }
  logical::Project node;
  std::vector<LogicalColumn> output;
  for (size_t i = 0; i < width; ++i) {
    uint16_t number = *target.writable[columns[i]];
    const catalog::Column& column = target.table->columns[number];
    const LogicalColumn& from = plan->output[i];
    Position written = output_position(*insert.query, i, width);
    ExprPtr value = std::make_unique<Expr>(expression::ColumnRef{from.id, from.name}, from.type,
                                           written != kNoPosition ? written : position);
    if (insert.overriding == ast::Overriding::UserValue && column.identity != catalog::Identity::None) {
      value = TRY(column_default(*target.table, number));
      ENSURE(value != nullptr);
    } else {
      value = TRY(coerce_assigned(std::move(value), column.type, target.item->columns[columns[i]].name));
    }
    output.push_back(make_column(column.name, value->type));
    node.expressions.push_back(std::move(value));
  }
  auto above = std::make_unique<LogicalPlan>(std::move(node));
  above->output = std::move(output);
  above->inputs.push_back(std::move(plan));
  return above;
}

Result<LogicalPtr> Binder::bind_insert(const ast::Insert& insert, Level* parent) {
  Level& level = open_level(parent);
  Restore<Level*> at(level_, &level);
  if (insert.with != nullptr) TRY(bind_with(*insert.with, level));
  WriteTarget target = TRY(write_target(insert.table, insert.alias, "insert"));
  std::vector<size_t> columns = TRY(insert_columns(insert, target));
  LogicalPtr source;
  auto check_writable = [&]() -> Result<> {
    for (size_t column : columns) {
      if (target.writable[column].has_value()) continue;
      return Error(sqlstate::feature_not_supported,
                   fmt::format("cannot insert into column \"{}\" of view \"{}\"",
                               target.item->columns[column].name, target.name))
          .detail("View columns that are not columns of their base relation are not updatable.");
    }
    return {};
  };
  if (insert.query == nullptr) {
    columns.clear();
    source = std::make_unique<LogicalPlan>(logical::OneRow{});
  } else if (is_plain_values(*insert.query)) {
    size_t width = std::get<ast::Values>(insert.query->node).rows[0].size();
    if (insert.columns.empty() && width < columns.size()) columns.resize(width);
    TRY(check_writable());
    const auto& values = std::get<ast::Values>(insert.query->node);
    source = TRY(bind_insert_rows(values, insert, target, columns));
    if (values.rows.size() == 1) TRY(drop_repeated_defaults(values.rows[0], target, columns, *source));
  } else {
    TRY(check_writable());
    source = TRY(bind_insert_query(insert, target, columns));
  }

  // What was not given takes its default.
  logical::Insert node;
  node.table = target.table;
  for (size_t column : columns) {  // several columns of a view may be one of the table
    uint16_t number = *target.writable[column];
    if (std::find(node.columns.begin(), node.columns.end(), number) != node.columns.end())
      return multiple_assignments(target.table->columns[number].name);
    node.columns.push_back(number);
  }
  logical::Project defaults;
  std::vector<LogicalColumn> output = source->output;
  for (const LogicalColumn& column : source->output)
    defaults.expressions.push_back(
        std::make_unique<Expr>(expression::ColumnRef{column.id, column.name}, column.type));
  std::vector<std::pair<uint16_t, ExprPtr>> others = TRY(other_defaults(*target.table, node.columns));
  for (auto& [number, value] : others) {
    node.columns.push_back(number);
    output.push_back(make_column(target.table->columns[number].name, value->type));
    defaults.expressions.push_back(std::move(value));
  }
  if (output.size() > source->output.size()) {
    auto above = std::make_unique<LogicalPlan>(std::move(defaults));
    above->output = std::move(output);
    above->inputs.push_back(std::move(source));
    source = std::move(above);
  }

  if (insert.on_conflict != nullptr) node.on_conflict = TRY(bind_on_conflict(*insert.on_conflict, target));
  node.row = make_row(target, target.item);
  target.item->columns = columns_of_row(target, node.row);
  level.visible = {Visible{target.item}};
  std::vector<LogicalColumn> returned;
  TRY(bind_returning(insert.returning, node.returning, returned));
  auto plan = std::make_unique<LogicalPlan>(std::move(node));
  plan->output = std::move(returned);
  plan->inputs.push_back(std::move(source));
  return plan;
}

// ---- ON CONFLICT ------------------------------------------------------------------------------------------

Result<logical::OnConflict> Binder::bind_on_conflict(const ast::OnConflict& node, const WriteTarget& target) {
  logical::OnConflict result;
  result.do_nothing = !node.do_update;
  if (node.do_update && !node.target.has_value())
    return Error(sqlstate::syntax_error,
                 "ON CONFLICT DO UPDATE requires inference specification or constraint name")
        .at(node.position)
        .hint("For example, ON CONFLICT (column_name).");
  result.existing = make_row(target, target.item);
  result.excluded = make_row(target, nullptr);
  std::vector<ScopeColumn> before = target.item->columns;
  std::vector<ScopeColumn> proposed = columns_of_row(target, result.excluded);
  target.item->columns = columns_of_row(target, result.existing);
  level_->visible = {Visible{target.item}};
  if (node.target.has_value()) result.arbiters = TRY(infer_arbiters(*node.target, target, node.position));
  if (node.do_update) {
    level_->items.push_back(std::make_unique<ScopeItem>());
    ScopeItem& excluded = *level_->items.back();
    excluded.name = excluded.table_name = "excluded";
    excluded.columns = std::move(proposed);
    level_->visible = {Visible{target.item}, Visible{&excluded}};
    result.assignments = TRY(bind_assignments(node.assignments, target));
    if (node.where != nullptr) {
      Restore<ExprKind> kind(level_->kind, ExprKind::Where);
      result.where = TRY(bind_boolean(node.where, "WHERE"));
    }
    // The row proposed is no relation of the statement's any more.
    excluded.name.clear();
    excluded.columns.clear();
  }
  target.item->columns = std::move(before);
  return result;
}

namespace {

// What chooses among indexes on the same column, which there are none of here.
Result<> refuse_key_words(const ast::IndexKey& key) {
  if (!key.collation.empty()) return unsupported("a collation in ON CONFLICT", key.collation.position());
  if (!key.operator_class.empty())
    return unsupported("an operator class in ON CONFLICT", key.operator_class.position());
  return {};
}

}  // namespace

// The unique indexes whose keys are exactly those that were written, in any order (PostgreSQL's
// infer_arbiter_indexes).
Result<std::vector<catalog::Oid>> Binder::infer_arbiters(const ast::ConflictTarget& conflict,
                                                         const WriteTarget& target, Position position) {
  const catalog::Table& table = *target.table;
  if (!conflict.constraint.empty()) {
    for (const catalog::Constraint& constraint : table.constraints) {
      if (constraint.name != conflict.constraint.text) continue;
      if (constraint.index == 0 || constraint.kind == catalog::ConstraintKind::ForeignKey)
        return Error(sqlstate::wrong_object_type, "constraint in ON CONFLICT clause has no associated index");
      return std::vector<catalog::Oid>{constraint.index};
    }
    return Error(sqlstate::undefined_object, fmt::format("constraint \"{}\" for table \"{}\" does not exist",
                                                         conflict.constraint.text, table.name));
  }
  // Keys and predicate over the table's columns by number, as the catalog's are bound.
  std::set<uint16_t> columns;
  std::vector<ExprPtr> expressions;
  auto over_table = [&](const ast::Expr& expr, TableExpressionKind kind) {
    return bind_table_expression(expr, table, kind, catalog_, options_);
  };
  for (const ast::IndexKey& key : conflict.keys) {
    TRY(refuse_key_words(key));
    std::string_view name = key.column.text;
    if (const auto* ref = ast::as<ast::ColumnRef>(key.expr); ref != nullptr && ref->name.parts.size() == 1)
      name = ref->name.last();
    if (!name.empty()) {
      std::optional<uint16_t> number;
      for (size_t i = 0; i < target.item->columns.size(); ++i)
        if (target.item->columns[i].name == name) number = target.writable[i];
      if (!number.has_value())
        return missing_column({}, name, key.column.empty() ? key.position : key.column.position);
      columns.insert(*number);
    } else {
      ExprPtr computed = TRY(over_table(*key.expr, TableExpressionKind::IndexKey));
      expressions.push_back(std::move(computed));
    }
  }
  ExprPtr where;
  if (conflict.where != nullptr)
    where = TRY(over_table(*conflict.where, TableExpressionKind::IndexPredicate));
  std::vector<catalog::Oid> found;
  for (const catalog::IndexPtr& index : catalog_->indexes_of(table)) {
    if (!index->is_unique) continue;
    std::set<uint16_t> own;
    size_t matched = 0, computed = 0;
    for (const catalog::IndexKey& key : index->keys) {
      if (key.column.has_value()) {
        own.insert(*key.column);
        continue;
      }
      ++computed;
      ExprPtr bound = TRY(bind_stored_expression(key.expression_sql, table, TableExpressionKind::IndexKey,
                                                 catalog_, options_));
      matched += std::any_of(expressions.begin(), expressions.end(),
                             [&](const ExprPtr& expr) { return same_expr(*expr, *bound); })
                     ? 1
                     : 0;
    }
    if (own != columns || computed != matched || computed != expressions.size()) continue;
    if (!index->predicate_sql.empty()) {
      if (where == nullptr) continue;
      ExprPtr predicate = TRY(bind_stored_expression(
          index->predicate_sql, table, TableExpressionKind::IndexPredicate, catalog_, options_));
      // Implied where it is one of the conditions that were written.
      bool implied = same_expr(*predicate, *where);
      if (std::holds_alternative<expression::And>(where->node)) {
        for (const ExprPtr& term : where->children) implied = implied || same_expr(*predicate, *term);
      }
      if (!implied) continue;
    }
    found.push_back(index->oid);
  }
  if (found.empty())
    return Error(sqlstate::invalid_column_reference,
                 "there is no unique or exclusion constraint matching the ON CONFLICT specification")
        .at(kNoPosition);
  (void)position;
  return found;
}

}  // namespace rowan::binding
