// Serializable snapshot isolation without storage: the structures that fail and those that must not, and many
// random schedules over a few keys, of which every one has to be serializable.
#include "txn/ssi.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "txn/range_tree.h"
#include "txn/transactions.h"

namespace rowan {
namespace {

constexpr RelationId kHeap = 100;
constexpr RelationId kIndex = 101;

RowId row_of(uint32_t key) {
  return {key + 2, 0};
}

// Rows by key, each with the versions that were made of it, on real transactions with a counter for a log.
class Store {
 public:
  Store() {
    for (int i = 0; i < 16; ++i) slots_.push_back(&all.open_slot());
  }

  struct Run {
    Transaction transaction;
    Snapshot snapshot;
    int slot = 0;
    int number = 0;  // of all that ever ran
  };
  Run begin(int slot, bool read_only = false, IsolationLevel level = IsolationLevel::Serializable) {
    Run run;
    run.slot = slot;
    run.number = static_cast<int>(fates.size());
    run.transaction = all.begin(*slots_[slot], slot + 1, level, read_only).value();
    run.snapshot = all.take_snapshot(run.transaction).value();
    fates.push_back({});
    return run;
  }

  // What it sees of the key: the number of who wrote it, -1: nobody. Nothing: it has to go.
  std::optional<int> read(Run& run, uint32_t key) {
    SsiTransaction* ssi = run.transaction.ssi();
    if (ssi != nullptr) ssi->read_row(kHeap, row_of(key));
    int seen = -1;
    size_t place = 0;
    std::vector<Version>& versions = rows_[key];
    for (size_t i = versions.size(); i-- > 0;) {
      if (is_own(run, versions[i].writer) || sees(all.status(), run.snapshot, versions[i].writer)) {
        seen = versions[i].number;
        place = i + 1;
        break;
      }
      bool is_aborted = all.status().status(versions[i].writer).state == WriteStatus::State::Aborted;
      if (ssi != nullptr && !is_aborted) ssi->met_writer(versions[i].writer);
    }
    if (ssi != nullptr && !ssi->check().ok()) return std::nullopt;
    if (!run.transaction.write_ids().empty() && seen == run.number) return seen;
    fates[run.number].reads.push_back({key, place});
    return seen;
  }
  // False: it has to go, as another was first or because of its reads.
  bool write(Run& run, uint32_t key) {
    std::vector<Version>& versions = rows_[key];
    if (!versions.empty() && !is_own(run, versions.back().writer) &&
        !sees(all.status(), run.snapshot, versions.back().writer))
      return false;
    WriteId id = all.write_id(run.transaction).value();
    if (versions.empty() || versions.back().number != run.number) versions.push_back({id, run.number});
    return run.transaction.ssi() == nullptr || run.transaction.ssi()->wrote_row(kHeap, row_of(key)).ok();
  }
  bool commit(Run& run) {
    all.release_snapshot(*slots_[run.slot], run.snapshot);
    Result<> may = all.prepare(run.transaction);
    if (!may.ok()) {
      EXPECT_EQ(may.error().state(), sqlstate::serialization_failure);
      undo(run);
      return false;
    }
    fates[run.number].is_committed = true;
    if (run.transaction.write_ids().empty()) {
      all.finish_read_only(run.transaction);
      return true;
    }
    log_end_ += 10;
    all.set_committed(run.transaction, log_end_, true);
    if (publishes) all.publish(log_end_);
    return true;
  }
  void publish() { all.publish(log_end_); }
  void rollback(Run& run) {
    all.release_snapshot(*slots_[run.slot], run.snapshot);
    undo(run);
  }

