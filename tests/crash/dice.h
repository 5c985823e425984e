// dice.h: time that stands still and chance that follows from a seed.
#pragma once

#include <cstdint>

#include "storage/file/clock.h"

namespace rowan {

class FixedClock final : public Clock {
 public:
  MonotonicNs now_ns() override { return ++now_; }
  int64_t wall_microseconds() override { return 0; }

 private:
  MonotonicNs now_ = 0;
};

class Dice final : public Random {
 public:
  explicit Dice(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 99) {}
  uint64_t next() override {
    state_ += 0x9e3779b97f4a7c15ULL;
    uint64_t bits = (state_ ^ (state_ >> 30)) * 0xbf58476d1ce4e5b9ULL;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
    return bits ^ (bits >> 31);
  }
  uint64_t below(uint64_t limit) { return next() % limit; }

 private:
  uint64_t state_;
};

}  // namespace rowan
