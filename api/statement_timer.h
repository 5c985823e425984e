// api/statement_timer.h: statement_timeout: one thread, begun by the first statement that has one, asks those
// statements to stop whose time is over. A token belongs to one statement, so an alarm that comes late does
// nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <thread>

#include "types/cancel.h"
#include "types/mutex.h"

namespace rowan {

class StatementTimer {
 public:
  StatementTimer() = default;
  ~StatementTimer();
  StatementTimer(const StatementTimer&) = delete;
  StatementTimer& operator=(const StatementTimer&) = delete;

  // Asks `token`'s statement to stop (57014) once `timeout_ms` from now have passed. Thread-safe.
  void arm(const std::shared_ptr<CancelToken>& token, uint32_t timeout_ms) EXCLUDES(mutex_);
  // The statement has ended: forgets its alarm. Thread-safe.
  void disarm(const CancelToken& token) EXCLUDES(mutex_);

 private:
  void work() EXCLUDES(mutex_);

  Mutex mutex_{LockRank::Leaf};
  CondVar changed_;
  std::multimap<MonotonicNs, std::shared_ptr<CancelToken>> alarms_ GUARDED_BY(mutex_);
  bool leaving_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // started once, under mutex_; joined by the destructor
};

}  // namespace rowan
