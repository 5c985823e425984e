#include "storage/btree/key.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "types/check.h"
#include "types/compare.h"
#include "types/numeric.h"

namespace rowan {
namespace {

constexpr char kNullFirst = 0, kNotNull = 1, kNullLast = 2;

// Unsigned integers of 2 to 16 bytes, most significant byte first.
template <class U>
void append_big_endian(U value, std::string& out) {
  char bytes[sizeof(U)];
  for (size_t i = sizeof(U); i-- > 0; value = static_cast<U>(value >> 7 >> 1))
    bytes[i] = static_cast<char>(value & 0xff);
  out.append(bytes, sizeof bytes);
}

using UInt128 = unsigned __int128;

void append_int(int16_t value, std::string& out) {
  append_big_endian<uint16_t>(static_cast<uint16_t>(static_cast<uint16_t>(value) ^ 0x8000u), out);
}
void append_int(int32_t value, std::string& out) {
  uint32_t bits = __builtin_bswap32(static_cast<uint32_t>(value) ^ 0x80000000u);
  out.append(reinterpret_cast<const char*>(&bits), sizeof bits);
}
void append_int(int64_t value, std::string& out) {
  uint64_t bits = __builtin_bswap64(static_cast<uint64_t>(value) ^ (uint64_t{1} << 63));
  out.append(reinterpret_cast<const char*>(&bits), sizeof bits);
}
void append_int(__int128 value, std::string& out) {
  append_big_endian<UInt128>(static_cast<UInt128>(value) ^ (UInt128{1} << 127), out);
}

template <class F, class U>
void append_float(F value, std::string& out) {
  if (value == 0) value = 0;  // -0 is 0
  if (std::isnan(value)) value = std::numeric_limits<F>::quiet_NaN();
  U bits;
  std::memcpy(&bits, &value, sizeof bits);
  constexpr U kSign = U{1} << (sizeof(U) * 8 - 1);
  if (std::isnan(value))
    bits = std::numeric_limits<U>::max();  // above infinity
  else
    bits = (bits & kSign) != 0 ? static_cast<U>(~bits) : static_cast<U>(bits | kSign);
  append_big_endian<U>(bits, out);
}

void append_text(std::string_view text, std::string& out) {
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) > 1) [[likely]]
      continue;
    out.append(text.substr(begin, i - begin));
    out.push_back(1);
    out.push_back(static_cast<char>(text[i] + 1));
    begin = i + 1;
  }
  out.append(text.substr(begin));
  out.push_back(0);
}

