// storage/heap/page.h: a page of rows, laid out by column (PAX). C = header.capacity, a multiple of 8.
//
//   0      PageHeader; own[] = HeapPageFacts: the shape, where the bytes begin
//   64     creators  8 B x C   the write id that made the version in this slot
//          deleters  8 B x C   who deleted or replaced it, 0: nobody
//          words     8 B x C   state, flags and the link to the previous version
//          arrays of 16-byte columns, of 8-byte ones, of 4-byte ones,
//          of VarEntry (8 B a value of variable width), of 2-byte and of 1-byte columns: width x C each
//          validity  ceil(C / 64) words for each array, in the same order: 1 = not NULL
//          ... free ...
//   begin  bytes of values of variable width, growing down from the page's end
//
// Home slots are rows: their number is the row's id for life. A history slot holds an older version of a row
// whose home is on this page (PageType::HeapHome), or of rows anywhere (PageType::HeapHistory). A row's chain
// of versions changes only under the exclusive latch of its home page.
//
// Slots of one row on one page may share bytes; so what is live is found by looking, not by counting.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "storage/heap/layout.h"
#include "storage/page.h"
#include "types/check.h"
#include "types/ids.h"

namespace rowan {

// In the page header's own[].
struct HeapPageFacts {
  PageShape shape;
  uint16_t bytes_begin;  // offset of the lowest byte of variable width
  uint16_t may_compact;  // 1: some bytes below the page's end may be dead
};
static_assert(sizeof(HeapPageFacts) == 16 && sizeof(PageShape) == 12);

// In the page header's flags: some slot may be kElsewhere. Not set: none is.
inline constexpr uint16_t kHeapHasElsewhere = 0x0100;

enum class SlotState : uint8_t { Free = 0, Home = 1, History = 2 };

// A slot's word: the link in 48 bits, then state and flags.
struct SlotWord {
  static constexpr uint64_t kLinkMask = (uint64_t{1} << 48) - 1;
  static constexpr uint64_t kNoLink = kLinkMask;
  static constexpr int kStateShift = 48;
  static constexpr uint64_t kKeyChanged = uint64_t{1} << 50;  // history: its successor has other index keys
  static constexpr uint64_t kElsewhere = uint64_t{1} << 51;   // its columns are out of line, as one value
  static constexpr uint64_t kMoved = uint64_t{1} << 52;       // reserved; moves need none (moved_rows.h)
  static constexpr uint64_t kFlags = kKeyChanged | kElsewhere | kMoved;

  static uint64_t make(SlotState state, RowId link, uint64_t flags = 0) {
    return (uint64_t{static_cast<uint8_t>(state)} << kStateShift) | link_bits(link) | flags;
  }
  static uint64_t link_bits(RowId link) { return link.is_valid() ? link.packed() : kNoLink; }
  static SlotState state(uint64_t word) { return static_cast<SlotState>((word >> kStateShift) & 3); }
  static bool has_link(uint64_t word) { return (word & kLinkMask) != kNoLink; }
  static RowId link(uint64_t word) { return has_link(word) ? RowId::unpack(word & kLinkMask) : kNoRow; }
  static uint64_t with_link(uint64_t word, RowId link) { return (word & ~kLinkMask) | link_bits(link); }
};

// Where a value that is out of line begins.
struct OverflowPointer {
  PageNo page = kNoPage;
  SlotNo slot = 0;
  bool operator==(const OverflowPointer&) const = default;
};

// A value of variable width: up to 6 bytes lie inside; longer ones at an offset in the page; or out of line.
struct VarEntry {
  static constexpr uint16_t kOutOfLine = 0x8000;
  static constexpr uint16_t kInherited = 0x4000;  // out of line: the version before brought it (hazards, 13)
  static constexpr uint16_t kPassedOn = 0x2000;   // out of line: the version behind took it over
  static constexpr uint16_t kMovedOut =
      0x1000;  // out of line: by a restore, in the record that moved the version
  static constexpr uint16_t kFlags = kOutOfLine | kInherited | kPassedOn;
  static constexpr uint16_t kInsideMax = 6;
  static constexpr uint16_t kInPageMax = 2048;

  uint16_t meta = 0;  // flags and length
  uint16_t low = 0;   // inside: bytes 0, 1; in the page: offset; out of line: slot
  uint32_t high = 0;  // inside: bytes 2 … 5; out of line: page

  bool is_out_of_line() const { return (meta & kOutOfLine) != 0; }
  uint16_t length() const { return meta & 0x1fff; }
  bool is_inside() const { return !is_out_of_line() && length() <= kInsideMax; }
  bool is_in_page() const { return !is_out_of_line() && length() > kInsideMax; }
  OverflowPointer pointer() const { return {high, low}; }
  static VarEntry out_of_line(OverflowPointer to) { return {kOutOfLine, to.slot, to.page}; }
  static VarEntry inside(std::string_view bytes) {
    VarEntry entry;
    entry.meta = static_cast<uint16_t>(bytes.size());
    if (!bytes.empty()) std::memcpy(reinterpret_cast<char*>(&entry) + 2, bytes.data(), bytes.size());
    return entry;
  }
};
static_assert(sizeof(VarEntry) == 8);

// A latched page, read.
class HeapView {
 public:
  explicit HeapView(ConstPage page)
      : bytes_(page.bytes()), capacity_(page.header().capacity), shape_(facts().shape) {}

  const PageHeader& header() const { return *reinterpret_cast<const PageHeader*>(bytes_); }
  const HeapPageFacts& facts() const { return *reinterpret_cast<const HeapPageFacts*>(header().own); }
  const PageShape& shape() const { return shape_; }
  uint32_t capacity() const { return capacity_; }

