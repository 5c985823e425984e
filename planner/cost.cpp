#include "planner/cost.h"

#include <algorithm>
#include <cmath>

namespace rowan {

Cost CostModel::seq_scan(double pages, double rows, double operators) const {
  Cost cost;
  cost.total = pages * s_.seq_page_cost + rows * (s_.cpu_tuple_cost + operators * s_.cpu_operator_cost);
  if (!s_.enable_seqscan) {
    cost.startup += kCostDisabled;
    cost.total += kCostDisabled;
  }
  return cost;
}

double CostModel::pages_fetched(double rows, double heap_pages, double loops) const {
  double pages = std::max(1.0, heap_pages);
  double fetches = std::max(1.0, rows * loops);
  double cache = std::max(1.0, s_.effective_cache_size);
  double fetched;
  if (pages <= cache) {
    fetched = std::min(2.0 * pages * fetches / (2.0 * pages + fetches), pages);
  } else {
    double limit = 2.0 * pages * cache / (2.0 * pages - cache);
    fetched = fetches <= limit ? 2.0 * pages * fetches / (2.0 * pages + fetches)
                               : cache + (fetches - limit) * (pages - cache) / pages;
  }
  return std::ceil(fetched) / loops;
}

Cost CostModel::index_scan(const IndexInput& in) const {
  Cost cost;
  double loops = std::max(1.0, in.loops);
  double rows = std::max(1.0, std::round(in.selectivity * in.index_rows));
  double leaf_pages = std::max(1.0, std::ceil(in.selectivity * in.index_pages));
  double index_pages = loops > 1 ? pages_fetched(leaf_pages, in.index_pages, loops) : leaf_pages;
  double descent = 0;
  if (!in.is_hash) {
    // Comparisons on the way down, and a charge for each level that keeps small indexes from looking free.
    double height = in.index_pages > 1 ? std::ceil(std::log(in.index_pages) / std::log(250.0)) : 0;
    descent = std::ceil(std::log2(std::max(2.0, in.index_rows))) * s_.cpu_operator_cost +
              (height + 1) * 50 * s_.cpu_operator_cost;
  } else {
    descent = 10 * s_.cpu_operator_cost;
  }
  double index_io = index_pages * s_.random_page_cost;
  double index_cpu = rows * (s_.cpu_index_tuple_cost + in.bound_operators * s_.cpu_operator_cost);

  // Heap pages: all in index order at best (correlation 1), all at random at worst; between them by the
  // square of the correlation.
  double scattered = pages_fetched(rows, in.heap_pages, loops);
  double ordered = std::max(1.0, std::ceil(in.selectivity * in.heap_pages));
  double worst = scattered * s_.random_page_cost;
  double best = s_.random_page_cost + (ordered - 1) * s_.seq_page_cost;
  if (loops > 1) best = std::min(best, pages_fetched(ordered, in.heap_pages, loops) * s_.random_page_cost);
  best = std::min(best, worst);
  double squared = in.correlation * in.correlation;
  double heap_io = worst + squared * (best - worst);
  // An index-only scan still looks at each page's header, once for its neighbours in order; it spares the
  // columns.
  if (in.index_only) heap_io *= 0.5;

  cost.startup = descent;
  cost.total = descent + index_io + index_cpu + heap_io +
               rows * (s_.cpu_tuple_cost + in.filter_operators * s_.cpu_operator_cost);
  if (!s_.enable_indexscan || (in.index_only && !s_.enable_indexonlyscan)) {
    cost.startup += kCostDisabled;
    cost.total += kCostDisabled;
  }
  return cost;
}

Cost CostModel::sort(const Cost& input, double rows, double width, double limit) const {
  double count = std::max(2.0, rows);
  double comparison = 2.0 * s_.cpu_operator_cost;
  double bytes = count * (width + 16);
  bool top = limit >= 0 && limit * 2 < count;
  Cost cost;
  cost.startup = input.total;
  if (top) {
    cost.startup += comparison * count * std::log2(2.0 * std::max(1.0, limit));
  } else {
    cost.startup += comparison * count * std::log2(count);
    auto memory = static_cast<double>(s_.work_memory_bytes);
    if (bytes > memory) {
      double pages = std::ceil(bytes / kCostPageBytes);
      double runs = std::max(2.0, bytes / memory);
      double passes = std::max(1.0, std::ceil(std::log(runs) / std::log(64.0)));
      cost.startup += 2.0 * pages * passes * (0.75 * s_.seq_page_cost + 0.25 * s_.random_page_cost);
    }
  }
  cost.total = cost.startup + s_.cpu_operator_cost * (limit >= 0 ? std::min(limit, count) : count);
  if (!s_.enable_sort) {
    cost.startup += kCostDisabled;
    cost.total += kCostDisabled;
  }
  return cost;
}

Cost CostModel::hash_join(const Cost& outer, double outer_rows, double outer_width, const Cost& inner,
                          double inner_rows, double inner_width, double keys, double result_rows,
                          double condition_operators) const {
  Cost cost;
  cost.startup = outer.startup + inner.total + (s_.cpu_operator_cost * keys + s_.cpu_tuple_cost) * inner_rows;
  double run = outer.total - outer.startup + s_.cpu_operator_cost * keys * outer_rows;
  double bytes = inner_rows * (inner_width + 16);
  auto memory = static_cast<double>(s_.work_memory_bytes);
  if (bytes > memory) {  // both sides are written and read once, but for the part that stays
    double spilled = 1.0 - memory / bytes;
    double pages = (bytes + outer_rows * outer_width) / kCostPageBytes * spilled;
    cost.startup += bytes / kCostPageBytes * spilled * s_.seq_page_cost;
    run += pages * 2 * s_.seq_page_cost;
  }
  run += (s_.cpu_tuple_cost + condition_operators * s_.cpu_operator_cost) * result_rows;
  cost.total = cost.startup + run;
  if (!s_.enable_hashjoin) {
    cost.startup += kCostDisabled;
    cost.total += kCostDisabled;
  }
  return cost;
}

Cost CostModel::merge_join(const Cost& outer, double outer_rows, const Cost& inner, double inner_rows,
                           double keys, double result_rows, double condition_operators) const {
  Cost cost;
  cost.startup = outer.startup + inner.startup;
  cost.total = outer.total + inner.total + s_.cpu_operator_cost * keys * (outer_rows + inner_rows) +
               (s_.cpu_tuple_cost + condition_operators * s_.cpu_operator_cost) * result_rows;
  if (!s_.enable_mergejoin) {
    cost.startup += kCostDisabled;
    cost.total += kCostDisabled;
  }
  return cost;
}

Cost CostModel::nested_loop(const Cost& outer, double outer_rows, const Cost& inner, double rescan,
                            double inner_rows, double result_rows, double condition_operators,
                            bool first_match) const {
  Cost cost;
  double loops = std::max(1.0, outer_rows);
  double share = first_match ? 0.5 : 1.0;  // of the inner rows that are looked at
  cost.startup = outer.startup + inner.startup;
  cost.total = outer.total + inner.total * share + (loops - 1) * rescan * share;
  cost.total += loops * inner_rows * share * condition_operators * s_.cpu_operator_cost;
  cost.total += s_.cpu_tuple_cost * (condition_operators > 0 ? loops * inner_rows * share : result_rows);
  if (!s_.enable_nestloop) {
    cost.startup += kCostDisabled;
    cost.total += kCostDisabled;
  }
  return cost;
}

Cost CostModel::materialize(const Cost& input, double rows, double width) const {
  Cost cost = input;
  cost.total += 2 * s_.cpu_operator_cost * rows;
  double bytes = rows * (width + 8);
  if (bytes > static_cast<double>(s_.work_memory_bytes))
    cost.total += bytes / kCostPageBytes * s_.seq_page_cost;
  return cost;
}

double CostModel::rescan_materialized(double rows, double width) const {
  double cost = s_.cpu_operator_cost * rows;
  double bytes = rows * (width + 8);
  if (bytes > static_cast<double>(s_.work_memory_bytes)) cost += bytes / kCostPageBytes * s_.seq_page_cost;
  return cost;
}

Cost CostModel::hash_aggregate(const Cost& input, double rows, double width, double keys, double calls,
                               double groups) const {
  Cost cost;
  cost.startup = input.total + s_.cpu_operator_cost * (keys + calls) * rows;
  double bytes = groups * (width + 48);
  auto memory = static_cast<double>(s_.work_memory_bytes) * 2;  // hash tables may take twice a sort's share
  if (bytes > memory) {
    double spilled = 1.0 - memory / bytes;
    cost.startup += rows * width / kCostPageBytes * spilled * 2 * s_.random_page_cost;
  }
  cost.total = cost.startup + s_.cpu_tuple_cost * groups;
  if (!s_.enable_hashagg && keys > 0) {
    cost.startup += kCostDisabled;
    cost.total += kCostDisabled;
  }
  return cost;
}

Cost CostModel::sorted_aggregate(const Cost& input, double rows, double keys, double calls,
                                 double groups) const {
  Cost cost;
  cost.startup = keys > 0 ? input.startup : input.total + s_.cpu_operator_cost * calls * rows;
  cost.total = input.total + s_.cpu_operator_cost * (keys + calls) * rows + s_.cpu_tuple_cost * groups;
  return cost;
}

Cost CostModel::per_row(const Cost& input, double rows, double operators, bool tuples) const {
  Cost cost = input;
  cost.total += rows * (operators * s_.cpu_operator_cost + (tuples ? s_.cpu_tuple_cost : 0));
  return cost;
}

}  // namespace rowan
