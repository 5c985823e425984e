#include "txn/transactions.h"

#include <algorithm>
#include <utility>

#include "txn/ssi.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {

// What a transaction is in memory. Recycled; it outlives the handle when an asynchronous commit has to wait
// for an earlier one to be published.
struct TransactionRecord {
  LockOwner owner;
  SnapshotSlot* slot = nullptr;
  std::vector<WriteId> ids;       // rising; the last is the current one
  bool needs_new_id = false;      // a snapshot or savepoint used the last
  WriteId first_id = kNoWriteId;  // ever drawn
  size_t drawn = 0;               // ever drawn and not yet ended
  CommitSeq csn = 0;              // set: committed
  bool waits_for_flush = false;
  TransactionRecord* previous = nullptr;  // among writers
  TransactionRecord* next = nullptr;
  TransactionRecord* next_commit = nullptr;
};

namespace {
// What a SERIALIZABLE transaction that may write holds as long as it lives, for others to wait for its end.
LockTarget serializable_writer(TxnId id) {
  constexpr uint32_t kSpace = 0x55490000;
  return LockTarget::object(kSpace, id);
}
}  // namespace

// --- The handle ---

Transaction& Transaction::operator=(Transaction&& other) noexcept {
  if (this == &other) return *this;
  if (is_active()) transactions_->rollback(*this);
  transactions_ = std::exchange(other.transactions_, nullptr);
  record_ = std::exchange(other.record_, nullptr);
  ssi_ = std::exchange(other.ssi_, nullptr);
  id_ = other.id_;
  level_ = other.level_;
  read_only_ = other.read_only_;
  return *this;
}

Transaction::~Transaction() {
  if (is_active()) transactions_->rollback(*this);
}

LockOwner& Transaction::locks() const {
  return record_->owner;
}

SnapshotSlot& Transaction::slot() const {
  return *record_->slot;
}

std::span<const WriteId> Transaction::write_ids() const {
  return record_->ids;
}

// --- Begin and end ---

Transactions::Transactions(const RecoveredState& recovered, PlantedRace planted)
    : status_(recovered.next_id, WriteIdSet(recovered.aborted), recovered.published),
      locks_(status_),
      ssi_(std::make_unique<Ssi>(status_, planted)),
      planted_(planted),
      oldest_running_(recovered.next_id),
      next_id_(recovered.next_id),
      aborted_(recovered.aborted),
      durable_(recovered.published) {}

Transactions::~Transactions() = default;

SnapshotSlot& Transactions::open_slot() {
  MutexLock lock(mutex_);
  if (free_slots_.empty()) {
    slots_.push_back(std::make_unique<SnapshotSlot>());
    free_slots_.reserve(slots_.capacity());
    return *slots_.back();
  }
  SnapshotSlot* slot = free_slots_.back();
  free_slots_.pop_back();
  return *slot;
}

void Transactions::close_slot(SnapshotSlot& slot) {
  MutexLock lock(mutex_);
  slot.pinned_.clear();
  slot.pin_count_ = 0;
  slot.own_commit_ = 0;
  for (auto& csn : slot.csns_) csn.store(SnapshotSlot::kNone);
  slot.publish_bounds();
  if (slot.spare_ != nullptr) free_records_.push_back(std::exchange(slot.spare_, nullptr));
  free_slots_.push_back(&slot);
}

Result<Transaction> Transactions::begin(SnapshotSlot& slot, uint64_t session, IsolationLevel level,
                                        bool read_only) {
  TransactionRecord* record = std::exchange(slot.spare_, nullptr);
  if (record == nullptr) {
    MutexLock lock(mutex_);
    if (!free_records_.empty()) {
      record = free_records_.back();
      free_records_.pop_back();
    }
  }
  if (record == nullptr) {
    auto fresh = std::make_unique<TransactionRecord>();
    record = fresh.get();
    locks_.attach(record->owner);
    MutexLock lock(mutex_);
    records_.push_back(std::move(fresh));
    free_records_.reserve(records_.capacity());
  }
  Transaction transaction;
  transaction.transactions_ = this;
  transaction.record_ = record;
  transaction.id_ = next_txn_.fetch_add(1, std::memory_order_relaxed);
  transaction.level_ = level;
  transaction.read_only_ = read_only;
  record->slot = &slot;
  locks_.start(record->owner, transaction.id_, session);
  return transaction;
}

