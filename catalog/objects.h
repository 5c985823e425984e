// catalog/objects.h: what exists: the definitions of tables, indexes, constraints, sequences and views, as
// plain values. Expressions are kept as text (a default, a check, an index key, a view's query); the planner
// binds them and leaves the bound form in the object's BoundSlot.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/ids.h"
#include "types/mutex.h"
#include "types/type.h"
#include "types/value.h"

namespace rowan::catalog {

using Oid = uint32_t;  // of objects; also the RelationId of what has storage
inline constexpr Oid kPgCatalogSchema = 11;
inline constexpr Oid kPublicSchema = 2200;
inline constexpr Oid kFirstUserOid = 16384;

// A place where the planner keeps what it made of an object, for as long as that object lives. Thread-safe.
class BoundSlot {
 public:
  std::shared_ptr<const void> get() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return bound_;
  }
  void set(std::shared_ptr<const void> bound) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    bound_ = std::move(bound);
  }

 private:
  mutable Mutex mutex_{LockRank::Leaf};
  std::shared_ptr<const void> bound_ GUARDED_BY(mutex_);
};

enum class Identity : uint8_t { None, Always, ByDefault };

struct Column {
  std::string name;
  Type type;
  bool not_null = false;
  bool dropped = false;  // its place in the layout stays, its name is gone
  Identity identity = Identity::None;
  std::string collation;         // "C" or "POSIX" where COLLATE said so, to be shown; all sort by bytes
  std::string default_sql;       // "" = none; of a serial column: nextval('…')
  Oid owned_sequence = 0;        // SERIAL and IDENTITY
  std::optional<Value> missing;  // what rows older than the column hold (ADD COLUMN … DEFAULT constant)
};

// Columns are numbered from 0 in definition order, dropped ones included: the number is also the column's
// place in the heap's layout. PostgreSQL's attnum is the number plus one.
using ColumnNumber = uint16_t;

enum class IndexMethod : uint8_t { BTree, Hash };

struct IndexKey {
  std::optional<ColumnNumber> column;  // or an expression:
  std::string expression_sql;
  Type type;
  std::string collation;  // where it was given and is not the column's own; as a column's
  bool descending = false;
  bool nulls_first = false;  // set to PostgreSQL's default for the direction when not said
};

struct Index {
  Oid oid = 0;
  Oid table = 0;
  std::string name;
  IndexMethod method = IndexMethod::BTree;
  std::vector<IndexKey> keys;
  std::vector<ColumnNumber> include;
  std::string predicate_sql;  // partial index; "" = all rows
  bool is_unique = false;
  bool is_primary = false;
  Oid constraint = 0;      // of the constraint that owns it, 0 for none
  RelationId storage = 0;  // changes when TRUNCATE or a rewrite of the table replaces it
  // Not 0: rows had versions that are not in it, because newer ones had replaced them when it was built. Who
  // may still see those (a snapshot older than this, or one that does not see `built_by`) must not use it;
  // PostgreSQL's indcheckxmin. In memory only: after a restart nobody can.
  CommitSeq complete_from = 0;
  WriteId built_by = 0;
};

enum class ConstraintKind : uint8_t { PrimaryKey, Unique, Check, ForeignKey };
enum class ForeignKeyAction : uint8_t { NoAction, Restrict, Cascade, SetNull, SetDefault };
enum class ForeignKeyMatch : uint8_t { Simple, Full };

struct Constraint {
  Oid oid = 0;
  Oid table = 0;
  std::string name;
  ConstraintKind kind = ConstraintKind::Check;
  std::vector<ColumnNumber> columns;  // of the table; a check's: the columns it mentions
  std::string
      check_sql;   // the expression as pg_get_constraintdef shows it, without CHECK and its parentheses
  Oid index = 0;   // PrimaryKey, Unique: theirs; ForeignKey: the parent's
  Oid parent = 0;  // ForeignKey: the referenced table
  std::vector<ColumnNumber> parent_columns;
  ForeignKeyAction on_delete = ForeignKeyAction::NoAction;
  ForeignKeyAction on_update = ForeignKeyAction::NoAction;
  ForeignKeyMatch match = ForeignKeyMatch::Simple;
  std::vector<ColumnNumber> set_columns;  // ON DELETE SET NULL (columns)
  // Check, ForeignKey: false after NOT VALID, until VALIDATE CONSTRAINT: rows that are older may break it.
  bool is_valid = true;
  bool is_no_inherit = false;  // Check: NO INHERIT, which without inheritance is a word to be shown again
};

