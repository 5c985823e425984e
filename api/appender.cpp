#include "api/appender.h"

#include "planner/deparse.h"
#include "types/cast.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr size_t kRowsAtOnce = 64;

}  // namespace

Result<std::unique_ptr<AppenderCore>> AppenderCore::open(std::shared_ptr<SessionCore> session,
                                                         std::string_view table) {
  catalog::RelationPtr found = session->catalog()->find_relation("", table);
  const auto* definition = std::get_if<catalog::TablePtr>(&found);
  if (definition == nullptr)
    return Error(sqlstate::undefined_table, "relation \"" + std::string(table) + "\" does not exist");
  std::unique_ptr<AppenderCore> appender(new AppenderCore(session));
  appender->table_ = "public." + quote_identifier((*definition)->name);
  for (const catalog::Column& column : (*definition)->columns) appender->columns_ += column.dropped ? 0 : 1;
  for (size_t rows : {size_t{1}, kRowsAtOnce}) {
    std::string sql = "INSERT INTO " + appender->table_ + " OVERRIDING SYSTEM VALUE VALUES ";
    size_t parameter = 0;
    for (size_t row = 0; row < rows; ++row) {
      sql += row == 0 ? "(" : ", (";
      for (size_t column = 0; column < appender->columns_; ++column)
        sql += (column == 0 ? "$" : ", $") + std::to_string(++parameter);
      sql += ")";
    }
    std::unique_ptr<PreparedPlan> plan = TRY(session->prepare(sql));
    appender->plans_.push_back(std::move(plan));
  }
  appender->implicit_ = TRY(session->begin_implicit());
  appender->open_ = true;
  return appender;
}

AppenderCore::~AppenderCore() {
  if (open_ && implicit_) static_cast<void>(session_->end_implicit(true, false).ok());
}

Result<> AppenderCore::append(const Value& value) {
  if (row_.size() >= columns_)
    return Error(sqlstate::syntax_error, "the row has more values than table " + table_ + " has columns");
  const Type& type = plans_[0]->parameters[row_.size()];
  if (value.is_null()) {
    row_.push_back(Value(type));
  } else if (value.type() == type) {
    row_.push_back(value);
  } else if (value.type().id == TypeId::Text && !is_string(type.id)) {
    Value parsed = TRY(parse_value(value.as_bytes(), type, session_->eval()));
    row_.push_back(std::move(parsed));
  } else {
    Value cast = TRY(cast_value(value, type, CastContext::Assignment, session_->eval()));
    row_.push_back(std::move(cast));
  }
  return {};
}

Result<> AppenderCore::end_row() {
  if (row_.size() != columns_)
    return Error(sqlstate::syntax_error, "the row has fewer values than table " + table_ + " has columns");
  for (Value& value : row_) pending_.push_back(std::move(value));
  row_.clear();
  return pending_.size() == columns_ * kRowsAtOnce ? flush() : Result<>();
}

Result<> AppenderCore::flush() {
  if (failed_) return Error(sqlstate::in_failed_sql_transaction, "the appender has failed before");
  bool whole = pending_.size() == columns_ * kRowsAtOnce;
  size_t step = whole ? pending_.size() : columns_;
  PreparedPlan* plan = plans_[whole ? 1 : 0].get();
  for (size_t begin = 0; begin < pending_.size(); begin += step) {
    std::vector<Value> values(pending_.begin() + static_cast<long>(begin),
                              pending_.begin() + static_cast<long>(begin + step));
    Result<ResultStreamPtr> stream = session_->begin_statement(plan->parsed, std::move(values), plan);
    if (!stream.ok()) {
      failed_ = true;
      open_ = false;
      return std::move(stream).error();
    }
  }
  pending_.clear();
  return {};
}

Result<> AppenderCore::finish() {
  if (!open_) return Error(sqlstate::in_failed_sql_transaction, "the appender is finished");
  TRY(flush());
  open_ = false;
  return session_->end_implicit(implicit_, true);
}

}  // namespace rowan
