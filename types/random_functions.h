// types/random_functions.h: the session's random numbers, for random() and setseed(): xoroshiro128**
// (Blackman and Vigna 2018), PostgreSQL 15's generator, so that equal seeds give equal rows.
#pragma once

#include <cstdint>

namespace rowan {

struct RandomState {
  uint64_t words[2] = {0x5555555555555555, 0xaaaaaaaaaaaaaaaa};
  bool is_seeded = false;  // by setseed(), or at first use from the clock

  void seed(double value);  // -1 … 1, as setseed() takes it
  void seed_bits(uint64_t bits);
  uint64_t next();
  double next_double();  // 0 … 1, 1 excluded
};

}  // namespace rowan
