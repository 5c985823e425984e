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

// Where a column of a plan's output comes from unchanged: a scan and the table's column number (or
// kRowIdColumn), of a CTE's scan its output column; scan nullptr: it is computed, or cannot be told.
struct ColumnOrigin {
  const PhysicalPlan* scan = nullptr;
  uint16_t column = 0;
};
ColumnOrigin column_origin(const PhysicalPlan& plan, uint32_t column);

// The columns of `scan`'s table that are compared for equality with other relations in the joins of `plan`.
std::vector<uint16_t> joined_columns(const PhysicalPlan& plan, const PhysicalPlan& scan);

}  // namespace rowan
