#include "executor/table_binding.h"

#include <algorithm>

#include "planner/binder.h"
#include "types/try.h"

namespace rowan {

bool BoundIndex::reads_any_of(const std::vector<bool>& columns) const {
  const auto& read = keys->shape().columns;
  return std::any_of(read.begin(), read.end(), [&](catalog::ColumnNumber column) { return columns[column]; });
}

Result<std::unique_ptr<TableBinding>> TableBinding::make(Run& run, const catalog::TablePtr& table) {
  auto made = std::make_unique<TableBinding>();
  const catalog::CatalogPtr& catalog = run.statement().catalog;
  ENSURE(catalog != nullptr && run.environment().relations != nullptr);
  Relations& relations = *run.environment().relations;
  BindOptions options;
  options.evaluation = &run.eval();
  made->table = table;
  made->heap = TRY(relations.heap(*table));
  made->layout = made->heap->layout(table->layout);
  ENSURE(made->layout != nullptr);
  for (const catalog::IndexPtr& index : catalog->indexes_of(*table)) {
    BoundIndex bound;
    bound.index = index;
    bound.storage = TRY(relations.index(*index));
    IndexShapePtr shape = TRY(make_index_shape(table, index, catalog, options));
    bound.probe.layout = made->layout;
    std::vector<Type> types;
    for (catalog::ColumnNumber column : shape->columns) {
      bound.probe.columns.push_back(column);
      types.push_back(table->columns[column].type);
    }
    bound.probed = Batch(types, 1);
    bound.probe_row = Batch(std::span<const Type>(), 1);
    bound.probe_row.columns().resize(table->columns.size());
    bound.keys = std::make_unique<IndexKeys>(shape);
    bound.old_keys = std::make_unique<IndexKeys>(shape);
    bound.probe_keys = std::make_unique<IndexKeys>(shape);
    made->indexes.push_back(std::move(bound));
  }
  for (const catalog::Constraint& constraint : table->constraints) {
    if (constraint.kind == catalog::ConstraintKind::ForeignKey) made->foreign_keys.push_back(&constraint);
    if (constraint.kind != catalog::ConstraintKind::Check) continue;
    BoundCheck check;
    check.constraint = &constraint;
    check.condition = TRY(
        bind_stored_expression(constraint.check_sql, *table, TableExpressionKind::Check, catalog, options));
    walk(*check.condition, [&](const Expr& node) {
      if (const auto* ref = std::get_if<expression::InputRef>(&node.node))
        check.columns.push_back(static_cast<catalog::ColumnNumber>(ref->index));
      return true;
    });
    check.evaluator = std::make_unique<Evaluator>(*check.condition);
    made->checks.push_back(std::move(check));
  }
  std::sort(made->checks.begin(), made->checks.end(),
            [](const BoundCheck& a, const BoundCheck& b) { return a.constraint->name < b.constraint->name; });
  for (catalog::Oid oid : table->referencing) {
    const catalog::Constraint* constraint = catalog->constraint(oid);
    ENSURE(constraint != nullptr);
    made->referencing.push_back(constraint);
  }
  return made;
}

Batch table_row_batch(const catalog::Table& table, uint32_t capacity) {
  std::vector<Type> types;
  for (const catalog::Column& column : table.columns) types.push_back(column.type);
  return Batch(types, capacity);
}

std::string describe_row(const catalog::Table& table, const Batch& rows, uint32_t row, EvalContext& context) {
  constexpr size_t kShown = 64;
  std::string text = "(";
  bool first = true;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].dropped) continue;
    if (!first) text += ", ";
    first = false;
    const Vector& column = rows.column(i);
    if (column.is_null(row)) {
      text += "null";
      continue;
    }
    std::string value = format_value(column.value(row), context);
    if (value.size() > kShown) {
      size_t cut = kShown;
      while (cut > 0 && (static_cast<unsigned char>(value[cut]) & 0xc0) == 0x80) --cut;
      value = value.substr(0, cut) + "...";
    }
    text += value;
  }
  return text + ")";
}

std::string describe_key(const catalog::Table& table, const std::vector<catalog::ColumnNumber>& columns,
                         const std::vector<Value>& values, EvalContext& context) {
  std::string names, texts;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) names += ", ", texts += ", ";
    names += table.columns[columns[i]].name;
    texts += values[i].is_null() ? "null" : format_value(values[i], context);
  }
  return "(" + names + ")=(" + texts + ")";
}

}  // namespace rowan
