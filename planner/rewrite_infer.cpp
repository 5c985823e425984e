// What equalities imply: columns that are equal to each other are equal to the same constant. (The optimizer
// joins along any equality of a class, so only constants are spread here: they are what a scan can use.)
#include <algorithm>
#include <map>

#include "planner/rewrite_support.h"

namespace rowan::rewriting {

namespace {

struct ColumnEquality {
  const Expr* term;
  const Expr *left, *right;  // children of an "=" of two arguments of one type
};

const expression::ColumnRef* bare_reference(const Expr& expr) {
  return std::get_if<expression::ColumnRef>(&expr.node);
}

bool is_fixed(const Expr& expr) {
  return std::holds_alternative<expression::Constant>(expr.node) ||
         std::holds_alternative<expression::Parameter>(expr.node);
}

bool as_equality(const Expr& term, ColumnEquality& out) {
  const auto* call = std::get_if<expression::Call>(&term.node);
  if (call == nullptr || call->function->name != "=" || term.children.size() != 2) return false;
  if (call->function->arguments[0] != call->function->arguments[1]) return false;
  out = {&term, term.children[0].get(), term.children[1].get()};
  return true;
}

}  // namespace

std::vector<ExprPtr> implied_equalities(const std::vector<const Expr*>& terms) {
  std::vector<ColumnEquality> links, fixed;
  for (const Expr* term : terms) {
    ColumnEquality equality;
    if (!as_equality(*term, equality)) continue;
    bool left = bare_reference(*equality.left) != nullptr, right = bare_reference(*equality.right) != nullptr;
    // CHAR(n) and exact types apart, equal values are interchangeable only if their types are the same.
    if (left && right && equality.left->type == equality.right->type)
      links.push_back(equality);
    else if (left && is_fixed(*equality.right))
      fixed.push_back(equality);
    else if (right && is_fixed(*equality.left))
      fixed.push_back({equality.term, equality.right, equality.left});
  }
  std::vector<ExprPtr> made;
  if (links.empty() || fixed.empty()) return made;
  std::map<ColumnId, std::vector<const Expr*>> neighbours;
  for (const ColumnEquality& link : links) {
    neighbours[bare_reference(*link.left)->column].push_back(link.right);
    neighbours[bare_reference(*link.right)->column].push_back(link.left);
  }
  ColumnSet settled;
  for (const ColumnEquality& one : fixed) settled.insert(bare_reference(*one.left)->column);
  for (const ColumnEquality& one : fixed) {
    std::vector<ColumnId> pending{bare_reference(*one.left)->column};
    ColumnSet seen{pending[0]};
    while (!pending.empty()) {
      ColumnId at = pending.back();
      pending.pop_back();
      for (const Expr* other : neighbours[at]) {
        ColumnId column = bare_reference(*other)->column;
        if (!seen.insert(column).second) continue;
        pending.push_back(column);
        if (!settled.insert(column).second) continue;
        const Function* equals = std::get<expression::Call>(one.term->node).function;
        std::vector<ExprPtr> arguments;
        arguments.push_back(clone(*other));
        arguments.push_back(clone(*one.right));
        made.push_back(make_call(equals, TypeId::Boolean, std::move(arguments)));
      }
    }
  }
  return made;
}

}  // namespace rowan::rewriting
