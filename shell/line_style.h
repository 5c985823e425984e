// shell/line_style.h: what a table is drawn with: ASCII as psql draws it today ('+' and '.' mark a line that
// goes on below), ASCII as it did before 9.0 (':' and ';' between the columns), or the box characters of
// Unicode, single or double.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rowan::shell {

enum class LineStyle : uint8_t { Ascii, OldAscii, Unicode };

// Weights of the Unicode style: the frame, the rules between columns and the rule below the headers.
struct UnicodeWeights {
  bool border_double = false, column_double = false, header_double = false;
};

// A horizontal rule: what fills it, and what stands at its left end, where a column ends, and at its right
// end.
struct Rule {
  std::string fill, left, middle, right;
};

struct Strokes {
  Rule top, below_headers, bottom;
  std::string left, between, right;  // the vertical strokes beside cells
  // Marks around a cell whose text goes on: at the start of the lines that continue one, at the end of those
  // continued.
  std::string header_left, header_right, newline_left, newline_right, wrap_left, wrap_right;
  // What stands before a column whose cell goes on after a newline, after a wrap, or has ended above.
  std::string between_newline, between_wrap, between_blank;
  bool marks_right = true;  // old-ascii marks on the left, and keeps no room on the right
};

Strokes strokes_of(LineStyle style, UnicodeWeights weights);

}  // namespace rowan::shell
