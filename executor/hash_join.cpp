// executor/hash_join.cpp: pairs rows of equal keys: the right input is read into a hash table, the left one
// streams past it. When the table outgrows its memory both inputs are parted by hash on disk, and the
// partitions joined one by one, parted again where need be. Source: Kitsuregawa et al., GRACE, 1983; Graefe,
// Query Evaluation Techniques, ACM Computing Surveys 1993, 5.
#include <algorithm>

#include "executor/compute.h"
#include "executor/join_keys.h"
#include "executor/operators.h"
#include "executor/partitions.h"
#include "executor/row_buffer.h"
#include "executor/row_table.h"
#include "types/try.h"

namespace rowan {

namespace {

using physical::JoinKind;

class HashJoinOperator final : public Operator {
 public:
  HashJoinOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        node_(std::get<physical::HashJoin>(plan.node)),
        keys_(node_.left_keys, node_.right_keys, false),
        left_keys_(run, keys_.left()),
        right_keys_(run, keys_.right()),
        condition_(run, node_.condition.get()),
        memory_(run.environment().work_memory, run.environment().budget),
        file_(run.environment().temp_files) {}

 private:
  bool is_anti() const { return node_.kind == JoinKind::Anti || node_.kind == JoinKind::NullAwareAnti; }
  bool left_only() const { return node_.kind == JoinKind::Semi || is_anti(); }
  bool keeps_left() const {
    return node_.kind == JoinKind::Left || node_.kind == JoinKind::Full || is_anti();
  }
  bool keeps_right() const { return node_.kind == JoinKind::Right || node_.kind == JoinKind::Full; }
  bool opens_inputs() const override { return false; }

  struct Pair {
    std::unique_ptr<RowStream> left, right;
    int level = 0;
  };

  Result<> start() override {
    if (table_ == nullptr) TRY(prepare());
    finish();
    return {};
  }
  // The table's rows: the keys, then the right columns that are not plainly one of them.
  Result<> prepare() {
    TRY(keys_.check());
    left_ = Batch(input(0).output_types(), input(0).capacity());
    right_ = Batch(input(1).output_types(), input(1).capacity());
    left_columns_ = column_pointers(left_);
    std::vector<Type> types = right_keys_.types();
    for (uint32_t column = 0; column < right_.columns().size(); ++column) {
      size_t stored = types.size();
      for (size_t key = 0; key < node_.right_keys.size(); ++key) {
        const auto* ref = std::get_if<expression::InputRef>(&keys_.right()[key]->node);
        if (ref != nullptr && ref->index == column) stored = key;
      }
      if (stored == types.size()) {
        types.push_back(input(1).output_types()[column]);
        carried_.push_back(column);
      }
      stored_.push_back(stored);
    }
    table_ = std::make_unique<RowTable>(types, node_.right_keys.size(), 1);
    left_shape_ = RowShape(input(0).output_types(), 0);
    if (left_only()) {
      std::vector<Type> both = input(0).output_types();
      both.insert(both.end(), input(1).output_types().begin(), input(1).output_types().end());
      candidates_ = Batch(both, std::min(kBatchRows, run().environment().batch_rows));
    }
    return {};
  }
  void note_memory() {
    figures().memory_peak = std::max<uint64_t>(figures().memory_peak, memory_.peak());
    figures().buckets = std::max<uint64_t>(figures().buckets, table_->bucket_count());
  }
  void finish() override {
    if (table_ != nullptr) table_->clear();
    memory_.cover(0);
    left_parts_.reset();
    right_parts_.reset();
    waiting_.clear();
    pair_ = Pair();
    file_.close();
    phase_ = Phase::Build;
    from_disk_ = right_has_null_ = false;
    right_rows_ = 0;
  }

