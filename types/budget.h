// types/budget.h: memory accounts. An operator asks before it takes more than a few kilobytes and spills, or
// fails with 53200, when refused. Accounts form a tree (statement, session, database): a child's bytes are
// its parent's too.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "types/result.h"

namespace rowan {

class Budget {
 public:
  // At most `limit_bytes` at a time, and no more than `parent` (nullptr: none) lets through.
  explicit Budget(size_t limit_bytes, Budget* parent = nullptr) : limit_(limit_bytes), parent_(parent) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  // Takes `bytes` from the account; false when they are not there. Thread-safe, never blocks.
  bool try_reserve(size_t bytes);
  // The same, as an Error. Errors: 53200 with the limit in its detail.
  Result<> reserve(size_t bytes);
  void release(size_t bytes);

  size_t used() const { return used_.load(std::memory_order_relaxed); }
  size_t peak() const { return peak_.load(std::memory_order_relaxed); }
  size_t limit() const { return limit_; }

 private:
  const size_t limit_;
  Budget* const parent_;
  std::atomic<size_t> used_{0};  // no partner: a count
  std::atomic<size_t> peak_{0};
};

}  // namespace rowan
