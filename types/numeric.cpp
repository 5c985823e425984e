// NUMERIC: forms, arithmetic and comparison kernels. Fixed forms have loops of their own; everything else
// goes through Decimal.
#include "types/numeric.h"

#include <algorithm>
#include <string>

#include "types/check.h"
#include "types/hash.h"
#include "types/lift.h"
#include "types/text_form.h"
#include "types/try.h"

namespace rowan {

namespace {

constexpr int kDivisionDigitsMin = 16;  // significant digits of a quotient, at least
constexpr int kDisplayScaleMax = 1000;  // PostgreSQL's NUMERIC_MAX_DISPLAY_SCALE

Error numeric_overflow() {
  return Error(sqlstate::numeric_value_out_of_range, "value overflows numeric format");
}

Error numeric_field_overflow(const Type& type, bool is_infinite) {
  Error error(sqlstate::numeric_value_out_of_range, "numeric field overflow");
  std::string field =
      "A field with precision " + std::to_string(type.precision) + ", scale " + std::to_string(type.scale);
  if (is_infinite) return std::move(error).detail(field + " cannot hold an infinite value.");
  int whole = type.precision - type.scale;
  std::string bound = whole == 0 ? "1" : "10^" + std::to_string(whole);
  return std::move(error).detail(field + " must round to an absolute value less than " + bound + ".");
}

Int128 load_fixed(const Vector& vector, uint32_t row, bool& is_nan) {
  if (vector.physical() == PhysicalType::Int64) {
    int64_t value = vector.data<int64_t>()[row];
    is_nan = value == kNumericNan64;
    return value;
  }
  Int128 value = vector.data<Int128>()[row];
  is_nan = value == kNumericNan128;
  return value;
}

}  // namespace

Type proven_numeric(int digits, int scale) {
  if (digits < 1) digits = 1;
  if (digits > kInt128Digits || scale > kInt128Digits || scale < 0) {
    Type unconstrained(TypeId::Numeric);
    unconstrained.is_declared = false;
    return unconstrained;
  }
  return Type::numeric(digits, scale, false);
}

Type common_numeric(const Type& a, const Type& b) {
  if (a == b) return a;
  if (!is_fixed_numeric(a) || !is_fixed_numeric(b) || numeric_scale(a) != numeric_scale(b))
    return proven_numeric(kInt128Digits + 1, 0);
  return proven_numeric(std::max(numeric_digits(a), numeric_digits(b)), numeric_scale(a));
}

Result<Value> numeric_literal(std::string_view text) {
  Decimal value = TRY(Decimal::parse(text));
  if (value.is_finite()) {
    std::optional<Int128> coefficient = value.coefficient_at(value.scale());
    int digits = std::max(value.exponent() + 1 + value.scale(), value.scale());
    if (coefficient && digits <= kInt128Digits)
      return Value::of_int128(proven_numeric(digits, value.scale()), *coefficient);
  }
  return numeric_value(value);
}

Decimal load_decimal(const Vector& vector, uint32_t row) {
  if (vector.is_constant()) row = 0;
  if (vector.physical() == PhysicalType::Text) return Decimal::decode(vector.data<Text>()[row].view());
  bool is_nan = false;
  Int128 value = load_fixed(vector, row, is_nan);
  return is_nan ? Decimal::nan() : Decimal::of(value, numeric_scale(vector.type()));
}

Result<> store_decimal(const Decimal& value, Vector& result, uint32_t row) {
  const Type& type = result.type();
  if (type.precision == 0) {
    if (value.is_finite()) {
      if (value.scale() > Decimal::kScaleMax) {
        result.data<Text>()[row] = value.rounded(Decimal::kScaleMax).encode(result.arena());
        return {};
      }
      if (!value.is_zero() && value.exponent() > Decimal::kExponentMax) return numeric_overflow();
    }
    result.data<Text>()[row] = value.encode(result.arena());
    return {};
  }
  PhysicalType physical = type.physical();
  if (value.is_nan()) {
    if (physical == PhysicalType::Int64)
      result.data<int64_t>()[row] = kNumericNan64;
    else if (physical == PhysicalType::Int128)
      result.data<Int128>()[row] = kNumericNan128;
    else
      result.data<Text>()[row] = value.encode(result.arena());
    return {};
  }
  if (value.is_infinite()) return numeric_field_overflow(type, true);
  Decimal rounded = value.rounded(type.scale).with_scale(numeric_scale(type));
  // Precision counts the digits above 10^-scale.
  if (!rounded.is_zero() && rounded.exponent() + type.scale >= type.precision)
    return numeric_field_overflow(type, false);
  if (physical == PhysicalType::Text) {
    result.data<Text>()[row] = rounded.encode(result.arena());
    return {};
  }
  std::optional<Int128> coefficient = rounded.coefficient_at(rounded.scale());
  Int128 stored = 0;
  if (coefficient) {
    stored = *coefficient;
  } else {
    // Between 2^126 and 10^38: one step beyond Decimal's small form.
    std::string digits;
    rounded.absolute().format(digits);
    for (char c : digits)
      if (c != '.') stored = stored * 10 + (c - '0');
    if (rounded.is_negative()) stored = -stored;
  }
  if (physical == PhysicalType::Int64)
    result.data<int64_t>()[row] = static_cast<int64_t>(stored);
  else
    result.data<Int128>()[row] = stored;
  return {};
}

Decimal decimal_of(const Value& value) {
  if (value.type().physical() == PhysicalType::Text) return Decimal::decode(value.as_bytes());
  bool is_nan = value.as_int128() ==
                (value.type().physical() == PhysicalType::Int64 ? Int128{kNumericNan64} : kNumericNan128);
  return is_nan ? Decimal::nan() : Decimal::of(value.as_int128(), numeric_scale(value.type()));
}

Value numeric_value(const Decimal& value) {
  Arena arena;
  Type type(TypeId::Numeric);
  type.is_declared = false;
  return Value::of_bytes(type, value.encode(arena).view());
}

int compare_numeric_rows(const Vector& a, uint32_t a_row, const Vector& b, uint32_t b_row) {
  if (a.physical() != PhysicalType::Text && b.physical() != PhysicalType::Text &&
      numeric_scale(a.type()) == numeric_scale(b.type())) {
    bool a_is_nan = false, b_is_nan = false;
    Int128 left = load_fixed(a, a.is_constant() ? 0 : a_row, a_is_nan);
    Int128 right = load_fixed(b, b.is_constant() ? 0 : b_row, b_is_nan);
    if (a_is_nan || b_is_nan) return static_cast<int>(a_is_nan) - static_cast<int>(b_is_nan);
    return left < right ? -1 : (left > right ? 1 : 0);
  }
  return Decimal::compare(load_decimal(a, a_row), load_decimal(b, b_row));
}

uint64_t hash_numeric_row(const Vector& vector, uint32_t row) {
  if (vector.is_constant()) row = 0;
  if (vector.physical() != PhysicalType::Int64) return load_decimal(vector, row).hash();
  // The same hash as Decimal's, without making one.
  int64_t value = vector.data<int64_t>()[row];
  if (value == kNumericNan64) return Decimal::nan().hash();
  int scale = numeric_scale(vector.type());
  while (scale > 0 && value % 10 == 0) {
    value /= 10;
    --scale;
  }
  return hash_combine(
      hash_combine(hash_word(static_cast<uint64_t>(value)), static_cast<uint64_t>(value >> 63)),
      static_cast<uint64_t>(scale));
}

int division_scale(const Decimal& a, const Decimal& b) {
  int a_digit = 0, b_digit = 0;
  int weight = a.weight_and_digit(a_digit) - b.weight_and_digit(b_digit);
  if (a_digit <= b_digit) --weight;
  int scale = kDivisionDigitsMin - weight * 4;
  scale = std::max({scale, a.scale(), b.scale(), 0});
  return std::min(scale, kDisplayScaleMax);
}

Decimal numeric_add(const Decimal& a, const Decimal& b) {
  if (a.is_finite() && b.is_finite()) return a + b;
  if (a.is_nan() || b.is_nan()) return Decimal::nan();
  if (a.is_infinite() && b.is_infinite()) return a.sign() == b.sign() ? a : Decimal::nan();
  return a.is_infinite() ? a : b;
}

Decimal numeric_subtract(const Decimal& a, const Decimal& b) {
  return numeric_add(a, b.negated());
}

Decimal numeric_multiply(const Decimal& a, const Decimal& b) {
  if (a.is_finite() && b.is_finite()) {
    Decimal product = a * b;
    return product.scale() > Decimal::kScaleMax ? product.rounded(Decimal::kScaleMax) : product;
  }
  if (a.is_nan() || b.is_nan() || a.is_zero() || b.is_zero()) return Decimal::nan();
  return Decimal::infinity(a.sign() * b.sign() < 0);
}

Result<Decimal> numeric_divide(const Decimal& a, const Decimal& b) {
  if (a.is_nan() || b.is_nan()) return Decimal::nan();
  if (a.is_infinite()) {
    if (b.is_infinite()) return Decimal::nan();
    if (b.is_zero()) return division_by_zero_error();
    return Decimal::infinity(a.sign() * b.sign() < 0);
  }
  if (b.is_infinite()) return Decimal();
  if (b.is_zero()) return division_by_zero_error();
  return Decimal::divide(a, b, division_scale(a, b));
}

Result<Decimal> numeric_modulo(const Decimal& a, const Decimal& b) {
  if (a.is_nan() || b.is_nan()) return Decimal::nan();
  if (a.is_infinite()) {
    if (b.is_zero()) return division_by_zero_error();
    return Decimal::nan();
  }
  if (b.is_infinite()) return a;
  if (b.is_zero()) return division_by_zero_error();
  return Decimal::modulo(a, b);
}

namespace {

// div(a, b): the quotient cut to a whole number.
Result<Decimal> numeric_div_whole(const Decimal& a, const Decimal& b) {
  if (!a.is_finite() || !b.is_finite()) return numeric_divide(a, b);
  if (b.is_zero()) return division_by_zero_error();
  return Decimal::divide(a, b, 0, false);
}

// --- kernels through Decimal ---

using DecimalUnary = Result<Decimal> (*)(const Decimal&);
using DecimalBinary = Result<Decimal> (*)(const Decimal&, const Decimal&);

template <DecimalUnary F>
Result<> numeric_unary_kernel(KernelCall& call) {
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    Decimal value = TRY(F(load_decimal(*call.arguments[0], row)));
    TRY(store_decimal(value, call.result, row));
  }
  return {};
}

template <DecimalBinary F>
Result<> numeric_binary_kernel(KernelCall& call) {
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    Decimal value = TRY(F(load_decimal(*call.arguments[0], row), load_decimal(*call.arguments[1], row)));
    TRY(store_decimal(value, call.result, row));
  }
  return {};
}

