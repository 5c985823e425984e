// tests/histories/client.h: one session that runs random transactions over a few keys and notes what it did
// and saw.
//
//   list (k int PRIMARY KEY, grp int, v text), an index on grp; v is a list "1,2,3", or one value
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/rowan.hpp"
#include "tests/histories/history.h"
#include "tests/histories/judge.h"

namespace rowan::history {

enum class Step : uint8_t {
  Read,        // by primary key
  ReadLocked,  // FOR UPDATE
  ReadGroup,   // through the secondary index: rows that are there, and keys that are not
  ReadAll,
  Append,        // UPDATE v = v || x, or else INSERT
  Upsert,        // INSERT ... ON CONFLICT DO UPDATE
  InsertAbsent,  // reads, and inserts where it saw no row
  Delete,
  Reinsert,   // deletes, and inserts what was there with one more
  WriteBack,  // reads, and writes back what it saw with one more
  Savepoint   // one of the others, rolled back or not
};

struct Mix {
  const char* name;
  bool has_lists;  // else registers: what appends replaces instead
  bool scans;      // every fourth client may plan sequential scans, which read all keys at once
  std::vector<std::pair<Step, int>> weights;

  bool leaves_absent() const;  // may a transaction take a row away for good?
};
const std::vector<Mix>& mixes();
const Mix* find_mix(std::string_view name);

void create_table(Database& database);
Lists read_lists(Connection& connection);

class Client {
 public:
  struct Setup {
    const Mix* mix = nullptr;
    Level level = Level::Serializable;
    int64_t keys = 8;
    int64_t clients = 8;
    uint64_t seed = 1;
  };
  // The `number` of `setup.clients`, from 0. `clock` is shared by all and outlives this.
  Client(Database& database, std::atomic<Tick>& clock, int64_t number, const Setup& setup);

  // Lost races end a transaction; anything else that fails is kept as a failure.
  void random_transaction();

  // --- By hand ---
  Result<> begin(bool is_read_only = false);
  Result<> commit();
  void roll_back();
  Result<> take(Step step, int64_t key);

  // What it has done since the last call.
  History take_history();
  const std::map<std::string, uint64_t>& aborts() const { return aborts_; }  // by SQLSTATE
  const std::vector<std::string>& failures() const { return failures_; }
  uint64_t committed() const { return committed_; }
  uint64_t given_up() const { return given_up_; }  // rolled back for no reason

 private:
  using Kind = Operation::Kind;
  int64_t draw(int64_t below);
  int64_t draw_value();
  Step draw_step(bool only_reads);
  Tick tick() { return clock_.fetch_add(1); }
  int64_t group(int64_t key) const { return key % groups_; }
  Statement prepare(const char* sql) { return connection_.prepare(sql).value(); }

  // Runs `statement` and hands over its rows (k, v); afterwards snapshot_from_ and snapshot_to_ say when it
  // looked.
  using Seen = std::vector<std::pair<int64_t, List>>;
  Result<Seen> run(Statement& statement);
  void note_read(int64_t key, List seen, bool is_twice = false);
  void note_write(Kind kind, int64_t key, int64_t value, List seen);

  Result<List> read(Statement& statement, int64_t key, bool notes_absent);
  Result<> read_many(Statement& statement, int64_t first, int64_t distance);
  Result<bool> update(int64_t key);
  Result<> insert(int64_t key, const List& before);
  Result<> upsert(int64_t key, std::optional<List> before);
  Result<bool> remove(int64_t key, List* before = nullptr);
  Result<> in_savepoint(int64_t key);
  void keep(bool committed);

  std::atomic<Tick>& clock_;
  Connection connection_;
  Setup setup_;
  int64_t groups_;
  int64_t number_;
  uint64_t state_;
  int64_t next_value_ = 1;
  bool has_lists_, sees_all_;  // sees_all_: a statement that found no row has seen that there was none
  Statement read_, read_locked_, read_group_, read_all_, update_, insert_, upsert_, replace_, delete_;
  // Between which ticks the snapshot was taken, 0: not yet; and the last statement's end.
  Tick snapshot_from_ = 0, snapshot_to_ = 0, read_to_ = 0;
  Transaction current_, undone_;
  History history_;
  std::map<std::string, uint64_t> aborts_;
  std::vector<std::string> failures_;
  uint64_t committed_ = 0, given_up_ = 0;
};

}  // namespace rowan::history
