// executor/ddl_alter.cpp: ALTER TABLE and the RENAMEs. ADD COLUMN with a constant default and DROP COLUMN
// touch no page: they append a layout (hazard 11).
#include <algorithm>

#include "executor/ddl_support.h"
#include "expression/evaluator.h"
#include "planner/deparse.h"
#include "types/cast.h"
#include "types/try.h"

namespace rowan::ddl {
namespace {

using catalog::ColumnNumber;
using TableDraft = std::shared_ptr<catalog::Table>;

// A view's columns have types, so a column that one reads must not change its own.
Result<> refuse_when_viewed(DdlContext& context, const catalog::Table& table, ColumnNumber column) {
  for (const catalog::ViewPtr& view : context.overlay.current()->dependent_views(table.oid)) {
    if (!view->reads_column(table.oid, column)) continue;
    return Error(sqlstate::feature_not_supported, "cannot alter type of a column used by a view or rule")
        .detail("rule _RETURN on view " + view->name + " depends on column \"" + table.columns[column].name +
                "\"");
  }
  return {};
}

// PostgreSQL has forgotten the text by the time it looks at what ALTER TABLE adds, and so points nowhere.
// What Rowan has not is pointed at all the same.
Result<> add_unplaced(DdlContext& context, catalog::Table& table, const ConstraintSpec& spec) {
  Result<> added = add_constraint(context, table, spec, true);
  if (added.ok() || added.error().state() == sqlstate::feature_not_supported) return added;
  return unplaced(added.error());
}

bool mentions(const std::vector<ColumnNumber>& columns, ColumnNumber number) {
  return std::find(columns.begin(), columns.end(), number) != columns.end();
}

// A key, an INCLUDE column, or the predicate.
Result<bool> index_mentions(DdlContext& context, const catalog::Table& table, const catalog::Index& index,
                            ColumnNumber number) {
  if (mentions(index.include, number)) return true;
  auto expression_mentions = [&](const std::string& sql, TableExpressionKind kind) -> Result<bool> {
    ExprPtr bound = TRY(bind_stored_expression(sql, table, kind, context.overlay.current(), context.bind));
    bool found = false;
    walk(*bound, [&](const Expr& node) {
      const auto* input = std::get_if<expression::InputRef>(&node.node);
      found = found || (input != nullptr && input->index == number);
      return true;
    });
    return found;
  };
  for (const catalog::IndexKey& key : index.keys) {
    if (key.column == number) return true;
    if (key.column) continue;
    bool found = TRY(expression_mentions(key.expression_sql, TableExpressionKind::IndexKey));
    if (found) return true;
  }
  if (index.predicate_sql.empty()) return false;
  return expression_mentions(index.predicate_sql, TableExpressionKind::IndexPredicate);
}

bool is_volatile_default(const Expr& expr) {
  return volatility(expr) == Volatility::Volatile;
}

Result<> add_column(DdlContext& context, TableDraft& table, const ast::AddColumn& action) {
  if (action.if_not_exists && table->find_column(action.column.name.text) != nullptr) {
    context.notice(Error(sqlstate::duplicate_column, "column \"" + std::string(action.column.name.text) +
                                                         "\" of relation \"" + table->name +
                                                         "\" already exists, skipping"));
    return {};
  }
  if (table->find_column(action.column.name.text) != nullptr) {
    return Error(sqlstate::duplicate_column, "column \"" + std::string(action.column.name.text) +
                                                 "\" of relation \"" + table->name + "\" already exists");
  }
  catalog::Table before = *table;
  std::vector<ConstraintSpec> constraints;
  Result<catalog::Column> made = make_column(context, *table, action.column, constraints);
  if (!made.ok()) {
    for (const ast::Constraint& constraint : action.column.constraints) {
      const auto* given = std::get_if<ast::Default>(&constraint.node);
      Position at = made.error().position();
      bool is_default = given != nullptr && at >= given->expr->range.begin && at < given->expr->range.end;
      if (is_default && at != kNoPosition) return unplaced(made.error());
    }
    return std::move(made).error();
  }
  catalog::Column column = std::move(*made);
  ExprPtr value;
  if (!column.default_sql.empty()) {
    value = TRY(bind_stored_expression(column.default_sql, *table, TableExpressionKind::Default,
                                       context.overlay.current(), context.bind, &column.type));
  }
  table->columns.push_back(column);
  HeapPtr heap = TRY(context.relations.heap(before));
  bool has_rows = heap->size().pages > 0;
  if (value && is_volatile_default(*value) && has_rows) {
    std::vector<ExprPtr> values(table->columns.size());
    values.back() = std::move(value);
    TRY(rewrite_table(context, before, *table, values));
  } else {
    Value missing(column.type);
    if (value && has_rows) missing = TRY(evaluate_constant(*value, context.eval));
    if (column.not_null && missing.is_null() && has_rows) {
      std::vector<std::vector<Value>> rows =
          TRY(context.query("SELECT 1 FROM public." + quote_identifier(table->name) + " LIMIT 1"));
      if (!rows.empty()) {
        return Error(sqlstate::not_null_violation, "column \"" + column.name + "\" of relation \"" +
                                                       table->name + "\" contains null values")
            .table(table->name)
            .column(column.name);
      }
    }
    LayoutPtr base = heap->layout(before.layout);
    LayoutPtr layout = TRY(heap->add_column(*base, column.type.physical(), missing));
    table->layout = layout->number();
    if (!missing.is_null()) table->columns.back().missing = missing;
  }
  context.overlay.put(catalog::TablePtr(table));
  for (const ConstraintSpec& spec : constraints) TRY(add_unplaced(context, *table, spec));
  return {};
}

Result<> drop_column(DdlContext& context, TableDraft& table, const ast::DropColumn& action) {
  std::optional<ColumnNumber> number = table->column_number(action.name.text);
  std::string name(action.name.text);
  if (is_system_column(name))
    return Error(sqlstate::feature_not_supported, "cannot drop system column \"" + name + "\"");
  if (!number) {
    if (!action.if_exists)
      return Error(sqlstate::undefined_column,
                   "column \"" + name + "\" of relation \"" + table->name + "\" does not exist")
          .hint(column_hint(*table, name));
    context.notice(Error(sqlstate::successful_completion, "column \"" + name + "\" of relation \"" +
                                                              table->name + "\" does not exist, skipping"));
    return {};
  }
  TRY(drop_dependents_of_column(context, *table, *number, action.is_cascade));
  std::vector<std::string> gone;
  for (const catalog::Constraint& constraint : table->constraints) {
    if (mentions(constraint.columns, *number)) gone.push_back(constraint.name);
  }
  for (const std::string& constraint : gone)
    TRY(drop_constraint(context, *table, constraint, action.is_cascade, action.name.position, true));
  for (const catalog::IndexPtr& index : context.overlay.current()->indexes_of(*table)) {
    bool uses = TRY(index_mentions(context, *table, *index, *number));
    if (!uses) continue;
    TRY(drop_references_to(context, *table, index->oid));
    TRY(drop_index(context, *index));
    table->indexes.erase(std::remove(table->indexes.begin(), table->indexes.end(), index->oid),
                         table->indexes.end());
  }
  for (const catalog::SequencePtr& sequence : context.overlay.current()->owned_sequences(table->oid, *number))
    TRY(drop_sequence(context, sequence->oid));
  catalog::Column& column = table->columns[*number];
  column.dropped = true;
  column.not_null = false;
  column.default_sql.clear();
  column.identity = catalog::Identity::None;
  column.owned_sequence = 0;
  column.missing.reset();
  HeapPtr heap = TRY(context.relations.heap(*table));
  LayoutPtr base = heap->layout(table->layout);
  LayoutPtr layout = TRY(heap->drop_column(context.transaction.id(), *base, *number));
  table->layout = layout->number();
  return {};
}

Result<> set_default(DdlContext& context, TableDraft& table, const ast::SetDefault& action) {
  ColumnNumber number = TRY(find_column(*table, action.column));
  catalog::Column& column = table->columns[number];
  if (column.identity != catalog::Identity::None) {
    return Error(sqlstate::syntax_error,
                 "column \"" + column.name + "\" of relation \"" + table->name + "\" is an identity column");
  }
  std::string text;
  if (action.expr != nullptr) {
    Result<std::string> bound = default_text(context, *table, column, *action.expr);
    if (!bound.ok()) return unplaced(bound.error());
    text = std::move(*bound);
  }
  column.default_sql = text;
  return {};
}

Result<> set_not_null(DdlContext& context, TableDraft& table, const ast::SetNotNull& action) {
  ColumnNumber number = TRY(find_column(*table, action.column));
  catalog::Column& column = table->columns[number];
  if (!action.is_not_null) {
    for (const catalog::Constraint& constraint : table->constraints) {
      if (constraint.kind != catalog::ConstraintKind::PrimaryKey || !mentions(constraint.columns, number))
        continue;
      return Error(sqlstate::invalid_table_definition, "column \"" + column.name + "\" is in a primary key");
    }
    if (column.identity != catalog::Identity::None) {
      return Error(sqlstate::syntax_error, "column \"" + column.name + "\" of relation \"" + table->name +
                                               "\" is an identity column");
    }
    column.not_null = false;
    return {};
  }
  if (column.not_null) return {};
  std::vector<std::vector<Value>> nulls =
      TRY(context.query("SELECT 1 FROM public." + quote_identifier(table->name) + " WHERE " +
                        quote_identifier(column.name) + " IS NULL LIMIT 1"));
  if (!nulls.empty()) {
    return Error(sqlstate::not_null_violation,
                 "column \"" + column.name + "\" of relation \"" + table->name + "\" contains null values")
        .table(table->name)
        .column(column.name);
  }
  column.not_null = true;
  return {};
}

// Foreign keys of the column and to it must have types that compare when it is of `type`.
Result<> check_references_fit(DdlContext& context, const catalog::Table& table, ColumnNumber number,
                              const Type& type) {
  catalog::CatalogPtr catalog = context.overlay.current();
  catalog::Column changed = table.columns[number];
  changed.type = type;
  auto check = [&](const catalog::Constraint& key) -> Result<> {
    for (size_t i = 0; i < key.columns.size(); ++i) {
      bool is_own = key.table == table.oid && key.columns[i] == number;
      bool is_other = key.parent == table.oid && key.parent_columns[i] == number;
      if (!is_own && !is_other) continue;
      const catalog::Column& own = is_own ? changed : catalog->table(key.table)->columns[key.columns[i]];
      const catalog::Column& other =
          is_other ? changed : catalog->table(key.parent)->columns[key.parent_columns[i]];
      if (!can_reference(own.type, other.type)) return cannot_reference(key.name, own, other);
    }
    return {};
  };
  for (const catalog::Constraint& key : table.constraints) {
    if (key.kind == catalog::ConstraintKind::ForeignKey) TRY(check(key));
  }
  for (catalog::Oid oid : table.referencing) {
    if (const catalog::Constraint* key = catalog->constraint(oid)) TRY(check(*key));
  }
  return {};
}

Result<> alter_type(DdlContext& context, TableDraft& table, const ast::AlterType& action) {
  ColumnNumber number = TRY(find_column(*table, action.column));
  catalog::Column& column = table->columns[number];
  Type type = TRY(resolve_type(*action.type));
  std::string collation = TRY(collation_name(action.collation, type, false));
  TRY(check_references_fit(context, *table, number, type));
  std::string using_sql = quote_identifier(column.name);
  catalog::Table before = *table;
  std::vector<ExprPtr> values(table->columns.size());
  if (action.using_expr != nullptr) {
    values[number] = TRY(bind_table_expression(*action.using_expr, before, TableExpressionKind::Using,
                                               context.overlay.current(), context.bind, &type));
  } else {
    Result<ExprPtr> cast = bind_stored_expression(using_sql, before, TableExpressionKind::Using,
                                                  context.overlay.current(), context.bind, &type);
    if (!cast.ok()) {
      return Error(sqlstate::datatype_mismatch,
                   "column \"" + column.name + "\" cannot be cast automatically to type " + type_name(type))
          .hint("You might need to specify \"USING " + using_sql + "::" + type_name(type) + "\".");
    }
    values[number] = std::move(cast).take();
  }
  TRY(refuse_when_viewed(context, *table, number));
  column.type = type;
  column.collation = collation;
  if (!column.default_sql.empty()) {
    Result<ExprPtr> kept = bind_stored_expression(column.default_sql, *table, TableExpressionKind::Default,
                                                  context.overlay.current(), context.bind, &type);
    if (!kept.ok()) {
      return Error(sqlstate::datatype_mismatch, "default for column \"" + column.name +
                                                    "\" cannot be cast automatically to type " +
                                                    type_name(type));
    }
  }
  // Checks are kept as text and bound again to the new type: if one cannot be, that is an error now, not
  // later.
  for (const catalog::Constraint& constraint : table->constraints) {
    if (constraint.kind != catalog::ConstraintKind::Check || !mentions(constraint.columns, number)) continue;
    Result<ExprPtr> check = bind_stored_expression(constraint.check_sql, *table, TableExpressionKind::Check,
                                                   context.overlay.current(), context.bind);
    if (!check.ok()) return unplaced(check.error());  // its position is one in the stored text
  }
  return rewrite_table(context, before, *table, values);
}

Result<> identity_action(DdlContext& context, TableDraft& table, const ast::AlterTableNode& node) {
  if (const auto* add = std::get_if<ast::AddIdentity>(&node)) {
    ColumnNumber number = TRY(find_column(*table, add->column));
    catalog::Column& column = table->columns[number];
    bool is_integer = column.type.id == TypeId::SmallInt || column.type.id == TypeId::Integer ||
                      column.type.id == TypeId::BigInt;
    if (!is_integer) {
      return Error(sqlstate::invalid_parameter_value,
                   "identity column type must be smallint, integer, or bigint");
    }
    if (!column.not_null) {
      return Error(sqlstate::object_not_in_prerequisite_state,
                   "column \"" + column.name + "\" of relation \"" + table->name +
                       "\" must be declared NOT NULL before identity can be added");
    }
    if (!column.default_sql.empty()) {
      return Error(
          sqlstate::object_not_in_prerequisite_state,
          "column \"" + column.name + "\" of relation \"" + table->name + "\" already has a default value");
    }
    TRY(own_sequence(context, *table, number, column, add->identity.options));
    column.identity = add->identity.is_always ? catalog::Identity::Always : catalog::Identity::ByDefault;
    return {};
  }
  const auto& dropped = std::get<ast::DropIdentity>(node);
  ColumnNumber number = TRY(find_column(*table, dropped.column));
  catalog::Column& column = table->columns[number];
  if (column.identity == catalog::Identity::None) {
    std::string text =
        "column \"" + column.name + "\" of relation \"" + table->name + "\" is not an identity column";
    if (!dropped.if_exists) return Error(sqlstate::object_not_in_prerequisite_state, text);
    context.notice(Error(sqlstate::successful_completion, text + ", skipping"));
    return {};
  }
  if (catalog::SequencePtr sequence = context.overlay.current()->sequence(column.owned_sequence)) {
    std::vector<std::string> needed;
    for (const DefaultUse& use : defaults_calling(*context.overlay.current(), *sequence)) {
      if (use.table == table->oid && use.column == number) continue;
      needed.push_back(use.what + " depends on sequence " + sequence->name);
    }
    if (!needed.empty()) return still_needed("sequence " + sequence->name, needed);
    TRY(drop_sequence(context, sequence->oid));
  }
  column.owned_sequence = 0;
  column.identity = catalog::Identity::None;
  column.default_sql.clear();
  return {};
}

// No column is a generated one.
Result<> drop_expression(DdlContext& context, const catalog::Table& table,
                         const ast::DropExpression& action) {
  ColumnNumber number = TRY(find_column(table, action.column));
  std::string text = "column \"" + table.columns[number].name + "\" of relation \"" + table.name +
                     "\" is not a stored generated column";
  if (!action.if_exists) return Error(sqlstate::object_not_in_prerequisite_state, text);
  context.notice(Error(sqlstate::successful_completion, text + ", skipping"));
  return {};
}

// There is one role, and all is its own.
Result<> check_owner(const ast::ChangeOwner& change) {
  if (change.role.empty() || change.role.text == "rowan") return {};
  return Error(sqlstate::undefined_object, "role \"" + std::string(change.role.text) + "\" does not exist");
}

Result<> apply(DdlContext& context, TableDraft& table, const ast::AlterTableAction& action) {
  if (const auto* add = std::get_if<ast::AddColumn>(&action.node)) return add_column(context, table, *add);
  if (const auto* dropped = std::get_if<ast::DropColumn>(&action.node))
    return drop_column(context, table, *dropped);
  if (const auto* given = std::get_if<ast::SetDefault>(&action.node))
    return set_default(context, table, *given);
  if (const auto* not_null = std::get_if<ast::SetNotNull>(&action.node))
    return set_not_null(context, table, *not_null);
  if (const auto* type = std::get_if<ast::AlterType>(&action.node)) return alter_type(context, table, *type);
  if (const auto* add = std::get_if<ast::AddConstraint>(&action.node)) {
    ConstraintSpec spec{&add->constraint, {}, {}};
    return add_unplaced(context, *table, spec);
  }
  if (const auto* dropped = std::get_if<ast::DropConstraint>(&action.node)) {
    std::string name(dropped->name.text);
    bool exists = std::any_of(table->constraints.begin(), table->constraints.end(),
                              [&](const catalog::Constraint& c) { return c.name == name; });
    if (!exists && dropped->if_exists) {
      context.notice(Error(sqlstate::successful_completion, "constraint \"" + name + "\" of relation \"" +
                                                                table->name + "\" does not exist, skipping"));
      return {};
    }
    return drop_constraint(context, *table, name, dropped->is_cascade, kNoPosition);
  }
  if (const auto* given = std::get_if<ast::ValidateConstraint>(&action.node))
    return validate_constraint(context, *table, std::string(given->name.text));
  if (const auto* change = std::get_if<ast::ChangeOwner>(&action.node)) return check_owner(*change);
  if (const auto* options = std::get_if<ast::SetOptions>(&action.node)) {
    if (options->is_reset) return {};  // there is nothing to forget
    return check_storage_options(options->options, StorageKind::Table);
  }
  if (std::holds_alternative<ast::AddIdentity>(action.node) ||
      std::holds_alternative<ast::DropIdentity>(action.node)) {
    return identity_action(context, table, action.node);
  }
  if (const auto* dropped = std::get_if<ast::DropExpression>(&action.node))
    return drop_expression(context, *table, *dropped);
  std::string_view words =
      std::holds_alternative<ast::SetStatistics>(action.node)     ? "SET STATISTICS"
      : std::holds_alternative<ast::AlterIdentity>(action.node)   ? "altering an identity column"
      : std::holds_alternative<ast::AlterConstraint>(action.node) ? "ALTER CONSTRAINT"
                                                                  : "this form of ALTER TABLE";
  return Error(sqlstate::feature_not_supported, std::string(words) + " is not supported").at(action.position);
}

// The order in which the parts of one statement are done, whatever the order they are written in, as in
// PostgreSQL: what goes, new types, new columns, what columns are, what holds between them, the rest.
int pass_of(const ast::AlterTableNode& node) {
  if (std::holds_alternative<ast::DropColumn>(node) || std::holds_alternative<ast::DropConstraint>(node) ||
      std::holds_alternative<ast::DropIdentity>(node) || std::holds_alternative<ast::DropExpression>(node)) {
    return 0;
  }
  if (const auto* given = std::get_if<ast::SetDefault>(&node)) return given->expr == nullptr ? 0 : 4;
  if (const auto* not_null = std::get_if<ast::SetNotNull>(&node)) return not_null->is_not_null ? 3 : 0;
  if (std::holds_alternative<ast::AlterType>(node)) return 1;
  if (std::holds_alternative<ast::AddColumn>(node)) return 2;
  if (std::holds_alternative<ast::AddIdentity>(node)) return 4;
  if (const auto* add = std::get_if<ast::AddConstraint>(&node))
    return std::holds_alternative<ast::UniqueKey>(add->constraint.node) ? 4 : 5;
  return 6;
}

std::vector<const ast::AlterTableAction*> in_passes(const ast::AlterTable& statement) {
  std::vector<const ast::AlterTableAction*> actions;
  for (const ast::AlterTableAction& action : statement.actions) actions.push_back(&action);
  std::stable_sort(actions.begin(), actions.end(),
                   [](const auto* a, const auto* b) { return pass_of(a->node) < pass_of(b->node); });
  return actions;
}

Result<> refuse_second_type(const ast::AlterTable& statement) {
  std::vector<std::string_view> columns;
  for (const ast::AlterTableAction& action : statement.actions) {
    const auto* type = std::get_if<ast::AlterType>(&action.node);
    if (type == nullptr) continue;
    std::string_view column = type->column.text;
    if (std::find(columns.begin(), columns.end(), column) != columns.end()) {
      return Error(sqlstate::feature_not_supported,
                   "cannot alter type of column \"" + std::string(column) + "\" twice");
    }
    columns.push_back(column);
  }
  return {};
}

Error name_taken(std::string_view name) {
  return Error(sqlstate::duplicate_table, "relation \"" + std::string(name) + "\" already exists");
}

// `relation` is locked.
Result<> rename_relation(DdlContext& context, const catalog::RelationPtr& relation,
                         const ast::Rename& statement) {
  std::string name(statement.new_name.text);
  TRY(lock_name(context, name));
  if (!is_name_free(context, name)) return name_taken(name);
  if (const auto* table = std::get_if<catalog::TablePtr>(&relation)) {
    TableDraft changed = copy(**table);
    changed->name = name;
    context.overlay.put(catalog::TablePtr(std::move(changed)));
  } else if (const auto* view = std::get_if<catalog::ViewPtr>(&relation)) {
    auto changed = std::make_shared<catalog::View>(**view);
    changed->name = name;
    changed->bound = std::make_shared<catalog::BoundSlot>();
    context.overlay.put(catalog::ViewPtr(std::move(changed)));
  } else if (const auto* sequence = std::get_if<catalog::SequencePtr>(&relation)) {
    auto changed = std::make_shared<catalog::Sequence>(**sequence);
    changed->name = name;
    for (const catalog::TablePtr& caller : context.overlay.current()->tables()) {
      bool calls =
          std::any_of(caller->columns.begin(), caller->columns.end(), [&](const catalog::Column& column) {
            return names_sequence(column.default_sql, (*sequence)->name);
          });
      if (!calls) continue;
      TRY(lock_oid(context, caller->oid, LockMode::AccessExclusive));
      catalog::TablePtr newest = context.overlay.current()->table(caller->oid);
      if (!newest) continue;  // it went while we waited
      TableDraft calling = copy(*newest);
      for (catalog::Column& column : calling->columns)
        rename_sequence_in(column.default_sql, (*sequence)->name, name);
      context.overlay.put(catalog::TablePtr(std::move(calling)));
    }
    context.overlay.put(catalog::SequencePtr(std::move(changed)));
  } else if (const auto* index = std::get_if<catalog::IndexPtr>(&relation)) {
    auto changed = std::make_shared<catalog::Index>(**index);
    changed->name = name;
    if (changed->constraint != 0) {
      TableDraft owning = copy(*context.overlay.current()->table(changed->table));
      for (catalog::Constraint& constraint : owning->constraints) {
        if (constraint.oid == changed->constraint) constraint.name = name;
      }
      context.overlay.put(catalog::TablePtr(std::move(owning)));
    }
    context.overlay.put(catalog::IndexPtr(std::move(changed)));
  }
  return {};
}

Result<> rename_member(DdlContext& context, const ast::Rename& statement) {
  catalog::TablePtr found = TRY(lock_table(context, statement.name, LockMode::AccessExclusive));
  TableDraft table = copy(*found);
  std::string name(statement.new_name.text);
  if (statement.member_kind == ast::ObjectKind::Constraint) {
    auto constraint =
        std::find_if(table->constraints.begin(), table->constraints.end(),
                     [&](const catalog::Constraint& c) { return c.name == statement.member.text; });
    if (constraint == table->constraints.end()) {
      return Error(sqlstate::undefined_object, "constraint \"" + std::string(statement.member.text) +
                                                   "\" for table \"" + table->name + "\" does not exist");
    }
    if (catalog::IndexPtr index = constraint->kind == catalog::ConstraintKind::ForeignKey
                                      ? nullptr
                                      : context.overlay.current()->index(constraint->index)) {
      if (!is_name_free(context, name)) return name_taken(name);
      auto renamed = std::make_shared<catalog::Index>(*index);
      renamed->name = name;
      context.overlay.put(catalog::IndexPtr(std::move(renamed)));
    }
    constraint->name = name;
    context.overlay.put(catalog::TablePtr(std::move(table)));
    return {};
  }
  std::optional<ColumnNumber> number = table->column_number(statement.member.text);
  if (is_system_column(statement.member.text)) {
    return Error(sqlstate::feature_not_supported,
                 "cannot rename system column \"" + std::string(statement.member.text) + "\"");
  }
  TRY(check_column_name(name));
  if (!number) {
    return Error(sqlstate::undefined_column,
                 "column \"" + std::string(statement.member.text) + "\" does not exist")
        .hint(column_hint(*table, statement.member.text));
  }
  if (table->find_column(name) != nullptr) {
    return Error(sqlstate::duplicate_column,
                 "column \"" + name + "\" of relation \"" + table->name + "\" already exists");
  }
  for (const catalog::ViewPtr& view : context.overlay.current()->dependent_views(table->oid)) {
    if (view->world) continue;  // knows the column by its number
    return Error(sqlstate::feature_not_supported, "cannot rename a column that a view reads")
        .detail("view " + view->name + " depends on column " + table->columns[*number].name + " of table " +
                table->name)
        .hint("Drop the view, rename the column and create the view again.");
  }
  // Checks, index expressions and predicates are text: they are bound under the old name and written under
  // the new one.
  struct Stored {
    std::string* text;
    TableExpressionKind kind;
  };
  std::vector<std::shared_ptr<catalog::Index>> indexes;
  std::vector<Stored> texts;
  for (catalog::Constraint& constraint : table->constraints) {
    if (constraint.kind == catalog::ConstraintKind::Check)
      texts.push_back({&constraint.check_sql, TableExpressionKind::Check});
  }
  for (const catalog::IndexPtr& index : context.overlay.current()->indexes_of(*table)) {
    auto changed = std::make_shared<catalog::Index>(*index);
    for (catalog::IndexKey& key : changed->keys) {
      if (!key.column) texts.push_back({&key.expression_sql, TableExpressionKind::IndexKey});
    }
    if (!changed->predicate_sql.empty())
      texts.push_back({&changed->predicate_sql, TableExpressionKind::IndexPredicate});
    indexes.push_back(std::move(changed));
  }
  std::vector<ExprPtr> bound;
  for (const Stored& stored : texts) {
    ExprPtr expr = TRY(
        bind_stored_expression(*stored.text, *table, stored.kind, context.overlay.current(), context.bind));
    bound.push_back(std::move(expr));
  }
  table->columns[*number].name = name;
  for (size_t i = 0; i < texts.size(); ++i) *texts[i].text = deparse_for_table(*bound[i], *table);
  for (std::shared_ptr<catalog::Index>& index : indexes)
    context.overlay.put(catalog::IndexPtr(std::move(index)));
  context.overlay.put(catalog::TablePtr(std::move(table)));
  return {};
}

}  // namespace

Result<> alter_table(DdlContext& context, const ast::AlterTable& statement) {
  catalog::RelationPtr found = find(context, statement.name);
  if (std::holds_alternative<std::monostate>(found)) {
    if (!statement.if_exists) return undefined_relation(context, statement.name);
    context.notice(Error(sqlstate::successful_completion,
                         "relation \"" + name_text(statement.name) + "\" does not exist, skipping"));
    return {};
  }
  std::string_view wanted = statement.kind == ast::ObjectKind::View       ? "view"
                            : statement.kind == ast::ObjectKind::Sequence ? "sequence"
                                                                          : "";
  if (!wanted.empty() && kind_word(found) != wanted) {
    return Error(sqlstate::wrong_object_type,
                 "\"" + std::string(statement.name.last()) + "\" is not a " + std::string(wanted));
  }
  if (!std::holds_alternative<catalog::TablePtr>(found)) {
    const auto* change =
        statement.actions.size() == 1 ? std::get_if<ast::ChangeOwner>(&statement.actions[0].node) : nullptr;
    if (change != nullptr) return check_owner(*change);
    return Error(sqlstate::feature_not_supported,
                 "this form of ALTER is not supported on " +
                     std::string(kind_word(found) == "index" ? "an " : "a ") + std::string(kind_word(found)))
        .at(statement.actions.empty() ? statement.name.position() : statement.actions[0].position);
  }
  TRY(lock_table(context, statement.name, LockMode::AccessExclusive));
  TRY(refuse_second_type(statement));
  for (const ast::AlterTableAction* action : in_passes(statement)) {
    catalog::TablePtr current = TRY(lock_table(context, statement.name, LockMode::AccessExclusive));
    TableDraft table = copy(*current);
    TRY(apply(context, table, *action));
    context.overlay.put(catalog::TablePtr(std::move(table)));
  }
  // Values that a new type made must keep what the constraints promise: those that are left when all is done.
  catalog::TablePtr changed = TRY(lock_table(context, statement.name, LockMode::AccessExclusive));
  for (const ast::AlterTableAction& action : statement.actions) {
    const auto* type = std::get_if<ast::AlterType>(&action.node);
    if (type != nullptr) TRY(check_constraints_of(context, *changed, type->column.text));
  }
  return {};
}

Result<> rename(DdlContext& context, const ast::Rename& statement) {
  catalog::RelationPtr found = TRY(lock_relation(
      context, statement.name, [&](const catalog::RelationPtr& relation) -> std::optional<LockMode> {
        bool is_view = std::holds_alternative<catalog::ViewPtr>(relation);
        bool is_wanted = is_view || statement.kind != ast::ObjectKind::View || !statement.member.empty();
        if (std::holds_alternative<std::monostate>(relation) || !is_wanted) return std::nullopt;
        bool is_index = std::holds_alternative<catalog::IndexPtr>(relation);
        return is_index ? LockMode::ShareUpdateExclusive : LockMode::AccessExclusive;
      }));
  if (std::holds_alternative<std::monostate>(found)) {
    if (!statement.if_exists) return undefined_relation(context, statement.name);
    context.notice(Error(sqlstate::successful_completion,
                         "relation \"" + name_text(statement.name) + "\" does not exist, skipping"));
    return {};
  }
  const auto* view = std::get_if<catalog::ViewPtr>(&found);
  if (statement.kind == ast::ObjectKind::View && statement.member.empty() && view == nullptr) {
    return Error(sqlstate::wrong_object_type, "\"" + name_text(statement.name) + "\" is not a view");
  }
  bool is_column = !statement.member.empty() && statement.member_kind != ast::ObjectKind::Constraint;
  if (is_column && view != nullptr) return rename_view_column(context, **view, statement);
  if (!statement.member.empty()) return rename_member(context, statement);
  return rename_relation(context, found, statement);
}

}  // namespace rowan::ddl
