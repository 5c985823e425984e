// api/rowan.hpp: Rowan for C++ programs: open a database, talk SQL to it, read typed rows.
//
//   rowan::Database database = rowan::Database::open("hospital.rowan").value();
//   rowan::Connection connection = database.connect().value();
//   rowan::Statement find = connection.prepare("SELECT name FROM patient WHERE id = $1").value();
//   find.bind(1, int64_t{42}).value();
//   rowan::Rows rows = find.query().value();
//   while (rows.next().value()) std::puts(rows.text(0).c_str());
//
// Every call that can fail returns a Result; value() throws instead, for programs that prefer that. Positions
// of columns count from 0, of parameters from 1 ($1). A Database may be used by any number of threads; a
// Connection, its statements and their rows by one thread at a time. Handles keep what they come from alive:
// closing is orderly whatever the order of destructors. Sources: the shapes are SQLite's and libpq's, the
// semantics PostgreSQL's.
//
// Misuse is answered, not punished: a call on a connection that is busy, from another thread or from one of
// its own callbacks, is 55006; use of a closed database 57P01; use in a child after fork() 55000. A handle
// that was moved from may only be assigned to or destroyed; one whose call is running, not from inside the
// callback of that call. api/rowan.h says the same to C, under the same names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "types/error.h"
#include "types/export.h"
#include "types/result.h"

namespace rowan {

class Connection;
class Rows;
class Statement;

struct OpenOptions {
  bool read_only = false;
  bool create = true;     // false: a file that is not there is 58P01
  size_t pool_bytes = 0;  // the buffer pool: pages in memory, touched as they are needed; 0: a quarter of the
                          // memory that this process may use, from 64 MiB to 4 GiB
  size_t work_memory_bytes = size_t{64} << 20;  // of one sort, hash join or hash aggregate, before it spills:
                                                // the sessions' default of work_mem; at least 64 kB
};

// A database file that is open in this process. A second open of the same file, by any of its names, shares
// the instance (the options of the first hold), and its end: what one of them closes is closed for all.
class ROWAN_API Database {
 public:
  // Opens `path`, or creates it; ":memory:" is a database without a file, another at each opening. Recovers
  // after a crash. While this process is just closing the file, by close() or as its last handle goes, waits
  // for that and opens it anew. Errors: 22023 an empty path · 58P01 not there and not to be created · 42501
  // no permission · 55006 open in another process (the message names its pid), or called from inside a
  // callback of the database that is being closed · XX001 damaged, another format, or its log is missing ·
  // 58030 the disk failed. May block for as long as recovery takes. Thread-safe.
  static Result<Database> open(std::string_view path, const OpenOptions& options = {});

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();  // closes cleanly when the last handle of the instance goes

  // A new session. Thread-safe; costs microseconds.
  Result<Connection> connect();

  // Ends the sessions' use of the file: running calls are stopped and waited for, open transactions rolled
  // back, the log folded into the file, the file and its lock given back: when this returns, also with an
  // error, any process may open it. Other threads may be using connections meanwhile. Connections,
  // statements, rows and appenders stay good to be destroyed; what they are asked from now on is 57P01. The
  // row where Rows stand can be read until they are asked for the next; the memory that this takes (the
  // pool's included) goes with the last handle. Closing again waits for the first and does nothing. Errors:
  // 55006 from inside a callback of one of its statements; those of writing: the next opening recovers.
  // Thread-safe. Blocks until running calls have noticed.
  Result<> close();

  // Copies the whole database into the new file `path`, while others read and write: as BACKUP TO does. The
  // copy is the database as it was at one moment of the call, with every commit that had returned before the
  // call; opening it is restoring it. Its name comes last, so whatever stops the copying leaves no file of
  // that name, and at most PATH-incomplete, which the next backup to `path` makes way with. Errors: 58P02
  // `path` is there · 58P01 its folder is not · 0A000 a database in memory · 55006 another backup to `path`
  // is under way · 57P01 closed, or close() ends it · XX001 a page is damaged · 53100 · 58030; what was begun
  // is removed. Thread-safe. Blocks for as long as the copying takes.
  Result<> backup(std::string_view path);

