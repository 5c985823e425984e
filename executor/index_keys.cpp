#include "executor/index_keys.h"

#include <algorithm>

#include "planner/binder.h"
#include "planner/deparse.h"
#include "storage/index.h"
#include "types/try.h"

namespace rowan {
namespace {

void collect_columns(const Expr& expr, std::vector<catalog::ColumnNumber>& columns) {
  walk(expr, [&](const Expr& node) {
    if (const auto* input = std::get_if<expression::InputRef>(&node.node)) {
      columns.push_back(static_cast<catalog::ColumnNumber>(input->index));
    }
    return true;
  });
}

}  // namespace

bool IndexShape::is_plain() const {
  return std::all_of(index->keys.begin(), index->keys.end(),
                     [](const catalog::IndexKey& key) { return key.column.has_value(); });
}

Result<IndexShapePtr> make_index_shape(catalog::TablePtr table, catalog::IndexPtr index,
                                       catalog::CatalogPtr catalog, const BindOptions& options) {
  auto shape = std::make_shared<IndexShape>();
  shape->table = table;
  shape->index = index;
  std::vector<KeyColumn> key_columns;
  for (const catalog::IndexKey& key : index->keys) {
    bool nullable = true;
    if (key.column) {
      const catalog::Column& column = table->columns[*key.column];
      shape->keys.push_back(std::make_unique<Expr>(expression::InputRef{*key.column}, column.type));
    } else {
      ExprPtr bound = TRY(bind_stored_expression(key.expression_sql, *table, TableExpressionKind::IndexKey,
                                                 catalog, options));
      shape->keys.push_back(std::move(bound));
    }
    key_columns.push_back({key.type, key.descending, key.nulls_first, nullable});
    collect_columns(*shape->keys.back(), shape->columns);
  }
  if (!index->predicate_sql.empty()) {
    shape->predicate = TRY(bind_stored_expression(index->predicate_sql, *table,
                                                  TableExpressionKind::IndexPredicate, catalog, options));
    collect_columns(*shape->predicate, shape->columns);
  }
  std::sort(shape->columns.begin(), shape->columns.end());
  shape->columns.erase(std::unique(shape->columns.begin(), shape->columns.end()), shape->columns.end());
  shape->encoder = KeyEncoder(std::move(key_columns));
  return IndexShapePtr(std::move(shape));
}

Error index_row_too_large(size_t size, const catalog::Index& index) {
  return Error(sqlstate::program_limit_exceeded,
               "index row size " + std::to_string(size) + " exceeds btree version 4 maximum " +
                   std::to_string(kIndexKeyMax) + " for index \"" + index.name + "\"")
      .hint("Consider a function index of an MD5 hash of the value.");
}

IndexKeys::IndexKeys(IndexShapePtr shape) : shape_(std::move(shape)) {
  for (const ExprPtr& key : shape_->keys) evaluators_.emplace_back(*key);
  if (shape_->predicate) predicate_ = std::make_unique<Evaluator>(*shape_->predicate);
  values_.resize(evaluators_.size());
}

IndexKeys::~IndexKeys() = default;

Result<> IndexKeys::compute(const Batch& batch, const Selection& rows, EvalContext& context) {
  EvalInput input;
  input.context = &context;
  if (predicate_) included_ = TRY(predicate_->evaluate(input, &batch, rows));
  for (size_t i = 0; i < evaluators_.size(); ++i)
    values_[i] = TRY(evaluators_[i].evaluate(input, &batch, rows));
  return {};
}

bool IndexKeys::includes(uint32_t row) const {
  if (included_ == nullptr) return true;
  return !included_->is_null(row) && included_->data<uint8_t>()[included_->is_constant() ? 0 : row] != 0;
}

bool IndexKeys::encode(uint32_t row, std::string& out) const {
  out.clear();
  return shape_->encoder.encode(values_, row, out);
}

std::string IndexKeys::describe(uint32_t row, EvalContext& context) const {
  catalog::Index shown =
      *shape_->index;  // expressions with only the parentheses that are needed, as \d has them
  for (size_t i = 0; i < shown.keys.size(); ++i)
    if (!shown.keys[i].column)
      shown.keys[i].expression_sql = deparse_for_table(*shape_->keys[i], *shape_->table, true);
  std::string names;
  std::string values;
  for (size_t i = 0; i < values_.size(); ++i) {
    names += (i == 0 ? "" : ", ") + index_key_definition(*shape_->table, shown, i);
    values += (i == 0 ? "" : ", ") +
              (values_[i]->is_null(row) ? "null" : format_value(values_[i]->value(row), context));
  }
  return "(" + names + ")=(" + values + ")";
}

}  // namespace rowan
