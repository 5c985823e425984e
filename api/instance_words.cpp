// api/instance_words.cpp: what locks and conflicts are about, in words: tables by name, rows by primary key,
// the other side by its statement.
#include <algorithm>

#include "api/instance.h"
#include "api/session_core.h"
#include "executor/table_binding.h"
#include "txn/ssi.h"
#include "types/try.h"

namespace rowan {

void Instance::lend_words() {
  auto statement = [this](uint64_t session) { return statement_of(session); };
  transactions_->locks().set_describe([this](const LockTarget& target) { return words_for(target); });
  transactions_->locks().set_statement_of(statement);
  transactions_->ssi().set_words(statement, [this](RelationId storage) { return relation_words(storage); });
}

std::string Instance::statement_of(uint64_t session) {
  MutexLock lock(mutex_);
  auto found = std::find_if(sessions_.begin(), sessions_.end(),
                            [&](const SessionCore* each) { return each->number() == session; });
  return found != sessions_.end() ? (*found)->published_statement() : std::string();
}

std::string Instance::relation_words(RelationId storage) {
  if (!catalog_) return {};
  catalog::CatalogPtr catalog = catalog_->newest();
  for (const catalog::TablePtr& table : catalog->tables())
    if (table->storage == storage) return "relation \"" + table->name + "\"";
  for (const catalog::IndexPtr& index : catalog->indexes()) {
    if (index->storage != storage) continue;
    catalog::TablePtr table = catalog->table(index->table);
    if (table) return "relation \"" + table->name + "\"";
  }
  return {};
}

namespace {

// "(id)=(5)" of the row's newest version; "" where it has none, or the table no primary key.
Result<std::string> primary_key_of(Relations& relations, const catalog::Table& table, RowId row) {
  auto key = std::find_if(table.constraints.begin(), table.constraints.end(), [](const auto& constraint) {
    return constraint.kind == catalog::ConstraintKind::PrimaryKey;
  });
  if (key == table.constraints.end()) return std::string();
  HeapPtr heap = TRY(relations.heap(table));
  Projection projection{heap->layout(table.layout), {}};
  projection.columns.assign(key->columns.begin(), key->columns.end());
  std::vector<Type> types;
  for (catalog::ColumnNumber column : key->columns) types.push_back(table.columns[column].type);
  Batch found(types, 1);
  LatestRow latest = TRY(heap->fetch_latest(nullptr, projection, row, found, 0));
  if (latest.state != LatestState::Live && latest.state != LatestState::InProgress &&
      latest.state != LatestState::DeleteInProgress)
    return std::string();
  std::vector<Value> values;
  for (size_t i = 0; i < types.size(); ++i) values.push_back(found.column(i).value(0));
  EvalContext context;
  return describe_key(table, key->columns, values, context);
}

}  // namespace

std::string Instance::words_for(const LockTarget& target) {
  bool is_row = target.kind == LockTarget::Kind::Row;
  if ((!is_row && target.kind != LockTarget::Kind::Relation) || !catalog_) return {};
  catalog::TablePtr table = catalog_->newest()->table(target.relation);
  if (!table) return {};
  std::string words = "relation \"" + table->name + "\"";
  if (!is_row) return words;
  RowId row = RowId::unpack(target.number);
  Result<std::string> key = primary_key_of(*relations_, *table, row);
  if (key.ok() && !key->empty()) return "row " + *key + " of " + words;
  return "tuple (" + std::to_string(row.page) + "," + std::to_string(row.slot) + ") of " + words;
}

}  // namespace rowan
