// storage/heap/overflow.h: values that lie out of line: over 2 KB, or without room in their page. Small ones
// share pages; large ones are chains of chunks, compressed in blocks where that helps
// (storage/heap/value_blocks.h). A value is written before the row that points to it and belongs to the write
// id that brought it: an aborted id's values are freed by their pages, a dead version's when the version is
// freed (hazards, 13).
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/heap/overflow_page.h"
#include "storage/heap/page_ops.h"
#include "storage/heap/page_sets.h"
#include "storage/storage.h"
#include "types/ids.h"
#include "types/result.h"
#include "types/try.h"

namespace rowan {

class OverflowStore {
 public:
  OverflowStore(Storage& storage, PageSets& page_sets, RelationId relation)
      : storage_(storage), page_sets_(page_sets), relation_(relation) {}

  // Logged. Latches overflow pages one at a time; the caller may hold pages of rows. With `limit`, to pages
  // below it: nowhere (page == kNoPage), when there is not enough room; what was written by then is the
  // creator's to roll back. Errors: 54000 over 1 GB.
  Result<OverflowPointer> write(WriteId creator, std::string_view value, PageNo limit = kNoPage);
  // Chunks on their way into somebody else's record: latched pages with what is to be done to each.
  struct Staged {
    std::vector<WriteGuard> pages;
    std::vector<std::unique_ptr<OpBuffer>> ops;
    std::vector<uint32_t> room;  // bytes left on each for chunks with their heads
    std::vector<uint32_t> next_slot;
  };
  // Like write(), but the value (at most VarEntry::kInPageMax bytes, kept as it is) comes with the record
  // that the caller makes of the pages in `to`, and no page is noted for `creator`: whoever moves a version
  // that is not its own out of line neither leaves a value behind if it fails or dies, nor a trace of an id
  // that has ended.
  Result<OverflowPointer> stage(WriteId creator, std::string_view value, Staged& to);
  // Appends the value to `to`. Errors: XX001.
  Result<> read(OverflowPointer from, std::string& to);
  // The value's length, from its first chunk.
  Result<uint32_t> length(OverflowPointer from);
  // Does a chunk of the value stand on page `from` or behind it? Of a damaged value: yes.
  Result<bool> reaches(OverflowPointer value, PageNo from);
  // Reads a value of length(from) bytes.
  Result<> read(OverflowPointer from, char* to, uint32_t length);

  // Frees, on page `page`, chains marked as orphans and whatever ids that are `gone` wrote. True: something
  // must stay for a later visit, as `waits` says of its id.
  template <class IsGone, class Waits>
  Result<bool> clean(PageNo page, IsGone gone, Waits waits);

  // Follows a chain for verify(): "" or what is wrong. `chunks` gets those that it went through. With
  // `unpacks`, a compressed value is unpacked too.
  Result<std::string> find_damage(OverflowPointer from, bool unpacks, std::vector<OverflowPointer>* chunks);

  static constexpr uint32_t kValueMax = 1u << 30;

 private:
  bool has_room(const WriteGuard& guard, size_t bytes) const;
  Result<WriteGuard> shared_page(size_t bytes, PageNo limit);
  // `ops`: memory for it, used again for the next.
  Result<OverflowPointer> write_chunk(const ChunkHead& head, std::string_view bytes, PageNo limit,
                                      OpBuffer& ops);
  void note_room(const OverflowView& view, PageNo page);
  Result<> free_chain(OverflowPointer from);
  // One chunk freed and what follows it made an orphan, in one change. Yields what follows.
  Result<OverflowPointer> free_first(OverflowPointer from);
  static Error damaged(OverflowPointer at);

  Storage& storage_;
  PageSets& page_sets_;
  const RelationId relation_;
  // Where the next small value is tried, and the next of a row that moves; hints, any page is checked.
  std::atomic<PageNo> shared_{kNoPage}, moves_to_{kNoPage};
};

template <class IsGone, class Waits>
Result<bool> OverflowStore::clean(PageNo page, IsGone gone, Waits waits) {
  bool again = false;
  for (uint32_t slot = 0;; ++slot) {
    {
      ReadGuard guard = TRY(storage_.pool().read(page));
      if (guard.header().type != PageType::HeapOverflow || guard.header().relation != relation_) return false;
      OverflowView view(guard.page());
      if (slot >= view.slot_count()) {
        note_room(view, page);
        return again;
      }
      if (!view.has(slot)) continue;
      ChunkHead head = view.head(slot);
      bool is_orphan = (head.flags & ChunkHead::kOrphan) != 0;
      if (!is_orphan && !gone(head.creator)) {
        again |= waits(head.creator);
        continue;
      }
      // The value's later chunks have the same creator: each is met on its own page.
    }
    TRY(free_chain({page, static_cast<SlotNo>(slot)}));
  }
}

}  // namespace rowan