void Transactions::unlink(TransactionRecord& record) {
  (record.previous != nullptr ? record.previous->next : writers_head_) = record.next;
  (record.next != nullptr ? record.next->previous : writers_tail_) = record.previous;
  record.previous = record.next = nullptr;
  unended_ids_ -= record.drawn;
}

void Transactions::update_oldest_running() {
  oldest_running_.store(writers_head_ != nullptr ? writers_head_->first_id : next_id_);
}

// Locks go, waiters wake.
void Transactions::clear(TransactionRecord& record) {
  locks_.release_all(record.owner);
  if (record.first_id != kNoWriteId) locks_.writes_ended();
  record.ids.clear();
  constexpr size_t kIdsKept = 1024;  // a transaction of a million savepoints leaves no 8 MB behind
  if (record.ids.capacity() > kIdsKept) record.ids.shrink_to_fit();
  record.needs_new_id = false;
  record.first_id = kNoWriteId;
  record.drawn = 0;
  record.csn = 0;
  record.next_commit = nullptr;
}

// The record is free for the next transaction, whoever's.
void Transactions::end(TransactionRecord& record) {
  clear(record);
  MutexLock lock(mutex_);
  free_records_.push_back(&record);
}

// --- Write ids and savepoints ---

Result<WriteId> Transactions::write_id(Transaction& transaction) {
  TransactionRecord& record = *transaction.record_;
  if (!record.ids.empty() && !record.needs_new_id) [[likely]]
    return record.ids.back();
  if (transaction.is_read_only())
    return Error(sqlstate::read_only_sql_transaction, "cannot execute a write in a read-only transaction");
  MutexLock lock(mutex_);  // a checkpoint's cut reads the ids of whoever has drawn one
  if (record.ids.size() == record.ids.capacity()) record.ids.reserve(record.ids.size() * 2 + 1);
  // An abort must find room in the set without asking for memory.
  size_t needed = aborted_.intervals().size() + unended_ids_ + 1;
  if (aborted_.capacity() < needed) aborted_.reserve(needed * 2);
  WriteId id = next_id_;
  if (id % StatusMap::kChunkIds == 0) collapse(live_snapshots());
  status_.start(id, transaction.id_);
  ++next_id_;
  ++unended_ids_;
  ++record.drawn;
  record.ids.push_back(id);
  record.needs_new_id = false;
  if (record.first_id == kNoWriteId) {
    record.first_id = id;
    record.previous = writers_tail_;
    (writers_tail_ != nullptr ? writers_tail_->next : writers_head_) = &record;
    writers_tail_ = &record;
    update_oldest_running();
  }
  // Before anything carries it.
  if (transaction.ssi_ != nullptr) ssi_->drew(*transaction.ssi_, id);
  return id;
}

void Transactions::abort_ids(std::span<const WriteId> ids) {
  for (WriteId id : ids) {
    status_.set_aborted(id);
    aborted_.add(id);
  }
}

Savepoint Transactions::set_savepoint(Transaction& transaction) {
  TransactionRecord& record = *transaction.record_;
  record.needs_new_id = true;
  return {static_cast<uint32_t>(record.ids.size()), record.owner.begin_level()};
}

std::vector<WriteId> Transactions::rollback_to(Transaction& transaction, const Savepoint& savepoint) {
  TransactionRecord& record = *transaction.record_;
  std::vector<WriteId> gone(record.ids.begin() + savepoint.ids, record.ids.end());
  if (!gone.empty()) {
    MutexLock lock(mutex_);
    abort_ids(gone);
    record.ids.resize(savepoint.ids);
    record.drawn -= gone.size();
    unended_ids_ -= gone.size();
  }
  record.needs_new_id = true;
  locks_.release_since(record.owner, savepoint.lock_level);
  record.owner.begin_level();
  if (!gone.empty()) locks_.writes_ended();
  return gone;
}

