// Transactions that meet each other: what the errors say, what is tried again, who goes first, and what the
// views show of it.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

namespace rowan {
namespace {

int64_t count_of(Connection& connection, std::string_view sql) {
  Rows rows = connection.query(sql).value();
  EXPECT_TRUE(rows.next().value()) << sql;
  return rows.int64(0);
}

std::string words_of(Connection& connection, std::string_view sql) {
  Rows rows = connection.query(sql).value();
  EXPECT_TRUE(rows.next().value()) << sql;
  return rows.text(0);
}

int64_t pid_of(Connection& connection) {
  return count_of(connection, "SELECT pg_backend_pid()");
}

void await_waiter(Connection& watcher, int64_t pid) {
  std::string sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = " + std::to_string(pid);
  while (count_of(watcher, sql) == 0) std::this_thread::yield();
}

std::string state_of(Connection& watcher, int64_t pid) {
  return words_of(watcher, "SELECT state FROM pg_stat_activity WHERE pid = " + std::to_string(pid));
}

std::string process(int64_t pid) {
  return "Process " + std::to_string(pid);
}

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

class Conflicts : public testing::Test {
 protected:
  Conflicts() {
    a.execute("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20)").value();
  }
  Database database = Database::open(":memory:").value();
  Connection a = database.connect().value();
  Connection b = database.connect().value();
  Connection watcher = database.connect().value();
};

TEST_F(Conflicts, NowaitNamesWhoIsInTheWay) {
  a.execute("BEGIN; UPDATE t SET v = 11 WHERE id = 1").value();
  Result<> row = b.execute("SELECT v FROM t WHERE id = 1 FOR UPDATE NOWAIT");
  ASSERT_FALSE(row.ok());
  EXPECT_EQ(row.error().state(), sqlstate::lock_not_available);
  EXPECT_EQ(row.error().message(), "could not obtain lock on row in relation \"t\"");
  EXPECT_EQ(row.error().detail(), "Process 1 is in the way: UPDATE t SET v = 11 WHERE id = 1");
  EXPECT_EQ(pid_of(a), 1);
  Result<> table = b.execute("BEGIN; LOCK TABLE t NOWAIT");
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(table.error().message(), "could not obtain lock on relation \"t\"");
  EXPECT_SAYS(table.error().detail(), process(pid_of(a)) + " is in the way: ");
  b.execute("ROLLBACK; SET lock_timeout = '1ms'").value();
  Result<> late = b.execute("UPDATE t SET v = 12 WHERE id = 1");
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().message(), "canceling statement due to lock timeout");
  EXPECT_SAYS(late.error().detail(), process(pid_of(a)) + " is in the way: ");
}

TEST_F(Conflicts, ADeadlockNamesStatementsRowsAndTheVictim) {
  a.execute("BEGIN; UPDATE t SET v = 11 WHERE id = 1").value();
  b.execute("BEGIN; UPDATE t SET v = 22 WHERE id = 2").value();
  int64_t pid_a = pid_of(a), pid_b = pid_of(b);
  std::thread waiting([&] { a.execute("UPDATE t SET v = 12 WHERE id = 2").value(); });
  await_waiter(watcher, pid_a);
  Result<> victim = b.execute("UPDATE t SET v = 21 WHERE id = 1");
  waiting.join();
  ASSERT_FALSE(victim.ok());
  EXPECT_EQ(victim.error().state(), sqlstate::deadlock_detected);
  const std::string& detail = victim.error().detail();
  EXPECT_SAYS(detail, process(pid_b) + " waits for ShareLock on transaction ");
  EXPECT_SAYS(detail, "(row (id)=(1) of relation \"t\"); blocked by process " + std::to_string(pid_a) + ".");
  EXPECT_SAYS(detail, "(row (id)=(2) of relation \"t\"); blocked by process " + std::to_string(pid_b) + ".");
  EXPECT_SAYS(detail, process(pid_a) + ": UPDATE t SET v = 12 WHERE id = 2");
  EXPECT_SAYS(detail, process(pid_b) + ": UPDATE t SET v = 21 WHERE id = 1");
  EXPECT_SAYS(victim.error().hint(), process(pid_b) + " gives way, as its wait was the last to begin");
}

TEST_F(Conflicts, ALostUpdateNamesTheRowAndWhomItWaitedFor) {
  b.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM t").value();
  int64_t pid_a = pid_of(a), pid_b = pid_of(b);
  a.execute("BEGIN; UPDATE t SET v = 11 WHERE id = 1").value();
  Result<> lost;
  std::thread waiting([&] { lost = b.execute("UPDATE t SET v = 12 WHERE id = 1"); });
  await_waiter(watcher, pid_b);
  a.execute("COMMIT").value();
  waiting.join();
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().message(), "could not serialize access due to concurrent update");
  EXPECT_EQ(lost.error().detail(),
            "The row (id)=(1) of relation \"t\" was changed by a transaction that has committed since this "
            "one's snapshot was taken.\n" +
                process(pid_a) + " held it while this transaction waited: UPDATE t SET v = 11 WHERE id = 1");
  // Without a wait there is nobody to name.
  b.execute("ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM t").value();
  a.execute("DELETE FROM t WHERE id = 2").value();
  lost = b.execute("UPDATE t SET v = 12 WHERE id = 2");
  ASSERT_FALSE(lost.ok());
  EXPECT_SAYS(lost.error().detail(), "was deleted by a transaction that has committed");
  EXPECT_EQ(lost.error().detail().find("Process"), std::string::npos);
}

