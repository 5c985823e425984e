// storage/btree/writer.h: changing a tree: inserts, splits and what they tell the parents; removals and
// merges; moves to other pages.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "storage/btree/btree.h"
#include "storage/btree/node.h"
#include "storage/btree/ops.h"
#include "storage/btree/reader.h"
#include "storage/pool/guards.h"
#include "storage/space/space_map.h"

namespace rowan {

class BtreeWriter {
 public:
  explicit BtreeWriter(Btree& tree)
      : storage_(tree.storage_), relation_(tree.relation_), reader_(tree), root_(tree.root_) {}

  Result<InsertOutcome> insert(std::string_view key, RowId row, RowCheck* check);
  Result<bool> remove(std::string_view key, RowId row, RowCheck* check);
  // relocate.cpp
  Result<bool> relocate(PageNo page, PageNo limit);
  Result<uint64_t> vacate(PageRun run, const std::function<bool()>& goes_on);

 private:
  static constexpr uint16_t kNoPlace = 0xffff;
  // Looks at all rows with `key`, from `first` rightwards. Inserted: nothing is in the way. `place`: where in
  // `first` the key goes, if that is known now.
  Result<InsertOutcome> look_for_duplicates(const WriteGuard& first, std::string_view key, RowCheck& check,
                                            uint16_t& place);
  // nullopt-like: false when the tree changed its shape meanwhile and the insert starts again.
  Result<bool> try_insert(std::string_view key, std::string_view text, RowCheck* check,
                          InsertOutcome& outcome);
  Result<> change(WriteGuard& page, btree::BtreeRecord record, const btree::OpHead& op,
                  std::string_view text);

  // Splits the node and tells its parent. The guard is let go.
  Result<> split(WriteGuard node, std::string_view coming);
  Result<> split_root(WriteGuard root);
  // Lets the parent know of the right neighbour of `number`, if it does not yet.
  Result<> finish_split(PageNo number, uint16_t level);
  // merge.cpp: has it lost so much that it should join a neighbour?
  bool is_sparse(const btree::NodeView& node) const;
  // Joins the leaf that answers for `target` with a neighbour where it can, and so upwards.
  Result<> merge_around(std::string_view target);
  // The same from `level` up. Has anything been joined?
  Result<bool> merge_up(std::string_view target, uint16_t level);
  enum class Merged : uint8_t { No, Yes, ParentSparse };  // the last: perhaps, and the parent is next
  Result<Merged> merge_level(std::string_view target, uint16_t level);
  Result<Merged> merge_pair(PageNo left, PageNo right, PageNo parent, uint16_t level);
  // relocate.cpp. Again: somebody else was there.
  enum class Moved : uint8_t { No, Yes, NoRoom, Again };
  Result<Moved> move_node(PageNo page, PageNo limit);
  Result<Moved> try_move_node(PageNo page, PageNo limit);
  Result<Moved> move_root(PageNo page, PageNo limit);
  // `left` is empty when `old` is the first of its level; `place` is where the parent has it.
  Result<Moved> move_latched(WriteGuard& left, WriteGuard& old, WriteGuard& parent, uint16_t place,
                             PageNo limit);
  // The node of `level` whose stretch ends where `fence` begins it, or holds the keys right below it; empty
  // when the tree changed its shape meanwhile.
  Result<WriteGuard> write_before(std::string_view fence, uint16_t level);
  std::vector<PageNo> pages_in(PageRun run) const;  // of this tree, rising
  // Whatever the page is now: a number that was read under no latch may lead anywhere.
  Result<WriteGuard> write_node(PageNo number, uint16_t level);

  uint16_t items_max() const { return storage_.options().items_per_page_max; }

  Storage& storage_;
  const RelationId relation_;
  BtreeReader reader_;
  std::atomic<PageNo>& root_;  // asked by reader_.root()
};

}  // namespace rowan
