// NUMERIC's roots, exponentials and logarithms: results rounded to PostgreSQL's scales, computed with more
// digits than are shown.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>

#include "types/numeric.h"
#include "types/text_form.h"
#include "types/try.h"

namespace rowan {

namespace {

constexpr int kMathDigitsMin = 16;     // significant digits of a result, at least
constexpr int kMathScaleMax = 1000;    // shown
constexpr int kResultScaleMax = 2000;  // beyond it a result is 0 or too large
constexpr double kLog10OfE = 0.434294481903252;

Error math_value_overflow() {
  return Error(sqlstate::numeric_value_out_of_range, "value overflows numeric format");
}

int clamp_scale(int scale, int shown) {
  return std::min(std::max({scale, shown, 0}), kMathScaleMax);
}

// The first two base-10,000 digits as one number and its power of ten.
double leading_digits(const Decimal& value, int& ten) {
  int digit = 0;
  int weight = value.weight_and_digit(digit);
  ten = weight * 4;
  Decimal rest = value.absolute();
  // The number divided by 10^(4 (weight - 1)), cut: at most eight digits.
  int scale = -4 * (weight - 1);
  Decimal cut = rest.truncated(scale);
  double shown = cut.to_double() * std::pow(10.0, scale);
  int last = static_cast<int>(shown + 0.5) - digit * 10000;
  if (last <= 0) return digit;
  ten -= 4;
  return static_cast<double>(digit) * 10000 + last;
}

// PostgreSQL's guess at the power of ten of ln(value).
int estimate_ln_weight(const Decimal& value) {
  if (value.sign() <= 0) return 0;
  if (Decimal::compare(value, Decimal::of(9, 1)) >= 0 && Decimal::compare(value, Decimal::of(11, 1)) <= 0) {
    Decimal distance = value - Decimal::of(1);
    if (distance.is_zero()) return 0;
    int digit = 0;
    int weight = distance.weight_and_digit(digit);
    return weight * 4 + static_cast<int>(std::log10(static_cast<double>(digit)));
  }
  int ten = 0;
  double digits = leading_digits(value, ten);
  double logarithm = std::log(digits) + ten * 2.302585092994046;
  return static_cast<int>(std::log10(std::fabs(logarithm)));
}

Decimal multiply_to(const Decimal& a, const Decimal& b, int scale) {
  return (a * b).rounded(scale);
}

// e^value to `scale` digits: halve the argument until it is small, sum the series, square back.
Decimal exp_to(const Decimal& value, int scale) {
  double approximate = value.to_double();
  int weight = static_cast<int>(std::max(approximate * kLog10OfE, 0.0));
  int halvings = 0;
  for (double x = std::fabs(approximate); x > 0.01; x /= 2) ++halvings;
  int working = scale + weight + halvings / 3 + 10;
  Decimal power_of_two = Decimal::of(1);
  for (int i = 0; i < halvings; ++i) power_of_two = power_of_two * Decimal::of(2);
  Decimal x = Decimal::divide(value, power_of_two, working + halvings / 3);
  Decimal sum = Decimal::of(1) + x;
  Decimal term = x;
  for (int n = 2; !term.is_zero(); ++n) {
    term = Decimal::divide(multiply_to(term, x, working), Decimal::of(n), working);
    sum = sum + term;
  }
  for (int i = 0; i < halvings; ++i) sum = multiply_to(sum, sum, working);
  return sum.with_scale(scale);
}

// ln(value) to `scale` digits, value > 0: bring it near 1 by roots, then 2 artanh((x-1)/(x+1)).
Decimal ln_to(const Decimal& value, int scale) {
  int roots = 0;
  int weight = std::abs(value.exponent());
  int working = scale + 12 + weight / 2;
  Decimal x = value;
  // Powers of ten are taken out first, so that roots stay few.
  Decimal tens;
  int ten = value.exponent();
  bool has_tens = ten > 20 || ten < -20;
  if (has_tens) {
    std::string power = "1e" + std::to_string(ten);
    x = Decimal::divide(value, Decimal::parse(power).value(), working + 20);
  }
  while (Decimal::compare(x, Decimal::of(9, 1)) < 0 || Decimal::compare(x, Decimal::of(11, 1)) > 0) {
    x = x.square_root(working + 8);
    ++roots;
  }
  Decimal z = Decimal::divide(x - Decimal::of(1), x + Decimal::of(1), working + 8);
  Decimal square = multiply_to(z, z, working + 8);
  Decimal sum = z;
  Decimal power = z;
  for (int n = 3;; n += 2) {
    power = multiply_to(power, square, working + 8);
    Decimal term = Decimal::divide(power, Decimal::of(n), working + 8);
    if (term.is_zero()) break;
    sum = sum + term;
  }
  sum = sum * Decimal::of(2);
  for (int i = 0; i < roots; ++i) sum = sum * Decimal::of(2);
  if (has_tens) sum = sum + ln_to(Decimal::of(10), working + 4) * Decimal::of(ten);
  return sum.with_scale(scale);
}

Error logarithm_error(const Decimal& value) {
  return Error(sqlstate::invalid_argument_for_logarithm, value.sign() == 0
                                                             ? "cannot take logarithm of zero"
                                                             : "cannot take logarithm of a negative number");
}

// log10 of a number that is not zero, by its leading digits.
double estimate_log10(const Decimal& value) {
  int exponent = value.exponent();
  std::string text, digits;
  value.absolute().truncated(15 - exponent).format(text);
  for (char c : text)
    if (c != '.' && !(digits.empty() && c == '0')) digits += c;
  digits.resize(16, '0');
  digits.insert(1, ".");
  return exponent + std::log10(std::strtod(digits.c_str(), nullptr));
}

// By squaring, keeping the significant digits that the result needs and some more.
Result<Decimal> power_of_integer(const Decimal& base, int64_t exponent) {
  int scale = clamp_scale(kMathDigitsMin, base.scale());
  if (exponent == 0) return Decimal::of(1).with_scale(scale);
  if (exponent == 1) return base.with_scale(scale);
  if (base.is_zero()) {
    if (exponent < 0) return division_by_zero_error();
    return Decimal::of(0, scale);
  }
  if (exponent == -1) return Decimal::divide(Decimal::of(1), base, scale);
  if (exponent == 2) return (base * base).with_scale(scale);
  double estimate = static_cast<double>(exponent) * estimate_log10(base);
  if (estimate > (32767 + 1) * 4.0) return math_value_overflow();
  if (estimate + 1 < -scale || estimate + 1 < -kMathScaleMax) return Decimal::of(0, scale);
  int significant = 1 + scale + static_cast<int>(estimate) +
                    static_cast<int>(std::log(std::fabs(static_cast<double>(exponent)))) + 8;
  significant = std::max(significant, 8);
  auto keep = [&](const Decimal& value) {
    int wanted = significant - 1 - value.exponent();
    return value.scale() > wanted ? value.rounded(std::max(wanted, 0)) : value;
  };
  auto count = static_cast<uint64_t>(exponent < 0 ? -exponent : exponent);
  Decimal result = Decimal::of(1);
  for (Decimal square = base;; square = keep(square * square)) {
    // On the way to a hopeless result, stop.
    if (square.exponent() > Decimal::kExponentMax || result.exponent() > Decimal::kExponentMax) {
      if (exponent > 0) return math_value_overflow();
      return Decimal::of(0, scale);
    }
    if ((count & 1) != 0) result = keep(result * square);
    count >>= 1;
    if (count == 0) break;
  }
  if (exponent > 0) return result.with_scale(scale);
  if (result.is_zero()) return math_value_overflow();
  return Decimal::divide(Decimal::of(1), result, scale);
}

// What NaN and infinities raise to; nullopt for finite arguments.
Result<std::optional<Decimal>> power_of_specials(const Decimal& base, const Decimal& exponent) {
  using Answer = std::optional<Decimal>;
  Decimal one = Decimal::of(1);
  if (base.is_nan()) return Answer(exponent.is_zero() ? one : base);
  if (exponent.is_nan()) return Answer(Decimal::compare(base, one) == 0 ? one : exponent);
  bool zero_to_negative = base.is_zero() && exponent.sign() < 0;
  if (zero_to_negative)
    return Error(sqlstate::invalid_argument_for_power_function,
                 "zero raised to a negative power is undefined");
  if (base.sign() < 0 && exponent.is_finite() && !exponent.is_integer())
    return Error(sqlstate::invalid_argument_for_power_function,
                 "a negative number raised to a non-integer power yields a complex result");
  if (base.is_finite() && exponent.is_finite()) return Answer();
  if (Decimal::compare(base, one) == 0 || exponent.is_zero()) return Answer(one);
  if (base.is_zero()) return Answer(Decimal());
  if (exponent.is_infinite()) {
    int order = base.is_infinite() ? 1 : Decimal::compare(base.absolute(), one);
    if (order == 0) return Answer(one);
    return Answer((order > 0) == (exponent.sign() > 0) ? Decimal::infinity() : Decimal());
  }
  if (base.sign() > 0) return Answer(exponent.sign() > 0 ? base : Decimal());
  if (exponent.sign() < 0) return Answer(Decimal());
  bool is_odd = !Decimal::modulo(exponent.truncated(0), Decimal::of(2)).is_zero();
  return Answer(is_odd ? base : Decimal::infinity());
}

}  // namespace

Result<Decimal> numeric_sqrt(const Decimal& value) {
  if (value.is_nan()) return value;
  if (value.sign() < 0)
    return Error(sqlstate::invalid_argument_for_power_function,
                 "cannot take square root of a negative number");
  if (value.is_infinite()) return value;
  int digit = 0;
  int weight = value.weight_and_digit(digit);
  int root_weight = (weight + 1) * 4 / 2 - 1;
  return value.square_root(clamp_scale(kMathDigitsMin - root_weight, value.scale()));
}

Result<Decimal> numeric_exp(const Decimal& value) {
  if (value.is_nan()) return value;
  if (value.is_infinite()) return value.sign() < 0 ? Decimal() : value;
  double approximate = value.to_double() * kLog10OfE;
  approximate = std::clamp(approximate, -double{kResultScaleMax}, double{kResultScaleMax});
  int scale = clamp_scale(kMathDigitsMin - static_cast<int>(approximate), value.scale());
  double magnitude = std::fabs(value.to_double());
  if (magnitude >= kResultScaleMax * 3) {
    if (value.sign() > 0) return math_value_overflow();
    return Decimal::of(0, scale);
  }
  return exp_to(value, scale);
}

Result<Decimal> numeric_ln(const Decimal& value) {
  if (value.is_nan()) return value;
  if (value.sign() <= 0) return logarithm_error(value);
  if (value.is_infinite()) return value;
  return ln_to(value, clamp_scale(kMathDigitsMin - estimate_ln_weight(value), value.scale()));
}

Result<Decimal> numeric_log(const Decimal& base, const Decimal& value) {
  if (base.is_nan() || value.is_nan()) return Decimal::nan();
  bool is_special = base.is_infinite() || value.is_infinite();
  if (is_special && value.sign() < 0) return logarithm_error(value);
  if (base.sign() <= 0) return logarithm_error(base);
  if (value.sign() <= 0) return logarithm_error(value);
  if (base.is_infinite()) return value.is_infinite() ? Decimal::nan() : Decimal();
  if (value.is_infinite()) return value;
  int base_weight = estimate_ln_weight(base), value_weight = estimate_ln_weight(value);
  int result_weight = value_weight - base_weight;
  int scale = clamp_scale(kMathDigitsMin - result_weight, std::max(base.scale(), value.scale()));
  Decimal ln_base = ln_to(base, std::max(scale + result_weight - base_weight + 8, 0) + 8);
  Decimal ln_value = ln_to(value, std::max(scale + result_weight - value_weight + 8, 0) + 8);
  if (ln_base.is_zero()) return division_by_zero_error();
  return Decimal::divide(ln_value, ln_base, scale);
}

Result<Decimal> numeric_power(const Decimal& base, const Decimal& exponent) {
  std::optional<Decimal> special = TRY(power_of_specials(base, exponent));
  if (special) return *special;
  if (exponent.is_integer()) {
    std::optional<__int128> whole = exponent.to_integer();
    if (whole && *whole >= std::numeric_limits<int32_t>::min() &&
        *whole <= std::numeric_limits<int32_t>::max())
      return power_of_integer(base, static_cast<int64_t>(*whole));
  }
  if (base.is_zero()) return Decimal::of(0, kMathDigitsMin);
  Decimal positive = base.absolute();
  bool is_odd = base.sign() < 0 && !Decimal::modulo(exponent.truncated(0), Decimal::of(2)).is_zero();
  int ln_weight = estimate_ln_weight(positive);
  int working = clamp_scale(8 - ln_weight, 0);
  double approximate = ((ln_to(positive, working) * exponent).rounded(working)).to_double();
  if (std::fabs(approximate) > kResultScaleMax * 3.01) {
    if (approximate > 0) return math_value_overflow();
    return Decimal::of(0, kMathScaleMax);
  }
  approximate *= kLog10OfE;
  int scale =
      clamp_scale(kMathDigitsMin - static_cast<int>(approximate), std::max(base.scale(), exponent.scale()));
  int significant = std::max(scale + static_cast<int>(approximate), 0);
  working = std::max(significant - ln_weight + 8, 0) + std::max(exponent.exponent(), 0) + 8;
  Decimal result = exp_to((ln_to(positive, working) * exponent).rounded(working), scale);
  return is_odd ? result.negated() : result;
}

}  // namespace rowan
