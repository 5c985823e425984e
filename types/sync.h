// types/sync.h: the one place where a thread of Rowan sleeps and is woken. Mutexes, condition variables and
// page latches are words that threads park on; so a test can put its own scheduler behind them and replay an
// interleaving from a seed (hazards, S4; reliability programme 4.10).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace rowan {

// A moment of CLOCK_MONOTONIC in nanoseconds.
using MonotonicNs = int64_t;
MonotonicNs monotonic_now_ns();

namespace sync {

// Sleeps while `word` holds `expected`, until woken or `deadline` (nullopt: for ever). May return early for
// no reason, as futex(2) does: the caller looks again. Returns false when the deadline passed. Thread-safe.
bool park(const std::atomic<uint32_t>& word, uint32_t expected,
          std::optional<MonotonicNs> deadline = std::nullopt);

// Wakes at most `count` threads parked on `word`, of which only the address is looked at: it may be gone.
// Thread-safe.
void unpark(const std::atomic<uint32_t>& word, int count);
inline constexpr int kAll = 0x7fffffff;

// A test's scheduler: told before each park and at each step that may change an outcome.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  virtual bool park(const std::atomic<uint32_t>& word, uint32_t expected,
                    std::optional<MonotonicNs> deadline) = 0;
  virtual void unpark(const std::atomic<uint32_t>& word, int count) = 0;
  virtual void step() = 0;
};

// Puts `scheduler` behind every park of this process (nullptr: the kernel's futex again). For tests, while no
// thread of a database is running.
void install(Scheduler* scheduler);

// A place where a test may switch threads; free when no scheduler is installed.
void step();

}  // namespace sync
}  // namespace rowan