// Who has rolled back is not to blame for what another has done since.
TEST_F(Conflicts, WhoRolledBackIsNotNamed) {
  b.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM t; SAVEPOINT s").value();
  int64_t pid_b = pid_of(b);
  a.execute("BEGIN; UPDATE t SET v = 11 WHERE id = 1").value();
  std::thread waiting([&] { b.execute("UPDATE t SET v = 12 WHERE id = 1").value(); });
  await_waiter(watcher, pid_b);
  a.execute("ROLLBACK").value();
  waiting.join();
  b.execute("ROLLBACK TO s").value();
  watcher.execute("UPDATE t SET v = 13 WHERE id = 1").value();
  Result<> lost = b.execute("UPDATE t SET v = 12 WHERE id = 1");
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().detail().find("Process"), std::string::npos) << lost.error().detail();
}

TEST_F(Conflicts, ADuplicateNamesWhomItWaitedFor) {
  a.execute("BEGIN; INSERT INTO t VALUES (3, 30)").value();
  int64_t pid_a = pid_of(a), pid_b = pid_of(b);
  Result<> twice;
  std::thread waiting([&] { twice = b.execute("INSERT INTO t VALUES (3, 31)"); });
  await_waiter(watcher, pid_b);
  a.execute("COMMIT").value();
  waiting.join();
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().state(), sqlstate::unique_violation);
  EXPECT_SAYS(twice.error().detail(), "Key (id)=(3) already exists.\n" + process(pid_a) + " held it while");
  // PostgreSQL's words alone where nobody was waited for.
  twice = b.execute("INSERT INTO t VALUES (3, 31)");
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().detail(), "Key (id)=(3) already exists.");
}

TEST_F(Conflicts, WriteSkewNamesWhoHasReadWhat) {
  int64_t pid_a = pid_of(a), pid_b = pid_of(b);
  a.execute("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(v) FROM t").value();
  b.execute("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(v) FROM t").value();
  a.execute("UPDATE t SET v = 0 WHERE id = 1").value();
  b.execute("UPDATE t SET v = 0 WHERE id = 2").value();
  a.execute("COMMIT").value();
  Result<> lost = b.execute("COMMIT");
  ASSERT_FALSE(lost.ok());
  const std::string& detail = lost.error().detail();
  EXPECT_SAYS(detail, "Reason code: Canceled on identification as a pivot.");
  EXPECT_SAYS(detail, process(pid_a) + " has read what process " + std::to_string(pid_b) + " wrote");
  EXPECT_SAYS(detail, process(pid_b) + " has read what process " + std::to_string(pid_a) + " wrote");
  EXPECT_SAYS(detail, "\n" + process(pid_a) + ": ");
  EXPECT_EQ(lost.error().hint(), "The transaction might succeed if retried.");
}

