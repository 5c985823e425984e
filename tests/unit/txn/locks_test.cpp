// Locks: who excludes whom, who waits for whom, and how waits end.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "txn/transactions.h"

namespace rowan {
namespace {

struct LocksFixture : testing::Test {
  StatusMap status{1, {}, 0};
  LockManager locks{status};
  std::vector<std::unique_ptr<LockOwner>> owners;
  std::vector<std::thread> threads;

  LockOwner& owner() {
    owners.push_back(std::make_unique<LockOwner>());
    locks.attach(*owners.back());
    locks.start(*owners.back(), owners.size(), owners.size());
    return *owners.back();
  }
  // Runs `request` in a thread and returns once it waits (or has ended).
  struct Pending {
    std::optional<Result<>> result;
    std::atomic<bool> done{false};
    std::thread thread;
    Result<>& join() {
      if (thread.joinable()) thread.join();
      return *result;
    }
    ~Pending() {
      if (thread.joinable()) thread.join();
    }
  };
  std::unique_ptr<Pending> start(const std::function<Result<>()>& request) {
    uint64_t waits = locks.waits_begun();
    auto pending = std::make_unique<Pending>();
    pending->thread = std::thread([p = pending.get(), request] {
      p->result.emplace(request());
      p->done = true;
    });
    while (locks.waits_begun() == waits && !pending->done) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return pending;
  }
};

const LockTarget kTable = LockTarget::table(7);
const RowId kRow{3, 5};

TEST(lock_modes, conflict_table_is_postgresql_s) {
  // PostgreSQL's documentation, table 13.2: X where the row's mode conflicts with the column's.
  const char* table[8] = {".......X", "......XX", "....XXXX", "...XXXXX",
                          "..XX.XXX", "..XXXXXX", ".XXXXXXX", "XXXXXXXX"};
  for (int held = 0; held < 8; ++held)
    for (int wanted = 0; wanted < 8; ++wanted)
      EXPECT_EQ(conflicts(LockMode(held), LockMode(wanted)), table[held][wanted] == 'X') << held << wanted;
  const char* rows[4] = {"...X", "..XX", ".XXX", "XXXX"};
  for (int held = 0; held < 4; ++held)
    for (int wanted = 0; wanted < 4; ++wanted)
      EXPECT_EQ(conflicts(RowLockMode(held), RowLockMode(wanted)), rows[held][wanted] == 'X');
}

TEST_F(LocksFixture, WeakLocksMeetStrongOnes) {
  LockOwner &a = owner(), &b = owner(), &c = owner();
  locks.acquire(a, kTable, LockMode::RowExclusive).value();
  locks.acquire(b, kTable, LockMode::AccessShare).value();
  EXPECT_EQ(locks.waits_begun(), 0u);
  EXPECT_TRUE(locks.list()[0].fast);
  EXPECT_FALSE(locks.try_acquire(c, kTable, LockMode::Share));
  EXPECT_TRUE(locks.try_acquire(c, kTable, LockMode::ShareUpdateExclusive));
  Result<> refused = locks.acquire(c, kTable, LockMode::AccessExclusive, Wait::not_at_all());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().state(), sqlstate::lock_not_available);
  EXPECT_EQ(refused.error().message(), "could not obtain lock on relation 7");
  locks.release_all(a);
  EXPECT_TRUE(locks.try_acquire(c, kTable, LockMode::Share));
  // The word is up: a weak one looks into the table now.
  Result<> weak = locks.acquire(a, kTable, LockMode::RowExclusive, Wait::not_at_all());
  EXPECT_FALSE(weak.ok());
  locks.acquire(a, kTable, LockMode::RowShare).value();
  locks.release_all(c);
  locks.acquire(a, kTable, LockMode::RowExclusive).value();
  EXPECT_TRUE(locks.holds(a, kTable, LockMode::RowExclusive));
  EXPECT_FALSE(locks.holds(a, kTable, LockMode::Share));
  locks.release_all(a);
  locks.release_all(b);
  EXPECT_TRUE(locks.list().empty());
}

TEST_F(LocksFixture, QueueIsFair) {
  LockOwner &a = owner(), &b = owner(), &c = owner();
  locks.acquire(a, kTable, LockMode::AccessShare).value();
  auto ddl = start([&] { return locks.acquire(b, kTable, LockMode::AccessExclusive); });
  auto reader = start([&] { return locks.acquire(c, kTable, LockMode::AccessShare); });
  EXPECT_FALSE(reader->done);
  EXPECT_EQ(locks.blockers(3), std::vector<uint64_t>{2});
  // Who holds already and would wait behind one who waits for it goes first.
  EXPECT_TRUE(locks.try_acquire(a, kTable, LockMode::RowExclusive));
  locks.release_all(a);
  EXPECT_TRUE(ddl->join().ok());
  EXPECT_FALSE(reader->done);
  locks.release_all(b);
  EXPECT_TRUE(reader->join().ok());
}

TEST_F(LocksFixture, TimeoutAndCancelEndAWait) {
  LockOwner &a = owner(), &b = owner();
  locks.acquire(a, kTable, LockMode::AccessExclusive).value();
  Wait brief;
  brief.lock_timeout_ms = 5;
  Result<> late = locks.acquire(b, kTable, LockMode::AccessShare, brief);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().state(), sqlstate::lock_not_available);
  EXPECT_EQ(late.error().message(), "canceling statement due to lock timeout");
  CancelToken token;
  Wait patient;
  patient.cancel = &token;
  auto waiting = start([&] { return locks.acquire(b, kTable, LockMode::AccessShare, patient); });
  token.request(CancelToken::Reason::UserRequest);
  EXPECT_EQ(waiting->join().error().state(), sqlstate::query_canceled);
  locks.release_all(a);
  EXPECT_TRUE(locks.try_acquire(b, kTable, LockMode::AccessExclusive));
}

