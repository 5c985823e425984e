// executor/returning.h: RETURNING's expressions over what was written: the table's columns by number, then
// the input's.
#pragma once

#include <vector>

#include "executor/compute.h"
#include "executor/operator.h"

namespace rowan {

class Returning {
 public:
  Returning(Run& run, const std::vector<ExprPtr>& expressions) : computation_(run, pointers(expressions)) {}
  bool is_present() const { return computation_.size() > 0; }
  // Room for `capacity` rows of both.
  void prepare(const catalog::Table& table, const std::vector<Type>& input, uint32_t capacity);
  // Before a batch.
  void begin();
  // Row `row` of `written` (by table column number) beside row `from` of `input`; bytes are copied.
  void add(const Batch& written, uint32_t row, const Batch& input, uint32_t from);
  uint32_t count() const { return count_; }
  // All rows added, computed into `out`. Returns the error of the first that cannot be, behind those that
  // can.
  std::optional<Error> put(Batch& out);

 private:
  static std::vector<const Expr*> pointers(const std::vector<ExprPtr>& expressions) {
    std::vector<const Expr*> list;
    for (const ExprPtr& expr : expressions) list.push_back(expr.get());
    return list;
  }
  Computation computation_;
  Batch rows_;
  size_t table_columns_ = 0;
  uint32_t count_ = 0;
};

}  // namespace rowan