// Outside of a block a conflict is nobody's business: the statement runs again by itself.
TEST_F(Conflicts, SingleStatementsAreTriedAgain) {
  constexpr int kThreads = 6, kRounds = 60;
  a.execute("CREATE TABLE log (n int PRIMARY KEY)").value();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Connection mine = database.connect().value();
      mine.execute("SET default_transaction_isolation = 'serializable'").value();
      Statement add = mine.prepare("UPDATE t SET v = v + 1 WHERE id = $1").value();
      for (int i = 0; i < kRounds; ++i) {
        switch ((i + t) % 3) {
          case 0:
            add.bind(1, int32_t{1}).value();
            EXPECT_EQ(add.execute().value(), 1u);
            break;
          case 1:
            mine.execute("UPDATE t SET v = v + 1 WHERE id = 1").value();
            break;
          case 2: {
            Rows rows = mine.query("UPDATE t SET v = v + 1 WHERE id = 1 RETURNING v").value();
            EXPECT_TRUE(rows.next().value());
            EXPECT_FALSE(rows.next().value());
            break;
          }
        }
        // Reads what the others write: two of them at once cannot both be right.
        mine.execute("INSERT INTO log SELECT coalesce(max(n), 0) + 1 FROM log").value();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count_of(a, "SELECT v FROM t WHERE id = 1"), 10 + kThreads * kRounds);
  EXPECT_EQ(count_of(a, "SELECT max(n) FROM log"), kThreads * kRounds);
  EXPECT_EQ(count_of(a, "SELECT count(*) FROM log"), kThreads * kRounds);
}

TEST_F(Conflicts, InsideABlockTheErrorIsTheUsers) {
  b.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM t").value();
  a.execute("UPDATE t SET v = 11 WHERE id = 1").value();
  Result<> lost = b.execute("UPDATE t SET v = 12 WHERE id = 1");
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().state(), sqlstate::serialization_failure);
  EXPECT_EQ(b.transaction_status(), TransactionStatus::Failed);
}

// Sixteen threads move money between few accounts, at SERIALIZABLE: nobody sees an error, and no snapshot
// another sum.
TEST_F(Conflicts, TransactHidesConflicts) {
  constexpr int kThreads = 16, kTransfers = 40, kAccounts = 8;
  a.execute(
       "CREATE TABLE account (id int PRIMARY KEY, balance bigint); "
       "INSERT INTO account SELECT n, 1000 FROM generate_series(0, 7) n")
      .value();
  std::atomic<uint64_t> retries{0};
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Connection mine = database.connect().value();
      Statement take = mine.prepare("UPDATE account SET balance = balance - $2 WHERE id = $1").value();
      Statement give = mine.prepare("UPDATE account SET balance = balance + $2 WHERE id = $1").value();
      for (int i = 0; i < kTransfers; ++i) {
        int32_t from = (t * 7 + i * 3) % kAccounts, to = (from + 1 + (t + i) % (kAccounts - 1)) % kAccounts;
        Result<uint32_t> done = mine.transact(Isolation::Serializable, [&](Connection& each) -> Result<> {
          Rows rows = each.query("SELECT sum(balance) FROM account").value();
          Result<bool> row = rows.next();
          if (!row.ok()) return std::move(row).error();
          EXPECT_EQ(rows.int64(0), 1000 * kAccounts);
          for (Statement* step : {&take, &give}) {
            step->bind(1, step == &take ? from : to).value();
            step->bind(2, int64_t{t + 1}).value();
            Result<uint64_t> moved = step->execute();
            if (!moved.ok()) return std::move(moved).error();
          }
          return {};
        });
        EXPECT_TRUE(done.ok()) << done.error().message();
        if (done.ok()) retries += *done;
      }
      --running;
    });
  }
  while (running.load() > 0)
    EXPECT_EQ(count_of(watcher, "SELECT sum(balance) FROM account"), 1000 * kAccounts);
  for (std::thread& thread : threads) thread.join();
  RecordProperty("retries", static_cast<int>(retries.load()));
}

TEST_F(Conflicts, TransactTellsHowOftenItTriedAgain) {
  uint32_t tries = 0;
  Result<uint32_t> done = a.transact(Isolation::Serializable, [&](Connection& each) -> Result<> {
    EXPECT_EQ(count_of(each, "SELECT sum(v) FROM t"), 30 + static_cast<int64_t>(tries));
    if (tries++ < 3) b.execute("UPDATE t SET v = v + 1 WHERE id = 1").value();
    return each.execute("UPDATE t SET v = v * 2 WHERE id = 1");
  });
  EXPECT_EQ(std::move(done).value(), 3u);
  EXPECT_EQ(count_of(a, "SELECT v FROM t WHERE id = 1"), 26);
}

