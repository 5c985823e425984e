// shell/error_text.h: an error as psql prints it: severity, message, LINE with a caret, DETAIL, HINT,
// CONTEXT.
#pragma once

#include <string>
#include <string_view>

#include "types/error.h"

namespace rowan::shell {

enum class Verbosity : uint8_t { Default, Terse, Verbose, SqlState };
enum class ShowContext : uint8_t { Never, Errors, Always };

// `prefix` stands before the first line ("rowan:FILE:LINE: " or ""). `offset` is where in `statement` the
// text begins whose positions the error counts. Ends with a newline.
std::string error_text(std::string_view severity, const Error& error, std::string_view statement,
                       std::string_view prefix, Verbosity verbosity, ShowContext context, size_t offset = 0);

}  // namespace rowan::shell
