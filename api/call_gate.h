// api/call_gate.h: one call at a time is inside a session. A second one, from another thread or from a
// callback of the first, is refused instead of let in; only close() waits for its turn, and calls wait for
// what the session does by itself between them. Two uncontended atomic exchanges a call; reading rows of a
// batch that is there does not come through here.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "types/sync.h"

namespace rowan {

class CallGate {
 public:
  // For a call. False: another one is inside.
  bool try_enter() {
    uint32_t inside = try_take(1);
    if (inside == 3) enter_waiting();
    return inside == 0 || inside == 3;
  }
  // For work of the session's own that comes between calls: whoever calls meanwhile waits for its end. False:
  // somebody is inside.
  bool try_enter_between_calls() { return try_take(3) == 0; }
  // Sleeps while somebody is inside.
  void enter_waiting() {
    while (word_.exchange(2, std::memory_order_acquire) != 0) sync::park(word_, 2);
    owner_.store(self(), std::memory_order_relaxed);
  }
  void leave() {
    owner_.store(0, std::memory_order_relaxed);
    if (word_.exchange(0, std::memory_order_release) == 2) sync::unpark(word_, 1);
  }
  // Is it this thread that is inside?
  bool is_mine() const { return owner_.load(std::memory_order_relaxed) == self(); }

  // Waits to enter, and leaves at its end: work of no statement, for which close() waits too.
  class Inside {
   public:
    explicit Inside(CallGate& gate) : gate_(gate) { gate_.enter_waiting(); }
    ~Inside() { gate_.leave(); }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    CallGate& gate_;
  };

 private:
  // What the word was: 0, it is ours.
  uint32_t try_take(uint32_t as) {
    uint32_t was = 0;
    if (word_.compare_exchange_strong(was, as, std::memory_order_acquire))
      owner_.store(self(), std::memory_order_relaxed);
    return was;
  }
  static uint64_t self() { return static_cast<uint64_t>(pthread_self()); }

  // 0 nobody, 1 a call, 2 somebody, and perhaps somebody waits, 3 the session itself: partner of itself.
  std::atomic<uint32_t> word_{0};
  std::atomic<uint64_t> owner_{0};  // of whoever is inside; exact only when compared with oneself
};

}  // namespace rowan
