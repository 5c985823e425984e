// planner/statistics.h: what ANALYZE makes of a sample of rows: for each column the fraction of NULLs, the
// mean width, the number of distinct values, the commonest values, a histogram of the rest and how far the
// order of values follows the order on disk. Sources: PostgreSQL's analyze.c (compute_scalar_stats,
// analyze_mcv_list) for the methods; Haas and Stokes, IBM Research Report RJ 10025 (1996), for the number of
// distinct values.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "catalog/objects.h"
#include "types/batch.h"
#include "types/cancel.h"
#include "types/value.h"
#include "types/vector.h"

namespace rowan {

// PostgreSQL's default_statistics_target: common values and histogram buckets kept.
inline constexpr uint32_t kStatisticsTarget = 100;
// Rows worth sampling for a histogram of that many buckets (Chaudhuri, Motwani, Narasayya, SIGMOD 1998).
inline constexpr uint32_t kSampleRows = 300 * kStatisticsTarget;

// One column's part of a sample, in the order in which the rows lie on disk.
class ColumnSample {
 public:
  explicit ColumnSample(Type type) : type_(type) {}

  // The selected rows of `vector`, which is of the column's type.
  void add(const Vector& vector, Selection rows);
  // `table_rows`: of the whole table; the sample is all of it where they are no more than were added. Errors:
  // 57014, by `cancel`.
  Result<catalog::ColumnStatistics> compute(double table_rows, CancelToken* cancel = nullptr,
                                            uint32_t target = kStatisticsTarget) const;

 private:
  Type type_;
  std::deque<Value> values_;  // not NULL; a vector would move all of them when it grows
  uint64_t rows_ = 0, nulls_ = 0;
  double bytes_ = 0;
};

}  // namespace rowan
