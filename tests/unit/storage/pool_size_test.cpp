// How large a buffer pool is when nobody says.
#include "storage/pool/pool_size.h"

#include <gtest/gtest.h>

#include <limits>

namespace rowan::storage_test {
namespace {

TEST(PoolSize, IsAQuarterOfTheMemoryWithinBounds) {
  EXPECT_EQ(pool_bytes_for(uint64_t{8} << 30), size_t{2} << 30);
  EXPECT_EQ(pool_bytes_for(uint64_t{128} << 20), size_t{64} << 20);
  EXPECT_EQ(pool_bytes_for(uint64_t{1} << 40), size_t{4} << 30);
  EXPECT_GE(default_pool_bytes(), size_t{64} << 20);
}

TEST(PoolSize, ReadsTheLimitOfAControlGroup) {
  EXPECT_EQ(parse_memory_limit("536870912\n"), uint64_t{512} << 20);
  EXPECT_EQ(parse_memory_limit("max\n"), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(parse_memory_limit(""), std::numeric_limits<uint64_t>::max());
}

}  // namespace
}  // namespace rowan::storage_test
