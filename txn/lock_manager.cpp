#include "txn/lock_manager.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "txn/lock_table.h"
#include "types/check.h"

namespace rowan {
namespace {

// Weak locks are one of three modes; the strong ones conflict with some of them.
bool meets_weak(LockMode mode) {
  return mode >= LockMode::Share;
}

LockTarget row_key(RowId row) {
  return LockTarget::row(kNoRelation, row);
}

}  // namespace

Error error_of_stopped_database() {
  return Error(sqlstate::admin_shutdown, "the database has stopped: its log cannot be written");
}

// The manager's mutex. Who was granted something under it is woken when it is free again: sooner, they would
// only wait for it, and the waker perhaps for the processor that they have taken.
class SCOPED_CAPABILITY LockManager::TableLock {
 public:
  explicit TableLock(LockManager& manager) ACQUIRE(manager.mutex_) : manager_(manager) {
    manager_.mutex_.lock();
  }
  ~TableLock() RELEASE() {
    Awake awake = std::exchange(manager_.table_->awake, {});
    manager_.mutex_.unlock();
    awake.unpark();
  }
  TableLock(const TableLock&) = delete;
  TableLock& operator=(const TableLock&) = delete;

 private:
  LockManager& manager_;
};

LockManager::LockManager(const StatusMap& status)
    : status_(status), table_(std::make_unique<LockTable>(status)) {
  MutexLock lock(mutex_);
  table_->count_rows = [this](PageNo page, int change) {
    row_locks_[counter(page)].fetch_add(static_cast<uint32_t>(change));
  };
}

LockManager::~LockManager() = default;

void LockManager::attach(LockOwner& owner) {
  MutexLock lock(mutex_);
  table_->owners.push_back(&owner);
}

void LockManager::start(LockOwner& owner, TxnId id, uint64_t session) {
  owner.id_.store(id, std::memory_order_relaxed);
  owner.session_.store(session, std::memory_order_relaxed);
  owner.is_committed_.store(false, std::memory_order_relaxed);
  owner.level_ = 0;
  owner.last_met_.session = 0;
}

void LockManager::detach(LockOwner& owner) {
  release_all(owner);
  MutexLock lock(mutex_);
  std::erase(table_->owners, &owner);
}

// --- Table, advisory and object locks ---

bool LockManager::has_weak(LockOwner& owner, RelationId relation, LockMode mode) {
  MutexLock lock(owner.weak_mutex_);
  return std::any_of(owner.weak_.begin(), owner.weak_.end(), [&](const LockOwner::Weak& weak) {
    return weak.relation == relation && weak.mode == mode;
  });
}

// Either a strong locker sees this entry when it takes weak_mutex_, or we see its raised word here.
bool LockManager::take_weak(LockOwner& owner, RelationId relation, LockMode mode) {
  MutexLock lock(owner.weak_mutex_);
  for (const LockOwner::Weak& weak : owner.weak_)
    if (weak.relation == relation && weak.mode == mode) return true;
  if (strong_wanted_[counter(relation)].load() != 0) return false;
  owner.weak_.push_back({relation, mode, owner.level_});
  return true;
}

void LockManager::want_strong(RelationId relation) {
  strong_wanted_[counter(relation)].fetch_add(1);
  for (LockOwner* owner : table_->owners) {
    MutexLock lock(owner->weak_mutex_);
    for (const LockOwner::Weak& weak : owner->weak_) {
      if (weak.relation != relation) continue;
      table_->add_grant(*owner, LockTarget::table(relation), weak.mode, weak.level);
      owner->moved_.store(true, std::memory_order_relaxed);
    }
    std::erase_if(owner->weak_, [&](const LockOwner::Weak& weak) { return weak.relation == relation; });
  }
}

Result<> LockManager::acquire(LockOwner& owner, LockTarget target, LockMode mode, const Wait& wait) {
  if (target.kind == LockTarget::Kind::Relation && is_weak(mode) && take_weak(owner, target.relation, mode))
    return {};
  return take_or_wait(owner, target, static_cast<int>(mode), target, wait);
}

Result<> LockManager::acquire_for_good(LockOwner& owner, LockTarget target, LockMode mode) {
  uint32_t level = std::exchange(owner.level_, 0);
  Result<> acquired = acquire(owner, target, mode);
  owner.level_ = level;
  return acquired;
}

bool LockManager::try_acquire(LockOwner& owner, LockTarget target, LockMode mode) {
  bool is_table = target.kind == LockTarget::Kind::Relation;
  if (is_table && is_weak(mode) && take_weak(owner, target.relation, mode)) return true;
  owner.used_manager_ = true;
  MutexLock lock(mutex_);
  bool held = table_->holds(owner, target, static_cast<int>(mode));
  bool raises = is_table && meets_weak(mode) && !held;
  if (raises) want_strong(target.relation);
  if (held || table_->may_take(owner, target, static_cast<int>(mode))) {
    table_->take(owner, target, static_cast<int>(mode));
    return true;
  }
  if (raises) strong_wanted_[counter(target.relation)].fetch_sub(1);
  return false;
}

Result<> LockManager::take_or_wait(LockOwner& owner, LockTarget target, int mode, LockTarget about,
                                   const Wait& wait, std::optional<RowLockMode> turn) {
  owner.used_manager_ = true;
  CancelToken nobody;
  CancelToken& token = wait.cancel != nullptr ? *wait.cancel : nobody;
  LockWaiter waiter{&owner, target, mode, about, &token, false, wait.yield_ms != 0, turn};
  std::vector<DeadlockMember> members;
  bool raises = false;
  bool timed_out = false, is_stopped = false;
  {
    TableLock lock(*this);
    if (target.kind != LockTarget::Kind::Write && table_->holds(owner, target, mode)) {
      table_->take(owner, target, mode);
      return {};
    }
    raises = target.kind == LockTarget::Kind::Relation && meets_weak(static_cast<LockMode>(mode));
    if (raises) want_strong(target.relation);
    if (table_->may_take(owner, target, mode)) {
      table_->take(owner, target, mode);
      return {};
    }
    bool dead = false;
    if (!wait.nowait && !stopped_) {
      waits_begun_.fetch_add(1, std::memory_order_relaxed);
      ++table_->waits_begun[owner.session()];
      uint64_t blocker = table_->first_in_the_way(owner, target, mode);
      table_->enqueue(waiter);
      dead = table_->closes_cycle(waiter, members);
      auto after = [now = monotonic_now_ns()](uint32_t ms) { return now + MonotonicNs{ms} * 1'000'000; };
      std::optional<MonotonicNs> deadline, yields_until;
      if (wait.lock_timeout_ms != 0) deadline = after(wait.lock_timeout_ms);
      if (waiter.yields) yields_until = after(wait.yield_ms);
      bool is_noted = false;
      while (!dead && !waiter.granted && !timed_out && !stopped_) {
        // Read under the mutex: whoever grants does so under it, and bumps the epoch then.
        uint32_t epoch = token.epoch();
        if (token.is_requested()) break;
        bool queues_next = waiter.yields && (!deadline || *yields_until < *deadline);
        Awake awake = std::exchange(table_->awake, {});
        mutex_.unlock();
        awake.unpark();
        if (!std::exchange(is_noted, true)) note_met(owner, about, blocker);
        bool is_late = !token.sleep(epoch, queues_next ? yields_until : deadline);
        mutex_.lock();
        timed_out = is_late && !queues_next;
        if (!is_late || !queues_next || waiter.granted) continue;
        table_->queue_up(waiter);
        dead = table_->closes_cycle(waiter, members);
      }
      if (waiter.granted) {
        // Who has taken back what we waited for has nothing to do with what comes of it.
        bool is_gone = target.kind == LockTarget::Kind::Write &&
                       status_.latest(target.number).state == WriteStatus::State::Aborted;
        if (is_gone) owner.last_met_.session = 0;
        return {};
      }
      table_->leave(waiter);
    }
    is_stopped = stopped_;
    if (raises) strong_wanted_[counter(target.relation)].fetch_sub(1);
  }
  if (wait.nowait) return refused(about).detail(name_holder(owner, target, mode));
  if (!members.empty()) return deadlock(owner, members);
  if (token.is_requested()) return token.error();
  if (is_stopped) return error_of_stopped_database();
  return Error(sqlstate::lock_not_available, "canceling statement due to lock timeout")
      .detail(name_holder(owner, target, mode));
}

bool LockManager::release(LockOwner& owner, LockTarget target, LockMode mode) {
  TableLock lock(*this);
  auto queue = table_->queues.find(target);
  if (queue == table_->queues.end()) return false;
  auto grant = std::find_if(queue->second.granted.begin(), queue->second.granted.end(),
                            [&](const LockGrant& g) { return g.owner == &owner && g.mode == mode; });
  if (grant == queue->second.granted.end()) return false;
  auto held = std::find_if(owner.held_.rbegin(), owner.held_.rend(),
                           [&](const LockOwner::Held& h) { return h.target == target && h.mode == mode; });
  if (--held->count == 0) owner.held_.erase(std::next(held).base());
  if (--grant->count > 0) return true;
  queue->second.granted.erase(grant);
  if (target.kind == LockTarget::Kind::Relation && meets_weak(mode))
    strong_wanted_[counter(target.relation)].fetch_sub(1);
  table_->grant_waiters(target);
  return true;
}

bool LockManager::holds(LockOwner& owner, LockTarget target, LockMode mode) {
  for (int m = static_cast<int>(mode); m < kLockModes; ++m) {
    auto candidate = static_cast<LockMode>(m);
    if (target.kind == LockTarget::Kind::Relation && is_weak(candidate) &&
        has_weak(owner, target.relation, candidate))
      return true;
  }
  MutexLock lock(mutex_);
  for (int m = static_cast<int>(mode); m < kLockModes; ++m)
    if (table_->holds(owner, target, m)) return true;
  return false;
}

void LockManager::release_held(LockOwner& owner, uint32_t since) {
  std::vector<LockTarget> freed;
  for (size_t i = owner.held_.size(); i-- > 0;) {
    const LockOwner::Held& held = owner.held_[i];
    if (held.level < since) continue;
    LockQueue& queue = table_->queues[held.target];
    auto grant = std::find_if(queue.granted.begin(), queue.granted.end(),
                              [&](const LockGrant& g) { return g.owner == &owner && g.mode == held.mode; });
    ASSERT(grant != queue.granted.end());
    grant->count -= held.count;
    if (grant->count == 0) {
      queue.granted.erase(grant);
      freed.push_back(held.target);
      if (held.target.kind == LockTarget::Kind::Relation && meets_weak(held.mode))
        strong_wanted_[counter(held.target.relation)].fetch_sub(1);
    }
  }
  std::erase_if(owner.held_, [&](const LockOwner::Held& held) { return held.level >= since; });
  for (const LockTarget& target : freed) table_->grant_waiters(target);
  table_->release_rows(owner, since);
}

void LockManager::release_since(LockOwner& owner, uint32_t level) {
  owner.last_met_.session = 0;
  {
    MutexLock lock(owner.weak_mutex_);
    std::erase_if(owner.weak_, [&](const LockOwner::Weak& weak) { return weak.level >= level; });
    if (!owner.used_manager_ && !owner.moved_.load(std::memory_order_relaxed)) return;
  }
  TableLock lock(*this);
  release_held(owner, level);
}

void LockManager::release_all(LockOwner& owner) {
  {
    MutexLock lock(owner.weak_mutex_);
    owner.weak_.clear();
    if (!owner.used_manager_ && !owner.moved_.load(std::memory_order_relaxed)) return;
  }
  TableLock lock(*this);
  release_held(owner, 0);
  owner.used_manager_ = false;
  owner.moved_.store(false, std::memory_order_relaxed);
}

// --- Rows ---

bool LockManager::row_is_free(const LockOwner& owner, RowId row, RowLockMode mode) {
  if (row_locks_[counter(row.page)].load(std::memory_order_acquire) == 0) [[likely]]
    return true;
  MutexLock lock(mutex_);
  return !table_->is_blocked(owner, row_key(row), static_cast<int>(mode));
}

bool LockManager::is_row_locked(RowId row) {
  MutexLock lock(mutex_);
  LockOwner nobody;
  return table_->queues.contains(row_key(row)) ||
         table_->is_blocked(nobody, row_key(row), static_cast<int>(RowLockMode::Update));
}

bool LockManager::try_lock_row(LockOwner& owner, RelationId, RowId row, RowLockMode mode) {
  owner.used_manager_ = true;
  MutexLock lock(mutex_);
  if (!table_->holds(owner, row_key(row), static_cast<int>(mode)) &&
      !table_->may_take(owner, row_key(row), static_cast<int>(mode)))
    return false;
  table_->take_row(owner, row, mode);
  return true;
}

Result<> LockManager::lock_row(LockOwner& owner, RelationId relation, RowId row, RowLockMode mode,
                               const Wait& wait) {
  return take_or_wait(owner, row_key(row), static_cast<int>(mode), LockTarget::row(relation, row), wait);
}

Result<> LockManager::wait_for_write(LockOwner& owner, WriteId id, LockTarget about, const Wait& wait,
                                     std::optional<RowLockMode> turn) {
  ENSURE(status_.status(id).state != WriteStatus::State::Running || status_.status(id).owner != owner.id());
  // First count ourselves, then look: who ends a write changes its status first, then looks for waiters.
  write_waiters_.fetch_add(1);
  Result<> result = take_or_wait(owner, LockTarget::write(id), 0, about, wait, turn);
  write_waiters_.fetch_sub(1);
  return result;
}

void LockManager::writes_ended() {
  if (write_waiters_.load() == 0) return;
  TableLock lock(*this);
  std::vector<LockTarget> targets;
  for (LockWaiter* waiter : table_->waiters)
    if (waiter->target.kind == LockTarget::Kind::Write) targets.push_back(waiter->target);
  for (const LockTarget& target : targets) table_->grant_waiters(target);
}

void LockManager::stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  for (LockWaiter* waiter : table_->waiters) waiter->token->wake();
}

