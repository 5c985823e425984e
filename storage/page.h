// storage/page.h: the 16 KiB page and the header that every page begins with. Integers are stored in the byte
// order of the machine, little-endian on all that Rowan runs on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "types/ids.h"

namespace rowan {

inline constexpr size_t kPageSize = 16384;
inline constexpr PageNo kFirstPage = 2;  // pages 0 and 1 are the file header's two slots

// What a page holds. Each folder under storage/ owns its numbers; the bytes behind the header are its own.
enum class PageType : uint16_t {
  Free = 0,
  State = 1,  // the checkpoint's state: extent map, transactions, page sets
  Toy = 9,    // tests/crash
  HeapMeta = 16,
  HeapHome = 17,
  HeapHistory = 18,
  HeapOverflow = 19,
  HeapFirst = 16,
  HeapLast = 31,
  BtreeMeta = 32,
  BtreeLeaf = 33,
  BtreeInner = 34,
  BtreeFirst = 32,
  BtreeLast = 47,
  HashMeta = 48,
  HashBucket = 49,
  HashOverflow = 50,
  HashFirst = 48,
  HashLast = 63,
};

// Flags of every page type sit in the low byte; the high byte belongs to the page's type.
enum PageFlag : uint16_t {
  // Inner B-tree page: its bytes never change in place (BufferPool::write_inner), so it is read without a
  // latch.
  kPageInner = 0x0001,
  // Heap: some row has a deleter or a link, so the page is not settled whatever its ids say.
  kPageHasDeletersOrLinks = 0x0002,
  // Reserved: rows move without a mark on their page (storage/heap/moved_rows.h).
  kPageMoved = 0x0004,
};

struct PageHeader {
  uint64_t checksum;     // XXH3 of everything behind it, seeded; set as the page leaves for the disk
  Lsn lsn;               // end of the last record that changed the page; set by Change::commit and by redo
  WriteId min_write_id;  // of all versions on the page; 0: none. Heap pages, by their owner
  WriteId max_write_id;  //
  RelationId relation;   // the owner
  PageType type;         //
  uint16_t flags;        // PageFlag
  uint32_t layout;       // heap: which layout of the relation; others: as they like
  uint16_t capacity;     // heap: slots the page is laid out for; others: as they like
  uint16_t count;        // rows, entries: as the type likes
  uint8_t own[16];       // belongs to the page type
};
static_assert(sizeof(PageHeader) == 64);
inline constexpr size_t kPageHeaderSize = sizeof(PageHeader);

// The bytes of one page, as a view; whoever holds one also holds the latch (or the epoch) that makes it
// valid.
class Page {
 public:
  explicit Page(std::byte* bytes) : bytes_(bytes) {}
  PageHeader& header() const { return *reinterpret_cast<PageHeader*>(bytes_); }
  std::byte* bytes() const { return bytes_; }
  std::byte* body() const { return bytes_ + kPageHeaderSize; }
  std::span<std::byte, kPageSize> span() const { return std::span<std::byte, kPageSize>(bytes_, kPageSize); }
  template <class T>
  T* at(size_t offset) const {
    return reinterpret_cast<T*>(bytes_ + offset);
  }

 private:
  std::byte* bytes_;
};

class ConstPage {
 public:
  explicit ConstPage(const std::byte* bytes) : bytes_(bytes) {}
  ConstPage(Page page) : bytes_(page.bytes()) {}  // NOLINT: implicit, as T* is to const T*
  const PageHeader& header() const { return *reinterpret_cast<const PageHeader*>(bytes_); }
  const std::byte* bytes() const { return bytes_; }
  const std::byte* body() const { return bytes_ + kPageHeaderSize; }
  std::span<const std::byte, kPageSize> span() const {
    return std::span<const std::byte, kPageSize>(bytes_, kPageSize);
  }
  template <class T>
  const T* at(size_t offset) const {
    return reinterpret_cast<const T*>(bytes_ + offset);
  }

 private:
  const std::byte* bytes_;
};

// The checksum that page `page` of database `database_id` must carry. A page of zeros never has the right
// one.
uint64_t page_checksum(ConstPage page, PageNo number, uint64_t database_id);

}  // namespace rowan
