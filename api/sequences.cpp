#include "api/sequences.h"

#include <array>

#include "storage/heap/page_sets.h"
#include "storage/heap/scan.h"
#include "storage/space/space.h"
#include "storage/storage.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr RelationId kSequenceRelation = kFirstCatalogRelation + 1;
constexpr int64_t kAhead = 32;
constexpr std::array<PhysicalType, 3> kSequenceColumns = {PhysicalType::Int64, PhysicalType::Int64,
                                                          PhysicalType::Bool};
constexpr std::array<TypeId, 3> kSequenceTypes = {TypeId::BigInt, TypeId::BigInt, TypeId::Boolean};

Error exhausted(const catalog::Sequence& sequence, bool at_maximum) {
  constexpr SqlState kLimitExceeded{"2200H"};
  return Error(kLimitExceeded, std::string("nextval: reached ") + (at_maximum ? "maximum" : "minimum") +
                                   " value of sequence \"" + sequence.name + "\" (" +
                                   std::to_string(at_maximum ? sequence.maximum : sequence.minimum) + ")");
}

// `last` moved on by one step; nullopt beyond the limit.
std::optional<int64_t> step(const catalog::Sequence& sequence, int64_t last) {
  int64_t next;
  bool beyond = __builtin_add_overflow(last, sequence.increment, &next) || next > sequence.maximum ||
                next < sequence.minimum;
  if (!beyond) return next;
  if (!sequence.cycles) return std::nullopt;
  return sequence.increment > 0 ? sequence.minimum : sequence.maximum;
}

}  // namespace

Sequences::Sequences(Storage& storage, Transactions& transactions, CommitProtocol& commits,
                     PageSets& page_sets)
    : storage_(storage),
      transactions_(transactions),
      commits_(commits),
      page_sets_(page_sets),
      slot_(transactions.open_slot()) {}

Sequences::~Sequences() {
  MutexLock lock(mutex_);
  transactions_.close_slot(slot_);
}

Result<std::unique_ptr<Sequences>> Sequences::open(Storage& storage, Transactions& transactions,
                                                   CommitProtocol& commits, PageSets& page_sets) {
  std::unique_ptr<Sequences> sequences(new Sequences(storage, transactions, commits, page_sets));
  TRY(sequences->load());
  return sequences;
}

Result<> Sequences::load() {
  if (storage_.space().anchor(kSequenceRelation) == kNoPage) return {};
  heap_ = TRY(Heap::open(storage_, transactions_, page_sets_, kSequenceRelation));
  Snapshot snapshot = transactions_.instant_snapshot(nullptr);
  ScanSpec spec;
  spec.projection = {heap_->layout(0), {0, 1, 2}, true};
  HeapScan scan(*heap_, snapshot, std::move(spec));
  std::vector<Type> types(kSequenceTypes.begin(), kSequenceTypes.end());
  types.push_back(TypeId::BigInt);
  Batch batch(types, kBatchRows);
  std::map<catalog::Oid, Counter> counters;
  while (TRY(scan.next(batch, kBatchRows))) {
    for (uint32_t i = 0; i < batch.row_count(); ++i) {
      uint32_t row = batch.row(i);
      Counter counter;
      counter.last = counter.stored = batch.column(1).data<int64_t>()[row];
      counter.is_called = counter.stored_called = batch.column(2).data<uint8_t>()[row] != 0;
      counter.row = RowId::unpack(static_cast<uint64_t>(batch.column(3).data<int64_t>()[row]));
      counters[static_cast<catalog::Oid>(batch.column(0).data<int64_t>()[row])] = counter;
    }
  }
  MutexLock lock(mutex_);
  counters_ = std::move(counters);
  return {};
}

// The lock's scope is an object's life, which the analysis cannot follow.
std::shared_ptr<void> Sequences::stand_still() NO_THREAD_SAFETY_ANALYSIS {
  mutex_.lock();
  return {this, [](Sequences* self) NO_THREAD_SAFETY_ANALYSIS { self->mutex_.unlock(); }};
}

void Sequences::row_moved(RowId from, RowId to) NO_THREAD_SAFETY_ANALYSIS {
  for (auto& [oid, counter] : counters_)
    if (counter.row == from) counter.row = to;
}

std::vector<Type> Sequences::types() {
  return {kSequenceTypes.begin(), kSequenceTypes.end()};
}

