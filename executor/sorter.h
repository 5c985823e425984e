// executor/sorter.h: sorts any number of rows within an account: stretches are sorted in memory, merged
// (types/stretch_sort.h) and written out when memory is short, as runs that are merged at last. Rows with
// equal keys keep their order. Source: Knuth, The Art of Computer Programming 3, 5.4; Graefe 2006 (see
// sort_key.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "executor/rows.h"
#include "executor/run.h"
#include "executor/sort_key.h"
#include "executor/spill.h"
#include "types/result.h"

namespace rowan {

class Sorter {
 public:
  // Rows have columns of `types`.
  Sorter(Run& run, std::span<const Type> types);
  ~Sorter();

  // Takes row `row` of `columns` with its key (executor/sort_key.h). Errors: as SpillStore, 57014.
  Result<> add(Columns columns, uint32_t row, std::string_view key);
  // All rows are in.
  Result<> finish();
  // The next 1 … limit rows, in order, into rows 0 … of `out`; 0: the end. Texts live until the next call.
  Result<uint32_t> next(Batch& out, uint32_t limit);
  // Empty again, memory and files given back.
  void clear();
  // Back to the first row, after finish().
  Result<> rewind();

  uint64_t row_count() const { return total_; }
  uint64_t spilled_bytes() const { return file_.bytes(); }
  size_t memory_peak() const { return memory_.peak(); }
  size_t run_count() const { return runs_.size(); }

 private:
  struct Entry {
    uint64_t head;  // the key's first eight bytes
    char* row;      // key length, key, row
  };
  struct Source;  // a run being merged
  Result<> write_run();
  static bool less(const Entry& a, const Entry& b);
  Result<> sort_newest();
  Result<> sort_entries();
  size_t memory_used() const;

  Run& run_;
  RowShape shape_;
  WorkMemory memory_;
  Arena arena_;
  size_t arena_seen_ = 0;
  GrowingArray<Entry> entries_, space_;
  uint64_t total_ = 0;
  size_t next_entry_ = 0;
  SpillStore file_;
  struct SortedRun {
    std::vector<std::pair<uint64_t, uint32_t>> chunks;  // where, how long
  };
  std::vector<SortedRun> runs_;
  Result<> write_chunk(SortedRun& run, std::string& bytes);
  Result<SortedRun> merge(size_t first, size_t count);
  Result<> open_sources(size_t first, size_t count);
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<Source*> heap_;
  Arena out_arena_;
};

// A merge needs a chunk of each run in memory; so many runs are merged at once.
inline constexpr size_t kMergeWidthMax = 64;

}  // namespace rowan
