// executor/ddl_index.cpp: CREATE INDEX, and the indexes of constraints.
#include <algorithm>

#include "executor/ddl_support.h"
#include "executor/index_build.h"
#include "expression/evaluator.h"
#include "planner/deparse.h"
#include "storage/storage.h"
#include "txn/ssi.h"
#include "types/try.h"

namespace rowan::ddl {
namespace {

// Evaluates the calls that have constant arguments only: what cannot be computed is an error now, not when
// the first row comes. What a CASE or COALESCE may never reach is left alone.
Result<> check_constants(DdlContext& context, const Expr& expr) {
  std::optional<Error> failed;
  walk(expr, [&](const Expr& node) {
    if (failed || std::holds_alternative<expression::Case>(node.node) ||
        std::holds_alternative<expression::Coalesce>(node.node))
      return false;
    bool is_constant = std::holds_alternative<expression::Call>(node.node);
    walk(node, [&](const Expr& part) {
      is_constant = is_constant && (std::holds_alternative<expression::Call>(part.node) ||
                                    std::holds_alternative<expression::Constant>(part.node));
      return is_constant;
    });
    if (!is_constant) return true;
    Result<Value> value = evaluate_constant(node, context.eval);
    if (!value.ok()) failed = unplaced(value.error());
    return false;
  });
  if (failed) return *std::move(failed);
  return {};
}

Result<catalog::IndexKey> make_key(DdlContext& context, const catalog::Table& table,
                                   const ast::IndexKey& spec, catalog::IndexMethod method) {
  catalog::IndexKey key;
  if (!spec.operator_class.empty()) {
    return Error(sqlstate::feature_not_supported, "operator classes are not supported")
        .at(spec.operator_class.position());
  }
  if (!spec.column.empty()) {
    std::optional<catalog::ColumnNumber> number = table.column_number(spec.column.text);
    if (!number) {
      return Error(sqlstate::undefined_column,
                   "column \"" + std::string(spec.column.text) + "\" does not exist")
          .hint(column_hint(table, spec.column.text));
    }
    key.column = *number;
    key.type = table.columns[*number].type;
  } else {
    BindOptions options = context.bind;
    options.allow_parameters = false;
    ExprPtr bound = TRY(bind_table_expression(*spec.expr, table, TableExpressionKind::IndexKey,
                                              context.overlay.current(), options));
    TRY(check_constants(context, *bound));
    key.expression_sql = deparse_for_table(*bound, table);
    key.type = bound->type;
  }
  if (!spec.collation.empty()) {
    key.collation = TRY(collation_name(spec.collation, key.type, false));
    const std::string own = key.column ? table.columns[*key.column].collation : std::string();
    if (key.collation == own) {
      key.collation.clear();
    } else if (key.collation.empty()) {
      key.collation = "default";
    }
  }
  bool ordered = spec.direction != ast::SortDirection::Default || spec.nulls != ast::NullsOrder::Default;
  if (ordered && method == catalog::IndexMethod::Hash) {
    bool nulls = spec.nulls != ast::NullsOrder::Default;
    return Error(sqlstate::feature_not_supported,
                 nulls ? "access method \"hash\" does not support NULLS FIRST/LAST options"
                       : "access method \"hash\" does not support ASC/DESC options");
  }
  key.descending = spec.direction == ast::SortDirection::Descending;
  key.nulls_first =
      spec.nulls == ast::NullsOrder::Default ? key.descending : spec.nulls == ast::NullsOrder::First;
  return key;
}

// PostgreSQL names an index after its columns.
std::string columns_for_name(const catalog::Table& table, const catalog::Index& index) {
  std::string text;
  for (const std::string& name : index_column_names(table, index)) text += (text.empty() ? "" : "_") + name;
  return text;
}

}  // namespace

Result<> build_index(DdlContext& context, catalog::Table& table, std::shared_ptr<catalog::Index> index,
                     bool fill) {
  index->storage = TRY(context.relations.storage().space().new_relation_id());
  context.created.push_back(index->storage);
  context.relations.begin_indexing(table.storage, context.transaction.id());
  IndexStoragePtr storage = TRY(context.relations.create_index(index->storage, index->method));
  if (fill) {
    auto snapshot_of_table = std::make_shared<catalog::Table>(table);
    IndexShapePtr shape =
        TRY(make_index_shape(snapshot_of_table, index, context.overlay.current(), context.bind));
    IndexKeys keys(shape);
    FilledIndex filled = TRY(fill_index(context.relations, context.transaction, keys, *storage,
                                        context.sort_memory, context.eval, context.wait.cancel));
    index->complete_from = filled.complete_from;
    if (filled.complete_from != 0)
      index->built_by = TRY(context.relations.transactions().write_id(context.transaction));
  }
  table.indexes.push_back(index->oid);
  std::sort(table.indexes.begin(), table.indexes.end());
  context.overlay.put(catalog::IndexPtr(std::move(index)));
  return {};
}

Result<> drop_index(DdlContext& context, const catalog::Index& index) {
  if (catalog::TablePtr table = context.overlay.current()->table(index.table))
    context.relations.transactions().ssi().relation_replaced(index.storage, table->storage);
  context.released.push_back(index.storage);
  context.overlay.drop(index.oid);
  return {};
}

Result<> create_index(DdlContext& context, const ast::CreateIndex& statement) {
  auto index = std::make_shared<catalog::Index>();
  if (statement.method.text == "hash") {
    index->method = catalog::IndexMethod::Hash;
  } else if (!statement.method.empty() && statement.method.text != "btree") {
    return Error(sqlstate::undefined_object,
                 "access method \"" + std::string(statement.method.text) + "\" does not exist");
  }
  bool is_hash = index->method == catalog::IndexMethod::Hash;
  catalog::RelationPtr named = find(context, statement.table);
  bool is_other =
      !std::holds_alternative<std::monostate>(named) && !std::holds_alternative<catalog::TablePtr>(named);
  if (is_other) {
    return Error(sqlstate::wrong_object_type,
                 "cannot create index on relation \"" + std::string(statement.table.last()) + "\"")
        .detail("This operation is not supported for " + std::string(kind_word(named)) +
                (kind_word(named) == "index" ? "es." : "s."));
  }
  // Not SHARE, which two may hold: each would put back the table's list of indexes without the other's.
  catalog::TablePtr found = TRY(lock_table(context, statement.table, LockMode::ShareRowExclusive));
  if (is_hash && statement.is_unique)
    return Error(sqlstate::feature_not_supported, "access method \"hash\" does not support unique indexes");
  if (is_hash && statement.keys.size() > 1) {
    return Error(sqlstate::feature_not_supported,
                 "access method \"hash\" does not support multicolumn indexes");
  }
  if (is_hash && !statement.include.empty()) {
    return Error(sqlstate::feature_not_supported, "access method \"hash\" does not support included columns");
  }
  constexpr size_t kKeysMax = 32;
  if (statement.keys.size() + statement.include.size() > kKeysMax) {
    return Error(sqlstate::too_many_columns, "cannot use more than 32 columns in an index");
  }
  TRY(check_tablespace(statement.tablespace));
  TRY(check_storage_options(statement.options, is_hash ? StorageKind::Hash : StorageKind::BTree));
  std::shared_ptr<catalog::Table> table = copy(*found);
  index->table = table->oid;
  index->is_unique = statement.is_unique;
  for (const ast::IndexKey& spec : statement.keys) {
    catalog::IndexKey key = TRY(make_key(context, *table, spec, index->method));
    index->keys.push_back(std::move(key));
  }
  for (const ast::IndexKey& spec : statement.include) {
    if (spec.column.empty())
      return Error(sqlstate::feature_not_supported, "expressions are not supported in included columns")
          .at(spec.position);
    catalog::ColumnNumber number = TRY(find_column(*table, spec.column));
    index->include.push_back(number);
  }
  if (statement.where != nullptr) {
    BindOptions options = context.bind;
    options.allow_parameters = false;
    ExprPtr bound = TRY(bind_table_expression(*statement.where, *table, TableExpressionKind::IndexPredicate,
                                              context.overlay.current(), options));
    TRY(check_constants(context, *bound));
    index->predicate_sql = deparse_for_table(*bound, *table);
  }
  if (statement.name.empty()) {
    index->name = choose_name(context, table->name, columns_for_name(*table, *index), "idx");
  } else {
    index->name = statement.name.text;
  }
  TRY(lock_name(context, index->name));
  if (!is_name_free(context, index->name)) {
    Error taken(sqlstate::duplicate_table, "relation \"" + index->name + "\" already exists");
    if (!statement.if_not_exists) return taken;
    context.notice(
        Error(sqlstate::duplicate_table, "relation \"" + index->name + "\" already exists, skipping"));
    return {};
  }
  index->oid = TRY(context.relations.new_oid());
  TRY(build_index(context, *table, std::move(index), true));
  context.overlay.put(catalog::TablePtr(std::move(table)));
  return {};
}

}  // namespace rowan::ddl