  // Is there an order of the committed ones that explains what each has read and written?
  bool is_serializable() const {
    std::vector<std::set<int>> after(fates.size());
    auto edge = [&](int from, int to) {
      if (from != to && from >= 0 && to >= 0 && fates[from].is_committed && fates[to].is_committed)
        after[from].insert(to);
    };
    for (const auto& [key, versions] : rows_)
      for (size_t i = 1; i < versions.size(); ++i) edge(versions[i - 1].number, versions[i].number);
    for (size_t reader = 0; reader < fates.size(); ++reader)
      for (const Read& read : fates[reader].reads) {
        const std::vector<Version>& versions = rows_.at(read.key);
        if (read.place > 0) edge(versions[read.place - 1].number, static_cast<int>(reader));
        if (read.place < versions.size()) edge(static_cast<int>(reader), versions[read.place].number);
      }
    std::vector<int> state(fates.size(), 0);
    std::function<bool(int)> is_in_cycle = [&](int at) {
      state[at] = 1;
      for (int next : after[at])
        if (state[next] == 1 || (state[next] == 0 && is_in_cycle(next))) return true;
      state[at] = 2;
      return false;
    };
    for (size_t i = 0; i < fates.size(); ++i)
      if (state[i] == 0 && is_in_cycle(static_cast<int>(i))) return false;
    return true;
  }

  struct Read {
    uint32_t key;
    size_t place;  // how many versions of the key lie at or below what was read
  };
  struct Fate {
    bool is_committed = false;
    std::vector<Read> reads;
  };
  Transactions all{RecoveredState{}};
  std::vector<Fate> fates;
  bool publishes = true;

