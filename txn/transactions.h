// txn/transactions.h: transactions from begin to end: write ids, snapshots, savepoints, and the order in
// which commits become visible. Memory only: storage/ writes the log and drives the commit:
//
//   prepare                      may fail; reserves what the rest needs
//   [commit mutex] append commit record; set_committed(csn = the record's end)
//   flush the log                (not for an asynchronous commit)
//   publish(durable LSN)         new snapshots see it, locks go, waiters wake
//
// Invariants. Versions carry write ids; a transaction draws one at its first write and another when it writes
// after a savepoint or after one of its snapshots was taken. All ids of a transaction get one CSN. Commits
// are published in LSN order: an asynchronous one at once, unless an earlier synchronous one is still being
// flushed; until then it counts as running, for writers too. Ids are never reused; an id leaves the set of
// aborted ones only when its last trace in storage is gone.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "txn/lock_manager.h"
#include "txn/planted_race.h"
#include "txn/snapshot.h"
#include "txn/status.h"
#include "txn/visibility.h"
#include "types/ids.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

enum class IsolationLevel : uint8_t { ReadCommitted, RepeatableRead, Serializable };

// What recovery found, or the start of a new database. Ids below `next_id` that are not in `aborted`
// committed.
struct RecoveredState {
  WriteId next_id = 1;
  std::vector<WriteIdInterval> aborted;  // ended or cut off without a commit, traces may remain
  CommitSeq published = 0;               // the end of the log
};

// What a checkpoint stores. Recovery treats `running` as aborted unless it meets their commit.
struct TransactionCut {
  WriteId next_id = 1;
  std::vector<WriteIdInterval> running;
  std::vector<WriteIdInterval> aborted;
};

struct TransactionRecord;
class Ssi;
class SsiTransaction;
class Transactions;

// A handle: move-only; one thread at a time. Destroying one that is still active rolls it back.
class Transaction {
 public:
  Transaction() = default;
  Transaction(Transaction&& other) noexcept { *this = std::move(other); }
  Transaction& operator=(Transaction&& other) noexcept;
  ~Transaction();

  bool is_active() const { return record_ != nullptr; }
  // The rest: only while active.
  TxnId id() const { return id_; }
  IsolationLevel level() const { return level_; }
  bool is_read_only() const { return read_only_; }
  void set_read_only(bool read_only) { read_only_ = read_only; }
  // Before its first snapshot.
  void set_level(IsolationLevel level) { level_ = level; }
  LockOwner& locks() const;
  SnapshotSlot& slot() const;
  // What is noted of it for SERIALIZABLE, from its first snapshot on; nullptr at other levels.
  SsiTransaction* ssi() const { return ssi_; }
  // Drawn so far and not rolled back, rising; empty: it wrote nothing and needs no commit record.
  std::span<const WriteId> write_ids() const;

 private:
  friend class Transactions;
  Transactions* transactions_ = nullptr;
  TransactionRecord* record_ = nullptr;
  SsiTransaction* ssi_ = nullptr;
  TxnId id_ = 0;
  IsolationLevel level_ = IsolationLevel::ReadCommitted;
  bool read_only_ = false;
};

// A mark to go back to. Marks nest: rolling back to one, or releasing it, ends those set after it (the caller
// forgets them).
struct Savepoint {
  uint32_t ids = 0;  // write ids drawn before
  uint32_t lock_level = 0;
};

class Transactions {
 public:
  // `planted`: for tests.
  explicit Transactions(const RecoveredState& recovered, PlantedRace planted = PlantedRace::None);
  ~Transactions();
  Transactions(const Transactions&) = delete;
  Transactions& operator=(const Transactions&) = delete;

  StatusMap& status() { return status_; }
  const StatusMap& status() const { return status_; }
  LockManager& locks() { return locks_; }
  Ssi& ssi() { return *ssi_; }
  bool leaves_out(PlantedRace check) const { return planted_ == check; }

  // A session's place; given back when it closes, with no snapshot pinned. Thread-safe.
  SnapshotSlot& open_slot() EXCLUDES(mutex_);
  void close_slot(SnapshotSlot& slot) EXCLUDES(mutex_);

  // Begins a transaction of the session `session` (its number in reports, not 0) that owns `slot`.
  // Thread-safe.
  Result<Transaction> begin(SnapshotSlot& slot, uint64_t session, IsolationLevel level, bool read_only)
      EXCLUDES(mutex_);

  // The id that a write carries now. Draws one if there is none, or if a snapshot or savepoint used the last.
  // Errors: 25006 in a read-only transaction.
  Result<WriteId> write_id(Transaction& transaction) EXCLUDES(mutex_);

  // What is committed now, and the transaction's own writes so far; pinned in its slot until
  // release_snapshot. Waits while the session's own asynchronous commit is not yet published (one flush at
  // most). Errors: 57014 · 57P01 the database stopped meanwhile.
  Result<Snapshot> take_snapshot(Transaction& transaction, CancelToken* cancel = nullptr) EXCLUDES(mutex_);
  // The first one of a read-only SERIALIZABLE transaction, once it is known that no anomaly can be seen
  // through it (SERIALIZABLE READ ONLY DEFERRABLE): waits for writers that run beside it, and begins anew if
  // one of them spoils it. Errors: those of LockManager::acquire.
  Result<Snapshot> take_safe_snapshot(Transaction& transaction, const Wait& wait) EXCLUDES(mutex_);
  // A snapshot with the same CSN that sees the own writes so far (each statement under REPEATABLE READ);
  // pinned too.
  Snapshot refresh_own(Transaction& transaction, const Snapshot& snapshot);
  // A second pin of the same snapshot, for an open cursor.
  void pin_snapshot(SnapshotSlot& slot, const Snapshot& snapshot);
  void release_snapshot(SnapshotSlot& slot, const Snapshot& snapshot);
  // What is committed now, for a look that is over before the caller lets go of the latch it holds: not
  // pinned.
  Snapshot instant_snapshot(const Transaction* transaction) const;

