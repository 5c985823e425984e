// parser/ast_statement.h: what one statement can be: rows in and out, transactions, settings, tools; and the
// Statement that holds any of them.
#pragma once

#include "parser/ast_ddl.h"
#include "parser/ast_query.h"

// clang-format off
namespace rowan::ast {

// ---- INSERT, UPDATE, DELETE -------------------------------------------------------------------------------

// a, a.field, a[1]: what INSERT and UPDATE write into. `path` is empty for a whole column.
struct TargetStep { Name field; ExprPtr lower; ExprPtr upper; bool is_slice; };  // field, or a subscript
struct Target { Name column; List<TargetStep> path; };

// a = expr · (a, b) = (expr, expr) · (a, b) = (SELECT …): several targets take the fields of one value, whose
// node is a Row or a ScalarQuery.
struct Assignment {
  List<Target> targets;
  ExprPtr value;
  bool is_multiple;  // written with parentheses around the targets
  Position position;
};

struct ConflictTarget {  // ON CONFLICT (a, lower(b)) WHERE … | ON CONSTRAINT c
  List<IndexKey> keys;
  ExprPtr where = nullptr;  // may be null
  Name constraint;
};
struct OnConflict {
  std::optional<ConflictTarget> target;
  bool do_update = false;
  List<Assignment> assignments;  // of DO UPDATE SET
  ExprPtr where = nullptr;       // may be null
  Position position = kNoPosition;
};

enum class Overriding : uint8_t { None, SystemValue, UserValue };

struct Insert {
  const With* with = nullptr;
  QualifiedName table;
  Name alias;
  List<Target> columns;  // empty: all, in order
  Overriding overriding = Overriding::None;
  QueryPtr query = nullptr;  // null: DEFAULT VALUES
  const OnConflict* on_conflict = nullptr;
  List<SelectItem> returning;
};

struct Update {
  const With* with = nullptr;
  QualifiedName table;
  bool is_only = false;
  Name alias;
  List<Assignment> assignments;
  List<FromPtr> from;
  ExprPtr where = nullptr;  // may be null; may be a CurrentOf
  List<SelectItem> returning;
};

struct Delete {
  const With* with = nullptr;
  QualifiedName table;
  bool is_only = false;
  Name alias;
  List<FromPtr> using_items;
  ExprPtr where = nullptr;
  List<SelectItem> returning;
};

// ---- MERGE ------------------------------------------------------------------------------------------------

enum class MergeAction : uint8_t { Nothing, Insert, Update, Delete };
struct MergeWhen {  // WHEN [NOT] MATCHED [AND condition] THEN action
  MergeAction action = MergeAction::Nothing;
  bool is_matched = false;
  ExprPtr condition = nullptr;    // may be null
  List<Assignment> assignments;   // of Update
  const Insert* insert = nullptr; // of Insert: columns, overriding, and a query that is VALUES of one row
};
struct Merge {
  const With* with = nullptr;
  QualifiedName table;
  bool is_only = false;
  Name alias;
  FromPtr source = nullptr;
  ExprPtr on = nullptr;
  List<MergeWhen> clauses;
};

struct Copy {
  QualifiedName table;               // empty: `query`
  List<Name> columns;                // empty: all
  const Statement* query = nullptr;  // COPY (…) TO: a query, or INSERT, UPDATE, DELETE with RETURNING; or MERGE
  bool is_from = false;
  bool is_program = false;
  std::optional<std::string_view> file;  // nullopt: STDIN or STDOUT
  List<Option> options;  // the old spellings arrive under the new names: delimiter, null, format …
  ExprPtr where = nullptr;
};

// ---- transactions and locks -------------------------------------------------------------------------------

enum class IsolationLevel : uint8_t { ReadUncommitted, ReadCommitted, RepeatableRead, Serializable };
struct TransactionModes {  // nothing set: nothing was written
  std::optional<IsolationLevel> isolation;
  std::optional<bool> is_read_only;
  std::optional<bool> is_deferrable;
};
struct Begin { TransactionModes modes; bool is_start; };  // is_start: START TRANSACTION, with its own tag
struct Commit { bool chain; };
struct Rollback { bool chain; };
struct Savepoint { Name name; };
struct ReleaseSavepoint { Name name; };
struct RollbackToSavepoint { Name name; };

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
struct LockTable {
  List<TruncateTarget> tables;
  TableLockMode mode = TableLockMode::AccessExclusive;
  bool no_wait = false;
};
struct SetConstraints {       // SET CONSTRAINTS ALL | a, b DEFERRED | IMMEDIATE
  List<QualifiedName> names;  // empty: ALL
  bool is_deferred;
};

// ---- settings ---------------------------------------------------------------------------------------------

enum class SetScope : uint8_t { Session, Local };
// SET name TO a, b. TIME ZONE, NAMES, SCHEMA, ROLE … arrive under the settings' names (timezone,
// client_encoding, search_path, role). TIME ZONE INTERVAL '…' is a Cast.
struct SetVariable {
  SetScope scope = SetScope::Session;
  std::string_view name;  // "a" or "a.b"
  List<ExprPtr> values;   // Literals; a bare word is a String; empty: TO DEFAULT
  Position position = kNoPosition;
};
struct SetTransaction {
  bool is_session = false;  // SET SESSION CHARACTERISTICS AS TRANSACTION
  TransactionModes modes;
};
struct Reset { std::string_view name; Position position; };  // "all": RESET ALL
struct Show { std::string_view name; Position position; };  // "all": SHOW ALL
enum class DiscardKind : uint8_t { All, Plans, Sequences, Temporary };
struct Discard { DiscardKind kind; };

// ---- prepared statements, cursors -------------------------------------------------------------------------

struct Prepare { Name name; List<const TypeName*> parameter_types; const Statement* statement; };
struct Execute { Name name; List<ExprPtr> arguments; };
struct Deallocate { Name name; };  // empty: ALL

struct DeclareCursor {
  Name name;
  bool is_binary = false;
  std::optional<bool> scroll;
  bool with_hold = false;
  QueryPtr query = nullptr;
};
enum class FetchDirection : uint8_t { Forward, Backward, Absolute, Relative };
struct Fetch {
  FetchDirection direction = FetchDirection::Forward;
  int64_t count = 1;
  bool is_all = false;   // FETCH ALL, FORWARD ALL, BACKWARD ALL
  bool is_move = false;  // MOVE
  Name cursor;
};
struct CloseCursor { Name name; };  // empty: ALL

// ---- tools ------------------------------------------------------------------------------------------------

struct Explain { List<Option> options; const Statement* statement; };
struct AnalyzeTarget { QualifiedName table; List<Name> columns; };
struct Analyze { List<Option> options; List<AnalyzeTarget> targets; };  // no targets: all tables
struct Vacuum { List<Option> options; List<AnalyzeTarget> targets; };
struct Checkpoint {};
struct Backup { std::string_view path; };

using StatementNode =
    std::variant<QueryPtr, Insert, Update, Delete, Merge, Copy, Begin, Commit, Rollback, Savepoint, ReleaseSavepoint,
                 RollbackToSavepoint, LockTable, SetConstraints, SetVariable, SetTransaction, Reset, Show,
                 Discard, Prepare, Execute, Deallocate, DeclareCursor, Fetch, CloseCursor, Explain, Analyze,
                 Vacuum, Checkpoint, Backup, CreateTable, CreateTableAs, AlterTable, Rename, CreateIndex, CreateView,
                 CreateSequence, AlterSequence, CreateSchema, Drop, Truncate, CommentOn, CreateStatistics>;

struct Statement { StatementNode node; Position position = kNoPosition; Range range; };

}  // namespace rowan::ast
// clang-format on