 private:
  struct Version {
    WriteId writer;
    int number;
  };
  bool is_own(const Run& run, WriteId id) const {
    std::span<const WriteId> ids = run.transaction.write_ids();
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }
  void undo(Run& run) {
    for (auto& [key, versions] : rows_)
      std::erase_if(versions, [&](const Version& version) { return version.number == run.number; });
    fates[run.number].reads.clear();
    all.rollback(run.transaction);
  }
  std::vector<SnapshotSlot*> slots_;
  std::map<uint32_t, std::vector<Version>> rows_;
  CommitSeq log_end_ = 0;
};

TEST(Ssi, WriteSkewFailsForOne) {
  Store store;
  Store::Run a = store.begin(0), b = store.begin(1);
  ASSERT_TRUE(store.read(a, 1) && store.read(b, 2));
  bool a_wrote = store.write(a, 2), b_wrote = store.write(b, 1);
  ASSERT_TRUE(a_wrote && b_wrote);
  EXPECT_TRUE(store.commit(a));
  EXPECT_FALSE(store.commit(b));
  EXPECT_TRUE(store.is_serializable());
}

TEST(Ssi, WriteSkewIsAllowedBelow) {
  Store store;
  Store::Run a = store.begin(0, false, IsolationLevel::RepeatableRead);
  Store::Run b = store.begin(1, false, IsolationLevel::RepeatableRead);
  store.read(a, 1);
  store.read(b, 2);
  EXPECT_TRUE(store.write(a, 2) && store.write(b, 1));
  EXPECT_TRUE(store.commit(a) && store.commit(b));
  EXPECT_FALSE(store.is_serializable());
}

// One edge, or two whose last was not the first to commit, is no danger.
TEST(Ssi, HarmlessStructuresPass) {
  {
    Store store;
    Store::Run a = store.begin(0), b = store.begin(1);
    store.read(a, 1);
    EXPECT_TRUE(store.write(b, 1) && store.commit(b));
    EXPECT_TRUE(store.write(a, 2));
    EXPECT_TRUE(store.commit(a));
  }
  {
    // a -> b -> c, and a is the first to commit.
    Store store;
    Store::Run a = store.begin(0), b = store.begin(1), c = store.begin(2);
    store.read(a, 1);
    store.read(b, 2);
    EXPECT_TRUE(store.write(a, 9) && store.commit(a));
    EXPECT_TRUE(store.write(b, 1));
    EXPECT_TRUE(store.write(c, 2));
    EXPECT_TRUE(store.commit(b));
    EXPECT_TRUE(store.commit(c));
    EXPECT_TRUE(store.is_serializable());
  }
}

TEST(Ssi, ThePivotFailsWhereTheLastWasFirst) {
  Store store;
  Store::Run a = store.begin(0), b = store.begin(1), c = store.begin(2);
  store.read(a, 1);
  store.read(b, 2);
  EXPECT_TRUE(store.write(c, 2) && store.commit(c));
  EXPECT_TRUE(store.write(a, 9));
  EXPECT_FALSE(store.write(b, 1) && store.commit(b));
  EXPECT_TRUE(store.commit(a));
}

// Fekete, O'Neil, O'Neil, A Read-Only Transaction Anomaly Under Snapshot Isolation (2004).
TEST(Ssi, AReaderThatSeesTheLastOnesCommitFails) {
  for (bool declared : {false, true}) {
    Store store;
    Store::Run batch = store.begin(0);
    store.read(batch, 1);
    store.read(batch, 2);
    Store::Run deposit = store.begin(1);
    store.read(deposit, 2);
    EXPECT_TRUE(store.write(deposit, 2) && store.commit(deposit));
    Store::Run report = store.begin(2, declared);
    bool done =
        store.read(report, 1).has_value() && store.read(report, 2).has_value() && store.commit(report);
    done = store.write(batch, 1) && store.commit(batch) && done;
    EXPECT_FALSE(done);
    EXPECT_TRUE(store.is_serializable());
  }
}

// The same with a reader that looked before the deposit: an order exists.
TEST(Ssi, AReaderThatCameBeforePasses) {
  Store store;
  Store::Run batch = store.begin(0);
  store.read(batch, 1);
  store.read(batch, 2);
  Store::Run report = store.begin(2, true);
  Store::Run deposit = store.begin(1);
  store.read(deposit, 2);
  EXPECT_TRUE(store.write(deposit, 2) && store.commit(deposit));
  EXPECT_TRUE(store.read(report, 1) && store.read(report, 2) && store.commit(report));
  EXPECT_TRUE(store.write(batch, 1) && store.commit(batch));
  EXPECT_TRUE(store.is_serializable());
}

TEST(Ssi, SafeSnapshotsAreNotTracked) {
  Store store;
  Store::Run alone = store.begin(0, true);
  EXPECT_FALSE(alone.transaction.ssi()->is_tracked());
  Store::Run writer = store.begin(1);
  Store::Run beside = store.begin(2, true);
  EXPECT_TRUE(beside.transaction.ssi()->is_tracked());
  TxnId whom = 0;
  EXPECT_FALSE(store.all.ssi().is_safe(*beside.transaction.ssi(), whom).has_value());
  EXPECT_EQ(whom, writer.transaction.id());
  store.read(beside, 1);
  EXPECT_EQ(store.all.ssi().counts().locks, 1u);
  EXPECT_TRUE(store.write(writer, 1) && store.commit(writer));
  EXPECT_FALSE(beside.transaction.ssi()->is_tracked());
  EXPECT_EQ(store.all.ssi().is_safe(*beside.transaction.ssi(), whom), std::optional<bool>(true));
  EXPECT_EQ(store.all.ssi().counts().locks, 0u);
  store.rollback(beside);
  store.rollback(alone);
}

TEST(Ssi, ASnapshotBesideADangerousWriterIsUnsafe) {
  Store store;
  Store::Run pivot = store.begin(0), first = store.begin(1);
  store.read(pivot, 1);
  EXPECT_TRUE(store.write(first, 1) && store.commit(first));
  Store::Run reader = store.begin(2, true);
  EXPECT_TRUE(store.write(pivot, 2) && store.commit(pivot));
  TxnId whom = 0;
  EXPECT_EQ(store.all.ssi().is_safe(*reader.transaction.ssi(), whom), std::optional<bool>(false));
  // It would see `first` and not `pivot`, which did not see `first`.
  EXPECT_FALSE(store.read(reader, 2).has_value());
  store.rollback(reader);
}

TEST(Ssi, IsForgottenWithTheLastWhoRanBeside) {
  Store store;
  Store::Run long_one = store.begin(0);
  store.read(long_one, 7);
  for (int i = 0; i < 50; ++i) {
    Store::Run run = store.begin(1);
    store.read(run, 1);
    EXPECT_TRUE(store.write(run, 2) && store.commit(run));
  }
  EXPECT_EQ(store.all.ssi().counts().transactions, 51u);
  store.rollback(long_one);
  EXPECT_EQ(store.all.ssi().counts().transactions, 0u);
  EXPECT_EQ(store.all.ssi().counts().locks, 0u);
}

// A commit that nobody can see yet is beside whoever begins now, though nobody ran beside it before.
TEST(Ssi, UnpublishedCommitsAreRemembered) {
  Store store;
  store.publishes = false;
  Store::Run first = store.begin(0);
  store.read(first, 1);
  EXPECT_TRUE(store.write(first, 2) && store.commit(first));
  Store::Run second = store.begin(1);
  EXPECT_TRUE(store.read(second, 2).has_value());
  bool done = store.write(second, 1) && store.commit(second);
  EXPECT_FALSE(done);
  store.publish();
}

// Beside one long transaction so many commit that they are summed up: what it does then still cannot be
// wrong.
TEST(Ssi, TheSummedUpStillCount) {
  Store store;
  Store::Run long_one = store.begin(0);
  store.read(long_one, 1);
  Store::Run reader = store.begin(1);
  store.read(reader, 2);
  EXPECT_TRUE(store.write(reader, 1) && store.commit(reader));  // long_one -> reader
  for (size_t i = 0; i < Ssi::kRememberedMax + 10; ++i) {
    Store::Run run = store.begin(1);
    store.read(run, 3);
    EXPECT_TRUE(store.write(run, 4) && store.commit(run));
  }
  EXPECT_GT(store.all.ssi().counts().summed_up, 0u);
  EXPECT_LE(store.all.ssi().counts().transactions, Ssi::kRememberedMax + 1);
  // It writes what the summed-up `reader` has read: write skew.
  bool done = store.write(long_one, 2) && store.commit(long_one);
  EXPECT_FALSE(done);
  EXPECT_TRUE(store.is_serializable());
}

class SsiSchedules : public testing::TestWithParam<uint32_t> {};

TEST_P(SsiSchedules, AreSerializable) {
  std::mt19937 dice(GetParam());
  size_t committed = 0, failed = 0;
  for (int round = 0; round < 400; ++round) {
    Store store;
    uint32_t keys = 2 + dice() % 4;
    size_t sessions = 2 + dice() % 5;
    store.publishes = dice() % 3 != 0;
    std::vector<std::optional<Store::Run>> running(sessions);
    for (int step = 0; step < 120; ++step) {
      size_t which = dice() % sessions;
      if (dice() % 8 == 0) store.publish();
      if (!running[which]) {
        if (!store.publishes) store.publish();  // a session sees its own commits
        running[which] = store.begin(static_cast<int>(which), dice() % 4 == 0);
        continue;
      }
      Store::Run& run = *running[which];
      uint32_t key = dice() % keys;
      uint32_t what = dice() % 10;
      bool goes_on = true;
      if (what < 5) {
        goes_on = store.read(run, key).has_value();
      } else if (what < 8 && !run.transaction.is_read_only()) {
        goes_on = store.write(run, key);
      } else if (what == 8) {
        (store.commit(run) ? committed : failed) += 1;
        running[which].reset();
        continue;
      } else if (dice() % 8 == 0) {
        goes_on = false;
      }
      if (goes_on) continue;
      store.rollback(run);
      running[which].reset();
      ++failed;
    }
    for (auto& run : running)
      if (run) store.rollback(*run);
    store.publish();
    ASSERT_TRUE(store.is_serializable()) << "round " << round;
    Store::Run last = store.begin(15);
    store.rollback(last);
    ASSERT_EQ(store.all.ssi().counts().transactions, 0u);
    ASSERT_EQ(store.all.ssi().counts().locks, 0u);
  }
  EXPECT_GT(committed, failed / 4);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SsiSchedules, testing::Range(1u, 11u));

// --- What is read ---

TEST(RangeTree, MeetsWhatANaiveListMeets) {
  std::mt19937 dice(3);
  auto word = [&] {
    std::string text;
    for (uint32_t n = dice() % 3; n > 0; --n) text.push_back(static_cast<char>('a' + dice() % 3));
    return text;
  };
  RangeTree tree;
  std::vector<std::unique_ptr<RangeTree::Node>> nodes;
  for (int step = 0; step < 20000; ++step) {
    if (nodes.size() < 40 && dice() % 2 == 0) {
      auto node = std::make_unique<RangeTree::Node>();
      node->range = {word(), word(), dice() % 4 != 0};
      if (node->range.has_upper && node->range.upper <= node->range.lower) continue;
      tree.insert(*node);
      nodes.push_back(std::move(node));
    } else if (!nodes.empty() && dice() % 3 == 0) {
      size_t which = dice() % nodes.size();
      tree.remove(*nodes[which]);
      std::swap(nodes[which], nodes.back());
      nodes.pop_back();
    }
    std::string lower = word(), upper = word();
    if (!upper.empty() && upper <= lower) continue;
    std::set<const RangeTree::Node*> met, wanted;
    tree.meet(lower, upper, [&](RangeTree::Node& node) { EXPECT_TRUE(met.insert(&node).second); });
    for (const auto& node : nodes)
      if ((upper.empty() || node->range.lower < upper) &&
          (!node->range.has_upper || node->range.upper > lower))
        wanted.insert(node.get());
    ASSERT_EQ(met, wanted) << "step " << step;
  }
}

struct SireadFixture : testing::Test {
  SireadTable table;
  SireadTable::Holder a, b;
  int count(const std::function<void(const SireadTable::Visit&)>& ask) {
    std::set<SireadTable::Holder*> met;
    ask([&](SireadTable::Holder& holder) { met.insert(&holder); });
    return static_cast<int>(met.size());
  }
  int of_row(RowId id) {
    return count([&](const SireadTable::Visit& visit) { table.visit_row(kHeap, id, visit); });
  }
  int of_keys(std::string_view lower, std::string_view upper) {
    return count([&](const SireadTable::Visit& visit) { table.visit_keys(kIndex, lower, upper, visit); });
  }
};

TEST_F(SireadFixture, ManyRowsBecomeAPageAndManyPagesTheRelation) {
  for (SlotNo slot = 0; slot <= SireadTable::kRowsOfPageMax; ++slot) table.read_row(a, kHeap, {5, slot});
  EXPECT_EQ(table.count(), 1u);
  EXPECT_EQ(of_row({5, 99}), 1);
  EXPECT_EQ(of_row({6, 0}), 0);
  for (PageNo page = 10; page < 10 + SireadTable::kLocksOfRelationMax; ++page)
    table.read_row(a, kHeap, {page, 0});
  EXPECT_EQ(table.count(), 1u);
  EXPECT_EQ(of_row({6, 0}), 1);
  table.read_row(b, kHeap, {6, 0});
  EXPECT_EQ(of_row({6, 0}), 2);
  table.release(a);
  table.release(b);
  EXPECT_EQ(table.count(), 0u);
}

TEST_F(SireadFixture, StretchesGrowAndCoverTheirGaps) {
  table.read_range(a, kIndex, "b", "d", true);
  table.read_range(a, kIndex, "d", "f", true);
  table.read_range(a, kIndex, "a", "b", true);
  table.read_range(a, kIndex, "c", "d", true);
  EXPECT_EQ(table.count(), 1u);
  EXPECT_EQ(of_keys("a", "aa"), 1);
  EXPECT_EQ(of_keys("ez", "f"), 1);
  EXPECT_EQ(of_keys("f", "g"), 0);
  table.read_range(a, kIndex, "f", "", false);
  EXPECT_EQ(of_keys("zz", "zzz"), 1);
  table.release(a);
}

TEST_F(SireadFixture, LocksGoAlong) {
  table.read_row(a, kHeap, {5, 1});
  table.copy_row(kHeap, {5, 1}, {9, 3});
  EXPECT_EQ(of_row({9, 3}), 1);
  table.read_range(b, kIndex, "a", "b", true);
  table.copy_relation(kIndex, kHeap);
  EXPECT_EQ(of_keys("a", "b"), 1);
  EXPECT_EQ(of_row({77, 0}), 1);
  table.give(a, b);
  EXPECT_EQ(a.count(), 0u);
  EXPECT_EQ(of_row({9, 3}), 1);
  table.release(b);
  EXPECT_EQ(table.count(), 0u);
}

}  // namespace
}  // namespace rowan
