// A check beside writers: everything moves, nothing is broken, so nothing may be found.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <random>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

namespace rowan {
namespace {

// Keys change (entries come and go), transactions roll back, values lie out of line, leaves split, rows are
// deleted and their slots used again; the cleaner works behind them.
void write_until(Database& database, int who, const std::atomic<bool>& stop, std::atomic<int>& rounds) {
  Connection connection = database.connect().value();
  std::string mine = std::to_string(who);
  for (int round = 0; !stop.load(); ++round, ++rounds) {
    std::string n = std::to_string(round);
    std::string low = std::to_string(round % 200), high = std::to_string(round % 200 + 20);
    connection
        .execute("UPDATE item SET code = code + 1000, label = 'r" + n + "' WHERE owner = " + mine +
                 " AND id % 200 BETWEEN " + low + " AND " + high)
        .value();
    connection
        .execute("BEGIN; UPDATE item SET label = 'lost', body = repeat('l', 3000) WHERE owner = " + mine +
                 " AND id % 7 = 0; INSERT INTO item SELECT i, " + mine +
                 ", -i, 'never', NULL FROM "
                 "generate_series(" +
                 mine + "000000, " + mine + "000050) AS g(i); ROLLBACK")
        .value();
    connection
        .execute("UPDATE item SET body = repeat(md5(id::text || '" + n + "'), 120) WHERE owner = " + mine +
                 " AND id % 50 = " + std::to_string(round % 50))
        .value();
    connection
        .execute("DELETE FROM item WHERE owner = " + mine + " AND id % 40 = " + std::to_string(round % 40) +
                 "; INSERT INTO item SELECT i, " + mine + ", i * 10, 'n" + n +
                 "', repeat('b', 100) FROM generate_series(" + mine + "00000, " + mine +
                 "00400) AS g(i) "
                 "WHERE i % 40 = " +
                 std::to_string(round % 40) + " ON CONFLICT DO NOTHING")
        .value();
  }
}

TEST(CheckBesideWriters, FindsNothingWhereNothingIsBroken) {
  Database database = Database::open(":memory:").value();
  {
    Connection connection = database.connect().value();
    connection
        .execute(
            "CREATE TABLE owner (id int PRIMARY KEY); INSERT INTO owner VALUES (1), (2);"
            "CREATE TABLE item (id int PRIMARY KEY, owner int NOT NULL REFERENCES owner, code int, "
            "label text CHECK (label <> ''), body text);"
            "CREATE INDEX item_code ON item (code); CREATE INDEX item_label ON item USING hash (label);"
            "CREATE INDEX item_big ON item (upper(label)) WHERE code > 500;"
            "INSERT INTO item SELECT o.id * 100000 + i, o.id, i * 10, 'new', NULL FROM owner o, "
            "generate_series(0, 400) AS g(i)")
        .value();
  }
  std::atomic<bool> stop{false};
  std::atomic<int> rounds{0};
  std::thread first([&] { write_until(database, 1, stop, rounds); });
  std::thread second([&] { write_until(database, 2, stop, rounds); });
  for (int i = 0; i < 8 || rounds < 100; ++i) {
    Result<std::vector<std::string>> findings = database.check();
    EXPECT_TRUE(findings.ok()) << (findings.ok() ? "" : findings.error().message());
    if (findings.ok())
      for (const std::string& finding : *findings) ADD_FAILURE() << finding;
  }
  stop = true;
  first.join();
  second.join();
  for (const std::string& finding : database.check().value()) ADD_FAILURE() << finding;
}

// DROP leaves its pages to the background thread: while that frees them they are nobody's, and yet no leak.
TEST(CheckBesideTheBackground, DroppedTablesAreNoLeak) {
  Database database = Database::open(":memory:").value();
  for (int round = 0; round < 60; ++round) {
    {
      Connection connection = database.connect().value();
      std::string make, drop;
      for (int table = 0; table < 20; ++table) {
        std::string name = "t" + std::to_string(table);
        make += "CREATE TABLE " + name + " (id int PRIMARY KEY, v text UNIQUE); INSERT INTO " + name +
                " VALUES (1, 'a');";
        drop += "DROP TABLE " + name + ";";
      }
      connection.execute("BEGIN;" + make + "COMMIT; BEGIN;" + drop + "COMMIT").value();
    }
    for (const std::string& finding : database.check().value()) ADD_FAILURE() << finding;
  }
}

// Text that does not compress, of 300 to 20,000 bytes: in the page, out of line, in several pieces.
std::string some_text(std::mt19937& dice) {
  constexpr size_t kSizes[] = {320, 3200, 9600, 20000};
  std::string text(kSizes[dice() % 4], ' ');
  for (char& c : text) c = "0123456789abcdef"[dice() % 16];
  return text;
}

// One transaction of a few writes to rows that others write too; savepoints come and go, and who is refused
// (a deadlock) rolls back.
void change_values(Connection& connection, std::mt19937& dice) {
  auto run = [&](const std::string& sql) { return connection.execute(sql).ok(); };
  run("BEGIN");
  for (uint32_t i = 0, count = 1 + dice() % 3; i < count; ++i) {
    bool has_savepoint = dice() % 2 == 0;
    if (has_savepoint) run("SAVEPOINT s");
    std::string key = std::to_string(dice() % 60);
    uint32_t kind = dice() % 100;
    if (kind < 45) {
      std::string a = some_text(dice), b = some_text(dice);
      run("INSERT INTO t VALUES (" + key + ", '" + a + "', md5('" + a + "'), '" + b + "', md5('" + b +
          "'), 0) ON CONFLICT (k) DO UPDATE SET a = excluded.a, of_a = excluded.of_a");
    } else if (kind < 75) {
      std::string b = some_text(dice);
      run("UPDATE t SET b = '" + b + "', of_b = md5('" + b + "'), n = n + 1 WHERE k = " + key);
    } else if (kind < 90) {
      run("UPDATE t SET n = n + 1 WHERE k BETWEEN " + key + " AND " + key + " + 3");
    } else {
      run("DELETE FROM t WHERE k = " + key);
    }
    if (has_savepoint) run(dice() % 2 == 0 ? "ROLLBACK TO s" : "RELEASE s");
  }
  run(dice() % 5 == 0 ? "ROLLBACK" : "COMMIT");
  if (dice() % 200 == 0) run("CHECKPOINT");
}

// Versions of one row share values out of line, savepoints take some back, restores move them: in the end
// each value has its row and each row its own values.
void check_values_out_of_line(uint32_t seed) {
  constexpr int kWriters = 4, kTransactions = 600;
  // On a disk: who waits for its commit lets the others run.
  std::string pattern = (std::filesystem::temp_directory_path() / "rowan-values-XXXXXX").string();
  std::string folder = mkdtemp(pattern.data());
  Database database = Database::open(folder + "/t.rowan").value();
  database.connect()
      .value()
      .execute("CREATE TABLE t (k int PRIMARY KEY, a text, of_a text, b text, of_b text, n int)")
      .value();
  std::vector<std::thread> writers;
  for (uint32_t who = 0; who < kWriters; ++who) {
    writers.emplace_back([&database, seed, who] {
      Connection connection = database.connect().value();
      std::mt19937 dice(seed * 10 + who);
      for (int i = 0; i < kTransactions; ++i) change_values(connection, dice);
    });
  }
  for (std::thread& writer : writers) writer.join();
  {
    Connection reader = database.connect().value();
    Rows rows = reader.query("SELECT count(*) FROM t WHERE md5(a) <> of_a OR md5(b) <> of_b").value();
    ASSERT_TRUE(rows.next().value());
    EXPECT_EQ(rows.int64(0), 0);
    Rows all = reader.query("SELECT count(*), count(a), count(b) FROM t WHERE n > 0").value();
    ASSERT_TRUE(all.next().value());
    EXPECT_GT(all.int64(0), 0);  // the statements did something
    EXPECT_EQ(all.int64(1) + all.int64(2), 2 * all.int64(0));
  }
  // What nobody owns is looked for where no connection is open.
  for (const std::string& finding : database.check().value()) ADD_FAILURE() << finding;
  EXPECT_TRUE(database.close().ok());
  for (const std::string& finding : check_file(folder + "/t.rowan").value()) ADD_FAILURE() << finding;
  std::filesystem::remove_all(folder);
}

TEST(CheckBesideWriters, ValuesOutOfLineKeepTheirRows) {
  for (uint32_t seed = 3; seed < 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    check_values_out_of_line(seed);
  }
}

}  // namespace
}  // namespace rowan
