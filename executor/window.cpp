// executor/window.cpp: window functions over an input that comes ordered by partition, then order. A
// partition is kept whole, its calls computed, then its rows put out with the results behind them.
#include <algorithm>
#include <cstring>

#include "executor/compute.h"
#include "executor/operators.h"
#include "executor/row_buffer.h"
#include "executor/sort_keys.h"
#include "executor/window_frame.h"
#include "types/try.h"

namespace rowan {

namespace {

std::vector<const Expr*> window_partition_keys(const physical::Window& node) {
  std::vector<const Expr*> list;
  for (const ExprPtr& key : node.partition) list.push_back(key.get());
  return list;
}

// Everything that calls read of a row: their arguments, then their filters, then the first order value.
std::vector<const Expr*> window_values(const physical::Window& node) {
  std::vector<const Expr*> list;
  for (const physical::WindowCall& call : node.calls) {
    for (const ExprPtr& argument : call.arguments) list.push_back(argument.get());
    if (call.filter != nullptr) list.push_back(call.filter.get());
  }
  if (!node.order.empty()) list.push_back(node.order[0].key.get());
  return list;
}

class WindowOperator final : public Operator {
 public:
  WindowOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        node_(std::get<physical::Window>(plan.node)),
        partition_(run, window_partition_keys(node_)),
        order_(run, node_.order),
        values_(run, window_values(node_)),
        frames_(run, node_),
        memory_(run.environment().work_memory, run.environment().budget) {
    for (const physical::WindowCall& call : node_.calls) result_types_.push_back(call.type);
  }

 private:
  Result<> start() override {
    if (rows_ == nullptr) {
      in_ = input().make_batch();
      // A kept row: the input's columns, the order key's bytes, the values.
      std::vector<Type> types = input().output_types();
      key_column_ = types.size();
      types.push_back(TypeId::Bytea);
      first_value_ = types.size();
      types.insert(types.end(), values_.types().begin(), values_.types().end());
      rows_ = std::make_unique<RowList>(types);
      key_vector_ = Vector(TypeId::Bytea, kBatchRows);
      kept_columns_ = column_pointers(in_);
    }
    finish();
    at_ = count_ = 0;
    ended_ = false;
    return frames_.start();
  }
  void finish() override {
    if (rows_ != nullptr) rows_->clear();
    memory_.cover(0);
    results_.clear();
    next_row_ = 0;
  }

  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    if (next_row_ == rows_->size()) {
      bool more = TRY(read_partition());
      if (!more) return false;
      TRY(compute());
    }
    // Rows of one chunk of results at a time.
    size_t chunk = next_row_ / kBatchRows;
    size_t chunk_end = std::min(rows_->size(), (chunk + 1) * kBatchRows);
    auto count = static_cast<uint32_t>(std::min<size_t>(row_limit, chunk_end - next_row_));
    for (size_t i = 0; i < key_column_; ++i)
      rows_->shape().get(rows_->rows() + next_row_, count, i, out.column(i), 0);
    uint32_t picks[kBatchRows];
    for (uint32_t i = 0; i < count; ++i) picks[i] = static_cast<uint32_t>(next_row_ % kBatchRows) + i;
    for (size_t i = 0; i < result_types_.size(); ++i)
      copy_shared(results_[chunk].column(i), picks, count, out.column(key_column_ + i), 0);
    out.set_row_count(count);
    next_row_ += count;
    return true;
  }

