// executor/execution.h: one planned statement made ready to run, any number of times: the operator tree over
// what the session lends. api/ drives it: start, next until the end, close.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "executor/operator.h"
#include "executor/run.h"
#include "planner/explain.h"
#include "planner/physical.h"
#include "types/result.h"
#include "types/value.h"

namespace rowan {

class Execution {
 public:
  // Builds the operators. `environment` outlives this; what its pointers lend may change between executions.
  static Result<std::unique_ptr<Execution>> make(PlannedPtr statement, Environment& environment);
  ~Execution();

  const PlannedStatement& statement() const { return *statement_; }
  const PlannedPtr& plan() const { return statement_; }

  // Begins an execution with these parameters; `snapshot` outlives it. `timing`: take times for EXPLAIN
  // ANALYZE.
  Result<> start(std::vector<Value> parameters, const Snapshot* snapshot, bool timing = false);
  // True: `rows()` holds 1 … row_limit rows. False: the statement is through, its checks included.
  Result<bool> next(uint32_t row_limit = kBatchRows);
  const Batch& rows() const { return batch_; }
  // Rows put out so far: what an INSERT, UPDATE or DELETE changed, what a SELECT gave.
  uint64_t row_count() const { return row_count_; }
  // Lets go of memory, files and pages; start() may follow.
  void close();

  // What each step did, by plan id.
  ExecutionFigures figures() const;

 private:
  Execution(PlannedPtr statement, Environment& environment);

  PlannedPtr statement_;
  Environment& environment_;
  Run run_;
  OperatorPtr root_;
  Batch batch_;
  std::vector<Value> parameters_;
  uint64_t row_count_ = 0;
  bool is_open_ = false;
};

}  // namespace rowan
