// planner/physical.h: the plan that the executor runs: a tree of steps, each with what it puts out and what
// it was thought to cost. A closed family (see style: trees are data): a variant of plain structs, inputs
// beside it.
//
// Columns are positions: an InputRef in an expression of a node counts the columns of its input; for joins
// those of the left (outer) input first, then the right (inner) one's. Scans count the columns they read
// (their `columns` list).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "catalog/catalog.h"
#include "expression/expression.h"

namespace rowan {

struct PhysicalPlan;
using PlanPtr = std::unique_ptr<PhysicalPlan>;

// What a table's scan puts out: column numbers of the table, or the row's id as a BIGINT (packed RowId).
inline constexpr uint16_t kRowIdColumn = 0xffff;

namespace physical {

enum class JoinKind : uint8_t {
  Inner,
  Left,
  Right,
  Full,
  Semi,
  Anti,
  NullAwareAnti
};  // Semi, Anti put out the left side only

struct SortKey {
  ExprPtr key;  // over the input's columns
  bool descending = false;
  bool nulls_first = false;
};

struct TableRef {
  catalog::TablePtr table;
  std::string alias;              // as EXPLAIN shows it
  std::vector<uint16_t> columns;  // read, in output order; kRowIdColumn where DML or locks need it
};

// One row, no columns but `expressions` of none: SELECT without FROM.
struct OneRow {};
// No row at all: WHERE false.
struct Empty {};
struct SeqScan {
  TableRef source;
  ExprPtr filter;  // over the scan's columns; nullptr for none
};
// The values between which an index is read. Each bound expression is free of the scan's own columns:
// constants, parameters, runtime slots. NULL in a bound of an operator other than IS NULL: no rows.
struct IndexBound {
  enum class Kind : uint8_t { Equal, IsNull, In, Lower, LowerInclusive, Upper, UpperInclusive };
  uint16_t key;  // which index key, from 0; keys before it are Equal, IsNull or In
  Kind kind;
  ExprPtr value;                // IsNull: nullptr
  std::vector<ExprPtr> values;  // In
};
struct IndexScan {
  TableRef source;
  catalog::IndexPtr index;
  std::vector<IndexBound> bounds;  // all of them hold; sorted by key
  bool backward = false;
  bool index_only = false;  // columns come from the key (btree, invertible types) where the page is settled
  ExprPtr condition;  // the bounds as one expression over the table's columns, for EXPLAIN and rechecks on
                      // rows with a link
  ExprPtr filter;     // the rest, over the scan's columns
};
struct Values {
  std::vector<std::vector<ExprPtr>> rows;
};
// generate_series and its like: set-returning functions in FROM.
struct FunctionScan {
  std::string function;  // "generate_series"
  std::vector<ExprPtr> arguments;
  bool with_ordinality = false;
  std::string alias;
};
// Rows of a system view, made from the catalog and the instance's state (executor/system_views.h).
struct SystemScan {
  std::string view;               // "pg_class"
  std::vector<uint16_t> columns;  // of the view, in output order
  ExprPtr filter;
  std::string alias;
};
// A CTE that is run once and read by any number of scans. `cte` indexes PlannedStatement::ctes.
struct CteScan {
  uint32_t cte;
  std::string name;
  ExprPtr filter;
};
// input 0 the non-recursive term, input 1 the recursive one, which reads the last round by WorkTableScan.
struct RecursiveUnion {
  uint32_t work_table;
  bool distinct;
  std::string name;
};
struct WorkTableScan {
  uint32_t work_table;
  std::string name;
};
struct SubqueryScan {
  std::string alias;
  ExprPtr filter;
};  // a name for EXPLAIN; columns pass through

struct Filter {
  ExprPtr condition;
};
struct Project {
  std::vector<ExprPtr> expressions;
};
struct Limit {
  ExprPtr count, offset;  // nullptr or NULL: all, 0
  bool with_ties = false;
  std::vector<SortKey> ties;  // with_ties: rows alike in these, in which the input is ordered
};
struct Sort {
  std::vector<SortKey> keys;
};
struct TopN {
  std::vector<SortKey> keys;
  ExprPtr count, offset;
};
struct Distinct {
  std::vector<uint32_t> columns;
  bool sorted;
};  // of these input columns (all of them, or DISTINCT ON); sorted: neighbours
struct AggregateCall {
  const Aggregate* aggregate;
  std::vector<ExprPtr> arguments;  // over the input
  bool distinct = false;
  std::vector<SortKey> order;  // ORDER BY inside the call
  ExprPtr filter;              // FILTER (WHERE …)
  Type type;
  std::string text;  // as EXPLAIN VERBOSE shows it
};
// Output: the group keys, then the aggregates. Without keys: one row always.
struct HashAggregate {
  std::vector<ExprPtr> keys;
  std::vector<AggregateCall> calls;
};
struct SortedAggregate {
  std::vector<ExprPtr> keys;
  std::vector<AggregateCall> calls;
};  // input ordered by the keys
struct WindowFrame {
  enum class Mode : uint8_t { Rows, Range, Groups };
  enum class Bound : uint8_t { UnboundedPreceding, Preceding, CurrentRow, Following, UnboundedFollowing };
  Mode mode = Mode::Range;
  Bound start = Bound::UnboundedPreceding, end = Bound::CurrentRow;
  ExprPtr start_offset, end_offset;
};
struct WindowCall {
  std::string function;  // row_number, rank, dense_rank, percent_rank, cume_dist, ntile, lag, lead,
                         // first_value, last_value, nth_value; "" for an aggregate
  const Aggregate* aggregate = nullptr;
  std::vector<ExprPtr> arguments;
  ExprPtr filter;
  Type type;
};
// Input ordered by partition, then order. Output: the input's columns, then the calls.
struct Window {
  std::vector<ExprPtr> partition;
  std::vector<SortKey> order;
  WindowFrame frame;
  std::vector<WindowCall> calls;
};
// For each outer row the inner input runs with runtime slots set from it. An index nested loop is one whose
// inner input is an IndexScan with those slots in its bounds.
struct NestedLoop {
  JoinKind kind;
  ExprPtr condition;                                // nullptr: all pairs
  std::vector<std::pair<uint32_t, ExprPtr>> slots;  // runtime slot, value over the outer's columns
};
// Equal hash keys pair up; the right input is built, the left one probes.
struct HashJoin {
  JoinKind kind;
  std::vector<ExprPtr> left_keys, right_keys;
  std::vector<const Function*> equals;  // one a key
  ExprPtr condition;                    // further, over both; nullptr for none
};
// Inputs ordered by their keys.
struct MergeJoin {
  JoinKind kind;
  std::vector<ExprPtr> left_keys, right_keys;
  std::vector<bool> descending, nulls_first;
  ExprPtr condition;
};
struct Append {};  // UNION ALL: the inputs one after the other
struct SetOperation {
  enum class Kind : uint8_t { Intersect, IntersectAll, Except, ExceptAll } kind;
};
struct Materialize {};  // keeps its input's rows for the next run with the same slots

enum class RowLock : uint8_t { KeyShare, Share, NoKeyUpdate, Update };
enum class LockWait : uint8_t { Block, SkipLocked, NoWait };
// SELECT … FOR UPDATE: locks the rows whose ids stand in `row_ids`, then drops nothing: a Project above does.
struct LockRows {
  struct Target {
    catalog::TablePtr table;
    uint32_t row_id;
    RowLock lock;
    LockWait wait;
  };
  std::vector<Target> targets;
};

struct OnConflict {
  bool do_nothing = false;
  std::vector<catalog::Oid> arbiters;  // unique indexes; empty with do_nothing: all
  // DO UPDATE: over the existing row's columns (table columns in number order), then the proposed row's
  // (excluded).
  std::vector<std::pair<uint16_t, ExprPtr>> assignments;
  ExprPtr where;
};
// Writes rows. Output: `returning`, over the new row's columns (DELETE: the old row's) in column-number
// order, followed by the input's columns. Without RETURNING: no column, and the count of rows is the
// statement's.
struct Insert {
  catalog::TablePtr table;
  std::vector<uint16_t>
      columns;  // targets of the input's columns, in order; generated and default ones included
  std::optional<OnConflict> on_conflict;
  std::vector<ExprPtr> returning;
};
struct Update {
  catalog::TablePtr table;
  uint32_t row_id;                                        // input column
  std::vector<std::pair<uint16_t, ExprPtr>> assignments;  // column number, value over the input
  std::vector<ExprPtr> returning;
};
struct Delete {
  catalog::TablePtr table;
  uint32_t row_id;
  std::vector<ExprPtr> returning;
};

// One WHEN of MERGE, tried in turn on rows of its kind. All expressions are over the input.
enum class MergeAction : uint8_t { Nothing, Insert, Update, Delete };
struct MergeClause {
  MergeAction action = MergeAction::Nothing;
  bool is_matched = false;
  ExprPtr condition;  // nullptr: always
  std::vector<std::pair<uint16_t, ExprPtr>>
      values;  // Insert, Update: by column number; Insert's others are NULL
};
// The input: source rows, each beside the row of the table that it matches, if there is one. No output.
struct Merge {
  catalog::TablePtr table;
  std::string alias;                                      // as EXPLAIN shows it
  uint32_t row_id;                                        // input column; NULL: no match
  std::vector<std::pair<uint32_t, uint16_t>> from_table;  // input columns that are the table's, and which
  ExprPtr on;  // what joins them, once more: for rows that have changed meanwhile
  std::vector<MergeClause> clauses;
};

using Node = std::variant<OneRow, Empty, SeqScan, IndexScan, Values, FunctionScan, SystemScan, CteScan,
                          RecursiveUnion, WorkTableScan, SubqueryScan, Filter, Project, Limit, Sort, TopN,
                          Distinct, HashAggregate, SortedAggregate, Window, NestedLoop, HashJoin, MergeJoin,
                          Append, SetOperation, Materialize, LockRows, Insert, Update, Delete, Merge>;

}  // namespace physical

struct OutputColumn {
  std::string name;
  Type type;
};

// What the cost model thought (planner/cost.h has the units).
struct Estimate {
  double startup_cost = 0;
  double total_cost = 0;
  double rows = 0;
  double width = 0;  // bytes a row
};

struct PhysicalPlan {
  physical::Node node;
  std::vector<PlanPtr> inputs;       // how many is fixed by the node
  std::vector<OutputColumn> output;  // left to right
  Estimate estimate;
  // Proven, not estimated: it never puts out more (a lookup by a unique key, LIMIT 10). Vectors need no more
  // room.
  uint64_t row_max = UINT64_MAX;
  uint32_t id = 0;  // position in the plan, pre-order; the key of EXPLAIN ANALYZE's figures

