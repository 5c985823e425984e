// executor/run.h: what the operators of one statement share while it runs: what the session lends, the
// parameters, and the runtime slots by which nested loops and subplans hand values down.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "planner/physical.h"
#include "storage/page_usage.h"
#include "types/batch.h"
#include "types/budget.h"
#include "types/cancel.h"
#include "types/function.h"

namespace rowan {

class Evaluation;
class Operator;
class Relations;
class SystemViews;
class StatementWrites;
struct Replacement;
class SharedResults;
class Subplans;
class TempFiles;
class Transaction;
class Transactions;
struct Snapshot;

// What an execution borrows from its session; everything outlives the execution. What a statement does not
// need may be nullptr: a SELECT without tables runs with `eval` alone.
struct Environment {
  EvalContext* eval = nullptr;
  Budget* budget = nullptr;         // the statement's memory; nullptr: no limit
  CancelToken* cancel = nullptr;    // looked at once a batch
  TempFiles* temp_files = nullptr;  // nullptr: what does not fit fails with 53200
  size_t work_memory = 4u << 20;    // what one sort or hash table may hold before it spills
  Relations* relations = nullptr;   // open heaps and indexes
  SystemViews* system_views = nullptr;
  Transactions* transactions = nullptr;
  Transaction* transaction = nullptr;
  uint32_t lock_timeout_ms = 0;
  uint32_t batch_rows = kBatchRows;  // rows a batch at most; tests run with 1
};

// How much an operator did, for EXPLAIN ANALYZE.
struct OperatorFigures {
  uint64_t loops = 0;
  uint64_t rows = 0;
  uint64_t filtered = 0;                            // rows that a filter dropped
  uint64_t inserted = 0, updated = 0, deleted = 0;  // by MERGE
  int64_t first_row_ns = 0;                         // until the first row, over all loops
  int64_t total_ns = 0;                             // inputs included, over all loops
  uint64_t spilled_bytes = 0;
  uint64_t memory_peak = 0;
  uint64_t buckets = 0;  // of a hash table, at most
  uint32_t batches = 1;  // rounds of a hash: in memory, then a partition each
  PageUsage pages;       // inputs included
};

// What EXPLAIN ANALYZE wants to know beyond counts of rows; each costs something at every call.
struct Instrument {
  bool timing = false;
  bool buffers = false;
};

class Run {
 public:
  Run(const PlannedStatement& statement, Environment& environment);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Makes ready for one more execution. `parameters` outlive it.
  void begin(std::span<const Value> parameters, const Snapshot* snapshot);

  const PlannedStatement& statement() const { return statement_; }
  Environment& environment() const { return environment_; }
  EvalContext& eval() const { return *environment_.eval; }
  const Snapshot* snapshot() const { return snapshot_; }
  void set_snapshot(const Snapshot* snapshot) { snapshot_ = snapshot; }
  std::span<const Value> parameters() const { return parameters_; }

  // Runtime slots: constant vectors. Setting one gives it a new version, by which caches know themselves
  // stale.
  const Vector& slot(uint32_t index) const { return slots_[index]; }
  std::span<const Vector> slots() const { return slots_; }
  void set_slot(uint32_t index, const Vector& from, uint32_t row);
  uint64_t slot_version(uint32_t index) const { return versions_[index]; }
  // Counts executions: what was computed in an earlier one is stale.
  uint64_t execution() const { return execution_; }

  Result<> check_cancel() const {
    return environment_.cancel == nullptr ? Result<>() : environment_.cancel->check();
  }
  OperatorFigures& figures(uint32_t plan_id);
  const std::vector<OperatorFigures>& all_figures() const { return figures_; }
  uint64_t rows_written = 0;  // by INSERT, UPDATE, DELETE, MERGE: the count of the command tag
  Instrument instrument;      // EXPLAIN ANALYZE

  // CTEs and work tables (executor/shared_results.h), subqueries in expressions (executor/subplans.h).
  SharedResults& shared() { return *shared_; }
  Subplans& subplans() { return *subplans_; }
  // Lets go of what is shared, after the operators were closed.
  void close();
  // What the statement's writes leave to be done at its end (executor/statement_writes.h).
  StatementWrites* writes = nullptr;

  // In the twin of a subtree: the scan `plan_id` is this row (executor/replaced_rows.h).
  void replace(const Replacement* replacement, uint32_t plan_id) {
    replacement_ = replacement;
    replaced_plan_ = plan_id;
  }
  const Replacement* replacement(uint32_t plan_id) const {
    return replacement_ != nullptr && replaced_plan_ == plan_id ? replacement_ : nullptr;
  }

 private:
  const PlannedStatement& statement_;
  Environment& environment_;
  const Snapshot* snapshot_ = nullptr;
  std::span<const Value> parameters_;
  std::vector<Vector> slots_;
  std::vector<uint64_t> versions_;
  uint64_t next_version_ = 1;
  uint64_t execution_ = 0;
  std::vector<OperatorFigures> figures_;
  const Replacement* replacement_ = nullptr;
  uint32_t replaced_plan_ = 0;
  std::unique_ptr<SharedResults> shared_;
  std::unique_ptr<Subplans> subplans_;
};

}  // namespace rowan
