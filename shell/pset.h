// shell/pset.h: \pset and the options that are short for it.
#pragma once

#include <optional>
#include <string>

#include "shell/output.h"

namespace rowan::shell {

// Sets one output option. Returns what is wrong, "" when nothing is; `told` is what psql says of the new
// setting. No value: toggles what can be toggled, or just tells.
std::string pset_apply(OutputOptions& options, const std::string& name,
                       const std::optional<std::string>& value, std::string& told);

// All options, a line each.
std::string pset_listing(const OutputOptions& options);

}  // namespace rowan::shell
