// planner/plan_writes.h: which steps of a plan write rows, and where such a one may stand: at the statement's
// root, or at the root of one of its WITH queries.
#pragma once

#include <algorithm>

#include "planner/physical.h"

namespace rowan {

// Is the step an INSERT, UPDATE, DELETE or MERGE? A lock on rows is none. Thread-safe.
inline bool writes_rows(const PhysicalPlan& plan) {
  return std::holds_alternative<physical::Insert>(plan.node) ||
         std::holds_alternative<physical::Update>(plan.node) ||
         std::holds_alternative<physical::Delete>(plan.node) ||
         std::holds_alternative<physical::Merge>(plan.node);
}

// Does some WITH query of the statement write, whatever the statement itself does? Thread-safe.
inline bool has_writing_cte(const PlannedStatement& statement) {
  return std::any_of(statement.ctes.begin(), statement.ctes.end(),
                     [](const PlanPtr& cte) { return cte != nullptr && writes_rows(*cte); });
}

}  // namespace rowan