  const WriteId* creators() const { return at<WriteId>(kPageHeaderSize); }
  const WriteId* deleters() const { return at<WriteId>(kPageHeaderSize + 8 * capacity_); }
  const uint64_t* words() const { return at<uint64_t>(kPageHeaderSize + 16 * capacity_); }
  SlotState state(uint32_t slot) const { return SlotWord::state(words()[slot]); }

  // Width in bytes and offset of array `array`.
  static uint32_t array_width(const PageShape& shape, uint32_t array);
  uint32_t array_width(uint32_t array) const { return array_width(shape_, array); }
  uint32_t array_offset(uint32_t array) const {
    return kPageHeaderSize + capacity_ * (24 + prefix(shape_, array));
  }
  const std::byte* array(uint32_t array_no) const { return bytes_ + array_offset(array_no); }
  const VarEntry* entries(uint32_t array_no) const { return at<VarEntry>(array_offset(array_no)); }
  bool is_variable(uint32_t array) const {
    uint32_t first = shape_.first_variable();
    return array >= first && array < first + shape_.variable;
  }
  const uint64_t* validity(uint32_t array) const {
    return at<uint64_t>(validity_offset() + array * validity_words(capacity_) * 8);
  }
  bool is_valid(uint32_t array, uint32_t slot) const {
    return ((validity(array)[slot / 64] >> (slot % 64)) & 1) != 0;
  }
  // The bytes of an entry that is inside or in the page.
  std::string_view bytes_of(const VarEntry& entry) const {
    const char* from = entry.is_inside() ? reinterpret_cast<const char*>(&entry) + 2
                                         : reinterpret_cast<const char*>(bytes_) + entry.low;
    return {from, entry.length()};
  }

  static uint32_t validity_words(uint32_t capacity) { return (capacity + 63) / 64; }
  static uint32_t arrays_size(const PageShape& shape, uint32_t capacity) {
    return capacity * (24 + shape.row_width()) + shape.array_count() * validity_words(capacity) * 8;
  }
  // The largest capacity whose rows find `bytes_each` bytes of variable width; at least 8 when the arrays of
  // 8 rows fit at all.
  static uint32_t best_capacity(const PageShape& shape, uint32_t bytes_each);
  uint32_t validity_offset() const { return kPageHeaderSize + capacity_ * (24 + shape_.row_width()); }
  uint32_t arrays_end() const { return kPageHeaderSize + arrays_size(shape_, capacity_); }
  uint32_t free_bytes() const { return facts().bytes_begin - arrays_end(); }
  // Bytes of variable width that some slot refers to, shared ones once.
  uint32_t live_bytes() const;
  // Bytes of variable width that slot `slot` has in the page.
  uint32_t bytes_in_page(uint32_t slot) const;
  // A slot that is free and below `limit` (0: capacity), starting the search at `from`; capacity() if none.
  uint32_t find_free(uint32_t from, uint32_t limit) const;
  uint32_t last_used() const;  // highest slot not free, or -1 as UINT32_MAX

  // What is wrong with the page taken alone, in words; empty: nothing.
  std::string find_damage() const;

 protected:
  template <class T>
  const T* at(size_t offset) const {
    return reinterpret_cast<const T*>(bytes_ + offset);
  }
  static uint32_t prefix(const PageShape& shape, uint32_t array);

  const std::byte* bytes_;
  uint32_t capacity_;
  PageShape shape_;
};

// A page under its exclusive latch (or being redone), changed. What is done here has been logged or will be
// before the latch goes: storage/heap/page_ops.h is the only caller.
class HeapPage : public HeapView {
 public:
  explicit HeapPage(Page page) : HeapView(page) {}

  static void format(Page page, uint32_t layout, uint16_t capacity, const PageShape& shape);

  PageHeader& header() { return *mutable_at<PageHeader>(0); }
  HeapPageFacts& facts() { return *reinterpret_cast<HeapPageFacts*>(header().own); }
  WriteId& creator(uint32_t slot) { return mutable_at<WriteId>(kPageHeaderSize)[slot]; }
  WriteId& deleter(uint32_t slot) { return mutable_at<WriteId>(kPageHeaderSize + 8 * capacity_)[slot]; }
  uint64_t& word(uint32_t slot) { return mutable_at<uint64_t>(kPageHeaderSize + 16 * capacity_)[slot]; }
  std::byte* array(uint32_t array_no) { return mutable_at<std::byte>(array_offset(array_no)); }
  VarEntry& entry(uint32_t array_no, uint32_t slot) {
    return mutable_at<VarEntry>(array_offset(array_no))[slot];
  }
  void set_valid(uint32_t array, uint32_t slot, bool valid) {
    uint64_t& bits =
        mutable_at<uint64_t>(validity_offset() + array * validity_words(capacity_) * 8)[slot / 64];
    uint64_t bit = uint64_t{1} << (slot % 64);
    bits = valid ? bits | bit : bits & ~bit;
  }
  // Stores `bytes`, of which there must be room.
  void put_bytes(uint32_t array_no, uint32_t slot, std::string_view bytes);
  // All columns of `from`, entries included; bytes stay shared.
  void copy_columns(uint32_t to, uint32_t from);
  void swap_columns(uint32_t a, uint32_t b);
  // Moves the live bytes together, at the page's end. Deterministic.
  void compact();
  // Header bounds and flag take `id` in.
  void note(WriteId id) {
    PageHeader& head = header();
    if (head.min_write_id == 0 || id < head.min_write_id) head.min_write_id = id;
    if (id > head.max_write_id) head.max_write_id = id;
  }
  // Bounds and flag, from the slots as they are.
  void recompute_bounds();

 private:
  template <class T>
  T* mutable_at(size_t offset) {
    return reinterpret_cast<T*>(const_cast<std::byte*>(bytes_) + offset);
  }
};

}  // namespace rowan
