// executor/system_views_instance.cpp: what is not a relation: types, functions, schemas, settings, roles,
// statistics.
#include <algorithm>

#include "executor/system_view_table.h"
#include "types/function.h"

namespace rowan::system_views {
namespace {

constexpr TypeId kTypes[] = {TypeId::Boolean,   TypeId::Bytea,       TypeId::QuotedChar, TypeId::Name,
                             TypeId::BigInt,    TypeId::SmallInt,    TypeId::Integer,    TypeId::Text,
                             TypeId::Oid,       TypeId::Real,        TypeId::Double,     TypeId::Unknown,
                             TypeId::Char,      TypeId::VarChar,     TypeId::Date,       TypeId::Time,
                             TypeId::Timestamp, TypeId::TimestampTz, TypeId::Interval,   TypeId::Numeric,
                             TypeId::RegClass,  TypeId::RegType,     TypeId::Void};

char category_letter(TypeId id) {
  switch (type_category(id)) {
    case TypeCategory::Boolean:
      return 'B';
    case TypeCategory::Numeric:
      return 'N';
    case TypeCategory::String:
      return 'S';
    case TypeCategory::DateTime:
      return 'D';
    case TypeCategory::Timespan:
      return 'T';
    case TypeCategory::Unknown:
      return 'X';
    case TypeCategory::User:
      return 'U';
    case TypeCategory::Pseudo:
      return 'P';
  }
  return 'U';
}

Result<std::vector<SystemRow>> type_rows(const Input&) {
  std::vector<SystemRow> rows;
  for (TypeId id : kTypes) {
    bool variable = Type(id).physical() == PhysicalType::Text;
    auto width = static_cast<int16_t>(variable ? -1 : static_cast<int>(physical_width(Type(id).physical())));
    rows.push_back({oid_value(type_oid(id)), name_value(catalog_type_name(id)),
                    oid_value(catalog::kPgCatalogSchema), oid_value(10), Value::smallint(width),
                    Value::boolean(!variable && width <= 8), char_value(id == TypeId::Void ? 'p' : 'b'),
                    char_value(category_letter(id)), Value::boolean(is_preferred(id)), Value::boolean(true)});
  }
  return rows;
}

Result<std::vector<SystemRow>> function_rows(const Input& input) {
  std::vector<SystemRow> rows;
  uint32_t next = 12000;  // numbers of no meaning beyond this listing
  auto add = [&](std::string_view name, const std::vector<TypeId>& arguments, TypeId result, char kind,
                 bool strict, char volatility) {
    std::string types;
    for (TypeId argument : arguments)
      types += (types.empty() ? "" : " ") + std::to_string(type_oid(argument));
    rows.push_back({oid_value(next++), name_value(name), oid_value(catalog::kPgCatalogSchema), oid_value(10),
                    char_value(kind), Value::boolean(strict), char_value(volatility),
                    Value::smallint(static_cast<int16_t>(arguments.size())), oid_value(type_oid(result)),
                    Value::text(types)});
  };
  for (const Function* function : input.functions.all_functions()) {
    bool is_word =
        !function->name.empty() && (std::isalpha(static_cast<unsigned char>(function->name[0])) != 0);
    if (!is_word || function->name == "cast") continue;
    char volatility = function->volatility == Volatility::Immutable ? 'i'
                      : function->volatility == Volatility::Stable  ? 's'
                                                                    : 'v';
    add(function->name, function->arguments, function->result, 'f', function->is_strict, volatility);
  }
  for (const Aggregate* aggregate : input.functions.all_aggregates()) {
    add(aggregate->name, aggregate->arguments, aggregate->result, 'a', false, 'i');
  }
  return rows;
}

Result<std::vector<SystemRow>> namespace_rows(const Input&) {
  return std::vector<SystemRow>{
      {oid_value(catalog::kPgCatalogSchema), name_value("pg_catalog"), oid_value(10)},
      {oid_value(catalog::kPublicSchema), name_value("public"), oid_value(10)},
      {oid_value(13000), name_value("information_schema"), oid_value(10)}};
}

Result<std::vector<SystemRow>> setting_rows(const Input& input) {
  std::vector<SystemRow> rows;
  std::vector<SettingInfo> settings = input.session.settings();
  std::sort(settings.begin(), settings.end(),
            [](const SettingInfo& a, const SettingInfo& b) { return a.name < b.name; });
  for (const SettingInfo& setting : settings) {
    std::string description = setting.description;
    if (!setting.has_effect)
      description += description.empty() ? "Accepted, without effect." : " Accepted, without effect.";
    rows.push_back({Value::text(setting.name), Value::text(setting.value), text_or_null(setting.unit),
                    Value::text(setting.category), Value::text(description), Value::text("user"),
                    Value::text(setting.kind),
                    Value::text(setting.value == setting.boot_value ? "default" : "session"),
                    Value::text(setting.boot_value), Value::boolean(setting.has_effect)});
  }
  return rows;
}

Result<std::vector<SystemRow>> database_rows(const Input& input) {
  return std::vector<SystemRow>{{oid_value(5),
                                 name_value(input.session.setting("database").value_or("rowan")),
                                 oid_value(10), Value::integer(6), name_value("C.UTF-8"),
                                 name_value("C.UTF-8"), Value::boolean(false), Value::boolean(true)}};
}

Result<std::vector<SystemRow>> role_rows(const Input&) {
  return std::vector<SystemRow>{{oid_value(10), name_value("rowan"), Value::boolean(true),
                                 Value::boolean(true), Value::boolean(true), Value::boolean(true),
                                 Value::boolean(true)}};
}

Result<std::vector<SystemRow>> access_method_rows(const Input&) {
  return std::vector<SystemRow>{{oid_value(2), name_value("heap"), char_value('t')},
                                {oid_value(403), name_value("btree"), char_value('i')},
                                {oid_value(405), name_value("hash"), char_value('i')}};
}

// Values as an array prints: {1,"a b"}.
std::string value_array(const std::vector<Value>& values, const EvalContext& context) {
  std::string text = "{";
  for (const Value& value : values) {
    std::string one = format_value(value, context);
    bool quoted = one.empty() || one.find_first_of(" ,{}\"\\") != std::string::npos;
    std::string escaped;
    for (char c : one) {
      if (c == '"' || c == '\\') escaped += '\\';
      escaped += c;
    }
    text += (text.size() == 1 ? "" : ",") + (quoted ? "\"" + escaped + "\"" : one);
  }
  return text + "}";
}

Result<std::vector<SystemRow>> statistics_rows(const Input& input) {
  std::vector<SystemRow> rows;
  EvalContext context;
  for (const catalog::TablePtr& table : input.catalog.tables()) {
    catalog::StatisticsPtr statistics = input.catalog.statistics(table->oid);
    if (!statistics) continue;
    for (const auto& [number, column] : statistics->columns) {
      if (number >= table->columns.size() || table->columns[number].dropped) continue;
      std::string frequencies = "{";
      for (double frequency : column.common_frequencies) {
        frequencies += (frequencies.size() == 1 ? "" : ",") +
                       format_value(Value::real(static_cast<float>(frequency)), context);
      }
      bool has_common = !column.common_values.empty();
      rows.push_back({name_value(schema_name(table->schema)), name_value(table->name),
                      name_value(table->columns[number].name), Value::boolean(false),
                      Value::real(static_cast<float>(column.null_fraction)),
                      Value::integer(static_cast<int32_t>(column.average_width)),
                      Value::real(static_cast<float>(column.distinct)),
                      text_or_null(has_common ? value_array(column.common_values, context) : ""),
                      text_or_null(has_common ? frequencies + "}" : ""),
                      text_or_null(column.histogram.empty() ? "" : value_array(column.histogram, context)),
                      Value::real(static_cast<float>(column.correlation))});
    }
  }
  return rows;
}

}  // namespace

std::vector<ViewEntry> instance_views() {
  const Type oid = TypeId::Oid, name = TypeId::Name, text = TypeId::Text, boolean = TypeId::Boolean,
             int2 = TypeId::SmallInt, int4 = TypeId::Integer, real = TypeId::Real,
             letter = TypeId::QuotedChar;
  return {
      {"pg_catalog",
       "pg_type",
       1247,
       {{"oid", oid},
        {"typname", name},
        {"typnamespace", oid},
        {"typowner", oid},
        {"typlen", int2},
        {"typbyval", boolean},
        {"typtype", letter},
        {"typcategory", letter},
        {"typispreferred", boolean},
        {"typisdefined", boolean}},
       type_rows},
      {"pg_catalog",
       "pg_proc",
       1255,
       {{"oid", oid},
        {"proname", name},
        {"pronamespace", oid},
        {"proowner", oid},
        {"prokind", letter},
        {"proisstrict", boolean},
        {"provolatile", letter},
        {"pronargs", int2},
        {"prorettype", oid},
        {"proargtypes", text}},
       function_rows},
      {"pg_catalog",
       "pg_namespace",
       2615,
       {{"oid", oid}, {"nspname", name}, {"nspowner", oid}},
       namespace_rows},
      {"pg_catalog",
       "pg_settings",
       12249,
       {{"name", text},
        {"setting", text},
        {"unit", text},
        {"category", text},
        {"short_desc", text},
        {"context", text},
        {"vartype", text},
        {"source", text},
        {"boot_val", text},
        {"has_effect", boolean}},
       setting_rows},
      {"pg_catalog",
       "pg_database",
       1262,
       {{"oid", oid},
        {"datname", name},
        {"datdba", oid},
        {"encoding", int4},
        {"datcollate", name},
        {"datctype", name},
        {"datistemplate", boolean},
        {"datallowconn", boolean}},
       database_rows},
      {"pg_catalog",
       "pg_roles",
       12214,
       {{"oid", oid},
        {"rolname", name},
        {"rolsuper", boolean},
        {"rolinherit", boolean},
        {"rolcreaterole", boolean},
        {"rolcreatedb", boolean},
        {"rolcanlogin", boolean}},
       role_rows},
      {"pg_catalog", "pg_am", 2601, {{"oid", oid}, {"amname", name}, {"amtype", letter}}, access_method_rows},
      {"pg_catalog",
       "pg_stats",
       12237,
       {{"schemaname", name},
        {"tablename", name},
        {"attname", name},
        {"inherited", boolean},
        {"null_frac", real},
        {"avg_width", int4},
        {"n_distinct", real},
        {"most_common_vals", text},
        {"most_common_freqs", text},
        {"histogram_bounds", text},
        {"correlation", real}},
       statistics_rows},
  };
}

}  // namespace rowan::system_views
