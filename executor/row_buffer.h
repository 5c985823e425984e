// executor/row_buffer.h: rows written once and read any number of times, by any number of readers, also while
// more are coming: what a CTE, a Materialize and a work table keep. Beyond its share of work memory rows go
// to a temporary file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "executor/rows.h"
#include "executor/run.h"
#include "executor/spill.h"
#include "types/result.h"

namespace rowan {

class RowBuffer {
 public:
  RowBuffer(Run& run, std::span<const Type> types);

  // Errors: as SpillStore.
  Result<> append(const Batch& batch);
  Result<> append(Columns columns, uint32_t row);
  void clear();
  uint64_t row_count() const { return rows_; }
  const RowShape& shape() const { return shape_; }
  uint64_t spilled_bytes() const { return file_.bytes(); }
  // The two exchange their rows; both of the same types.
  void swap(RowBuffer& other);

  // A place in the rows. What a call puts out lives until the reader's next.
  class Reader {
   public:
    void restart() { *this = Reader(); }

   private:
    friend class RowBuffer;
    uint64_t row = 0;  // rows read so far
    size_t extent = 0;
    std::string bytes;
    size_t at = 0;
    Arena arena;
  };
  // The next 1 … limit rows into `out` from row 0; 0: none (for now).
  Result<uint32_t> read(Reader& reader, Batch& out, uint32_t limit);

 private:
  struct Extent {
    uint64_t offset;
    uint32_t length;
    uint64_t rows_end;  // rows up to here are in this extent or before
  };
  Result<> write_out();

  Run& run_;
  RowShape shape_;
  WorkMemory memory_;
  Arena arena_;
  GrowingArray<char*> in_memory_;
  bool spilling_ = false;
  SpillStore file_;
  std::string pending_;  // the tail of the file, not yet written
  std::vector<Extent> extents_;
  uint64_t rows_ = 0;
};

// Pointers to a batch's columns, in order. Valid while the batch is not moved.
std::vector<const Vector*> column_pointers(const Batch& batch);

}  // namespace rowan
