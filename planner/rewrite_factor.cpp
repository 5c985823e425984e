// What every branch of an OR demands is demanded outright: (a AND b) OR (a AND c) is a AND (b OR c), and a
// branch that demands nothing more takes the rest of the OR with it. A join's condition is often only found
// this way (TPC-H's query 19). Three-valued logic is a distributive lattice, so NULL comes out the same.
// (PostgreSQL: process_duplicate_ors in prepqual.c.)
#include <algorithm>

#include "planner/logical_walk.h"
#include "planner/rewrite.h"
#include "planner/rewrite_support.h"
#include "types/hash_map.h"

namespace rowan {

namespace {

using Terms = std::vector<ExprPtr>;

// One branch's terms by hash: a condition may have 100,000 of them.
class TermSet {
 public:
  explicit TermSet(const Terms& terms) {
    for (const ExprPtr& term : terms) by_hash_[hash_expr(*term)].push_back(term.get());
  }
  bool contains(const Expr& wanted) const {
    auto found = by_hash_.find(hash_expr(wanted));
    return found != by_hash_.end() && std::any_of(found->second.begin(), found->second.end(),
                                                  [&](const Expr* term) { return same_expr(*term, wanted); });
  }

 private:
  HashMap<uint64_t, std::vector<const Expr*>> by_hash_;
};

// The terms of the shortest branch that stand in every other one too. A volatile term means another value
// each time.
Terms common_terms(const std::vector<Terms>& branches) {
  auto shorter = [](const Terms& a, const Terms& b) { return a.size() < b.size(); };
  const Terms& shortest = *std::min_element(branches.begin(), branches.end(), shorter);
  std::vector<const Expr*> candidates;
  for (const ExprPtr& term : shortest)
    if (!rewriting::is_volatile_expr(*term) && !rewriting::has_subquery(*term))
      candidates.push_back(term.get());
  for (const Terms& branch : branches) {
    if (candidates.empty()) break;
    if (&branch == &shortest) continue;
    TermSet terms(branch);
    std::erase_if(candidates, [&](const Expr* term) { return !terms.contains(*term); });
  }
  Terms common;
  for (const Expr* term : candidates) {
    auto is_known = [&](const ExprPtr& other) { return same_expr(*other, *term); };
    if (std::none_of(common.begin(), common.end(), is_known)) common.push_back(clone(*term));
  }
  return common;
}

void factor(ExprPtr& disjunction) {
  std::vector<Terms> branches;
  for (ExprPtr& child : disjunction->children)
    rewriting::split_conjunction(std::move(child), branches.emplace_back());
  Terms terms = common_terms(branches);
  if (!terms.empty()) {
    TermSet common(terms);
    for (Terms& branch : branches)
      std::erase_if(branch, [&](const ExprPtr& term) { return common.contains(*term); });
  }
  std::vector<ExprPtr> rest;
  for (Terms& branch : branches) {
    if (branch.empty()) {  // x OR true
      rest.clear();
      break;
    }
    rest.push_back(conjunction(std::move(branch)));
  }
  if (!rest.empty()) {
    disjunction->children = std::move(rest);
    terms.push_back(std::move(disjunction));
  }
  disjunction = conjunction(std::move(terms));
}

// The ORs among the terms of a condition, inner ones first. Below anything else they are values, not
// conditions.
void factor_condition(ExprPtr& condition) {
  std::vector<ExprPtr*> junctions, pending{&condition};
  while (!pending.empty()) {
    ExprPtr* next = pending.back();
    pending.pop_back();
    bool is_or = std::holds_alternative<expression::Or>((*next)->node);
    if (is_or) junctions.push_back(next);
    if (!is_or && !std::holds_alternative<expression::And>((*next)->node)) continue;
    for (ExprPtr& child : (*next)->children) pending.push_back(&child);
  }
  for (size_t i = junctions.size(); i-- > 0;) factor(*junctions[i]);
}

}  // namespace

void factor_disjunctions(BoundStatement& statement) {
  rewriting::for_each_plan(statement, [](LogicalPtr& root) {
    walk_plan(*root, [](LogicalPlan& plan) {
      if (auto* filter = std::get_if<logical::Filter>(&plan.node)) factor_condition(filter->condition);
      auto* join = std::get_if<logical::Join>(&plan.node);
      if (join != nullptr && join->condition != nullptr) factor_condition(join->condition);
    });
  });
}

}  // namespace rowan