// --- kernels on the integer forms ---

// Calls body(a, b, out) with each row's coefficients brought to the scales that a and b need; false when a
// NaN stood in the way, and then the caller goes through Decimal.
template <class A, class B, class R, class Body>
bool fixed_rows(KernelCall& call, Body body) {
  const A* a = call.arguments[0]->data<A>();
  const B* b = call.arguments[1]->data<B>();
  R* out = call.result.data<R>();
  constexpr A kNanA = static_cast<A>(A{1} << (sizeof(A) * 8 - 1));
  constexpr B kNanB = static_cast<B>(B{1} << (sizeof(B) * 8 - 1));
  bool a_is_constant = call.arguments[0]->is_constant(), b_is_constant = call.arguments[1]->is_constant();
  uint32_t count = call.rows.count();
  bool seen_nan = false;
  if (call.rows.is_dense() && !a_is_constant && !b_is_constant) {
    for (uint32_t i = 0; i < count; ++i) {
      seen_nan |= (a[i] == kNanA) | (b[i] == kNanB);
      out[i] = body(a[i], b[i]);
    }
  } else if (call.rows.is_dense() && !a_is_constant) {
    B b0 = b[0];
    seen_nan = b0 == kNanB;
    for (uint32_t i = 0; i < count; ++i) {
      seen_nan |= a[i] == kNanA;
      out[i] = body(a[i], b0);
    }
  } else if (call.rows.is_dense() && !b_is_constant) {
    A a0 = a[0];
    seen_nan = a0 == kNanA;
    for (uint32_t i = 0; i < count; ++i) {
      seen_nan |= b[i] == kNanB;
      out[i] = body(a0, b[i]);
    }
  } else {
    uint32_t a_mask = a_is_constant ? 0 : ~0u, b_mask = b_is_constant ? 0 : ~0u;
    for (uint32_t i = 0; i < count; ++i) {
      uint32_t row = call.rows[i];
      seen_nan |= (a[row & a_mask] == kNanA) | (b[row & b_mask] == kNanB);
      out[row] = body(a[row & a_mask], b[row & b_mask]);
    }
  }
  return !seen_nan;
}