  Result<bool> read_partition() {
    rows_->clear();
    results_.clear();
    next_row_ = 0;
    std::string first, key;
    while (true) {
      if (at_ == count_) {
        if (ended_) break;
        bool more = TRY(input().next(in_, kBatchRows));
        if (!more) {
          ended_ = true;
          break;
        }
        TRY(evaluate_batch());
      }
      uint32_t row = in_.row(at_);
      key.clear();
      for (size_t i = 0; i < partition_.size(); ++i) append_sort_key(partition_.result(i), row, {}, key);
      if (rows_->size() == 0)
        first = key;
      else if (key != first)
        break;
      rows_->append(kept_columns_, row);
      if (rows_->size() % kBatchRows == 0) TRY(memory_.require(rows_->bytes()));
      ++at_;
    }
    return rows_->size() > 0;
  }
  Result<> evaluate_batch() {
    TRY(partition_.evaluate(in_));
    TRY(order_.evaluate(in_, in_.selection()));
    TRY(values_.evaluate(in_));
    at_ = 0;
    count_ = in_.row_count();
    key_vector_.reset();
    for (uint32_t i = 0; i < count_; ++i) {
      uint32_t row = in_.row(i);
      key_vector_.data<Text>()[row] = key_vector_.arena().copy(order_.key(row));
    }
    kept_columns_.resize(key_column_);
    kept_columns_.push_back(&key_vector_);
    for (size_t i = 0; i < values_.size(); ++i) kept_columns_.push_back(&values_.result(i));
    return {};
  }

  Result<> compute() {
    GrowingArray<std::string_view> keys;
    keys.reserve(rows_->size());
    for (size_t i = 0; i < rows_->size(); ++i) {
      if (i % kBatchRows == 0) TRY(run().check_cancel());
      // In the row itself, so that keys of a few bytes stay where they are.
      const auto* text = reinterpret_cast<const Text*>(rows_->shape().value(rows_->rows()[i], key_column_));
      keys.push_back(text->view());
    }
    TRY(frames_.begin(std::move(keys)));
    for (size_t i = 0; i < rows_->size(); i += kBatchRows) {
      TRY(run().check_cancel());
      results_.emplace_back(result_types_, kBatchRows);
    }
    size_t value = first_value_;
    for (size_t i = 0; i < node_.calls.size(); ++i) {
      const physical::WindowCall& call = node_.calls[i];
      TRY(call.aggregate != nullptr ? compute_aggregate(call, i, value) : compute_call(call, i, value));
      value += call.arguments.size() + (call.filter != nullptr ? 1 : 0);
      TRY(run().check_cancel());
    }
    return {};
  }
  Vector& result(size_t call, size_t row) { return results_[row / kBatchRows].column(call); }
  static uint32_t slot(size_t row) { return static_cast<uint32_t>(row % kBatchRows); }
  // The value in column `column` of kept row `from` becomes the result of `row`.
  void put_value(size_t call, size_t row, size_t from, size_t column) {
    rows_->shape().get(rows_->rows() + from, 1, column, result(call, row), slot(row));
  }
  bool value_is_null(size_t row, size_t column) const {
    return rows_->shape().is_null(rows_->rows()[row], column);
  }
  int64_t int_value(size_t row, size_t column) const {
    const char* bytes = rows_->shape().value(rows_->rows()[row], column);
    switch (rows_->shape().type(column).physical()) {
      case PhysicalType::Int16:
        return load<int16_t>(bytes);
      case PhysicalType::Int32:
        return load<int32_t>(bytes);
      default:
        return load<int64_t>(bytes);
    }
  }
  template <class T>
  static T load(const char* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
  }
  Result<WindowFrames::Frame> frame_of(size_t row) {
    if (!frames_.needs_order_value()) return frames_.frame(row, nullptr, 0);
    size_t column = first_value_ + values_.size() - 1;
    Vector value(rows_->shape().type(column), 1);
    rows_->shape().get(rows_->rows() + row, 1, column, value, 0);
    return frames_.frame(row, &value, 0);
  }

