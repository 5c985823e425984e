#include "api/appender.h"

#include <limits>

#include "api/assignment.h"
#include "types/try.h"
#include "types/utf8.h"

namespace rowan {
namespace {

constexpr size_t kBatchBytes = size_t{4} << 20;  // of texts: long ones make short batches

// The table as it is named, or, where a dot can be taken for that between schema and table, as
// "schema.table".
Result<catalog::TablePtr> find_table(SessionCore& session, std::string_view name) {
  std::string_view schema, bare = name;
  catalog::RelationPtr found = session.catalog()->find_relation("", name);
  size_t dot = name.find('.');
  if (std::holds_alternative<std::monostate>(found) && dot != std::string_view::npos) {
    schema = name.substr(0, dot);
    bare = name.substr(dot + 1);
    found = session.catalog()->find_relation(schema, bare);
  }
  if (const auto* table = std::get_if<catalog::TablePtr>(&found)) return *table;
  if (!std::holds_alternative<std::monostate>(found) ||
      session.instance().system_views().find(schema, bare) != nullptr)
    return Error(sqlstate::wrong_object_type, "\"" + std::string(bare) + "\" is not a table");
  return Error(sqlstate::undefined_table, "relation \"" + std::string(name) + "\" does not exist");
}

Result<std::vector<catalog::ColumnNumber>> find_columns(const catalog::Table& table,
                                                        const std::vector<std::string>& names) {
  std::vector<catalog::ColumnNumber> columns;
  for (const std::string& name : names) {
    std::optional<catalog::ColumnNumber> column = table.column_number(name);
    if (!column)
      return Error(sqlstate::undefined_column,
                   "column \"" + name + "\" of relation \"" + table.name + "\" does not exist");
    for (catalog::ColumnNumber other : columns) {
      if (other == *column)
        return Error(sqlstate::duplicate_column, "column \"" + name + "\" specified more than once");
    }
    columns.push_back(*column);
  }
  for (catalog::ColumnNumber i = 0; names.empty() && i < table.columns.size(); ++i) {
    if (!table.columns[i].dropped) columns.push_back(i);
  }
  return columns;
}

}  // namespace

Result<std::unique_ptr<AppenderCore>> AppenderCore::open(std::shared_ptr<SessionCore> session,
                                                         std::string_view table,
                                                         const std::vector<std::string>& columns) {
  bool is_own = TRY(session->begin_append());
  std::unique_ptr<AppenderCore> appender(new AppenderCore(session));
  appender->is_own_ = is_own;
  auto prepare = [&]() -> Result<> {
    appender->table_ = TRY(session->lock_for_append([&] { return find_table(*session, table); }));
    std::vector<catalog::ColumnNumber> numbers = TRY(find_columns(*appender->table_, columns));
    appender->load_ = TRY(session->open_load(appender->table_, std::move(numbers)));
    return {};
  };
  Result<> prepared = prepare();
  if (!prepared.ok()) {
    appender->is_open_ = false;
    TRY(session->end_append(is_own, false));
    return std::move(prepared).error();
  }
  appender->ground_ = session->ground();
  return appender;
}

AppenderCore::~AppenderCore() {
  if (is_open_ && is_own_ && session_->ground() == ground_)
    static_cast<void>(session_->end_append(true, false).ok());
}

// Is what it was opened on still there?
Result<> AppenderCore::check_ground() const {
  TRY(session_->check_open());
  if (!is_open_) return Error(sqlstate::object_not_in_prerequisite_state, "the appender has ended");
  if (session_->ground() == ground_) return {};
  return Error(sqlstate::object_not_in_prerequisite_state,
               "the transaction of the appender has ended, was rolled back or has changed definitions");
}

Result<Vector*> AppenderCore::next_column() {
  if (next_ >= load_->column_count())
    return Error(sqlstate::syntax_error, "the row has more values than the appender has columns")
        .table(table_->name);
  return &load_->column(next_);
}

Result<> AppenderCore::append(const Value& value) {
  Vector* to = TRY(next_column());
  if (value.is_null()) {
    to->set_null(rows_);
  } else {
    Value assigned = TRY(assigned_value(value, to->type(), session_->eval()));
    to->set_valid(rows_);
    to->set_value(rows_, assigned);
    bytes_ += assigned.as_bytes().size();
  }
  ++next_;
  return {};
}

Result<> AppenderCore::append(int64_t value, TypeId given) {
  Vector* to = TRY(next_column());
  TypeId wanted = to->type().id;
  bool is_small =
      value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max();
  if (wanted == TypeId::BigInt) {
    to->data<int64_t>()[rows_] = value;
  } else if (wanted == TypeId::Integer && is_small) {
    to->data<int32_t>()[rows_] = static_cast<int32_t>(value);
  } else {
    return append(Value::of_int(given, value));
  }
  to->set_valid(rows_);
  ++next_;
  return {};
}

Result<> AppenderCore::append(std::string_view text) {
  TRY(check_utf8(text));
  Vector* to = TRY(next_column());
  if (to->type().id != TypeId::Text) return append(Value::text(text));
  to->data<Text>()[rows_] = to->arena().copy(text);
  bytes_ += text.size();
  to->set_valid(rows_);
  ++next_;
  return {};
}

Result<> AppenderCore::end_row() {
  if (next_ != load_->column_count())
    return Error(sqlstate::syntax_error, "the row has fewer values than the appender has columns")
        .table(table_->name);
  next_ = 0;
  return ++rows_ == load_->capacity() || bytes_ >= kBatchBytes ? write() : Result<>();
}

Result<> AppenderCore::write() {
  TRY(check_ground());
  Result<> written = session_->write_load(*load_, rows_);
  rows_ = 0;
  bytes_ = 0;
  if (!written.ok()) is_open_ = false;  // its transaction has failed
  return written;
}

Result<> AppenderCore::finish() {
  if (is_open_ && next_ != 0)
    return Error(sqlstate::syntax_error, "the last row has not been ended").table(table_->name);
  TRY(write());
  is_open_ = false;
  return session_->end_append(is_own_, true);
}

}  // namespace rowan
