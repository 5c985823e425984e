// storage/heap/internals.h: what the files of this folder share of one heap: its layouts, where the next row
// goes, and how a row's chain of versions is read. Not for those above: they have heap.h, scan.h and bulk.h.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "storage/change.h"
#include "storage/heap/heap.h"
#include "storage/heap/moved_rows.h"
#include "storage/heap/overflow.h"
#include "storage/heap/page.h"
#include "storage/heap/page_ops.h"
#include "storage/heap/page_sets.h"
#include "storage/storage.h"
#include "txn/ssi.h"
#include "txn/transactions.h"
#include "types/try.h"

namespace rowan {

// One version of a row, found: in the home page that the caller has latched, or on a history page latched
// here.
struct FoundVersion {
  ReadGuard other;  // empty: on the home page
  uint32_t slot = 0;
  bool found = false;
};

// Gives an empty page of rows or values back, if the relation has some others, or `is_left` says that what
// was there stands elsewhere now. True: `guard` is let go.
Result<bool> free_page(Storage& storage, RelationId relation, WriteGuard& guard, bool is_left = false);
// The page of a number that was only remembered, for who holds other pages: by now it may be of any kind,
// held by somebody who waits for one of those, or be one of those. So it is asked for a few times, and not
// waited for. An empty guard: it is not to be had, or is no page of the relation.
Result<WriteGuard> write_remembered(Storage& storage, RelationId relation, PageNo page);

class HeapInternals {
 public:
  HeapInternals(Storage& storage_, Transactions& transactions_, PageSets& page_sets_, RelationId relation_)
      : storage(storage_),
        transactions(transactions_),
        page_sets(page_sets_),
        relation(relation_),
        overflow(storage_, page_sets_, relation_) {
    for (std::atomic<PageNo>& target : targets) target.store(kNoPage, std::memory_order_relaxed);
    for (std::atomic<PageNo>& target : history_pages) target.store(kNoPage, std::memory_order_relaxed);
  }

  // Constant after construction.
  Storage& storage;
  Transactions& transactions;
  PageSets& page_sets;
  const RelationId relation;
  OverflowStore overflow;

  const StatusMap& status() const { return transactions.status(); }
  BufferPool& pool() { return storage.pool(); }

  // --- layouts (layouts.cpp) ---
  // The layout of a page; nullptr: there is none of that number. Valid as long as this heap. Thread-safe.
  const Layout* layout(uint32_t number) const;
  LayoutPtr shared_layout(LayoutNo number) const EXCLUDES(layout_mutex);
  Result<> load_layouts();
  Result<LayoutPtr> append_layout(std::vector<LayoutColumn> columns, bool is_first) EXCLUDES(layout_mutex);
  // The list's first page, which is the relation's anchor, goes to one below `limit`. False: there is none,
  // or the list has more pages. Nobody may append a layout meanwhile.
  Result<bool> move_layouts(PageNo limit);
  // Layouts know nothing of rollback: what a running transaction drops must stay in the pages until it has
  // ended. One transaction at a time drops columns of a table, under the table's lock.
  void note_dropping(TxnId who, uint16_t column, LayoutNo born) EXCLUDES(layout_mutex);
  // Would rows of layout `from` lose, in layout `to`, a column that the running transaction `who` drops?
  bool loses_dropping(TxnId who, const Layout& from, const Layout& to) EXCLUDES(layout_mutex);

  // --- pages ---
  // Latched for writing, if it is a page of rows of this relation; else an empty guard.
  Result<WriteGuard> write_rows(PageNo page);
  Result<ReadGuard> read_rows(PageNo page);
  // How many slots of a page may be used (debug limit).
  uint32_t slot_limit() const { return storage.options().items_per_page_max; }
  // A new page, not yet logged: `ops` gets its format. With `limit`, one below it; an empty guard: there is
  // none.
  Result<WriteGuard> create_page(PageType type, const Layout& layout, uint32_t row_bytes, OpBuffer& ops,
                                 PageNo limit = kNoPage);
  // Logs `ops` for `guard` and carries them out. Nothing has changed after an error.
  Result<> change(WriteGuard& guard, HeapRecord record, WriteId writer, const OpBuffer& ops);
  Result<> change(WriteGuard& guard, const OpBuffer& ops, WriteGuard& other, const OpBuffer& other_ops,
                  HeapRecord record, WriteId writer);
  // Makes the page have `slots` more free slots and `bytes` more free bytes by moving bytes together or
  // another capacity, if it can.
  Result<bool> make_room(WriteGuard& guard, uint32_t slots, uint32_t bytes);
  // Frees in-page history that nobody needs and that no index knows. Returns how many slots.
  Result<uint32_t> prune(WriteGuard& guard);

