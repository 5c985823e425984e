// executor/ddl_constraint.cpp: PRIMARY KEY, UNIQUE, CHECK and FOREIGN KEY: adding them, with what they need,
// and taking them away.
#include <algorithm>

#include "executor/ddl_support.h"
#include "planner/deparse.h"
#include "types/cast.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan::ddl {
namespace {

std::vector<std::string> constraint_names(const catalog::Table& table) {
  std::vector<std::string> names;
  for (const catalog::Constraint& constraint : table.constraints) names.push_back(constraint.name);
  return names;
}

Error duplicate_constraint(const catalog::Table& table, std::string_view name) {
  return Error(sqlstate::duplicate_object,
               "constraint \"" + std::string(name) + "\" for relation \"" + table.name + "\" already exists");
}

// The given name, which must be new to the table, or one made of the table, the columns and what it is.
Result<std::string> constraint_name(DdlContext& context, const catalog::Table& table, const ast::Name& given,
                                    std::string_view columns, std::string_view suffix) {
  std::vector<std::string> taken = constraint_names(table);
  if (given.empty()) return choose_name(context, table.name, columns, suffix, taken);
  if (std::find(taken.begin(), taken.end(), given.text) != taken.end())
    return duplicate_constraint(table, given.text);
  return std::string(given.text);
}

std::string joined(const catalog::Table& table, const std::vector<catalog::ColumnNumber>& columns) {
  std::string text;
  for (catalog::ColumnNumber column : columns) text += (text.empty() ? "" : "_") + table.columns[column].name;
  return text;
}

Result<std::vector<catalog::ColumnNumber>> key_columns(const catalog::Table& table,
                                                       const ConstraintSpec& spec,
                                                       const ast::UniqueKey& key) {
  std::vector<ast::Name> names(spec.columns);
  if (names.empty()) names.assign(key.columns.begin(), key.columns.end());
  std::vector<catalog::ColumnNumber> columns;
  for (const ast::Name& name : names) {
    std::optional<catalog::ColumnNumber> number = table.column_number(name.text);
    if (!number) {
      return Error(sqlstate::undefined_column,
                   "column \"" + std::string(name.text) + "\" named in key does not exist")
          .at(spec.constraint->position)
          .hint(column_hint(table, name.text));
    }
    if (std::find(columns.begin(), columns.end(), *number) != columns.end()) {
      return Error(sqlstate::duplicate_column, "column \"" + std::string(name.text) + "\" appears twice in " +
                                                   (key.is_primary ? "primary key" : "unique") +
                                                   " constraint")
          .at(spec.constraint->position);
    }
    columns.push_back(*number);
  }
  return columns;
}

// Rows that exist must have no NULL there.
Result<> check_no_nulls(DdlContext& context, const catalog::Table& table, const std::string& column) {
  std::vector<std::vector<Value>> found =
      TRY(context.query("SELECT 1 FROM public." + quote_identifier(table.name) + " WHERE " +
                        quote_identifier(column) + " IS NULL LIMIT 1"));
  if (found.empty()) return {};
  return Error(sqlstate::not_null_violation,
               "column \"" + column + "\" of relation \"" + table.name + "\" contains null values")
      .table(table.name)
      .column(column);
}

Result<> add_key(DdlContext& context, catalog::Table& table, const ConstraintSpec& spec,
                 const ast::UniqueKey& key, bool validate) {
  if (!key.using_index.empty()) {
    return Error(sqlstate::feature_not_supported, "constraints USING INDEX are not supported")
        .at(key.using_index.position);
  }
  if (key.is_primary) {
    for (const catalog::Constraint& other : table.constraints) {
      if (other.kind != catalog::ConstraintKind::PrimaryKey) continue;
      return Error(sqlstate::invalid_table_definition,
                   "multiple primary keys for table \"" + table.name + "\" are not allowed")
          .at(spec.constraint->position);
    }
  }
  catalog::Constraint constraint;
  constraint.table = table.oid;
  constraint.kind = key.is_primary ? catalog::ConstraintKind::PrimaryKey : catalog::ConstraintKind::Unique;
  constraint.columns = TRY(key_columns(table, spec, key));
  std::vector<catalog::ColumnNumber> included;
  for (const ast::Name& name : key.include) {
    catalog::ColumnNumber number = TRY(find_column(table, name));
    included.push_back(number);
  }
  std::string columns;
  if (!key.is_primary) {
    columns = joined(table, constraint.columns);
    if (!included.empty()) columns += "_" + joined(table, included);
  }
  const ast::Name& given = spec.constraint->name;  // the index takes the name first
  if (!given.empty() && !is_name_free(context, given.text))
    return Error(sqlstate::duplicate_table, "relation \"" + std::string(given.text) + "\" already exists");
  constraint.name = TRY(constraint_name(context, table, given, columns, key.is_primary ? "pkey" : "key"));
  if (key.is_primary) {
    for (catalog::ColumnNumber number : constraint.columns) {
      if (validate && !table.columns[number].not_null)
        TRY(check_no_nulls(context, table, table.columns[number].name));
      table.columns[number].not_null = true;
    }
  }
  TRY(check_storage_options(key.options, StorageKind::BTree));
  TRY(check_tablespace(key.tablespace));
  constraint.oid = TRY(context.relations.new_oid());
  auto index = std::make_shared<catalog::Index>();
  index->table = table.oid;
  index->name = constraint.name;
  index->is_unique = true;
  index->is_primary = key.is_primary;
  index->constraint = constraint.oid;
  for (catalog::ColumnNumber number : constraint.columns) {
    catalog::IndexKey part;
    part.column = number;
    part.type = table.columns[number].type;
    index->keys.push_back(std::move(part));
  }
  index->include = std::move(included);
  index->oid = TRY(context.relations.new_oid());
  constraint.index = index->oid;
  TRY(build_index(context, table, index, validate));
  table.constraints.push_back(std::move(constraint));
  return {};
}

// Rows that break a check.
Result<> check_condition(DdlContext& context, const catalog::Table& table,
                         const catalog::Constraint& constraint) {
  std::vector<std::vector<Value>> broken =
      TRY(context.query("SELECT 1 FROM public." + quote_identifier(table.name) + " WHERE NOT (" +
                        constraint.check_sql + ") LIMIT 1"));
  if (broken.empty()) return {};
  return Error(sqlstate::check_violation, "check constraint \"" + constraint.name + "\" of relation \"" +
                                              table.name + "\" is violated by some row")
      .table(table.name)
      .constraint(constraint.name);
}

Result<> add_check(DdlContext& context, catalog::Table& table, const ConstraintSpec& spec,
                   const ast::Check& check, bool validate) {
  BindOptions options = context.bind;
  options.allow_parameters = false;
  ExprPtr bound = TRY(bind_table_expression(*check.expr, table, TableExpressionKind::Check,
                                            context.overlay.current(), options));
  catalog::Constraint constraint;
  constraint.table = table.oid;
  constraint.kind = catalog::ConstraintKind::Check;
  walk(*bound, [&](const Expr& node) {
    if (const auto* input = std::get_if<expression::InputRef>(&node.node)) {
      auto number = static_cast<catalog::ColumnNumber>(input->index);
      if (std::find(constraint.columns.begin(), constraint.columns.end(), number) ==
          constraint.columns.end()) {
        constraint.columns.push_back(number);
      }
    }
    return true;
  });
  bool taken = !validate && !spec.constraint->name.empty();
  for (const catalog::Constraint& other : table.constraints) {
    if (!taken || other.name != spec.constraint->name.text) continue;
    return Error(sqlstate::duplicate_object, "check constraint \"" + other.name + "\" already exists");
  }
  // PostgreSQL names a check after its column when it mentions just one.
  std::string column = constraint.columns.size() == 1 ? table.columns[constraint.columns[0]].name : "";
  constraint.name = TRY(constraint_name(context, table, spec.constraint->name, column, "check"));
  constraint.check_sql = deparse_for_table(*bound, table);
  constraint.is_no_inherit = check.no_inherit;
  constraint.is_valid = !validate || !spec.constraint->is_not_valid;
  if (validate && constraint.is_valid) TRY(check_condition(context, table, constraint));
  constraint.oid = TRY(context.relations.new_oid());
  table.constraints.push_back(std::move(constraint));
  return {};
}

catalog::ForeignKeyAction to_action(ast::ReferenceAction action) {
  switch (action) {
    case ast::ReferenceAction::NoAction:
      return catalog::ForeignKeyAction::NoAction;
    case ast::ReferenceAction::Restrict:
      return catalog::ForeignKeyAction::Restrict;
    case ast::ReferenceAction::Cascade:
      return catalog::ForeignKeyAction::Cascade;
    case ast::ReferenceAction::SetNull:
      return catalog::ForeignKeyAction::SetNull;
    case ast::ReferenceAction::SetDefault:
      return catalog::ForeignKeyAction::SetDefault;
  }
  return catalog::ForeignKeyAction::NoAction;
}

// The unique index that makes `columns`, in any order, a key of the parent; nullptr: none does. It need not
// be a constraint's.
catalog::IndexPtr find_parent_key(const DdlContext& context, const catalog::Table& parent,
                                  const std::vector<catalog::ColumnNumber>& columns) {
  for (const catalog::IndexPtr& index : context.overlay.current()->indexes_of(parent)) {
    bool is_key = index->is_unique && index->predicate_sql.empty() && index->keys.size() == columns.size();
    if (!is_key) continue;
    std::vector<catalog::ColumnNumber> keys;
    for (const catalog::IndexKey& key : index->keys)
      if (key.column) keys.push_back(*key.column);
    if (keys.size() == columns.size() && std::is_permutation(keys.begin(), keys.end(), columns.begin()))
      return index;
  }
  return nullptr;
}

std::string violates_key(const catalog::Table& child, const catalog::Constraint& key) {
  return "insert or update on table \"" + child.name + "\" violates foreign key constraint \"" + key.name +
         "\"";
}

// Rows of the child that have no parent.
Result<> check_references(DdlContext& context, const catalog::Table& child, const catalog::Table& parent,
                          const catalog::Constraint& key) {
  std::string join, present, columns, some, all;
  for (size_t i = 0; i < key.columns.size(); ++i) {
    std::string own = "c." + quote_identifier(child.columns[key.columns[i]].name);
    std::string other = "p." + quote_identifier(parent.columns[key.parent_columns[i]].name);
    join += (i == 0 ? "" : " AND ") + other + " = " + own;
    present += " AND " + own + " IS NOT NULL";
    columns += (i == 0 ? "" : ", ") + own;
    some += (i == 0 ? "" : " OR ") + own + " IS NOT NULL";
    all += (i == 0 ? "" : " AND ") + own + " IS NOT NULL";
  }
  if (key.match == catalog::ForeignKeyMatch::Full && key.columns.size() > 1) {
    std::vector<std::vector<Value>> mixed =
        TRY(context.query("SELECT 1 FROM public." + quote_identifier(child.name) + " c WHERE (" + some +
                          ") AND NOT (" + all + ") LIMIT 1"));
    if (!mixed.empty()) {
      return Error(sqlstate::foreign_key_violation, violates_key(child, key))
          .detail("MATCH FULL does not allow mixing of null and nonnull key values.")
          .table(child.name)
          .constraint(key.name);
    }
  }
  std::string sql = "SELECT " + columns + " FROM public." + quote_identifier(child.name) +
                    " c WHERE NOT EXISTS (SELECT 1 FROM public." + quote_identifier(parent.name) +
                    " p WHERE " + join + ")" + present + " LIMIT 1";
  std::vector<std::vector<Value>> orphans = TRY(context.query(sql));
  if (orphans.empty()) return {};
  std::string names, values;
  for (size_t i = 0; i < key.columns.size(); ++i) {
    names += (i == 0 ? "" : ", ") + child.columns[key.columns[i]].name;
    values += (i == 0 ? "" : ", ") + format_value(orphans[0][i], context.eval);
  }
  return Error(sqlstate::foreign_key_violation, violates_key(child, key))
      .detail("Key (" + names + ")=(" + values + ") is not present in table \"" + parent.name + "\".")
      .table(child.name)
      .constraint(key.name);
}

Error unknown_key_column(const catalog::Table& table, const ast::Name& name) {
  return Error(sqlstate::undefined_column, "column \"" + std::string(name.text) +
                                               "\" referenced in foreign key constraint does not exist")
      .hint(column_hint(table, name.text));
}

Result<> add_foreign_key(DdlContext& context, catalog::Table& table, const ConstraintSpec& spec,
                         const ast::ForeignKey& foreign, bool validate) {
  if (spec.constraint->is_deferrable || spec.constraint->initially_deferred) {
    return Error(sqlstate::feature_not_supported, "deferrable constraints are not supported")
        .at(spec.constraint->position);
  }
  if (foreign.match == ast::ReferenceMatch::Partial) {
    return Error(sqlstate::feature_not_supported, "MATCH PARTIAL not yet implemented")
        .at(spec.constraint->position);
  }
  catalog::Constraint key;
  key.table = table.oid;
  key.kind = catalog::ConstraintKind::ForeignKey;
  key.match = foreign.match == ast::ReferenceMatch::Full ? catalog::ForeignKeyMatch::Full
                                                         : catalog::ForeignKeyMatch::Simple;
  key.on_delete = to_action(foreign.on_delete);
  key.on_update = to_action(foreign.on_update);
  std::vector<ast::Name> names(spec.columns);
  if (names.empty()) names.assign(foreign.columns.begin(), foreign.columns.end());
  for (const ast::Name& name : names) {
    std::optional<catalog::ColumnNumber> number = table.column_number(name.text);
    if (!number) {
      return unknown_key_column(table, name);
    }
    key.columns.push_back(*number);
  }
  for (const ast::Name& name : foreign.on_delete_columns) {
    std::optional<catalog::ColumnNumber> number = table.column_number(name.text);
    if (!number) {
      return unknown_key_column(table, name);
    }
    if (std::find(key.columns.begin(), key.columns.end(), *number) == key.columns.end()) {
      return Error(sqlstate::invalid_column_reference,
                   "column \"" + std::string(name.text) +
                       "\" referenced in ON DELETE SET action must be part of foreign key");
    }
    key.set_columns.push_back(*number);
  }
  // A table may refer to itself; it is then the form under construction that counts.
  bool self = foreign.table.last() == table.name &&
              (foreign.table.schema().empty() || foreign.table.schema() == "public");
  catalog::TablePtr found;
  if (!self) {
    catalog::RelationPtr named = find(context, foreign.table);
    bool is_other =
        !std::holds_alternative<std::monostate>(named) && !std::holds_alternative<catalog::TablePtr>(named);
    if (is_other) {
      return Error(sqlstate::wrong_object_type,
                   "referenced relation \"" + std::string(foreign.table.last()) + "\" is not a table");
    }
    found = TRY(lock_table(context, foreign.table, LockMode::ShareRowExclusive));
  }
  const catalog::Table& parent = self ? table : *found;
  key.parent = parent.oid;
  if (foreign.referenced.empty()) {
    for (const catalog::Constraint& candidate : parent.constraints) {
      if (candidate.kind == catalog::ConstraintKind::PrimaryKey) key.parent_columns = candidate.columns;
    }
    if (key.parent_columns.empty()) {
      return Error(sqlstate::undefined_object,
                   "there is no primary key for referenced table \"" + parent.name + "\"");
    }
  } else {
    for (const ast::Name& name : foreign.referenced) {
      std::optional<catalog::ColumnNumber> number = parent.column_number(name.text);
      if (!number) {
        return unknown_key_column(parent, name);
      }
      key.parent_columns.push_back(*number);
    }
  }
  catalog::IndexPtr parent_key = find_parent_key(context, parent, key.parent_columns);
  if (parent_key == nullptr) {
    return Error(
        sqlstate::invalid_foreign_key,
        "there is no unique constraint matching given keys for referenced table \"" + parent.name + "\"");
  }
  if (key.columns.size() != key.parent_columns.size()) {
    return Error(sqlstate::invalid_foreign_key,
                 "number of referencing and referenced columns for foreign key disagree");
  }
  key.index = parent_key->oid;
  key.name = TRY(constraint_name(context, table, spec.constraint->name, joined(table, key.columns), "fkey"));
  for (size_t i = 0; i < key.columns.size(); ++i) {
    const catalog::Column& own = table.columns[key.columns[i]];
    const catalog::Column& other = parent.columns[key.parent_columns[i]];
    if (!can_reference(own.type, other.type)) return cannot_reference(key.name, own, other);
  }
  key.is_valid = !validate || !spec.constraint->is_not_valid;
  if (validate && key.is_valid) TRY(check_references(context, table, parent, key));
  key.oid = TRY(context.relations.new_oid());
  if (self) {
    table.referencing.push_back(key.oid);
  } else {
    std::shared_ptr<catalog::Table> changed = copy(*found);
    changed->referencing.push_back(key.oid);
    context.overlay.put(catalog::TablePtr(std::move(changed)));
  }
  table.constraints.push_back(std::move(key));
  return {};
}

void forget_reference(catalog::Table& parent, catalog::Oid key) {
  parent.referencing.erase(std::remove(parent.referencing.begin(), parent.referencing.end(), key),
                           parent.referencing.end());
}

// Types whose values PostgreSQL compares within one index; 0: a family of its own.
int operator_family(TypeId type) {
  switch (type) {
    case TypeId::SmallInt:
    case TypeId::Integer:
    case TypeId::BigInt:
      return 1;
    case TypeId::Real:
    case TypeId::Double:
      return 2;
    case TypeId::Text:
    case TypeId::VarChar:
      return 3;
    case TypeId::Date:
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      return 4;
    default:
      return 0;
  }
}

}  // namespace

