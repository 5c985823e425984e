// executor/seq_scan.cpp: every row of a table that the snapshot sees. Simple comparisons run on the pages'
// own arrays (executor/scan_filter.h), the rest of the condition on what came through.
#include <algorithm>

#include "executor/compute.h"
#include "executor/operators.h"
#include "executor/replaced_rows.h"
#include "executor/scan_filter.h"
#include "executor/table_access.h"
#include "types/try.h"

namespace rowan {

namespace {

class SeqScanOperator final : public Operator {
 public:
  SeqScanOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        node_(std::get<physical::SeqScan>(plan.node)),
        in_page_(run, node_.filter.get(), node_.source.columns) {
    if (in_page_.is_empty()) {
      rest_.push_back(std::make_unique<Condition>(run, node_.filter.get()));
    } else {
      for (const Expr* term : in_page_.rest()) rest_.push_back(std::make_unique<Condition>(run, term));
    }
  }

 private:
  Result<> start() override {
    TRY(in_page_.start());
    if (const Replacement* replacement = run().replacement(plan().id)) {
      replaced_ = replacement;
      replaced_done_ = false;
      return {};
    }
    replaced_ = nullptr;
    if (!access_.is_open()) TRY(access_.open(run(), *node_.source.table, node_.source.columns));
    filtered_before_ = 0;
    ENSURE(run().snapshot() != nullptr);
    if (scan_ != nullptr) {
      scan_->restart(*run().snapshot());
      filtered_before_ = scan_->rows_filtered();
      return {};
    }
    ScanSpec spec;
    spec.projection = access_.projection();
    if (!in_page_.is_empty()) {
      spec.filter_columns = in_page_.columns();
      spec.filter_types = in_page_.types();
      spec.filter = &in_page_;
    }
    if (!access_.is_direct()) page_ = Batch(access_.heap_types(*node_.source.table), capacity());
    scan_ = std::make_unique<HeapScan>(access_.heap(), *run().snapshot(), std::move(spec));
    return {};
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    if (replaced_ != nullptr) return produce_replaced(out);
    bool more;
    // Where little is wanted but the condition may drop rows, asking for more costs nothing: what is too much
    // is not read from the page's arrays again.
    if (access_.is_direct()) {
      more = TRY(scan_->next(out, row_limit));
    } else {
      page_.reset();
      more = TRY(scan_->next(page_, std::min(row_limit, page_.capacity())));
      if (more) access_.lend(page_, out);
    }
    figures().filtered += scan_->rows_filtered() - filtered_before_;
    filtered_before_ = scan_->rows_filtered();
    if (!more) return false;
    filter(out);
    return true;
  }
  void filter(Batch& out) {
    uint32_t before = out.row_count();
    std::optional<Error> error;
    for (auto& condition : rest_) condition->apply(out, error);
    figures().filtered += before - out.row_count();
    fail_after(error);
  }
  // Re-evaluation of one row: the scan is that row.
  Result<bool> produce_replaced(Batch& out) {
    if (replaced_done_) return false;
    replaced_done_ = true;
    replaced_->put(node_.source.columns, out);
    for (auto& condition : rest_) {
      std::optional<Error> error;
      condition->apply(out, error);
      fail_after(error);
    }
    if (!in_page_.is_empty()) {
      std::optional<Error> error;
      whole_condition().apply(out, error);
      fail_after(error);
    }
    return true;
  }
  Condition& whole_condition() {
    if (whole_ == nullptr) whole_ = std::make_unique<Condition>(run(), node_.filter.get());
    return *whole_;
  }

  const physical::SeqScan& node_;
  ScanFilter in_page_;
  std::vector<std::unique_ptr<Condition>> rest_;
  std::unique_ptr<Condition> whole_;
  TableAccess access_;
  std::unique_ptr<HeapScan> scan_;
  Batch page_;
  uint64_t filtered_before_ = 0;
  const Replacement* replaced_ = nullptr;
  bool replaced_done_ = false;
};

}  // namespace

OperatorPtr make_seq_scan(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<SeqScanOperator>(plan, run);
}

}  // namespace rowan
