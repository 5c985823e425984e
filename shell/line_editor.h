// shell/line_editor.h: lines typed by a person: readline with history and completion. The one file that knows
// readline (GPL); librowan never links it.
#pragma once

#include <memory>
#include <string>

#include "api/rowan.hpp"
#include "shell/line_source.h"

namespace rowan::shell {

// `history_file` "": none is kept. Completion asks `connection` for tables and columns; both must outlive the
// editor.
std::unique_ptr<LineSource> make_line_editor(Connection& connection, std::string history_file);

}  // namespace rowan::shell
