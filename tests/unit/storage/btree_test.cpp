// The B-tree beside a std::set, under random work, small pages, threads and crashes.
#include "storage/btree/btree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "storage/btree/builder.h"
#include "storage/btree/cursor.h"
#include "storage/btree/key.h"
#include "storage/file/sim_fs.h"
#include "storage/storage.h"
#include "tests/unit/storage/btree_world.h"

namespace rowan {
namespace {

// Keys of all lengths, often alike, none another's prefix: only the last byte is zero.
std::string btree_random_key(std::mt19937_64& random) {
  uint64_t kind = random() % 8;
  std::string key;
  if (kind < 4) {
    uint32_t n = __builtin_bswap32(static_cast<uint32_t>(random() % 500));
    key.assign(reinterpret_cast<char*>(&n), 4);
  } else if (kind < 7) {
    key.assign("customer#");
    key += std::to_string(random() % 100000);
  } else {
    key.assign(1 + random() % 2600, static_cast<char>('a' + random() % 3));
  }
  std::replace(key.begin(), key.end(), '\0', '\1');
  key.push_back('\0');
  return key;
}

TEST(btree, random_work_agrees_with_a_set) {
  for (uint16_t items_max : {0, 4, 9}) {
    uint64_t seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed << " items " << items_max);
    std::mt19937_64 random(seed);
    BtreeStore store(std::make_unique<SimFs>(), items_max);
    auto tree = Btree::create(*store.storage, kTreeRelation).value();
    BtreeTwin twin;
    for (int step = 0; step < 4000; ++step) {
      std::string key = btree_random_key(random);
      RowId row{static_cast<PageNo>(random() % 3), static_cast<SlotNo>(random() % 50)};
      if (random() % 4 != 0) {
        ASSERT_EQ(tree->insert(key, row).value().kind, InsertOutcome::Kind::Inserted);
        twin.insert({key, row});
      } else {
        auto near = twin.lower_bound({key, row});
        if (near != twin.end() && random() % 2 == 0) {
          key = near->first;
          row = near->second;
        }
        ASSERT_EQ(tree->remove(key, row).value(), twin.erase({key, row}) > 0);
      }
      ASSERT_EQ(tree->contains(key, row).value(), twin.contains({key, row}));
      if (step % 500 == 0) {
        ASSERT_EQ(btree_findings(*tree), "");
      }
    }
    ASSERT_EQ(btree_findings(*tree), "");
    for (ScanDirection direction : {ScanDirection::Forward, ScanDirection::Backward}) {
      ASSERT_EQ(btree_contents(*tree, KeyRange::all(), direction, 1 + random() % 64), twin);
      for (int i = 0; i < 40; ++i) {
        KeyRange range{btree_random_key(random), btree_random_key(random), random() % 4 != 0,
                       random() % 4 != 0,        random() % 2 == 0,        random() % 2 == 0};
        if (i % 3 == 0) range.lower.resize(random() % range.lower.size());
        if (i % 3 == 1) range.upper.resize(random() % range.upper.size());
        BtreeTwin expected;
        for (const auto& entry : twin) {
          // A bound stands for all keys that begin with it.
          int low = range.has_lower ? entry.first.compare(0, range.lower.size(), range.lower) : 1;
          int high = range.has_upper ? entry.first.compare(0, range.upper.size(), range.upper) : -1;
          if ((low > 0 || (low == 0 && range.lower_inclusive)) &&
              (high < 0 || (high == 0 && range.upper_inclusive)))
            expected.insert(entry);
        }
        ASSERT_EQ(btree_contents(*tree, range, direction, 1 + random() % 64), expected);
      }
    }
    // It survives closing and opening.
    tree.reset();
    ASSERT_TRUE(store.storage->close().ok());
    store.storage.reset();
    store.open();
    tree = Btree::open(*store.storage, kTreeRelation).value();
    ASSERT_EQ(btree_findings(*tree), "");
    ASSERT_EQ(btree_contents(*tree, KeyRange::all(), ScanDirection::Forward, 64), twin);
  }
}

TEST(btree, rising_keys_fill_pages_at_the_right_edge) {
  BtreeStore store;
  auto tree = Btree::create(*store.storage, kTreeRelation).value();
  KeyEncoder encoder({{TypeId::BigInt, false, false, false}});
  for (int i = 0; i < 20000; ++i) {
    std::string key;
    encoder.encode(0, Value::of_int(TypeId::BigInt, i), key);
    tree->insert(key, {static_cast<PageNo>(i / 100), static_cast<SlotNo>(i % 100)}).value();
  }
  EXPECT_EQ(btree_findings(*tree), "");
  EXPECT_LT(tree->page_count(), 20000 / 800 + 4u);  // 18 bytes an entry, nine tenths of 16 KiB
  EXPECT_EQ(tree->height().value(), 1u);
}

TEST(btree, builder_makes_a_sound_tree) {
  for (int count : {0, 1, 3, 3000, 20000}) {
    for (uint16_t items_max : {0, 5}) {
      if (items_max != 0 && count > 10000) continue;
      BtreeStore store(std::make_unique<SimFs>(), items_max);
      auto tree = Btree::create(*store.storage, kTreeRelation).value();
      std::mt19937_64 random(count);
      BtreeTwin twin;
      for (int i = 0; i < count; ++i)
        twin.insert(
            {btree_random_key(random), {static_cast<PageNo>(random() % 1000), static_cast<SlotNo>(i % 50)}});
      BtreeBuilder builder(*tree);
      for (const auto& [key, row] : twin) ASSERT_TRUE(builder.add(key, row).ok());
      Result<> finished = builder.finish();
      ASSERT_TRUE(finished.ok()) << finished.error().message();
      ASSERT_EQ(btree_findings(*tree), "") << count << ' ' << items_max;
      ASSERT_EQ(btree_contents(*tree, KeyRange::all(), ScanDirection::Forward, 64), twin);
      for (int i = 0; i < 300; ++i) {
        std::pair<std::string, RowId> entry{btree_random_key(random), {7777, static_cast<SlotNo>(i)}};
        tree->insert(entry.first, entry.second).value();
        twin.insert(entry);
      }
      ASSERT_EQ(btree_findings(*tree), "");
      ASSERT_EQ(btree_contents(*tree, KeyRange::all(), ScanDirection::Backward, 64), twin);
    }
  }
}

struct BtreeTestCheck final : RowCheck {
  std::map<RowId, RowVerdict> verdicts;
  std::vector<RowId> looked;
  Result<RowVerdict> look(RowId row) override {
    looked.push_back(row);
    return RowVerdict(verdicts[row]);
  }
};

TEST(btree, unique_check_looks_at_every_row_with_the_key) {
  BtreeStore store(std::make_unique<SimFs>(), 4);
  auto tree = Btree::create(*store.storage, kTreeRelation).value();
  std::string key("key\0", 4);
  for (SlotNo i = 0; i < 30; ++i) tree->insert(key, {1, i}).value();
  tree->insert(std::string("kex\0", 4), {2, 0}).value();
  tree->insert(std::string("kez\0", 4), {2, 1}).value();
  BtreeTestCheck check;  // all dead
  InsertOutcome outcome = tree->insert(key, {1, 99}, &check).value();
  EXPECT_EQ(outcome.kind, InsertOutcome::Kind::Inserted);
  EXPECT_GE(check.looked.size(), 30u);  // more when a split made it start again
  EXPECT_TRUE(tree->contains(key, {1, 99}).value());
  check.verdicts[{1, 20}] = {RowVerdict::Kind::Conflict, kNoWriteId};
  outcome = tree->insert(key, {0, 0}, &check).value();
  EXPECT_EQ(outcome.kind, InsertOutcome::Kind::Duplicate);
  EXPECT_EQ(outcome.row, (RowId{1, 20}));
  check.verdicts[{1, 7}] = {RowVerdict::Kind::WaitFor, 55};
  outcome = tree->insert(key, {0, 0}, &check).value();
  EXPECT_EQ(outcome.kind, InsertOutcome::Kind::WaitFor);
  EXPECT_EQ(outcome.writer, 55u);
  EXPECT_FALSE(tree->contains(key, {0, 0}).value());
  struct Visitor final : EntryVisitor {
    int seen = 0;
    Result<bool> visit(std::string_view, RowId) override { return ++seen < 12; }
  } visitor;
  ASSERT_TRUE(tree->visit(KeyRange::equal(key), visitor).ok());
  EXPECT_EQ(visitor.seen, 12);
  Result<InsertOutcome> too_long = tree->insert(std::string(3000, 'x'), {1, 1});
  ASSERT_FALSE(too_long.ok());
  EXPECT_EQ(too_long.error().state(), sqlstate::program_limit_exceeded);
}

TEST(btree, threads_insert_remove_and_scan) {
  BtreeStore store(std::make_unique<SimFs>(), 8, 2u << 20);
  auto tree = Btree::create(*store.storage, kTreeRelation).value();
  constexpr int kThreads = 4, kEach = 800;
  auto key_of = [](int n) {
    std::string text = std::to_string(10000000 + n);
    text.push_back('\0');
    return text;
  };
  // Every fourth key stands from the beginning and is never touched: each scan must see them all.
  for (int i = 0; i < kThreads * kEach; i += 4) tree->insert(key_of(i), {1, 1}).value();
  std::vector<std::thread> threads;
  std::atomic<int> uniques{0};
  std::atomic<bool> stop{false};
  struct Always final : RowCheck {
    Result<RowVerdict> look(RowId) override { return RowVerdict{RowVerdict::Kind::Conflict, kNoWriteId}; }
  };
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      RowId row{2, static_cast<SlotNo>(t)};
      for (int i = 0; i < kEach; ++i) {
        std::string key = key_of(static_cast<int>(random() % (kThreads * kEach)) / 4 * 4 + 1);
        ASSERT_TRUE(tree->insert(key, row).ok());
        if (i % 2 == 0) {
          ASSERT_TRUE(tree->remove(key, row).value());
        }
        // Of the four threads exactly one may have each of these.
        Always check;
        InsertOutcome outcome = tree->insert(key_of(i * 4 + 2), {3, static_cast<SlotNo>(t)}, &check).value();
        if (outcome.kind == InsertOutcome::Kind::Inserted) ++uniques;
      }
    });
  }
  for (ScanDirection direction : {ScanDirection::Forward, ScanDirection::Backward}) {
    threads.emplace_back([&, direction] {
      do {
        BtreeCursor cursor(*tree, KeyRange::all(), direction, true);
        int standing = 0;
        std::string last;
        while (uint32_t count = cursor.next(17).value()) {
          for (uint32_t i = 0; i < count; ++i) {
            if (cursor.rows()[i] == RowId{1, 1}) ++standing;
            std::string now(cursor.key(i));
            ASSERT_TRUE(last.empty() || (direction == ScanDirection::Forward ? last <= now : now <= last));
            last = std::move(now);
          }
        }
        ASSERT_EQ(standing, kThreads * kEach / 4);
      } while (!stop);
    });
  }
  for (int t = 0; t < kThreads; ++t) threads[static_cast<size_t>(t)].join();
  stop = true;
  for (size_t t = kThreads; t < threads.size(); ++t) threads[t].join();
  EXPECT_EQ(uniques, kEach);
  EXPECT_EQ(btree_findings(*tree), "");
}

