// Transactions one step at a time: ids, snapshots, savepoints, publishing, what the cleaner and a checkpoint
// see.
#include "txn/transactions.h"

#include <gtest/gtest.h>

#include <thread>

namespace rowan {
namespace {

using State = WriteStatus::State;

// A database of transactions with a counter for a log.
struct TransactionsFixture : testing::Test {
  Transactions all{RecoveredState{}};
  CommitSeq log_end = 0;

  struct Session {
    SnapshotSlot* slot;
    uint64_t number;
  };
  uint64_t sessions = 0;
  Session open() { return {&all.open_slot(), ++sessions}; }
  Transaction begin(const Session& s, IsolationLevel level = IsolationLevel::ReadCommitted) {
    return all.begin(*s.slot, s.number, level, false).value();
  }
  CommitSeq commit(Transaction& t) {
    all.prepare(t).value();
    log_end += 10;
    all.set_committed(t, log_end, true);
    all.publish(log_end);
    return log_end;
  }
  Snapshot look(Transaction& t) { return all.take_snapshot(t).value(); }
  bool seen(const Snapshot& s, WriteId id) { return sees(all.status(), s, id); }
};

TEST_F(TransactionsFixture, CommitIsSeenByLaterSnapshotsOnly) {
  Session a = open(), b = open();
  Transaction writer = begin(a), reader = begin(b);
  WriteId id = all.write_id(writer).value();
  EXPECT_EQ(all.write_id(writer).value(), id);
  Snapshot before = look(reader);
  commit(writer);
  EXPECT_FALSE(writer.is_active());
  Snapshot after = look(reader);
  EXPECT_FALSE(seen(before, id));
  EXPECT_TRUE(seen(after, id));
  EXPECT_EQ(a.slot->pin_count(), 0u);
  EXPECT_EQ(b.slot->pin_count(), 2u);
}

TEST_F(TransactionsFixture, StatementDoesNotSeeItsOwnOutput) {
  Session a = open();
  Transaction t = begin(a);
  WriteId first = all.write_id(t).value();
  Snapshot s = look(t);
  WriteId second = all.write_id(t).value();
  EXPECT_NE(first, second);
  EXPECT_TRUE(seen(s, first));
  EXPECT_FALSE(seen(s, second));
  Snapshot later = all.refresh_own(t, s);
  EXPECT_TRUE(seen(later, second));
  EXPECT_EQ(judge_write(all.status(), s, second, kNoWriteId).kind, WriteVerdict::Kind::SelfUpdated);
  EXPECT_EQ(judge_write(all.status(), s, first, second).kind, WriteVerdict::Kind::SelfDeleted);
  EXPECT_EQ(judge_write(all.status(), later, second, kNoWriteId).kind, WriteVerdict::Kind::Ok);
}

TEST_F(TransactionsFixture, InsertsWithoutSnapshotsShareOneId) {
  Session a = open();
  Transaction t = begin(a);
  for (int i = 0; i < 1000; ++i) all.write_id(t).value();
  EXPECT_EQ(t.write_ids().size(), 1u);
}

TEST_F(TransactionsFixture, SavepointRollbackAbortsItsIdsOnly) {
  Session a = open(), b = open();
  Transaction t = begin(a), reader = begin(b);
  WriteId kept = all.write_id(t).value();
  Savepoint mark = all.set_savepoint(t);
  WriteId gone = all.write_id(t).value();
  Savepoint inner = all.set_savepoint(t);
  WriteId gone_too = all.write_id(t).value();
  all.release(t, inner);
  EXPECT_EQ(all.rollback_to(t, mark), (std::vector<WriteId>{gone, gone_too}));
  WriteId again = all.write_id(t).value();
  EXPECT_NE(again, kept);
  Snapshot own = look(t);
  EXPECT_TRUE(seen(own, kept));
  EXPECT_FALSE(seen(own, gone));
  EXPECT_TRUE(seen(own, again));
  commit(t);
  Snapshot after = look(reader);
  EXPECT_TRUE(seen(after, kept));
  EXPECT_FALSE(seen(after, gone));
  EXPECT_FALSE(seen(after, gone_too));
  EXPECT_TRUE(seen(after, again));
}

TEST_F(TransactionsFixture, CommitsArePublishedInLogOrder) {
  Session a = open(), b = open(), c = open();
  Transaction sync = begin(a), async = begin(b), reader = begin(c);
  WriteId first = all.write_id(sync).value(), second = all.write_id(async).value();
  all.set_committed(sync, 100, true);
  all.set_committed(async, 200, false);
  all.publish(0);  // the asynchronous one returns, but an earlier one is not durable
  Snapshot s = look(reader);
  EXPECT_FALSE(seen(s, first));
  EXPECT_FALSE(seen(s, second));
  EXPECT_EQ(all.status().latest(second).state, State::Running);  // for writers too
  EXPECT_EQ(all.status().latest(second).owner, 0u);
  // The session of the asynchronous commit reads its own write: it waits for the flush.
  Transaction next = begin(b);
  std::thread flusher([&] { all.publish(150); });
  Snapshot own = look(next);
  flusher.join();
  EXPECT_TRUE(seen(own, first));
  EXPECT_TRUE(seen(own, second));
  EXPECT_EQ(all.status().latest(second).state, State::Committed);
  // Nothing in flight: at once.
  Transaction alone = begin(a);
  WriteId third = all.write_id(alone).value();
  all.set_committed(alone, 300, false);
  all.publish(0);
  Snapshot last = look(reader);
  EXPECT_TRUE(seen(last, third));
}

TEST_F(TransactionsFixture, StoppingWakesWhoWaitsForAFlush) {
  Session a = open(), b = open();
  Transaction sync = begin(a), async = begin(b);
  all.write_id(sync).value();
  all.write_id(async).value();
  all.set_committed(sync, 100, true);
  all.set_committed(async, 200, false);
  Transaction next = begin(b);
  std::thread stopper([&] { all.stop(); });
  Result<Snapshot> s = all.take_snapshot(next);
  stopper.join();
  ASSERT_FALSE(s.ok());
  EXPECT_EQ(s.error().state(), sqlstate::admin_shutdown);
}

TEST_F(TransactionsFixture, WritersVerdicts) {
  using Kind = WriteVerdict::Kind;
  Session a = open(), b = open();
  Transaction reader = begin(a), other = begin(b);
  Snapshot s = look(reader);
  WriteId id = all.write_id(other).value();
  const StatusMap& map = all.status();
  WriteVerdict wait = judge_write(map, s, id, kNoWriteId);
  EXPECT_EQ(wait.kind, Kind::WaitFor);
  EXPECT_EQ(wait.writer, id);
  EXPECT_EQ(wait.owner, other.id());
  EXPECT_EQ(judge_liveness(map, reader.id(), id, kNoWriteId).kind, Liveness::Kind::WaitFor);
  EXPECT_EQ(judge_liveness(map, other.id(), id, kNoWriteId).kind, Liveness::Kind::Live);
  commit(other);
  EXPECT_EQ(judge_write(map, s, id, kNoWriteId).kind, Kind::Updated);
  EXPECT_EQ(serialization_error(Kind::Updated).state(), sqlstate::serialization_failure);
  Transaction deleter = begin(b);
  WriteId gone = all.write_id(deleter).value();
  EXPECT_EQ(judge_write(map, s, id, gone).kind, Kind::WaitFor);
  all.rollback(deleter);
  EXPECT_EQ(judge_write(map, look(reader), id, gone).kind, Kind::DeleterAborted);
  EXPECT_EQ(judge_write(map, s, gone, kNoWriteId).kind, Kind::HomeAborted);
  EXPECT_EQ(judge_liveness(map, 0, gone, kNoWriteId).kind, Liveness::Kind::Dead);
  Transaction second = begin(b);
  WriteId end = all.write_id(second).value();
  commit(second);
  EXPECT_EQ(judge_write(map, s, id, end).kind, Kind::Deleted);
  EXPECT_EQ(judge_liveness(map, 0, id, end).kind, Liveness::Kind::Dead);
}

TEST_F(TransactionsFixture, CleaningKeepsWhatALiveSnapshotNeeds) {
  Session a = open(), b = open();
  auto write = [&] {
    Transaction t = begin(a);
    WriteId id = all.write_id(t).value();
    commit(t);
    return id;
  };
  WriteId v1 = write(), v2 = write();
  Transaction reader = begin(b);
  Snapshot old = look(reader);
  WriteId v3 = write(), v4 = write();
  CleaningView view = all.cleaning_view();
  const StatusMap& map = all.status();
  EXPECT_TRUE(is_removable(map, view, v1, v2));   // before the snapshot
  EXPECT_FALSE(is_removable(map, view, v2, v3));  // what the snapshot sees
  EXPECT_TRUE(is_removable(map, view, v3, v4));   // between two live snapshots
  EXPECT_FALSE(is_removable(map, view, v4, kNoWriteId));
  EXPECT_LE(view.low_water, v3);
  EXPECT_TRUE(view.is_settled(v1, v2));
  EXPECT_FALSE(view.is_settled(v1, v3));
  all.release_snapshot(*b.slot, old);
  view = all.cleaning_view();
  EXPECT_TRUE(is_removable(map, view, v2, v3));
  EXPECT_TRUE(view.is_settled(v1, v4));
}

TEST_F(TransactionsFixture, MoreSnapshotsThanPlacesAreCoveredByAFloor) {
  Session a = open(), b = open();
  Transaction reader = begin(b);
  std::vector<WriteId> ids;
  std::vector<Snapshot> snapshots;
  for (int i = 0; i < 8; ++i) {
    Transaction t = begin(a);
    ids.push_back(all.write_id(t).value());
    commit(t);
    snapshots.push_back(look(reader));
  }
  CleaningView view = all.cleaning_view();
  for (int i = 0; i + 1 < 8; ++i) EXPECT_FALSE(is_removable(all.status(), view, ids[i], ids[i + 1])) << i;
  for (int i = 0; i < 7; ++i) all.release_snapshot(*b.slot, snapshots[i]);
  view = all.cleaning_view();
  for (int i = 0; i + 1 < 7; ++i) EXPECT_TRUE(is_removable(all.status(), view, ids[i], ids[i + 1])) << i;
}

TEST_F(TransactionsFixture, AbortedIdsStayUntilForgotten) {
  Session a = open();
  Transaction t = begin(a);
  WriteId id = all.write_id(t).value();
  all.rollback(t);
  EXPECT_TRUE(all.status().maybe_aborted(id));
  EXPECT_TRUE(all.cleaning_view().aborted.contains(id));
  EXPECT_FALSE(all.cleaning_view().is_settled(id, id));
  EXPECT_EQ(all.checkpoint_cut().aborted, (std::vector<WriteIdInterval>{{id, id}}));
  WriteIdInterval interval{id, id};
  all.forget_aborted({&interval, 1});
  EXPECT_TRUE(all.cleaning_view().aborted.empty());
  EXPECT_TRUE(all.checkpoint_cut().aborted.empty());
  Transaction later = begin(a);
  all.write_id(later).value();
  commit(later);
  all.cleaning_view();
  EXPECT_FALSE(all.status().maybe_aborted(id));
}

TEST_F(TransactionsFixture, ACheckpointNamesTheRunning) {
  Session a = open(), b = open();
  Transaction one = begin(a), two = begin(b);
  WriteId first = all.write_id(one).value();
  WriteId second = all.write_id(two).value();
  TransactionCut cut = all.checkpoint_cut();
  EXPECT_EQ(cut.running, (std::vector<WriteIdInterval>{{first, second}}));
  EXPECT_EQ(cut.next_id, second + 1);
  all.set_committed(one, 10, true);  // its record is before the cut: no longer running, though unpublished
  EXPECT_EQ(all.checkpoint_cut().running, (std::vector<WriteIdInterval>{{second, second}}));
  all.publish(10);
}

TEST_F(TransactionsFixture, RecoveredIdsAreAbortedOrVisibleToAll) {
  RecoveredState state;
  state.next_id = 10000;
  state.aborted = {{7, 9}, {9000, 9000}};
  state.published = 500;
  Transactions reopened(state);
  Transaction t = reopened.begin(reopened.open_slot(), 1, IsolationLevel::RepeatableRead, false).value();
  Snapshot s = reopened.take_snapshot(t).value();
  EXPECT_EQ(s.csn, 500u);
  for (WriteId id : {7, 8, 9, 9000}) EXPECT_FALSE(sees(reopened.status(), s, id));
  for (WriteId id : {1, 6, 10, 8999, 9001, 9999}) EXPECT_TRUE(sees(reopened.status(), s, id));
  EXPECT_EQ(reopened.write_id(t).value(), 10000u);
}

TEST_F(TransactionsFixture, ChunksCollapseBetweenSnapshots) {
  Session a = open(), b = open();
  auto burn = [&](int ids, bool abort_some) {
    for (int i = 0; i < ids; ++i) {
      Transaction t = begin(a);
      all.write_id(t).value();
      if (abort_some && i % 1000 == 0)
        all.rollback(t);
      else
        commit(t);
    }
  };
  burn(20000, false);
  Transaction reader = begin(b);
  Snapshot s = look(reader);
  WriteId boundary = all.next_id();
  burn(100000, true);
  all.cleaning_view();
  EXPECT_LE(all.status().full_chunks(), 3u);  // the snapshot's, the newest
  EXPECT_GT(all.status().bitmap_chunks(), 10u);
  for (WriteId id = 1; id < boundary; id += 17) EXPECT_TRUE(seen(s, id)) << id;
  Transaction other = begin(b);
  for (WriteId id = boundary; id < all.next_id(); id += 13) {
    EXPECT_FALSE(seen(s, id)) << id;
    EXPECT_EQ(all.status().status(id).state == State::Aborted, (id - boundary) % 1000 == 0) << id;
  }
  std::vector<WriteIdInterval> forget = all.checkpoint_cut().aborted;
  all.forget_aborted(forget);
  all.release_snapshot(*b.slot, s);
  burn(1, false);
  all.cleaning_view();
  EXPECT_EQ(all.status().bitmap_chunks(), 0u);
  EXPECT_LE(all.status().full_chunks(), 1u);
}

TEST_F(TransactionsFixture, BatchVisibilityAgreesWithTheSingleQuestion) {
  Session a = open(), b = open();
  Transaction reader = begin(b);
  std::vector<WriteId> creators, deleters;
  std::vector<Transaction> running;
  Snapshot s;
  for (int i = 0; i < 200; ++i) {
    if (i == 120) s = look(reader);
    Transaction t = begin(a);
    creators.push_back(all.write_id(t).value());
    deleters.push_back(i % 3 == 0 && i > 10 ? creators[i - 7] : kNoWriteId);
    if (i % 11 == 0)
      all.rollback(t);
    else if (i % 13 == 0)
      running.push_back(std::move(t));
    else
      commit(t);
  }
  std::vector<uint64_t> mask(4, ~uint64_t{0});
  mask[1] = 0x00ff00ff00ff00ffu;
  visible(all.status(), creators, deleters, s, mask);
  for (size_t i = 0; i < 256; ++i) {
    bool bit = mask[i / 64] >> i % 64 & 1;
    bool asked = i / 64 != 1 || (0x00ff00ff00ff00ffu >> i % 64 & 1);
    bool expected = i < 200 && asked && is_visible(all.status(), s, creators[i], deleters[i]);
    EXPECT_EQ(bit, expected) << i;
  }
  std::vector<uint64_t> all_rows(4, ~uint64_t{0});
  visible(all.status(), creators, {}, s, all_rows);
  for (size_t i = 0; i < 200; ++i)
    EXPECT_EQ(all_rows[i / 64] >> i % 64 & 1, seen(s, creators[i]) ? 1u : 0u) << i;
}

TEST_F(TransactionsFixture, AWriteInAReadOnlyTransactionIsRefused) {
  Session a = open();
  Transaction t = all.begin(*a.slot, 1, IsolationLevel::ReadCommitted, true).value();
  Result<WriteId> id = all.write_id(t);
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.error().state(), sqlstate::read_only_sql_transaction);
}

TEST(write_id_set, adds_merges_and_removes) {
  WriteIdSet set;
  set.add({5, 6});
  set.add(9);
  set.add({7, 8});
  EXPECT_EQ(set.intervals(), (std::vector<WriteIdInterval>{{5, 9}}));
  set.remove({6, 7});
  EXPECT_EQ(set.intervals(), (std::vector<WriteIdInterval>{{5, 5}, {8, 9}}));
  EXPECT_TRUE(set.overlaps(6, 8));
  EXPECT_FALSE(set.overlaps(6, 7));
  set.remove({1, 100});
  EXPECT_TRUE(set.empty());
  set.add(1);
  set.add(3);
  set.add({0, 10});
  EXPECT_EQ(set.intervals(), (std::vector<WriteIdInterval>{{0, 10}}));
}

}  // namespace
}  // namespace rowan
