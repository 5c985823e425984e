// planner/bind_scope.h: which names mean what at one place of a query. A Level is one SELECT (or INSERT,
// UPDATE, DELETE, MERGE): the relations of its FROM, what of them can be seen at the moment, its CTEs, and
// the aggregate and window calls found so far. Levels nest as subqueries do; names are looked up outwards.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parser/ast_query.h"
#include "planner/logical.h"

namespace rowan::binding {

// Where an expression stands: decides what it may contain, and how errors call the place.
enum class ExprKind : uint8_t {
  Other,
  FromSubquery,
  FromFunction,
  JoinCondition,
  Where,
  Having,
  Filter,
  WindowPartition,
  WindowOrder,
  WindowFrame,
  SelectList,
  UpdateSource,
  GroupBy,
  OrderBy,
  DistinctOn,
  Limit,
  Offset,
  Returning,
  Values,
  MergeWhen,
  MergeInsert,
  Check,
  Default,
  IndexKey,
  IndexPredicate,
  Using,
  CopyWhere,
  ExecuteArgument
};

struct ScopeColumn {
  std::string name;
  ColumnId id = 0;
  Type type;
  std::shared_ptr<const Expr> computed;  // stands for the column instead of a reference to `id`
};

struct ScopeItem {
  std::string schema;  // empty: an alias, or not a table
  std::string name;    // as references say it
  std::vector<ScopeColumn> columns;
  catalog::TablePtr table;          // of a plain table, else nullptr
  std::vector<uint16_t> numbers;    // table column numbers, one a column
  std::optional<ColumnId> row_id;   // set when the plan's Get has one
  LogicalPlan* get = nullptr;       // of a plain table: its Get, while the plan stands as built
  std::string table_name;           // the relation behind an alias
  bool is_function_scalar = false;  // FROM f(): the row is its one column
  bool is_cte = false;              // of WITH: no rows of its own to lock
  bool is_nullable = false;         // on the side of an outer join that may have no row
};

// A relation as it can be seen right now.
struct Visible {
  ScopeItem* item;
  bool as_relation = true;  // item.column
  bool as_columns = true;   // column
  bool lateral_only = false;
  bool lateral_ok = true;
};

struct CteEntry {
  std::string name;
  uint32_t index = 0;                  // in BoundStatement::ctes
  std::vector<LogicalColumn> columns;  // names and types
  bool is_bound = false;
  bool is_recursing = false;  // its recursive term is being bound
  uint32_t work_table = 0;
  bool seen_recursion = false;
  bool has_left_term = false;  // of a recursive one: it is bound
  int sublink_depth = 0;       // where its recursive term began
  bool is_correlated = false;  // copied at each use
  LogicalPtr pattern;          // of a correlated one
  bool writes = false;         // INSERT, UPDATE or DELETE; `columns` are RETURNING's
  uint32_t uses = 0;
  Position position = kNoPosition;
  Position recursion = kNoPosition;  // where its recursive term reads it
};

struct PendingAggregate {
  logical::AggregateCall call;
  LogicalColumn column;
  Position position;
};

struct PendingWindow {
  logical::WindowCall call;
  LogicalColumn column;
  uint32_t definition;  // of Level::windows
};
// OVER (…), resolved.
struct WindowDefinition {
  std::string name;
  std::vector<ExprPtr> partition;
  std::vector<logical::SortKey> order;
  logical::WindowFrame frame;
  bool has_frame = false;
  Position position = kNoPosition;
};
// A set-returning call in the select list: joined sideways once everything else is computed.
struct PendingSetFunction {
  std::string function;
  std::vector<ExprPtr> arguments;
  LogicalColumn column;
  Position position;
};

struct Level {
  Level* parent = nullptr;
  uint32_t number = 0;
  std::vector<std::unique_ptr<ScopeItem>> items;  // all of FROM, visible or not
  std::vector<Visible> visible;
  std::vector<std::unique_ptr<CteEntry>> ctes;
  const ast::With* with = nullptr;  // names that may come too early, for errors
  bool lateral_active = false;
  bool wants_row_ids = false;  // FOR UPDATE: scans put out their rows' ids

  ExprKind kind = ExprKind::Other;
  std::vector<PendingAggregate> aggregates;
  std::vector<WindowDefinition> windows;
  std::vector<PendingWindow> window_calls;
  std::vector<PendingSetFunction> set_functions;
  std::vector<ast::WindowSpec> named_windows;
  int aggregate_depth = 0;  // inside the arguments of an aggregate of this level
  int window_depth = 0;     // inside the arguments of a window function
};

// What is known of a column number.
struct ColumnFacts {
  uint32_t level = 0;  // the Level that made it; 0: none
  const ScopeItem* item =
      nullptr;         // the relation it is a column of, or nullptr: an aggregate, a window call …
  uint32_t index = 0;  // in item->columns
};

// Why one may not stand in such a place; nullptr where it may.
const char* aggregate_refusal(ExprKind kind);
const char* window_refusal(ExprKind kind);
const char* set_function_refusal(ExprKind kind);
const char* subquery_refusal(ExprKind kind);
const char* column_refusal(ExprKind kind);

// The name PostgreSQL gives an unnamed output column; `strength` 0: none found, 1: weak (a type, "case"),
// 2: good. `query_name` knows the first column's name of a bound subquery.
int figure_name(ast::ExprPtr expr, std::string& name,
                const std::function<std::string(const ast::Query*)>& query_name);

}  // namespace rowan::binding
