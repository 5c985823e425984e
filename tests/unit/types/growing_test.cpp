// What grows without a pause: arrays, arenas, and sorts that look at a check now and then.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "types/arena.h"
#include "types/growing_array.h"
#include "types/stretch_sort.h"

namespace rowan {
namespace {

TEST(GrowingArray, KeepsItsItemsWhenItBecomesAMapping) {
  GrowingArray<uint64_t> array;
  for (uint64_t i = 0; i < 1000000; ++i) array.push_back(i * 7);
  ASSERT_EQ(array.size(), 1000000U);
  for (uint64_t i = 0; i < array.size(); ++i) ASSERT_EQ(array[i], i * 7);
  GrowingArray<uint64_t> other = std::move(array);
  EXPECT_EQ(other[999999], 999999U * 7);
  EXPECT_TRUE(array.empty());  // NOLINT: moved from is empty
  other.release();
  EXPECT_EQ(other.capacity_bytes(), 0U);
  other.push_back(1);
  EXPECT_EQ(other[0], 1U);
}

TEST(GrowingArray, NewItemsAreZero) {
  GrowingArray<uint64_t> array;
  for (size_t size = 64; size <= size_t{1} << 20; size *= 2) {
    size_t before = array.size();
    array.resize(size);
    for (size_t i = before; i < size; ++i) {
      ASSERT_EQ(array[i], 0U);
      array[i] = i + 1;
    }
  }
}

TEST(Arena, OfManyMegabytesKeepsItsBytes) {
  Arena arena;
  std::vector<char*> blocks;
  std::vector<size_t> sizes;
  size_t total = 0;
  for (size_t i = 0; total < (size_t{40} << 20); ++i) {
    size_t size = i % 10 == 0 ? 300000 : i % 100 == 1 ? size_t{3} << 20 : 1000 + i % 777;
    char* bytes = arena.allocate(size);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(bytes) % 16, 0U);
    std::memset(bytes, static_cast<int>(i % 251), size);
    blocks.push_back(bytes);
    sizes.push_back(size);
    total += size;
  }
  for (size_t i = 0; i < blocks.size(); ++i)
    for (size_t at : {size_t{0}, sizes[i] / 2, sizes[i] - 1})
      ASSERT_EQ(static_cast<unsigned char>(blocks[i][at]), i % 251);
  EXPECT_GE(arena.allocated_bytes(), total);
  arena.reset();
  EXPECT_LT(arena.allocated_bytes(), size_t{4} << 20);
  std::memset(arena.allocate(5000), 1, 5000);
}

// How much is done between two looks at the check, and after the one that fails.
TEST(StretchSort, LooksAtItsCheckOften) {
  std::mt19937_64 dice(5);
  for (int fails_at : {0, 1, 7, 40, 150, 1 << 30}) {
    GrowingArray<uint64_t> items;
    for (int i = 0; i < 300000; ++i) items.push_back(dice());
    uint64_t compared = 0, most = 0;
    int checks = 0;
    Result<> outcome = stretch_sort(
        items,
        [&](uint64_t a, uint64_t b) {
          ++compared;
          return a < b;
        },
        [&]() -> Result<> {
          most = std::max(most, std::exchange(compared, 0));
          if (checks++ == fails_at) return Error(sqlstate::query_canceled, "canceled");
          return {};
        });
    EXPECT_LE(most, kSortStretch * 13);
    if (fails_at == 1 << 30) {
      ASSERT_TRUE(outcome.ok());
      EXPECT_TRUE(std::is_sorted(items.begin(), items.end()));
      EXPECT_GT(checks, 300);
    } else {
      EXPECT_FALSE(outcome.ok());
      EXPECT_EQ(checks, fails_at + 1);
      EXPECT_EQ(compared, 0U) << "nothing is done afterwards";
    }
  }
}

}  // namespace
}  // namespace rowan
