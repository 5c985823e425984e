// Types as written: names, modifiers, and what is refused.
#include <fmt/format.h>

#include "planner/binder.h"
#include "types/try.h"

namespace rowan {

namespace {

constexpr int kNumericPrecisionMax = 1000;
constexpr int kStringLengthMax = 10485760;
constexpr int kTimePrecisionMax = 6;

// PostgreSQL's INTERVAL_MASK bits (utils/timestamp.h), which Type::precision holds for INTERVAL.
constexpr int interval_bit(int field) {
  return 1 << field;
}
constexpr int kMonth = interval_bit(1), kYear = interval_bit(2), kDay = interval_bit(3),
              kHour = interval_bit(10), kMinute = interval_bit(11), kSecond = interval_bit(12);

uint16_t interval_mask(ast::IntervalFields fields) {
  using Fields = ast::IntervalFields;
  switch (fields) {
    case Fields::All:
      return 0;
    case Fields::Year:
      return kYear;
    case Fields::Month:
      return kMonth;
    case Fields::Day:
      return kDay;
    case Fields::Hour:
      return kHour;
    case Fields::Minute:
      return kMinute;
    case Fields::Second:
      return kSecond;
    case Fields::YearToMonth:
      return kYear | kMonth;
    case Fields::DayToHour:
      return kDay | kHour;
    case Fields::DayToMinute:
      return kDay | kHour | kMinute;
    case Fields::DayToSecond:
      return kDay | kHour | kMinute | kSecond;
    case Fields::HourToMinute:
      return kHour | kMinute;
    case Fields::HourToSecond:
      return kHour | kMinute | kSecond;
    case Fields::MinuteToSecond:
      return kMinute | kSecond;
  }
  return 0;
}

Result<std::vector<int32_t>> type_modifiers(const ast::TypeName& name) {
  std::vector<int32_t> modifiers;
  for (ast::ExprPtr modifier : name.modifiers) {
    bool negative = false;
    if (const auto* unary = ast::as<ast::Unary>(modifier); unary && unary->op.symbol == "-") {
      negative = true;
      modifier = unary->operand;
    }
    const auto* literal = ast::as<ast::Literal>(modifier);
    if (literal == nullptr || literal->kind != ast::LiteralKind::Integer)
      return Error(sqlstate::syntax_error, "type modifiers must be simple constants or identifiers")
          .at(name.position);
    modifiers.push_back(negative ? -literal->integer : literal->integer);
  }
  return modifiers;
}

Result<Type> numeric_type(const std::vector<int32_t>& modifiers, Position position) {
  if (modifiers.empty()) return Type(TypeId::Numeric);
  if (modifiers.size() > 2)
    return Error(sqlstate::invalid_parameter_value, "invalid NUMERIC type modifier").at(position);
  int precision = modifiers[0], scale = modifiers.size() == 2 ? modifiers[1] : 0;
  if (precision < 1 || precision > kNumericPrecisionMax)
    return Error(
               sqlstate::invalid_parameter_value,
               fmt::format("NUMERIC precision {} must be between 1 and {}", precision, kNumericPrecisionMax))
        .at(position);
  if (scale < -kNumericPrecisionMax || scale > kNumericPrecisionMax)
    return Error(sqlstate::invalid_parameter_value,
                 fmt::format("NUMERIC scale {} must be between -1000 and 1000", scale))
        .at(position);
  return Type::numeric(precision, scale);
}

Result<Type> string_type(TypeId id, std::string_view spelled, const std::vector<int32_t>& modifiers,
                         Position position) {
  Type type(id);
  if (modifiers.empty()) return type;
  if (modifiers.size() > 1)
    return Error(sqlstate::invalid_parameter_value, "invalid type modifier").at(position);
  if (modifiers[0] < 1)
    return Error(sqlstate::invalid_parameter_value,
                 fmt::format("length for type {} must be at least 1", spelled))
        .at(position);
  if (modifiers[0] > kStringLengthMax)
    return Error(sqlstate::invalid_parameter_value,
                 fmt::format("length for type {} cannot exceed {}", spelled, kStringLengthMax))
        .at(position);
  type.length = modifiers[0];
  return type;
}

Result<Type> time_type(TypeId id, const std::vector<int32_t>& modifiers, Position position) {
  Type type(id);
  if (modifiers.empty()) return type;
  if (modifiers.size() > 1 || modifiers[0] < 0)
    return Error(sqlstate::invalid_parameter_value, "invalid type modifier").at(position);
  type.precision = static_cast<uint16_t>(std::min(modifiers[0], kTimePrecisionMax) + 1);
  return type;
}

std::string written_type(const ast::TypeName& name) {
  std::string text;
  for (const ast::Name& part : name.name.parts) {
    if (!text.empty()) text += '.';
    text += part.text;
  }
  return text;
}

// Types that PostgreSQL has and Rowan does not (yet) keep.
constexpr std::string_view kUnsupportedTypes[] = {
    "json",         "jsonb",         "xml",           "money",        "bit",       "varbit",      "timetz",
    "inet",         "cidr",          "macaddr",       "macaddr8",     "point",     "line",        "lseg",
    "box",          "path",          "polygon",       "circle",       "tsvector",  "tsquery",     "int4range",
    "int8range",    "numrange",      "tsrange",       "tstzrange",    "daterange", "refcursor",   "record",
    "pg_lsn",       "txid_snapshot", "regproc",       "regprocedure", "regoper",   "regoperator", "regrole",
    "regnamespace", "regconfig",     "regdictionary", "xid",          "cid",       "tid",         "jsonpath"};

}  // namespace

Result<Type> resolve_type(const ast::TypeName& name) {
  if (name.is_set) return Error(sqlstate::feature_not_supported, "SETOF is not supported").at(name.position);
  std::string_view schema = name.name.schema(), last = name.name.last();
  std::string written = written_type(name);
  if (!schema.empty() && schema != "pg_catalog" && schema != "public") {
    if (schema == "information_schema")
      return Error(sqlstate::feature_not_supported, fmt::format("type {} is not supported", written))
          .at(name.position);
    return Error(sqlstate::invalid_schema_name, fmt::format("schema \"{}\" does not exist", schema))
        .at(name.position);
  }
  if (!name.array_bounds.empty() || (last.size() > 1 && last[0] == '_'))
    return Error(sqlstate::feature_not_supported, "array types are not supported").at(name.position);
  TypeId id;
  bool found = schema != "public" && find_type(last, id);
  // Behind the schema's name "char" is the one-byte type; SQL's CHAR arrives as bpchar.
  if (found && last == "char") id = TypeId::QuotedChar;
  // PostgreSQL's INTEGER is grammar, "int" alone as a quoted or qualified name is not a type; they are kept
  // here as they harm nobody.
  if (!found) {
    for (std::string_view unsupported : kUnsupportedTypes) {
      if (unsupported == last)
        return Error(sqlstate::feature_not_supported, fmt::format("type {} is not supported", last))
            .at(name.position);
    }
    Suggestion near(last);
    for (std::string_view candidate :
         {"boolean", "bool",    "smallint", "integer",   "int",         "int2",     "int4",    "bigint",
          "int8",    "real",    "float4",   "float8",    "numeric",     "text",     "varchar", "char",
          "bytea",   "date",    "time",     "timestamp", "timestamptz", "interval", "uuid",    "json",
          "jsonb",   "decimal", "float",    "serial",    "bigserial",   "name",     "oid",     "regclass"})
      near.consider(candidate);
    std::string hint;
    if (!near.best().empty() && schema.empty())
      hint = fmt::format("Perhaps you meant the type \"{}\".", near.best());
    return Error(sqlstate::undefined_object, fmt::format("type \"{}\" does not exist", written))
        .at(name.position)
        .hint(hint);
  }
  std::vector<int32_t> modifiers = TRY(type_modifiers(name));
  switch (id) {
    case TypeId::Numeric:
      return numeric_type(modifiers, name.position);
    case TypeId::VarChar:
      return string_type(id, "varchar", modifiers, name.position);
    case TypeId::Char: {
      // bpchar without a length (only by that name) is unlimited; CHAR arrives with a length of 1.
      return string_type(id, "char", modifiers, name.position);
    }
    case TypeId::Time:
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      return time_type(id, modifiers, name.position);
    case TypeId::Interval: {
      if (!modifiers.empty() && modifiers[0] < kTimePrecisionMax)
        return Error(sqlstate::feature_not_supported, "precision of type interval is not supported")
            .at(name.position);
      Type type(id);
      type.precision = interval_mask(name.fields);
      return type;
    }
    default:
      if (!modifiers.empty())
        return Error(sqlstate::syntax_error,
                     fmt::format("type modifier is not allowed for type \"{}\"", written))
            .at(name.position);
      return Type(id);
  }
}

}  // namespace rowan
