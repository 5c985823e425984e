// storage/cleaner/cleaner.h: takes away what nobody can see any more, so that no chores are left to users. It
// goes only where the page sets send it (storage/heap/page_sets.h) and asks nobody who holds the snapshots:
// it is handed a CleaningView.
//
// For each row with history on such a page: keys of dead versions that no remaining version has leave the
// indexes first, then the slots are freed (hazards, 9); an aborted home takes back what it replaced. A crash
// in between is harmless: the page is still in the set and "entry not found" is fine.
//
// Functions only; the thread that runs them is api/'s.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/heap/heap.h"
#include "storage/index.h"
#include "txn/visibility.h"
#include "types/batch.h"
#include "types/ids.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

class CommitProtocol;
class PageBitmap;
class PageSets;
class Transactions;

// An index as the cleaner needs it: implemented above storage, where keys are made.
class CleanedIndex {
 public:
  virtual ~CleanedIndex() = default;
  // The table's columns that keys and predicate are made of, and their types.
  virtual std::span<const uint16_t> columns() const = 0;
  virtual std::span<const Type> types() const = 0;
  // The key of row 0 of `row` (those columns, in that order); false: the index does not have such a row.
  virtual Result<bool> key(const Batch& row, std::string& to) = 0;
  // Adds an entry without asking for others of that key: for a row that is moved.
  virtual Result<> insert(std::string_view key, RowId row) = 0;
  // Removes the entry if `check`, asked under the latch of the entry's page, calls the row Dead.
  virtual Result<> remove(std::string_view key, RowId row, RowCheck& check) = 0;
};

struct RelationStorage {
  // nullptr: not to be cleaned now. A table that an open transaction has made may hold rows that a savepoint
  // took back: it keeps its pages to clean, unless it is_gone.
  Heap* heap = nullptr;
  bool is_gone = false;     // its pages are free: nothing of it is left
  LayoutPtr layout;         // the one that the indexes' columns are numbered by
  std::vector<Type> types;  // of the layout's columns; empty: its rows are not moved
  std::vector<CleanedIndex*> indexes;
  // Told of each row that moves, as the move is committed; may not fail. Empty: nobody keeps row ids.
  std::function<void(RowId from, RowId to)> row_moved;
  std::shared_ptr<void> keeps_alive;  // whatever the pointers above need
};

struct CleaningOutcome {
  bool again = false;    // something on the page is still needed by somebody: come back
  bool complete = true;  // no trace of an aborted id is left
  uint32_t freed = 0;    // slots
};

// Cleans one page of `relation`. `gone`: aborted ids whose rows have all been seen to, so that values which
// they wrote may be freed; a row's key may still be asked of those of others. Thread-safe; blocks for latches
// and I/O. Errors: XX001, 53100, 58030; what was done before an error is done properly.
Result<CleaningOutcome> clean_page(RelationStorage& relation, PageNo page, const CleaningView& view,
                                   const WriteIdSet& gone);

class Cleaner {
 public:
  // The relation's parts.
  using FindRelation = std::function<Result<RelationStorage>(RelationId)>;

  // All outlive this.
  Cleaner(Transactions& transactions, CommitProtocol& commits, PageSets& page_sets, FindRelation find)
      : transactions_(transactions), commits_(commits), page_sets_(page_sets), find_(std::move(find)) {}

  // One round over all pages that wait to be cleaned; `go_on` is asked before each page. Then aborted ids of
  // which no trace is left are forgotten. Returns how many slots became free. Thread-safe. Blocks.
  Result<uint64_t> run(const std::function<bool()>& go_on);

  // After CommitProtocol::rollback or a rollback to a savepoint, with the ids that it returned: cleans at
  // once when they wrote little, leaves it to run() otherwise. Never needed for correctness. Hold no latch.
  Result<> after_rollback(std::span<const WriteId> ids);

  // After so many pages or slots a rollback leaves the rest to run(): a page of a hundred updates takes
  // milliseconds, and whoever was cancelled waits for it.
  static constexpr size_t kLittlePages = 16, kLittleSlots = 256;

 private:
  struct Round {
    uint64_t freed = 0;
    bool complete = true;
  };
  // Aborted ids whose pages somebody is at, who alone forgets them in the end: another round finds those
  // pages taken, and no trace of the ids, though there is one.
  class Claim {
   public:
    Claim(Cleaner& cleaner, WriteIdSet ids);
    ~Claim();
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    const WriteIdSet& ids() const { return ids_; }

   private:
    Cleaner& cleaner_;
    WriteIdSet ids_;
  };
  // `mine`: the pages taken for this caller; nullptr: all of `pages`. `gone`: ids all of whose pages in the
  // relation are among `pages`.
  Result<> clean_pages(RelationId relation, std::span<const PageNo> pages, const PageBitmap* mine,
                       const CleaningView& view, const WriteIdSet& gone, const std::function<bool()>& go_on,
                       Round& round);

  Transactions& transactions_;
  CommitProtocol& commits_;
  PageSets& page_sets_;
  const FindRelation find_;
  Mutex mutex_{LockRank::Cleaner};
  std::vector<const WriteIdSet*> claims_ GUARDED_BY(mutex_);  // no id is in two
  // Beside another round none forgets, for each misses the pages that the other took, whichever began first.
  int rounds_ GUARDED_BY(mutex_) = 0;  // in progress
  uint64_t rounds_begun_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rowan