  template <class Node>
  explicit PhysicalPlan(Node step) : node(std::move(step)) {}
};

// A subquery that is run for a value while an expression is evaluated.
struct Subplan {
  PlanPtr plan;
  std::vector<uint32_t> slots;  // runtime slots it reads; none: it runs once a statement (an InitPlan)
  std::string name;             // "SubPlan 1", "InitPlan 1 (returns $0)"
  bool hashed = false;          // Any with = and no slots: kept as a hash table
};

enum class TableLockMode : uint8_t {
  AccessShare,
  RowShare,
  RowExclusive,
  ShareUpdateExclusive,
  Share,
  ShareRowExclusive,
  Exclusive,
  AccessExclusive
};

// A bound and optimized statement of the kind that reads or writes rows. Immutable: any number of executions,
// also at the same time, run from one (each with operators of its own).
struct PlannedStatement {
  enum class Command : uint8_t { Select, Insert, Update, Delete, Merge };
  Command command = Command::Select;
  catalog::CatalogPtr catalog;  // what its names were resolved against
  PlanPtr root;
  std::vector<Subplan> subplans;
  std::vector<PlanPtr> ctes;
  std::vector<std::string> cte_names;
  std::vector<OutputColumn> output;  // of the result; of DML: RETURNING's
  std::vector<Type> parameters;
  std::vector<Type> slot_types;  // runtime slots
  std::vector<std::pair<catalog::Oid, TableLockMode>> locks;
  uint32_t work_tables = 0;
  bool has_effects = false;   // writes, locks rows or calls volatile functions
  bool is_transient = false;  // an index could not be used by the snapshot of now: plan anew next time
  uint32_t node_count = 0;    // ids of plans are below it, subplans and CTEs included
  std::string text;           // the statement, for errors
};
using PlannedPtr = std::shared_ptr<const PlannedStatement>;

}  // namespace rowan
