// Rows whose foreign key names no row of the parent table.
#include <map>

#include "executor/check_table.h"
#include "executor/table_binding.h"
#include "types/quote.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr size_t kOrphanKeysMax = 100;

// The keys that no parent has, each once.
std::string orphans_sql(const catalog::Table& child, const catalog::Table& parent,
                        const catalog::Constraint& key) {
  std::string join, present, columns;
  for (size_t i = 0; i < key.columns.size(); ++i) {
    std::string own = "c." + quote_identifier(child.columns[key.columns[i]].name);
    std::string other = "p." + quote_identifier(parent.columns[key.parent_columns[i]].name);
    join += (i == 0 ? "" : " AND ") + other + " = " + own;
    present += " AND " + own + " IS NOT NULL";
    columns += (i == 0 ? "" : ", ") + own;
  }
  return "SELECT DISTINCT " + columns + " FROM public." + quote_identifier(child.name) +
         " c WHERE NOT EXISTS (SELECT 1 FROM public." + quote_identifier(parent.name) + " p WHERE " + join +
         ")" + present + " LIMIT " + std::to_string(kOrphanKeysMax);
}

}  // namespace

Result<> check_references(TableCheck& check, Heap& heap, const Snapshot& snapshot,
                          const catalog::Constraint& key) {
  const catalog::Table& child = *check.table;
  catalog::TablePtr parent = check.catalog->table(key.parent);
  if (parent == nullptr) {
    check.report.add(kNoPage, child.storage,
                     "foreign key \"" + key.name + "\" refers to a table that is gone");
    return {};
  }
  std::vector<std::vector<Value>> orphans = TRY(check.query(orphans_sql(child, *parent, key)));
  if (orphans.empty()) return {};
  std::map<std::string, bool> wanted;  // what is said of the key; whether a row was found that has it
  for (const std::vector<Value>& values : orphans)
    wanted[describe_key(child, key.columns, values, check.eval)] = false;
  auto say = [&](PageNo page, const std::string& whose, const std::string& text) {
    check.report.add(page, child.storage,
                     whose + " violates foreign key \"" + key.name + "\": key " + text +
                         " is not present in table \"" + parent->name + "\"");
  };
  auto look = [&](PageNo page, const Batch& batch, const Selection& rows, const int64_t* ids) -> Result<> {
    for (uint32_t i = 0; i < rows.count(); ++i) {
      std::vector<Value> values;
      for (catalog::ColumnNumber column : key.columns) values.push_back(batch.column(column).value(rows[i]));
      std::string text = describe_key(child, key.columns, values, check.eval);
      auto found = wanted.find(text);
      if (found == wanted.end()) continue;
      found->second = true;
      say(page, row_text(RowId::unpack(static_cast<uint64_t>(ids[rows[i]]))), text);
    }
    return {};
  };
  TRY(for_each_row(check, heap, snapshot, key.columns, look));
  for (const auto& [text, was_found] : wanted)
    if (!was_found) say(kNoPage, "a row", text);
  return {};
}

}  // namespace rowan
