// Nodes that lose their entries join their neighbours and give their pages back; beside readers, writers and
// crashes.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "storage/file/sim_fs.h"
#include "tests/unit/storage/btree_world.h"

namespace rowan {
namespace {

TEST(btree_merge, few_entries_need_few_pages) {
  for (uint16_t items_max : {0, 5, 12}) {
    for (bool in_order : {false, true}) {
      uint64_t seed = std::random_device{}();
      SCOPED_TRACE(testing::Message() << "seed " << seed << " items " << items_max << " order " << in_order);
      std::mt19937_64 random(seed);
      BtreeStore store(std::make_unique<SimFs>(), items_max);
      auto tree = Btree::create(*store.storage, kTreeRelation).value();
      uint32_t count = items_max == 0 ? 30'000 : 3'000;
      BtreeTwin twin;
      for (uint32_t i = 0; i < count; ++i) {
        RowId row{i, static_cast<SlotNo>(i % 7)};
        tree->insert(btree_number_key(i), row).value();
        twin.insert({btree_number_key(i), row});
      }
      uint64_t full = tree->page_count();
      std::vector<std::pair<std::string, RowId>> entries(twin.begin(), twin.end());
      if (!in_order) std::shuffle(entries.begin(), entries.end(), random);
      for (size_t i = 0; i < entries.size(); ++i) {
        ASSERT_TRUE(tree->remove(entries[i].first, entries[i].second).value());
        twin.erase(entries[i]);
        if (i + 1 == entries.size() / 10 * 9) {
          expect_btree_sound(*tree, twin);
          // A tenth is left: a quarter of a page each at the worst.
          EXPECT_LT(tree->page_count(), full * 2 / 5 + 10);
        }
      }
      expect_btree_sound(*tree, {});
      EXPECT_LE(tree->page_count(), 2 * tree->height().value() + 4);
      // It fills again, from the pages that it gave back.
      for (uint32_t i = 0; i < count; i += 3) {
        tree->insert(btree_number_key(i), {i, 9}).value();
        twin.insert({btree_number_key(i), {i, 9}});
      }
      expect_btree_sound(*tree, twin);
    }
  }
}

TEST(btree_merge, a_queue_stays_short) {
  for (uint16_t items_max : {0, 6}) {
    BtreeStore store(std::make_unique<SimFs>(), items_max);
    auto tree = Btree::create(*store.storage, kTreeRelation).value();
    uint32_t length = items_max == 0 ? 2'000 : 100, count = items_max == 0 ? 60'000 : 6'000;
    uint64_t most = 0;
    for (uint32_t i = 0; i < count; ++i) {
      tree->insert(btree_number_key(i), {i, 1}).value();
      if (i < length) continue;
      ASSERT_TRUE(tree->remove(btree_number_key(i - length), {i - length, 1}).value());
      most = std::max(most, tree->page_count());
    }
    EXPECT_EQ(btree_findings(*tree), "");
    EXPECT_LT(most, items_max == 0 ? 20u : 80u);
    EXPECT_LT(store.storage->space().file_pages(), items_max == 0 ? 60u : 200u);
  }
}

// Each writer fills and empties stretches of its own, so that nodes come and go under everybody's feet.
TEST(btree_merge, beside_writers_and_scans) {
  BtreeStore store(std::make_unique<SimFs>(), 6, 40 * kPageSize);
  auto tree = Btree::create(*store.storage, kTreeRelation).value();
  constexpr uint32_t kKeys = 4'000, kStanding = 40;
  for (uint32_t i = 0; i < kKeys; i += kStanding) tree->insert(btree_number_key(i), {1, 1}).value();
  std::atomic<int> writing{4};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int round = 0; round < 12; ++round) {
        uint32_t begin = static_cast<uint32_t>(random() % kKeys), end = std::min(kKeys, begin + 300);
        for (uint32_t i = begin; i < end; ++i) {
          ASSERT_TRUE(tree->insert(btree_number_key(i), {2, static_cast<SlotNo>(t)}).ok());
        }
        for (uint32_t i = begin; i < end; ++i) {
          ASSERT_TRUE(tree->remove(btree_number_key(i), {2, static_cast<SlotNo>(t)}).value());
        }
      }
      --writing;
    });
  }
  for (ScanDirection direction : {ScanDirection::Forward, ScanDirection::Backward}) {
    threads.emplace_back([&, direction] {
      while (!stop) {
        BtreeCursor cursor(*tree, KeyRange::all(), direction, true);
        uint32_t standing = 0;
        while (uint32_t count = cursor.next(7).value()) {
          for (uint32_t i = 0; i < count; ++i)
            if (cursor.rows()[i] == RowId{1, 1}) ++standing;
        }
        ASSERT_EQ(standing, kKeys / kStanding);
      }
    });
  }
  threads.emplace_back([&] {
    while (!stop) {
      ASSERT_EQ(btree_findings(*tree), "");
      std::this_thread::yield();
    }
  });
  while (writing > 0) std::this_thread::yield();
  stop = true;
  for (std::thread& thread : threads) thread.join();
  BtreeTwin twin;
  for (uint32_t i = 0; i < kKeys; i += kStanding) twin.insert({btree_number_key(i), {1, 1}});
  expect_btree_sound(*tree, twin);
}

