// types/numeric.h: NUMERIC in vectors, in its three physical forms:
//
//   precision 1 … 18    scaled Int64      12.34 as numeric(10,2) is 1234
//   precision 19 … 38   scaled Int128
//   0, or beyond 38     Text              Decimal::encode's bytes; each value carries its scale
//
// NaN of the integer forms is the most negative integer; infinities exist only as Text. The binder proves
// forms for expressions by Function::derive, so that sums and products of columns stay integers; where the
// scale of a result depends on the values (division), the result is unconstrained, as PostgreSQL shows it.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "types/decimal.h"
#include "types/function.h"

namespace rowan {

inline constexpr int64_t kNumericNan64 = std::numeric_limits<int64_t>::min();
inline constexpr Int128 kNumericNan128 = static_cast<Int128>(1) << 127;

// Digits and scale of the integer forms; a negative declared scale is stored as scale 0 with more digits.
inline int numeric_scale(const Type& type) {
  return type.scale > 0 ? type.scale : 0;
}
inline int numeric_digits(const Type& type) {
  return type.precision + (type.scale < 0 ? -type.scale : 0);
}
inline bool is_fixed_numeric(const Type& type) {
  return type.id == TypeId::Numeric && type.physical() != PhysicalType::Text;
}

// The narrowest undeclared form for `digits` digits with `scale` of them after the point; unconstrained
// beyond 38.
Type proven_numeric(int digits, int scale);
// One type for values of both, for CASE, UNION and the like: of equal scale the wider one, otherwise
// unconstrained, because each value shows its own scale.
Type common_numeric(const Type& a, const Type& b);
// A literal in its tightest undeclared form: 1.50 is numeric(3,2). Errors: as Decimal::parse.
Result<Value> numeric_literal(std::string_view text);

// A row, not NULL, of any form.
Decimal load_decimal(const Vector& vector, uint32_t row);
// Writes `value` as the vector's type says: rounded to its scale. Errors: 22003 numeric field overflow, value
// overflows numeric format.
Result<> store_decimal(const Decimal& value, Vector& result, uint32_t row);
// A value of a Numeric type as a Decimal, and back into an unconstrained one.
Decimal decimal_of(const Value& value);
Value numeric_value(const Decimal& value);

int compare_numeric_rows(const Vector& a, uint32_t a_row, const Vector& b, uint32_t b_row);
uint64_t hash_numeric_row(const Vector& vector, uint32_t row);

// PostgreSQL's scale of a quotient.
int division_scale(const Decimal& a, const Decimal& b);
// a / b as SQL has it, NaN and infinities included. Errors: 22012.
Result<Decimal> numeric_divide(const Decimal& a, const Decimal& b);
Decimal numeric_add(const Decimal& a, const Decimal& b);
Decimal numeric_subtract(const Decimal& a, const Decimal& b);
Decimal numeric_multiply(const Decimal& a, const Decimal& b);
Result<Decimal> numeric_modulo(const Decimal& a, const Decimal& b);

// types/numeric_math.cpp. Errors: 2201E, 2201F, 22003.
Result<Decimal> numeric_sqrt(const Decimal& value);
Result<Decimal> numeric_exp(const Decimal& value);
Result<Decimal> numeric_ln(const Decimal& value);
Result<Decimal> numeric_log(const Decimal& base, const Decimal& value);
Result<Decimal> numeric_power(const Decimal& base, const Decimal& exponent);

}  // namespace rowan
