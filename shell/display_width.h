// shell/display_width.h: how a string looks on a terminal: its lines, each with its width in columns, control
// characters spelt out as psql spells them (\r, \x1b; tabs run to the next multiple of 8). Bytes that are no
// UTF-8 count one column each. Lines are views of the string where nothing in them is spelt out.
#pragma once

#include <string>
#include <string_view>

namespace rowan::shell {

struct TextExtent {
  size_t width = 0;  // of the widest line
  size_t height = 0;
};
// At least one line.
TextExtent measure_text(std::string_view text);

// Columns of the widest line.
inline size_t display_width(std::string_view text) {
  return measure_text(text).width;
}

struct DisplayLine {
  std::string_view text;
  size_t width = 0;
};

struct TakenLine {
  std::string_view bytes;  // as they stand in the string
  size_t width = 0;
  bool is_spelt_out = false;  // what is shown is in the `room` that was given
  bool has_next = false;      // a newline ended it
};
// Takes the first line off `text`, its newline too.
TakenLine take_line(std::string_view& text, std::string& room);

// As much of `shown`, a line as it is shown, as fits in `columns`; one character at least.
DisplayLine leading_columns(std::string_view shown, size_t columns);

}  // namespace rowan::shell
