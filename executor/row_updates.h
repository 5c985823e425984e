// executor/row_updates.h: rows on their way from an old version to a new one: UPDATE's and MERGE's. A batch
// of new versions is computed and checked at once and written row by row; a row that somebody else has
// changed meanwhile is computed again from its newest version.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "executor/compute.h"
#include "executor/table_access.h"
#include "executor/table_writer.h"
#include "storage/heap/outcome.h"
#include "types/result.h"

namespace rowan {

// Column `column` of `rows`, a kRowIdColumn, at position `row`.
RowId row_id_at(const Batch& rows, uint32_t column, uint32_t row);

// The versions that the statement sees of rows that it is to change, as far as columns are needed.
class OldRows {
 public:
  // `needed`: by table column number.
  Result<> prepare(Run& run, const catalog::TablePtr& table, const std::vector<bool>& needed,
                   uint32_t capacity);
  // The i-th id's version into row i of `rows`. Errors: those of reading.
  Result<> read(const Snapshot& snapshot, std::span<const RowId> ids);
  const std::vector<uint16_t>& columns() const { return columns_; }
  Batch rows;  // by table column number

 private:
  std::vector<uint16_t> columns_;
  TableAccess access_;
  Batch fetched_;
};

class RowUpdates {
 public:
  using Assignments = std::vector<std::pair<uint16_t, ExprPtr>>;
  // `assignments`, by column number over the rows to be handed in, outlive it.
  RowUpdates(Run& run, const catalog::TablePtr& table, const Assignments& assignments);
  // For batches of `capacity` rows; `whole`: rows() has every column, not only those that writing needs.
  // Once; again it does nothing.
  Result<> prepare(uint32_t capacity, bool whole);

  // New versions of the rows with `ids`, of whom the i-th stands beside input row rows[i], into row i of
  // rows(). How many, from the first, satisfy the table's constraints; `error` is the next one's. Errors:
  // those of reading.
  Result<uint32_t> compute(const Batch& input, const Selection& rows, std::span<const RowId> ids,
                           std::optional<Error>& error);
  // Row i once more, from its newest version (row 0 of `newest`) and row `from` of `input`. Errors: those of
  // the expressions and of the constraints.
  Result<> renew(uint32_t i, const Batch& newest, const Batch& input, uint32_t from);
  // Tries to put row i in the place of the version of `row` that was seen.
  Result<RowOutcome> write(uint32_t i, RowId row, const Seen& seen) {
    return writer_.update(row, seen, old_.rows, new_, i);
  }

  const Batch& rows() const { return new_; }
  TableWriter& writer() { return writer_; }

 private:
  Result<> tell_violation(uint32_t i, RowId id, std::optional<Error>& error);

  Run& run_;
  const catalog::TablePtr& table_;
  const Assignments& assignments_;
  // Two, for what the first one has computed is in use when a row is renewed.
  Computation values_, renewed_values_;
  TableWriter writer_;
  OldRows old_, whole_;
  Batch new_;
};

}  // namespace rowan