// A crash at many operations of the disk: a sound tree, with what was durable and not undone since.
TEST(btree_merge, crashes_leave_a_sound_tree) {
  struct Image {
    std::unique_ptr<SimFs> disk;
    size_t durable, done;  // steps
  };
  struct Step {
    uint32_t key;
    bool inserts;
  };
  int points = 0;
  for (CrashPolicy policy :
       {CrashPolicy::Lost, CrashPolicy::Kept, CrashPolicy::Prefix, CrashPolicy::Torn, CrashPolicy::Subset}) {
    auto disk = std::make_unique<SimFs>();
    SimFs* live = disk.get();
    std::vector<Image> images;
    std::vector<Step> steps;
    size_t durable = 0;
    {
      BtreeStore store(std::move(disk), 6, 32 * kPageSize);
      auto tree = Btree::create(*store.storage, kTreeRelation).value();
      ASSERT_TRUE(store.storage->flush_log(store.storage->last_lsn()).ok());
      uint64_t every = 13 + static_cast<uint64_t>(policy);
      live->set_hook([&](uint64_t number, SimOperation, const std::string&) {
        if (number % every == 0 && images.size() < kImagesMax)
          images.push_back({live->image(policy, number), durable, steps.size()});
        return SimFault::None;
      });
      std::mt19937_64 random(static_cast<uint64_t>(policy));
      std::vector<uint32_t> there;
      auto step = [&](uint32_t key, bool inserts) {
        steps.push_back({key, inserts});
        RowId row{key, 1};
        ASSERT_TRUE(inserts ? tree->insert(btree_number_key(key), row).ok()
                            : tree->remove(btree_number_key(key), row).value());
        if (steps.size() % 7 == 0) {
          ASSERT_TRUE(store.storage->flush_log(store.storage->last_lsn()).ok());
          durable = steps.size();
        }
        if (steps.size() % 300 == 299) {
          ASSERT_TRUE(store.storage->checkpoint().ok());
        }
      };
      for (int round = 0; round < 4; ++round) {
        for (uint32_t i = 0; i < 250; ++i) {
          there.push_back(static_cast<uint32_t>(round) * 1'000 + i);
          step(there.back(), true);
        }
        std::shuffle(there.begin(), there.end(), random);
        while (there.size() > 20) {
          step(there.back(), false);
          there.pop_back();
        }
      }
      live->set_hook(nullptr);
    }
    for (size_t i = 0; i < images.size(); ++i) {
      SCOPED_TRACE(testing::Message() << "policy " << static_cast<int>(policy) << " image " << i);
      std::map<uint32_t, bool> expected;
      for (size_t n = 0; n < images[i].durable; ++n) expected[steps[n].key] = steps[n].inserts;
      for (size_t n = images[i].durable; n < images[i].done; ++n) expected.erase(steps[n].key);
      BtreeStore store(std::move(images[i].disk), 6, 64 * kPageSize);
      ASSERT_TRUE(store.storage != nullptr);
      auto tree = Btree::open(*store.storage, kTreeRelation).value();
      ASSERT_EQ(btree_findings(*tree), "");
      for (auto [key, is_there] : expected)
        ASSERT_EQ(tree->contains(btree_number_key(key), {key, 1}).value(), is_there) << key;
      for (uint32_t n = 0; n < 4'000; n += 3)
        static_cast<void>(tree->remove(btree_number_key(n), {n, 1}).value());
      for (uint32_t n = 0; n < 50; ++n) ASSERT_TRUE(tree->insert(btree_number_key(n * 77), {n, 3}).ok());
      ASSERT_EQ(btree_findings(*tree), "");
      ++points;
    }
  }
  EXPECT_GT(points, static_cast<int>(2 * kImagesMax));
}

}  // namespace
}  // namespace rowan
