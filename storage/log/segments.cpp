// storage/log/segments.cpp: the files that the log lies in: made ahead of their need, used again, removed.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include "storage/log/block.h"
#include "storage/log/log.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr size_t kFillStep = 1u << 20;
constexpr size_t kSparesMax = 4;
// A log whose flushes are larger on average is no log of small commits.
constexpr uint64_t kBulkFlush = 256u << 10;

Result<> fill_with_zeros(File& file, uint64_t from, uint64_t to) {
  struct Release {
    void operator()(std::byte* bytes) const { ::operator delete[](bytes, std::align_val_t{kIoAlignment}); }
  };
  size_t step = std::min<uint64_t>(to - from, kFillStep);
  std::unique_ptr<std::byte[], Release> zeros(new (std::align_val_t{kIoAlignment}) std::byte[step]());
  for (uint64_t at = from; at < to; at += step) {
    TRY(file.write_at(at, std::span(zeros.get(), std::min<uint64_t>(step, to - at))));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<File>> Log::make_segment(const std::string& path, bool fill) {
  OpenMode mode = options_.sync_flushes ? OpenMode::Direct : OpenMode::Create;
  std::unique_ptr<File> file = TRY(files_->open(path, mode));
  // Real blocks now, so that a commit never meets a full disk. Filled with zeros besides, a flush changes no
  // metadata (132 against 195 µs); in the foreground that would cost more than it saves.
  TRY(file->allocate(0, options_.segment_bytes));
  if (fill) TRY(fill_with_zeros(*file, 0, options_.segment_bytes));
  TRY(file->sync());
  return file;
}

// Only the one who set is_preparing_ (or has the log for itself) comes here.
Result<> Log::prepare_segment(uint64_t number, bool fill) {
  std::string path = log_segment_path(directory_, log_id_, number);
  std::string spare;
  {
    MutexLock lock(mutex_);
    if (!spare_.empty()) {
      spare = spare_.front();
      spare_.pop_front();
    }
  }
  if (!spare.empty()) {
    // Its old blocks carry lower LSNs, so they cannot be taken for new ones.
    TRY(files_->rename(spare, path));
    fill = false;
  }
  Result<std::unique_ptr<File>> file = make_segment(path, fill);
  Result<> synced = file.ok() ? files_->sync_directory(directory_) : Result<>(std::move(file).error());
  if (!synced.ok()) {  // the next attempt begins anew: a second sync of the same says nothing
    (void)files_->remove(path).ok();
    return synced;
  }
  MutexLock lock(mutex_);
  segments_[number] = std::move(*file);
  prepared_ = (number + 1) * options_.segment_bytes;
  has_asked_ = false;
  return {};
}

// Zeros from `from`, where prepared_ stands, to the end of its segment: no flush comes there before prepared_
// says so.
Result<> Log::fill_segment(Lsn from) {
  std::shared_ptr<File> file;
  {
    MutexLock lock(mutex_);
    file = segments_.at(from / options_.segment_bytes);
  }
  TRY(fill_with_zeros(*file, from % options_.segment_bytes, options_.segment_bytes));
  if (!file->writes_are_durable()) TRY(file->sync());
  MutexLock lock(mutex_);
  prepared_ = (from / options_.segment_bytes + 1) * options_.segment_bytes;
  has_asked_ = false;
  return {};
}

// One segment ahead is enough once the current one is half full.
bool Log::is_low() const {
  return prepared_ - end_ <= options_.segment_bytes / 2;
}

Result<> Log::prepare_ahead() {
  if (files_ == nullptr) return {};
  Lsn from = 0;
  bool fill = true;
  {
    MutexLock lock(mutex_);
    if (dead_.load(std::memory_order_relaxed)) return dead_error();
    if (is_preparing_ || !is_low()) return {};
    from = prepared_;
    // A bulk load flushes by the megabyte and gains nothing: it would only write its log twice.
    fill = stats_.blocks_written * options_.block_size <= stats_.flushes * kBulkFlush;
    is_preparing_ = true;
  }
  struct Ended {  // also where memory runs out: somebody may wait for it
    Log& log;
    ~Ended() {
      MutexLock lock(log.mutex_);
      log.is_preparing_ = false;
      log.changed_.notify_all();
    }
  } ended{*this};
  bool inside = from % options_.segment_bytes != 0;
  return inside ? fill_segment(from) : prepare_segment(from / options_.segment_bytes, fill);
}

Result<> Log::recycle(Lsn lsn) {
  if (files_ == nullptr) return {};
  std::vector<std::string> doomed;
  {
    MutexLock lock(mutex_);
    if (!holds_.empty()) lsn = std::min(lsn, *holds_.begin());
    while (!segments_.empty()) {
      uint64_t number = segments_.begin()->first;
      if ((number + 1) * options_.segment_bytes > lsn) break;
      segments_.erase(segments_.begin());
      std::string path = log_segment_path(directory_, log_id_, number);
      if (spare_.size() < kSparesMax) {
        spare_.push_back(std::move(path));
      } else {
        doomed.push_back(std::move(path));
      }
    }
  }
  for (const std::string& path : doomed) TRY(files_->remove(path));
  return {};
}

Result<> Log::remove_spares() {
  std::deque<std::string> doomed;
  {
    MutexLock lock(mutex_);
    doomed.swap(spare_);
  }
  for (const std::string& path : doomed) TRY(files_->remove(path));
  return {};
}

void Log::hold(Lsn lsn) {
  MutexLock lock(mutex_);
  holds_.insert(lsn);
}

void Log::move_hold(Lsn from, Lsn to) {
  MutexLock lock(mutex_);
  auto node = holds_.extract(holds_.find(from));
  node.value() = to;
  holds_.insert(std::move(node));
}

void Log::let_go(Lsn lsn) {
  MutexLock lock(mutex_);
  holds_.erase(holds_.find(lsn));
}

Result<> Log::remove() {
  if (files_ == nullptr) return {};
  std::vector<std::string> doomed;
  {
    MutexLock lock(mutex_);
    for (const auto& [number, file] : segments_) {
      doomed.push_back(log_segment_path(directory_, log_id_, number));
    }
    doomed.insert(doomed.end(), spare_.begin(), spare_.end());
    segments_.clear();
    spare_.clear();
    why_ = "the log was closed";
    dead_.store(true, std::memory_order_release);
  }
  doomed.push_back(log_buffer_path(directory_, log_id_));
  for (const std::string& path : doomed) TRY(files_->remove(path));
  return {};
}

}  // namespace rowan
