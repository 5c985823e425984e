#include "executor/sort_key.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "types/function.h"

namespace rowan {

namespace {

template <class Unsigned>
void sort_key_big_endian(Unsigned value, std::string& out) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift));
}

template <class Signed, class Unsigned>
void sort_key_integer(Signed value, bool smallest_is_nan, std::string& out) {
  constexpr auto kSign = static_cast<Unsigned>(Unsigned{1} << (sizeof(Unsigned) * 8 - 1));
  auto bits = static_cast<Unsigned>(static_cast<Unsigned>(value) ^ kSign);
  if (smallest_is_nan && bits == 0) bits = static_cast<Unsigned>(~Unsigned{0});
  sort_key_big_endian(bits, out);
}

void sort_key_double(double value, std::string& out) {
  if (std::isnan(value)) {
    sort_key_big_endian(~uint64_t{0}, out);
    return;
  }
  auto bits = std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);
  bits = (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
  sort_key_big_endian(bits, out);
}

void sort_key_text(std::string_view text, std::string& out) {
  for (char c : text) {
    out.push_back(c);
    if (c == '\0') out.push_back('\xff');
  }
  out.push_back('\0');
  out.push_back('\0');
}

// From the decimal digits: sign class, exponent of the first digit that is not zero, digits.
void sort_key_numeric(const std::string& decimal, std::string& out) {
  if (decimal == "NaN") {
    out.push_back('\x05');
    return;
  }
  if (decimal == "Infinity") {
    out.push_back('\x04');
    return;
  }
  if (decimal == "-Infinity") {
    out.push_back('\x00');
    return;
  }
  bool negative = decimal[0] == '-';
  std::string digits;
  int64_t exponent = 0;
  bool after_point = false;
  for (char c : decimal) {
    if (c == '.') after_point = true;
    if (c < '0' || c > '9') continue;
    if (digits.empty() && c == '0') {
      if (after_point) --exponent;
      continue;
    }
    digits.push_back(c);
    if (!after_point) ++exponent;
  }
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  if (digits.empty()) {
    out.push_back('\x02');
    return;
  }
  out.push_back(negative ? '\x01' : '\x03');
  size_t begin = out.size();
  sort_key_integer<int32_t, uint32_t>(static_cast<int32_t>(exponent), false, out);
  out += digits;
  out.push_back('\0');
  if (negative)
    for (size_t i = begin; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
}

void sort_key_value(const Vector& vector, uint32_t row, std::string& out) {
  const Type& type = vector.type();
  bool numeric = type.id == TypeId::Numeric;
  switch (vector.physical()) {
    case PhysicalType::Bool:
      out.push_back(static_cast<char>(vector.data<uint8_t>()[row]));
      break;
    case PhysicalType::Int16:
      sort_key_integer<int16_t, uint16_t>(vector.data<int16_t>()[row], false, out);
      break;
    case PhysicalType::Int32:
      sort_key_integer<int32_t, uint32_t>(vector.data<int32_t>()[row], false, out);
      break;
    case PhysicalType::Int64:
      sort_key_integer<int64_t, uint64_t>(vector.data<int64_t>()[row], numeric, out);
      break;
    case PhysicalType::Int128:
      sort_key_integer<Int128, unsigned __int128>(vector.data<Int128>()[row], numeric, out);
      break;
    case PhysicalType::Float32:
      sort_key_double(vector.data<float>()[row], out);
      break;
    case PhysicalType::Float64:
      sort_key_double(vector.data<double>()[row], out);
      break;
    case PhysicalType::Interval: {
      Interval interval = vector.data<Interval>()[row];
      Int128 length = (Int128{interval.months} * 30 + interval.days) * 86400000000LL + interval.microseconds;
      sort_key_integer<Int128, unsigned __int128>(length, false, out);
      break;
    }
    case PhysicalType::Text: {
      std::string_view text = vector.data<Text>()[row].view();
      if (numeric) {
        std::string decimal;
        format_row(vector, row, EvalContext(), decimal);
        sort_key_numeric(decimal, out);
        break;
      }
      if (type.id == TypeId::Char) {  // blanks at the end do not count
        size_t last = text.find_last_not_of(' ');
        text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
      }
      sort_key_text(text, out);
      break;
    }
  }
}

}  // namespace

void append_sort_key(const Vector& vector, uint32_t row, SortOrder order, std::string& out) {
  if (vector.is_null(row)) {
    out.push_back(order.nulls_first ? '\x00' : '\x02');
    return;
  }
  out.push_back('\x01');
  size_t begin = out.size();
  sort_key_value(vector, vector.is_constant() ? 0 : row, out);
  if (order.descending)
    for (size_t i = begin; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
}

}  // namespace rowan
