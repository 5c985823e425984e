// storage/heap/bulk.h: many rows at once (COPY, INSERT … SELECT, ALTER rewrites): rows are collected, then
// laid out in pages of exactly the right capacity, each logged once as a full image (hazard 7).
#pragma once

#include <memory>
#include <span>

#include "storage/heap/heap.h"

namespace rowan {

class BulkInsert {
 public:
  // Rows of `layout`, written by `transaction` into new pages of `heap`.
  BulkInsert(Heap& heap, Transaction& transaction, LayoutPtr layout);
  ~BulkInsert();

  // Takes the rows; their ids are known at once. Errors: as Heap::insert.
  Result<> append(std::span<const Vector* const> columns, const Selection& rows, RowId* ids);
  // Writes the last page. Without it, what was collected and not yet written is lost (an error is on its
  // way).
  Result<> finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace rowan
