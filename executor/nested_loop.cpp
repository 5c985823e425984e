// executor/nested_loop.cpp: for each outer row the inner input runs again, with runtime slots set from that
// row; with an index scan inside this is the index nested loop. A right or full join has no slots: the inner
// rows are kept with a mark each, and those never marked come last.
#include <algorithm>

#include "executor/compute.h"
#include "executor/operators.h"
#include "executor/row_buffer.h"
#include "types/try.h"

namespace rowan {

namespace {

using physical::JoinKind;

std::vector<const Expr*> nested_loop_slots(const PhysicalPlan& plan) {
  std::vector<const Expr*> values;
  for (const auto& [slot, value] : std::get<physical::NestedLoop>(plan.node).slots)
    values.push_back(value.get());
  return values;
}

class NestedLoopOperator final : public Operator {
 public:
  NestedLoopOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        node_(std::get<physical::NestedLoop>(plan.node)),
        condition_(run, node_.condition.get()),
        slots_(run, nested_loop_slots(plan)),
        memory_(run.environment().work_memory, run.environment().budget) {}

 private:
  bool keeps_inner() const { return node_.kind == JoinKind::Right || node_.kind == JoinKind::Full; }
  bool puts_inner_out() const {
    return node_.kind != JoinKind::Semi && node_.kind != JoinKind::Anti &&
           node_.kind != JoinKind::NullAwareAnti;
  }
  bool opens_inputs() const override { return false; }

  Result<> start() override {
    if (outer_.capacity() == 0) {
      outer_ = input(0).make_batch();
      inner_ = input(1).make_batch();
      std::vector<Type> types = input(0).output_types();
      types.insert(types.end(), input(1).output_types().begin(), input(1).output_types().end());
      pair_ = Batch(types, input(1).capacity());
      if (keeps_inner()) kept_ = std::make_unique<RowList>(input(1).output_types(), 1);
    }
    outer_at_ = outer_count_ = pair_at_ = pair_count_ = 0;
    in_outer_row_ = outer_ended_ = false;
    kept_complete_ = false;
    kept_at_ = 0;
    if (kept_ != nullptr) kept_->clear();
    error_.reset();
    return input(0).open();
  }
  void finish() override {
    if (kept_ != nullptr) kept_->clear();
    memory_.cover(0);
  }

  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    uint32_t produced = 0;
    while (produced < row_limit) {
      if (pair_at_ < pair_count_) {
        put_pairs(out, produced, row_limit);
        continue;
      }
      if (error_) {
        fail_after(error_);
        break;
      }
      if (!in_outer_row_) {
        if (outer_at_ == outer_count_) {
          if (produced > 0) break;  // what is out shares texts with the outer batch
          if (outer_ended_) return put_unmatched_inner(out, row_limit);
          bool more = TRY(input(0).next(outer_, to_ask(row_limit)));
          if (!more) {
            outer_ended_ = true;
            if (!keeps_inner()) return false;
            TRY(read_inner_whole());
            kept_at_ = 0;
            continue;
          }
          std::optional<Error> error;
          outer_at_ = 0;
          outer_count_ = slots_.evaluate(outer_, outer_.selection(), error);
          if (error && outer_count_ == 0) return std::move(*error);
          outer_error_ = std::move(error);
        }
        TRY(begin_outer_row());
      }
      bool more = TRY(next_inner(row_limit - produced));
      if (more) {
        TRY(match());
        continue;
      }
      end_outer_row(out, produced);
    }
    out.set_row_count(produced);
    return produced > 0 || !outer_ended_;
  }

  Result<> begin_outer_row() {
    uint32_t row = outer_.row(outer_at_);
    for (size_t i = 0; i < node_.slots.size(); ++i)
      run().set_slot(node_.slots[i].first, slots_.result(i), row);
    if (keeps_inner())
      TRY(read_inner_whole());
    else
      TRY(input(1).open());
    kept_at_ = 0;
    in_outer_row_ = true;
    outer_matched_ = false;
    if (condition_.is_present()) {
      for (size_t i = 0; i < outer_.columns().size(); ++i) {
        pair_.column(i).reset_constant();
        pair_.column(i).copy_row(0, outer_.column(i), row);
      }
    }
    return {};
  }
  void end_outer_row(Batch& out, uint32_t& produced) {
    bool alone = !outer_matched_ && (node_.kind == JoinKind::Left || node_.kind == JoinKind::Full ||
                                     node_.kind == JoinKind::Anti || node_.kind == JoinKind::NullAwareAnti);
    if (alone) {
      put_outer(out, produced, 1);
      if (puts_inner_out())
        for (size_t i = outer_.columns().size(); i < out.columns().size(); ++i)
          out.column(i).set_null(produced);
      ++produced;
    }
    next_outer_row();
  }
  void next_outer_row() {
    in_outer_row_ = false;
    ++outer_at_;
    if (outer_at_ == outer_count_ && outer_error_) error_ = std::move(outer_error_);
    if (outer_at_ == outer_count_) outer_error_.reset();
  }

