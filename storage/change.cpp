#include "storage/change.h"

#include "storage/storage.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {

Change::Change(Storage& storage, RecordType type, RelationId relation, WriteId write_id)
    : storage_(storage), type_(type), relation_(relation), write_id_(write_id) {}

Change::~Change() {
  if (!is_reserved_) return;
  storage_.log().cancel_reservation(reserved_);
  for (size_t i = 0; i < free_count_; ++i) storage_.log().cancel_reservation(Space::kExtentFreeBytes);
}

void Change::add(WriteGuard& page, std::span<const std::byte> head, std::span<const std::byte> rest) {
  ASSERT(count_ < kPagesMax && !is_reserved_);
  PartKind kind = page.is_new() ? PartKind::Fresh : PartKind::Change;
  entries_[count_++] = {&page, kind, {static_cast<uint16_t>(page.header().type), 0}, head, rest};
}

void Change::add_image(WriteGuard& page, uint16_t hole_offset, uint16_t hole_length) {
  ASSERT(count_ < kPagesMax && !is_reserved_);
  ASSERT(size_t{hole_offset} + hole_length <= kPageSize);
  entries_[count_++] = {&page, PartKind::Image, {hole_offset, hole_length}, {}, {}};
}

void Change::add_free(WriteGuard& page) {
  ASSERT(count_ < kPagesMax && !is_reserved_);
  entries_[count_++] = {&page, PartKind::Free, {0, 0}, {}, {}};
}

void Change::move_anchor(const WriteGuard& page, std::atomic<PageNo>& known) {
  ASSERT(type_ == RecordType::Anchor && !is_reserved_);
  anchor_ = page.number();
  known_anchor_ = &known;
  body_ = std::as_bytes(std::span(&anchor_, 1));
}

void Change::fill_part(const Entry& entry, PartBytes& part) const {
  part = {entry.guard->number(), entry.kind, entry.guard->is_new(), entry.head, entry.rest, {}};
  switch (entry.kind) {
    case PartKind::Change:
      if (!entry.rest.empty() && entry.head.size() > 255)
        part = {part.page, part.kind, part.is_new, {}, entry.head, entry.rest};
      return;
    case PartKind::Fresh:
      part.head = std::as_bytes(std::span(entry.small, 1));
      part.rest = entry.head;
      part.tail = entry.rest;
      return;
    case PartKind::Image: {
      auto bytes = std::span<const std::byte>(entry.guard->page().span());
      part.head = std::as_bytes(std::span(entry.small, 2));
      part.rest = bytes.first(entry.small[0]);
      part.tail = bytes.subspan(size_t{entry.small[0]} + entry.small[1]);
      return;
    }
    case PartKind::Free:
      return;
  }
}

Result<> Change::reserve() {
  TRY(storage_.begin_writing());
  size_t bytes = body_.size();
  size_t frees = 0;
  for (size_t i = 0; i < count_; ++i) {
    PartBytes part;
    fill_part(entries_[i], part);
    bytes += part.head.size() + part.rest.size() + part.tail.size();
    if (part.is_new) {
      ENSURE(entries_[i].guard->header().relation ==
             relation_);  // redo gives the page to the record's relation
      takes_pages_ = true;
    }
    if (part.kind == PartKind::Free) ++frees;
  }
  Log& log = storage_.log();
  bytes = Log::record_size(count_, bytes, 0);
  TRY(log.reserve(bytes));
  for (size_t done = 0; done < frees; ++done) {
    Result<> reserved = log.reserve(Space::kExtentFreeBytes);
    if (reserved.ok()) continue;
    log.cancel_reservation(bytes);
    for (size_t i = 0; i < done; ++i) log.cancel_reservation(Space::kExtentFreeBytes);
    return reserved;
  }
  reserved_ = bytes;
  free_count_ = frees;
  is_reserved_ = true;
  return {};
}

