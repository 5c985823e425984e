#include "types/value.h"

#include <cstring>

#include "types/check.h"

namespace rowan {

Value Value::boolean(bool value) {
  return of_bool(TypeId::Boolean, value);
}
Value Value::smallint(int16_t value) {
  return of_int(TypeId::SmallInt, value);
}
Value Value::integer(int32_t value) {
  return of_int(TypeId::Integer, value);
}
Value Value::bigint(int64_t value) {
  return of_int(TypeId::BigInt, value);
}
Value Value::real(float value) {
  return of_double(TypeId::Real, value);
}
Value Value::double_precision(double value) {
  return of_double(TypeId::Double, value);
}
Value Value::text(std::string_view value) {
  return of_bytes(TypeId::Text, value);
}
Value Value::unknown(std::string_view value) {
  return of_bytes(TypeId::Unknown, value);
}

Value Value::of_bool(Type type, bool value) {
  ASSERT(type.physical() == PhysicalType::Bool);
  Value made(type);
  made.is_null_ = false;
  made.int_ = value;
  return made;
}

Value Value::of_int(Type type, int64_t value) {
  return of_int128(type, value);
}

Value Value::of_int128(Type type, __int128 value) {
  Value made(type);
  made.is_null_ = false;
  made.int_ = value;
  return made;
}

Value Value::of_double(Type type, double value) {
  Value made(type);
  made.is_null_ = false;
  made.double_ = value;
  return made;
}

Value Value::of_interval(Type type, Interval value) {
  Value made(type);
  made.is_null_ = false;
  made.interval_ = value;
  return made;
}

Value Value::of_bytes(Type type, std::string_view bytes) {
  ASSERT(type.physical() == PhysicalType::Text);
  Value made(type);
  made.is_null_ = false;
  made.bytes_ = bytes;
  return made;
}

bool Value::identical(const Value& other) const {
  if (!(type_ == other.type_) || is_null_ != other.is_null_) return false;
  if (is_null_) return true;
  switch (type_.physical()) {
    case PhysicalType::Float32:
    case PhysicalType::Float64:
      return std::memcmp(&double_, &other.double_, sizeof double_) == 0;
    case PhysicalType::Interval:
      return interval_ == other.interval_;
    case PhysicalType::Text:
      return bytes_ == other.bytes_;
    default:
      return int_ == other.int_;
  }
}

}  // namespace rowan
