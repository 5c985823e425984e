// shell/cell_cursor.h: one cell on its way down the paper: its lines, each cut where the column ends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shell/display_width.h"

namespace rowan::shell {

class CellCursor {
 public:
  // How the text goes on: on the same line, cut by the column's width, or after a newline of its own.
  enum class Continued : uint8_t { No, Wrapped, AfterNewline };

  // Borrows `text`.
  explicit CellCursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return is_begun_ && is_line_done_ && !line_.has_next; }
  // How the piece that take() will give hangs on what it gave before.
  Continued continued() const {
    if (!is_begun_ || at_end()) return Continued::No;
    return is_line_done_ ? Continued::AfterNewline : Continued::Wrapped;
  }
  // The next piece, of `columns` at most, good until the next call. Not at the end.
  DisplayLine take(size_t columns) {
    if (is_line_done_) {
      line_ = take_line(rest_, room_);
      offset_ = 0;
      is_begun_ = true;
    }
    std::string_view shown = line_.is_spelt_out ? std::string_view(room_) : line_.bytes;
    DisplayLine piece = offset_ == 0 && line_.width <= columns
                            ? DisplayLine{shown, line_.width}
                            : leading_columns(shown.substr(offset_), columns);
    offset_ += piece.text.size();
    is_line_done_ = offset_ >= shown.size();
    return piece;
  }

 private:
  std::string_view rest_;  // behind the line at hand
  TakenLine line_;
  std::string room_;
  size_t offset_ = 0;  // in the line as it is shown
  bool is_begun_ = false, is_line_done_ = true;
};

}  // namespace rowan::shell