Sequences::Counter& Sequences::counter(const catalog::Sequence& sequence) {
  auto [found, is_new] = counters_.try_emplace(sequence.counter_oid());
  if (is_new) found->second.last = sequence.start;
  return found->second;
}

Result<> Sequences::store(catalog::Oid oid, Counter& counter, int64_t value, bool is_called) {
  if (!heap_)
    heap_ = TRY(Heap::create(storage_, transactions_, page_sets_, kSequenceRelation, kSequenceColumns));
  std::array<Vector, 3> columns = {Vector(kSequenceTypes[0], 1), Vector(kSequenceTypes[1], 1),
                                   Vector(kSequenceTypes[2], 1)};
  columns[0].data<int64_t>()[0] = oid;
  columns[1].data<int64_t>()[0] = value;
  columns[2].data<uint8_t>()[0] = is_called ? 1 : 0;
  Transaction transaction =
      TRY(transactions_.begin(slot_, ~uint64_t{0}, IsolationLevel::ReadCommitted, false));
  LayoutPtr layout = heap_->layout(0);
  RowId row = counter.row;
  if (!row.is_valid()) {
    std::array<const Vector*, 3> pointers = {&columns[0], &columns[1], &columns[2]};
    TRY(heap_->insert(transaction, *layout, pointers, Selection(1), &row));
  } else {
    Batch old(std::array<Type, 1>{TypeId::BigInt}, 1);
    LatestRow latest = TRY(heap_->fetch_latest(&transaction, {layout, {0}}, row, old, 0));
    std::array<ColumnChange, 2> changes = {ColumnChange{1, &columns[1], 0}, ColumnChange{2, &columns[2], 0}};
    RowOutcome outcome =
        TRY(heap_->update(transaction, *layout, row, {nullptr, latest.creator}, changes, false, nullptr));
    ENSURE(outcome.fate == RowFate::Done);
  }
  std::vector<WriteId> ids(transaction.write_ids().begin(), transaction.write_ids().end());
  TRY(commits_.commit(transaction, Durability::Async));
  page_sets_.committed(ids);
  counter.row = row;
  counter.stored = value;
  counter.stored_called = is_called;
  return {};
}

Result<int64_t> Sequences::next(const catalog::Sequence& sequence) {
  MutexLock lock(mutex_);
  Counter& state = counter(sequence);
  int64_t value = state.last;
  if (state.is_called) {
    std::optional<int64_t> stepped = step(sequence, state.last);
    if (!stepped) return exhausted(sequence, sequence.increment > 0);
    value = *stepped;
  }
  bool within = state.stored_called &&
                (sequence.increment > 0 ? value <= state.stored : value >= state.stored) &&
                value != state.last;
  if (!within || !state.row.is_valid()) {
    int64_t ahead = value;
    for (int64_t i = 0; i < kAhead; ++i) {
      std::optional<int64_t> further = step(sequence, ahead);
      // Reserving stops where the sequence would end or start over.
      if (!further || (sequence.increment > 0 ? *further < ahead : *further > ahead)) break;
      ahead = *further;
    }
    TRY(store(sequence.counter_oid(), state, ahead, true));
  }
  state.last = value;
  state.is_called = true;
  return value;
}

Result<> Sequences::set(const catalog::Sequence& sequence, int64_t value, bool is_called) {
  if (value < sequence.minimum || value > sequence.maximum) {
    return Error(sqlstate::numeric_value_out_of_range,
                 "setval: value " + std::to_string(value) + " is out of bounds for sequence \"" +
                     sequence.name + "\" (" + std::to_string(sequence.minimum) + ".." +
                     std::to_string(sequence.maximum) + ")");
  }
  MutexLock lock(mutex_);
  Counter& state = counter(sequence);
  TRY(store(sequence.counter_oid(), state, value, is_called));
  state.last = value;
  state.is_called = is_called;
  return {};
}

Result<SessionServices::SequenceState> Sequences::state(const catalog::Sequence& sequence) {
  MutexLock lock(mutex_);
  const Counter& state = counter(sequence);
  return SessionServices::SequenceState{state.last, state.is_called};
}

Result<> Sequences::write_exact() {
  MutexLock lock(mutex_);
  for (auto& [oid, state] : counters_) {
    if (state.row.is_valid() && (state.stored != state.last || state.stored_called != state.is_called)) {
      TRY(store(oid, state, state.last, state.is_called));
    }
  }
  return {};
}

}  // namespace rowan
