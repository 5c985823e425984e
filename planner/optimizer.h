// planner/optimizer.h: from what a statement means to how it is run: the cheapest plan by the cost model.
//
// Joins are ordered by dynamic programming over connected sets of relations (Moerkotte and Neumann, VLDB
// 2006, for the problem; the sets are enumerated plainly, which costs nothing up to a dozen), greedily
// beyond. Outer, semi and anti joins take part as relations that can only be joined from their left side. A
// statement over one relation goes straight to the choice of its access path.
#pragma once

#include "planner/logical.h"
#include "planner/physical.h"
#include "planner/settings.h"
#include "types/result.h"

namespace rowan {

// `statement` has been through the rewrites. The plan is immutable and may be run any number of times.
// Errors: 0A000 for a join that no method can run (FULL JOIN without an equality).
Result<PlannedPtr> optimize(const BoundStatement& statement, const OptimizerOptions& options);

}  // namespace rowan
