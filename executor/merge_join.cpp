// executor/merge_join.cpp: pairs rows of two inputs that come in the order of their keys. The right rows of
// one key are kept as a group; left rows of that key run over it. Rows of `out` share texts with the left
// batch and the group, so `out` is handed on before either changes.
#include <algorithm>
#include <string>

#include "executor/compute.h"
#include "executor/join_keys.h"
#include "executor/operators.h"
#include "executor/row_buffer.h"
#include "executor/sort_key.h"
#include "types/try.h"

namespace rowan {

namespace {

using physical::JoinKind;

// One input with its keys as bytes.
class MergeSide {
 public:
  MergeSide(Run& run, const std::vector<const Expr*>& keys, const physical::MergeJoin& node)
      : node_(node), keys_(run, keys) {}
  void prepare(Operator& input) {
    if (batch.capacity() == 0) {
      batch = input.make_batch();
      columns = column_pointers(batch);
    }
    at = count = 0;
    ended = false;
    error.reset();
  }
  // Is there a current row? Reads the next batch when this one is through.
  Result<bool> fill(Operator& input, uint32_t wanted) {
    while (at == count) {
      if (error) {
        Error failed = std::move(*error);
        error.reset();
        ended = true;
        return failed;
      }
      if (ended) return false;
      bool more = TRY(input.next(batch, wanted));
      if (!more) {
        ended = true;
        return false;
      }
      at = 0;
      count = keys_.evaluate(batch, batch.selection(), error);
      read_key();
    }
    return true;
  }
  void advance() {
    ++at;
    read_key();
  }
  uint32_t row() const { return batch.row(at); }

  Batch batch;
  std::vector<const Vector*> columns;
  uint32_t at = 0, count = 0;
  bool ended = false;
  bool has_null = false;
  std::string key;
  std::optional<Error> error;

 private:
  void read_key() {
    if (at >= count) return;
    key.clear();
    has_null = false;
    for (size_t i = 0; i < keys_.size(); ++i) {
      append_sort_key(keys_.result(i), row(),
                      {i < node_.descending.size() && node_.descending[i],
                       i < node_.nulls_first.size() && node_.nulls_first[i]},
                      key);
      has_null = has_null || keys_.result(i).is_null(row());
    }
  }
  const physical::MergeJoin& node_;
  Computation keys_;
};

class MergeJoinOperator final : public Operator {
 public:
  MergeJoinOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        node_(std::get<physical::MergeJoin>(plan.node)),
        keys_(node_.left_keys, node_.right_keys, true),
        left_(run, keys_.left(), node_),
        right_(run, keys_.right(), node_),
        condition_(run, node_.condition.get()),
        memory_(run.environment().work_memory, run.environment().budget) {}

 private:
  bool left_only() const {
    return node_.kind == JoinKind::Semi || node_.kind == JoinKind::Anti ||
           node_.kind == JoinKind::NullAwareAnti;
  }
  bool keeps_left() const {
    return node_.kind == JoinKind::Left || node_.kind == JoinKind::Full || node_.kind == JoinKind::Anti;
  }
  bool keeps_right() const { return node_.kind == JoinKind::Right || node_.kind == JoinKind::Full; }

  Result<> start() override {
    TRY(keys_.check());
    if (node_.kind == JoinKind::NullAwareAnti)
      return Error(sqlstate::feature_not_supported, "a merge join for NOT IN");
    left_.prepare(input(0));
    right_.prepare(input(1));
    if (group_ == nullptr) {
      group_ = std::make_unique<RowList>(input(1).output_types(), 1);
      std::vector<Type> both = input(0).output_types();
      both.insert(both.end(), input(1).output_types().begin(), input(1).output_types().end());
      pairs_ = Batch(both, std::min(kBatchRows, run().environment().batch_rows));
    }
    finish();
    state_ = State::Align;
    return {};
  }
  void finish() override {
    if (group_ != nullptr) group_->clear();
    memory_.cover(0);
    has_group_ = false;
  }

  enum class State : uint8_t { Align, Pairs, LeftRest, DropGroup };

