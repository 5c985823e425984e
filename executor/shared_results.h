// executor/shared_results.h: what several places of one plan share while a statement runs: CTEs, run once and
// read by any number of scans; the work tables of recursive queries; subplans and what is remembered of them.
#pragma once

#include <memory>
#include <vector>

#include "executor/operator.h"
#include "executor/row_buffer.h"
#include "types/result.h"

namespace rowan {

// A common table expression: runs as far as its readers have read.
class CteResult {
 public:
  CteResult(Run& run, const PhysicalPlan& plan) : run_(run), plan_(plan) {}
  const std::vector<Type>& types() const { return operator_->output_types(); }
  Result<> prepare();  // makes the operator tree; once
  // The next rows for `reader`, running the CTE on where nobody has read yet; 0: the end.
  Result<uint32_t> read(RowBuffer::Reader& reader, Batch& out, uint32_t limit);
  void close();

 private:
  Run& run_;
  const PhysicalPlan& plan_;
  OperatorPtr operator_;
  std::unique_ptr<RowBuffer> rows_;
  Batch batch_;
  uint64_t execution_ = 0;  // the one that rows_ belong to
  bool complete_ = false;
};

// The rows of the last round of a recursive query. Filled by RecursiveUnion, read by WorkTableScan.
struct WorkTable {
  RowBuffer* rows = nullptr;
  uint64_t round = 0;  // changes with each round
};

class SharedResults {
 public:
  explicit SharedResults(Run& run);
  ~SharedResults();
  CteResult& cte(uint32_t index) { return *ctes_[index]; }
  WorkTable& work_table(uint32_t index) { return work_tables_[index]; }
  void close();

 private:
  std::vector<std::unique_ptr<CteResult>> ctes_;
  std::vector<WorkTable> work_tables_;
};

}  // namespace rowan
