#include "storage/btree/ops.h"

#include <cstring>

#include "storage/btree/btree.h"
#include "types/error.h"

namespace rowan {
namespace btree {

void apply(Node& node, const OpHead& op, std::string_view text) {
  switch (op.op) {
    case NodeOp::InsertLeaf:
      return node.insert_leaf(op.at, text);
    case NodeOp::InsertInner:
      return node.insert_inner(op.at, text, op.page);
    case NodeOp::Remove:
      return node.remove(op.at);
    case NodeOp::SplitLeft:
      return node.split_left(op.at, text, op.page);
    case NodeOp::ClearIncomplete:
      return node.clear_incomplete();
    case NodeOp::SetRight:
      return node.set_right(op.page);
    case NodeOp::SetChild:
      return node.set_child(op.at, op.page);
  }
}

namespace {

Error bad_btree_record(const RecordView& record, size_t part) {
  return Error(sqlstate::data_corrupted, "a log record about a B-tree page makes no sense")
      .detail("Page " + std::to_string(record.part(part).page) + ", log position " +
              std::to_string(record.lsn()) + ".");
}

Result<> redo_btree(Page page, const RecordView& record, size_t part) {
  std::span<const std::byte> bytes = record.part(part).bytes;
  PageType type = page.header().type;
  if (type != PageType::BtreeLeaf && type != PageType::BtreeInner) return bad_btree_record(record, part);
  if (bytes.size() < sizeof(OpHead)) return bad_btree_record(record, part);
  OpHead op;
  std::memcpy(&op, bytes.data(), sizeof op);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()) + sizeof op, bytes.size() - sizeof op);
  Node node(page);
  bool good = false;
  switch (op.op) {
    case NodeOp::InsertLeaf:
      good = node.is_leaf() && op.at <= node.count() && text.size() >= kRowBytes &&
             text.size() >= node.info().prefix_length && node.has_room(text.size(), 0);
      break;
    case NodeOp::InsertInner:
      good = !node.is_leaf() && op.at <= node.count() && text.size() >= node.info().prefix_length &&
             node.has_room(text.size(), 0);
      break;
    case NodeOp::Remove:
      good = op.at < node.count();
      break;
    case NodeOp::SplitLeft:
      good = op.at <= node.count();
      break;
    case NodeOp::ClearIncomplete:
    case NodeOp::SetRight:
      good = true;
      break;
    case NodeOp::SetChild:
      good = !node.is_leaf() && op.at < node.count();
      break;
  }
  if (!good) return bad_btree_record(record, part);
  apply(node, op, text);
  return {};
}

}  // namespace
}  // namespace btree

void register_btree_redo(RedoTable& table) {
  using btree::BtreeRecord;
  for (BtreeRecord record : {BtreeRecord::Insert, BtreeRecord::Remove, BtreeRecord::Split, BtreeRecord::Link,
                             BtreeRecord::Root, BtreeRecord::Build, BtreeRecord::Merge, BtreeRecord::Move})
    table.add(btree::record_type(record), btree::redo_btree);
}

}  // namespace rowan