  // Each turn puts out rows of one kind: pairs of one left row, a left row alone, unmatched rows of a group.
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    while (true) {
      switch (state_) {
        case State::Align: {
          bool has_left = TRY(left_.fill(input(0), to_ask(row_limit)));
          if (has_group_ && (!has_left || left_.key != group_key_)) {
            state_ = State::DropGroup;
            drop_at_ = 0;
            break;
          }
          if (!has_group_) {
            bool has_right = TRY(right_.fill(input(1), kBatchRows));
            if (!has_left && (!has_right || !keeps_right())) return false;
            if (has_right && (!has_left || right_.key <= left_.key)) {
              TRY(read_group());
              break;
            }
          }
          matched_ = false;
          group_at_ = 0;
          state_ = has_group_ && !left_.has_null && !group_has_null_ ? State::Pairs : State::LeftRest;
          break;
        }
        case State::Pairs: {
          uint32_t count = TRY(put_pairs(out, row_limit));
          if (group_at_ == group_->size()) state_ = State::LeftRest;
          if (count > 0 || is_failing()) return true;
          break;
        }
        case State::LeftRest: {
          uint32_t row = left_.row();
          bool alone = !matched_ && keeps_left();
          if (alone) {
            out.reset();  // pairs that the condition refused may have left their NULLs
            for (size_t i = 0; i < left_.columns.size(); ++i)
              repeat_shared(*left_.columns[i], row, 1, out.column(i), 0);
            if (!left_only())
              for (size_t i = left_.columns.size(); i < out.columns().size(); ++i) out.column(i).set_null(0);
            out.set_row_count(1);
          }
          left_.advance();
          state_ = State::Align;
          if (alone) return true;
          break;
        }
        case State::DropGroup: {
          const char* rows[kBatchRows];
          uint32_t count = 0;
          if (keeps_right())
            for (; drop_at_ < group_->size() && count < row_limit; ++drop_at_)
              if (*group_->rows()[drop_at_] == 0) rows[count++] = group_->rows()[drop_at_];
          if (count > 0) {
            out.reset();
            for (size_t i = 0; i < left_.columns.size(); ++i) set_nulls(out.column(i), 0, count);
            for (size_t i = 0; i < right_.columns.size(); ++i)
              group_->shape().get(rows, count, i, out.column(left_.columns.size() + i), 0);
            out.set_row_count(count);
            return true;
          }
          has_group_ = false;
          state_ = State::Align;
          break;
        }
      }
    }
  }

  // All right rows of the next key.
  Result<> read_group() {
    group_->clear();
    group_key_ = right_.key;
    group_has_null_ = right_.has_null;
    has_group_ = true;
    while (true) {
      bool more = TRY(right_.fill(input(1), kBatchRows));
      if (!more || right_.key != group_key_) break;
      group_->append(right_.columns, right_.row());
      right_.advance();
    }
    return memory_.require(group_->bytes());
  }

  Result<uint32_t> put_pairs(Batch& out, uint32_t row_limit) {
    Batch& to = left_only() ? pairs_ : out;
    to.reset();
    auto count = static_cast<uint32_t>(
        std::min<size_t>(std::min(row_limit, to.capacity()), group_->size() - group_at_));
    const char* const* rows = group_->rows() + group_at_;
    group_at_ += count;
    for (size_t i = 0; i < left_.columns.size(); ++i)
      repeat_shared(*left_.columns[i], left_.row(), count, to.column(i), 0);
    for (size_t i = 0; i < right_.columns.size(); ++i)
      group_->shape().get(rows, count, i, to.column(left_.columns.size() + i), 0);
    to.set_row_count(count);
    if (condition_.is_present()) {
      std::optional<Error> error;
      condition_.apply(to, error);
      fail_after(error);
    }
    if (to.row_count() > 0) matched_ = true;
    for (uint32_t i = 0; i < to.row_count(); ++i) *const_cast<char*>(rows[to.row(i)]) = 1;
    if (!left_only()) return to.row_count();
    if (!matched_) return 0;
    group_at_ = group_->size();  // one match decides
    if (node_.kind != JoinKind::Semi) return 0;
    for (size_t i = 0; i < left_.columns.size(); ++i)
      repeat_shared(*left_.columns[i], left_.row(), 1, out.column(i), 0);
    out.set_row_count(1);
    return 1;
  }

  const physical::MergeJoin& node_;
  JoinKeys keys_;
  MergeSide left_, right_;
  Condition condition_;
  WorkMemory memory_;
  std::unique_ptr<RowList> group_;
  std::string group_key_;
  bool has_group_ = false, group_has_null_ = false;
  Batch pairs_;
  State state_ = State::Align;
  size_t group_at_ = 0, drop_at_ = 0;
  bool matched_ = false;
};

}  // namespace

OperatorPtr make_merge_join(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<MergeJoinOperator>(plan, run);
}

}  // namespace rowan
