// storage/heap/moved_rows.h: rows that the cleaner has moved to another page (hazards, 29), for as long as
// the old home may still be read. To snapshots a move is an insert there and a delete here by one write id,
// so each sees the row at one of its places. Two things need to know that both are one row: a writer with an
// older snapshot, who comes to the old home and has to go on to the new one, and the later statements of its
// transaction, which still see the old home but have written at the new one.
//
// In memory only: no snapshot outlives the process, and the bytes on the pages stand for themselves.
//
// While an entry stands, the new home is not freed: whoever was sent there finds that row and no other. The
// entry goes when the old home is freed, when nobody needs it any more.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "txn/snapshot.h"
#include "types/ids.h"
#include "types/mutex.h"

namespace rowan {

class StatusMap;

// The other place of a moved row, and the write id that moved it.
struct MovedRow {
  RowId row;
  WriteId mover = kNoWriteId;
};

// Thread-safe; callable under page latches.
class MovedRows {
 public:
  // One load; false where nothing was moved lately.
  bool any() const { return count_.load(std::memory_order_relaxed) != 0; }
  size_t count() const { return count_.load(std::memory_order_relaxed); }

  // Before the old home says that it is deleted. May throw std::bad_alloc, and then nothing has happened.
  void add(RowId from, RowId to, WriteId mover) EXCLUDES(mutex_);
  // The old home is gone, or the move was not made. False: there was no entry.
  bool forget(RowId from) EXCLUDES(mutex_);

  std::optional<MovedRow> target(RowId from) const EXCLUDES(mutex_);
  std::optional<MovedRow> origin(RowId to) const EXCLUDES(mutex_);

  // `writer` changes or deletes the row at its new home: its transaction may have a snapshot that does not
  // see the move, whatever it looked with. May throw std::bad_alloc.
  void note_writer(RowId to, WriteId writer, const StatusMap& status) EXCLUDES(mutex_);
  // `snapshot` sees the row at its old home `from`; has it, by an own write, another idea of it?
  bool is_hidden(RowId from, const StatusMap& status, const Snapshot& snapshot) const EXCLUDES(mutex_);

 private:
  struct Entry {
    MovedRow to;
    std::vector<WriteId> writers;  // at the new home; ended ones go when the next comes
  };
  std::atomic<size_t> count_{0};  // partner: the latch under which a page says that a row was deleted
  mutable Mutex mutex_{LockRank::Leaf};
  std::unordered_map<uint64_t, Entry> entries_ GUARDED_BY(mutex_);     // by the old home
  std::unordered_map<uint64_t, uint64_t> origins_ GUARDED_BY(mutex_);  // the old home by the new one
};

}  // namespace rowan