TEST_F(Conflicts, TransactLeavesNothingOpen) {
  auto insert = [](Connection& each) { return each.execute("INSERT INTO t VALUES (7, 70)"); };
  EXPECT_EQ(a.transact(Isolation::ReadCommitted, insert).value(), 0u);
  Result<uint32_t> twice = a.transact(Isolation::RepeatableRead, insert);
  EXPECT_EQ(twice.error().state(), sqlstate::unique_violation);
  EXPECT_EQ(a.transaction_status(), TransactionStatus::Idle);
  Result<uint32_t> silent = a.transact(Isolation::Serializable, [&](Connection& each) -> Result<> {
    static_cast<void>(insert(each).ok());
    return {};
  });
  EXPECT_EQ(silent.error().state(), sqlstate::in_failed_sql_transaction);
  Result<uint32_t> ended =
      a.transact(Isolation::Serializable, [](Connection& each) { return each.execute("COMMIT"); });
  EXPECT_EQ(ended.error().state(), sqlstate::no_active_sql_transaction);
  EXPECT_THROW(static_cast<void>(a.transact(Isolation::Serializable,
                                            [](Connection& each) -> Result<> {
                                              each.execute("DELETE FROM t").value();
                                              throw std::runtime_error("the caller's own");
                                            })),
               std::runtime_error);
  EXPECT_EQ(a.transaction_status(), TransactionStatus::Idle);
  EXPECT_EQ(count_of(a, "SELECT count(*) FROM t"), 3);
  a.execute("BEGIN").value();
  EXPECT_EQ(a.transact(Isolation::Serializable, insert).error().state(), sqlstate::active_sql_transaction);
}

TEST_F(Conflicts, AnIdleTransactionGivesWay) {
  a.execute("SET idle_in_transaction_session_timeout = '1ms'").value();
  int64_t pid_a = pid_of(a);
  a.execute("BEGIN; UPDATE t SET v = 99 WHERE id = 1").value();
  b.execute("UPDATE t SET v = v + 1 WHERE id = 1").value();  // waits for that
  EXPECT_EQ(count_of(b, "SELECT v FROM t WHERE id = 1"), 11);
  // The lock is free a moment before.
  while (state_of(b, pid_a) != "idle in transaction (aborted)") std::this_thread::yield();
  EXPECT_EQ(a.transaction_status(), TransactionStatus::Failed);
  Result<> told = a.execute("UPDATE t SET v = 98 WHERE id = 1");
  ASSERT_FALSE(told.ok());
  EXPECT_EQ(told.error().state(), sqlstate::idle_in_transaction_session_timeout);
  // What was meant for the transaction does not come to stand alone.
  told = a.execute("UPDATE t SET v = 98 WHERE id = 1");
  EXPECT_EQ(told.error().state(), sqlstate::in_failed_sql_transaction);
  a.execute("ROLLBACK; UPDATE t SET v = v + 1 WHERE id = 1").value();
  EXPECT_EQ(count_of(a, "SELECT v FROM t WHERE id = 1"), 12);
  // Whenever the time is over, a call is told that or nothing.
  for (int i = 0; i < 100; ++i) {
    Result<> done = a.execute("BEGIN");
    for (int step = 0; step < 3 && done.ok(); ++step) {
      std::this_thread::sleep_for(std::chrono::microseconds(300 * (i % 5)));
      done = a.execute("UPDATE t SET v = v WHERE id = 1");
    }
    if (done.ok()) done = a.execute("COMMIT");
    if (!done.ok()) {
      EXPECT_EQ(done.error().state(), sqlstate::idle_in_transaction_session_timeout)
          << done.error().message();
      a.execute("ROLLBACK").value();
    }
    EXPECT_EQ(a.transaction_status(), TransactionStatus::Idle);
  }
  // What runs is not idle, however long it takes.
  a.execute("BEGIN; SELECT count(*) FROM generate_series(1, 200000); COMMIT").value();
}

// A transaction that is just being ended is waited for: the call is told of that, not of another call.
TEST_F(Conflicts, TheEndOfAnIdleTransactionIsNoOtherCall) {
  a.execute("SET idle_in_transaction_session_timeout = '1ms'").value();
  for (int round = 0; round < 12; ++round) {
    a.execute("BEGIN; INSERT INTO t SELECT n, 0 FROM generate_series(10, 2000) n").value();
    std::this_thread::sleep_for(std::chrono::microseconds(800 + round * 40));
    Result<> told = a.execute("SELECT 1");
    if (!told.ok()) {
      ASSERT_EQ(told.error().state(), sqlstate::idle_in_transaction_session_timeout)
          << told.error().message();
    }
    a.execute("ROLLBACK").value();
  }
  EXPECT_EQ(count_of(a, "SELECT count(*) FROM t"), 2);
}