  enum class Phase : uint8_t { Build, NextLeft, Match, Unmatched, RightRest, NextPair, End };

  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    while (true) {
      switch (phase_) {
        case Phase::Build: {
          TRY(input(1).open());
          TRY(build_from_input());
          bool nothing = (right_rows_ == 0 && !keeps_left()) ||
                         (node_.kind == JoinKind::NullAwareAnti && right_has_null_);
          if (nothing) {
            phase_ = Phase::End;
            break;
          }
          TRY(input(0).open());
          phase_ = Phase::NextLeft;
          break;
        }
        case Phase::NextLeft: {
          bool more = TRY(read_left(row_limit));
          if (!more) {
            phase_ = left_parts_ != nullptr ? Phase::NextPair
                     : keeps_right()        ? Phase::RightRest
                                            : Phase::NextPair;
            right_at_ = 0;
            break;
          }
          std::optional<Error> error;
          left_count_ = left_keys_.evaluate(left_, left_.selection(), error);
          left_error_ = std::move(error);
          hash_keys(left_keys_.results(), Selection(left_rows(), left_count_), hashes_);
          if (left_parts_ != nullptr) {
            for (uint32_t i = 0; i < left_count_; ++i)
              TRY(left_parts_->append(hashes_[i], left_columns_, rows_[i]));
            if (left_error_) return std::move(*left_error_);
            break;
          }
          std::fill_n(matched_, left_count_, false);
          left_at_ = 0;
          chain_ = nullptr;
          chain_started_ = false;
          phase_ = Phase::Match;
          break;
        }
        case Phase::Match: {
          out.reset();  // pairs that the condition refused may have left their NULLs
          uint32_t count = TRY(left_only() ? decide(out, row_limit) : put_matches(out, row_limit));
          if (left_at_ == left_count_) {
            phase_ = Phase::Unmatched;
            unmatched_at_ = 0;
          }
          if (count > 0 || is_failing()) return true;
          break;
        }
        case Phase::Unmatched: {
          out.reset();
          uint32_t count = keeps_left() ? put_unmatched_left(out, row_limit) : 0;
          if (count > 0) return true;
          phase_ = Phase::NextLeft;
          if (left_error_) return std::move(*left_error_);
          break;
        }
        case Phase::RightRest: {
          out.reset();
          uint32_t count = put_unmatched_right(out, row_limit);
          if (count > 0) return true;
          phase_ = Phase::NextPair;
          break;
        }
        case Phase::NextPair: {
          bool more = TRY(next_pair());
          figures().spilled_bytes += file_.take_new_bytes();
          phase_ = more ? Phase::NextLeft : Phase::End;
          break;
        }
        case Phase::End:
          return false;
      }
    }
  }

  // --- building ---
  Result<> build_from_input() {
    std::vector<const Vector*> stored(table_->shape().column_count());
    while (true) {
      bool more = TRY(input(1).next(right_, kBatchRows));
      if (!more) break;
      TRY(right_keys_.evaluate(right_));
      size_t keys = right_keys_.size();
      for (size_t i = 0; i < keys; ++i) stored[i] = &right_keys_.result(i);
      for (size_t i = 0; i < carried_.size(); ++i) stored[keys + i] = &right_.column(carried_[i]);
      hash_keys(right_keys_.results(), right_.selection(), hashes_);
      right_rows_ += right_.row_count();
      for (uint32_t i = 0; i < right_.row_count(); ++i) {
        uint32_t row = right_.row(i);
        if (has_null(right_keys_.results(), row)) {
          right_has_null_ = true;
          if (!keeps_right()) continue;
        }
        if (right_parts_ != nullptr)
          TRY(right_parts_->append(hashes_[i], stored, row));
        else
          table_->insert(hashes_[i], stored, row);
        if (right_parts_ == nullptr && !memory_.cover(table_->bytes())) TRY(start_spilling());
      }
    }
    note_memory();
    return {};
  }
  static bool has_null(Columns keys, uint32_t row) {
    return std::any_of(keys.begin(), keys.end(), [&](const Vector* key) { return key->is_null(row); });
  }
  Result<> start_spilling() {
    // Rows of one key (or of one hash): nothing parts them, so go on beyond the share.
    if (pair_.level >= kPartitionLevels || (from_disk_ && pair_.right->is_uniform())) return {};
    left_parts_ = std::make_unique<Partitions>(file_, left_shape_, pair_.level);
    right_parts_ = std::make_unique<Partitions>(file_, table_->shape(), pair_.level);
    uint64_t written = 0;
    for (char* row : table_->rows()) {
      TRY(right_parts_->append(RowTable::hash_of(row), row));
      if (++written % 1024 == 0) TRY(run().check_cancel());
    }
    note_memory();
    table_->clear();
    memory_.cover(0);
    return {};
  }
  Result<bool> next_pair() {
    if (left_parts_ != nullptr) {
      for (uint32_t i = 0; i < kPartitions; ++i) {
        Pair next{std::move(left_parts_->stream(i)), std::move(right_parts_->stream(i)), pair_.level + 1};
        bool needed = (next.left->row_count() > 0 && (next.right->row_count() > 0 || keeps_left())) ||
                      (next.right->row_count() > 0 && keeps_right());
        if (!needed) continue;
        waiting_.push_back(std::move(next));
        ++figures().batches;
      }
      left_parts_.reset();
      right_parts_.reset();
    }
    if (waiting_.empty()) return false;
    pair_ = std::move(waiting_.back());
    waiting_.pop_back();
    from_disk_ = true;
    table_->clear();
    memory_.cover(0);
    TRY(pair_.left->rewind());
    TRY(pair_.right->rewind());
    return build_from_disk();
  }
  Result<bool> build_from_disk() {
    Arena passing;  // rows on their way to deeper partitions
    uint64_t read = 0;
    while (true) {
      uint64_t hash;
      if (++read % 1024 == 0 || passing.used_bytes() >= kBatchBytesMax) {
        passing.reset();
        TRY(run().check_cancel());
      }
      char* row = TRY(pair_.right->next(hash, right_parts_ != nullptr ? passing : table_->arena()));
      if (row == nullptr) {
        note_memory();
        return true;
      }
      if (right_parts_ != nullptr) {
        TRY(right_parts_->append(hash, row));
        continue;
      }
      table_->link(hash, row);
      if (!memory_.cover(table_->bytes())) TRY(start_spilling());
    }
  }

