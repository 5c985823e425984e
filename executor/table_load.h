// executor/table_load.h: rows that come from a program, not from a plan, put into a table a batch at a time.
// Each batch is what an INSERT … VALUES of its rows would be: defaults for the columns that are not brought,
// NOT NULL and CHECK, the heap, the indexes, and foreign keys before the batch is through.
#pragma once

#include <memory>
#include <vector>

#include "executor/execution.h"
#include "executor/statement_writes.h"
#include "executor/table_writer.h"
#include "planner/binder.h"
#include "types/result.h"

namespace rowan {

class Computation;

class TableLoad {
 public:
  // `columns` of `table` are brought, in this order; the table is locked and stays as it is while this lives.
  // `environment` outlives this. Errors: those of binding defaults and of opening storage.
  static Result<std::unique_ptr<TableLoad>> open(catalog::TablePtr table, catalog::CatalogPtr catalog,
                                                 std::vector<catalog::ColumnNumber> columns,
                                                 Environment& environment, const BindOptions& bind);
  ~TableLoad();

  // Where the caller puts the next batch's values of the i-th column that it brings.
  Vector& column(size_t i) { return rows_.column(columns_[i]); }
  size_t column_count() const { return columns_.size(); }
  uint32_t capacity() const { return rows_.capacity(); }
  // Does a batch look at other rows than the newest (foreign keys)? Then write() wants the snapshot.
  bool reads_rows() const { return !writer_.binding().foreign_keys.empty(); }

  // Writes the first `count` rows and makes room for others. Nothing is undone after an error: the caller
  // rolls back. Errors: 23502, 23514, 23505, 23503, with the row's number since open(); those of storage, of
  // waiting and of defaults; 57014. May block.
  Result<> write(uint32_t count, const Snapshot* snapshot);
  uint64_t rows_written() const { return total_; }

 private:
  TableLoad(catalog::TablePtr table, catalog::CatalogPtr catalog, std::vector<catalog::ColumnNumber> columns,
            Environment& environment);
  Result<> prepare(const BindOptions& bind);
  Result<> write_rows(uint32_t count);

  const catalog::TablePtr table_;
  const std::vector<catalog::ColumnNumber> columns_;
  PlannedStatement statement_;
  Run run_;
  StatementWrites writes_;
  mutable TableWriter writer_;
  std::vector<catalog::ColumnNumber> empty_columns_;  // neither brought nor with a default: NULL
  std::vector<catalog::ColumnNumber> default_columns_;
  std::vector<ExprPtr> default_expressions_;
  std::unique_ptr<Computation> defaults_;
  Batch rows_;  // by table column number
  RowId ids_[kBatchRows];
  uint64_t total_ = 0;
};

}  // namespace rowan
