// executor/spill.h: rows on disk, in any number of streams that share one temporary file. A stream is written
// from front to back in chunks (each stream buffers one), then read in the same order; so a hash join's 64
// partitions need one file and 64 small buffers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "executor/rows.h"
#include "storage/temp_files.h"
#include "types/result.h"

namespace rowan {

// The temporary file of one operator, made at its first use. Errors of all calls that write: 53100 · 53400 ·
// 58030 · 53200 where nothing may spill.
class SpillStore {
 public:
  explicit SpillStore(TempFiles* files) : files_(files) {}
  Result<TempFile*> file();
  uint64_t bytes() const { return file_ == nullptr ? 0 : file_->size(); }
  // What was written since this was last asked: for figures that run over several loops.
  uint64_t take_new_bytes() {
    uint64_t before = std::exchange(told_, bytes());
    return told_ - before;
  }
  void close() {
    file_.reset();
    told_ = 0;
  }

 private:
  TempFiles* files_;
  std::unique_ptr<TempFile> file_;
  uint64_t told_ = 0;
};

// Rows of one shape, each preceded by its hash (or whatever number the owner likes).
class RowStream {
 public:
  RowStream(SpillStore& file, const RowShape& shape, size_t chunk_bytes = 8192)
      : file_(file), shape_(&shape), chunk_bytes_(chunk_bytes) {}

  Result<> append(uint64_t number, Columns columns, uint32_t row);
  Result<> append(uint64_t number, const char* row);
  // No more rows will come; reading starts (again) from the front.
  Result<> rewind();
  // The next row into `arena`, or nullptr at the end.
  Result<char*> next(uint64_t& number, Arena& arena);

  uint64_t row_count() const { return rows_; }
  // All rows have the same number: no bits of it will part them.
  bool is_uniform() const { return is_uniform_; }
  uint64_t byte_count() const { return bytes_; }
  size_t memory() const { return write_.capacity() + read_.capacity(); }
  const RowShape& shape() const { return *shape_; }

 private:
  struct Extent {
    uint64_t offset;
    uint32_t length;
  };
  void note(uint64_t number);
  Result<> flush_full();
  Result<> write_out();

  SpillStore& file_;
  const RowShape* shape_;
  size_t chunk_bytes_;
  std::string write_;  // rows not yet in the file: always whole ones
  std::string read_;
  size_t read_at_ = 0;
  size_t next_extent_ = 0;
  std::vector<Extent> extents_;
  uint64_t rows_ = 0, bytes_ = 0;
  uint64_t first_number_ = 0;
  bool is_uniform_ = true;
};

}  // namespace rowan
