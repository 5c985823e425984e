// SMALLINT, INTEGER, BIGINT and OID: arithmetic that overflows into an error, bits, casts among themselves.
#include <charconv>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <type_traits>

#include "types/lift.h"
#include "types/text_form.h"
#include "types/try.h"

namespace rowan {

namespace {

template <class T>
constexpr std::string_view kIntegerName = Lifted<T>::id == TypeId::SmallInt  ? "smallint"
                                          : Lifted<T>::id == TypeId::Integer ? "integer"
                                                                             : "bigint";
template <class A, class B>
using WiderInt = std::conditional_t<(sizeof(A) > sizeof(B)), A, B>;

template <class T>
Error integer_out_of_range() {
  return out_of_range(kIntegerName<T>);
}

// Operations in the form of checked_kernel: narrow types compute in the next wider one, 64 bits look at
// signs; neither branches.
template <class R>
struct IntegerAdd {
  static bool apply(R a, R b, R& out) {
    if constexpr (sizeof(R) < 8) {
      int64_t wide = int64_t{a} + b;
      out = static_cast<R>(wide);
      return out != wide;
    } else {
      auto sum = static_cast<R>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
      out = sum;
      return ((a ^ sum) & (b ^ sum)) < 0;
    }
  }
  static Error error(R, R) { return integer_out_of_range<R>(); }
};
template <class R>
struct IntegerSubtract {
  static bool apply(R a, R b, R& out) {
    if constexpr (sizeof(R) < 8) {
      int64_t wide = int64_t{a} - b;
      out = static_cast<R>(wide);
      return out != wide;
    } else {
      auto difference = static_cast<R>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
      out = difference;
      return ((a ^ b) & (a ^ difference)) < 0;
    }
  }
  static Error error(R, R) { return integer_out_of_range<R>(); }
};
template <class R>
struct IntegerMultiply {
  static bool apply(R a, R b, R& out) {
    if constexpr (sizeof(R) < 8) {
      int64_t wide = int64_t{a} * b;
      out = static_cast<R>(wide);
      return out != wide;
    } else {
      return __builtin_mul_overflow(a, b, &out);
    }
  }
  static Error error(R, R) { return integer_out_of_range<R>(); }
};
template <class R>
struct IntegerDivide {
  static bool apply(R a, R b, R& out) {
    bool failed = b == 0 || (b == -1 && a == std::numeric_limits<R>::min());
    out = static_cast<R>(a / (failed ? R{1} : b));
    return failed;
  }
  static Error error(R, R b) { return b == 0 ? division_by_zero_error() : integer_out_of_range<R>(); }
};
template <class R>
struct IntegerModulo {
  static bool apply(R a, R b, R& out) {
    out = static_cast<R>(a % (b == 0 || b == -1 ? R{1} : b));  // by -1 the machine would trap on the minimum
    return b == 0;
  }
  static Error error(R, R) { return division_by_zero_error(); }
};

template <template <class> class Op, class A, class B>
void add_integer_operator(FunctionRegistry& registry, std::string_view name) {
  using R = WiderInt<A, B>;
  Function function;
  function.name = name;
  function.arguments = {Lifted<A>::id, Lifted<B>::id};
  function.result = Lifted<R>::id;
  function.kernel = &checked_kernel<Op<R>, A, B, R>;
  registry.add(std::move(function));
}

template <class A, class B>
void add_integer_arithmetic(FunctionRegistry& registry) {
  add_integer_operator<IntegerAdd, A, B>(registry, "+");
  add_integer_operator<IntegerSubtract, A, B>(registry, "-");
  add_integer_operator<IntegerMultiply, A, B>(registry, "*");
  add_integer_operator<IntegerDivide, A, B>(registry, "/");
}

template <class T>
T integer_plus(T value) {
  return value;
}
template <class T>
Result<T> integer_negate(T value) {
  if (value == std::numeric_limits<T>::min()) return integer_out_of_range<T>();
  return static_cast<T>(-value);
}
template <class T>
Result<T> integer_abs(T value) {
  if (value < 0) return integer_negate(value);
  return value;
}
template <class T>
T integer_and(T a, T b) {
  return static_cast<T>(a & b);
}
template <class T>
T integer_or(T a, T b) {
  return static_cast<T>(a | b);
}
template <class T>
T integer_xor(T a, T b) {
  return static_cast<T>(a ^ b);
}
template <class T>
T integer_not(T value) {
  return static_cast<T>(~value);
}
// The count is taken modulo the width of the register, as the machine does: 32 bits for SMALLINT too.
template <class T>
T integer_shift_left(T value, int32_t count) {
  if constexpr (sizeof(T) == 8)
    return static_cast<T>(static_cast<uint64_t>(value) << (count & 63));
  else
    return static_cast<T>(static_cast<uint32_t>(value) << (count & 31));
}
template <class T>
T integer_shift_right(T value, int32_t count) {
  return static_cast<T>(value >> (count & (sizeof(T) == 8 ? 63 : 31)));
}

template <class T>
Result<T> integer_gcd(T a, T b) {
  using Unsigned = std::make_unsigned_t<T>;
  auto magnitude = [](T value) {
    return value < 0 ? static_cast<Unsigned>(Unsigned{0} - static_cast<Unsigned>(value))
                     : static_cast<Unsigned>(value);
  };
  Unsigned divisor = std::gcd(magnitude(a), magnitude(b));
  if (divisor > static_cast<Unsigned>(std::numeric_limits<T>::max())) return integer_out_of_range<T>();
  return static_cast<T>(divisor);
}
template <class T>
Result<T> integer_lcm(T a, T b) {
  if (a == 0 || b == 0) return T{0};
  T divisor = TRY(integer_gcd(a, b));
  T product;
  if (__builtin_mul_overflow(static_cast<T>(a / divisor), b, &product)) return integer_out_of_range<T>();
  return integer_abs(product);
}

template <class T>
Text integer_to_hex(T value) {
  char digits[16];
  auto end = std::to_chars(digits, digits + 16, static_cast<std::make_unsigned_t<T>>(value), 16).ptr;
  return Text(std::string_view(digits, static_cast<size_t>(end - digits)));
}
Text integer_to_hex32(int32_t value) {
  return integer_to_hex(value);
}
Text integer_to_hex64(KernelCall& call, int64_t value) {
  char digits[16];
  auto end = std::to_chars(digits, digits + 16, static_cast<uint64_t>(value), 16).ptr;
  return call.result.arena().copy({digits, static_cast<size_t>(end - digits)});
}

template <class From, class To>
Result<To> integer_to_narrower(From value) {
  if (value < std::numeric_limits<To>::min() || value > std::numeric_limits<To>::max())
    return integer_out_of_range<To>();
  return static_cast<To>(value);
}
template <class From, class To>
To integer_to_wider(From value) {
  return value;
}

constexpr int64_t kOidMax = std::numeric_limits<uint32_t>::max();
// An INTEGER's bits are reread as unsigned; a BIGINT must fit.
int64_t integer_to_oid(int32_t value) {
  return static_cast<uint32_t>(value);
}
int64_t smallint_to_oid(int16_t value) {
  return static_cast<uint32_t>(int32_t{value});
}
Result<int64_t> bigint_to_oid(int64_t value) {
  if (value < 0 || value > kOidMax) return Error(sqlstate::numeric_value_out_of_range, "OID out of range");
  return value;
}
int32_t oid_to_integer(int64_t value) {
  return static_cast<int32_t>(static_cast<uint32_t>(value));
}
int64_t oid_to_bigint(int64_t value) {
  return value;
}

template <class T>
Result<T> read_integer(std::string_view text) {
  std::string_view digits = trim_spaces(text);
  if (!digits.empty() && digits.front() == '+' && digits.size() > 1 && digits[1] != '-')
    digits.remove_prefix(1);
  T value = 0;
  auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  bool is_whole = end == digits.data() + digits.size() && !digits.empty();
  if (status == std::errc::invalid_argument || !is_whole) return invalid_input(kIntegerName<T>, text);
  if (status == std::errc::result_out_of_range)
    return Error(
        sqlstate::numeric_value_out_of_range,
        "value \"" + std::string(text) + "\" is out of range for type " + std::string(kIntegerName<T>));
  return value;
}

template <class T>
Result<> parse_integer(std::string_view text, Vector& result, uint32_t row, const EvalContext&) {
  result.data<T>()[row] = TRY(read_integer<T>(text));
  return {};
}

template <class T>
void format_integer(const Vector& vector, uint32_t row, const EvalContext&, std::string& out) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, vector.data<T>()[row]).ptr;
  out.append(digits, end);
}

