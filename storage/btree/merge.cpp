// Merges. A node that removals have left nearly empty and a neighbour under the same parent become one: the
// left takes over the right one's entries, upper fence and right link, the parent forgets the right one, and
// its page goes back to the file. One record for all three, so there is nothing to finish after a crash.
//
// Whoever read the right one's number before finds a page that is no node of this tree, or one of another
// stretch if the number has been given out again, and descends anew (reader.cpp).
// Source: Lanin and Shasha, A Symmetric Concurrent B-Tree Algorithm (1986), whose merges go leftwards too.
#include <array>
#include <cstring>
#include <iterator>

#include "storage/btree/writer.h"
#include "storage/change.h"
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

// Both in one, if that leaves a quarter for what comes, or if one is empty.
bool btree_can_merge(const NodeShape& shape, const std::vector<NodeEntry>& entries, bool has_empty,
                     uint16_t items_max) {
  if (items_max != 0 && entries.size() * 4 > size_t{items_max} * (has_empty ? 4 : 3)) return false;
  size_t used = btree::bytes_of(shape, entries);
  return used <= (has_empty ? kPageSize : kPageSize / 4 * 3);
}

}  // namespace

bool BtreeWriter::is_sparse(const NodeView& node) const {
  // Not at every removal: the neighbours may long stay too full.
  constexpr uint16_t kEvery = 16;
  if (items_max() != 0) return node.count() * 4 <= items_max();
  size_t used = kPageSize - node.free_bytes() - node.info().garbage;
  return used < kPageSize / 4 && (node.count() % kEvery == 0 || node.count() == 1);
}

Result<> BtreeWriter::merge_around(std::string_view target) {
  NodeMergeGate::Pass pass(storage_.node_merges());
  if (!pass) return {};
  TRY(merge_up(target, 0));
  return {};
}

Result<bool> BtreeWriter::merge_up(std::string_view target, uint16_t level) {
  Merged merged = TRY(merge_level(target, level));
  if (merged != Merged::ParentSparse) return merged == Merged::Yes;
  // With more under one parent there may be a neighbour to join.
  bool has_joined = TRY(merge_up(target, static_cast<uint16_t>(level + 1)));
  if (has_joined) TRY(merge_level(target, level));
  return true;
}

Result<BtreeWriter::Merged> BtreeWriter::merge_level(std::string_view target, uint16_t level) {
  auto parent_level = static_cast<uint16_t>(level + 1);
  PageNo parent_number = TRY(reader_.find({target}, parent_level));
  std::array<PageNo, 3> around{kNoPage, kNoPage, kNoPage};  // before, at and behind the target
  {
    ReadGuard guard = TRY(reader_.pool().read(parent_number));
    if (!reader_.is_node(guard.page(), parent_level)) return Merged::No;
    NodeView parent(guard.page());
    if (parent.lower() > target || parent.is_right_of(target)) return Merged::No;
    if (parent.count() == 1) return parent_number != reader_.root() ? Merged::ParentSparse : Merged::No;
    uint16_t place = parent.child_for(target);
    around[1] = parent.child(place);
    if (place > 0) around[0] = parent.child(static_cast<uint16_t>(place - 1));
    if (place + 1 < parent.count()) around[2] = parent.child(static_cast<uint16_t>(place + 1));
  }
  for (size_t i = 0; i < 2; ++i) {
    if (around[i] == kNoPage || around[i + 1] == kNoPage) continue;
    Merged merged = TRY(merge_pair(around[i], around[i + 1], parent_number, level));
    if (merged != Merged::No) return merged;
  }
  return Merged::No;
}

Result<BtreeWriter::Merged> BtreeWriter::merge_pair(PageNo left_number, PageNo right_number,
                                                    PageNo parent_number, uint16_t level) {
  auto parent_level = static_cast<uint16_t>(level + 1);
  // Each may have become something else since its number was read.
  auto is_good = [&](const WriteGuard& guard) {
    return reader_.is_node(guard.page(), level) && !NodeView(guard.page()).is_incomplete();
  };
  WriteGuard left = TRY(write_node(left_number, level));
  if (!is_good(left) || NodeView(left.page()).info().right != right_number) return Merged::No;
  WriteGuard right = TRY(write_node(right_number, level));
  if (!is_good(right)) return Merged::No;

  NodeView left_node(left.page()), right_node(right.page());
  std::vector<NodeEntry> entries = left_node.entries(), more = right_node.entries();
  bool has_empty = entries.empty() || more.empty();
  if (level > 0) more.front().text = right_node.lower();
  entries.insert(entries.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  NodeShape shape = right_node.shape();
  shape.lower = left_node.lower();
  if (!btree_can_merge(shape, entries, has_empty, items_max())) return Merged::No;

  // Not waited for: by now the number may be that of a page whose holder waits for one of ours.
  WriteGuard parent = TRY(reader_.pool().try_write(parent_number));
  if (!parent || !reader_.is_node(parent.page(), parent_level)) return Merged::No;
  Node parent_node(parent.page());
  if (parent_node.lower() > right_node.lower() || parent_node.is_right_of(right_node.lower()))
    return Merged::No;
  uint16_t place = parent_node.child_for(right_node.lower());
  if (place == 0 || parent_node.child(place) != right_number ||
      parent_node.child(static_cast<uint16_t>(place - 1)) != left_number)
    return Merged::No;

  // The left page as it will be, made aside: between reserve and commit nothing may ask for memory.
  std::vector<std::byte> merged_bytes(left.page().span().begin(), left.page().span().end());
  Node merged(Page(merged_bytes.data()));
  merged.build(shape, entries);
  OpHead forget{NodeOp::Remove, place, kNoPage};
  Change change(storage_, btree::record_type(BtreeRecord::Merge), relation_, kNoWriteId);
  change.add_image(left, merged.hole_offset(), merged.hole_length());
  change.add(parent, forget.bytes());
  change.add_free(right);
  TRY(change.reserve());
  std::memcpy(left.page().bytes(), merged_bytes.data(), kPageSize);
  btree::apply(parent_node, forget, {});
  change.commit();
  bool goes_on = parent_number != reader_.root() && is_sparse(parent_node);
  return goes_on ? Merged::ParentSparse : Merged::Yes;
}

}  // namespace rowan
