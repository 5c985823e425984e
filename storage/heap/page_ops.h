// storage/heap/page_ops.h: every change of a heap page, as bytes. A record's part is a row of small
// operations; the very same function carries them out when the change is made and when it is redone, so both
// cannot differ. They need the page and their own bytes, nothing else (hazards, 8).
//
// Writers put operations into an OpBuffer, having checked that there is room, reserve log space, then apply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "storage/heap/page.h"
#include "storage/log/record.h"
#include "types/result.h"

namespace rowan {

class Storage;

enum class HeapRecord : uint16_t {
  Insert = static_cast<uint16_t>(
      RecordType::HeapFirst),  // rows of the record's write id; nothing else was touched
  Modify,      // versions replaced, deleted or moved: the page needs cleaning when the write id has ended
  Clean,       // what nobody can see was freed, or a home restored; needs no cleaning itself
  Overflow,    // values out of line written by the record's write id
  Orphan,      // a chain of values out of line lost its owner: its page needs cleaning
  Layout,      // the relation's list of layouts grew
  CleanValues  // values out of line were freed; needs no cleaning itself
};
inline RecordType record_type(HeapRecord record) {
  return static_cast<RecordType>(record);
}

// Bytes being put together; no allocation up to kInside bytes.
class OpBuffer {
 public:
  OpBuffer() = default;
  OpBuffer(const OpBuffer&) = delete;
  OpBuffer& operator=(const OpBuffer&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  size_t size() const { return size_; }
  void clear() { size_ = 0; }
  std::byte* extend(size_t count) {
    if (size_ + count > room_) [[unlikely]]
      grow(count);
    std::byte* at = data_ + size_;
    size_ += count;
    return at;
  }
  void put(const void* from, size_t count) {
    if (count != 0) std::memcpy(extend(count), from, count);
  }
  template <class T>
  void put(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(extend(sizeof value), &value, sizeof value);
  }
  template <class T>
  void patch(size_t at, T value) {
    std::memcpy(data_ + at, &value, sizeof value);
  }
  void truncate(size_t size) { size_ = size; }

 private:
  void grow(size_t count);
  static constexpr size_t kInside = 2048;
  std::byte inside_[kInside];
  std::unique_ptr<std::byte[]> outside_;
  std::byte* data_ = inside_;
  size_t size_ = 0;
  size_t room_ = kInside;
};

// A version's columns as bytes, array after array of a page's shape:
//   validity, one bit an array, rounded up to bytes | the value of each array that is not NULL
// A fixed width value is itself; a VarEntry's is its meta and then its bytes or its pointer.
class ImageWriter {
 public:
  ImageWriter(OpBuffer& to, const PageShape& shape);
  // In the order of the arrays.
  void null() { ++array_; }
  void fixed(const void* value, size_t width);
  void bytes(std::string_view value);  // at most VarEntry::kInPageMax
  void out_of_line(VarEntry entry);

 private:
  void mark() {
    *reinterpret_cast<uint8_t*>(const_cast<std::byte*>(to_.bytes().data()) + validity_ + array_ / 8) |=
        static_cast<uint8_t>(1u << (array_ % 8));
    ++array_;
  }
  OpBuffer& to_;
  size_t validity_;
  uint32_t array_ = 0;
};
// The version in `slot`, as bytes. `passed_on`: for an update that leaves array i alone and whose value is
// out of line, the copy says so (hazards, 13); changed[i / 64] bit i: the update changes it. nullptr: a plain
// copy.
void write_image(OpBuffer& to, const HeapView& page, uint32_t slot, const uint64_t* changed);

// Where a whole version lies that is kElsewhere: kept in the first bytes of the slot's own arrays.
OverflowPointer elsewhere(const HeapView& page, uint32_t slot);

// --- Operations. Each appends itself to `to`. ---
namespace heap_op {
void format(OpBuffer& to, uint32_t layout, uint32_t capacity, const PageShape& shape);
void compact(OpBuffer& to);
// Rows follow: insert_row, then an image; `count` of them.
void insert(OpBuffer& to, WriteId creator, uint16_t count);
inline void insert_row(OpBuffer& to, SlotNo slot) {
  to.put(slot);
}
// A whole version into a slot, whatever it held; an image follows, or put_elsewhere's pointer.
void put(OpBuffer& to, SlotNo slot, uint64_t word, WriteId creator, WriteId deleter);
void put_pointer(OpBuffer& to, OverflowPointer pointer);

struct Update {
  SlotNo home;
  SlotNo history = kNowhere;  // where on this page the old version goes; kNowhere: another page, or nowhere
  uint64_t link;              // home's new link, as in SlotWord
  WriteId creator;
  bool key_changed = false;
  bool elsewhere = false;  // the new version is out of line: a pointer follows instead of changes
  static constexpr SlotNo kNowhere = 0xffff;
};
// `count` changes follow: change_null / change_fixed / change_bytes / change_out_of_line.
void update(OpBuffer& to, const Update& update, uint16_t count);
void change_null(OpBuffer& to, uint16_t array);
void change_fixed(OpBuffer& to, uint16_t array, const void* value, size_t width);
void change_bytes(OpBuffer& to, uint16_t array, std::string_view value);
void change_out_of_line(OpBuffer& to, uint16_t array, VarEntry entry);

void set_deleter(OpBuffer& to, SlotNo slot, WriteId deleter);
void set_word(OpBuffer& to, SlotNo slot, uint64_t word);
void set_entry_meta(OpBuffer& to, SlotNo slot, uint16_t array, uint16_t meta);
void free_slot(OpBuffer& to, SlotNo slot);
// Exchanges creator, deleter and columns; deleters become as given; links and states stay.
void swap(OpBuffer& to, SlotNo a, SlotNo b, WriteId deleter_a, WriteId deleter_b);
// Bounds and flag from what the page holds.
void rebound(OpBuffer& to);

// Another shape or capacity, slot numbers unchanged. One source an array of the new shape follows.
void relayout(OpBuffer& to, uint32_t layout, uint32_t capacity, const PageShape& shape);
void source_array(OpBuffer& to, uint16_t old_array);
void source_null(OpBuffer& to);
void source_fixed(OpBuffer& to, const void* value, size_t width);
void source_bytes(OpBuffer& to, std::string_view value);

// Overflow pages (storage/heap/overflow.h).
void put_chunk(OpBuffer& to, SlotNo slot, const void* head, size_t head_size, std::span<const char> bytes);
void free_chunk(OpBuffer& to, SlotNo slot);
void orphan_chunk(OpBuffer& to, SlotNo slot);
}  // namespace heap_op

// Carries operations out. False: the bytes make no sense (only redo can meet that).
bool apply_heap_ops(Page page, std::span<const std::byte> ops);
// The same for a page that others know, before its record is appended. What fails half-way leaves the page
// ahead of the log: the instance stops, and opening it again recovers. Errors: XX000.
Result<> apply_or_stop(Storage& storage, Page page, std::span<const std::byte> ops);
// The RedoFunction of all HeapRecords.
Result<> redo_heap(Page page, const RecordView& record, size_t part);
void register_heap_redo(RedoTable& table);

}  // namespace rowan
