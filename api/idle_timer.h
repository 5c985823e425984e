// api/idle_timer.h: idle_in_transaction_session_timeout: one thread, begun by the first session that has one,
// ends the transactions of sessions that have been idle inside them for too long.
#pragma once

#include <cstdint>
#include <map>
#include <thread>

#include "types/mutex.h"
#include "types/sync.h"

namespace rowan {

class SessionCore;

class IdleTimer {
 public:
  IdleTimer() = default;
  ~IdleTimer();
  IdleTimer(const IdleTimer&) = delete;
  IdleTimer& operator=(const IdleTimer&) = delete;

  // Calls `session`'s end_idle_transaction() in `timeout_ms`, unless it is disarmed before. Thread-safe.
  void arm(SessionCore& session, uint32_t timeout_ms) EXCLUDES(mutex_);
  // Thread-safe. Its time may have come just now.
  void disarm(SessionCore& session) EXCLUDES(mutex_);
  // The session goes and arms it no more: waits until it is not being called, nor will be.
  void forget(SessionCore& session) EXCLUDES(mutex_);

 private:
  void work() EXCLUDES(mutex_);

  Mutex mutex_{LockRank::Session};
  CondVar changed_, called_;
  std::multimap<MonotonicNs, SessionCore*> alarms_ GUARDED_BY(mutex_);
  SessionCore* calling_ GUARDED_BY(mutex_) = nullptr;
  bool leaving_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // started once, under mutex_; joined by the destructor
};

}  // namespace rowan
