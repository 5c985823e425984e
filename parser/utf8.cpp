#include "parser/utf8.h"

#include <algorithm>
#include <cstring>

namespace rowan::parser_utf8 {

namespace {

// How many bytes the character starts with that begins with `lead`; 1 also for what can start none.
size_t utf8_width(unsigned char lead) {
  if (lead < 0xC0) return 1;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF8 ? 4 : 1;
}

// Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above 10FFFF.
bool is_utf8_character(const unsigned char* s, size_t width) {
  auto tail = [&](size_t i) { return s[i] >= 0x80 && s[i] <= 0xBF; };
  if (width == 1) return s[0] != 0 && s[0] < 0x80;
  if (width == 2) return s[0] >= 0xC2 && tail(1);
  if (width == 3) {
    unsigned char low = s[0] == 0xE0 ? 0xA0 : 0x80, high = s[0] == 0xED ? 0x9F : 0xBF;
    return s[1] >= low && s[1] <= high && tail(2);
  }
  unsigned char low = s[0] == 0xF0 ? 0x90 : 0x80, high = s[0] == 0xF4 ? 0x8F : 0xBF;
  return s[0] <= 0xF4 && s[1] >= low && s[1] <= high && tail(2) && tail(3);
}

Error bad_bytes(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string message = "invalid byte sequence for encoding \"UTF8\":";
  for (unsigned char byte : bytes) {
    message += " 0x";
    message += kDigits[byte >> 4];
    message += kDigits[byte & 15];
  }
  return Error(sqlstate::character_not_in_repertoire, std::move(message));
}

// Eight bytes of plain ASCII without a zero.
bool is_plain_word(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, 8);
  constexpr uint64_t kHigh = 0x8080808080808080, kOnes = 0x0101010101010101;
  return ((word | (word - kOnes)) & kHigh) == 0;
}

}  // namespace

Result<> validate(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    while (at + 8 <= text.size() && is_plain_word(text.data() + at)) at += 8;
    if (at == text.size()) break;
    auto bytes = reinterpret_cast<const unsigned char*>(text.data() + at);
    size_t width = utf8_width(bytes[0]);
    if (at + width > text.size() || !is_utf8_character(bytes, width)) {
      return bad_bytes(text.substr(at, std::min(width, text.size() - at)));
    }
    at += width;
  }
  return {};
}

void append(std::string& out, uint32_t code) {
  auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

size_t clip(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text.size();
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) limit--;
  return limit;
}

}  // namespace rowan::parser_utf8
