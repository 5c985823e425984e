// executor/execution.h: one planned statement made ready to run, any number of times: the operator tree over
// what the session lends. Tree and buffers are kept between runs, so that a prepared statement runs again
// without planning or allocating. api/ drives it: make once; start, next until the end, close for each run.
//
// An error ends the run: close() follows. What a failed statement wrote is the caller's to roll back: the
// transaction, or the savepoint around the statement.
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

class StatementWrites;

class Execution {
 public:
  // Builds the operators. `environment` outlives this; what its pointers lend may change between executions.
  static Result<std::unique_ptr<Execution>> make(PlannedPtr statement, Environment& environment);
  ~Execution();

  const PlannedStatement& statement() const { return *statement_; }
  const PlannedPtr& plan() const { return statement_; }

  // Begins an execution with a copy of these parameters; `snapshot` outlives it. `instrument`: what EXPLAIN
  // ANALYZE wants taken. Errors: those of evaluating what is constant.
  Result<> start(std::span<const Value> parameters, const Snapshot* snapshot, Instrument instrument = {});
  // The same parameters once more.
  Result<> restart(const Snapshot* snapshot);
  // True: `rows()` holds 1 … row_limit rows. False: the statement is through, what WITH queries had left to
  // write and its checks included. INSERT, UPDATE and DELETE without RETURNING do all their work in the first
  // call. May block for locks: hold no latch.
  Result<bool> next(uint32_t row_limit = kBatchRows);
  const Batch& rows() const { return batch_; }
  // Rows so far: what an INSERT, UPDATE or DELETE changed, what a SELECT gave.
  uint64_t row_count() const;
  // Lets go of memory, files and pages; start() may follow.
  void close();

  // What each step did, by plan id.
  ExecutionFigures figures() const;

  // For an execution inside of another statement (foreign keys): the end's work is left to that one.
  void set_writes(StatementWrites* writes) { outer_writes_ = writes; }

 private:
  Execution(PlannedPtr statement, Environment& environment);
  Result<> open(const Snapshot* snapshot);

  PlannedPtr statement_;
  Run run_;
  OperatorPtr root_;
  Batch batch_;
  std::vector<Value> parameters_;
  std::unique_ptr<StatementWrites> writes_;
  StatementWrites* outer_writes_ = nullptr;
  uint64_t row_count_ = 0;
  bool is_open_ = false, ended_ = false;
};

}  // namespace rowan
