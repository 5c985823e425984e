#include "storage/file/clock.h"

#include <sys/random.h>
#include <time.h>

#include <cstring>

namespace rowan {

MonotonicNs SystemClock::now_ns() {
  return monotonic_now_ns();
}

int64_t SystemClock::wall_microseconds() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

uint64_t SystemRandom::next() {
  uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) {
    // Only before the kernel's pool is ready; ids need to differ, not to be secret.
    bits = static_cast<uint64_t>(monotonic_now_ns()) * 0x9e3779b97f4a7c15ULL;
  }
  return bits;
}

}  // namespace rowan
