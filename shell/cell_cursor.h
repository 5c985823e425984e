// shell/cell_cursor.h: one cell on its way down the paper: its lines, each cut where the column ends.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shell/display_width.h"

namespace rowan::shell {

class CellCursor {
 public:
  // How the text goes on: on the same line, cut by the column's width, or after a newline of its own.
  enum class Continued : uint8_t { No, Wrapped, AfterNewline };

  explicit CellCursor(std::string_view text) : lines_(display_lines(text)) {}

  size_t width() const {
    size_t widest = 0;
    for (const DisplayLine& line : lines_) widest = std::max(widest, line.width);
    return widest;
  }
  size_t height() const { return lines_.size(); }
  bool at_end() const { return line_ == lines_.size(); }
  // How the piece that take() will give hangs on what it gave before.
  Continued continued() const {
    if (at_end()) return Continued::No;
    if (offset_ > 0) return Continued::Wrapped;
    return line_ > 0 ? Continued::AfterNewline : Continued::No;
  }
  // The next piece, of `columns` at most. Not at the end.
  DisplayLine take(size_t columns) {
    const DisplayLine& line = lines_[line_];
    std::string_view rest = std::string_view(line.text).substr(offset_);
    DisplayLine piece = offset_ == 0 && line.width <= columns ? line : leading_columns(rest, columns);
    offset_ += piece.text.size();
    if (offset_ >= line.text.size()) {
      ++line_;
      offset_ = 0;
    }
    return piece;
  }

 private:
  std::vector<DisplayLine> lines_;
  size_t line_ = 0;
  size_t offset_ = 0;
};

}  // namespace rowan::shell
