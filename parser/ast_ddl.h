// parser/ast_ddl.h: statements that define, change and drop tables, indexes, views, sequences.
#pragma once

#include <optional>

#include "parser/ast_query.h"

// clang-format off
namespace rowan::ast {

// NAME [value] in WITH (…), EXPLAIN (…), COPY … WITH (…).
enum class OptionValueKind : uint8_t { None, Word, String, Integer, Number, Star, Words };
struct Option {
  Name name;
  OptionValueKind kind = OptionValueKind::None;
  std::string_view text;  // of Word, String, Number; of Integer too, as written
  int32_t integer = 0;    // of Integer
  List<Name> words;       // of Words: FORCE_NULL (a, b)
};

// ---- tables -----------------------------------------------------------------------------------------------

// Nothing set: nothing was written.
struct SequenceOptions {
  const TypeName* type = nullptr;  // AS bigint
  std::optional<int64_t> increment, minimum, maximum, start, cache;
  bool no_minimum = false, no_maximum = false;
  std::optional<bool> cycle;
  QualifiedName owned_by;       // table.column; OWNED BY NONE is the one part "none"
  QualifiedName sequence_name;  // SEQUENCE NAME s
  bool is_restart = false;      // RESTART [WITH n]
  std::optional<int64_t> restart;
  Position position = kNoPosition;
};

enum class ReferenceAction : uint8_t { NoAction, Restrict, Cascade, SetNull, SetDefault };
enum class ReferenceMatch : uint8_t { Simple, Full, Partial };

struct NotNull {};
struct Nullable {};  // NULL
struct Default { ExprPtr expr; };
struct Check { ExprPtr expr; bool no_inherit; };
struct Generated { ExprPtr expr; };  // GENERATED ALWAYS AS (…) STORED
struct Identity { bool is_always; const SequenceOptions* options; };
struct UniqueKey {  // UNIQUE and PRIMARY KEY
  bool is_primary;
  List<Name> columns;  // empty in a column's own constraint
  List<Name> include;
  List<Option> options;  // WITH (…)
  Name tablespace;
  Name using_index;  // ADD … USING INDEX i
};
struct ForeignKey {
  List<Name> columns;  // empty in a column's own constraint
  QualifiedName table;
  List<Name> referenced;  // empty: the primary key
  ReferenceMatch match;
  ReferenceAction on_update;
  ReferenceAction on_delete;
  List<Name> on_delete_columns;  // SET NULL (a, b)
};

struct Constraint {
  std::variant<NotNull, Nullable, Default, Check, Generated, Identity, UniqueKey, ForeignKey> node;
  Name name;  // empty: to be chosen
  bool is_deferrable = false;
  bool initially_deferred = false;
  bool is_not_valid = false;
  Position position = kNoPosition;
};

struct ColumnSpec {
  Name name;
  const TypeName* type = nullptr;  // null only in CREATE TABLE … AS (names)
  QualifiedName collation;
  List<Constraint> constraints;
};

enum class Persistence : uint8_t { Permanent, Temporary, Unlogged };
enum class OnCommit : uint8_t { Default, PreserveRows, DeleteRows, Drop };

struct CreateTable {
  QualifiedName name;
  Persistence persistence = Persistence::Permanent;
  bool if_not_exists = false;
  List<ColumnSpec> columns;
  List<Constraint> constraints;
  List<Option> options;  // WITH (…)
  OnCommit on_commit = OnCommit::Default;
  Name tablespace;
};

struct CreateTableAs {  // also SELECT … INTO
  QualifiedName name;
  Persistence persistence = Persistence::Permanent;
  bool if_not_exists = false;
  List<Name> columns;
  List<Option> options;
  OnCommit on_commit = OnCommit::Default;
  Name tablespace;
  QueryPtr query = nullptr;            // null: `execute`
  const Statement* execute = nullptr;  // CREATE TABLE t AS EXECUTE p
  bool with_data = true;
  bool is_select_into = false;
};

// ---- ALTER TABLE ------------------------------------------------------------------------------------------

struct AddColumn { ColumnSpec column; bool if_not_exists; };
struct DropColumn { Name name; bool if_exists; bool is_cascade; };
struct SetDefault { Name column; ExprPtr expr; };  // null: DROP DEFAULT
struct SetNotNull { Name column; bool is_not_null; };  // false: DROP NOT NULL
// using_expr: may be null
struct AlterType { Name column; const TypeName* type; QualifiedName collation; ExprPtr using_expr; };
struct SetStatistics { Name column; int32_t target; };
struct AddIdentity { Name column; Identity identity; };
struct AlterIdentity { Name column; std::optional<bool> is_always; const SequenceOptions* options; };
struct DropIdentity { Name column; bool if_exists; };
struct DropExpression { Name column; bool if_exists; };
struct AddConstraint { Constraint constraint; };
struct DropConstraint { Name name; bool if_exists; bool is_cascade; };
struct ValidateConstraint { Name name; };
struct AlterConstraint { Name name; bool is_deferrable; bool initially_deferred; };
struct SetOptions { List<Option> options; bool is_reset; };
struct ChangeOwner { Name role; };  // empty: CURRENT_USER and its kin

using AlterTableNode = std::variant<AddColumn, DropColumn, SetDefault, SetNotNull, AlterType, SetStatistics,
                                    AddIdentity, AlterIdentity, DropIdentity, DropExpression, AddConstraint,
                                    DropConstraint, ValidateConstraint, AlterConstraint, SetOptions,
                                    ChangeOwner>;
struct AlterTableAction { AlterTableNode node; Position position = kNoPosition; };

enum class ObjectKind : uint8_t {
  Table,
  View,
  MaterializedView,
  Index,
  Sequence,
  Schema,
  Column,
  Constraint,
  Type,
  Domain,
  Function,
  Database,
  Role,
  Statistics,
  Other
};

struct AlterTable {  // ALTER INDEX, VIEW and SEQUENCE share some of its actions
  ObjectKind kind = ObjectKind::Table;
  QualifiedName name;
  bool if_exists = false;
  bool is_only = false;
  List<AlterTableAction> actions;
};

// ALTER … RENAME: an object (`member` empty), a column or a constraint of it.
struct Rename {
  ObjectKind kind = ObjectKind::Table;         // what the statement names: ALTER TABLE, INDEX, VIEW …
  ObjectKind member_kind = ObjectKind::Table;  // Column or Constraint; otherwise as `kind`
  QualifiedName name;
  Name member;
  Name new_name;
  bool if_exists = false;
};

// ---- others -----------------------------------------------------------------------------------------------

struct IndexKey {
  Name column;  // empty: `expr`
  ExprPtr expr = nullptr;
  QualifiedName collation;
  QualifiedName operator_class;
  SortDirection direction = SortDirection::Default;
  NullsOrder nulls = NullsOrder::Default;
  Position position = kNoPosition;
};
struct CreateIndex {
  Name name;  // empty: to be chosen
  QualifiedName table;
  Name method;  // empty: btree
  bool is_unique = false;
  bool is_concurrent = false;
  bool if_not_exists = false;
  bool is_only = false;
  List<IndexKey> keys;
  List<IndexKey> include;
  List<Option> options;
  Name tablespace;
  ExprPtr where = nullptr;  // may be null
};

enum class CheckOption : uint8_t { None, Local, Cascaded };
struct CreateView {
  QualifiedName name;
  bool or_replace = false;
  Persistence persistence = Persistence::Permanent;
  bool is_recursive = false;  // its query is already WITH RECURSIVE name (columns) AS (…) SELECT columns
  List<Name> columns;
  List<Option> options;
  QueryPtr query = nullptr;
  CheckOption check_option = CheckOption::None;
};

struct CreateSequence {
  QualifiedName name;
  Persistence persistence = Persistence::Permanent;
  bool if_not_exists = false;
  SequenceOptions options;
};
struct AlterSequence { QualifiedName name; bool if_exists = false; SequenceOptions options; };

struct CreateSchema { Name name; bool if_not_exists; };

struct Drop {
  ObjectKind kind = ObjectKind::Table;
  List<QualifiedName> names;
  bool if_exists = false;
  bool is_cascade = false;
  bool is_concurrent = false;  // DROP INDEX CONCURRENTLY
};

struct TruncateTarget { QualifiedName name; bool is_only; };
struct Truncate { List<TruncateTarget> tables; bool restart_identity = false; bool is_cascade = false; };

struct CommentOn {
  ObjectKind kind = ObjectKind::Table;
  QualifiedName name;  // of a Constraint: its table, `member` the constraint
  Name member;
  bool is_null = false;  // IS NULL takes the comment away
  std::string_view text;
};

struct CreateStatistics {
  QualifiedName name;  // empty: to be chosen
  bool if_not_exists = false;
  List<Name> kinds;  // ndistinct, dependencies, mcv; empty: all
  List<IndexKey> keys;
  List<FromPtr> from;
};

}  // namespace rowan::ast
// clang-format on
