#include "catalog/serialize.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "types/try.h"

namespace rowan::catalog {
namespace {

using Json = nlohmann::json;

Json from_type(const Type& type) {
  return Json::array({static_cast<int>(type.id), type.precision, type.scale, type.length, type.is_declared});
}

Type to_type(const Json& json) {
  Type type(static_cast<TypeId>(json.at(0).get<int>()));
  type.precision = json.at(1).get<uint16_t>();
  type.scale = json.at(2).get<int16_t>();
  type.length = json.at(3).get<int32_t>();
  type.is_declared = json.at(4).get<bool>();
  return type;
}

// Bytes need not be UTF-8, and an Int128 does not fit a JSON number: both go as CBOR binary.
Json from_bytes(std::string_view bytes) {
  return Json::binary(std::vector<uint8_t>(bytes.begin(), bytes.end()));
}

std::string to_bytes(const Json& json) {
  const auto& binary = json.get_binary();
  return std::string(binary.begin(), binary.end());
}

Json from_value(const Value& value) {
  Json json{{"type", from_type(value.type())}};
  if (value.is_null()) return json;
  switch (value.type().physical()) {
    case PhysicalType::Bool:
      json["bool"] = value.as_bool();
      break;
    case PhysicalType::Int16:
    case PhysicalType::Int32:
    case PhysicalType::Int64:
      json["int"] = value.as_int();
      break;
    case PhysicalType::Int128: {
      __int128 wide = value.as_int128();
      json["wide"] = from_bytes({reinterpret_cast<const char*>(&wide), sizeof wide});
      break;
    }
    case PhysicalType::Float32:
    case PhysicalType::Float64: {
      double number = value.as_double();  // as bits: JSON has no NaN
      json["float"] = from_bytes({reinterpret_cast<const char*>(&number), sizeof number});
      break;
    }
    case PhysicalType::Interval: {
      Interval interval = value.as_interval();
      json["interval"] = Json::array({interval.months, interval.days, interval.microseconds});
      break;
    }
    case PhysicalType::Text:
      json["bytes"] = from_bytes(value.as_bytes());
      break;
  }
  return json;
}

Value to_value(const Json& json) {
  Type type = to_type(json.at("type"));
  if (json.size() == 1) return Value(type);
  switch (type.physical()) {
    case PhysicalType::Bool:
      return Value::of_bool(type, json.at("bool").get<bool>());
    case PhysicalType::Int16:
    case PhysicalType::Int32:
    case PhysicalType::Int64:
      return Value::of_int(type, json.at("int").get<int64_t>());
    case PhysicalType::Int128: {
      std::string bytes = to_bytes(json.at("wide"));
      __int128 wide = 0;
      if (bytes.size() == sizeof wide) std::memcpy(&wide, bytes.data(), sizeof wide);
      return Value::of_int128(type, wide);
    }
    case PhysicalType::Float32:
    case PhysicalType::Float64: {
      std::string bytes = to_bytes(json.at("float"));
      double number = 0;
      if (bytes.size() == sizeof number) std::memcpy(&number, bytes.data(), sizeof number);
      return Value::of_double(type, number);
    }
    case PhysicalType::Interval: {
      const Json& fields = json.at("interval");
      return Value::of_interval(
          type, {fields.at(0).get<int32_t>(), fields.at(1).get<int32_t>(), fields.at(2).get<int64_t>()});
    }
    case PhysicalType::Text:
      return Value::of_bytes(type, to_bytes(json.at("bytes")));
  }
  return Value(type);
}

Json from_column(const Column& column) {
  Json json{{"name", column.name}, {"type", from_type(column.type)}};
  if (column.not_null) json["not_null"] = true;
  if (column.dropped) json["dropped"] = true;
  if (column.identity != Identity::None) json["identity"] = static_cast<int>(column.identity);
  if (!column.collation.empty()) json["collation"] = column.collation;
  if (!column.default_sql.empty()) json["default"] = column.default_sql;
  if (column.owned_sequence != 0) json["sequence"] = column.owned_sequence;
  if (column.missing) json["missing"] = from_value(*column.missing);
  return json;
}

Column to_column(const Json& json) {
  Column column;
  column.name = json.at("name").get<std::string>();
  column.type = to_type(json.at("type"));
  column.not_null = json.value("not_null", false);
  column.dropped = json.value("dropped", false);
  column.identity = static_cast<Identity>(json.value("identity", 0));
  column.collation = json.value("collation", "");
  column.default_sql = json.value("default", "");
  column.owned_sequence = json.value("sequence", Oid{0});
  if (json.contains("missing")) column.missing = to_value(json.at("missing"));
  return column;
}

Json from_constraint(const Constraint& constraint) {
  Json json{{"oid", constraint.oid},
            {"name", constraint.name},
            {"kind", static_cast<int>(constraint.kind)},
            {"columns", constraint.columns}};
  if (constraint.kind == ConstraintKind::Check) json["check"] = constraint.check_sql;
  if (constraint.index != 0) json["index"] = constraint.index;
  if (!constraint.is_valid) json["not_valid"] = true;
  if (constraint.is_no_inherit) json["no_inherit"] = true;
  if (constraint.kind == ConstraintKind::ForeignKey) {
    json["parent"] = constraint.parent;
    json["parent_columns"] = constraint.parent_columns;
    json["on_delete"] = static_cast<int>(constraint.on_delete);
    json["on_update"] = static_cast<int>(constraint.on_update);
    json["match"] = static_cast<int>(constraint.match);
    json["set_columns"] = constraint.set_columns;
  }
  return json;
}

Constraint to_constraint(const Json& json, Oid table) {
  Constraint constraint;
  constraint.oid = json.at("oid").get<Oid>();
  constraint.table = table;
  constraint.name = json.at("name").get<std::string>();
  constraint.kind = static_cast<ConstraintKind>(json.at("kind").get<int>());
  constraint.columns = json.at("columns").get<std::vector<ColumnNumber>>();
  constraint.check_sql = json.value("check", "");
  constraint.index = json.value("index", Oid{0});
  constraint.parent = json.value("parent", Oid{0});
  constraint.is_valid = !json.value("not_valid", false);
  constraint.is_no_inherit = json.value("no_inherit", false);
  if (constraint.kind == ConstraintKind::ForeignKey) {
    constraint.parent_columns = json.at("parent_columns").get<std::vector<ColumnNumber>>();
    constraint.on_delete = static_cast<ForeignKeyAction>(json.at("on_delete").get<int>());
    constraint.on_update = static_cast<ForeignKeyAction>(json.at("on_update").get<int>());
    constraint.match = static_cast<ForeignKeyMatch>(json.at("match").get<int>());
    constraint.set_columns = json.at("set_columns").get<std::vector<ColumnNumber>>();
  }
  return constraint;
}

Json from_object(const Table& table) {
  Json json{{"oid", table.oid},
            {"schema", table.schema},
            {"name", table.name},
            {"columns", Json::array()},
            {"constraints", Json::array()},
            {"indexes", table.indexes},
            {"referencing", table.referencing},
            {"layout", table.layout},
            {"storage", table.storage}};
  for (const Column& column : table.columns) json["columns"].push_back(from_column(column));
  for (const Constraint& constraint : table.constraints)
    json["constraints"].push_back(from_constraint(constraint));
  return json;
}

TablePtr to_table(const Json& json) {
  auto table = std::make_shared<Table>();
  table->oid = json.at("oid").get<Oid>();
  table->schema = json.at("schema").get<Oid>();
  table->name = json.at("name").get<std::string>();
  for (const Json& column : json.at("columns")) table->columns.push_back(to_column(column));
  for (const Json& constraint : json.at("constraints"))
    table->constraints.push_back(to_constraint(constraint, table->oid));
  table->indexes = json.at("indexes").get<std::vector<Oid>>();
  table->referencing = json.at("referencing").get<std::vector<Oid>>();
  table->layout = json.at("layout").get<uint16_t>();
  table->storage = json.at("storage").get<RelationId>();
  return table;
}

Json from_object(const Index& index) {
  Json json{{"oid", index.oid},
            {"table", index.table},
            {"name", index.name},
            {"method", static_cast<int>(index.method)},
            {"keys", Json::array()},
            {"include", index.include},
            {"predicate", index.predicate_sql},
            {"unique", index.is_unique},
            {"primary", index.is_primary},
            {"constraint", index.constraint},
            {"storage", index.storage}};
  for (const IndexKey& key : index.keys) {
    Json stored{
        {"type", from_type(key.type)}, {"descending", key.descending}, {"nulls_first", key.nulls_first}};
    if (key.column) {
      stored["column"] = *key.column;
    } else {
      stored["expression"] = key.expression_sql;
    }
    if (!key.collation.empty()) stored["collation"] = key.collation;
    json["keys"].push_back(std::move(stored));
  }
  return json;
}

IndexPtr to_index(const Json& json) {
  auto index = std::make_shared<Index>();
  index->oid = json.at("oid").get<Oid>();
  index->table = json.at("table").get<Oid>();
  index->name = json.at("name").get<std::string>();
  index->method = static_cast<IndexMethod>(json.at("method").get<int>());
  for (const Json& stored : json.at("keys")) {
    IndexKey key;
    key.type = to_type(stored.at("type"));
    key.descending = stored.at("descending").get<bool>();
    key.nulls_first = stored.at("nulls_first").get<bool>();
    if (stored.contains("column")) key.column = stored.at("column").get<ColumnNumber>();
    key.expression_sql = stored.value("expression", "");
    key.collation = stored.value("collation", "");
    index->keys.push_back(std::move(key));
  }
  index->include = json.at("include").get<std::vector<ColumnNumber>>();
  index->predicate_sql = json.at("predicate").get<std::string>();
  index->is_unique = json.at("unique").get<bool>();
  index->is_primary = json.at("primary").get<bool>();
  index->constraint = json.at("constraint").get<Oid>();
  index->storage = json.at("storage").get<RelationId>();
  return index;
}

Json from_object(const Sequence& sequence) {
  return Json{{"oid", sequence.oid},           {"schema", sequence.schema},
              {"name", sequence.name},         {"type", from_type(sequence.type)},
              {"start", sequence.start},       {"increment", sequence.increment},
              {"minimum", sequence.minimum},   {"maximum", sequence.maximum},
              {"cache", sequence.cache},       {"cycles", sequence.cycles},
              {"owner", sequence.owner_table}, {"owner_column", sequence.owner_column},
              {"counter", sequence.counter}};
}

SequencePtr to_sequence(const Json& json) {
  auto sequence = std::make_shared<Sequence>();
  sequence->oid = json.at("oid").get<Oid>();
  sequence->schema = json.at("schema").get<Oid>();
  sequence->name = json.at("name").get<std::string>();
  sequence->type = to_type(json.at("type"));
  sequence->start = json.at("start").get<int64_t>();
  sequence->increment = json.at("increment").get<int64_t>();
  sequence->minimum = json.at("minimum").get<int64_t>();
  sequence->maximum = json.at("maximum").get<int64_t>();
  sequence->cache = json.at("cache").get<int64_t>();
  sequence->cycles = json.at("cycles").get<bool>();
  sequence->owner_table = json.at("owner").get<Oid>();
  sequence->owner_column = json.at("owner_column").get<ColumnNumber>();
  sequence->counter = json.value("counter", Oid{0});
  return sequence;
}

Json from_world(const ViewWorld& world) {
  Json json{{"relations", Json::array()},
            {"reads", Json::array()},
            {"constraints", world.constraints},
            {"date_style", world.date_style},
            {"interval_style", world.interval_style},
            {"time_zone", world.time_zone},
            {"moment", world.moment_us}};
  for (const NamedRelation& relation : world.relations) {
    Json stored{{"schema", relation.schema},
                {"name", relation.name},
                {"oid", relation.oid},
                {"columns", Json::array()}};
    for (const NamedRelation::Column& column : relation.columns)
      stored["columns"].push_back(Json::array({column.name, column.number}));
    json["relations"].push_back(std::move(stored));
  }
  for (const ColumnUse& use : world.reads) json["reads"].push_back(Json::array({use.table, use.column}));
  return json;
}

ViewWorld to_world(const Json& json) {
  ViewWorld world;
  for (const Json& stored : json.at("relations")) {
    NamedRelation relation;
    relation.schema = stored.at("schema").get<std::string>();
    relation.name = stored.at("name").get<std::string>();
    relation.oid = stored.at("oid").get<Oid>();
    for (const Json& column : stored.at("columns"))
      relation.columns.push_back({column.at(0).get<std::string>(), column.at(1).get<ColumnNumber>()});
    world.relations.push_back(std::move(relation));
  }
  for (const Json& use : json.at("reads"))
    world.reads.push_back({use.at(0).get<Oid>(), use.at(1).get<ColumnNumber>()});
  world.constraints = json.at("constraints").get<std::vector<Oid>>();
  world.date_style = json.at("date_style").get<std::string>();
  world.interval_style = json.at("interval_style").get<std::string>();
  world.time_zone = json.at("time_zone").get<std::string>();
  world.moment_us = json.at("moment").get<int64_t>();
  return world;
}

Json from_object(const View& view) {
  Json json{{"oid", view.oid},         {"schema", view.schema},         {"name", view.name},
            {"query", view.query_sql}, {"depends_on", view.depends_on}, {"columns", Json::array()}};
  for (const ViewColumn& column : view.columns)
    json["columns"].push_back({{"name", column.name}, {"type", from_type(column.type)}});
  if (view.world) json["world"] = from_world(*view.world);
  return json;
}

ViewPtr to_view(const Json& json) {
  auto view = std::make_shared<View>();
  view->oid = json.at("oid").get<Oid>();
  view->schema = json.at("schema").get<Oid>();
  view->name = json.at("name").get<std::string>();
  view->query_sql = json.at("query").get<std::string>();
  view->depends_on = json.at("depends_on").get<std::vector<Oid>>();
  for (const Json& column : json.at("columns")) {
    view->columns.push_back({column.at("name").get<std::string>(), to_type(column.at("type"))});
  }
  if (json.contains("world")) view->world = to_world(json.at("world"));
  return view;
}

Json from_object(const TableStatistics& statistics) {
  Json json{{"table", statistics.table},
            {"rows", statistics.rows},
            {"pages", statistics.pages},
            {"columns", Json::array()}};
  for (const auto& [number, column] : statistics.columns) {
    Json stored{{"number", number},
                {"null_fraction", column.null_fraction},
                {"width", column.average_width},
                {"distinct", column.distinct},
                {"frequencies", column.common_frequencies},
                {"correlation", column.correlation},
                {"common", Json::array()},
                {"histogram", Json::array()}};
    for (const Value& value : column.common_values) stored["common"].push_back(from_value(value));
    for (const Value& value : column.histogram) stored["histogram"].push_back(from_value(value));
    json["columns"].push_back(std::move(stored));
  }
  return json;
}

StatisticsPtr to_statistics(const Json& json) {
  auto statistics = std::make_shared<TableStatistics>();
  statistics->table = json.at("table").get<Oid>();
  statistics->rows = json.at("rows").get<double>();
  statistics->pages = json.at("pages").get<double>();
  for (const Json& stored : json.at("columns")) {
    ColumnStatistics column;
    column.null_fraction = stored.at("null_fraction").get<double>();
    column.average_width = stored.at("width").get<double>();
    column.distinct = stored.at("distinct").get<double>();
    column.common_frequencies = stored.at("frequencies").get<std::vector<double>>();
    column.correlation = stored.at("correlation").get<double>();
    for (const Json& value : stored.at("common")) column.common_values.push_back(to_value(value));
    for (const Json& value : stored.at("histogram")) column.histogram.push_back(to_value(value));
    statistics->columns[stored.at("number").get<ColumnNumber>()] = std::move(column);
  }
  return statistics;
}

StoredObject stored(Oid oid, ObjectKind kind, const Json& json) {
  std::vector<uint8_t> bytes = Json::to_cbor(json);
  return {oid, kind, std::string(bytes.begin(), bytes.end())};
}

struct Serializer {
  StoredObject operator()(const TablePtr& table) const {
    return stored(table->oid, ObjectKind::Table, from_object(*table));
  }
  StoredObject operator()(const IndexPtr& index) const {
    return stored(index->oid, ObjectKind::Index, from_object(*index));
  }
  StoredObject operator()(const SequencePtr& sequence) const {
    return stored(sequence->oid, ObjectKind::Sequence, from_object(*sequence));
  }
  StoredObject operator()(const ViewPtr& view) const {
    return stored(view->oid, ObjectKind::View, from_object(*view));
  }
  StoredObject operator()(const StatisticsPtr& statistics) const {
    return stored(statistics->table, ObjectKind::Statistics, from_object(*statistics));
  }
};

}  // namespace

StoredObject serialize(const Put& put) {
  return std::visit(Serializer{}, put.object);
}

Result<Put> deserialize(ObjectKind kind, std::string_view bytes) {
  try {
    Json json = Json::from_cbor(bytes);
    switch (kind) {
      case ObjectKind::Table:
        return Put{to_table(json)};
      case ObjectKind::Index:
        return Put{to_index(json)};
      case ObjectKind::Sequence:
        return Put{to_sequence(json)};
      case ObjectKind::View:
        return Put{to_view(json)};
      case ObjectKind::Statistics:
        return Put{to_statistics(json)};
    }
  } catch (const Json::exception& fault) {
    return Error(sqlstate::data_corrupted, "the catalog holds an object that cannot be read")
        .detail(fault.what());
  }
  return Error(sqlstate::data_corrupted,
               "the catalog holds an object of unknown kind " + std::to_string(static_cast<int>(kind)));
}

}  // namespace rowan::catalog
