// executor/distinct.cpp: the first row of each combination of values: neighbours of a sorted input, or by a
// hash table. When the table is full, rows that are not in it wait on disk, in partitions by hash, for a
// round of their own.
#include <algorithm>

#include "executor/operators.h"
#include "executor/partitions.h"
#include "executor/row_buffer.h"
#include "executor/row_table.h"
#include "executor/sort_key.h"
#include "types/try.h"

namespace rowan {

namespace {

class SortedDistinct final : public Operator {
 public:
  using Operator::Operator;

 private:
  Result<> start() override {
    has_last_ = false;
    return {};
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    const auto& columns = std::get<physical::Distinct>(plan().node).columns;
    bool more = TRY(input().next(out, row_limit));
    if (!more) return false;
    uint16_t kept[kBatchRows];
    uint32_t count = 0;
    for (uint32_t i = 0; i < out.row_count(); ++i) {
      uint32_t row = out.row(i);
      key_.clear();
      for (uint32_t column : columns) append_sort_key(out.column(column), row, {}, key_);
      if (has_last_ && key_ == last_) continue;
      has_last_ = true;
      last_.swap(key_);
      kept[count++] = static_cast<uint16_t>(row);
    }
    out.select({kept, count});
    return true;
  }

  std::string key_, last_;
  bool has_last_ = false;
};

class HashDistinct final : public Operator {
 public:
  HashDistinct(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        node_(std::get<physical::Distinct>(plan.node)),
        memory_(run.environment().work_memory, run.environment().budget),
        file_(run.environment().temp_files) {}

 private:
  Result<> start() override {
    if (table_ == nullptr) {
      in_ = input().make_batch();
      columns_ = column_pointers(in_);
      std::vector<Type> types;
      for (uint32_t column : node_.columns) {
        types.push_back(input().output_types()[column]);
        keys_.push_back(&in_.column(column));
      }
      table_ = std::make_unique<RowTable>(types, types.size(), 0);
      row_shape_ = RowShape(input().output_types(), 0);
    }
    finish();
    return {};
  }
  void finish() override {
    if (table_ != nullptr) table_->clear();
    partitions_.reset();
    waiting_.clear();
    file_.close();
    current_.reset();
    memory_.cover(0);
    full_ = false;
    level_ = 0;
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    bool more = TRY(read_input(row_limit));
    if (!more) return next_round();
    hash_keys(keys_, in_.selection(), hashes_);
    uint16_t kept[kBatchRows];
    uint32_t count = 0;
    for (uint32_t i = 0; i < in_.row_count(); ++i) {
      uint32_t row = in_.row(i);
      if (table_->find(hashes_[i], keys_, row) != nullptr) continue;
      if (full_) {
        TRY(partitions_->append(hashes_[i], columns_, row));
        continue;
      }
      table_->insert(hashes_[i], keys_, row);
      kept[count++] = static_cast<uint16_t>(row);
      if (!memory_.cover(table_->bytes()) && table_->rows().size() > 1) start_spilling();
    }
    in_.select({kept, count});
    put_rows(in_, columns_, 0, count, out);
    return true;
  }
  void start_spilling() {
    if (level_ >= kPartitionLevels) return;  // nothing left to split by: go on beyond the share
    full_ = true;
    partitions_ = std::make_unique<Partitions>(file_, row_shape_, level_);
  }
  Result<bool> read_input(uint32_t row_limit) {
    if (current_ == nullptr) return input().next(in_, row_limit);
    in_.reset();
    arena_.reset();
    const char* rows[kBatchRows];
    uint32_t count = 0;
    uint32_t wanted = std::min(row_limit, in_.capacity());
    for (; count < wanted && arena_.used_bytes() < kBatchBytesMax; ++count) {
      uint64_t hash;
      char* row = TRY(current_->next(hash, arena_));
      if (row == nullptr) break;
      rows[count] = row;
    }
    for (size_t column = 0; column < row_shape_.column_count(); ++column)
      row_shape_.get(rows, count, column, in_.column(column), 0);
    in_.set_row_count(count);
    return count > 0;
  }
  Result<bool> next_round() {
    if (partitions_ != nullptr) {
      figures().spilled_bytes += file_.take_new_bytes();
      for (auto& stream : partitions_->take()) {
        waiting_.push_back({std::move(stream), level_ + 1});
        ++figures().batches;
      }
      partitions_.reset();
    }
    figures().memory_peak = std::max<uint64_t>(figures().memory_peak, memory_.peak());
    if (waiting_.empty()) return false;
    table_->clear();
    memory_.cover(0);
    full_ = false;
    current_ = std::move(waiting_.back().stream);
    level_ = waiting_.back().level;
    waiting_.pop_back();
    TRY(current_->rewind());
    return true;
  }

  const physical::Distinct& node_;
  WorkMemory memory_;
  SpillStore file_;
  std::unique_ptr<RowTable> table_;
  RowShape row_shape_;
  Batch in_;
  std::vector<const Vector*> columns_, keys_;
  std::unique_ptr<Partitions> partitions_;
  struct Waiting {
    std::unique_ptr<RowStream> stream;
    int level;
  };
  std::vector<Waiting> waiting_;
  std::unique_ptr<RowStream> current_;
  Arena arena_;
  int level_ = 0;
  bool full_ = false;
  uint64_t hashes_[kBatchRows];
};

}  // namespace

OperatorPtr make_distinct(const PhysicalPlan& plan, Run& run) {
  if (std::get<physical::Distinct>(plan.node).sorted) return std::make_unique<SortedDistinct>(plan, run);
  return std::make_unique<HashDistinct>(plan, run);
}

}  // namespace rowan
