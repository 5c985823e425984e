// planner/selectivity.h: how many rows pass a condition, and how many values a column has: estimates from
// what ANALYZE found (catalog::ColumnStatistics), with PostgreSQL's defaults where nothing is known.
//
// Conditions are taken to be independent, but for two bounds on one column, which make a range. Sources:
// PostgreSQL's selfuncs.c and clausesel.c for the methods and the default constants.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "catalog/objects.h"
#include "expression/expression.h"

namespace rowan {

// What is known of one ColumnId.
struct ColumnKnowledge {
  const catalog::ColumnStatistics* statistics = nullptr;  // nullptr: never analyzed, or computed
  double table_rows = 0;                                  // of its table, before any condition
  double distinct = 0;     // of a computed column (a group key …), 0: unknown
  bool is_unique = false;  // a unique index is on it alone
  bool is_not_null = false;
};

class Estimator {
 public:
  static constexpr double kDefaultEqual = 0.005;
  static constexpr double kDefaultInequality = 1.0 / 3.0;
  static constexpr double kDefaultRange = 0.005;
  static constexpr double kDefaultMatch = 0.005;
  static constexpr double kDefaultDistinct = 200;

  void learn(ColumnId column, const ColumnKnowledge& knowledge);
  const ColumnKnowledge* knowledge(ColumnId column) const;

  // The share of rows for which `condition` is true, 0 … 1.
  double selectivity(const Expr& condition) const;
  // Of all of them together; pairs of bounds on one column are taken as a range.
  double selectivity(const std::vector<const Expr*>& conditions) const;
  // Of `left = right` across a join, each side's rows after its own conditions.
  double join_selectivity(const Expr& left, const Expr& right) const;

  // How many values `expr` takes among `rows` rows.
  double distinct(const Expr& expr, double rows) const;
  // How many groups `keys` make of `rows` rows.
  double groups(const std::vector<const Expr*>& keys, double rows) const;
  double null_fraction(const Expr& expr) const;
  // Mean bytes of a value.
  double width(ColumnId column, const Type& type) const;
  static double width_of_type(const Type& type);

 private:
  struct Comparison;
  std::optional<Comparison> comparison(const Expr& expr) const;
  double equal_constant(const ColumnKnowledge* column, const Value& value) const;
  double equal_unknown(const ColumnKnowledge* column) const;
  double below(const ColumnKnowledge& column, const Value& bound, bool inclusive) const;
  double inequality(const Comparison& comparison) const;
  double match(const Expr& expr, bool negated) const;
  double boolean_column(const Expr& expr, bool wanted) const;

  std::vector<ColumnKnowledge> columns_;  // by ColumnId
};

// `expr` without casts that keep its order and its values (integer and string widening).
const Expr& without_widening(const Expr& expr);
// The operator's name with its sides exchanged: "<" for ">"; "" when it has none.
std::string_view commuted_operator(std::string_view name);
// A number that orders as the value does, for interpolation; 0 for NULL.
double value_as_number(const Value& value);

}  // namespace rowan
