// A WITH query that is read once, and computes nothing volatile, stands where it is read: conditions can then
// sink into it. PostgreSQL does the same unless MATERIALIZED was said. One that writes stands apart, read or
// not.
#include "planner/rewrite.h"
#include "planner/rewrite_support.h"

namespace rowan {

namespace {

struct CteUse {
  size_t count = 0;
  LogicalPtr* place = nullptr;
  bool in_recursion = false;  // inside a recursive step it would run once a round
};

bool is_volatile_plan(const LogicalPlan& root) {
  bool found = false;
  walk_plan(root, [&](const LogicalPlan& plan) {
    found = found || std::holds_alternative<logical::LockRows>(plan.node);
    for_each_expression(plan, [&](const Expr& expr) { found = found || rewriting::is_volatile_expr(expr); });
  });
  return found;
}

void find_uses(LogicalPtr& plan, bool in_recursion, std::vector<CteUse>& uses) {
  if (const auto* ref = std::get_if<logical::CteRef>(&plan->node)) {
    CteUse& use = uses[ref->cte];
    ++use.count;
    use.place = &plan;
    use.in_recursion = use.in_recursion || in_recursion;
    return;
  }
  bool recursive = std::holds_alternative<logical::Recursive>(plan->node);
  for (size_t i = 0; i < plan->inputs.size(); ++i)
    find_uses(plan->inputs[i], in_recursion || (recursive && i == 1), uses);
}

}  // namespace

void inline_ctes(BoundStatement& statement) {
  // Innermost first: a query that was inlined may hold the only use of another.
  for (size_t i = statement.ctes.size(); i-- > 0;) {
    LogicalCte& cte = statement.ctes[i];
    if (cte.plan == nullptr || cte.writes) continue;
    std::vector<CteUse> uses(statement.ctes.size());
    rewriting::for_each_plan(statement, [&](LogicalPtr& root) { find_uses(root, false, uses); });
    const CteUse& use = uses[i];
    if (use.count == 0) {
      cte.plan = nullptr;
      continue;
    }
    bool is_recursive = std::holds_alternative<logical::Recursive>(cte.plan->node);
    if (use.count > 1 || is_recursive || cte.materialized || use.in_recursion || is_volatile_plan(*cte.plan))
      continue;
    const auto& ref = std::get<logical::CteRef>((*use.place)->node);
    logical::Project node;
    for (uint32_t position : ref.positions)
      node.expressions.push_back(rewriting::refer_to(cte.plan->output[position]));
    auto above = std::make_unique<LogicalPlan>(std::move(node));
    above->output = (*use.place)->output;
    above->inputs.push_back(std::move(cte.plan));
    cte.plan = nullptr;
    *use.place = std::move(above);
  }
}

}  // namespace rowan
