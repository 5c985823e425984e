// executor/scan_filter.h: the part of a scan's condition that can be decided on a page's own arrays, under
// its latch, before anything is copied: comparisons of a column with a value that is known when the scan
// starts.
#pragma once

#include <memory>
#include <vector>

#include "executor/compute.h"
#include "storage/heap/scan.h"

namespace rowan {

class ScanFilter final : public PageFilter {
 public:
  // `condition` is over the scan's columns, which are `columns` of the table, by number. Takes what it can of
  // its conjuncts; rest() are the others.
  ScanFilter(Run& run, const Expr* condition, const std::vector<uint16_t>& columns);

  // Evaluates the values to compare with. Errors: theirs.
  Result<> start();
  bool is_empty() const { return terms_.empty(); }
  const std::vector<const Expr*>& rest() const { return rest_; }
  // What ScanSpec wants to know.
  const std::vector<uint16_t>& columns() const { return columns_; }
  const std::vector<Type>& types() const { return types_; }

  uint32_t keep(const Batch& columns, uint16_t* rows, uint32_t count) override;

 private:
  enum class Operator : uint8_t { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };
  struct Term {
    size_t column;  // of columns_
    Operator op;
    std::unique_ptr<Scalar> value;
    bool is_null = false;  // compared with NULL: no row passes
    int64_t number = 0;
    std::string text;
  };
  bool take(Run& run, const Expr& conjunct, const std::vector<uint16_t>& scan_columns);

  std::vector<Term> terms_;
  std::vector<const Expr*> rest_;
  std::vector<uint16_t> columns_;
  std::vector<Type> types_;
};

}  // namespace rowan