Result<> parse_oid(std::string_view text, Vector& result, uint32_t row, const EvalContext&) {
  std::string_view digits = trim_spaces(text);
  if (digits.size() > 1 && digits[0] == '+' && digits[1] != '-') digits.remove_prefix(1);
  int64_t value = 0;
  auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() || digits.empty() || status == std::errc::invalid_argument)
    return invalid_input("oid", text);
  if (status == std::errc::result_out_of_range || value < std::numeric_limits<int32_t>::min() ||
      value > kOidMax)
    return Error(sqlstate::numeric_value_out_of_range,
                 "value \"" + std::string(text) + "\" is out of range for type oid");
  result.data<int64_t>()[row] = static_cast<uint32_t>(value);
  return {};
}

template <class T>
void add_integer_functions(FunctionRegistry& registry) {
  TypeId type = Lifted<T>::id;
  add_integer_arithmetic<T, T>(registry);
  add_integer_operator<IntegerModulo, T, T>(registry, "%");
  add_integer_operator<IntegerModulo, T, T>(registry, "mod");
  registry.add(strict<&integer_plus<T>>("+"));
  registry.add(strict<&integer_negate<T>>("-"));
  registry.add(strict<&integer_abs<T>>("@"));
  registry.add(strict<&integer_abs<T>>("abs"));
  registry.add(strict<&integer_and<T>>("&"));
  registry.add(strict<&integer_or<T>>("|"));
  registry.add(strict<&integer_xor<T>>("#"));
  registry.add(strict<&integer_not<T>>("~"));
  registry.add(strict<&integer_shift_left<T>>("<<"));
  registry.add(strict<&integer_shift_right<T>>(">>"));
  registry.set_text_form(type, {format_integer<T>, parse_integer<T>});
}

}  // namespace

