// shell/arguments.h: the arguments of a backslash command: words, 'quoted' with escapes, "quoted" kept as
// typed, `backquoted` run by the system's shell, :variables replaced. The next backslash outside quotes
// begins another command.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shell/variables.h"

namespace rowan::shell {

class Arguments {
 public:
  // `line` is what follows the command's name.
  Arguments(std::string_view line, const Variables& variables) : line_(line), variables_(variables) {}

  // The next argument, or nullopt at the end.
  std::optional<std::string> next();
  // The next argument as a name: unquoted parts in lower case, double quotes taken off.
  std::optional<std::string> next_identifier();
  // All the rest of the line as it is, without blanks around it; "" for none.
  std::string whole_rest();
  std::vector<std::string> all();
  // Bytes of the line used up, the "\\" separator included.
  size_t finish();

 private:
  std::optional<std::string> take(bool keep_double_quotes, bool fold);

  std::string_view line_;
  size_t position_ = 0;
  const Variables& variables_;
};

// What `command` prints, its last newline taken off; "" when it cannot be run.
std::string run_backquoted(const std::string& command);

}  // namespace rowan::shell
