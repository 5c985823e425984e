// storage/space/space.h: which relation owns which page. Relations grow by extents of 1, 1, 2, 4 … 64 pages
// with real blocks under them. The map is in memory; it is rebuilt from the last checkpoint's copy and the
// log records behind it, so that nothing leaks in a crash. Blocks of freed extents are punched, and the
// file's tail is cut, by the checkpoint that no longer needs them.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "storage/file/file.h"
#include "storage/log/log.h"
#include "storage/page.h"
#include "storage/pool/epoch.h"
#include "storage/space/space_map.h"
#include "types/ids.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

class Storage;

// Relations below this number are storage's and the catalog's own, with numbers compiled in.
inline constexpr RelationId kStateRelation = 1;
inline constexpr RelationId kFirstCatalogRelation = 16;
inline constexpr RelationId kFirstUserRelation = 1024;

class Space {
 public:
  Space() = default;
  Space(const Space&) = delete;
  Space& operator=(const Space&) = delete;

  // A relation id that never was, logged. Errors: as Change::reserve. Thread-safe. Blocks.
  Result<RelationId> new_relation_id();

  // Frees every page of the relation, logged; no page of it may be latched or reachable any more.
  // Thread-safe. Blocks.
  Result<> drop_relation(RelationId relation);

  // The relation's first page ever, which stays until the relation goes, or the page to which
  // Change::move_anchor has moved that: a place for its meta page or root. kNoPage when it has none yet.
  // Thread-safe.
  PageNo anchor(RelationId relation) const;
  // Pages in use (created and committed), in rising order: those at or behind `from`, at most out.size().
  // Returns how many. Thread-safe.
  size_t pages(RelationId relation, PageNo from, std::span<PageNo> out) const;
  uint64_t page_count(RelationId relation) const;      // in use
  uint64_t reserved_count(RelationId relation) const;  // in its extents
  RelationId owner(PageNo page) const;                 // kNoRelation: free
  bool is_used(PageNo page) const;
  std::vector<RelationId> relations() const;  // that own an extent
  struct OwnedRun {
    RelationId relation;
    PageRun run;
  };
  // Every extent, from the file's end to its front.
  std::vector<OwnedRun> extents_from_the_end() const;
  PageNo file_pages() const;  // the file's length

  // Drops every relation for which `exists` says no (extents of DDL that never committed): after recovery,
  // once the catalog is readable. Returns how many. Blocks.
  template <class Exists>
  Result<size_t> free_orphans(Exists exists) {
    size_t freed = 0;
    for (RelationId relation : relations()) {
      if (relation < kFirstCatalogRelation || exists(relation)) continue;
      Result<> dropped = drop_relation(relation);
      if (!dropped.ok()) return std::move(dropped).error();
      ++freed;
    }
    return freed;
  }

 private:
  friend class Storage;
  friend class Backup;
  friend class BufferPool;
  friend class Change;
  friend class Checkpoint;
  friend class Recovery;

  // A page number for `relation`, taken in memory alone: Change::commit makes it last, give_back undoes it.
  Result<PageNo> allocate(RelationId relation) { return allocate_below(relation, kNoPage); }
  // The same below `limit`, in an extent of the relation or a hole of the file, for what moves towards the
  // file's front; kNoPage when there is none.
  Result<PageNo> allocate_below(RelationId relation, PageNo limit);
  void give_back(PageNo page);

  // Storage wires these up before anything is allocated; file is nullptr in memory.
  void attach(Storage* storage, File* file, Epochs* epochs);
  std::optional<PageRun> plan_extent(RelationId relation, PageNo limit) const REQUIRES(mutex_);
  void settle_rests() REQUIRES(mutex_);
  Result<> add_extent(RelationId relation, PageRun run) REQUIRES(mutex_);

  // Under mutex_ the record that takes or frees pages is appended and the map is changed, so that a
  // checkpoint's copy of the map holds exactly what the records below its redo LSN say.
  Mutex& mutex() RETURN_CAPABILITY(mutex_) { return mutex_; }
  // What a change took and freed; it has reserved kExtentFreeBytes for each freed page.
  void note_anchor(PageNo page, RelationId relation) REQUIRES(mutex_);
  void note_used(PageNo page, RelationId relation) REQUIRES(mutex_);
  // Whether the reserved bytes were used.
  bool note_freed(PageNo page, Lsn end) REQUIRES(mutex_);
  static constexpr size_t kExtentFreeBytes = Log::record_size(0, 0, sizeof(PageRun));
  void append_extent_free(RelationId relation, PageRun run) REQUIRES(mutex_);

  // For the checkpoint: a run for its state, not logged; and what it may do once redo begins at `redo`: punch
  // and cut what was freed before.
  Result<PageRun> take_state_run(uint32_t count) EXCLUDES(mutex_);
  void free_state_run(PageRun run) EXCLUDES(mutex_);  // once no header names it
  Result<> return_blocks(Lsn redo) EXCLUDES(mutex_);
  // Pages whose blocks the next checkpoints may punch or cut off; `state` is the last one's.
  uint64_t returnable_pages(PageRun state) const EXCLUDES(mutex_);
  // Until as often let go, freed blocks stay and the file is not cut: who copies the file begins its redo at
  // an older LSN than the checkpoints that pass meanwhile.
  void hold_blocks() EXCLUDES(mutex_);
  void let_blocks_go() EXCLUDES(mutex_);
  // For recovery.
  void redo(const RecordView& record) EXCLUDES(mutex_);

  // Constant after attach().
  Storage* storage_ = nullptr;
  File* file_ = nullptr;
  Epochs* epochs_ = nullptr;

  mutable Mutex mutex_{LockRank::Space};
  SpaceMap map_ GUARDED_BY(mutex_);
  struct Resting {
    uint64_t stamp;
    PageRun run;
    bool is_run;  // false: one page of an extent
  };
  std::deque<Resting> resting_ GUARDED_BY(mutex_);
  struct Freed {
    Lsn lsn;
    PageRun run;
  };
  std::vector<Freed> freed_ GUARDED_BY(mutex_);  // runs whose blocks are still there
  uint32_t block_holds_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rowan
