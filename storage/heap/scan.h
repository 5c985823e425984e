// storage/heap/scan.h: reads a heap page after page. Only the columns asked for are touched; a filter runs on
// the page's own arrays under its latch, before anything is copied; settled pages skip visibility; the next
// page's lines are prefetched. No allocation a page.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/heap/heap.h"
#include "types/batch.h"

namespace rowan {

// A predicate that cannot block, fail or allocate. Called with the page latched.
class PageFilter {
 public:
  virtual ~PageFilter() = default;
  // `columns` borrow the page's arrays (texts point into the page; both are valid during the call only):
  // keeps those of the `count` candidates `rows` that pass, in order, and returns how many.
  virtual uint32_t keep(const Batch& columns, uint16_t* rows, uint32_t count) = 0;
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

  // Appends nothing: fills `out` from row 0 with 1 … min(row_limit, capacity) rows. False: the end.
  Result<bool> next(Batch& out, uint32_t row_limit);
  // From the start again, under another snapshot.
  void restart(const Snapshot& snapshot, PageRange range = {});

  uint64_t pages_read() const;
  // Rows that the filter dropped, for EXPLAIN ANALYZE.
  uint64_t rows_filtered() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace rowan
