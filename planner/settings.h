// planner/settings.h: what a session may tell the planner: PostgreSQL's enable_… switches, its cost
// parameters, and how large relations are at this moment.
#pragma once

#include <cstdint>
#include <functional>

#include "catalog/objects.h"
#include "types/ids.h"

namespace rowan {

// A switch that is off makes a method dear rather than impossible, as in PostgreSQL: where there is no other
// way, it is still taken.
struct PlannerSettings {
  bool enable_seqscan = true;
  bool enable_indexscan = true;
  bool enable_indexonlyscan = true;
  bool enable_nestloop = true;
  bool enable_hashjoin = true;
  bool enable_mergejoin = true;
  bool enable_hashagg = true;
  bool enable_sort = true;
  bool enable_material = true;

  // Costs, in units of one page read in sequence (planner/cost.h).
  double seq_page_cost = 1.0;
  double random_page_cost = 4.0;
  double cpu_tuple_cost = 0.01;
  double cpu_index_tuple_cost = 0.005;
  double cpu_operator_cost = 0.0025;
  double effective_cache_size = 32768;  // pages

  uint64_t work_memory_bytes = uint64_t{4} << 20;  // of one sort or hash table before it spills
  uint32_t join_order_dp_max = 12;                 // relations joined by dynamic programming; above: greedily
};

struct OptimizerOptions {
  PlannerSettings settings;
  // Pages that a heap or an index has now; unset or 0: the statistics' count stands.
  std::function<uint64_t(RelationId)> page_count;
  // Asked of an index that lacks old versions (catalog::Index::complete_from): does the snapshot that the
  // statement will run under need none of them? Unset: no such index is used.
  std::function<bool(const catalog::Index&)> may_use;
};

}  // namespace rowan
