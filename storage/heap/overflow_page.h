// storage/heap/overflow_page.h: a page of values that lie out of line, whole small ones and pieces of large
// ones.
//
//   64   { offset, length } 4 B for each slot      header.count slots; length 0: free
//   ...  free ...
//   end  chunks, growing down: ChunkHead, then bytes; kept together, so that freeing moves those below up
//
// A value is a chain of chunks; its first chunk is where the row points.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "storage/heap/page.h"
#include "storage/page.h"

namespace rowan {

struct ChunkHead {
  WriteId creator;     // who wrote the value
  uint32_t next_page;  // the rest of the value; kNoPage: none
  uint16_t next_slot;
  uint16_t flags;
  uint32_t length;  // of the whole value as the row has it
  uint32_t stored;  // bytes in this chunk and those behind it
  static constexpr uint16_t kFirst = 1;
  static constexpr uint16_t kCompressed = 2;  // first chunk: storage/heap/value_blocks.h
  static constexpr uint16_t kOrphan = 4;      // no row has it any more: free it and what follows
};
static_assert(sizeof(ChunkHead) == 24);

class OverflowView {
 public:
  explicit OverflowView(ConstPage page) : bytes_(page.bytes()) {}
  const PageHeader& header() const { return *reinterpret_cast<const PageHeader*>(bytes_); }
  uint32_t slot_count() const { return header().count; }
  // Is there a chunk of this number, wholly inside the page?
  bool has(uint32_t slot) const {
    if (slot >= slot_count() || slot >= kSlotsMax) return false;
    Place place = directory()[slot];
    return place.length >= sizeof(ChunkHead) && place.offset + place.length <= kPageSize;
  }
  // Only where has().
  ChunkHead head(uint32_t slot) const;
  std::span<const char> bytes(uint32_t slot) const;
  // Bytes that a chunk with its head may have, if it goes into free_slot().
  uint32_t room() const;
  uint32_t free_slot() const;  // the first unused number
  bool is_empty() const;
  std::string find_damage() const;

  static constexpr uint32_t kChunkMax =
      kPageSize - kPageHeaderSize - 4 - sizeof(ChunkHead);  // bytes behind the head
  static constexpr uint32_t kSlotsMax = (kPageSize - kPageHeaderSize) / 4;

 protected:
  struct Place {
    uint16_t offset;
    uint16_t length;  // head included
  };
  const Place* directory() const { return reinterpret_cast<const Place*>(bytes_ + kPageHeaderSize); }
  uint32_t bytes_begin() const { return kPageSize - header().capacity; }  // capacity: bytes that chunks take
  const std::byte* bytes_;
};

// Under the exclusive latch. False: it does not fit, or there is no such chunk.
class OverflowPage : public OverflowView {
 public:
  explicit OverflowPage(Page page) : OverflowView(page), page_(page) {}
  bool put(uint32_t slot, std::span<const std::byte> chunk);
  bool free(uint32_t slot);
  bool orphan(uint32_t slot);

 private:
  Place* places() { return page_.at<Place>(kPageHeaderSize); }
  void recompute_bounds();
  Page page_;
};

}  // namespace rowan
