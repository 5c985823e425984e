// storage/storage.h: one open database file, and the parts that work on it. Opening writes nothing: NAME-wal/
// and the in-use mark come with the first change.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "storage/change.h"
#include "storage/check.h"
#include "storage/checkpoint_source.h"
#include "storage/file/clock.h"
#include "storage/file/file.h"
#include "storage/log/log.h"
#include "storage/node_merge_gate.h"
#include "storage/pool/pool.h"
#include "storage/space/space.h"
#include "storage/temp_files.h"
#include "types/cancel.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

struct StorageOptions {
  size_t pool_bytes = 64u << 20;  // at least 16 frames
  bool read_only = false;
  bool create = true;                    // a file that is absent is a new database
  LogOptions log;                        // block_size 0: as the device says
  size_t ring_bytes = 8u << 20;          // the double-write ring
  uint64_t checkpoint_bytes = 1u << 30;  // of log after which a checkpoint is due
  uint64_t temp_bytes_max = uint64_t{64} << 30;
  size_t backup_portion_bytes = 16u << 20;  // of pages that a backup writes before it looks after the log
  uint16_t items_per_page_max =
      0;  // debug limit of rows or keys a page, 0: what fits (heap and btree read it)
  // Tests: what is left out, to show that they would notice.
  enum class PlantedBug : uint8_t {
    None,
    // A kind of sync, or of waiting for one.
    LogFlush,
    LogBeforePage,
    Ring,
    RingReuse,
    CheckpointData,
    CheckpointHeader,
    MarkHeader,
    Directory,
    // What a checkpoint keeps.
    RunningForgotten,  // not the ids that are running
    AbortsForgotten,   // not the ids that aborted and left traces
    // What recovery does.
    RingUnread,  // torn homes are not mended
    RedoTwice    // a page that has a change gets it again
  };
  PlantedBug planted_bug = PlantedBug::None;
};

// What opening needs from the folders above.
struct StorageHooks {
  RedoTable redo;
  std::array<RecoveryObserver*, 4> observers{};  // called in order
};

class Storage {
 public:
  struct Impl;  // storage/instance.h

  // Opens `path` (empty: a database in memory), recovering it if it was not closed; one that is opened
  // read-only is recovered beside the file, of which no byte changes (storage/file/overlay_fs.h). Blocks.
  // Errors: 58P01 absent · 42809 not a Rowan database · 0A000 a format or feature of a later version ·
  // 55006 in use by another process, naming its pid · XX001 damage · 55000 in use when its NAME-wal/ was
  // lost.
  static Result<std::unique_ptr<Storage>> open(FileSystem& files, const std::string& path,
                                               const StorageOptions& options, const StorageHooks& hooks,
                                               Clock& clock, Random& random);
  // Closes without a checkpoint if close() was not called: the next opening recovers.
  ~Storage();

  // Checkpoints, marks the file as not in use, removes NAME-wal/, and gives the file and its lock back, also
  // after an error: then the next opening recovers. No call may be in flight, and none that reads or writes
  // may come later (58030); what stands in the pool's frames stays until this goes.
  Result<> close();

  BufferPool& pool();
  Log& log();  // only after begin_writing()
  Space& space();
  Epochs& epochs();
  TempFiles& temp_files();
  Clock& clock();
  Random& random();
  const StorageOptions& options() const;
  const std::string& path() const;
  bool is_read_only() const;
  // Read-only, and the file had not been closed: what a recovery leaves to the next writer is still there.
  bool is_recovered_copy() const;
  uint64_t database_id() const;

  // Before the first change: makes NAME-wal/ and sets the in-use mark; cheap afterwards. Change::reserve
  // calls it. Errors: 25006 opened read-only · 53100 · 58030.
  Result<> begin_writing();

  // Covers "append commit record, set status"; a checkpoint takes its cut under it (hazards, 1).
  Mutex& commit_mutex() RETURN_CAPABILITY(commit_mutex_) { return commit_mutex_; }
  // Between these two a commit that needs several records (storage/commit_record.h) appends them: no
  // checkpoint takes its cut meanwhile. The first waits for a cut that is wanted, the cut for the last to
  // end: both for the log's writes at most.
  void begin_listing() EXCLUDES(commit_mutex_);
  void end_listing() EXCLUDES(commit_mutex_);
  // For the checkpoint, right before its cut.
  void wait_for_listings() REQUIRES(commit_mutex_);

  // Where the log ends: the newest LSN of all. Before the first write: that of the last close.
  Lsn last_lsn() const;
  // A mark for questions of the kind "has the page changed since?": every later change gives its page an LSN
  // beyond it. Thread-safe, lock-free.
  Lsn change_mark() const;
  // Returns when the log is durable up to `lsn`.
  Result<> flush_log(Lsn lsn);

  // Between the merges of index nodes and the checks that walk them. Thread-safe.
  NodeMergeGate& node_merges() { return node_merges_; }

  // Who gives bytes to checkpoints. Set before the first checkpoint; `source` outlives this.
  void set_checkpoint_source(CheckpointPart part, CheckpointSource* source);
  // What the last checkpoint kept for that part; valid while this lives. Empty for a new database.
  const std::string& recovered_bytes(CheckpointPart part) const;

  // A fuzzy checkpoint: when it returns, redo begins where the log ended at its start. Others go on working.
  // Thread-safe; a second caller waits. Blocks.
  Result<> checkpoint();
  bool checkpoint_due() const;
  // Whatever is due in the background: a log segment ahead, a checkpoint; one too when nobody has written for
  // a second and there is space to give back to the file system, or much of the file is such space. These
  // checkpoints go gently: they rest, to leave the disk to those who commit, unless the log grows too long or
  // somebody waits. For one thread of api/.
  Result<> maintain();
  // Whatever maintain() is at, now or later, it does without rests: somebody waits for its thread.
  // Thread-safe.
  void hurry();

  // Copies the whole database into `target`, an empty file, with the log that belongs to it in the folder
  // TARGET-wal, while others go on (storage/backup/backup.h): opening the copy recovers it to the one moment
  // at which the last page had been read. The target is durable then, the log not before it was recovered.
  // Thread-safe. Blocks.
  // Errors: 0A000 a database in memory · 57014, 57P01 by `cancel` · XX001 a damaged page · 53100 · 58030.
  struct Copied {
    uint64_t database_id;  // of the copy: a new one
    Lsn end;               // a recovery of the copy reads the log at least to here
  };
  Result<Copied> copy_to(FileSystem& files, File& target, const CancelToken& cancel);
  // How far the log went that was there when this was opened.
  Lsn opened_at() const;

  // The page-level part of `rowan check`: header slots, extent map, every page's checksum and owner, as the
  // disk has them. Others may write meanwhile. Blocks.
  Result<> check(CheckReport& report);

 private:
  friend class Backup;
  Storage();
  Result<> start_writing();
  Result<> give_back_space();
  Result<> checkpoint(bool gently);
  Result<> mark_in_use(Lsn start);
  Result<> fold();
  Result<> claim();
  void unclaim();
  void check_stored_page(PageNo page, RelationId relation, std::byte* buffer, CheckReport& report);
  Result<> check_header(std::byte* buffer, CheckReport& report);
  Result<> remove_leftovers();
  NodeMergeGate node_merges_;
  Mutex commit_mutex_{LockRank::Commit};
  CondVar listing_changed_;
  uint32_t listings_ GUARDED_BY(commit_mutex_) = 0;
  bool is_cut_wanted_ GUARDED_BY(commit_mutex_) = false;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rowan
