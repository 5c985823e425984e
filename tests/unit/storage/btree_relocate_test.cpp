// Nodes that move towards the file's front: alone, beside readers, writers and checks, and through crashes.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "storage/file/sim_fs.h"
#include "storage/hash/hash_index.h"
#include "tests/unit/storage/btree_world.h"

namespace rowan {
namespace {

constexpr RelationId kOtherRelation = 1025;

std::vector<PageNo> tree_pages(Storage& storage, RelationId relation) {
  std::vector<PageNo> pages(storage.space().page_count(relation));
  pages.resize(storage.space().pages(relation, 0, pages));
  return pages;
}

void fill_tree(Btree& tree, BtreeTwin& twin, uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end; ++i) {
    RowId row{i, static_cast<SlotNo>(i % 7)};
    ASSERT_TRUE(tree.insert(btree_number_key(i), row).ok());
    twin.insert({btree_number_key(i), row});
  }
}

// A relation of at least so many pages at the file's end, which leaves a hole when it is dropped.
void make_other(Storage& storage, uint64_t pages) {
  auto other = Btree::create(storage, kOtherRelation).value();
  BtreeTwin ignored;
  for (uint32_t i = 0; other->page_count() < pages; i += 20) fill_tree(*other, ignored, i, i + 20);
}

TEST(btree_relocate, each_node_of_trees_of_all_heights) {
  std::set<uint32_t> heights;
  for (uint32_t count : {0, 3, 14, 40, 70, 200}) {
    SCOPED_TRACE(count);
    BtreeStore store(std::make_unique<SimFs>(), 4);
    make_other(*store.storage, 400);
    auto tree = Btree::create(*store.storage, kTreeRelation).value();
    BtreeTwin twin;
    fill_tree(*tree, twin, 0, count);
    heights.insert(tree->height().value());
    ASSERT_TRUE(Btree::drop(*store.storage, kOtherRelation).ok());
    uint64_t page_count = tree->page_count();
    for (PageNo page : tree_pages(*store.storage, kTreeRelation)) {
      SCOPED_TRACE(page);
      ASSERT_TRUE(tree->relocate(page, page).value());
      ASSERT_NE(store.storage->space().anchor(kTreeRelation), page);
      ASSERT_FALSE(store.storage->space().is_used(page));
      ASSERT_EQ(tree->page_count(), page_count);
      ASSERT_FALSE(tree->relocate(page, page).value());  // it is nobody's now
      expect_btree_sound(*tree, twin);
    }
    // It works as before, and after a crash too.
    fill_tree(*tree, twin, count, count + 40);
    expect_btree_sound(*tree, twin);
    tree.reset();
    ASSERT_TRUE(store.storage->flush_log(store.storage->last_lsn()).ok());
    store.storage.reset();
    store.open();
    expect_btree_sound(*Btree::open(*store.storage, kTreeRelation).value(), twin);
  }
  EXPECT_EQ(heights, (std::set<uint32_t>{1, 2, 3, 4}));
}

TEST(btree_relocate, nothing_moves_without_room_below) {
  BtreeStore store(std::make_unique<SimFs>(), 4);
  auto tree = Btree::create(*store.storage, kTreeRelation).value();
  BtreeTwin twin;
  fill_tree(*tree, twin, 0, 200);
  std::vector<PageNo> pages = tree_pages(*store.storage, kTreeRelation);
  PageNo length = store.storage->space().file_pages();
  ASSERT_FALSE(tree->relocate(pages[pages.size() / 2], pages.front()).value());
  EXPECT_EQ(tree->vacate({pages.front(), length}, [] { return true; }).value(), pages.size());
  EXPECT_EQ(tree_pages(*store.storage, kTreeRelation), pages);
  EXPECT_EQ(store.storage->space().file_pages(), length);
  expect_btree_sound(*tree, twin);
}

TEST(btree_relocate, a_file_gets_shorter) {
  BtreeStore store(std::make_unique<SimFs>(), 8);
  make_other(*store.storage, 600);
  auto tree = Btree::create(*store.storage, kTreeRelation).value();  // so the root is behind too
  BtreeTwin twin;
  fill_tree(*tree, twin, 0, 2'000);
  PageNo before = store.storage->space().file_pages();
  auto needed = static_cast<PageNo>(tree->page_count());
  ASSERT_TRUE(Btree::drop(*store.storage, kOtherRelation).ok());
  PageNo cut = needed + 2 * SpaceMap::kExtentMax;
  ASSERT_LT(cut, before / 2);

  // Who is asked to stop does.
  uint64_t behind = tree->vacate({cut, before}, [] { return false; }).value();
  ASSERT_GT(behind, needed / 2);
  int asked = 0;
  EXPECT_EQ(tree->vacate({cut, before}, [&] { return ++asked <= 10; }).value(), behind - 10);
  EXPECT_EQ(tree->vacate({cut, before}, [] { return true; }).value(), 0u);
  expect_btree_sound(*tree, twin);
  ASSERT_TRUE(store.storage->checkpoint().ok());
  ASSERT_TRUE(store.storage->checkpoint().ok());
  EXPECT_LE(store.storage->space().file_pages(), cut + 4);
  expect_btree_sound(*tree, twin);
  tree.reset();
  ASSERT_TRUE(store.storage->close().ok());
  store.storage.reset();
  store.open();
  EXPECT_LE(store.storage->space().file_pages(), cut + 4);
  expect_btree_sound(*Btree::open(*store.storage, kTreeRelation).value(), twin);
}

TEST(btree_relocate, a_hash_index_moves_too) {
  BtreeStore store(std::make_unique<SimFs>(), 8);
  auto index = HashIndex::create(*store.storage, kTreeRelation).value();
  make_other(*store.storage, 300);
  for (uint32_t i = 0; i < 1'000; ++i) ASSERT_TRUE(index->insert(btree_number_key(i), {i, 1}).ok());
  PageNo end = store.storage->space().file_pages();
  ASSERT_TRUE(Btree::drop(*store.storage, kOtherRelation).ok());
  EXPECT_EQ(index->vacate({300, end - 300}, [] { return true; }).value(), 0u);
  for (uint32_t i = 0; i < 1'000; ++i) ASSERT_TRUE(index->contains(btree_number_key(i), {i, 1}).value()) << i;
  CheckReport report;
  ASSERT_TRUE(index->verify(report).ok());
  EXPECT_TRUE(report.findings().empty());
}

// Each writer fills and empties stretches of its own, so that nodes come and go, and others move under
// everybody's feet.
TEST(btree_relocate, beside_writers_scans_and_checks) {
  BtreeStore store(std::make_unique<SimFs>(), 6, 40 * kPageSize);
  auto tree = Btree::create(*store.storage, kTreeRelation).value();
  make_other(*store.storage, 200);
  constexpr uint32_t kKeys = 3'000, kStanding = 30;
  constexpr int kMoves = 300;
  for (uint32_t i = 0; i < kKeys; i += kStanding) tree->insert(btree_number_key(i), {1, 1}).value();
  ASSERT_TRUE(Btree::drop(*store.storage, kOtherRelation).ok());
  std::atomic<int> working{4};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  struct NoConflict final : RowCheck {
    Result<RowVerdict> look(RowId) override { return RowVerdict{}; }
  };
  for (uint32_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      NoConflict check;
      for (int round = 0; round < 8; ++round) {
        uint32_t begin = static_cast<uint32_t>(random() % kKeys), end = std::min(kKeys, begin + 300);
        for (uint32_t i = begin; i < end; ++i) {
          ASSERT_TRUE(tree->insert(btree_number_key(i), {2, static_cast<SlotNo>(t)}, &check).ok());
        }
        for (uint32_t i = begin; i < end; ++i) {
          ASSERT_TRUE(tree->remove(btree_number_key(i), {2, static_cast<SlotNo>(t)}).value());
        }
      }
      --working;
    });
  }
  threads.emplace_back([&] {
    std::mt19937 random(99);
    int moves = 0;
    while (working > 1 || moves < kMoves) {
      std::vector<PageNo> pages = tree_pages(*store.storage, kTreeRelation);
      if (random() % 8 == 0) {
        PageNo from = pages[random() % pages.size()];
        ASSERT_TRUE(
            tree->vacate({from, store.storage->space().file_pages() - from}, [] { return true; }).ok());
        continue;
      }
      // To the front, and where that is full anywhere: only its number matters here.
      PageNo page =
          random() % 8 == 0 ? store.storage->space().anchor(kTreeRelation) : pages[random() % pages.size()];
      Result<bool> moved = tree->relocate(page, page);
      ASSERT_TRUE(moved.ok()) << moved.error().message() << moved.error().detail();
      if (!*moved) moved = tree->relocate(page, store.storage->space().file_pages());
      ASSERT_TRUE(moved.ok()) << moved.error().message() << moved.error().detail();
      if (*moved) ++moves;
    }
    --working;
  });
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
    for (uint32_t i = 0; !stop; i = (i + 7 * kStanding) % kKeys) {
      ASSERT_TRUE(tree->contains(btree_number_key(i), {1, 1}).value());
      ASSERT_GE(tree->height().value(), 1u);
    }
  });
  threads.emplace_back([&] {
    while (!stop) {
      ASSERT_EQ(btree_findings(*tree), "");
      for (int i = 0; i < 50 && !stop; ++i) std::this_thread::yield();  // moves want their turn
    }
  });
  while (working > 0) std::this_thread::yield();
  stop = true;
  for (std::thread& thread : threads) thread.join();
  BtreeTwin twin;
  for (uint32_t i = 0; i < kKeys; i += kStanding) twin.insert({btree_number_key(i), {1, 1}});
  expect_btree_sound(*tree, twin);
}

