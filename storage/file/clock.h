// storage/file/clock.h: time and chance, as interfaces: a test that replays a seed replays these too.
#pragma once

#include <cstdint>

#include "types/sync.h"

namespace rowan {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicNs now_ns() = 0;         // for measuring spans
  virtual int64_t wall_microseconds() = 0;  // since 1970-01-01 UTC
};

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t next() = 0;  // 64 random bits. Thread-safe
};

class SystemClock final : public Clock {
 public:
  MonotonicNs now_ns() override;
  int64_t wall_microseconds() override;
};

class SystemRandom final : public Random {
 public:
  uint64_t next() override;
};

}  // namespace rowan
