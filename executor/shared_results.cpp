#include "executor/shared_results.h"

#include "types/try.h"

namespace rowan {

Result<> CteResult::prepare() {
  if (operator_ != nullptr) return {};
  operator_ = TRY(make_operator(plan_, run_));
  rows_ = std::make_unique<RowBuffer>(run_, operator_->output_types());
  batch_ = operator_->make_batch();
  return {};
}

Result<uint32_t> CteResult::read(RowBuffer::Reader& reader, Batch& out, uint32_t limit) {
  if (execution_ != run_.execution()) {
    rows_->clear();
    complete_ = false;
    execution_ = run_.execution();
    TRY(operator_->open());
  }
  while (true) {
    uint32_t count = TRY(rows_->read(reader, out, limit));
    if (count > 0 || complete_) return count;
    uint32_t wanted = operator_->has_effects() ? limit : kBatchRows;
    bool more = TRY(operator_->next(batch_, wanted));
    if (more)
      TRY(rows_->append(batch_));
    else
      complete_ = true;
  }
}

void CteResult::close() {
  if (operator_ != nullptr) operator_->close();
  if (rows_ != nullptr) rows_->clear();
  execution_ = 0;
}

SharedResults::SharedResults(Run& run) {
  // One that was merged into the query, or that nobody reads, has no plan.
  for (const PlanPtr& cte : run.statement().ctes)
    ctes_.push_back(cte == nullptr ? nullptr : std::make_unique<CteResult>(run, *cte));
  work_tables_.resize(run.statement().work_tables);
}

SharedResults::~SharedResults() = default;

void SharedResults::close() {
  for (auto& cte : ctes_)
    if (cte != nullptr) cte->close();
}

}  // namespace rowan