  Savepoint set_savepoint(Transaction& transaction);
  // Aborts the ids drawn since and releases the locks taken since. Cannot fail. Returns the ids, for the
  // caller to clean up after.
  std::vector<WriteId> rollback_to(Transaction& transaction, const Savepoint& savepoint) EXCLUDES(mutex_);
  void release(Transaction& transaction, const Savepoint& savepoint);

  // From here on it is sure to commit, if the log lets it. Errors: SERIALIZABLE: 40001, 53200.
  Result<> prepare(Transaction& transaction);
  // Caller holds the commit mutex and has just appended the commit record that ends at `csn`. Cannot fail.
  // Ends the handle. `waits_for_flush`: a synchronous commit.
  void set_committed(Transaction& transaction, CommitSeq csn, bool waits_for_flush) EXCLUDES(mutex_);
  // Ends a transaction that wrote nothing: its locks go. Cannot fail.
  void finish_read_only(Transaction& transaction) EXCLUDES(mutex_);
  // Publishes, in order, every commit that may be: the log is durable up to `durable` (0: as before). Cannot
  // fail.
  void publish(Lsn durable) EXCLUDES(mutex_);
  // Sleeps until the commit at `csn` is published. Errors as take_snapshot.
  Result<> wait_published(CommitSeq csn, CancelToken* cancel = nullptr) EXCLUDES(mutex_);
  // It is sure to be rolled back, and is asked nothing more until then: what SERIALIZABLE notes of it goes
  // now. Cannot fail.
  void give_up(Transaction& transaction);
  // Aborts all of it and releases its locks. No log, no space, cannot fail. Returns the ids that now need
  // cleaning.
  std::vector<WriteId> rollback(Transaction& transaction) EXCLUDES(mutex_);
  // No commit will be published any more (the log failed): who waits for one, or for a lock, is woken with
  // 57P01, and nobody waits from now on. Does not allocate.
  void stop() EXCLUDES(mutex_);

  // What the cleaner must respect now. Also collapses status chunks. Thread-safe.
  CleaningView cleaning_view() EXCLUDES(mutex_);
  // Every id below has ended and is seen by every live snapshot (aborted ones apart). Cheaper than the whole
  // view.
  WriteId low_water() EXCLUDES(mutex_);
  // These aborted ids have no trace left, and the log says so.
  void forget_aborted(std::span<const WriteIdInterval> ids) EXCLUDES(mutex_);
  // For a checkpoint; the caller holds the commit mutex, so that no commit lies between this and its redo
  // LSN.
  TransactionCut checkpoint_cut() const EXCLUDES(mutex_);
  // The next id to be drawn; for the log, which notes how far ids have gone.
  WriteId next_id() const EXCLUDES(mutex_);

 private:
  friend class Transaction;
  struct Live {
    CommitSeq floor;
    WriteId low_water;
    std::vector<CommitSeq> csns;
  };
  struct PublishWaiter {
    CommitSeq csn;
    CancelToken* token;
  };
  void unlink(TransactionRecord& record) REQUIRES(mutex_);
  void update_oldest_running() REQUIRES(mutex_);
  void abort_ids(std::span<const WriteId> ids) REQUIRES(mutex_);
  void clear(TransactionRecord& record);
  void end(TransactionRecord& record) EXCLUDES(mutex_);
  Live live_snapshots() const REQUIRES(mutex_);
  void collapse(const Live& live) REQUIRES(mutex_);

  StatusMap status_;
  LockManager locks_;
  const std::unique_ptr<Ssi> ssi_;
  const PlantedRace planted_;
  std::atomic<TxnId> next_txn_{1};       // no partner: a counter
  std::atomic<WriteId> oldest_running_;  // every id below ended, and is published if it committed; stored
                                         // after the published CSN, read before it

  mutable Mutex mutex_{LockRank::Transactions};
  std::vector<PublishWaiter*> publish_waiters_ GUARDED_BY(mutex_);
  WriteId next_id_ GUARDED_BY(mutex_);
  WriteIdSet aborted_ GUARDED_BY(mutex_);
  size_t unended_ids_ GUARDED_BY(mutex_) = 0;  // drawn, not ended: aborted_ has room for as many more
  Lsn durable_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
  TransactionRecord* writers_head_ GUARDED_BY(mutex_) = nullptr;  // in the order of their first ids
  TransactionRecord* writers_tail_ GUARDED_BY(mutex_) = nullptr;
  TransactionRecord* commits_head_ GUARDED_BY(mutex_) =
      nullptr;  // committed, not yet published, in CSN order
  TransactionRecord* commits_tail_ GUARDED_BY(mutex_) = nullptr;
  std::vector<TransactionRecord*> free_records_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<TransactionRecord>> records_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<SnapshotSlot>> slots_ GUARDED_BY(mutex_);
  std::vector<SnapshotSlot*> free_slots_ GUARDED_BY(mutex_);
  // Forgotten ids whose answer "aborted" may still be asked for by a reader that copied them: kept in the
  // hull until every snapshot of that time is gone.
  struct Forgotten {
    CommitSeq when;
    WriteIdInterval ids;
  };
  std::vector<Forgotten> forgotten_ GUARDED_BY(mutex_);
  WriteIdSet forgotten_ids_ GUARDED_BY(mutex_);
};

}  // namespace rowan
