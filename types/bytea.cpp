// BYTEA: its text form in hex or escapes, encode() and decode(), and functions on bytes.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "types/build_text.h"
#include "types/lift.h"
#include "types/md5.h"
#include "types/text_form.h"
#include "types/try.h"
#include "types/utf8.h"

namespace rowan {

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
int base64_value(char c) {
  if (c == '\0') return -1;
  const char* found = std::strchr(kBase64Digits, c);
  return found == nullptr ? -1 : static_cast<int>(found - kBase64Digits);
}

void append_hex(std::string_view bytes, std::string& out) {
  out.reserve(out.size() + 2 * bytes.size());
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    out += kHexDigits[byte >> 4];
    out += kHexDigits[byte & 15];
  }
}

Error bad_parameter(std::string message) {
  return Error(sqlstate::invalid_parameter_value, std::move(message));
}

Result<std::string> bytes_from_hex(std::string_view text) {
  std::string out;
  int high = -1;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (high < 0 && (c == ' ' || c == '\n' || c == '\t' || c == '\r')) continue;
    int value = hex_digit_value(c);
    if (value < 0)
      return bad_parameter("invalid hexadecimal digit: \"" + std::string(text.substr(at, utf8_width(c))) +
                           "\"");
    if (high < 0) {
      high = value;
    } else {
      out += static_cast<char>(high * 16 + value);
      high = -1;
    }
  }
  if (high >= 0) return bad_parameter("invalid hexadecimal data: odd number of digits");
  return out;
}

// Lines of 76 characters, as MIME has them.
std::string base64_of_bytes(std::string_view bytes) {
  std::string out;
  size_t line = 0;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    size_t count = std::min<size_t>(3, bytes.size() - at);
    for (size_t i = 0; i < 3; ++i)
      group = (group << 8) | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0);
    for (size_t i = 0; i < 4; ++i) out += i <= count ? kBase64Digits[(group >> (18 - 6 * i)) & 63] : '=';
    line += 4;
    if (line >= 76) {
      out += '\n';
      line = 0;
    }
  }
  return out;
}

Result<std::string> bytes_from_base64(std::string_view text) {
  std::string out;
  uint32_t group = 0;
  int count = 0, padding = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    int value = 0;
    if (c == '=') {
      if (padding == 0) {
        if (count == 2)
          padding = 1;
        else if (count == 3)
          padding = 2;
        else
          return bad_parameter("unexpected \"=\" while decoding base64 sequence");
      }
    } else {
      value = base64_value(c);
      if (value < 0)
        return bad_parameter("invalid symbol \"" + std::string(text.substr(at, utf8_width(c))) +
                             "\" found while decoding base64 sequence");
    }
    group = (group << 6) | static_cast<uint32_t>(value);
    if (++count < 4) continue;
    out += static_cast<char>(group >> 16);
    if (padding == 0 || padding > 1) out += static_cast<char>(group >> 8);
    if (padding == 0 || padding > 2) out += static_cast<char>(group);
    group = 0;
    count = 0;
  }
  if (count != 0)
    return Error(sqlstate::invalid_parameter_value, "invalid base64 end sequence")
        .hint("Input data is missing padding, is truncated, or is otherwise corrupted.");
  return out;
}

void append_escaped(std::string_view bytes, std::string& out, bool prints_controls_octal) {
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    bool is_octal = prints_controls_octal ? byte < 0x20 || byte > 0x7e : byte == 0 || byte > 0x7f;
    if (c == '\\') {
      out += "\\\\";
    } else if (is_octal) {
      out += '\\';
      out += static_cast<char>('0' + (byte >> 6));
      out += static_cast<char>('0' + ((byte >> 3) & 7));
      out += static_cast<char>('0' + (byte & 7));
    } else {
      out += c;
    }
  }
}

Result<std::string> bytes_from_escapes(std::string_view text) {
  std::string out;
  auto is_octal = [&](size_t at, char high) {
    return at < text.size() && text[at] >= '0' && text[at] <= high;
  };
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out += text[at];
    } else if (at + 1 < text.size() && text[at + 1] == '\\') {
      out += '\\';
      ++at;
    } else if (is_octal(at + 1, '3') && is_octal(at + 2, '7') && is_octal(at + 3, '7')) {
      out += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0'));
      at += 3;
    } else {
      return Error(sqlstate::invalid_text_representation, "invalid input syntax for type bytea");
    }
  }
  return out;
}

