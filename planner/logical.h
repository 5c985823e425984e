// planner/logical.h: what a statement means, before anyone has asked how to run it: relational algebra over
// columns with numbers of their own. The binder builds it, the rewrites (planner/rewrite.h) reshape it, the
// optimizer turns it into planner/physical.h. A closed family: a variant of plain structs, inputs beside it.
//
// Columns are ColumnIds, unique in the whole statement, subqueries included. Every node lists the columns it
// puts out; an expression of a node may mention the columns its inputs put out and, where the node stands
// inside a subquery or on the right side of a lateral join, columns from outside: those are the correlated
// ones. A column passed through keeps its number, so pushing an expression past a node that passes its
// columns through needs no renaming.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "catalog/catalog.h"
#include "expression/expression.h"
#include "planner/physical.h"

namespace rowan {

struct LogicalPlan;
using LogicalPtr = std::unique_ptr<LogicalPlan>;

struct LogicalColumn {
  ColumnId id = 0;
  std::string name;
  Type type;
};

namespace logical {

// Locks and frames mean the same in both plans.
using physical::LockWait;
using physical::RowLock;

struct SortKey {
  ExprPtr key;
  bool descending = false;
  bool nulls_first = false;
};
struct WindowFrame {
  using Mode = physical::WindowFrame::Mode;
  using Bound = physical::WindowFrame::Bound;
  Mode mode = Mode::Range;
  Bound start = Bound::UnboundedPreceding, end = Bound::CurrentRow;
  ExprPtr start_offset, end_offset;
};

// ---- leaves (no input) ------------------------------------------------------------------------------------

struct OneRow {};  // one row without columns: SELECT without FROM
struct Empty {};   // no row, whatever its output says: WHERE false
// Output: the columns of `columns`, one for one (kRowIdColumn, a BIGINT, where writes or locks need it).
struct Get {
  catalog::TablePtr table;
  std::string alias;
  std::vector<uint16_t> columns;
};
struct SystemGet {
  std::string view;  // "pg_class"; of another schema than pg_catalog: "information_schema.tables"
  std::vector<uint16_t> columns;  // of the view, one for one with the output
  std::string alias;
};
struct ValuesList {
  std::vector<std::vector<ExprPtr>> rows;  // each as wide as the output
};
// A set-returning function. Its arguments may mention the left side of a lateral join.
struct FunctionGet {
  std::string function;  // "generate_series"
  std::vector<ExprPtr> arguments;
  bool with_ordinality = false;  // adds a BIGINT at the end of the output
  std::string alias;
};
// Reads BoundStatement::ctes[cte]; output columns are the CTE's, position by position, under ids of their own
// (`positions` says which where pruning has left some out).
struct CteRef {
  uint32_t cte;
  std::string name, alias;
  std::vector<uint32_t> positions;  // of the CTE's output
};
struct WorkTable {
  uint32_t work_table;
  std::string name, alias;
};  // output: the recursive query's columns, position by position

// ---- one input --------------------------------------------------------------------------------------------

struct Filter {
  ExprPtr condition;
};
// Output: one column an expression. A bare ColumnRef may keep its id.
struct Project {
  std::vector<ExprPtr> expressions;
};
// Output: keys, then calls, each under a new id. No keys: one row always.
struct AggregateCall {
  const Aggregate* aggregate = nullptr;
  std::vector<ExprPtr> arguments;
  bool distinct = false;
  std::vector<SortKey> order;
  ExprPtr filter;
  Type type;
  std::string text;  // "count(*)", as written
};
struct Aggregate {
  std::vector<ExprPtr> keys;
  std::vector<AggregateCall> calls;
};
// Output: the input's columns, then the calls. One node a distinct OVER (…).
struct WindowCall {
  std::string function;  // "rank"; empty: `aggregate`
  const rowan::Aggregate* aggregate = nullptr;
  std::vector<ExprPtr> arguments;
  ExprPtr filter;
  Type type;
};
struct Window {
  std::vector<ExprPtr> partition;
  std::vector<SortKey> order;
  WindowFrame frame;
  std::vector<WindowCall> calls;
};
// Filter, Sort, Limit, Distinct and LockRows put out what their input does.
struct Sort {
  std::vector<SortKey> keys;
};
struct Limit {
  ExprPtr count, offset;   // BIGINT; nullptr or NULL: all, 0
  bool with_ties = false;  // its input is the Sort that says what ties are
};
// Rows that are alike in `on` (all columns when empty) are one: the first, where the input has an order.
struct Distinct {
  std::vector<ColumnId> on;
  bool is_on = false;  // DISTINCT ON: `on` is meant, even if empty
};
struct LockRows {
  struct Target {
    catalog::TablePtr table;
    ColumnId row_id;
    RowLock lock;
    LockWait wait;
  };
  std::vector<Target> targets;
};

// ---- two inputs -------------------------------------------------------------------------------------------

// Output: the left columns, then the right ones; of Semi, Anti and NullAwareAnti the left ones.
// NullAwareAnti is NOT IN: its condition is a conjunction of which `left IN right` was made; a row stays only
// when no right row makes it true or NULL.
struct Join {
  using Kind = physical::JoinKind;
  Kind kind = Kind::Inner;
  ExprPtr condition;        // nullptr: true
  bool is_lateral = false;  // the right input mentions columns of the left one: it runs once a left row
};
// Output: ids of its own; column i is made of column i of both inputs (types already agree). UNION ALL takes
// two or more inputs: a chain of it is flat.
struct SetOperation {
  enum class Kind : uint8_t { Union, Intersect, Except } kind = Kind::Union;
  bool all = false;
};
// WITH RECURSIVE: input 0 the start, input 1 the step, which reads the last round by WorkTable{work_table}.
struct Recursive {
  uint32_t work_table = 0;
  bool distinct = false;  // UNION, not UNION ALL
  std::string name;
};

// ---- writes -----------------------------------------------------------------------------------------------
// RETURNING is part of them: one output column an expression, none without RETURNING. Its expressions mention
// `row`: ids under which the written row's columns (DELETE: the old row's) are known, by column number
// (dropped ones too), and the columns of the input.

struct OnConflict {
  bool do_nothing = false;
  std::vector<catalog::Oid> arbiters;  // unique indexes; empty with do_nothing: all
  // DO UPDATE: by column number, over `existing` and `excluded`.
  std::vector<std::pair<uint16_t, ExprPtr>> assignments;
  ExprPtr where;
  std::vector<ColumnId> existing, excluded;  // ids by column number
};
struct Insert {
  catalog::TablePtr table;
  std::vector<uint16_t> columns;  // where the input's columns go; others become NULL. Defaults are included
  std::optional<OnConflict> on_conflict;
  std::vector<ColumnId> row;
  std::vector<ExprPtr> returning;
};
struct Update {
  catalog::TablePtr table;
  ColumnId row_id = 0;
  std::vector<std::pair<uint16_t, ExprPtr>> assignments;  // over the input
  std::vector<ColumnId> row;
  std::vector<ExprPtr> returning;
};
struct Delete {
  catalog::TablePtr table;
  ColumnId row_id = 0;
  std::vector<ColumnId> row;
  std::vector<ExprPtr> returning;
};

// MERGE has no RETURNING. Its input is the source joined to the table: with an outer join, where row_id is
// NULL beside what has no match, if something may be inserted.
using physical::MergeAction;
using physical::MergeClause;
struct Merge {
  catalog::TablePtr table;
  std::string alias;
  ColumnId row_id = 0;
  std::vector<ColumnId> columns;  // of the table's scan, by column number (0 for dropped ones)
  ExprPtr on;                     // the join's condition again
  std::vector<MergeClause> clauses;
};

using Node = std::variant<OneRow, Empty, Get, SystemGet, ValuesList, FunctionGet, CteRef, WorkTable, Filter,
                          Project, Aggregate, Window, Sort, Limit, Distinct, LockRows, Join, SetOperation,
                          Recursive, Insert, Update, Delete, Merge>;

}  // namespace logical

struct LogicalPlan {
  logical::Node node;
  std::vector<LogicalPtr> inputs;     // how many is fixed by the node
  std::vector<LogicalColumn> output;  // left to right