// Unsigned, because the coefficients of NaN rows may overflow before they are thrown away.
template <class R>
using UnsignedOf = std::conditional_t<sizeof(R) == 8, uint64_t, unsigned __int128>;

enum class FixedOp { Add, Subtract, Multiply };

template <FixedOp kOp, class A, class B, class R>
bool fixed_arithmetic(KernelCall& call) {
  using U = UnsignedOf<R>;
  if constexpr (kOp == FixedOp::Multiply) {
    return fixed_rows<A, B, R>(call, [](A a, B b) {
      return static_cast<R>(static_cast<U>(static_cast<R>(a)) * static_cast<U>(static_cast<R>(b)));
    });
  } else {
    int scale = numeric_scale(call.result.type());
    auto a_factor = static_cast<U>(power_of_ten(scale - numeric_scale(call.arguments[0]->type())));
    auto b_factor = static_cast<U>(power_of_ten(scale - numeric_scale(call.arguments[1]->type())));
    auto combine = [](U a, U b) { return static_cast<R>(kOp == FixedOp::Add ? a + b : a - b); };
    if (a_factor == 1 && b_factor == 1)
      return fixed_rows<A, B, R>(call, [&](A a, B b) {
        return combine(static_cast<U>(static_cast<R>(a)), static_cast<U>(static_cast<R>(b)));
      });
    return fixed_rows<A, B, R>(call, [&](A a, B b) {
      return combine(static_cast<U>(static_cast<R>(a)) * a_factor,
                     static_cast<U>(static_cast<R>(b)) * b_factor);
    });
  }
}

