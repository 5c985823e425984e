// api/rowan_c.cpp: rowan.h over rowan.hpp. Each function checks its pointers, calls its namesake, and turns
// the Result into a status and an error; an exception ends here (only memory throws).
#include <algorithm>
#include <cstring>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/rowan.h"
#include "api/rowan.hpp"

struct rowan_error {
  rowan::Error error;
  rowan::SqlState state;  // error's, where C can point at it
};
struct rowan_database {
  rowan::Database database;
};
struct rowan_connection {
  rowan::Connection connection;
};
struct rowan_statement {
  rowan::Statement statement;
  std::set<std::string> texts = {};  // names and types that were given out
};
struct rowan_rows {
  rowan::Rows rows;
  std::vector<std::string> texts;  // by column, of the current row
};
struct rowan_appender {
  rowan::Appender appender;
};
struct rowan_canceller {
  rowan::Canceller canceller;
};

namespace {

using rowan::Error;
using rowan::Result;

// What is given out when there is no memory for an error: an address that is no error, and nobody's to free.
rowan_error* no_memory() {
  static char mark;
  return reinterpret_cast<rowan_error*>(&mark);
}

rowan_error* to_c(Error error) {
  rowan::SqlState state = error.state();
  auto* made = new (std::nothrow) rowan_error{std::move(error), state};
  return made != nullptr ? made : no_memory();
}

rowan_status fail(rowan_error** to, Error error) {
  if (to != nullptr) *to = to_c(std::move(error));
  return ROWAN_ERROR;
}
rowan_status misuse(rowan_error** to, const char* what) {
  if (to == nullptr) return ROWAN_MISUSE;
  try {
    *to = to_c(Error(rowan::sqlstate::null_value_not_allowed, std::string(what) + " must not be NULL"));
  } catch (const std::bad_alloc&) {
    *to = no_memory();
  }
  return ROWAN_MISUSE;
}

// Runs `call`, which returns a Result<> or a rowan_status of its own.
template <class Call>
rowan_status run(rowan_error** error, Call&& call) {
  if (error != nullptr) *error = nullptr;
  try {
    Result<rowan_status> result = call();
    return result.ok() ? *result : fail(error, std::move(result).error());
  } catch (const std::bad_alloc&) {
    if (error != nullptr) *error = no_memory();
    return ROWAN_ERROR;
  }
}
template <class Call>
rowan_status run_plain(rowan_error** error, Call&& call) {
  return run(error, [&]() -> Result<rowan_status> {
    Result<> result = call();
    if (!result.ok()) return std::move(result).error();
    return ROWAN_OK;
  });
}
// Runs `call`, which returns a Result of what becomes a new handle.
template <class Handle, class Call>
rowan_status make(Handle** out, rowan_error** error, Call&& call) {
  *out = nullptr;
  return run(error, [&]() -> Result<rowan_status> {
    auto made = call();
    if (!made.ok()) return std::move(made).error();
    *out = new Handle{std::move(*made)};
    return ROWAN_OK;
  });
}
template <class Call>
rowan_status make_rows(rowan_rows** out, rowan_error** error, Call&& call) {
  return run(error, [&]() -> Result<rowan_status> {
    Result<rowan::Rows> made = call();
    if (!made.ok()) return std::move(made).error();
    std::vector<std::string> texts(made->column_count());
    *out = new rowan_rows{std::move(*made), std::move(texts)};
    return ROWAN_OK;
  });
}

std::string_view view(const void* bytes, size_t length) {
  const char* begin = static_cast<const char*>(bytes);
  return {begin, length == ROWAN_ZERO_TERMINATED ? std::strlen(begin) : length};
}

// An error that a callback gave away.
Error take(rowan_error* given) {
  if (given == no_memory()) return Error(rowan::sqlstate::out_of_memory, "out of memory");
  Error error = std::move(given->error);
  delete given;
  return error;
}

template <class Text>
const char* text_of(const rowan_error* error, Text&& text) {
  return error == nullptr || error == no_memory() ? "" : text(error->error).c_str();
}

rowan_status report(const Result<std::vector<std::string>>& lines, void (*found)(void*, const char*),
                    void* context) {
  for (const std::string& line : *lines) found(context, line.c_str());
  return ROWAN_OK;
}

// `read` puts the value into the column's text.
template <class Read>
const char* column_text(rowan_rows* rows, uint32_t column, size_t* length, Read&& read) {
  if (length != nullptr) *length = 0;
  if (rows == nullptr || column >= rows->texts.size() || rows->rows.is_null(column)) return nullptr;
  std::string& text = rows->texts[column];
  try {
    read(text);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  if (length != nullptr) *length = text.size();
  return text.c_str();
}

// Kept with the statement: planning again may change what `read` gives.
template <class Read>
const char* statement_text(rowan_statement* statement, uint32_t column, Read&& read) {
  if (statement == nullptr || column >= statement->statement.column_count()) return "";
  try {
    return statement->texts.insert(read()).first->c_str();
  } catch (const std::bad_alloc&) {
    return "";
  }
}

}  // namespace

extern "C" {

const char* rowan_version(void) {
  return rowan::version().data();
}

const char* rowan_error_sqlstate(const rowan_error* error) {
  if (error == no_memory()) return rowan::sqlstate::out_of_memory.code;
  return error == nullptr ? "" : error->state.code;
}
const char* rowan_error_message(const rowan_error* error) {
  if (error == no_memory()) return "out of memory";
  return text_of(error, [](const Error& e) -> const std::string& { return e.message(); });
}
const char* rowan_error_detail(const rowan_error* error) {
  return text_of(error, [](const Error& e) -> const std::string& { return e.detail(); });
}
const char* rowan_error_hint(const rowan_error* error) {
  return text_of(error, [](const Error& e) -> const std::string& { return e.hint(); });
}
const char* rowan_error_context(const rowan_error* error) {
  return text_of(error, [](const Error& e) -> const std::string& { return e.context(); });
}
const char* rowan_error_table(const rowan_error* error) {
  return text_of(error, [](const Error& e) -> const std::string& { return e.table(); });
}
const char* rowan_error_column(const rowan_error* error) {
  return text_of(error, [](const Error& e) -> const std::string& { return e.column(); });
}
const char* rowan_error_constraint(const rowan_error* error) {
  return text_of(error, [](const Error& e) -> const std::string& { return e.constraint(); });
}
const char* rowan_error_value(const rowan_error* error) {
  return text_of(error, [](const Error& e) -> const std::string& { return e.value(); });
}
uint64_t rowan_error_row(const rowan_error* error) {
  return error == nullptr || error == no_memory() ? 0 : error->error.row();
}
int32_t rowan_error_position(const rowan_error* error) {
  return error == nullptr || error == no_memory() ? rowan::kNoPosition : error->error.position();
}
rowan_error* rowan_error_new(const char* sqlstate, const char* message) {
  try {
    rowan::SqlState state = rowan::sqlstate::internal_error;
    if (sqlstate != nullptr && std::strlen(sqlstate) == 5) std::memcpy(state.code, sqlstate, 5);
    return to_c(Error(state, message == nullptr ? "" : message));
  } catch (const std::bad_alloc&) {
    return no_memory();
  }
}
void rowan_error_free(rowan_error* error) {
  if (error != no_memory()) delete error;
}

rowan_status rowan_database_open(const char* path, const rowan_open_options* options, rowan_database** out,
                                 rowan_error** error) {
  if (out == nullptr) return misuse(error, "out");
  *out = nullptr;
  if (path == nullptr) return misuse(error, "path");
  rowan::OpenOptions wanted;
  if (options != nullptr) {
    // What the caller's version did not have yet keeps its default.
    rowan_open_options known = ROWAN_OPEN_OPTIONS_DEFAULT;
    std::memcpy(&known, options, std::min(options->struct_size, sizeof known));
    wanted.read_only = known.read_only;
    wanted.create = !known.must_exist;
    if (known.pool_bytes != 0) wanted.pool_bytes = known.pool_bytes;
    if (known.work_memory_bytes != 0) wanted.work_memory_bytes = known.work_memory_bytes;
  }
  return make(out, error, [&] { return rowan::Database::open(path, wanted); });
}
rowan_status rowan_database_connect(rowan_database* database, rowan_connection** out, rowan_error** error) {
  if (out == nullptr) return misuse(error, "out");
  *out = nullptr;
  if (database == nullptr) return misuse(error, "database");
  return make(out, error, [&] { return database->database.connect(); });
}
rowan_status rowan_database_close(rowan_database* database, rowan_error** error) {
  if (database == nullptr) return misuse(error, "database");
  return run_plain(error, [&] { return database->database.close(); });
}
rowan_status rowan_database_backup(rowan_database* database, const char* path, rowan_error** error) {
  if (database == nullptr) return misuse(error, "database");
  if (path == nullptr) return misuse(error, "path");
  return run_plain(error, [&] { return database->database.backup(path); });
}
rowan_status rowan_database_check(rowan_database* database, void (*found)(void* context, const char* line),
                                  void* context, rowan_error** error) {
  if (database == nullptr) return misuse(error, "database");
  if (found == nullptr) return misuse(error, "found");
  return run(error, [&]() -> Result<rowan_status> {
    Result<std::vector<std::string>> lines = database->database.check();
    if (!lines.ok()) return std::move(lines).error();
    return report(lines, found, context);
  });
}
rowan_status rowan_check_file(const char* path, void (*found)(void* context, const char* line), void* context,
                              rowan_error** error) {
  if (path == nullptr) return misuse(error, "path");
  if (found == nullptr) return misuse(error, "found");
  return run(error, [&]() -> Result<rowan_status> {
    Result<std::vector<std::string>> lines = rowan::check_file(path);
    if (!lines.ok()) return std::move(lines).error();
    return report(lines, found, context);
  });
}
void rowan_database_free(rowan_database* database) {
  delete database;
}

rowan_status rowan_connection_query(rowan_connection* connection, const char* sql, rowan_rows** out,
                                    rowan_error** error) {
  if (out == nullptr) return misuse(error, "out");
  *out = nullptr;
  if (connection == nullptr) return misuse(error, "connection");
  if (sql == nullptr) return misuse(error, "sql");
  return make_rows(out, error, [&] { return connection->connection.query(sql); });
}
rowan_status rowan_connection_execute(rowan_connection* connection, const char* sql, rowan_error** error) {
  if (connection == nullptr) return misuse(error, "connection");
  if (sql == nullptr) return misuse(error, "sql");
  return run_plain(error, [&] { return connection->connection.execute(sql); });
}
rowan_status rowan_connection_prepare(rowan_connection* connection, const char* sql, rowan_statement** out,
                                      rowan_error** error) {
  if (out == nullptr) return misuse(error, "out");
  *out = nullptr;
  if (connection == nullptr) return misuse(error, "connection");
  if (sql == nullptr) return misuse(error, "sql");
  return make(out, error, [&] { return connection->connection.prepare(sql); });
}
rowan_transaction_status rowan_connection_transaction_status(const rowan_connection* connection) {
  if (connection == nullptr) return ROWAN_TRANSACTION_IDLE;
  switch (connection->connection.transaction_status()) {
    case rowan::TransactionStatus::Idle:
      return ROWAN_TRANSACTION_IDLE;
    case rowan::TransactionStatus::Active:
      return ROWAN_TRANSACTION_ACTIVE;
    case rowan::TransactionStatus::Failed:
      return ROWAN_TRANSACTION_FAILED;
  }
  return ROWAN_TRANSACTION_IDLE;
}
rowan_status rowan_connection_transact(rowan_connection* connection, rowan_isolation level,
                                       rowan_status (*work)(void* context, rowan_connection* connection,
                                                            rowan_error** error),
                                       void* context, uint32_t* retries, rowan_error** error) {
  if (connection == nullptr) return misuse(error, "connection");
  if (work == nullptr) return misuse(error, "work");
  if (level < ROWAN_READ_COMMITTED || level > ROWAN_SERIALIZABLE) return misuse(error, "level");
  auto once = [&](rowan::Connection&) -> Result<> {
    rowan_error* failed = nullptr;
    if (work(context, connection, &failed) == ROWAN_OK) {
      rowan_error_free(failed);
      return {};
    }
    if (failed == nullptr || failed == no_memory())
      return failed == nullptr ? Error(rowan::sqlstate::external_routine_exception, "the work has failed")
                               : Error(rowan::sqlstate::out_of_memory, "out of memory");
    Error given = failed->error;
    rowan_error_free(failed);
    return given;
  };
  return run_plain(error, [&]() -> Result<> {
    Result<uint32_t> done = connection->connection.transact(static_cast<rowan::Isolation>(level), once);
    if (!done.ok()) return std::move(done).error();
    if (retries != nullptr) *retries = *done;
    return {};
  });
}
rowan_status rowan_connection_canceller(rowan_connection* connection, rowan_canceller** out,
                                        rowan_error** error) {
  if (out == nullptr) return misuse(error, "out");
  *out = nullptr;
  if (connection == nullptr) return misuse(error, "connection");
  return make(out, error, [&]() -> Result<rowan::Canceller> { return connection->connection.canceller(); });
}
void rowan_canceller_cancel(const rowan_canceller* canceller) {
  if (canceller != nullptr) canceller->canceller.cancel();
}
void rowan_canceller_free(rowan_canceller* canceller) {
  delete canceller;
}

void rowan_connection_on_notice(rowan_connection* connection,
                                void (*handler)(void* context, const char* severity,
                                                const rowan_error* notice),
                                void* context) {
  if (connection == nullptr) return;
  if (handler == nullptr) {
    connection->connection.on_notice(nullptr);
    return;
  }
  connection->connection.on_notice([handler, context](const rowan::Notice& notice) {
    rowan_error told{notice.error, notice.error.state()};
    handler(context, notice.severity.c_str(), &told);
  });
}

void rowan_connection_on_copy(rowan_connection* connection,
                              rowan_error* (*read)(void* context, const char** data, size_t* length),
                              rowan_error* (*write)(void* context, const char* data, size_t length),
                              void* context) {
  if (connection == nullptr) return;
  std::function<Result<std::string>()> reader;
  std::function<Result<>(std::string_view)> writer;
  if (read != nullptr) {
    reader = [read, context]() -> Result<std::string> {
      const char* data = nullptr;
      size_t length = 0;
      if (rowan_error* error = read(context, &data, &length)) return take(error);
      return data == nullptr ? std::string() : std::string(data, length);
    };
  }
  if (write != nullptr) {
    writer = [write, context](std::string_view bytes) -> Result<> {
      if (rowan_error* error = write(context, bytes.data(), bytes.size())) return take(error);
      return {};
    };
  }
  connection->connection.on_copy(std::move(reader), std::move(writer));
}
void rowan_connection_free(rowan_connection* connection) {
  delete connection;
}

uint32_t rowan_statement_parameter_count(const rowan_statement* statement) {
  return statement == nullptr ? 0 : statement->statement.parameter_count();
}
uint32_t rowan_statement_column_count(const rowan_statement* statement) {
  return statement == nullptr ? 0 : statement->statement.column_count();
}
const char* rowan_statement_column_name(rowan_statement* statement, uint32_t column) {
  return statement_text(statement, column, [&] { return statement->statement.column_name(column); });
}
const char* rowan_statement_column_type(rowan_statement* statement, uint32_t column) {
  return statement_text(statement, column, [&] { return statement->statement.column_type(column); });
}
rowan_status rowan_statement_bind_null(rowan_statement* statement, uint32_t position, rowan_error** error) {
  if (statement == nullptr) return misuse(error, "statement");
  return run_plain(error, [&] { return statement->statement.bind(position, nullptr); });
}
rowan_status rowan_statement_bind_boolean(rowan_statement* statement, uint32_t position, bool value,
                                          rowan_error** error) {
  if (statement == nullptr) return misuse(error, "statement");
  return run_plain(error, [&] { return statement->statement.bind(position, value); });
}
rowan_status rowan_statement_bind_int32(rowan_statement* statement, uint32_t position, int32_t value,
                                        rowan_error** error) {
  if (statement == nullptr) return misuse(error, "statement");
  return run_plain(error, [&] { return statement->statement.bind(position, value); });
}
rowan_status rowan_statement_bind_int64(rowan_statement* statement, uint32_t position, int64_t value,
                                        rowan_error** error) {
  if (statement == nullptr) return misuse(error, "statement");
  return run_plain(error, [&] { return statement->statement.bind(position, value); });
}
rowan_status rowan_statement_bind_float64(rowan_statement* statement, uint32_t position, double value,
                                          rowan_error** error) {
  if (statement == nullptr) return misuse(error, "statement");
  return run_plain(error, [&] { return statement->statement.bind(position, value); });
}
rowan_status rowan_statement_bind_text(rowan_statement* statement, uint32_t position, const char* text,
                                       size_t length, rowan_error** error) {
  if (text == nullptr) return rowan_statement_bind_null(statement, position, error);
  if (statement == nullptr) return misuse(error, "statement");
  return run_plain(error, [&] { return statement->statement.bind(position, view(text, length)); });
}
rowan_status rowan_statement_bind_bytes(rowan_statement* statement, uint32_t position, const void* bytes,
                                        size_t length, rowan_error** error) {
  if (bytes == nullptr) return rowan_statement_bind_null(statement, position, error);
  if (statement == nullptr) return misuse(error, "statement");
  return run_plain(error, [&] { return statement->statement.bind_bytes(position, view(bytes, length)); });
}
rowan_status rowan_statement_query(rowan_statement* statement, rowan_rows** out, rowan_error** error) {
  if (out == nullptr) return misuse(error, "out");
  *out = nullptr;
  if (statement == nullptr) return misuse(error, "statement");
  return make_rows(out, error, [&] { return statement->statement.query(); });
}
rowan_status rowan_statement_execute(rowan_statement* statement, uint64_t* row_count, rowan_error** error) {
  if (statement == nullptr) return misuse(error, "statement");
  return run(error, [&]() -> Result<rowan_status> {
    Result<uint64_t> count = statement->statement.execute();
    if (!count.ok()) return std::move(count).error();
    if (row_count != nullptr) *row_count = *count;
    return ROWAN_OK;
  });
}
void rowan_statement_free(rowan_statement* statement) {
  delete statement;
}

rowan_status rowan_rows_next(rowan_rows* rows, rowan_error** error) {
  if (rows == nullptr) return misuse(error, "rows");
  return run(error, [&]() -> Result<rowan_status> {
    Result<bool> more = rows->rows.next();
    if (!more.ok()) return std::move(more).error();
    return *more ? ROWAN_ROW : ROWAN_DONE;
  });
}
uint32_t rowan_rows_column_count(const rowan_rows* rows) {
  return rows == nullptr ? 0 : rows->rows.column_count();
}
const char* rowan_rows_column_name(const rowan_rows* rows, uint32_t column) {
  return rows == nullptr ? "" : rows->rows.column_name(column).c_str();
}
const char* rowan_rows_column_type(const rowan_rows* rows, uint32_t column) {
  return rows == nullptr ? "" : rows->rows.column_type(column).c_str();
}
bool rowan_rows_is_numeric(const rowan_rows* rows, uint32_t column) {
  return rows != nullptr && rows->rows.is_numeric(column);
}
bool rowan_rows_is_null(const rowan_rows* rows, uint32_t column) {
  return rows == nullptr || rows->rows.is_null(column);
}
bool rowan_rows_boolean(const rowan_rows* rows, uint32_t column) {
  return rows != nullptr && rows->rows.boolean(column);
}
int64_t rowan_rows_int64(const rowan_rows* rows, uint32_t column) {
  return rows == nullptr ? 0 : rows->rows.int64(column);
}
double rowan_rows_float64(const rowan_rows* rows, uint32_t column) {
  return rows == nullptr ? 0 : rows->rows.float64(column);
}
const char* rowan_rows_text(rowan_rows* rows, uint32_t column, size_t* length) {
  return column_text(rows, column, length, [&](std::string& text) {
    text.clear();
    rows->rows.append_text(column, text);
  });
}
const void* rowan_rows_bytes(rowan_rows* rows, uint32_t column, size_t* length) {
  return column_text(rows, column, length, [&](std::string& text) { text = rows->rows.bytes(column); });
}
bool rowan_rows_is_query(const rowan_rows* rows) {
  return rows != nullptr && rows->rows.is_query();
}
const char* rowan_rows_command_tag(const rowan_rows* rows) {
  return rows == nullptr ? "" : rows->rows.command_tag().c_str();
}
uint64_t rowan_rows_row_count(const rowan_rows* rows) {
  return rows == nullptr ? 0 : rows->rows.row_count();
}
void rowan_rows_free(rowan_rows* rows) {
  delete rows;
}

rowan_status rowan_appender_open(rowan_connection* connection, const char* table, const char* const* columns,
                                 size_t column_count, rowan_appender** out, rowan_error** error) {
  if (out == nullptr) return misuse(error, "out");
  *out = nullptr;
  if (connection == nullptr) return misuse(error, "connection");
  if (table == nullptr) return misuse(error, "table");
  for (size_t i = 0; i < column_count; ++i) {
    if (columns == nullptr || columns[i] == nullptr) return misuse(error, "columns");
  }
  return make(out, error, [&] {
    std::vector<std::string> names(columns, columns + column_count);
    return rowan::Appender::open(connection->connection, table, names);
  });
}
rowan_status rowan_appender_append_null(rowan_appender* appender, rowan_error** error) {
  if (appender == nullptr) return misuse(error, "appender");
  return run_plain(error, [&] { return appender->appender.append(nullptr); });
}
rowan_status rowan_appender_append_boolean(rowan_appender* appender, bool value, rowan_error** error) {
  if (appender == nullptr) return misuse(error, "appender");
  return run_plain(error, [&] { return appender->appender.append(value); });
}
rowan_status rowan_appender_append_int32(rowan_appender* appender, int32_t value, rowan_error** error) {
  if (appender == nullptr) return misuse(error, "appender");
  return run_plain(error, [&] { return appender->appender.append(value); });
}
rowan_status rowan_appender_append_int64(rowan_appender* appender, int64_t value, rowan_error** error) {
  if (appender == nullptr) return misuse(error, "appender");
  return run_plain(error, [&] { return appender->appender.append(value); });
}
rowan_status rowan_appender_append_float64(rowan_appender* appender, double value, rowan_error** error) {
  if (appender == nullptr) return misuse(error, "appender");
  return run_plain(error, [&] { return appender->appender.append(value); });
}
rowan_status rowan_appender_append_text(rowan_appender* appender, const char* text, size_t length,
                                        rowan_error** error) {
  if (text == nullptr) return rowan_appender_append_null(appender, error);
  if (appender == nullptr) return misuse(error, "appender");
  return run_plain(error, [&] { return appender->appender.append(view(text, length)); });
}
rowan_status rowan_appender_append_bytes(rowan_appender* appender, const void* bytes, size_t length,
                                         rowan_error** error) {
  if (bytes == nullptr) return rowan_appender_append_null(appender, error);
  if (appender == nullptr) return misuse(error, "appender");
  return run_plain(error, [&] { return appender->appender.append_bytes(view(bytes, length)); });
}
rowan_status rowan_appender_end_row(rowan_appender* appender, rowan_error** error) {
  if (appender == nullptr) return misuse(error, "appender");
  return run_plain(error, [&] { return appender->appender.end_row(); });
}
rowan_status rowan_appender_finish(rowan_appender* appender, rowan_error** error) {
  if (appender == nullptr) return misuse(error, "appender");
  return run_plain(error, [&] { return appender->appender.finish(); });
}
void rowan_appender_free(rowan_appender* appender) {
  delete appender;
}

}  // extern "C"