TEST_F(Conflicts, ATransactionSetsItsOwnIdleTime) {
  a.execute("BEGIN; UPDATE t SET v = 99 WHERE id = 1; SET LOCAL idle_in_transaction_session_timeout = '1ms'")
      .value();
  b.execute("UPDATE t SET v = v + 1 WHERE id = 1").value();  // waits for that, or for ever
  EXPECT_EQ(count_of(b, "SELECT v FROM t WHERE id = 1"), 11);
}

TEST_F(Conflicts, TransactTellsThatItWasIdle) {
  a.execute("SET idle_in_transaction_session_timeout = '1ms'").value();
  Result<uint32_t> idle = a.transact(Isolation::Serializable, [](Connection& each) -> Result<> {
    while (each.transaction_status() == TransactionStatus::Active) std::this_thread::yield();
    return {};
  });
  ASSERT_FALSE(idle.ok());
  EXPECT_EQ(idle.error().state(), sqlstate::idle_in_transaction_session_timeout);
  a.execute("SELECT 1").value();  // has been told
}

// One request ends transact() between two tries, and nothing after it.
TEST_F(Conflicts, TransactIsCancelledOnce) {
  std::atomic<uint32_t> tries{0};
  std::atomic<bool> ended{false};
  std::thread cancelling([&] {
    while (!ended) {
      uint32_t before = tries;
      if (before < 10) continue;  // until the pauses are long
      a.canceller().cancel();     // or else BEGIN or ROLLBACK uses it up
      while (!ended && tries == before) std::this_thread::yield();
    }
  });
  Result<uint32_t> cancelled = a.transact(Isolation::Serializable, [&](Connection&) -> Result<> {
    ++tries;
    return Error(sqlstate::serialization_failure, "once more");
  });
  ended = true;
  EXPECT_EQ(cancelled.error().state(), sqlstate::query_canceled);
  cancelling.join();
  a.execute("SELECT 1").value();
}

// What outlives a transaction would be done twice.
TEST_F(Conflicts, AStatementThatTookALockOfTheSessionIsNotTriedAgain) {
  int64_t pid_a = pid_of(a);
  a.execute("SET default_transaction_isolation = 'repeatable read'").value();
  b.execute("BEGIN; UPDATE t SET v = v + 1 WHERE id = 1").value();
  Result<> lost;
  std::thread waiting(
      [&] { lost = a.execute("UPDATE t SET v = 0 WHERE id = 1 AND pg_advisory_lock(7) IS NOT NULL"); });
  await_waiter(watcher, pid_a);
  b.execute("COMMIT").value();
  waiting.join();
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().state(), sqlstate::serialization_failure);
  EXPECT_EQ(count_of(a, "SELECT pg_advisory_unlock(7)::int"), 1);
  EXPECT_EQ(count_of(a, "SELECT pg_advisory_unlock(7)::int"), 0);
}

TEST_F(Conflicts, ADefinitionThatWaitsLetsReadersPass) {
  a.execute("BEGIN; SELECT 1 FROM t").value();
  int64_t pid_b = pid_of(b);
  b.execute("SET ddl_yield_timeout = '1h'").value();
  std::thread altering([&] { b.execute("ALTER TABLE t ADD COLUMN w int").value(); });
  await_waiter(watcher, pid_b);
  Connection reader = database.connect().value();
  EXPECT_EQ(count_of(reader, "SELECT count(*) FROM t"), 2);  // or it would wait for ever
  reader.execute("UPDATE t SET v = v + 1").value();
  EXPECT_EQ(count_of(reader, "SELECT lock_waits FROM pg_stat_activity WHERE pid = pg_backend_pid()"), 0);
  EXPECT_EQ(count_of(watcher, "SELECT blocked_by FROM rowan_blockers WHERE pid = " + std::to_string(pid_b)),
            pid_of(a));
  a.execute("COMMIT").value();
  altering.join();
  EXPECT_EQ(count_of(a, "SELECT count(*) FROM t WHERE w IS NULL"), 2);
}

TEST_F(Conflicts, ADefinitionQueuesAfterItsPatience) {
  a.execute("BEGIN; SELECT 1 FROM t").value();
  int64_t pid_b = pid_of(b);
  b.execute("SET ddl_yield_timeout = '1ms'").value();
  std::thread altering([&] { b.execute("ALTER TABLE t ADD COLUMN w int").value(); });
  await_waiter(watcher, pid_b);
  Connection reader = database.connect().value();
  reader.execute("SET lock_timeout = '1ms'").value();
  Result<> read;
  while ((read = reader.execute("SELECT 1 FROM t")).ok()) std::this_thread::yield();
  EXPECT_EQ(read.error().state(), sqlstate::lock_not_available);
  EXPECT_SAYS(read.error().detail(), process(pid_b) + " is in the way: ALTER TABLE t ADD COLUMN w int");
  a.execute("COMMIT").value();
  altering.join();
}