template <FixedOp kOp>
Result<Decimal> decimal_arithmetic(const Decimal& a, const Decimal& b) {
  if constexpr (kOp == FixedOp::Add) return numeric_add(a, b);
  if constexpr (kOp == FixedOp::Subtract) return numeric_subtract(a, b);
  return numeric_multiply(a, b);
}

template <FixedOp kOp>
Result<> numeric_arithmetic_kernel(KernelCall& call) {
  PhysicalType a = call.arguments[0]->physical(), b = call.arguments[1]->physical();
  PhysicalType r = call.result.physical();
  bool done = false;
  if (a != PhysicalType::Text && b != PhysicalType::Text && r != PhysicalType::Text) {
    bool wide_a = a == PhysicalType::Int128, wide_b = b == PhysicalType::Int128;
    if (r == PhysicalType::Int64 && !wide_a && !wide_b)
      done = fixed_arithmetic<kOp, int64_t, int64_t, int64_t>(call);
    else if (r == PhysicalType::Int128 && !wide_a && !wide_b)
      done = fixed_arithmetic<kOp, int64_t, int64_t, Int128>(call);
    else if (r == PhysicalType::Int128 && wide_a && !wide_b)
      done = fixed_arithmetic<kOp, Int128, int64_t, Int128>(call);
    else if (r == PhysicalType::Int128 && !wide_a && wide_b)
      done = fixed_arithmetic<kOp, int64_t, Int128, Int128>(call);
    else if (r == PhysicalType::Int128 && wide_a && wide_b)
      done = fixed_arithmetic<kOp, Int128, Int128, Int128>(call);
  }
  if (done) return {};
  return numeric_binary_kernel<&decimal_arithmetic<kOp>>(call);
}

// --- comparisons ---

struct NumericEq {
  template <class T>
  static bool of(T a, T b) {
    return a == b;
  }
};
struct NumericNe {
  template <class T>
  static bool of(T a, T b) {
    return a != b;
  }
};
struct NumericLt {
  template <class T>
  static bool of(T a, T b) {
    return a < b;
  }
};
struct NumericGt {
  template <class T>
  static bool of(T a, T b) {
    return a > b;
  }
};
struct NumericLe {
  template <class T>
  static bool of(T a, T b) {
    return a <= b;
  }
};
struct NumericGe {
  template <class T>
  static bool of(T a, T b) {
    return a >= b;
  }
};

// W: the width in which both sides, brought to one scale, fit.
template <class Verdict, class A, class B, class W>
bool fixed_comparison(KernelCall& call, int scale) {
  using U = UnsignedOf<W>;
  auto a_factor = static_cast<U>(power_of_ten(scale - numeric_scale(call.arguments[0]->type())));
  auto b_factor = static_cast<U>(power_of_ten(scale - numeric_scale(call.arguments[1]->type())));
  if (a_factor == 1 && b_factor == 1)
    return fixed_rows<A, B, uint8_t>(call, [](A a, B b) {
      return static_cast<uint8_t>(Verdict::of(static_cast<W>(a), static_cast<W>(b)));
    });
  return fixed_rows<A, B, uint8_t>(call, [&](A a, B b) {
    return static_cast<uint8_t>(Verdict::of(static_cast<W>(static_cast<U>(static_cast<W>(a)) * a_factor),
                                            static_cast<W>(static_cast<U>(static_cast<W>(b)) * b_factor)));
  });
}

template <class Verdict>
Result<> numeric_compare_kernel(KernelCall& call) {
  const Type& a = call.arguments[0]->type();
  const Type& b = call.arguments[1]->type();
  if (is_fixed_numeric(a) && is_fixed_numeric(b)) {
    int scale = std::max(numeric_scale(a), numeric_scale(b));
    int digits =
        std::max(numeric_digits(a) + scale - numeric_scale(a), numeric_digits(b) + scale - numeric_scale(b));
    bool wide_a = a.physical() == PhysicalType::Int128, wide_b = b.physical() == PhysicalType::Int128;
    bool done = false;
    if (digits <= kInt64Digits && !wide_a && !wide_b)
      done = fixed_comparison<Verdict, int64_t, int64_t, int64_t>(call, scale);
    else if (digits <= kInt128Digits && !wide_a && !wide_b)
      done = fixed_comparison<Verdict, int64_t, int64_t, Int128>(call, scale);
    else if (digits <= kInt128Digits && wide_a && !wide_b)
      done = fixed_comparison<Verdict, Int128, int64_t, Int128>(call, scale);
    else if (digits <= kInt128Digits && !wide_a && wide_b)
      done = fixed_comparison<Verdict, int64_t, Int128, Int128>(call, scale);
    else if (digits <= kInt128Digits && wide_a && wide_b)
      done = fixed_comparison<Verdict, Int128, Int128, Int128>(call, scale);
    if (done) return {};
  }
  auto* out = call.result.data<uint8_t>();
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    out[row] = Verdict::of(compare_numeric_rows(*call.arguments[0], row, *call.arguments[1], row), 0);
  }
  return {};
}