  Result<> compute_call(const physical::WindowCall& call, size_t no, size_t value) {
    const std::string& name = call.function;
    size_t count = rows_->size();
    auto share = [&](size_t rows, size_t of) { return static_cast<double>(rows) / static_cast<double>(of); };
    if (name == "row_number")
      return each_row([&](size_t row) { put_int(no, row, static_cast<int64_t>(row + 1)); });
    if (name == "rank")
      return each_row(
          [&](size_t row) { put_int(no, row, static_cast<int64_t>(frames_.peers_begin(row) + 1)); });
    if (name == "dense_rank")
      return each_row([&](size_t row) { put_int(no, row, static_cast<int64_t>(frames_.group(row) + 1)); });
    if (name == "percent_rank")
      return each_row([&](size_t row) {
        put_double(no, row, count < 2 ? 0 : share(frames_.peers_begin(row), count - 1));
      });
    if (name == "cume_dist")
      return each_row([&](size_t row) { put_double(no, row, share(frames_.peers_end(row), count)); });
    if (name == "ntile") return compute_ntile(no, value);
    if (name == "lag" || name == "lead") return compute_shifted(call, no, value, name == "lead");
    if (name == "first_value" || name == "last_value" || name == "nth_value")
      return compute_in_frame(call, no, value);
    return Error(sqlstate::feature_not_supported, "window function " + name);
  }
  // With a look at the cancel flag now and then: a partition may be the whole table.
  template <class Do>
  Result<> each_row(Do&& act) {
    for (size_t row = 0; row < rows_->size(); ++row) {
      if (row % kBatchRows == 0) TRY(run().check_cancel());
      act(row);
    }
    return {};
  }
  void put_int(size_t call, size_t row, int64_t number) {
    Vector& to = result(call, row);
    if (to.physical() == PhysicalType::Int32)
      to.data<int32_t>()[slot(row)] = static_cast<int32_t>(number);
    else
      to.data<int64_t>()[slot(row)] = number;
  }
  void put_double(size_t call, size_t row, double number) {
    result(call, row).data<double>()[slot(row)] = number;
  }

  // Larger buckets come first.
  Result<> compute_ntile(size_t no, size_t value) {
    size_t count = rows_->size();
    if (value_is_null(0, value)) return each_row([&](size_t row) { result(no, row).set_null(slot(row)); });
    int64_t asked = int_value(0, value);
    if (asked <= 0)
      return Error(sqlstate::invalid_argument_for_ntile_function,
                   "argument of ntile must be greater than zero");
    auto buckets = static_cast<size_t>(asked);
    size_t small = count / buckets, larger = count % buckets;
    return each_row([&](size_t row) {
      size_t in_larger = larger * (small + 1);
      size_t bucket = row < in_larger ? row / (small + 1) : larger + (row - in_larger) / small;
      put_int(no, row, static_cast<int64_t>(bucket + 1));
    });
  }
  Result<> compute_shifted(const physical::WindowCall& call, size_t no, size_t value, bool forward) {
    size_t count = rows_->size();
    return each_row([&](size_t row) {
      int64_t offset = 1;
      if (call.arguments.size() > 1) {
        if (value_is_null(row, value + 1)) {
          result(no, row).set_null(slot(row));
          return;
        }
        offset = int_value(row, value + 1);
      }
      __int128 wanted = static_cast<__int128>(row) + (forward ? offset : -static_cast<__int128>(offset));
      if (wanted >= 0 && wanted < static_cast<__int128>(count))
        put_value(no, row, static_cast<size_t>(wanted), value);
      else if (call.arguments.size() > 2)
        put_value(no, row, row, value + 2);
      else
        result(no, row).set_null(slot(row));
    });
  }
  Result<> compute_in_frame(const physical::WindowCall& call, size_t no, size_t value) {
    for (size_t row = 0; row < rows_->size(); ++row) {
      if (row % kBatchRows == 0) TRY(run().check_cancel());
      WindowFrames::Frame frame = TRY(frame_of(row));
      size_t from = frame.begin;
      bool there = frame.end > frame.begin;
      if (call.function == "last_value") from = frame.end - 1;
      if (call.function == "nth_value") {
        if (value_is_null(row, value + 1)) {
          result(no, row).set_null(slot(row));
          continue;
        }
        int64_t nth = int_value(row, value + 1);
        if (nth <= 0)
          return Error(sqlstate::invalid_argument_for_nth_value_function,
                       "argument of nth_value must be greater than zero");
        there = static_cast<uint64_t>(nth) <= frame.end - frame.begin;
        from = frame.begin + static_cast<size_t>(nth) - 1;
      }
      if (there)
        put_value(no, row, from, value);
      else
        result(no, row).set_null(slot(row));
    }
    return {};
  }