TEST_F(LocksFixture, DeadlockIsToldToWhoClosesIt) {
  LockOwner &a = owner(), &b = owner();
  LockTarget one = LockTarget::table(1), two = LockTarget::table(2);
  locks.acquire(a, one, LockMode::AccessExclusive).value();
  locks.acquire(b, two, LockMode::AccessExclusive).value();
  auto first = start([&] { return locks.acquire(a, two, LockMode::AccessShare); });
  Result<> second = locks.acquire(b, one, LockMode::AccessShare);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().state(), sqlstate::deadlock_detected);
  EXPECT_EQ(second.error().message(), "deadlock detected");
  EXPECT_EQ(second.error().detail(),
            "Process 2 waits for AccessShareLock on relation 1; blocked by process 1.\n"
            "Process 1 waits for AccessShareLock on relation 2; blocked by process 2.");
  locks.release_all(b);
  EXPECT_TRUE(first->join().ok());
}

// PostgreSQL's isolation test deadlock-soft: d1 and d2 share a1 and a2, e1 wants them alone, d2 and d1 cross.
TEST_F(LocksFixture, SoftDeadlockIsSolvedByReordering) {
  LockOwner &d1 = owner(), &d2 = owner(), &e1 = owner(), &e2 = owner();
  LockTarget a1 = LockTarget::table(1), a2 = LockTarget::table(2);
  locks.acquire(d1, a1, LockMode::AccessShare).value();
  locks.acquire(d2, a2, LockMode::AccessShare).value();
  auto e1l = start([&] { return locks.acquire(e1, a1, LockMode::AccessExclusive); });
  auto e2l = start([&] { return locks.acquire(e2, a2, LockMode::AccessExclusive); });
  auto d1a2 = start([&] { return locks.acquire(d1, a2, LockMode::AccessShare); });
  EXPECT_FALSE(d1a2->done);
  auto d2a1 = start([&] { return locks.acquire(d2, a1, LockMode::AccessShare); });
  // d1, which waited before, passes ahead of e2 and d2 waits on; nobody dies.
  EXPECT_TRUE(d1a2->join().ok());
  EXPECT_FALSE(d2a1->done);
  EXPECT_FALSE(e1l->done);
  locks.release_all(d1);
  EXPECT_TRUE(e1l->join().ok());
  EXPECT_FALSE(d2a1->done);
  locks.release_all(e1);
  EXPECT_TRUE(d2a1->join().ok());
  locks.release_all(d2);
  EXPECT_TRUE(e2l->join().ok());
}

TEST_F(LocksFixture, UpgradeDeadlockHasAVictim) {
  LockOwner &a = owner(), &b = owner();
  locks.lock_row(a, 7, kRow, RowLockMode::Share).value();
  locks.lock_row(b, 7, kRow, RowLockMode::Share).value();
  auto first = start([&] { return locks.lock_row(a, 7, kRow, RowLockMode::Update); });
  Result<> second = locks.lock_row(b, 7, kRow, RowLockMode::Update);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().state(), sqlstate::deadlock_detected);
  locks.release_all(b);
  EXPECT_TRUE(first->join().ok());
}

