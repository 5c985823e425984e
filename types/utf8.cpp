#include "types/utf8.h"

#include <cstdio>
#include <cstring>

namespace rowan {

namespace {

// The length of the well-formed character at the start of `bytes` (not empty), or 0 (Unicode 15, table 3-7).
size_t well_formed_width(std::string_view bytes) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  auto continues = [&](size_t i) { return i < bytes.size() && (byte(i) & 0xc0) == 0x80; };
  unsigned char lead = byte(0);
  if (lead == 0) return 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return continues(1) ? 2 : 0;
  if (lead < 0xf0) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;
    if (lead == 0xed && byte(1) > 0x9f) return 0;
    return 3;
  }
  if (lead > 0xf4 || !continues(1) || !continues(2) || !continues(3)) return 0;
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;
  return 4;
}

Error bad_utf8(std::string_view rest) {
  // PostgreSQL shows the bytes that the lead byte announces, as far as there are any.
  auto lead = static_cast<unsigned char>(rest[0]);
  size_t shown = lead < 0x80             ? 1
                 : (lead & 0xe0) == 0xc0 ? 2
                 : (lead & 0xf0) == 0xe0 ? 3
                 : (lead & 0xf8) == 0xf0 ? 4
                                         : 1;
  std::string message = "invalid byte sequence for encoding \"UTF8\":";
  for (size_t i = 0; i < shown && i < rest.size(); ++i) {
    char text[8];
    std::snprintf(text, sizeof text, " 0x%02x", static_cast<unsigned char>(rest[i]));
    message += text;
  }
  return Error(sqlstate::character_not_in_repertoire, message);
}

}  // namespace

Result<> check_utf8(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    // Eight bytes of ASCII without a zero at a time.
    while (at + 8 <= bytes.size()) {
      uint64_t word;
      std::memcpy(&word, bytes.data() + at, sizeof word);
      constexpr uint64_t kHigh = 0x8080808080808080, kLow = 0x0101010101010101;
      if (((word | (word - kLow)) & kHigh) != 0) break;
      at += 8;
    }
    if (at == bytes.size()) break;
    size_t width = well_formed_width(bytes.substr(at));
    if (width == 0) return bad_utf8(bytes.substr(at));
    at += width;
  }
  return {};
}

uint32_t utf8_decode(std::string_view text, size_t& at) {
  auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[at + i])); };
  size_t width = utf8_width(text[at]);
  if (at + width > text.size()) width = 1;
  uint32_t point = byte(0);
  if (width == 2) point = ((byte(0) & 0x1f) << 6) | (byte(1) & 0x3f);
  if (width == 3) point = ((byte(0) & 0x0f) << 12) | ((byte(1) & 0x3f) << 6) | (byte(2) & 0x3f);
  if (width == 4)
    point = ((byte(0) & 0x07) << 18) | ((byte(1) & 0x3f) << 12) | ((byte(2) & 0x3f) << 6) | (byte(3) & 0x3f);
  at += width;
  return point;
}

void utf8_append(uint32_t point, std::string& out) {
  auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | (point >> 6));
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3f));
    put(0x80 | ((point >> 6) & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

}  // namespace rowan
