// A catalog made by hand, and statements bound against it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parser/parser.h"
#include "planner/binder.h"
#include "planner/rewrite.h"
#include "types/try.h"

namespace rowan::binder_test {

inline catalog::Column column_of(std::string name, Type type, bool not_null = false) {
  catalog::Column column;
  column.name = std::move(name);
  column.type = type;
  column.not_null = not_null;
  return column;
}

// t(id int primary key, name text, val numeric(10,2), v varchar(5), d date)
// u(id int primary key, tid int not null, nam text, big bigint) with a unique index on (tid, nam)
// g(id int generated always as identity, a int default 7, b text)
// w: a view, SELECT id, name AS label FROM t WHERE val > 0; agg: a view that is not updatable
inline catalog::CatalogPtr make_catalog() {
  std::vector<catalog::Change> changes;
  auto add_table = [&](catalog::Oid oid, std::string name, std::vector<catalog::Column> columns, bool keyed) {
    auto table = std::make_shared<catalog::Table>();
    table->oid = oid;
    table->name = std::move(name);
    table->columns = std::move(columns);
    if (keyed) {
      auto index = std::make_shared<catalog::Index>();
      index->oid = oid + 1;
      index->table = oid;
      index->name = table->name + "_pkey";
      index->keys.resize(1);
      index->keys[0].column = 0;
      index->keys[0].type = TypeId::Integer;
      index->is_unique = index->is_primary = true;
      index->constraint = oid + 2;
      table->indexes.push_back(index->oid);
      catalog::Constraint key;
      key.oid = oid + 2;
      key.table = oid;
      key.name = index->name;
      key.kind = catalog::ConstraintKind::PrimaryKey;
      key.columns = {0};
      key.index = index->oid;
      table->constraints.push_back(key);
      changes.push_back(catalog::Put{catalog::IndexPtr(index)});
    }
    return table;
  };
  auto t = add_table(20000, "t",
                     {column_of("id", TypeId::Integer, true), column_of("name", TypeId::Text),
                      column_of("val", Type::numeric(10, 2)), column_of("v", Type::varchar(5)),
                      column_of("d", TypeId::Date)},
                     true);
  auto u = add_table(20010, "u",
                     {column_of("id", TypeId::Integer, true), column_of("tid", TypeId::Integer, true),
                      column_of("nam", TypeId::Text), column_of("big", TypeId::BigInt)},
                     true);
  auto unique = std::make_shared<catalog::Index>();
  unique->oid = 20019;
  unique->table = 20010;
  unique->name = "u_tid_nam";
  unique->keys.resize(2);
  unique->keys[0].column = 1;
  unique->keys[1].column = 2;
  unique->is_unique = true;
  u->indexes.push_back(unique->oid);
  changes.push_back(catalog::Put{catalog::IndexPtr(unique)});
  auto g = add_table(
      20020, "g",
      {column_of("id", TypeId::Integer, true), column_of("a", TypeId::Integer), column_of("b", TypeId::Text)},
      false);
  g->columns[0].identity = catalog::Identity::Always;
  g->columns[0].default_sql = "41 + 1";  // a sequence's place is taken by a constant here
  g->columns[1].default_sql = "7";
  for (const auto& table : {t, u, g}) changes.push_back(catalog::Put{catalog::TablePtr(table)});
  auto add_view = [&](catalog::Oid oid, std::string name, std::string sql,
                      std::vector<catalog::ViewColumn> columns) {
    auto view = std::make_shared<catalog::View>();
    view->oid = oid;
    view->name = std::move(name);
    view->query_sql = std::move(sql);
    view->columns = std::move(columns);
    changes.push_back(catalog::Put{catalog::ViewPtr(view)});
  };
  add_view(20030, "w", "SELECT id, name AS label FROM t WHERE val > 0",
           {{"id", TypeId::Integer}, {"label", TypeId::Text}});
  add_view(20031, "agg", "SELECT tid, count(*) AS n FROM u GROUP BY tid",
           {{"tid", TypeId::Integer}, {"n", TypeId::BigInt}});
  return catalog::CatalogVersion().with(changes, 2);
}

inline Result<BoundStatement> bind_text(std::string_view sql, BindOptions options = {}) {
  std::unique_ptr<ParsedStatement> parsed = TRY(parse_statement(sql));
  static const catalog::CatalogPtr catalog = make_catalog();
  options.text = sql;
  return rowan::bind(*parsed->root, catalog, options);
}

// The plan as dump() prints it, or "ERROR 42703 at 7: message | detail | hint".
inline std::string error_text(const Error& error) {
  std::string text = "ERROR " + std::string(error.state().text());
  if (error.position() != kNoPosition) text += " at " + std::to_string(error.position() + 1);
  text += ": " + error.message();
  if (!error.detail().empty()) text += " | DETAIL " + error.detail();
  if (!error.hint().empty()) text += " | HINT " + error.hint();
  return text;
}

inline std::string bound_text(std::string_view sql, BindOptions options = {}) {
  Result<BoundStatement> bound = bind_text(sql, std::move(options));
  return bound.ok() ? dump(*bound) : error_text(bound.error());
}

inline std::string rewritten_text(std::string_view sql) {
  Result<BoundStatement> bound = bind_text(sql);
  if (!bound.ok()) return error_text(bound.error());
  EvalContext context;
  Result<> outcome = rewrite(*bound, context);
  if (!outcome.ok()) return error_text(outcome.error());
  return dump(*bound);
}

// "name:type, …" of the output.
inline std::string output_text(std::string_view sql) {
  Result<BoundStatement> bound = bind_text(sql);
  if (!bound.ok()) return error_text(bound.error());
  std::string text;
  for (const OutputColumn& column : bound->output) {
    if (!text.empty()) text += ", ";
    text += column.name + ":" + type_name(column.type);
  }
  return text;
}

}  // namespace rowan::binder_test
