#include "storage/cleaner/row_mover.h"

#include <algorithm>
#include <new>
#include <string>
#include <vector>

#include "storage/commit.h"
#include "storage/heap/internals.h"
#include "storage/heap/row_writer.h"
#include "txn/ssi.h"
#include "txn/transactions.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {

namespace {

constexpr uint64_t kSession = INT32_MAX;  // whose locks pg_locks shows

// The rows of one page, on their way.
class PageMove {
 public:
  PageMove(RelationStorage& relation, Transaction& transaction, Transactions& transactions, PageSets& sets,
           PageNo page)
      : relation_(relation),
        heap_(relation.heap->internals()),
        transaction_(transaction),
        transactions_(transactions),
        page_sets_(sets),
        page_(page) {}
  ~PageMove() {
    if (is_done_) return;
    for (const Row& row : rows_)
      if (row.is_retired) heap_.moved.forget({page_, row.slot});
  }
  PageMove(const PageMove&) = delete;
  PageMove& operator=(const PageMove&) = delete;

  // With `limit`, only rows of which a value stands at or behind it.
  Result<> find(PageNo limit, RowMover::Outcome& outcome);
  Result<> read(const Snapshot& snapshot);
  Result<> copy(PageNo limit, RowMover::Outcome& outcome);
  Result<> enter();
  Result<> retire(RowMover::Outcome& outcome);
  void tell() const {
    for (const Row& row : rows_)
      if (row.is_retired) relation_.row_moved({page_, row.slot}, row.to);
  }
  void set_done() { is_done_ = true; }
  bool is_empty() const { return rows_.empty(); }

 private:
  struct Row {
    SlotNo slot;
    WriteId creator;
    uint64_t word;
    RowId to = kNoRow;
    bool is_retired = false;
    size_t first_value = 0, value_count = 0;  // as collected
  };
  bool may_move(const HeapView& view, uint32_t slot, WriteId low) const;
  Result<> collect(RowMover::Outcome& outcome, std::vector<OverflowPointer>& values);

