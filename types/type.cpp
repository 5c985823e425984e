#include "types/type.h"

#include <array>

namespace rowan {

namespace {

struct TypeFacts {
  TypeId id;
  uint32_t oid;
  std::string_view name;          // as messages say it
  std::string_view catalog_name;  // pg_type.typname
  PhysicalType physical;
  TypeCategory category;
  bool is_preferred;
};

// In the order of TypeId. Names and oids are pg_type's.
constexpr std::array<TypeFacts, 27> kTypeFacts{{
    {TypeId::Unknown, 705, "unknown", "unknown", PhysicalType::Text, TypeCategory::Unknown, false},
    {TypeId::Boolean, 16, "boolean", "bool", PhysicalType::Bool, TypeCategory::Boolean, true},
    {TypeId::SmallInt, 21, "smallint", "int2", PhysicalType::Int16, TypeCategory::Numeric, false},
    {TypeId::Integer, 23, "integer", "int4", PhysicalType::Int32, TypeCategory::Numeric, false},
    {TypeId::BigInt, 20, "bigint", "int8", PhysicalType::Int64, TypeCategory::Numeric, false},
    {TypeId::Real, 700, "real", "float4", PhysicalType::Float32, TypeCategory::Numeric, false},
    {TypeId::Double, 701, "double precision", "float8", PhysicalType::Float64, TypeCategory::Numeric, true},
    {TypeId::Numeric, 1700, "numeric", "numeric", PhysicalType::Text, TypeCategory::Numeric, false},
    {TypeId::Text, 25, "text", "text", PhysicalType::Text, TypeCategory::String, true},
    {TypeId::VarChar, 1043, "character varying", "varchar", PhysicalType::Text, TypeCategory::String, false},
    {TypeId::Char, 1042, "character", "bpchar", PhysicalType::Text, TypeCategory::String, false},
    {TypeId::Bytea, 17, "bytea", "bytea", PhysicalType::Text, TypeCategory::User, false},
    {TypeId::Date, 1082, "date", "date", PhysicalType::Int32, TypeCategory::DateTime, false},
    {TypeId::Time, 1083, "time without time zone", "time", PhysicalType::Int64, TypeCategory::DateTime,
     false},
    {TypeId::Timestamp, 1114, "timestamp without time zone", "timestamp", PhysicalType::Int64,
     TypeCategory::DateTime, false},
    {TypeId::TimestampTz, 1184, "timestamp with time zone", "timestamptz", PhysicalType::Int64,
     TypeCategory::DateTime, true},
    {TypeId::Interval, 1186, "interval", "interval", PhysicalType::Interval, TypeCategory::Timespan, true},
    {TypeId::Uuid, 2950, "uuid", "uuid", PhysicalType::Text, TypeCategory::User, false},
    {TypeId::Name, 19, "name", "name", PhysicalType::Text, TypeCategory::String, false},
    {TypeId::Oid, 26, "oid", "oid", PhysicalType::Int64, TypeCategory::Numeric, true},
    {TypeId::QuotedChar, 18, "\"char\"", "char", PhysicalType::Text, TypeCategory::User, false},
    {TypeId::RegClass, 2205, "regclass", "regclass", PhysicalType::Int64, TypeCategory::Numeric, false},
    {TypeId::RegType, 2206, "regtype", "regtype", PhysicalType::Int64, TypeCategory::Numeric, false},
    {TypeId::Void, 2278, "void", "void", PhysicalType::Text, TypeCategory::Pseudo, false},
    {TypeId::Any, 2276, "\"any\"", "any", PhysicalType::Text, TypeCategory::Pseudo, false},
    {TypeId::AnyElement, 2283, "anyelement", "anyelement", PhysicalType::Text, TypeCategory::Pseudo, false},
    {TypeId::Record, 2249, "record", "record", PhysicalType::Text, TypeCategory::Pseudo, false},
}};
static_assert(kTypeFacts.size() == static_cast<size_t>(TypeId::Record) + 1);

constexpr const TypeFacts& facts_of(TypeId id) {
  return kTypeFacts[static_cast<size_t>(id)];
}

constexpr bool type_facts_are_in_order() {
  for (size_t i = 0; i < kTypeFacts.size(); ++i)
    if (static_cast<size_t>(kTypeFacts[i].id) != i) return false;
  return true;
}
static_assert(type_facts_are_in_order());

// Names that SQL knows beside the two of the table.
struct TypeAlias {
  std::string_view name;
  TypeId id;
};
constexpr TypeAlias kTypeAliases[] = {
    {"int", TypeId::Integer},
    {"float", TypeId::Double},
    {"decimal", TypeId::Numeric},
    {"dec", TypeId::Numeric},
    {"char varying", TypeId::VarChar},
    {"nchar", TypeId::Char},
    {"national character", TypeId::Char},
    {"national char", TypeId::Char},
    {"timestamp without time zone", TypeId::Timestamp},
    {"time without time zone", TypeId::Time},
};

bool is_pseudo(TypeId id) {
  return id == TypeId::Any || id == TypeId::AnyElement || id == TypeId::Void || id == TypeId::Record ||
         id == TypeId::Unknown;
}

}  // namespace

PhysicalType Type::physical() const {
  if (id != TypeId::Numeric) return facts_of(id).physical;
  if (precision == 0) return PhysicalType::Text;
  int digits = precision + (scale < 0 ? -scale : 0);
  if (digits <= kInt64Digits) return PhysicalType::Int64;
  return digits <= kInt128Digits ? PhysicalType::Int128 : PhysicalType::Text;
}

size_t physical_width(PhysicalType type) {
  switch (type) {
    case PhysicalType::Bool:
      return 1;
    case PhysicalType::Int16:
      return 2;
    case PhysicalType::Int32:
      return 4;
    case PhysicalType::Int64:
      return 8;
    case PhysicalType::Int128:
      return 16;
    case PhysicalType::Float32:
      return 4;
    case PhysicalType::Float64:
      return 8;
    case PhysicalType::Interval:
      return 16;
    case PhysicalType::Text:
      return 16;
  }
  return 16;
}

std::string type_name(const Type& type) {
  std::string name(base_type_name(type.id));
  switch (type.id) {
    case TypeId::Numeric:
      if (type.precision > 0 && type.is_declared)
        name += "(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
      break;
    case TypeId::VarChar:
    case TypeId::Char:
      if (type.length > 0) name += "(" + std::to_string(type.length) + ")";
      break;
    case TypeId::Time:
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      if (type.precision > 0) name.insert(name.find(' '), "(" + std::to_string(type.precision - 1) + ")");
      break;
    default:
      break;
  }
  return name;
}

std::string_view base_type_name(TypeId id) {
  return facts_of(id).name;
}
uint32_t type_oid(TypeId id) {
  return facts_of(id).oid;
}
std::string_view catalog_type_name(TypeId id) {
  return facts_of(id).catalog_name;
}
TypeCategory type_category(TypeId id) {
  return facts_of(id).category;
}
bool is_preferred(TypeId id) {
  return facts_of(id).is_preferred;
}

bool find_type(std::string_view name, TypeId& found) {
  // "char" quoted names the one-byte type; unquoted, SQL's CHAR is bpchar.
  if (name == "char") {
    found = TypeId::Char;
    return true;
  }
  for (const TypeFacts& facts : kTypeFacts) {
    if (is_pseudo(facts.id)) continue;
    if (name == facts.name || name == facts.catalog_name) {
      found = facts.id;
      return true;
    }
  }
  for (const TypeAlias& alias : kTypeAliases) {
    if (name == alias.name) {
      found = alias.id;
      return true;
    }
  }
  return false;
}

}  // namespace rowan