// Before the record is appended: a checkpoint whose redo begins behind the record must find the page.
void Change::mark_dirty(const Entry& entry) const {
  if (entry.kind == PartKind::Free) return;
  WriteGuard& guard = *entry.guard;
  if (guard.private_frame_ != 0) {
    guard.pool_->frame_at(guard.private_frame_).page.store(guard.page_, std::memory_order_release);
  }
  uint64_t before = guard.word_->fetch_or(page_word::kDirty, std::memory_order_seq_cst);
  if ((before & page_word::kDirty) == 0) ++page_usage().dirtied;
}

// Behind the record: stamps the page and shows it.
void Change::settle(Entry& entry, Lsn end) const {
  using namespace page_word;
  WriteGuard& guard = *entry.guard;
  BufferPool& pool = *guard.pool_;
  if (entry.kind == PartKind::Free) {  // whoever follows an old pointer finds nothing of its own
    guard.header().type = PageType::Free;
    guard.header().relation = kNoRelation;
    guard.header().lsn = end;
    guard.header().flags = 0;
    if (guard.private_frame_ == 0) return;
    pool.frame_at(guard.private_frame_).page.store(guard.page_, std::memory_order_release);
  }
  guard.header().lsn = end;
  bool is_inner = (guard.header().flags & kPageInner) != 0;
  uint64_t seen = guard.word_->load(std::memory_order_relaxed);
  uint64_t frame = guard.private_frame_ != 0 ? guard.private_frame_ : frame_of(seen);
  if (entry.kind != PartKind::Change && entry.kind != PartKind::Free) pool.frame_at(frame).image_lsn = end;
  if (guard.private_frame_ == 0) {
    if (is_inner) guard.word_->fetch_or(kInner, std::memory_order_seq_cst);
    return;
  }
  uint64_t next = 0;
  do {
    next = (seen & ~(kFrameMask | kInner)) | frame | (is_inner ? kInner : 0);
  } while (!guard.word_->compare_exchange_weak(seen, next, std::memory_order_seq_cst));
  guard.private_frame_ = 0;
  guard.is_new_ = false;
  if (frame_of(seen) == 0) return;
  if ((seen & kInner) != 0) {
    pool.retire_frame(frame_of(seen));
  } else {
    pool.give_frame(frame_of(seen));
  }
}

Lsn Change::commit() {
  ASSERT(is_reserved_);
  PartBytes parts[kPagesMax];
  for (size_t i = 0; i < count_; ++i) {
    mark_dirty(entries_[i]);
    fill_part(entries_[i], parts[i]);
  }
  RecordBytes record{type_, relation_, write_id_, {parts, count_}, body_};
  Log& log = storage_.log();
  Lsn end = 0;
  if (!takes_pages_ && free_count_ == 0 && anchor_ == kNoPage) {
    end = log.append(record, reserved_);
  } else {
    Space& space = storage_.space();
    MutexLock lock(space.mutex());
    end = log.append(record, reserved_);
    if (anchor_ != kNoPage) space.note_anchor(anchor_, relation_);
    for (size_t i = 0; i < count_; ++i) {
      if (parts[i].is_new) space.note_used(parts[i].page, relation_);
      if (parts[i].kind == PartKind::Free && !space.note_freed(parts[i].page, end)) {
        log.cancel_reservation(Space::kExtentFreeBytes);
      }
    }
  }
  is_reserved_ = false;
  auto settle_those = [&](auto is_their_turn) {
    for (size_t i = 0; i < count_; ++i)
      if (is_their_turn(parts[i])) settle(entries_[i], end);
  };
  // Who reads without latches comes to a page by a number that he has read on another: so new pages first,
  // then what may lead to them, and last those that nothing leads to any more.
  settle_those([](const PartBytes& part) { return part.is_new; });
  if (anchor_ != kNoPage) known_anchor_->store(anchor_, std::memory_order_seq_cst);
  settle_those([](const PartBytes& part) { return !part.is_new && part.kind != PartKind::Free; });
  settle_those([](const PartBytes& part) { return !part.is_new && part.kind == PartKind::Free; });
  return end;
}

}  // namespace rowan
