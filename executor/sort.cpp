// executor/sort.cpp: all rows of the input, in order. The work is the Sorter's (executor/sorter.h).
#include "executor/compute.h"
#include "executor/operators.h"
#include "executor/row_buffer.h"
#include "executor/sort_keys.h"
#include "executor/sorter.h"
#include "types/try.h"

namespace rowan {

namespace {

class SortOperator final : public Operator {
 public:
  SortOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run), keys_(run, std::get<physical::Sort>(plan.node).keys) {}

 private:
  Result<> start() override {
    if (sorter_ == nullptr) {
      in_ = input().make_batch();
      columns_ = column_pointers(in_);
      sorter_ = std::make_unique<Sorter>(run(), input().output_types());
    }
    sorter_->clear();
    sorted_ = false;
    return {};
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    if (!sorted_) TRY(consume());
    uint32_t count = TRY(sorter_->next(out, row_limit));
    return count > 0;
  }
  void finish() override {
    if (sorter_ != nullptr) sorter_->clear();
  }
  Result<> consume() {
    while (true) {
      bool more = TRY(input().next(in_, kBatchRows));
      if (!more) break;
      TRY(keys_.evaluate(in_, in_.selection()));
      for (uint32_t i = 0; i < in_.row_count(); ++i) {
        uint32_t row = in_.row(i);
        TRY(sorter_->add(columns_, row, keys_.key(row)));
      }
    }
    TRY(sorter_->finish());
    sorted_ = true;
    figures().spilled_bytes += sorter_->spilled_bytes();
    figures().memory_peak = std::max<uint64_t>(figures().memory_peak, sorter_->memory_peak());
    return {};
  }

  SortKeys keys_;
  std::unique_ptr<Sorter> sorter_;
  Batch in_;
  std::vector<const Vector*> columns_;
  bool sorted_ = false;
};

}  // namespace

OperatorPtr make_sort(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<SortOperator>(plan, run);
}

}  // namespace rowan
