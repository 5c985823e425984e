// Every row that the snapshot sees: has it its entry in every index, and does it keep NOT NULL and CHECK?
#include <algorithm>

#include "executor/check_table.h"
#include "expression/evaluator.h"
#include "types/try.h"

namespace rowan {
namespace {

struct CheckedCondition {
  const catalog::Constraint* constraint;
  ExprPtr condition;
  std::unique_ptr<Evaluator> evaluator;
};

class RowCheckPass {
 public:
  RowCheckPass(TableCheck& check, std::vector<CheckedIndex>& indexes) : check_(check), indexes_(indexes) {}

  // Binds the conditions; `columns` gets what all of it reads.
  Result<> prepare(std::vector<catalog::ColumnNumber>& columns);
  Result<> look(PageNo page, const Batch& batch, const Selection& rows, const int64_t* ids);

 private:
  RowId row_id(const int64_t* ids, uint32_t row) const {
    return RowId::unpack(static_cast<uint64_t>(ids[row]));
  }
  void say(RelationId owner, RowId row, const std::string& what) {
    check_.report.add(row.page, owner, row_text(row) + " " + what);
  }
  Result<> look_up(CheckedIndex& index, PageNo page, const Batch& batch, const Selection& rows,
                   const int64_t* ids);
  void check_not_null(const Batch& batch, const Selection& rows, const int64_t* ids);
  void check_full_match(const Batch& batch, const Selection& rows, const int64_t* ids);
  void check_condition(CheckedCondition& condition, PageNo page, const Batch& batch, const Selection& rows,
                       const int64_t* ids);

  TableCheck& check_;
  std::vector<CheckedIndex>& indexes_;
  std::vector<CheckedCondition> conditions_;
  std::string key_;
};

Result<> RowCheckPass::prepare(std::vector<catalog::ColumnNumber>& columns) {
  const catalog::Table& table = *check_.table;
  auto read = [&](catalog::ColumnNumber column) { columns.push_back(column); };
  for (const CheckedIndex& index : indexes_)
    for (catalog::ColumnNumber column : index.keys->shape().columns) read(column);
  for (size_t i = 0; i < table.columns.size(); ++i)
    if (table.columns[i].not_null && !table.columns[i].dropped) read(static_cast<catalog::ColumnNumber>(i));
  for (const catalog::Constraint& constraint : table.constraints) {
    if (constraint.kind == catalog::ConstraintKind::ForeignKey)
      for (catalog::ColumnNumber column : constraint.columns) read(column);
    if (constraint.kind != catalog::ConstraintKind::Check || !constraint.is_valid) continue;
    CheckedCondition condition;
    condition.constraint = &constraint;
    condition.condition = TRY(bind_stored_expression(constraint.check_sql, table, TableExpressionKind::Check,
                                                     check_.catalog, check_.bind));
    walk(*condition.condition, [&](const Expr& node) {
      if (const auto* input = std::get_if<expression::InputRef>(&node.node))
        read(static_cast<catalog::ColumnNumber>(input->index));
      return true;
    });
    condition.evaluator = std::make_unique<Evaluator>(*condition.condition);
    conditions_.push_back(std::move(condition));
  }
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return {};
}

Result<> RowCheckPass::look(PageNo page, const Batch& batch, const Selection& rows, const int64_t* ids) {
  for (CheckedIndex& index : indexes_)
    if (!index.is_broken) TRY(look_up(index, page, batch, rows, ids));
  check_not_null(batch, rows, ids);
  check_full_match(batch, rows, ids);
  for (CheckedCondition& condition : conditions_) check_condition(condition, page, batch, rows, ids);
  return {};
}

Result<> RowCheckPass::look_up(CheckedIndex& index, PageNo page, const Batch& batch, const Selection& rows,
                               const int64_t* ids) {
  RelationId owner = index.index->storage;
  Result<> computed = index.keys->compute(batch, rows, check_.eval);
  if (!computed.ok()) {
    check_.report.add(page, owner, "the keys of its rows: " + computed.error().message());
    return {};
  }
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t row = rows[i];
    if (!index.keys->includes(row)) continue;
    index.keys->encode(row, key_);
    RowId id = row_id(ids, row);
    Result<bool> found = index.storage->btree ? index.storage->btree->contains(key_, id)
                                              : index.storage->hash->contains(key_, id);
    if (!found.ok() && !is_damage(found.error())) return std::move(found).error();
    if (!found.ok()) {
      check_.report.add(kNoPage, owner, found.error().message());
      index.is_broken = true;
      return {};
    }
    if (!*found) say(owner, id, "with " + index.keys->describe(row, check_.eval) + " has no entry");
  }
  return {};
}

void RowCheckPass::check_not_null(const Batch& batch, const Selection& rows, const int64_t* ids) {
  const catalog::Table& table = *check_.table;
  for (size_t column = 0; column < table.columns.size(); ++column) {
    if (!table.columns[column].not_null || table.columns[column].dropped) continue;
    for (uint32_t i = 0; i < rows.count(); ++i)
      if (batch.column(column).is_null(rows[i]))
        say(table.storage, row_id(ids, rows[i]),
            "has NULL in column \"" + table.columns[column].name + "\", which is NOT NULL");
  }
}

// MATCH FULL: all columns of the key are NULL, or none is.
void RowCheckPass::check_full_match(const Batch& batch, const Selection& rows, const int64_t* ids) {
  for (const catalog::Constraint& key : check_.table->constraints) {
    bool is_full = key.kind == catalog::ConstraintKind::ForeignKey &&
                   key.match == catalog::ForeignKeyMatch::Full && key.is_valid;
    if (!is_full) continue;
    for (uint32_t i = 0; i < rows.count(); ++i) {
      auto nulls = std::count_if(key.columns.begin(), key.columns.end(), [&](catalog::ColumnNumber column) {
        return batch.column(column).is_null(rows[i]);
      });
      if (nulls != 0 && static_cast<size_t>(nulls) != key.columns.size())
        say(check_.table->storage, row_id(ids, rows[i]),
            "mixes null and nonnull values in foreign key \"" + key.name + "\", which is MATCH FULL");
    }
  }
}

void RowCheckPass::check_condition(CheckedCondition& condition, PageNo page, const Batch& batch,
                                   const Selection& rows, const int64_t* ids) {
  EvalInput input;
  input.context = &check_.eval;
  RelationId owner = check_.table->storage;
  std::string name = "check constraint \"" + condition.constraint->name + "\"";
  Result<const Vector*> evaluated = condition.evaluator->evaluate(input, &batch, rows);
  if (!evaluated.ok()) {
    check_.report.add(page, owner, name + " of its rows: " + evaluated.error().message());
    return;
  }
  const Vector& holds = **evaluated;
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint32_t at = holds.is_constant() ? 0 : rows[i];
    if (!holds.is_null(rows[i]) && holds.data<uint8_t>()[at] == 0)
      say(owner, row_id(ids, rows[i]), "violates " + name);
  }
}

}  // namespace

Result<> check_rows(TableCheck& check, Heap& heap, const Snapshot& snapshot,
                    std::vector<CheckedIndex>& indexes) {
  RowCheckPass pass(check, indexes);
  std::vector<catalog::ColumnNumber> columns;
  TRY(pass.prepare(columns));
  auto look = [&](PageNo page, const Batch& batch, const Selection& rows, const int64_t* ids) {
    return pass.look(page, batch, rows, ids);
  };
  return for_each_row(check, heap, snapshot, columns, look);
}

}  // namespace rowan
