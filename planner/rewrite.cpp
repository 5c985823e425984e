#include "planner/rewrite.h"

#include "types/try.h"

namespace rowan {

namespace {

// The rewrites recurse once a level of the tree; a tree that is too deep for that is refused beforehand.
Result<> check_plan_depth(const LogicalPlan& root) {
  constexpr size_t kDepthMax = 2000;
  std::vector<std::pair<const LogicalPlan*, size_t>> pending{{&root, 1}};
  while (!pending.empty()) {
    auto [plan, depth] = pending.back();
    pending.pop_back();
    if (depth > kDepthMax)
      return Error(sqlstate::statement_too_complex, "stack depth limit exceeded")
          .hint("The statement combines too many joins or subqueries in one another.");
    for (const LogicalPtr& input : plan->inputs) pending.emplace_back(input.get(), depth + 1);
  }
  return {};
}

}  // namespace

Result<> rewrite(BoundStatement& statement, EvalContext& context) {
  TRY(check_plan_depth(*statement.root));
  for (const LogicalSubquery& subquery : statement.subqueries)
    if (subquery.plan != nullptr) TRY(check_plan_depth(*subquery.plan));
  for (const LogicalCte& cte : statement.ctes)
    if (cte.plan != nullptr) TRY(check_plan_depth(*cte.plan));
  inline_ctes(statement);
  fold_constants(statement, context);
  factor_disjunctions(statement);
  unnest_subqueries(statement);
  push_filters(statement);
  drop_redundant(statement);
  prune_columns(statement);
  drop_redundant(statement);  // projections that have become idle
  return {};
}

}  // namespace rowan
