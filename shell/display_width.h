// shell/display_width.h: how a string looks on a terminal: its lines, each with its width in columns, control
// characters spelt out as psql spells them (\r, \x1b; tabs run to the next multiple of 8).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rowan::shell {

struct DisplayLine {
  std::string text;
  size_t width;
};

// At least one line. Bytes that are no UTF-8 count one column each.
std::vector<DisplayLine> display_lines(std::string_view text);

// Columns of `text` as one line, control characters counting as in display_lines.
size_t display_width(std::string_view text);

// As much of `shown`, a line of display_lines, as fits in `columns`; one character at least.
DisplayLine leading_columns(std::string_view shown, size_t columns);

}  // namespace rowan::shell
