// storage/heap/outcome.h: how an attempt to change or lock a row may end. Losing a race is an ordinary
// outcome, so these are values; what becomes of them (wait, re-evaluate, 40001) the executor decides by
// isolation level.
#pragma once

#include <cstdint>

#include "types/ids.h"

namespace rowan {

struct Snapshot;

enum class RowFate : uint8_t {
  Done,            // changed or locked
  WaitForWriter,   // `writer` is in progress: wait for its end (Transactions), then try again
  WaitForRowLock,  // somebody holds an explicit lock in conflict: take it from the lock manager, then try
                   // again
  Updated,         // a committed transaction that the snapshot cannot see changed it; `writer` says which
  Deleted,         // the same, and the row is gone
  Moved,           // the cleaner has moved it to `row`: no change at all, ask there, having seen `version`
  OwnLater,        // changed or deleted by the same command: SQL leaves the row alone
  Gone             // no such row: never there, its insert aborted, or cleaned
};

struct RowOutcome {
  RowFate fate = RowFate::Done;
  WriteId writer = kNoWriteId;
  RowId row = kNoRow;            // Moved: its home now
  WriteId version = kNoWriteId;  // Moved: for Seen there, which may say that it has changed before the move
};

// What the caller has seen of the row that it wants to change: the version visible to `snapshot`, or, after a
// re-evaluation, exactly the version that `version` wrote (LatestRow::creator).
struct Seen {
  const Snapshot* snapshot = nullptr;
  WriteId version = kNoWriteId;
};

// The newest version of a row as it stands, whatever any snapshot says: for unique and foreign-key checks and
// for re-evaluation.
enum class LatestState : uint8_t {
  Live,              // committed, or our own
  InProgress,        // live, but its creator `writer` has not ended (values are the new ones)
  DeleteInProgress,  // its deleter has not ended: wait for `writer`, which may be the creator that deleted it
  Deleted,           // deleter committed, or our own
  Gone               // no version that counts: insert aborted, or the slot is free
};

struct LatestRow {
  LatestState state = LatestState::Gone;
  WriteId writer = kNoWriteId;   // who is in progress, or who deleted
  WriteId creator = kNoWriteId;  // of the version whose values were read
  RowId moved_to = kNoRow;       // Deleted: the row goes on there
};

}  // namespace rowan
