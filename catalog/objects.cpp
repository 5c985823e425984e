#include "catalog/objects.h"

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

}  // namespace rowan::catalog
