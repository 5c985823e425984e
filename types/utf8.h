// types/utf8.h: text as characters. All text in Rowan is valid UTF-8, because every way in checks it
// (check_utf8); so the rest may count and step without looking twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "types/result.h"

namespace rowan {

// Errors: 22021 with the offending bytes, as PostgreSQL words it. A zero byte is refused too.
Result<> check_utf8(std::string_view bytes);

inline bool is_utf8_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// Characters in `text`: every byte that does not continue a character starts one. Loops that vectorize, and
// count in bytes as long as these suffice.
inline size_t utf8_length(std::string_view text) {
  constexpr size_t kStretch = 192;
  size_t count = 0, at = 0;
  for (; text.size() - at >= kStretch; at += kStretch) {
    uint8_t some = 0;
    for (size_t i = 0; i < kStretch; ++i)
      some = static_cast<uint8_t>(some + !is_utf8_continuation(text[at + i]));
    count += some;
  }
  for (; at < text.size(); ++at) count += !is_utf8_continuation(text[at]);
  return count;
}
inline bool is_ascii(std::string_view text) {
  unsigned char bits = 0;
  for (char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80;
}

// Bytes of the character that starts with `lead`.
inline size_t utf8_width(char lead) {
  auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : (byte < 0xe0 ? 2 : (byte < 0xf0 ? 3 : 4));
}

// Byte offset of character `index`, or text.size() when there are no more than `index` characters.
inline size_t utf8_offset(std::string_view text, size_t index) {
  size_t at = 0;
  while (index > 0 && at < text.size()) {
    at += utf8_width(text[at]);
    --index;
  }
  return at < text.size() ? at : text.size();
}

// The character at `at`, which moves behind it.
uint32_t utf8_decode(std::string_view text, size_t& at);
void utf8_append(uint32_t code_point, std::string& out);

// Simple case mapping, one character to one, as PostgreSQL with the C.UTF-8 locale.
uint32_t unicode_upper(uint32_t code_point);
uint32_t unicode_lower(uint32_t code_point);
bool unicode_is_alphanumeric(uint32_t code_point);

}  // namespace rowan
