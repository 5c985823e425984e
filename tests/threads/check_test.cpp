// A check beside writers: everything moves, nothing is broken, so nothing may be found.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

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

}  // namespace
}  // namespace rowan