  // One finding a line, with page and owner: pages as the disk has them, the structures on them, rows against
  // indexes, constraints. Empty: none. May run beside writers and then has no false findings; DDL on the
  // table being checked waits, close() ends it. Storage that nobody owns is looked for only when no
  // connection is open. Errors: 55P03 DDL under way kept a table locked for 10 s · 57P01 closed · 58030.
  // Thread-safe. Blocks.
  Result<std::vector<std::string>> check();

 private:
  friend class Connection;
  struct Instance;
  explicit Database(std::shared_ptr<Instance> instance);
  std::shared_ptr<Instance> instance_;
};

// Checks the file at `path`, which nobody may have open for writing, as Database::check does. No byte of it
// changes: one that was not closed cleanly is recovered in memory. Errors: as Database::open.
ROWAN_API Result<std::vector<std::string>> check_file(std::string_view path);

// Stops a statement from another thread. A token belongs to one execution: used after that it does nothing,
// for ever. Taken before the execution begins and used at once, it stops that execution before its first row.
//
// A commit happens or does not, and the call says which: success, it is done; 57014, nothing of the
// transaction is left. COMMIT, and the commit at the end of a statement outside a block, heed a request only
// while they write definitions (of CREATE, ALTER, DROP), which comes first; any later it does nothing, and
// the request that came just before a COMMIT of rows is lost.
class ROWAN_API Canceller {
 public:
  Canceller();
  // The statement ends with 57014 soon. Thread-safe, does not block.
  void cancel() const;

 private:
  friend class Connection;
  struct State;
  std::shared_ptr<State> state_;
};

// What the server says besides results: NOTICE and WARNING.
struct Notice {
  std::string severity;  // "NOTICE", "WARNING", "INFO"
  Error error;           // SQLSTATE, message, detail, hint
};

enum class TransactionStatus : uint8_t { Idle, Active, Failed };

enum class Isolation : uint8_t { ReadCommitted, RepeatableRead, Serializable };

// A session: one transaction at a time, settings, prepared statements.
class ROWAN_API Connection {
 public:
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  // Once no statement, rows or appender of it is left either: rolls an open transaction back.
  ~Connection();

  // Runs one statement without parameters. Rows stream from it: the next statement of this connection cuts
  // them off, and asking for more of them is 24000. Who must ask between rows takes a second connection, or
  // reads the rows to the end first. Errors: any SQLSTATE; 42601 when the text holds more than one statement.
  Result<Rows> query(std::string_view sql);
  // Runs all statements of `sql` and drops their rows; stops at the first error. Several statements outside a
  // transaction block run in one transaction, as PostgreSQL's simple protocol has it.
  Result<> execute(std::string_view sql);
  // Parses, binds and plans one statement; parameter types are inferred.
  Result<Statement> prepare(std::string_view sql);

  // Runs `work` in a transaction of its own, at `level`, and commits. Where that comes to a conflict with
  // others (40001, 40P01, in `work` or at the commit) all of it is rolled back and, after a pause that grows
  // with each time, run again, for as often as it takes: `work` must do no more outside of the database than
  // may be done again. It returns the errors of its statements as they come, and neither commits nor rolls
  // back. Returns how many times it was tried again. Errors: those of `work` that are no conflicts, its
  // transaction rolled back, as it is when `work` throws · those of the commit · 57014 cancelled, 57P01
  // closed, between two tries too · 25P03 it was idle for too long · 25001 a block is open · 25P01 `work` has
  // ended its transaction · 25P02 it has kept an error to itself.
  Result<uint32_t> transact(Isolation level, const std::function<Result<>(Connection&)>& work);