  // A frame that only grows at its end is aggregated as it grows; one that moves starts over.
  Result<> compute_aggregate(const physical::WindowCall& call, size_t no, size_t value) {
    const Aggregate& aggregate = *call.aggregate;
    Arena arena;
    char* state = arena.allocate(std::max<size_t>(aggregate.state_size, 16));
    bool live = false;
    WindowFrames::Frame done{0, 0};
    auto drop = [&] {
      if (live && aggregate.destroy != nullptr) aggregate.destroy(state);
      live = false;
    };
    Result<> outcome;
    for (size_t row = 0; row < rows_->size() && outcome.ok(); ++row) {
      Result<WindowFrames::Frame> frame = frame_of(row);
      if (!frame.ok()) {
        outcome = std::move(frame).error();
        break;
      }
      if (!live || frame->begin != done.begin || frame->end < done.end) {
        drop();
        std::memset(state, 0, aggregate.state_size);
        if (aggregate.init != nullptr) aggregate.init(state);
        live = true;
        done = {frame->begin, frame->begin};
      }
      outcome = add_range(call, value, done.end, frame->end, state, arena);
      done.end = std::max(done.end, frame->end);
      if (outcome.ok()) outcome = aggregate.finish(state, result(no, row), slot(row), run().eval());
      if (outcome.ok() && row % 256 == 0) outcome = run().check_cancel();
    }
    drop();
    return outcome;
  }
  Result<> add_range(const physical::WindowCall& call, size_t value, size_t begin, size_t end, char* state,
                     Arena& arena) {
    while (begin < end) {
      TRY(run().check_cancel());
      auto count = static_cast<uint32_t>(std::min<size_t>(end - begin, kBatchRows));
      const char* const* rows = rows_->rows() + begin;
      std::vector<Vector> loaded;
      std::vector<const Vector*> arguments;
      loaded.reserve(call.arguments.size());
      for (size_t i = 0; i < call.arguments.size(); ++i) {
        loaded.emplace_back(call.arguments[i]->type, count);
        rows_->shape().get(rows, count, value + i, loaded.back(), 0);
        arguments.push_back(&loaded.back());
      }
      uint16_t kept[kBatchRows];
      uint32_t kept_count = 0;
      size_t filter = value + call.arguments.size();
      for (uint32_t i = 0; i < count; ++i) {
        bool passes = call.filter == nullptr ||
                      (!value_is_null(begin + i, filter) && *rows_->shape().value(rows[i], filter) != 0);
        if (call.aggregate->skips_nulls)
          for (const Vector* argument : arguments) passes = passes && !argument->is_null(i);
        if (passes) kept[kept_count++] = static_cast<uint16_t>(i);
      }
      if (kept_count > 0) {
        Aggregate::Update update{arguments, Selection(kept, kept_count), nullptr, state, arena, run().eval()};
        TRY(call.aggregate->update(update));
      }
      begin += count;
    }
    return {};
  }

  const physical::Window& node_;
  Computation partition_;
  SortKeys order_;
  Computation values_;
  WindowFrames frames_;
  WorkMemory memory_;
  std::vector<Type> result_types_;
  Batch in_;
  uint32_t at_ = 0, count_ = 0;
  bool ended_ = false;
  std::unique_ptr<RowList> rows_;
  size_t key_column_ = 0, first_value_ = 0;
  Vector key_vector_;
  std::vector<const Vector*> kept_columns_;
  std::vector<Batch> results_;  // a chunk of kBatchRows rows each
  size_t next_row_ = 0;
};

}  // namespace

OperatorPtr make_window(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<WindowOperator>(plan, run);
}

}  // namespace rowan