void Transactions::release(Transaction&, const Savepoint&) {
  // Ids and locks taken since belong to the level around it by their order alone.
}

// --- Commit ---

Result<> Transactions::prepare(Transaction& transaction) {
  ENSURE(transaction.is_active());
  if (transaction.ssi_ != nullptr) return ssi_->prepare(*transaction.ssi_);
  return {};  // records queue by their own links, status words exist: nothing is left that could run short
}

void Transactions::set_committed(Transaction& transaction, CommitSeq csn, bool waits_for_flush) {
  TransactionRecord& record = *transaction.record_;
  for (WriteId id : record.ids) status_.set_committed(id, csn);
  if (transaction.ssi_ != nullptr) ssi_->committed(*std::exchange(transaction.ssi_, nullptr), csn);
  record.slot->own_commit_ = csn;
  record.owner.set_committed();
  MutexLock lock(mutex_);
  record.csn = csn;
  record.waits_for_flush = waits_for_flush;
  (commits_tail_ != nullptr ? commits_tail_->next_commit : commits_head_) = &record;
  commits_tail_ = &record;
  transaction.record_ = nullptr;
}

void Transactions::finish_read_only(Transaction& transaction) {
  TransactionRecord& record = *std::exchange(transaction.record_, nullptr);
  ASSERT(record.ids.empty());
  if (transaction.ssi_ != nullptr) ssi_->committed(*std::exchange(transaction.ssi_, nullptr), 0);
  if (record.first_id != kNoWriteId) {
    MutexLock lock(mutex_);
    unlink(record);
    update_oldest_running();
  }
  clear(record);
  SnapshotSlot& slot = *record.slot;
  if (slot.spare_ == nullptr) {
    slot.spare_ = &record;
    return;
  }
  MutexLock lock(mutex_);
  free_records_.push_back(&record);
}

void Transactions::publish(Lsn durable) {
  TransactionRecord* first = nullptr;
  TransactionRecord* last = nullptr;
  {
    MutexLock lock(mutex_);
    durable_ = std::max(durable_, durable);
    while (commits_head_ != nullptr && (!commits_head_->waits_for_flush || commits_head_->csn <= durable_)) {
      if (first == nullptr) first = commits_head_;
      last = commits_head_;
      commits_head_ = commits_head_->next_commit;
    }
    if (first == nullptr) return;
    if (commits_head_ == nullptr) commits_tail_ = nullptr;
    last->next_commit = nullptr;
    status_.publish(last->csn);
    for (TransactionRecord* record = first; record != nullptr; record = record->next_commit)
      if (record->first_id != kNoWriteId) unlink(*record);
    update_oldest_running();
    for (PublishWaiter* waiter : publish_waiters_)
      if (waiter->csn <= last->csn) waiter->token->wake();
  }
  while (first != nullptr) {
    TransactionRecord& record = *first;
    first = record.next_commit;
    end(record);
  }
}

Result<> Transactions::wait_published(CommitSeq csn, CancelToken* cancel) {
  if (status_.published() >= csn) return {};
  CancelToken nobody;
  CancelToken& token = cancel != nullptr ? *cancel : nobody;
  PublishWaiter waiter{csn, &token};
  MutexLock lock(mutex_);
  publish_waiters_.push_back(&waiter);
  while (status_.published() < csn && !stopped_) {
    uint32_t epoch = token.epoch();
    if (token.is_requested()) break;
    mutex_.unlock();
    token.sleep(epoch, std::nullopt);
    mutex_.lock();
  }
  std::erase(publish_waiters_, &waiter);
  if (status_.published() >= csn) return {};
  if (stopped_) return error_of_stopped_database();
  return token.error();
}