// --- proofs ---

Type derive_sum(std::span<const Type> arguments) {
  const Type &a = arguments[0], &b = arguments[1];
  if (!is_fixed_numeric(a) || !is_fixed_numeric(b)) return proven_numeric(kInt128Digits + 1, 0);
  int scale = std::max(numeric_scale(a), numeric_scale(b));
  int whole = std::max(numeric_digits(a) - numeric_scale(a), numeric_digits(b) - numeric_scale(b));
  return proven_numeric(whole + scale + 1, scale);
}
Type derive_product(std::span<const Type> arguments) {
  const Type &a = arguments[0], &b = arguments[1];
  if (!is_fixed_numeric(a) || !is_fixed_numeric(b)) return proven_numeric(kInt128Digits + 1, 0);
  return proven_numeric(numeric_digits(a) + numeric_digits(b), numeric_scale(a) + numeric_scale(b));
}
Type derive_modulo(std::span<const Type> arguments) {
  const Type &a = arguments[0], &b = arguments[1];
  if (!is_fixed_numeric(a) || !is_fixed_numeric(b)) return proven_numeric(kInt128Digits + 1, 0);
  int scale = std::max(numeric_scale(a), numeric_scale(b));
  int whole = std::min(numeric_digits(a) - numeric_scale(a), numeric_digits(b) - numeric_scale(b));
  return proven_numeric(std::max(whole, 0) + scale, scale);
}
Type derive_same(std::span<const Type> arguments) {
  const Type& a = arguments[0];
  if (!is_fixed_numeric(a)) return proven_numeric(kInt128Digits + 1, 0);
  return proven_numeric(numeric_digits(a), numeric_scale(a));
}
// round, ceil, floor, trunc to whole numbers: rounding up may add a digit.
Type derive_whole(std::span<const Type> arguments) {
  const Type& a = arguments[0];
  if (!is_fixed_numeric(a)) return proven_numeric(kInt128Digits + 1, 0);
  return proven_numeric(numeric_digits(a) - numeric_scale(a) + 1, 0);
}

// --- functions of one and two ---

Result<Decimal> decimal_same(const Decimal& a) {
  return a;
}
Result<Decimal> decimal_negate(const Decimal& a) {
  return a.negated();
}
Result<Decimal> decimal_abs(const Decimal& a) {
  return a.is_nan() ? a : a.absolute();
}
Result<Decimal> decimal_sign(const Decimal& a) {
  return a.is_nan() ? a : Decimal::of(a.sign());
}
Result<Decimal> decimal_round(const Decimal& a) {
  return a.is_finite() ? a.rounded(0) : a;
}
Result<Decimal> decimal_trunc(const Decimal& a) {
  return a.is_finite() ? a.truncated(0) : a;
}
Result<Decimal> decimal_ceil(const Decimal& a) {
  return a.is_finite() ? a.ceil() : a;
}
Result<Decimal> decimal_floor(const Decimal& a) {
  return a.is_finite() ? a.floor() : a;
}
Result<Decimal> decimal_trim_scale(const Decimal& a) {
  return a.is_finite() ? a.trimmed() : a;
}

Result<Decimal> decimal_gcd(const Decimal& a, const Decimal& b) {
  if (a.is_nan() || b.is_nan() || a.is_infinite() || b.is_infinite()) return Decimal::nan();
  return Decimal::gcd(a, b);
}
Result<Decimal> decimal_lcm(const Decimal& a, const Decimal& b) {
  if (!a.is_finite() || !b.is_finite()) return Decimal::nan();
  int scale = std::max(a.scale(), b.scale());
  if (a.is_zero() || b.is_zero()) return Decimal::of(0, scale);
  Decimal part = Decimal::divide(a, Decimal::gcd(a, b), 0);
  return (part * b).absolute().with_scale(scale);
}
Result<Decimal> decimal_log10(const Decimal& a) {
  return numeric_log(Decimal::of(10), a);
}

