// executor/system_scan.cpp: rows of pg_catalog's and information_schema's views, made when the scan starts.
#include <algorithm>

#include "executor/compute.h"
#include "executor/operators.h"
#include "executor/system_views.h"
#include "types/try.h"

namespace rowan {

namespace {

class SystemScanOperator final : public Operator {
 public:
  SystemScanOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        node_(std::get<physical::SystemScan>(plan.node)),
        filter_(run, node_.filter.get()) {}

 private:
  Result<> start() override {
    const Environment& environment = run().environment();
    ENSURE(environment.system_views != nullptr && run().eval().session != nullptr);
    rows_ =
        TRY(environment.system_views->rows(node_.view, *static_cast<SessionServices*>(run().eval().session)));
    next_ = 0;
    return {};
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    auto count = static_cast<uint32_t>(std::min<size_t>(row_limit, rows_.size() - next_));
    if (count == 0) return false;
    for (uint32_t row = 0; row < count; ++row)
      for (size_t i = 0; i < node_.columns.size(); ++i)
        out.column(i).set_value(row, rows_[next_ + row][node_.columns[i]]);
    next_ += count;
    out.set_row_count(count);
    std::optional<Error> error;
    filter_.apply(out, error);
    figures().filtered += count - out.row_count();
    fail_after(error);
    return true;
  }
  void finish() override { rows_.clear(); }

  const physical::SystemScan& node_;
  Condition filter_;
  std::vector<SystemRow> rows_;
  size_t next_ = 0;
};

}  // namespace

OperatorPtr make_system_scan(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<SystemScanOperator>(plan, run);
}

}  // namespace rowan
