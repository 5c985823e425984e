#include "parser/stack_guard.h"

#include <pthread.h>

namespace rowan {

namespace {

// The lowest address of this thread's stack; 0 when the system does not say.
uintptr_t stack_bottom() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  void* bottom = nullptr;
  size_t size = 0;
  bool is_known = pthread_attr_getstack(&attributes, &bottom, &size) == 0;
  pthread_attr_destroy(&attributes);
  return is_known ? reinterpret_cast<uintptr_t>(bottom) : 0;
}

}  // namespace

Result<> StackGuard::check_stack() {
  // Not the address of a local: under AddressSanitizer that may lie elsewhere.
  auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if (limit_ == 0) {
    uintptr_t bottom = stack_bottom();
    constexpr uintptr_t kAssumed = 256 * 1024;
    // An unlimited stack says nothing of use; neither does one that is larger than anybody would touch.
    constexpr uintptr_t kMost = 64 * 1024 * 1024;
    if (bottom == 0) bottom = here > kAssumed ? here - kAssumed : 1;
    if (here - bottom > kMost) bottom = here - kMost;
    limit_ = bottom + kReserve;
  }
  if (here > limit_) return {};
  return Error(sqlstate::statement_too_complex, "stack depth limit exceeded")
      .hint("Nest the statement less deeply, or run it on a thread with a larger stack.");
}

}  // namespace rowan
