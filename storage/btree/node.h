// storage/btree/node.h: one page of a B-tree, leaf or inner, as bytes.
//
//   | PageHeader 64 | NodeInfo 32 | slots → …free… ← strings: fences and what does not fit into slots |
//
// A node answers for the keys in [lower fence, upper fence); no upper fence: to the end. What its fences have
// in common is the prefix of all its keys and is stored once, in the lower fence. Slots hold the next 8 bytes
// as a number ("head"), so most searches touch slots alone, and keys of up to 8 bytes lie whole in them.
//
// A leaf's entry is the string key + row id (6 bytes, big-endian), so that equal keys are ordered too. An
// inner node's entry is (separator, child): the child answers from the separator to the next one; the first
// separator is the lower fence and not stored.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/index.h"
#include "storage/page.h"
#include "types/ids.h"

namespace rowan::btree {

inline constexpr size_t kRowBytes = 6;

enum NodeFlag : uint16_t {
  kIncompleteSplit = 1,  // the parent does not know the right neighbour yet
  kHasUpper = 2
};

struct NodeInfo {
  PageNo right;    // kNoPage: the last of its level
  uint16_t level;  // 0: leaf
  uint16_t flags;
  uint16_t prefix_length;
  uint16_t lower_offset, lower_length;
  uint16_t upper_offset, upper_length;
  uint16_t strings_begin;  // page offset of the lowest string
  uint16_t garbage;        // bytes among the strings that belong to nobody
  uint16_t padding[5];
};
static_assert(sizeof(NodeInfo) == 32);

struct [[gnu::packed]] LeafSlot {
  uint64_t head;
  PageNo page;  // the row id
  SlotNo slot;
  uint16_t offset;  // of the key's bytes behind the head
  uint16_t length;  // of the entry behind the prefix, row id included
};
static_assert(sizeof(LeafSlot) == 18);

struct [[gnu::packed]] InnerSlot {
  uint64_t head;
  PageNo child;
  uint16_t offset;
  uint16_t length;  // of the separator behind the prefix
};
static_assert(sizeof(InnerSlot) == 16);

inline constexpr size_t kSlotsBegin = kPageHeaderSize + sizeof(NodeInfo);

// key + row id
std::string entry_string(std::string_view key, RowId row);
// The same on the stack, for keys of at most kIndexKeyMax bytes.
class EntryText {
 public:
  EntryText(std::string_view key, RowId row);
  std::string_view view() const { return {bytes_, size_}; }

 private:
  size_t size_;
  char bytes_[kIndexKeyMax + kRowBytes];
};
void put_row(char* out, RowId row);
size_t common_prefix(std::string_view a, std::string_view b);

// What a node is to hold, for building one whole.
struct NodeEntry {
  std::string text;  // leaf: key + row id; inner: separator ("" for the first)
  PageNo child = kNoPage;
};
struct NodeShape {
  uint16_t level = 0;
  uint16_t flags = 0;
  PageNo right = kNoPage;
  std::string lower, upper;  // upper only with kHasUpper
};

// Reads a node; the page is latched, or an inner page's that never changes.
class NodeView {
 public:
  explicit NodeView(ConstPage page) : page_(page) {}

  const NodeInfo& info() const { return *page_.at<NodeInfo>(kPageHeaderSize); }
  uint16_t count() const { return page_.header().count; }
  bool is_leaf() const { return info().level == 0; }
  bool is_incomplete() const { return (info().flags & kIncompleteSplit) != 0; }
  bool has_upper() const { return (info().flags & kHasUpper) != 0; }
  std::string_view lower() const { return string(info().lower_offset, info().lower_length); }
  std::string_view upper() const { return string(info().upper_offset, info().upper_length); }
  std::string_view prefix() const { return lower().substr(0, info().prefix_length); }

  // Does `target` belong to a node further right? `or_equal_stays`: a bound that only keys below it matter
  // to.
  bool is_right_of(std::string_view target, bool or_equal_stays = false) const {
    if (!has_upper()) return false;
    int order = target.compare(upper());
    return or_equal_stays ? order > 0 : order >= 0;
  }