  RelationStorage& relation_;
  HeapInternals& heap_;
  Transaction& transaction_;
  Transactions& transactions_;
  PageSets& page_sets_;
  const PageNo page_;
  std::vector<Row> rows_;
  std::vector<uint16_t> columns_;  // of values_
  Batch values_;
  WriteId writer_ = kNoWriteId;
  bool is_done_ = false;
};

// Seen by every snapshot, as the only version there is.
bool PageMove::may_move(const HeapView& view, uint32_t slot, WriteId low) const {
  if (view.state(slot) != SlotState::Home || SlotWord::has_link(view.words()[slot])) return false;
  WriteId creator = view.creators()[slot];
  if (view.deleters()[slot] != kNoWriteId || creator >= low || heap_.status().maybe_aborted(creator))
    return false;
  RowId row{page_, static_cast<SlotNo>(slot)};
  if (heap_.moved.any() && heap_.moved.origin(row)) return false;  // one step at a time
  return !transactions_.locks().is_row_locked(row);
}

// Rows that may move, and where their values out of line are.
Result<> PageMove::collect(RowMover::Outcome& outcome, std::vector<OverflowPointer>& values) {
  WriteId low = transactions_.low_water();
  ReadGuard guard = TRY(heap_.read_rows(page_));
  if (!guard || guard.header().type != PageType::HeapHome) return {};
  HeapView view(guard.page());
  for (uint32_t slot = 0; slot < view.capacity(); ++slot) {
    if (view.state(slot) == SlotState::Free) continue;
    if (!may_move(view, slot, low)) {
      ++outcome.stayed;
      continue;
    }
    Row row{static_cast<SlotNo>(slot), view.creators()[slot], view.words()[slot]};
    row.first_value = values.size();
    if ((row.word & SlotWord::kElsewhere) != 0) {
      values.push_back(elsewhere(view, slot));
    } else {
      uint32_t first = view.shape().first_variable();
      for (uint32_t array = first; array < first + view.shape().variable; ++array) {
        const VarEntry& entry = view.entries(array)[slot];
        if (view.is_valid(array, slot) && entry.is_out_of_line()) values.push_back(entry.pointer());
      }
    }
    row.value_count = values.size() - row.first_value;
    rows_.push_back(row);
  }
  return {};
}

// The values are looked at without the latch: what this snapshot sees is not freed.
Result<> PageMove::find(PageNo limit, RowMover::Outcome& outcome) {
  std::vector<OverflowPointer> values;
  TRY(collect(outcome, values));
  size_t kept = 0;
  for (const Row& row : rows_) {
    std::span<const OverflowPointer> mine(values.data() + row.first_value, row.value_count);
    uint64_t bytes = 0;
    for (OverflowPointer value : mine) bytes += TRY(heap_.overflow.length(value));
    bool is_behind = limit == kNoPage;
    for (size_t i = 0; i < mine.size() && !is_behind && bytes <= RowMover::kValuesMax; ++i)
      is_behind = TRY(heap_.overflow.reaches(mine[i], limit));
    bool is_too_much = outcome.value_bytes + bytes > RowMover::kAtOnceMax;
    if (bytes > RowMover::kValuesMax || (is_behind && is_too_much)) {
      ++outcome.stayed;
      outcome.has_more |= bytes <= RowMover::kValuesMax;
    } else if (is_behind) {
      outcome.value_bytes += bytes;
      rows_[kept++] = row;
    }
  }
  rows_.resize(kept);
  return {};
}

Result<> PageMove::read(const Snapshot& snapshot) {
  const Layout& layout = *relation_.layout;
  std::vector<Type> types;
  for (uint16_t column = 0; column < layout.columns().size(); ++column) {
    if (layout.column(column).dropped) continue;
    columns_.push_back(column);
    types.push_back(relation_.types[column]);
  }
  values_ = Batch(types, static_cast<uint32_t>(rows_.size()));
  std::vector<RowId> ids;
  for (const Row& row : rows_) ids.push_back({page_, row.slot});
  std::vector<uint16_t> from(rows_.size());
  Projection projection{relation_.layout, columns_};
  uint32_t count = TRY(relation_.heap->fetch(snapshot, projection, ids, values_, from.data()));
  for (uint32_t i = 0; i < count; ++i) rows_[i] = rows_[from[i]];
  rows_.resize(count);
  return {};
}

Result<> PageMove::copy(PageNo limit, RowMover::Outcome& outcome) {
  writer_ = TRY(transactions_.write_id(transaction_));
  const Layout& layout = *relation_.layout;
  std::vector<const Vector*> columns(layout.columns().size(), nullptr);
  for (size_t i = 0; i < columns_.size(); ++i) columns[columns_[i]] = &values_.column(i);
  RowWriter writer(heap_, layout, columns, writer_, limit);
  OpBuffer images;
  std::vector<EncodedRow> encoded;
  for (uint32_t i = 0; i < rows_.size() && writer.has_room(); ++i) {
    EncodedRow row = TRY(writer.write(images, i));
    encoded.push_back(row);
  }
  std::vector<RowId> ids(rows_.size());
  uint32_t placed = 0;
  if (writer.has_room())
    placed = TRY(place_rows_below(heap_, limit, layout, writer_, encoded, images, ids.data()));
  for (uint32_t i = 0; i < placed; ++i) rows_[i].to = ids[i];
  outcome.has_room = placed == rows_.size();
  if (outcome.has_room) return {};
  outcome.value_bytes = 0;
  // None goes: values out of line of those without a place would be nobody's once this is committed.
  outcome.stayed += static_cast<uint32_t>(rows_.size());
  rows_.clear();
  return {};
}

Result<> PageMove::enter() {
  for (CleanedIndex* index : relation_.indexes) {
    Batch one(index->types(), 1);
    std::vector<size_t> places;
    for (uint16_t column : index->columns())
      places.push_back(
          static_cast<size_t>(std::find(columns_.begin(), columns_.end(), column) - columns_.begin()));
    std::string key;
    for (uint32_t i = 0; i < rows_.size(); ++i) {
      one.reset();
      for (size_t k = 0; k < places.size(); ++k) {
        ENSURE(places[k] < columns_.size());
        one.column(k).copy_row(0, values_.column(places[k]), i);
      }
      one.set_row_count(1);
      key.clear();
      bool is_indexed = TRY(index->key(one, key));
      if (is_indexed) TRY(index->insert(key, rows_[i].to));
    }
  }
  return {};
}

// Whatever has happened to a row since it was read, happened at its old home: then that stays, and the copy
// goes.
Result<> PageMove::retire(RowMover::Outcome& outcome) {
  {
    WriteGuard guard = TRY(heap_.write_rows(page_));
    OpBuffer ops;
    for (Row& row : rows_) {
      if (!guard || guard.header().type != PageType::HeapHome) break;
      HeapView view(guard.page());
      RowId from{page_, row.slot};
      if (row.slot >= view.capacity() || view.creators()[row.slot] != row.creator ||
          view.words()[row.slot] != row.word || view.deleters()[row.slot] != kNoWriteId ||
          transactions_.locks().is_row_locked(from))
        continue;
      transactions_.ssi().row_moved(heap_.relation, from, row.to);
      heap_.moved.add(from, row.to, writer_);
      row.is_retired = true;
      heap_op::set_deleter(ops, row.slot, writer_);
    }
    if (ops.size() != 0) {
      page_sets_.note(writer_, heap_.relation, page_, true);
      TRY(heap_.change(guard, HeapRecord::Modify, writer_, ops));
    }
  }
  for (const Row& row : rows_) {
    if (row.is_retired) {
      ++outcome.moved;
      continue;
    }
    ++outcome.stayed;
    RowOutcome undone = TRY(relation_.heap->remove(transaction_, row.to, Seen{nullptr, writer_}, nullptr));
    ENSURE(undone.fate == RowFate::Done);
  }
  return {};
}

// Given back however the reading ends.
class PinnedSnapshot {
 public:
  PinnedSnapshot(Transactions& transactions, SnapshotSlot& slot, const Snapshot& snapshot)
      : transactions_(transactions), slot_(slot), snapshot_(snapshot) {}
  ~PinnedSnapshot() { transactions_.release_snapshot(slot_, snapshot_); }
  PinnedSnapshot(const PinnedSnapshot&) = delete;
  PinnedSnapshot& operator=(const PinnedSnapshot&) = delete;
  const Snapshot& operator*() const { return snapshot_; }