// --- Views; texts: txn/lock_texts.cpp ---

std::vector<LockManager::View> LockManager::list() {
  std::vector<View> views;
  MutexLock lock(mutex_);
  for (LockOwner* owner : table_->owners) {
    {
      MutexLock weak_lock(owner->weak_mutex_);
      for (const LockOwner::Weak& weak : owner->weak_)
        views.push_back(
            {owner->id(), owner->session(), LockTarget::table(weak.relation), name(weak.mode), true, true});
    }
    for (const LockOwner::Held& held : owner->held_)
      views.push_back({owner->id(), owner->session(), held.target, name(held.mode), true, false});
  }
  for (const LockWaiter* waiter : table_->waiters)
    views.push_back({waiter->owner->id(), waiter->owner->session(), waiter->about,
                     LockTable::mode_name(waiter->target, waiter->mode), false, false});
  return views;
}

uint64_t LockManager::waits_begun(uint64_t session) {
  MutexLock lock(mutex_);
  auto found = table_->waits_begun.find(session);
  return found == table_->waits_begun.end() ? 0 : found->second;
}

void LockManager::session_ended(uint64_t session) {
  MutexLock lock(mutex_);
  table_->waits_begun.erase(session);
}

std::vector<uint64_t> LockManager::blockers(uint64_t session) {
  std::vector<uint64_t> found;
  MutexLock lock(mutex_);
  for (const LockWaiter* waiter : table_->waiters) {
    if (waiter->owner->session() != session) continue;
    table_->blocked(*waiter->owner, waiter->target, waiter->mode, [&](LockOwner& holder) {
      if (std::find(found.begin(), found.end(), holder.session()) == found.end())
        found.push_back(holder.session());
      return true;
    });
    for (const LockWaiter* ahead : table_->queues[waiter->target].waiting) {
      if (ahead == waiter) break;
      uint64_t other = ahead->owner->session();
      if (LockTable::waits_behind(*waiter->owner, waiter->target, waiter->mode, *ahead) &&
          std::find(found.begin(), found.end(), other) == found.end())
        found.push_back(other);
    }
  }
  return found;
}

}  // namespace rowan
