// storage/btree/ops.h: changes of one node as bytes: what a record's part says, and how it is carried out.
// Making a change and redoing it run the same functions of Node, so both give the same page (hazards, 8: this
// page and this record, nothing else).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "storage/btree/node.h"
#include "storage/log/record.h"

namespace rowan::btree {

enum class BtreeRecord : uint16_t {
  Insert = static_cast<uint16_t>(RecordType::BtreeFirst),  // {leaf}
  Remove,                                                  // {leaf}
  Split,  // {left, right as image}: the left one is marked incomplete
  Link,   // {parent, left}: the parent learns of the right one, the mark goes
  Root,   // {two new nodes and the root, as images}: a level more
  Build,  // {images}: a bulk build's pages, a new tree
  Merge,  // {left as image, parent, right}: left takes over right, parent forgets it, its page is free
  Move    // {left (if any), parent, new as image, old}: both lead to the new page, the old one is free
};
inline RecordType record_type(BtreeRecord record) {
  return static_cast<RecordType>(record);
}

enum class NodeOp : uint8_t {
  InsertLeaf,
  InsertInner,
  Remove,
  SplitLeft,
  ClearIncomplete,
  SetRight,
  SetChild
};

// The fixed part; the key's or separator's bytes follow. As `head` of Change::add, with the bytes as `rest`.
struct [[gnu::packed]] OpHead {
  NodeOp op;
  uint16_t at = 0;        // where; SplitLeft: how many stay
  PageNo page = kNoPage;  // InsertInner, SetChild: the child; SplitLeft, SetRight: the right one
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(this, 1)); }
};
static_assert(sizeof(OpHead) == 7);

inline std::span<const std::byte> as_bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Carries an operation out; there must be room.
void apply(Node& node, const OpHead& op, std::string_view text);

}  // namespace rowan::btree
