// executor/shared_results.h: what several places of one plan share while a statement runs: CTEs, run once and
// read by any number of scans; the work tables of recursive queries.
//
// A CTE that writes runs as far as it is read, as any other does; what is left of it runs when the main query
// has ended, whether or not anybody wanted the rows. The later of two goes first, as in PostgreSQL: it may
// yet read what the earlier one returns.
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
  // Runs what has not run; its rows are for nobody, and there is no reading after it.
  Result<> run_to_end();
  void close();

 private:
  Result<> begin();
  Result<bool> pull(uint32_t wanted);
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
  CteResult& cte(uint32_t index) { return lender_ != nullptr ? lender_->cte(index) : *ctes_[index]; }
  // A twin of a part of the plan reads what the statement itself has read: a CTE that locks, writes or draws
  // numbers runs once.
  void borrow_ctes(SharedResults& lender) { lender_ = &lender; }
  // When the main query has ended: what is left of the CTEs that write.
  Result<> run_writes();
  WorkTable& work_table(uint32_t index) { return work_tables_[index]; }
  void close();

 private:
  Run& run_;
  SharedResults* lender_ = nullptr;
  std::vector<std::unique_ptr<CteResult>> ctes_;
  std::vector<WorkTable> work_tables_;
};

}  // namespace rowan