template <DecimalUnary F>
void add_numeric_unary(FunctionRegistry& registry, std::string_view name,
                       Type (*derive)(std::span<const Type>) = nullptr) {
  Function function;
  function.name = name;
  function.arguments = {TypeId::Numeric};
  function.result = TypeId::Numeric;
  function.kernel = &numeric_unary_kernel<F>;
  function.derive = derive;
  registry.add(std::move(function));
}
void add_numeric_binary(FunctionRegistry& registry, std::string_view name, Kernel kernel,
                        Type (*derive)(std::span<const Type>) = nullptr) {
  Function function;
  function.name = name;
  function.arguments = {TypeId::Numeric, TypeId::Numeric};
  function.result = TypeId::Numeric;
  function.kernel = kernel;
  function.derive = derive;
  registry.add(std::move(function));
}
void add_numeric_function(FunctionRegistry& registry, std::string_view name, std::vector<TypeId> arguments,
                          TypeId result, Kernel kernel) {
  Function function;
  function.name = name;
  function.arguments = std::move(arguments);
  function.result = result;
  function.kernel = kernel;
  registry.add(std::move(function));
}

// round(x, n), trunc(x, n)
template <bool kRound>
Result<> numeric_to_scale_kernel(KernelCall& call) {
  const Vector& places = *call.arguments[1];
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    Decimal value = load_decimal(*call.arguments[0], row);
    if (value.is_finite()) {
      int scale = places.data<int32_t>()[places.is_constant() ? 0 : row];
      scale = std::clamp(scale, -2000, 2000);  // PostgreSQL's NUMERIC_MAX_RESULT_SCALE
      if (scale > value.scale())
        value = value.with_scale(scale);
      else
        value = kRound ? value.rounded(scale) : value.truncated(scale);
    }
    TRY(store_decimal(value, call.result, row));
  }
  return {};
}

Result<> numeric_scale_kernel(KernelCall& call) {
  auto* out = call.result.data<int32_t>();
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    Decimal value = load_decimal(*call.arguments[0], row);
    if (!value.is_finite())
      call.result.set_null(row);
    else
      out[row] = value.scale();
  }
  return {};
}
Result<> numeric_min_scale_kernel(KernelCall& call) {
  auto* out = call.result.data<int32_t>();
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    Decimal value = load_decimal(*call.arguments[0], row);
    if (!value.is_finite())
      call.result.set_null(row);
    else
      out[row] = value.trimmed().scale();
  }
  return {};
}

Result<> factorial_kernel(KernelCall& call) {
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    int64_t number = call.arguments[0]->data<int64_t>()[call.arguments[0]->is_constant() ? 0 : row];
    if (number < 0)
      return Error(sqlstate::numeric_value_out_of_range, "factorial of a negative number is undefined");
    if (number > 32177) return numeric_overflow();
    Decimal product = Decimal::of(1);
    for (int64_t factor = 2; factor <= number; ++factor) product = product * Decimal::of(factor);
    TRY(store_decimal(product, call.result, row));
  }
  return {};
}

Result<> numeric_width_bucket_kernel(KernelCall& call) {
  auto* out = call.result.data<int32_t>();
  auto bucket_error = [](const char* message) {
    return Error(sqlstate::invalid_argument_for_width_bucket_function, message);
  };
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    Decimal operand = load_decimal(*call.arguments[0], row), low = load_decimal(*call.arguments[1], row);
    Decimal high = load_decimal(*call.arguments[2], row);
    int32_t count = call.arguments[3]->data<int32_t>()[call.arguments[3]->is_constant() ? 0 : row];
    if (count <= 0) return bucket_error("count must be greater than zero");
    if (operand.is_nan() || low.is_nan() || high.is_nan())
      return bucket_error("operand, lower bound, and upper bound cannot be NaN");
    if (low.is_infinite() || high.is_infinite()) return bucket_error("lower and upper bounds must be finite");
    int order = Decimal::compare(low, high);
    if (order == 0) return bucket_error("lower bound cannot equal upper bound");
    bool is_falling = order > 0;
    int from_low = Decimal::compare(operand, low), from_high = Decimal::compare(operand, high);
    if (is_falling ? from_low > 0 : from_low < 0) {
      out[row] = 0;
    } else if (is_falling ? from_high <= 0 : from_high >= 0) {
      if (__builtin_add_overflow(count, 1, &out[row])) return out_of_range("integer");
    } else {
      Decimal bucket =
          Decimal::divide((operand - low).absolute() * Decimal::of(count), (high - low).absolute(), 0, false);
      out[row] = static_cast<int32_t>(bucket.to_integer().value_or(0)) + 1;
    }
  }
  return {};
}

// --- casts ---

// To the modifiers of the result; between unconstrained forms nothing changes.
Result<> numeric_to_numeric_kernel(KernelCall& call) {
  return numeric_unary_kernel<&decimal_same>(call);
}

