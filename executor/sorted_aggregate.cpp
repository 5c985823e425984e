// executor/sorted_aggregate.cpp: GROUP BY over an input that comes in the order of its keys, and aggregates
// without GROUP BY: one group at a time, in constant memory.
#include <algorithm>
#include <string>

#include "executor/aggregate_calls.h"
#include "executor/operators.h"
#include "types/try.h"

namespace rowan {

namespace {

std::vector<const Expr*> sorted_aggregate_keys(const PhysicalPlan& plan) {
  std::vector<const Expr*> keys;
  for (const ExprPtr& key : std::get<physical::SortedAggregate>(plan.node).keys) keys.push_back(key.get());
  return keys;
}

class SortedAggregateOperator final : public Operator {
 public:
  SortedAggregateOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        keys_(run, sorted_aggregate_keys(plan)),
        calls_(run, std::get<physical::SortedAggregate>(plan.node).calls),
        group_keys_(keys_.types(), 0),
        state_(static_cast<char*>(arena_.allocate(std::max<size_t>(calls_.state_bytes(), 16)))) {}
  ~SortedAggregateOperator() override { end_group(); }

 private:
  Result<> start() override {
    if (in_.capacity() == 0) in_ = input().make_batch();
    finish();
    at_ = count_ = 0;
    ended_ = false;
    return {};
  }
  void finish() override {
    end_group();
    group_keys_.clear();
  }
  void begin_group() {
    calls_.init(state_);
    in_group_ = true;
  }
  void end_group() {
    if (!in_group_) return;
    calls_.destroy(state_);
    calls_.reset_arena();
    in_group_ = false;
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    uint32_t produced = 0;
    while (produced < row_limit) {
      if (at_ == count_) {
        if (ended_) break;
        // Keys that were put out are texts of group_keys_' own arena, so the next batch may come.
        bool more = TRY(input().next(in_, kBatchRows));
        if (!more) {
          ended_ = true;
          if (!in_group_ && keys_.size() == 0) begin_group();
          if (in_group_) TRY(put_out(out, produced));
          break;
        }
        TRY(keys_.evaluate(in_));
        at_ = 0;
        count_ = in_.row_count();
      }
      if (in_group_ && keys_.size() > 0 && !same_group(in_.row(at_))) {
        TRY(put_out(out, produced));
        continue;
      }
      if (!in_group_) {
        begin_group();
        if (keys_.size() > 0) {
          group_keys_.clear();
          group_keys_.append(keys_.results(), in_.row(at_));
        }
      }
      TRY(add_rows());
    }
    out.set_row_count(produced);
    return produced > 0 || !ended_;
  }
  bool same_group(uint32_t row) const {
    for (size_t i = 0; i < keys_.size(); ++i)
      if (!group_keys_.shape().equal(group_keys_.rows()[0], i, keys_.result(i), row)) return false;
    return true;
  }
  // As many rows of the batch as belong to the group.
  Result<> add_rows() {
    if (keys_.size() == 0 && at_ == 0) {
      at_ = count_;
      return calls_.update(in_, in_.selection(), nullptr, nullptr, state_);
    }
    uint16_t rows[kBatchRows];
    uint32_t count = 0;
    while (at_ < count_ && (keys_.size() == 0 || same_group(in_.row(at_))))
      rows[count++] = static_cast<uint16_t>(in_.row(at_++));
    return calls_.update(in_, Selection(rows, count), nullptr, nullptr, state_);
  }
  Result<> put_out(Batch& out, uint32_t& produced) {
    TRY(calls_.complete([&](uint64_t) { return state_; }));
    for (size_t i = 0; i < keys_.size(); ++i) {
      // Copied: the group's row gives way to the next one's.
      Vector one(keys_.types()[i], 1);
      group_keys_.shape().get(group_keys_.rows(), 1, i, one, 0);
      out.column(i).copy_row(produced, one, 0);
    }
    TRY(calls_.write(state_, out, keys_.size(), produced));
    ++produced;
    end_group();
    return {};
  }

  Computation keys_;
  AggregateCalls calls_;
  RowList group_keys_;
  Arena arena_;
  char* state_;
  Batch in_;
  uint32_t at_ = 0, count_ = 0;
  bool in_group_ = false, ended_ = false;
};

}  // namespace

OperatorPtr make_sorted_aggregate(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<SortedAggregateOperator>(plan, run);
}

}  // namespace rowan
