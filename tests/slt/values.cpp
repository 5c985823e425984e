#include "tests/slt/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "types/md5.h"

namespace rowan::slt {
namespace {

// The number a text begins with, and whether there is one.
bool leading_number(const std::string& text, double& number) {
  const char* begin = text.c_str();
  char* end = nullptr;
  number = std::strtod(begin, &end);
  return end != begin;
}

std::string render_integer(const std::string& text) {
  int64_t whole = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (fault == std::errc() && end == text.data() + text.size()) return std::to_string(whole);
  double number = 0;
  if (!leading_number(text, number)) return "0";
  if (!std::isfinite(number)) return text;
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, "%.0f", std::trunc(number));
  return std::string(buffer) == "-0" ? "0" : buffer;
}

std::string render_real(const std::string& text) {
  double number = 0;
  if (!leading_number(text, number)) return "0.000";
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, "%.3f", number);
  return buffer;
}

}  // namespace

std::string render(const std::optional<std::string>& value, char type) {
  if (!value) return "NULL";
  if (type == 'T') {
    if (value->empty()) return "(empty)";
    std::string text;
    for (size_t i = 0; i < value->size(); ++i) {
      auto byte = static_cast<unsigned char>((*value)[i]);
      if ((byte & 0xc0) == 0x80) continue;  // the rest of a character that already gave its '@'
      text += byte < 32 || byte > 126 ? '@' : static_cast<char>(byte);
    }
    return text;
  }
  std::string text = *value == "t" ? "1" : *value == "f" ? "0" : *value;
  return type == 'I' ? render_integer(text) : render_real(text);
}

std::vector<std::string> arrange(const std::vector<Cells>& rows, std::string_view types,
                                 std::string_view sort) {
  std::vector<std::vector<std::string>> rendered;
  for (const Cells& row : rows) {
    std::vector<std::string>& line = rendered.emplace_back();
    for (size_t i = 0; i < types.size(); ++i) line.push_back(render(row[i], types[i]));
  }
  if (sort == "rowsort") std::sort(rendered.begin(), rendered.end());
  std::vector<std::string> values;
  for (auto& row : rendered) {
    for (std::string& value : row) values.push_back(std::move(value));
  }
  if (sort == "valuesort") std::sort(values.begin(), values.end());
  return values;
}

std::string digest(const std::vector<std::string>& values) {
  std::string bytes;
  for (const std::string& value : values) bytes += value + "\n";
  std::string hex;
  for (uint8_t byte : md5_digest(bytes)) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::optional<Hashed> parse_hashed(std::string_view line) {
  constexpr std::string_view kMiddle = " values hashing to ";
  constexpr size_t kDigits = 32;
  size_t at = line.find(kMiddle);
  if (at == std::string_view::npos || line.size() != at + kMiddle.size() + kDigits) return std::nullopt;
  Hashed hashed{0, std::string(line.substr(at + kMiddle.size()))};
  std::from_chars(line.data(), line.data() + at, hashed.count);
  return hashed;
}

}  // namespace rowan::slt
