// planner/explain.h: what EXPLAIN prints, in PostgreSQL's shape: a plan as indented text or as JSON, with
// what the steps were thought to cost and, after ANALYZE, with what they did.
//
// Steps that PostgreSQL folds into others are not shown on their own: a Project never, a Filter only where
// the step below cannot carry it; a TopN is shown as the Limit over a Sort that it stands for, a hash join's
// inner side under a Hash.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "parser/ast_statement.h"
#include "planner/physical.h"
#include "types/result.h"

namespace rowan {

// What one step did, summed over its loops; the executor fills it, inputs' shares included where PostgreSQL
// includes them (times and buffers).
struct NodeFigures {
  uint64_t loops = 0;       // how often it was started; 0: never executed
  uint64_t rows = 0;        // put out
  uint64_t startup_ns = 0;  // until the first row of each loop
  uint64_t total_ns = 0;
  uint64_t rows_removed_by_filter = 0;       // a scan's filter
  uint64_t rows_removed_by_join_filter = 0;  // a join's condition beside its keys
  uint64_t rows_removed_by_recheck = 0;      // an index's bounds, on rows with a link
  uint64_t heap_fetches = 0;                 // of an index-only scan
  uint64_t buffers_hit = 0, buffers_read = 0, buffers_dirtied = 0, buffers_written = 0;
  uint64_t temp_pages_read = 0, temp_pages_written = 0;
  uint64_t evictions = 0;     // pages that had to leave the pool for its sake
  uint64_t memory_bytes = 0;  // at most, in a sort or a hash table
  uint64_t spilled_bytes = 0;
  uint64_t hash_buckets = 0, hash_batches = 0;
  uint64_t conflicting_rows = 0;                                   // ON CONFLICT
  uint64_t inserted_rows = 0, updated_rows = 0, deleted_rows = 0;  // MERGE
};

struct ExecutionFigures {
  std::vector<NodeFigures> nodes;  // by PhysicalPlan::id; node_count of them
  uint64_t planning_ns = 0;
  uint64_t execution_ns = 0;
};

struct ExplainOptions {
  enum class Format : uint8_t { Text, Json } format = Format::Text;
  bool analyze = false, verbose = false, costs = true, buffers = false;
  bool timing = true;    // of ANALYZE
  bool summary = false;  // set with ANALYZE unless said otherwise
};

// Errors: 42601 unrecognized EXPLAIN option · 22023 bad values, TIMING without ANALYZE · 0A000 WAL, SETTINGS
// and the formats that are not there.
Result<ExplainOptions> explain_options(const ast::Explain& explain);

// The lines of the result. `figures` after ANALYZE, else nullptr (its planning time is shown under SUMMARY).
std::vector<std::string> explain(const PlannedStatement& statement, const ExplainOptions& options,
                                 const ExecutionFigures* figures);

}  // namespace rowan
