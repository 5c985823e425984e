// storage/temp_files.h: where sorts, joins and aggregates put what does not fit. A file is unlinked at birth,
// so a crash leaves none behind; it lies beside the database's log, or in the system's temporary folder.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>

#include "storage/file/file.h"
#include "types/budget.h"
#include "types/result.h"

namespace rowan {

// A sequence of bytes written once, front to back, then read from anywhere. One thread.
class TempFile {
 public:
  ~TempFile();
  // Appends; returns where the bytes begin. Buffered (64 KiB). Errors: 53100 · 53400 over the temporary-space
  // limit · 58030.
  Result<uint64_t> append(std::span<const std::byte> bytes);
  // Fills `into` from `offset`; all of it must have been written. Small reads are buffered ahead.
  Result<> read(uint64_t offset, std::span<std::byte> into);
  uint64_t size() const { return size_; }

 private:
  friend class TempFiles;
  TempFile(std::unique_ptr<File> file, class TempFiles& owner);
  Result<> flush();
  std::unique_ptr<File> file_;
  class TempFiles& owner_;
  uint64_t size_ = 0, flushed_ = 0;
  std::unique_ptr<std::byte[]> buffer_;       // the tail not written yet
  std::unique_ptr<std::byte[]> read_buffer_;  // what was read ahead
  uint64_t read_start_ = 0, read_length_ = 0;
};

class TempFiles {
 public:
  // `directory` may be empty: the system's. `limit_bytes` over all files alive.
  TempFiles(FileSystem& files, std::string directory, uint64_t limit_bytes);
  Result<std::unique_ptr<TempFile>> create();  // Thread-safe
  uint64_t bytes_written() const {
    return written_.load(std::memory_order_relaxed);
  }                                                        // since opening, for statistics
  uint64_t bytes_in_use() const { return space_.used(); }  // by the files alive now

 private:
  friend class TempFile;
  FileSystem& files_;
  const std::string directory_;
  Budget space_;
  std::atomic<uint64_t> written_{0};  // no partner: a count
};

}  // namespace rowan
