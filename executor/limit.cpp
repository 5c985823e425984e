// executor/limit.cpp: trims batches in place; copies no value, asks for nothing beyond the count. WITH TIES
// goes on while the sort key of the last row repeats.
#include <algorithm>
#include <limits>

#include "executor/compute.h"
#include "executor/operators.h"
#include "executor/row_counts.h"
#include "executor/sort_key.h"
#include "types/try.h"

namespace rowan {

namespace {

class LimitOperator final : public Operator {
 public:
  LimitOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        node_(std::get<physical::Limit>(plan.node)),
        count_(run, node_.count.get()),
        offset_(run, node_.offset.get()) {
    if (!node_.with_ties) return;
    std::vector<const Expr*> keys;
    for (const physical::SortKey& key : node_.ties) keys.push_back(key.key.get());
    ties_ = std::make_unique<Computation>(run, std::move(keys));
  }

 private:
  Result<> start() override {
    to_skip_ = TRY(row_count_of(offset_, RowCountClause::Offset));
    to_emit_ = TRY(row_count_of(count_, RowCountClause::Limit));
    last_key_.clear();
    in_ties_ = false;
    return {};
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    if (to_emit_ == 0) return node_.with_ties && in_ties_ ? more_ties(out, row_limit) : false;
    // Skipped rows come in batches of their own, so that nothing read is lost.
    uint64_t wanted =
        to_skip_ > 0 ? std::min<uint64_t>(to_skip_, kBatchRows) : std::min<uint64_t>(to_emit_, row_limit);
    auto ask = static_cast<uint32_t>(wanted);
    bool more = TRY(input().next(out, ask));
    if (!more) return false;
    auto skipped = static_cast<uint32_t>(std::min<uint64_t>(to_skip_, out.row_count()));
    auto emitted = static_cast<uint32_t>(std::min<uint64_t>(to_emit_, out.row_count() - skipped));
    to_skip_ -= skipped;
    if (to_emit_ != kAllRows) to_emit_ -= emitted;
    if (node_.with_ties && to_emit_ == 0 && emitted > 0) {
      TRY(ties_->evaluate(out));
      last_key_ = tie_key(out.row(skipped + emitted - 1));
      in_ties_ = true;
    }
    out.keep(skipped, emitted);
    return true;
  }
  // Asked for one by one: a row beyond the ties is read, but none further.
  Result<bool> more_ties(Batch& out, uint32_t) {
    bool more = TRY(input().next(out, 1));
    if (!more) return false;
    TRY(ties_->evaluate(out));
    in_ties_ = tie_key(out.row(0)) == last_key_;
    return in_ties_;
  }
  std::string tie_key(uint32_t row) const {
    std::string key;
    for (size_t i = 0; i < ties_->size(); ++i) append_sort_key(ties_->result(i), row, {}, key);
    return key;
  }

  const physical::Limit& node_;
  Scalar count_, offset_;
  std::unique_ptr<Computation> ties_;
  std::string last_key_;
  bool in_ties_ = false;
  uint64_t to_skip_ = 0, to_emit_ = 0;
};

}  // namespace

Result<uint64_t> row_count_of(Scalar& expression, RowCountClause clause) {
  Value value = TRY(expression.evaluate());
  if (value.is_null()) return clause == RowCountClause::Limit ? kAllRows : 0;
  if (value.as_int() < 0) {
    if (clause == RowCountClause::Limit)
      return Error(sqlstate::invalid_row_count_in_limit_clause, "LIMIT must not be negative");
    return Error(sqlstate::invalid_row_count_in_result_offset_clause, "OFFSET must not be negative");
  }
  return static_cast<uint64_t>(value.as_int());
}

OperatorPtr make_limit(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<LimitOperator>(plan, run);
}

}  // namespace rowan
