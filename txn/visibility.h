// txn/visibility.h: which versions a snapshot sees, and what a writer may do to the newest one. Pure
// functions of the ids that versions carry and the status map; no I/O, no locks, no waiting.
//
// A version is (creator id, deleter id); the deleter is kNoWriteId while nobody deleted or replaced it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "txn/snapshot.h"
#include "txn/status.h"
#include "types/error.h"
#include "types/ids.h"

namespace rowan {

// Has `snapshot` seen what `id` did? Thread-safe, lock-free.
inline bool sees(const StatusMap& map, const Snapshot& snapshot, WriteId id);

// creator seen and deleter not.
inline bool is_visible(const StatusMap& map, const Snapshot& snapshot, WriteId creator, WriteId deleter) {
  return sees(map, snapshot, creator) && !(deleter != kNoWriteId && sees(map, snapshot, deleter));
}

// A bit a row, least significant first: ceil(n / 64) words.
using SelectionMask = std::span<uint64_t>;

// The batch form: clears in `mask` the bits of versions that `snapshot` does not see; bits already clear are
// not asked about. `deleters` is empty (nobody deleted anything) or as long as `creators`. Bits beyond the
// end are cleared. Thread-safe, lock-free, callable under a page latch.
void visible(const StatusMap& map, std::span<const WriteId> creators, std::span<const WriteId> deleters,
             const Snapshot& snapshot, SelectionMask mask);

// True: all versions on a page with these bounds are seen by `snapshot` (the caller adds: no deleters, no
// links). The test may err on the careful side where uncleaned aborted ids lie around.
inline bool is_settled(const StatusMap& map, const Snapshot& snapshot, WriteId page_min, WriteId page_max) {
  return page_max < snapshot.low_water && !map.maybe_aborted(page_min, page_max);
}

// What a writer (or row locker) finds at a row's home, whose newest version is (creator, deleter).
struct WriteVerdict {
  enum class Kind : uint8_t {
    Ok,             // visible to the snapshot, nobody else wrote: go ahead
    WaitFor,        // `writer` is running: wait for it with no latch held, then look again
    Updated,        // replaced by a commit after the snapshot: READ COMMITTED re-evaluates the newest version
    Deleted,        // deleted by a commit after the snapshot: READ COMMITTED skips the row
    SelfUpdated,    // this very command wrote it already: skip
    SelfDeleted,    // this very command deleted it already, or an earlier one of this transaction did: skip
    HomeAborted,    // the home's writer aborted: read through the link (the caller restores, then asks again)
    DeleterAborted  // as Ok; the deleter id at home is a dead one and may be overwritten
  };
  Kind kind;
  WriteId writer = kNoWriteId;  // WaitFor: whose end to wait for; Updated, Deleted: who did it
  TxnId owner = 0;              // WaitFor: the transaction, 0 when it is committing
};
WriteVerdict judge_write(const StatusMap& map, const Snapshot& snapshot, WriteId creator, WriteId deleter);

// Under REPEATABLE READ, Updated and Deleted are errors. 40001 in PostgreSQL's words.
Error serialization_error(WriteVerdict::Kind kind);

// For questions without a snapshot (unique checks, foreign keys): is the row (its newest version) there now?
struct Liveness {
  enum class Kind : uint8_t { Live, Dead, WaitFor };
  Kind kind;
  WriteId writer = kNoWriteId;  // WaitFor: an insert or delete in progress whose end decides
};
// `self`: own writes count as done.
Liveness judge_liveness(const StatusMap& map, TxnId self, WriteId creator, WriteId deleter);

// What the cleaner respects. Built by Transactions::cleaning_view(); a value.
struct CleaningView {
  WriteId low_water = 0;             // every id below ended and is seen by every snapshot (or aborted)
  CommitSeq floor = 0;               // versions that died after this are needed
  std::vector<CommitSeq> snapshots;  // live ones at or below the floor, sorted
  WriteIdSet aborted;                // not yet cleaned away

  // May a version be needed that lived from `created` (0: for ever) until `deleted`?
  bool needs(CommitSeq created, CommitSeq deleted) const;
  // The page test: settled for all when its maximum id is below the low-water and no aborted id lies within.
  bool is_settled(WriteId page_min, WriteId page_max) const {
    return page_max < low_water && !aborted.overlaps(page_min, page_max);
  }
};
// Can no snapshot, present or future, see this version? (Its creator aborted, or its deleter committed before
// all who could have seen it looked.) Thread-safe, lock-free.
bool is_removable(const StatusMap& map, const CleaningView& view, WriteId creator, WriteId deleter);

// ---------------------------------------------------------------------------------------------------------------

inline bool sees(const StatusMap& map, const Snapshot& snapshot, WriteId id) {
  if (id < snapshot.low_water && !map.maybe_aborted(id)) [[likely]]
    return true;
  WriteStatus status = map.status(id);
  switch (status.state) {
    case WriteStatus::State::Committed:
      return status.csn <= snapshot.csn;
    case WriteStatus::State::Running:
      return status.owner == snapshot.owner && id < snapshot.own_below;
    case WriteStatus::State::Aborted:
      break;
  }
  return false;
}

}  // namespace rowan
