// txn/ssi.h: serializable snapshot isolation. SERIALIZABLE transactions run on snapshots, as REPEATABLE READ
// ones do, and beside that it is noted who has read what somebody else, running at the same time, has
// overwritten: an rw-edge from the reader to the writer. In each execution that is not serializable some
// T1 -rw-> T2 -rw-> T3 stand in a row (T1 and T3 may be one), and T3 was the first of the three to commit;
// where that may come about one of them fails with 40001. T1, if it only reads, matters only where T3
// committed before it took its snapshot.
//
// An edge is found by whoever comes second. A reader notes what it has read (txn/siread.h) while the page is
// latched and asks who wrote the versions that it does not see; a writer writes first and asks then who has
// read. So one of them meets the other, whatever the order.
//
// A committed transaction is remembered until all have ended that ran beside it. Where there are too many the
// oldest become one: what they have read stays, who they were does not, and edges to them count as the worst.
//
// Nothing here waits, and what is called under latches cannot fail: a transaction that has to go is marked,
// and says so when it asks (check, prepare). One mutex guards it all; transactions of other levels never come
// near it. Reads do not either, as a rule: each transaction writes them down for itself, and they are taken
// from there into the table of all when a writer asks. So readers meet only where somebody writes, and what
// has been read beside no writer never costs more than the note.
//
// Sources: Cahill, Röhm, Fekete, Serializable Isolation for Snapshot Databases (SIGMOD 2008); Ports and
// Grittner, Serializable Snapshot Isolation in PostgreSQL (VLDB 2012), for the order of commits, read-only
// transactions, safe snapshots and the summary of old ones.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "txn/planted_race.h"
#include "txn/siread.h"
#include "types/ids.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

class Ssi;
class StatusMap;

// One SERIALIZABLE transaction, from its first snapshot until it is forgotten. The functions are for the
// thread that runs it.
class SsiTransaction {
 public:
  // False: its snapshot is safe, nothing it reads can be part of an anomaly, and nothing is noted.
  bool is_tracked() const { return !is_safe_.load(std::memory_order_acquire); }
  // Errors: 40001 it has been chosen to fail · 53200 what it read could not be noted. Once, or for ever.
  Result<> check() const {
    if (doom_.load(std::memory_order_acquire) == Doom::None) [[likely]]
      return {};
    return error();
  }

  // --- What it has read; before or while the page is latched: whoever writes there afterwards finds it. ---
  void read_relation(RelationId relation);
  void read_row(RelationId relation, RowId row);
  // Keys of an index in [lower, upper), or from `lower` to the end, and the gaps between them.
  void read_keys(RelationId index, std::string_view lower, std::string_view upper, bool has_upper);
  // `writer` made a version that its snapshot does not see, or deleted one that it does.
  void met_writer(WriteId writer);

  // --- What it has written; afterwards. Errors: as check(). ---
  Result<> inserted_into(RelationId heap);
  Result<> wrote_row(RelationId heap, RowId row);
  // An entry whose bytes lie in [lower, upper).
  Result<> wrote_keys(RelationId index, std::string_view lower, std::string_view upper);
  // All of it went at once (TRUNCATE).
  Result<> wrote_relation(RelationId relation);

 private:
  friend class Ssi;
  enum class Doom : uint8_t { None, Pivot, OutOfMemory, ConflictOut, ConflictIn, OldPivot };
  struct Read {
    enum class Kind : uint8_t { Relation, Row, Keys } kind;
    bool has_upper;
    RelationId relation;
    uint32_t lower_bytes, upper_bytes;  // of Keys, in `bytes`
    RowId row;
  };
  // Reads that are not in the table of all yet, in their order.
  struct Notes {
    std::vector<Read> reads;
    std::string bytes;
    void clear();
  };
  static constexpr size_t kNotesMax = 256;  // then they are taken in
  template <class WriteDown>
  void note(WriteDown write_down);
  Error error() const;
  // Of the structure that it fell for, as far as it is known: sessions, and the relation where it came up.
  struct Edge {
    uint64_t reader = 0, writer = 0;
    RelationId relation = kNoRelation;
  };

