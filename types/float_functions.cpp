// Functions of DOUBLE PRECISION: roundings, roots, logarithms, powers, trigonometry.
#include <cmath>
#include <limits>
#include <string>

#include "types/lift.h"
#include "types/text_form.h"
#include "types/try.h"

namespace rowan {

namespace {

constexpr double kPi = 3.14159265358979323846;

Error math_overflow() {
  return Error(sqlstate::numeric_value_out_of_range, "value out of range: overflow");
}
Error math_underflow() {
  return Error(sqlstate::numeric_value_out_of_range, "value out of range: underflow");
}
Error input_out_of_range() {
  return Error(sqlstate::numeric_value_out_of_range, "input is out of range");
}

double math_ceil(double value) {
  return std::ceil(value);
}
double math_floor(double value) {
  return std::floor(value);
}
double math_round(double value) {
  return std::rint(value);
}
double math_trunc(double value) {
  return std::trunc(value);
}
double math_sign(double value) {
  return value > 0 ? 1 : (value < 0 ? -1 : 0);
}
double math_cbrt(double value) {
  return std::cbrt(value);
}
double math_pi() {
  return kPi;
}
Result<double> math_sqrt(double value) {
  if (value < 0)
    return Error(sqlstate::invalid_argument_for_power_function,
                 "cannot take square root of a negative number");
  return std::sqrt(value);
}
Result<double> math_exp(double value) {
  double result = std::exp(value);
  if (std::isinf(result) && !std::isinf(value)) return math_overflow();
  if (result == 0 && !std::isinf(value)) return math_underflow();
  return result;
}
Result<> check_logarithm(double value) {
  if (value == 0) return Error(sqlstate::invalid_argument_for_logarithm, "cannot take logarithm of zero");
  if (value < 0)
    return Error(sqlstate::invalid_argument_for_logarithm, "cannot take logarithm of a negative number");
  return {};
}
Result<double> math_ln(double value) {
  TRY(check_logarithm(value));
  return std::log(value);
}
Result<double> math_log10(double value) {
  TRY(check_logarithm(value));
  return std::log10(value);
}
Result<double> math_power(double base, double exponent) {
  if (std::isnan(base)) return exponent == 0 ? 1.0 : base;
  if (std::isnan(exponent)) return base == 1 ? 1.0 : exponent;
  auto refuse = [](const char* message) {
    return Error(sqlstate::invalid_argument_for_power_function, message);
  };
  if (base == 0 && exponent < 0) return refuse("zero raised to a negative power is undefined");
  if (base < 0 && std::floor(exponent) != exponent)
    return refuse("a negative number raised to a non-integer power yields a complex result");
  double result = std::pow(base, exponent);
  if (std::isinf(base) || std::isinf(exponent)) return result;
  if (std::isinf(result)) return math_overflow();
  if (result == 0 && base != 0) return math_underflow();
  return result;
}

Result<double> math_degrees(double value) {
  double result = value / (kPi / 180);
  if (std::isinf(result) && !std::isinf(value)) return math_overflow();
  return result;
}
Result<double> math_radians(double value) {
  double result = value * (kPi / 180);
  if (result == 0 && value != 0) return math_underflow();
  return result;
}
template <double (*kFunction)(double)>
Result<double> math_of_finite(double value) {
  if (std::isinf(value)) return input_out_of_range();
  return kFunction(value);
}
double raw_sin(double value) {
  return std::sin(value);
}
double raw_cos(double value) {
  return std::cos(value);
}
double raw_tan(double value) {
  return std::tan(value);
}
double raw_cot(double value) {
  return 1.0 / std::tan(value);
}
template <double (*kFunction)(double)>
Result<double> math_of_unit(double value) {
  if (value < -1 || value > 1) return input_out_of_range();
  return kFunction(value);
}
double raw_asin(double value) {
  return std::asin(value);
}
double raw_acos(double value) {
  return std::acos(value);
}
double math_atan(double value) {
  return std::atan(value);
}
double math_atan2(double y, double x) {
  return std::atan2(y, x);
}
double math_sinh(double value) {
  return std::sinh(value);
}  // beyond the range an infinity, as in PostgreSQL
double math_cosh(double value) {
  return std::cosh(value);
}
double math_tanh(double value) {
  return std::tanh(value);
}
double math_asinh(double value) {
  return std::asinh(value);
}
Result<double> math_acosh(double value) {
  if (value < 1) return input_out_of_range();
  return std::acosh(value);
}
Result<double> math_atanh(double value) {
  if (value < -1 || value > 1) return input_out_of_range();
  return std::atanh(value);
}

// --- in degrees: exact at the angles that people know ---

double sin_of_small_degrees(double degrees) {  // 0 … 30
  static const double kSin30 = std::sin(kPi / 6);
  return std::sin(degrees * (kPi / 180)) / kSin30 / 2;
}
double cos_of_small_degrees(double degrees) {  // 0 … 60
  static const double kOneMinusCos60 = 1 - std::cos(kPi / 3);
  return 1 - (1 - std::cos(degrees * (kPi / 180))) / kOneMinusCos60 / 2;
}
double sin_first_quadrant(double degrees) {
  return degrees <= 30 ? sin_of_small_degrees(degrees) : cos_of_small_degrees(90 - degrees);
}
double cos_first_quadrant(double degrees) {
  return degrees <= 60 ? cos_of_small_degrees(degrees) : sin_of_small_degrees(90 - degrees);
}
double raw_sind(double degrees) {
  if (std::isnan(degrees)) return degrees;
  degrees = std::fmod(degrees, 360);
  double sign = 1;
  if (degrees < 0) {
    degrees = -degrees;
    sign = -sign;
  }
  if (degrees > 180) {
    degrees = 360 - degrees;
    sign = -sign;
  }
  if (degrees > 90) degrees = 180 - degrees;
  return sign * sin_first_quadrant(degrees);
}
double raw_cosd(double degrees) {
  if (std::isnan(degrees)) return degrees;
  degrees = std::fabs(std::fmod(degrees, 360));
  double sign = 1;
  if (degrees > 180) degrees = 360 - degrees;
  if (degrees > 90) {
    degrees = 180 - degrees;
    sign = -sign;
  }
  return sign * cos_first_quadrant(degrees);
}
double raw_tand(double degrees) {
  if (std::isnan(degrees)) return degrees;
  degrees = std::fmod(degrees, 360);
  double sign = 1;
  if (degrees < 0) {
    degrees = -degrees;
    sign = -sign;
  }
  if (degrees > 180) {
    degrees = 360 - degrees;
    sign = -sign;
  }
  if (degrees > 90) {
    degrees = 180 - degrees;
    sign = -sign;
  }
  double tan45 = sin_first_quadrant(45) / cos_first_quadrant(45);
  double result = sign * ((sin_first_quadrant(degrees) / cos_first_quadrant(degrees)) / tan45);
  return result == 0 ? 0 : result;
}
double raw_cotd(double degrees) {
  if (std::isnan(degrees)) return degrees;
  degrees = std::fmod(degrees, 360);
  double sign = 1;
  if (degrees < 0) {
    degrees = -degrees;
    sign = -sign;
  }
  if (degrees > 180) {
    degrees = 360 - degrees;
    sign = -sign;
  }
  if (degrees > 90) {
    degrees = 180 - degrees;
    sign = -sign;
  }
  double cot45 = cos_first_quadrant(45) / sin_first_quadrant(45);
  double result = sign * ((cos_first_quadrant(degrees) / sin_first_quadrant(degrees)) / cot45);
  return result == 0 ? 0 : result;
}
double asind_first_quadrant(double value) {
  static const double kAsinHalf = std::asin(0.5), kAcosHalf = std::acos(0.5);
  return value <= 0.5 ? std::asin(value) / kAsinHalf * 30 : 90 - std::acos(value) / kAcosHalf * 60;
}
double acosd_first_quadrant(double value) {
  static const double kAsinHalf = std::asin(0.5), kAcosHalf = std::acos(0.5);
  return value <= 0.5 ? 90 - std::asin(value) / kAsinHalf * 30 : std::acos(value) / kAcosHalf * 60;
}
double raw_asind(double value) {
  return value >= 0 ? asind_first_quadrant(value) : -asind_first_quadrant(-value);
}
double raw_acosd(double value) {
  return value >= 0 ? acosd_first_quadrant(value) : 90 + asind_first_quadrant(-value);
}
double math_atand(double value) {
  static const double kAtanOne = std::atan(1.0);
  return std::atan(value) / kAtanOne * 45;
}
double math_atan2d(double y, double x) {
  static const double kAtanOne = std::atan(1.0);
  return std::atan2(y, x) / kAtanOne * 45;
}

Result<int32_t> math_width_bucket(double operand, double low, double high, int32_t count) {
  auto refuse = [](const char* message) {
    return Error(sqlstate::invalid_argument_for_width_bucket_function, message);
  };
  if (count <= 0) return refuse("count must be greater than zero");
  if (std::isnan(operand) || std::isnan(low) || std::isnan(high))
    return refuse("operand, lower bound, and upper bound cannot be NaN");
  if (std::isinf(low) || std::isinf(high)) return refuse("lower and upper bounds must be finite");
  if (low == high) return refuse("lower bound cannot equal upper bound");
  bool is_rising = low < high;
  int32_t bucket = 0;
  if (is_rising ? operand < low : operand > low) return 0;
  if (is_rising ? operand >= high : operand <= high) {
    if (__builtin_add_overflow(count, 1, &bucket)) return out_of_range("integer");
    return bucket;
  }
  // Halved where the difference of the bounds would overflow.
  double width = high - low;
  double fraction =
      std::isinf(width) ? (operand / 2 - low / 2) / (high / 2 - low / 2) : (operand - low) / width;
  bucket = static_cast<int32_t>(static_cast<double>(count) * fraction);
  if (bucket >= count) bucket = count - 1;
  return bucket + 1;
}

}  // namespace

void register_float_functions(FunctionRegistry& registry) {
  registry.add(strict<&math_ceil>("ceil"));
  registry.add(strict<&math_ceil>("ceiling"));
  registry.add(strict<&math_floor>("floor"));
  registry.add(strict<&math_round>("round"));
  registry.add(strict<&math_trunc>("trunc"));
  registry.add(strict<&math_sign>("sign"));
  registry.add(strict<&math_sqrt>("sqrt"));
  registry.add(strict<&math_sqrt>("|/"));
  registry.add(strict<&math_cbrt>("cbrt"));
  registry.add(strict<&math_cbrt>("||/"));
  registry.add(strict<&math_exp>("exp"));
  registry.add(strict<&math_ln>("ln"));
  registry.add(strict<&math_log10>("log"));
  registry.add(strict<&math_log10>("log10"));
  registry.add(strict<&math_power>("power"));
  registry.add(strict<&math_power>("pow"));
  registry.add(strict<&math_power>("^"));
  registry.add(strict<&math_pi>("pi"));
  registry.add(strict<&math_degrees>("degrees"));
  registry.add(strict<&math_radians>("radians"));
  registry.add(strict<&math_of_finite<raw_sin>>("sin"));
  registry.add(strict<&math_of_finite<raw_cos>>("cos"));
  registry.add(strict<&math_of_finite<raw_tan>>("tan"));
  registry.add(strict<&math_of_finite<raw_cot>>("cot"));
  registry.add(strict<&math_of_unit<raw_asin>>("asin"));
  registry.add(strict<&math_of_unit<raw_acos>>("acos"));
  registry.add(strict<&math_atan>("atan"));
  registry.add(strict<&math_atan2>("atan2"));
  registry.add(strict<&math_sinh>("sinh"));
  registry.add(strict<&math_cosh>("cosh"));
  registry.add(strict<&math_tanh>("tanh"));
  registry.add(strict<&math_asinh>("asinh"));
  registry.add(strict<&math_acosh>("acosh"));
  registry.add(strict<&math_atanh>("atanh"));
  registry.add(strict<&math_of_finite<raw_sind>>("sind"));
  registry.add(strict<&math_of_finite<raw_cosd>>("cosd"));
  registry.add(strict<&math_of_finite<raw_tand>>("tand"));
  registry.add(strict<&math_of_finite<raw_cotd>>("cotd"));
  registry.add(strict<&math_of_unit<raw_asind>>("asind"));
  registry.add(strict<&math_of_unit<raw_acosd>>("acosd"));
  registry.add(strict<&math_atand>("atand"));
  registry.add(strict<&math_atan2d>("atan2d"));
  registry.add(strict<&math_width_bucket>("width_bucket"));
}

}  // namespace rowan
