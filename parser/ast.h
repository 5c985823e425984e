// parser/ast.h: expressions, as written. A closed family: a variant of plain structs, with what every node
// has beside it. Nothing is resolved here: names are names, and `a + b` does not know its types. Nodes live
// in the arena of their ParsedStatement (parser/parser.h); none has a destructor. Chains of one operator are
// deep on the left and were built without recursion: a walker that recurses must watch its stack
// (`1+1+…` may be 100,000 deep), AND and OR are flat.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "types/error.h"

// clang-format off
namespace rowan::ast {

struct Expr;
struct Query;
struct WindowSpec;
using ExprPtr = const Expr*;  // never null unless its comment says so
using QueryPtr = const Query*;

template <class T>
using List = std::span<const T>;

// Bytes [begin, end) of the text that was parsed; ParsedStatement::source() yields the words.
struct Range { Position begin = kNoPosition; Position end = kNoPosition; };

// An identifier after folding to lower case and cutting at 63 bytes. Empty: none was written.
struct Name {
  std::string_view text;
  Position position = kNoPosition;

  bool empty() const { return text.empty(); }
};

// a · schema.a · catalog.schema.a, outermost first.
struct QualifiedName {
  List<Name> parts;

  bool empty() const { return parts.empty(); }
  std::string_view last() const { return parts.back().text; }
  std::string_view schema() const {
    return parts.size() < 2 ? std::string_view() : parts[parts.size() - 2].text;
  }
  Position position() const { return parts.empty() ? kNoPosition : parts.front().position; }
};

// `+`, or OPERATOR(schema.+). `!=` arrives as `<>`.
struct Operator {
  std::string_view symbol;
  std::string_view schema;  // empty: not qualified
  Position position = kNoPosition;
};

// ---- types ------------------------------------------------------------------------------------------------

enum class IntervalFields : uint8_t {
  All,
  Year,
  Month,
  Day,
  Hour,
  Minute,
  Second,
  YearToMonth,
  DayToHour,
  DayToMinute,
  DayToSecond,
  HourToMinute,
  HourToSecond,
  MinuteToSecond
};

// A type as written. The SQL spellings arrive under their catalog names, qualified as PostgreSQL does
// (INTEGER: pg_catalog.int4, CHAR: pg_catalog.bpchar with modifier 1, FLOAT(24): pg_catalog.float4 …).
struct TypeName {
  QualifiedName name;
  List<ExprPtr> modifiers;     // NUMERIC(10, 2); of INTERVAL(p): the precision
  List<int32_t> array_bounds;  // one a dimension; -1: not given
  IntervalFields fields = IntervalFields::All;
  bool is_set = false;  // SETOF
  Position position = kNoPosition;
  Range range;
};

// ---- the nodes --------------------------------------------------------------------------------------------

enum class LiteralKind : uint8_t {
  Null,
  Boolean,    // `integer` is 0 or 1
  Integer,    // fits 32 bits: `integer`
  Number,     // any other number: `text` ("3.14", "1e10", "99999999999")
  String,     // of unknown type: `text`, unescaped
  BitString,  // B'1010': `text` holds the digits
  HexString   // X'1F': `text` holds the digits
};
struct Literal { LiteralKind kind = LiteralKind::Null; int32_t integer = 0; std::string_view text; };

struct ColumnRef { QualifiedName name; };  // a, t.a, s.t.a
struct Star { QualifiedName qualifier; };  // *, t.*; in select lists, RETURNING, ROW(…) and arguments
struct Parameter { int32_t number; };  // $1

// -x, @ x; `right` only: PostgreSQL 15 knows no postfix operators.
struct Unary { Operator op; ExprPtr operand; };
// Comparisons, arithmetic, ||, ~ and all others but AND, OR.
struct Binary { Operator op; ExprPtr left; ExprPtr right; };
struct And { List<ExprPtr> operands; };  // two or more, left to right
struct Or { List<ExprPtr> operands; };
struct Not { ExprPtr operand; };

enum class TruthValue : uint8_t { True, False, Unknown };
struct IsNull { ExprPtr operand; bool negated; };
struct IsTruth { ExprPtr operand; TruthValue truth; bool negated; };  // IS [NOT] TRUE | FALSE | UNKNOWN
struct IsDistinct { ExprPtr left; ExprPtr right; bool negated; };  // negated: IS NOT DISTINCT FROM
struct Between { ExprPtr operand; ExprPtr low; ExprPtr high; bool negated; bool symmetric; };
struct InList { ExprPtr operand; List<ExprPtr> items; bool negated; };
struct InQuery { ExprPtr operand; QueryPtr query; bool negated; };

enum class MatchKind : uint8_t { Like, ILike, SimilarTo };
// escape: may be null
struct Match { ExprPtr operand; ExprPtr pattern; ExprPtr escape; MatchKind kind; bool negated; };

// left op ANY|ALL (query | array). Exactly one of `query` and `array` is set. LIKE ANY has the operators
// ~~ !~~ ~~* !~~*.
struct Quantified { Operator op; ExprPtr left; QueryPtr query; ExprPtr array; bool is_all; };
struct Exists { QueryPtr query; };
struct ScalarQuery { QueryPtr query; };
struct ArrayQuery { QueryPtr query; };  // ARRAY(SELECT …)

struct Row { List<ExprPtr> fields; bool is_explicit; };  // ROW(…), or (a, b)
struct Array { List<ExprPtr> elements; };  // ARRAY[…]; nested brackets are nested nodes
// a[i]: lower; a[l:u], either may be null
struct Subscript { ExprPtr base; ExprPtr lower; ExprPtr upper; bool is_slice; };
struct FieldSelect { ExprPtr base; Name field; };  // (expr).field; field "" : (expr).*

struct When { ExprPtr condition; ExprPtr result; };
struct Case { ExprPtr operand; List<When> whens; ExprPtr otherwise; };  // operand, otherwise: may be null

enum class ConditionalKind : uint8_t { Coalesce, NullIf, Greatest, Least };
struct Conditional { ConditionalKind kind; List<ExprPtr> arguments; };

enum class CastSyntax : uint8_t { Cast, Colons, Prefix };  // CAST(x AS t) · x::t · t 'x'
struct Cast { ExprPtr operand; const TypeName* type; CastSyntax syntax; };
struct Collate { ExprPtr operand; QualifiedName collation; };

enum class SqlValueKind : uint8_t {
  CurrentDate,
  CurrentTime,
  CurrentTimestamp,
  LocalTime,
  LocalTimestamp,
  CurrentRole,
  CurrentUser,
  User,
  SessionUser,
  CurrentCatalog,
  CurrentSchema
};
struct SqlValue { SqlValueKind kind; int32_t precision; };  // -1: none given

enum class SortDirection : uint8_t { Default, Ascending, Descending, Using };
enum class NullsOrder : uint8_t { Default, First, Last };
struct SortKey {
  ExprPtr expr = nullptr;
  SortDirection direction = SortDirection::Default;
  NullsOrder nulls = NullsOrder::Default;
  Operator using_operator;
};

// f(a, name => b, VARIADIC c). EXTRACT, POSITION, SUBSTRING, OVERLAY, TRIM, AT TIME ZONE and OVERLAPS arrive
// as calls of pg_catalog.extract, position, substring, overlay, btrim/ltrim/rtrim, timezone, overlaps with
// the arguments in those functions' order, `is_sql_syntax` set.
struct Argument { ExprPtr value; Name name; };
struct CallDetail {                  // what few calls have
  List<SortKey> order_by;            // agg(x ORDER BY y), or WITHIN GROUP (ORDER BY y)
  ExprPtr filter = nullptr;          // FILTER (WHERE …); may be null
  const WindowSpec* over = nullptr;  // may be null
  bool is_distinct = false;
  bool is_variadic = false;  // of the last argument
  bool is_within_group = false;
};
struct Call {
  QualifiedName name;
  List<Argument> arguments;
  const CallDetail* detail;  // null: nothing of the kind was written
  bool is_star;              // count(*)
  bool is_sql_syntax;
};

struct Grouping { List<ExprPtr> arguments; };                       // GROUPING(a, b)
struct DefaultValue {};  // DEFAULT in VALUES and SET
struct CurrentOf { Name cursor; };  // WHERE CURRENT OF

using ExprNode = std::variant<Literal, ColumnRef, Star, Parameter, Unary, Binary, And, Or, Not, IsNull,
                              IsTruth, IsDistinct, Between, InList, InQuery, Match, Quantified, Exists,
                              ScalarQuery, ArrayQuery, Row, Array, Subscript, FieldSelect, Case, Conditional,
                              Cast, Collate, SqlValue, Call, Grouping, DefaultValue, CurrentOf>;

struct Expr {
  ExprNode node;
  // Where an error about it points, as in PostgreSQL: an operator's own position for Unary, Binary, IsNull …;
  // `::` or CAST or the type for Cast; otherwise where it begins.
  Position position = kNoPosition;
  Range range;  // without parentheses around it
};

template <class Node>
const Node* as(ExprPtr expr) {
  return expr == nullptr ? nullptr : std::get_if<Node>(&expr->node);
}

}  // namespace rowan::ast
// clang-format on
