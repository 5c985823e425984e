// executor/top_n.cpp: the first rows of an order without sorting all: the best so far stand in a heap whose
// worst is in front, and most rows are turned away by one comparison. A count too large for that is sorted.
#include <algorithm>

#include "executor/operators.h"
#include "executor/row_buffer.h"
#include "executor/row_counts.h"
#include "executor/sort_keys.h"
#include "executor/sorter.h"
#include "types/try.h"

namespace rowan {

namespace {

constexpr uint64_t kTopHeapRows = 4096;

class TopNOperator final : public Operator {
 public:
  TopNOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        node_(std::get<physical::TopN>(plan.node)),
        count_(run, node_.count.get()),
        offset_(run, node_.offset.get()),
        keys_(run, node_.keys) {}

 private:
  struct Best {
    std::string key;
    uint64_t number;  // of rows with the same key the earlier is better
    char* row;
  };
  static bool better(const Best& a, const Best& b) {
    int order = a.key.compare(b.key);
    return order != 0 ? order < 0 : a.number < b.number;
  }

  Result<> start() override {
    if (sorter_ == nullptr) {
      in_ = input().make_batch();
      columns_ = column_pointers(in_);
      shape_ = RowShape(input().output_types(), 0);
      sorter_ = std::make_unique<Sorter>(run(), input().output_types());
    }
    uint64_t offset = TRY(row_count_of(offset_, RowCountClause::Offset));
    uint64_t count = TRY(row_count_of(count_, RowCountClause::Limit));
    skip_ = offset;
    emit_ = count;
    wanted_ = count == kAllRows || offset > kAllRows - count ? kAllRows : offset + count;
    finish();
    consumed_ = false;
    next_ = 0;
    return {};
  }
  void finish() override {
    best_.clear();
    arena_.reset();
    live_bytes_ = 0;
    if (sorter_ != nullptr) sorter_->clear();
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    if (emit_ == 0) return false;
    if (!consumed_) TRY(consume());
    if (wanted_ > kTopHeapRows) return from_sorter(out, row_limit);
    const char* rows[kBatchRows];
    uint32_t count = 0;
    next_ = std::max(next_, skip_);
    for (; count < row_limit && next_ < best_.size(); ++next_) rows[count++] = best_[next_].row;
    for (size_t column = 0; column < shape_.column_count(); ++column)
      shape_.get(rows, count, column, out.column(column), 0);
    out.set_row_count(count);
    return count > 0;
  }
  Result<bool> from_sorter(Batch& out, uint32_t row_limit) {
    while (skip_ > 0) {
      uint32_t skipped =
          TRY(sorter_->next(out, static_cast<uint32_t>(std::min<uint64_t>(skip_, out.capacity()))));
      if (skipped == 0) return false;
      skip_ -= skipped;
      out.reset();
    }
    uint32_t count = TRY(sorter_->next(out, static_cast<uint32_t>(std::min<uint64_t>(row_limit, emit_))));
    if (emit_ != kAllRows) emit_ -= count;
    return count > 0;
  }
  Result<> consume() {
    uint64_t number = 0;
    while (true) {
      bool more = TRY(input().next(in_, kBatchRows));
      if (!more) break;
      TRY(keys_.evaluate(in_, in_.selection()));
      for (uint32_t i = 0; i < in_.row_count(); ++i) {
        uint32_t row = in_.row(i);
        if (wanted_ > kTopHeapRows)
          TRY(sorter_->add(columns_, row, keys_.key(row)));
        else
          consider(row, number++);
      }
    }
    if (wanted_ > kTopHeapRows)
      TRY(sorter_->finish());
    else
      std::sort(best_.begin(), best_.end(), better);
    figures().spilled_bytes += sorter_->spilled_bytes();
    figures().memory_peak = std::max<uint64_t>(
        figures().memory_peak, wanted_ > kTopHeapRows
                                   ? sorter_->memory_peak()
                                   : arena_.allocated_bytes() + best_.capacity() * sizeof(Best));
    consumed_ = true;
    return {};
  }
  void consider(uint32_t row, uint64_t number) {
    std::string_view key = keys_.key(row);
    if (best_.size() == wanted_) {
      if (key >= best_.front().key) return;
      std::pop_heap(best_.begin(), best_.end(), better);
      best_.pop_back();
      if (arena_.allocated_bytes() > 2 * live_bytes_ + (1u << 20)) compact();
    }
    char* to = arena_.allocate(shape_.size() + 1);
    shape_.put(columns_, row, to, arena_);
    best_.push_back({std::string(key), number, to});
    std::push_heap(best_.begin(), best_.end(), better);
  }
  // Rows that lost their place leave holes in the arena; now and then the winners move to a new one.
  void compact() {
    Arena fresh;
    std::string bytes;
    for (Best& best : best_) {
      bytes.clear();
      shape_.serialize(best.row, bytes);
      const char* from = bytes.data();
      best.row = shape_.deserialize(from, fresh);
    }
    arena_ = std::move(fresh);
    live_bytes_ = arena_.allocated_bytes();
  }

  const physical::TopN& node_;
  Scalar count_, offset_;
  SortKeys keys_;
  RowShape shape_;
  std::unique_ptr<Sorter> sorter_;
  Batch in_;
  std::vector<const Vector*> columns_;
  std::vector<Best> best_;
  Arena arena_;
  size_t live_bytes_ = 0;
  uint64_t skip_ = 0, emit_ = 0, wanted_ = 0, next_ = 0;
  bool consumed_ = false;
};

}  // namespace

OperatorPtr make_top_n(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<TopNOperator>(plan, run);
}

}  // namespace rowan