  Result<> read_inner_whole() {
    if (kept_complete_) return {};
    TRY(input(1).open());
    while (true) {
      bool more = TRY(input(1).next(inner_, kBatchRows));
      if (!more) break;
      TRY(kept_->append(inner_, memory_));
    }
    kept_complete_ = true;
    return {};
  }
  Result<bool> next_inner(uint32_t wanted) {
    if (!keeps_inner()) return input(1).next(inner_, has_effects() ? wanted : kBatchRows);
    auto count = static_cast<uint32_t>(std::min<size_t>(inner_.capacity(), kept_->size() - kept_at_));
    if (count == 0) return false;
    inner_.reset();
    kept_->read(kept_at_, count, inner_);
    batch_first_ = kept_at_;
    kept_at_ += count;
    return true;
  }
  // Which rows of the inner batch pair up with the outer row?
  Result<> match() {
    pair_at_ = 0;
    if (condition_.is_present()) {
      size_t outer_columns = outer_.columns().size();
      for (size_t i = 0; i < inner_.columns().size(); ++i)
        pair_.column(outer_columns + i).borrow(inner_.column(i));
      if (node_.kind == JoinKind::NullAwareAnti)
        pair_count_ = TRY(select_not_false());
      else
        pair_count_ = condition_.select(pair_, inner_.selection(), matches_, error_);
    } else {
      pair_count_ = list_rows(inner_.selection(), matches_);
    }
    if (pair_count_ == 0) return {};
    outer_matched_ = true;
    if (!puts_inner_out()) {
      // One match decides, and nothing behind it is looked at; an Anti join is done with the row.
      pair_count_ = 1;
      error_.reset();
      if (node_.kind != JoinKind::Semi) {
        pair_count_ = 0;
        next_outer_row();
      }
    }
    if (keeps_inner())
      for (uint32_t i = 0; i < pair_count_; ++i) mark(batch_first_ + matches_[i]);
    return {};
  }
  // NOT IN: a comparison that is unknown keeps the outer row out as one that is true does.
  Result<uint32_t> select_not_false() {
    if (verdict_ == nullptr)
      verdict_ = std::make_unique<Computation>(run(), std::vector<const Expr*>{node_.condition.get()});
    TRY(verdict_->evaluate(pair_, inner_.selection()));
    const Vector& verdict = verdict_->result(0);
    uint32_t count = 0;
    for (uint32_t i = 0; i < inner_.row_count(); ++i) {
      uint32_t row = inner_.row(i);
      bool is_false = !verdict.is_null(row) && verdict.data<uint8_t>()[verdict.is_constant() ? 0 : row] == 0;
      if (!is_false) matches_[count++] = static_cast<uint16_t>(row);
    }
    return count;
  }
  void mark(size_t row) { *const_cast<char*>(kept_->rows()[row]) = 1; }

  void put_outer(Batch& out, uint32_t at, uint32_t count) {
    uint32_t row = outer_.row(outer_at_);
    for (size_t i = 0; i < outer_.columns().size(); ++i)
      repeat_shared(outer_.column(i), row, count, out.column(i), at);
  }
  void put_pairs(Batch& out, uint32_t& produced, uint32_t row_limit) {
    uint32_t count = std::min(row_limit - produced, pair_count_ - pair_at_);
    put_outer(out, produced, count);
    if (puts_inner_out()) {
      // Copied with their texts: the inner input goes on while `out` is being filled.
      size_t outer_columns = outer_.columns().size();
      for (size_t i = 0; i < inner_.columns().size(); ++i)
        for (uint32_t k = 0; k < count; ++k)
          out.column(outer_columns + i).copy_row(produced + k, inner_.column(i), matches_[pair_at_ + k]);
    }
    produced += count;
    pair_at_ += count;
    if (node_.kind == JoinKind::Semi) next_outer_row();
  }
  Result<bool> put_unmatched_inner(Batch& out, uint32_t row_limit) {
    if (!keeps_inner()) return false;
    const char* rows[kBatchRows];
    uint32_t count = 0;
    for (; kept_at_ < kept_->size() && count < row_limit; ++kept_at_)
      if (*kept_->rows()[kept_at_] == 0) rows[count++] = kept_->rows()[kept_at_];
    size_t outer_columns = outer_.columns().size();
    for (size_t i = 0; i < outer_columns; ++i) set_nulls(out.column(i), 0, count);
    for (size_t i = 0; i < inner_.columns().size(); ++i)
      kept_->shape().get(rows, count, i, out.column(outer_columns + i), 0);
    out.set_row_count(count);
    return count > 0;
  }

  const physical::NestedLoop& node_;
  Condition condition_;
  Computation slots_;
  std::unique_ptr<Computation> verdict_;  // NullAwareAnti
  WorkMemory memory_;
  Batch outer_, inner_, pair_;
  uint32_t outer_at_ = 0, outer_count_ = 0;
  bool in_outer_row_ = false, outer_matched_ = false, outer_ended_ = false;
  uint16_t matches_[kBatchRows];
  uint32_t pair_at_ = 0, pair_count_ = 0;
  std::optional<Error> error_, outer_error_;
  std::unique_ptr<RowList> kept_;  // right and full joins
  size_t kept_at_ = 0, batch_first_ = 0;
  bool kept_complete_ = false;
};

}  // namespace

OperatorPtr make_nested_loop(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<NestedLoopOperator>(plan, run);
}

}  // namespace rowan
