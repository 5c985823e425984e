// executor/window_frame.h: which rows of a partition a row's frame holds. Rows are numbers from 0 in the
// partition's order; peers are rows with the same order key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "executor/compute.h"
#include "executor/sort_key.h"
#include "types/growing_array.h"
#include "types/result.h"

namespace rowan {

class WindowFrames {
 public:
  WindowFrames(Run& run, const physical::Window& node);

  // Evaluates the offsets; once an execution. Errors: 22004 NULL · 22013 negative · 0A000 a RANGE offset for
  // a type without arithmetic.
  Result<> start();
  // Begins a partition of rows with these order keys (bytes; empty without ORDER BY). Errors: 57014.
  Result<> begin(GrowingArray<std::string_view> keys);

  struct Frame {
    size_t begin, end;  // end is behind the last
  };
  // The frame of row `row`, whose order value is row `at` of `order_value` (RANGE with an offset; else
  // unused).
  Result<Frame> frame(size_t row, const Vector* order_value, uint32_t at);
  bool needs_order_value() const;

  size_t peers_begin(size_t row) const { return groups_[group_of_[row]]; }
  size_t peers_end(size_t row) const { return groups_[group_of_[row] + 1]; }
  size_t group(size_t row) const { return group_of_[row]; }

 private:
  using Bound = physical::WindowFrame::Bound;
  Result<size_t> edge(Bound bound, bool is_start, size_t row, const Vector* order_value, uint32_t at);
  Result<size_t> range_edge(bool preceding, bool is_start, size_t row, const Vector& order_value,
                            uint32_t at);
  Result<> read_offset(Scalar& scalar, bool is_start);

  Run& run_;
  const physical::Window& node_;
  Scalar start_offset_, end_offset_;
  Value start_value_, end_value_;
  GrowingArray<std::string_view> keys_;
  GrowingArray<size_t> groups_;  // where each group of peers begins, and the end
  GrowingArray<size_t> group_of_;
};

}  // namespace rowan
