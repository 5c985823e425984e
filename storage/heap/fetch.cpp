// Rows by their ids: what a snapshot sees, and the newest version.
#include <algorithm>
#include <array>

#include "storage/heap/cells.h"
#include "storage/heap/internals.h"
#include "txn/visibility.h"

namespace rowan {

namespace {
constexpr size_t kPrefetchRows = 64;

// Asks for the pages of the next rows before the first is read (hazards, 39).
void prefetch_rows(BufferPool& pool, std::span<const RowId> ids) {
  std::array<PageNo, kPrefetchRows> pages;
  size_t count = 0;
  for (RowId id : ids)
    if (count == 0 || pages[count - 1] != id.page) pages[count++] = id.page;
  if (count > 1) pool.prefetch({pages.data(), count});
}

bool is_home_slot(const HeapView& view, RowId row) {
  return view.header().type == PageType::HeapHome && row.slot < view.capacity() &&
         view.state(row.slot) == SlotState::Home;
}
}  // namespace

Result<uint32_t> Heap::fetch(const Snapshot& snapshot, const Projection& projection,
                             std::span<const RowId> ids, Batch& out, uint16_t* from, Lsn mark, bool* doubtful,
                             uint32_t* looked_at) {
  HeapInternals& heap = *internals_;
  ENSURE(ids.size() <= out.capacity());
  ColumnPlan plan(*projection.layout, projection.columns);
  CellScratch scratch;
  out.reset();
  uint32_t count = 0;
  ReadGuard guard;
  if (looked_at != nullptr) *looked_at = static_cast<uint32_t>(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    if (looked_at != nullptr && scratch.is_batch_full()) {
      *looked_at = static_cast<uint32_t>(i);
      break;
    }
    RowId id = ids[i];
    if (ids.size() > 1 && i % kPrefetchRows == 0)
      prefetch_rows(heap.pool(), ids.subspan(i, std::min(kPrefetchRows, ids.size() - i)));
    if (!guard || guard.number() != id.page) {
      guard.release();
      guard = TRY(heap.read_rows(id.page));
      if (!guard) continue;
    }
    HeapView view(guard.page());
    if (!is_home_slot(view, id)) continue;
    bool has_link = SlotWord::has_link(view.words()[id.slot]);
    FoundVersion at;
    if ((view.header().flags & kPageHasDeletersOrLinks) == 0 &&
        rowan::is_settled(heap.status(), snapshot, view.header().min_write_id, view.header().max_write_id)) {
      at.slot = id.slot;
      at.found = true;
    } else {
      at = TRY(heap.find_visible(view, id.page, id.slot, snapshot));
    }
    if (!at.found) continue;
    if (snapshot.ssi != nullptr) heap.note_read(snapshot, id);
    HeapView source = at.other ? HeapView(at.other.page()) : view;
    TRY(read_cells(heap, source, at.slot, plan, out, count, scratch));
    if (projection.with_row_id)
      out.column(projection.columns.size()).data<int64_t>()[count] = static_cast<int64_t>(id.packed());
    from[count] = static_cast<uint16_t>(i);
    if (doubtful != nullptr) doubtful[count] = has_link || guard.header().lsn > mark;
    ++count;
  }
  out.set_row_count(count);
  if (snapshot.ssi != nullptr) TRY(snapshot.ssi->check());
  return count;
}

Result<LatestRow> Heap::fetch_latest(const Transaction* mine, const Projection& projection, RowId row,
                                     Batch& out, uint32_t at) {
  HeapInternals& heap = *internals_;
  LatestRow latest;
  ReadGuard guard = TRY(heap.read_rows(row.page));
  if (!guard) return latest;
  HeapView view(guard.page());
  if (!is_home_slot(view, row)) return latest;
  FoundVersion version = TRY(heap.find_newest(view, row.page, row.slot));
  if (!version.found) return latest;
  TxnId self = mine != nullptr && mine->is_active() ? mine->id() : 0;
  bool is_home = !version.other && version.slot == row.slot;
  HeapView source = version.other ? HeapView(version.other.page()) : view;
  latest.state = LatestState::Live;
  latest.creator = source.creators()[version.slot];
  WriteStatus creator = heap.status().latest(latest.creator);
  WriteId deleter = is_home ? view.deleters()[row.slot] : kNoWriteId;
  if (creator.state == WriteStatus::State::Running && (self == 0 || creator.owner != self)) {
    // Who wrote it may also have deleted it again; nobody else can have.
    bool is_going =
        deleter != kNoWriteId && heap.status().latest(deleter).state != WriteStatus::State::Aborted;
    latest.state = is_going ? LatestState::DeleteInProgress : LatestState::InProgress;
    latest.writer = latest.creator;
  } else if (deleter != kNoWriteId) {
    WriteStatus status = heap.status().latest(deleter);
    bool is_own = status.state == WriteStatus::State::Running && self != 0 && status.owner == self;
    if (status.state == WriteStatus::State::Committed || is_own) {
      latest.state = LatestState::Deleted;
      latest.writer = deleter;
      std::optional<MovedRow> to;
      if (heap.moved.any()) to = heap.moved.target(row);
      if (to && to->mover == deleter) latest.moved_to = to->row;
    } else if (status.state == WriteStatus::State::Running) {
      latest.state = LatestState::DeleteInProgress;
      latest.writer = deleter;
    }
  }
  ColumnPlan plan(*projection.layout, projection.columns);
  CellScratch scratch;
  TRY(read_cells(heap, source, version.slot, plan, out, at, scratch));
  if (projection.with_row_id)
    out.column(projection.columns.size()).data<int64_t>()[at] = static_cast<int64_t>(row.packed());
  return latest;
}

RowId Heap::seen_home(const Snapshot& snapshot, RowId row) const {
  const HeapInternals& heap = *internals_;
  if (!heap.moved.any()) return row;
  std::optional<MovedRow> from = heap.moved.origin(row);
  if (!from || sees(heap.status(), snapshot, from->mover)) return row;
  return heap.moved.is_hidden(from->row, heap.status(), snapshot) ? row : from->row;
}

bool Heap::has_only_moved(const Snapshot& snapshot, RowId row, WriteId creator) const {
  const HeapInternals& heap = *internals_;
  if (!heap.moved.any()) return false;
  // Only what every snapshot saw was moved.
  std::optional<MovedRow> from = heap.moved.origin(row);
  return from && from->mover == creator && !sees(heap.status(), snapshot, creator);
}

bool Heap::is_moving(RowId row, WriteId writer) const {
  if (!internals_->moved.any()) return false;
  std::optional<MovedRow> to = internals_->moved.target(row);
  return to && to->mover == writer;
}

bool Heap::has_moved_rows() const {
  return internals_->moved.any();
}

Result<bool> Heap::is_settled(PageNo page, const Snapshot& snapshot) {
  HeapInternals& heap = *internals_;
  ReadGuard guard = TRY(heap.read_rows(page));
  if (!guard) return false;
  const PageHeader& header = guard.header();
  return (header.flags & kPageHasDeletersOrLinks) == 0 &&
         rowan::is_settled(heap.status(), snapshot, header.min_write_id, header.max_write_id);
}

Result<bool> Heap::visit_versions(const Snapshot& snapshot, const Projection& projection, RowId row,
                                  Batch& out, const LookAtVersion& look) {
  HeapInternals& heap = *internals_;
  ReadGuard guard = TRY(heap.read_rows(row.page));
  if (!guard) return false;
  HeapView home(guard.page());
  if (!is_home_slot(home, row)) return false;
  ColumnPlan plan(*projection.layout, projection.columns);
  CellScratch scratch;
  auto is_aborted = [&](WriteId id) {
    return heap.status().maybe_aborted(id) && heap.status().status(id).state == WriteStatus::State::Aborted;
  };
  RowId before = seen_home(snapshot, row);
  RowId at = row;
  for (bool is_home = true; at.is_valid(); is_home = false) {
    ReadGuard other;
    if (at.page != row.page) {
      other = TRY(heap.read_rows(at.page));
      if (!other) return true;  // a broken chain, which verify() names
    }
    HeapView view = other ? HeapView(other.page()) : home;
    if (at.slot >= view.capacity() || (!is_home && view.state(at.slot) != SlotState::History)) return true;
    WriteId creator = view.creators()[at.slot];
    Version version{is_visible(heap.status(), snapshot, creator, view.deleters()[at.slot]), true};
    if (is_home && heap.moved.any())
      version.is_visible &= !heap.moved.is_hidden(row, heap.status(), snapshot);
    version.is_seen_where_it_was = before != row && has_only_moved(snapshot, row, creator);
    out.reset();
    Result<> read = read_cells(heap, view, at.slot, plan, out, 0, scratch);
    if (!read.ok() && !is_aborted(creator)) return std::move(read).error();
    version.has_values = read.ok();
    out.set_row_count(1);
    bool go_on = TRY(look(version));
    if (!go_on) return true;
    at = SlotWord::link(view.words()[at.slot]);
  }
  return true;
}

}  // namespace rowan
