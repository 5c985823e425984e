// types/value.h: one SQL value with its type: constants, parameters, defaults, results at the edge. Not for
// hot loops.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "types/interval.h"
#include "types/result.h"
#include "types/type.h"

namespace rowan {

class Value {
 public:
  Value() = default;                          // NULL of type unknown
  explicit Value(Type type) : type_(type) {}  // NULL of `type`
  static Value boolean(bool value);
  static Value smallint(int16_t value);
  static Value integer(int32_t value);
  static Value bigint(int64_t value);
  static Value real(float value);
  static Value double_precision(double value);
  static Value text(std::string_view value);
  static Value unknown(std::string_view value);  // an untyped literal
  // Any type from its physical form.
  static Value of_bool(Type type, bool value);
  static Value of_int(Type type, int64_t value);  // Int16, Int32, Int64
  static Value of_int128(Type type, __int128 value);
  static Value of_double(Type type, double value);  // Float32, Float64
  static Value of_interval(Type type, Interval value);
  static Value of_bytes(Type type, std::string_view bytes);

  const Type& type() const { return type_; }
  bool is_null() const { return is_null_; }
  bool as_bool() const { return int_ != 0; }
  int64_t as_int() const { return static_cast<int64_t>(int_); }  // any integral physical type that fits
  __int128 as_int128() const { return int_; }
  double as_double() const { return double_; }
  Interval as_interval() const { return interval_; }
  const std::string& as_bytes() const { return bytes_; }  // Text physical types

  // The same value again with other bytes, or another number: for parameters that are bound a million times.
  // Memory once taken is kept. Physical types as of_int and of_bytes.
  void set_null() { is_null_ = true; }
  void set_int(int64_t value) {
    is_null_ = false;
    int_ = value;
  }
  void set_bytes(std::string_view bytes) {
    is_null_ = false;
    bytes_.assign(bytes);
  }

  // Same type, same physical value (NULL equals NULL); for tests and constant comparison, not SQL's =.
  bool identical(const Value& other) const;

 private:
  Type type_;
  bool is_null_ = true;
  __int128 int_ = 0;
  double double_ = 0;
  Interval interval_;
  std::string bytes_;
};

}  // namespace rowan
