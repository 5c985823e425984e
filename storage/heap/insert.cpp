// New rows: encoded first, then as many as fit go into a page with one record.
#include <algorithm>
#include <array>

#include "storage/heap/row_writer.h"

namespace rowan {

namespace {

// Slots left free for the history of rows to come, so that an update finds its place on the page.
uint32_t spare_slots(const HeapView& view, uint32_t limit) {
  return limit != 0 ? 0 : 1 + view.capacity() / 64;
}

// As many of `rows` as fit into the page now, as operations. Returns how many.
uint32_t place_rows(const HeapView& view, PageNo page, uint32_t limit, bool is_first_of_page, WriteId creator,
                    std::span<const EncodedRow> rows, const OpBuffer& images, OpBuffer& ops, RowId* ids) {
  uint32_t usable = limit == 0 ? view.capacity() : std::min(limit, view.capacity());
  uint32_t spare = is_first_of_page ? 0 : spare_slots(view, limit);
  uint32_t used = view.header().count;
  uint32_t free_bytes = view.free_bytes();
  size_t count_at = 0;
  uint16_t placed = 0;
  // On a page that is only filled, slots are taken in order.
  uint32_t slot = used < usable && view.state(used) == SlotState::Free ? used : 0;
  size_t start = ops.size();
  for (const EncodedRow& row : rows) {
    if (used + spare >= usable || row.in_page > free_bytes) break;
    while (slot < usable && view.state(slot) != SlotState::Free) ++slot;
    if (slot == usable) break;
    if (placed == 0) {
      heap_op::insert(ops, creator, 0);
      count_at = ops.size() - sizeof(uint16_t);
    }
    heap_op::insert_row(ops, static_cast<SlotNo>(slot));
    ops.put(images.bytes().data() + row.offset, row.size);
    ids[placed] = {page, static_cast<SlotNo>(slot)};
    ++placed;
    ++used;
    ++slot;
    free_bytes -= row.in_page;
  }
  if (placed == 0) {
    ops.truncate(start);
  } else {
    ops.patch(count_at, placed);
  }
  return placed;
}

// A new page below `limit` (kNoPage: anywhere) with the first `placed` of `rows`, at least one; empty: there
// is none. Not yet logged: `ops` says it all.
Result<WriteGuard> fill_new_page(HeapInternals& heap, PageNo limit, const Layout& layout, WriteId creator,
                                 std::span<const EncodedRow> rows, const OpBuffer& images, OpBuffer& ops,
                                 RowId* ids, uint32_t& placed) {
  // What rows took so far; of a table's first row, some room for texts that are longer than its own.
  uint32_t known = std::min<uint32_t>(heap.bytes_each.load(std::memory_order_relaxed), 2048);
  uint32_t each = std::max({rows[0].in_page, known, known == 0 ? 8u * layout.shape().variable : 0u});
  WriteGuard guard = TRY(heap.create_page(PageType::HeapHome, layout, each, ops, limit));
  if (!guard) return guard;
  // The page as it will be once `ops` so far are carried out.
  alignas(64) std::array<std::byte, kPageSize> empty{};
  ENSURE(apply_heap_ops(Page(empty.data()), ops.bytes()));
  placed = place_rows(HeapView(ConstPage(empty.data())), guard.number(), heap.slot_limit(), true, creator,
                      rows, images, ops, ids);
  ENSURE(placed != 0);
  heap.page_sets.note(creator, heap.relation, guard.number(), false);
  return guard;
}

}  // namespace

Result<> place_encoded_rows(HeapInternals& heap, TxnId who, const Layout& layout, WriteId creator,
                            std::span<const EncodedRow> rows, const OpBuffer& images, RowId* ids) {
  OpBuffer ops;
  bool made_room = false;
  for (size_t done = 0; done < rows.size();) {
    std::span<const EncodedRow> left = rows.subspan(done);
    PageNo target = heap.insert_target(who);
    WriteGuard guard;
    if (target != kNoPage) {
      guard = TRY(heap.write_rows(target));
      if (guard && (guard.header().type != PageType::HeapHome || guard.header().layout != layout.number()))
        guard.release();
      if (!guard) {
        heap.set_insert_target(who, kNoPage);
        continue;
      }
    }
    ops.clear();
    uint32_t placed = 0;
    if (guard) {
      HeapView view(guard.page());
      placed = place_rows(view, target, heap.slot_limit(), false, creator, left, images, ops, ids + done);
      if (placed == 0) {
        bool retry = false;
        if (!made_room) {
          uint32_t free_before = view.capacity() - view.header().count;
          uint32_t want = spare_slots(view, heap.slot_limit()) + 1;
          retry = TRY(heap.make_room(guard, free_before >= want ? 1 : want, left[0].in_page));
        }
        made_room = retry;
        if (!retry) {
          heap.bytes_each.store(view.live_bytes() / std::max<uint32_t>(1, view.header().count) + 1,
                                std::memory_order_relaxed);
          heap.set_insert_target(who, kNoPage);
        }
        continue;
      }
      if (guard.header().max_write_id != creator) heap.page_sets.note(creator, heap.relation, target, false);
    } else {
      guard = TRY(fill_new_page(heap, kNoPage, layout, creator, left, images, ops, ids + done, placed));
      target = guard.number();
    }
    TRY(heap.change(guard, HeapRecord::Insert, creator, ops));
    heap.set_insert_target(who, target);
    made_room = false;
    done += placed;
  }
  return {};
}

Result<uint32_t> place_rows_below(HeapInternals& heap, PageNo limit, const Layout& layout, WriteId creator,
                                  std::span<const EncodedRow> rows, const OpBuffer& images, RowId* ids) {
  OpBuffer ops;
  bool made_room = false;
  uint32_t done = 0;
  while (done < rows.size()) {
    std::span<const EncodedRow> left = rows.subspan(done);
    PageNo target = heap.move_target.load(std::memory_order_relaxed);
    if (target == kNoPage || target >= limit) {
      std::optional<PageNo> roomy = heap.page_sets.take_room(heap.relation);
      if (roomy && *roomy >= limit) {
        heap.page_sets.note_room(heap.relation, *roomy);
        roomy.reset();
      }
      target = roomy.value_or(kNoPage);
    }
    ops.clear();
    uint32_t placed = 0;
    WriteGuard guard;
    if (target != kNoPage) {
      guard = TRY(heap.write_rows(target));
      heap.move_target.store(kNoPage, std::memory_order_relaxed);
      if (!guard || guard.header().type != PageType::HeapHome || guard.header().layout != layout.number())
        continue;
      HeapView view(guard.page());
      placed = place_rows(view, target, heap.slot_limit(), false, creator, left, images, ops, ids + done);
      if (placed == 0) {
        bool retry = false;
        uint32_t want = spare_slots(view, heap.slot_limit()) + 1;
        uint32_t free_slots = view.capacity() - view.header().count;
        if (!made_room) retry = TRY(heap.make_room(guard, free_slots >= want ? 1 : want, left[0].in_page));
        made_room = retry;
        if (retry) heap.move_target.store(target, std::memory_order_relaxed);
        continue;
      }
      if (guard.header().max_write_id != creator) heap.page_sets.note(creator, heap.relation, target, false);
    } else {
      guard = TRY(fill_new_page(heap, limit, layout, creator, left, images, ops, ids + done, placed));
      if (!guard) return done;
      target = guard.number();
    }
    TRY(heap.change(guard, HeapRecord::Insert, creator, ops));
    heap.move_target.store(target, std::memory_order_relaxed);
    made_room = false;
    done += placed;
  }
  return done;
}

Result<> Heap::insert(Transaction& transaction, const Layout& layout, std::span<const Vector* const> columns,
                      const Selection& rows, RowId* ids) {
  HeapInternals& heap = *internals_;
  TRY(heap.storage.begin_writing());  // before any latch: after a recovery it takes a checkpoint
  WriteId creator = TRY(heap.transactions.write_id(transaction));
  RowWriter writer(heap, layout, columns, creator);
  OpBuffer images;
  constexpr uint32_t kChunkRows = 256;
  constexpr size_t kChunkBytes = 256u << 10;
  std::array<EncodedRow, kChunkRows> encoded;
  for (uint32_t next = 0; next < rows.count();) {
    images.clear();
    uint32_t count = 0;
    for (; count < kChunkRows && next + count < rows.count() && images.size() < kChunkBytes; ++count)
      encoded[count] = TRY(writer.write(images, rows[next + count]));
    TRY(place_encoded_rows(heap, transaction.id(), layout, creator, {encoded.data(), count}, images,
                           ids + next));
    next += count;
  }
  if (transaction.ssi() != nullptr) return transaction.ssi()->inserted_into(heap.relation);
  return {};
}

}  // namespace rowan
