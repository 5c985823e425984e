// types/check.h: for faults that are ours.
//   ASSERT(condition)          debug builds: what nearby code guarantees
//   ENSURE(condition)          always: where parts meet; returns XX000 from the calling function, which
//   returns a Result
#pragma once

#include "types/result.h"

namespace rowan::detail {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
Error ensure_failed(const char* condition, const char* file, int line);
}  // namespace rowan::detail

#ifdef NDEBUG
#define ASSERT(condition) ((void)sizeof(!(condition)))
#else
#define ASSERT(condition) \
  ((condition) ? (void)0 : ::rowan::detail::assertion_failed(#condition, __FILE__, __LINE__))
#endif

#define ENSURE(condition)                                                    \
  do {                                                                       \
    if (!(condition)) [[unlikely]]                                           \
      return ::rowan::detail::ensure_failed(#condition, __FILE__, __LINE__); \
  } while (false)