void register_integers(FunctionRegistry& registry) {
  add_integer_functions<int32_t>(registry);
  add_integer_functions<int64_t>(registry);
  add_integer_functions<int16_t>(registry);
  add_integer_arithmetic<int32_t, int64_t>(registry);
  add_integer_arithmetic<int64_t, int32_t>(registry);
  add_integer_arithmetic<int16_t, int32_t>(registry);
  add_integer_arithmetic<int32_t, int16_t>(registry);
  add_integer_arithmetic<int16_t, int64_t>(registry);
  add_integer_arithmetic<int64_t, int16_t>(registry);
  registry.add(strict<&integer_gcd<int32_t>>("gcd"));
  registry.add(strict<&integer_gcd<int64_t>>("gcd"));
  registry.add(strict<&integer_lcm<int32_t>>("lcm"));
  registry.add(strict<&integer_lcm<int64_t>>("lcm"));
  registry.add(strict<&integer_to_hex32>("to_hex"));
  registry.add(strict<&integer_to_hex64>("to_hex"));

  auto cast = [&](Function function, uint8_t context, bool is_relabel = false) {
    function.cast_context = context;
    function.is_relabel = is_relabel;
    registry.add(std::move(function));
  };
  cast(strict<&integer_to_wider<int16_t, int32_t>>("cast"), 'i');
  cast(strict<&integer_to_wider<int16_t, int64_t>>("cast"), 'i');
  cast(strict<&integer_to_wider<int32_t, int64_t>>("cast"), 'i');
  cast(strict<&integer_to_narrower<int32_t, int16_t>>("cast"), 'a');
  cast(strict<&integer_to_narrower<int64_t, int16_t>>("cast"), 'a');
  cast(strict<&integer_to_narrower<int64_t, int32_t>>("cast"), 'a');
  for (TypeId oid : {TypeId::Oid, TypeId::RegClass, TypeId::RegType}) {
    cast(strict<&smallint_to_oid>("cast", {TypeId::SmallInt}, oid), 'i');
    cast(strict<&integer_to_oid>("cast", {TypeId::Integer}, oid), 'i');
    cast(strict<&bigint_to_oid>("cast", {TypeId::BigInt}, oid), 'i');
    cast(strict<&oid_to_integer>("cast", {oid}, TypeId::Integer), 'a');
    cast(strict<&oid_to_bigint>("cast", {oid}, TypeId::BigInt), 'a', true);
    if (oid == TypeId::Oid) continue;
    cast(strict<&oid_to_bigint>("cast", {TypeId::Oid}, oid), 'i', true);
    cast(strict<&oid_to_bigint>("cast", {oid}, TypeId::Oid), 'i', true);
  }
  registry.set_text_form(TypeId::Oid, {format_integer<int64_t>, parse_oid});
  // Which name an oid has is the catalog's knowledge; here it is the number.
  registry.set_text_form(TypeId::RegClass, {format_integer<int64_t>, parse_oid});
  registry.set_text_form(TypeId::RegType, {format_integer<int64_t>, parse_oid});
}

}  // namespace rowan