TEST_F(LocksFixture, RowLocksAreBitmapsOfAPage) {
  LockOwner &a = owner(), &b = owner();
  EXPECT_TRUE(locks.row_is_free(b, kRow, RowLockMode::Update));
  for (SlotNo slot = 0; slot < 500; ++slot) locks.lock_row(a, 7, {3, slot}, RowLockMode::KeyShare).value();
  EXPECT_TRUE(locks.row_is_free(b, kRow, RowLockMode::NoKeyUpdate));
  EXPECT_FALSE(locks.row_is_free(b, kRow, RowLockMode::Update));
  EXPECT_TRUE(locks.row_is_free(a, kRow, RowLockMode::Update));
  EXPECT_TRUE(locks.row_is_free(b, {3, 500}, RowLockMode::Update));
  EXPECT_TRUE(locks.is_row_locked(kRow));
  Result<> refused = locks.lock_row(b, 7, kRow, RowLockMode::Update, Wait::not_at_all());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message(), "could not obtain lock on row in relation 7");
  EXPECT_FALSE(locks.try_lock_row(b, 7, kRow, RowLockMode::Update));
  EXPECT_TRUE(locks.try_lock_row(b, 7, kRow, RowLockMode::NoKeyUpdate));
  locks.release_all(a);
  EXPECT_FALSE(locks.row_is_free(a, kRow, RowLockMode::Share));
  locks.release_all(b);
  EXPECT_FALSE(locks.is_row_locked(kRow));
  EXPECT_TRUE(locks.row_is_free(a, kRow, RowLockMode::Update));
}

TEST_F(LocksFixture, SavepointGivesBackWhatItTook) {
  LockOwner &a = owner(), &b = owner();
  locks.acquire(a, LockTarget::table(1), LockMode::AccessExclusive).value();
  locks.lock_row(a, 7, {3, 1}, RowLockMode::Share).value();
  uint32_t level = a.begin_level();
  locks.acquire(a, LockTarget::table(2), LockMode::AccessExclusive).value();
  locks.acquire(a, LockTarget::table(3), LockMode::RowExclusive).value();
  locks.lock_row(a, 7, {3, 1}, RowLockMode::Update).value();
  locks.lock_row(a, 7, {3, 2}, RowLockMode::Update).value();
  auto waiting = start([&] { return locks.lock_row(b, 7, {3, 2}, RowLockMode::Share); });
  EXPECT_FALSE(waiting->done);
  locks.release_since(a, level);
  EXPECT_TRUE(waiting->join().ok());
  EXPECT_TRUE(locks.row_is_free(b, {3, 1}, RowLockMode::KeyShare));
  EXPECT_FALSE(locks.row_is_free(b, {3, 1}, RowLockMode::Update));
  EXPECT_TRUE(locks.try_acquire(b, LockTarget::table(2), LockMode::AccessExclusive));
  EXPECT_TRUE(locks.try_acquire(b, LockTarget::table(3), LockMode::AccessExclusive));
  EXPECT_FALSE(locks.try_acquire(b, LockTarget::table(1), LockMode::AccessShare));
}

TEST_F(LocksFixture, AdvisoryLocksCount) {
  LockOwner &a = owner(), &b = owner();
  LockTarget key = LockTarget::advisory(42);
  locks.acquire(a, key, LockMode::Exclusive).value();
  locks.acquire(a, key, LockMode::Exclusive).value();
  EXPECT_TRUE(locks.release(a, key, LockMode::Exclusive));
  EXPECT_FALSE(locks.try_acquire(b, key, LockMode::Share));
  EXPECT_TRUE(locks.release(a, key, LockMode::Exclusive));
  EXPECT_FALSE(locks.release(a, key, LockMode::Exclusive));
  EXPECT_TRUE(locks.try_acquire(b, key, LockMode::Share));
  // A session's and its transaction's locks do not exclude each other.
  LockOwner& session = owner();
  locks.start(session, 0, b.session());
  EXPECT_TRUE(locks.try_acquire(session, key, LockMode::Exclusive));
}

