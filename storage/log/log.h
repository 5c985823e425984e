// storage/log/log.h: the one append-only stream of redo records; an LSN is a byte position in it and never
// restarts.
//
// The stream is cut into blocks of one device sector, each headed by its own LSN, the log's id and the LSN
// that was durable when it was begun, and into segment files NAME-wal/log.N of equal size. A flush writes the
// blocks begun since the last one, pads the last of them, and never touches a durable block again. The buffer
// is a shared mapping of NAME-wal/buffer: a record appended there outlives the process, so that a commit
// without sync survives kill -9, and recovery reads from it what the segments do not hold yet. Source: Mohan
// et al., ARIES (1992); leader and followers as in DeWitt et al. (1984); hazards 5, 12, 34.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/file/file.h"
#include "storage/log/record.h"
#include "types/ids.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

// All that the pool knows of the log.
struct LogFlusher {
  virtual ~LogFlusher() = default;
  // Returns when every record that ends at or before `lsn` is durable. Thread-safe. Blocks.
  // Errors: 58030 a sync has failed, now or before: the instance is dead, nothing may be acknowledged.
  virtual Result<> flush(Lsn lsn) = 0;
};

struct LogOptions {
  size_t block_size = 4096;          // the device's sector: 512 or 4096
  size_t segment_bytes = 16u << 20;  // a multiple of 4096
  size_t buffer_bytes = 4u << 20;    // a multiple of 4096, at most segment_bytes
  bool zero_ahead = true;            // false: segments are allocated, not filled (tests)
};

// One page's part in a record to be appended.
struct PartBytes {
  PageNo page;
  PartKind kind;
  bool is_new;
  std::span<const std::byte> head;  // the part's bytes are head, then rest
  std::span<const std::byte> rest;
};

struct RecordBytes {
  RecordType type;
  RelationId relation = kNoRelation;
  WriteId write_id = kNoWriteId;
  std::span<const PartBytes> parts;
  std::span<const std::byte> body;
};

struct LogStats {
  uint64_t records = 0, bytes = 0, flushes = 0, blocks_written = 0;
};

class Log final : public LogFlusher {
 public:
  // A new log in `directory` that begins at `start` (a multiple of segment_bytes). Makes its first segment
  // and its buffer, durably. Errors: as File.
  static Result<std::unique_ptr<Log>> create(FileSystem& files, std::string directory, uint64_t log_id,
                                             Lsn start, LogOptions options);
  // The log that recovery has read up to `end`: appends go on in a block behind it.
  static Result<std::unique_ptr<Log>> resume(FileSystem& files, std::string directory, uint64_t log_id,
                                             Lsn end, LogOptions options);
  // A log of a database without files: counts, keeps nothing, everything is durable at once.
  static std::unique_ptr<Log> counter(Lsn start);
  ~Log() override;

  // Space for one record of at most `bytes` (record_size()): the next append of that thread's takes it and
  // cannot fail. May flush, may make a segment. Thread-safe. Blocks; hold page latches only if you must.
  // Errors: 53100 no room on the disk (nothing was changed yet) · 58030 the log is dead · 54000 too large.
  Result<> reserve(size_t bytes);
  void cancel_reservation(size_t bytes);

  // Appends under a reservation of `reserved` bytes. Returns the record's end: the LSN for its pages, and for
  // a commit its sequence number. Thread-safe, takes the log mutex for a copy, never fails, never does I/O.
  Lsn append(const RecordBytes& record, size_t reserved);

  static size_t record_size(const RecordBytes& record);
  static size_t record_size(size_t part_count, size_t part_bytes, size_t body_bytes);
  static constexpr size_t kRecordBytesMax = 1u << 20;

  Result<> flush(Lsn lsn) override;
  Result<> flush_all() { return flush(end()); }
  // Appends and flushes an empty block, so that what is durable is also known to be (hazards, 5).
  Result<> settle();

  Lsn end() const;  // where the next record may begin
  Lsn durable() const { return durable_.load(std::memory_order_acquire); }
  uint64_t log_id() const { return log_id_; }
  // Dead after a failed sync: every later call of reserve and flush says so.
  bool is_dead() const { return dead_.load(std::memory_order_acquire); }
  void kill(const Error& why);

  // Fills the next segment with zeros ahead of its need, if it is not there yet. For a background thread.
  Result<> prepare_ahead();
  // Segments wholly below `lsn` may be written anew: renamed ahead, or removed.
  Result<> recycle(Lsn lsn);
  // Closes and removes every file of the log.
  Result<> remove();

  LogStats stats() const;

 private:
  struct Impl;
  explicit Log(uint64_t log_id);
  uint64_t log_id_;
  std::atomic<Lsn> durable_{0};    // written by the flusher under the log mutex
  std::atomic<bool> dead_{false};  // set once, under the log mutex
  std::unique_ptr<Impl> impl_;
};

}  // namespace rowan