 private:
  Transactions& transactions_;
  SnapshotSlot& slot_;
  const Snapshot snapshot_;
};

Result<> move_page(PageMove& move, Transactions& transactions, Transaction& transaction, PageNo limit,
                   PageNo values_from, RowMover::Outcome& outcome) {
  {
    Snapshot taken = TRY(transactions.take_snapshot(transaction));
    PinnedSnapshot snapshot(transactions, transaction.slot(), taken);
    TRY(move.find(values_from, outcome));
    if (move.is_empty()) return {};
    TRY(move.read(*snapshot));
  }
  if (move.is_empty()) return {};
  TRY(move.copy(limit, outcome));
  if (move.is_empty()) return {};
  TRY(move.enter());
  return move.retire(outcome);
}

}  // namespace

RowMover::RowMover(Transactions& transactions, CommitProtocol& commits, PageSets& page_sets,
                   LockTable lock_table)
    : transactions_(transactions),
      commits_(commits),
      page_sets_(page_sets),
      lock_table_(std::move(lock_table)),
      slot_(transactions.open_slot()) {}

RowMover::~RowMover() {
  transactions_.close_slot(slot_);
}

Result<RowMover::Outcome> RowMover::move(RelationId relation, PageNo page, PageNo limit) {
  return move(relation, page, limit, Which::All);
}

Result<RowMover::Outcome> RowMover::move_values(RelationId relation, PageNo page, PageNo limit) {
  return move(relation, page, limit, Which::WithValuesBehind);
}

Result<RowMover::Outcome> RowMover::move(RelationId relation, PageNo page, PageNo limit, Which which) {
  Outcome outcome;
  Transaction transaction = TRY(transactions_.begin(slot_, kSession, IsolationLevel::ReadCommitted, false));
  struct Undo {  // unless it is committed
    RowMover& mover;
    Transaction& transaction;
    ~Undo() {
      if (!transaction.is_active()) return;
      std::vector<WriteId> ids = mover.commits_.rollback(transaction);
      try {
        if (!ids.empty()) mover.page_sets_.aborted(ids);
      } catch (const std::bad_alloc&) {  // what is left to clean stays for the next opening
      }
    }
  } undo{*this, transaction};
  RelationStorage parts = TRY(lock_table_(relation, transaction.locks()));
  if (parts.heap == nullptr || parts.types.empty()) return outcome;
  HeapInternals& heap = parts.heap->internals();
  if (heap.moved.count() >= kUnfinishedMax) return outcome;
  TRY(heap.storage.begin_writing());
  if (which == Which::All && heap.storage.space().anchor(relation) == page) {
    TRY(heap.move_layouts(limit));
    return outcome;
  }
  PageMove move(parts, transaction, transactions_, page_sets_, page);
  PageNo values_from = which == Which::All ? kNoPage : limit;
  TRY(move_page(move, transactions_, transaction, limit, values_from, outcome));
  if (outcome.moved == 0) return outcome;
  std::vector<WriteId> ids(transaction.write_ids().begin(), transaction.write_ids().end());
  TRY(commits_.commit(transaction, Durability::Async, [&](CommitSeq) {
    if (parts.row_moved) move.tell();
  }));
  move.set_done();
  rows_moved_.fetch_add(outcome.moved, std::memory_order_relaxed);
  page_sets_.committed(ids);
  return outcome;
}

}  // namespace rowan