TEST(lock_waits, writer_waits_for_a_write_id_to_end) {
  Transactions all{RecoveredState{}};
  SnapshotSlot &one = all.open_slot(), &two = all.open_slot();
  for (bool commits : {true, false}) {
    Transaction holder = all.begin(one, 1, IsolationLevel::ReadCommitted, false).value();
    Transaction waiter = all.begin(two, 2, IsolationLevel::ReadCommitted, false).value();
    WriteId id = all.write_id(holder).value();
    std::atomic<bool> done{false};
    uint64_t waits = all.locks().waits_begun();
    std::thread thread([&] {
      EXPECT_TRUE(all.locks().wait_for_write(waiter.locks(), id, LockTarget::row(7, kRow)).ok());
      done = true;
    });
    while (all.locks().waits_begun() == waits) std::this_thread::yield();
    EXPECT_EQ(all.locks().blockers(2), std::vector<uint64_t>{1});
    if (commits) {
      CommitSeq csn = all.status().published() + 10;
      all.set_committed(holder, csn, true);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      EXPECT_FALSE(done);  // not published: still running
      all.publish(csn);
    } else {
      all.rollback(holder);
    }
    thread.join();
    EXPECT_TRUE(all.locks().wait_for_write(waiter.locks(), id, LockTarget::row(7, kRow)).ok());
  }
}

TEST(lock_waits, savepoint_rollback_wakes_who_waits_for_its_ids) {
  Transactions all{RecoveredState{}};
  Transaction holder = all.begin(all.open_slot(), 1, IsolationLevel::ReadCommitted, false).value();
  Transaction waiter = all.begin(all.open_slot(), 2, IsolationLevel::ReadCommitted, false).value();
  Savepoint mark = all.set_savepoint(holder);
  WriteId id = all.write_id(holder).value();
  std::thread thread(
      [&] { EXPECT_TRUE(all.locks().wait_for_write(waiter.locks(), id, LockTarget::row(7, kRow)).ok()); });
  while (all.locks().waits_begun() == 0) std::this_thread::yield();
  all.rollback_to(holder, mark);
  thread.join();
}

TEST(lock_waits, write_ids_and_tables_share_one_graph) {
  Transactions all{RecoveredState{}};
  Transaction a = all.begin(all.open_slot(), 1, IsolationLevel::ReadCommitted, false).value();
  Transaction b = all.begin(all.open_slot(), 2, IsolationLevel::ReadCommitted, false).value();
  WriteId id = all.write_id(a).value();
  all.locks().acquire(b.locks(), LockTarget::table(7), LockMode::AccessExclusive).value();
  std::thread thread([&] {
    EXPECT_TRUE(all.locks().acquire(a.locks(), LockTarget::table(7), LockMode::RowExclusive).ok());
  });
  while (all.locks().waits_begun() == 0) std::this_thread::yield();
  Result<> closing = all.locks().wait_for_write(b.locks(), id, LockTarget::row(7, kRow));
  ASSERT_FALSE(closing.ok());
  EXPECT_EQ(closing.error().state(), sqlstate::deadlock_detected);
  EXPECT_EQ(
      closing.error().detail(),
      "Process 2 waits for ShareLock on transaction 1 (tuple (3,5) of relation 7); blocked by process 1.\n"
      "Process 1 waits for RowExclusiveLock on relation 7; blocked by process 2.");
  all.rollback(b);
  thread.join();
}

// Between a commit's publication and the release of its locks, by another thread, its session may go on.
TEST(lock_waits, a_commit_does_not_wait_for_what_its_session_waits_for) {
  Transactions all{RecoveredState{}};
  SnapshotSlot& slot = all.open_slot();
  Transaction first = all.begin(slot, 1, IsolationLevel::ReadCommitted, false).value();
  Transaction other = all.begin(all.open_slot(), 2, IsolationLevel::ReadCommitted, false).value();
  all.write_id(first).value();
  all.locks().acquire(first.locks(), LockTarget::table(7), LockMode::RowExclusive).value();
  all.locks().acquire(other.locks(), LockTarget::table(8), LockMode::AccessExclusive).value();
  constexpr CommitSeq kCsn = 100;
  all.set_committed(first, kCsn, true);
  Transaction next = all.begin(slot, 1, IsolationLevel::ReadCommitted, false).value();
  std::thread session([&] {
    EXPECT_TRUE(all.locks().acquire(next.locks(), LockTarget::table(8), LockMode::RowExclusive).ok());
  });
  while (all.locks().waits_begun() < 1) std::this_thread::yield();
  std::thread waiter([&] {
    EXPECT_TRUE(all.locks().acquire(other.locks(), LockTarget::table(7), LockMode::AccessExclusive).ok());
  });
  while (all.locks().waits_begun() < 2) std::this_thread::yield();
  all.publish(kCsn);
  waiter.join();
  all.rollback(other);
  session.join();
}

}  // namespace
}  // namespace rowan