std::vector<WriteId> Transactions::rollback(Transaction& transaction) {
  TransactionRecord& record = *std::exchange(transaction.record_, nullptr);
  std::vector<WriteId> gone;
  if (transaction.ssi_ != nullptr) ssi_->rolled_back(*std::exchange(transaction.ssi_, nullptr));
  if (record.first_id != kNoWriteId) {
    // To a checkpoint's cut the ids are running or aborted, never neither: they would have committed.
    MutexLock lock(mutex_);
    gone = std::move(record.ids);
    abort_ids(gone);
    unlink(record);
    update_oldest_running();
  }
  end(record);
  return gone;
}

void Transactions::give_up(Transaction& transaction) {
  if (transaction.ssi_ == nullptr) return;
  ssi_->rolled_back(*std::exchange(transaction.ssi_, nullptr));
  locks_.release(transaction.record_->owner, serializable_writer(transaction.id()), LockMode::Exclusive);
}

void Transactions::stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    for (PublishWaiter* waiter : publish_waiters_) waiter->token->wake();
  }
  locks_.stop();
}

// --- Snapshots ---

Result<Snapshot> Transactions::take_safe_snapshot(Transaction& transaction, const Wait& wait) {
  TransactionRecord& record = *transaction.record_;
  ENSURE(transaction.ssi_ == nullptr && transaction.is_read_only());
  for (;;) {
    Snapshot snapshot = TRY(take_snapshot(transaction, wait.cancel));
    TxnId beside = 0;
    std::optional<bool> is_safe;
    Result<> waited;
    while (waited.ok() && !(is_safe = ssi_->is_safe(*transaction.ssi_, beside))) {
      waited = locks_.acquire(record.owner, serializable_writer(beside), LockMode::Share, wait);
      if (waited.ok()) locks_.release(record.owner, serializable_writer(beside), LockMode::Share);
    }
    if (waited.ok() && *is_safe) return snapshot;
    release_snapshot(*record.slot, snapshot);
    ssi_->rolled_back(*std::exchange(transaction.ssi_, nullptr));
    TRY(waited);
  }
}

Result<Snapshot> Transactions::take_snapshot(Transaction& transaction, CancelToken* cancel) {
  TransactionRecord& record = *transaction.record_;
  SnapshotSlot& slot = *record.slot;
  if (slot.own_commit_ > status_.published()) TRY(wait_published(slot.own_commit_, cancel));
  bool is_first = transaction.level() == IsolationLevel::Serializable && transaction.ssi_ == nullptr;
  if (is_first && !transaction.is_read_only())
    TRY(locks_.acquire_for_good(record.owner, serializable_writer(transaction.id()), LockMode::Exclusive));
  if (is_first) {
    // Before it: who commits meanwhile is remembered.
    transaction.ssi_ = &ssi_->begin(transaction.id(), record.owner.session(), transaction.is_read_only());
    for (WriteId id : record.ids) ssi_->drew(*transaction.ssi_, id);
  }
  // Ids before CSN: every id below the first was published before the second was read.
  WriteId low_water = oldest_running_.load();
  slot.announce(status_.published(), low_water);
  Snapshot snapshot;
  snapshot.low_water = oldest_running_.load();
  snapshot.csn = status_.published();
  snapshot.owner = transaction.id_;
  snapshot.own_below = record.ids.empty() ? 0 : record.ids.back() + 1;
  snapshot.ssi = transaction.ssi_;
  record.needs_new_id = true;
  slot.pin(snapshot);
  if (is_first) ssi_->snapshot_taken(*transaction.ssi_, snapshot.csn);
  return snapshot;
}

Snapshot Transactions::refresh_own(Transaction& transaction, const Snapshot& snapshot) {
  TransactionRecord& record = *transaction.record_;
  Snapshot fresh = snapshot;
  fresh.own_below = record.ids.empty() ? 0 : record.ids.back() + 1;
  record.needs_new_id = true;
  record.slot->pin(fresh);
  return fresh;
}

void Transactions::pin_snapshot(SnapshotSlot& slot, const Snapshot& snapshot) {
  slot.pin(snapshot);
}

void Transactions::release_snapshot(SnapshotSlot& slot, const Snapshot& snapshot) {
  slot.unpin(snapshot);
}

