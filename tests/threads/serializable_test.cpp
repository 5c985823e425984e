// SERIALIZABLE under threads: an invariant over two rows that snapshots alone would break holds, every
// transaction gets through with retries, and nothing but 40001 is in its way. And what PostgreSQL does not
// count as read, but decides what a statement does.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"
#include "tests/crash/seeds.h"
#include "types/try.h"

namespace rowan {
namespace {

int64_t number(Connection& connection, const std::string& sql) {
  Rows rows = connection.query(sql).value();
  EXPECT_TRUE(rows.next().value());
  return rows.int64(0);
}

// A pair of accounts may go below zero one at a time, but not together. Each withdrawal looks at both and
// takes from one: write skew would take too much.
Result<bool> withdraw(Connection& connection, int64_t pair, int64_t from) {
  TRY(connection.execute("BEGIN ISOLATION LEVEL SERIALIZABLE"));
  int64_t money = 0;
  {
    Rows rows =
        TRY(connection.query("SELECT sum(money)::bigint FROM account WHERE pair = " + std::to_string(pair)));
    bool has = TRY(rows.next());
    if (has) money = rows.int64(0);
  }
  if (money >= 10) {
    TRY(connection.execute("UPDATE account SET money = money - 10 WHERE id = " +
                           std::to_string(2 * pair + from)));
  }
  TRY(connection.execute("COMMIT"));
  return money >= 10;
}

TEST(Serializable, WithdrawalsNeverTakeTogetherWhatIsThereOnce) {
  constexpr int kThreads = 8;
  constexpr int64_t kPairs = 4;
  const int rounds = static_cast<int>(60 * seeds_wanted(1) / kSanitizerShare);
  Database database = Database::open(":memory:").value();
  {
    Connection setup = database.connect().value();
    setup.execute("CREATE TABLE account (id int PRIMARY KEY, pair int, money int)").value();
    setup.execute("CREATE INDEX ON account (pair)").value();
    setup
        .execute("INSERT INTO account SELECT i, i / 2, " + std::to_string(kThreads * rounds) +
                 " FROM generate_series(0, 7) i")
        .value();
  }
  std::atomic<int64_t> taken{0}, retries{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      Connection connection = database.connect().value();
      // By index and by table, so that ranges and relations are read.
      connection.execute(thread % 4 == 0 ? "SET enable_indexscan = off" : "SET enable_seqscan = off").value();
      for (int round = 0; round < rounds;) {
        Result<bool> done = withdraw(connection, (thread + round) % kPairs, thread % 2);
        if (done.ok()) {
          taken += *done ? 10 : 0;
          ++round;
          continue;
        }
        EXPECT_EQ(done.error().state(), sqlstate::serialization_failure) << done.error().message();
        connection.execute("ROLLBACK").value();
        ++retries;
      }
    });
  for (std::thread& thread : threads) thread.join();
  Connection last = database.connect().value();
  EXPECT_EQ(
      number(last, "SELECT count(*) FROM (SELECT 1 FROM account GROUP BY pair HAVING sum(money) < 0) x"), 0);
  EXPECT_EQ(number(last, "SELECT sum(money)::bigint FROM account"), int64_t{8} * kThreads * rounds - taken);
  EXPECT_TRUE(database.check().value().empty());
  RecordProperty("retries", static_cast<int>(retries));
}

struct Two {
  Database database = Database::open(":memory:").value();
  Connection a = database.connect().value(), b = database.connect().value();
  Two() {
    a.execute("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2)").value();
    for (Connection* connection : {&a, &b}) {
      connection->execute("SET enable_seqscan = off").value();
      connection->execute("BEGIN ISOLATION LEVEL SERIALIZABLE").value();
    }
  }
  static bool does(Connection& connection, const std::string& sql) {
    Result<> done = connection.execute(sql);
    if (!done.ok()) {
      EXPECT_EQ(done.error().state(), sqlstate::serialization_failure) << done.error().message();
    }
    return done.ok();
  }
};

// It does nothing because the row is there; who deletes it comes after. PostgreSQL 15 lets both commit.
TEST(Serializable, WhatIsInTheWayOfAnInsertHasBeenRead) {
  for (const char* action : {"NOTHING", "UPDATE SET v = 0 WHERE t.v = 99"}) {
    Two two;
    EXPECT_TRUE(Two::does(two.a, std::string("INSERT INTO t VALUES (1, 7) ON CONFLICT (id) DO ") + action));
    EXPECT_TRUE(Two::does(two.b, "SELECT v FROM t WHERE id = 2"));
    bool done = Two::does(two.a, "UPDATE t SET v = 20 WHERE id = 2");
    done = done && Two::does(two.a, "COMMIT");
    done = done && Two::does(two.b, "DELETE FROM t WHERE id = 1") && Two::does(two.b, "COMMIT");
    EXPECT_FALSE(done) << action;
  }
}

// An index that has been read goes, and the table that it was for has been read instead: write skew across
// it.
TEST(Serializable, ADroppedIndexHandsOnItsReaders) {
  Database database = Database::open(":memory:").value();
  Connection a = database.connect().value(), b = database.connect().value(), ddl = database.connect().value();
  ddl.execute("CREATE TABLE t (id int); CREATE INDEX t_id ON t (id); CREATE TABLE u (id int)").value();
  a.execute("SET enable_seqscan = off").value();
  for (Connection* connection : {&a, &b}) connection->execute("BEGIN ISOLATION LEVEL SERIALIZABLE").value();
  EXPECT_EQ(number(b, "SELECT count(*) FROM u"), 0);
  EXPECT_EQ(number(a, "SELECT count(*) FROM t WHERE id = 5"), 0);
  a.execute("INSERT INTO u VALUES (1)").value();
  a.execute("COMMIT").value();
  ddl.execute("DROP INDEX t_id").value();
  bool done = Two::does(b, "INSERT INTO t VALUES (5)") && Two::does(b, "COMMIT");
  EXPECT_FALSE(done);
}

}  // namespace
}  // namespace rowan
