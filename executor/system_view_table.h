// executor/system_view_table.h: how the files of system views describe theirs: a name, columns, and a
// function that makes the rows.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "executor/system_views.h"

namespace rowan::system_views {

struct Input {
  SessionServices& session;
  const catalog::CatalogVersion& catalog;
  const FunctionRegistry& functions;
  const SystemViews& views;
};

using MakeRows = Result<std::vector<SystemRow>> (*)(const Input& input);

struct ViewEntry {
  std::string_view schema;
  std::string_view name;
  catalog::Oid oid;  // PostgreSQL's, where it is fixed
  std::vector<OutputColumn> columns;
  MakeRows rows;
};

// The views of each file.
std::vector<ViewEntry> relation_views();  // pg_class, pg_attribute, pg_index …
std::vector<ViewEntry>
definition_views();                       // pg_tables, pg_views, pg_indexes, pg_sequences, information_schema
std::vector<ViewEntry> instance_views();  // pg_settings, pg_type, pg_proc, pg_namespace, pg_database …
std::vector<ViewEntry> activity_views();  // pg_locks, pg_stat_activity, pg_stat_database, pg_stat_bgwriter

inline Value oid_value(uint32_t oid) {
  return Value::of_int(TypeId::Oid, oid);
}
inline Value name_value(std::string_view name) {
  return Value::of_bytes(TypeId::Name, name);
}
inline Value char_value(char c) {
  return Value::of_bytes(TypeId::QuotedChar, std::string_view(&c, 1));
}
inline Value text_or_null(std::string_view text) {
  return text.empty() ? Value(TypeId::Text) : Value::text(text);
}

// PostgreSQL's pg_attribute.atttypmod for a type: -1 without modifiers.
int32_t type_modifier(const Type& type);
// The type that a typmod spells: the inverse, for format_type.
Type with_modifier(TypeId id, int32_t modifier);
std::string_view schema_name(catalog::Oid schema);

}  // namespace rowan::system_views
