// tests/histories/rounds.h: many short histories, one after the other, each judged at once. Each begins with
// an empty table, so lists stay short and judging takes less than playing.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/rowan.hpp"
#include "tests/histories/client.h"
#include "tests/histories/judge.h"
#include "txn/planted_race.h"

namespace rowan::history {

struct RoundsSetup {
  const Mix* mix = nullptr;
  Level judged = Level::Serializable;
  std::optional<Level> run;  // another than is judged
  int64_t threads = 8, keys = 8;
  int64_t transactions = 50;  // of each thread, a round
  uint64_t seed = 1;
  PlantedRace planted = PlantedRace::None;
  // A file for the database; "": in memory. With a file commits wait for its disk, and come to be seen later
  // than they are decided. What is planted needs one.
  std::string path;
  std::string keep;  // a folder for the histories, as texts; "": they are not kept
};

// PlantedRace by its name, "FirstUpdaterWins"; nothing: there is no such.
std::optional<PlantedRace> find_planted(const std::string& name);

struct Totals {
  uint64_t rounds = 0, committed = 0, given_up = 0;
  uint64_t ww = 0, wr = 0, rw = 0, absent_reads = 0, vague_reads = 0;
  std::map<std::string, uint64_t> aborts;  // by SQLSTATE
  std::map<std::string, uint64_t> found;
  std::map<std::string, std::string> examples;  // the first of each
  std::vector<std::string> failures;            // what went wrong otherwise

  uint64_t aborted() const;
  // What was found that the level forbids.
  std::map<std::string, uint64_t> forbidden_of(const RoundsSetup& setup) const;
};

class Rounds {
 public:
  explicit Rounds(const RoundsSetup& setup);
  ~Rounds();

  // Plays and judges one more.
  void play();
  // What they have come to so far.
  const Totals& totals() const { return totals_; }
  std::map<std::string, uint64_t> forbidden() const { return totals_.forbidden_of(setup_); }
  // Database::check; once, at the end.
  std::vector<std::string> check() { return database_->check().value(); }

 private:
  struct Held;  // the instance with something planted
  void gather(const History& history, const Lists& final_lists);

  RoundsSetup setup_;
  std::unique_ptr<Held> held_;
  std::optional<Database> database_;
  std::optional<Connection> connection_;
  std::atomic<Tick> clock_{1};
  std::vector<std::unique_ptr<Client>> clients_;
  Totals totals_;
};

// Lines of a Markdown table.
std::string table_head();
std::string table_line(const RoundsSetup& setup, const Totals& totals);

}  // namespace rowan::history
