// UPDATE, DELETE and the question whether a row may be locked.
#include <algorithm>
#include <array>
#include <memory_resource>
#include <vector>

#include "storage/heap/cells.h"
#include "storage/heap/internals.h"
#include "storage/heap/page_ops.h"
#include "txn/lock_manager.h"
#include "txn/visibility.h"

namespace rowan {

namespace {

// What the newest version says to a writer who has seen `seen`.
WriteVerdict judge_seen(const HeapInternals& heap, const Transaction& transaction, const HeapView& view,
                        uint32_t slot, const Seen& seen) {
  WriteId creator = view.creators()[slot], deleter = view.deleters()[slot];
  if (seen.version == kNoWriteId || seen.version != creator) {
    if (seen.snapshot != nullptr && seen.version == kNoWriteId)
      return judge_write(heap.status(), *seen.snapshot, creator, deleter);
    WriteStatus created = heap.status().latest(creator);
    bool is_own = created.state == WriteStatus::State::Running && created.owner == transaction.id();
    if (is_own && seen.snapshot != nullptr && creator >= seen.snapshot->own_below)
      return {WriteVerdict::Kind::SelfUpdated, creator, created.owner};
    Snapshot now = heap.transactions.instant_snapshot(&transaction);
    WriteVerdict verdict = judge_write(heap.status(), now, creator, deleter);
    // Somebody was faster since the caller's look: it has to look again.
    if (verdict.kind == WriteVerdict::Kind::Ok || verdict.kind == WriteVerdict::Kind::DeleterAborted)
      return {WriteVerdict::Kind::Updated, creator, 0};
    return verdict;
  }
  if (deleter == kNoWriteId) return {WriteVerdict::Kind::Ok, kNoWriteId, 0};
  WriteStatus status = heap.status().latest(deleter);
  if (status.state == WriteStatus::State::Aborted) return {WriteVerdict::Kind::DeleterAborted, kNoWriteId, 0};
  if (status.state == WriteStatus::State::Committed) return {WriteVerdict::Kind::Deleted, deleter, 0};
  if (status.owner == transaction.id()) return {WriteVerdict::Kind::SelfDeleted, deleter, 0};
  return {WriteVerdict::Kind::WaitFor, deleter, status.owner};
}

// nullopt-like: Done means go ahead.
RowOutcome outcome_of(const WriteVerdict& verdict) {
  switch (verdict.kind) {
    case WriteVerdict::Kind::Ok:
    case WriteVerdict::Kind::DeleterAborted:
      return {RowFate::Done, kNoWriteId};
    case WriteVerdict::Kind::WaitFor:
      return {RowFate::WaitForWriter, verdict.writer};
    case WriteVerdict::Kind::Updated:
      return {RowFate::Updated, verdict.writer};
    case WriteVerdict::Kind::Deleted:
      return {RowFate::Deleted, verdict.writer};
    case WriteVerdict::Kind::SelfUpdated:
    case WriteVerdict::Kind::SelfDeleted:
      return {RowFate::OwnLater, verdict.writer};
    case WriteVerdict::Kind::HomeAborted:
      break;
  }
  return {RowFate::Gone, kNoWriteId};
}

// Deleted, or moved: then who has seen the version that was moved need not care.
RowOutcome outcome_of_deleted(const HeapInternals& heap, const HeapView& view, RowId row, const Seen& seen,
                              const WriteVerdict& verdict) {
  constexpr WriteId kAnother = ~WriteId{0};  // no version's
  RowOutcome outcome = outcome_of(verdict);
  if (!heap.moved.any()) return outcome;
  std::optional<MovedRow> to = heap.moved.target(row);
  if (!to || to->mover != verdict.writer) return outcome;
  WriteId creator = view.creators()[row.slot];
  bool has_seen = seen.version != kNoWriteId
                      ? seen.version == creator
                      : seen.snapshot != nullptr && sees(heap.status(), *seen.snapshot, creator);
  outcome.fate = RowFate::Moved;
  outcome.row = to->row;
  outcome.version = has_seen ? to->mover : kAnother;
  return outcome;
}

bool is_home(const WriteGuard& guard, RowId row) {
  if (!guard || guard.header().type != PageType::HeapHome) return false;
  HeapView view(guard.page());
  return row.slot < view.capacity() && view.state(row.slot) == SlotState::Home;
}

// Latches the row's page and finds out whether it may be changed; a home that aborted is restored on the way.
Result<RowOutcome> latch_for_change(HeapInternals& heap, const Transaction& transaction, RowId row,
                                    const Seen& seen, WriteGuard& guard) {
  guard = TRY(heap.write_rows(row.page));
  if (!is_home(guard, row)) return RowOutcome{RowFate::Gone, kNoWriteId};
  for (;;) {
    HeapView view(guard.page());
    WriteVerdict verdict = judge_seen(heap, transaction, view, row.slot, seen);
    if (verdict.kind == WriteVerdict::Kind::Deleted)
      return outcome_of_deleted(heap, view, row, seen, verdict);
    if (verdict.kind != WriteVerdict::Kind::HomeAborted) return outcome_of(verdict);
    bool restored = TRY(heap.restore_home(guard, row.slot));
    if (!restored) return RowOutcome{RowFate::Gone, kNoWriteId};
  }
}

// A moved row gets another version: the writer's later statements may still see its old home, also where this
// one, a cascade's, looks with a newer snapshot than theirs.
void note_moved(HeapInternals& heap, RowId row, WriteId writer) {
  if (heap.moved.any()) heap.moved.note_writer(row, writer, heap.status());
}

// One changed array, its new value raw.
struct NewCell {
  uint16_t array;
  bool is_null = false;
  bool is_variable = false;
  bool is_out = false;
  VarEntry entry;
  std::string_view bytes;
};

class RowUpdate {
 public:
  RowUpdate(HeapInternals& heap, TxnId who, WriteGuard& guard, RowId row, WriteId creator, bool keys_changed)
      : heap_(heap), who_(who), guard_(guard), row_(row), creator_(creator), keys_changed_(keys_changed) {}

