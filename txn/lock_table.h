// txn/lock_table.h: inside the lock manager: the queues, the row lock entries and the wait graph over them.
// All of it under the manager's mutex; nothing here sleeps.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "txn/lock_manager.h"
#include "types/hash_map.h"

template <>
struct std::hash<rowan::LockTarget> {
  size_t operator()(const rowan::LockTarget& target) const noexcept {
    return target.number * 31 + target.relation * 8 + static_cast<size_t>(target.kind);
  }
};

namespace rowan {

// A session that waits; on its thread's stack.
struct LockWaiter {
  LockOwner* owner;
  LockTarget target;
  int mode;          // LockMode, or RowLockMode for rows; nothing for write ids
  LockTarget about;  // what error texts name
  CancelToken* token;
  bool granted = false;
  bool yields = false;  // those behind it do not wait for it
  // For a write id: the row lock on `about` that is the waiter's turn at that row and no more.
  std::optional<RowLockMode> turn;
};

struct LockGrant {
  LockOwner* owner;
  LockMode mode;
  uint32_t count;
};

struct LockQueue {
  std::vector<LockGrant> granted;  // not for rows (RowLocks below) and write ids (the status map)
  std::vector<LockWaiter*> waiting;
};

// One owner's locks of one mode and level on the rows of one page.
struct RowLocks {
  LockOwner* owner;
  RowLockMode mode;
  uint32_t level;
  std::vector<uint64_t> slots;
};

struct DeadlockMember {
  uint64_t waiter, blocker;  // sessions
  LockTarget target;
  LockTarget about;
  int mode;
};

// What those park on who were granted something: to be unparked when the manager's mutex is free.
class Awake {
 public:
  void add(const std::atomic<uint32_t>& word) {
    if (count_ == words_.size())
      sync::unpark(word, sync::kAll);  // at once, so that no memory is asked for
    else
      words_[count_++] = &word;
  }
  void unpark() const {
    for (size_t i = 0; i < count_; ++i) sync::unpark(*words_[i], sync::kAll);
  }

 private:
  std::array<const std::atomic<uint32_t>*, 8> words_{};
  size_t count_ = 0;
};

struct LockTable {
  explicit LockTable(const StatusMap& map) : status(map) {}

  // Owners of one session never stand in each other's way.
  static bool same_side(const LockOwner& a, const LockOwner& b) {
    return &a == &b || a.session() == b.session();
  }
  static bool modes_conflict(LockTarget::Kind kind, int held, int wanted);
  static std::string_view mode_name(const LockTarget& target, int mode);

  // Calls `each` with every owner that holds `target` in conflict with `mode`; until it returns false. True
  // when somebody stands in the way, known by name or not (a commit in flight has no owner).
  bool blocked(const LockOwner& owner, const LockTarget& target, int mode,
               const std::function<bool(LockOwner&)>& each) const;
  bool is_blocked(const LockOwner& owner, const LockTarget& target, int mode) const {
    return blocked(owner, target, mode, [](LockOwner&) { return false; });
  }
  // The session that `owner` would wait for, or one of them; 0: there is none, or none that has a name.
  uint64_t first_in_the_way(const LockOwner& owner, const LockTarget& target, int mode) const;
  // Where a new request stands in the queue: before the first waiter that waits for a lock which `owner`
  // holds itself (behind it would be a deadlock), else last.
  size_t place_in_queue(const LockOwner& owner, const LockTarget& target, const LockQueue& queue) const;
  bool may_take(const LockOwner& owner, const LockTarget& target, int mode) const;

  void take(LockOwner& owner, const LockTarget& target, int mode);
  void add_grant(LockOwner& owner, const LockTarget& target, LockMode mode, uint32_t level);
  bool holds(const LockOwner& owner, const LockTarget& target, int mode) const;

  // Grants what can be granted, in order; those who got it are `awake`.
  void grant_waiters(const LockTarget& target);
  void enqueue(LockWaiter& waiter);
  void leave(LockWaiter& waiter);  // no longer waits; those behind may go ahead
  // A waiter that has yielded queues from now on, last. It may close a cycle: ask closes_cycle().
  void queue_up(LockWaiter& waiter);
  // Does whoever wants `mode` of `target` wait for `ahead`, who stands before it in the queue?
  static bool waits_behind(const LockOwner& owner, const LockTarget& target, int mode,
                           const LockWaiter& ahead) {
    return !ahead.yields && !same_side(*ahead.owner, owner) && modes_conflict(target.kind, ahead.mode, mode);
  }

  // Row locks.
  void take_row(LockOwner& owner, RowId row, RowLockMode mode);
  // Gives back the row locks of `owner` taken at `since` or later, and grants.
  void release_rows(LockOwner& owner, uint32_t since);

  // Would `waiter`, just enqueued, wait for ever? Tries to reorder queues first; those reordered are granted
  // anew. Fills `members` when there is no way out.
  bool closes_cycle(LockWaiter& waiter, std::vector<DeadlockMember>& members);

  const StatusMap& status;
  HashMap<LockTarget, LockQueue> queues;
  HashMap<PageNo, std::vector<RowLocks>> row_locks;
  std::vector<LockOwner*> owners;
  std::vector<LockWaiter*> waiters;             // all of them, in the order of arrival
  Awake awake;                                  // since the manager's mutex was taken
  HashMap<uint64_t, uint64_t> waits_begun;      // by session; those that never waited are not there
  std::function<void(PageNo, int)> count_rows;  // +1 or -1 for each entry of row_locks

 private:
  struct Edge {
    LockWaiter* waiter;
    LockWaiter* blocker_waits;  // what the blocker itself waits for
    LockOwner* blocker;
    LockWaiter* ahead;  // a soft edge: who stands ahead in the queue; nullptr: a holder
  };
  LockWaiter* waiter_of(const LockOwner& owner) const;
  // Is the lock that `holder` has on `row` but its turn, and does it use it to wait for a write of `owner`?
  // Then it is not in the way of that writer: it looks at the row again once the write has ended.
  bool waits_in_turn(const LockOwner& holder, RowLockMode mode, const LockTarget& row,
                     const LockOwner& owner) const;
  bool find_cycle(LockWaiter& at, LockWaiter& start, std::vector<LockWaiter*>& visited,
                  std::vector<Edge>& path) const;
  bool resolve(LockWaiter& start, int reorders_left, std::vector<LockTarget>& reordered,
               std::vector<DeadlockMember>& members);
};

}  // namespace rowan
