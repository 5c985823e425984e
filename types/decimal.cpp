#include "types/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

// GCC 12 sees a member of Boost's small-buffer union read unset, which its own flag rules out.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <boost/multiprecision/cpp_int.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include "types/check.h"
#include "types/hash.h"
#include "types/text_form.h"
#include "types/try.h"

namespace rowan {

using Int128 = __int128;
using UInt128 = unsigned __int128;

struct BigInteger {
  boost::multiprecision::cpp_int value;
};

namespace {

using Wide = boost::multiprecision::cpp_int;

constexpr auto kPowersOfTen = [] {
  std::array<Int128, 39> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

UInt128 magnitude_of(Int128 value) {
  return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

int bit_length(UInt128 value) {
  auto high = static_cast<uint64_t>(value >> 64);
  auto low = static_cast<uint64_t>(value);
  if (high != 0) return 128 - __builtin_clzll(high);
  return low == 0 ? 0 : 64 - __builtin_clzll(low);
}

// Small coefficients have at most 126 bits, so that a sum of two never overflows.
constexpr int kSmallBits = 126;

bool fits_small(Int128 value) {
  return bit_length(magnitude_of(value)) <= kSmallBits;
}
// Conservative: false means "do it wide".
bool product_fits_small(Int128 a, Int128 b) {
  return bit_length(magnitude_of(a)) + bit_length(magnitude_of(b)) <= kSmallBits;
}

Wide widen(Int128 value) {
  UInt128 magnitude = magnitude_of(value);
  Wide wide = static_cast<uint64_t>(magnitude >> 64);
  wide <<= 64;
  wide |= static_cast<uint64_t>(magnitude);
  return value < 0 ? Wide(-wide) : wide;
}

Wide wide_power_of_ten(int exponent) {
  if (exponent <= 38) return widen(kPowersOfTen[static_cast<size_t>(exponent)]);
  return boost::multiprecision::pow(Wide(10), static_cast<unsigned>(exponent));
}

int count_digits(UInt128 magnitude) {
  int digits = bit_length(magnitude) * 1233 >> 12;  // log10(2) from below
  if (digits > 38) digits = 38;
  return magnitude >= static_cast<UInt128>(kPowersOfTen[static_cast<size_t>(digits)]) ? digits + 1
                                                                                      : std::max(digits, 1);
}

int count_digits(const Wide& value) {
  if (value.is_zero()) return 1;
  Wide magnitude = abs(value);
  auto bits = static_cast<int64_t>(msb(magnitude)) + 1;
  int digits = static_cast<int>((bits - 1) * 30103 / 100000);  // never above the true count less one by much
  // The estimate is low by a little; walk up.
  Wide bound = wide_power_of_ten(digits);
  while (magnitude >= bound) {
    bound *= 10;
    ++digits;
  }
  return digits == 0 ? 1 : digits;
}

// numerator / denominator, half away from zero.
Int128 divide_rounded(Int128 numerator, Int128 denominator) {
  Int128 quotient = numerator / denominator;
  UInt128 rest = magnitude_of(numerator % denominator), divisor = magnitude_of(denominator);
  if (rest >= divisor - rest) quotient += ((numerator < 0) != (denominator < 0)) ? -1 : 1;
  return quotient;
}
Wide divide_rounded(const Wide& numerator, const Wide& denominator) {
  Wide quotient, rest;
  divide_qr(numerator, denominator, quotient, rest);
  if (2 * abs(rest) >= abs(denominator)) {
    if ((numerator < 0) != (denominator < 0))
      --quotient;
    else
      ++quotient;
  }
  return quotient;
}

void append_digits(UInt128 magnitude, std::string& out) {
  char digits[40];
  char* at = digits + sizeof digits;
  do {
    // Eighteen digits at a time keep the division by a constant in 64 bits.
    auto low = static_cast<uint64_t>(magnitude % 1'000'000'000'000'000'000u);
    magnitude /= 1'000'000'000'000'000'000u;
    for (int i = 0; i < 18 && (low != 0 || magnitude != 0); ++i, low /= 10)
      *--at = static_cast<char>('0' + low % 10);
  } while (magnitude != 0);
  if (at == digits + sizeof digits) *--at = '0';
  out.append(at, static_cast<size_t>(digits + sizeof digits - at));
}

}  // namespace

Int128 power_of_ten(int exponent) {
  return kPowersOfTen[static_cast<size_t>(exponent)];
}

Decimal Decimal::of(Int128 coefficient, int scale) {
  if (!fits_small(coefficient)) return of_big(BigInteger{widen(coefficient)}, scale);
  Decimal made;
  made.small_ = coefficient;
  made.scale_ = scale;
  return made;
}

Decimal Decimal::of_big(BigInteger value, int scale) {
  Decimal made;
  made.scale_ = scale;
  if (value.value.is_zero() || msb(abs(value.value)) < kSmallBits) {
    Wide magnitude = abs(value.value);
    auto low = static_cast<uint64_t>(magnitude & Wide(~uint64_t{0}));
    auto high = static_cast<uint64_t>(magnitude >> 64);
    auto small = static_cast<Int128>((UInt128{high} << 64) | low);
    made.small_ = value.value < 0 ? -small : small;
  } else {
    made.big_ = std::make_shared<const BigInteger>(std::move(value));
  }
  return made;
}

Decimal Decimal::nan() {
  Decimal made;
  made.kind_ = Kind::NaN;
  return made;
}

Decimal Decimal::infinity(bool negative) {
  Decimal made;
  made.kind_ = Kind::Infinite;
  made.is_negative_infinity_ = negative;
  return made;
}

Decimal Decimal::of_double(double value, int digits) {
  if (std::isnan(value)) return nan();
  if (std::isinf(value)) return infinity(value < 0);
  char text[64];
  int length = std::snprintf(text, sizeof text, "%.*g", digits, value);
  Result<Decimal> parsed = parse({text, static_cast<size_t>(length)});
  return parsed.ok() ? std::move(parsed).take() : Decimal();
}

BigInteger Decimal::wide() const {
  return big_ ? *big_ : BigInteger{widen(small_)};
}

int Decimal::sign() const {
  if (is_nan()) return 0;
  if (is_infinite()) return is_negative_infinity_ ? -1 : 1;
  if (big_) return big_->value.sign();
  return small_ < 0 ? -1 : (small_ > 0 ? 1 : 0);
}

bool Decimal::is_integer() const {
  if (!is_finite()) return false;
  if (scale_ == 0) return true;
  if (!big_) return scale_ <= 38 ? small_ % power_of_ten(scale_) == 0 : small_ == 0;
  return (big_->value % wide_power_of_ten(scale_)).is_zero();
}

int Decimal::exponent() const {
  if (is_zero()) return 0;
  int digits = big_ ? count_digits(big_->value) : count_digits(magnitude_of(small_));
  return digits - 1 - scale_;
}

int Decimal::weight_and_digit(int& first_digit) const {
  first_digit = 0;
  if (is_zero()) return 0;
  int ten = exponent();
  int weight = ten >= 0 ? ten / 4 : -((-ten + 3) / 4);
  // Cut to the digit's last decimal, 10^(4 weight).
  int drop = 4 * weight + scale_;
  if (!big_) {
    Int128 magnitude = small_ < 0 ? -small_ : small_;
    if (drop > 0)
      magnitude /= power_of_ten(std::min(drop, 38));
    else
      magnitude *= power_of_ten(std::min(-drop, 38));
    first_digit = static_cast<int>(magnitude);
  } else {
    Wide magnitude = abs(big_->value);
    if (drop > 0)
      magnitude /= wide_power_of_ten(drop);
    else
      magnitude *= wide_power_of_ten(-drop);
    first_digit = static_cast<int>(magnitude);
  }
  return weight;
}

Decimal Decimal::negated() const {
  if (is_nan()) return *this;
  if (is_infinite()) return infinity(!is_negative_infinity_);
  if (!big_) return of(-small_, scale_);
  return of_big(BigInteger{-big_->value}, scale_);
}

Decimal Decimal::rounded(int scale) const {
  if (!is_finite() || scale >= scale_) return *this;
  int drop = scale_ - scale;
  int shown = std::max(scale, 0);
  if (!big_) {
    if (drop > 38) return of(0, shown);
    Int128 quotient = divide_rounded(small_, power_of_ten(drop));
    if (scale >= 0) return of(quotient, shown);
    return of_big(BigInteger{widen(quotient) * wide_power_of_ten(-scale)}, 0);
  }
  Wide quotient = divide_rounded(big_->value, wide_power_of_ten(drop));
  if (scale < 0) quotient *= wide_power_of_ten(-scale);
  return of_big(BigInteger{std::move(quotient)}, shown);
}

Decimal Decimal::truncated(int scale) const {
  if (!is_finite() || scale >= scale_) return *this;
  int drop = scale_ - scale;
  int shown = std::max(scale, 0);
  if (!big_ && drop > 38) return of(0, shown);
  Wide quotient = wide().value / wide_power_of_ten(drop);
  if (scale < 0) quotient *= wide_power_of_ten(-scale);
  return of_big(BigInteger{std::move(quotient)}, shown);
}

Decimal Decimal::with_scale(int scale) const {
  if (!is_finite() || scale == scale_) return *this;
  if (scale < scale_) return rounded(scale);
  int add = scale - scale_;
  if (!big_ && (small_ == 0 || (add <= 38 && product_fits_small(small_, power_of_ten(add)))))
    return of(small_ == 0 ? 0 : small_ * power_of_ten(add), scale);
  return of_big(BigInteger{wide().value * wide_power_of_ten(add)}, scale);
}

Decimal Decimal::trimmed() const {
  if (!is_finite() || scale_ == 0) return *this;
  if (!big_) {
    Int128 coefficient = small_;
    int scale = scale_;
    while (scale > 0 && coefficient % 10 == 0) {
      coefficient /= 10;
      --scale;
    }
    return of(coefficient, scale);
  }
  Wide coefficient = big_->value;
  int scale = scale_;
  Wide quotient, rest;
  for (int step : {4096, 256, 16, 1}) {
    Wide power = wide_power_of_ten(step);
    while (scale >= step) {
      divide_qr(coefficient, power, quotient, rest);
      if (!rest.is_zero()) break;
      coefficient = quotient;
      scale -= step;
    }
  }
  return of_big(BigInteger{std::move(coefficient)}, scale);
}

Decimal Decimal::floor() const {
  Decimal whole = truncated(0);
  if (is_finite() && is_negative() && !is_integer()) return whole + of(-1);
  return whole;
}

Decimal Decimal::ceil() const {
  Decimal whole = truncated(0);
  if (is_finite() && !is_negative() && !is_integer()) return whole + of(1);
  return whole;
}

Decimal operator+(const Decimal& a, const Decimal& b) {
  int scale = std::max(a.scale_, b.scale_);
  if (!a.big_ && !b.big_) {
    if (a.scale_ == b.scale_) return Decimal::of(a.small_ + b.small_, scale);
    int a_add = scale - a.scale_, b_add = scale - b.scale_;
    if (a_add <= 38 && b_add <= 38 && product_fits_small(a.small_, power_of_ten(a_add)) &&
        product_fits_small(b.small_, power_of_ten(b_add)))
      return Decimal::of(a.small_ * power_of_ten(a_add) + b.small_ * power_of_ten(b_add), scale);
  }
  Wide left = a.wide().value, right = b.wide().value;
  if (a.scale_ < scale) left *= wide_power_of_ten(scale - a.scale_);
  if (b.scale_ < scale) right *= wide_power_of_ten(scale - b.scale_);
  return Decimal::of_big(BigInteger{left + right}, scale);
}

Decimal operator*(const Decimal& a, const Decimal& b) {
  int scale = a.scale_ + b.scale_;
  if (!a.big_ && !b.big_ && product_fits_small(a.small_, b.small_))
    return Decimal::of(a.small_ * b.small_, scale);
  return Decimal::of_big(BigInteger{a.wide().value * b.wide().value}, scale);
}

Decimal Decimal::divide(const Decimal& a, const Decimal& b, int scale, bool round) {
  int shift = scale + b.scale_ - a.scale_;
  if (!a.big_ && !b.big_) {
    Int128 numerator = a.small_, denominator = b.small_;
    bool fits = false;
    if (shift >= 0 && shift <= 38 && product_fits_small(numerator, power_of_ten(shift))) {
      numerator *= power_of_ten(shift);
      fits = true;
    } else if (shift < 0 && shift >= -38 && product_fits_small(denominator, power_of_ten(-shift))) {
      denominator *= power_of_ten(-shift);
      fits = true;
    }
    if (fits) return of(round ? divide_rounded(numerator, denominator) : numerator / denominator, scale);
  }
  Wide numerator = a.wide().value, denominator = b.wide().value;
  if (shift >= 0)
    numerator *= wide_power_of_ten(shift);
  else
    denominator *= wide_power_of_ten(-shift);
  return of_big(BigInteger{round ? divide_rounded(numerator, denominator) : Wide(numerator / denominator)},
                scale);
}

Decimal Decimal::modulo(const Decimal& a, const Decimal& b) {
  int scale = std::max(a.scale_, b.scale_);
  Decimal left = a.with_scale(scale), right = b.with_scale(scale);
  if (!left.big_ && !right.big_) return of(left.small_ % right.small_, scale);
  return of_big(BigInteger{left.wide().value % right.wide().value}, scale);
}

Decimal Decimal::square_root(int scale) const {
  // sqrt(c / 10^s) to `scale` digits: the integer root of c * 10^(2 (scale + 1) - s), with one digit more to
  // round by; the remainder only matters when that digit is a 5 followed by nothing, and then the root is
  // exact.
  Wide radicand = wide().value;
  int shift = 2 * (scale + 1) - scale_;
  if (shift >= 0)
    radicand *= wide_power_of_ten(shift);
  else
    radicand /= wide_power_of_ten(-shift);
  return of_big(BigInteger{boost::multiprecision::sqrt(radicand)}, scale + 1).rounded(scale);
}

Decimal Decimal::gcd(const Decimal& a, const Decimal& b) {
  int scale = std::max(a.scale_, b.scale_);
  return of_big(BigInteger{boost::multiprecision::gcd(a.with_scale(scale).wide().value,
                                                      b.with_scale(scale).wide().value)},
                scale);
}

int Decimal::compare(const Decimal& a, const Decimal& b) {
  if (a.is_nan() || b.is_nan()) return static_cast<int>(a.is_nan()) - static_cast<int>(b.is_nan());
  if (a.is_infinite() || b.is_infinite()) {
    int left = a.is_infinite() ? a.sign() : 0, right = b.is_infinite() ? b.sign() : 0;
    return left - right;
  }
  if (a.sign() != b.sign()) return a.sign() < b.sign() ? -1 : 1;
  if (!a.big_ && !b.big_ && a.scale_ == b.scale_)
    return a.small_ < b.small_ ? -1 : (a.small_ > b.small_ ? 1 : 0);
  int a_ten = a.exponent(), b_ten = b.exponent();
  if (a_ten != b_ten && a.sign() != 0) return (a_ten < b_ten) == (a.sign() > 0) ? -1 : 1;
  int scale = std::max(a.scale_, b.scale_);
  Decimal left = a.with_scale(scale), right = b.with_scale(scale);
  if (!left.big_ && !right.big_)
    return left.small_ < right.small_ ? -1 : (left.small_ > right.small_ ? 1 : 0);
  int order = left.wide().value.compare(right.wide().value);
  return order < 0 ? -1 : (order > 0 ? 1 : 0);
}

uint64_t Decimal::hash() const {
  if (is_nan()) return hash_word(0x4e614e);
  if (is_infinite()) return hash_word(is_negative_infinity_ ? 0x2d496e66 : 0x496e66);
  Decimal canonical = trimmed();
  if (!canonical.big_)
    return hash_combine(hash_combine(hash_word(static_cast<uint64_t>(canonical.small_)),
                                     static_cast<uint64_t>(canonical.small_ >> 64)),
                        static_cast<uint64_t>(canonical.scale_));
  std::vector<unsigned char> bytes;
  export_bits(canonical.big_->value, std::back_inserter(bytes), 8, false);
  return hash_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}) +
         hash_word(static_cast<uint64_t>(canonical.scale_) * 2 + (is_negative() ? 1 : 0));
}

std::optional<Int128> Decimal::to_integer() const {
  if (!is_finite()) return std::nullopt;
  Decimal whole = rounded(0);
  if (whole.big_) return std::nullopt;
  return whole.small_;
}

std::optional<Int128> Decimal::coefficient_at(int scale) const {
  if (!is_finite()) return std::nullopt;
  if (scale == scale_ && !big_) return small_;
  Decimal padded = with_scale(scale);
  if (padded.big_) return std::nullopt;
  return padded.small_;
}

double Decimal::to_double() const {
  if (is_nan()) return std::nan("");
  if (is_infinite()) return is_negative_infinity_ ? -HUGE_VAL : HUGE_VAL;
  constexpr Int128 kExact = Int128{1} << 53;
  if (!big_ && scale_ <= 22 && small_ <= kExact && small_ >= -kExact)
    return static_cast<double>(small_) /
           static_cast<double>(power_of_ten(scale_));  // both exact: rounds once
  std::string text;
  format(text);
  return std::strtod(text.c_str(), nullptr);
}

Result<Decimal> Decimal::parse(std::string_view text) {
  std::string_view rest = trim_spaces(text);
  bool is_negative = false;
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) {
    is_negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  auto is_word = [&](std::string_view lower) {
    if (rest.size() != lower.size()) return false;
    for (size_t i = 0; i < lower.size(); ++i)
      if ((rest[i] | 0x20) != lower[i]) return false;
    return true;
  };
  if (is_word("infinity") || is_word("inf")) return infinity(is_negative);
  if (is_word("nan") && trim_spaces(text).size() == 3) return nan();

  std::string digits;
  Int128 small = 0;
  int scale = 0, count = 0;
  bool seen_point = false, seen_digit = false;
  size_t at = 0;
  for (; at < rest.size(); ++at) {
    char c = rest[at];
    if (c == '.' && !seen_point) {
      seen_point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    seen_digit = true;
    if (seen_point) ++scale;
    if (count == 0 && c == '0') continue;
    if (++count <= 37) small = small * 10 + (c - '0');
    if (count == 38) digits.assign(rest.substr(0, at));  // from here on as text
    if (count >= 38) digits += c;
  }
  if (!seen_digit) return invalid_input("numeric", text);
  int64_t ten = 0;
  if (at < rest.size() && (rest[at] | 0x20) == 'e') {
    std::string_view exponent = rest.substr(at + 1);
    if (!exponent.empty() && exponent[0] == '+' && exponent.size() > 1 && exponent[1] != '-')
      exponent.remove_prefix(1);
    auto [end, status] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), ten);
    if (exponent.empty() || end != exponent.data() + exponent.size() || status == std::errc::invalid_argument)
      return invalid_input("numeric", text);
    if (status == std::errc::result_out_of_range || ten > 1'000'000'000 || ten < -1'000'000'000)
      return invalid_input("numeric", text);
    at = rest.size();
  }
  if (at != rest.size()) return invalid_input("numeric", text);

