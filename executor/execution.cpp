#include "executor/execution.h"

#include "types/try.h"

namespace rowan {

Execution::Execution(PlannedPtr statement, Environment& environment)
    : statement_(std::move(statement)), environment_(environment), run_(*statement_, environment_) {}

Execution::~Execution() {
  close();
}

Result<std::unique_ptr<Execution>> Execution::make(PlannedPtr statement, Environment& environment) {
  std::unique_ptr<Execution> execution(new Execution(std::move(statement), environment));
  execution->root_ = TRY(make_operator(*execution->statement_->root, execution->run_));
  execution->batch_ = execution->root_->make_batch();
  return execution;
}

Result<> Execution::start(std::vector<Value> parameters, const Snapshot* snapshot, bool timing) {
  close();
  parameters_ = std::move(parameters);
  row_count_ = 0;
  run_.timing = timing;
  run_.begin(parameters_, snapshot);
  is_open_ = true;
  return root_->open();
}

Result<bool> Execution::next(uint32_t row_limit) {
  bool more = TRY(root_->next(batch_, row_limit));
  if (more) row_count_ += batch_.row_count();
  return more;
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
  }
  return figures;
}

}  // namespace rowan