  TransactionStatus transaction_status() const;
  // A token for the statement that runs now or else the next one; BEGIN, COMMIT and their like use one up
  // without heeding it. Thread-safe.
  Canceller canceller();
  // Called for each notice, on the thread that runs the statement. Callbacks may not throw.
  void on_notice(std::function<void(const Notice&)> handler);
  // COPY … FROM STDIN asks `read` for the next piece of data (empty: the end); COPY … TO STDOUT hands pieces
  // to `write`, of 64 KiB at most, which end with a row where rows are shorter than half of that. An error of
  // theirs ends the statement as its own.
  void on_copy(std::function<Result<std::string>()> read, std::function<Result<>(std::string_view)> write);

 private:
  friend class Database;
  friend class Statement;
  friend class Rows;
  friend class Appender;
  struct Session;
  explicit Connection(std::shared_ptr<Session> session);
  Result<> pause_before_retry(uint32_t attempt);
  Result<> check_not_ended_idle();
  std::shared_ptr<Session> session_;
};

// A prepared statement: planned once, run many times. Plans again by itself when a definition it uses has
// changed.
class ROWAN_API Statement {
 public:
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;
  ~Statement();

  uint32_t parameter_count() const;
  // Sets $`position`; kept until set again; NULL at first. Values are converted to the parameter's type as an
  // assignment would. Errors: 42P02 no such parameter · 22003 out of range · 22001 too long · 22P02 text that
  // is no such value · 22021 text that is not UTF-8 or has a zero byte · 42846 no such conversion.
  Result<> bind(uint32_t position, std::nullptr_t);
  Result<> bind(uint32_t position, bool value);
  Result<> bind(uint32_t position, int32_t value);
  Result<> bind(uint32_t position, int64_t value);
  Result<> bind(uint32_t position, double value);
  Result<> bind(uint32_t position, std::string_view text);
  Result<> bind(uint32_t position, const char* text) {
    return text == nullptr ? bind(position, nullptr) : bind(position, std::string_view(text));
  }
  Result<> bind_bytes(uint32_t position, std::string_view bytes);  // for BYTEA

  // The result that it will have, as of the last planning: no columns for what has none, and for statements
  // that are not planned (SHOW, EXPLAIN, definitions).
  uint32_t column_count() const;
  const std::string& column_name(uint32_t column) const;  // until it is run again; "": no such column
  std::string column_type(uint32_t column) const;

  // Runs it; rows stream. An earlier run's rows end.
  Result<Rows> query();
  // Runs it to its end, drops rows and returns how many it changed or selected.
  Result<uint64_t> execute();