bool can_reference(const Type& own, const Type& other) {
  if (own.id == other.id) return true;
  if (operator_family(own.id) != 0 && operator_family(own.id) == operator_family(other.id)) return true;
  // Text is compared with CHAR(n) as text, which PostgreSQL does not take for a key of CHAR(n).
  return find_cast(Type(own.id), Type(other.id), CastContext::Implicit) != nullptr ||
         !needs_cast(Type(own.id), Type(other.id));
}

Error cannot_reference(const std::string& key, const catalog::Column& own, const catalog::Column& other) {
  return Error(sqlstate::datatype_mismatch, "foreign key constraint \"" + key + "\" cannot be implemented")
      .detail("Key columns \"" + own.name + "\" and \"" + other.name + "\" are of incompatible types: " +
              type_name(own.type.id) + " and " + type_name(other.type.id) + ".");
}

Result<> add_constraint(DdlContext& context, catalog::Table& table, const ConstraintSpec& spec,
                        bool validate) {
  if (const auto* key = std::get_if<ast::UniqueKey>(&spec.constraint->node)) {
    if (spec.constraint->is_deferrable || spec.constraint->initially_deferred) {
      return Error(sqlstate::feature_not_supported, "deferrable constraints are not supported")
          .at(spec.constraint->position);
    }
    return add_key(context, table, spec, *key, validate);
  }
  if (const auto* check = std::get_if<ast::Check>(&spec.constraint->node)) {
    return add_check(context, table, spec, *check, validate);
  }
  if (const auto* foreign = std::get_if<ast::ForeignKey>(&spec.constraint->node)) {
    return add_foreign_key(context, table, spec, *foreign, validate);
  }
  return Error(sqlstate::syntax_error, "misplaced constraint").at(spec.constraint->position);
}

