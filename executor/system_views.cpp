#include "executor/system_views.h"

#include <deque>

#include "executor/system_view_table.h"

namespace rowan {

struct SystemViews::Tables {
  struct Entry {
    SystemView view;
    system_views::MakeRows rows;
    std::string full_name;  // as SystemScan names it: without "pg_catalog."
  };
  std::vector<system_views::ViewEntry> sources;  // own the names that entries refer to
  std::deque<Entry> entries;
  const FunctionRegistry* functions;
};

SystemViews::SystemViews(const FunctionRegistry& functions) : tables_(std::make_unique<Tables>()) {
  tables_->functions = &functions;
  for (auto list : {system_views::relation_views(), system_views::definition_views(),
                    system_views::instance_views(), system_views::activity_views()}) {
    for (system_views::ViewEntry& entry : list) tables_->sources.push_back(std::move(entry));
  }
  for (const system_views::ViewEntry& source : tables_->sources) {
    std::string full(source.name);
    if (source.schema != "pg_catalog") full = std::string(source.schema) + "." + full;
    tables_->entries.push_back(
        {{source.schema, source.name, source.oid, source.columns}, source.rows, std::move(full)});
  }
}

SystemViews::~SystemViews() = default;

const SystemView* SystemViews::find(std::string_view schema, std::string_view name) const {
  for (const Tables::Entry& entry : tables_->entries) {
    bool in_schema = schema.empty() ? entry.view.schema == "pg_catalog" : entry.view.schema == schema;
    if (in_schema && entry.view.name == name) return &entry.view;
  }
  return nullptr;
}

std::vector<const SystemView*> SystemViews::all() const {
  std::vector<const SystemView*> views;
  for (const Tables::Entry& entry : tables_->entries)
    if (!is_set_function_name(entry.view.name)) views.push_back(&entry.view);
  return views;
}

Result<std::vector<SystemRow>> SystemViews::rows(std::string_view name, SessionServices& session) const {
  for (const Tables::Entry& entry : tables_->entries) {
    if (entry.full_name != name && !(entry.view.schema == "pg_catalog" && entry.view.name == name)) continue;
    catalog::CatalogPtr catalog = session.catalog();
    return entry.rows({session, *catalog, *tables_->functions, *this});
  }
  return Error(sqlstate::undefined_table, "relation \"" + std::string(name) + "\" does not exist");
}

}  // namespace rowan
