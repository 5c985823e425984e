// txn/lock_manager.h: who may touch what, and who waits for whom.
//
// A lock lives until its transaction's end is published. Waiters queue in order; each waits for the holders
// and for those ahead of it (an edge of queue order alone is undone by reordering before anyone is
// sacrificed). So a cycle can close only at the moment a wait begins, and only then is one searched. Who
// yields (Wait::yield_ms) waits for holders alone and is passed by, and begins to wait in earnest later.
// Every wait of one session for another is in this one graph: table locks, row locks, advisory locks, and the
// end of a write id.
//
// Cheap paths: DML's table locks (the weak three) go to the owner's own memory, unless the table's "strong
// lock wanted" word says otherwise; whoever wants a strong lock raises that word and then moves the weak
// locks of all owners into the table of queues. A writer's row lock is its id in the row; explicit row locks
// are one entry an (owner, page, mode) with a bitmap of slots, and writers pass by after one load of a
// presence counter.
//
// Sources: Gray and Reuter, Transaction Processing, ch. 8; PostgreSQL's lmgr/README for the soft edges.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "txn/lock_modes.h"
#include "txn/status.h"
#include "types/cancel.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

// 57P01: what was waited for will never come, as the log cannot be written.
Error error_of_stopped_database();

// How a lock request waits.
struct Wait {
  bool nowait = false;            // not free at once: 55P03
  uint32_t lock_timeout_ms = 0;   // 0: for ever
  CancelToken* cancel = nullptr;  // borrowed for the call
  uint32_t yield_ms = 0;          // for so long whoever asks later goes first; then it queues, last
  static Wait not_at_all() { return {true}; }
};

// Whose lock it is: a transaction, or a session (advisory locks that outlive transactions). Lives in
// Transaction or in the session; one thread at a time acquires through it. Owners of one session never
// conflict with each other.
class LockOwner {
 public:
  LockOwner() = default;
  LockOwner(const LockOwner&) = delete;
  LockOwner& operator=(const LockOwner&) = delete;

  TxnId id() const { return id_.load(std::memory_order_relaxed); }
  uint64_t session() const { return session_.load(std::memory_order_relaxed); }
  // Whatever is taken from now on belongs to a younger level; give the number to release_since().
  uint32_t begin_level() { return ++level_; }
  // The transaction has its commit record: until that is published its locks stay, but it waits for nobody,
  // whatever its session goes on to wait for in the next one.
  void set_committed() { is_committed_.store(true, std::memory_order_relaxed); }

  // Who was in the way when this owner last had to wait, and for what: for the text of an error that comes of
  // it. The owner's thread alone.
  struct Met {
    LockTarget about;
    uint64_t session = 0;  // 0: nobody yet, or none that has a name
    std::string statement;
  };
  const Met& last_met() const { return last_met_; }

 private:
  friend class LockManager;
  friend struct LockTable;
  struct Weak {
    RelationId relation;
    LockMode mode;
    uint32_t level;
  };
  struct Held {
    LockTarget target;
    LockMode mode;
    uint32_t level;
    uint32_t count;
  };
  std::atomic<TxnId> id_{0};  // read by others for reports only
  std::atomic<uint64_t> session_{0};
  // Partner: the manager's mutex, which the session takes after this to wait for anything else.
  std::atomic<bool> is_committed_{false};
  Met last_met_;                    // the owner's thread alone
  uint32_t level_ = 0;              // the same
  bool used_manager_ = false;       // the owner's thread: has something beyond weak_
  std::atomic<bool> moved_{false};  // a strong locker moved weak locks away; set under weak_mutex_

  Mutex weak_mutex_{LockRank::Leaf};  // taken by the owner, and by strong lockers after the manager's
  std::vector<Weak> weak_ GUARDED_BY(weak_mutex_);

  std::vector<Held> held_;     // under the manager's mutex
  std::vector<PageNo> pages_;  // with row locks; may repeat; under the manager's mutex
};

