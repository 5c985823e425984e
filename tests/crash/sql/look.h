// look.h: one step of a workload, and the looks that a database gets after a bad day.
#pragma once

#include <string>

#include "tests/crash/sql/workload.h"
#include "tests/crash/sql/world.h"

namespace rowan::sql_crash {

std::string text_of(const Error& error);

Result<> run_step(World& world, const Step& step);

// `check`, then each question by index and by table: "" or what is wrong.
Result<std::string> check_all(World& world);

// A new relation, a new row under a number of the sequence, a clean close, a new opening: what was there
// `before` is still there. "" or what is wrong.
Result<std::string> live_on(World& world, const State& before);

}  // namespace rowan::sql_crash
