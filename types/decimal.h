// types/decimal.h: one NUMERIC value at work: an integer coefficient times 10^-scale, NaN or an infinity.
// Coefficients within 126 bits are a machine integer; beyond that Boost.Multiprecision's, which only
// decimal.cpp sees. The scale is what SQL shows (1.50 has 2), and every operation here is exact or says to
// which scale it rounds (half away from zero, as PostgreSQL).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "types/arena.h"
#include "types/result.h"
#include "types/text.h"

namespace rowan {

struct BigInteger;

class Decimal {
 public:
  Decimal() = default;  // 0, of scale 0
  static Decimal of(__int128 coefficient, int scale = 0);
  static Decimal nan();
  static Decimal infinity(bool negative = false);
  // The number that a %.{digits}g rendering of `value` says; PostgreSQL takes 15 for DOUBLE, 6 for REAL.
  static Decimal of_double(double value, int digits);

  bool is_nan() const { return kind_ == Kind::NaN; }
  bool is_infinite() const { return kind_ == Kind::Infinite; }
  bool is_finite() const { return kind_ == Kind::Finite; }
  int sign() const;  // -1, 0, 1; of an infinity too
  bool is_negative() const { return sign() < 0; }
  bool is_zero() const { return is_finite() && sign() == 0; }
  bool is_integer() const;
  int scale() const { return scale_; }

  // The power of ten of the first digit that is not zero (123.4: 2; 0.05: -2); 0 for zero.
  int exponent() const;
  // In PostgreSQL's base of 10,000: the power of the first digit, and the digit. Result scales are defined by
  // them.
  int weight_and_digit(int& first_digit) const;

  // Only for finite numbers.
  Decimal negated() const;
  Decimal absolute() const { return is_negative() ? negated() : *this; }
  Decimal rounded(int scale) const;     // scale may be negative; the result's is then 0
  Decimal truncated(int scale) const;   // toward zero
  Decimal with_scale(int scale) const;  // rounded, or padded with zeros
  Decimal trimmed() const;              // without trailing zeros of the fraction
  Decimal floor() const;
  Decimal ceil() const;

  friend Decimal operator+(const Decimal& a, const Decimal& b);
  friend Decimal operator-(const Decimal& a, const Decimal& b) { return a + b.negated(); }
  friend Decimal operator*(const Decimal& a, const Decimal& b);
  // a / b to `scale` digits, rounded or cut; b is not zero.
  static Decimal divide(const Decimal& a, const Decimal& b, int scale, bool round = true);
  // The remainder, of a's sign; its scale is the larger one.
  static Decimal modulo(const Decimal& a, const Decimal& b);
  // The square root to `scale` digits, rounded; *this is not negative.
  Decimal square_root(int scale) const;
  static Decimal gcd(const Decimal& a, const Decimal& b);

  // NaN is above all and equals itself.
  static int compare(const Decimal& a, const Decimal& b);
  // Equal numbers hash alike, whatever their scale.
  uint64_t hash() const;

  // Rounded to a whole number; nullopt when it does not fit or is not finite.
  std::optional<__int128> to_integer() const;
  // The coefficient at `scale` (not less than this scale), when it fits 126 bits.
  std::optional<__int128> coefficient_at(int scale) const;
  double to_double() const;

  // PostgreSQL's text form. Errors of parse: 22P02 · 22003 beyond 131,072 digits.
  static Result<Decimal> parse(std::string_view text);
  void format(std::string& out) const;

  // The bytes of unconstrained numerics in vectors and pages: kind and sign, scale in two bytes, magnitude in
  // as few bytes as it needs, least significant first; nine bytes of magnitude lie inside a Text.
  Text encode(Arena& arena) const;
  static Decimal decode(std::string_view bytes);

  static constexpr int kScaleMax = 16383;
  static constexpr int kExponentMax = 131071;  // the largest power of ten of a first digit

 private:
  enum class Kind : uint8_t { Finite, NaN, Infinite };
  static Decimal of_big(BigInteger value, int scale);
  BigInteger wide() const;

  Kind kind_ = Kind::Finite;
  bool is_negative_infinity_ = false;
  int scale_ = 0;
  __int128 small_ = 0;                     // when big_ is empty
  std::shared_ptr<const BigInteger> big_;  // never of a number that fits small_
};

// 10^exponent, 0 … 38.
__int128 power_of_ten(int exponent);

}  // namespace rowan