struct LockTable;
struct DeadlockMember;

class LockManager {
 public:
  // Words for error texts: 'relation "t"', 'row in relation "t"'. Called with no mutex held.
  using Describe = std::function<std::string(const LockTarget&)>;

  explicit LockManager(const StatusMap& status);
  ~LockManager();
  LockManager(const LockManager&) = delete;
  LockManager& operator=(const LockManager&) = delete;
  // Before the first lock, or while no other thread uses this manager.
  void set_describe(Describe describe) { describe_ = std::move(describe); }
  // The statement that a session runs or, between statements, has run last; "" where it is not known. The
  // same rules.
  using StatementOf = std::function<std::string(uint64_t session)>;
  void set_statement_of(StatementOf statement_of) { statement_of_ = std::move(statement_of); }

  // Makes `owner` known; `session` says who is who in reports and which owners are one. attach once, start at
  // each transaction's begin, detach at the owner's end (it must hold nothing).
  void attach(LockOwner& owner) EXCLUDES(mutex_);
  void start(LockOwner& owner, TxnId id, uint64_t session);
  void detach(LockOwner& owner) EXCLUDES(mutex_);

  // Takes `mode` on `target` (a table, an advisory key, an object), waiting while others hold it in conflict.
  // Asking again is cheap and counts. Errors: 40P01 the wait would close a cycle (the detail names its
  // members) · 55P03 not free within wait.lock_timeout_ms, or at once under NOWAIT · 57014 cancelled · 57P01
  // not free, and stop() was called.
  // Thread-safe. May block for long: hold no latch.
  Result<> acquire(LockOwner& owner, LockTarget target, LockMode mode, const Wait& wait = {})
      EXCLUDES(mutex_);
  // As acquire(), at level 0: no savepoint gives it back.
  Result<> acquire_for_good(LockOwner& owner, LockTarget target, LockMode mode) EXCLUDES(mutex_);
  // False: others hold it in conflict or wait for it. Never blocks.
  bool try_acquire(LockOwner& owner, LockTarget target, LockMode mode) EXCLUDES(mutex_);
  // Gives one acquisition back before the end (session-level advisory locks). False: it was not held.
  bool release(LockOwner& owner, LockTarget target, LockMode mode) EXCLUDES(mutex_);
  // Does the owner hold `mode` or a stronger one on `target`?
  bool holds(LockOwner& owner, LockTarget target, LockMode mode) EXCLUDES(mutex_);

  // For error texts, one line each, "" where there is nobody to name: `who` has what is in the way ("holds
  // it"), and what it runs. Call them with no mutex held. Who holds `target` in conflict with `mode` now.
  std::string name_holder(const LockOwner& owner, LockTarget target, int mode) EXCLUDES(mutex_);
  // Whom `owner` waited for last, if that was about `about`; `did`: what it has done meanwhile ("changed
  // it").
  std::string name_met(const LockOwner& owner, LockTarget about, std::string_view did) const;
  std::string name_session(uint64_t session, std::string_view did) const;
  // 'relation "t"', 'row (id)=(5) of relation "t"'.
  std::string describe(const LockTarget& target) const;

  // --- Rows. The protocol: look at the row under the page's latch. A writer (exclusive latch) asks
  // row_is_free, a locker (any latch) calls try_lock_row. When refused: drop the latch, lock_row() to queue
  // up and be granted in turn, then look at the row again. When the row carries a running write id: drop the
  // latch, lock_row() for one's turn, wait_for_write(), look again. ---
  // One load when nobody locked rows on that page (or one that shares its counter). Callable under a latch.
  bool row_is_free(const LockOwner& owner, RowId row, RowLockMode mode) EXCLUDES(mutex_);
  // Takes the lock unless others hold it in conflict or wait for it. Never blocks; callable under a latch.
  bool try_lock_row(LockOwner& owner, RelationId relation, RowId row, RowLockMode mode) EXCLUDES(mutex_);
  // As acquire(), with the same errors.
  Result<> lock_row(LockOwner& owner, RelationId relation, RowId row, RowLockMode mode, const Wait& wait = {})
      EXCLUDES(mutex_);
  // Has anyone an explicit lock on the row, or waits for one? The cleaner moves only rows that nobody locked.
  bool is_row_locked(RowId row) EXCLUDES(mutex_);

