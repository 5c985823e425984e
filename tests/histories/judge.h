// tests/histories/judge.h: which anomalies a history shows, and what each level forbids.
//
// From the versions that were read follow the edges between transactions (tests/histories/cycles.h); cycles
// are anomalies. Sources: Kingsbury and Alvaro, Elle (VLDB 2020); Adya's thesis for the names.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "tests/histories/history.h"

namespace rowan::history {

enum class Level : uint8_t { ReadCommitted, RepeatableRead, Serializable };
const char* level_name(Level level);  // "READ COMMITTED"
const std::set<std::string>& forbidden(Level level);

struct Verdict {
  // How often each was found. Besides the cycles: "G1a" what was rolled back was read or stayed, "G1b" a
  // state between two writes of one transaction was read, "order" what was read contradicts the order of
  // versions, "stale" a read saw what was replaced before it began, or what was not committed when it ended,
  // "own" a transaction missed its own work, "internal" it read a key twice and saw others' work in between,
  // "twice" it saw two rows of one key, "lost update" it replaced a version that came after the one it had
  // read, "lost" what was committed last is not there at the end.
  std::map<std::string, int> found;
  std::map<std::string, std::string> examples;  // in words, of cycles and of some others
  uint64_t ww = 0, wr = 0, rw = 0;              // edges, each counted once between two transactions
  // Of the reads that saw no row, those of which it is not known between which two lives of their key they
  // came. They stand before the last of these and after the first.
  uint64_t absent_reads = 0, vague_reads = 0;

  bool has_any(const std::set<std::string>& names) const;
};

// `has_lists`: keys hold lists; else registers. `final_lists`: what stood there in the end.
Verdict judge(const History& history, const Lists& final_lists, bool has_lists);

// The history as other checkers read it (Versions::to_text).
std::string to_text(const History& history, bool has_lists);

}  // namespace rowan::history
