#include "types/budget.h"

#include <string>

namespace rowan {

bool Budget::try_reserve(size_t bytes) {
  size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit_ || used > limit_ - bytes) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  if (parent_ != nullptr && !parent_->try_reserve(bytes)) {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  size_t now = used + bytes;
  size_t peak = peak_.load(std::memory_order_relaxed);
  while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
  return true;
}

Result<> Budget::reserve(size_t bytes) {
  if (try_reserve(bytes)) return {};
  return Error(sqlstate::out_of_memory, "out of memory")
      .detail("Failed on request of size " + std::to_string(bytes) + " with " + std::to_string(used()) +
              " of " + std::to_string(limit_) + " bytes in use.");
}

void Budget::release(size_t bytes) {
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  if (parent_ != nullptr) parent_->release(bytes);
}

}  // namespace rowan
