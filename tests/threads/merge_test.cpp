// MERGE from several sessions on the same few keys: rows are changed, moved to another key and inserted under
// each other's hands, and no step may be lost or done twice.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

namespace rowan {
namespace {

int64_t figure_of(Connection& connection, std::string_view sql) {
  Rows rows = connection.query(sql).value();
  EXPECT_TRUE(rows.next().value()) << sql;
  return rows.int64(0);
}

// A row that has been counted up five times gives its key away; who waits for it then finds it joins no more.
constexpr std::string_view kCount =
    "MERGE INTO counter c USING (SELECT s.key FROM (VALUES ($1::int), ($2)) s(key) GROUP BY s.key) s ON "
    "c.key = s.key "
    "WHEN MATCHED AND c.n >= 5 THEN UPDATE SET key = nextval('fresh'), n = c.n + 1, words = c.words || ' "
    "moved on' "
    "WHEN MATCHED THEN UPDATE SET n = c.n + 1, words = 'counted by one who has waited for it, now ' || c.n + "
    "1 "
    "WHEN NOT MATCHED THEN INSERT VALUES (s.key, 1, 'begun with a text that does not lie in the vector')";

// Adds up what was counted. A key that another inserts at the same time is refused (23505), and rows taken in
// another order may end in a deadlock (40P01): both count nothing, the statement is undone.
void count_up(Database& database, unsigned seed, int64_t steps, std::atomic<int64_t>& counted) {
  Connection connection = database.connect().value();
  Statement merge = connection.prepare(kCount).value();
  std::mt19937 random(seed);
  for (int64_t step = 0; step < steps; ++step) {
    merge.bind(1, static_cast<int64_t>(random() % 6)).value();
    merge.bind(2, static_cast<int64_t>(random() % 6)).value();
    Result<uint64_t> done = merge.execute();
    if (done.ok())
      counted += static_cast<int64_t>(*done);
    else
      EXPECT_TRUE(done.error().state() == sqlstate::unique_violation ||
                  done.error().state() == sqlstate::deadlock_detected)
          << done.error().message();
  }
}

TEST(MergeBesideMerge, LosesNothingAndDoesNothingTwice) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection
      .execute(
          "CREATE SEQUENCE fresh START 1000;"
          "CREATE TABLE counter (key int PRIMARY KEY, n int NOT NULL CHECK (n <= 6), words text);"
          "CREATE INDEX ON counter (words)")
      .value();
  std::atomic<int64_t> counted = 0;
  std::vector<std::thread> sessions;
  for (unsigned seed = 1; seed <= 4; ++seed)
    sessions.emplace_back([&, seed] { count_up(database, seed, 400, counted); });
  for (std::thread& session : sessions) session.join();
  EXPECT_EQ(figure_of(connection, "SELECT sum(n) FROM counter"), counted.load());
  EXPECT_GT(
      figure_of(connection, "SELECT count(*) FROM counter WHERE key >= 1000 AND words LIKE '%5 moved on'"),
      0);
  EXPECT_EQ(figure_of(connection, "SELECT count(*) FROM counter WHERE n = 6 AND key < 1000"), 0);
  EXPECT_EQ(figure_of(connection, "SELECT count(*) FROM rowan_check()"), 0);
}

}  // namespace
}  // namespace rowan
