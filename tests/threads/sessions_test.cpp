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

// Until the session `pid` waits for a lock, as the lock manager says.
void await_lock_wait(Connection& watcher, int64_t pid) {
  std::string sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = " + std::to_string(pid);
  while (number_of(watcher, sql) == 0) std::this_thread::yield();
}

int64_t lock_waits(Connection& connection) {
  return number_of(connection, "SELECT lock_waits FROM pg_stat_activity WHERE pid = pg_backend_pid()");
}

TEST(SessionsTest, AWriterWaitsForTheOtherAndReadsItsValue) {
  Database database = Database::open(":memory:").value();
  Connection first = database.connect().value();
  Connection second = database.connect().value();
  first.execute("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 100)").value();
  int64_t pid = number_of(second, "SELECT pg_backend_pid()");
  EXPECT_EQ(lock_waits(second), 0);
  first.execute("BEGIN; UPDATE t SET v = v + 10 WHERE id = 1").value();
  std::thread waiting([&] { second.execute("UPDATE t SET v = v * 2 WHERE id = 1").value(); });
  await_lock_wait(first, pid);
  EXPECT_EQ(number_of(first, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"), 1);
  EXPECT_EQ(number_of(first, "SELECT v FROM t"), 110);
  first.execute("COMMIT").value();
  waiting.join();
  EXPECT_EQ(number_of(first, "SELECT v FROM t"), 220);
  EXPECT_GE(lock_waits(second), 1);
  EXPECT_EQ(lock_waits(first), 0);
}

// Readers see whole transactions, whatever writers do meanwhile, and never wait for a lock: not for rows that
// are being changed, nor for writers that queue up behind each other.
TEST(SessionsTest, NoReaderEverWaits) {
  constexpr int kWriters = 3;
  constexpr int kReaders = 2;
  constexpr int kRounds = 120;
  Database database = Database::open(":memory:").value();
  Connection setup = database.connect().value();
  setup
      .execute(
          "CREATE TABLE account (id int PRIMARY KEY, balance bigint); CREATE INDEX ON account (balance); "
          "INSERT INTO account SELECT n, 100 FROM generate_series(0, 9) n")
      .value();
  std::atomic<int> running{kWriters};
  std::atomic<int64_t> writer_waits{0}, reader_waits{0}, looks{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kWriters; ++t) {
    threads.emplace_back([&, t] {
      Connection connection = database.connect().value();
      for (int i = 0; i < kRounds; ++i) {
        // Always in the same order: they wait for each other, and never in a circle.
        std::string amount = std::to_string(t + 1);
        connection
            .execute("BEGIN; UPDATE account SET balance = balance - " + amount + " WHERE id = 0; " +
                     "UPDATE account SET balance = balance + " + amount +
                     " WHERE id = " + std::to_string(1 + i % 9) + "; COMMIT")
            .value();
      }
      writer_waits += lock_waits(connection);
      --running;
    });
  }
  for (int t = 0; t < kReaders; ++t) {
    threads.emplace_back([&, t] {
      Connection connection = database.connect().value();
      while (running.load() > 0) {
        if (t == 0) {
          EXPECT_EQ(number_of(connection, "SELECT sum(balance) FROM account"), 1000);
        } else {
          connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ").value();
          int64_t before = number_of(connection, "SELECT balance FROM account WHERE id = 0");
          EXPECT_EQ(number_of(connection, "SELECT sum(balance) FROM account WHERE id > 0"), 1000 - before);
          EXPECT_EQ(number_of(connection, "SELECT balance FROM account WHERE id = 0"), before);
          connection.execute("COMMIT").value();
        }
        ++looks;
      }
      reader_waits += lock_waits(connection);
    });
  }
  // One wait of a writer that is certain: the reader looks while it lasts.
  Connection holder = database.connect().value();
  Connection queued = database.connect().value();
  int64_t pid = number_of(queued, "SELECT pg_backend_pid()");
  holder.execute("BEGIN; SELECT 1 FROM account WHERE id = 5 FOR UPDATE").value();
  std::thread waiting([&] { queued.execute("UPDATE account SET balance = balance WHERE id = 5").value(); });
  await_lock_wait(setup, pid);
  EXPECT_EQ(number_of(setup, "SELECT sum(balance) FROM account"), 1000);
  EXPECT_EQ(lock_waits(setup), 0);
  holder.execute("COMMIT").value();
  waiting.join();
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(lock_waits(queued), 1);
  EXPECT_EQ(reader_waits.load(), 0);
  EXPECT_GT(looks.load(), 0);
  EXPECT_EQ(number_of(setup, "SELECT sum(balance) FROM account"), 1000);
}

// An index holds what was current when it was built. Who looks from before must not miss what it lacks.
TEST(SessionsTest, AnIndexYoungerThanTheSnapshotIsNotTrusted) {
  Database database = Database::open(":memory:").value();
  Connection reader = database.connect().value();
  Connection writer = database.connect().value();
  writer
      .execute(
          "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n, n FROM generate_series(1, "
          "3000) n; "
          "ANALYZE t")
      .value();
  reader.execute("SET enable_seqscan = off; PREPARE find AS SELECT count(*) FROM t WHERE v = 7").value();
  reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ").value();
  EXPECT_EQ(number_of(reader, "SELECT count(*) FROM t WHERE v = 7"), 1);
  Statement kept = reader.prepare("SELECT count(*) FROM t WHERE v = 7").value();
  writer
      .execute(
          "UPDATE t SET v = v + 10000 WHERE id < 2000; DELETE FROM t WHERE id = 2500; CREATE INDEX later ON "
          "t (v)")
      .value();
  EXPECT_EQ(number_of(writer, "SELECT count(*) FROM pg_index WHERE indcheckxmin"), 1);
  auto kept_count = [&] {
    Rows rows = kept.query().value();
    EXPECT_TRUE(rows.next().value());
    return rows.int64(0);
  };
  auto uses_index = [&] {
    Rows rows = reader.query("EXPLAIN SELECT count(*) FROM t WHERE v = 7").value();
    std::string plan;
    while (rows.next().value()) plan += rows.text(0) + "\n";
    return plan.find("later") != std::string::npos;
  };
  EXPECT_FALSE(uses_index());
  EXPECT_EQ(number_of(reader, "SELECT count(*) FROM t WHERE v = 7"), 1);
  EXPECT_EQ(number_of(reader, "SELECT count(*) FROM t WHERE v = 10007"), 0);
  EXPECT_EQ(number_of(reader, "SELECT count(*) FROM t WHERE v = 2500"), 1);
  EXPECT_EQ(number_of(reader, "EXECUTE find"), 1);
  EXPECT_EQ(kept_count(), 1);
  reader.execute("COMMIT").value();
  EXPECT_TRUE(uses_index());
  EXPECT_EQ(number_of(reader, "SELECT count(*) FROM t WHERE v = 7"), 0);
  EXPECT_EQ(number_of(reader, "SELECT count(*) FROM t WHERE v = 10007"), 1);
  EXPECT_EQ(number_of(reader, "EXECUTE find"), 0);
  EXPECT_EQ(kept_count(), 0);
}

TEST(SessionsTest, AnIndexMadeUnderAnOldSnapshotServesTheNextOnes) {
  Database database = Database::open(":memory:").value();
  Connection maker = database.connect().value();
  Connection writer = database.connect().value();
  maker.execute("CREATE TABLE t (id int, v int); INSERT INTO t SELECT n, n FROM generate_series(1, 3000) n")
      .value();
  maker.execute("SET enable_seqscan = off; BEGIN ISOLATION LEVEL REPEATABLE READ").value();
  EXPECT_EQ(number_of(maker, "SELECT count(*) FROM t WHERE v = 7"), 1);
  writer.execute("UPDATE t SET v = v + 10000 WHERE id < 2000").value();
  maker.execute("CREATE INDEX later ON t (v)").value();
  // Its own index, but its snapshot is older than what the index holds.
  EXPECT_EQ(number_of(maker, "SELECT count(*) FROM t WHERE v = 7"), 1);
  EXPECT_EQ(number_of(maker, "SELECT count(*) FROM t WHERE v = 10007"), 0);
  maker.execute("COMMIT").value();
  EXPECT_EQ(number_of(maker, "SELECT count(*) FROM t WHERE v = 7"), 0);
  EXPECT_EQ(number_of(maker, "SELECT count(*) FROM t WHERE v = 10007"), 1);
  // Under READ COMMITTED the transaction that made it may use it at once.
  maker.execute("BEGIN; UPDATE t SET v = -v; CREATE INDEX again ON t (v)").value();
  EXPECT_EQ(number_of(maker, "SELECT count(*) FROM t WHERE v = -10007"), 1);
  EXPECT_EQ(number_of(maker, "SELECT count(*) FROM t WHERE v = 10007"), 0);
  maker.execute("ROLLBACK").value();
  EXPECT_EQ(number_of(maker, "SELECT count(*) FROM t WHERE v = 10007"), 1);
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
  Canceller canceller = waiter.canceller();
  std::thread waiting([&] {
    Result<> done = waiter.execute("UPDATE t SET v = 2");
    EXPECT_FALSE(done.ok());
    if (!done.ok()) {
      EXPECT_EQ(done.error().state(), sqlstate::query_canceled);
    }
    ended = true;
  });
  while (!ended.load()) {
    canceller.cancel();
    std::this_thread::yield();
  }
  waiting.join();
  holder.execute("COMMIT").value();
  EXPECT_EQ(number_of(waiter, "SELECT v FROM t"), 1);
}

TEST(SessionsTest, ATokenTakenBeforeAStatementIsThatStatements) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  Canceller early = connection.canceller();
  Rows rows = connection.query("SELECT count(*) FROM generate_series(1, 100000000000)").value();
  early.cancel();
  Result<bool> next = rows.next();
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().state(), sqlstate::query_canceled);
  early.cancel();  // its statement has ended: this hits nothing
  EXPECT_EQ(number_of(connection, "SELECT 5"), 5);
  Canceller late = connection.canceller();
  late.cancel();
  EXPECT_FALSE(connection.execute("SELECT count(*) FROM generate_series(1, 100000000000)").ok());
  EXPECT_EQ(number_of(connection, "SELECT 6"), 6);
}

