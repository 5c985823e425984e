// Deadlock search: a depth-first walk from the wait that just began. An edge to a holder is hard; an edge to
// one who merely stands ahead in a queue is soft and can be undone by letting the waiter pass. Source:
// PostgreSQL's lmgr/README, "The Deadlock Detection Algorithm".
#include <algorithm>

#include "txn/lock_table.h"

namespace rowan {

LockWaiter* LockTable::waiter_of(const LockOwner& owner) const {
  // Whoever publishes a commit gives back its locks a moment later than its session may have gone on.
  if (owner.is_committed_.load(std::memory_order_relaxed)) return nullptr;
  for (LockWaiter* waiter : waiters)
    if (same_side(*waiter->owner, owner)) return waiter;
  return nullptr;
}

// Extends `path` by the edges of a cycle through `start`, if `at` can reach it.
bool LockTable::find_cycle(LockWaiter& at, LockWaiter& start, std::vector<LockWaiter*>& visited,
                           std::vector<Edge>& path) const {
  if (std::find(visited.begin(), visited.end(), &at) != visited.end()) return false;
  visited.push_back(&at);
  auto follow = [&](LockOwner& blocker, LockWaiter* ahead) {
    LockWaiter* next = waiter_of(blocker);
    if (next == nullptr) return false;
    path.push_back({&at, next, &blocker, ahead});
    if (next == &start || find_cycle(*next, start, visited, path)) return true;
    path.pop_back();
    return false;
  };
  bool found = false;
  blocked(*at.owner, at.target, at.mode, [&](LockOwner& holder) {
    found = follow(holder, nullptr);
    return !found;
  });
  if (found) return true;
  const LockQueue& queue = queues.find(at.target)->second;
  for (LockWaiter* ahead : queue.waiting) {
    if (ahead == &at) break;
    if (!waits_behind(*at.owner, at.target, at.mode, *ahead)) continue;
    if (follow(*ahead->owner, ahead)) return true;
  }
  return false;
}

bool LockTable::resolve(LockWaiter& start, int reorders_left, std::vector<LockTarget>& reordered,
                        std::vector<DeadlockMember>& members) {
  // A reordered queue may close a cycle elsewhere, so its waiters are looked at too.
  std::vector<LockWaiter*> suspects{&start};
  for (const LockTarget& target : reordered)
    for (LockWaiter* waiter : queues[target].waiting) suspects.push_back(waiter);
  for (LockWaiter* suspect : suspects) {
    std::vector<LockWaiter*> visited;
    std::vector<Edge> cycle;
    if (!find_cycle(*suspect, *suspect, visited, cycle)) continue;
    // The first cycle found is the one to report, not those of reordered queues.
    if (members.empty()) {
      for (const Edge& edge : cycle)
        members.push_back({edge.waiter->owner->session(), edge.blocker->session(), edge.waiter->target,
                           edge.waiter->about, edge.waiter->mode});
    }
    // The edge farthest from the one who has just begun to wait first: the longer wait ends.
    for (auto at = cycle.rbegin(); at != cycle.rend(); ++at) {
      const Edge& edge = *at;
      if (edge.ahead == nullptr || reorders_left == 0) continue;
      LockTarget target = edge.waiter->target;
      std::vector<LockWaiter*>& waiting = queues[target].waiting;
      std::vector<LockWaiter*> before = waiting;
      std::erase(waiting, edge.waiter);
      waiting.insert(std::find(waiting.begin(), waiting.end(), edge.ahead), edge.waiter);
      reordered.push_back(target);
      if (resolve(start, reorders_left - 1, reordered, members)) return true;
      reordered.pop_back();
      queues[target].waiting = std::move(before);
    }
    return false;
  }
  return true;
}

bool LockTable::closes_cycle(LockWaiter& waiter, std::vector<DeadlockMember>& members) {
  constexpr int kReorders = 8;  // nested; a bound on the search, not on the queues
  std::vector<LockTarget> reordered;
  if (!resolve(waiter, kReorders, reordered, members)) return true;
  members.clear();
  for (const LockTarget& target : reordered) grant_waiters(target);
  return false;
}

}  // namespace rowan