Result<> validate_constraint(DdlContext& context, catalog::Table& table, const std::string& name) {
  auto found = std::find_if(table.constraints.begin(), table.constraints.end(),
                            [&](const catalog::Constraint& constraint) { return constraint.name == name; });
  if (found == table.constraints.end()) {
    return Error(sqlstate::undefined_object,
                 "constraint \"" + name + "\" of relation \"" + table.name + "\" does not exist");
  }
  bool is_check = found->kind == catalog::ConstraintKind::Check;
  if (!is_check && found->kind != catalog::ConstraintKind::ForeignKey) {
    return Error(sqlstate::wrong_object_type, "constraint \"" + name + "\" of relation \"" + table.name +
                                                  "\" is not a foreign key or check constraint");
  }
  if (found->is_valid) return {};
  if (is_check) {
    TRY(check_condition(context, table, *found));
  } else {
    TRY(lock_oid(context, found->parent, LockMode::RowShare));
    catalog::TablePtr parent = context.overlay.current()->table(found->parent);
    ENSURE(parent != nullptr);
    TRY(check_references(context, table, *parent, *found));
  }
  found->is_valid = true;
  return {};
}

Result<> check_constraints_of(DdlContext& context, const catalog::Table& table, std::string_view column) {
  std::optional<catalog::ColumnNumber> number = table.column_number(column);
  if (!number) return {};
  auto mentions = [&](const std::vector<catalog::ColumnNumber>& columns) {
    return std::find(columns.begin(), columns.end(), *number) != columns.end();
  };
  catalog::CatalogPtr catalog = context.overlay.current();
  for (const catalog::Constraint& constraint : table.constraints) {
    if (!constraint.is_valid || !mentions(constraint.columns)) continue;
    if (constraint.kind == catalog::ConstraintKind::Check) TRY(check_condition(context, table, constraint));
    if (constraint.kind != catalog::ConstraintKind::ForeignKey) continue;
    TRY(lock_oid(context, constraint.parent, LockMode::RowShare));
    catalog::TablePtr parent = context.overlay.current()->table(constraint.parent);
    ENSURE(parent != nullptr);
    TRY(check_references(context, table, *parent, constraint));
  }
  for (catalog::Oid oid : table.referencing) {
    const catalog::Constraint* key = catalog->constraint(oid);
    if (key == nullptr || !key->is_valid || !mentions(key->parent_columns)) continue;
    TRY(lock_oid(context, key->table, LockMode::Share));
    catalog::TablePtr child = context.overlay.current()->table(key->table);
    ENSURE(child != nullptr);
    TRY(check_references(context, *child, table, *key));
  }
  return {};
}

