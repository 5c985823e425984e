// tests/isolation/player.h: plays a spec and prints what PostgreSQL's isolationtester prints.
#pragma once

#include <string>

#include "api/rowan.hpp"
#include "tests/isolation/spec.h"

namespace rowan::isolation {

// The text of an expected file. Errors: those of set-ups and tear-downs, or of a permutation whose steps hold
// each other up for ever.
Result<std::string> play(const Spec& spec, Database& database);

}  // namespace rowan::isolation
