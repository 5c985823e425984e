// What ANALYZE makes of samples.
#include <gtest/gtest.h>

#include <cmath>

#include "planner/statistics.h"

namespace rowan {
namespace {

template <class Make>
catalog::ColumnStatistics statistics_of(Type type, uint32_t rows, double table_rows, Make make) {
  ColumnSample sample(type);
  for (uint32_t begin = 0; begin < rows; begin += kBatchRows) {
    uint32_t count = std::min(kBatchRows, rows - begin);
    Vector vector(type, kBatchRows);
    vector.reset();
    for (uint32_t i = 0; i < count; ++i) vector.set_value(i, make(begin + i));
    sample.add(vector, Selection(count));
  }
  return sample.compute(table_rows).value();
}

TEST(Statistics, UniqueColumn) {
  auto stats = statistics_of(TypeId::Integer, 3000, 3000,
                             [](uint32_t i) { return Value::integer(static_cast<int>(i)); });
  EXPECT_EQ(stats.distinct, -1);
  EXPECT_TRUE(stats.common_values.empty());
  ASSERT_EQ(stats.histogram.size(), 101u);
  EXPECT_EQ(stats.histogram.front().as_int(), 0);
  EXPECT_EQ(stats.histogram.back().as_int(), 2999);
  EXPECT_NEAR(stats.correlation, 1, 1e-9);
  EXPECT_EQ(stats.average_width, 4);
}

TEST(Statistics, FewValuesAreAllCommon) {
  auto stats =
      statistics_of(TypeId::Text, 1200, 1200, [](uint32_t i) { return Value::text(i % 3 == 0 ? "a" : "b"); });
  EXPECT_EQ(stats.distinct, 2);
  ASSERT_EQ(stats.common_values.size(), 2u);
  EXPECT_EQ(stats.common_values[0].as_bytes(), "b");
  EXPECT_NEAR(stats.common_frequencies[0], 2.0 / 3, 1e-9);
  EXPECT_TRUE(stats.histogram.empty());
}

TEST(Statistics, Nulls) {
  auto stats = statistics_of(TypeId::Integer, 1000, 1000, [](uint32_t i) {
    return i % 4 == 0 ? Value(Type(TypeId::Integer)) : Value::integer(static_cast<int>(i));
  });
  EXPECT_EQ(stats.null_fraction, 0.25);
  EXPECT_EQ(stats.distinct, -0.75);
  auto nothing =
      statistics_of(TypeId::Integer, 10, 10, [](uint32_t) { return Value(Type(TypeId::Integer)); });
  EXPECT_EQ(nothing.null_fraction, 1);
  EXPECT_EQ(nothing.distinct, 0);
}

TEST(Statistics, SkewedValuesShowAmongCommonOnes) {
  auto stats = statistics_of(TypeId::Integer, 30000, 1e6, [](uint32_t i) {
    return Value::integer(i % 2 == 0 ? 7 : static_cast<int>(i % 5000));
  });
  ASSERT_FALSE(stats.common_values.empty());
  EXPECT_EQ(stats.common_values[0].as_int(), 7);
  EXPECT_NEAR(stats.common_frequencies[0], 0.5, 0.01);
  EXPECT_GT(stats.histogram.size(), 50u);
}

TEST(Statistics, DistinctValuesOfASampleAreScaledUp) {
  // 30,000 rows of 1,000,000, drawn from 200,000 values: Haas and Stokes come near.
  uint64_t seed = 88172645463325252ULL;
  auto stats = statistics_of(TypeId::Integer, 30000, 1e6, [&](uint32_t) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return Value::integer(static_cast<int>(seed % 200000));
  });
  double distinct = stats.distinct < 0 ? -stats.distinct * 1e6 : stats.distinct;
  EXPECT_GT(distinct, 100000);
  EXPECT_LT(distinct, 350000);
  EXPECT_LT(std::fabs(stats.correlation), 0.05);
}

}  // namespace
}  // namespace rowan