Result<> drop_foreign_key(DdlContext& context, const catalog::Constraint& key) {
  catalog::TablePtr child = context.overlay.current()->table(key.table);
  if (child) {
    TRY(lock_oid(context, child->oid, LockMode::AccessExclusive));
    child = context.overlay.current()->table(key.table);
  }
  if (child) {
    std::shared_ptr<catalog::Table> changed = copy(*child);
    auto& list = changed->constraints;
    list.erase(std::remove_if(list.begin(), list.end(),
                              [&](const catalog::Constraint& c) { return c.oid == key.oid; }),
               list.end());
    if (key.parent == key.table) forget_reference(*changed, key.oid);
    context.overlay.put(catalog::TablePtr(std::move(changed)));
  }
  if (key.parent != key.table) {
    TRY(lock_oid(context, key.parent, LockMode::AccessExclusive));
    if (catalog::TablePtr parent = context.overlay.current()->table(key.parent)) {
      std::shared_ptr<catalog::Table> changed = copy(*parent);
      forget_reference(*changed, key.oid);
      context.overlay.put(catalog::TablePtr(std::move(changed)));
    }
  }
  return {};
}

Result<> drop_references_to(DdlContext& context, catalog::Table& parent, catalog::Oid index) {
  catalog::CatalogPtr catalog = context.overlay.current();
  for (catalog::Oid oid : std::vector<catalog::Oid>(parent.referencing)) {
    const catalog::Constraint* key = catalog->constraint(oid);
    if (key == nullptr || key->index != index) continue;
    if (key->table == parent.oid) {
      auto& list = parent.constraints;
      list.erase(std::remove_if(list.begin(), list.end(),
                                [&](const catalog::Constraint& c) { return c.oid == oid; }),
                 list.end());
    } else {
      TRY(drop_foreign_key(context, *key));
    }
    forget_reference(parent, oid);
  }
  return {};
}

