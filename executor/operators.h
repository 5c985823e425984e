// executor/operators.h: the factories of the operators, one a step of a physical plan; each is defined beside
// its class. For executor/operator.cpp alone.
#pragma once

#include "executor/operator.h"
#include "executor/rows.h"

namespace rowan {

OperatorPtr make_one_row(const PhysicalPlan& plan, Run& run);
OperatorPtr make_empty(const PhysicalPlan& plan, Run& run);
OperatorPtr make_values(const PhysicalPlan& plan, Run& run);
OperatorPtr make_function_scan(const PhysicalPlan& plan, Run& run);
OperatorPtr make_seq_scan(const PhysicalPlan& plan, Run& run);
OperatorPtr make_index_scan(const PhysicalPlan& plan, Run& run);
OperatorPtr make_system_scan(const PhysicalPlan& plan, Run& run);
OperatorPtr make_cte_scan(const PhysicalPlan& plan, Run& run);
OperatorPtr make_recursive_union(const PhysicalPlan& plan, Run& run);
OperatorPtr make_work_table_scan(const PhysicalPlan& plan, Run& run);
OperatorPtr make_filter(const PhysicalPlan& plan, Run& run);  // SubqueryScan too
OperatorPtr make_project(const PhysicalPlan& plan, Run& run);
OperatorPtr make_limit(const PhysicalPlan& plan, Run& run);
OperatorPtr make_sort(const PhysicalPlan& plan, Run& run);
OperatorPtr make_top_n(const PhysicalPlan& plan, Run& run);
OperatorPtr make_distinct(const PhysicalPlan& plan, Run& run);
OperatorPtr make_hash_aggregate(const PhysicalPlan& plan, Run& run);
OperatorPtr make_sorted_aggregate(const PhysicalPlan& plan, Run& run);
OperatorPtr make_window(const PhysicalPlan& plan, Run& run);
OperatorPtr make_nested_loop(const PhysicalPlan& plan, Run& run);
OperatorPtr make_hash_join(const PhysicalPlan& plan, Run& run);
OperatorPtr make_merge_join(const PhysicalPlan& plan, Run& run);
OperatorPtr make_append(const PhysicalPlan& plan, Run& run);
OperatorPtr make_set_operation(const PhysicalPlan& plan, Run& run);
OperatorPtr make_materialize(const PhysicalPlan& plan, Run& run);
OperatorPtr make_lock_rows(const PhysicalPlan& plan, Run& run);
OperatorPtr make_insert(const PhysicalPlan& plan, Run& run);
OperatorPtr make_update(const PhysicalPlan& plan, Run& run);
OperatorPtr make_delete(const PhysicalPlan& plan, Run& run);
OperatorPtr make_merge(const PhysicalPlan& plan, Run& run);

// Puts the rows first … first + count - 1 of the selection of `from` into `out`, by reference where positions
// fit and by copying (texts shared) where they do not.
void put_rows(const Batch& from, Columns columns, uint32_t first, uint32_t count, Batch& out);

}  // namespace rowan
