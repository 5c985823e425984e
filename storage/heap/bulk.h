// storage/heap/bulk.h: many rows at once (COPY, INSERT … SELECT, ALTER rewrites): a batch is laid out in
// pages of exactly the right capacity, each logged once as a full image (hazards, 7); what does not fill a
// page goes the way of single rows, so that no page is left half empty and none stays latched between
// batches.
#pragma once

#include <memory>
#include <span>

#include "storage/heap/heap.h"

namespace rowan {

class BulkInsert {
 public:
  // Rows of `layout`, written by `transaction` into `heap`; all outlive this but the layout.
  BulkInsert(Heap& heap, Transaction& transaction, LayoutPtr layout);
  ~BulkInsert();

  // Adds the rows and tells their ids, which are good at once. Best with full batches. Errors: as
  // Heap::insert.
  Result<> append(std::span<const Vector* const> columns, const Selection& rows, RowId* ids);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace rowan
