#include "txn/lock_modes.h"

#include <array>

namespace rowan {
namespace {

using Mask = uint8_t;
constexpr Mask bit(LockMode mode) {
  return static_cast<Mask>(1u << static_cast<unsigned>(mode));
}

constexpr Mask kAllModes = 0xff;
constexpr Mask kStrongFour = bit(LockMode::Share) | bit(LockMode::ShareRowExclusive) |
                             bit(LockMode::Exclusive) | bit(LockMode::AccessExclusive);

// What each mode excludes.
constexpr std::array<Mask, kLockModes> kConflicts = {
    bit(LockMode::AccessExclusive),
    bit(LockMode::Exclusive) | bit(LockMode::AccessExclusive),
    kStrongFour,
    bit(LockMode::ShareUpdateExclusive) | kStrongFour,
    static_cast<Mask>((bit(LockMode::RowExclusive) | bit(LockMode::ShareUpdateExclusive) | kStrongFour) &
                      ~bit(LockMode::Share)),
    bit(LockMode::RowExclusive) | bit(LockMode::ShareUpdateExclusive) | kStrongFour,
    static_cast<Mask>(kAllModes & ~bit(LockMode::AccessShare)),
    kAllModes,
};

// KeyShare, Share, NoKeyUpdate, Update from bit 0 up.
constexpr std::array<Mask, kRowLockModes> kRowConflicts = {0b1000, 0b1100, 0b1110, 0b1111};

constexpr std::array<std::string_view, kLockModes> kModeNames = {
    "AccessShareLock", "RowShareLock",          "RowExclusiveLock", "ShareUpdateExclusiveLock",
    "ShareLock",       "ShareRowExclusiveLock", "ExclusiveLock",    "AccessExclusiveLock"};

constexpr std::array<std::string_view, kRowLockModes> kRowModeNames = {"FOR KEY SHARE", "FOR SHARE",
                                                                       "FOR NO KEY UPDATE", "FOR UPDATE"};

}  // namespace

bool conflicts(LockMode held, LockMode wanted) {
  return (kConflicts[static_cast<size_t>(held)] & bit(wanted)) != 0;
}

bool conflicts(RowLockMode held, RowLockMode wanted) {
  return (kRowConflicts[static_cast<size_t>(held)] >> static_cast<unsigned>(wanted) & 1) != 0;
}

std::string_view name(LockMode mode) {
  return kModeNames[static_cast<size_t>(mode)];
}

std::string_view name(RowLockMode mode) {
  return kRowModeNames[static_cast<size_t>(mode)];
}

}  // namespace rowan