  Ssi* ssi_ = nullptr;
  TxnId id_ = 0;
  uint64_t session_ = 0;
  std::array<Edge, 2> fell_for_;  // written under Ssi's mutex before doom_ is, read after it
  std::atomic<Doom> doom_{Doom::None};
  std::atomic<bool> is_safe_{false};
  WriteId last_met_ = kNoWriteId;  // its thread's alone
  // Raised under notes_mutex_; whoever wrote after a read sees it without, for the page's latch lies between.
  // Sequentially consistent for a scan, which notes its relation before it asks what pages there are.
  std::atomic<bool> has_notes_{false};
  Mutex notes_mutex_{LockRank::Leaf};
  Notes notes_ GUARDED_BY(notes_mutex_);

  // The rest: under Ssi's mutex.
  bool is_read_only_ = false;  // declared, or known at its end
  bool is_ended_ = false;      // committed
  bool has_old_in_ = false;    // an edge from, or to, one that is no longer known by name
  bool has_old_out_ = false;
  bool has_out_to_earlier_ = false;  // at its commit it had an edge to one that was committed
  bool is_unsafe_ = false;
  bool has_snapshot_ = false;
  CommitSeq snapshot_ = 0;
  CommitSeq csn_ = 0;                      // committed
  uint64_t began_ = 0;                     // when, by Ssi's count
  uint64_t prepared_ = 0;                  // the same; 0: not yet
  uint64_t committed_ = 0;                 // the same
  CommitSeq earliest_out_ = 0;             // of those it had edges to, the first commit
  std::vector<SsiTransaction*> in_, out_;  // edges: who has read what it wrote; who wrote what it read
  std::vector<SsiTransaction*> doubts_;    // read-only: writers beside it that may yet make it unsafe
  std::vector<SsiTransaction*> doubters_;  // and the other way
  std::vector<WriteId> ids_;
  SsiTransaction* next_ended_ = nullptr;
  SsiTransaction* next_noted_ = nullptr;  // ended, with notes
  SireadTable::Holder reads_;
};

// Thread-safe.
class Ssi {
 public:
  // `status` outlives this; `planted`: for tests.
  explicit Ssi(const StatusMap& status, PlantedRace planted = PlantedRace::None);
  ~Ssi();
  Ssi(const Ssi&) = delete;
  Ssi& operator=(const Ssi&) = delete;

  // Words for error texts, asked for with no mutex held: the statement that a session runs or has run last,
  // and 'relation "t"'; "" where it is not known. Set them before the first transaction.
  using StatementOf = std::function<std::string(uint64_t session)>;
  using RelationWords = std::function<std::string(RelationId)>;
  void set_words(StatementOf statement_of, RelationWords relation_words) {
    statement_of_ = std::move(statement_of);
    relation_words_ = std::move(relation_words);
  }

  // --- For Transactions: a transaction's life. ---
  // Before it takes its snapshot, which is told then. May throw std::bad_alloc.
  SsiTransaction& begin(TxnId id, uint64_t session, bool is_read_only) EXCLUDES(mutex_);
  void snapshot_taken(SsiTransaction& transaction, CommitSeq snapshot) EXCLUDES(mutex_);
  // It has drawn an id. May throw std::bad_alloc.
  void drew(SsiTransaction& transaction, WriteId id) EXCLUDES(mutex_);
  // May it commit? If so it will not be chosen to fail any more. Errors: 40001, as check().
  Result<> prepare(SsiTransaction& transaction) EXCLUDES(mutex_);
  // Under the commit mutex; `csn` 0: it wrote nothing. The caller forgets it.
  void committed(SsiTransaction& transaction, CommitSeq csn) EXCLUDES(mutex_);
  void rolled_back(SsiTransaction& transaction) EXCLUDES(mutex_);

  // Is the snapshot of a read-only transaction safe? Nothing: that is not decided before `beside`, and
  // perhaps others, have ended.
  std::optional<bool> is_safe(const SsiTransaction& transaction, TxnId& beside) const EXCLUDES(mutex_);

  // --- For storage and DDL ---
  bool any() const { return in_use_.load(std::memory_order_relaxed) != 0; }
  // A row has another home from now on; under the latch of the old one.
  void row_moved(RelationId relation, RowId from, RowId to) EXCLUDES(mutex_);
  // `from` gives way to `to`: an index that is dropped to its table, a heap to the one that it is written to
  // anew. Who has read any of it counts as having read all of `to`; under the table's AccessExclusiveLock.
  // The change may be rolled back: `from` keeps its locks.
  void relation_replaced(RelationId from, RelationId to) EXCLUDES(mutex_);