  // Waits until `id` is no longer running: published, or aborted. `about` is for error texts. `turn`: the
  // row lock on `about` that lock_row() gave for one's turn; while we wait it is not in the way of the writer
  // that we wait for, who may change the row again. Errors as acquire(). Thread-safe; hold no latch.
  Result<> wait_for_write(LockOwner& owner, WriteId id, LockTarget about, const Wait& wait = {},
                          std::optional<RowLockMode> turn = {}) EXCLUDES(mutex_);

  // Releases what was taken at `level` or later (ROLLBACK TO).
  void release_since(LockOwner& owner, uint32_t level) EXCLUDES(mutex_);
  // Releases everything.
  void release_all(LockOwner& owner) EXCLUDES(mutex_);
  // Wakes those who wait for write ids that ended just now. One load when nobody waits.
  void writes_ended() EXCLUDES(mutex_);

  // Some locks will never be given back: nobody waits any more. What is free can still be had. Thread-safe.
  void stop() EXCLUDES(mutex_);

  // For pg_locks.
  struct View {
    TxnId owner;
    uint64_t session;
    LockTarget target;
    std::string_view mode;
    bool granted;
    bool fast;
  };
  std::vector<View> list() EXCLUDES(mutex_);
  // Sessions that `session` waits for (pg_blocking_pids).
  std::vector<uint64_t> blockers(uint64_t session) EXCLUDES(mutex_);
  // Waits begun since the start: readers are never among them.
  uint64_t waits_begun() const { return waits_begun_.load(std::memory_order_relaxed); }
  // The same of one session, until it ends.
  uint64_t waits_begun(uint64_t session) EXCLUDES(mutex_);
  void session_ended(uint64_t session) EXCLUDES(mutex_);

 private:
  class TableLock;
  static constexpr size_t kCounters = 1024;
  static size_t counter(uint32_t number) { return (number * 0x9e3779b1u) >> 22; }

  Result<> take_or_wait(LockOwner& owner, LockTarget target, int mode, LockTarget about, const Wait& wait,
                        std::optional<RowLockMode> turn = {}) EXCLUDES(mutex_);
  bool has_weak(LockOwner& owner, RelationId relation, LockMode mode);
  bool take_weak(LockOwner& owner, RelationId relation, LockMode mode);
  void want_strong(RelationId relation) REQUIRES(mutex_);
  void release_held(LockOwner& owner, uint32_t since) REQUIRES(mutex_);
  Error refused(const LockTarget& about) const;
  Error deadlock(const LockOwner& owner, const std::vector<DeadlockMember>& members) const;
  std::string statement_of(uint64_t session) const;
  void note_met(LockOwner& owner, const LockTarget& about, uint64_t blocker);

  const StatusMap& status_;  // constant after construction
  Describe describe_;        // see set_describe
  StatementOf statement_of_;
  std::array<std::atomic<uint32_t>, kCounters>
      strong_wanted_{};                                       // hashed by table; raised under mutex_ before
                                                              // weak locks are moved, read under weak_mutex_
  std::array<std::atomic<uint32_t>, kCounters> row_locks_{};  // hashed by page; changed under mutex_,
                                                              // partner: the page's latch
  std::atomic<uint32_t> write_waiters_{0};  // partner: the status words and the published CSN
  std::atomic<uint64_t> waits_begun_{0};    // no partner: a count

  Mutex mutex_{LockRank::LockTable};
  std::unique_ptr<LockTable> table_ PT_GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace rowan
