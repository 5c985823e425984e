// workload.h: what the database is doing when the machine stops: a list of steps that follows from a seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rowan::sql_crash {

struct Step {
  enum class Kind : uint8_t {
    Sql,     // `sql`, with `copied` for its COPY FROM STDIN
    Tend,    // a round of the background: cleaning, freeing
    Reopen,  // a clean close, and open again
  };
  Kind kind = Kind::Sql;
  std::string sql;
  std::string copied;
  bool waits = true;  // for the disk, at its commit
};

// Tables, indexes, then inserts, updates, deletes with cascades, savepoints, rollbacks, DDL, bulk loads,
// checkpoints and cleaning, by the toss of dice.
std::vector<Step> make_workload(uint64_t seed, size_t steps);

// Most of a full table is deleted at random, then rounds of the background move what is left, long values
// with it, and index pages, between a few writes. The first kFillingSteps fill it.
inline constexpr size_t kFillingSteps = 5;
std::vector<Step> make_moving_workload(uint64_t seed);

}  // namespace rowan::sql_crash
