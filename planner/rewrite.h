// planner/rewrite.h: the same statement, said so that good plans are near. Each rewrite keeps the outcome,
// row for row, and lives in a rewrite_*.cpp of its own; rewrite() runs them in this order:
//
//   inline_ctes         a WITH query that is read once stands where it is read
//   fold_constants      what can be computed now is; AND, OR and NOT lose their constant terms
//   factor_disjunctions (a AND b) OR (a AND c) becomes a AND (b OR c)
//   unnest_subqueries   EXISTS, IN, ANY, ALL in WHERE become semi and anti joins; correlated scalar
//   aggregates
//                       become outer joins with a grouped subquery
//   push_filters        conditions sink to the rows they are about; outer joins that cannot null-extend turn
//                       into inner ones; what equalities imply is added
//   drop_redundant      sorts that nobody sees, DISTINCT over distinct rows, projections that do nothing;
//                       LIMIT reaches into UNION ALL
//   prune_columns       nobody computes or reads columns that nobody wants
#pragma once

#include "planner/logical.h"
#include "types/function.h"
#include "types/result.h"

namespace rowan {

// All of them. `context` folds constants. Errors: 54001.
Result<> rewrite(BoundStatement& statement, EvalContext& context);

// The parts, for tests.
void inline_ctes(BoundStatement& statement);
void fold_constants(BoundStatement& statement, EvalContext& context);
void factor_disjunctions(BoundStatement& statement);
void unnest_subqueries(BoundStatement& statement);
void push_filters(BoundStatement& statement);
void drop_redundant(BoundStatement& statement);
void prune_columns(BoundStatement& statement);

// Of what still stands once all is rewritten: the error of the first constant expression that fails. Errors:
// 22012 and the like, of functions.
Result<> check_constants(BoundStatement& statement, EvalContext& context);
// Has the step itself one that was left because it fails?
bool has_failing_constant(const LogicalPlan& plan);

// One expression: constants folded, truth values simplified. What fails when folded is left as it is.
void fold_expression(ExprPtr& expr, EvalContext& context);

}  // namespace rowan
