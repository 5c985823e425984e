// executor/ddl_support.h: what the statements of DDL share: finding, locking and naming things.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executor/ddl.h"

namespace rowan::ddl {

// "public", for a name that is not qualified. Errors: 3F000 no such schema · 42501 pg_catalog is not for
// users.
Result<catalog::Oid> target_schema(const ast::QualifiedName& name);

// Locks the name against others who create it; then: is it free? Errors: those of waiting.
Result<> lock_name(DdlContext& context, std::string_view name);
bool is_name_free(DdlContext& context, std::string_view name);
// "t_a_key", or "t_a_key1" … where that is taken; at most 63 bytes, as PostgreSQL cuts them.
std::string choose_name(DdlContext& context, std::string_view table, std::string_view column,
                        std::string_view suffix, const std::vector<std::string>& also_taken = {});

// Takes `mode` on a relation, looks it up again, and returns the newest definition. Errors: 42P01 in
// PostgreSQL's words with a suggestion · 42809 it is something else · those of waiting.
Result<catalog::TablePtr> lock_table(DdlContext& context, const ast::QualifiedName& name, LockMode mode);
Result<> lock_oid(DdlContext& context, catalog::Oid oid, LockMode mode);
// What a name stands for once `mode_for` of it is locked (of an index: its table), as it is then; what has no
// mode is not locked. Errors: those of waiting.
Result<catalog::RelationPtr> lock_relation(
    DdlContext& context, const ast::QualifiedName& name,
    const std::function<std::optional<LockMode>(const catalog::RelationPtr&)>& mode_for);
// What a name stands for, monostate for nothing.
catalog::RelationPtr find(DdlContext& context, const ast::QualifiedName& name);
catalog::Oid oid_of(const catalog::RelationPtr& relation);  // 0: nothing's
// "table", "view", "index", "sequence"
std::string_view kind_word(const catalog::RelationPtr& relation);
Error undefined_relation(DdlContext& context, const ast::QualifiedName& name);
std::string name_text(const ast::QualifiedName& name);

// Errors: 42701 the name is a system column's.
Result<> check_column_name(std::string_view name);
bool is_system_column(std::string_view name);

// "Perhaps you meant …", "" when no column's name is near.
std::string column_hint(const catalog::Table& table, std::string_view name);
// Errors: 42703, without position as in PostgreSQL, with a suggestion.
Result<catalog::ColumnNumber> find_column(const catalog::Table& table, const ast::Name& name);

// The same error without a position.
Error unplaced(const Error& error);

// --- WITH (…), TABLESPACE (executor/ddl_storage.cpp) ---
enum class StorageKind : uint8_t { Table, BTree, Hash };
// Rowan has none of PostgreSQL's storage parameters. Errors: 0A000 with position for one that PostgreSQL has
// · 22023 for another, without, as PostgreSQL.
Result<> check_storage_options(const ast::List<ast::Option>& options, StorageKind kind);
// Errors: 42704 there is none but pg_default.
Result<> check_tablespace(const ast::Name& tablespace);

// A copy to change; put it back with overlay.put().
std::shared_ptr<catalog::Table> copy(const catalog::Table& table);

std::vector<PhysicalType> physical_columns(const catalog::Table& table);

// --- constraints (executor/ddl_constraint.cpp) ---
// A column's or table's constraint with the columns it is about.
struct ConstraintSpec {
  const ast::Constraint* constraint;
  std::vector<ast::Name> columns;  // of a column's own constraint: that column
  std::string_view column;         // its name, for naming; "" for a table's
};
// Adds the constraint to `table`, which is not yet in the overlay under this form; makes its index.
// `validate`: rows may exist and are checked.
Result<> add_constraint(DdlContext& context, catalog::Table& table, const ConstraintSpec& spec,
                        bool validate);
// Takes it away with its index. Errors: 2BP01 foreign keys need it and there is no CASCADE.
// `is_told`: what goes with it was asked about and told already.
Result<> drop_constraint(DdlContext& context, catalog::Table& table, const std::string& name, bool cascade,
                         Position position, bool is_told = false);
// Tests the rows that a NOT VALID constraint has not been tested on, and marks it as valid. Errors: 42704 ·
// 42809 it is a key · 23514, 23503 a row breaks it.
Result<> validate_constraint(DdlContext& context, catalog::Table& table, const std::string& name);

// The rows that exist against the CHECKs that mention the column and the foreign keys of and to it, those
// that are NOT VALID left out. Does nothing if the table has no such column. 23514, 23503.
Result<> check_constraints_of(DdlContext& context, const catalog::Table& table, std::string_view column);
Result<> drop_foreign_key(DdlContext& context, const catalog::Constraint& key);
// The foreign keys to `parent` that rest on that unique index of its.
Result<> drop_references_to(DdlContext& context, catalog::Table& parent, catalog::Oid index);
// May a foreign key column of type `own` refer to one of type `other`? PostgreSQL asks for an equality of the
// index's operator family, or an implicit cast to the type of the key.
bool can_reference(const Type& own, const Type& other);
Error cannot_reference(const std::string& key, const catalog::Column& own, const catalog::Column& other);

// --- views (executor/ddl_view.cpp) ---
Result<> rename_view_column(DdlContext& context, const catalog::View& view, const ast::Rename& statement);

// --- what depends on what (executor/ddl_drop.cpp) ---
// "cannot drop WHAT because other objects depend on it", with a line for each.
Error still_needed(const std::string& what, const std::vector<std::string>& lines);
// The NOTICE of a CASCADE.
void tell_cascade(DdlContext& context, const std::vector<std::string>& gone);
// Is it the sequence of that column's identity, and not one that the column owns besides?
bool is_identity_sequence(const catalog::Table& owner, const catalog::Sequence& sequence);
// A column's default that calls a sequence.
struct DefaultUse {
  catalog::Oid table;
  catalog::ColumnNumber column;
  std::string what;  // "default value for column x of table t"
};
// All of them, by table.
std::vector<DefaultUse> defaults_calling(const catalog::CatalogVersion& catalog,
                                         const catalog::Sequence& sequence);
// Takes such a default away, in the overlay.
Result<> drop_default(DdlContext& context, const DefaultUse& use);
// What needs a part of a table but for that table's own constraints: views, those that read them in turn,
// foreign keys, and defaults that call `sequences`, which go as well; listed as PostgreSQL lists them, each
// after what depends on it.
struct Dependents {
  std::vector<std::string> needed;  // "view v depends on …"
  std::vector<std::string> gone;    // "view v"
  std::vector<catalog::ViewPtr> views;
  std::vector<DefaultUse> defaults;
};
// `view_needs`, `key_needs`: what of it a view or a foreign key to the table needs ("column a of table t");
// empty: nothing.
Dependents dependents_on(DdlContext& context, const catalog::Table& table,
                         const std::function<std::string(const catalog::View&)>& view_needs,
                         const std::function<std::string(const catalog::Constraint&)>& key_needs,
                         const std::vector<catalog::SequencePtr>& sequences = {});
Result<> drop_views(DdlContext& context, const std::vector<catalog::ViewPtr>& views);
// Takes away what depends on a column but for constraints and indexes of its own table: the views that read
// it, theirs in turn, foreign keys that refer to it, and defaults that call a sequence of its, all told in
// one NOTICE. Errors: 2BP01 there are such and there is no CASCADE · those of waiting.
Result<> drop_dependents_of_column(DdlContext& context, catalog::Table& table, catalog::ColumnNumber column,
                                   bool cascade);

// --- columns (executor/ddl_column.cpp) ---
// The column that `spec` describes, without its constraints but for NOT NULL, DEFAULT and IDENTITY; sequences
// are made.
Result<catalog::Column> make_column(DdlContext& context, catalog::Table& table, const ast::ColumnSpec& spec,
                                    std::vector<ConstraintSpec>& later);
// Makes the sequence of a SERIAL or IDENTITY column, `number` of the table, and the default that calls it.
Result<> own_sequence(DdlContext& context, const catalog::Table& table, catalog::ColumnNumber number,
                      catalog::Column& column, const ast::SequenceOptions* options);
// A default's text, bound and deparsed. Errors: 42804 and those of binding.
Result<std::string> default_text(DdlContext& context, const catalog::Table& table,
                                 const catalog::Column& column, const ast::Expr& expr);

// The name that COLLATE gives, "" for the default, which is the order by bytes as "C" and "POSIX" are.
// Errors: 42804 the type has no collations, with position if it `points` · 0A000 another collation, with
// position.
Result<std::string> collation_name(const ast::QualifiedName& collation, const Type& type, bool points);

// --- indexes (executor/ddl_index.cpp) ---
// Makes storage, fills it from the table's rows (`fill`), puts the index into the overlay and its oid into
// table.indexes. Errors: 23505 with the duplicate key.
Result<> build_index(DdlContext& context, catalog::Table& table, std::shared_ptr<catalog::Index> index,
                     bool fill);
Result<> drop_index(DdlContext& context, const catalog::Index& index);

// --- sequences (executor/ddl_sequence.cpp) ---
Result<std::shared_ptr<catalog::Sequence>> make_sequence(DdlContext& context, std::string name,
                                                         const ast::SequenceOptions* options, TypeId type);
Result<> drop_sequence(DdlContext& context, catalog::Oid oid);
// Defaults name the sequences that they call: 'name'::regclass.
bool names_sequence(const std::string& default_sql, const std::string& name);
// Puts `to` for each `from` there, which is a sequence's oid in digits or its name.
void rename_sequence_in(std::string& default_sql, const std::string& from, const std::string& to);
// Sequences that stand there as the oid of a regclass get their names.
void name_sequences(std::string& default_sql, const catalog::CatalogVersion& catalog);
// Begins a new counter at `value`, which goes away with the changed definition when that is rolled back.
Result<> restart_sequence(DdlContext& context, catalog::Sequence& sequence, int64_t value);

// --- rewriting (executor/ddl_rewrite.cpp) ---
// Copies all rows of `from` into new storage as `to` wants them: values[i] computes column i over from's
// columns (nullptr: the column of the same number, or NULL). Indexes are built again. `to` gets its new
// storage and goes into the overlay.
Result<> rewrite_table(DdlContext& context, const catalog::Table& from, catalog::Table& to,
                       const std::vector<ExprPtr>& values);

// The statements.
Result<> create_table(DdlContext& context, const ast::CreateTable& statement);
Result<> alter_table(DdlContext& context, const ast::AlterTable& statement);
Result<> create_index(DdlContext& context, const ast::CreateIndex& statement);
Result<> create_view(DdlContext& context, const ast::CreateView& statement, std::string_view query,
                     const ast::Statement& whole);
Result<> create_sequence(DdlContext& context, const ast::CreateSequence& statement);
Result<> alter_sequence(DdlContext& context, const ast::AlterSequence& statement);
Result<> drop(DdlContext& context, const ast::Drop& statement);
Result<> rename(DdlContext& context, const ast::Rename& statement);
Result<> truncate(DdlContext& context, const ast::Truncate& statement);

}  // namespace rowan::ddl