  Decimal made;
  if (count >= 38) {
    std::erase(digits, '.');
    size_t first = digits.find_first_not_of('0');
    Wide wide(digits.substr(first == std::string::npos ? 0 : first));
    made = of_big(BigInteger{is_negative ? Wide(-wide) : wide}, scale);
  } else {
    made = of(is_negative ? -small : small, scale);
  }
  auto overflow = [] {
    return Error(sqlstate::numeric_value_out_of_range, "value overflows numeric format");
  };
  if (ten > 0) {
    if (!made.is_zero() && made.exponent() + ten > kExponentMax) return overflow();
    int64_t shown = std::max<int64_t>(scale - ten, 0);
    int64_t pad = ten - scale;  // zeros to append before the point
    made.scale_ = static_cast<int>(shown);
    if (pad > 0 && !made.is_zero())
      made = of_big(BigInteger{made.wide().value * wide_power_of_ten(static_cast<int>(pad))}, 0);
  } else if (ten < 0) {
    int64_t shown = scale - ten;
    if (shown > kScaleMax) {
      if (shown - kScaleMax > 200'000) return of(0, kScaleMax);
      made.scale_ = static_cast<int>(shown);
      return made.rounded(kScaleMax);
    }
    made.scale_ = static_cast<int>(shown);
  }
  if (!made.is_zero() && made.exponent() > kExponentMax) return overflow();
  if (made.scale_ > kScaleMax) return made.rounded(kScaleMax);
  return made;
}

void Decimal::format(std::string& out) const {
  if (is_nan()) {
    out += "NaN";
    return;
  }
  if (is_infinite()) {
    out += is_negative_infinity_ ? "-Infinity" : "Infinity";
    return;
  }
  if (is_negative()) out += '-';
  size_t start = out.size();
  if (big_)
    out += Wide(abs(big_->value)).str();
  else
    append_digits(magnitude_of(small_), out);
  if (scale_ == 0) return;
  size_t digits = out.size() - start;
  auto scale = static_cast<size_t>(scale_);
  if (digits <= scale) out.insert(start, scale - digits + 1, '0');
  out.insert(out.size() - scale, 1, '.');
}

namespace {
enum DecimalTag : char {
  kTagPositive = 0,
  kTagNegative = 1,
  kTagNan = 2,
  kTagInfinity = 3,
  kTagMinusInfinity = 4
};
constexpr size_t kDecimalHeader = 3;
}  // namespace

Text Decimal::encode(Arena& arena) const {
  if (!is_finite()) {
    char tag[kDecimalHeader] = {
        is_nan() ? kTagNan : (is_negative_infinity_ ? kTagMinusInfinity : kTagInfinity), 0, 0};
    return Text(std::string_view(tag, kDecimalHeader));
  }
  char bytes[kDecimalHeader + 16];
  bytes[0] = is_negative() ? kTagNegative : kTagPositive;
  bytes[1] = static_cast<char>(scale_ & 0xff);
  bytes[2] = static_cast<char>(scale_ >> 8);
  if (!big_) {
    UInt128 magnitude = magnitude_of(small_);
    std::memcpy(bytes + kDecimalHeader, &magnitude, sizeof magnitude);
    size_t length = (static_cast<size_t>(bit_length(magnitude)) + 7) / 8;
    return arena.copy({bytes, kDecimalHeader + length});
  }
  std::vector<unsigned char> magnitude;
  export_bits(big_->value, std::back_inserter(magnitude), 8, false);
  size_t size = kDecimalHeader + magnitude.size();
  char* to = arena.allocate(size);
  std::memcpy(to, bytes, kDecimalHeader);
  std::memcpy(to + kDecimalHeader, magnitude.data(), magnitude.size());
  return Text(std::string_view(to, size));
}

Decimal Decimal::decode(std::string_view bytes) {
  if (bytes.size() < kDecimalHeader) return Decimal();
  switch (bytes[0]) {
    case kTagNan:
      return nan();
    case kTagInfinity:
      return infinity(false);
    case kTagMinusInfinity:
      return infinity(true);
    default:
      break;
  }
  bool is_negative = bytes[0] == kTagNegative;
  int scale = static_cast<unsigned char>(bytes[1]) | (static_cast<unsigned char>(bytes[2]) << 8);
  std::string_view magnitude = bytes.substr(kDecimalHeader);
  if (magnitude.size() <= 16) {
    UInt128 small = 0;
    if (!magnitude.empty()) std::memcpy(&small, magnitude.data(), magnitude.size());
    if (bit_length(small) <= kSmallBits) {
      auto coefficient = static_cast<Int128>(small);
      return of(is_negative ? -coefficient : coefficient, scale);
    }
  }
  Wide wide;
  import_bits(wide, reinterpret_cast<const unsigned char*>(magnitude.data()),
              reinterpret_cast<const unsigned char*>(magnitude.data()) + magnitude.size(), 8, false);
  if (is_negative) wide = -wide;
  return of_big(BigInteger{std::move(wide)}, scale);
}

}  // namespace rowan
