// Splits. Record 1: {left: keeps its first entries, gets the new upper fence and the mark; right: whole}.
// Record 2: {parent: learns of right; left: the mark goes}. Between the two every reader finds its way by
// fences and right links, and a crash leaves a marked node, which the next writer that meets it finishes.
#include <algorithm>
#include <array>
#include <cstring>

#include "storage/btree/writer.h"
#include "storage/change.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {

using btree::BtreeRecord;
using btree::Node;
using btree::NodeEntry;
using btree::NodeOp;
using btree::NodeShape;
using btree::NodeView;
using btree::OpHead;

namespace {

// How many entries stay left. Half of the bytes; at the right edge, where keys arrive in order, nine tenths.
size_t btree_split_place(const NodeView& node, std::span<const NodeEntry> entries, std::string_view coming) {
  size_t count = entries.size();
  if (!node.has_upper() && coming > entries.back().text)
    return std::max<size_t>(1, count - std::max<size_t>(1, count / 10));
  size_t total = 0;
  for (const NodeEntry& entry : entries)
    total += node.entry_bytes(std::max(entry.text.size(), size_t{node.info().prefix_length}));
  size_t before = 0;
  for (size_t i = 0; i + 1 < count; ++i) {
    before += node.entry_bytes(std::max(entries[i].text.size(), size_t{node.info().prefix_length}));
    if (before * 2 >= total) return i + 1;
  }
  return count - 1;
}

// The right half's shape, and the separator that divides them.
NodeShape btree_right_shape(const NodeShape& whole, std::span<const NodeEntry> entries, size_t keep) {
  NodeShape right = whole;
  right.lower = whole.level == 0 ? btree::separator_between(entries[keep - 1].text, entries[keep].text)
                                 : entries[keep].text;
  return right;
}

// Moves the place of a split until both halves fit: a long new fence takes room that the whole did not need.
size_t btree_fitting_place(const NodeShape& whole, const std::vector<NodeEntry>& entries, size_t keep) {
  auto left_fits = [&](size_t place) {
    NodeShape left = whole;
    left.flags |= btree::kHasUpper;
    left.upper = btree_right_shape(whole, entries, place).lower;
    return btree::fits(left, std::span(entries).first(place));
  };
  auto right_fits = [&](size_t place) {
    return btree::fits(btree_right_shape(whole, entries, place), std::span(entries).subspan(place));
  };
  while (keep > 1 && !left_fits(keep)) --keep;
  while (keep + 1 < entries.size() && !right_fits(keep)) ++keep;
  return keep;
}

}  // namespace

Result<> BtreeWriter::split(WriteGuard node_guard, std::string_view coming) {
  if (node_guard.number() == reader_.root()) return split_root(std::move(node_guard));
  Node node(node_guard.page());
  ENSURE(node.count() >= 2);
  std::vector<NodeEntry> entries = node.entries();
  NodeShape whole = node.shape();
  size_t keep = btree_fitting_place(whole, entries, btree_split_place(node, entries, coming));
  NodeShape right_shape = btree_right_shape(whole, entries, keep);
  std::vector<NodeEntry> right_entries(entries.begin() + static_cast<ptrdiff_t>(keep), entries.end());
  if (whole.level > 0) right_entries.front().text.clear();

  WriteGuard right_guard =
      TRY(reader_.pool().create(relation_, whole.level == 0 ? PageType::BtreeLeaf : PageType::BtreeInner));
  Node right(right_guard.page());
  right.build(right_shape, right_entries);

  // The left page as it will be, made aside: between reserve and commit nothing may ask for memory.
  std::vector<std::byte> left_bytes(node_guard.page().span().begin(), node_guard.page().span().end());
  Node(Page(left_bytes.data()))
      .split_left(static_cast<uint16_t>(keep), right_shape.lower, right_guard.number());

  OpHead op{NodeOp::SplitLeft, static_cast<uint16_t>(keep), right_guard.number()};
  Change change(storage_, btree::record_type(BtreeRecord::Split), relation_, kNoWriteId);
  change.add(node_guard, op.bytes(), btree::as_bytes_of(right_shape.lower));
  change.add_image(right_guard, right.hole_offset(), right.hole_length());
  TRY(change.reserve());
  std::memcpy(node_guard.page().bytes(), left_bytes.data(), kPageSize);
  change.commit();

  PageNo left = node_guard.number();
  right_guard.release();
  node_guard.release();
  return finish_split(left, whole.level);
}

