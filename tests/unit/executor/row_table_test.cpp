// The hash table of rows beside a naive twin while its directory doubles a few buckets at a time: nothing may
// be lost, found twice or come in another order in the middle of it, and no row may do much of the work.
#include "executor/row_table.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <vector>

namespace rowan {
namespace {

const Type kColumns[] = {TypeId::BigInt, TypeId::BigInt};  // key, number of the row

class Table {
 public:
  Table() : table_(kColumns, 1, 0), key_(TypeId::BigInt, 1), number_(TypeId::BigInt, 1) {}

  void insert(int64_t key) {
    key_.data<int64_t>()[0] = key;
    number_.data<int64_t>()[0] = count_;
    const Vector* columns[] = {&key_, &number_};
    table_.insert(hash(), columns, 0);
    twin_[key].push_back(count_++);
  }
  // The rows of a key are found, the newest first, as the chains always had them.
  void compare(int64_t key) {
    key_.data<int64_t>()[0] = key;
    const Vector* keys[] = {&key_};
    std::vector<int64_t> found;
    for (char* row = table_.find(hash(), keys, 0); row != nullptr; row = table_.find_next(row, keys, 0)) {
      int64_t number;
      std::memcpy(&number, table_.shape().value(row, 1), sizeof number);
      found.push_back(number);
    }
    auto expected = twin_.find(key);
    ASSERT_EQ(found, expected == twin_.end()
                         ? std::vector<int64_t>()
                         : std::vector(expected->second.rbegin(), expected->second.rend()))
        << "key " << key << ", rows " << count_;
  }
  void compare_all() {
    for (const auto& [key, rows] : twin_) compare(key);
  }
  RowTable& table() { return table_; }
  static uint64_t hash_of(int64_t value) {
    static Vector key(TypeId::BigInt, 1);
    key.data<int64_t>()[0] = value;
    return hash_of(key);
  }

 private:
  static uint64_t hash_of(const Vector& key) {
    uint64_t hash;
    uint16_t row = 0;
    const Vector* keys[] = {&key};
    hash_keys(keys, Selection(&row, 1), &hash);
    return hash;
  }
  uint64_t hash() const { return hash_of(key_); }
  RowTable table_;
  Vector key_, number_;
  int64_t count_ = 0;
  std::map<int64_t, std::vector<int64_t>> twin_;
};

TEST(RowTable, KeepsItsRowsWhileItsDirectoryDoubles) {
  uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 dice(seed);
  Table table;
  size_t compared_amid = 0;
  for (int i = 0; i < 150000; ++i) {
    // Many keys once or twice, some very often: their chains are split over many steps.
    uint64_t drawn = dice();
    table.insert(static_cast<int64_t>(drawn % 20 == 0 ? drawn / 20 % 3 : drawn / 20 % 100000));
    if (!table.table().is_splitting() || i % 64 > 1) continue;
    ++compared_amid;
    table.compare(static_cast<int64_t>(3 + dice() % 100000));
    if (compared_amid % 100 == 0) table.compare(static_cast<int64_t>(dice() % 3));
  }
  EXPECT_GT(compared_amid, 100U);
  table.compare_all();
  EXPECT_EQ(table.table().rows().size(), 150000U);
}

TEST(RowTable, SplitsAChainOfOneKeyInSteps) {
  Table table;
  for (int i = 0; i < 70000; ++i) table.insert(i % 7 == 0 ? i : -1);
  EXPECT_TRUE(table.table().is_splitting());
  table.compare(-1);
  for (int i = 70000; i < 300000; ++i) table.insert(i % 7 == 0 ? i : -1);
  table.compare_all();
}

// Rows that come into the very bucket whose long chain is half split, before any other of their half is
// there.
void take_rows_amid(int64_t common) {
  constexpr uint64_t kMixer = 0x9e3779b97f4a7c15ULL;  // as the table has it
  uint64_t wanted = (Table::hash_of(common) * kMixer) >> 32;
  std::vector<int64_t> neighbours;
  for (int64_t key = 0; key < 2000000; ++key) {
    uint64_t differs = ((Table::hash_of(key) * kMixer) >> 32) ^ wanted;
    if ((differs & 0x3fff) == 0) neighbours.push_back(key);
  }
  ASSERT_GT(neighbours.size(), 60U);
  Table table;
  size_t taken = 0, amid = 0, buckets = 0;
  uint64_t steps_before = 0;
  for (int i = 0; i < 200000; ++i) {
    table.insert(common);
    if (table.table().bucket_count() != buckets) {
      buckets = table.table().bucket_count();
      steps_before = table.table().split_steps();
    }
    if (!table.table().is_splitting() || i % 64 != 7) continue;
    // The buckets before the one of the common key are nearly all empty, a step each.
    uint64_t steps = table.table().split_steps() - steps_before;
    if (steps < wanted % (buckets / 2) + 200) continue;
    int64_t key = neighbours[taken++ % neighbours.size()];
    table.insert(key);
    table.compare(key);
    ++amid;
  }
  EXPECT_GT(amid, 50U);
  table.compare_all();
}

TEST(RowTable, TakesRowsIntoABucketBeingSplit) {
  // Of some common keys the rows stay at a doubling, of others they go.
  for (int64_t common = -8; common < 0; ++common) take_rows_amid(common);
}

// A cancel is heard between two rows, so no row may wait for all others to move.
TEST(RowTable, NoRowMovesAllOthers) {
  Table table;
  int doubled_amid = 0;
  for (int i = 0; i < 600000; ++i) {
    bool was_splitting = table.table().is_splitting();
    size_t buckets = table.table().bucket_count();
    uint64_t before = table.table().split_steps();
    table.insert(i);
    uint64_t steps = table.table().split_steps() - before;
    bool is_large = table.table().bucket_count() > 32768;
    if (is_large) {
      ASSERT_LE(steps, 512U) << "row " << i;
    }
    if (is_large && table.table().bucket_count() != buckets) {
      EXPECT_FALSE(was_splitting) << "row " << i;
      EXPECT_TRUE(table.table().is_splitting());
      ++doubled_amid;
    }
  }
  EXPECT_EQ(doubled_amid, 5);
}

TEST(RowTable, IsEmptyAgainAfterClear) {
  Table table;
  for (int i = 0; i < 40000; ++i) table.insert(i);
  table.table().clear();
  EXPECT_EQ(table.table().bytes(), 0U);
  EXPECT_FALSE(table.table().is_splitting());
  EXPECT_EQ(table.table().bucket_count(), 0U);
}

}  // namespace
}  // namespace rowan
