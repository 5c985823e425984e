// executor/row_counts.h: how many rows LIMIT and OFFSET say.
#pragma once

#include <cstdint>
#include <limits>

#include "executor/compute.h"
#include "types/result.h"

namespace rowan {

inline constexpr uint64_t kAllRows = std::numeric_limits<uint64_t>::max();
enum class RowCountClause : uint8_t { Limit, Offset };

// The clause's value: NULL or no expression is kAllRows for LIMIT, 0 for OFFSET. Errors: 2201W, 2201X
// negative.
Result<uint64_t> row_count_of(Scalar& expression, RowCountClause clause);

}  // namespace rowan
