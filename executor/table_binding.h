// executor/table_binding.h: a table made ready for writing: its heap, its indexes with their keys, its checks
// bound. Made by each operator that writes, and kept with it for the plan's life.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "executor/index_keys.h"
#include "executor/relations.h"
#include "executor/run.h"
#include "storage/heap/heap.h"
#include "types/result.h"

namespace rowan {

// One index of the table.
struct BoundIndex {
  catalog::IndexPtr index;
  IndexStoragePtr storage;
  std::unique_ptr<IndexKeys> keys;      // of the rows being written
  std::unique_ptr<IndexKeys> old_keys;  // of the versions they replace
  // Where a row with an equal key is looked at.
  std::unique_ptr<IndexKeys> probe_keys;
  Projection probe;
  Batch probed, probe_row;

  bool reads_any_of(const std::vector<bool>& columns) const;
};

struct BoundCheck {
  const catalog::Constraint* constraint;
  ExprPtr condition;
  std::unique_ptr<Evaluator> evaluator;
  std::vector<catalog::ColumnNumber> columns;
};

struct TableBinding {
  catalog::TablePtr table;
  HeapPtr heap;
  LayoutPtr layout;
  std::vector<BoundIndex> indexes;
  std::vector<BoundCheck> checks;                        // by name, as PostgreSQL tests them
  std::vector<const catalog::Constraint*> foreign_keys;  // its own
  std::vector<const catalog::Constraint*> referencing;   // those of tables that refer to it

  // Errors: those of opening and binding.
  static Result<std::unique_ptr<TableBinding>> make(Run& run, const catalog::TablePtr& table);
};

// An empty batch whose columns count the table's, dropped ones included.
Batch table_row_batch(const catalog::Table& table, uint32_t capacity);

// "(1, null, abc)" of row `row` of a batch by table column number, as PostgreSQL shows a failing row.
std::string describe_row(const catalog::Table& table, const Batch& rows, uint32_t row, EvalContext& context);
// "(a, b)=(1, x)" of some columns' values.
std::string describe_key(const catalog::Table& table, const std::vector<catalog::ColumnNumber>& columns,
                         const std::vector<Value>& values, EvalContext& context);

}  // namespace rowan
