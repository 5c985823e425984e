// A small hospital for planner tests: tables, indexes and statistics made by hand, and queries over them
// built without the binder.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "planner/explain.h"
#include "planner/logical.h"
#include "planner/optimizer.h"
#include "types/function.h"

namespace rowan::hospital {

inline catalog::Column make_column(std::string name, Type type, bool not_null = false) {
  catalog::Column column;
  column.name = std::move(name);
  column.type = type;
  column.not_null = not_null;
  return column;
}

inline catalog::ColumnStatistics spread(int low, int high, double distinct, double correlation) {
  catalog::ColumnStatistics stats;
  stats.average_width = 4;
  stats.distinct = distinct;
  stats.correlation = correlation;
  for (int i = 0; i <= 100; ++i) stats.histogram.push_back(Value::integer(low + (high - low) * i / 100));
  return stats;
}

inline catalog::ColumnStatistics few(const std::vector<std::string>& values) {
  catalog::ColumnStatistics stats;
  stats.average_width = 8;
  stats.distinct = static_cast<double>(values.size());
  for (const std::string& value : values) {
    stats.common_values.push_back(Value::text(value));
    stats.common_frequencies.push_back(1.0 / static_cast<double>(values.size()));
  }
  return stats;
}

// patient (3,000 rows), appointment (9,000), ward (6), never (never analyzed).
inline catalog::CatalogPtr make_catalog() {
  std::vector<catalog::Change> changes;
  catalog::Oid next = 20000;
  auto add = [&](std::string name, std::vector<catalog::Column> columns) {
    auto table = std::make_shared<catalog::Table>();
    table->oid = next++;
    table->storage = table->oid;
    table->name = std::move(name);
    table->columns = std::move(columns);
    return table;
  };
  auto index = [&](catalog::Table& table, std::string name, std::vector<uint16_t> columns, bool unique,
                   catalog::IndexMethod method = catalog::IndexMethod::BTree) {
    auto made = std::make_shared<catalog::Index>();
    made->oid = next++;
    made->table = table.oid;
    made->name = std::move(name);
    made->method = method;
    made->is_unique = unique;
    for (uint16_t column : columns) {
      catalog::IndexKey key;
      key.column = column;
      key.type = table.columns[column].type;
      made->keys.push_back(key);
    }
    table.indexes.push_back(made->oid);
    changes.push_back(catalog::Put{catalog::IndexPtr(made)});
  };
  auto statistics = [&](const catalog::Table& table, double rows, double pages,
                        std::map<catalog::ColumnNumber, catalog::ColumnStatistics> columns) {
    auto made = std::make_shared<catalog::TableStatistics>();
    made->table = table.oid;
    made->rows = rows;
    made->pages = pages;
    made->columns = std::move(columns);
    changes.push_back(catalog::Put{catalog::StatisticsPtr(made)});
  };

  auto patient =
      add("patient", {make_column("id", TypeId::Integer, true), make_column("name", TypeId::Text, true),
                      make_column("ward", Type::varchar(20)), make_column("born", TypeId::Date)});
  index(*patient, "patient_pkey", {0}, true);
  index(*patient, "patient_name", {1}, false);
  index(*patient, "patient_ward", {2}, false);
  catalog::ColumnStatistics names;
  names.average_width = 14;
  names.distinct = -1;
  for (char c = 'a'; c <= 'z'; ++c) names.histogram.push_back(Value::text(std::string(1, c) + "nn"));
  statistics(*patient, 3000, 12,
             {{0, spread(1, 3000, -1, 1.0)},
              {1, names},
              {2, few({"cardiology", "surgery", "oncology", "icu", "er", "ent"})}});

  auto appointment =
      add("appointment",
          {make_column("id", TypeId::Integer, true), make_column("patient_id", TypeId::Integer, true),
           make_column("doctor", TypeId::Text), make_column("fee", Type::numeric(8, 2))});
  index(*appointment, "appointment_pkey", {0}, true);
  index(*appointment, "appointment_patient", {1}, false);
  index(*appointment, "appointment_doctor", {2}, false, catalog::IndexMethod::Hash);
  catalog::ColumnStatistics doctors;
  doctors.average_width = 12;
  doctors.distinct = 400;
  for (int i = 0; i <= 100; ++i)
    doctors.histogram.push_back(Value::text("dr " + std::to_string(1000 + i * 4)));
  statistics(*appointment, 9000, 40,
             {{0, spread(1, 9000, -1, 1.0)}, {1, spread(1, 3000, 2900, 0.02)}, {2, doctors}});

  auto ward =
      add("ward", {make_column("name", Type::varchar(20), true), make_column("beds", TypeId::Integer)});
  index(*ward, "ward_pkey", {0}, true);
  statistics(
      *ward, 6, 1,
      {{0, few({"cardiology", "surgery", "oncology", "icu", "er", "ent"})}, {1, spread(10, 60, 6, 0.1)}});

  auto never = add("never", {make_column("id", TypeId::BigInt, true), make_column("note", TypeId::Text)});
  index(*never, "never_pkey", {0}, true);

  for (const auto& table : {patient, appointment, ward, never})
    changes.push_back(catalog::Put{catalog::TablePtr(table)});
  return catalog::CatalogVersion().with(changes, 2);
}

// A query put together by hand.
class Query {
 public:
  Query() { statement.catalog = make_catalog(); }

