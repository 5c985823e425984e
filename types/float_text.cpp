#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "types/float.h"
#include "types/text_form.h"

namespace rowan {

namespace {

constexpr std::string_view real_type_name(float) {
  return "real";
}
constexpr std::string_view real_type_name(double) {
  return "double precision";
}

// Lays out digits d1d2d3… times 10^exponent (of the first digit).
void lay_out_float(std::string_view digits, int exponent, int exponent_max, std::string& out) {
  int count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= exponent_max) {
    out += digits[0];
    if (count > 1) (out += '.').append(digits.substr(1));
    out += 'e';
    out += exponent < 0 ? '-' : '+';
    int magnitude = std::abs(exponent);
    if (magnitude < 10) out += '0';
    out += std::to_string(magnitude);
  } else if (exponent < 0) {
    out += "0.";
    out.append(static_cast<size_t>(-exponent - 1), '0').append(digits);
  } else if (count <= exponent + 1) {
    out.append(digits).append(static_cast<size_t>(exponent + 1 - count), '0');
  } else {
    auto whole = static_cast<size_t>(exponent + 1);
    out.append(digits.substr(0, whole)).append(".").append(digits.substr(whole));
  }
}

// The digits of a %e rendering; returns its exponent.
int split_scientific(std::string_view text, std::string& digits) {
  size_t e = text.find('e');
  digits.clear();
  for (char c : text.substr(0, e))
    if (c != '.') digits += c;
  int exponent = 0;
  size_t from = e + 1;
  if (text[from] == '+') ++from;
  std::from_chars(text.data() + from, text.data() + text.size(), exponent);
  return exponent;
}

// The shortest digits may lie exactly halfway to the next value, and read back only because ties go to even.
// PostgreSQL does not rely on that and prints the shortest digits strictly nearer.
template <class T>
bool is_halfway(T value, const std::string& digits, int exponent) {
  for (T towards : {T{0}, std::numeric_limits<T>::infinity()}) {
    T neighbour = std::nextafter(value, towards);
    if (std::isinf(neighbour)) continue;
    long double middle = (static_cast<long double>(value) + static_cast<long double>(neighbour)) / 2;
    char text[64];
    int length = std::snprintf(text, sizeof text, "%.40Le", middle);
    std::string exact;
    if (split_scientific({text, static_cast<size_t>(length)}, exact) != exponent) continue;
    if (exact.compare(0, digits.size(), digits) == 0 &&
        exact.find_first_not_of('0', digits.size()) == std::string::npos)
      return true;
  }
  return false;
}

template <class T>
int shortest_digits(T value, std::string& digits) {
  char text[64];
  char* end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  int exponent = split_scientific({text, static_cast<size_t>(end - text)}, digits);
  if (!is_halfway(value, digits, exponent)) return exponent;
  for (int precision = static_cast<int>(digits.size()); precision < std::numeric_limits<T>::max_digits10;
       ++precision) {
    int length = std::snprintf(text, sizeof text, "%.*e", precision, static_cast<double>(value));
    T back = 0;
    std::from_chars(text, text + length, back);
    std::string longer;
    int its_exponent = split_scientific({text, static_cast<size_t>(length)}, longer);
    size_t last = longer.find_last_not_of('0');
    longer.resize(last == std::string::npos ? 1 : last + 1);
    if (back != value || longer == digits) continue;
    digits = longer;
    return its_exponent;
  }
  return exponent;
}

template <class T>
void format_float(T value, int extra_float_digits, int digits10, int exponent_max, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  if (extra_float_digits <= 0) {
    char text[64];
    int precision = digits10 + extra_float_digits < 1 ? 1 : digits10 + extra_float_digits;
    int length = std::snprintf(text, sizeof text, "%.*g", precision, static_cast<double>(value));
    out.append(text, static_cast<size_t>(length));
    return;
  }
  if (std::signbit(value)) {
    out += '-';
    value = -value;
  }
  if (value == 0) {
    out += '0';
    return;
  }
  std::string digits;
  int exponent = shortest_digits(value, digits);
  lay_out_float(digits, exponent, exponent_max, out);
}

bool same_word(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i)
    if ((text[i] | 0x20) != lower[i]) return false;
  return true;
}

template <class T>
Result<T> read_float(std::string_view text) {
  std::string_view number = trim_spaces(text);
  std::string_view unsigned_part = number;
  bool is_negative = false;
  if (!unsigned_part.empty() && (unsigned_part[0] == '-' || unsigned_part[0] == '+')) {
    is_negative = unsigned_part[0] == '-';
    unsigned_part.remove_prefix(1);
  }
  if (same_word(number, "nan")) return std::numeric_limits<T>::quiet_NaN();
  if (same_word(unsigned_part, "infinity") || same_word(unsigned_part, "inf"))
    return is_negative ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
  bool starts_well = !unsigned_part.empty() &&
                     (unsigned_part[0] == '.' || (unsigned_part[0] >= '0' && unsigned_part[0] <= '9'));
  if (!starts_well) return invalid_input(real_type_name(T{}), text);
  T value = 0;
  bool is_hexadecimal =
      unsigned_part.size() > 2 && unsigned_part[0] == '0' && (unsigned_part[1] | 0x20) == 'x';
  if (is_hexadecimal) unsigned_part.remove_prefix(2);
  auto [end, status] =
      std::from_chars(unsigned_part.data(), unsigned_part.data() + unsigned_part.size(), value,
                      is_hexadecimal ? std::chars_format::hex : std::chars_format::general);
  if (status == std::errc::invalid_argument || end != unsigned_part.data() + unsigned_part.size())
    return invalid_input(real_type_name(T{}), text);
  if (status == std::errc::result_out_of_range) {
    // Denormal results are numbers; strtod tells them from the rest.
    std::string terminated = (is_hexadecimal ? "0x" : "") + std::string(unsigned_part);
    if constexpr (sizeof(T) == sizeof(float))
      value = std::strtof(terminated.c_str(), nullptr);
    else
      value = std::strtod(terminated.c_str(), nullptr);
    if (value == 0 || std::isinf(value))
      return Error(
          sqlstate::numeric_value_out_of_range,
          "\"" + std::string(number) + "\" is out of range for type " + std::string(real_type_name(T{})));
  }
  return is_negative ? -value : value;
}

}  // namespace

void format_double(double value, int extra_float_digits, std::string& out) {
  format_float(value, extra_float_digits, std::numeric_limits<double>::digits10, 15, out);
}
void format_real(float value, int extra_float_digits, std::string& out) {
  format_float(value, extra_float_digits, std::numeric_limits<float>::digits10, 6, out);
}
Result<double> read_double(std::string_view text) {
  return read_float<double>(text);
}
Result<float> read_real(std::string_view text) {
  return read_float<float>(text);
}

}  // namespace rowan
