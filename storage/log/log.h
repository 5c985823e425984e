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
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
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

class Log;

struct LogOptions {
  size_t block_size = 0;             // 512 or 4096; 0: the device's sector (Storage fills it in)
  size_t segment_bytes = 16u << 20;  // a multiple of 4096
  size_t buffer_bytes = 4u << 20;    // a multiple of 4096
  bool sync_flushes = true;          // false: a test shows that the sync of a flush is needed
  // Told once for each stretch of the log that prepare_ahead() should make ready now. Called under the log's
  // mutex, by whoever writes: it wakes somebody and returns. Empty: nobody prepares ahead.
  std::function<void(Log&)> wants_preparing;
  // The same for write_behind(), once for each quarter of the buffer that waits to be written. Empty: whoever
  // finds the buffer full writes it.
  std::function<void(Log&)> wants_writing;
};

// One page's part in a record to be appended.
struct PartBytes {
  PageNo page;
  PartKind kind;
  bool is_new;
  std::span<const std::byte> head;  // the part's bytes are head, then rest, then tail. When there is a rest,
  std::span<const std::byte> rest;  // head has at most 255 bytes; a tail goes with images alone
  std::span<const std::byte> tail;
};

struct RecordBytes {
  RecordType type;
  RelationId relation = kNoRelation;
  WriteId write_id = kNoWriteId;
  std::span<const PartBytes> parts = {};
  std::span<const std::byte> body = {};
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
  static constexpr size_t record_size(size_t part_count, size_t part_bytes, size_t body_bytes) {
    return (sizeof(RecordHeader) + part_count * sizeof(PartHeader) + part_bytes + body_bytes + 7) &
           ~size_t{7};
  }
  static constexpr size_t kRecordBytesMax = 1u << 20;
  static constexpr size_t kPartsMax = 16;

  Result<> flush(Lsn lsn) override;
  Result<> flush_all() { return flush(end()); }
  // Flushes the blocks that are full, when they fill a quarter of the buffer or more and nobody else does. For
  // a background thread: commits that wait for no flush then find room. Errors: 58030.
  Result<> write_behind();
  // Appends and flushes an empty block, so that what is durable is also known to be (hazards, 5).
  Result<> settle();

  Lsn end() const;  // where the next record may begin
  // The end of the last record: whatever is appended later ends beyond it. Thread-safe, lock-free.
  Lsn appended() const { return appended_.load(std::memory_order_acquire); }
  Lsn durable() const { return durable_.load(std::memory_order_acquire); }
  uint64_t log_id() const { return log_id_; }
  // Dead after a failed sync: every later call of reserve and flush says so.
  bool is_dead() const { return dead_.load(std::memory_order_acquire); }
  void kill(const Error& why);

  // Fills with zeros, ahead of its need, what is left of the first segment, or the next one, if it is not
  // there yet: a flush into written blocks changes no metadata. For a background thread.
  Result<> prepare_ahead();
  // Segments wholly below `lsn` and below every hold may be written anew: renamed ahead, or removed.
  Result<> recycle(Lsn lsn);
  // Removes those that wait to be written anew: nobody is in a hurry.
  Result<> remove_spares();
  // What lies at or behind `lsn` stays until the hold is moved or let go, for who copies the log.
  void hold(Lsn lsn);
  void move_hold(Lsn from, Lsn to);
  void let_go(Lsn lsn);
  // Closes and removes every file of the log.
  Result<> remove();

  LogStats stats() const;

 private:
  Log(FileSystem* files, std::string directory, uint64_t log_id, Lsn start, LogOptions options);
  size_t worst_case(size_t bytes) const;
  Result<> prepare_segment(uint64_t number, bool fill);
  Result<std::unique_ptr<File>> make_segment(const std::string& path, bool fill);
  Result<> fill_segment(Lsn from);
  bool is_low() const REQUIRES(mutex_);
  Result<> flush_slowly(Lsn lsn) EXCLUDES(mutex_);
  enum class LastBlock : uint8_t { Close, LeaveOpen };
  Result<> lead_flush(LastBlock last) REQUIRES(mutex_);
  bool waits_for_writer() const REQUIRES(mutex_);
  Result<> write_blocks(Lsn from, Lsn to);
  Result<> make_room(size_t worst) REQUIRES(mutex_);
  void open_block() REQUIRES(mutex_);
  void put(const void* bytes, size_t length) REQUIRES(mutex_);
  void put_zeros(size_t length) REQUIRES(mutex_);
  Error dead_error() const REQUIRES(mutex_);

  // Constant after construction.
  FileSystem* const files_;  // nullptr: a counter
  const std::string directory_;
  const uint64_t log_id_;
  const LogOptions options_;
  std::unique_ptr<File> buffer_file_;
  std::span<std::byte> buffer_;

  std::atomic<Lsn> appended_{0};   // stored under mutex_ by append()
  std::atomic<Lsn> durable_{0};    // stored under mutex_ by the leader, after its write
  std::atomic<bool> dead_{false};  // stored under mutex_, with why_

  mutable Mutex mutex_{LockRank::Log};
  CondVar changed_;             // a flush or the making of a segment has ended
  Lsn end_ GUARDED_BY(mutex_);  // where the next byte goes; a block boundary: the block is not begun
  Lsn last_record_ GUARDED_BY(mutex_) = 0;  // where the last record begins
  Lsn written_ GUARDED_BY(mutex_);          // the first block that no flush took yet
  size_t reserved_ GUARDED_BY(mutex_) = 0;  // worst cases of the reservations alive
  Lsn prepared_ GUARDED_BY(mutex_);         // space is ready to here; inside a segment only in the first one
  bool has_asked_ GUARDED_BY(mutex_) = false;  // wants_preparing was told since prepared_ last moved
  bool is_flushing_ GUARDED_BY(mutex_) = false;
  bool has_asked_writer_ GUARDED_BY(mutex_) = false;  // wants_writing was told since the last flush
  bool is_preparing_ GUARDED_BY(mutex_) = false;
  std::string why_ GUARDED_BY(mutex_);
  LogStats stats_ GUARDED_BY(mutex_);
  std::map<uint64_t, std::shared_ptr<File>> segments_ GUARDED_BY(mutex_);
  std::multiset<Lsn> holds_ GUARDED_BY(mutex_);
  std::deque<std::string> spare_ GUARDED_BY(mutex_);  // paths of old segments, kept for their blocks
  uint64_t spare_number_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rowan
