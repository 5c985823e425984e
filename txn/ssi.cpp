#include "txn/ssi.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "txn/status.h"
#include "types/hash_map.h"

namespace rowan {

namespace {

void remove_from(std::vector<SsiTransaction*>& list, SsiTransaction* what) {
  auto found = std::find(list.begin(), list.end(), what);
  if (found == list.end()) return;
  *found = list.back();
  list.pop_back();
}

bool contains(const std::vector<SsiTransaction*>& list, const SsiTransaction* what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

}  // namespace

// Who drew which id, and what is left of those who are no longer known by name.
struct Ssi::Old {
  HashMap<WriteId, SsiTransaction*> writers;
  HashMap<WriteId, CommitSeq> ids;  // with the first commit that they had edges to, 0: none
  SireadTable::Holder reads;
  uint64_t committed = 0;  // the last of them, by the count
  CommitSeq csn = 0;       // and the newest
  bool any = false;
};

// --- The transaction's side ---

Error SsiTransaction::error() const {
  Doom why = doom_.load(std::memory_order_acquire);
  if (why == Doom::OutOfMemory)
    return Error(sqlstate::out_of_memory, "out of memory")
        .detail("There was no memory to note what a SERIALIZABLE transaction has read.");
  constexpr std::string_view kReasons[] = {"",
                                           "Canceled on identification as a pivot.",
                                           "",
                                           "Canceled on conflict out to a pivot, during read.",
                                           "Canceled on commit attempt with conflict in from prepared pivot.",
                                           "Canceled on conflict out to old pivot."};
  std::string detail = "Reason code: " + std::string(kReasons[static_cast<size_t>(why)]);
  std::vector<uint64_t> others;
  for (const Edge& edge : fell_for_) {
    if (edge.reader == 0 || edge.writer == 0) continue;
    fmt::format_to(std::back_inserter(detail), "\nProcess {} has read what process {} wrote", edge.reader,
                   edge.writer);
    std::string relation = edge.relation != kNoRelation && ssi_->relation_words_
                               ? ssi_->relation_words_(edge.relation)
                               : std::string();
    detail += relation.empty() ? "." : " to " + relation + ".";
    for (uint64_t session : {edge.reader, edge.writer})
      if (session != session_ && std::find(others.begin(), others.end(), session) == others.end())
        others.push_back(session);
  }
  for (uint64_t session : others) {
    std::string statement = ssi_->statement_of_ ? ssi_->statement_of_(session) : std::string();
    if (!statement.empty())
      fmt::format_to(std::back_inserter(detail), "\nProcess {}: {}", session, statement);
  }
  return Error(sqlstate::serialization_failure,
               "could not serialize access due to read/write dependencies among transactions")
      .detail(std::move(detail))
      .hint("The transaction might succeed if retried.");
}

// --- Reads ---

void SsiTransaction::Notes::clear() {
  constexpr size_t kBytesKept = size_t{1} << 16;
  reads.clear();
  bytes.clear();
  if (bytes.capacity() > kBytesKept) bytes = std::string();
}

template <class WriteDown>
void SsiTransaction::note(WriteDown write_down) {
  if (!is_tracked()) return;
  bool is_full = false, is_lost = false;
  {
    MutexLock lock(notes_mutex_);
    try {
      write_down(notes_);
      has_notes_.store(true);
      is_full = notes_.reads.size() >= kNotesMax;
    } catch (const std::bad_alloc&) {
      is_lost = true;
    }
  }
  if (!is_full && !is_lost) return;
  MutexLock lock(ssi_->mutex_);
  if (!is_tracked()) return ssi_->drop_notes(*this);
  try {
    if (is_lost) throw std::bad_alloc();
    ssi_->take_notes(*this);
  } catch (const std::bad_alloc&) {
    ssi_->doom(*this, Doom::OutOfMemory);
  }
}

void SsiTransaction::read_relation(RelationId relation) {
  note([&](Notes& notes) { notes.reads.push_back({Read::Kind::Relation, false, relation, 0, 0, kNoRow}); });
}

void SsiTransaction::read_row(RelationId relation, RowId row) {
  note([&](Notes& notes) { notes.reads.push_back({Read::Kind::Row, false, relation, 0, 0, row}); });
}

void SsiTransaction::read_keys(RelationId index, std::string_view lower, std::string_view upper,
                               bool has_upper) {
  note([&](Notes& notes) {
    size_t before = notes.bytes.size();
    notes.bytes.append(lower);
    notes.bytes.append(upper);
    try {
      notes.reads.push_back({Read::Kind::Keys, has_upper, index, static_cast<uint32_t>(lower.size()),
                             static_cast<uint32_t>(upper.size()), kNoRow});
    } catch (const std::bad_alloc&) {
      notes.bytes.resize(before);
      throw;
    }
  });
}

void Ssi::take_notes(SsiTransaction& transaction) {
  if (!transaction.has_notes_.load()) return;
  if (transaction.is_safe_.load()) return drop_notes(transaction);
  using Kind = SsiTransaction::Read::Kind;
  MutexLock lock(transaction.notes_mutex_);
  std::string_view bytes = transaction.notes_.bytes;
  for (const SsiTransaction::Read& read : transaction.notes_.reads) {
    switch (read.kind) {
      case Kind::Relation:
        sireads_.read_relation(transaction.reads_, read.relation);
        break;
      case Kind::Row:
        if (planted_ == PlantedRace::RowsUnread) break;
        sireads_.read_row(transaction.reads_, read.relation, read.row);
        break;
      case Kind::Keys:
        if (planted_ != PlantedRace::KeysUnread)
          sireads_.read_range(transaction.reads_, read.relation, bytes.substr(0, read.lower_bytes),
                              bytes.substr(read.lower_bytes, read.upper_bytes), read.has_upper);
        bytes.remove_prefix(read.lower_bytes + read.upper_bytes);
        break;
    }
  }
  transaction.notes_.clear();
  transaction.has_notes_.store(false, std::memory_order_relaxed);
}

void Ssi::take_all_notes() {
  for (SsiTransaction* each : active_) take_notes(*each);
  while (noted_head_ != nullptr) {
    take_notes(*noted_head_);
    noted_head_ = std::exchange(noted_head_->next_noted_, nullptr);
  }
  noted_tail_ = nullptr;
}

void Ssi::drop_notes(SsiTransaction& transaction) {
  if (!transaction.has_notes_.load(std::memory_order_acquire)) return;
  MutexLock lock(transaction.notes_mutex_);
  transaction.notes_.clear();
  transaction.has_notes_.store(false, std::memory_order_relaxed);
}

void SsiTransaction::met_writer(WriteId writer) {
  if (writer == last_met_ || !is_tracked()) return;
  last_met_ = writer;
  MutexLock lock(ssi_->mutex_);
  if (!is_tracked()) return;
  try {
    ssi_->met_writer(*this, writer);
  } catch (const std::bad_alloc&) {
    ssi_->doom(*this, Doom::OutOfMemory);
  }
}

// --- Writes ---

template <class Visit>
void Ssi::ask_readers(SsiTransaction& me, RelationId relation, Visit visit) {
  MutexLock lock(mutex_);
  writing_ = relation;
  if (planted_ == PlantedRace::WritersAskNobody) return;
  try {
    take_all_notes();
  } catch (const std::bad_alloc&) {
    return doom(me, Doom::OutOfMemory);  // who has read there is not known
  }
  visit(sireads_, to_readers(me));
}

Result<> SsiTransaction::inserted_into(RelationId heap) {
  ssi_->ask_readers(*this, heap,
                    [&](const SireadTable& table, const auto& visit) { table.visit_relation(heap, visit); });
  return check();
}

Result<> SsiTransaction::wrote_row(RelationId heap, RowId row) {
  ssi_->ask_readers(*this, heap,
                    [&](const SireadTable& table, const auto& visit) { table.visit_row(heap, row, visit); });
  return check();
}

Result<> SsiTransaction::wrote_keys(RelationId index, std::string_view lower, std::string_view upper) {
  ssi_->ask_readers(*this, index, [&](const SireadTable& table, const auto& visit) {
    table.visit_keys(index, lower, upper, visit);
  });
  return check();
}

Result<> SsiTransaction::wrote_relation(RelationId relation) {
  ssi_->ask_readers(*this, relation,
                    [&](const SireadTable& table, const auto& visit) { table.visit_any(relation, visit); });
  return check();
}

// --- Edges ---

void Ssi::doom(SsiTransaction& transaction, Doom why, const Edge& one, const Edge& other) {
  if (transaction.doom_.load() != Doom::None) return;  // its thread may be reading what it fell for
  transaction.fell_for_ = {one, other};
  transaction.doom_.store(why);
}

void Ssi::cut(SsiTransaction& reader, SsiTransaction& writer) {
  remove_from(reader.out_, &writer);
  remove_from(writer.in_, &reader);
}

void Ssi::cut_all(SsiTransaction& transaction) {
  while (!transaction.in_.empty()) cut(*transaction.in_.back(), transaction);
  while (!transaction.out_.empty()) cut(transaction, *transaction.out_.back());
}

// Would an edge from `reader` to `writer` be one of the two of a dangerous structure?
bool Ssi::is_dangerous(const SsiTransaction& reader, const SsiTransaction& writer, Edge& other) const {
  auto is_doomed = [](const SsiTransaction& t) { return !t.is_ended_ && t.doom_.load() != Doom::None; };
  auto committed_before_snapshot = [](const SsiTransaction& t, const SsiTransaction& of) {
    return t.csn_ != 0 && t.csn_ <= of.snapshot_;
  };
  // reader -> writer -> T3, where T3 was first. An ended writer knows of T3 only that there was one; a
  // read-only reader has asked about it before.
  if (writer.is_ended_ && writer.has_out_to_earlier_) return true;
  if (writer.has_old_out_) return true;
  for (const SsiTransaction* last : writer.out_) {
    if (last->prepared_ == 0) continue;
    bool is_first = (!reader.is_ended_ || last->prepared_ <= reader.committed_) &&
                    (!writer.is_ended_ || last->prepared_ <= writer.committed_);
    if (!is_first || (reader.is_read_only_ && !committed_before_snapshot(*last, reader))) continue;
    other = edge(writer, *last);
    return true;
  }
  // T1 -> reader -> writer, where the writer was first.
  if (writer.prepared_ == 0 || reader.is_read_only_) return false;
  if (reader.has_old_in_) return true;
  for (const SsiTransaction* first : reader.in_) {
    if (is_doomed(*first) || (first->is_ended_ && first->committed_ < writer.prepared_)) continue;
    if (first->is_read_only_ && !committed_before_snapshot(writer, *first)) continue;
    other = edge(*first, reader);
    return true;
  }
  return false;
}

void Ssi::note_edge(SsiTransaction& reader, SsiTransaction& writer, SsiTransaction& me) {
  if (&reader == &writer || contains(reader.out_, &writer)) return;
  Edge other;
  if (is_dangerous(reader, writer, other)) {
    Edge one = edge(reader, writer);
    if (&writer == &me) one.relation = writing_;
    // The writer is the one to go: it is the pivot, or the pivot's way to fail would be too late.
    if (&writer == &me) return doom(me, Doom::Pivot, one, other);
    if (writer.prepared_ != 0) return doom(me, Doom::ConflictOut, one, other);
    doom(writer, Doom::Pivot, one, other);
  }
  reader.out_.reserve(reader.out_.size() + 1);
  writer.in_.push_back(&reader);
  reader.out_.push_back(&writer);
}

SireadTable::Visit Ssi::to_readers(SsiTransaction& me) {
  return [this, &me](SireadTable::Holder& holder) NO_THREAD_SAFETY_ANALYSIS { met_reader(holder, me); };
}

// `me` has written what `holder` has read.
void Ssi::met_reader(SireadTable::Holder& holder, SsiTransaction& me) {
  SsiTransaction* reader = holder.transaction;
  if (reader == &me) return;
  try {
    if (reader == nullptr) {  // one of the old
      if (old_->csn != 0 && old_->csn <= me.snapshot_) return;
      me.has_old_in_ = true;
      bool is_pivot = me.has_old_out_;
      for (const SsiTransaction* last : me.out_)
        is_pivot |= last->prepared_ != 0 && last->prepared_ <= old_->committed;
      if (is_pivot) doom(me, Doom::Pivot);
      return;
    }
    if (!reader->is_ended_ && reader->doom_.load() != Doom::None) return;
    bool is_over = reader->is_ended_ && reader->csn_ != 0 && reader->csn_ <= me.snapshot_;
    if (!is_over) note_edge(*reader, me, me);
  } catch (const std::bad_alloc&) {
    doom(me, Doom::OutOfMemory);
  }
}

void Ssi::met_writer(SsiTransaction& me, WriteId id) {
  if (planted_ == PlantedRace::ReadersMeetNobody) return;
  auto found = old_->writers.find(id);
  if (found == old_->writers.end()) {
    auto old = old_->ids.find(id);
    if (old != old_->ids.end()) met_old_writer(me, old->second);
    return;  // of another level
  }
  SsiTransaction& writer = *found->second;
  if (&writer == &me || (!writer.is_ended_ && writer.doom_.load() != Doom::None)) return;
  if (writer.has_old_out_) return doom(writer.prepared_ == 0 ? writer : me, Doom::OldPivot, edge(me, writer));
  // Who only reads is part of an anomaly only by one who committed before it looked.
  if (me.is_read_only_ && writer.is_ended_ &&
      (!writer.has_out_to_earlier_ || me.snapshot_ < writer.earliest_out_))
    return;
  note_edge(me, writer, me);
}

void Ssi::met_old_writer(SsiTransaction& me, CommitSeq earliest_out) {
  if (earliest_out != 0 && (!me.is_read_only_ || earliest_out <= me.snapshot_))
    return doom(me, Doom::OldPivot);
  if (me.has_old_in_ || !me.in_.empty()) return doom(me, Doom::Pivot);
  me.has_old_out_ = true;
}

// --- Begin and end ---

Ssi::Ssi(const StatusMap& status, PlantedRace planted)
    : status_(status), planted_(planted), old_(std::make_unique<Old>()) {}
Ssi::~Ssi() = default;

SsiTransaction& Ssi::begin(TxnId id, uint64_t session, bool is_read_only) {
  MutexLock lock(mutex_);
  active_.reserve(active_.size() + 1);
  if (active_.empty()) forget_old();
  if (free_.empty()) {
    auto fresh = std::make_unique<SsiTransaction>();
    fresh->ssi_ = this;
    fresh->reads_.transaction = fresh.get();
    all_.push_back(std::move(fresh));
    free_.reserve(all_.capacity());
    free_.push_back(all_.back().get());
  }
  SsiTransaction& transaction = *free_.back();
  free_.pop_back();
  transaction.id_ = id;
  transaction.session_ = session;
  transaction.is_read_only_ = is_read_only;
  transaction.began_ = ++count_;
  active_.push_back(&transaction);
  in_use_.store(active_.size() + ended_count_, std::memory_order_relaxed);
  return transaction;
}

void Ssi::snapshot_taken(SsiTransaction& transaction, CommitSeq snapshot) {
  MutexLock lock(mutex_);
  transaction.snapshot_ = snapshot;
  transaction.has_snapshot_ = true;
  if (!transaction.is_read_only_) return;
  try {
    for (SsiTransaction* other : active_) {
      if (other == &transaction || other->is_read_only_) continue;
      transaction.doubts_.reserve(transaction.doubts_.size() + 1);
      other->doubters_.push_back(&transaction);
      transaction.doubts_.push_back(other);
    }
  } catch (const std::bad_alloc&) {
    transaction.is_unsafe_ = true;
  }
  for (const SsiTransaction* other = ended_head_; other != nullptr; other = other->next_ended_)
    if (other->csn_ > snapshot && other->has_out_to_earlier_ && other->earliest_out_ <= snapshot)
      transaction.is_unsafe_ = true;
  if (old_->any && old_->csn > snapshot) transaction.is_unsafe_ = true;
  if (!transaction.is_unsafe_ && transaction.doubts_.empty()) set_safe(transaction);
}

void Ssi::drew(SsiTransaction& transaction, WriteId id) {
  MutexLock lock(mutex_);
  transaction.ids_.reserve(transaction.ids_.size() + 1);
  old_->writers.emplace(id, &transaction);
  transaction.ids_.push_back(id);
}

Result<> Ssi::prepare(SsiTransaction& transaction) {
  settle(transaction);
  return transaction.is_tracked() ? transaction.check() : Result<>();
}

// Decides, once and for all, whether it may commit.
void Ssi::settle(SsiTransaction& transaction) {
  MutexLock lock(mutex_);
  auto is_doomed = [](const SsiTransaction& t) { return t.doom_.load() != Doom::None; };
  if (transaction.is_safe_.load() || is_doomed(transaction)) return;
  // T1 -> pivot -> this one, which will have been the first to commit.
  for (SsiTransaction* pivot : transaction.in_) {
    if (planted_ == PlantedRace::PivotsCommit) break;
    if (pivot->is_ended_ || is_doomed(*pivot)) continue;
    auto first = std::find_if(pivot->in_.begin(), pivot->in_.end(), [&](const SsiTransaction* each) {
      return each == &transaction || (!each->is_ended_ && !each->is_read_only_ && !is_doomed(*each));
    });
    if (first == pivot->in_.end()) continue;
    bool is_late = pivot->prepared_ != 0;
    doom(is_late ? transaction : *pivot, is_late ? Doom::ConflictIn : Doom::Pivot, edge(**first, *pivot),
         edge(*pivot, transaction));
    if (is_late) return;
  }
  transaction.prepared_ = ++count_;
}

void Ssi::set_safe(SsiTransaction& transaction) {
  cut_all(transaction);
  sireads_.release(transaction.reads_);
  transaction.is_safe_.store(true, std::memory_order_release);
  drop_notes(transaction);  // a read that is being noted just now stays, and is dropped later
}

// What is known at the end of `writer` of read-only transactions that ran beside it.
void Ssi::settle_doubts(SsiTransaction& writer) {
  for (SsiTransaction* reader : writer.doubters_) {
    remove_from(reader->doubts_, &writer);
    if (writer.is_ended_ && writer.has_out_to_earlier_ && writer.earliest_out_ <= reader->snapshot_)
      reader->is_unsafe_ = true;
    if (!reader->is_unsafe_ && reader->doubts_.empty() && reader->has_snapshot_) set_safe(*reader);
  }
  writer.doubters_.clear();
  for (SsiTransaction* other : writer.doubts_) remove_from(other->doubters_, &writer);
  writer.doubts_.clear();
}

void Ssi::committed(SsiTransaction& transaction, CommitSeq csn) {
  MutexLock lock(mutex_);
  transaction.is_ended_ = true;
  transaction.committed_ = ++count_;
  if (transaction.prepared_ == 0) transaction.prepared_ = transaction.committed_;
  transaction.csn_ = csn;
  if (csn == 0) transaction.is_read_only_ = true;
  for (size_t i = transaction.out_.size(); i-- > 0;) {
    SsiTransaction& writer = *transaction.out_[i];
    if (!writer.is_ended_) continue;
    if (!transaction.is_read_only_) {
      bool is_first = !transaction.has_out_to_earlier_ || writer.csn_ < transaction.earliest_out_;
      if (is_first) transaction.earliest_out_ = writer.csn_;
      transaction.has_out_to_earlier_ = true;
    }
    cut(transaction, writer);
  }
  for (size_t i = transaction.in_.size(); i-- > 0;) {
    SsiTransaction& reader = *transaction.in_[i];
    if (reader.is_ended_ || reader.is_read_only_) cut(reader, transaction);
  }
  settle_doubts(transaction);
  std::erase(active_, &transaction);
  if (transaction.is_safe_.load() || planted_ == PlantedRace::CommittedForgotten)
    recycle(transaction);
  else
    remember(transaction);
  forget_old();
  while (ended_count_ > kRememberedMax) {
    try {
      sum_up(*ended_head_);
    } catch (const std::bad_alloc&) {
      break;
    }
    recycle(take_oldest());
  }
}

void Ssi::remember(SsiTransaction& transaction) {
  (ended_tail_ != nullptr ? ended_tail_->next_ended_ : ended_head_) = &transaction;
  ended_tail_ = &transaction;
  ++ended_count_;
  if (!transaction.has_notes_.load(std::memory_order_acquire)) return;
  (noted_tail_ != nullptr ? noted_tail_->next_noted_ : noted_head_) = &transaction;
  noted_tail_ = &transaction;
}

SsiTransaction& Ssi::take_oldest() {
  SsiTransaction& oldest = *ended_head_;
  ended_head_ = std::exchange(oldest.next_ended_, nullptr);
  if (ended_head_ == nullptr) ended_tail_ = nullptr;
  --ended_count_;
  if (&oldest == noted_head_) {
    noted_head_ = std::exchange(oldest.next_noted_, nullptr);
    if (noted_head_ == nullptr) noted_tail_ = nullptr;
  }
  return oldest;
}

void Ssi::rolled_back(SsiTransaction& transaction) {
  MutexLock lock(mutex_);
  settle_doubts(transaction);
  std::erase(active_, &transaction);
  recycle(transaction);
  forget_old();
}

// Committed transactions that nobody runs beside any more.
void Ssi::forget_old() {
  uint64_t began = std::numeric_limits<uint64_t>::max();
  CommitSeq snapshot = status_.published();  // who comes next takes that, or a later one
  for (const SsiTransaction* active : active_) {
    if (active->is_safe_.load()) continue;
    began = std::min(began, active->began_);
    snapshot = std::min(snapshot, active->snapshot_);
  }
  while (ended_head_ != nullptr && ended_head_->committed_ < began && ended_head_->csn_ <= snapshot)
    recycle(take_oldest());
  if (old_->any && old_->committed < began && old_->csn <= snapshot) {
    sireads_.release(old_->reads);
    old_->ids.clear();
    old_->any = false;
    old_->committed = old_->csn = 0;
  }
  in_use_.store(active_.size() + ended_count_, std::memory_order_relaxed);
}

// One more of those without a name.
void Ssi::sum_up(SsiTransaction& oldest) {
  take_all_notes();
  old_->committed = std::max(old_->committed, oldest.committed_);
  old_->csn = std::max(old_->csn, oldest.csn_);
  old_->any = true;
  for (WriteId id : oldest.ids_)
    old_->ids[id] = oldest.has_out_to_earlier_ ? std::max<CommitSeq>(oldest.earliest_out_, 1) : 0;
  sireads_.give(oldest.reads_, old_->reads);
  for (SsiTransaction* reader : oldest.in_) reader->has_old_out_ = true;
  for (SsiTransaction* writer : oldest.out_) writer->has_old_in_ = true;
  ++summed_up_;
}

void Ssi::recycle(SsiTransaction& transaction) {
  cut_all(transaction);
  sireads_.release(transaction.reads_);
  drop_notes(transaction);
  for (WriteId id : transaction.ids_) old_->writers.erase(id);
  transaction.ids_.clear();
  transaction.doom_.store(Doom::None);
  transaction.is_safe_.store(false);
  transaction.last_met_ = kNoWriteId;
  transaction.is_read_only_ = transaction.is_ended_ = transaction.is_unsafe_ = false;
  transaction.has_snapshot_ = false;
  transaction.has_old_in_ = transaction.has_old_out_ = transaction.has_out_to_earlier_ = false;
  transaction.snapshot_ = transaction.csn_ = transaction.earliest_out_ = 0;
  transaction.began_ = transaction.prepared_ = transaction.committed_ = 0;
  free_.push_back(&transaction);
}

// --- The rest ---

std::optional<bool> Ssi::is_safe(const SsiTransaction& transaction, TxnId& beside) const {
  MutexLock lock(mutex_);
  if (transaction.is_safe_.load()) return true;
  if (transaction.is_unsafe_ || transaction.doubts_.empty()) return false;
  beside = transaction.doubts_.front()->id_;
  return std::nullopt;
}

void Ssi::row_moved(RelationId relation, RowId from, RowId to) {
  if (!any()) return;
  MutexLock lock(mutex_);
  take_all_notes();
  sireads_.copy_row(relation, from, to);
}

void Ssi::relation_replaced(RelationId from, RelationId to) {
  if (!any()) return;
  MutexLock lock(mutex_);
  take_all_notes();
  sireads_.copy_relation(from, to);
}

Ssi::Counts Ssi::counts() {
  MutexLock lock(mutex_);
  take_all_notes();
  return {active_.size() + ended_count_, sireads_.count(), summed_up_};
}

}  // namespace rowan
