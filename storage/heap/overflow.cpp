#include "storage/heap/overflow.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "storage/change.h"
#include "storage/heap/internals.h"
#include "storage/heap/page_ops.h"
#include "storage/heap/value_blocks.h"

namespace rowan {

namespace {
// May the first chunk's lengths be true? Asked before anybody takes memory for the value.
bool is_plausible(const ChunkHead& first) {
  if (first.length > OverflowStore::kValueMax) return false;
  if ((first.flags & ChunkHead::kCompressed) == 0) return first.stored == first.length;
  return ValueBlock::is_plausible(first.length, first.stored);
}
}  // namespace

Error OverflowStore::damaged(OverflowPointer at) {
  return Error(sqlstate::data_corrupted, "no value at chunk " + std::to_string(at.slot) +
                                             " of overflow page " + std::to_string(at.page));
}

Result<OverflowPointer> OverflowStore::write(WriteId creator, std::string_view value, PageNo limit) {
  if (value.size() > kValueMax)
    return Error(sqlstate::program_limit_exceeded,
                 "a value of " + std::to_string(value.size()) + " bytes is too long")
        .detail("A value may have 1 GB at most.");
  // From the last chunk to the first, so that each knows where the next is.
  ChunkHead head{creator, kNoPage, 0, 0, static_cast<uint32_t>(value.size()), 0};
  OverflowPointer at;
  OpBuffer ops;
  auto put = [&](std::string_view bytes, bool is_first, uint16_t flags) -> Result<bool> {
    head.flags = is_first ? flags : uint16_t{0};
    head.stored += static_cast<uint32_t>(bytes.size());
    at = TRY(write_chunk(head, bytes, limit, ops));
    head.next_page = at.page;
    head.next_slot = at.slot;
    return at.page != kNoPage;
  };
  ValuePacker packer(value, OverflowView::kChunkMax);
  if (packer.is_worth_it()) {
    while (packer.has_more()) {
      std::string_view bytes = packer.take();
      bool has_place = TRY(put(bytes, !packer.has_more(), ChunkHead::kFirst | ChunkHead::kCompressed));
      if (!has_place) break;
    }
    return at;
  }
  size_t chunks = std::max<size_t>(1, (value.size() + OverflowView::kChunkMax - 1) / OverflowView::kChunkMax);
  for (size_t i = chunks; i-- > 0;) {
    std::string_view bytes = value.substr(i * OverflowView::kChunkMax, OverflowView::kChunkMax);
    bool has_place = TRY(put(bytes, i == 0, ChunkHead::kFirst));
    if (!has_place) break;
  }
  return at;
}

bool OverflowStore::has_room(const WriteGuard& guard, size_t bytes) const {
  return guard.header().type == PageType::HeapOverflow && guard.header().relation == relation_ &&
         OverflowView(guard.page()).room() >= bytes;
}

// A page where small values go, below `limit`, with room for `bytes` more: that of the last one, or one where
// others were freed. Empty: none is free. Nobody is waited for: by now the number may be a page of rows', and
// our caller holds such pages, perhaps this one. One that is busy has its turn another time.
Result<WriteGuard> OverflowStore::shared_page(size_t bytes, PageNo limit) {
  constexpr size_t kTries = 5;
  const Space& space = storage_.space();
  std::atomic<PageNo>& hint = limit == kNoPage ? shared_ : moves_to_;
  std::array<PageNo, kTries> left;
  size_t left_count = 0;
  WriteGuard found;
  for (size_t i = 0; i < kTries && !found; ++i) {
    PageNo page = hint.load(std::memory_order_relaxed);
    if (i > 0) page = page_sets_.take_room(relation_, RoomFor::Values).value_or(kNoPage);
    if (page == kNoPage && i > 0) break;
    if (page >= limit) {
      if (i == 0) continue;
      left[left_count++] = page;
      break;  // it is the first there is
    }
    if (space.owner(page) != relation_ || !space.is_used(page)) continue;
    WriteGuard guard = TRY(storage_.pool().try_write(page));
    if (!guard) left[left_count++] = page;
    if (guard && has_room(guard, bytes)) found = std::move(guard);
  }
  for (size_t i = 0; i < left_count; ++i) page_sets_.note_room(relation_, left[i], RoomFor::Values);
  if (found) hint.store(found.number(), std::memory_order_relaxed);
  return found;
}

// Of a page of which much is gone. Pages that are nearly full are left to themselves.
void OverflowStore::note_room(const OverflowView& view, PageNo page) {
  if (view.room() >= kPageSize / 4) page_sets_.note_room(relation_, page, RoomFor::Values);
}

Result<OverflowPointer> OverflowStore::stage(WriteId creator, std::string_view value, Staged& to) {
  ENSURE(value.size() <= VarEntry::kInPageMax);
  constexpr uint32_t kSlotBytes = 4;
  auto needed = static_cast<uint32_t>(value.size() + sizeof(ChunkHead) + kSlotBytes);
  if (to.pages.empty() || to.room.back() < needed) {
    WriteGuard guard;
    if (to.pages.empty()) guard = TRY(shared_page(value.size(), kNoPage));
    if (!guard) {
      guard = TRY(storage_.pool().create(relation_, PageType::HeapOverflow));
      shared_.store(guard.number(), std::memory_order_relaxed);
    }
    OverflowView view(guard.page());
    // Behind the slots that are there, so that each chunk's number is known beforehand.
    to.next_slot.push_back(view.slot_count());
    uint32_t used = kPageHeaderSize + view.slot_count() * kSlotBytes + view.header().capacity;
    to.room.push_back(kPageSize - used);
    to.pages.push_back(std::move(guard));
    to.ops.push_back(std::make_unique<OpBuffer>());
    if (to.room.back() < needed) return stage(creator, value, to);
  }
  ChunkHead head{creator,
                 kNoPage,
                 0,
                 ChunkHead::kFirst,
                 static_cast<uint32_t>(value.size()),
                 static_cast<uint32_t>(value.size())};
  auto slot = static_cast<SlotNo>(to.next_slot.back()++);
  heap_op::put_chunk(*to.ops.back(), slot, &head, sizeof head, value);
  to.room.back() -= needed;
  return OverflowPointer{to.pages.back().number(), slot};
}

Result<OverflowPointer> OverflowStore::write_chunk(const ChunkHead& head, std::string_view bytes,
                                                   PageNo limit, OpBuffer& ops) {
  WriteGuard guard;
  bool is_small = bytes.size() < OverflowView::kChunkMax / 2;
  if (is_small) guard = TRY(shared_page(bytes.size(), limit));
  if (!guard) {
    guard = TRY(storage_.pool().create_below(relation_, PageType::HeapOverflow, limit));
    if (!guard) return OverflowPointer{};
    if (is_small) (limit == kNoPage ? shared_ : moves_to_).store(guard.number(), std::memory_order_relaxed);
  }
  auto slot = static_cast<SlotNo>(OverflowView(guard.page()).free_slot());
  page_sets_.note(head.creator, relation_, guard.number(), false);
  ops.clear();
  heap_op::put_chunk(ops, slot, &head, sizeof head, bytes);
  Change change(storage_, record_type(HeapRecord::Overflow), relation_, head.creator);
  change.add(guard, ops.bytes());
  TRY(change.reserve());
  TRY(apply_or_stop(storage_, guard.page(), ops.bytes()));
  change.commit();
  return OverflowPointer{guard.number(), slot};
}

Result<uint32_t> OverflowStore::length(OverflowPointer from) {
  ReadGuard guard = TRY(storage_.pool().read(from.page));
  OverflowView view(guard.page());
  if (guard.header().type != PageType::HeapOverflow || !view.has(from.slot)) return damaged(from);
  ChunkHead head = view.head(from.slot);
  if (!is_plausible(head)) return damaged(from);
  return head.length;
}

Result<bool> OverflowStore::reaches(OverflowPointer value, PageNo from) {
  uint32_t left = kValueMax + 1;
  for (OverflowPointer at = value; at.page != kNoPage;) {
    if (at.page >= from) return true;
    ReadGuard guard = TRY(storage_.pool().read(at.page));
    OverflowView view(guard.page());
    if (guard.header().type != PageType::HeapOverflow || guard.header().relation != relation_ ||
        !view.has(at.slot))
      return true;
    ChunkHead head = view.head(at.slot);
    if (head.stored >= left) return true;
    left = head.stored;
    at = {head.next_page, head.next_slot};
  }
  return false;
}

Result<> OverflowStore::read(OverflowPointer from, std::string& to) {
  uint32_t count = TRY(length(from));
  size_t at = to.size();
  to.resize(at + count);
  return read(from, to.data() + at, count);
}

Result<> OverflowStore::read(OverflowPointer from, char* to, uint32_t length) {
  ValueUnpacker unpacker(to, length);
  bool is_first = true, is_packed = false;
  uint32_t left = 0;
  for (OverflowPointer at = from; at.page != kNoPage; is_first = false) {
    ReadGuard guard = TRY(storage_.pool().read(at.page));
    OverflowView view(guard.page());
    if (guard.header().type != PageType::HeapOverflow || guard.header().relation != relation_ ||
        !view.has(at.slot))
      return damaged(at);
    ChunkHead head = view.head(at.slot);
    if (is_first) {
      if (head.length != length || !is_plausible(head)) return damaged(at);
      left = head.stored;
      is_packed = (head.flags & ChunkHead::kCompressed) != 0;
    }
    std::span<const char> bytes = view.bytes(at.slot);
    // No chunk without a byte behind the first, and each says less: so this comes to an end.
    if (head.stored != left || bytes.size() > left || (!is_first && bytes.empty())) return damaged(at);
    left -= static_cast<uint32_t>(bytes.size());
    if (is_packed) {
      if (!unpacker.add(bytes)) return damaged(at);
    } else {
      to = std::copy(bytes.begin(), bytes.end(), to);
    }
    at = {head.next_page, head.next_slot};
  }
  if (left != 0 || (is_packed && !unpacker.is_whole())) return damaged(from);
  return {};
}

Result<> OverflowStore::free_chain(OverflowPointer from) {
  while (from.page != kNoPage) from = TRY(free_first(from));
  return {};
}

Result<OverflowPointer> OverflowStore::free_first(OverflowPointer from) {
  for (;;) {
    WriteGuard guard = TRY(storage_.pool().write(from.page));
    OverflowView view(guard.page());
    if (guard.header().type != PageType::HeapOverflow || guard.header().relation != relation_ ||
        !view.has(from.slot))
      return OverflowPointer{};
    ChunkHead head = view.head(from.slot);
    OverflowPointer next{head.next_page, head.next_slot};
    WriteGuard next_guard;
    if (next.page != kNoPage && next.page != from.page) {
      // Chunks of one chain stand in no order of page numbers: wait for none while one is held.
      next_guard = TRY(storage_.pool().try_write(next.page));
      if (!next_guard) {
        guard.release();
        WriteGuard waited = TRY(storage_.pool().write(next.page));
        continue;
      }
    }
    // Of an aborted id it may be gone, freed by its own page, and its place another value's.
    auto continues = [&](const WriteGuard& page) {
      if (page.header().type != PageType::HeapOverflow || page.header().relation != relation_) return false;
      OverflowView there(page.page());
      if (!there.has(next.slot)) return false;
      ChunkHead found = there.head(next.slot);
      return found.creator == head.creator && (found.flags & ChunkHead::kFirst) == 0;
    };
    bool has_next = next.page != kNoPage && continues(next_guard ? next_guard : guard);
    if (!has_next) next_guard.release();
    OpBuffer ops, next_ops;
    heap_op::free_chunk(ops, from.slot);
    if (has_next) {
      heap_op::orphan_chunk(next_guard ? next_ops : ops, next.slot);
      page_sets_.note_dirty(relation_, next.page);
    }
    Change change(storage_, record_type(has_next ? HeapRecord::Orphan : HeapRecord::CleanValues), relation_,
                  kNoWriteId);
    change.add(guard, ops.bytes());
    if (next_guard) change.add(next_guard, next_ops.bytes());
    TRY(change.reserve());
    TRY(apply_or_stop(storage_, guard.page(), ops.bytes()));
    if (next_guard) TRY(apply_or_stop(storage_, next_guard.page(), next_ops.bytes()));
    change.commit();
    bool gone = false;
    if (OverflowView(guard.page()).is_empty()) gone = TRY(free_page(storage_, relation_, guard));
    if (!gone) note_room(OverflowView(guard.page()), from.page);
    return has_next ? next : OverflowPointer{};
  }
}

Result<std::string> OverflowStore::find_damage(OverflowPointer from, bool unpacks,
                                               std::vector<OverflowPointer>* chunks) {
  uint64_t stored = 0, expected = 0;
  ChunkHead first{};
  std::optional<ValueUnpacker> unpacker;
  bool fits = true, unpacks_well = true;
  for (OverflowPointer at = from; at.page != kNoPage;) {
    if (storage_.space().owner(at.page) != relation_)
      return "value out of line on page " + std::to_string(at.page) + " of another relation";
    ReadGuard guard = TRY(storage_.pool().read(at.page));
    OverflowView view(guard.page());
    if (guard.header().type != PageType::HeapOverflow || !view.has(at.slot))
      return "no chunk " + std::to_string(at.slot) + " on overflow page " + std::to_string(at.page);
    ChunkHead head = view.head(at.slot);
    if (at == from) {
      expected = head.stored;
      first = head;
      if ((head.flags & ChunkHead::kFirst) == 0)
        return std::string("points into the middle of a value out of line");
      if (unpacks && (head.flags & ChunkHead::kCompressed) != 0) unpacker.emplace(nullptr, head.length);
    }
    if ((head.flags & ChunkHead::kOrphan) != 0)
      return std::string("points to a value out of line that was given up");
    chunks->push_back(at);
    std::span<const char> bytes = view.bytes(at.slot);
    if (head.stored != expected - stored || bytes.size() > head.stored || (stored != 0 && bytes.empty())) {
      stored += std::max<uint64_t>(head.stored, bytes.size());
      fits = false;
      break;
    }
    stored += bytes.size();
    if (unpacker) unpacks_well = unpacks_well && unpacker->add(bytes);
    at = {head.next_page, head.next_slot};
  }
  if (!fits || stored != expected)
    return "value out of line has " + std::to_string(stored) + " bytes instead of " +
           std::to_string(expected);
  if (!is_plausible(first) || (unpacker && !(unpacks_well && unpacker->is_whole())))
    return "value out of line is not the " + std::to_string(first.length) + " bytes that it says";
  return std::string();
}

}  // namespace rowan
