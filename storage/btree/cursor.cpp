#include "storage/btree/cursor.h"

#include <algorithm>

#include "storage/btree/key.h"
#include "storage/btree/reader.h"
#include "txn/ssi.h"
#include "types/try.h"

namespace rowan {

using btree::NodeView;

namespace {

// A range as a half-open stretch of entry strings: a bound stands for every entry that begins with it, so
// "above it" and "up to and with it" end at its successor. False: nothing lies in it.
// Strings that were longer keep their memory.
bool btree_stretch(const KeyRange& range, std::string& lower, std::string& upper, bool& has_upper) {
  lower.clear();
  upper.clear();
  has_upper = false;
  if (range.has_lower) {
    lower = range.lower;
    if (!range.lower_inclusive) {
      make_key_successor(lower);
      if (lower.empty()) return false;
    }
  }
  if (range.has_upper) {
    upper = range.upper;
    if (range.upper_inclusive) make_key_successor(upper);
    has_upper = !(range.upper_inclusive && upper.empty());
    if (has_upper && lower >= upper) return false;
  }
  return true;
}

}  // namespace

BtreeCursor::BtreeCursor(const Btree& tree, const KeyRange& range, ScanDirection direction, bool wants_keys,
                         SsiTransaction* reader)
    : tree_(&tree), direction_(direction), wants_keys_(wants_keys) {
  restart(range, reader);
}

void BtreeCursor::restart(const KeyRange& range, SsiTransaction* reader) {
  reader_ = reader;
  at_end_ = !btree_stretch(range, lower_, upper_, has_upper_);
  hint_ = kNoPage;
}

Result<uint32_t> BtreeCursor::next(uint32_t limit) {
  limit = std::min(limit, kBatch);
  keys_.clear();
  uint32_t count = 0;
  BtreeReader reader(*tree_);
  bool forward = direction_ == ScanDirection::Forward;
  auto take = [&](const NodeView& node, uint16_t i) {
    rows_[count] = node.row(i);
    if (wants_keys_) {
      node.append_key(i, keys_);
      ends_[count] = static_cast<uint32_t>(keys_.size());
    }
    ++count;
  };
  while (count < limit && !at_end_) {
    if (forward) {
      ReadGuard leaf = TRY(reader.read_leaf({lower_}, hint_));
      NodeView node(leaf.page());
      uint16_t i = node.lower_bound(lower_);
      bool ends_here = has_upper_ && (!node.has_upper() || node.upper() >= upper_);
      uint16_t end = ends_here ? node.lower_bound(upper_) : node.count();
      std::string from;
      if (reader_ != nullptr) from = lower_;
      while (i < end && count < limit) take(node, i++);
      if (i < end) {
        lower_ = node.entry(static_cast<uint16_t>(i - 1));
        lower_.push_back('\0');  // the least string above it
        hint_ = leaf.number();
      } else if (ends_here || !node.has_upper()) {
        at_end_ = true;
      } else {
        lower_ = node.upper();
        hint_ = node.info().right;
      }
      if (reader_ != nullptr)
        reader_->read_keys(tree_->relation(), from, at_end_ ? upper_ : lower_, !at_end_ || has_upper_);
    } else {
      ReadGuard leaf = TRY(reader.read_leaf({upper_, true, !has_upper_}, hint_));
      NodeView node(leaf.page());
      uint16_t end = has_upper_ ? node.lower_bound(upper_) : node.count();
      bool ends_here = node.lower() <= lower_;
      uint16_t begin = ends_here ? node.lower_bound(lower_) : uint16_t{0};
      std::string to;
      bool has_to = has_upper_;
      if (reader_ != nullptr) to = upper_;
      while (end > begin && count < limit) take(node, --end);
      has_upper_ = true;
      if (end > begin) {
        upper_ = node.entry(end);
        hint_ = leaf.number();
      } else if (ends_here) {
        at_end_ = true;
      } else {
        upper_ = node.lower();
        hint_ = kNoPage;  // there are no links to the left
      }
      if (reader_ != nullptr) reader_->read_keys(tree_->relation(), at_end_ ? lower_ : upper_, to, has_to);
    }
  }
  return count;
}

Result<> Btree::visit(const KeyRange& range, EntryVisitor& visitor) const {
  std::string lower, upper;
  bool has_upper = false;
  if (!btree_stretch(range, lower, upper, has_upper)) return {};
  BtreeReader reader(*this);
  PageNo hint = kNoPage;
  std::string key;
  while (true) {
    ReadGuard leaf = TRY(reader.read_leaf({lower}, hint));
    NodeView node(leaf.page());
    bool ends_here = has_upper && (!node.has_upper() || node.upper() >= upper);
    uint16_t end = ends_here ? node.lower_bound(upper) : node.count();
    for (uint16_t i = node.lower_bound(lower); i < end; ++i) {
      key.clear();
      node.append_key(i, key);
      bool goes_on = TRY(visitor.visit(key, node.row(i)));
      if (!goes_on) return {};
    }
    if (ends_here || !node.has_upper()) return {};
    lower = node.upper();
    hint = node.info().right;
  }
}

}  // namespace rowan
