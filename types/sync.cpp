#include "types/sync.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

namespace rowan {

MonotonicNs monotonic_now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return MonotonicNs{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

namespace sync {
namespace {

// The seam for tests, empty in every program that users run.
std::atomic<Scheduler*> installed{nullptr};

uint32_t* address(const std::atomic<uint32_t>& word) {
  static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t));
  return reinterpret_cast<uint32_t*>(const_cast<std::atomic<uint32_t>*>(&word));
}

}  // namespace

bool park(const std::atomic<uint32_t>& word, uint32_t expected, std::optional<MonotonicNs> deadline) {
  if (Scheduler* scheduler = installed.load(std::memory_order_acquire))
    return scheduler->park(word, expected, deadline);
  timespec until;
  if (deadline) {
    MonotonicNs moment = *deadline > 0 ? *deadline : 0;
    until.tv_sec = static_cast<time_t>(moment / 1'000'000'000);
    until.tv_nsec = static_cast<long>(moment % 1'000'000'000);
  }
  // WAIT_BITSET takes an absolute moment of CLOCK_MONOTONIC; plain WAIT would take a span.
  long code = syscall(SYS_futex, address(word), FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                      deadline ? &until : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  return !(code == -1 && errno == ETIMEDOUT);
}

void unpark(const std::atomic<uint32_t>& word, int count) {
  if (Scheduler* scheduler = installed.load(std::memory_order_acquire)) return scheduler->unpark(word, count);
  syscall(SYS_futex, address(word), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, nullptr, nullptr, 0);
}

void install(Scheduler* scheduler) {
  installed.store(scheduler, std::memory_order_release);
}

void step() {
  if (Scheduler* scheduler = installed.load(std::memory_order_relaxed)) scheduler->step();
}

}  // namespace sync
}  // namespace rowan
