// storage/btree/btree.h: an ordered index: entries (key bytes, row id) in a B-link tree. Keys are ordered by
// memcmp (storage/btree/key.h makes them) and equal keys by row id, so every entry is one of a kind.
//
// Descents read inner pages without latches: those never change in place. A page's upper fence and its right
// link let a reader that comes late go right. Leaves change under their exclusive latch. A split writes its
// right page whole and marks the left one "incomplete" until the parent knows; the next writer that meets the
// mark finishes it.
//
// Sources: Lehman and Yao, Efficient Locking for Concurrent Operations on B-Trees (1981); Graefe, Modern
// B-Tree Techniques (2011), for fences and prefixes. Pages: storage/btree/node.h. Invariants:
// storage/btree/README.md.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "storage/index.h"
#include "storage/log/record.h"
#include "storage/space/space_map.h"
#include "types/ids.h"
#include "types/result.h"

namespace rowan {

class CheckReport;
class Storage;

// A stretch of keys. Bounds are whole keys or prefixes of keys: a bound stands for all keys that begin with
// it.
struct KeyRange {
  std::string lower, upper;
  bool has_lower = false, has_upper = false;
  bool lower_inclusive = true, upper_inclusive = true;

  static KeyRange all() { return {}; }
  static KeyRange equal(std::string_view key) {
    return {std::string(key), std::string(key), true, true, true, true};
  }
};

class Btree {
 public:
  // A new, empty tree as `relation`, which must be fresh. Logged. Errors: as Change::reserve.
  static Result<std::unique_ptr<Btree>> create(Storage& storage, RelationId relation);
  // Errors: XX002. While nodes are moved, all use one object: it knows where the root is.
  static Result<std::unique_ptr<Btree>> open(Storage& storage, RelationId relation);
  // Frees the pages of `relation`; nobody uses it any more.
  static Result<> drop(Storage& storage, RelationId relation);

  RelationId relation() const { return relation_; }
  uint64_t page_count() const;
  // Inner levels above the leaves, for the cost model.
  Result<uint32_t> height() const;

  // Adds (key, row). With `check`, first looks at each row that has this very key, under the exclusive latch
  // of the first leaf that may hold it, walking right; a conflict or a writer in progress ends it. Inserting
  // an entry that is there already is Inserted (an index entry is the same whoever adds it). Errors: 54000
  // key too long · XX001 · XX002 · 53100 · 58030 · what `check` returns. Thread-safe. Blocks for latches and
  // I/O only.
  Result<InsertOutcome> insert(std::string_view key, RowId row, RowCheck* check = nullptr);
  // Removes the entry; false: it was not there, which is fine (a cleaner's work begun before a crash), or
  // `check`, asked under the leaf's exclusive latch, does not call the row Dead.
  Result<bool> remove(std::string_view key, RowId row, RowCheck* check = nullptr);
  Result<bool> contains(std::string_view key, RowId row) const;
  // Shows the entries of `range` in order to `visitor`, each under its leaf's shared latch, until it says
  // stop.
  Result<> visit(const KeyRange& range, EntryVisitor& visitor) const;

  // The node on `page` moves to a page below `limit`, which is of the relation's extents or of a hole of the
  // file. False: it stays where it is, because there is no room, because it is no node, or being
  // changed or checked just now. Logged. Errors: as insert. Thread-safe. Blocks for latches and I/O only.
  Result<bool> relocate(PageNo page, PageNo limit);
  // Every node in `run` that can moves below it, while `goes_on` says so (asked before each). Returns how
  // many pages of the tree are in `run` then: nodes that did not move, and what others put there meanwhile.
  // As relocate.
  Result<uint64_t> vacate(PageRun run, const std::function<bool()>& goes_on);

  // Order, fences, links, levels, reachability: every page. Others may read and write meanwhile.
  Result<> verify(CheckReport& report) const;
  // For people: one page, or (kNoPage) a line for each.
  Result<std::string> dump(PageNo page) const;

  Storage& storage() const { return storage_; }

 private:
  friend class BtreeCursor;
  friend class BtreeBuilder;
  friend class BtreeWriter;
  friend class BtreeReader;
  Btree(Storage& storage, RelationId relation, PageNo root)
      : storage_(storage), relation_(relation), root_(root) {}
  Storage& storage_;
  const RelationId relation_;
  // Always an inner page. Changes under its exclusive latch (relocate.cpp); pairs with the root's page word.
  std::atomic<PageNo> root_;
};

void register_btree_redo(RedoTable& table);

}  // namespace rowan
