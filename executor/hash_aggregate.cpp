// executor/hash_aggregate.cpp: GROUP BY by a hash table of groups. When the table is full, groups that are in
// it go on growing; rows of others wait on disk, in partitions by hash, and are aggregated in rounds of their
// own. So states never leave memory, whatever they are.
#include <algorithm>
#include <cstring>

#include "executor/aggregate_calls.h"
#include "executor/operators.h"
#include "executor/partitions.h"
#include "executor/row_buffer.h"
#include "executor/row_table.h"
#include "types/try.h"

namespace rowan {

namespace {

std::vector<const Expr*> hash_aggregate_keys(const PhysicalPlan& plan) {
  std::vector<const Expr*> keys;
  for (const ExprPtr& key : std::get<physical::HashAggregate>(plan.node).keys) keys.push_back(key.get());
  return keys;
}

class HashAggregateOperator final : public Operator {
 public:
  HashAggregateOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        keys_(run, hash_aggregate_keys(plan)),
        calls_(run, std::get<physical::HashAggregate>(plan.node).calls),
        memory_(run.environment().work_memory, run.environment().budget),
        file_(run.environment().temp_files) {}
  ~HashAggregateOperator() override { drop_groups(); }

 private:
  static constexpr uint32_t kOrdinal = 16;  // the group's number stands before its states

  Result<> start() override {
    if (table_ == nullptr) {
      in_ = Batch(input().output_types(), input().capacity());
      columns_ = column_pointers(in_);
      table_ = std::make_unique<RowTable>(keys_.types(), keys_.size(), kOrdinal + calls_.state_bytes());
      row_shape_ = RowShape(input().output_types(), 0);
    }
    finish();
    return {};
  }
  void drop_groups() {
    if (table_ == nullptr) return;
    if (calls_.own_memory())
      for (char* row : table_->rows()) calls_.destroy(table_->extra(row) + kOrdinal);
    table_->clear();
    calls_.reset_arena();
    memory_.cover(0);
  }
  void finish() override {
    drop_groups();
    partitions_.reset();
    waiting_.clear();
    current_.reset();
    file_.close();
    full_ = aggregated_ = false;
    level_ = 0;
    next_group_ = 0;
  }

  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    if (!aggregated_) TRY(aggregate());
    const GrowingArray<char*>& groups = table_->rows();
    uint32_t count = static_cast<uint32_t>(std::min<size_t>(row_limit, groups.size() - next_group_));
    if (count == 0) return next_round();
    for (size_t i = 0; i < keys_.size(); ++i)
      table_->shape().get(groups.data() + next_group_, count, i, out.column(i), 0);
    for (uint32_t i = 0; i < count; ++i)
      TRY(calls_.write(table_->extra(groups[next_group_ + i]) + kOrdinal, out, keys_.size(), i));
    out.set_row_count(count);
    next_group_ += count;
    return true;
  }

  // One round: every row of the input, or of a partition.
  Result<> aggregate() {
    while (true) {
      bool more = TRY(read_input());
      if (!more) break;
      TRY(keys_.evaluate(in_));
      hash_keys(keys_.results(), in_.selection(), hashes_);
      uint16_t rows[kBatchRows];
      char* states[kBatchRows];
      uint64_t ordinals[kBatchRows];
      uint32_t count = 0;
      for (uint32_t i = 0; i < in_.row_count(); ++i) {
        uint32_t row = in_.row(i);
        char* group = table_->find(hashes_[i], keys_.results(), row);
        if (group == nullptr) {
          if (full_) {
            TRY(partitions_->append(hashes_[i], columns_, row));
            continue;
          }
          group = add_group(hashes_[i], row);
        }
        rows[count] = static_cast<uint16_t>(row);
        char* extra = table_->extra(group);
        std::memcpy(&ordinals[count], extra, sizeof(uint64_t));
        states[count++] = extra + kOrdinal;
      }
      TRY(calls_.update(in_, Selection(rows, count), states, ordinals, nullptr));
      if (!memory_.cover(table_->bytes() + calls_.arena_bytes()) && !full_) start_spilling();
    }
    if (keys_.size() == 0 && table_->rows().empty()) add_group(0, 0);
    TRY(calls_.complete([&](uint64_t ordinal) { return table_->extra(table_->rows()[ordinal]) + kOrdinal; }));
    aggregated_ = true;
    next_group_ = 0;
    figures().memory_peak = std::max<uint64_t>(figures().memory_peak, memory_.peak());
    return {};
  }
  char* add_group(uint64_t hash, uint32_t row) {
    uint64_t ordinal = table_->rows().size();
    char* group = table_->insert(hash, keys_.results(), row);
    std::memcpy(table_->extra(group), &ordinal, sizeof ordinal);
    calls_.init(table_->extra(group) + kOrdinal);
    return group;
  }
  void start_spilling() {
    if (level_ >= kPartitionLevels || keys_.size() == 0)
      return;  // nothing to split by: go on beyond the share
    full_ = true;
    partitions_ = std::make_unique<Partitions>(file_, row_shape_, level_);
  }
  Result<bool> read_input() {
    if (current_ == nullptr) return input().next(in_, kBatchRows);
    TRY(run().check_cancel());
    in_.reset();
    arena_.reset();
    const char* rows[kBatchRows];
    uint32_t count = 0;
    for (; count < in_.capacity() && arena_.used_bytes() < kBatchBytesMax; ++count) {
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
    if (waiting_.empty()) return false;
    drop_groups();
    full_ = aggregated_ = false;
    current_ = std::move(waiting_.back().stream);
    level_ = waiting_.back().level;
    waiting_.pop_back();
    TRY(current_->rewind());
    return true;
  }

  Computation keys_;
  AggregateCalls calls_;
  WorkMemory memory_;
  SpillStore file_;
  std::unique_ptr<RowTable> table_;
  RowShape row_shape_;
  Batch in_;
  std::vector<const Vector*> columns_;
  std::unique_ptr<Partitions> partitions_;
  struct Waiting {
    std::unique_ptr<RowStream> stream;
    int level;
  };
  std::vector<Waiting> waiting_;
  std::unique_ptr<RowStream> current_;
  Arena arena_;
  int level_ = 0;
  bool full_ = false, aggregated_ = false;
  size_t next_group_ = 0;
  uint64_t hashes_[kBatchRows];
};

}  // namespace

OperatorPtr make_hash_aggregate(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<HashAggregateOperator>(plan, run);
}

}  // namespace rowan
