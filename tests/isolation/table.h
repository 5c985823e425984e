// tests/isolation/table.h: rows as libpq's PQprint aligns them: numbers to the right, the rest to the left.
#pragma once

#include <string>

#include "tests/isolation/session.h"

namespace rowan::isolation {

void print_table(const Answer& answer, std::string& out);

}  // namespace rowan::isolation