  // For tests and views: transactions remembered, SIREAD locks, transactions summed up so far.
  struct Counts {
    size_t transactions = 0, locks = 0;
    uint64_t summed_up = 0;
  };
  Counts counts() EXCLUDES(mutex_);

  // So many committed ones are known by name.
  static constexpr size_t kRememberedMax = 8192;

 private:
  friend class SsiTransaction;
  using Doom = SsiTransaction::Doom;
  using Edge = SsiTransaction::Edge;
  struct Old;
  // Takes what has been noted into the table: of one, or of all. May throw std::bad_alloc: the rest stays
  // where it is.
  void take_notes(SsiTransaction& transaction) REQUIRES(mutex_);
  void take_all_notes() REQUIRES(mutex_);
  void drop_notes(SsiTransaction& transaction) REQUIRES(mutex_);
  // Calls `visit` with the table, up to date, for what `me` has written.
  template <class Visit>
  void ask_readers(SsiTransaction& me, RelationId relation, Visit visit) EXCLUDES(mutex_);
  void note_edge(SsiTransaction& reader, SsiTransaction& writer, SsiTransaction& me) REQUIRES(mutex_);
  // `other`: the second edge of the structure, where it is known.
  bool is_dangerous(const SsiTransaction& reader, const SsiTransaction& writer, Edge& other) const
      REQUIRES(mutex_);
  // What SireadTable is to call with each holder of what `me` has written.
  SireadTable::Visit to_readers(SsiTransaction& me) REQUIRES(mutex_);
  void met_reader(SireadTable::Holder& holder, SsiTransaction& me) REQUIRES(mutex_);
  void met_writer(SsiTransaction& me, WriteId writer) REQUIRES(mutex_);
  void met_old_writer(SsiTransaction& me, CommitSeq earliest_out) REQUIRES(mutex_);
  void doom(SsiTransaction& transaction, Doom why, const Edge& one = {}, const Edge& other = {})
      REQUIRES(mutex_);
  static Edge edge(const SsiTransaction& reader, const SsiTransaction& writer) {
    return {reader.session_, writer.session_, kNoRelation};
  }
  void cut(SsiTransaction& reader, SsiTransaction& writer) REQUIRES(mutex_);
  void cut_all(SsiTransaction& transaction) REQUIRES(mutex_);
  void settle(SsiTransaction& transaction) EXCLUDES(mutex_);
  void settle_doubts(SsiTransaction& writer) REQUIRES(mutex_);
  void set_safe(SsiTransaction& transaction) REQUIRES(mutex_);
  void forget_old() REQUIRES(mutex_);
  void sum_up(SsiTransaction& oldest) REQUIRES(mutex_);
  void remember(SsiTransaction& transaction) REQUIRES(mutex_);
  SsiTransaction& take_oldest() REQUIRES(mutex_);
  void recycle(SsiTransaction& transaction) REQUIRES(mutex_);

  const StatusMap& status_;
  const PlantedRace planted_;
  StatementOf statement_of_;  // see set_words
  RelationWords relation_words_;
  mutable Mutex mutex_{LockRank::Ssi};
  RelationId writing_ GUARDED_BY(mutex_) = kNoRelation;  // what is being asked about, for error texts
  std::atomic<size_t> in_use_{0};                        // a hint outside the mutex
  uint64_t count_ GUARDED_BY(mutex_) = 0;                // of prepares and commits
  uint64_t summed_up_ GUARDED_BY(mutex_) = 0;
  SireadTable sireads_ GUARDED_BY(mutex_);
  std::unique_ptr<Old> old_ GUARDED_BY(mutex_);  // who drew which id, and those summed up
  std::vector<SsiTransaction*> active_ GUARDED_BY(mutex_);
  // Committed, in that order; linked, for a commit must not run out of memory.
  SsiTransaction* ended_head_ GUARDED_BY(mutex_) = nullptr;
  SsiTransaction* ended_tail_ GUARDED_BY(mutex_) = nullptr;
  size_t ended_count_ GUARDED_BY(mutex_) = 0;
  // Those of them whose notes nobody has asked for yet: the last ones.
  SsiTransaction* noted_head_ GUARDED_BY(mutex_) = nullptr;
  SsiTransaction* noted_tail_ GUARDED_BY(mutex_) = nullptr;
  std::vector<std::unique_ptr<SsiTransaction>> all_ GUARDED_BY(mutex_);
  std::vector<SsiTransaction*> free_ GUARDED_BY(mutex_);
};

}  // namespace rowan
