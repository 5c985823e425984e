#include "executor/window_frame.h"

#include <algorithm>

#include "types/try.h"

namespace rowan {

namespace {

using FrameBound = physical::WindowFrame::Bound;
using FrameMode = physical::WindowFrame::Mode;

const Function* frame_arithmetic(std::string_view name, const Type& type, const Type& offset) {
  for (const Function* function : registry().functions(name))
    if (function->arguments == std::vector<TypeId>{type.id, offset.id} && function->result == type.id)
      return function;
  return nullptr;
}

bool frame_has_offset(FrameBound bound) {
  return bound == FrameBound::Preceding || bound == FrameBound::Following;
}

}  // namespace

WindowFrames::WindowFrames(Run& run, const physical::Window& node)
    : run_(run),
      node_(node),
      start_offset_(run, node.frame.start_offset.get()),
      end_offset_(run, node.frame.end_offset.get()) {}

bool WindowFrames::needs_order_value() const {
  return node_.frame.mode == FrameMode::Range &&
         (frame_has_offset(node_.frame.start) || frame_has_offset(node_.frame.end));
}

Result<> WindowFrames::start() {
  if (frame_has_offset(node_.frame.start)) TRY(read_offset(start_offset_, true));
  if (frame_has_offset(node_.frame.end)) TRY(read_offset(end_offset_, false));
  return {};
}

Result<> WindowFrames::read_offset(Scalar& scalar, bool is_start) {
  Value& value = is_start ? start_value_ : end_value_;
  value = TRY(scalar.evaluate());
  std::string which = is_start ? "frame starting offset" : "frame ending offset";
  if (value.is_null()) return Error(sqlstate::null_value_not_allowed, which + " must not be null");
  if (node_.frame.mode != FrameMode::Range) {
    if (value.as_int() < 0)
      return Error(sqlstate::invalid_preceding_or_following_size, which + " must not be negative");
    return {};
  }
  Vector given(value.type(), 1), zero(value.type(), 1);
  given.set_value(0, value);
  Value nothing = TRY(parse_value("0", value.type(), run_.eval()));
  zero.set_value(0, nothing);
  if (compare_rows(given, 0, zero, 0) < 0)
    return Error(sqlstate::invalid_preceding_or_following_size,
                 "invalid preceding or following size in window function");
  const Type& type = node_.order[0].key->type;
  if (frame_arithmetic("+", type, value.type()) == nullptr ||
      frame_arithmetic("-", type, value.type()) == nullptr)
    return Error(sqlstate::feature_not_supported,
                 "RANGE with offset PRECEDING/FOLLOWING is not supported for column type " + type_name(type) +
                     " and offset type " + type_name(value.type()));
  return {};
}

Result<> WindowFrames::begin(GrowingArray<std::string_view> keys) {
  keys_ = std::move(keys);
  groups_.clear();
  group_of_.clear();
  for (size_t row = 0; row < keys_.size(); ++row) {
    if (row % kBatchRows == 0) TRY(run_.check_cancel());
    if (row == 0 || keys_[row] != keys_[row - 1]) groups_.push_back(row);
    group_of_.push_back(groups_.size() - 1);
  }
  groups_.push_back(keys_.size());
  return {};
}

Result<WindowFrames::Frame> WindowFrames::frame(size_t row, const Vector* order_value, uint32_t at) {
  Frame frame;
  frame.begin = TRY(edge(node_.frame.start, true, row, order_value, at));
  frame.end = TRY(edge(node_.frame.end, false, row, order_value, at));
  frame.end = std::max(frame.begin, frame.end);
  return frame;
}

// For a start the first row of the frame, for an end the row behind the last.
Result<size_t> WindowFrames::edge(Bound bound, bool is_start, size_t row, const Vector* order_value,
                                  uint32_t at) {
  size_t count = keys_.size();
  switch (bound) {
    case Bound::UnboundedPreceding:
      return size_t{0};
    case Bound::UnboundedFollowing:
      return count;
    case Bound::CurrentRow:
      if (node_.frame.mode == FrameMode::Rows) return is_start ? row : row + 1;
      return is_start ? peers_begin(row) : peers_end(row);
    case Bound::Preceding:
    case Bound::Following:
      break;
  }
  bool preceding = bound == Bound::Preceding;
  if (node_.frame.mode == FrameMode::Range) return range_edge(preceding, is_start, row, *order_value, at);
  auto offset = static_cast<uint64_t>((is_start ? start_value_ : end_value_).as_int());
  if (node_.frame.mode == FrameMode::Rows) {
    size_t here = is_start ? row : row + 1;
    if (preceding) return here > offset ? here - offset : size_t{0};
    return offset > count - std::min(here, count) ? count : here + offset;
  }
  size_t group = group_of_[row];
  size_t groups = groups_.size() - 1;
  if (preceding) {
    if (offset > group) return size_t{0};
    return is_start ? groups_[group - offset] : groups_[group - offset + 1];
  }
  if (offset >= groups - group) return count;
  return is_start ? groups_[group + offset] : groups_[group + offset + 1];
}

Result<size_t> WindowFrames::range_edge(bool preceding, bool is_start, size_t row, const Vector& order_value,
                                        uint32_t at) {
  if (order_value.is_null(at)) return is_start ? peers_begin(row) : peers_end(row);
  const physical::SortKey& order = node_.order[0];
  const Value& offset = is_start ? start_value_ : end_value_;
  bool minus = preceding != order.descending;
  const Function* function = frame_arithmetic(minus ? "-" : "+", order.key->type, offset.type());
  Vector here(order.key->type, 1), by(offset.type(), 1), target(order.key->type, 1);
  here.copy_row(0, order_value, at);
  by.set_value(0, offset);
  const Vector* arguments[] = {&here, &by};
  KernelCall call{arguments, Selection(1), target, run_.eval()};
  TRY(function->kernel(call));
  std::string key;
  append_sort_key(target, 0, {order.descending, order.nulls_first}, key);
  auto found = is_start ? std::lower_bound(keys_.begin(), keys_.end(), std::string_view(key))
                        : std::upper_bound(keys_.begin(), keys_.end(), std::string_view(key));
  return static_cast<size_t>(found - keys_.begin());
}

}  // namespace rowan