  // Leaf: the first entry at or above `target`, which may be any string.
  uint16_t lower_bound(std::string_view target) const;
  // The same for an insert, quicker where the last leaf's keys arrive in order.
  uint16_t place_for(std::string_view target) const;
  RowId row(uint16_t i) const { return {leaf_slot(i).page, leaf_slot(i).slot}; }
  // Appends the entry's key (without the row id).
  void append_key(uint16_t i, std::string& out) const;
  std::string entry(uint16_t i) const;  // leaf: key + row id; inner: the separator
  // Does the entry's key equal `key`?
  bool has_key(uint16_t i, std::string_view key) const;

  // Inner: which child answers for `target`, or (below) for the keys right below it.
  uint16_t child_for(std::string_view target, bool below = false) const;
  PageNo child(uint16_t i) const { return inner_slot(i).child; }

  size_t slot_size() const { return is_leaf() ? sizeof(LeafSlot) : sizeof(InnerSlot); }
  size_t free_bytes() const {  // contiguous
    return info().strings_begin - (kSlotsBegin + count() * slot_size());
  }
  // Bytes that an entry takes here.
  size_t entry_bytes(size_t text_length) const;
  bool has_room(size_t text_length, uint16_t items_max) const {
    if (items_max != 0 && count() >= items_max) return false;
    return entry_bytes(text_length) <= free_bytes() + info().garbage;
  }

  // All of it, for building others.
  std::vector<NodeEntry> entries() const;
  NodeShape shape() const;

  // What is wrong with these bytes taken alone; empty: nothing. Safe on any bytes.
  std::string fault() const;

  std::string_view string(size_t offset, size_t length) const {
    return {reinterpret_cast<const char*>(page_.bytes()) + offset, length};
  }
  const LeafSlot& leaf_slot(uint16_t i) const { return page_.at<LeafSlot>(kSlotsBegin)[i]; }
  const InnerSlot& inner_slot(uint16_t i) const { return page_.at<InnerSlot>(kSlotsBegin)[i]; }
  ConstPage page() const { return page_; }

 private:
  // Sign of target - entry i, `target` and entry behind the prefix.
  int compare(std::string_view target, uint64_t head, uint16_t i) const;
  ConstPage page_;
};

// Changes a node whose page is latched exclusively. The same functions make a change and redo it; none can
// fail once has_room() said so.
class Node : public NodeView {
 public:
  explicit Node(Page page) : NodeView(page), writable_(page) {}

  // Lays the page out anew: header fields of this type, shape, entries. They must fit.
  void build(const NodeShape& shape, std::span<const NodeEntry> entries);
  void insert_leaf(uint16_t at, std::string_view text);
  void insert_inner(uint16_t at, std::string_view separator, PageNo child);
  void remove(uint16_t at);
  // Keeps the first `keep` entries; what lies behind is `right`'s, from `separator` up.
  void split_left(uint16_t keep, std::string_view separator, PageNo right);
  void clear_incomplete() { change_info().flags &= static_cast<uint16_t>(~kIncompleteSplit); }
  // Inner: the child's page is another.
  void set_child(uint16_t at, PageNo child) { writable_.at<InnerSlot>(kSlotsBegin)[at].child = child; }
  void set_right(PageNo right) { change_info().right = right; }

  // The bytes between slots and strings, for images.
  uint16_t hole_offset() const { return static_cast<uint16_t>(kSlotsBegin + count() * slot_size()); }
  uint16_t hole_length() const { return static_cast<uint16_t>(free_bytes()); }

 private:
  NodeInfo& change_info() { return *writable_.at<NodeInfo>(kPageHeaderSize); }
  uint16_t put_string(std::string_view bytes);
  void compact();
  void open_slot(uint16_t at);
  Page writable_;
};

// Bytes of a page with that shape and these entries.
size_t bytes_of(const NodeShape& shape, std::span<const NodeEntry> entries);
// Would these entries fit into one page with that shape?
bool fits(const NodeShape& shape, std::span<const NodeEntry> entries);

// A shortest string s with left < s <= right.
std::string separator_between(std::string_view left, std::string_view right);

}  // namespace rowan::btree
