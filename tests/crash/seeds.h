// seeds.h: how long a crash test goes on: a few seeds in `make test`, as many as ROWAN_SEEDS says in
// `make torture`.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace rowan {

// Where each look takes ten times as long, fewer will do.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr uint64_t kSanitizerShare = 4;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr uint64_t kSanitizerShare = 4;
#else
inline constexpr uint64_t kSanitizerShare = 1;
#endif
#else
inline constexpr uint64_t kSanitizerShare = 1;
#endif

inline uint64_t seeds_wanted(uint64_t few) {
  const char* given = std::getenv("ROWAN_SEEDS");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : few;
}

}  // namespace rowan
