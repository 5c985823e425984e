// storage/heap/heap.h: rows of a table, versioned in place. A row's home slot is its id for life and holds
// the newest version; an UPDATE copies the old version to a history slot and overwrites home (hazard 26).
// Indexes point to homes. Readers go back along the links until they meet the version that their snapshot
// sees.
//
// Nobody waits here for a lock: who must wait is told so (storage/heap/outcome.h) when all latches are gone.
// Invariants: storage/heap/README.md. Pages: storage/heap/page.h. Sources: Ailamaki et al., Weaving Relations
// for Cache Performance, VLDB 2001 (PAX); hazards 3, 11, 13, 15, 26, 32.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/heap/layout.h"
#include "storage/heap/outcome.h"
#include "types/batch.h"
#include "types/ids.h"
#include "types/result.h"

namespace rowan {

class CheckReport;
class HeapInternals;
class LockManager;
class PageSets;
class Storage;
class Transaction;
class Transactions;
struct Snapshot;

// The columns that a statement wants of a relation, by number, as `layout` knows them. Built once a plan.
struct Projection {
  LayoutPtr layout;
  std::vector<uint16_t> columns;
  bool with_row_id = false;  // one more BIGINT column at the end: RowId::packed()
};

// One column's new value in an UPDATE: row `row` of `values`.
struct ColumnChange {
  uint16_t column;
  const Vector* values;
  uint32_t row;
};

struct HeapSize {
  uint64_t pages = 0;  // of rows and history
};

class Heap {
 public:
  // A new, empty heap as `relation`, which must be fresh; layout 0 has `columns`. Logged; it belongs to the
  // database once the catalog says so (extents of unknown relations are freed at recovery).
  static Result<std::unique_ptr<Heap>> create(Storage& storage, Transactions& transactions,
                                              PageSets& page_sets, RelationId relation,
                                              std::span<const PhysicalType> columns);
  // Errors: XX001.
  static Result<std::unique_ptr<Heap>> open(Storage& storage, Transactions& transactions, PageSets& page_sets,
                                            RelationId relation);
  ~Heap();

  RelationId relation() const;
  // Layouts are never reused; a layout stays valid as long as its pointer. Thread-safe.
  LayoutPtr layout(LayoutNo number) const;
  // Appends `base` plus one column, whose value in older rows is `missing`; the catalog publishes the number.
  // The new column's number is base.columns().size(). Errors: 54011.
  Result<LayoutPtr> add_column(const Layout& base, PhysicalType physical, const Value& missing);
  // Appends `base` less column `column`. The bytes go when pages are next rewritten, but not by the
  // transaction `who` itself, which drops it and may yet be rolled back.
  Result<LayoutPtr> drop_column(TxnId who, const Layout& base, uint16_t column);
  HeapSize size() const;

  // Adds rows `rows` of `columns` (one vector a column of `layout`; nullptr: NULL) and tells their ids, one a
  // row. One log record a page. Thread-safe. Errors: 54000 a value over 1 GB, 53100, XX001; rows that went in
  // before an error are the transaction's to roll back.
  Result<> insert(Transaction& transaction, const Layout& layout, std::span<const Vector* const> columns,
                  const Selection& rows, RowId* ids);

  // Gives row `row` the values of `changes`; what it keeps is what its newest version has. `locks`: nullptr
  // when no explicit row lock can exist (system relations). Thread-safe. Blocks only for latches and I/O.
  // `keys_changed`: some index has another key for the new version (or has it no longer, or newly); the
  // caller adds the new entries afterwards, the cleaner removes the old ones. `unique_keys_changed`: one of
  // those keys is unique, so that a foreign key may lean on it: conflicts with FOR KEY SHARE.
  Result<RowOutcome> update(Transaction& transaction, const Layout& layout, RowId row, Seen seen,
                            std::span<const ColumnChange> changes, bool keys_changed, LockManager* locks,
                            bool unique_keys_changed = true);
  Result<RowOutcome> remove(Transaction& transaction, RowId row, Seen seen, LockManager* locks);
  // May `transaction` lock the row explicitly (FOR UPDATE …)? Tells what update would, changes nothing: the
  // caller takes the lock from the lock manager first, then asks. Done: the row is as seen.
  Result<RowOutcome> check(Transaction& transaction, RowId row, Seen seen);

  // The versions of `ids` (at most kBatchRows) that `snapshot` sees, into `out` from row 0, in the order of
  // ids; from[i] is the place in `ids` of the i-th. Prefetches. Returns how many.
  Result<uint32_t> fetch(const Snapshot& snapshot, const Projection& projection, std::span<const RowId> ids,
                         Batch& out, uint16_t* from) {
    return fetch(snapshot, projection, ids, out, from, 0, nullptr);
  }
  // The same for ids that an index named: doubtful[i] tells whether the i-th may not have the key of its
  // entry and must be asked for it: it has, or since the index was read it has lost, other versions. `mark`
  // is change_mark() from before the index was read. With `looked_at` the batch may end early, once its
  // values out of line pass kBatchBytesMax: so many of `ids` are dealt with, one at least.
  Result<uint32_t> fetch(const Snapshot& snapshot, const Projection& projection, std::span<const RowId> ids,
                         Batch& out, uint16_t* from, Lsn mark, bool* doubtful, uint32_t* looked_at = nullptr);
  Lsn change_mark() const;
  // The newest version into row `at` of `out` (whose row count is the caller's matter). `mine` tells own
  // versions apart; nullptr: nobody's.
  Result<LatestRow> fetch_latest(const Transaction* mine, const Projection& projection, RowId row, Batch& out,
                                 uint32_t at);
  // Where `snapshot` sees the row at `row`: if it has moved since, and is no own write, at its old home.
  RowId seen_home(const Snapshot& snapshot, RowId row) const;
  // Is the version that `creator` made of the row at `row` one that `snapshot` sees, at the row's old home?
  bool has_only_moved(const Snapshot& snapshot, RowId row, WriteId creator) const;
  // Is `writer` in progress at the row only to move it? It ends at once, and waits for nobody.
  bool is_moving(RowId row, WriteId writer) const;
  // False: no row of this heap has another home than some snapshot may know. One load.
  bool has_moved_rows() const;
  // Is every row of the page visible to `snapshot` and without links (index-only scans)? Reads the header.
  Result<bool> is_settled(PageNo page, const Snapshot& snapshot);

  // Does the page hold values out of line, not rows? For the cleaner.
  Result<bool> has_values_out_of_line(PageNo page);

  // Every page: slot arrays, ids, links, offsets, layouts, and that each value out of line has one owner.
  // Findings go to `report`. Others may read, write and clean meanwhile.
  Result<> verify(CheckReport& report);
  // Every version of the row that is still there, newest first, one at a time in row 0 of `out`, until `look`
  // says false. Returns whether there is such a row at all. An aborted version's values may be gone: it comes
  // without them. For checks; `look` is called with the row's page latched.
  struct Version {
    bool is_visible;  // to the snapshot
    bool has_values;
    bool is_seen_where_it_was = false;  // to the snapshot too, but at the home that the row has moved from
  };
  using LookAtVersion = std::function<Result<bool>(const Version&)>;
  Result<bool> visit_versions(const Snapshot& snapshot, const Projection& projection, RowId row, Batch& out,
                              const LookAtVersion& look);
  // For people: one page, or the relation's pages in a line each.
  Result<std::string> dump(PageNo page);

  HeapInternals& internals() { return *internals_; }

 private:
  explicit Heap(std::unique_ptr<HeapInternals> internals);
  std::unique_ptr<HeapInternals> internals_;
};

}  // namespace rowan
