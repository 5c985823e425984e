#include "catalog/objects.h"

#include <algorithm>

namespace rowan::catalog {

// Tables have few columns and statements are bound once, so a walk is enough.
std::optional<ColumnNumber> Table::column_number(std::string_view column_name) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].dropped && columns[i].name == column_name) return static_cast<ColumnNumber>(i);
  }
  return std::nullopt;
}

const Column* Table::find_column(std::string_view column_name) const {
  std::optional<ColumnNumber> number = column_number(column_name);
  return number ? &columns[*number] : nullptr;
}

const NamedRelation* ViewWorld::find(std::string_view schema, std::string_view relation) const {
  for (const NamedRelation& named : relations)
    if (named.schema == schema && named.name == relation) return &named;
  return nullptr;
}

bool View::reads_column(Oid table, ColumnNumber column) const {
  if (!world) return std::find(depends_on.begin(), depends_on.end(), table) != depends_on.end();
  return std::any_of(world->reads.begin(), world->reads.end(),
                     [&](const ColumnUse& use) { return use.table == table && use.column == column; });
}

bool View::needs_constraint(Oid constraint) const {
  if (!world) return false;
  return std::find(world->constraints.begin(), world->constraints.end(), constraint) !=
         world->constraints.end();
}

}  // namespace rowan::catalog
