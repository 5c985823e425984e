// REAL and DOUBLE PRECISION: arithmetic whose overflow and underflow are errors, and casts.
#include "types/float.h"

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "types/lift.h"
#include "types/text_form.h"
#include "types/try.h"

namespace rowan {

namespace {

Error float_overflow() {
  return Error(sqlstate::numeric_value_out_of_range, "value out of range: overflow");
}
Error float_underflow() {
  return Error(sqlstate::numeric_value_out_of_range, "value out of range: underflow");
}

// Whole numbers, so that & and | of them are not taken for a slip of && and ||.
template <class R>
int float_is_infinite(R value) {
  return std::isinf(value);
}
template <class R>
int float_is_nan(R value) {
  return std::isnan(value);
}

// In the form of checked_kernel. A result is refused when it is infinite and no argument was, or zero and the
// arguments were not.
template <class R>
struct FloatAdd {
  static bool apply(R a, R b, R& out) {
    out = a + b;
    return float_is_infinite(out) & !(float_is_infinite(a) | float_is_infinite(b));
  }
  static Error error(R, R) { return float_overflow(); }
};
template <class R>
struct FloatSubtract {
  static bool apply(R a, R b, R& out) {
    out = a - b;
    return float_is_infinite(out) & !(float_is_infinite(a) | float_is_infinite(b));
  }
  static Error error(R, R) { return float_overflow(); }
};
template <class R>
struct FloatMultiply {
  static bool apply(R a, R b, R& out) {
    out = a * b;
    bool overflowed = float_is_infinite(out) & !(float_is_infinite(a) | float_is_infinite(b));
    return overflowed | ((out == 0) & (a != 0) & (b != 0));
  }
  static Error error(R a, R b) { return std::isinf(a * b) ? float_overflow() : float_underflow(); }
};
template <class R>
struct FloatDivide {
  static bool apply(R a, R b, R& out) {
    out = a / b;
    bool by_zero = (b == 0) & !float_is_nan(a);
    bool overflowed = float_is_infinite(out) & !float_is_infinite(a);
    return by_zero | overflowed | ((out == 0) & (a != 0) & !float_is_infinite(b));
  }
  static Error error(R a, R b) {
    if (b == 0) return division_by_zero_error();
    return float_is_infinite(a / b) ? float_overflow() : float_underflow();
  }
};

template <template <class> class Op, class A, class B>
void add_float_operator(FunctionRegistry& registry, std::string_view name) {
  using R = std::conditional_t<std::is_same_v<A, float> && std::is_same_v<B, float>, float, double>;
  Function function;
  function.name = name;
  function.arguments = {Lifted<A>::id, Lifted<B>::id};
  function.result = Lifted<R>::id;
  function.kernel = &checked_kernel<Op<R>, A, B, R>;
  registry.add(std::move(function));
}
template <class A, class B>
void add_float_arithmetic(FunctionRegistry& registry) {
  add_float_operator<FloatAdd, A, B>(registry, "+");
  add_float_operator<FloatSubtract, A, B>(registry, "-");
  add_float_operator<FloatMultiply, A, B>(registry, "*");
  add_float_operator<FloatDivide, A, B>(registry, "/");
}

template <class T>
T float_plus(T value) {
  return value;
}
template <class T>
T float_negate(T value) {
  return -value;
}
template <class T>
T float_abs(T value) {
  return std::fabs(value);
}

template <class From, class To>
Result<To> float_to_integer(From value) {
  From rounded = std::rint(value);
  // The minimum is exact in both types, the maximum is not; so compare with minus the minimum.
  constexpr From kLow = static_cast<From>(std::numeric_limits<To>::min());
  if (!(rounded >= kLow && rounded < -kLow)) return out_of_range(base_type_name(Lifted<To>::id));
  return static_cast<To>(rounded);
}
template <class From, class To>
To integer_to_float(From value) {
  return static_cast<To>(value);
}
double real_to_double(float value) {
  return value;
}
Result<float> double_to_real(double value) {
  auto narrow = static_cast<float>(value);
  if (std::isinf(narrow) && !std::isinf(value)) return float_overflow();
  if (narrow == 0 && value != 0) return float_underflow();
  return narrow;
}

void format_real_row(const Vector& vector, uint32_t row, const EvalContext& context, std::string& out) {
  format_real(vector.data<float>()[row], context.extra_float_digits, out);
}
void format_double_row(const Vector& vector, uint32_t row, const EvalContext& context, std::string& out) {
  format_double(vector.data<double>()[row], context.extra_float_digits, out);
}
Result<> parse_real_row(std::string_view text, Vector& result, uint32_t row, const EvalContext&) {
  result.data<float>()[row] = TRY(read_real(text));
  return {};
}
Result<> parse_double_row(std::string_view text, Vector& result, uint32_t row, const EvalContext&) {
  result.data<double>()[row] = TRY(read_double(text));
  return {};
}

}  // namespace

void register_float_functions(FunctionRegistry& registry);  // types/float_functions.cpp

void register_floats(FunctionRegistry& registry) {
  add_float_arithmetic<double, double>(registry);
  add_float_arithmetic<float, float>(registry);
  add_float_arithmetic<float, double>(registry);
  add_float_arithmetic<double, float>(registry);
  registry.add(strict<&float_plus<double>>("+"));
  registry.add(strict<&float_plus<float>>("+"));
  registry.add(strict<&float_negate<double>>("-"));
  registry.add(strict<&float_negate<float>>("-"));
  registry.add(strict<&float_abs<double>>("@"));
  registry.add(strict<&float_abs<float>>("@"));
  registry.add(strict<&float_abs<double>>("abs"));
  registry.add(strict<&float_abs<float>>("abs"));
  registry.set_text_form(TypeId::Real, {format_real_row, parse_real_row});
  registry.set_text_form(TypeId::Double, {format_double_row, parse_double_row});

  auto cast = [&](Function function, uint8_t context) {
    function.cast_context = context;
    registry.add(std::move(function));
  };
  cast(strict<&integer_to_float<int16_t, float>>("cast"), 'i');
  cast(strict<&integer_to_float<int32_t, float>>("cast"), 'i');
  cast(strict<&integer_to_float<int64_t, float>>("cast"), 'i');
  cast(strict<&integer_to_float<int16_t, double>>("cast"), 'i');
  cast(strict<&integer_to_float<int32_t, double>>("cast"), 'i');
  cast(strict<&integer_to_float<int64_t, double>>("cast"), 'i');
  cast(strict<&float_to_integer<float, int16_t>>("cast"), 'a');
  cast(strict<&float_to_integer<float, int32_t>>("cast"), 'a');
  cast(strict<&float_to_integer<float, int64_t>>("cast"), 'a');
  cast(strict<&float_to_integer<double, int16_t>>("cast"), 'a');
  cast(strict<&float_to_integer<double, int32_t>>("cast"), 'a');
  cast(strict<&float_to_integer<double, int64_t>>("cast"), 'a');
  cast(strict<&real_to_double>("cast"), 'i');
  cast(strict<&double_to_real>("cast"), 'a');
  register_float_functions(registry);
}

}  // namespace rowan
