// planner/planner.h: a statement's syntax in, a plan that runs out: bound, rewritten, optimized.
#pragma once

#include "catalog/catalog.h"
#include "parser/ast_statement.h"
#include "planner/binder.h"
#include "planner/physical.h"
#include "planner/settings.h"
#include "types/result.h"

namespace rowan {

struct PlanOptions {
  BindOptions bind;
  OptimizerOptions optimizer;
  bool check_constants = true;  // false: what fails for any row fails when there is one; for PREPARE
};

// SELECT, VALUES, INSERT, UPDATE, DELETE. The caller holds what locks it wants on the relations, or takes
// PlannedStatement::locks and plans again if the catalog has changed meanwhile. The plan is immutable and may
// be run any number of times, also at the same time. Errors: the binder's (class 42, 22P02 …) · those of
// folding constants (22012 division by zero …) · 0A000 what is understood but not supported, named.
Result<PlannedPtr> plan(const ast::Statement& statement, catalog::CatalogPtr catalog,
                        const PlanOptions& options);

}  // namespace rowan