  LogicalPtr get(const std::string& name, const std::string& alias = "", bool row_id = false) {
    catalog::TablePtr table = std::get<catalog::TablePtr>(statement.catalog->find_relation("", name));
    logical::Get node{table, alias.empty() ? name : alias, {}};
    auto plan = std::make_unique<LogicalPlan>(logical::Get{});
    for (uint16_t i = 0; i < table->columns.size(); ++i) {
      node.columns.push_back(i);
      plan->output.push_back(new_column(statement, table->columns[i].name, table->columns[i].type));
      columns_[node.alias + "." + table->columns[i].name] = plan->output.back();
    }
    if (row_id) {
      node.columns.push_back(kRowIdColumn);
      plan->output.push_back(new_column(statement, "ctid", TypeId::BigInt));
      columns_[node.alias + ".ctid"] = plan->output.back();
    }
    plan->node = std::move(node);
    return plan;
  }
  const LogicalColumn& column(const std::string& name) { return columns_.at(name); }
  ExprPtr ref(const std::string& name) {
    const LogicalColumn& found = column(name);
    return std::make_unique<Expr>(expression::ColumnRef{found.id, found.name}, found.type);
  }
  static const Function* function(std::string_view name, TypeId left, TypeId right) {
    for (const Function* one : registry().functions(name))
      if (one->arguments.size() == 2 && one->arguments[0] == left && one->arguments[1] == right) return one;
    return nullptr;
  }
  // Texts compare as TEXT, as the binder has it.
  static ExprPtr as_text(ExprPtr expr) {
    if (expr->type.id != TypeId::VarChar) return expr;
    std::vector<ExprPtr> arguments;
    arguments.push_back(std::move(expr));
    return make_call(registry().cast(TypeId::VarChar, TypeId::Text), TypeId::Text, std::move(arguments));
  }
  static ExprPtr compare(std::string_view op, ExprPtr left, ExprPtr right) {
    left = as_text(std::move(left));
    right = as_text(std::move(right));
    const Function* found = function(op, left->type.id, right->type.id);
    EXPECT_NE(found, nullptr) << op;
    std::vector<ExprPtr> sides;
    sides.push_back(std::move(left));
    sides.push_back(std::move(right));
    return make_call(found, TypeId::Boolean, std::move(sides));
  }
  static ExprPtr number(int value) { return make_constant(Value::integer(value)); }
  static ExprPtr text(std::string_view value) { return make_constant(Value::text(value)); }

  static LogicalPtr filter(LogicalPtr input, ExprPtr condition) {
    auto plan = std::make_unique<LogicalPlan>(logical::Filter{std::move(condition)});
    plan->output = input->output;
    plan->inputs.push_back(std::move(input));
    return plan;
  }
  static LogicalPtr join(logical::Join::Kind kind, LogicalPtr left, LogicalPtr right, ExprPtr condition) {
    auto plan = std::make_unique<LogicalPlan>(logical::Join{kind, std::move(condition), false});
    plan->output = left->output;
    if (kind != logical::Join::Kind::Semi && kind != logical::Join::Kind::Anti &&
        kind != logical::Join::Kind::NullAwareAnti)
      plan->output.insert(plan->output.end(), right->output.begin(), right->output.end());
    plan->inputs.push_back(std::move(left));
    plan->inputs.push_back(std::move(right));
    return plan;
  }
  LogicalPtr project(LogicalPtr input, const std::vector<std::string>& names) {
    logical::Project node;
    auto plan = std::make_unique<LogicalPlan>(logical::OneRow{});
    for (const std::string& name : names) {
      node.expressions.push_back(ref(name));
      plan->output.push_back(column(name));
    }
    plan->node = std::move(node);
    plan->inputs.push_back(std::move(input));
    return plan;
  }
  LogicalPtr sort(LogicalPtr input, const std::string& name, bool descending = false) {
    logical::Sort node;
    node.keys.push_back({ref(name), descending, descending});
    auto plan = std::make_unique<LogicalPlan>(std::move(node));
    plan->output = input->output;
    plan->inputs.push_back(std::move(input));
    return plan;
  }
  static LogicalPtr limit(LogicalPtr input, int count) {
    auto plan =
        std::make_unique<LogicalPlan>(logical::Limit{make_constant(Value::bigint(count)), nullptr, false});
    plan->output = input->output;
    plan->inputs.push_back(std::move(input));
    return plan;
  }

  // The plan as EXPLAIN (COSTS OFF) shows it.
  std::string explained(LogicalPtr root) {
    planned = nullptr;
    statement.root = std::move(root);
    for (const LogicalColumn& column : statement.root->output)
      statement.output.push_back({column.name, column.type});
    Result<PlannedPtr> result = optimize(statement, options);
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message());
    if (!result.ok()) return "";
    planned = std::move(result).take();
    ExplainOptions explain_as;
    explain_as.costs = false;
    std::string text;
    for (const std::string& line : explain(*planned, explain_as, nullptr)) text += line + "\n";
    return text;
  }

  BoundStatement statement;
  OptimizerOptions options;
  PlannedPtr planned;

 private:
  std::map<std::string, LogicalColumn> columns_;
};

}  // namespace rowan::hospital