// A crash at many operations of the disk, while nothing but moves happens: the tree is sound and has what it
// had.
TEST(btree_relocate, crashes_change_nothing) {
  int points = 0;
  for (CrashPolicy policy :
       {CrashPolicy::Lost, CrashPolicy::Kept, CrashPolicy::Prefix, CrashPolicy::Torn, CrashPolicy::Subset}) {
    auto disk = std::make_unique<SimFs>();
    SimFs* live = disk.get();
    std::vector<std::unique_ptr<SimFs>> images;
    BtreeTwin twin;
    {
      BtreeStore store(std::move(disk), 5, 32 * kPageSize);
      make_other(*store.storage, 60);
      auto tree = Btree::create(*store.storage, kTreeRelation).value();
      fill_tree(*tree, twin, 0, 150);
      ASSERT_TRUE(Btree::drop(*store.storage, kOtherRelation).ok());
      ASSERT_TRUE(store.storage->flush_log(store.storage->last_lsn()).ok());
      live->set_hook([&](uint64_t number, SimOperation, const std::string&) {
        if (number % 3 == static_cast<uint64_t>(policy) % 3 && images.size() < kImagesMax)
          images.push_back(live->image(policy, number));
        return SimFault::None;
      });
      std::mt19937 random(static_cast<uint32_t>(policy));
      int moves = 0;
      for (int i = 0; i < 200; ++i) {
        std::vector<PageNo> pages = tree_pages(*store.storage, kTreeRelation);
        PageNo page =
            i % 4 == 0 ? store.storage->space().anchor(kTreeRelation) : pages[random() % pages.size()];
        if (tree->relocate(page, i % 3 == 0 ? page : store.storage->space().file_pages()).value()) ++moves;
        if (i % 5 == 0) {
          ASSERT_TRUE(store.storage->flush_log(store.storage->last_lsn()).ok());
        }
        if (i % 37 == 36) {
          ASSERT_TRUE(store.storage->checkpoint().ok());
        }
      }
      ASSERT_GT(moves, 100);
      live->set_hook(nullptr);
    }
    for (size_t i = 0; i < images.size(); ++i) {
      SCOPED_TRACE(testing::Message() << "policy " << static_cast<int>(policy) << " image " << i);
      BtreeStore store(std::move(images[i]), 5, 64 * kPageSize);
      ASSERT_TRUE(store.storage != nullptr);
      auto tree = Btree::open(*store.storage, kTreeRelation).value();
      expect_btree_sound(*tree, twin);
      BtreeTwin more = twin;
      fill_tree(*tree, more, 150, 200);
      expect_btree_sound(*tree, more);
      ++points;
    }
  }
  EXPECT_GT(points, static_cast<int>(4 * kImagesMax));
}

