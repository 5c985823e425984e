// executor/table_access.h: reading rows of a table under the column list of a plan: which columns the heap is
// asked for, and where each goes.
#pragma once

#include <cstdint>
#include <vector>

#include "executor/relations.h"
#include "executor/run.h"
#include "storage/heap/heap.h"
#include "types/batch.h"
#include "types/result.h"

namespace rowan {

// The heap puts out plain columns in order, then the row id; a plan may want the row id anywhere. When the
// two agree rows go straight into the plan's batch.
class TableAccess {
 public:
  // `columns`: as physical::TableRef has them.
  Result<> open(Run& run, const catalog::Table& table, const std::vector<uint16_t>& columns);
  bool is_open() const { return heap_ != nullptr; }
  Heap& heap() { return *heap_; }
  const Projection& projection() const { return projection_; }
  bool is_direct() const { return direct_; }
  // Types of what the heap puts out.
  std::vector<Type> heap_types(const catalog::Table& table) const;
  // The heap's column `i` of the plan's columns.
  size_t source(size_t i) const { return sources_[i]; }
  // Hands the rows of `from` (as the heap put them out) to `out` by reference.
  void lend(const Batch& from, Batch& out) const;

 private:
  HeapPtr heap_;
  Projection projection_;
  std::vector<size_t> sources_;
  bool direct_ = true;
};

}  // namespace rowan
