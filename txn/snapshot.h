// txn/snapshot.h: what a statement sees: everything committed up to one CSN, and its transaction's own writes
// before its own last look. Four numbers, however many transactions run.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <vector>

#include "types/ids.h"

namespace rowan {

class SsiTransaction;
struct TransactionRecord;

// A small value; copy it freely. It is safe to use while it is pinned in the slot that it was taken through
// (so that no version it needs is cleaned away).
struct Snapshot {
  CommitSeq csn = 0;  // commits at or below are visible
  WriteId own_below =
      0;            // of the owner's ids only those below are visible: a statement does not see its output
  TxnId owner = 0;  // 0: nobody; such a snapshot sees committed rows only
  WriteId low_water =
      0;  // every id below ended at or before `csn`; so below it only aborted ids are invisible
  SsiTransaction* ssi =
      nullptr;  // SERIALIZABLE: who is told what is read with it; alive as long as its owner
};

// The place where one session publishes the snapshots it uses, for the cleaner to respect. One thread at a
// time owns a slot; any thread reads it.
//
// The race: a session reads "published up to 100", the cleaner computes what nobody needs as of 200, the
// session starts to use 100. So a session announces a floor first ("I may need everything after 100"), reads
// the published CSN again, and uses what it reads then: the cleaner either saw the floor, or looked before it
// was announced, and then the second reading is at least as new as the cleaner's.
class SnapshotSlot {
 public:
  static constexpr size_t kPins = 4;
  static constexpr CommitSeq kNone = std::numeric_limits<CommitSeq>::max();

  SnapshotSlot() = default;
  SnapshotSlot(const SnapshotSlot&) = delete;
  SnapshotSlot& operator=(const SnapshotSlot&) = delete;

  // Owner: the snapshots pinned and not yet released.
  size_t pin_count() const { return pin_count_; }
  // The oldest CSN that is pinned, or may be; kNone: nothing is. Thread-safe.
  CommitSeq oldest() const;

 private:
  friend class Transactions;
  struct Pins {
    CommitSeq floor = kNone;            // versions that died after this are needed
    std::array<CommitSeq, kPins> csns;  // single snapshots, kNone where empty
    WriteId low_water;
  };
  // A SERIALIZABLE one keeps everything that died after it: it has to meet those who made and removed it.
  void announce(CommitSeq floor, WriteId low_water);
  void pin(const Snapshot& snapshot);
  void unpin(const Snapshot& snapshot);
  void publish_bounds();
  Pins read() const;

  // Written by the owner, read by the cleaner: all of them sequentially consistent, partners of each other
  // and of Transactions' published CSN.
  std::atomic<CommitSeq> floor_{kNone};
  std::array<std::atomic<CommitSeq>, kPins> csns_{kNone, kNone, kNone, kNone};
  std::atomic<WriteId> low_water_{std::numeric_limits<WriteId>::max()};

  // The owner's alone.
  struct Pin {
    CommitSeq csn = 0;
    uint32_t count = 0;
    WriteId low_water = 0;
    size_t place =
        kPins;  // its place in csns_ for as long as it is pinned; kPins: none was free, floor_ covers it
  };
  std::vector<Pin> pinned_;  // few
  size_t pin_count_ = 0;
  CommitSeq own_commit_ = 0;  // the next snapshot waits until this commit of the session is published
  // Of the session's last transaction that wrote nothing, for its next one: neither touches a line that
  // another session writes.
  TransactionRecord* spare_ = nullptr;
};

}  // namespace rowan
