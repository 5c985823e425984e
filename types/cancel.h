// types/cancel.h: how a statement is told to stop, also while it sleeps. A token belongs to one statement;
// whoever may cancel it shares ownership, so a late request hits a finished statement and does nothing.
// Sleepers park on the token itself, so one word serves both "you have what you waited for" and "give up".
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "types/result.h"
#include "types/sync.h"

namespace rowan {

class CancelToken {
 public:
  enum class Reason : uint32_t { None, UserRequest, StatementTimeout, Shutdown };

  CancelToken() = default;
  CancelToken(const CancelToken&) = delete;
  CancelToken& operator=(const CancelToken&) = delete;

  // Asks the statement to stop and wakes it if it sleeps. The first reason stays. Thread-safe,
  // async-signal-safe.
  void request(Reason reason) {
    uint32_t none = 0;
    reason_.compare_exchange_strong(none, static_cast<uint32_t>(reason));
    wake();
  }
  // Makes the token good for the next statement. Only while nothing sleeps on it.
  void reset() { reason_.store(0); }

  Reason reason() const { return static_cast<Reason>(reason_.load(std::memory_order_relaxed)); }
  bool is_requested() const { return reason() != Reason::None; }
  // Errors: 57014 (57P01 for Shutdown) when a stop was asked for. One relaxed load otherwise: call it once a
  // batch.
  Result<> check() const {
    if (!is_requested()) [[likely]]
      return {};
    return error();
  }
  // The error that check() gives; only when requested.
  Error error() const;

  // Sleeping: read epoch(), look whether there is anything to wait for (and at is_requested()), then sleep().
  // A wake() after epoch() was read is never lost. False: the deadline passed. May wake for no reason.
  uint32_t epoch() const { return epoch_.load(); }
  bool sleep(uint32_t epoch, std::optional<MonotonicNs> deadline) {
    return sync::park(epoch_, epoch, deadline);
  }
  void wake() { sync::unpark(announce(), sync::kAll); }
  // The first half of wake(), for who holds a mutex that the sleeper would wait for: the word that it returns
  // is to be unparked once the mutex is free. The token may be gone by then.
  const std::atomic<uint32_t>& announce() {
    epoch_.fetch_add(1);
    return epoch_;
  }

 private:
  std::atomic<uint32_t> reason_{0};  // partner: epoch_, bumped after it is set
  std::atomic<uint32_t> epoch_{0};
};

}  // namespace rowan
