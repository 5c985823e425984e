// parser/ast_query.h: queries: SELECT, VALUES, set operations, FROM, WITH, windows.
#pragma once

#include "parser/ast.h"

// clang-format off
namespace rowan::ast {

struct FromItem;
using FromPtr = const FromItem*;

// AS t (a, b)
struct Alias {
  Name name;  // empty: none
  List<Name> columns;
};

// ---- FROM -------------------------------------------------------------------------------------------------

struct TableRef { QualifiedName name; bool is_only; };
struct QueryRef { QueryPtr query; bool is_lateral; };

// f(…) AS t (a int, b text)
struct ColumnDefinition { Name name; const TypeName* type; QualifiedName collation; };
// `call`: mostly a Call; also SqlValue, Conditional, Cast
struct FunctionItem { ExprPtr call; List<ColumnDefinition> columns; };
struct FunctionRef {
  List<FunctionItem> functions;  // several: ROWS FROM (f(), g())
  bool is_rows_from;
  bool is_lateral;
  bool with_ordinality;
};

enum class JoinKind : uint8_t { Inner, Left, Right, Full, Cross };
struct Join {
  JoinKind kind;
  bool is_natural;
  FromPtr left;
  FromPtr right;
  ExprPtr on;  // may be null
  List<Name> using_columns;
  Name using_alias;  // USING (a) AS x
};

using FromNode = std::variant<TableRef, QueryRef, FunctionRef, Join>;

struct FromItem { FromNode node; Alias alias; Position position = kNoPosition; };

// ---- windows ----------------------------------------------------------------------------------------------

enum class FrameUnit : uint8_t { Rows, Range, Groups };
enum class FrameBoundKind : uint8_t {
  UnboundedPreceding,
  Preceding,
  CurrentRow,
  Following,
  UnboundedFollowing
};
enum class FrameExclusion : uint8_t { NoOthers, CurrentRow, Group, Ties };
struct FrameBound {
  FrameBoundKind kind = FrameBoundKind::CurrentRow;
  ExprPtr offset = nullptr;  // of Preceding and Following, otherwise null
};
struct Frame {
  FrameUnit unit = FrameUnit::Range;
  FrameBound start{FrameBoundKind::UnboundedPreceding, nullptr};
  FrameBound end;
  FrameExclusion exclusion = FrameExclusion::NoOthers;
  Position position = kNoPosition;
};

// OVER w · OVER (w PARTITION BY … ORDER BY … frame) · WINDOW name AS (…)
struct WindowSpec {
  Name name;  // of WINDOW name AS, or OVER name
  Name base;  // the window that is copied: OVER (base …)
  List<ExprPtr> partition_by;
  List<SortKey> order_by;
  const Frame* frame = nullptr;  // null: none was written
  Position position = kNoPosition;
};

// ---- SELECT -----------------------------------------------------------------------------------------------

struct SelectItem {
  ExprPtr expr;
  Name alias;  // empty: none
};

// GROUP BY ROLLUP (a, (b, c)): Rollup over two Lists. An empty Set is ().
enum class GroupingKind : uint8_t { Expression, Set, Rollup, Cube, Sets };
struct GroupItem {
  GroupingKind kind = GroupingKind::Expression;
  ExprPtr expr = nullptr;  // of Expression; `(a, b)` is a Row there
  List<GroupItem> items;
  Position position = kNoPosition;
};

struct Select {
  bool is_distinct = false;
  List<ExprPtr> distinct_on;  // DISTINCT ON (…)
  List<SelectItem> items;     // may be empty: PostgreSQL allows it
  List<FromPtr> from;
  ExprPtr where = nullptr;
  List<GroupItem> group_by;
  bool group_distinct = false;  // GROUP BY DISTINCT
  ExprPtr having = nullptr;
  List<WindowSpec> windows;
};

struct Values { List<List<ExprPtr>> rows; };

enum class SetOperator : uint8_t { Union, Intersect, Except };
// Left-deep; a long UNION ALL chain is as deep as it is long (see parser/ast.h).
struct SetOperation { SetOperator op; bool is_all; QueryPtr left; QueryPtr right; };

enum class RowLockStrength : uint8_t { KeyShare, Share, NoKeyUpdate, Update };
enum class LockWait : uint8_t { Block, SkipLocked, NoWait };
struct RowLock {  // FOR UPDATE OF a, b NOWAIT
  RowLockStrength strength;
  List<QualifiedName> of;  // empty: all
  LockWait wait;
  Position position;
};

struct Statement;
enum class Materialize : uint8_t { Default, Always, Never };
struct CommonTable {
  Name name;
  List<Name> columns;
  const Statement* statement;  // a query, or INSERT, UPDATE, DELETE with RETURNING; or MERGE
  Materialize materialize = Materialize::Default;
  Position position = kNoPosition;
};
struct With { bool is_recursive; List<CommonTable> tables; Position position; };

using QueryNode = std::variant<Select, Values, SetOperation>;

struct Query {
  QueryNode node;
  const With* with = nullptr;  // may be null
  List<SortKey> order_by;
  ExprPtr limit = nullptr;   // null: none; LIMIT ALL is a NULL literal
  ExprPtr offset = nullptr;  // null: none
  bool with_ties = false;    // FETCH FIRST … WITH TIES
  List<RowLock> row_locks;
  Position position = kNoPosition;
  Range range;  // without parentheses around it
};

}  // namespace rowan::ast
// clang-format on
