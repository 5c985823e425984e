// planner/cost.h: what a step is thought to cost.
//
// The unit is one 16 KiB page read in sequence, as PostgreSQL's is one of its 8 KiB pages; the parameters of
// PlannerSettings say what everything else is worth in it: a page read out of order (random_page_cost), a row
// handed on (cpu_tuple_cost), an index entry looked at (cpu_index_tuple_cost), an operator or function called
// once (cpu_operator_cost). A cost has two parts: what passes before the first row, and what passes until the
// last; LIMIT pays the part between in proportion.
// Sources: PostgreSQL's costsize.c for the shapes of the formulas; Mackert and Lohman, "Index Scans Using a
// Finite LRU Buffer", TODS 14(3), 1989, for pages fetched by an index.
#pragma once

#include <cstdint>

#include "planner/settings.h"

namespace rowan {

inline constexpr double kCostPageBytes = 16384;
// Added once for a method that is switched off.
inline constexpr double kCostDisabled = 1.0e10;

struct Cost {
  double startup = 0;
  double total = 0;

  // What the first `wanted` of `rows` rows cost; wanted < 0: all.
  double of_rows(double wanted, double rows) const {
    if (wanted < 0 || wanted >= rows || rows <= 0) return total;
    return startup + (total - startup) * (wanted / rows);
  }
};

class CostModel {
 public:
  explicit CostModel(const PlannerSettings& settings) : s_(settings) {}
  const PlannerSettings& settings() const { return s_; }

  // Reads `pages` pages holding `rows` rows and calls `operators` operators on each.
  Cost seq_scan(double pages, double rows, double operators) const;

  struct IndexInput {
    double index_pages = 1, index_rows = 1;  // of the whole index
    double heap_pages = 1;
    double selectivity = 1;       // of the bounds
    double correlation = 0;       // of the first key with the heap's order, -1 … 1
    double filter_operators = 0;  // on each row that is fetched
    double bound_operators = 1;
    bool is_hash = false;
    bool index_only = false;
    double loops = 1;  // how often it will run in one statement: later runs find pages in memory
  };
  Cost index_scan(const IndexInput& input) const;

  // Sorts rows of `width` bytes, of which the first `limit` are wanted (< 0: all). Input cost included.
  Cost sort(const Cost& input, double rows, double width, double limit) const;
  Cost hash_join(const Cost& outer, double outer_rows, double outer_width, const Cost& inner,
                 double inner_rows, double inner_width, double keys, double result_rows,
                 double condition_operators) const;
  Cost merge_join(const Cost& outer, double outer_rows, const Cost& inner, double inner_rows, double keys,
                  double result_rows, double condition_operators) const;
  // The inner side costs `inner` the first time and `rescan` each time after. `first_match`: stops at the
  // first partner (semi and anti joins).
  Cost nested_loop(const Cost& outer, double outer_rows, const Cost& inner, double rescan, double inner_rows,
                   double result_rows, double condition_operators, bool first_match) const;
  Cost materialize(const Cost& input, double rows, double width) const;
  double rescan_materialized(double rows, double width) const;
  Cost hash_aggregate(const Cost& input, double rows, double width, double keys, double calls,
                      double groups) const;
  Cost sorted_aggregate(const Cost& input, double rows, double keys, double calls, double groups) const;
  // Adds `operators` calls on each of `rows` rows, and a row's handing-on if `tuples`.
  Cost per_row(const Cost& input, double rows, double operators, bool tuples = false) const;

  // Distinct heap pages that `rows` fetches in random order touch.
  double pages_fetched(double rows, double heap_pages, double loops) const;

 private:
  const PlannerSettings& s_;
};

}  // namespace rowan
