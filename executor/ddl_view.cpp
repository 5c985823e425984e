// executor/ddl_view.cpp: CREATE VIEW, and the names of a view's columns. A view keeps its text and the world
// in which that means what it means (catalog::ViewWorld); RENAME and ADD COLUMN elsewhere need nothing of it.
#include <algorithm>

#include "executor/ddl_support.h"
#include "types/function.h"
#include "types/quote.h"
#include "types/try.h"

namespace rowan::ddl {
namespace {

// true, on, 1 … or nothing at all, as PostgreSQL reads the parameters of relations.
std::optional<bool> read_switch(const ast::Option& option) {
  if (option.kind == ast::OptionValueKind::None) return true;
  EvalContext plain;
  Result<Value> value = parse_value(option.text, TypeId::Boolean, plain);
  if (!value.ok()) return std::nullopt;
  return value->as_bool();
}

Result<> check_option(const ast::Option& option) {
  std::string name(option.name.text);
  if (name == "check_option") {
    if (option.text != "local" && option.text != "cascaded") {
      return Error(sqlstate::invalid_parameter_value,
                   "invalid value for enum option \"check_option\": " + std::string(option.text))
          .detail("Valid values are \"local\" and \"cascaded\".");
    }
    return Error(sqlstate::feature_not_supported, "WITH CHECK OPTION is not supported")
        .at(option.name.position);
  }
  if (name == "security_barrier" || name == "security_invoker") {
    std::optional<bool> is_on = read_switch(option);
    if (!is_on) {
      return Error(sqlstate::invalid_parameter_value,
                   "invalid value for boolean option \"" + name + "\": " + std::string(option.text));
    }
    if (!*is_on) return {};
    return Error(sqlstate::feature_not_supported, name + " of a view is not supported")
        .at(option.name.position);
  }
  size_t dot = name.find('.');
  if (dot != std::string::npos) {
    return Error(sqlstate::invalid_parameter_value,
                 "unrecognized parameter namespace \"" + name.substr(0, dot) + "\"");
  }
  return Error(sqlstate::invalid_parameter_value, "unrecognized parameter \"" + name + "\"");
}

Result<> check_options(ast::List<ast::Option> options) {
  for (size_t i = 0; i < options.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (options[i].name.text != options[j].name.text) continue;
      return Error(sqlstate::invalid_parameter_value,
                   "parameter \"" + std::string(options[i].name.text) + "\" specified more than once");
    }
    TRY(check_option(options[i]));
  }
  return {};
}

// What the query reads cannot change or go until this transaction ends.
Result<BoundStatement> bind_in_locked_world(DdlContext& context, const ast::Statement& query,
                                            const BindOptions& options, catalog::ViewWorld& world) {
  for (;;) {
    catalog::CatalogPtr catalog = context.overlay.current();
    BoundStatement bound = TRY(bind_view(query, catalog, options, world));
    for (const catalog::NamedRelation& named : world.relations) {
      if (named.oid >= catalog::kFirstUserOid) TRY(lock_oid(context, named.oid, LockMode::AccessShare));
    }
    if (context.overlay.current()->number() == catalog->number()) return bound;
  }
}

// CREATE RECURSIVE VIEW v (a) AS q: the words of what the parser made of it.
std::string recursive_query(const ast::CreateView& statement, std::string_view query) {
  std::string name = quote_identifier(statement.name.last()), columns;
  for (const ast::Name& column : statement.columns)
    columns += (columns.empty() ? "" : ", ") + quote_identifier(column.text);
  return "WITH RECURSIVE " + name + "(" + columns + ") AS (" + std::string(query) + ") SELECT " + columns +
         " FROM " + name;
}

}  // namespace

