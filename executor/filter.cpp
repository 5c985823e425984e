// executor/filter.cpp: leaves the rows for which a condition is true, in place. Where little is wanted and
// asking has no effects, a whole batch is read ahead and handed out in pieces.
#include <algorithm>

#include "executor/compute.h"
#include "executor/operators.h"
#include "executor/row_buffer.h"
#include "types/try.h"

namespace rowan {

namespace {

const Expr* filter_condition(const PhysicalPlan& plan) {
  if (const auto* filter = std::get_if<physical::Filter>(&plan.node)) return filter->condition.get();
  return std::get<physical::SubqueryScan>(plan.node).filter.get();
}

class FilterOperator final : public Operator {
 public:
  FilterOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run), condition_(run, filter_condition(plan)) {}

 private:
  Result<> start() override {
    held_next_ = held_end_ = 0;
    return {};
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    if (held_next_ < held_end_) return hand_out(out, row_limit);
    bool read_ahead = condition_.is_present() && !has_effects() && row_limit < input().capacity();
    if (!read_ahead) {
      bool more = TRY(input().next(out, row_limit));
      if (more) apply(out);
      return more;
    }
    if (held_.capacity() == 0) {
      held_ = input().make_batch();
      columns_ = column_pointers(held_);
    }
    bool more = TRY(input().next(held_, kBatchRows));
    if (!more) return false;
    apply(held_);
    held_next_ = 0;
    held_end_ = held_.row_count();
    return hand_out(out, row_limit);
  }
  void apply(Batch& batch) {
    if (!condition_.is_present()) return;
    uint32_t before = batch.row_count();
    error_.reset();
    condition_.apply(batch, error_);
    figures().filtered += before - batch.row_count();
    if (error_ && &batch != &held_) fail_after(error_);
  }
  bool hand_out(Batch& out, uint32_t row_limit) {
    uint32_t count = std::min(row_limit, held_end_ - held_next_);
    put_rows(held_, columns_, held_next_, count, out);
    held_next_ += count;
    if (held_next_ == held_end_) fail_after(error_);
    return true;
  }

  Condition condition_;
  Batch held_;
  std::vector<const Vector*> columns_;
  uint32_t held_next_ = 0, held_end_ = 0;
  std::optional<Error> error_;
};

}  // namespace

OperatorPtr make_filter(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<FilterOperator>(plan, run);
}

}  // namespace rowan
