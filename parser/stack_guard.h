// parser/stack_guard.h: how deep recursion may go, by the stack that this thread really has: a host may run
// us on a thread of 256 kB. The first levels are free; only then is the system asked where the stack ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include "types/result.h"

namespace rowan {

class StackGuard {
 public:
  // Counts one level while it lives.
  class Level {
   public:
    explicit Level(StackGuard& guard) : guard_(guard) { guard_.depth_++; }
    ~Level() { guard_.depth_--; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    StackGuard& guard_;
  };

  // Errors: 54001 with less than kReserve of stack left.
  Result<> check() {
    if (depth_ < kFreeLevels) [[likely]]
      return {};
    return check_stack();
  }

 private:
  static constexpr size_t kFreeLevels = 32;
  static constexpr size_t kReserve = 96 * 1024;  // for what does not recurse: a sanitizer's frames are large

  Result<> check_stack();

  size_t depth_ = 0;
  uintptr_t limit_ = 0;  // the lowest address to use; 0: not asked yet
};

}  // namespace rowan
