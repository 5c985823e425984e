// api/plan_runner.h: an Execution with what one run of it needs kept beside: the parameters, the batch that
// rows come in, the count of rows. Kept between runs of a prepared statement, so that a run allocates
// nothing.
#pragma once

#include <memory>
#include <vector>

#include "executor/execution.h"
#include "planner/explain.h"
#include "types/try.h"

namespace rowan {

class PlanRunner {
 public:
  static Result<std::shared_ptr<PlanRunner>> make(PlannedPtr statement, Environment& environment) {
    std::shared_ptr<PlanRunner> runner(new PlanRunner());
    runner->execution_ = TRY(Execution::create(std::move(statement), environment));
    runner->batch_ = runner->execution_->make_batch();
    return runner;
  }

  const PlannedStatement& statement() const { return execution_->statement(); }

  // `snapshot` outlives the run.
  Result<> start(std::vector<Value> parameters, const Snapshot* snapshot, bool timing) {
    parameters_ = std::move(parameters);
    rows_put_out_ = 0;
    execution_->take_times(timing);
    return execution_->start(parameters_, snapshot);
  }
  // True: rows() are the next ones. False: the statement is through.
  Result<bool> next() {
    bool more = TRY(execution_->next(batch_, kBatchRows));
    if (more) rows_put_out_ += batch_.row_count();
    return more;
  }
  const Batch& rows() const { return batch_; }
  void close() { execution_->close(); }

  // What the command tag says: rows written by INSERT, UPDATE, DELETE, rows put out by a query.
  uint64_t row_count() const {
    return statement().command == PlannedStatement::Command::Select ? rows_put_out_
                                                                    : execution_->rows_written();
  }

  ExecutionFigures figures() const {
    ExecutionFigures figures;
    for (const OperatorFigures& from : execution_->figures()) {
      NodeFigures& node = figures.nodes.emplace_back();
      node.loops = from.loops;
      node.rows = from.rows;
      node.startup_ns = static_cast<uint64_t>(from.first_row_ns);
      node.total_ns = static_cast<uint64_t>(from.total_ns);
      node.rows_removed_by_filter = from.filtered;
      node.memory_bytes = from.memory_peak;
      node.spilled_bytes = from.spilled_bytes;
      node.hash_batches = from.batches;
    }
    return figures;
  }

 private:
  PlanRunner() = default;
  std::unique_ptr<Execution> execution_;
  Batch batch_;
  std::vector<Value> parameters_;
  uint64_t rows_put_out_ = 0;
};

}  // namespace rowan
