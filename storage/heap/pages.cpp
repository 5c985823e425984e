// Getting pages of rows, changing them with a record, and making room on them.
#include <algorithm>
#include <array>
#include <optional>
#include <thread>

#include "storage/heap/internals.h"

namespace rowan {

namespace {
constexpr uint32_t kPageRoom = kPageSize - kPageHeaderSize;
uint32_t round_up_8(uint32_t n) {
  return (n + 7) / 8 * 8;
}

bool is_rows(const PageHeader& header, RelationId relation) {
  return header.relation == relation &&
         (header.type == PageType::HeapHome || header.type == PageType::HeapHistory);
}
}  // namespace

Result<WriteGuard> HeapInternals::write_rows(PageNo page) {
  WriteGuard guard = TRY(pool().write(page));
  if (!is_rows(guard.header(), relation)) guard.release();
  return guard;
}

Result<ReadGuard> HeapInternals::read_rows(PageNo page) {
  ReadGuard guard = TRY(pool().read(page));
  if (!is_rows(guard.header(), relation)) guard.release();
  return guard;
}

Result<WriteGuard> write_remembered(Storage& storage, RelationId relation, PageNo page) {
  constexpr int kAttempts = 16;
  WriteGuard guard;
  for (int i = 0; i < kAttempts && !guard; ++i) {
    if (i > 0) std::this_thread::yield();
    guard = TRY(storage.pool().try_write(page));
  }
  if (guard && guard.header().relation != relation) guard.release();
  return guard;
}

Result<WriteGuard> HeapInternals::create_page(PageType type, const Layout& page_layout, uint32_t row_bytes,
                                              OpBuffer& ops, PageNo limit) {
  WriteGuard guard = TRY(pool().create_below(relation, type, limit));
  if (!guard) return guard;
  uint32_t capacity = HeapView::best_capacity(page_layout.shape(), row_bytes);
  if (slot_limit() != 0) capacity = std::min(capacity, round_up_8(slot_limit()));
  heap_op::format(ops, page_layout.number(), capacity, page_layout.shape());
  return guard;
}

Result<> apply_or_stop(Storage& storage, Page page, std::span<const std::byte> ops) {
  if (apply_heap_ops(page, ops)) [[likely]]
    return {};
  Error broken(sqlstate::internal_error, "internal error: a change does not fit its page of relation " +
                                             std::to_string(page.header().relation) +
                                             "; the database has stopped, open it again");
  storage.log().kill(broken);
  return broken;
}

Result<> HeapInternals::change(WriteGuard& guard, HeapRecord record, WriteId writer, const OpBuffer& ops) {
  Change logged(storage, record_type(record), relation, writer);
  logged.add(guard, ops.bytes());
  TRY(logged.reserve());
  TRY(apply_or_stop(storage, guard.page(), ops.bytes()));
  logged.commit();
  return {};
}

Result<> HeapInternals::change(WriteGuard& guard, const OpBuffer& ops, WriteGuard& other,
                               const OpBuffer& other_ops, HeapRecord record, WriteId writer) {
  Change logged(storage, record_type(record), relation, writer);
  logged.add(guard, ops.bytes());
  logged.add(other, other_ops.bytes());
  TRY(logged.reserve());
  TRY(apply_or_stop(storage, guard.page(), ops.bytes()));
  TRY(apply_or_stop(storage, other.page(), other_ops.bytes()));
  logged.commit();
  return {};
}

Result<bool> free_page(Storage& storage, RelationId relation, WriteGuard& guard, bool is_left) {
  // Small tables keep theirs: what comes and goes would make and free a page each time.
  constexpr uint64_t kPagesKept = 4;
  Space& space = storage.space();
  if (space.anchor(relation) == guard.number()) return false;
  if (!is_left && space.page_count(relation) <= kPagesKept) return false;
  Change logged(storage, record_type(HeapRecord::Clean), relation, kNoWriteId);
  logged.add_free(guard);
  TRY(logged.reserve());
  logged.commit();
  guard.release();
  return true;
}

Result<bool> HeapInternals::make_room(WriteGuard& guard, uint32_t slots, uint32_t bytes) {
  HeapView view(guard.page());
  uint32_t used = view.header().count;
  uint32_t live = view.live_bytes();
  const PageShape& shape = view.shape();
  uint32_t usable = slot_limit() == 0 ? view.capacity() : std::min(view.capacity(), slot_limit());
  if (slot_limit() != 0 && used + slots > slot_limit()) return false;
  bool has_slots = used + slots <= usable;
  OpBuffer ops;
  if (has_slots && HeapView::arrays_size(shape, view.capacity()) + live + bytes <= kPageRoom) {
    if (view.free_bytes() >= bytes) return true;
    heap_op::compact(ops);
    TRY(change(guard, HeapRecord::Clean, kNoWriteId, ops));
    return true;
  }
  // Another capacity: what the rows so far suggest, but no slot in use may be lost.
  uint32_t last = view.last_used();
  uint32_t least = round_up_8(std::max(last == UINT32_MAX ? 0 : last + 1, used + slots));
  uint32_t each = (live + bytes) / std::max(1u, used + slots) + 1;
  uint32_t capacity = std::max(least, HeapView::best_capacity(shape, each));
  if (slot_limit() != 0) capacity = std::max(least, std::min(capacity, round_up_8(slot_limit())));
  while (capacity > least && HeapView::arrays_size(shape, capacity) + live + bytes > kPageRoom) capacity -= 8;
  if (capacity == view.capacity() || HeapView::arrays_size(shape, capacity) + live + bytes > kPageRoom)
    return false;
  heap_op::relayout(ops, view.header().layout, capacity, shape);
  for (uint32_t array = 0; array < shape.array_count(); ++array)
    heap_op::source_array(ops, static_cast<uint16_t>(array));
  TRY(change(guard, HeapRecord::Clean, kNoWriteId, ops));
  return true;
}

Result<uint32_t> HeapInternals::prune(WriteGuard& guard) {
  HeapView view(guard.page());
  if ((view.header().flags & kPageHasDeletersOrLinks) == 0) return 0u;
  WriteId low = transactions.low_water();
  // Asked for only where the low-water does not tell: one old snapshot, or a session that waits, holds that
  // back, and the page would fill with versions that came and went since, which nobody can see.
  std::optional<CleaningView> live;
  constexpr CommitSeq kSomeCommits = 8192;  // bytes of log
  bool is_worth_asking =
      status().published() >= pruned_in_vain.load(std::memory_order_relaxed) + kSomeCommits;
  auto is_dead = [&](WriteId creator, WriteId deleter) {
    if (deleter < low) return true;
    if (!is_worth_asking || status().latest(deleter).state != WriteStatus::State::Committed) return false;
    if (!live) live = transactions.cleaning_view();
    return is_removable(status(), *live, creator, deleter);
  };
  // Who links to a slot of this page: a row's chain never branches.
  std::array<uint16_t, kPageSize / 24> newer;
  newer.fill(UINT16_MAX);
  for (uint32_t slot = 0; slot < view.capacity(); ++slot) {
    uint64_t word = view.words()[slot];
    RowId link = SlotWord::link(word);
    if (SlotWord::state(word) != SlotState::Free && link.page == guard.number() &&
        link.slot < view.capacity())
      newer[link.slot] = static_cast<uint16_t>(slot);
  }
  std::array<uint64_t, kPageSize / 24> words;
  std::copy_n(view.words(), view.capacity(), words.begin());
  OpBuffer ops;
  uint32_t freed = 0;
  for (uint32_t slot = 0; slot < view.capacity(); ++slot) {
    uint64_t word = words[slot];
    if (SlotWord::state(word) != SlotState::History ||
        (word & (SlotWord::kKeyChanged | SlotWord::kElsewhere)) != 0)
      continue;
    WriteId creator = view.creators()[slot], deleter = view.deleters()[slot];
    if (newer[slot] == UINT16_MAX || deleter == 0 || status().maybe_aborted(deleter) ||
        status().maybe_aborted(creator))
      continue;
    bool owns_values = false;
    uint32_t first = view.shape().first_variable();
    for (uint32_t array = first; array < first + view.shape().variable; ++array) {
      const VarEntry& entry = view.entries(array)[slot];
      owns_values |=
          view.is_valid(array, slot) && entry.is_out_of_line() && (entry.meta & VarEntry::kPassedOn) == 0;
    }
    if (owns_values || !is_dead(creator, deleter)) continue;
    uint16_t before = newer[slot];
    RowId older = SlotWord::link(word);
    words[before] = SlotWord::with_link(words[before], older);
    if (older.page == guard.number() && older.slot < view.capacity()) newer[older.slot] = before;
    words[slot] = SlotWord::make(SlotState::Free, kNoRow);
    heap_op::free_slot(ops, static_cast<SlotNo>(slot));
    ++freed;
  }
  if (freed == 0) {
    if (live) pruned_in_vain.store(status().published(), std::memory_order_relaxed);
    return 0u;
  }
  for (uint32_t slot = 0; slot < view.capacity(); ++slot)
    if (words[slot] != view.words()[slot] && SlotWord::state(words[slot]) != SlotState::Free)
      heap_op::set_word(ops, static_cast<SlotNo>(slot), words[slot]);
  heap_op::rebound(ops);
  TRY(change(guard, HeapRecord::Clean, kNoWriteId, ops));
  return freed;
}

PageNo HeapInternals::insert_target(TxnId who) {
  std::atomic<PageNo>& mine = targets[who % kTargets];
  PageNo page = mine.load(std::memory_order_relaxed);
  if (page != kNoPage) return page;
  if (std::optional<PageNo> roomy = page_sets.take_room(relation)) {
    mine.store(*roomy, std::memory_order_relaxed);
    return *roomy;
  }
  {
    MutexLock lock(targets_mutex);
    if (looked_for_last) return kNoPage;
    looked_for_last = true;
  }
  // After opening: go on where the last run stopped.
  std::array<PageNo, 64> some;
  PageNo from = 0;
  for (size_t count; (count = storage.space().pages(relation, from, some)) != 0; from = some[count - 1] + 1)
    page = some[count - 1];
  mine.store(page, std::memory_order_relaxed);
  return page;
}

void HeapInternals::set_insert_target(TxnId who, PageNo page) {
  targets[who % kTargets].store(page, std::memory_order_relaxed);
}

}  // namespace rowan
