// executor/execution.h: runs a planned statement, any number of times. The operator tree and its buffers are
// kept between runs, so that a prepared statement runs again without planning or allocating.
//
//   create()  once; start(parameters, snapshot), next() … until it says no more, close(): once a run
//
// An error ends the run: close() follows. What a failed statement wrote is the caller's to roll back: the
// transaction, or the savepoint around the statement.
#pragma once

#include <memory>
#include <span>

#include "executor/operator.h"
#include "executor/run.h"
#include "types/result.h"

namespace rowan {

class StatementWrites;

class Execution {
 public:
  // `environment` outlives this; what it points to may change between runs (another transaction).
  static Result<std::unique_ptr<Execution>> create(PlannedPtr statement, Environment& environment);
  ~Execution();

  // Begins a run. `parameters` have the statement's types and live until close(), as does `snapshot` (nullptr
  // for a statement that reads no table). Errors: those of evaluating what is constant.
  Result<> start(std::span<const Value> parameters, const Snapshot* snapshot);
  // True: 1 … row_limit rows of the result in `out`, valid until the next call. False: the end; constraints
  // that are tested at the end hold. INSERT, UPDATE and DELETE without RETURNING do all their work in the
  // first call. May block for locks: hold no latch.
  Result<bool> next(Batch& out, uint32_t row_limit = kBatchRows);
  // For a statement whose rows nobody wants: runs it to its end.
  Result<> finish();
  // Gives back what the run holds. Idempotent.
  void close();

  // A batch that fits the result.
  Batch make_batch() const { return root_->make_batch(); }
  // Rows inserted, updated or deleted in this run so far.
  uint64_t rows_written() const { return run_.rows_written; }
  const PlannedStatement& statement() const { return *statement_; }
  // Figures for EXPLAIN ANALYZE, by PhysicalPlan::id; times only where asked for before start().
  void take_times(bool timing) { run_.timing = timing; }
  const std::vector<OperatorFigures>& figures() const { return run_.all_figures(); }

  // For executions inside of a statement (foreign keys): leaves the end's work to the statement's.
  void set_writes(StatementWrites* writes) { outer_writes_ = writes; }

 private:
  Execution(PlannedPtr statement, Environment& environment);

  PlannedPtr statement_;
  Run run_;
  OperatorPtr root_;
  std::unique_ptr<StatementWrites> writes_;
  StatementWrites* outer_writes_ = nullptr;
  bool ended_ = false, open_ = false;
};

}  // namespace rowan
