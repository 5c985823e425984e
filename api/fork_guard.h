// api/fork_guard.h: is this still the process that opened the database? After fork() a child has copies of
// the handles, but neither the threads nor the pool's memory, and it shares the lock on the file: every use
// must be an error there, and closing must do nothing (hazard 42). The kernel answers: a page that it wipes
// in children.
#pragma once

#include <atomic>

namespace rowan {

class ForkGuard {
 public:
  ForkGuard();
  ~ForkGuard();
  ForkGuard(const ForkGuard&) = delete;
  ForkGuard& operator=(const ForkGuard&) = delete;

  // One load. Thread-safe.
  bool is_child() const { return mark_->load(std::memory_order_relaxed) == 0; }

 private:
  std::atomic<int>* mark_;
  std::atomic<int> unguarded_{1};  // where the kernel refuses: nothing is noticed
};

}  // namespace rowan
