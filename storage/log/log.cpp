#include "storage/log/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "storage/log/block.h"
#include "storage/log/record_hash.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr size_t kLogHeaderSize = sizeof(LogBlockHeader);
constexpr size_t kFirstStretch = 256u << 10;  // of a new log's first segment

Lsn log_round_up(Lsn value, size_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

std::string log_segment_path(const std::string& directory, uint64_t log_id, uint64_t number) {
  return fmt::format("{}/{}{:016x}.{:08}", directory, kLogFilePrefix, log_id, number);
}

std::string log_buffer_path(const std::string& directory, uint64_t log_id) {
  return fmt::format("{}/{}{:016x}", directory, kLogBufferPrefix, log_id);
}

uint32_t log_record_checksum(uint64_t content_hash, Lsn lsn, uint64_t log_id) {
  uint64_t bits = (content_hash ^ lsn * 0x9e3779b97f4a7c15ULL ^ log_id) * 0xd6e8feb86659fd93ULL;
  auto sum = static_cast<uint32_t>(bits ^ (bits >> 32));
  return sum == 0 ? 1 : sum;
}

Log::Log(FileSystem* files, std::string directory, uint64_t log_id, Lsn start, LogOptions options)
    : files_(files),
      directory_(std::move(directory)),
      log_id_(log_id),
      options_(options),
      durable_(start),
      end_(start),
      written_(start),
      prepared_(start) {}

Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::create(FileSystem& files, std::string directory, uint64_t log_id, Lsn start,
                                         LogOptions options) {
  ENSURE(start % options.segment_bytes == 0);
  ENSURE(options.buffer_bytes % options.block_size == 0 && options.segment_bytes % options.block_size == 0);
  std::unique_ptr<Log> log(new Log(&files, std::move(directory), log_id, start, options));
  log->buffer_file_ = TRY(files.open(log_buffer_path(log->directory_, log_id), OpenMode::Create));
  log->buffer_ = TRY(log->buffer_file_->map(options.buffer_bytes));
  TRY(log->prepare_segment(start / options.segment_bytes, false));
  if (options.wants_preparing && options.segment_bytes > kFirstStretch) {
    // The beginning is ready now, the rest when somebody comes for it.
    MutexLock lock(log->mutex_);
    log->prepared_ = start + kFirstStretch;
  }
  TRY(log->buffer_file_->sync());
  TRY(files.sync_directory(log->directory_));
  return log;
}

std::unique_ptr<Log> Log::counter(Lsn start) {
  return std::unique_ptr<Log>(new Log(nullptr, "", 0, start, LogOptions{}));
}

size_t Log::record_size(const RecordBytes& record) {
  size_t part_bytes = 0;
  for (const PartBytes& part : record.parts) {
    part_bytes += part.head.size() + part.rest.size() + part.tail.size();
  }
  return record_size(record.parts.size(), part_bytes, record.body.size());
}

// The most that a record can move the log's end: its bytes, the headers of the blocks it touches, and what
// a flush between reservation and append leaves unused of the block before.
size_t Log::worst_case(size_t bytes) const {
  size_t payload = options_.block_size - kLogHeaderSize;
  return (bytes / payload + 2) * options_.block_size;
}

Error Log::dead_error() const {
  return Error(sqlstate::io_error, "the database has stopped because its log could not be written")
      .detail(why_)
      .hint("Open the database again to recover what was committed.");
}

Result<> Log::reserve(size_t bytes) {
  if (files_ == nullptr) return {};
  size_t worst = worst_case(bytes);
  if (bytes > kRecordBytesMax || worst > options_.buffer_bytes / 2) {
    return Error(sqlstate::program_limit_exceeded,
                 fmt::format("a change of {} bytes is too large for the log", bytes));
  }
  MutexLock lock(mutex_);
  TRY(make_room(worst));
  reserved_ += worst;
  return {};
}

Result<> Log::make_room(size_t worst) {
  for (;;) {
    if (dead_.load(std::memory_order_relaxed)) return dead_error();
    // Two blocks of slack: the one that a flush closes early, and the one begun behind it.
    Lsn needed = log_round_up(end_, options_.block_size) + reserved_ + worst + 2 * options_.block_size;
    if (needed > prepared_) {
      if (is_preparing_) {
        changed_.wait(mutex_);
        continue;
      }
      if (prepared_ % options_.segment_bytes != 0) {  // the rest has real blocks, if no zeros yet
        prepared_ = log_round_up(prepared_, options_.segment_bytes);
        has_asked_ = false;
        continue;
      }
      uint64_t number = prepared_ / options_.segment_bytes;
      is_preparing_ = true;
      Result<> prepared;
      mutex_.unlock();
      try {
        prepared = prepare_segment(number, false);
      } catch (const std::bad_alloc&) {
        mutex_.lock();
        is_preparing_ = false;
        changed_.notify_all();
        throw;
      }
      mutex_.lock();
      is_preparing_ = false;
      changed_.notify_all();
      TRY(std::move(prepared));
      continue;
    }
    if (!has_asked_ && options_.wants_preparing && is_low()) {
      has_asked_ = true;
      options_.wants_preparing(*this);
    }
    if (!has_asked_writer_ && options_.wants_writing && waits_for_writer()) {
      has_asked_writer_ = true;
      options_.wants_writing(*this);
    }
    if (needed - written_ <= options_.buffer_bytes) return {};
    if (is_flushing_) {
      changed_.wait(mutex_);
    } else {
      TRY(lead_flush(LastBlock::Close));
    }
  }
}

void Log::cancel_reservation(size_t bytes) {
  if (files_ == nullptr) return;
  MutexLock lock(mutex_);
  reserved_ -= worst_case(bytes);
}

void Log::open_block() {
  std::byte* block = buffer_.data() + end_ % options_.buffer_bytes;
  std::memset(block, 0, options_.block_size);
  LogBlockHeader header{end_, log_id_, durable_.load(std::memory_order_relaxed), last_record_, 0};
  header.checksum = header.computed_checksum();
  std::memcpy(block, &header, sizeof header);
  end_ += kLogHeaderSize;
}

void Log::put(const void* bytes, size_t length) {
  auto from = static_cast<const std::byte*>(bytes);
  while (length > 0) {
    size_t at = end_ % options_.block_size;
    if (at == 0) {
      open_block();
      at = kLogHeaderSize;
    }
    size_t step = std::min(length, options_.block_size - at);
    std::memcpy(buffer_.data() + end_ % options_.buffer_bytes, from, step);
    end_ += step;
    from += step;
    length -= step;
  }
}

void Log::put_zeros(size_t length) {
  constexpr std::byte kZeros[8] = {};
  put(kZeros, length);
}

Lsn Log::append(const RecordBytes& record, size_t reserved) {
  size_t length = record_size(record);
  ASSERT(length <= reserved);
  if (files_ == nullptr) {
    MutexLock lock(mutex_);
    end_ += length;
    stats_.records += 1;
    stats_.bytes += length;
    durable_.store(end_, std::memory_order_release);
    appended_.store(end_, std::memory_order_release);
    return end_;
  }

  RecordHeader header{};
  header.length = static_cast<uint32_t>(length);
  header.write_id = record.write_id;
  header.relation = record.relation;
  header.type = record.type;
  header.part_count = static_cast<uint8_t>(record.parts.size());
  header.body_length = static_cast<uint32_t>(record.body.size());
  ASSERT(record.parts.size() <= kPartsMax);
  PartHeader parts[kPartsMax];
  for (size_t i = 0; i < record.parts.size(); ++i) {
    const PartBytes& part = record.parts[i];
    bool is_split = !part.rest.empty() || !part.tail.empty();
    ASSERT(!is_split || part.head.size() <= 255);
    parts[i].page = part.page;
    parts[i].length = static_cast<uint16_t>(part.head.size() + part.rest.size() + part.tail.size());
    parts[i].kind_and_new =
        static_cast<uint8_t>(static_cast<uint8_t>(part.kind) | (part.is_new ? PartHeader::kPartIsNew : 0));
    parts[i].head_length = is_split ? static_cast<uint8_t>(part.head.size()) : 0;
  }
  // Everything but the LSN is summed before the mutex is taken.
  auto part_table = std::as_bytes(std::span(parts, record.parts.size()));
  uint64_t hash = record_hash_piece(std::as_bytes(std::span(&header, 1)), 0);
  hash = record_hash_piece(part_table, hash);
  for (const PartBytes& part : record.parts) {
    hash = record_hash_piece(part.head, hash);
    hash = record_hash_pair(part.rest, part.tail, hash);
  }
  hash = record_hash_piece(record.body, hash);

  MutexLock lock(mutex_);
  reserved_ -= worst_case(reserved);
  if (end_ % options_.block_size == 0) open_block();
  Lsn start = end_;
  last_record_ = start;
  header.lsn = start;
  header.checksum = log_record_checksum(hash, start, log_id_);
  put(&header, sizeof header);
  put(part_table.data(), part_table.size());
  size_t put_bytes = sizeof header + part_table.size() + record.body.size();
  for (const PartBytes& part : record.parts) {
    put(part.head.data(), part.head.size());
    put(part.rest.data(), part.rest.size());
    put(part.tail.data(), part.tail.size());
    put_bytes += part.head.size() + part.rest.size() + part.tail.size();
  }
  put(record.body.data(), record.body.size());
  if (put_bytes < length) put_zeros(length - put_bytes);
  stats_.records += 1;
  stats_.bytes += length;
  appended_.store(end_, std::memory_order_release);
  return end_;
}

Result<> Log::flush(Lsn lsn) {
  if (dead_.load(std::memory_order_acquire)) {
    MutexLock lock(mutex_);
    return dead_error();
  }
  if (durable_.load(std::memory_order_acquire) >= lsn) return {};
  return flush_slowly(lsn);
}

// The first who comes writes for all who came before it began; the others sleep until that is done, and the
// first of them to wake leads the next flush.
Result<> Log::flush_slowly(Lsn lsn) {
  MutexLock lock(mutex_);
  for (;;) {
    if (dead_.load(std::memory_order_relaxed)) return dead_error();
    if (durable_.load(std::memory_order_relaxed) >= lsn) return {};
    ENSURE(lsn <= end_);
    if (is_flushing_) {
      changed_.wait(mutex_);
    } else {
      TRY(lead_flush(LastBlock::Close));
    }
  }
}

bool Log::waits_for_writer() const {
  return !is_flushing_ && end_ - written_ >= options_.buffer_bytes / 4 + options_.block_size;
}

Result<> Log::write_behind() {
  if (files_ == nullptr) return {};
  MutexLock lock(mutex_);
  if (dead_.load(std::memory_order_relaxed)) return dead_error();
  has_asked_writer_ = false;
  return waits_for_writer() ? lead_flush(LastBlock::LeaveOpen) : Result<>();
}

Result<> Log::lead_flush(LastBlock last) {
  is_flushing_ = true;
  has_asked_writer_ = false;
  // A closed block is never written again by a later flush.
  if (last == LastBlock::Close) end_ = log_round_up(end_, options_.block_size);
  Lsn from = written_, to = end_ - end_ % options_.block_size;
  Result<> written;
  mutex_.unlock();
  try {
    if (from != to) written = write_blocks(from, to);
  } catch (const std::bad_alloc&) {  // of an error's text: what is on the disk is unknown, as after the error
    mutex_.lock();
    is_flushing_ = false;
    dead_.store(true, std::memory_order_release);
    changed_.notify_all();
    throw;
  }
  mutex_.lock();
  is_flushing_ = false;
  changed_.notify_all();
  if (!written.ok()) {
    bool is_first = !dead_.exchange(true, std::memory_order_acq_rel);
    if (is_first) why_ = written.error().message();
    return dead_error();
  }
  written_ = to;
  durable_.store(to, std::memory_order_release);
  stats_.flushes += 1;
  stats_.blocks_written += (to - from) / options_.block_size;
  return {};
}

Result<> Log::write_blocks(Lsn from, Lsn to) {
  while (from < to) {
    // Up to the end of the segment and of the buffer, whichever comes first.
    size_t in_segment = options_.segment_bytes - from % options_.segment_bytes;
    size_t in_buffer = options_.buffer_bytes - from % options_.buffer_bytes;
    size_t step = std::min({static_cast<size_t>(to - from), in_segment, in_buffer});
    std::shared_ptr<File> segment;
    {
      MutexLock lock(mutex_);
      auto found = segments_.find(from / options_.segment_bytes);
      ENSURE(found != segments_.end());
      segment = found->second;
    }
    TRY(segment->write_at(from % options_.segment_bytes,
                          buffer_.subspan(from % options_.buffer_bytes, step)));
    if (!segment->writes_are_durable() && options_.sync_flushes) TRY(segment->sync());
    from += step;
  }
  return {};
}

Result<> Log::settle() {
  if (files_ == nullptr) return {};
  TRY(flush(end()));
  TRY(reserve(0));
  {
    MutexLock lock(mutex_);
    reserved_ -= worst_case(0);
    if (end_ % options_.block_size == 0) open_block();
  }
  return flush(end());
}

Lsn Log::end() const {
  MutexLock lock(mutex_);
  return end_;
}

void Log::kill(const Error& why) {
  MutexLock lock(mutex_);
  changed_.notify_all();
  bool is_first = !dead_.exchange(true, std::memory_order_acq_rel);
  if (is_first) why_ = why.message();
}

LogStats Log::stats() const {
  MutexLock lock(mutex_);
  return stats_;
}

}  // namespace rowan