template <class T>
Result<> integer_to_numeric_kernel(KernelCall& call) {
  const T* from = call.arguments[0]->data<T>();
  bool is_constant = call.arguments[0]->is_constant();
  bool always_fits = is_fixed_numeric(call.result.type()) && !call.result.type().is_declared &&
                     numeric_scale(call.result.type()) == 0 &&
                     numeric_digits(call.result.type()) >= std::numeric_limits<T>::digits10 + 1;
  if (always_fits && call.result.physical() == PhysicalType::Int64) {
    auto* out = call.result.data<int64_t>();
    for (uint32_t i = 0; i < call.rows.count(); ++i) out[call.rows[i]] = from[is_constant ? 0 : call.rows[i]];
    return {};
  }
  if (always_fits) {
    auto* out = call.result.data<Int128>();
    for (uint32_t i = 0; i < call.rows.count(); ++i) out[call.rows[i]] = from[is_constant ? 0 : call.rows[i]];
    return {};
  }
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    TRY(store_decimal(Decimal::of(from[is_constant ? 0 : row]), call.result, row));
  }
  return {};
}
template <class T>
Type derive_from_integer(std::span<const Type>) {
  return proven_numeric(std::numeric_limits<T>::digits10 + 1, 0);
}

template <class T>
Result<> numeric_to_integer_kernel(KernelCall& call) {
  T* out = call.result.data<T>();
  std::string type(base_type_name(Lifted<T>::id));
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    Decimal value = load_decimal(*call.arguments[0], row);
    if (!value.is_finite())
      return Error(sqlstate::feature_not_supported,
                   std::string("cannot convert ") + (value.is_nan() ? "NaN" : "infinity") + " to " + type);
    std::optional<Int128> whole = value.to_integer();
    if (!whole || *whole < std::numeric_limits<T>::min() || *whole > std::numeric_limits<T>::max())
      return out_of_range(type);
    out[row] = static_cast<T>(*whole);
  }
  return {};
}

template <class T>
Result<> numeric_to_float_kernel(KernelCall& call) {
  T* out = call.result.data<T>();
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    Decimal value = load_decimal(*call.arguments[0], row);
    double wide = value.to_double();
    bool is_lost = value.is_finite() && ((wide == 0 && !value.is_zero()) || wide - wide != 0);
    if constexpr (sizeof(T) == sizeof(float)) {
      if (value.is_finite()) {
        std::string text;  // one rounding, from the decimal digits
        value.format(text);
        out[row] = std::strtof(text.c_str(), nullptr);
        is_lost = (out[row] == 0 && !value.is_zero()) || out[row] - out[row] != 0;
      } else {
        out[row] = static_cast<float>(wide);
      }
    } else {
      out[row] = wide;
    }
    if (is_lost) {
      std::string text;
      value.format(text);
      return Error(sqlstate::numeric_value_out_of_range,
                   "\"" + text + "\" is out of range for type " + std::string(base_type_name(Lifted<T>::id)));
    }
  }
  return {};
}

template <class T>
Result<> float_to_numeric_kernel(KernelCall& call) {
  const T* from = call.arguments[0]->data<T>();
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    Decimal value = Decimal::of_double(from[call.arguments[0]->is_constant() ? 0 : row],
                                       std::numeric_limits<T>::digits10);
    TRY(store_decimal(value, call.result, row));
  }
  return {};
}

void format_numeric(const Vector& vector, uint32_t row, const EvalContext&, std::string& out) {
  load_decimal(vector, row).format(out);
}
Result<> parse_numeric(std::string_view text, Vector& result, uint32_t row, const EvalContext&) {
  Decimal value = TRY(Decimal::parse(text));
  return store_decimal(value, result, row);
}

}  // namespace

