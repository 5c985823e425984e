#include "shell/variables.h"

#include <algorithm>
#include <cctype>

namespace rowan::shell {
namespace {

bool is_name_character(char c) {
  auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) || c == '_' || byte >= 0x80;
}

size_t name_length(std::string_view text) {
  size_t length = 0;
  while (length < text.size() && is_name_character(text[length])) ++length;
  return length;
}

std::string doubled(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote) out += c;
    out += c;
  }
  return out + quote;
}

}  // namespace

std::optional<std::string_view> Variables::get(std::string_view name) const {
  auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

void Variables::unset(std::string_view name) {
  auto found = values_.find(name);
  if (found != values_.end()) values_.erase(found);
}

std::string Variables::lower(std::string_view name) const {
  std::string text(get(name).value_or(""));
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool Variables::is_on(std::string_view name) const {
  std::optional<std::string_view> value = get(name);
  return value && parse_boolean(*value).value_or(true);
}

bool Variables::is_valid_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_name_character);
}

std::optional<bool> parse_boolean(std::string_view text) {
  std::string lower;
  for (char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  auto begins = [&](std::string_view word) {
    return !lower.empty() && word.substr(0, lower.size()) == lower;
  };
  if (begins("true") || begins("yes") || lower == "1" || lower == "on") return true;
  if (begins("false") || begins("no") || lower == "0" || lower == "off" || lower == "of") return false;
  return std::nullopt;
}

std::string quote_literal(std::string_view text) {
  std::string literal = doubled(text, '\'');
  if (text.find('\\') == std::string_view::npos) return literal;
  std::string escaped = " E";
  for (char c : literal) {
    if (c == '\\') escaped += c;
    escaped += c;
  }
  return escaped;
}

std::string quote_identifier(std::string_view text) {
  return doubled(text, '"');
}

std::optional<Interpolation> interpolate(std::string_view text, const Variables& variables) {
  if (text.size() < 2 || text[0] != ':') return std::nullopt;
  char kind = text[1];
  if (kind == '{' && text.size() > 3 && text[2] == '?') {
    size_t length = name_length(text.substr(3));
    if (length == 0 || text.size() <= 3 + length || text[3 + length] != '}') return std::nullopt;
    bool is_set = variables.get(text.substr(3, length)).has_value();
    return Interpolation{length + 4, is_set ? "TRUE" : "FALSE", false};
  }
  bool quoted = kind == '\'' || kind == '"';
  std::string_view rest = text.substr(quoted ? 2 : 1);
  size_t length = name_length(rest);
  if (length == 0) return std::nullopt;
  if (quoted && (rest.size() <= length || rest[length] != kind)) return std::nullopt;
  std::optional<std::string_view> value = variables.get(rest.substr(0, length));
  if (!value) return std::nullopt;
  if (kind == '\'') return Interpolation{length + 3, quote_literal(*value), false};
  if (kind == '"') return Interpolation{length + 3, quote_identifier(*value), false};
  return Interpolation{length + 1, std::string(*value), true};
}

}  // namespace rowan::shell
