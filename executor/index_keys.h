// executor/index_keys.h: the keys that a row has in an index: its key columns and expressions as bytes, and
// whether the row is in the index at all (partial indexes). Used by INSERT, UPDATE, CREATE INDEX, unique
// checks and the cleaner.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "expression/evaluator.h"
#include "storage/btree/key.h"
#include "types/batch.h"
#include "types/error.h"
#include "types/result.h"

namespace rowan {

struct BindOptions;

// What an index is made of, with its expressions bound: immutable, shared.
struct IndexShape {
  catalog::TablePtr table;
  catalog::IndexPtr index;
  std::vector<ExprPtr> keys;  // one a key column; an InputRef by table column number for plain ones
  ExprPtr predicate;          // nullptr: all rows
  std::vector<catalog::ColumnNumber> columns;  // all that keys and predicate read, rising
  KeyEncoder encoder;

  // Does the key stand as it is in columns of the table, without expressions?
  bool is_plain() const;
};
using IndexShapePtr = std::shared_ptr<const IndexShape>;

// Binds the index's expressions. Errors: those of binding, which DDL has already ruled out.
Result<IndexShapePtr> make_index_shape(catalog::TablePtr table, catalog::IndexPtr index,
                                       catalog::CatalogPtr catalog, const BindOptions& options);

// A key of `size` bytes is more than a page of the index may take (54000).
Error index_row_too_large(size_t size, const catalog::Index& index);

// Computes keys for batches of rows; one thread at a time.
class IndexKeys {
 public:
  explicit IndexKeys(IndexShapePtr shape);
  ~IndexKeys();
  const IndexShape& shape() const { return *shape_; }

  // Evaluates over `rows` of `batch`, whose columns stand by table column number (those not in
  // shape().columns are not read). Errors: of the expressions. Results are valid until the next call.
  Result<> compute(const Batch& batch, const Selection& rows, EvalContext& context);
  // Of the row at position `row` of that batch: is it in the index?
  bool includes(uint32_t row) const;
  // Its key, replacing `out`. Returns whether a key column is NULL (such a row is never a duplicate).
  bool encode(uint32_t row, std::string& out) const;
  // "(a, b)=(1, x)" for error details.
  std::string describe(uint32_t row, EvalContext& context) const;

 private:
  IndexShapePtr shape_;
  std::vector<Evaluator> evaluators_;
  std::unique_ptr<Evaluator> predicate_;
  std::vector<const Vector*> values_;
  const Vector* included_ = nullptr;
};

}  // namespace rowan