void register_numeric(FunctionRegistry& registry) {
  registry.set_text_form(TypeId::Numeric, {format_numeric, parse_numeric});
  add_numeric_binary(registry, "+", &numeric_arithmetic_kernel<FixedOp::Add>, derive_sum);
  add_numeric_binary(registry, "-", &numeric_arithmetic_kernel<FixedOp::Subtract>, derive_sum);
  add_numeric_binary(registry, "*", &numeric_arithmetic_kernel<FixedOp::Multiply>, derive_product);
  add_numeric_binary(registry, "/", &numeric_binary_kernel<&numeric_divide>);
  add_numeric_binary(registry, "%", &numeric_binary_kernel<&numeric_modulo>, derive_modulo);
  add_numeric_binary(registry, "mod", &numeric_binary_kernel<&numeric_modulo>, derive_modulo);
  add_numeric_binary(registry, "div", &numeric_binary_kernel<&numeric_div_whole>);
  add_numeric_binary(registry, "gcd", &numeric_binary_kernel<&decimal_gcd>);
  add_numeric_binary(registry, "lcm", &numeric_binary_kernel<&decimal_lcm>);
  add_numeric_binary(registry, "^", &numeric_binary_kernel<&numeric_power>);
  add_numeric_binary(registry, "power", &numeric_binary_kernel<&numeric_power>);
  add_numeric_binary(registry, "pow", &numeric_binary_kernel<&numeric_power>);
  add_numeric_binary(registry, "log", &numeric_binary_kernel<&numeric_log>);
  add_numeric_unary<&decimal_same>(registry, "+", derive_same);
  add_numeric_unary<&decimal_negate>(registry, "-", derive_same);
  add_numeric_unary<&decimal_abs>(registry, "@", derive_same);
  add_numeric_unary<&decimal_abs>(registry, "abs", derive_same);
  add_numeric_unary<&decimal_sign>(registry, "sign");
  add_numeric_unary<&decimal_round>(registry, "round", derive_whole);
  add_numeric_unary<&decimal_trunc>(registry, "trunc", derive_whole);
  add_numeric_unary<&decimal_ceil>(registry, "ceil", derive_whole);
  add_numeric_unary<&decimal_ceil>(registry, "ceiling", derive_whole);
  add_numeric_unary<&decimal_floor>(registry, "floor", derive_whole);
  add_numeric_unary<&decimal_trim_scale>(registry, "trim_scale");
  add_numeric_unary<&numeric_sqrt>(registry, "sqrt");
  add_numeric_unary<&numeric_exp>(registry, "exp");
  add_numeric_unary<&numeric_ln>(registry, "ln");
  add_numeric_unary<&decimal_log10>(registry, "log");
  add_numeric_unary<&decimal_log10>(registry, "log10");
  TypeId numeric = TypeId::Numeric, integer = TypeId::Integer;
  add_numeric_function(registry, "round", {numeric, integer}, numeric, &numeric_to_scale_kernel<true>);
  add_numeric_function(registry, "trunc", {numeric, integer}, numeric, &numeric_to_scale_kernel<false>);
  add_numeric_function(registry, "scale", {numeric}, integer, &numeric_scale_kernel);
  add_numeric_function(registry, "min_scale", {numeric}, integer, &numeric_min_scale_kernel);
  add_numeric_function(registry, "factorial", {TypeId::BigInt}, numeric, &factorial_kernel);
  add_numeric_function(registry, "width_bucket", {numeric, numeric, numeric, integer}, integer,
                       &numeric_width_bucket_kernel);
  add_numeric_function(registry, "=", {numeric, numeric}, TypeId::Boolean,
                       &numeric_compare_kernel<NumericEq>);
  add_numeric_function(registry, "<>", {numeric, numeric}, TypeId::Boolean,
                       &numeric_compare_kernel<NumericNe>);
  add_numeric_function(registry, "<", {numeric, numeric}, TypeId::Boolean,
                       &numeric_compare_kernel<NumericLt>);
  add_numeric_function(registry, ">", {numeric, numeric}, TypeId::Boolean,
                       &numeric_compare_kernel<NumericGt>);
  add_numeric_function(registry, "<=", {numeric, numeric}, TypeId::Boolean,
                       &numeric_compare_kernel<NumericLe>);
  add_numeric_function(registry, ">=", {numeric, numeric}, TypeId::Boolean,
                       &numeric_compare_kernel<NumericGe>);

  auto cast = [&](TypeId from, TypeId to, Kernel kernel, uint8_t context,
                  Type (*derive)(std::span<const Type>) = nullptr) {
    Function function;
    function.name = "cast";
    function.arguments = {from};
    function.result = to;
    function.kernel = kernel;
    function.cast_context = context;
    function.derive = derive;
    registry.add(std::move(function));
  };
  cast(numeric, numeric, &numeric_to_numeric_kernel, 'i');
  cast(TypeId::SmallInt, numeric, &integer_to_numeric_kernel<int16_t>, 'i', &derive_from_integer<int16_t>);
  cast(TypeId::Integer, numeric, &integer_to_numeric_kernel<int32_t>, 'i', &derive_from_integer<int32_t>);
  cast(TypeId::BigInt, numeric, &integer_to_numeric_kernel<int64_t>, 'i', &derive_from_integer<int64_t>);
  cast(numeric, TypeId::SmallInt, &numeric_to_integer_kernel<int16_t>, 'a');
  cast(numeric, TypeId::Integer, &numeric_to_integer_kernel<int32_t>, 'a');
  cast(numeric, TypeId::BigInt, &numeric_to_integer_kernel<int64_t>, 'a');
  cast(numeric, TypeId::Real, &numeric_to_float_kernel<float>, 'i');
  cast(numeric, TypeId::Double, &numeric_to_float_kernel<double>, 'i');
  cast(TypeId::Real, numeric, &float_to_numeric_kernel<float>, 'a');
  cast(TypeId::Double, numeric, &float_to_numeric_kernel<double>, 'a');
}

}  // namespace rowan
