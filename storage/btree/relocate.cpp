// Moves. A node goes to a page further in front, so that the file's tail can be cut: its bytes to the new
// page, the left neighbour's right link and the parent's pointer to that page, and the old page back to the
// file. One record for all four, so there is nothing to finish after a crash.
//
// To whoever read the old number before it is as after a merge (merge.cpp): he finds a page that is no node
// of this tree, or one of another stretch, and descends anew. Who holds the left neighbour's latch while he
// goes right meets no move, since that takes the same latch.
//
// The root is the relation's anchor, so the record that moves it says that the anchor is another page. Nobody
// but the Btree object points to it.
#include <array>
#include <cstring>
#include <functional>
#include <vector>

#include "storage/btree/writer.h"
#include "storage/change.h"
#include "types/try.h"

namespace rowan {

using btree::BtreeRecord;
using btree::Node;
using btree::NodeOp;
using btree::NodeView;
using btree::OpHead;

namespace {

// Is `upper` the end that the parent gives its child? It is not while the node is split incompletely, nor in
// a tree that is being built.
bool btree_ends_agree(const NodeView& node, const NodeView& parent, uint16_t place) {
  if (place + 1 < parent.count())
    return node.has_upper() && node.upper() == parent.entry(static_cast<uint16_t>(place + 1));
  return node.has_upper() == parent.has_upper() && (!node.has_upper() || node.upper() == parent.upper());
}

// The same node on a new page, with zeros between slots and strings, as redo has them.
Node btree_copy(const WriteGuard& from, WriteGuard& to) {
  std::memcpy(to.page().bytes(), from.page().bytes(), kPageSize);
  Node node(to.page());
  std::memset(to.page().bytes() + node.hole_offset(), 0, node.hole_length());
  return node;
}

}  // namespace

Result<bool> BtreeWriter::relocate(PageNo page, PageNo limit) {
  Moved moved = TRY(move_node(page, limit));
  return moved == Moved::Yes;
}

Result<uint64_t> BtreeWriter::vacate(PageRun run, const std::function<bool()>& goes_on) {
  // The last one first: should there be room for some alone, the file's end gains.
  std::vector<PageNo> pages = pages_in(run);
  for (auto page = pages.rbegin(); page != pages.rend() && goes_on(); ++page) {
    Moved moved = TRY(move_node(*page, run.start));
    if (moved == Moved::NoRoom) break;
  }
  return pages_in(run).size();
}

std::vector<PageNo> BtreeWriter::pages_in(PageRun run) const {
  std::vector<PageNo> found;
  std::array<PageNo, 256> some;
  PageNo from = run.start;
  while (size_t count = storage_.space().pages(relation_, from, some)) {
    for (size_t i = 0; i < count; ++i) {
      if (some[i] >= run.end()) return found;
      found.push_back(some[i]);
    }
    from = some[count - 1] + 1;
  }
  return found;
}

Result<BtreeWriter::Moved> BtreeWriter::move_node(PageNo page, PageNo limit) {
  NodeMergeGate::Pass pass(storage_.node_merges());
  if (!pass) return Moved::No;
  constexpr int kAttempts = 4;  // it is only a matter of others being there just now
  for (int i = 0; i < kAttempts; ++i) {
    Moved moved = TRY(try_move_node(page, limit));
    if (moved != Moved::Again) return moved;
  }
  return Moved::No;
}

Result<BtreeWriter::Moved> BtreeWriter::try_move_node(PageNo page, PageNo limit) {
  // Its lower fence says what leads to it. All of it is asked again under the latches.
  std::string lower;
  uint16_t level = 0;
  bool is_incomplete = false, is_root = false;
  {
    ReadGuard guard = TRY(reader_.pool().read(page));
    NodeView node(guard.page());
    is_root = page == reader_.root();
    level = node.info().level;
    if (!reader_.is_node(guard.page(), level)) return Moved::No;
    lower = node.lower();
    is_incomplete = node.is_incomplete();
  }
  if (is_root) return move_root(page, limit);
  if (is_incomplete) TRY(finish_split(page, level));
  auto parent_level = static_cast<uint16_t>(level + 1);
  PageNo parent_number = TRY(reader_.find({lower}, parent_level));

  WriteGuard left;
  if (!lower.empty()) {
    left = TRY(write_before(lower, level));
    if (!left || NodeView(left.page()).info().right != page) return Moved::Again;
    if (NodeView(left.page()).is_incomplete()) {  // the parent does not know our node yet
      PageNo left_number = left.number();
      left.release();
      TRY(finish_split(left_number, level));
      return Moved::Again;
    }
  }
  WriteGuard old = TRY(write_node(page, level));
  NodeView node(old.page());
  if (!reader_.is_node(old.page(), level) || node.lower() != lower || node.is_incomplete())
    return Moved::Again;
  // Not waited for with ours in hand, as in a merge.
  WriteGuard parent = TRY(reader_.pool().try_write(parent_number));
  if (!parent) {
    old.release();
    left.release();
    parent = TRY(write_node(parent_number, parent_level));  // until it is free, and no longer
    return Moved::Again;
  }
  if (!reader_.is_node(parent.page(), parent_level)) return Moved::Again;
  Node parent_node(parent.page());
  if (parent_node.lower() > lower || parent_node.is_right_of(lower)) return Moved::Again;
  uint16_t place = parent_node.child_for(lower);
  if (parent_node.child(place) != page || !btree_ends_agree(node, parent_node, place)) return Moved::No;
  return move_latched(left, old, parent, place, limit);
}

Result<BtreeWriter::Moved> BtreeWriter::move_latched(WriteGuard& left, WriteGuard& old, WriteGuard& parent,
                                                     uint16_t place, PageNo limit) {
  // Not before the latches above: who has one of those may wait for this page, whose number he read when it
  // was another's.
  WriteGuard fresh = TRY(reader_.pool().create_below(relation_, old.header().type, limit));
  if (!fresh) return Moved::NoRoom;
  Node moved = btree_copy(old, fresh);
  OpHead link{NodeOp::SetRight, 0, fresh.number()};
  OpHead point{NodeOp::SetChild, place, fresh.number()};
  Change change(storage_, btree::record_type(BtreeRecord::Move), relation_, kNoWriteId);
  if (left) change.add(left, link.bytes());
  change.add(parent, point.bytes());
  change.add_image(fresh, moved.hole_offset(), moved.hole_length());
  change.add_free(old);
  TRY(change.reserve());
  if (left) {
    Node left_node(left.page());
    btree::apply(left_node, link, {});
  }
  Node parent_node(parent.page());
  btree::apply(parent_node, point, {});
  change.commit();
  return Moved::Yes;
}

Result<BtreeWriter::Moved> BtreeWriter::move_root(PageNo page, PageNo limit) {
  WriteGuard old = TRY(reader_.pool().write_inner(page));
  if (page != reader_.root()) return Moved::Again;
  WriteGuard fresh = TRY(reader_.pool().create_below(relation_, PageType::BtreeInner, limit));
  if (!fresh) return Moved::NoRoom;
  Node moved = btree_copy(old, fresh);
  Change change(storage_, RecordType::Anchor, relation_, kNoWriteId);
  change.add_image(fresh, moved.hole_offset(), moved.hole_length());
  change.add_free(old);
  change.move_anchor(fresh, root_);
  TRY(change.reserve());
  change.commit();
  return Moved::Yes;
}

Result<WriteGuard> BtreeWriter::write_before(std::string_view fence, uint16_t level) {
  // There are no links to the left, and the neighbour may hang under another parent.
  PageNo number = TRY(reader_.find({fence, true}, level));
  while (true) {
    WriteGuard guard = TRY(write_node(number, level));
    NodeView node(guard.page());
    if (!reader_.is_node(guard.page(), level) || node.lower() >= fence) return WriteGuard();
    if (!node.is_right_of(fence, true)) return guard;
    number = node.info().right;
  }
}

}  // namespace rowan
