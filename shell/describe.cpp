// shell/describe.cpp: \d and its family, from pg_catalog.
#include "shell/commands.h"

namespace rowan::shell {

bool is_describe_command(std::string_view name) { return !name.empty() && name[0] == 'd'; }

bool run_describe(CommandCall& call) {
  call.shell.complain("not there");
  return false;
}

}  // namespace rowan::shell
