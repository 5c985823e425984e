// shell/arguments.h: the arguments of a backslash command: words, 'quoted' with escapes, "quoted" kept as
// typed, `backquoted` run by the system's shell, :variables replaced. The next backslash outside quotes
// begins another command.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shell/variables.h"

namespace rowan::shell {

class Arguments {
 public:
  // `line` is what follows the command's name; `complain` is told of quotes without an end.
  Arguments(std::string_view line, const Variables& variables, std::function<void(std::string_view)> complain)
      : line_(line), variables_(variables), complain_(std::move(complain)) {}

  // The next argument, or nullopt at the end.
  std::optional<std::string> next();
  // Was any part of the argument just given quoted?
  bool was_quoted() const { return was_quoted_; }
  // The next argument; a "|" takes all the rest of the line with it, as it is.
  std::optional<std::string> next_file_or_pipe();
  // All the rest of the line as it is, without blanks around it; "" for none.
  std::string whole_rest();
  std::vector<std::string> all();
  // Gives arguments from now on, but runs and replaces nothing: they belong to a branch that is not taken, or
  // to nobody.
  void stop_evaluating() { evaluates_ = false; }
  // Bytes of the line used up by the command and its arguments, the "\\" separator included.
  size_t finish();

 private:
  void skip_blanks();
  bool take_quoted(char quote, std::string& argument);
  std::string run_backquoted(std::string_view command) const;

  std::string_view line_;
  size_t position_ = 0;
  const Variables& variables_;
  std::function<void(std::string_view)> complain_;
  bool was_quoted_ = false;
  bool evaluates_ = true;
};

// What `command` prints, its last newline taken off; "" when it cannot be run or fails.
std::string output_of(const std::string& command);

}  // namespace rowan::shell