  template <class Node>
  explicit LogicalPlan(Node step) : node(std::move(step)) {}
  ~LogicalPlan();  // iterative: UNION ALL chains may be long
};

// A query that an expression asks: expression::Subquery::subquery indexes BoundStatement::subqueries.
struct LogicalSubquery {
  LogicalPtr plan;                   // nullptr once it has been unnested
  std::vector<ColumnId> correlated;  // columns from outside that it mentions, ascending; empty: it runs once
};
struct LogicalCte {
  std::string name;
  LogicalPtr plan;            // nullptr once it has been inlined
  bool materialized = false;  // AS MATERIALIZED: never inlined
  bool writes = false;        // INSERT, UPDATE or DELETE: runs once, to its end, whoever reads it
};

// A statement with every name resolved and every expression typed.
struct BoundStatement {
  using Command = PlannedStatement::Command;
  Command command = Command::Select;
  catalog::CatalogPtr catalog;
  LogicalPtr root;
  std::vector<LogicalSubquery> subqueries;
  std::vector<LogicalCte> ctes;
  std::vector<OutputColumn> output;  // of the result, left to right; of writes: RETURNING's
  std::vector<Type> parameters;
  std::vector<std::pair<catalog::Oid, TableLockMode>> locks;
  uint32_t work_tables = 0;
  ColumnId next_column = 1;  // the first number not in use: for columns that rewrites add
  bool has_effects = false;  // writes, locks rows or calls volatile functions
  std::string text;
};

// One new column.
inline LogicalColumn new_column(BoundStatement& statement, std::string name, Type type) {
  return LogicalColumn{statement.next_column++, std::move(name), type};
}

// Calls `visit(ExprPtr&)` for every expression of `plan`'s own node, RETURNING and ON CONFLICT included, null
// ones left out; inputs are not entered.
template <class Visit>
void for_each_expression(LogicalPlan& plan, Visit&& visit);
template <class Visit>
void for_each_expression(const LogicalPlan& plan, Visit&& visit);  // visit(const Expr&)

// The columns that `plan` mentions and does not make: those it is correlated by.
std::set<ColumnId> outer_columns(const LogicalPlan& plan, const std::vector<LogicalSubquery>& subqueries);

// A copy of `plan` that makes columns under new ids, its subqueries copied too; `renamed` maps old to new.
// Columns from outside that `renamed` knows beforehand are renamed as well.
LogicalPtr copy_plan(const LogicalPlan& plan, BoundStatement& statement,
                     std::map<ColumnId, ColumnId>& renamed);

// The tree as indented text, one node a line, columns as name#id: for tests and for a person in doubt.
std::string dump(const LogicalPlan& plan);
std::string dump(const Expr& expr);
std::string dump(const BoundStatement& statement);  // subqueries and CTEs too

}  // namespace rowan

#include "planner/logical_walk.h"
