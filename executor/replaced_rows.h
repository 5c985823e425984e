// executor/replaced_rows.h: re-evaluation under READ COMMITTED: a row that somebody else changed meanwhile is
// put through a twin of the subtree in which the scan that it came from yields that one row, in its newest
// version (hazard 17).
#pragma once

#include <cstdint>
#include <vector>

#include "planner/physical.h"
#include "types/batch.h"

namespace rowan {

// The one row that stands in for a scan.
struct Replacement {
  uint32_t plan_id = 0;  // of the scan
  Batch row;             // by table column number, at row 0
  int64_t row_id = 0;    // packed

  // The columns of a physical::TableRef into row 0 of `out`.
  void put(const std::vector<uint16_t>& columns, Batch& out) const {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] == kRowIdColumn)
        out.column(i).data<int64_t>()[0] = row_id;
      else
        out.column(i).copy_row(0, row.column(columns[i]), 0);
    }
    out.set_row_count(1);
  }
};

// The scan that puts out the row id which comes out of `plan` as column `column`; nullptr: none can be told.
const PhysicalPlan* row_id_scan(const PhysicalPlan& plan, uint32_t column);

}  // namespace rowan