  Result<> run(const Layout& layout, std::span<const ColumnChange> changes);

 private:
  HeapView view() const { return HeapView(guard_.page()); }
  bool is_elsewhere() const { return (view().words()[row_.slot] & SlotWord::kElsewhere) != 0; }
  bool page_has(const Layout& page_layout, const Layout& layout, std::span<const ColumnChange> changes) const;
  Result<bool> may_come_home();
  Result<bool> relay(const Layout& from, const Layout& to);
  void collect(const Layout& page_layout, std::span<const ColumnChange> changes);
  Result<> collect_tail(const Layout& page_layout, const Layout& layout,
                        std::span<const ColumnChange> changes);
  Result<> look_for_room();
  Result<> fit_cells();
  bool may_overwrite() const;
  void put_cells(OpBuffer& ops) const;
  Result<> write_in_page();
  Result<> write_elsewhere(const Layout& layout, std::span<const ColumnChange> changes);
  Result<> log_update(OpBuffer& cells, uint16_t count, bool elsewhere_now);
  Result<WriteGuard> history_page(uint32_t bytes, OpBuffer& ops);

  HeapInternals& heap_;
  const TxnId who_;
  WriteGuard& guard_;
  const RowId row_;
  const WriteId creator_;
  const bool keys_changed_;
  // A few changed columns ask for no memory.
  alignas(NewCell) std::byte cell_room_[16 * sizeof(NewCell)];
  std::pmr::monotonic_buffer_resource cell_memory_{cell_room_, sizeof cell_room_};
  std::pmr::vector<NewCell> cells_{&cell_memory_};
  std::string tail_;
  uint32_t history_slot_ = 0;
  bool overwrites_ = false;
};

bool RowUpdate::page_has(const Layout& page_layout, const Layout& layout,
                         std::span<const ColumnChange> changes) const {
  return std::all_of(changes.begin(), changes.end(),
                     [&](const ColumnChange& change) { return page_layout.has(layout, change.column); });
}

// Their chains would be nobody's.
bool drops_values_out_of_line(const HeapView& page, const Layout& from, const Layout& to) {
  uint32_t first = page.shape().first_variable();
  for (uint32_t array = first; array < first + page.shape().variable; ++array) {
    if (from.column_of_array(array) != LayoutColumn::kNowhere &&
        from.column_of_array(array) < to.columns().size() && from.has(to, from.column_of_array(array)) &&
        !to.column(from.column_of_array(array)).dropped)
      continue;
    for (uint32_t slot = 0; slot < page.capacity(); ++slot)
      if (page.state(slot) != SlotState::Free && page.is_valid(array, slot) &&
          page.entries(array)[slot].is_out_of_line())
        return true;
  }
  return false;
}

// Could a rollback bring back a version that lies on a history page, under its old layout? It would come home
// to a page of another one.
Result<bool> RowUpdate::may_come_home() {
  for (uint32_t slot = 0; slot < view().capacity(); ++slot) {
    if (view().state(slot) != SlotState::Home) continue;
    if (heap_.status().status(view().creators()[slot]).state == WriteStatus::State::Aborted)
      TRY(heap_.restore_home(guard_, static_cast<SlotNo>(slot)));
    HeapView page = view();
    for (uint32_t at = slot;;) {
      if (heap_.status().status(page.creators()[at]).state == WriteStatus::State::Committed) break;
      RowId older = SlotWord::link(page.words()[at]);
      if (!older.is_valid()) break;
      if (older.page != guard_.number()) return true;
      at = older.slot;
    }
  }
  return false;
}

// Lays the page out for another layout, if all its rows fit and none may want the old one back.
Result<bool> RowUpdate::relay(const Layout& from, const Layout& to) {
  if (from.has_tail() || to.has_tail() || heap_.loses_dropping(who_, from, to)) return false;
  // First, for what it brings home may have values out of line.
  bool may_return = TRY(may_come_home());
  if (may_return || drops_values_out_of_line(view(), from, to)) return false;
  for (int attempt = 0; attempt < 2; ++attempt) {
    HeapView page = view();
    OpBuffer ops;
    uint32_t extra = 0;
    uint32_t last = page.last_used();
    uint32_t capacity = std::min(page.capacity(), (last + 1 + 7) / 8 * 8);
    heap_op::relayout(ops, to.number(), capacity, to.shape());
    for (uint32_t array = 0; array < to.shape().array_count(); ++array) {
      uint16_t number = to.column_of_array(array);
      if (number == LayoutColumn::kNowhere) {
        heap_op::source_null(ops);
      } else if (from.has(to, number)) {
        heap_op::source_array(ops, from.column(number).array);
      } else if (to.column(number).missing.is_null()) {
        heap_op::source_null(ops);
      } else {
        // By way of a vector of one row, which knows the machine form.
        Vector one(to.column(number).missing.type(), 1);
        store_missing(one, 0, to.column(number));
        std::string_view bytes = raw_cell(one, 0);
        if (to.column(number).physical != PhysicalType::Text) {
          heap_op::source_fixed(ops, bytes.data(), bytes.size());
        } else {
          if (bytes.size() > VarEntry::kInPageMax) return false;
          if (bytes.size() > VarEntry::kInsideMax) extra += static_cast<uint32_t>(bytes.size());
          heap_op::source_bytes(ops, bytes);
        }
      }
    }
    if (kPageHeaderSize + HeapView::arrays_size(to.shape(), capacity) + page.live_bytes() + extra <=
        kPageSize) {
      TRY(heap_.change(guard_, HeapRecord::Clean, kNoWriteId, ops));
      return true;
    }
    uint32_t freed = TRY(heap_.prune(guard_));
    if (freed == 0) return false;
  }
  return false;
}

void RowUpdate::collect(const Layout& page_layout, std::span<const ColumnChange> changes) {
  cells_.reserve(changes.size() + 1);
  for (const ColumnChange& change : changes) {
    uint16_t array = page_layout.column(change.column).array;
    if (array == LayoutColumn::kNowhere) continue;
    NewCell cell;
    cell.array = array;
    cell.is_null = change.values->is_null(change.row);
    cell.is_variable = view().is_variable(array);
    if (!cell.is_null) cell.bytes = raw_cell(*change.values, change.row);
    cells_.push_back(cell);
  }
}

Result<> RowUpdate::collect_tail(const Layout& page_layout, const Layout& layout,
                                 std::span<const ColumnChange> changes) {
  bool touches = std::any_of(changes.begin(), changes.end(), [&](const ColumnChange& change) {
    return page_layout.column(change.column).tail != LayoutColumn::kNowhere;
  });
  if (!touches) return {};
  TRY(blob_of_row(heap_, view(), row_.slot, page_layout, page_layout.tail_columns(), layout, changes, tail_));
  NewCell cell;
  cell.array = page_layout.tail_array();
  cell.is_variable = true;
  cell.bytes = tail_;
  cells_.push_back(cell);
  return {};
}

// An own version that no snapshot and no savepoint of ours can ask for is overwritten: the same write id made
// it.
bool RowUpdate::may_overwrite() const {
  HeapView page = view();
  if (page.creators()[row_.slot] != creator_ || keys_changed_ || is_elsewhere()) return false;
  return std::none_of(cells_.begin(), cells_.end(), [&](const NewCell& cell) {
    return cell.is_variable && page.is_valid(cell.array, row_.slot) &&
           page.entries(cell.array)[row_.slot].is_out_of_line();
  });
}

// Frees old history when no slot of the home page is left for the old version.
Result<> RowUpdate::look_for_room() {
  if (overwrites_ || view().find_free(0, heap_.slot_limit()) < view().capacity()) return {};
  TRY(heap_.prune(guard_));
  return {};
}

// New values that are too long, or find no room even when bytes are moved together, go out of line.
Result<> RowUpdate::fit_cells() {
  uint32_t wanted = 0;
  for (const NewCell& cell : cells_)
    if (cell.is_variable && cell.bytes.size() > VarEntry::kInsideMax &&
        cell.bytes.size() <= VarEntry::kInPageMax)
      wanted += static_cast<uint32_t>(cell.bytes.size());
  bool may_gain = view().facts().may_compact != 0 || view().header().count + 16u < view().capacity();
  if (wanted > view().free_bytes() && may_gain) TRY(heap_.make_room(guard_, 0, wanted));
  uint32_t room = view().free_bytes();
  for (NewCell& cell : cells_) {
    if (!cell.is_variable || cell.bytes.size() <= VarEntry::kInsideMax) continue;
    if (cell.bytes.size() <= VarEntry::kInPageMax && cell.bytes.size() <= room) {
      room -= static_cast<uint32_t>(cell.bytes.size());
      continue;
    }
    OverflowPointer pointer = TRY(heap_.overflow.write(creator_, cell.bytes));
    cell.is_out = true;
    cell.entry = VarEntry::out_of_line(pointer);
  }
  return {};
}

void RowUpdate::put_cells(OpBuffer& ops) const {
  for (const NewCell& cell : cells_) {
    if (cell.is_null) {
      heap_op::change_null(ops, cell.array);
    } else if (cell.is_out) {
      heap_op::change_out_of_line(ops, cell.array, cell.entry);
    } else if (cell.is_variable) {
      heap_op::change_bytes(ops, cell.array, cell.bytes);
    } else {
      heap_op::change_fixed(ops, cell.array, cell.bytes.data(), cell.bytes.size());
    }
  }
}

// A page of history with room for one more version of `bytes` bytes and this layout; `ops` gets its format if
// it is new.
Result<WriteGuard> RowUpdate::history_page(uint32_t bytes, OpBuffer& ops) {
  const PageHeader& home = guard_.header();
  PageNo tried = kNoPage;
  for (size_t turn = 0; turn <= HeapInternals::kHistoryTargets; ++turn) {
    // Once around, then its own again with some patience: it may have been taken for a moment only.
    bool is_last = turn == HeapInternals::kHistoryTargets;
    PageNo hint = heap_.history_target(creator_, turn);
    if (hint == kNoPage || hint == guard_.number() || (hint == tried && !is_last)) continue;
    tried = hint;
    WriteGuard page =
        TRY(is_last ? write_remembered(heap_.storage, heap_.relation, hint) : heap_.pool().try_write(hint));
    if (!page || page.header().relation != heap_.relation || page.header().type != PageType::HeapHistory ||
        page.header().layout != home.layout || HeapView(page.page()).shape() != view().shape())
      continue;
    HeapView there(page.page());
    bool has_slot = there.find_free(0, heap_.slot_limit()) < there.capacity();
    if (has_slot && there.free_bytes() >= bytes) return page;
    bool made = TRY(heap_.make_room(page, 1, bytes));
    if (made && HeapView(page.page()).find_free(0, heap_.slot_limit()) < HeapView(page.page()).capacity())
      return page;
  }
  const Layout* page_layout = heap_.layout(home.layout);
  ENSURE(page_layout != nullptr && page_layout->shape() == view().shape());
  WriteGuard page = TRY(heap_.create_page(PageType::HeapHistory, *page_layout, bytes, ops));
  return page;
}

// The record of the update: on the home page alone, or with the old version's copy on a history page.
Result<> RowUpdate::log_update(OpBuffer& cells, uint16_t count, bool elsewhere_now) {
  HeapView page = view();
  uint64_t word = page.words()[row_.slot];
  heap_op::Update update;
  update.home = row_.slot;
  update.creator = creator_;
  update.key_changed = keys_changed_;
  update.elsewhere = elsewhere_now;
  OpBuffer ops;
  heap_.page_sets.note(creator_, heap_.relation, guard_.number(), true);
  if (overwrites_ || history_slot_ < page.capacity()) {
    update.link = word & SlotWord::kLinkMask;
    if (!overwrites_) {
      update.history = static_cast<SlotNo>(history_slot_);
      update.link = SlotWord::link_bits({guard_.number(), update.history});
    }
    heap_op::update(ops, update, count);
    ops.put(cells.bytes().data(), cells.size());
    return heap_.change(guard_, HeapRecord::Modify, creator_, ops);
  }
  std::array<uint64_t, kMaxColumns / 64 + 2> changed{};
  if (elsewhere_now) changed.fill(~uint64_t{0});
  for (const NewCell& cell : cells_) changed[cell.array / 64] |= uint64_t{1} << (cell.array % 64);
  OpBuffer there_ops;
  bool was_elsewhere = is_elsewhere();
  uint32_t bytes = was_elsewhere ? 0 : page.bytes_in_page(row_.slot);
  WriteGuard history = TRY(history_page(bytes, there_ops));
  SlotNo slot = 0;
  if (there_ops.size() == 0)
    slot = static_cast<SlotNo>(HeapView(history.page()).find_free(0, heap_.slot_limit()));
  heap_op::put(there_ops, slot,
               SlotWord::make(SlotState::History, SlotWord::link(word),
                              (word & SlotWord::kElsewhere) | (keys_changed_ ? SlotWord::kKeyChanged : 0)),
               page.creators()[row_.slot], creator_);
  if (was_elsewhere) {
    heap_op::put_pointer(there_ops, elsewhere(page, row_.slot));
  } else {
    write_image(there_ops, page, row_.slot, changed.data());
  }
  update.link = SlotWord::link_bits({history.number(), slot});
  heap_op::update(ops, update, count);
  ops.put(cells.bytes().data(), cells.size());
  heap_.page_sets.note(creator_, heap_.relation, history.number(), true);
  TRY(heap_.change(guard_, ops, history, there_ops, HeapRecord::Modify, creator_));
  heap_.set_history_target(creator_, history.number());
  return {};
}

Result<> RowUpdate::write_in_page() {
  overwrites_ = may_overwrite();
  TRY(look_for_room());
  TRY(fit_cells());
  history_slot_ = view().find_free(0, heap_.slot_limit());
  OpBuffer cells;
  put_cells(cells);
  return log_update(cells, static_cast<uint16_t>(cells_.size()), false);
}

// The page cannot hold the row in this layout: the new version goes out of line as a whole.
Result<> RowUpdate::write_elsewhere(const Layout& layout, std::span<const ColumnChange> changes) {
  std::vector<uint16_t> columns;
  for (uint16_t i = 0; i < layout.columns().size(); ++i)
    if (!layout.column(i).dropped) columns.push_back(i);
  std::string blob;
  TRY(blob_of_row(heap_, view(), row_.slot, layout, columns, layout, changes, blob));
  OverflowPointer pointer = TRY(heap_.overflow.write(creator_, blob));
  cells_.clear();
  TRY(look_for_room());
  history_slot_ = view().find_free(0, heap_.slot_limit());
  OpBuffer cells;
  heap_op::put_pointer(cells, pointer);
  return log_update(cells, 0, true);
}

Result<> RowUpdate::run(const Layout& layout, std::span<const ColumnChange> changes) {
  const Layout* page_layout = heap_.layout(view().header().layout);
  ENSURE(page_layout != nullptr);
  if (is_elsewhere()) return write_elsewhere(layout, changes);
  if (!page_has(*page_layout, layout, changes)) {
    bool done = TRY(relay(*page_layout, layout));
    if (!done) return write_elsewhere(layout, changes);
    page_layout = &layout;
  }
  collect(*page_layout, changes);
  if (page_layout->has_tail()) TRY(collect_tail(*page_layout, layout, changes));
  return write_in_page();
}

}  // namespace

Result<RowOutcome> Heap::update(Transaction& transaction, const Layout& layout, RowId row, Seen seen,
                                std::span<const ColumnChange> changes, bool keys_changed, LockManager* locks,
                                bool unique_keys_changed) {
  HeapInternals& heap = *internals_;
  TRY(heap.storage.begin_writing());  // before any latch: after a recovery it takes a checkpoint
  WriteId creator = TRY(heap.transactions.write_id(transaction));
  WriteGuard guard;
  RowOutcome outcome = TRY(latch_for_change(heap, transaction, row, seen, guard));
  if (outcome.fate != RowFate::Done) return outcome;
  RowLockMode mode = keys_changed && unique_keys_changed ? RowLockMode::Update : RowLockMode::NoKeyUpdate;
  if (locks != nullptr && !locks->row_is_free(transaction.locks(), row, mode))
    return RowOutcome{RowFate::WaitForRowLock, kNoWriteId};
  note_moved(heap, row, creator);
  RowUpdate change(heap, transaction.id(), guard, row, creator, keys_changed);
  TRY(change.run(layout, changes));
  guard.release();
  if (transaction.ssi() != nullptr) TRY(transaction.ssi()->wrote_row(heap.relation, row));
  return RowOutcome{};
}

Result<RowOutcome> Heap::remove(Transaction& transaction, RowId row, Seen seen, LockManager* locks) {
  HeapInternals& heap = *internals_;
  TRY(heap.storage.begin_writing());
  WriteId deleter = TRY(heap.transactions.write_id(transaction));
  WriteGuard guard;
  RowOutcome outcome = TRY(latch_for_change(heap, transaction, row, seen, guard));
  if (outcome.fate != RowFate::Done) return outcome;
  if (locks != nullptr && !locks->row_is_free(transaction.locks(), row, RowLockMode::Update))
    return RowOutcome{RowFate::WaitForRowLock, kNoWriteId};
  note_moved(heap, row, deleter);
  OpBuffer ops;
  heap_op::set_deleter(ops, row.slot, deleter);
  heap.page_sets.note(deleter, heap.relation, row.page, true);
  TRY(heap.change(guard, HeapRecord::Modify, deleter, ops));
  guard.release();
  if (transaction.ssi() != nullptr) TRY(transaction.ssi()->wrote_row(heap.relation, row));
  return RowOutcome{};
}

Result<RowOutcome> Heap::check(Transaction& transaction, RowId row, Seen seen) {
  HeapInternals& heap = *internals_;
  {
    ReadGuard guard = TRY(heap.read_rows(row.page));
    if (!guard || guard.header().type != PageType::HeapHome) return RowOutcome{RowFate::Gone, kNoWriteId};
    HeapView view(guard.page());
    if (row.slot >= view.capacity() || view.state(row.slot) != SlotState::Home)
      return RowOutcome{RowFate::Gone, kNoWriteId};
    WriteVerdict verdict = judge_seen(heap, transaction, view, row.slot, seen);
    if (verdict.kind == WriteVerdict::Kind::Deleted)
      return outcome_of_deleted(heap, view, row, seen, verdict);
    if (verdict.kind != WriteVerdict::Kind::HomeAborted) return outcome_of(verdict);
  }
  WriteGuard guard;
  return latch_for_change(heap, transaction, row, seen, guard);
}

}  // namespace rowan