  // --- probing ---
  Result<bool> read_left(uint32_t row_limit) {
    if (!from_disk_) return input(0).next(left_, to_ask(row_limit));
    TRY(run().check_cancel());
    left_.reset();
    left_arena_.reset();
    const char* rows[kBatchRows];
    uint32_t count = 0;
    for (; count < left_.capacity() && left_arena_.used_bytes() < kBatchBytesMax; ++count) {
      uint64_t hash;
      char* row = TRY(pair_.left->next(hash, left_arena_));
      if (row == nullptr) break;
      rows[count] = row;
    }
    for (size_t column = 0; column < left_shape_.column_count(); ++column)
      left_shape_.get(rows, count, column, left_.column(column), 0);
    left_.set_row_count(count);
    return count > 0;
  }
  const uint16_t* left_rows() {
    list_rows(left_.selection(), rows_);
    return rows_;
  }
  // The next pair of equal keys; false when the left batch is through.
  bool next_candidate(uint32_t& left, char*& right) {
    while (left_at_ < left_count_) {
      uint32_t row = rows_[left_at_];
      if (!chain_started_) {
        chain_started_ = true;
        chain_ = has_null(left_keys_.results(), row)
                     ? nullptr
                     : table_->find(hashes_[left_at_], left_keys_.results(), row);
      } else if (chain_ != nullptr) {
        chain_ = table_->find_next(chain_, left_keys_.results(), row);
      }
      if (chain_ != nullptr) {
        left = left_at_;
        right = chain_;
        return true;
      }
      ++left_at_;
      chain_started_ = false;
    }
    return false;
  }
  void fill_pairs(Batch& to, const uint32_t* lefts, char* const* rights, uint32_t count) {
    uint32_t rows[kBatchRows];
    for (uint32_t i = 0; i < count; ++i) rows[i] = rows_[lefts[i]];
    size_t left_columns = left_.columns().size();
    for (size_t i = 0; i < left_columns; ++i) copy_shared(left_.column(i), rows, count, to.column(i), 0);
    for (size_t i = 0; i < stored_.size(); ++i)
      table_->shape().get(rights, count, stored_[i], to.column(left_columns + i), 0);
    to.set_row_count(count);
  }
  Result<uint32_t> put_matches(Batch& out, uint32_t row_limit) {
    uint32_t lefts[kBatchRows];
    char* rights[kBatchRows];
    uint32_t count = 0;
    while (count < row_limit && next_candidate(lefts[count], rights[count])) ++count;
    if (count == 0) return 0;
    fill_pairs(out, lefts, rights, count);
    std::optional<Error> error;
    if (condition_.is_present()) {
      condition_.apply(out, error);
      fail_after(error);
    }
    for (uint32_t i = 0; i < out.row_count(); ++i) {
      uint32_t pair = out.row(i);
      matched_[lefts[pair]] = true;
      *table_->extra(rights[pair]) = 1;
    }
    return out.row_count();
  }
  // Semi and anti joins: which left rows have a partner? One is enough.
  Result<uint32_t> decide(Batch& out, uint32_t row_limit) {
    uint32_t found[kBatchRows];
    uint32_t found_count = 0;
    while (left_at_ < left_count_ && found_count < row_limit) {
      uint32_t lefts[kBatchRows];
      char* rights[kBatchRows];
      uint32_t count = 0;
      uint32_t limit = condition_.is_present() ? std::min(candidates_.capacity(), row_limit - found_count)
                                               : row_limit - found_count;
      while (count < limit && next_candidate(lefts[count], rights[count])) {
        ++count;
        if (!condition_.is_present()) skip_left();
      }
      if (count == 0) break;
      uint16_t kept[kBatchRows];
      uint32_t kept_count = count;
      if (condition_.is_present()) {
        candidates_.reset();
        fill_pairs(candidates_, lefts, rights, count);
        kept_count = TRY(condition_.select(candidates_, candidates_.selection(), kept));
      } else {
        for (uint32_t i = 0; i < count; ++i) kept[i] = static_cast<uint16_t>(i);
      }
      for (uint32_t i = 0; i < kept_count; ++i) {
        uint32_t left = lefts[kept[i]];
        if (matched_[left]) continue;
        matched_[left] = true;
        found[found_count++] = rows_[left];
      }
      if (left_at_ < left_count_ && matched_[left_at_] && chain_started_) skip_left();
    }
    if (is_anti()) return 0;
    for (size_t i = 0; i < left_.columns().size(); ++i)
      copy_shared(left_.column(i), found, found_count, out.column(i), 0);
    out.set_row_count(found_count);
    return found_count;
  }
  void skip_left() {
    ++left_at_;
    chain_started_ = false;
    chain_ = nullptr;
  }
  uint32_t put_unmatched_left(Batch& out, uint32_t row_limit) {
    uint32_t rows[kBatchRows];
    uint32_t count = 0;
    for (; unmatched_at_ < left_count_ && count < row_limit; ++unmatched_at_) {
      if (matched_[unmatched_at_]) continue;
      uint32_t row = rows_[unmatched_at_];
      // x NOT IN (…) is unknown for a NULL x, unless the list is empty.
      if (node_.kind == JoinKind::NullAwareAnti && right_rows_ > 0 && has_null(left_keys_.results(), row))
        continue;
      rows[count++] = row;
    }
    size_t left_columns = left_.columns().size();
    for (size_t i = 0; i < left_columns; ++i) copy_shared(left_.column(i), rows, count, out.column(i), 0);
    if (!left_only())
      for (size_t i = left_columns; i < out.columns().size(); ++i) set_nulls(out.column(i), 0, count);
    out.set_row_count(count);
    return count;
  }
  uint32_t put_unmatched_right(Batch& out, uint32_t row_limit) {
    char* rows[kBatchRows];
    uint32_t count = 0;
    for (; right_at_ < table_->rows().size() && count < row_limit; ++right_at_)
      if (*table_->extra(table_->rows()[right_at_]) == 0) rows[count++] = table_->rows()[right_at_];
    size_t left_columns = left_.columns().size();
    for (size_t i = 0; i < left_columns; ++i) set_nulls(out.column(i), 0, count);
    for (size_t i = 0; i < stored_.size(); ++i)
      table_->shape().get(rows, count, stored_[i], out.column(left_columns + i), 0);
    out.set_row_count(count);
    return count;
  }

