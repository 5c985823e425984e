// executor/system_views_relations.cpp: pg_class and what hangs on it.
#include "executor/system_view_table.h"
#include "planner/deparse.h"

namespace rowan::system_views {
namespace {

constexpr catalog::Oid kOwner = 10;
constexpr catalog::Oid kHeapMethod = 2;
constexpr catalog::Oid kBTreeMethod = 403;
constexpr catalog::Oid kHashMethod = 405;

SystemRow class_row(catalog::Oid oid, std::string_view name, catalog::Oid schema, catalog::Oid method,
                    catalog::Oid storage, double pages, double rows, bool has_index, char kind,
                    size_t columns, size_t checks) {
  return {oid_value(oid),
          name_value(name),
          oid_value(schema),
          oid_value(0),
          oid_value(0),
          oid_value(kOwner),
          oid_value(method),
          oid_value(storage),
          oid_value(0),
          Value::integer(static_cast<int32_t>(pages)),
          Value::real(static_cast<float>(rows)),
          Value::integer(0),
          oid_value(0),
          Value::boolean(has_index),
          Value::boolean(false),
          char_value('p'),
          char_value(kind),
          Value::smallint(static_cast<int16_t>(columns)),
          Value::smallint(static_cast<int16_t>(checks)),
          Value::boolean(false),
          Value::boolean(false),
          Value::boolean(false),
          Value::boolean(false),
          Value::boolean(false),
          Value::boolean(true),
          char_value(kind == 'r' ? 'd' : 'n'),
          Value::boolean(false),
          Value(TypeId::Text)};
}

Result<std::vector<SystemRow>> class_rows(const Input& input) {
  std::vector<SystemRow> rows;
  for (const SystemView* view : input.views.all()) {
    catalog::Oid schema = view->schema == "pg_catalog" ? catalog::kPgCatalogSchema : catalog::Oid{13000};
    rows.push_back(
        class_row(view->oid, view->name, schema, 0, 0, 0, -1, false, 'v', view->columns.size(), 0));
  }
  for (const catalog::TablePtr& table : input.catalog.tables()) {
    size_t checks = 0;
    for (const catalog::Constraint& constraint : table->constraints)
      checks += constraint.kind == catalog::ConstraintKind::Check;
    catalog::StatisticsPtr statistics = input.catalog.statistics(table->oid);
    rows.push_back(class_row(table->oid, table->name, table->schema, kHeapMethod, table->storage,
                             statistics ? statistics->pages : 0, statistics ? statistics->rows : -1,
                             !table->indexes.empty(), 'r', table->columns.size(), checks));
  }
  for (const catalog::IndexPtr& index : input.catalog.indexes()) {
    catalog::TablePtr table = input.catalog.table(index->table);
    catalog::Oid method = index->method == catalog::IndexMethod::BTree ? kBTreeMethod : kHashMethod;
    catalog::StatisticsPtr statistics = input.catalog.statistics(index->table);
    rows.push_back(class_row(
        index->oid, index->name, table ? table->schema : catalog::kPublicSchema, method, index->storage,
        static_cast<double>(input.session.relation_pages(index->storage)), statistics ? statistics->rows : 0,
        false, 'i', index->keys.size() + index->include.size(), 0));
  }
  for (const catalog::SequencePtr& sequence : input.catalog.sequences()) {
    rows.push_back(
        class_row(sequence->oid, sequence->name, sequence->schema, 0, sequence->oid, 1, 1, false, 'S', 3, 0));
  }
  for (const catalog::ViewPtr& view : input.catalog.views()) {
    rows.push_back(
        class_row(view->oid, view->name, view->schema, 0, 0, 0, -1, false, 'v', view->columns.size(), 0));
  }
  return rows;
}

// PostgreSQL's oids of "default", "C" and "POSIX"; 0 for a type without collations.
catalog::Oid collation_oid(const Type& type, const std::string& collation) {
  if (type_category(type.id) != TypeCategory::String) return 0;
  return collation == "C" ? 950 : collation == "POSIX" ? 951 : 100;
}

SystemRow attribute_row(catalog::Oid relation, const std::string& name, const Type& type, int number,
                        bool not_null, bool has_default, char identity, bool dropped,
                        const std::string& collation = {}) {
  size_t width = type.physical() == PhysicalType::Text ? 0 : physical_width(type.physical());
  return {oid_value(relation),
          name_value(name),
          oid_value(dropped ? 0 : type_oid(type.id)),
          Value::integer(-1),
          Value::smallint(static_cast<int16_t>(width == 0 ? -1 : static_cast<int>(width))),
          Value::smallint(static_cast<int16_t>(number)),
          Value::integer(0),
          Value::integer(type_modifier(type)),
          Value::boolean(width != 0 && width <= 8),
          Value::boolean(not_null),
          Value::boolean(has_default),
          identity == 0 ? Value::of_bytes(TypeId::QuotedChar, "") : char_value(identity),
          Value::of_bytes(TypeId::QuotedChar, ""),
          Value::boolean(dropped),
          Value::boolean(true),
          Value::integer(0),
          oid_value(collation_oid(type, collation))};
}

Result<std::vector<SystemRow>> attribute_rows(const Input& input) {
  std::vector<SystemRow> rows;
  for (const SystemView* view : input.views.all()) {
    for (size_t i = 0; i < view->columns.size(); ++i) {
      rows.push_back(attribute_row(view->oid, view->columns[i].name, view->columns[i].type,
                                   static_cast<int>(i) + 1, false, false, 0, false));
    }
  }
  for (const catalog::TablePtr& table : input.catalog.tables()) {
    for (size_t i = 0; i < table->columns.size(); ++i) {
      const catalog::Column& column = table->columns[i];
      char identity = column.identity == catalog::Identity::Always      ? 'a'
                      : column.identity == catalog::Identity::ByDefault ? 'd'
                                                                        : 0;
      std::string name =
          column.dropped ? "........pg.dropped." + std::to_string(i + 1) + "........" : column.name;
      bool has_default = !column.dropped && !column.default_sql.empty() && identity == 0;
      rows.push_back(attribute_row(table->oid, name, column.type, static_cast<int>(i) + 1,
                                   column.not_null && !column.dropped, has_default,
                                   column.dropped ? 0 : identity, column.dropped, column.collation));
    }
  }
  for (const catalog::IndexPtr& index : input.catalog.indexes()) {
    catalog::TablePtr table = input.catalog.table(index->table);
    if (!table) continue;
    std::vector<std::string> names = index_column_names(*table, *index);
    for (size_t i = 0; i < names.size(); ++i) {
      const Type& type = i < index->keys.size() ? index->keys[i].type
                                                : table->columns[index->include[i - index->keys.size()]].type;
      rows.push_back(
          attribute_row(index->oid, names[i], type, static_cast<int>(i) + 1, false, false, 0, false));
    }
  }
  for (const catalog::ViewPtr& view : input.catalog.views()) {
    for (size_t i = 0; i < view->columns.size(); ++i) {
      rows.push_back(attribute_row(view->oid, view->columns[i].name, view->columns[i].type,
                                   static_cast<int>(i) + 1, false, false, 0, false));
    }
  }
  for (const catalog::SequencePtr& sequence : input.catalog.sequences()) {
    rows.push_back(attribute_row(sequence->oid, "last_value", TypeId::BigInt, 1, true, false, 0, false));
    rows.push_back(attribute_row(sequence->oid, "log_cnt", TypeId::BigInt, 2, true, false, 0, false));
    rows.push_back(attribute_row(sequence->oid, "is_called", TypeId::Boolean, 3, true, false, 0, false));
  }
  return rows;
}

// Column numbers as PostgreSQL's int2vector prints them: "1 3".
std::string number_vector(const std::vector<catalog::ColumnNumber>& columns) {
  std::string text;
  for (catalog::ColumnNumber column : columns) text += (text.empty() ? "" : " ") + std::to_string(column + 1);
  return text;
}

// The same as an array prints: "{1,3}".
std::string number_array(const std::vector<catalog::ColumnNumber>& columns) {
  std::string text = "{";
  for (catalog::ColumnNumber column : columns)
    text += (text.size() == 1 ? "" : ",") + std::to_string(column + 1);
  return text + "}";
}

Result<std::vector<SystemRow>> index_rows(const Input& input) {
  std::vector<SystemRow> rows;
  for (const catalog::IndexPtr& index : input.catalog.indexes()) {
    std::string keys;
    std::string options;
    for (const catalog::IndexKey& key : index->keys) {
      keys += (keys.empty() ? "" : " ") + std::to_string(key.column ? *key.column + 1 : 0);
      options +=
          (options.empty() ? "" : " ") + std::to_string((key.descending ? 1 : 0) + (key.nulls_first ? 2 : 0));
    }
    std::string include = number_vector(index->include);
    if (!include.empty()) keys += " " + include;
    rows.push_back({oid_value(index->oid), oid_value(index->table),
                    Value::smallint(static_cast<int16_t>(index->keys.size() + index->include.size())),
                    Value::smallint(static_cast<int16_t>(index->keys.size())),
                    Value::boolean(index->is_unique), Value::boolean(false),
                    Value::boolean(index->is_primary), Value::boolean(false), Value::boolean(true),
                    Value::boolean(false), Value::boolean(true), Value::boolean(index->complete_from != 0),
                    Value::boolean(true), Value::boolean(true), Value::boolean(false), Value::text(keys),
                    Value::text(options), text_or_null(index->predicate_sql)});
  }
  return rows;
}

char action_char(catalog::ForeignKeyAction action) {
  switch (action) {
    case catalog::ForeignKeyAction::NoAction:
      return 'a';
    case catalog::ForeignKeyAction::Restrict:
      return 'r';
    case catalog::ForeignKeyAction::Cascade:
      return 'c';
    case catalog::ForeignKeyAction::SetNull:
      return 'n';
    case catalog::ForeignKeyAction::SetDefault:
      return 'd';
  }
  return ' ';
}

char kind_char(catalog::ConstraintKind kind) {
  switch (kind) {
    case catalog::ConstraintKind::PrimaryKey:
      return 'p';
    case catalog::ConstraintKind::Unique:
      return 'u';
    case catalog::ConstraintKind::Check:
      return 'c';
    case catalog::ConstraintKind::ForeignKey:
      return 'f';
  }
  return ' ';
}

Result<std::vector<SystemRow>> constraint_rows(const Input& input) {
  std::vector<SystemRow> rows;
  for (const catalog::TablePtr& table : input.catalog.tables()) {
    for (const catalog::Constraint& constraint : table->constraints) {
      bool foreign = constraint.kind == catalog::ConstraintKind::ForeignKey;
      Value none = Value::of_bytes(TypeId::QuotedChar, " ");
      rows.push_back(
          {oid_value(constraint.oid),
           name_value(constraint.name),
           oid_value(table->schema),
           char_value(kind_char(constraint.kind)),
           Value::boolean(false),
           Value::boolean(false),
           Value::boolean(constraint.is_valid),
           oid_value(table->oid),
           oid_value(0),
           oid_value(constraint.index),
           oid_value(0),
           oid_value(constraint.parent),
           foreign ? char_value(action_char(constraint.on_update)) : none,
           foreign ? char_value(action_char(constraint.on_delete)) : none,
           foreign ? char_value(constraint.match == catalog::ForeignKeyMatch::Full ? 'f' : 's') : none,
           Value::boolean(true),
           Value::integer(0),
           Value::boolean(constraint.kind != catalog::ConstraintKind::Check || constraint.is_no_inherit),
           text_or_null(constraint.columns.empty() ? "" : number_array(constraint.columns)),
           text_or_null(foreign ? number_array(constraint.parent_columns) : ""),
           text_or_null(constraint.check_sql)});
    }
  }
  return rows;
}

Result<std::vector<SystemRow>> default_rows(const Input& input) {
  std::vector<SystemRow> rows;
  for (const catalog::TablePtr& table : input.catalog.tables()) {
    for (size_t i = 0; i < table->columns.size(); ++i) {
      const catalog::Column& column = table->columns[i];
      if (column.dropped || column.default_sql.empty() || column.identity != catalog::Identity::None)
        continue;
      rows.push_back({oid_value(table->oid), oid_value(table->oid),
                      Value::smallint(static_cast<int16_t>(i + 1)), Value::text(column.default_sql)});
    }
  }
  return rows;
}

Result<std::vector<SystemRow>> sequence_rows(const Input& input) {
  std::vector<SystemRow> rows;
  for (const catalog::SequencePtr& sequence : input.catalog.sequences()) {
    rows.push_back({oid_value(sequence->oid), oid_value(type_oid(sequence->type.id)),
                    Value::bigint(sequence->start), Value::bigint(sequence->increment),
                    Value::bigint(sequence->maximum), Value::bigint(sequence->minimum),
                    Value::bigint(sequence->cache), Value::boolean(sequence->cycles)});
  }
  return rows;
}

}  // namespace

std::vector<ViewEntry> relation_views() {
  const Type oid = TypeId::Oid, name = TypeId::Name, text = TypeId::Text, boolean = TypeId::Boolean,
             int2 = TypeId::SmallInt, int4 = TypeId::Integer, int8 = TypeId::BigInt, real = TypeId::Real,
             letter = TypeId::QuotedChar;
  return {
      {"pg_catalog",
       "pg_class",
       1259,
       {{"oid", oid},
        {"relname", name},
        {"relnamespace", oid},
        {"reltype", oid},
        {"reloftype", oid},
        {"relowner", oid},
        {"relam", oid},
        {"relfilenode", oid},
        {"reltablespace", oid},
        {"relpages", int4},
        {"reltuples", real},
        {"relallvisible", int4},
        {"reltoastrelid", oid},
        {"relhasindex", boolean},
        {"relisshared", boolean},
        {"relpersistence", letter},
        {"relkind", letter},
        {"relnatts", int2},
        {"relchecks", int2},
        {"relhasrules", boolean},
        {"relhastriggers", boolean},
        {"relhassubclass", boolean},
        {"relrowsecurity", boolean},
        {"relforcerowsecurity", boolean},
        {"relispopulated", boolean},
        {"relreplident", letter},
        {"relispartition", boolean},
        {"reloptions", text}},
       class_rows},
      {"pg_catalog",
       "pg_attribute",
       1249,
       {{"attrelid", oid},
        {"attname", name},
        {"atttypid", oid},
        {"attstattarget", int4},
        {"attlen", int2},
        {"attnum", int2},
        {"attndims", int4},
        {"atttypmod", int4},
        {"attbyval", boolean},
        {"attnotnull", boolean},
        {"atthasdef", boolean},
        {"attidentity", letter},
        {"attgenerated", letter},
        {"attisdropped", boolean},
        {"attislocal", boolean},
        {"attinhcount", int4},
        {"attcollation", oid}},
       attribute_rows},
      {"pg_catalog",
       "pg_index",
       2610,
       {{"indexrelid", oid},
        {"indrelid", oid},
        {"indnatts", int2},
        {"indnkeyatts", int2},
        {"indisunique", boolean},
        {"indnullsnotdistinct", boolean},
        {"indisprimary", boolean},
        {"indisexclusion", boolean},
        {"indimmediate", boolean},
        {"indisclustered", boolean},
        {"indisvalid", boolean},
        {"indcheckxmin", boolean},
        {"indisready", boolean},
        {"indislive", boolean},
        {"indisreplident", boolean},
        {"indkey", text},
        {"indoption", text},
        {"indpred", text}},
       index_rows},
      {"pg_catalog",
       "pg_constraint",
       2606,
       {{"oid", oid},
        {"conname", name},
        {"connamespace", oid},
        {"contype", letter},
        {"condeferrable", boolean},
        {"condeferred", boolean},
        {"convalidated", boolean},
        {"conrelid", oid},
        {"contypid", oid},
        {"conindid", oid},
        {"conparentid", oid},
        {"confrelid", oid},
        {"confupdtype", letter},
        {"confdeltype", letter},
        {"confmatchtype", letter},
        {"conislocal", boolean},
        {"coninhcount", int4},
        {"connoinherit", boolean},
        {"conkey", text},
        {"confkey", text},
        {"conbin", text}},
       constraint_rows},
      {"pg_catalog",
       "pg_attrdef",
       2604,
       {{"oid", oid}, {"adrelid", oid}, {"adnum", int2}, {"adbin", text}},
       default_rows},
      {"pg_catalog",
       "pg_sequence",
       2224,
       {{"seqrelid", oid},
        {"seqtypid", oid},
        {"seqstart", int8},
        {"seqincrement", int8},
        {"seqmax", int8},
        {"seqmin", int8},
        {"seqcache", int8},
        {"seqcycle", boolean}},
       sequence_rows},
  };
}

int32_t type_modifier(const Type& type) {
  constexpr int32_t kHeader = 4;
  switch (type.id) {
    case TypeId::VarChar:
    case TypeId::Char:
      return type.length == 0 ? -1 : type.length + kHeader;
    case TypeId::Numeric:
      if (type.precision == 0 || !type.is_declared) return -1;
      return ((type.precision << 16) | (type.scale & 0x7ff)) + kHeader;
    case TypeId::Time:
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      return type.precision == 0 ? -1 : type.precision - 1;
    default:
      return -1;
  }
}

Type with_modifier(TypeId id, int32_t modifier) {
  constexpr int32_t kHeader = 4;
  Type type(id);
  if (modifier < 0) return type;
  if (id == TypeId::VarChar || id == TypeId::Char) type.length = modifier - kHeader;
  if (id == TypeId::Numeric && modifier >= kHeader) {
    int32_t packed = modifier - kHeader;
    int32_t scale = packed & 0x7ff;
    type = Type::numeric(packed >> 16, (scale ^ 1024) - 1024);
  }
  if (id == TypeId::Time || id == TypeId::Timestamp || id == TypeId::TimestampTz)
    type.precision = static_cast<uint16_t>(modifier + 1);
  return type;
}

std::string_view schema_name(catalog::Oid schema) {
  return schema == catalog::kPgCatalogSchema ? "pg_catalog" : "public";
}

}  // namespace rowan::system_views
