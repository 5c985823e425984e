#include "shell/line_style.h"

namespace rowan::shell {
namespace {

// A row of box characters, single or double in each direction: [vertical double][horizontal double].
using Box = const char* const[2][2];
constexpr const char* kHorizontal[2] = {"─", "═"};
constexpr const char* kVertical[2] = {"│", "║"};
constexpr Box kTopLeft = {{"┌", "╒"}, {"╓", "╔"}};
constexpr Box kTopRight = {{"┐", "╕"}, {"╖", "╗"}};
constexpr Box kBottomLeft = {{"└", "╘"}, {"╙", "╚"}};
constexpr Box kBottomRight = {{"┘", "╛"}, {"╜", "╝"}};
constexpr Box kTeeDown = {{"┬", "╤"}, {"╥", "╦"}};
constexpr Box kTeeUp = {{"┴", "╧"}, {"╨", "╩"}};
constexpr Box kTeeRight = {{"├", "╞"}, {"╟", "╠"}};
constexpr Box kTeeLeft = {{"┤", "╡"}, {"╢", "╣"}};
constexpr Box kCross = {{"┼", "╪"}, {"╫", "╬"}};

Strokes ascii_strokes() {
  Rule rule{"-", "+", "+", "+"};
  return {.top = rule,
          .below_headers = rule,
          .bottom = rule,
          .left = "|",
          .between = "|",
          .right = "|",
          .header_left = " ",
          .header_right = "+",
          .newline_left = " ",
          .newline_right = "+",
          .wrap_left = ".",
          .wrap_right = ".",
          .between_newline = "|",
          .between_wrap = "|",
          .between_blank = "|",
          .marks_right = true};
}

Strokes old_ascii_strokes() {
  Strokes strokes = ascii_strokes();
  strokes.header_left = "+";
  strokes.header_right = strokes.newline_right = strokes.wrap_left = strokes.wrap_right = " ";
  strokes.between_newline = ":";
  strokes.between_wrap = ";";
  strokes.between_blank = " ";
  strokes.marks_right = false;
  return strokes;
}

Strokes unicode_strokes(UnicodeWeights weights) {
  bool border = weights.border_double;
  bool column = weights.column_double;
  bool header = weights.header_double;
  Strokes strokes = ascii_strokes();
  strokes.top = {kHorizontal[border], kTopLeft[border][border], kTeeDown[column][border],
                 kTopRight[border][border]};
  strokes.below_headers = {kHorizontal[header], kTeeRight[border][header], kCross[column][header],
                           kTeeLeft[border][header]};
  strokes.bottom = {kHorizontal[border], kBottomLeft[border][border], kTeeUp[column][border],
                    kBottomRight[border][border]};
  strokes.left = strokes.right = kVertical[border];
  strokes.between = strokes.between_newline = strokes.between_wrap = strokes.between_blank =
      kVertical[column];
  strokes.header_right = strokes.newline_right = "↵";
  strokes.wrap_left = strokes.wrap_right = "…";
  return strokes;
}

}  // namespace

Strokes strokes_of(LineStyle style, UnicodeWeights weights) {
  switch (style) {
    case LineStyle::Ascii:
      return ascii_strokes();
    case LineStyle::OldAscii:
      return old_ascii_strokes();
    case LineStyle::Unicode:
      return unicode_strokes(weights);
  }
  return ascii_strokes();
}

}  // namespace rowan::shell
