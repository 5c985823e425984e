// Sessions that change definitions beside each other: each works on what the one before it left, whatever it
// had looked up before it waited.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/rowan.hpp"

namespace rowan {
namespace {

class DefinitionsTest : public testing::Test {
 protected:
  DefinitionsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rowan-definitions-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~DefinitionsTest() override { std::filesystem::remove_all(folder_); }

  Database open() {
    OpenOptions options;
    options.pool_bytes = size_t{4} << 20;
    return Database::open(folder_ + "/d.rowan", options).value();
  }

  std::string folder_;
};

std::string outcome_of(const Result<>& result) {
  return result.ok() ? "ok" : std::string(result.error().state().text());
}

int64_t value_of(Connection& connection, std::string_view sql) {
  Rows rows = connection.query(sql).value();
  EXPECT_TRUE(rows.next().value()) << sql;
  return rows.int64(0);
}

void expect_sound(Database& database) {
  for (const std::string& finding : database.check().value()) ADD_FAILURE() << finding;
}

// Runs `sql` in a session of its own, which has to wait for `first`; that goes on with `then` once it does.
std::string wait_behind(Database& database, Connection& first, const std::string& sql,
                        const std::string& then) {
  Connection second = database.connect().value();
  std::string pid = std::to_string(value_of(second, "SELECT pg_backend_pid()"));
  std::string state;
  std::atomic<bool> is_over{false};
  std::thread waiting([&] {
    state = outcome_of(second.execute(sql));
    is_over = true;
  });
  std::string waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = " + pid;
  while (value_of(first, waits) == 0 && !is_over) std::this_thread::yield();
  first.execute(then).value();
  waiting.join();
  return state;
}

TEST_F(DefinitionsTest, WhatIsMeantIsWhatTheNameSaysAfterTheWait) {
  struct Case {
    const char *first, *second, *state;
  } cases[] = {
      {"DROP TABLE t", "DROP TABLE t", "42P01"},
      {"DROP INDEX i", "DROP INDEX i", "42704"},
      {"DROP TABLE t", "DROP INDEX i", "42704"},
      {"DROP TABLE t", "ALTER TABLE t RENAME TO u", "42P01"},
      {"DROP INDEX i", "ALTER INDEX i RENAME TO k", "42P01"},
      {"DROP VIEW v", "ALTER VIEW v RENAME TO w", "42P01"},
      {"DROP VIEW v", "DROP VIEW v", "42P01"},
      {"DROP SEQUENCE s", "ALTER SEQUENCE s INCREMENT 5", "42P01"},
      {"DROP SEQUENCE s", "ALTER SEQUENCE s RENAME TO r", "42P01"},
      {"DROP VIEW v", "CREATE OR REPLACE VIEW v AS SELECT b FROM t", "ok"},
      {"TRUNCATE t", "DROP INDEX i", "ok"},
      {"DROP TABLE t; CREATE TABLE t (a int)", "DROP TABLE t", "ok"},
      {"ALTER TABLE t ADD COLUMN c int", "ALTER TABLE t RENAME TO u", "ok"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.first) + " | " + c.second);
    Database database = Database::open(":memory:").value();
    Connection first = database.connect().value();
    first
        .execute(
            "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a); INSERT INTO t VALUES (1, 2); CREATE "
            "SEQUENCE "
            "s; CREATE TABLE o (a int); CREATE VIEW v AS SELECT a FROM o")
        .value();
    first.execute("BEGIN; " + std::string(c.first)).value();
    EXPECT_EQ(wait_behind(database, first, c.second, "COMMIT"), c.state);
    expect_sound(database);
  }
}

// Whoever waited for a table that was made anew meanwhile holds the new one: or another empties that while
// our rows are on their way into it.
TEST_F(DefinitionsTest, WhoWaitedHoldsTheTableThatIsThereNow) {
  using Action = Result<> (*)(Connection&);
  Action actions[] = {
      [](Connection& c) { return c.execute("COPY t FROM STDIN"); },
      [](Connection& c) -> Result<> {
        Result<Appender> appender = Appender::open(c, "t");
        if (!appender.ok()) return std::move(appender).error();
        Result<> appended = appender->append(1);
        if (appended.ok()) appended = appender->end_row();
        return appended.ok() ? appender->finish() : appended;
      },
      [](Connection& c) { return c.execute("LOCK TABLE t IN ROW EXCLUSIVE MODE; INSERT INTO t VALUES (1)"); },
      [](Connection& c) { return c.execute("INSERT INTO t VALUES (1)"); },
  };
  for (size_t i = 0; i < std::size(actions); ++i) {
    SCOPED_TRACE(i);
    Action action = actions[i];
    Database database = Database::open(":memory:").value();
    Connection first = database.connect().value(), second = database.connect().value();
    std::string data = "1\n";
    second.on_copy([&]() -> Result<std::string> { return std::exchange(data, ""); },
                   [](std::string_view) -> Result<> { return {}; });
    first.execute("CREATE TABLE t (a int)").value();
    first.execute("BEGIN; DROP TABLE t; CREATE TABLE t (a int)").value();
    second.execute("BEGIN").value();
    std::string pid = std::to_string(value_of(second, "SELECT pg_backend_pid()"));
    std::atomic<bool> is_over{false};
    std::thread waiting([&] {
      EXPECT_EQ(outcome_of(action(second)), "ok");
      is_over = true;
    });
    std::string waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = " + pid;
    while (value_of(first, waits) == 0 && !is_over) std::this_thread::yield();
    first.execute("COMMIT").value();
    waiting.join();
    EXPECT_EQ(value_of(first,
                       "SELECT count(*) FROM pg_locks WHERE granted AND relation = 't'::regclass AND "
                       "mode = 'RowExclusiveLock' AND pid = " +
                           pid),
              1);
    second.execute("COMMIT").value();
    EXPECT_EQ(value_of(first, "SELECT count(*) FROM t"), 1);
  }
}

// Each puts the table's list of indexes back as it knows it.
TEST_F(DefinitionsTest, TwoIndexesAtOnceAreBothTheTables) {
  Database database = Database::open(":memory:").value();
  Connection first = database.connect().value();
  first.execute("CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 1)").value();
  first.execute("BEGIN; CREATE UNIQUE INDEX a ON t (a)").value();
  EXPECT_EQ(wait_behind(database, first, "CREATE UNIQUE INDEX b ON t (b)", "COMMIT"), "ok");
  EXPECT_EQ(outcome_of(first.execute("INSERT INTO t VALUES (1, 2)")), "23505");
  EXPECT_EQ(outcome_of(first.execute("INSERT INTO t VALUES (2, 1)")), "23505");
  expect_sound(database);
}

// A table's definition names the foreign keys that refer to it: who takes one away changes it.
TEST_F(DefinitionsTest, AParentKeepsWhatAnotherAddsWhileItsChildGoes) {
  for (const char* end : {"DROP TABLE child", "ALTER TABLE child DROP CONSTRAINT k"}) {
    SCOPED_TRACE(end);
    Database database = Database::open(":memory:").value();
    Connection first = database.connect().value();
    first
        .execute(
            "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1); CREATE TABLE child (id "
            "int "
            "CONSTRAINT k REFERENCES parent)")
        .value();
    first.execute("BEGIN; " + std::string(end)).value();
    EXPECT_EQ(wait_behind(database, first,
                          "ALTER TABLE parent ADD COLUMN n int; INSERT INTO parent VALUES (2, 3)", "COMMIT"),
              "ok");
    EXPECT_EQ(value_of(first, "SELECT sum(n) FROM parent"), 3);
    expect_sound(database);
  }
}

// Whoever drops what another has just committed finds its row in the catalog's table. The makers are slow to
// run again once their commit is durable, which others see before they do.
TEST_F(DefinitionsTest, WhatWasDroppedStaysDropped) {
  constexpr int kPairs = 8, kRounds = 60;
  {
    Database database = open();
    std::vector<std::thread> threads;
    auto repeat = [&database](const std::string& sql) {
      Connection connection = database.connect().value();
      for (int i = 0; i < kRounds;) {
        if (connection.execute(sql).ok()) {
          ++i;
        } else {
          std::this_thread::yield();
        }
      }
    };
    for (int pair = 0; pair < kPairs; ++pair) {
      std::string name = "v" + std::to_string(pair);
      threads.emplace_back([repeat, name] {
        setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 19);
        repeat("CREATE VIEW " + name + " AS SELECT 1");
      });
      threads.emplace_back([repeat, name] { repeat("DROP VIEW " + name); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  Database database = open();
  Connection connection = database.connect().value();
  EXPECT_EQ(value_of(connection, "SELECT count(*) FROM pg_class WHERE relkind = 'v' AND relname LIKE 'v_'"),
            0);
}

}  // namespace
}  // namespace rowan
