// tests/slt/runner.h: runs a script on a database of its own, through the embedded API.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/slt/script.h"

namespace rowan::slt {

// A record that did not go as the script says. `what` and `key` are those of a baseline: error with the
// SQLSTATE, wrong with "count:digest", noerror, columns, label.
struct Failure {
  size_t line = 0;
  std::string what, key, detail;
};

struct Report {
  size_t records = 0, run = 0, passed = 0, skipped = 0;
  std::vector<Failure> failures;
};

// `database`: a path for a fresh database file or ":memory:". `rewritten`: nullptr, or receives the script
// with the expectations that Rowan's answers call for.
Report run_script(const Script& script, const std::string& database, std::string* rewritten);

}  // namespace rowan::slt