// A definition that yields is in nobody's way, until it queues: then the circle that it closes is found.
TEST_F(Conflicts, ADefinitionThatHasYieldedFindsTheDeadlock) {
  a.execute("BEGIN; SELECT 1 FROM t").value();
  a.execute("CREATE TABLE u (x int)").value();
  b.execute("SET ddl_yield_timeout = '20ms'; BEGIN; LOCK TABLE t IN ACCESS SHARE MODE").value();
  int64_t pid_a = pid_of(a);
  Result<> one, other;
  std::thread first([&] { one = a.execute("DROP TABLE t"); });
  await_waiter(watcher, pid_a);
  std::thread second([&] { other = b.execute("ALTER TABLE t ADD COLUMN w int"); });
  first.join();
  if (!one.ok()) a.execute("ROLLBACK").value();
  second.join();
  const Result<>& victim = one.ok() ? other : one;
  ASSERT_FALSE(victim.ok());
  EXPECT_EQ(victim.error().state(), sqlstate::deadlock_detected);
}

TEST_F(Conflicts, TheViewsShowWhatGoesOn) {
  int64_t pid_a = pid_of(a), pid_b = pid_of(b);
  a.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; UPDATE t SET v = 1 WHERE id = 1").value();
  watcher.execute("INSERT INTO t VALUES (3, 30)").value();  // a's snapshot is older than any from now on
  std::thread waiting([&] { b.execute("UPDATE t SET v = 2 WHERE id = 1").value(); });
  await_waiter(watcher, pid_b);
  std::string of_a = " FROM pg_stat_activity WHERE pid = " + std::to_string(pid_a);
  std::string of_b = " FROM pg_stat_activity WHERE pid = " + std::to_string(pid_b);
  EXPECT_EQ(words_of(watcher, "SELECT state" + of_a), "idle in transaction");
  EXPECT_EQ(words_of(watcher, "SELECT query" + of_a), "UPDATE t SET v = 1 WHERE id = 1");
  EXPECT_EQ(words_of(watcher, "SELECT state" + of_b), "active");
  EXPECT_EQ(words_of(watcher, "SELECT query" + of_b), "UPDATE t SET v = 2 WHERE id = 1");
  EXPECT_EQ(count_of(watcher, "SELECT count(*)" + of_a + " AND xact_start <= state_change"), 1);
  EXPECT_EQ(words_of(watcher,
                     "SELECT pid || ' ' || blocked_by || ' ' || relation || ' ' || blocker_state || "
                     "': ' || blocker_query FROM rowan_blockers"),
            std::to_string(pid_b) + " " + std::to_string(pid_a) +
                " t idle in transaction: UPDATE t SET v = 1 WHERE id = 1");
  // The oldest snapshot is the one that keeps dead rows.
  EXPECT_EQ(count_of(watcher, "SELECT pid FROM rowan_cleaning LIMIT 1"), pid_a);
  a.execute("COMMIT").value();
  waiting.join();
  EXPECT_EQ(count_of(watcher, "SELECT count(*) FROM rowan_cleaning WHERE pid <> pg_backend_pid()"), 0);
  EXPECT_EQ(count_of(watcher, "SELECT count(*) FROM rowan_blockers"), 0);
}

TEST_F(Conflicts, WhoseStatementsAreThroughIsIdle) {
  int64_t pid_a = pid_of(a);
  a.execute("SELECT 1; SELECT 2").value();
  EXPECT_EQ(state_of(watcher, pid_a), "idle");
  EXPECT_FALSE(a.execute("SELECT 1; SELECT 1/0").ok());
  EXPECT_EQ(state_of(watcher, pid_a), "idle");
  EXPECT_FALSE(a.execute("BEGIN; SELECT 1; SELECT 1/0").ok());
  EXPECT_EQ(state_of(watcher, pid_a), "idle in transaction (aborted)");
  a.execute("ROLLBACK; BEGIN; SELECT 1").value();
  EXPECT_EQ(state_of(watcher, pid_a), "idle in transaction");
  EXPECT_FALSE(a.execute("no statement").ok());
  EXPECT_EQ(state_of(watcher, pid_a), "idle in transaction (aborted)");
}

}  // namespace
}  // namespace rowan
