// executor/system_views_definitions.cpp: the views that people read: pg_tables, pg_views, pg_indexes,
// pg_sequences, information_schema.
#include "executor/system_view_table.h"
#include "planner/binder.h"
#include "planner/deparse.h"

namespace rowan::system_views {
namespace {

constexpr std::string_view kUser = "rowan";

Result<std::vector<SystemRow>> table_rows(const Input& input) {
  std::vector<SystemRow> rows;
  for (const catalog::TablePtr& table : input.catalog.tables()) {
    rows.push_back({name_value(schema_name(table->schema)), name_value(table->name), name_value(kUser),
                    Value(TypeId::Name), Value::boolean(!table->indexes.empty()), Value::boolean(false),
                    Value::boolean(!table->referencing.empty()), Value::boolean(false)});
  }
  return rows;
}

Result<std::vector<SystemRow>> view_rows(const Input& input) {
  std::vector<SystemRow> rows;
  BindOptions options;
  options.functions = &input.functions;
  options.system_view = [&](std::string_view schema, std::string_view name) {
    return input.views.find(schema, name);
  };
  catalog::CatalogPtr catalog(catalog::CatalogPtr(), &input.catalog);  // it outlives the call
  for (const catalog::ViewPtr& view : input.catalog.views()) {
    rows.push_back({name_value(schema_name(view->schema)), name_value(view->name), name_value(kUser),
                    Value::text(view_text(*view, catalog, options))});
  }
  return rows;
}

Result<std::vector<SystemRow>> index_list_rows(const Input& input) {
  std::vector<SystemRow> rows;
  for (const catalog::IndexPtr& index : input.catalog.indexes()) {
    catalog::TablePtr table = input.catalog.table(index->table);
    if (!table) continue;
    rows.push_back({name_value(schema_name(table->schema)), name_value(table->name), name_value(index->name),
                    Value(TypeId::Name), Value::text(index_definition(*table, *index))});
  }
  return rows;
}

Result<std::vector<SystemRow>> sequence_list_rows(const Input& input) {
  std::vector<SystemRow> rows;
  for (const catalog::SequencePtr& sequence : input.catalog.sequences()) {
    Result<SessionServices::SequenceState> state = input.session.sequence_state(*sequence);
    if (!state.ok()) return std::move(state).error();
    rows.push_back({name_value(schema_name(sequence->schema)), name_value(sequence->name), name_value(kUser),
                    Value::text(type_name(sequence->type)), Value::bigint(sequence->start),
                    Value::bigint(sequence->minimum), Value::bigint(sequence->maximum),
                    Value::bigint(sequence->increment), Value::boolean(sequence->cycles),
                    Value::bigint(sequence->cache),
                    state->is_called ? Value::bigint(state->last_value) : Value(TypeId::BigInt)});
  }
  return rows;
}

Result<std::vector<SystemRow>> schema_table_rows(const Input& input) {
  std::vector<SystemRow> rows;
  auto add = [&](std::string_view schema, std::string_view name, std::string_view kind) {
    rows.push_back({name_value(input.session.setting("database").value_or("rowan")), name_value(schema),
                    name_value(name), Value::text(kind), Value::text(kind == "VIEW" ? "NO" : "YES")});
  };
  for (const catalog::TablePtr& table : input.catalog.tables())
    add(schema_name(table->schema), table->name, "BASE TABLE");
  for (const catalog::ViewPtr& view : input.catalog.views())
    add(schema_name(view->schema), view->name, "VIEW");
  for (const SystemView* view : input.views.all()) add(view->schema, view->name, "VIEW");
  return rows;
}

// information_schema's name for a type: without modifiers.
SystemRow column_row(std::string_view schema, std::string_view relation, std::string_view name, int position,
                     const Type& type, std::string_view default_sql, bool nullable, bool identity) {
  bool is_character = type.id == TypeId::VarChar || type.id == TypeId::Char;
  Value length = is_character && type.length > 0 ? Value::integer(type.length) : Value(TypeId::Integer);
  bool is_fixed = type.id == TypeId::Numeric && type.precision > 0 && type.is_declared;
  return {name_value("rowan"),
          name_value(schema),
          name_value(relation),
          name_value(name),
          Value::integer(position),
          text_or_null(default_sql),
          Value::text(nullable ? "YES" : "NO"),
          Value::text(base_type_name(type.id)),
          length,
          is_fixed ? Value::integer(type.precision) : Value(TypeId::Integer),
          is_fixed ? Value::integer(type.scale) : Value(TypeId::Integer),
          Value::text(identity ? "YES" : "NO")};
}

Result<std::vector<SystemRow>> schema_column_rows(const Input& input) {
  std::vector<SystemRow> rows;
  for (const catalog::TablePtr& table : input.catalog.tables()) {
    for (size_t i = 0; i < table->columns.size(); ++i) {
      const catalog::Column& column = table->columns[i];
      if (column.dropped) continue;
      bool identity = column.identity != catalog::Identity::None;
      rows.push_back(column_row(schema_name(table->schema), table->name, column.name, static_cast<int>(i) + 1,
                                column.type, identity ? "" : column.default_sql, !column.not_null, identity));
    }
  }
  for (const catalog::ViewPtr& view : input.catalog.views()) {
    for (size_t i = 0; i < view->columns.size(); ++i) {
      rows.push_back(column_row(schema_name(view->schema), view->name, view->columns[i].name,
                                static_cast<int>(i) + 1, view->columns[i].type, "", true, false));
    }
  }
  return rows;
}

}  // namespace

std::vector<ViewEntry> definition_views() {
  const Type name = TypeId::Name, text = TypeId::Text, boolean = TypeId::Boolean, int4 = TypeId::Integer,
             int8 = TypeId::BigInt;
  return {
      {"pg_catalog",
       "pg_tables",
       12232,
       {{"schemaname", name},
        {"tablename", name},
        {"tableowner", name},
        {"tablespace", name},
        {"hasindexes", boolean},
        {"hasrules", boolean},
        {"hastriggers", boolean},
        {"rowsecurity", boolean}},
       table_rows},
      {"pg_catalog",
       "pg_views",
       12227,
       {{"schemaname", name}, {"viewname", name}, {"viewowner", name}, {"definition", text}},
       view_rows},
      {"pg_catalog",
       "pg_indexes",
       12242,
       {{"schemaname", name},
        {"tablename", name},
        {"indexname", name},
        {"tablespace", name},
        {"indexdef", text}},
       index_list_rows},
      {"pg_catalog",
       "pg_sequences",
       12247,
       {{"schemaname", name},
        {"sequencename", name},
        {"sequenceowner", name},
        {"data_type", text},
        {"start_value", int8},
        {"min_value", int8},
        {"max_value", int8},
        {"increment_by", int8},
        {"cycle", boolean},
        {"cache_size", int8},
        {"last_value", int8}},
       sequence_list_rows},
      {"information_schema",
       "tables",
       13451,
       {{"table_catalog", name},
        {"table_schema", name},
        {"table_name", name},
        {"table_type", text},
        {"is_insertable_into", text}},
       schema_table_rows},
      {"information_schema",
       "columns",
       13376,
       {{"table_catalog", name},
        {"table_schema", name},
        {"table_name", name},
        {"column_name", name},
        {"ordinal_position", int4},
        {"column_default", text},
        {"is_nullable", text},
        {"data_type", text},
        {"character_maximum_length", int4},
        {"numeric_precision", int4},
        {"numeric_scale", int4},
        {"is_identity", text}},
       schema_column_rows},
  };
}

}  // namespace rowan::system_views