  // --- versions ---
  // The version of the row at home slot `slot` that `snapshot` sees. The home page stays latched.
  Result<FoundVersion> find_visible(const HeapView& home, PageNo page, uint32_t slot,
                                    const Snapshot& snapshot);
  // SERIALIZABLE: `snapshot`, which has none of a version, or not its deletion, meets who made it.
  void meet_writer(const Snapshot& snapshot, WriteId writer) const {
    if (status().status(writer).state != WriteStatus::State::Aborted) snapshot.ssi->met_writer(writer);
  }
  // SERIALIZABLE: the row has been read; its page is latched. A row that has moved stands for both homes.
  void note_read(const Snapshot& snapshot, RowId row) const;
  // The newest version whose creator has not aborted.
  Result<FoundVersion> find_newest(const HeapView& home, PageNo page, uint32_t slot);
  // An aborted home takes back what it replaced; the aborted version takes its place in the chain. False:
  // there is nothing to go back to, the row's insert aborted.
  Result<bool> restore_home(WriteGuard& home, SlotNo slot);

  // --- where rows go (targets.cpp) ---
  // A page to try next, and kNoPage for "make one".
  PageNo insert_target(TxnId who);
  void set_insert_target(TxnId who, PageNo page);
  // A page where old versions may go, the `turn`th to try for `who`; kNoPage: none is known. Several, so that
  // writers do not wait for each other at one; whoever finds its own full or taken shares another's.
  PageNo history_target(WriteId who, size_t turn) {
    return history_pages[(who + turn) % kHistoryTargets].load(std::memory_order_relaxed);
  }
  void set_history_target(WriteId who, PageNo page) {
    std::atomic<PageNo>& mine = history_pages[who % kHistoryTargets];
    if (mine.load(std::memory_order_relaxed) != page) mine.store(page, std::memory_order_relaxed);
  }
  static constexpr size_t kHistoryTargets = 4;

  std::atomic<PageNo> move_target{kNoPage};  // where moved rows go next; a hint too
  std::atomic<uint32_t> bytes_each{0};       // a row's bytes of variable width on the page last filled
  std::atomic<CommitSeq> pruned_in_vain{
      0};                             // what was published when prune() last asked for snapshots for nothing
  std::atomic<bool> cleaning{false};  // one cleaner a heap at a time
  MovedRows moved;

 private:
  static constexpr size_t kFastLayouts = 64;
  static constexpr size_t kTargets = 8;
  std::array<std::atomic<const Layout*>, kFastLayouts> fast_layouts{};  // partner: layouts, which owns them
  mutable Mutex layout_mutex{LockRank::Leaf};
  std::vector<LayoutPtr> layouts GUARDED_BY(layout_mutex);
  struct Dropping {
    uint16_t column;
    LayoutNo born;
  };
  TxnId dropper GUARDED_BY(layout_mutex) = 0;  // who dropped columns last; ids are never used again
  std::vector<Dropping> dropping GUARDED_BY(layout_mutex);
  std::atomic<bool> appending_layout{false};  // DDL holds the table's lock; this says so aloud

  std::array<std::atomic<PageNo>, kTargets> targets;  // hints: any page is checked
  std::array<std::atomic<PageNo>, kHistoryTargets> history_pages;
  mutable Mutex targets_mutex{LockRank::Leaf};
  bool looked_for_last GUARDED_BY(targets_mutex) = false;

  friend class Heap;
};

}  // namespace rowan