  const physical::HashJoin& node_;
  JoinKeys keys_;
  Computation left_keys_, right_keys_;
  Condition condition_;
  WorkMemory memory_;
  SpillStore file_;
  std::unique_ptr<RowTable> table_;
  std::vector<uint32_t> carried_;  // right columns that are stored behind the keys
  std::vector<size_t> stored_;     // where each right column is in a stored row
  RowShape left_shape_;
  Batch left_, right_, candidates_;
  std::vector<const Vector*> left_columns_;

  Phase phase_ = Phase::Build;
  bool from_disk_ = false, right_has_null_ = false;
  uint64_t right_rows_ = 0;
  std::unique_ptr<Partitions> left_parts_, right_parts_;
  std::vector<Pair> waiting_;
  Pair pair_;
  Arena left_arena_;

  // The left batch: its rows' positions and hashes, which have met a partner, and how far we are.
  uint16_t rows_[kBatchRows];
  uint64_t hashes_[kBatchRows];
  bool matched_[kBatchRows];
  uint32_t left_at_ = 0, left_count_ = 0, unmatched_at_ = 0;
  char* chain_ = nullptr;
  bool chain_started_ = false;
  std::optional<Error> left_error_;
  size_t right_at_ = 0;
};

}  // namespace

OperatorPtr make_hash_join(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<HashJoinOperator>(plan, run);
}

}  // namespace rowan
