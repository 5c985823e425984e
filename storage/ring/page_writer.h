// storage/ring/page_writer.h: takes dirty pages home without ever losing both the old and the new form of
// one.
//
//   sync log to the highest LSN of the batch · write the copies to the ring · sync the ring · write home
//
// A ring slot is used again only after a sync of the data file that is later than its home write (hazards,
// 6). Pages that redo will start from a full image in the log need no copy. Source: Mohan and others call it
// shadowing; InnoDB's doublewrite buffer is the same idea.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <span>
#include <string>

#include "storage/file/file.h"
#include "storage/log/log.h"
#include "storage/page.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

// Memory aligned for direct files.
class AlignedBytes {
 public:
  AlignedBytes() = default;
  explicit AlignedBytes(size_t size);
  std::byte* data() const { return bytes_.get(); }
  size_t size() const { return size_; }

 private:
  struct Release {
    void operator()(std::byte* bytes) const;
  };
  std::unique_ptr<std::byte[], Release> bytes_;
  size_t size_ = 0;
};

// A copy of a page, on its way: checksum set, owned by the caller.
struct OutgoingPage {
  PageNo number;
  const std::byte* bytes;
  bool needs_ring;
  Lsn lsn() const { return ConstPage(bytes).header().lsn; }
};

class PageWriter {
 public:
  static constexpr size_t kBatchMax = 64;

  struct Switches {  // tests take single steps out
    bool log_before_page = true;
    bool sync_ring = true;
    bool sync_before_reuse = true;
  };

  // Makes the ring file, durably but for its name. `log` is nullptr while recovery runs: all of it is
  // durable.
  static Result<std::unique_ptr<PageWriter>> create(FileSystem& files, const std::string& ring_path,
                                                    size_t ring_bytes, File& home, Log* log,
                                                    uint64_t database_id, Switches switches);
  // For files that no crash survives: pages go straight home.
  static std::unique_ptr<PageWriter> direct(File& home);

  // At most kBatchMax pages, in as many batches as the ring asks for, one at a time. Thread-safe. Blocks;
  // waits for no latch. Errors: 58030; after one that might leave a page torn the log is dead.
  Result<> write(std::span<OutgoingPage> pages) EXCLUDES(mutex_);

  // Makes all home writes so far durable. A failure kills the log.
  Result<> sync_home() EXCLUDES(mutex_);

  // A page's home while no batch is on its way there: what is read is not torn. Thread-safe. Blocks.
  Result<> read_home(PageNo page, std::span<std::byte> into) EXCLUDES(mutex_);

  void set_log(Log* log) { log_.store(log, std::memory_order_release); }

  uint64_t pages_written() const { return pages_written_.load(std::memory_order_relaxed); }

 private:
  void kill_log(const Error& why);
  PageWriter(File& home, Log* log, uint64_t database_id, Switches switches);
  Result<> write_batch(std::span<OutgoingPage> pages) REQUIRES(mutex_);
  Result<> write_ring(std::span<const OutgoingPage> pages) REQUIRES(mutex_);
  size_t build_batch(std::span<const OutgoingPage> pages) REQUIRES(mutex_);
  Result<> take_slot(size_t length) REQUIRES(mutex_);
  Result<> write_home(std::span<OutgoingPage> pages) REQUIRES(mutex_);

  File& home_;
  std::atomic<Log*> log_;  // set at most once more, before the first change: set_log
  const uint64_t database_id_;
  const Switches switches_;
  std::atomic<uint64_t> pages_written_{0};  // no partner: a count

  Mutex mutex_{LockRank::Ring};
  struct Slot {
    uint64_t start, end;
  };
  std::unique_ptr<File> ring_ GUARDED_BY(mutex_);
  size_t batch_pages_ = kBatchMax;  // what fits the ring twice; constant after create()
  uint64_t ring_bytes_ GUARDED_BY(mutex_) = 0;
  uint64_t next_ GUARDED_BY(mutex_) = 0;      // where the next batch may begin
  std::deque<Slot> live_ GUARDED_BY(mutex_);  // whose homes are not synced yet
  AlignedBytes batch_ GUARDED_BY(mutex_);
};

// After a crash: every page of `home` that has a copy in the ring and a wrong checksum gets that copy (the
// one of the highest LSN), durably. Returns how many. A missing ring repairs nothing.
Result<size_t> repair_from_ring(FileSystem& files, const std::string& ring_path, File& home,
                                uint64_t database_id);

}  // namespace rowan
