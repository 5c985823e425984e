// executor/ddl_table.cpp: CREATE TABLE.
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

// Keys first (foreign keys of the table to itself need them), the primary one ahead of all; foreign keys
// last.
Result<> add_constraints(DdlContext& context, catalog::Table& table,
                         const std::vector<ConstraintSpec>& specs) {
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
  if (!statement.tablespace.empty()) {
    return Error(sqlstate::feature_not_supported, "tablespaces are not supported")
        .at(statement.tablespace.position);
  }
  if (!statement.options.empty()) {
    return Error(sqlstate::invalid_parameter_value,
                 "unrecognized parameter \"" + std::string(statement.options[0].name.text) + "\"")
        .at(statement.options[0].name.position);
  }
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
  TRY(add_constraints(context, *table, constraints));
  context.overlay.put(catalog::TablePtr(std::move(table)));
  return {};
}

}  // namespace rowan::ddl
