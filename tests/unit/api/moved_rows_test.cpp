// Nothing that SQL tells changes when rows move: the same statements of several sessions, once left alone and
// then with all rows that can be moved before each of the statements in turn, end the same way.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "api/check.h"
#include "api/instance.h"
#include "api/session_core.h"
#include "parser/parser.h"
#include "storage/file/sim_fs.h"
#include "tests/crash/seeds.h"
#include "types/try.h"

namespace rowan {
namespace {

struct Said {
  const char* who;
  const char* sql;
};

class MovingWorld {
 public:
  MovingWorld() {
    InstanceParts parts;
    parts.files = &files_;
    parts.has_background = false;
    parts.storage.items_per_page_max = 8;
    instance_ = Instance::open("d", OpenOptions{}, parts).value();
    for (const char* sql :
         {"CREATE TABLE parent (id int PRIMARY KEY, n int, body text)", "CREATE INDEX ON parent (n)",
          "CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE ON UPDATE "
          "CASCADE, n int)",
          "CREATE INDEX ON child (parent)",
          "INSERT INTO parent SELECT i, i, CASE WHEN i % 3 = 0 THEN repeat('b', 3000) END FROM "
          "generate_series(1, 400) i",
          "INSERT INTO child SELECT i, i, i FROM generate_series(1, 400) i",
          "DELETE FROM child WHERE id < 391", "DELETE FROM parent WHERE id < 391",
          "INSERT INTO parent VALUES (1, 1), (2, 2)"})
      EXPECT_EQ(say("setup", sql), "") << sql;
    for (int round = 0; round < 3; ++round)
      static_cast<void>(instance_->cleaner().run([] { return true; }).ok());
  }

  // What it answers: rows, or the error.
  std::string say(const std::string& who, const std::string& sql) {
    std::shared_ptr<SessionCore>& session = sessions_[who];
    if (session == nullptr) {
      session = SessionCore::open(instance_).value();
      EXPECT_EQ(say(who, "SET lock_timeout = '1ms'"), "");  // of waits that have no end
    }
    Result<std::string> answer = ask(*session, sql);
    return answer.ok() ? *answer
                       : std::string(answer.error().state().text()) + " " + answer.error().message();
  }
  // Everything that can be moved is; false: nothing was.
  bool move_all() {
    for (int round = 0; round < 200 && instance_->tend(); ++round) {
    }
    instance_->tend();
    bool any = false;
    for (const catalog::TablePtr& table : instance_->catalog().newest()->tables())
      any |= instance_->relations().heap(*table).value()->has_moved_rows();
    return any;
  }
  std::vector<std::string> check() { return check_instance(instance_).value(); }

 private:
  static Result<std::string> ask(SessionCore& session, const std::string& sql) {
    std::shared_ptr<ParsedStatement> parsed = TRY(parse_statement(sql));
    ResultStreamPtr stream = TRY(session.begin_statement(std::move(parsed), {}, nullptr));
    std::string answer;
    while (TRY(session.next(*stream)))
      for (uint32_t i = 0; i < stream->batch->row_count(); ++i) {
        for (const Vector& column : stream->batch->columns())
          answer += format_value(column.value(stream->batch->row(i)), session.eval()) + ",";
        answer += ";";
      }
    return answer;
  }