Result<> drop_constraint(DdlContext& context, catalog::Table& table, const std::string& name, bool cascade,
                         Position position, bool is_told) {
  auto found = std::find_if(table.constraints.begin(), table.constraints.end(),
                            [&](const catalog::Constraint& constraint) { return constraint.name == name; });
  if (found == table.constraints.end()) {
    return Error(sqlstate::undefined_object,
                 "constraint \"" + name + "\" of relation \"" + table.name + "\" does not exist")
        .at(position);
  }
  catalog::Constraint constraint = *found;
  catalog::CatalogPtr catalog = context.overlay.current();
  if (constraint.index != 0 && constraint.kind != catalog::ConstraintKind::ForeignKey) {
    std::string what = "constraint " + name + " on table " + table.name;
    auto none = [](const auto&) { return std::string(); };
    Dependents dependents = dependents_on(context, table, none, [&](const catalog::Constraint& key) {
      return key.index == constraint.index ? "index " + name : std::string();
    });
    Dependents views = dependents_on(
        context, table,
        [&](const catalog::View& view) { return view.needs_constraint(constraint.oid) ? what : ""; }, none);
    dependents.needed.insert(dependents.needed.end(), views.needed.begin(), views.needed.end());
    dependents.gone.insert(dependents.gone.end(), views.gone.begin(), views.gone.end());
    if (!dependents.needed.empty() && !cascade) return still_needed(what, dependents.needed);
    if (!is_told) tell_cascade(context, dependents.gone);
    TRY(drop_views(context, views.views));
    TRY(drop_references_to(context, table, constraint.index));
    if (catalog::IndexPtr index = catalog->index(constraint.index)) {
      TRY(drop_index(context, *index));
      table.indexes.erase(std::remove(table.indexes.begin(), table.indexes.end(), index->oid),
                          table.indexes.end());
    }
  }
  if (constraint.kind == catalog::ConstraintKind::ForeignKey) {
    if (constraint.parent == table.oid) {
      forget_reference(table, constraint.oid);
    } else {
      TRY(lock_oid(context, constraint.parent, LockMode::AccessExclusive));
      if (catalog::TablePtr parent = context.overlay.current()->table(constraint.parent)) {
        std::shared_ptr<catalog::Table> changed = copy(*parent);
        forget_reference(*changed, constraint.oid);
        context.overlay.put(catalog::TablePtr(std::move(changed)));
      }
    }
  }
  auto& list = table.constraints;
  list.erase(std::remove_if(list.begin(), list.end(),
                            [&](const catalog::Constraint& c) { return c.oid == constraint.oid; }),
             list.end());
  return {};
}

}  // namespace rowan::ddl