 private:
  friend class Connection;
  struct State;
  explicit Statement(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// A streamed result: stands before its first row until next() is called.
class ROWAN_API Rows {
 public:
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;
  // Ends the statement; what it changed outside a transaction block is then committed. What of it has not run
  // yet (INSERT ... RETURNING read half-way) runs now, and if that or the commit fails nobody is told and
  // nothing of it stays: who must know reads to the end, where next() says.
  ~Rows();

  // Steps to the next row; false at the end, where an own transaction has been committed.
  // Errors: any SQLSTATE of the statement, 57014 cancelled, 40001 … 24000 another statement of the connection
  // has begun · 57P01 the database is closed, even if the row had been fetched.
  Result<bool> next();

  uint32_t column_count() const;
  const std::string& column_name(uint32_t column) const;  // "" where there is no such column
  const std::string& column_type(uint32_t column) const;  // "integer", "character varying(20)"
  bool is_numeric(uint32_t column) const;                 // shells set it to the right

  // The current row; good until the next call of next(), whoever closes the database meanwhile, or until the
  // connection begins another statement. A NULL reads as 0, "" or false: ask is_null first. What is not there
  // (a column too far, no current row) reads as NULL.
  bool is_null(uint32_t column) const;
  bool boolean(uint32_t column) const;  // of other types: is int64() not 0?
  // Numbers towards zero, 0 where they do not fit; true is 1; of a text the number that it begins with, else
  // 0; a date is days, a timestamp microseconds since 2000-01-01 (UTC with a time zone), a time microseconds
  // since midnight; other types read as 0.
  int64_t int64(uint32_t column) const;
  double float64(uint32_t column) const;     // the same, with fractions
  std::string text(uint32_t column) const;   // as PostgreSQL prints it
  std::string bytes(uint32_t column) const;  // of BYTEA the bytes themselves; of other types text()
  void append_text(uint32_t column, std::string& out) const;
  // text() without a copy where the value lies in memory as it is printed (strings, JSON); of other types it
  // is written into `room`. Good as long as the current row and `room` are.
  std::string_view text_view(uint32_t column, std::string& room) const;

  // Does this statement have a result at all (SELECT, RETURNING, SHOW, EXPLAIN …)?
  bool has_columns() const { return column_count() > 0 || is_query(); }
  bool is_query() const;
  // After the end: "INSERT 0 3", "SELECT 5", "CREATE TABLE"; and the number in it.
  const std::string& command_tag() const;
  uint64_t row_count() const;

 private:
  friend class Connection;
  friend class Statement;
  struct State;
  explicit Rows(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// Loads rows into a table without SQL: values go straight into columns, and a batch of 1,024 rows (or of 4
// MiB of text) into the table as one INSERT of them would, with its defaults, constraints, indexes and
// foreign keys; into GENERATED ALWAYS AS IDENTITY it writes what it is given, as COPY does. It knows the
// rules of INSERT: a row comes after the rows that it refers to (within a batch the order does not matter).
//
// Opened outside a transaction block, it has a transaction of its own: all rows commit together in finish(),
// and until it is finished, has failed or goes, the connection is its alone: any other statement of it
// (BEGIN, COMMIT, prepare and a second appender too) is refused with 55000 and changes nothing. Opened inside
// a block, its rows are part of that, and the connection may run other statements meanwhile; they see the
// full batches. From its calls then 55000: the block has ended or failed, was rolled back to a savepoint or
// has changed definitions since; rows that had not been written are not in the table.
class ROWAN_API Appender {
 public:
  // Into `columns` of `table` (names as they are stored, unquoted, "patient" or "public.patient"; no columns:
  // all, left to right); others get their defaults. Takes the table's ROW EXCLUSIVE lock. Errors: 42P01 no
  // such table · 42809 a view or sequence · 42703, 42701 columns · 25006 · 40P01, 55P03, 57014 while waiting
  // · 55000 an appender with a transaction of its own is open. May block.
  static Result<Appender> open(Connection& connection, std::string_view table,
                               const std::vector<std::string>& columns = {});
  Appender(Appender&&) noexcept;
  Appender& operator=(Appender&&) noexcept;
  ~Appender();  // without finish() its own transaction is rolled back; in a block buffered rows are dropped

  // The next column's value, left to right; the row ends with end_row(). Conversions and errors as
  // Statement::bind, and 42601 a value too many; after one the value may be given again.
  Result<> append(std::nullptr_t);
  Result<> append(bool value);
  Result<> append(int32_t value);
  Result<> append(int64_t value);
  Result<> append(double value);
  Result<> append(std::string_view text);
  Result<> append(const char* text) {
    return text == nullptr ? append(nullptr) : append(std::string_view(text));
  }
  Result<> append_bytes(std::string_view bytes);
  // Errors: 42601 a value too few; and where a batch is full those of the INSERT, with Error::row() counting
  // from the first row appended. They fail the transaction and end the appender. May block.
  Result<> end_row();
  // Writes what is buffered; an own transaction commits. Errors: as end_row(), 42601 an unfinished row.
  Result<> finish();

 private:
  struct State;
  explicit Appender(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "0.1.0"
ROWAN_API std::string_view version();

}  // namespace rowan
