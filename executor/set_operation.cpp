// executor/set_operation.cpp: INTERSECT and EXCEPT, with and without ALL: the right input is counted in a
// hash table, the left one streams past it. When the table outgrows its memory both inputs are parted by hash
// on disk, and the partitions done one by one.
#include <algorithm>
#include <cstring>

#include "executor/operators.h"
#include "executor/partitions.h"
#include "executor/row_buffer.h"
#include "executor/row_table.h"
#include "types/try.h"

namespace rowan {

namespace {

using SetKind = physical::SetOperation::Kind;

class SetOperator final : public Operator {
 public:
  SetOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        kind_(std::get<physical::SetOperation>(plan.node).kind),
        memory_(run.environment().work_memory, run.environment().budget),
        file_(run.environment().temp_files) {}

 private:
  // What a row's extra bytes say.
  struct Counts {
    int64_t right;  // so many in the right input, less those used up
    bool put_out;   // without ALL a row comes once
  };
  struct Pair {
    std::unique_ptr<RowStream> left, right;
    int level;
  };

  Result<> start() override {
    if (table_ == nullptr) {
      in_ = Batch(output_types(), std::min(kBatchRows, run().environment().batch_rows));
      columns_ = column_pointers(in_);
      table_ = std::make_unique<RowTable>(output_types(), output_types().size(), sizeof(Counts));
      shape_ = RowShape(output_types(), 0);
    }
    finish();
    return {};
  }
  void finish() override {
    if (table_ != nullptr) table_->clear();
    memory_.cover(0);
    left_parts_.reset();
    right_parts_.reset();
    waiting_.clear();
    pair_ = Pair{nullptr, nullptr, 0};
    file_.close();
    built_ = from_disk_ = false;
  }

  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    if (!built_) TRY(build());
    bool more = TRY(read(0, row_limit));
    if (!more) return next_pair();
    hash_keys(columns_, in_.selection(), hashes_);
    uint16_t kept[kBatchRows];
    uint32_t count = 0;
    for (uint32_t i = 0; i < in_.row_count(); ++i) {
      uint32_t row = in_.row(i);
      if (left_parts_ != nullptr)
        TRY(left_parts_->append(hashes_[i], columns_, row));
      else if (keep(hashes_[i], row))
        kept[count++] = static_cast<uint16_t>(row);
    }
    in_.select({kept, count});
    put_rows(in_, columns_, 0, count, out);
    return true;
  }

  bool keep(uint64_t hash, uint32_t row) {
    char* found = table_->find(hash, columns_, row);
    bool remembers = kind_ == SetKind::Except || kind_ == SetKind::Intersect;
    if (found == nullptr) {
      if (kind_ == SetKind::Intersect || kind_ == SetKind::IntersectAll) return false;
      if (!remembers) return true;
      found = table_->insert(hash, columns_, row);
      memory_.cover(table_->bytes());
    }
    Counts counts;
    std::memcpy(&counts, table_->extra(found), sizeof counts);
    bool kept = false;
    switch (kind_) {
      case SetKind::Intersect:
        kept = counts.right > 0 && !counts.put_out;
        break;
      case SetKind::IntersectAll:
        kept = counts.right-- > 0;
        break;
      case SetKind::Except:
        kept = counts.right == 0 && !counts.put_out;
        break;
      case SetKind::ExceptAll:
        kept = counts.right-- <= 0;
        break;
    }
    counts.put_out = counts.put_out || kept;
    std::memcpy(table_->extra(found), &counts, sizeof counts);
    return kept;
  }

  Result<> build() {
    built_ = true;
    table_->clear();
    memory_.cover(0);
    while (true) {
      bool more = TRY(read(1, kBatchRows));
      if (!more) break;
      hash_keys(columns_, in_.selection(), hashes_);
      for (uint32_t i = 0; i < in_.row_count(); ++i) {
        uint32_t row = in_.row(i);
        if (right_parts_ != nullptr) {
          TRY(right_parts_->append(hashes_[i], columns_, row));
          continue;
        }
        add(hashes_[i], row);
        if (!memory_.cover(table_->bytes()) && pair_.level < kPartitionLevels) TRY(start_spilling());
      }
    }
    return {};
  }
  void add(uint64_t hash, uint32_t row) {
    char* found = table_->find(hash, columns_, row);
    if (found == nullptr) found = table_->insert(hash, columns_, row);
    Counts counts;
    std::memcpy(&counts, table_->extra(found), sizeof counts);
    ++counts.right;
    std::memcpy(table_->extra(found), &counts, sizeof counts);
  }
  Result<> start_spilling() {
    left_parts_ = std::make_unique<Partitions>(file_, shape_, pair_.level);
    right_parts_ = std::make_unique<Partitions>(file_, table_->shape(), pair_.level);
    for (char* row : table_->rows()) {
      Counts counts;
      std::memcpy(&counts, table_->extra(row), sizeof counts);
      for (int64_t i = 0; i < counts.right; ++i) TRY(right_parts_->append(RowTable::hash_of(row), row));
    }
    table_->clear();
    memory_.cover(0);
    return {};
  }
  // A batch of the left (0) or right (1) rows of this round into in_.
  Result<bool> read(size_t side, uint32_t row_limit) {
    if (!from_disk_) return input(side).next(in_, row_limit);
    RowStream* stream = side == 0 ? pair_.left.get() : pair_.right.get();
    in_.reset();
    if (stream == nullptr) return false;
    arena_.reset();
    const char* rows[kBatchRows];
    uint32_t count = 0;
    uint32_t wanted = std::min(in_.capacity(), row_limit);
    for (; count < wanted && arena_.used_bytes() < kBatchBytesMax; ++count) {
      uint64_t hash;
      char* row = TRY(stream->next(hash, arena_));
      if (row == nullptr) break;
      rows[count] = row;
    }
    const RowShape& shape = stream->shape();
    for (size_t column = 0; column < shape.column_count(); ++column)
      shape.get(rows, count, column, in_.column(column), 0);
    in_.set_row_count(count);
    return count > 0;
  }
  Result<bool> next_pair() {
    figures().memory_peak = std::max<uint64_t>(figures().memory_peak, memory_.peak());
    if (left_parts_ != nullptr) {
      figures().spilled_bytes += file_.take_new_bytes();
      for (uint32_t i = 0; i < kPartitions; ++i) {
        if (left_parts_->stream(i)->row_count() == 0) continue;
        waiting_.push_back(
            {std::move(left_parts_->stream(i)), std::move(right_parts_->stream(i)), pair_.level + 1});
        ++figures().batches;
      }
      left_parts_.reset();
      right_parts_.reset();
    }
    if (waiting_.empty()) return false;
    pair_ = std::move(waiting_.back());
    waiting_.pop_back();
    TRY(pair_.left->rewind());
    TRY(pair_.right->rewind());
    from_disk_ = true;
    TRY(build());
    return true;
  }

  const SetKind kind_;
  WorkMemory memory_;
  SpillStore file_;
  std::unique_ptr<RowTable> table_;
  RowShape shape_;
  Batch in_;
  std::vector<const Vector*> columns_;
  std::unique_ptr<Partitions> left_parts_, right_parts_;
  std::vector<Pair> waiting_;
  Pair pair_{nullptr, nullptr, 0};
  Arena arena_;
  bool built_ = false, from_disk_ = false;
  uint64_t hashes_[kBatchRows];
};

}  // namespace

OperatorPtr make_set_operation(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<SetOperator>(plan, run);
}

}  // namespace rowan
