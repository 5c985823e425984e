#include "storage/btree/btree.h"

#include <array>

#include "storage/btree/node.h"
#include "storage/btree/ops.h"
#include "storage/btree/reader.h"
#include "storage/btree/writer.h"
#include "storage/change.h"
#include "storage/storage.h"
#include "types/try.h"

namespace rowan {

using btree::Node;
using btree::NodeEntry;
using btree::NodeShape;
using btree::NodeView;

// The root is the relation's anchor, and an inner page from the start, so that it keeps its kind for ever.
Result<std::unique_ptr<Btree>> Btree::create(Storage& storage, RelationId relation) {
  TRY(storage.begin_writing());
  WriteGuard root = TRY(storage.pool().create(relation, PageType::BtreeInner));
  WriteGuard leaf = TRY(storage.pool().create(relation, PageType::BtreeLeaf));
  Node leaf_node(leaf.page());
  leaf_node.build(NodeShape{}, {});
  NodeShape top;
  top.level = 1;
  std::array<NodeEntry, 1> entries{NodeEntry{"", leaf.number()}};
  Node root_node(root.page());
  root_node.build(top, entries);
  Change change(storage, btree::record_type(btree::BtreeRecord::Build), relation, kNoWriteId);
  change.add_image(root, root_node.hole_offset(), root_node.hole_length());
  change.add_image(leaf, leaf_node.hole_offset(), leaf_node.hole_length());
  TRY(change.reserve());
  change.commit();
  return std::unique_ptr<Btree>(new Btree(storage, relation, root.number()));
}

Result<std::unique_ptr<Btree>> Btree::open(Storage& storage, RelationId relation) {
  PageNo root = storage.space().anchor(relation);
  std::unique_ptr<Btree> tree(new Btree(storage, relation, root));
  if (root == kNoPage) return BtreeReader(*tree).corrupted(root, "it has no pages");
  return tree;
}

Result<> Btree::drop(Storage& storage, RelationId relation) {
  return storage.space().drop_relation(relation);
}

uint64_t Btree::page_count() const {
  return storage_.space().page_count(relation_);
}

Result<uint32_t> Btree::height() const {
  BtreeReader reader(*this);
  while (true) {
    PageNo number = reader.root();
    ReadGuard root = TRY(reader.pool().read(number));
    if (number != reader.root()) continue;  // it has moved
    TRY(reader.expect_node(root.page(), number));
    return uint32_t{NodeView(root.page()).info().level};
  }
}

// The first write after a recovery takes a checkpoint: before any latch, or it would wait for us.
Result<InsertOutcome> Btree::insert(std::string_view key, RowId row, RowCheck* check) {
  TRY(storage_.begin_writing());
  return BtreeWriter(*this).insert(key, row, check);
}

Result<bool> Btree::remove(std::string_view key, RowId row, RowCheck* check) {
  TRY(storage_.begin_writing());
  return BtreeWriter(*this).remove(key, row, check);
}

Result<bool> Btree::relocate(PageNo page, PageNo limit) {
  TRY(storage_.begin_writing());
  return BtreeWriter(*this).relocate(page, limit);
}

Result<uint64_t> Btree::vacate(PageRun run, const std::function<bool()>& goes_on) {
  TRY(storage_.begin_writing());
  return BtreeWriter(*this).vacate(run, goes_on);
}

Result<bool> Btree::contains(std::string_view key, RowId row) const {
  std::string text = btree::entry_string(key, row);
  BtreeReader reader(*this);
  ReadGuard leaf = TRY(reader.read_leaf({text}));
  NodeView node(leaf.page());
  uint16_t place = node.lower_bound(text);
  return place < node.count() && node.entry(place) == text;
}

}  // namespace rowan
