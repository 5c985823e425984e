#include "txn/lock_table.h"

#include <algorithm>

namespace rowan {

bool LockTable::modes_conflict(LockTarget::Kind kind, int held, int wanted) {
  if (kind == LockTarget::Kind::Write) return false;  // any number may wait for one end
  if (kind == LockTarget::Kind::Row)
    return conflicts(static_cast<RowLockMode>(held), static_cast<RowLockMode>(wanted));
  return conflicts(static_cast<LockMode>(held), static_cast<LockMode>(wanted));
}

std::string_view LockTable::mode_name(const LockTarget& target, int mode) {
  if (target.kind == LockTarget::Kind::Write) return "ShareLock";
  // PostgreSQL's names for the locks that queue for a row.
  constexpr std::string_view kRowNames[] = {"AccessShareLock", "RowShareLock", "ExclusiveLock",
                                            "AccessExclusiveLock"};
  if (target.kind == LockTarget::Kind::Row) return kRowNames[mode];
  return name(static_cast<LockMode>(mode));
}

bool LockTable::blocked(const LockOwner& owner, const LockTarget& target, int mode,
                        const std::function<bool(LockOwner&)>& each) const {
  bool found = false;
  if (target.kind == LockTarget::Kind::Write) {
    WriteStatus now = status.latest(target.number);
    if (now.state != WriteStatus::State::Running) return false;
    for (LockOwner* other : owners) {
      if (now.owner != 0 && other->id() == now.owner) {
        each(*other);
        break;
      }
    }
    return true;
  }
  if (target.kind == LockTarget::Kind::Row) {
    RowId row = RowId::unpack(target.number);
    auto page = row_locks.find(row.page);
    if (page == row_locks.end()) return false;
    for (const RowLocks& entry : page->second) {
      size_t word = row.slot / 64;
      if (word >= entry.slots.size() || (entry.slots[word] >> row.slot % 64 & 1) == 0) continue;
      if (same_side(*entry.owner, owner) || !conflicts(entry.mode, static_cast<RowLockMode>(mode))) continue;
      if (waits_in_turn(*entry.owner, entry.mode, target, owner)) continue;
      found = true;
      if (!each(*entry.owner)) return true;
    }
    return found;
  }
  auto queue = queues.find(target);
  if (queue == queues.end()) return false;
  for (const LockGrant& grant : queue->second.granted) {
    if (same_side(*grant.owner, owner) || !conflicts(grant.mode, static_cast<LockMode>(mode))) continue;
    found = true;
    if (!each(*grant.owner)) return true;
  }
  return found;
}

uint64_t LockTable::first_in_the_way(const LockOwner& owner, const LockTarget& target, int mode) const {
  uint64_t session = 0;
  blocked(owner, target, mode, [&](LockOwner& holder) {
    session = holder.session();
    return false;
  });
  auto queue = queues.find(target);
  if (session != 0 || queue == queues.end()) return session;
  auto ahead = std::find_if(queue->second.waiting.begin(), queue->second.waiting.end(),
                            [&](const LockWaiter* w) { return waits_behind(owner, target, mode, *w); });
  return ahead != queue->second.waiting.end() ? (*ahead)->owner->session() : 0;
}

bool LockTable::waits_in_turn(const LockOwner& holder, RowLockMode mode, const LockTarget& row,
                              const LockOwner& owner) const {
  const LockWaiter* waiter = waiter_of(holder);
  if (waiter == nullptr || waiter->target.kind != LockTarget::Kind::Write || waiter->turn != mode ||
      waiter->about.number != row.number)
    return false;
  WriteStatus now = status.latest(waiter->target.number);
  return now.state == WriteStatus::State::Running && now.owner != 0 && now.owner == owner.id();
}

size_t LockTable::place_in_queue(const LockOwner& owner, const LockTarget& target,
                                 const LockQueue& queue) const {
  for (size_t i = 0; i < queue.waiting.size(); ++i) {
    const LockWaiter& other = *queue.waiting[i];
    bool waits_for_us = false;
    blocked(*other.owner, target, other.mode, [&](LockOwner& holder) {
      waits_for_us = same_side(holder, owner);
      return !waits_for_us;
    });
    if (waits_for_us) return i;
  }
  return queue.waiting.size();
}

bool LockTable::may_take(const LockOwner& owner, const LockTarget& target, int mode) const {
  if (is_blocked(owner, target, mode)) return false;
  auto queue = queues.find(target);
  if (queue == queues.end()) return true;
  size_t place = place_in_queue(owner, target, queue->second);
  for (size_t i = 0; i < place; ++i) {
    if (waits_behind(owner, target, mode, *queue->second.waiting[i])) return false;
  }
  return true;
}

bool LockTable::holds(const LockOwner& owner, const LockTarget& target, int mode) const {
  if (target.kind == LockTarget::Kind::Row) {
    RowId row = RowId::unpack(target.number);
    auto page = row_locks.find(row.page);
    if (page == row_locks.end()) return false;
    return std::any_of(page->second.begin(), page->second.end(), [&](const RowLocks& entry) {
      size_t word = row.slot / 64;
      return entry.owner == &owner && static_cast<int>(entry.mode) >= mode && word < entry.slots.size() &&
             (entry.slots[word] >> row.slot % 64 & 1) != 0;
    });
  }
  auto queue = queues.find(target);
  if (queue == queues.end()) return false;
  return std::any_of(queue->second.granted.begin(), queue->second.granted.end(), [&](const LockGrant& grant) {
    return grant.owner == &owner && grant.mode == static_cast<LockMode>(mode);
  });
}

void LockTable::add_grant(LockOwner& owner, const LockTarget& target, LockMode mode, uint32_t level) {
  LockQueue& queue = queues[target];
  bool counts = target.kind == LockTarget::Kind::Advisory || target.kind == LockTarget::Kind::Object;
  for (LockGrant& grant : queue.granted) {
    if (grant.owner != &owner || grant.mode != mode) continue;
    if (!counts) return;
    ++grant.count;
    auto held = std::find_if(owner.held_.rbegin(), owner.held_.rend(), [&](const LockOwner::Held& h) {
      return h.target == target && h.mode == mode && h.level == level;
    });
    if (held != owner.held_.rend())
      ++held->count;
    else
      owner.held_.push_back({target, mode, level, 1});
    return;
  }
  owner.held_.push_back({target, mode, level, 1});
  queue.granted.push_back({&owner, mode, 1});
}

void LockTable::take(LockOwner& owner, const LockTarget& target, int mode) {
  switch (target.kind) {
    case LockTarget::Kind::Write:
      return;
    case LockTarget::Kind::Row:
      return take_row(owner, RowId::unpack(target.number), static_cast<RowLockMode>(mode));
    case LockTarget::Kind::Relation:
    case LockTarget::Kind::Advisory:
    case LockTarget::Kind::Object:
      return add_grant(owner, target, static_cast<LockMode>(mode), owner.level_);
  }
}

void LockTable::take_row(LockOwner& owner, RowId row, RowLockMode mode) {
  LockTarget target = LockTarget::row(kNoRelation, row);
  if (holds(owner, target, static_cast<int>(mode))) return;
  std::vector<RowLocks>& entries = row_locks[row.page];
  auto entry = std::find_if(entries.begin(), entries.end(), [&](const RowLocks& e) {
    return e.owner == &owner && e.mode == mode && e.level == owner.level_;
  });
  if (entry == entries.end()) {
    owner.pages_.push_back(row.page);
    entry = entries.insert(entries.end(), RowLocks{&owner, mode, owner.level_, {}});
    count_rows(row.page, +1);
  }
  if (entry->slots.size() <= row.slot / 64u) entry->slots.resize(row.slot / 64 + 1);
  entry->slots[row.slot / 64] |= uint64_t{1} << row.slot % 64;
}

void LockTable::release_rows(LockOwner& owner, uint32_t since) {
  if (owner.pages_.empty()) return;
  for (PageNo page_no : owner.pages_) {
    auto page = row_locks.find(page_no);
    if (page == row_locks.end()) continue;
    size_t before = page->second.size();
    std::erase_if(page->second, [&](const RowLocks& e) { return e.owner == &owner && e.level >= since; });
    if (page->second.size() != before)
      count_rows(page_no, static_cast<int>(page->second.size()) - static_cast<int>(before));
    if (page->second.empty()) row_locks.erase(page);
  }
  std::erase_if(owner.pages_, [&](PageNo page_no) {
    auto page = row_locks.find(page_no);
    return page == row_locks.end() || std::none_of(page->second.begin(), page->second.end(),
                                                   [&](const RowLocks& e) { return e.owner == &owner; });
  });
  std::vector<LockTarget> rows;
  for (LockWaiter* waiter : waiters)
    if (waiter->target.kind == LockTarget::Kind::Row) rows.push_back(waiter->target);
  for (const LockTarget& row : rows) grant_waiters(row);
}

void LockTable::grant_waiters(const LockTarget& target) {
  auto found = queues.find(target);
  if (found == queues.end()) return;
  for (size_t i = 0; i < found->second.waiting.size();) {
    LockWaiter& waiter = *found->second.waiting[i];
    bool stays = is_blocked(*waiter.owner, target, waiter.mode);
    for (size_t ahead = 0; ahead < i && !stays; ++ahead) {
      stays = waits_behind(*waiter.owner, target, waiter.mode, *found->second.waiting[ahead]);
    }
    if (stays) {
      ++i;
      continue;
    }
    take(*waiter.owner, target, waiter.mode);
    found = queues.find(target);
    found->second.waiting.erase(found->second.waiting.begin() + static_cast<ptrdiff_t>(i));
    waiters.erase(std::find(waiters.begin(), waiters.end(), &waiter));
    waiter.granted = true;
    awake.add(waiter.token->announce());
  }
  if (found->second.waiting.empty() && found->second.granted.empty()) queues.erase(found);
}

void LockTable::enqueue(LockWaiter& waiter) {
  LockQueue& queue = queues[waiter.target];
  size_t place = place_in_queue(*waiter.owner, waiter.target, queue);
  waiters.push_back(&waiter);
  queue.waiting.insert(queue.waiting.begin() + static_cast<ptrdiff_t>(place), &waiter);
  // The writer itself may have queued behind this turn.
  if (waiter.turn) grant_waiters(LockTarget::row(kNoRelation, RowId::unpack(waiter.about.number)));
}

void LockTable::queue_up(LockWaiter& waiter) {
  waiter.yields = false;
  LockQueue& queue = queues[waiter.target];
  std::erase(queue.waiting, &waiter);
  size_t place = place_in_queue(*waiter.owner, waiter.target, queue);
  queue.waiting.insert(queue.waiting.begin() + static_cast<ptrdiff_t>(place), &waiter);
}

void LockTable::leave(LockWaiter& waiter) {
  waiters.erase(std::find(waiters.begin(), waiters.end(), &waiter));
  std::erase(queues[waiter.target].waiting, &waiter);
  grant_waiters(waiter.target);
}

}  // namespace rowan
