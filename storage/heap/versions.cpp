// A row's chain of versions: found under the shared latch of its home page, changed under the exclusive one.
// Order of latches: home page, then at most one history page (several: by rising number), then overflow pages
// one at a time.
#include "storage/heap/cells.h"
#include "storage/heap/internals.h"
#include "txn/visibility.h"

namespace rowan {

namespace {

Error broken_chain(RelationId relation, RowId at) {
  return Error(sqlstate::data_corrupted, "a row of relation " + std::to_string(relation) + " links to page " +
                                             std::to_string(at.page) + ", slot " + std::to_string(at.slot) +
                                             ", where no older version is");
}

// Walks from `home` to older versions and stops at the first whose creator `accepts`.
template <class Accepts>
Result<FoundVersion> walk_chain(HeapInternals& heap, const HeapView& home, PageNo page, uint32_t slot,
                                Accepts accepts) {
  FoundVersion at;
  at.slot = slot;
  if (accepts(home.creators()[slot])) {
    at.found = true;
    return at;
  }
  uint64_t word = home.words()[slot];
  while (SlotWord::has_link(word)) {
    RowId link = SlotWord::link(word);
    if (link.page == page) {
      at.other.release();
    } else if (!at.other || at.other.number() != link.page) {
      at.other.release();
      at.other = TRY(heap.read_rows(link.page));
      if (!at.other) return broken_chain(heap.relation, link);
    }
    at.slot = link.slot;
    HeapView view = at.other ? HeapView(at.other.page()) : home;
    if (link.slot >= view.capacity() || view.state(link.slot) != SlotState::History)
      return broken_chain(heap.relation, link);
    if (accepts(view.creators()[link.slot])) {
      at.found = true;
      return at;
    }
    word = view.words()[link.slot];
  }
  return at;
}

}  // namespace

Result<FoundVersion> HeapInternals::find_visible(const HeapView& home, PageNo page, uint32_t slot,
                                                 const Snapshot& snapshot) {
  WriteId deleter = home.deleters()[slot];
  if (sees(status(), snapshot, home.creators()[slot])) {
    FoundVersion at;
    at.slot = slot;
    at.found = deleter == kNoWriteId || !sees(status(), snapshot, deleter);
    if (at.found && deleter != kNoWriteId && moved.any()) [[unlikely]]
      at.found = !moved.is_hidden({page, static_cast<SlotNo>(slot)}, status(), snapshot);
    if (snapshot.ssi != nullptr && at.found && deleter != kNoWriteId) meet_writer(snapshot, deleter);
    return at;
  }
  return walk_chain(*this, home, page, slot, [&](WriteId creator) {
    bool is_seen = sees(status(), snapshot, creator);
    if (!is_seen && snapshot.ssi != nullptr) meet_writer(snapshot, creator);
    return is_seen;
  });
}

void HeapInternals::note_read(const Snapshot& snapshot, RowId row) const {
  snapshot.ssi->read_row(relation, row);
  std::optional<MovedRow> to;
  if (moved.any()) to = moved.target(row);
  if (to) snapshot.ssi->read_row(relation, to->row);
}

Result<FoundVersion> HeapInternals::find_newest(const HeapView& home, PageNo page, uint32_t slot) {
  return walk_chain(*this, home, page, slot, [&](WriteId creator) {
    return !status().maybe_aborted(creator) || status().status(creator).state != WriteStatus::State::Aborted;
  });
}

namespace {
// The image of a version for another place: what is out of line keeps its owner but for the mark that it was
// passed on. What finds no room goes out of line, with the same record.
Result<> move_image(HeapInternals& heap, OpBuffer& ops, const HeapView& from, uint32_t slot, uint32_t room,
                    WriteId creator, OverflowStore::Staged& staged) {
  ImageWriter image(ops, from.shape());
  for (uint32_t array = 0; array < from.shape().array_count(); ++array) {
    if (!from.is_valid(array, slot)) {
      image.null();
      continue;
    }
    if (!from.is_variable(array)) {
      uint32_t width = from.array_width(array);
      image.fixed(from.array(array) + size_t{slot} * width, width);
      continue;
    }
    VarEntry entry = from.entries(array)[slot];
    if (entry.is_in_page() && entry.length() > room) {
      OverflowPointer to = TRY(heap.overflow.stage(creator, from.bytes_of(entry), staged));
      VarEntry moved = VarEntry::out_of_line(to);
      moved.meta |= VarEntry::kMovedOut;
      image.out_of_line(moved);
    } else if (entry.is_out_of_line()) {
      entry.meta = static_cast<uint16_t>(entry.meta & ~VarEntry::kPassedOn);
      image.out_of_line(entry);
    } else {
      if (entry.is_in_page()) room -= entry.length();
      image.bytes(from.bytes_of(from.entries(array)[slot]));
    }
  }
  return {};
}

// A version out of line as a whole, for a page of another layout.
Result<OverflowPointer> move_out_of_line(HeapInternals& heap, const HeapView& from, uint32_t slot,
                                         WriteId creator) {
  if ((from.words()[slot] & SlotWord::kElsewhere) != 0) return elsewhere(from, slot);
  const Layout* layout = heap.layout(from.header().layout);
  ENSURE(layout != nullptr);
  std::vector<uint16_t> columns;
  for (uint16_t i = 0; i < layout->columns().size(); ++i)
    if (!layout->column(i).dropped) columns.push_back(i);
  std::string blob;
  TRY(blob_of_row(heap, from, slot, *layout, columns, *layout, {}, blob));
  return heap.overflow.write(creator, blob);
}

// Room for bytes of variable width in the page, if they are moved together first.
uint32_t room_when_compact(const HeapView& view) {
  uint32_t used = view.arrays_end() + view.live_bytes();
  return used >= kPageSize ? 0 : kPageSize - used;
}
}  // namespace

Result<bool> HeapInternals::restore_home(WriteGuard& home, SlotNo slot) {
  HeapView view(home.page());
  FoundVersion older = TRY(find_newest(view, home.number(), slot));
  if (!older.found) return false;
  if (!older.other && older.slot == slot) return true;
  WriteId aborted = view.creators()[slot];
  if (!older.other) {
    auto from = static_cast<SlotNo>(older.slot);
    OpBuffer ops;
    heap_op::swap(ops, slot, from, kNoWriteId, aborted);
    uint32_t first = view.shape().first_variable();
    bool is_elsewhere = (view.words()[from] & SlotWord::kElsewhere) != 0;
    for (uint32_t array = first; !is_elsewhere && array < first + view.shape().variable; ++array) {
      VarEntry entry = view.entries(array)[from];
      if (view.is_valid(array, from) && entry.is_out_of_line() && (entry.meta & VarEntry::kPassedOn) != 0)
        heap_op::set_entry_meta(ops, slot, static_cast<uint16_t>(array),
                                static_cast<uint16_t>(entry.meta & ~VarEntry::kPassedOn));
    }
    uint64_t word = view.words()[from] | SlotWord::kKeyChanged;
    word = (word & ~SlotWord::kElsewhere) | (view.words()[slot] & SlotWord::kElsewhere);
    heap_op::set_word(ops, from, word);
    TRY(change(home, HeapRecord::Clean, kNoWriteId, ops));
    return true;
  }
  // The old version lies on a history page: both places exchange what they hold.
  PageNo history_no = older.other.number();
  auto from = static_cast<SlotNo>(older.slot);
  older.other.release();
  WriteGuard history = TRY(write_rows(history_no));
  ENSURE(history);
  HeapView there(history.page());
  ENSURE(from < there.capacity());
  uint64_t old_word = there.words()[from];
  uint64_t new_word = view.words()[slot];
  OpBuffer ops, there_ops;
  OverflowStore::Staged staged;
  // A page laid out anew since then cannot take the old version as it is.
  bool other_layout = there.header().layout != view.header().layout || there.shape() != view.shape();
  OverflowPointer old_pointer, new_pointer;
  if (other_layout) {
    old_pointer = TRY(move_out_of_line(*this, there, from, there.creators()[from]));
    new_pointer = TRY(move_out_of_line(*this, view, slot, aborted));
    old_word |= SlotWord::kElsewhere;
    new_word |= SlotWord::kElsewhere;
  } else {
    old_pointer = elsewhere(there, from);
    new_pointer = elsewhere(view, slot);
  }
  bool old_elsewhere = (old_word & SlotWord::kElsewhere) != 0,
       new_elsewhere = (new_word & SlotWord::kElsewhere) != 0;
  heap_op::compact(ops);
  heap_op::put(ops, slot, (new_word & ~SlotWord::kElsewhere) | (old_word & SlotWord::kElsewhere),
               there.creators()[from], kNoWriteId);
  if (old_elsewhere) {
    heap_op::put_pointer(ops, old_pointer);
  } else {
    TRY(move_image(*this, ops, there, from, room_when_compact(view), there.creators()[from], staged));
  }
  heap_op::compact(there_ops);
  heap_op::put(there_ops, from,
               (old_word & ~SlotWord::kElsewhere) | SlotWord::kKeyChanged | (new_word & SlotWord::kElsewhere),
               aborted, aborted);
  if (new_elsewhere) {
    heap_op::put_pointer(there_ops, new_pointer);
  } else {
    TRY(move_image(*this, there_ops, view, slot, room_when_compact(there), aborted, staged));
  }
  Change logged(storage, record_type(HeapRecord::Clean), relation, kNoWriteId);
  logged.add(home, ops.bytes());
  logged.add(history, there_ops.bytes());
  for (size_t i = 0; i < staged.pages.size(); ++i) logged.add(staged.pages[i], staged.ops[i]->bytes());
  TRY(logged.reserve());
  TRY(apply_or_stop(storage, home.page(), ops.bytes()));
  TRY(apply_or_stop(storage, history.page(), there_ops.bytes()));
  for (size_t i = 0; i < staged.pages.size(); ++i)
    TRY(apply_or_stop(storage, staged.pages[i].page(), staged.ops[i]->bytes()));
  logged.commit();
  return true;
}

}  // namespace rowan
