// shell/commands.h: the backslash commands, by name.
#pragma once

#include <span>
#include <string_view>

#include "shell/shell.h"

namespace rowan::shell {

struct CommandCall {
  Shell& shell;
  std::string_view name;  // as typed: \d+ and \dt come to one function
  Arguments& arguments;
  std::string& statement;  // what is typed of the next statement
  Outcome& outcome;
};

struct CommandEntry {
  std::string_view name;
  bool (*run)(CommandCall& call);  // false: it failed and said so
  std::string_view arguments;      // for \?
  std::string_view help;
};

std::span<const CommandEntry> command_table();

// \d and its family (shell/describe.cpp): true for names it takes.
bool is_describe_command(std::string_view name);
bool run_describe(CommandCall& call);

}  // namespace rowan::shell
