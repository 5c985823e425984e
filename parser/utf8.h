// parser/utf8.h: is it UTF-8, and one character of it written out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "types/result.h"

namespace rowan::parser_utf8 {

// Errors: 22021 with the first bad bytes, in PostgreSQL's words; a zero byte is one.
Result<> validate(std::string_view text);

// Appends the character `code`, which is at most 10FFFF and no surrogate.
void append(std::string& out, uint32_t code);

// The most bytes, at most `limit`, of `text` (valid UTF-8) that end on a character.
size_t clip(std::string_view text, size_t limit);

inline bool is_high_surrogate(uint32_t code) {
  return code >= 0xD800 && code <= 0xDBFF;
}
inline bool is_low_surrogate(uint32_t code) {
  return code >= 0xDC00 && code <= 0xDFFF;
}
inline uint32_t join_surrogates(uint32_t high, uint32_t low) {
  return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

}  // namespace rowan::parser_utf8