struct Table {
  Oid oid = 0;  // and the RelationId of its heap
  Oid schema = kPublicSchema;
  std::string name;
  std::vector<Column> columns;
  std::vector<Constraint> constraints;
  std::vector<Oid> indexes;      // sorted by oid
  std::vector<Oid> referencing;  // oids of foreign keys of other tables (and its own) that point here
  uint16_t layout = 0;           // the heap layout that new rows are written in
  RelationId storage = 0;        // the heap; changes when TRUNCATE or a rewrite replaces it
  std::shared_ptr<BoundSlot> bound = std::make_shared<BoundSlot>();

  const Column* find_column(std::string_view column_name) const;  // not the dropped ones
  std::optional<ColumnNumber> column_number(std::string_view column_name) const;
};

struct Sequence {
  Oid oid = 0;
  Oid schema = kPublicSchema;
  std::string name;
  Type type = TypeId::BigInt;
  int64_t start = 1, increment = 1, minimum = 1, maximum = INT64_MAX, cache = 1;
  bool cycles = false;
  Oid owner_table = 0;  // SERIAL, IDENTITY, OWNED BY
  ColumnNumber owner_column = 0;
  Oid counter = 0;  // whose value this is, when RESTART has begun a new one; 0: its own oid
  Oid counter_oid() const { return counter != 0 ? counter : oid; }
};

struct ViewColumn {
  std::string name;
  Type type;
};

// A relation that a view's text names, and the columns that it had when the view was made.
struct NamedRelation {
  struct Column {
    std::string name;
    ColumnNumber number = 0;  // of a table's columns, or of a view's
  };
  std::string schema, name;  // as written; "" where no schema was
  Oid oid = 0;
  std::vector<Column> columns;  // none of a sequence or an index
};

struct ColumnUse {
  Oid table = 0;
  ColumnNumber column = 0;
};

// The world in which a view was made, in which its text keeps its meaning: names lead to the relations that
// had them and show the columns that were there, literals are read under the settings and at the time of
// then.
struct ViewWorld {
  std::vector<NamedRelation> relations;
  std::vector<ColumnUse> reads;  // columns of tables that the query itself reads
  std::vector<Oid> constraints;  // primary keys that let columns stand beside GROUP BY
  std::string date_style, interval_style, time_zone;
  int64_t moment_us = 0;  // what 'now' and 'today' are

  const NamedRelation* find(std::string_view schema, std::string_view relation) const;
};

struct View {
  Oid oid = 0;
  Oid schema = kPublicSchema;
  std::string name;
  std::vector<ViewColumn> columns;
  std::string query_sql;           // as typed; bound in its world at each use
  std::vector<Oid> depends_on;     // tables, views, sequences that the text names
  std::optional<ViewWorld> world;  // none: written before there were any; it means what it means today
  std::shared_ptr<BoundSlot> bound = std::make_shared<BoundSlot>();

  // Without a world every column of what it depends on.
  bool reads_column(Oid table, ColumnNumber column) const;
  bool needs_constraint(Oid constraint) const;
};

// What ANALYZE found, for the planner.
struct ColumnStatistics {
  double null_fraction = 0;
  double average_width = 0;  // bytes
  double distinct = 0;       // > 0: how many; < 0: minus the fraction of rows, as PostgreSQL's n_distinct
  std::vector<Value> common_values;
  std::vector<double> common_frequencies;
  std::vector<Value> histogram;  // bounds of equally filled buckets, common values left out
  double correlation = 0;        // of physical order and value order, -1 … 1
};

struct TableStatistics {
  Oid table = 0;
  double rows = 0;
  double pages = 0;
  std::map<ColumnNumber, ColumnStatistics> columns;
};

}  // namespace rowan::catalog
