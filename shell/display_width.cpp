#include "shell/display_width.h"

#include <wchar.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace rowan::shell {
namespace {

// One character off the front of `text`: its code point and length in bytes; malformed bytes stand for
// themselves.
struct DecodedCharacter {
  uint32_t code;
  size_t length;
};

DecodedCharacter decode_character(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  uint8_t lead = byte(0);
  size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  if (length == 1 || length > text.size()) return {lead, 1};
  uint32_t code = lead & (0xff >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {lead, 1};
    code = (code << 6) | (byte(i) & 0x3f);
  }
  return {code, length};
}

// As psql 15 counts: by its own tables, in which format characters and the vowels and finals of Hangul have a
// column.
size_t columns_of(uint32_t code) {
  bool is_format = (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
                   (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || code == 0x00ad;
  if (is_format || (code >= 0x1160 && code <= 0x11ff)) return 1;
  int columns = code < 0x80 ? 1 : wcwidth(static_cast<wchar_t>(code));
  return columns < 0 ? 1 : static_cast<size_t>(columns);
}

// Nothing but a column for a byte.
bool is_plain(char c) {
  return c >= 0x20 && c < 0x7f;
}

// What stands for a character that is not shown as itself in a line that is `width` wide so far; "": it is.
std::string_view spelt(uint32_t code, size_t length, size_t width, char (&room)[16]) {
  constexpr std::string_view kTab = "        ";
  if (code == '\t') return kTab.substr(0, 8 - width % 8);
  if (code == '\r') return "\\r";
  int size = 0;
  if (length == 1 && (code < 0x20 || code == 0x7f)) {
    size = std::snprintf(room, sizeof room, "\\x%02X", code);
  } else if (code >= 0x80 && code < 0xa0 && length == 2) {
    size = std::snprintf(room, sizeof room, "\\u%04X", code);
  }
  return {room, static_cast<size_t>(size)};
}

// As take_line(); without `room` the line is only measured.
TakenLine scan_line(std::string_view& text, std::string* room) {
  TakenLine line;
  size_t at = 0, shown = 0;  // bytes looked at, and those of them that are in `room`
  if (room != nullptr) room->clear();
  while (at < text.size()) {
    size_t begin = at;
    while (at < text.size() && is_plain(text[at])) ++at;
    line.width += at - begin;
    if (at == text.size()) break;
    auto [code, length] = decode_character(text.substr(at));
    if (code == '\n') {
      line.has_next = true;
      break;
    }
    char spelling[16];
    std::string_view instead = spelt(code, length, line.width, spelling);
    if (!instead.empty() && room != nullptr) {
      room->append(text, shown, at - shown);
      *room += instead;
      shown = at + length;
    }
    line.is_spelt_out |= !instead.empty();
    line.width += instead.empty() ? columns_of(code) : instead.size();
    at += length;
  }
  if (line.is_spelt_out && room != nullptr) room->append(text, shown, at - shown);
  line.bytes = text.substr(0, at);
  text.remove_prefix(at + (line.has_next ? 1 : 0));
  return line;
}

}  // namespace

TextExtent measure_text(std::string_view text) {
  TextExtent extent;
  for (bool more = true; more;) {
    TakenLine line = scan_line(text, nullptr);
    extent.width = std::max(extent.width, line.width);
    ++extent.height;
    more = line.has_next;
  }
  return extent;
}

TakenLine take_line(std::string_view& text, std::string& room) {
  return scan_line(text, &room);
}

DisplayLine leading_columns(std::string_view shown, size_t columns) {
  size_t at = 0, width = 0;
  while (at < shown.size()) {
    auto [code, length] = decode_character(shown.substr(at));
    size_t more = columns_of(code);
    if (width + more > columns && at > 0) break;
    at += length;
    width += more;
  }
  return {shown.substr(0, at), width};
}

}  // namespace rowan::shell
