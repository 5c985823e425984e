#include "executor/execution.h"

#include <algorithm>

#include "executor/shared_results.h"
#include "executor/statement_writes.h"
#include "planner/plan_writes.h"
#include "types/try.h"

namespace rowan {

Execution::Execution(PlannedPtr statement, Environment& environment)
    : statement_(std::move(statement)), run_(*statement_, environment) {}

Execution::~Execution() {
  close();
}

Result<std::unique_ptr<Execution>> Execution::make(PlannedPtr statement, Environment& environment) {
  std::unique_ptr<Execution> made(new Execution(std::move(statement), environment));
  made->root_ = TRY(make_operator(*made->statement_->root, made->run_));
  made->batch_ = made->root_->make_batch();
  if (made->statement_->command != PlannedStatement::Command::Select || has_writing_cte(*made->statement_))
    made->writes_ = std::make_unique<StatementWrites>(made->run_);
  return made;
}

Result<> Execution::start(std::span<const Value> parameters, const Snapshot* snapshot,
                          Instrument instrument) {
  close();
  parameters_.assign(parameters.begin(), parameters.end());  // strings keep their memory
  run_.instrument = instrument;
  return open(snapshot);
}

Result<> Execution::restart(const Snapshot* snapshot) {
  close();
  return open(snapshot);
}

Result<> Execution::open(const Snapshot* snapshot) {
  row_count_ = 0;
  ended_ = false;
  run_.begin(parameters_, snapshot);
  if (writes_ != nullptr) writes_->clear();
  run_.writes = outer_writes_ != nullptr ? outer_writes_ : writes_.get();
  is_open_ = true;
  return root_->open();
}

Result<bool> Execution::next(uint32_t row_limit) {
  if (ended_) return false;
  bool more = TRY(root_->next(batch_, row_limit));
  if (more) {
    row_count_ += batch_.row_count();
    return true;
  }
  ended_ = true;
  TRY(run_.shared().run_writes());
  if (writes_ != nullptr && outer_writes_ == nullptr) TRY(writes_->finish());
  return false;
}

uint64_t Execution::row_count() const {
  return statement_->command == PlannedStatement::Command::Select ? row_count_ : run_.rows_written;
}

void Execution::close() {
  if (!is_open_) return;
  is_open_ = false;
  root_->close();
  run_.close();
}

ExecutionFigures Execution::figures() const {
  ExecutionFigures figures;
  for (const OperatorFigures& from : run_.all_figures()) {
    NodeFigures& node = figures.nodes.emplace_back();
    node.loops = from.loops;
    node.rows = from.rows;
    node.startup_ns = static_cast<uint64_t>(from.first_row_ns);
    node.total_ns = static_cast<uint64_t>(from.total_ns);
    node.rows_removed_by_filter = from.filtered;
    node.memory_bytes = from.memory_peak;
    node.spilled_bytes = from.spilled_bytes;
    node.hash_batches = from.batches;
    node.hash_buckets = from.buckets;
    node.buffers_hit = from.pages.accesses - std::min(from.pages.accesses, from.pages.reads);
    node.buffers_read = from.pages.reads;
    node.buffers_dirtied = from.pages.dirtied;
    node.buffers_written = from.pages.written;
    node.evictions = from.pages.evicted;
    node.inserted_rows = from.inserted;
    node.updated_rows = from.updated;
    node.deleted_rows = from.deleted;
    node.temp_pages_read = from.pages.temp_reads;
    node.temp_pages_written = from.pages.temp_writes;
  }
  return figures;
}

}  // namespace rowan