// -infinity 1, negative 2, zero 3, positive 4, infinity 5, NaN 6; then for the finite ones the decimal
// exponent and the digits without zeros at either end, each as its value + 1, closed by 0. Negative numbers:
// those bytes inverted.
void append_decimal(const Decimal& value, std::string& out) {
  if (value.is_nan()) return out.push_back(6);
  if (value.is_infinite()) return out.push_back(value.is_negative() ? 1 : 5);
  if (value.is_zero()) return out.push_back(3);
  out.push_back(value.is_negative() ? 2 : 4);
  size_t begin = out.size();
  append_int(static_cast<int32_t>(value.exponent()), out);
  std::string digits;
  std::string text;
  value.absolute().format(text);
  for (char c : text)
    if (c >= '0' && c <= '9' && (c != '0' || !digits.empty())) digits.push_back(c);
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  for (char c : digits) out.push_back(static_cast<char>(c - '0' + 1));
  out.push_back(0);
  if (value.is_negative())
    for (size_t i = begin; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
}

// An integer form of numeric: its NaN, the most negative integer, goes above all.
template <class Int>
void append_scaled(Int value, std::string& out) {
  constexpr Int kNan = static_cast<Int>(static_cast<UInt128>(1) << (sizeof(Int) * 8 - 1));
  append_int(value == kNan ? static_cast<Int>(~kNan) : value, out);
}

template <class T>
void append_value(const Type& type, const T& value, std::string& out) {
  bool is_numeric = type.id == TypeId::Numeric;
  if constexpr (std::is_same_v<T, uint8_t>) {
    out.push_back(static_cast<char>(value));
  } else if constexpr (std::is_same_v<T, int64_t> || std::is_same_v<T, __int128>) {
    if (is_numeric)
      append_scaled<T>(value, out);
    else
      append_int(value, out);
  } else if constexpr (std::is_integral_v<T>) {
    append_int(value, out);
  } else if constexpr (std::is_same_v<T, float>) {
    append_float<float, uint32_t>(value, out);
  } else if constexpr (std::is_same_v<T, double>) {
    append_float<double, uint64_t>(value, out);
  } else if constexpr (std::is_same_v<T, Interval>) {
    append_int(interval_length(value), out);
  } else {
    append_text(type.id == TypeId::Char ? without_trailing_blanks(value) : value, out);
  }
}

// NULL, or what `append` adds, as the column wants it ordered. Returns whether it was NULL.
template <class Append>
bool append_column(const KeyColumn& column, bool is_null, std::string& out, const Append& append) {
  if (is_null) {
    ASSERT(column.is_nullable);
    out.push_back(column.nulls_first ? kNullFirst : kNullLast);
    return true;
  }
  if (column.is_nullable) out.push_back(kNotNull);
  size_t begin = out.size();
  append();
  if (column.is_descending)
    for (size_t i = begin; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
  return false;
}

// Reads what append_* wrote, un-inverting DESC on the way.
class KeyReader {
 public:
  explicit KeyReader(std::string_view key) : key_(key) {}
  void set_inverted(bool inverted) { mask_ = inverted ? 0xff : 0; }
  bool is_bad() const { return is_bad_; }
  bool at_end() const { return at_ == key_.size(); }
  uint8_t byte() {
    if (at_ >= key_.size()) {
      is_bad_ = true;
      return 0;
    }
    return static_cast<uint8_t>(static_cast<uint8_t>(key_[at_++]) ^ mask_);
  }
  template <class U>
  U big_endian() {
    U value = 0;
    for (size_t i = 0; i < sizeof(U); ++i) value = static_cast<U>(value << 7 << 1 | byte());
    return value;
  }
  template <class Int, class U>
  Int integer() {
    return static_cast<Int>(big_endian<U>() ^ static_cast<U>(U{1} << (sizeof(U) * 8 - 1)));
  }
  template <class Int, class U>
  Int scaled() {
    constexpr Int kNan = static_cast<Int>(static_cast<UInt128>(1) << (sizeof(Int) * 8 - 1));
    Int value = integer<Int, U>();
    return value == static_cast<Int>(~kNan) ? kNan : value;
  }
  void text(std::string& out) {
    while (!is_bad_) {
      uint8_t c = byte();
      if (c == 0) return;
      out.push_back(static_cast<char>(c == 1 ? byte() - 1 : c));
    }
  }

 private:
  std::string_view key_;
  size_t at_ = 0;
  uint8_t mask_ = 0;
  bool is_bad_ = false;
};

}  // namespace

bool KeyEncoder::encode(std::span<const Vector* const> values, uint32_t row, std::string& out) const {
  ASSERT(values.size() <= columns_.size());
  bool any_null = false;
  for (size_t i = 0; i < values.size(); ++i) any_null |= encode(i, *values[i], row, out);
  return any_null;
}

bool KeyEncoder::encode(size_t index, const Vector& vector, uint32_t row, std::string& out) const {
  const KeyColumn& column = columns_[index];
  uint32_t at = vector.is_constant() ? 0 : row;
  return append_column(column, vector.is_null(row), out, [&] {
    switch (vector.physical()) {
      case PhysicalType::Bool:
        return append_value(column.type, vector.data<uint8_t>()[at], out);
      case PhysicalType::Int16:
        return append_value(column.type, vector.data<int16_t>()[at], out);
      case PhysicalType::Int32:
        return append_value(column.type, vector.data<int32_t>()[at], out);
      case PhysicalType::Int64:
        return append_value(column.type, vector.data<int64_t>()[at], out);
      case PhysicalType::Int128:
        return append_value(column.type, vector.data<__int128>()[at], out);
      case PhysicalType::Float32:
        return append_value(column.type, vector.data<float>()[at], out);
      case PhysicalType::Float64:
        return append_value(column.type, vector.data<double>()[at], out);
      case PhysicalType::Interval:
        return append_value(column.type, vector.data<Interval>()[at], out);
      case PhysicalType::Text:
        if (column.type.id == TypeId::Numeric) return append_decimal(load_decimal(vector, at), out);
        return append_value(column.type, vector.data<Text>()[at].view(), out);
    }
  });
}

void KeyEncoder::encode(size_t index, const Value& value, std::string& out) const {
  const KeyColumn& column = columns_[index];
  append_column(column, value.is_null(), out, [&] {
    switch (column.type.physical()) {
      case PhysicalType::Bool:
        return append_value(column.type, static_cast<uint8_t>(value.as_bool()), out);
      case PhysicalType::Int16:
        return append_value(column.type, static_cast<int16_t>(value.as_int()), out);
      case PhysicalType::Int32:
        return append_value(column.type, static_cast<int32_t>(value.as_int()), out);
      case PhysicalType::Int64:
        return append_value(column.type, value.as_int(), out);
      case PhysicalType::Int128:
        return append_value(column.type, value.as_int128(), out);
      case PhysicalType::Float32:
        return append_value(column.type, static_cast<float>(value.as_double()), out);
      case PhysicalType::Float64:
        return append_value(column.type, value.as_double(), out);
      case PhysicalType::Interval:
        return append_value(column.type, value.as_interval(), out);
      case PhysicalType::Text:
        if (column.type.id == TypeId::Numeric) return append_decimal(decimal_of(value), out);
        return append_value(column.type, std::string_view(value.as_bytes()), out);
    }
  });
}

bool KeyEncoder::inverts(const Type& type) {
  switch (type.physical()) {
    case PhysicalType::Bool:
    case PhysicalType::Int16:
    case PhysicalType::Int32:
    case PhysicalType::Int64:
    case PhysicalType::Int128:
      return true;
    case PhysicalType::Float32:  // -0
    case PhysicalType::Float64:
    case PhysicalType::Interval:  // 1 day is 24 hours
      return false;
    case PhysicalType::Text:
      return type.id != TypeId::Numeric && type.id != TypeId::Char;
  }
  return false;
}

Result<> KeyEncoder::decode(std::string_view key, std::span<Vector* const> out, uint32_t row) const {
  auto damaged = [] { return Error(sqlstate::index_corrupted, "the bytes of an index key make no sense"); };
  KeyReader reader(key);
  std::string text;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const KeyColumn& column = columns_[i];
    Vector* to = i < out.size() ? out[i] : nullptr;
    reader.set_inverted(false);
    if (column.is_nullable && reader.byte() != kNotNull) {
      if (to != nullptr) to->set_null(row);
      continue;
    }
    reader.set_inverted(column.is_descending);
    if (to != nullptr) to->set_valid(row);
    bool is_numeric = column.type.id == TypeId::Numeric;
    switch (column.type.physical()) {
      case PhysicalType::Bool: {
        uint8_t value = reader.byte();
        if (to != nullptr) to->data<uint8_t>()[row] = value;
        break;
      }
      case PhysicalType::Int16: {
        auto value = reader.integer<int16_t, uint16_t>();
        if (to != nullptr) to->data<int16_t>()[row] = value;
        break;
      }
      case PhysicalType::Int32: {
        auto value = reader.integer<int32_t, uint32_t>();
        if (to != nullptr) to->data<int32_t>()[row] = value;
        break;
      }
      case PhysicalType::Int64: {
        auto value = is_numeric ? reader.scaled<int64_t, uint64_t>() : reader.integer<int64_t, uint64_t>();
        if (to != nullptr) to->data<int64_t>()[row] = value;
        break;
      }
      case PhysicalType::Int128: {
        auto value = is_numeric ? reader.scaled<__int128, UInt128>() : reader.integer<__int128, UInt128>();
        if (to != nullptr) to->data<__int128>()[row] = value;
        break;
      }
      case PhysicalType::Float32:
        reader.big_endian<uint32_t>();
        ENSURE(to == nullptr);
        break;
      case PhysicalType::Float64:
        reader.big_endian<uint64_t>();
        ENSURE(to == nullptr);
        break;
      case PhysicalType::Interval:
        reader.big_endian<UInt128>();
        ENSURE(to == nullptr);
        break;
      case PhysicalType::Text: {
        ENSURE(to == nullptr || inverts(column.type));
        if (is_numeric) {
          uint8_t kind = reader.byte();
          if (kind == 2 || kind == 4) {
            reader.big_endian<uint32_t>();
            uint8_t close = kind == 2 ? 0xff : 0;
            while (!reader.is_bad() && reader.byte() != close) {
            }
          }
          break;
        }
        text.clear();
        reader.text(text);
        if (to != nullptr) to->set_value(row, Value::of_bytes(column.type, text));
        break;
      }
    }
    if (reader.is_bad()) return damaged();
  }
  if (!reader.at_end()) return damaged();
  return {};
}

void make_key_successor(std::string& key) {
  while (!key.empty() && static_cast<unsigned char>(key.back()) == 0xff) key.pop_back();
  if (!key.empty()) key.back() = static_cast<char>(static_cast<unsigned char>(key.back()) + 1);
}

std::string key_successor(std::string_view prefix) {
  std::string next(prefix);
  make_key_successor(next);
  return next;
}

}  // namespace rowan
