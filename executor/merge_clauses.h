// executor/merge_clauses.h: the WHENs of a MERGE over a batch of its input: which one each row takes, and
// what that makes of it. Rows are judged all at once and written one by one, so errors are kept in the order
// of the rows: of several the one of the first row counts, and the rows before it are good.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "executor/compute.h"
#include "executor/row_updates.h"
#include "executor/table_writer.h"
#include "planner/physical.h"
#include "types/result.h"

namespace rowan {

class MergeClauses {
 public:
  // `writer`, prepared for all columns, puts in rows and removes them. All outlive this.
  MergeClauses(Run& run, const physical::Merge& node, TableWriter& writer);
  // For batches of `capacity` rows, once. Errors: those of opening the table.
  Result<> prepare(uint32_t capacity);

  // What the i-th row takes.
  struct Choice {
    uint32_t clause = kNone;
    uint32_t row = 0;  // among those that take it
  };
  static constexpr uint32_t kNone = UINT32_MAX;
  // Lets `rows` of `input` choose; those without a row id are not matched. How many, from the first, could:
  // the next one's error is in `error`.
  uint32_t choose(const Batch& input, const Selection& rows, std::optional<Error>& error);
  // Then: what their choices make of them. How many, from the first, are good, as before. Errors: those of
  // reading.
  Result<uint32_t> compute(const Batch& input, std::optional<Error>& error);
  // Instead of compute(), for one row that is to be updated or deleted in its newest version (row 0 of
  // `newest`). Errors: those of the expressions and of the constraints.
  Result<> renew(const Choice& choice, const Batch& newest, const Batch& input);

  const Choice& choice(uint32_t i) const { return choices_[i]; }
  physical::MergeAction action(const Choice& choice) const {
    return choice.clause == kNone ? physical::MergeAction::Nothing : clauses_[choice.clause].node->action;
  }
  // Of an Insert: by table column number, each row where it stands in the input.
  const Batch& inserted(uint32_t clause) const { return clauses_[clause].inserted; }
  // Of an Update or a Delete: tries to change `row` as it was seen.
  Result<RowOutcome> attempt(const Choice& choice, RowId row, const Seen& seen);
  RowLockMode lock_mode(const Choice& choice);

 private:
  struct Clause {
    const physical::MergeClause* node;
    std::unique_ptr<Computation> condition;  // nullptr: always
    std::unique_ptr<Computation> values;     // Insert
    std::unique_ptr<RowUpdates> updates;     // Update
    Batch inserted;                          // Insert
    OldRows removed;                         // Delete
    std::vector<uint16_t> rows;              // that take it, in order
  };
  void take(Clause& clause, std::vector<uint16_t>& left, const Batch& input, std::optional<Error>& error);
  Result<> compute_clause(Clause& clause, const Batch& input, std::optional<Error>& error);
  void fail_at(uint16_t row) { good_ = turn_[row]; }
  void drop_behind_failure(std::vector<uint16_t>& rows) const;

  Run& run_;
  const physical::Merge& node_;
  TableWriter& writer_;
  std::vector<Clause> clauses_;
  std::vector<uint16_t> left_[2];  // that have not chosen yet: not matched, matched
  std::vector<uint32_t> turn_;     // by position in the input
  std::vector<Choice> choices_;
  std::vector<RowId> ids_;
  uint32_t good_ = 0;  // rows before the first that fails
};

}  // namespace rowan