// The row that ON CONFLICT met may have another key a moment later: the row that has the key is updated, not
// the one that had it. And an index entry that is read just before the cleaner takes it away leads nobody to
// a row that has another key by now: then the mover would move two rows to one place.
TEST(SessionsTest, AKeyThatMovesOnIsNotTakenForTheOneThatWasFound) {
  constexpr int kRounds = 6000;
  Database database = Database::open(":memory:").value();
  Connection mover = database.connect().value();
  mover.execute("CREATE TABLE t (k int PRIMARY KEY, had int)").value();
  std::atomic<bool> done{false};
  std::thread inserting([&] {
    Connection connection = database.connect().value();
    while (!done.load())
      EXPECT_TRUE(
          connection.execute("INSERT INTO t VALUES (1, 1) ON CONFLICT (k) DO UPDATE SET had = t.k").ok());
  });
  for (int key = 2; key < kRounds; ++key) {
    EXPECT_TRUE(mover.execute("UPDATE t SET k = " + std::to_string(key) + " WHERE k = 1").ok());
    if (key % 3 == 0) {
      EXPECT_TRUE(mover.execute("DELETE FROM t WHERE k = 1").ok());
    }
  }
  done = true;
  inserting.join();
  EXPECT_EQ(number_of(mover, "SELECT count(*) FROM t WHERE had <> 1"), 0);
  EXPECT_GT(number_of(mover, "SELECT count(*) FROM t"), 1);
}

}  // namespace
}  // namespace rowan
