// executor/reevaluation.h: does a row that somebody changed meanwhile still belong to the statement? Its
// newest version is put through a twin of the subtree that it came from (hazard 17); partners of a join are
// read again under the statement's snapshot, those from WITH queries out of what these gave.
#pragma once

#include <memory>

#include "executor/operator.h"
#include "executor/replaced_rows.h"
#include "executor/table_access.h"
#include "storage/heap/outcome.h"
#include "types/result.h"

namespace rowan {

class Reevaluation {
 public:
  // Rows of `table` come out of `subtree`, which outlives this, with their ids in column `row_id`.
  Reevaluation(Run& run, const PhysicalPlan& subtree, uint32_t row_id, catalog::TablePtr table)
      : run_(run), subtree_(subtree), row_id_(row_id), table_(std::move(table)) {}

  enum class Verdict : uint8_t {
    Matches,  // output() and newest() hold the row
    Dropped,  // it no longer qualifies, or is gone
    Wait      // its writer is in progress again
  };
  // Errors: 40001 where the subtree cannot be run for one row · those of its expressions.
  // `row` stood in row `input_row` of `input`, which came out of the subtree.
  Result<Verdict> run(RowId row, const Batch& input, uint32_t input_row, LatestRow& latest);
  // What the subtree puts out for it, at row output_row().
  const Batch& output() const { return output_; }
  uint32_t output_row() const { return output_.row(0); }
  // The newest version by table column number, at row 0.
  const Batch& newest() const { return replacement_.row; }

 private:
  Result<> prepare();
  Result<bool> has_same_partners(RowId row);
  bool gave_the_same(const Batch& input, uint32_t input_row) const;

  Run& run_;
  const PhysicalPlan& subtree_;
  const uint32_t row_id_;
  catalog::TablePtr table_;
  TableAccess access_;
  std::vector<uint16_t> columns_;
  std::unique_ptr<Run> twin_run_;
  OperatorPtr twin_;
  Replacement replacement_;
  std::vector<uint16_t> joined_;         // columns by which it is joined
  std::vector<uint32_t> from_partners_;  // output columns that other scans give
  Batch fetched_, old_, output_;
};

}  // namespace rowan
