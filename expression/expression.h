// expression/expression.h: bound expressions: every name resolved, every node typed, every cast explicit.
// Built by the binder, rewritten by the planner, run by the evaluator (expression/evaluator.h); also what the
// catalog's checks, defaults and index keys become. Three-valued logic throughout; NULL booleans are unknown.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "types/error.h"
#include "types/function.h"
#include "types/type.h"
#include "types/value.h"

namespace rowan {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

// A column of a query: each relation in FROM, each computed column, has numbers of its own, unique in the
// whole query, subqueries included. So a correlated reference is a ColumnRef that its own subquery does not
// produce.
using ColumnId = uint32_t;

namespace expression {

struct Constant {
  Value value;
};
struct ColumnRef {
  ColumnId column;
  std::string name;
};  // logical plans; name for EXPLAIN
struct InputRef {
  uint32_t index;
};  // physical plans: column of the operator's input
struct Parameter {
  uint32_t index;
};  // $1 is index 0
// A value handed down at run time by a nested loop or a subplan's caller (physical plans).
struct RuntimeSlot {
  uint32_t slot;
};
struct Call {
  const Function* function;
  bool is_too_long = false;  // of constants, and computed once; but its value is no text to keep in a plan
};                           // children: the arguments; casts and operators too
struct And {};               // children: 2 or more
struct Or {};
struct Not {};
struct IsNull {
  bool negated;
};
struct IsTruth {
  bool value;
  bool negated;
};  // IS [NOT] TRUE, IS [NOT] FALSE
struct IsUnknown {
  bool negated;
};
struct IsDistinct {
  bool negated;
  const Function* equals;
};  // negated: IS NOT DISTINCT FROM
// children: [operand,] when1, then1, when2, then2 … [, else]. With an operand the whens mention it by
// CaseOperand.
struct Case {
  bool has_operand;
  bool has_else;
  uint32_t id;
};
struct CaseOperand {
  uint32_t case_id;
};
struct Coalesce {};
struct NullIf {
  const Function* equals;
};  // children: value, other, and value again cast for equals if need be
struct MinMax {
  bool greatest;
};  // GREATEST, LEAST: children of one type
struct InList {
  bool negated;
  const Function* equals;
};  // children: tested value, then the list; all of one type
// Subqueries that the planner has not unnested. `subquery` indexes the enclosing query's (logical stage) or
// the plan's (physical stage) list. children: the tested expressions of Any/All, then for the physical stage
// the values of the runtime slots that the subplan reads, one for each entry of `slots`.
enum class SubqueryKind : uint8_t { Exists, Scalar, Any, All };
struct Subquery {
  SubqueryKind kind;
  uint32_t subquery;
  uint32_t tested = 0;                   // how many children are tested expressions (rows: several)
  std::vector<const Function*> compare;  // Any/All: one operator a tested child
  std::string compare_name;              // "=", "<>", "<" … as written
  std::vector<uint32_t> slots;           // physical stage
};

using Node =
    std::variant<Constant, ColumnRef, InputRef, Parameter, RuntimeSlot, Call, And, Or, Not, IsNull, IsTruth,
                 IsUnknown, IsDistinct, Case, CaseOperand, Coalesce, NullIf, MinMax, InList, Subquery>;

}  // namespace expression

struct Expr {
  expression::Node node;
  Type type;
  std::vector<ExprPtr> children;
  Position position = kNoPosition;  // in the statement's text, for errors at run time

  ~Expr();  // iterative: chains may be 100,000 long
  Expr(expression::Node node_, Type type_, Position position_ = kNoPosition)
      : node(std::move(node_)), type(type_), position(position_) {}
};

ExprPtr make_constant(Value value, Position position = kNoPosition);
ExprPtr make_call(const Function* function, Type result, std::vector<ExprPtr> arguments,
                  Position position = kNoPosition);
// nullptr for none; the one for one; otherwise an And of all (nested Ands flattened).
ExprPtr conjunction(std::vector<ExprPtr> terms);
ExprPtr clone(const Expr& expr);
// Same shape, functions, constants and references.
bool same_expr(const Expr& a, const Expr& b);
uint64_t hash_expr(const Expr& expr);
// The worst volatility in it; subqueries count as Stable.
Volatility volatility(const Expr& expr);

// Calls `visit` for every node, parents first. `visit` returns false to leave a node's children out.
template <class Visit>
void walk(const Expr& expr, Visit&& visit) {
  std::vector<const Expr*> pending{&expr};
  while (!pending.empty()) {
    const Expr* next = pending.back();
    pending.pop_back();
    if (!visit(*next)) continue;
    for (size_t i = next->children.size(); i-- > 0;) pending.push_back(next->children[i].get());
  }
}

}  // namespace rowan
