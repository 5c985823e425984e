// parser/characters.h: the classes of bytes that PostgreSQL's scanner tells apart; no locale has a say.
#pragma once

#include <cstring>

namespace rowan::chars {

inline bool is_high(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}
inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline bool is_name_start(char c) {
  return is_letter(c) || c == '_' || is_high(c);
}
inline bool is_name_part(char c) {
  return is_name_start(c) || is_digit(c) || c == '$';
}
inline bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}
inline bool is_newline(char c) {
  return c == '\n' || c == '\r';
}
inline bool is_operator_char(char c) {
  return c != '\0' && std::strchr("~!@#^&|`?+-*/%<>=", c) != nullptr;
}
inline char fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

inline int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  c = fold(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace rowan::chars