// The root keeps its page: its entries go to two new nodes, and it stands a level higher.
Result<> BtreeWriter::split_root(WriteGuard root_guard) {
  Node root(root_guard.page());
  std::vector<NodeEntry> entries = root.entries();
  NodeShape whole = root.shape();
  size_t keep = btree_fitting_place(whole, entries, btree_split_place(root, entries, {}));
  WriteGuard left_guard = TRY(reader_.pool().create(relation_, PageType::BtreeInner));
  WriteGuard right_guard = TRY(reader_.pool().create(relation_, PageType::BtreeInner));

  NodeShape right_shape = btree_right_shape(whole, entries, keep);
  std::vector<NodeEntry> right_entries(entries.begin() + static_cast<ptrdiff_t>(keep), entries.end());
  right_entries.front().text.clear();
  Node right(right_guard.page());
  right.build(right_shape, right_entries);

  NodeShape left_shape = whole;
  left_shape.flags |= btree::kHasUpper;
  left_shape.upper = right_shape.lower;
  left_shape.right = right_guard.number();
  std::vector<NodeEntry> left_entries(entries.begin(), entries.begin() + static_cast<ptrdiff_t>(keep));
  Node left(left_guard.page());
  left.build(left_shape, left_entries);

  NodeShape top = whole;
  ++top.level;
  std::array<NodeEntry, 2> top_entries{NodeEntry{"", left_guard.number()},
                                       NodeEntry{right_shape.lower, right_guard.number()}};
  root.build(top, top_entries);  // a private copy: nobody sees it before commit

  Change change(storage_, btree::record_type(BtreeRecord::Root), relation_, kNoWriteId);
  change.add_image(root_guard, root.hole_offset(), root.hole_length());
  change.add_image(left_guard, left.hole_offset(), left.hole_length());
  change.add_image(right_guard, right.hole_offset(), right.hole_length());
  TRY(change.reserve());
  change.commit();
  return {};
}

Result<> BtreeWriter::finish_split(PageNo number, uint16_t level) {
  auto parent_level = static_cast<uint16_t>(level + 1);
  while (true) {
    WriteGuard left = TRY(write_node(number, level));
    Node left_node(left.page());
    // Another has finished it, and the node may have been merged since.
    if (!reader_.is_node(left.page(), level) || !left_node.is_incomplete()) return {};
    std::string separator(left_node.upper());
    PageNo right = left_node.info().right;

    PageNo parent_number = TRY(reader_.find({separator}, parent_level));
    // Not waited for with the left one in hand: the parent may have been merged, and its number be that of a
    // page whose holder waits for ours.
    WriteGuard parent = TRY(reader_.pool().try_write(parent_number));
    if (!parent) {
      left.release();
      parent = TRY(write_node(parent_number, parent_level));  // until it is free, and no longer
      continue;
    }
    // Since the descent the root may have grown, its number is a level higher now, and any other may have
    // been merged.
    if (!reader_.is_node(parent.page(), parent_level) || NodeView(parent.page()).lower() > separator)
      continue;
    while (NodeView(parent.page()).is_right_of(separator)) {
      WriteGuard next = TRY(write_node(NodeView(parent.page()).info().right, parent_level));
      TRY(reader_.expect_node(next.page(), next.number()));
      parent = std::move(next);
    }
    parent_number = parent.number();
    Node parent_node(parent.page());
    if (parent_node.is_incomplete()) {
      left.release();
      parent.release();
      TRY(finish_split(parent_number, parent_level));
      continue;
    }
    if (!parent_node.has_room(separator.size(), items_max())) {
      left.release();
      TRY(split(std::move(parent), separator));
      continue;
    }
    auto place = static_cast<uint16_t>(parent_node.child_for(separator) + 1);
    OpHead link{NodeOp::InsertInner, place, right};
    OpHead clear{NodeOp::ClearIncomplete, 0, kNoPage};
    Change change(storage_, btree::record_type(BtreeRecord::Link), relation_, kNoWriteId);
    change.add(parent, link.bytes(), btree::as_bytes_of(separator));
    change.add(left, clear.bytes());
    TRY(change.reserve());
    btree::apply(parent_node, link, separator);
    btree::apply(left_node, clear, {});
    change.commit();
    return {};
  }
}

}  // namespace rowan
