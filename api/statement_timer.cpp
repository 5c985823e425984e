#include "api/statement_timer.h"

#include <optional>

#include "api/own_thread.h"

namespace rowan {

StatementTimer::~StatementTimer() {
  {
    MutexLock lock(mutex_);
    leaving_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void StatementTimer::arm(const std::shared_ptr<CancelToken>& token, uint32_t timeout_ms) {
  MonotonicNs when = monotonic_now_ns() + MonotonicNs{timeout_ms} * 1'000'000;
  MutexLock lock(mutex_);
  if (!thread_.joinable()) thread_ = start_own_thread([this] { work(); });
  bool is_next = alarms_.empty() || when < alarms_.begin()->first;
  alarms_.emplace(when, token);
  if (is_next) changed_.notify_all();
}

void StatementTimer::disarm(const CancelToken& token) {
  MutexLock lock(mutex_);
  std::erase_if(alarms_, [&](const auto& alarm) { return alarm.second.get() == &token; });
}

void StatementTimer::work() {
  MutexLock lock(mutex_);
  while (!leaving_) {
    if (alarms_.empty()) {
      changed_.wait(mutex_);
    } else if (alarms_.begin()->first > monotonic_now_ns()) {
      changed_.wait(mutex_, alarms_.begin()->first);
    } else {
      alarms_.begin()->second->request(CancelToken::Reason::StatementTimeout);
      alarms_.erase(alarms_.begin());
    }
  }
}

}  // namespace rowan