  SimFs files_;
  std::shared_ptr<Instance> instance_;
  std::map<std::string, std::shared_ptr<SessionCore>> sessions_;
};

std::vector<std::string> play(const std::vector<Said>& script, size_t move_before, uint32_t& moves) {
  MovingWorld world;
  std::vector<std::string> answers;
  for (size_t i = 0; i < script.size(); ++i) {
    if (i == move_before) moves += world.move_all() ? 1 : 0;
    answers.push_back(std::string(script[i].sql) + ": " + world.say(script[i].who, script[i].sql));
  }
  for (const char* sql : {"SELECT id, n, length(body) FROM parent ORDER BY id",
                          "SELECT * FROM child ORDER BY id", "SELECT count(*) FROM parent WHERE n > 0"})
    answers.push_back(world.say("at the end", sql));
  for (const std::string& finding : world.check()) ADD_FAILURE() << finding;
  return answers;
}

void expect_no_difference(const std::vector<Said>& script) {
  uint32_t moves = 0;
  std::vector<std::string> alone = play(script, script.size(), moves);
  for (size_t at = 0; at < script.size(); at += kSanitizerShare) {
    SCOPED_TRACE("moved before: " + std::string(script[at].sql));
    EXPECT_EQ(play(script, at, moves), alone);
  }
  EXPECT_GT(moves, 0u);
}

constexpr const char* kRepeatable = "BEGIN ISOLATION LEVEL REPEATABLE READ";
constexpr const char* kCommitted = "BEGIN ISOLATION LEVEL READ COMMITTED";
constexpr const char* kLook = "SELECT sum(n), count(*) FROM parent";
constexpr const char* kParents = "SELECT id, n FROM parent WHERE id > 390 ORDER BY id";
constexpr const char* kChildren = "SELECT id, parent, n FROM child ORDER BY id";

TEST(MovedRows, RepeatableReadWritesWhatItSees) {
  expect_no_difference({{"a", kRepeatable},
                        {"a", kLook},
                        {"a", "UPDATE parent SET n = n + 1 WHERE id = 395"},
                        {"a", kParents},
                        {"a", "SAVEPOINT s"},
                        {"a", "UPDATE parent SET n = n + 10, id = id + 1000 WHERE id IN (395, 396)"},
                        {"a", "SELECT id, n FROM parent WHERE n > 394 ORDER BY id"},
                        {"a", kChildren},
                        {"a", "ROLLBACK TO s"},
                        {"a", kParents},
                        {"a", "DELETE FROM parent WHERE id = 397"},
                        {"a", kParents},
                        {"a", kChildren},
                        {"b", kParents},
                        {"a", "COMMIT"}});
}

TEST(MovedRows, RepeatableReadSeesItsCascades) {
  expect_no_difference({{"a", kRepeatable},
                        {"a", kLook},
                        {"a", "UPDATE parent SET id = 1395 WHERE id = 395"},
                        {"a", "DELETE FROM parent WHERE id = 396"},
                        {"a", kChildren},
                        {"a", "SELECT id, n FROM child WHERE parent IN (395, 396, 1395) ORDER BY id"},
                        {"a", "UPDATE parent SET id = 2395 WHERE id = 1395"},
                        {"a", kChildren},
                        {"a", "COMMIT"}});
}

TEST(MovedRows, ForeignKeysFindWhatTheTransactionHasWritten) {
  expect_no_difference({{"a", kRepeatable},
                        {"a", kLook},
                        {"a", "UPDATE parent SET n = 0 WHERE id = 395"},
                        {"a", "UPDATE child SET n = 0 WHERE parent = 396"},
                        {"a", "INSERT INTO child VALUES (900, 395, 1)"},
                        {"a", "INSERT INTO child VALUES (901, 394, 1)"},
                        {"a", "DELETE FROM parent WHERE id = 396"},
                        {"a", "UPDATE parent SET id = 1000 WHERE id = 395"},
                        {"a", kChildren},
                        {"a", "INSERT INTO child VALUES (902, 396, 1)"},
                        {"a", "ROLLBACK"}});
}

TEST(MovedRows, LocksAndConflictsAreFound) {
  expect_no_difference(
      {{"a", kRepeatable},
       {"a", kLook},
       {"a", "SELECT n FROM parent WHERE id = 395 FOR UPDATE"},
       {"b", "UPDATE parent SET n = 0 WHERE id = 395"},
       {"b", "SELECT id FROM parent WHERE id > 393 ORDER BY id FOR UPDATE SKIP LOCKED"},
       {"b", "SELECT id FROM parent WHERE id = 395 FOR KEY SHARE NOWAIT"},
       {"a", "INSERT INTO parent VALUES (395, 7), (396, 8) ON CONFLICT (id) DO NOTHING"},
       {"a",
        "INSERT INTO parent VALUES (395, 7), (397, 8), (997, 9) ON CONFLICT (id) DO UPDATE "
        "SET n = parent.n + excluded.n"},
       {"a", kParents},
       {"a", "INSERT INTO parent VALUES (396, 7), (396, 8) ON CONFLICT (id) DO UPDATE SET n = 1"},
       {"a", "ROLLBACK"},
       {"b", "INSERT INTO parent VALUES (398, 1)"},
       {"b", kParents}});
}

TEST(MovedRows, LostRacesAreLostAndOthersAreNot) {
  expect_no_difference({{"a", kRepeatable},
                        {"a", kLook},
                        {"b", kRepeatable},
                        {"b", kLook},
                        {"c", "UPDATE parent SET n = 1000 WHERE id = 395"},
                        {"c", "DELETE FROM parent WHERE id = 396"},
                        {"a", "SELECT id FROM parent WHERE id = 395 FOR KEY SHARE"},
                        {"a", kParents},
                        {"a", "INSERT INTO child VALUES (900, 395, 1)"},
                        {"a", "UPDATE parent SET n = 1 WHERE id = 397"},
                        {"b", "UPDATE parent SET n = 1 WHERE id = 398"},
                        {"b", "DELETE FROM parent WHERE id = 395"},
                        {"b", "ROLLBACK"},
                        {"a", "UPDATE parent SET n = 1 WHERE id = 396"},
                        {"a", "ROLLBACK"}});
}

TEST(MovedRows, WritersInProgressAreInTheWay) {
  expect_no_difference(
      {{"a", kRepeatable},
       {"a", kLook},
       {"b", kCommitted},
       {"b", "UPDATE parent SET n = 1000 WHERE id = 395"},
       {"b", "DELETE FROM child WHERE id = 396"},
       {"a", "SELECT id FROM parent WHERE id = 395 FOR KEY SHARE NOWAIT"},
       {"a", "SELECT id FROM parent WHERE id IN (395, 397) ORDER BY id FOR UPDATE SKIP LOCKED"},
       {"a", "INSERT INTO child VALUES (900, 395, 1)"},
       {"b", "ROLLBACK"},
       {"a", "UPDATE parent SET n = 2 WHERE id = 395"},
       {"a", kParents},
       {"a", "COMMIT"}});
}

}  // namespace
}  // namespace rowan
