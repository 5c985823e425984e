// Several connections at once: who waits for whom, what each sees. Waits are counted, never timed.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

namespace rowan {
namespace {

int64_t number_of(Connection& connection, std::string_view sql) {
  Rows rows = connection.query(sql).value();
  EXPECT_TRUE(rows.next().value()) << sql;
  return rows.int64(0);
}

TEST(SessionsTest, AReaderSeesItsSnapshotWhileAWriterWorks) {
  Database database = Database::open(":memory:").value();
  Connection writer = database.connect().value();
  Connection reader = database.connect().value();
  writer.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)").value();
  reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ").value();
  EXPECT_EQ(number_of(reader, "SELECT sum(a) FROM t"), 1);
  writer.execute("UPDATE t SET a = 2; INSERT INTO t VALUES (10)").value();
  EXPECT_EQ(number_of(reader, "SELECT sum(a) FROM t"), 1);
  Result<> late = reader.execute("UPDATE t SET a = 3");
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().state(), sqlstate::serialization_failure);
  reader.execute("ROLLBACK").value();
  EXPECT_EQ(number_of(reader, "SELECT sum(a) FROM t"), 12);
}

TEST(SessionsTest, AWriterWaitsForTheOtherAndReadsItsValue) {
  Database database = Database::open(":memory:").value();
  Connection first = database.connect().value();
  Connection second = database.connect().value();
  first.execute("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 100)").value();
  first.execute("BEGIN; UPDATE t SET v = v + 10 WHERE id = 1").value();
  std::thread waiting([&] { second.execute("UPDATE t SET v = v * 2 WHERE id = 1").value(); });
  first.execute("COMMIT").value();
  waiting.join();
  EXPECT_EQ(number_of(first, "SELECT v FROM t"), 220);
}

TEST(SessionsTest, ADeadlockHasOneVictim) {
  Database database = Database::open(":memory:").value();
  Connection first = database.connect().value();
  Connection second = database.connect().value();
  first.execute("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0), (2, 0)").value();
  first.execute("BEGIN; UPDATE t SET v = 1 WHERE id = 1").value();
  second.execute("BEGIN; UPDATE t SET v = 2 WHERE id = 2").value();
  std::atomic<int> victims{0};
  auto cross = [&](Connection& connection, const char* sql) {
    Result<> done = connection.execute(sql);
    if (!done.ok()) {
      EXPECT_EQ(done.error().state(), sqlstate::deadlock_detected);
      ++victims;
    }
    connection.execute(done.ok() ? "COMMIT" : "ROLLBACK").value();
  };
  std::thread one([&] { cross(first, "UPDATE t SET v = 1 WHERE id = 2"); });
  std::thread two([&] { cross(second, "UPDATE t SET v = 2 WHERE id = 1"); });
  one.join();
  two.join();
  EXPECT_EQ(victims.load(), 1);
}

TEST(SessionsTest, TransfersKeepTheSum) {
  constexpr int kAccounts = 20;
  constexpr int kThreads = 4;
  constexpr int kTransfers = 150;
  Database database = Database::open(":memory:").value();
  Connection setup = database.connect().value();
  setup
      .execute(
          "CREATE TABLE account (id int PRIMARY KEY, balance bigint CHECK (balance >= 0)); "
          "INSERT INTO account SELECT n, 1000 FROM generate_series(0, 19) n")
      .value();
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Connection connection = database.connect().value();
      uint64_t state = static_cast<uint64_t>(t) + 1;
      auto draw = [&state] {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<int>((state >> 33) % kAccounts);
      };
      for (int i = 0; i < kTransfers; ++i) {
        std::string from = std::to_string(draw());
        std::string to = std::to_string(draw());
        Result<> moved =
            connection.execute("BEGIN; UPDATE account SET balance = balance - 7 WHERE id = " + from +
                               "; UPDATE account SET balance = balance + 7 WHERE id = " + to);
        if (moved.ok()) {
          connection.execute("COMMIT").value();
          ++done;
        } else {
          SqlState code = moved.error().state();
          EXPECT_TRUE(code == sqlstate::deadlock_detected || code == sqlstate::check_violation)
              << moved.error().message();
          connection.execute("ROLLBACK").value();
        }
      }
    });
  }
  Connection reader = database.connect().value();
  while (done.load() < kThreads * kTransfers / 4) {
    EXPECT_EQ(number_of(reader, "SELECT sum(balance) FROM account"), kAccounts * 1000);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(number_of(reader, "SELECT sum(balance) FROM account"), kAccounts * 1000);
  EXPECT_GT(done.load(), 0);
  EXPECT_TRUE(database.check().value().empty());
}

TEST(SessionsTest, ConcurrentInsertsOfOneKeyLeaveOne) {
  Database database = Database::open(":memory:").value();
  Connection setup = database.connect().value();
  setup.execute("CREATE TABLE t (id int PRIMARY KEY, who int)").value();
  std::atomic<int> inserted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Connection connection = database.connect().value();
      for (int i = 0; i < 100; ++i) {
        std::string row = "(" + std::to_string(i) + ", " + std::to_string(t) + ")";
        Result<> done = connection.execute("INSERT INTO t VALUES " + row);
        if (done.ok()) {
          ++inserted;
        } else {
          EXPECT_EQ(done.error().state(), sqlstate::unique_violation) << done.error().message();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inserted.load(), 100);
  EXPECT_EQ(number_of(setup, "SELECT count(*) FROM t"), 100);
}

TEST(SessionsTest, ACancelledStatementEndsAndTheSessionGoesOn) {
  Database database = Database::open(":memory:").value();
  Connection holder = database.connect().value();
  Connection waiter = database.connect().value();
  holder.execute("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0)").value();
  holder.execute("BEGIN; UPDATE t SET v = 1").value();
  std::atomic<bool> ended{false};
  std::thread waiting([&] {
    Result<> done = waiter.execute("UPDATE t SET v = 2");
    EXPECT_FALSE(done.ok());
    if (!done.ok()) {
      EXPECT_EQ(done.error().state(), sqlstate::query_canceled);
    }
    ended = true;
  });
  while (!ended.load()) {
    waiter.canceller().cancel();
    std::this_thread::yield();
  }
  waiting.join();
  holder.execute("COMMIT").value();
  EXPECT_EQ(number_of(waiter, "SELECT v FROM t"), 1);
}

}  // namespace
}  // namespace rowan
