// executor/scan_filter.h: the part of a scan's condition that can be decided on a page's own arrays, under
// its latch, before anything is copied: comparisons of a column with a value that is known when the scan
// starts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "executor/compute.h"
#include "storage/heap/scan.h"
#include "types/mask_compare.h"

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

  void keep(PageColumns& columns, uint32_t count, std::span<uint64_t> rows) override;

 private:
  // The value may lie outside of what the column can hold, and then says the same of every row.
  enum class Verdict : uint8_t { Compare, All, None };
  struct Term {
    size_t column;  // of columns_
    Comparison asked;
    std::unique_ptr<Scalar> value;
    // Of this execution. NULLs never pass.
    Verdict verdict = Verdict::None;
    std::optional<MaskCompare> compare;  // numbers
    alignas(8) unsigned char number[8];  // in the column's machine form
    std::string text;                    // texts
  };
  bool take(Run& run, const Expr& conjunct, const std::vector<uint16_t>& scan_columns);
  static void prepare(Term& term, const Type& type, const Value& value);
  static void keep_term(const Term& term, const Vector& column, uint32_t count, std::span<uint64_t> rows);

  std::vector<Term> terms_;
  std::vector<const Expr*> rest_;
  std::vector<uint16_t> columns_;
  std::vector<Type> types_;
};

}  // namespace rowan