Snapshot Transactions::instant_snapshot(const Transaction* transaction) const {
  Snapshot snapshot;
  snapshot.low_water = oldest_running_.load();
  snapshot.csn = status_.published();
  if (transaction != nullptr) {
    snapshot.owner = transaction->id_;
    snapshot.own_below = ~WriteId{0};
  }
  return snapshot;
}

// --- For the cleaner and the checkpoint ---

Transactions::Live Transactions::live_snapshots() const {
  Live live;
  live.low_water = oldest_running_.load();  // before the CSN, and both before the slots: see SnapshotSlot
  live.floor = status_.published();
  for (const std::unique_ptr<SnapshotSlot>& slot : slots_) {
    SnapshotSlot::Pins pins = slot->read();
    live.floor = std::min(live.floor, pins.floor);
    live.low_water = std::min(live.low_water, pins.low_water);
    for (CommitSeq csn : pins.csns)
      if (csn != SnapshotSlot::kNone) live.csns.push_back(csn);
  }
  std::sort(live.csns.begin(), live.csns.end());
  live.csns.erase(std::unique(live.csns.begin(), live.csns.end()), live.csns.end());
  return live;
}

void Transactions::collapse(const Live& live) {
  CommitSeq oldest = live.csns.empty() ? live.floor : std::min(live.floor, live.csns.front());
  size_t before = forgotten_.size();
  std::erase_if(forgotten_, [&](const Forgotten& f) { return f.when < oldest; });
  if (forgotten_.size() != before) {
    std::vector<WriteIdInterval> left;
    for (const Forgotten& forgotten : forgotten_) left.push_back(forgotten.ids);
    forgotten_ids_ = WriteIdSet(std::move(left));
    WriteId first = ~WriteId{0}, last = 0;
    for (const WriteIdSet* set : {&aborted_, &forgotten_ids_}) {
      if (set->empty()) continue;
      first = std::min(first, set->intervals().front().first);
      last = std::max(last, set->intervals().back().last);
    }
    status_.set_aborted_hull(first, last);
  }
  const WriteIdSet* aborted = &aborted_;  // read under mutex_, which a lambda cannot say
  const WriteIdSet* forgotten = &forgotten_ids_;
  status_.collapse(live.csns, live.floor, [aborted, forgotten](WriteId first, WriteId last) {
    return aborted->overlaps(first, last) || forgotten->overlaps(first, last);
  });
}

CleaningView Transactions::cleaning_view() {
  MutexLock lock(mutex_);
  Live live = live_snapshots();
  collapse(live);
  CleaningView view;
  view.low_water = live.low_water;
  view.floor = live.floor;
  view.snapshots = std::move(live.csns);
  view.aborted = aborted_;
  return view;
}

WriteId Transactions::low_water() {
  MutexLock lock(mutex_);
  WriteId low_water = oldest_running_.load();  // before the slots: see SnapshotSlot
  for (const std::unique_ptr<SnapshotSlot>& slot : slots_)
    low_water = std::min(low_water, slot->read().low_water);
  return low_water;
}

void Transactions::forget_aborted(std::span<const WriteIdInterval> ids) {
  MutexLock lock(mutex_);
  // Removing from the middle splits an interval; the room kept for aborts must not shrink by it.
  size_t needed = aborted_.intervals().size() + unended_ids_ + ids.size();
  if (aborted_.capacity() < needed) aborted_.reserve(needed * 2);
  for (const WriteIdInterval& interval : ids) {
    forgotten_.push_back({status_.published(), interval});
    forgotten_ids_.add(interval);
    aborted_.remove(interval);
  }
}

TransactionCut Transactions::checkpoint_cut() const {
  MutexLock lock(mutex_);
  TransactionCut cut;
  cut.next_id = next_id_;
  WriteIdSet running;
  for (const TransactionRecord* record = writers_head_; record != nullptr; record = record->next)
    if (record->csn == 0)
      for (WriteId id : record->ids) running.add(id);
  cut.running = running.intervals();
  cut.aborted = aborted_.intervals();
  return cut;
}

WriteId Transactions::next_id() const {
  MutexLock lock(mutex_);
  return next_id_;
}

}  // namespace rowan
