// world.h: a database over a simulated disk, spoken to in SQL, with nothing going on behind its back: the
// same statements do the same operations on the disk, every time.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/check.h"
#include "api/instance.h"
#include "api/session_core.h"
#include "parser/parser.h"
#include "storage/file/sim_fs.h"
#include "tests/crash/dice.h"
#include "types/try.h"

namespace rowan::sql_crash {

using PlantedBug = StorageOptions::PlantedBug;
using Lines = std::vector<std::string>;

// What one database looks like to a user: relations and rows, order apart.
struct State {
  uint64_t hash = 0;
  std::string summary;  // "account 31, entry 12"
  bool operator==(const State& other) const { return hash == other.hash; }
};

class World {
 public:
  // `disk` nullptr: a database in memory.
  World(SimFs* disk, uint64_t seed, PlantedBug bug, std::string path = "/bank.rowan") : random_(seed) {
    parts_.files = disk;
    parts_.clock = &clock_;
    parts_.random = &random_;
    parts_.has_background = false;
    parts_.storage.log.segment_bytes = 256u << 10;
    parts_.storage.log.buffer_bytes = 256u << 10;
    parts_.storage.ring_bytes = 1;           // the least: it laps often
    parts_.storage.items_per_page_max = 12;  // pages split and fill all the time
    parts_.storage.checkpoint_bytes = 2u << 20;
    parts_.storage.planted_bug = bug;
    options_.pool_bytes = 20 * kPageSize;  // pages leave all the time
    parts_.storage.backup_portion_bytes = 3 * kPageSize;
    path_ = disk == nullptr ? ":memory:" : std::move(path);
  }
  ~World() { drop(); }

  Result<> open() {
    instance_ = TRY(Instance::open(path_, options_, parts_));
    session_ = TRY(SessionCore::open(instance_));
    return {};
  }
  Result<> close() {
    session_.reset();
    Result<> closed = instance_->close();
    instance_.reset();
    return closed;
  }
  // As close(), whatever the disk says to it.
  void drop() {
    session_.reset();
    instance_.reset();
  }
  Instance& instance() { return *instance_; }
  Result<std::vector<std::string>> check() { return check_instance(instance_); }

  // One transaction, or one that the text itself begins and ends. After an error none is open.
  Result<> run(std::string_view sql, std::string_view copied = {}) {
    session_->copy_read = [rest = std::string(copied)]() mutable -> Result<std::string> {
      return std::exchange(rest, "");
    };
    Result<> done = run_script(sql);
    if (session_->status() != TransactionStatus::Idle) {
      Result<> rolled_back = run_script("ROLLBACK");
      if (done.ok()) return rolled_back;
    }
    return done;
  }

  // A line a row, columns between bars, sorted.
  Result<Lines> rows(std::string_view sql) {
    std::shared_ptr<ParsedStatement> parsed = TRY(parse_statement(sql));
    ResultStreamPtr stream = TRY(session_->begin_statement(std::move(parsed), {}, nullptr));
    Lines lines;
    while (TRY(session_->next(*stream))) {
      for (uint32_t i = 0; i < stream->batch->row_count(); ++i) {
        std::string& line = lines.emplace_back();
        for (const Vector& column : stream->batch->columns()) {
          format_row(column, stream->batch->row(i), session_->eval(), line);
          line += '|';
        }
      }
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  // Relations whose names begin with "zz" are the inspector's own.
  Result<State> state() {
    Lines relations = TRY(rows(
        "SELECT relname, relkind FROM pg_class WHERE relnamespace = 2200 AND relkind IN ('r', 'i', 'v', 'S') "
        "AND relname NOT LIKE 'zz%'"));
    State state;
    std::string all;
    for (const std::string& relation : relations) {
      all += relation + "\n";
      size_t bar = relation.find('|');
      if (relation[bar + 1] != 'r') continue;
      std::string name = relation.substr(0, bar);
      Lines lines = TRY(rows("SELECT * FROM " + name));
      state.summary += name + " " + std::to_string(lines.size()) + ", ";
      for (const std::string& line : lines) all += line + "\n";
    }
    state.hash = std::hash<std::string>{}(all);
    return state;
  }

 private:
  Result<> run_script(std::string_view sql) {
    ScriptReader reader(sql);
    std::vector<std::unique_ptr<ParsedStatement>> statements;
    while (std::unique_ptr<ParsedStatement> next = TRY(reader.next())) statements.push_back(std::move(next));
    return session_->run_script(std::move(statements));
  }

  FixedClock clock_;
  Dice random_;
  InstanceParts parts_;
  OpenOptions options_;
  std::string path_;
  std::shared_ptr<Instance> instance_;
  std::shared_ptr<SessionCore> session_;
};

}  // namespace rowan::sql_crash
