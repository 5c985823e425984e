// storage/pool/page_word.h: one 64-bit word a page number: which frame holds the page, who has it latched,
// and whether the disk knows what the frame knows.
//
//    63        46 45      44     43       42       41    40   39    24 23      0
//   | version    | used  | inner| writing| waiters| writer| dirty | latch | frame + 1 |
//
// latch: the number of shared holders, or kExclusive. version changes with every release of an exclusive
// latch.
#pragma once

#include <atomic>
#include <cstdint>

namespace rowan::page_word {

inline constexpr uint64_t kFrameMask = 0xffffff;  // 0: not in the pool
inline constexpr int kLatchShift = 24;
inline constexpr uint64_t kLatchOne = uint64_t{1} << kLatchShift;
inline constexpr uint64_t kLatchMask = uint64_t{0xffff} << kLatchShift;
inline constexpr uint64_t kExclusive = kLatchMask;
inline constexpr uint64_t kSharedMax = kLatchMask - 2 * kLatchOne;
inline constexpr uint64_t kDirty = uint64_t{1} << 40;  // the frame is ahead of the disk
inline constexpr uint64_t kWriter = uint64_t{1}
                                    << 41;  // somebody waits for the exclusive latch: readers let it pass
inline constexpr uint64_t kWaiters = uint64_t{1} << 42;  // somebody is parked
inline constexpr uint64_t kWriting = uint64_t{1} << 43;  // on its way to the disk: may change, may not leave
inline constexpr uint64_t kInner = uint64_t{1} << 44;    // bytes never change in place; leaves by an epoch
inline constexpr uint64_t kUsed = uint64_t{1} << 45;     // since the clock's hand last passed
inline constexpr int kVersionShift = 46;
inline constexpr uint64_t kVersionOne = uint64_t{1} << kVersionShift;

inline uint64_t frame_of(uint64_t word) {
  return word & kFrameMask;
}
inline uint64_t latch_of(uint64_t word) {
  return word & kLatchMask;
}
inline bool is_exclusive(uint64_t word) {
  return latch_of(word) == kExclusive;
}

}  // namespace rowan::page_word
