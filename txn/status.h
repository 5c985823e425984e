// txn/status.h: what became of each write id: running, committed at a CSN, aborted. In memory only; ids from
// before the last restart are aborted (a few intervals) or visible to all.
//
// A chunk holds 4,096 ids at 8 bytes. Once all ids of a chunk have ended and no live snapshot lies between
// their CSNs, the chunk collapses to one CSN and a bitmap of its aborted ids (nothing at all without aborts),
// so an hour under one snapshot at 50,000 ids a second costs 350 KB and not 1.4 GB.
//
// Reads take no lock. Chunks are recycled, never freed: a reader reads the word and then looks whether the
// directory still names the same chunk; if not, it starts again. The stores that reset a recycled chunk are
// releases that follow the change of the directory, so a reader that met one of them sees that change.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "types/ids.h"
#include "types/mutex.h"

namespace rowan {

// Ids first … last, both included.
struct WriteIdInterval {
  WriteId first = 0;
  WriteId last = 0;
  bool operator==(const WriteIdInterval&) const = default;
};

// Sorted, disjoint, not touching. add() within reserved capacity never allocates.
class WriteIdSet {
 public:
  WriteIdSet() = default;
  explicit WriteIdSet(std::vector<WriteIdInterval> intervals);
  void reserve(size_t intervals) { intervals_.reserve(intervals); }
  size_t capacity() const { return intervals_.capacity(); }
  void add(WriteId id) { add({id, id}); }
  void add(WriteIdInterval interval);
  // May need room for one more interval.
  void remove(WriteIdInterval interval);
  bool contains(WriteId id) const { return overlaps(id, id); }
  bool overlaps(WriteId first, WriteId last) const;
  bool empty() const { return intervals_.empty(); }
  const std::vector<WriteIdInterval>& intervals() const { return intervals_; }

 private:
  std::vector<WriteIdInterval> intervals_;
};

struct WriteStatus {
  enum class State : uint8_t { Running, Committed, Aborted };
  State state = State::Committed;
  CommitSeq csn = 0;  // Committed: at this CSN, 0: visible to all
  TxnId owner = 0;    // Running: by this transaction
};

class StatusMap {
 public:
  // Ids below `first_id` are from before: those in `aborted` aborted, the others are visible to all.
  StatusMap(WriteId first_id, WriteIdSet aborted, CommitSeq published);
  ~StatusMap();
  StatusMap(const StatusMap&) = delete;
  StatusMap& operator=(const StatusMap&) = delete;

  // What is known of `id`. A commit that is not yet published is Committed with a csn above published(): for
  // snapshots it is out of reach anyway, writers use latest(). Thread-safe, lock-free.
  WriteStatus status(WriteId id) const;

  // As status(), for those who want the newest state and not a snapshot's: a commit that is not yet published
  // counts as Running (owner 0: it waits for nobody, so it needs no edge in the wait graph). Thread-safe,
  // lock-free.
  WriteStatus latest(WriteId id) const;

  // Commits up to here are seen by new snapshots.
  CommitSeq published() const { return published_.load(); }

  // False: no id of first … last is aborted. True: perhaps, ask status(). Two loads.
  bool maybe_aborted(WriteId first, WriteId last) const {
    return last >= aborted_first_.load(std::memory_order_relaxed) &&
           first <= aborted_last_.load(std::memory_order_relaxed);
  }
  bool maybe_aborted(WriteId id) const { return maybe_aborted(id, id); }
  // The bounds behind maybe_aborted(), for loops that want them in registers.
  std::pair<WriteId, WriteId> aborted_hull() const {
    return {aborted_first_.load(std::memory_order_relaxed), aborted_last_.load(std::memory_order_relaxed)};
  }

  // --- For Transactions alone, which calls these one at a time. ---
  // Makes room for the status of `id`; may allocate. Ids arrive in rising order.
  void start(WriteId id, TxnId owner) EXCLUDES(mutex_);
  void set_committed(WriteId id, CommitSeq csn);
  void set_aborted(WriteId id);
  void publish(CommitSeq csn) { published_.store(csn); }
  // The ids that may still be met as aborted: all of these lie in first … last. Narrows maybe_aborted().
  void set_aborted_hull(WriteId first, WriteId last);
  // Collapses what can be. `live`: the CSNs of all live snapshots, sorted; every other, and every coming one,
  // is at least `floor`. `kept`: says whether an aborted id may still be met.
  void collapse(std::span<const CommitSeq> live, CommitSeq floor,
                const std::function<bool(WriteId first, WriteId last)>& kept) EXCLUDES(mutex_);

  // For tests and the memory account: chunks at full size, chunks with a bitmap of aborted ids.
  size_t full_chunks() const EXCLUDES(mutex_);
  size_t bitmap_chunks() const EXCLUDES(mutex_);

  static constexpr uint64_t kChunkIds = 4096;

 private:
  struct Chunk;
  struct Bitmap;
  static constexpr size_t kFan = 4096;
  struct Leaf {
    std::array<std::atomic<uint64_t>, kFan> entries{};  // see status.cpp for the encoding
  };
  struct Branch {
    std::array<std::atomic<Leaf*>, kFan> leaves{};
  };

  std::atomic<uint64_t>* entry(uint64_t chunk_no) const;
  std::atomic<uint64_t>& make_entry(uint64_t chunk_no) REQUIRES(mutex_);
  Chunk* chunk_of(WriteId id) const;

  // Constant after construction.
  const WriteId first_id_;
  const WriteIdSet aborted_before_;

  std::atomic<CommitSeq> published_;                   // partner: the status words, stored before it
  std::atomic<WriteId> aborted_first_, aborted_last_;  // widened before a status word says aborted
  std::array<std::atomic<Branch*>, kFan> branches_{};

  mutable Mutex mutex_{LockRank::StatusMap};
  std::vector<uint64_t> full_ GUARDED_BY(mutex_);    // numbers of the chunks not yet collapsed
  std::vector<uint64_t> mapped_ GUARDED_BY(mutex_);  // numbers of the collapsed ones with a bitmap
  std::vector<Chunk*> free_chunks_ GUARDED_BY(mutex_);
  std::vector<Bitmap*> free_bitmaps_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Chunk>> chunks_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Bitmap>> bitmaps_ GUARDED_BY(mutex_);
};

}  // namespace rowan
