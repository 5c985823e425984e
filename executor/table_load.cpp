#include "executor/table_load.h"

#include <algorithm>

#include "executor/compute.h"
#include "types/try.h"

namespace rowan {
namespace {

PlannedStatement insert_statement(catalog::CatalogPtr catalog) {
  PlannedStatement statement;
  statement.command = PlannedStatement::Command::Insert;
  statement.catalog = std::move(catalog);
  return statement;
}

}  // namespace

TableLoad::TableLoad(catalog::TablePtr table, catalog::CatalogPtr catalog,
                     std::vector<catalog::ColumnNumber> columns, Environment& environment)
    : table_(std::move(table)),
      columns_(std::move(columns)),
      statement_(insert_statement(std::move(catalog))),
      run_(statement_, environment),
      writes_(run_),
      writer_(run_, table_) {}
TableLoad::~TableLoad() = default;

Result<std::unique_ptr<TableLoad>> TableLoad::open(catalog::TablePtr table, catalog::CatalogPtr catalog,
                                                   std::vector<catalog::ColumnNumber> columns,
                                                   Environment& environment, const BindOptions& bind) {
  std::unique_ptr<TableLoad> load(
      new TableLoad(std::move(table), std::move(catalog), std::move(columns), environment));
  TRY(load->prepare(bind));
  return load;
}

Result<> TableLoad::prepare(const BindOptions& bind) {
  run_.begin({}, nullptr);
  TRY(writer_.prepare({}));
  rows_ = table_row_batch(*table_, kBatchRows);
  rows_.reset();
  std::vector<const Expr*> list;
  for (catalog::ColumnNumber column = 0; column < table_->columns.size(); ++column) {
    const catalog::Column& definition = table_->columns[column];
    bool brought = std::find(columns_.begin(), columns_.end(), column) != columns_.end();
    if (definition.dropped || brought) continue;
    if (definition.default_sql.empty()) {
      empty_columns_.push_back(column);
      continue;
    }
    ExprPtr bound = TRY(bind_stored_expression(definition.default_sql, *table_, TableExpressionKind::Default,
                                               statement_.catalog, bind, &definition.type, definition.name));
    list.push_back(bound.get());
    default_columns_.push_back(column);
    default_expressions_.push_back(std::move(bound));
  }
  if (!list.empty()) defaults_ = std::make_unique<Computation>(run_, std::move(list));
  return {};
}

Result<> TableLoad::write(uint32_t count, const Snapshot* snapshot) {
  if (count == 0) return {};
  run_.begin({}, snapshot);
  writes_.clear();
  run_.writes = &writes_;
  Result<> written = write_rows(count);
  run_.close();
  total_ += count;
  rows_.reset();
  return written;
}

Result<> TableLoad::write_rows(uint32_t count) {
  TRY(run_.check_cancel());
  rows_.set_row_count(count);
  for (catalog::ColumnNumber column : empty_columns_) {
    rows_.column(column).reset_constant();
    rows_.column(column).set_null(0);
  }
  std::optional<Error> error;
  if (defaults_ != nullptr) {
    uint32_t good = defaults_->evaluate(rows_, Selection(count), error);
    if (error) return std::move(*error).row(total_ + good + 1);
    for (size_t i = 0; i < default_columns_.size(); ++i)
      rows_.column(default_columns_[i]).borrow(defaults_->result(i));
  }
  uint32_t good = writer_.check(rows_, Selection(count), error);
  Result<> inserted = writer_.insert(rows_, Selection(good), ids_);
  if (!inserted.ok()) return std::move(inserted).error().row(total_ + writer_.failed_row() + 1);
  if (error) return std::move(*error).row(total_ + good + 1);
  return writes_.finish();
}

}  // namespace rowan
