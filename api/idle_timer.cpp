#include "api/idle_timer.h"

#include <new>

#include "api/own_thread.h"
#include "api/session_core.h"

namespace rowan {

IdleTimer::~IdleTimer() {
  {
    MutexLock lock(mutex_);
    leaving_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void IdleTimer::arm(SessionCore& session, uint32_t timeout_ms) {
  MonotonicNs when = monotonic_now_ns() + MonotonicNs{timeout_ms} * 1'000'000;
  MutexLock lock(mutex_);
  if (!thread_.joinable()) thread_ = start_own_thread([this] { work(); });
  bool is_next = alarms_.empty() || when < alarms_.begin()->first;
  alarms_.emplace(when, &session);
  if (is_next) changed_.notify_all();
}

void IdleTimer::disarm(SessionCore& session) {
  MutexLock lock(mutex_);
  std::erase_if(alarms_, [&](const auto& alarm) { return alarm.second == &session; });
}

void IdleTimer::forget(SessionCore& session) {
  MutexLock lock(mutex_);
  while (calling_ == &session) called_.wait(mutex_);  // the call may arm it again
  std::erase_if(alarms_, [&](const auto& alarm) { return alarm.second == &session; });
}

void IdleTimer::work() {
  MutexLock lock(mutex_);
  while (!leaving_) {
    if (alarms_.empty()) {
      changed_.wait(mutex_);
    } else if (alarms_.begin()->first > monotonic_now_ns()) {
      changed_.wait(mutex_, alarms_.begin()->first);
    } else {
      SessionCore* session = calling_ = alarms_.begin()->second;
      alarms_.erase(alarms_.begin());
      mutex_.unlock();
      try {
        session->end_idle_transaction();
      } catch (const std::bad_alloc&) {  // the locks are free; the rest is left to whoever comes next
      }
      mutex_.lock();
      calling_ = nullptr;
      called_.notify_all();
    }
  }
}

}  // namespace rowan
