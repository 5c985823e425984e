// The hash index: what goes in is found by equality, whatever the length of its key.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "storage/check.h"
#include "storage/file/sim_fs.h"
#include "storage/hash/hash_index.h"
#include "storage/storage.h"

namespace rowan {
namespace {

struct HashTestCheck final : RowCheck {
  RowVerdict answer;
  int looks = 0;
  Result<RowVerdict> look(RowId) override {
    ++looks;
    return RowVerdict(answer);
  }
};

TEST(hash_index, finds_by_equality) {
  SimFs files;
  SystemClock clock;
  SystemRandom system_random;
  StorageOptions options;
  options.pool_bytes = 4u << 20;
  StorageHooks hooks;
  register_btree_redo(hooks.redo);
  auto storage = Storage::open(files, "/db", options, hooks, clock, system_random).value();
  auto index = HashIndex::create(*storage, 1024).value();
  std::mt19937 random(7);
  std::multimap<std::string, RowId> twin;
  for (int i = 0; i < 5000; ++i) {
    std::string key = std::to_string(random() % 1500) + std::string(random() % 2 * 5000, 'x');
    RowId row{static_cast<PageNo>(i), static_cast<SlotNo>(i % 7)};
    ASSERT_EQ(index->insert(key, row).value().kind, InsertOutcome::Kind::Inserted);
    twin.insert({key, row});
    if (i % 3 == 0) {
      auto gone = twin.find(key);
      ASSERT_TRUE(index->remove(gone->first, gone->second).value());
      ASSERT_FALSE(index->remove(gone->first, gone->second).value());
      twin.erase(gone);
    }
  }
  for (int i = 0; i < 1600; ++i) {
    for (const std::string& key : {std::to_string(i), std::to_string(i) + std::string(5000, 'x')}) {
      std::vector<RowId> found, expected;
      ASSERT_TRUE(index->find(key, found).ok());
      auto [begin, end] = twin.equal_range(key);
      for (auto at = begin; at != end; ++at) expected.push_back(at->second);
      std::sort(expected.begin(), expected.end());
      ASSERT_EQ(found, expected);
    }
  }
  CheckReport report;
  ASSERT_TRUE(index->verify(report).ok());
  EXPECT_TRUE(report.is_clean());

  HashTestCheck check;
  check.answer = {RowVerdict::Kind::Conflict, kNoWriteId};
  ASSERT_TRUE(index->insert("unique", {1, 1}, &check).ok());
  EXPECT_EQ(check.looks, 0);
  EXPECT_EQ(index->insert("unique", {1, 2}, &check).value().kind, InsertOutcome::Kind::Duplicate);
  EXPECT_FALSE(index->remove("unique", {1, 1}, &check).value());  // its row lives
  check.answer = {RowVerdict::Kind::Dead, kNoWriteId};
  EXPECT_TRUE(index->remove("unique", {1, 1}, &check).value());
}

}  // namespace
}  // namespace rowan