std::string bytea_format_word(std::string_view text) {
  std::string out;
  for (char c : text) out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

Error unrecognized_encoding(std::string_view format) {
  return bad_parameter("unrecognized encoding: \"" + std::string(format) + "\"");
}

Result<Text> bytea_encode(KernelCall& call, std::string_view bytes, std::string_view format) {
  std::string name = bytea_format_word(format), out;
  // What a byte can become, as PostgreSQL reckons it before it encodes.
  size_t widest = name == "hex" ? 2 : name == "base64" ? 2 : 4;
  if (bytes.size() > kTextBytesMax / widest)
    return Error(sqlstate::program_limit_exceeded, "result of encoding conversion is too large");
  if (name == "hex")
    append_hex(bytes, out);
  else if (name == "base64")
    out = base64_of_bytes(bytes);
  else if (name == "escape")
    append_escaped(bytes, out, false);
  else
    return unrecognized_encoding(format);
  return keep_text(call, out);
}
Result<Text> bytea_decode(KernelCall& call, std::string_view text, std::string_view format) {
  std::string name = bytea_format_word(format), out;
  if (name == "hex")
    out = TRY(bytes_from_hex(text));
  else if (name == "base64")
    out = TRY(bytes_from_base64(text));
  else if (name == "escape")
    out = TRY(bytes_from_escapes(text));
  else
    return unrecognized_encoding(format);
  return keep_text(call, out);
}

Text digest_hex(KernelCall& call, std::string_view bytes) {
  std::array<uint8_t, 16> digest = md5_digest(bytes);
  std::string out;
  append_hex({reinterpret_cast<const char*>(digest.data()), digest.size()}, out);
  return keep_text(call, out);
}

int32_t bytea_length(std::string_view bytes) {
  return static_cast<int32_t>(bytes.size());
}
int32_t bytea_bit_length(std::string_view bytes) {
  return static_cast<int32_t>(bytes.size() * 8);
}
int64_t bytea_bit_count(std::string_view bytes) {
  int64_t count = 0;
  for (char c : bytes) count += __builtin_popcount(static_cast<unsigned char>(c));
  return count;
}
Result<Text> bytea_concat(KernelCall& call, std::string_view a, std::string_view b) {
  if (a.size() + b.size() > kTextBytesMax) return text_too_long();
  std::string both(a);
  both += b;
  return keep_text(call, both);
}
std::string_view bytea_slice(std::string_view bytes, int64_t start, int64_t end) {
  start = std::max<int64_t>(start, 1);
  end = std::min<int64_t>(end, static_cast<int64_t>(bytes.size()) + 1);
  return end <= start ? std::string_view()
                      : bytes.substr(static_cast<size_t>(start - 1), static_cast<size_t>(end - start));
}
std::string_view bytea_substring_from(std::string_view bytes, int32_t start) {
  return bytea_slice(bytes, start, INT64_MAX);
}
Result<std::string_view> bytea_substring(std::string_view bytes, int32_t start, int32_t length) {
  if (length < 0) return Error(sqlstate::substring_error, "negative substring length not allowed");
  return bytea_slice(bytes, start, int64_t{start} + length);
}
int32_t bytea_position(std::string_view bytes, std::string_view part) {
  size_t at = bytes.find(part);
  return at == std::string_view::npos ? 0 : static_cast<int32_t>(at) + 1;
}
Result<int32_t> bytea_get_byte(std::string_view bytes, int32_t index) {
  if (index < 0 || static_cast<size_t>(index) >= bytes.size())
    return Error(sqlstate::array_subscript_error, "index " + std::to_string(index) +
                                                      " out of valid range, 0.." +
                                                      std::to_string(static_cast<int64_t>(bytes.size()) - 1));
  return static_cast<int32_t>(static_cast<unsigned char>(bytes[static_cast<size_t>(index)]));
}
Result<Text> bytea_set_byte(KernelCall& call, std::string_view bytes, int32_t index, int32_t value) {
  TRY(bytea_get_byte(bytes, index));
  std::string changed(bytes);
  changed[static_cast<size_t>(index)] = static_cast<char>(value);
  return keep_text(call, changed);
}
std::string_view bytea_trim(std::string_view bytes, std::string_view set) {
  while (!bytes.empty() && set.find(bytes.front()) != std::string_view::npos) bytes.remove_prefix(1);
  while (!bytes.empty() && set.find(bytes.back()) != std::string_view::npos) bytes.remove_suffix(1);
  return bytes;
}

void format_bytea(const Vector& vector, uint32_t row, const EvalContext&, std::string& out) {
  out += "\\x";
  append_hex(vector.data<Text>()[row].view(), out);
}
Result<> parse_bytea(std::string_view text, Vector& result, uint32_t row, const EvalContext&) {
  std::string bytes;
  if (text.substr(0, 2) == "\\x")
    bytes = TRY(bytes_from_hex(text.substr(2)));
  else
    bytes = TRY(bytes_from_escapes(text));
  result.data<Text>()[row] = result.arena().copy(bytes);
  return {};
}

// UUID is 16 bytes, printed in groups of 8-4-4-4-12 digits; read with or without hyphens and braces.
void format_uuid(const Vector& vector, uint32_t row, const EvalContext&, std::string& out) {
  std::string_view bytes = vector.data<Text>()[row].view();
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    append_hex(bytes.substr(i, 1), out);
  }
}
Result<> parse_uuid(std::string_view text, Vector& result, uint32_t row, const EvalContext&) {
  std::string_view rest = text;
  bool has_braces = !rest.empty() && rest.front() == '{';
  if (has_braces) rest.remove_prefix(1);
  std::string bytes;
  for (size_t i = 0; i < 16; ++i) {
    if (rest.size() < 2 || hex_digit_value(rest[0]) < 0 || hex_digit_value(rest[1]) < 0)
      return invalid_input("uuid", text);
    bytes += static_cast<char>(hex_digit_value(rest[0]) * 16 + hex_digit_value(rest[1]));
    rest.remove_prefix(2);
    if (i % 2 == 1 && i < 15 && !rest.empty() && rest[0] == '-') rest.remove_prefix(1);
  }
  if (has_braces) {
    if (rest.empty() || rest[0] != '}') return invalid_input("uuid", text);
    rest.remove_prefix(1);
  }
  if (!rest.empty()) return invalid_input("uuid", text);
  result.data<Text>()[row] = result.arena().copy(bytes);
  return {};
}

}  // namespace

