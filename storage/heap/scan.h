// storage/heap/scan.h: reads a heap page after page. Only the columns asked for are touched; a filter runs on
// the page's own arrays under its latch, before anything is copied; a page that is settled, full and without
// history is known by its header alone (hazard 33); the next page's lines are prefetched. No allocation a
// page.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "storage/heap/heap.h"
#include "types/batch.h"

namespace rowan {

// What a filter sees of a page: fixed-width columns are the page's own arrays; texts are views into it, made
// when they are asked for. Valid while the filter runs.
class PageColumns {
 public:
  virtual ~PageColumns() = default;
  // Column `i` of the filter's. Of a text column only `rows` (a bit each) are there.
  virtual const Vector& column(size_t i, std::span<const uint64_t> rows) = 0;
};

// A predicate that cannot block, fail or allocate. Called with the page latched.
class PageFilter {
 public:
  virtual ~PageFilter() = default;
  // Clears in `rows` (row i: bit i % 64 of word i / 64; there are `count`) the bits of those that do not
  // pass.
  virtual void keep(PageColumns& columns, uint32_t count, std::span<uint64_t> rows) = 0;
};

// Which part of the heap: the pages with begin <= number < end, for parallel scans.
struct PageRange {
  PageNo begin = 0;
  PageNo end = kNoPage;
};

struct ScanSpec {
  Projection projection;
  // The filter's own columns, by number; their vectors come in this order.
  std::vector<uint16_t> filter_columns;
  std::vector<Type> filter_types;
  PageFilter* filter = nullptr;  // nullptr: none
};

class HeapScan {
 public:
  // `heap`, `snapshot` and the filter outlive the scan.
  HeapScan(Heap& heap, const Snapshot& snapshot, ScanSpec spec, PageRange range = {});
  ~HeapScan();

  // Appends nothing: fills `out` from row 0 with 1 … min(row_limit, capacity) rows; fewer once its values out
  // of line pass kBatchBytesMax. False: the end.
  Result<bool> next(Batch& out, uint32_t row_limit);
  // From the start again, under another snapshot.
  void restart(const Snapshot& snapshot, PageRange range = {});

  uint64_t pages_read() const;
  // Had some page versions that were deleted or replaced, whether the snapshot saw them or not?
  bool met_old_versions() const;
  // Rows that the filter dropped, for EXPLAIN ANALYZE.
  uint64_t rows_filtered() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace rowan
