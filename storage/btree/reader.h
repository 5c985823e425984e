// storage/btree/reader.h: finding nodes: descents without latches, then the leaf under one.
#pragma once

#include <string_view>

#include "storage/btree/btree.h"
#include "storage/btree/node.h"
#include "storage/pool/guards.h"
#include "storage/storage.h"

namespace rowan {

class BtreeReader {
 public:
  explicit BtreeReader(const Btree& tree)
      : storage_(tree.storage_), relation_(tree.relation_), root_(tree.root_) {}

  // The node of `level` that answers for `target`, or lies left of it (latch it, then go right). `below`: the
  // node that answers for the keys right below `target`; to_end: the last node of the level.
  struct Aim {
    std::string_view target;
    bool below = false;
    bool to_end = false;
  };
  Result<PageNo> find(const Aim& aim, uint16_t level) const;

  // The leaf itself, latched. Start at `hint` when that is a leaf (still) left of or at the aim.
  Result<ReadGuard> read_leaf(const Aim& aim, PageNo hint = kNoPage) const;
  Result<WriteGuard> write_leaf(std::string_view target) const;

  // Errors: XX002 the page is no node of this tree.
  Result<> expect_node(ConstPage page, PageNo number) const;
  // Is it a node of this tree, of that level?
  bool is_node(ConstPage page, uint16_t level) const;
  Error corrupted(PageNo number, std::string_view what) const;

  BufferPool& pool() const { return storage_.pool(); }
  // Now. Under the latch of the page that it names it stays so.
  PageNo root() const { return root_.load(std::memory_order_seq_cst); }

 private:
  // The leaf, by way of `latch`; reader.cpp.
  template <class Guard, class Latch>
  Result<Guard> leaf(const Aim& aim, PageNo hint, Latch latch) const;
  bool goes_right(const btree::NodeView& node, const Aim& aim) const;
  // Does the node answer for keys beyond the aim alone? Whoever came to it by its number came too late.
  bool is_beyond(const btree::NodeView& node, const Aim& aim) const;
  // Descents that met a page which was merged away, or given out again, since its number was read begin anew.
  // One that meets such a page this often has met damage.
  static constexpr int kDescentsMax = 1000;
  // Why a descent begins anew: `page` is not what its parent says, namely `why`.
  struct Misstep {
    PageNo page = kNoPage;
    std::string_view why;
    bool is_root = false;  // and still is
  };
  // kNoPage: a misstep.
  Result<PageNo> descend(const Aim& aim, uint16_t level, Misstep& misstep) const;
  Storage& storage_;
  const RelationId relation_;
  const std::atomic<PageNo>& root_;
};

}  // namespace rowan
