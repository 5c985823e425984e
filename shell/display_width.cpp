#include "shell/display_width.h"

#include <wchar.h>

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

}  // namespace

std::vector<DisplayLine> display_lines(std::string_view text) {
  std::vector<DisplayLine> lines(1, DisplayLine{"", 0});
  while (!text.empty()) {
    auto [code, length] = decode_character(text);
    DisplayLine& line = lines.back();
    if (code == '\n') {
      lines.push_back({"", 0});
    } else if (code == '\r') {
      line.text += "\\r";
      line.width += 2;
    } else if (code == '\t') {
      do {
        line.text += ' ';
        ++line.width;
      } while (line.width % 8 != 0);
    } else if (length == 1 && (code < 0x20 || code == 0x7f)) {
      char spelt[8];
      std::snprintf(spelt, sizeof spelt, "\\x%02X", code);
      line.text += spelt;
      line.width += 4;
    } else if (code >= 0x80 && code < 0xa0 && length == 2) {
      char spelt[8];
      std::snprintf(spelt, sizeof spelt, "\\u%04X", code);
      line.text += spelt;
      line.width += 6;
    } else {
      line.text += text.substr(0, length);
      line.width += columns_of(code);
    }
    text.remove_prefix(length);
  }
  return lines;
}

DisplayLine leading_columns(std::string_view shown, size_t columns) {
  DisplayLine piece{"", 0};
  while (piece.text.size() < shown.size()) {
    auto [code, length] = decode_character(shown.substr(piece.text.size()));
    size_t width = columns_of(code);
    if (piece.width + width > columns && !piece.text.empty()) break;
    piece.text += shown.substr(piece.text.size(), length);
    piece.width += width;
  }
  return piece;
}

size_t display_width(std::string_view text) {
  size_t widest = 0;
  for (const DisplayLine& line : display_lines(text)) widest = line.width > widest ? line.width : widest;
  return widest;
}

}  // namespace rowan::shell