// Among inserts and removals there are splits that a crash leaves incomplete: those are finished, and then
// the nodes move.
TEST(btree_relocate, moves_after_a_crash_among_splits_and_merges) {
  struct Image {
    std::unique_ptr<SimFs> disk;
    size_t durable, done;  // steps
  };
  struct Step {
    uint32_t key;
    bool inserts;
  };
  auto disk = std::make_unique<SimFs>();
  SimFs* live = disk.get();
  std::vector<Image> images;
  std::vector<Step> steps;
  size_t durable = 0;
  {
    BtreeStore store(std::move(disk), 5, 32 * kPageSize);
    auto tree = Btree::create(*store.storage, kTreeRelation).value();
    make_other(*store.storage, 40);
    ASSERT_TRUE(Btree::drop(*store.storage, kOtherRelation).ok());
    live->set_hook([&](uint64_t number, SimOperation, const std::string&) {
      if (number % 5 == 0 && images.size() < 3 * kImagesMax)
        images.push_back({live->image(CrashPolicy::Prefix, number), durable, steps.size()});
      return SimFault::None;
    });
    std::mt19937 random(8841);
    std::set<uint32_t> there;
    while (images.size() < 3 * kImagesMax) {
      auto key = static_cast<uint32_t>(random() % 400);
      bool inserts = there.insert(key).second;
      if (!inserts) there.erase(key);
      steps.push_back({key, inserts});
      ASSERT_TRUE(inserts ? tree->insert(btree_number_key(key), {key, 1}).ok()
                          : tree->remove(btree_number_key(key), {key, 1}).value());
      std::vector<PageNo> pages = tree_pages(*store.storage, kTreeRelation);
      PageNo page = pages[random() % pages.size()];
      ASSERT_TRUE(tree->relocate(page, store.storage->space().file_pages()).ok());
      if (steps.size() % 3 == 0) {
        ASSERT_TRUE(store.storage->flush_log(store.storage->last_lsn()).ok());
        durable = steps.size();
      }
      if (steps.size() % 150 == 149) {
        ASSERT_TRUE(store.storage->checkpoint().ok());
      }
    }
    live->set_hook(nullptr);
  }
  for (size_t i = 0; i < images.size(); ++i) {
    SCOPED_TRACE(i);
    std::map<uint32_t, bool> expected;
    for (size_t n = 0; n < images[i].durable; ++n) expected[steps[n].key] = steps[n].inserts;
    for (size_t n = images[i].durable; n < images[i].done; ++n) expected.erase(steps[n].key);
    BtreeStore store(std::move(images[i].disk), 5, 64 * kPageSize);
    ASSERT_TRUE(store.storage != nullptr);
    auto tree = Btree::open(*store.storage, kTreeRelation).value();
    ASSERT_EQ(btree_findings(*tree), "");
    PageNo end = store.storage->space().file_pages() + 1'000;
    make_other(*store.storage, 200);
    ASSERT_TRUE(Btree::drop(*store.storage, kOtherRelation).ok());
    for (PageNo page : tree_pages(*store.storage, kTreeRelation)) {
      ASSERT_TRUE(tree->relocate(page, end).value()) << page;
    }
    ASSERT_EQ(btree_findings(*tree), "");
    for (auto [key, is_there] : expected)
      ASSERT_EQ(tree->contains(btree_number_key(key), {key, 1}).value(), is_there) << key;
  }
}

}  // namespace
}  // namespace rowan
