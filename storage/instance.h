// storage/instance.h: what stands behind one Storage; for the files of storage/ that open, checkpoint and
// recover it, and for nobody else.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "storage/header.h"
#include "storage/log/log.h"
#include "storage/pool/epoch.h"
#include "storage/pool/pool.h"
#include "storage/ring/page_writer.h"
#include "storage/space/space.h"
#include "storage/storage.h"
#include "storage/temp_files.h"
#include "types/mutex.h"

namespace rowan {

struct Storage::Impl {
  Impl(FileSystem& files_in, std::string path_in, const StorageOptions& options_in, Clock& clock_in,
       Random& random_in)
      : files(files_in), path(std::move(path_in)), options(options_in), clock(clock_in), random(random_in) {}

  std::string wal_directory() const { return path + "-wal"; }
  std::string ring_path() const { return wal_directory() + "/ring"; }
  bool is_in_memory() const { return path.empty(); }
  bool has_bug(StorageOptions::PlantedBug bug) const { return options.planted_bug == bug; }

  // Constant after open().
  std::unique_ptr<FileSystem> overlay;  // of a database that is only read: `files` is this one
  FileSystem& files;
  const std::string path;
  StorageOptions options;
  Clock& clock;
  Random& random;
  uint64_t database_id = 0;
  Lsn opened_at = 0;  // constant after opening: no page that was there then has an LSN beyond it
  std::array<std::string, static_cast<size_t>(CheckpointPart::Count)> recovered;

  Epochs epochs;
  Space space;
  std::unique_ptr<File> file;
  std::unique_ptr<BufferPool> pool;
  std::unique_ptr<PageWriter> writer;  // from the first change or recovery on
  std::unique_ptr<Log> log;            // from the first change on
  std::unique_ptr<TempFiles> temp_files;

  std::atomic<bool> is_writing{false};  // log and writer are there, the file is marked; set under busy_mutex
  std::atomic<Lsn> redo_lsn{0};         // of the last checkpoint; stored by whoever runs one

  // One at a time of: the first write, a checkpoint. The mutex is not held while they work.
  Mutex busy_mutex{LockRank::Checkpoint};
  CondVar busy_changed;
  bool is_busy GUARDED_BY(busy_mutex) = false;
  // How many wait for the checkpoint that runs; while there are any a gentle one takes no rests
  // (checkpoint/checkpoint.h), which park on this.
  std::atomic<uint32_t> in_hurry{0};

  // Belongs to the thread that calls maintain().
  struct Idleness {
    Lsn log_end = 0;        // where the log ended when it was last seen to grow
    MonotonicNs since = 0;  // and when that was
    int folds = 0;          // checkpoints since then that only gave space back
    MonotonicNs last_fold = 0;
  } idleness;

  // Belongs to whoever is busy.
  HeaderSlot header{};
  bool is_new_file = false;                // no header was ever written
  std::vector<std::string> old_log_files;  // recovered from, to be removed when no header names them
  std::array<CheckpointSource*, static_cast<size_t>(CheckpointPart::Count)> sources{};
};

}  // namespace rowan