void register_bytea(FunctionRegistry& registry) {
  registry.set_text_form(TypeId::Bytea, {format_bytea, parse_bytea});
  registry.set_text_form(TypeId::Uuid, {format_uuid, parse_uuid});
  TypeId bytea = TypeId::Bytea, text = TypeId::Text, integer = TypeId::Integer;
  registry.add(strict<&bytea_encode>("encode", {bytea, text}, text));
  registry.add(strict<&bytea_decode>("decode", {text, text}, bytea));
  registry.add(strict<&digest_hex>("md5", {text}, text));
  registry.add(strict<&digest_hex>("md5", {bytea}, text));
  registry.add(strict<&bytea_length>("length", {bytea}, integer));
  registry.add(strict<&bytea_length>("octet_length", {bytea}, integer));
  registry.add(strict<&bytea_bit_length>("bit_length", {bytea}, integer));
  registry.add(strict<&bytea_bit_count>("bit_count", {bytea}, TypeId::BigInt));
  registry.add(strict<&bytea_concat>("||", {bytea, bytea}, bytea));
  for (std::string_view name : {"substr", "substring"}) {
    registry.add(strict<&bytea_substring_from>(name, {bytea, integer}, bytea));
    registry.add(strict<&bytea_substring>(name, {bytea, integer, integer}, bytea));
  }
  registry.add(strict<&bytea_position>("position", {bytea, bytea}, integer));
  registry.add(strict<&bytea_get_byte>("get_byte", {bytea, integer}, integer));
  registry.add(strict<&bytea_set_byte>("set_byte", {bytea, integer, integer}, bytea));
  registry.add(strict<&bytea_trim>("btrim", {bytea, bytea}, bytea));
}

}  // namespace rowan
