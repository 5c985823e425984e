// executor/ddl_storage.cpp: storage parameters, ON COMMIT and tablespaces: what CREATE TABLE and CREATE INDEX
// may ask for and Rowan has not. To pass over it in silence would be a lie.
#include <algorithm>
#include <iterator>

#include "executor/ddl_support.h"
#include "types/try.h"

namespace rowan {
namespace ddl {
namespace {

constexpr std::string_view kTableOptions[] = {"fillfactor",
                                              "toast_tuple_target",
                                              "parallel_workers",
                                              "user_catalog_table",
                                              "vacuum_index_cleanup",
                                              "vacuum_truncate",
                                              "log_autovacuum_min_duration",
                                              "autovacuum_enabled",
                                              "autovacuum_vacuum_threshold",
                                              "autovacuum_vacuum_scale_factor",
                                              "autovacuum_vacuum_insert_threshold",
                                              "autovacuum_vacuum_insert_scale_factor",
                                              "autovacuum_analyze_threshold",
                                              "autovacuum_analyze_scale_factor",
                                              "autovacuum_vacuum_cost_delay",
                                              "autovacuum_vacuum_cost_limit",
                                              "autovacuum_freeze_min_age",
                                              "autovacuum_freeze_max_age",
                                              "autovacuum_freeze_table_age",
                                              "autovacuum_multixact_freeze_min_age",
                                              "autovacuum_multixact_freeze_max_age",
                                              "autovacuum_multixact_freeze_table_age"};

bool has(std::string_view name, StorageKind kind) {
  if (kind == StorageKind::Hash) return name == "fillfactor";
  if (kind == StorageKind::BTree) return name == "fillfactor" || name == "deduplicate_items";
  if (name.substr(0, 6) == "toast.") name.remove_prefix(6);
  return std::find(std::begin(kTableOptions), std::end(kTableOptions), name) != std::end(kTableOptions);
}

}  // namespace

Result<> check_storage_options(const ast::List<ast::Option>& options, StorageKind kind) {
  for (const ast::Option& option : options) {
    std::string name(option.name.text);
    if (kind == StorageKind::Table && name == "oids") {
      if (option.text == "false" || option.text == "off" || option.text == "0") continue;
      return Error(sqlstate::feature_not_supported, "tables declared WITH OIDS are not supported");
    }
    if (has(name, kind)) {
      return Error(sqlstate::feature_not_supported, "storage parameter \"" + name + "\" is not supported")
          .at(option.name.position);
    }
    return Error(sqlstate::invalid_parameter_value, "unrecognized parameter \"" + name + "\"");
  }
  return {};
}

Result<> check_tablespace(const ast::Name& tablespace) {
  if (tablespace.empty() || tablespace.text == "pg_default") return {};
  return Error(sqlstate::undefined_object,
               "tablespace \"" + std::string(tablespace.text) + "\" does not exist");
}

}  // namespace ddl

Result<> check_table_storage(const ast::List<ast::Option>& options, ast::OnCommit on_commit,
                             const ast::Name& tablespace) {
  if (on_commit != ast::OnCommit::Default) {
    return Error(sqlstate::invalid_table_definition, "ON COMMIT can only be used on temporary tables");
  }
  TRY(ddl::check_tablespace(tablespace));
  return ddl::check_storage_options(options, ddl::StorageKind::Table);
}

}  // namespace rowan
