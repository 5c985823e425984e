// The kernels of scans against the comparison of values, on every instruction set, with every length.
#include "types/mask_compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "types/function.h"
#include "types/numeric.h"
#include "types/vector.h"

namespace rowan {
namespace {

bool holds(Comparison comparison, int order) {
  switch (comparison) {
    case Comparison::Equal:
      return order == 0;
    case Comparison::NotEqual:
      return order != 0;
    case Comparison::Less:
      return order < 0;
    case Comparison::LessEqual:
      return order <= 0;
    case Comparison::Greater:
      return order > 0;
    case Comparison::GreaterEqual:
      return order >= 0;
  }
  return false;
}

template <class T>
void expect_same_as_values(Type type, const std::vector<T>& pool) {
  std::mt19937_64 random(11);
  constexpr uint32_t kCapacity = 320;
  Vector column(type, kCapacity), wanted(type, 1);
  for (uint32_t count : {1u, 7u, 8u, 63u, 64u, 65u, 200u, 320u}) {
    for (uint32_t i = 0; i < count; ++i) column.data<T>()[i] = pool[random() % pool.size()];
    for (T value : pool) {
      wanted.data<T>()[0] = value;
      for (int op = 0; op < 6; ++op) {
        auto comparison = static_cast<Comparison>(op);
        for (bool baseline : {true, false}) {
          std::vector<uint64_t> before(kCapacity / 64), after;
          for (uint64_t& word : before) word = random() | random();
          before[random() % before.size()] = 0;
          after = before;
          MaskCompare compare = *MaskCompare::of(type, comparison, baseline);
          compare(column.raw_data(), wanted.raw_data(), count, after.data());
          for (uint32_t i = 0; i < (count + 63) / 64 * 64; ++i) {
            bool was = (before[i / 64] >> (i % 64) & 1) != 0, is = (after[i / 64] >> (i % 64) & 1) != 0;
            bool should = was && (i >= count || holds(comparison, compare_rows(column, i, wanted, 0)));
            ASSERT_EQ(is, should) << type_name(type) << " row " << i << " of " << count << ", op " << op
                                  << (baseline ? ", baseline" : "");
          }
        }
      }
    }
  }
}

template <class T>
std::vector<T> whole_numbers() {
  using Limits = std::numeric_limits<T>;
  return {Limits::min(), Limits::min() + 1, -100, -1, 0, 1, 99, 100, Limits::max() - 1, Limits::max()};
}
template <class T>
std::vector<T> floats() {
  using Limits = std::numeric_limits<T>;
  return {-Limits::infinity(),
          Limits::lowest(),
          T(-1.5),
          T(-0.0),
          T(0.0),
          Limits::denorm_min(),
          T(1.5),
          Limits::max(),
          Limits::infinity(),
          Limits::quiet_NaN()};
}

TEST(MaskCompareTest, SaysWhatComparingValuesSays) {
  expect_same_as_values<int16_t>(TypeId::SmallInt, whole_numbers<int16_t>());
  expect_same_as_values<int32_t>(TypeId::Integer, whole_numbers<int32_t>());
  expect_same_as_values<int32_t>(TypeId::Date, whole_numbers<int32_t>());
  expect_same_as_values<int64_t>(TypeId::BigInt, whole_numbers<int64_t>());
  expect_same_as_values<int64_t>(TypeId::Timestamp, whole_numbers<int64_t>());
  expect_same_as_values<float>(TypeId::Real, floats<float>());
  expect_same_as_values<double>(TypeId::Double, floats<double>());
  // The smallest number is the NaN.
  expect_same_as_values<int64_t>(Type::numeric(18, 2),
                                 {kNumericNan64, -999999999999999999, -1, 0, 1, 12345, 999999999999999999});
}

TEST(MaskCompareTest, LeavesOtherTypesAlone) {
  for (Type type : {Type(TypeId::Text), Type(TypeId::Boolean), Type(TypeId::Numeric), Type::numeric(30, 2)})
    EXPECT_FALSE(MaskCompare::of(type, Comparison::Less).has_value()) << type_name(type);
}

}  // namespace
}  // namespace rowan