Result<> create_view(DdlContext& context, const ast::CreateView& statement, std::string_view query,
                     const ast::Statement& whole) {
  if (statement.persistence == ast::Persistence::Temporary) {
    return Error(sqlstate::feature_not_supported, "temporary views are not supported")
        .at(statement.name.position());
  }
  if (statement.check_option != ast::CheckOption::None) {
    return Error(sqlstate::feature_not_supported, "WITH CHECK OPTION is not supported").at(whole.position);
  }
  TRY(check_options(statement.options));
  auto view = std::make_shared<catalog::View>();
  view->schema = TRY(target_schema(statement.name));
  view->name = statement.name.last();
  view->query_sql = statement.is_recursive ? recursive_query(statement, query) : std::string(query);
  TRY(lock_name(context, view->name));
  BindOptions options = context.bind;
  options.allow_parameters = false;
  ast::Statement select{statement.query, whole.position, whole.range};
  catalog::ViewWorld world;
  BoundStatement bound = TRY(bind_in_locked_world(context, select, options, world));
  view->world = std::move(world);
  if (statement.columns.size() > bound.output.size()) {
    return Error(sqlstate::syntax_error, "CREATE VIEW specifies more column names than columns");
  }
  for (size_t i = 0; i < bound.output.size(); ++i) {
    catalog::ViewColumn column{bound.output[i].name, bound.output[i].type};
    if (i < statement.columns.size()) column.name = statement.columns[i].text;
    if (column.type.id == TypeId::Unknown) column.type = TypeId::Text;
    for (const catalog::ViewColumn& other : view->columns) {
      if (other.name == column.name) {
        return Error(sqlstate::duplicate_column, "column \"" + column.name + "\" specified more than once");
      }
    }
    view->columns.push_back(std::move(column));
  }
  for (const catalog::NamedRelation& named : view->world->relations) {
    auto& known = view->depends_on;
    bool is_ours = named.oid >= catalog::kFirstUserOid;
    if (is_ours && std::find(known.begin(), known.end(), named.oid) == known.end())
      known.push_back(named.oid);
  }
  catalog::RelationPtr existing = TRY(lock_relation(
      context, statement.name, [&](const catalog::RelationPtr& relation) -> std::optional<LockMode> {
        bool is_replaced = statement.or_replace && std::holds_alternative<catalog::ViewPtr>(relation);
        return is_replaced ? std::optional(LockMode::AccessExclusive) : std::nullopt;
      }));
  if (const auto* old = std::get_if<catalog::ViewPtr>(&existing); old != nullptr && statement.or_replace) {
    if (view->columns.size() < (*old)->columns.size()) {
      return Error(sqlstate::invalid_table_definition, "cannot drop columns from view");
    }
    for (size_t i = 0; i < (*old)->columns.size(); ++i) {
      const catalog::ViewColumn& before = (*old)->columns[i];
      const catalog::ViewColumn& after = view->columns[i];
      if (before.name != after.name) {
        return Error(sqlstate::invalid_table_definition,
                     "cannot change name of view column \"" + before.name + "\" to \"" + after.name + "\"")
            .hint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.");
      }
      if (before.type.id != after.type.id) {
        return Error(sqlstate::invalid_table_definition,
                     "cannot change data type of view column \"" + before.name + "\" from " +
                         type_name(before.type) + " to " + type_name(after.type));
      }
    }
    view->oid = (*old)->oid;
  } else if (!std::holds_alternative<std::monostate>(existing)) {
    if (statement.or_replace)
      return Error(sqlstate::wrong_object_type, "\"" + view->name + "\" is not a view");
    return Error(sqlstate::duplicate_table, "relation \"" + view->name + "\" already exists");
  } else {
    view->oid = TRY(context.relations.new_oid());
  }
  context.overlay.put(catalog::ViewPtr(std::move(view)));
  return {};
}

Result<> rename_view_column(DdlContext& context, const catalog::View& view, const ast::Rename& statement) {
  TRY(lock_oid(context, view.oid, LockMode::AccessExclusive));
  std::string name(statement.new_name.text);
  auto find = [](auto& columns, std::string_view wanted) {
    return std::find_if(columns.begin(), columns.end(),
                        [&](const catalog::ViewColumn& column) { return column.name == wanted; });
  };
  auto changed = std::make_shared<catalog::View>(*context.overlay.current()->view(view.oid));
  auto column = find(changed->columns, statement.member.text);
  if (column == changed->columns.end()) {
    return Error(sqlstate::undefined_column,
                 "column \"" + std::string(statement.member.text) + "\" does not exist");
  }
  if (find(changed->columns, name) != changed->columns.end()) {
    return Error(sqlstate::duplicate_column,
                 "column \"" + name + "\" of relation \"" + view.name + "\" already exists");
  }
  column->name = name;
  changed->bound = std::make_shared<catalog::BoundSlot>();
  context.overlay.put(catalog::ViewPtr(std::move(changed)));
  return {};
}

}  // namespace rowan::ddl
