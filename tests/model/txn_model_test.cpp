// Transactions beside a naive twin that keeps whole lists: under random interleavings every snapshot must see
// exactly what the twin says, and nothing that the cleaner may take or call settled may matter to any live
// snapshot. A second test does the like with threads (for ThreadSanitizer too). ROWAN_SEED repeats a run.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "txn/transactions.h"

namespace rowan {
namespace {

uint64_t txn_model_seed() {
  const char* given = std::getenv("ROWAN_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

struct TwinSnapshot {
  Snapshot snapshot;
  std::set<WriteId> sees;
};

struct TwinSession {
  SnapshotSlot* slot = nullptr;
  Transaction transaction;
  std::vector<WriteId> ids;  // alive
  std::vector<std::pair<Savepoint, size_t>> savepoints;
  std::vector<TwinSnapshot> snapshots;
  CommitSeq own_commit = 0;
};

struct TwinCommit {
  CommitSeq csn;
  bool waits;
  std::vector<WriteId> ids;
};

class TxnTwin {
 public:
  explicit TxnTwin(uint64_t seed) : random_(seed) {
    for (TwinSession& s : sessions_) s.slot = &all_.open_slot();
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      step();
      if (i % 16 == 0) check();
    }
    // Let go of the transactions before the sessions' slots.
    for (TwinSession& s : sessions_) end_snapshots(s);
    for (TwinSession& s : sessions_)
      if (s.transaction.is_active()) all_.rollback(s.transaction);
  }

 private:
  uint64_t dice(uint64_t sides) { return random_() % sides; }

  void end_snapshots(TwinSession& s) {
    for (TwinSnapshot& t : s.snapshots) all_.release_snapshot(*s.slot, t.snapshot);
    s.snapshots.clear();
  }

  void publish(Lsn durable) {
    all_.publish(durable);
    durable_ = std::max(durable_, durable);
    while (!commits_.empty() && (!commits_.front().waits || commits_.front().csn <= durable_)) {
      for (WriteId id : commits_.front().ids) {
        published_.insert(id);
        csn_of_[id] = commits_.front().csn;
      }
      commits_.erase(commits_.begin());
    }
  }

  void step() {
    size_t who = dice(std::size(sessions_));
    TwinSession& s = sessions_[who];
    if (!s.transaction.is_active()) {
      s.transaction =
          all_.begin(*s.slot, who + 1,
                     dice(2) ? IsolationLevel::RepeatableRead : IsolationLevel::ReadCommitted, false)
              .value();
      return;
    }
    switch (dice(12)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        WriteId id = all_.write_id(s.transaction).value();
        if (s.ids.empty() || s.ids.back() != id) {
          // A new one: never while nothing used the last.
          s.ids.push_back(id);
          drawn_.push_back(id);
          owner_[id] = s.transaction.id();
        }
        break;
      }
      case 4:
      case 5:
        if (s.own_commit > all_.status().published()) publish(log_end_);
        if (s.snapshots.size() < 7) {
          Snapshot taken = s.snapshots.empty() || dice(2)
                               ? all_.take_snapshot(s.transaction).value()
                               : all_.refresh_own(s.transaction, s.snapshots.back().snapshot);
          TwinSnapshot twin{taken, {}};
          if (s.snapshots.empty() || taken.csn != s.snapshots.back().snapshot.csn) {
            twin.sees = published_;
          } else {
            twin.sees = published_at(taken.csn);
          }
          twin.sees.insert(s.ids.begin(), s.ids.end());
          s.snapshots.push_back(std::move(twin));
        }
        break;
      case 6:
        if (!s.snapshots.empty()) {
          size_t which = dice(s.snapshots.size());
          all_.release_snapshot(*s.slot, s.snapshots[which].snapshot);
          s.snapshots.erase(s.snapshots.begin() + static_cast<ptrdiff_t>(which));
        }
        break;
      case 7:
        s.savepoints.push_back({all_.set_savepoint(s.transaction), s.ids.size()});
        break;
      case 8:
        if (!s.savepoints.empty()) {
          s.savepoints.resize(dice(s.savepoints.size()) + 1);
          std::vector<WriteId> gone = all_.rollback_to(s.transaction, s.savepoints.back().first);
          EXPECT_EQ(gone.size(), s.ids.size() - s.savepoints.back().second);
          forget_own(s, gone);
          s.ids.resize(s.savepoints.back().second);
        }
        break;
      case 9:
        end_snapshots(s);
        if (s.ids.empty()) {
          all_.finish_read_only(s.transaction);
        } else {
          bool waits = dice(3) != 0;
          log_end_ += 8 + dice(100);
          commits_.push_back({log_end_, waits, s.ids});
          s.own_commit = log_end_;
          all_.prepare(s.transaction).value();
          all_.set_committed(s.transaction, log_end_, waits);
          if (!waits) publish(0);
        }
        s.ids.clear();
        s.savepoints.clear();
        break;
      case 10:
        if (dice(3) != 0) {
          publish(log_end_ - dice(50));
        } else {
          end_snapshots(s);
          std::vector<WriteId> gone = all_.rollback(s.transaction);
          EXPECT_EQ(gone, s.ids);
          forget_own(s, gone);
          s.ids.clear();
          s.savepoints.clear();
        }
        break;
      case 11:
        if (dice(8) == 0 && !aborted_.empty()) {
          WriteId id = *std::next(aborted_.begin(), static_cast<ptrdiff_t>(dice(aborted_.size())));
          WriteIdInterval interval{id, id};
          all_.forget_aborted({&interval, 1});
          aborted_.erase(id);
          forgotten_.insert(id);
        }
        break;
    }
  }

  void forget_own(TwinSession& s, const std::vector<WriteId>& gone) {
    for (WriteId id : gone) {
      aborted_.insert(id);
      for (TwinSnapshot& t : s.snapshots) t.sees.erase(id);
    }
  }

  std::set<WriteId> published_at(CommitSeq csn) {
    std::set<WriteId> found;
    for (WriteId id : published_)
      if (csn_of_[id] <= csn) found.insert(id);
    return found;
  }

  void check() {
    CleaningView view = all_.cleaning_view();
    const StatusMap& map = all_.status();
    std::vector<WriteId> ids;
    for (WriteId id : drawn_)
      if (!forgotten_.contains(id)) ids.push_back(id);
    std::set<WriteId> running;
    for (TwinSession& s : sessions_) running.insert(s.ids.begin(), s.ids.end());
    for (TwinCommit& c : commits_) running.insert(c.ids.begin(), c.ids.end());
    for (WriteId id : ids) {
      WriteStatus::State expected = running.contains(id)    ? WriteStatus::State::Running
                                    : aborted_.contains(id) ? WriteStatus::State::Aborted
                                                            : WriteStatus::State::Committed;
      ASSERT_EQ(map.latest(id).state, expected) << id;
      ASSERT_EQ(view.aborted.contains(id), aborted_.contains(id)) << id;
      if (id < view.low_water) {
        ASSERT_FALSE(running.contains(id)) << id;
      }
    }
    for (TwinSession& s : sessions_) {
      for (TwinSnapshot& t : s.snapshots) {
        for (WriteId id : ids) {
          ASSERT_EQ(sees(map, t.snapshot, id), t.sees.contains(id)) << id;
          if (view.is_settled(id, id)) {
            ASSERT_TRUE(t.sees.contains(id)) << id;
          }
          if (is_settled(map, t.snapshot, id, id)) {
            ASSERT_TRUE(t.sees.contains(id)) << id;
          }
        }
        for (int i = 0; i < 100 && ids.size() > 1; ++i) {
          WriteId creator = ids[dice(ids.size())], deleter = ids[dice(ids.size())];
          if (creator >= deleter || !is_removable(map, view, creator, deleter)) continue;
          ASSERT_FALSE(t.sees.contains(creator) && !t.sees.contains(deleter)) << creator << ' ' << deleter;
        }
      }
    }
    TransactionCut cut = all_.checkpoint_cut();
    std::set<WriteId> open;
    for (TwinSession& s : sessions_) open.insert(s.ids.begin(), s.ids.end());
    WriteIdSet cut_running(cut.running);
    for (WriteId id : ids) ASSERT_EQ(cut_running.contains(id), open.contains(id)) << id;
    // Keep the twin's lists short: what is settled stays so.
    if (drawn_.size() > 400) drawn_.erase(drawn_.begin(), drawn_.begin() + 200);
  }

  std::mt19937_64 random_;
  Transactions all_{RecoveredState{4000, {{17, 20}}, 5}};  // near the end of a chunk
  TwinSession sessions_[6];
  std::vector<TwinCommit> commits_;
  std::vector<WriteId> drawn_;
  std::map<WriteId, TxnId> owner_;
  std::map<WriteId, CommitSeq> csn_of_;
  std::set<WriteId> published_, aborted_, forgotten_;
  CommitSeq log_end_ = 5;
  Lsn durable_ = 5;
};

TEST(txn_model, agrees_with_the_naive_twin) {
  uint64_t seed = txn_model_seed();
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(testing::Message() << "ROWAN_SEED=" << seed + round);
    TxnTwin(seed + round).run(4000);
    if (HasFailure()) return;
  }
}

// Writers move amounts between accounts that are chains of versions in memory; each reader's snapshot must
// see one version an account and the same sum; a cleaner takes away what the view allows.
TEST(txn_model, transfers_in_threads_keep_the_sum) {
  struct Version {
    WriteId creator, deleter;
    int64_t amount;
  };
  struct Account {
    Mutex latch{
        LockRank::Pool};  // as a page's: taken above nothing of txn but the lock table's non-blocking calls
    std::vector<Version> versions GUARDED_BY(latch);
  };
  constexpr int kAccounts = 8;
  constexpr int64_t kStart = 100;
  Transactions all{RecoveredState{}};
  Mutex commit_mutex{LockRank::Commit};
  CommitSeq log_end = 0;
  std::vector<Account> accounts(kAccounts);
  for (Account& account : accounts) {
    MutexLock lock(account.latch);
    account.versions.push_back({0, kNoWriteId, kStart});
  }
  std::atomic<bool> stop{false};
  std::atomic<int> commits{0}, lost{0}, dead{0};

  auto commit = [&](Transaction& t, bool waits) {
    ASSERT_TRUE(all.prepare(t).ok());
    Lsn end;
    {
      MutexLock lock(commit_mutex);
      end = ++log_end;
      all.set_committed(t, end, waits);
    }
    all.publish(waits ? end : 0);
  };
  // Replaces the newest version as UPDATE does; false: the transaction is to roll back.
  auto change = [&](Transaction& t, const Snapshot& snapshot, Account& account, int number, int64_t by) {
    WriteId own = all.write_id(t).value();
    while (true) {
      WriteVerdict verdict{WriteVerdict::Kind::Ok};
      {
        MutexLock lock(account.latch);
        size_t newest = account.versions.size();
        while (newest-- > 0)
          if (all.status().status(account.versions[newest].creator).state != WriteStatus::State::Aborted)
            break;
        Version& home = account.versions[newest];
        verdict = judge_write(all.status(), snapshot, home.creator, home.deleter);
        if (verdict.kind == WriteVerdict::Kind::Ok || verdict.kind == WriteVerdict::Kind::DeleterAborted) {
          int64_t amount = home.amount;
          home.deleter = own;
          account.versions.push_back({own, kNoWriteId, amount + by});
          return true;
        }
      }
      if (verdict.kind != WriteVerdict::Kind::WaitFor) {
        ++lost;
        return false;
      }
      LockTarget about = LockTarget::row(1, {static_cast<PageNo>(number), 0});
      if (!all.locks().wait_for_write(t.locks(), verdict.writer, about).ok()) {
        ++dead;
        return false;
      }
    }
  };
  auto writer = [&](int number) {
    SnapshotSlot& slot = all.open_slot();
    std::mt19937_64 random(number);
    for (int i = 0; i < 1500; ++i) {
      Transaction t = all.begin(slot, number, IsolationLevel::RepeatableRead, false).value();
      Snapshot snapshot = all.take_snapshot(t).value();
      int from = static_cast<int>(random() % kAccounts), to = static_cast<int>(random() % kAccounts);
      if (from == to) to = (to + 1) % kAccounts;
      bool good = change(t, snapshot, accounts[from], from, -1) && change(t, snapshot, accounts[to], to, 1);
      all.release_snapshot(slot, snapshot);
      if (good && random() % 8 != 0) {
        commit(t, random() % 2 == 0);
        ++commits;
      } else {
        all.rollback(t);
      }
    }
    all.close_slot(slot);
  };
  auto reader = [&](int number) {
    SnapshotSlot& slot = all.open_slot();
    while (!stop) {
      Transaction t = all.begin(slot, number, IsolationLevel::ReadCommitted, true).value();
      Snapshot snapshot = all.take_snapshot(t).value();
      int64_t sum = 0;
      for (Account& account : accounts) {
        MutexLock lock(account.latch);
        int found = 0;
        for (const Version& v : account.versions) {
          if (v.creator != 0 && !sees(all.status(), snapshot, v.creator)) continue;
          if (v.deleter != kNoWriteId && sees(all.status(), snapshot, v.deleter)) continue;
          ++found;
          sum += v.amount;
        }
        ASSERT_EQ(found, 1);
      }
      ASSERT_EQ(sum, kAccounts * kStart);
      all.release_snapshot(slot, snapshot);
      all.finish_read_only(t);
    }
    all.close_slot(slot);
  };
  auto cleaner = [&] {
    while (!stop) {
      CleaningView view = all.cleaning_view();
      std::vector<WriteIdInterval> aborted = view.aborted.intervals();
      for (Account& account : accounts) {
        MutexLock lock(account.latch);
        std::erase_if(account.versions, [&](const Version& v) {
          return v.creator != 0 && is_removable(all.status(), view, v.creator, v.deleter);
        });
      }
      // What an aborted deleter left is a trace as well; only ids without any are forgotten.
      std::vector<WriteIdInterval> gone;
      for (const WriteIdInterval& interval : aborted) {
        bool traced = false;
        for (Account& account : accounts) {
          MutexLock lock(account.latch);
          for (const Version& v : account.versions)
            for (WriteId id : {v.creator, v.deleter}) traced |= id >= interval.first && id <= interval.last;
        }
        if (!traced) gone.push_back(interval);
      }
      all.forget_aborted(gone);
      std::this_thread::yield();
    }
  };
  std::vector<std::thread> background, writers;
  background.emplace_back(reader, 11);
  background.emplace_back(reader, 12);
  background.emplace_back(cleaner);
  for (int number = 1; number <= 3; ++number) writers.emplace_back(writer, number);
  for (std::thread& thread : writers) thread.join();
  stop = true;
  for (std::thread& thread : background) thread.join();
  EXPECT_GT(commits, 0);
}

}  // namespace
}  // namespace rowan
