// executor/analyze.h: ANALYZE: reads a sample of a table's pages and makes statistics of it
// (planner/statistics.h).
#pragma once

#include "catalog/objects.h"
#include "executor/relations.h"
#include "types/cancel.h"
#include "types/result.h"

namespace rowan {

class Random;
struct Snapshot;

// All rows of a small table; of a large one those of pages chosen by chance until about kSampleRows are read,
// from which the number of rows is scaled up. Errors: those of reading, 57014.
Result<catalog::TableStatistics> analyze_table(Relations& relations, const catalog::Table& table,
                                               const Snapshot& snapshot, Random& random, CancelToken* cancel);

}  // namespace rowan
