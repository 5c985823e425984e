#include "executor/shared_results.h"

#include "planner/plan_writes.h"
#include "types/try.h"

namespace rowan {

Result<> CteResult::prepare() {
  if (operator_ != nullptr) return {};
  operator_ = TRY(make_operator(plan_, run_));
  rows_ = std::make_unique<RowBuffer>(run_, operator_->output_types());
  batch_ = operator_->make_batch();
  return {};
}

// Once an execution.
Result<> CteResult::begin() {
  if (execution_ == run_.execution()) return {};
  rows_->clear();
  complete_ = false;
  execution_ = run_.execution();
  return operator_->open();
}

// The rows that a CTE writes are not the statement's: the command tag counts those of the main query.
Result<bool> CteResult::pull(uint32_t wanted) {
  uint64_t written = run_.rows_written;
  Result<bool> more = operator_->next(batch_, wanted);
  run_.rows_written = written;
  return more;
}

Result<uint32_t> CteResult::read(RowBuffer::Reader& reader, Batch& out, uint32_t limit) {
  TRY(begin());
  while (true) {
    uint32_t count = TRY(rows_->read(reader, out, limit));
    if (count > 0 || complete_) return count;
    uint32_t wanted = operator_->has_effects() ? limit : kBatchRows;
    bool more = TRY(pull(wanted));
    if (more)
      TRY(rows_->append(batch_));
    else
      complete_ = true;
  }
}

Result<> CteResult::run_to_end() {
  TRY(prepare());
  TRY(begin());
  while (!complete_) {
    bool more = TRY(pull(kBatchRows));
    complete_ = !more;
  }
  return {};
}

void CteResult::close() {
  if (operator_ != nullptr) operator_->close();
  if (rows_ != nullptr) rows_->clear();
  execution_ = 0;
}

SharedResults::SharedResults(Run& run) : run_(run) {
  // One that was merged into the query, or that nobody reads, has no plan.
  for (const PlanPtr& cte : run.statement().ctes)
    ctes_.push_back(cte == nullptr ? nullptr : std::make_unique<CteResult>(run, *cte));
  work_tables_.resize(run.statement().work_tables);
}

SharedResults::~SharedResults() = default;

Result<> SharedResults::run_writes() {
  const std::vector<PlanPtr>& plans = run_.statement().ctes;
  for (size_t i = plans.size(); i-- > 0;)
    if (plans[i] != nullptr && writes_rows(*plans[i])) TRY(ctes_[i]->run_to_end());
  return {};
}

void SharedResults::close() {
  for (auto& cte : ctes_)
    if (cte != nullptr) cte->close();
}

}  // namespace rowan
