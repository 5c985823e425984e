#include "planner/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "types/function.h"
#include "types/stretch_sort.h"

namespace rowan {

namespace {

// Values this wide are counted, but not kept: sorting them costs more than they tell.
constexpr size_t kSampleWidthMax = 1024;

struct ValueGroup {
  uint64_t count;  // in the sample
  size_t first;    // place in sorted order
};

// Haas and Stokes' Duj1: n*d / (n - f1 + f1*n/N); d distinct values of n rows, f1 of them once.
double estimate_distinct(double sampled, double table_rows, double distinct, double once) {
  double numerator = sampled * distinct;
  double denominator = (sampled - once) + once * sampled / table_rows;
  double estimate = denominator > 0 ? numerator / denominator : distinct;
  return std::floor(std::min(std::max(estimate, distinct), table_rows) + 0.5);
}

// How many of the commonest values are so much commoner than the rest that knowing them tells something: each
// must exceed what the others would make one expect by two standard deviations of a hypergeometric draw.
size_t worthwhile_common(const std::vector<uint64_t>& counts, double distinct, double null_share,
                         double sampled, double table_rows) {
  size_t kept = counts.size();
  if (sampled >= table_rows || table_rows <= 1.0) return kept;
  double sum = 0;
  for (size_t i = 0; i + 1 < kept; ++i) sum += static_cast<double>(counts[i]);
  while (kept > 0) {
    double share = std::min(1.0, std::max(0.0, 1.0 - sum / sampled - null_share));
    double others = distinct - static_cast<double>(kept - 1);
    if (others > 1) share /= others;
    double expected = table_rows * static_cast<double>(counts[kept - 1]) / sampled;
    double variance = sampled * expected * (table_rows - expected) * (table_rows - sampled) /
                      (table_rows * table_rows * (table_rows - 1));
    if (static_cast<double>(counts[kept - 1]) > share * sampled + 2.0 * std::sqrt(variance) + 0.5) break;
    --kept;
    if (kept == 0) break;
    sum -= static_cast<double>(counts[kept - 1]);
  }
  return kept;
}

double width_of_value(const Value& value, PhysicalType physical) {
  return physical == PhysicalType::Text ? static_cast<double>(value.as_bytes().size()) + 1
                                        : static_cast<double>(physical_width(physical));
}

}  // namespace

void ColumnSample::add(const Vector& vector, Selection rows) {
  PhysicalType physical = type_.physical();
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t row = rows[i];
    ++rows_;
    if (vector.is_null(row)) {
      ++nulls_;
      continue;
    }
    Value value = vector.value(row);
    bytes_ += width_of_value(value, physical);
    if (physical == PhysicalType::Text && value.as_bytes().size() > kSampleWidthMax) continue;
    values_.push_back(std::move(value));
  }
}

Result<catalog::ColumnStatistics> ColumnSample::compute(double table_rows, CancelToken* cancel,
                                                        uint32_t target) const {
  catalog::ColumnStatistics statistics;
  if (rows_ == 0) return statistics;
  auto sampled = static_cast<double>(rows_);
  table_rows = std::max(table_rows, sampled);
  double not_null = sampled - static_cast<double>(nulls_);
  statistics.null_fraction = static_cast<double>(nulls_) / sampled;
  statistics.average_width = not_null > 0 ? bytes_ / not_null : 0;
  size_t count = values_.size();
  double too_wide = not_null - static_cast<double>(count);
  if (count == 0) {
    statistics.distinct = nulls_ == rows_ ? 0 : -1.0 * (1.0 - statistics.null_fraction);
    return statistics;
  }

  // Side by side in one vector: comparing Values one by one would make two vectors each time.
  Vector column(type_, static_cast<uint32_t>(count));
  column.reset();
  for (size_t i = 0; i < count; ++i) column.set_value(static_cast<uint32_t>(i), values_[i]);
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  auto less = [&](uint32_t a, uint32_t b) { return compare_rows(column, a, column, b) < 0; };
  TRY(stretch_sort(order, less, [&] { return cancel != nullptr ? cancel->check() : Result<>(); }));

  // Groups of equal values; the correlation of place on disk and place in order.
  std::vector<ValueGroup> groups;
  double cross = 0;
  for (size_t i = 0; i < count; ++i) {
    cross += static_cast<double>(i) * static_cast<double>(order[i]);
    if (i > 0 && compare_rows(column, order[i - 1], column, order[i]) == 0)
      ++groups.back().count;
    else
      groups.push_back({1, i});
  }
  auto n = static_cast<double>(count);
  double sum = n * (n - 1) / 2, squares = n * (n - 1) * (2 * n - 1) / 6;
  double spread = n * squares - sum * sum;
  statistics.correlation = spread > 0 ? (n * cross - sum * sum) / spread : 0;
  if (count == 1) statistics.correlation = 1;

  double distinct = static_cast<double>(groups.size());
  auto repeated = static_cast<size_t>(
      std::count_if(groups.begin(), groups.end(), [](const ValueGroup& group) { return group.count > 1; }));
  double once = distinct - static_cast<double>(repeated);
  bool is_whole = sampled >= table_rows;
  if (repeated == 0) {
    statistics.distinct =
        -1.0 * (1.0 - statistics.null_fraction);  // all different: as many as there are rows
  } else if (too_wide == 0 && once == 0) {
    statistics.distinct = distinct;  // each came up twice: there are no others
  } else {
    statistics.distinct = estimate_distinct(sampled - static_cast<double>(nulls_),
                                            std::max(1.0, table_rows * (1.0 - statistics.null_fraction)),
                                            distinct + too_wide, once + too_wide);
  }
  double distinct_count = statistics.distinct < 0 ? -statistics.distinct * table_rows : statistics.distinct;
  // A number that grows with the table is kept as a share of it.
  if (statistics.distinct > 0.1 * table_rows) statistics.distinct = -(statistics.distinct / table_rows);

  // The commonest: those that came up more than once, or all of a short complete list.
  std::vector<size_t> common(groups.size());
  std::iota(common.begin(), common.end(), size_t{0});
  std::stable_sort(common.begin(), common.end(),
                   [&](size_t a, size_t b) { return groups[a].count > groups[b].count; });
  if (common.size() > target) common.resize(target);
  bool is_complete =
      groups.size() <= target && too_wide == 0 && statistics.distinct > 0 && (is_whole || once == 0);
  if (!is_complete) {
    while (!common.empty() && groups[common.back()].count < 2) common.pop_back();
    std::vector<uint64_t> counts;
    for (size_t i : common) counts.push_back(groups[i].count);
    common.resize(worthwhile_common(counts, distinct_count, statistics.null_fraction, sampled, table_rows));
  }
  std::vector<bool> is_common(groups.size(), false);
  for (size_t i : common) {
    is_common[i] = true;
    statistics.common_values.push_back(values_[order[groups[i].first]]);
    statistics.common_frequencies.push_back(static_cast<double>(groups[i].count) / sampled);
  }

  // Bounds of buckets that hold equally many of the remaining values.
  size_t rest_groups = groups.size() - common.size();
  if (rest_groups < 2) return statistics;
  std::vector<uint32_t> rest;
  for (size_t g = 0; g < groups.size(); ++g)
    if (!is_common[g])
      for (size_t i = 0; i < groups[g].count; ++i) rest.push_back(order[groups[g].first + i]);
  size_t bounds = std::min<size_t>(rest_groups, size_t{target} + 1);
  for (size_t i = 0; i < bounds; ++i)
    statistics.histogram.push_back(values_[rest[i * (rest.size() - 1) / (bounds - 1)]]);
  return statistics;
}

}  // namespace rowan
