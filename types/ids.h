// types/ids.h: the numbers by which storage and transactions know things. Plain integers in strong wrappers
// where mixing two of them up would compile and corrupt.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <limits>

namespace rowan {

using PageNo = uint32_t;      // index of a 16 KiB page in the database file; page 0 and 1 are the header
using SlotNo = uint16_t;      // index of a slot in a heap page
using RelationId = uint32_t;  // a heap, an index or a sequence in storage; never reused
using Lsn = uint64_t;         // byte position in the log; also the commit sequence number (CSN)
using CommitSeq = Lsn;        // the end LSN of a commit record
using TxnId = uint64_t;       // a transaction in memory: the owner of locks; never stored
using WriteId = uint64_t;     // what a stored version carries; 64 bits, never reused

inline constexpr PageNo kNoPage = std::numeric_limits<PageNo>::max();
inline constexpr WriteId kNoWriteId = 0;
inline constexpr RelationId kNoRelation = 0;

// Where a row lives: its home slot, which is its identity for life.
struct RowId {
  PageNo page = kNoPage;
  SlotNo slot = 0;

  auto operator<=>(const RowId&) const = default;

  // 48 bits, ordered as (page, slot).
  uint64_t packed() const { return (uint64_t{page} << 16) | slot; }
  static RowId unpack(uint64_t bits) {
    return {static_cast<PageNo>(bits >> 16), static_cast<SlotNo>(bits & 0xffff)};
  }
  bool is_valid() const { return page != kNoPage; }
};

inline constexpr RowId kNoRow{};

}  // namespace rowan

template <>
struct std::hash<rowan::RowId> {
  size_t operator()(rowan::RowId id) const noexcept { return std::hash<uint64_t>{}(id.packed()); }
};
