// storage/cleaner/row_mover.h: rows move out of a page to others further in front of the file, so that a
// table of which most is deleted gives its space back. A move is a small transaction of its own: the row is
// inserted at its new home, gets an entry in each index, is deleted at the old one and committed. So every
// snapshot, and recovery, sees it once. It changes nothing that SQL can tell, but that LOCK TABLE … NOWAIT
// may meet its lock for a moment: writers who come to the old home are sent on (storage/heap/moved_rows.h),
// and nobody is ever waited for. Only rows that every snapshot sees and nobody has locked move, with their
// values out of line. Those with more than 1 MiB of these stay: their pages hold nothing else, so that they
// are given back whole when the value goes, and a move would write it to the log once more (hazards, 29).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "storage/cleaner/cleaner.h"
#include "types/ids.h"
#include "types/result.h"

namespace rowan {

class CommitProtocol;
class LockOwner;
class PageSets;
class SnapshotSlot;
class Transactions;

class RowMover {
 public:
  // The relation's parts, its table locked through `owner` as by whoever writes rows, without waiting. No
  // heap, or no types: not now, or no table's.
  using LockTable = std::function<Result<RelationStorage>(RelationId, LockOwner& owner)>;

  // All outlive this.
  RowMover(Transactions& transactions, CommitProtocol& commits, PageSets& page_sets, LockTable lock_table);
  ~RowMover();
  RowMover(const RowMover&) = delete;
  RowMover& operator=(const RowMover&) = delete;

  struct Outcome {
    uint32_t moved = 0;
    uint32_t stayed = 0;       // rows that may not move now
    uint64_t value_bytes = 0;  // out of line, of those that moved
    bool has_room = true;      // false: the pages below are full
    bool has_more = false;     // some stayed only because one transaction moves so much at most
  };
  // What can goes from `page` to pages below `limit`, at most `limit` <= page. The cleaner then frees the old
  // homes once no snapshot needs them, and the page with the last. One thread at a time; hold no latch.
  // Blocks for latches and I/O. Errors: as Heap::insert; then nothing has moved.
  Result<Outcome> move(RelationId relation, PageNo page, PageNo limit);
  // The same for those rows of `page`, wherever that is, of which a value out of line stands at or behind
  // `limit`: they and their values go to pages below it.
  Result<Outcome> move_values(RelationId relation, PageNo page, PageNo limit);
  // Rows that have moved since this was made. Thread-safe.
  uint64_t rows_moved() const { return rows_moved_.load(std::memory_order_relaxed); }

  // While old homes wait for snapshots to end, what they still take is not worth ever more of it.
  static constexpr size_t kUnfinishedMax = 16384;
  static constexpr uint64_t kValuesMax = uint64_t{1} << 20;  // bytes out of line of a row that moves
  static constexpr uint64_t kAtOnceMax = uint64_t{2} << 20;  // of such bytes in one transaction

 private:
  enum class Which : uint8_t { All, WithValuesBehind };
  Result<Outcome> move(RelationId relation, PageNo page, PageNo limit, Which which);

  Transactions& transactions_;
  CommitProtocol& commits_;
  PageSets& page_sets_;
  const LockTable lock_table_;
  SnapshotSlot& slot_;
  std::atomic<uint64_t> rows_moved_{0};  // no partner: a count
};

}  // namespace rowan
