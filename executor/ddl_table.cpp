// executor/ddl_table.cpp: CREATE TABLE.
#include <algorithm>
#include <list>

#include "executor/ddl_support.h"
#include "storage/storage.h"
#include "types/try.h"

namespace rowan::ddl {
namespace {

bool is_primary(const ConstraintSpec& spec) {
  const auto* key = std::get_if<ast::UniqueKey>(&spec.constraint->node);
  return key != nullptr && key->is_primary;
}

bool is_foreign(const ConstraintSpec& spec) {
  return std::holds_alternative<ast::ForeignKey>(spec.constraint->node);
}

bool same_names(ast::List<ast::Name> a, ast::List<ast::Name> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ast::Name& left, const ast::Name& right) { return left.text == right.text; });
}

// Two keys that one index serves: the same columns in the same order, and all else as well.
bool is_same_key(const ConstraintSpec& a, const ConstraintSpec& b) {
  const auto* left = std::get_if<ast::UniqueKey>(&a.constraint->node);
  const auto* right = std::get_if<ast::UniqueKey>(&b.constraint->node);
  if (left == nullptr || right == nullptr || (left->is_primary && right->is_primary)) return false;
  auto columns = [](const ConstraintSpec& spec, const ast::UniqueKey& key) {
    return spec.columns.empty() ? key.columns : ast::List<ast::Name>(spec.columns);
  };
  return same_names(columns(a, *left), columns(b, *right)) && same_names(left->include, right->include) &&
         a.constraint->is_deferrable == b.constraint->is_deferrable &&
         a.constraint->initially_deferred == b.constraint->initially_deferred;
}

// UNIQUE that says again what the primary key or an earlier UNIQUE says makes no index of its own. If it
// alone has a name, the one that stays takes it; `renamed` keeps such constraints.
void merge_keys(std::vector<ConstraintSpec>& specs, std::list<ast::Constraint>& renamed) {
  std::stable_partition(specs.begin(), specs.end(), is_primary);
  std::vector<ConstraintSpec> kept;
  for (ConstraintSpec& spec : specs) {
    auto same = std::find_if(kept.begin(), kept.end(),
                             [&](const ConstraintSpec& other) { return is_same_key(other, spec); });
    if (same == kept.end()) {
      kept.push_back(std::move(spec));
    } else if (same->constraint->name.empty() && !spec.constraint->name.empty()) {
      renamed.push_back(*same->constraint);
      renamed.back().name = spec.constraint->name;
      same->constraint = &renamed.back();
    }
  }
  specs = std::move(kept);
}

// Keys first (foreign keys of the table to itself need them), the primary one ahead of all; foreign keys
// last.
Result<> add_constraints(DdlContext& context, catalog::Table& table, std::vector<ConstraintSpec> specs) {
  std::list<ast::Constraint> renamed;
  merge_keys(specs, renamed);
  for (const ConstraintSpec& spec : specs) {
    if (is_primary(spec)) TRY(add_constraint(context, table, spec, false));
  }
  for (const ConstraintSpec& spec : specs) {
    if (!is_primary(spec) && !is_foreign(spec)) TRY(add_constraint(context, table, spec, false));
  }
  for (const ConstraintSpec& spec : specs) {
    if (is_foreign(spec)) TRY(add_constraint(context, table, spec, false));
  }
  return {};
}

}  // namespace

Result<> create_table(DdlContext& context, const ast::CreateTable& statement) {
  if (statement.persistence == ast::Persistence::Temporary) {
    return Error(sqlstate::feature_not_supported, "temporary tables are not supported")
        .at(statement.name.position());
  }
  TRY(check_table_storage(statement.options, statement.on_commit, statement.tablespace));
  auto table = std::make_shared<catalog::Table>();
  table->schema = TRY(target_schema(statement.name));
  table->name = statement.name.last();
  TRY(lock_name(context, table->name));
  if (!is_name_free(context, table->name)) {
    if (!statement.if_not_exists) {
      return Error(sqlstate::duplicate_table, "relation \"" + table->name + "\" already exists");
    }
    context.notice(
        Error(sqlstate::duplicate_table, "relation \"" + table->name + "\" already exists, skipping"));
    return {};
  }
  table->oid = TRY(context.relations.new_oid());
  std::vector<ConstraintSpec> constraints;
  for (const ast::ColumnSpec& spec : statement.columns) {
    catalog::Column column = TRY(make_column(context, *table, spec, constraints));
    table->columns.push_back(std::move(column));
  }
  for (const ast::Constraint& constraint : statement.constraints)
    constraints.push_back({&constraint, {}, {}});
  table->storage = TRY(context.relations.storage().space().new_relation_id());
  context.created.push_back(table->storage);
  HeapPtr heap = TRY(context.relations.create_heap(table->storage, physical_columns(*table)));
  table->layout = 0;
  TRY(lock_oid(context, table->oid, LockMode::AccessExclusive));
  TRY(add_constraints(context, *table, std::move(constraints)));
  context.overlay.put(catalog::TablePtr(std::move(table)));
  return {};
}

}  // namespace rowan::ddl
