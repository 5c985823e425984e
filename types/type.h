// types/type.h: SQL types, and the machine form of their values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "types/result.h"

namespace rowan {

enum class TypeId : uint8_t {
  Unknown,  // an untyped literal or NULL, before the binder has settled it; physically text
  Boolean,
  SmallInt,
  Integer,
  BigInt,
  Real,
  Double,
  Numeric,
  Text,
  VarChar,
  Char,  // CHAR(n), blank-padded ("bpchar")
  Bytea,
  Date,
  Time,
  Timestamp,
  TimestampTz,
  Interval,
  Uuid,
  // What PostgreSQL's system views are made of.
  Name,        // an identifier
  Oid,         // unsigned 32 bits in a 64-bit integer
  QuotedChar,  // "char": one byte, as text: "a", or "\303" for what is no character by itself
  RegClass,    // an oid that prints as a relation's name
  RegType,     // an oid that prints as a type's name
  Void,        // the result of functions called for their effect
  // Pseudo-types of function signatures.
  Any,         // any type, unchanged
  AnyElement,  // any type, the same wherever it stands
  Record
};

// How a value lies in a vector, in a PAX column and in a kernel's argument.
enum class PhysicalType : uint8_t { Bool, Int16, Int32, Int64, Int128, Float32, Float64, Interval, Text };

// A type with its modifiers. NUMERIC comes in three physical forms: precision 1 … 18 is a scaled Int64, 19 …
// 38 a scaled Int128, and precision 0 (unconstrained, or beyond 38) a Text whose bytes carry sign, scale and
// magnitude (types/numeric.h). NaN of the integer forms is the most negative integer.
struct Type {
  TypeId id = TypeId::Unknown;
  bool is_declared =
      true;  // false: precision and scale were proven by the binder, and SQL does not show them
  uint16_t precision =
      0;  // NUMERIC: digits in all, 0 for unconstrained. INTERVAL: field mask. TIME…: digits + 1
  int16_t scale = 0;   // NUMERIC: digits after the point
  int32_t length = 0;  // VARCHAR(n), CHAR(n): characters, 0 for unlimited

  constexpr Type() = default;
  constexpr Type(TypeId type_id) : id(type_id) {}  // NOLINT: implicit on purpose; a type without modifiers
  static constexpr Type numeric(int precision, int scale, bool declared = true) {
    Type type(TypeId::Numeric);
    type.precision = static_cast<uint16_t>(precision);
    type.scale = static_cast<int16_t>(scale);
    type.is_declared = declared;
    return type;
  }
  static constexpr Type varchar(int32_t length) {
    Type type(TypeId::VarChar);
    type.length = length;
    return type;
  }
  static constexpr Type character(int32_t length) {
    Type type(TypeId::Char);
    type.length = length;
    return type;
  }

  constexpr bool operator==(const Type&) const = default;

  PhysicalType physical() const;
};

inline constexpr int kInt64Digits = 18;   // NUMERIC of at most so many digits is a scaled Int64
inline constexpr int kInt128Digits = 38;  // and of at most so many a scaled Int128

// Bytes of one value of a physical type in a vector: 1, 2, 4, 8 or 16.
size_t physical_width(PhysicalType type);

// PostgreSQL's name for messages and headers of \d: "integer", "character varying(20)", "numeric(10,2)".
std::string type_name(const Type& type);
// Without modifiers: "character varying".
std::string_view base_type_name(TypeId id);
// PostgreSQL's oid of the type (pg_type.oid), 0 for none.
uint32_t type_oid(TypeId id);
// The internal name (pg_type.typname): "int4", "varchar", "bpchar".
std::string_view catalog_type_name(TypeId id);
// A type by any of its SQL or internal names, lower case, without modifiers ("int", "int4", "character
// varying"); nullopt-like: TypeId::Void is never returned for an unknown name, found says.
bool find_type(std::string_view name, TypeId& found);

// PostgreSQL's category and preference, for choosing among overloads (pg_type.typcategory, typispreferred).
enum class TypeCategory : uint8_t { Boolean, Numeric, String, DateTime, Timespan, Unknown, User, Pseudo };
TypeCategory type_category(TypeId id);
bool is_preferred(TypeId id);
inline bool is_string(TypeId id) {
  return id == TypeId::Text || id == TypeId::VarChar || id == TypeId::Char || id == TypeId::Name;
}

}  // namespace rowan