// A crash at many operations of the disk: what was durable must be a sound tree that holds every insert whose
// log was flushed.
TEST(btree, crashes_leave_a_sound_tree) {
  int points = 0;
  for (CrashPolicy policy :
       {CrashPolicy::Lost, CrashPolicy::Kept, CrashPolicy::Prefix, CrashPolicy::Torn, CrashPolicy::Subset}) {
    auto disk = std::make_unique<SimFs>();
    SimFs* live = disk.get();
    std::vector<std::unique_ptr<SimFs>> images;
    std::vector<size_t> acknowledged;
    std::vector<std::pair<std::string, RowId>> inserted;
    size_t durable = 0;
    {
      BtreeStore store(std::move(disk), 6, 32 * kPageSize);
      auto tree = Btree::create(*store.storage, kTreeRelation).value();
      ASSERT_TRUE(store.storage->flush_log(store.storage->last_lsn()).ok());
      uint64_t every = 23 + static_cast<uint64_t>(policy);
      live->set_hook([&](uint64_t number, SimOperation, const std::string&) {
        if (number % every == 0 && images.size() < kImagesMax) {
          acknowledged.push_back(durable);
          images.push_back(live->image(policy, number));
        }
        return SimFault::None;
      });
      std::mt19937_64 random(static_cast<uint64_t>(policy));
      for (int i = 0; i < 1200; ++i) {
        std::string key = btree_random_key(random);
        RowId row{static_cast<PageNo>(i), 1};
        ASSERT_TRUE(tree->insert(key, row).ok());
        inserted.push_back({key, row});
        if (i % 5 == 0) {
          ASSERT_TRUE(store.storage->flush_log(store.storage->last_lsn()).ok());
          durable = inserted.size();
        }
        if (i % 400 == 399) {
          ASSERT_TRUE(store.storage->checkpoint().ok());
        }
      }
      live->set_hook(nullptr);
    }
    for (size_t i = 0; i < images.size(); ++i) {
      SCOPED_TRACE(testing::Message() << "policy " << static_cast<int>(policy) << " image " << i);
      BtreeStore store(std::move(images[i]), 6, 64 * kPageSize);
      ASSERT_TRUE(store.storage != nullptr);
      auto tree = Btree::open(*store.storage, kTreeRelation).value();
      ASSERT_EQ(btree_findings(*tree), "");
      for (size_t n = 0; n < acknowledged[i]; ++n)
        ASSERT_TRUE(tree->contains(inserted[n].first, inserted[n].second).value()) << n;
      // Splits that the crash cut in two are finished by those who come next.
      std::mt19937_64 random(i);
      for (int n = 0; n < 50; ++n)
        ASSERT_TRUE(tree->insert(btree_random_key(random), {90000, static_cast<SlotNo>(n)}).ok());
      ASSERT_EQ(btree_findings(*tree), "");
      ++points;
    }
  }
  EXPECT_GT(points, static_cast<int>(2 * kImagesMax));
}

}  // namespace
}  // namespace rowan
