/* rowan.h: Rowan for C programs: open a database, talk SQL to it, read typed rows.
 *
 *   rowan_error *error = NULL;
 *   rowan_database *database = NULL;
 *   if (rowan_database_open("hospital.rowan", NULL, &database, &error) != ROWAN_OK) {
 *     fprintf(stderr, "%s\n", rowan_error_message(error));
 *     rowan_error_free(error);
 *   }
 *
 * The same interface as rowan.hpp under the same names; C99. What can fail returns a rowan_status and takes,
 * last, a `rowan_error **`: where it is not NULL, it is set to NULL on success and to an error that the
 * caller frees otherwise. `out` parameters are set to NULL on failure. Columns count from 0, parameters from
 * 1 ($1). Strings are UTF-8; those taken are borrowed for the call, those given are owned by the handle they
 * come from and live as long as it says there.
 *
 * Each handle is freed once, by its own ..._free(), which takes NULL too. A handle keeps what it comes from
 * alive: the order of freeing does not matter. A database may be used by any number of threads; a connection,
 * its statements, rows and appenders by one thread at a time. No C++ exception leaves these functions.
 *
 * Misuse is answered: NULL where a handle or an out parameter must be is ROWAN_MISUSE (and readers give 0,
 * false or NULL); a call on a connection that is busy, from another thread or from one of its own callbacks,
 * is SQLSTATE 55006; use of a closed database 57P01; use in a child after fork() 55000. A handle that was
 * freed may not be used, nor may one be freed from inside a callback of its own call: that is C's rule and
 * cannot be answered.
 *
 * Until version 1.0 a minor version may change this interface, and librowan.so's name changes with it; a
 * patch version only adds to it. */
#ifndef ROWAN_H
#define ROWAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROWAN_VERSION_MAJOR 0
#define ROWAN_VERSION_MINOR 1
#define ROWAN_VERSION_PATCH 0

#if defined(__GNUC__)
#define ROWAN_EXPORT __attribute__((visibility("default")))
#else
#define ROWAN_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rowan_database rowan_database;     /* an open file */
typedef struct rowan_connection rowan_connection; /* a session: one transaction at a time */
typedef struct rowan_statement rowan_statement;   /* planned once, run many times */
typedef struct rowan_rows rowan_rows;             /* a streamed result */
typedef struct rowan_appender rowan_appender;     /* loads rows without SQL */
typedef struct rowan_canceller rowan_canceller;   /* stops one statement from another thread */
typedef struct rowan_error rowan_error;           /* what went wrong */

typedef enum rowan_status {
  ROWAN_OK = 0,
  ROWAN_ROW = 1,   /* rowan_rows_next: there is a row */
  ROWAN_DONE = 2,  /* rowan_rows_next: there are no more */
  ROWAN_ERROR = 3, /* see the error */
  ROWAN_MISUSE = 4 /* a NULL where none may be; the error says which */
} rowan_status;

/* The version of the library that is running: "0.1.0". Never freed. */
ROWAN_EXPORT const char* rowan_version(void);

/* Errors: PostgreSQL's codes and wording. */

/* Strings live as long as the error; "" where nothing was said. With NULL for the error: "" too. */
ROWAN_EXPORT const char* rowan_error_sqlstate(const rowan_error* error); /* "23505" */
ROWAN_EXPORT const char* rowan_error_message(const rowan_error* error);
ROWAN_EXPORT const char* rowan_error_detail(const rowan_error* error);
ROWAN_EXPORT const char* rowan_error_hint(const rowan_error* error);
ROWAN_EXPORT const char* rowan_error_context(const rowan_error* error); /* "COPY t, line 3, column a: …" */
/* What data it concerns. */
ROWAN_EXPORT const char* rowan_error_table(const rowan_error* error);
ROWAN_EXPORT const char* rowan_error_column(const rowan_error* error);
ROWAN_EXPORT const char* rowan_error_constraint(const rowan_error* error);
ROWAN_EXPORT const char* rowan_error_value(const rowan_error* error);
ROWAN_EXPORT uint64_t rowan_error_row(const rowan_error* error); /* of the input, from 1; 0: none */
/* Byte offset in the statement's text, -1: none. */
ROWAN_EXPORT int32_t rowan_error_position(const rowan_error* error);

/* An error for a callback to return. `sqlstate`: five characters, else it becomes XX000. Never NULL: where
 * memory is out, it is the error that says so. */
ROWAN_EXPORT rowan_error* rowan_error_new(const char* sqlstate, const char* message);
ROWAN_EXPORT void rowan_error_free(rowan_error* error);

/* Databases. */

/* Start from ROWAN_OPEN_OPTIONS_DEFAULT, so that fields of later versions have their defaults. */
typedef struct rowan_open_options {
  size_t struct_size;
  bool read_only;
  bool must_exist;   /* a file that is not there is 58P01, not created */
  size_t pool_bytes; /* the buffer pool: pages in memory; 0: a quarter of the memory that this process may
                      * use, from 64 MiB to 4 GiB */
  size_t work_memory_bytes; /* of one sort or hash table before it spills: the sessions' default of work_mem,
                             * at least 64 kB; 0: 64 MiB */
} rowan_open_options;
#define ROWAN_OPEN_OPTIONS_DEFAULT \
  { sizeof(rowan_open_options), false, false, 0, 0 }

/* Opens `path`, or creates it; ":memory:" is a database without a file, another at each opening. Recovers
 * after a crash. `options` may be NULL. A second open of the same file in one process shares the first, and
 * its end; one that comes while the file is just being closed waits for that. Errors: 22023 an empty path ·
 * 58P01 not there · 42501 no permission · 55006 open in another process (the message names its pid), or from
 * inside a callback of the database that is being closed · XX001 damaged, another format, or its log is
 * missing · 58030 the disk failed. May block for as long as recovery takes. Thread-safe. */
ROWAN_EXPORT rowan_status rowan_database_open(const char* path, const rowan_open_options* options,
                                              rowan_database** out, rowan_error** error);

/* A new session. Thread-safe; costs microseconds. Errors: 57P01 closed. */
ROWAN_EXPORT rowan_status rowan_database_connect(rowan_database* database, rowan_connection** out,
                                                 rowan_error** error);

/* Running calls are stopped and waited for, open transactions rolled back, the log folded into the file, the
 * file and its lock given back, also after an error. Other threads may be using connections meanwhile. All
 * handles stay good to be freed; what they are asked from now on is 57P01; the row where rows stand can be
 * read until they are asked for the next. Closing again waits for the first and does nothing. Errors: 55006
 * from inside a callback of one of its statements; those of writing. Thread-safe. */
ROWAN_EXPORT rowan_status rowan_database_close(rowan_database* database, rowan_error** error);

/* Copies the whole database into the new file `path`, while others read and write: as it was at one moment of
 * the call, with every commit that had returned before the call; opening the copy is restoring it. Whatever
 * stops the copying leaves no file of that name, and at most PATH-incomplete, which the next backup to `path`
 * makes way with. Errors: 58P02 `path` is there · 58P01 its folder is not · 0A000 a database in memory ·
 * 55006 another backup to `path` is under way · 57P01 closed, or being closed meanwhile · XX001 a page is
 * damaged · 53100 · 58030; what was begun is removed. Thread-safe. */
ROWAN_EXPORT rowan_status rowan_database_backup(rowan_database* database, const char* path,
                                                rowan_error** error);

/* Calls `found` with each broken invariant of the file's structures, a line each. Reads the whole file,
 * beside writers if there are any. Errors: 57P01 closed · 58030. Thread-safe. */
ROWAN_EXPORT rowan_status rowan_database_check(rowan_database* database,
                                               void (*found)(void* context, const char* line), void* context,
                                               rowan_error** error);
/* The same of a file that is not open; it is not changed. Errors: as rowan_database_open. */
ROWAN_EXPORT rowan_status rowan_check_file(const char* path, void (*found)(void* context, const char* line),
                                           void* context, rowan_error** error);

/* Closes cleanly when nothing that came from it is left. */
ROWAN_EXPORT void rowan_database_free(rowan_database* database);

/* Connections. */

/* Runs one statement without parameters. Its rows stream: the next statement of this connection cuts them
 * off, and asking for more of them is 24000. Errors: any SQLSTATE; 42601 more than one statement. */
ROWAN_EXPORT rowan_status rowan_connection_query(rowan_connection* connection, const char* sql,
                                                 rowan_rows** out, rowan_error** error);
/* Runs all statements of `sql` and drops their rows; stops at the first error. Several statements outside a
 * transaction block run in one transaction. */
ROWAN_EXPORT rowan_status rowan_connection_execute(rowan_connection* connection, const char* sql,
                                                   rowan_error** error);
/* Parses, binds and plans one statement; parameter types are inferred. */
ROWAN_EXPORT rowan_status rowan_connection_prepare(rowan_connection* connection, const char* sql,
                                                   rowan_statement** out, rowan_error** error);

typedef enum rowan_transaction_status {
  ROWAN_TRANSACTION_IDLE = 0,
  ROWAN_TRANSACTION_ACTIVE = 1,
  ROWAN_TRANSACTION_FAILED = 2 /* waits for ROLLBACK */
} rowan_transaction_status;
ROWAN_EXPORT rowan_transaction_status rowan_connection_transaction_status(const rowan_connection* connection);

typedef enum rowan_isolation {
  ROWAN_READ_COMMITTED = 0,
  ROWAN_REPEATABLE_READ = 1,
  ROWAN_SERIALIZABLE = 2
} rowan_isolation;
/* Runs `work` in a transaction of its own and commits; after a conflict with others (40001, 40P01) rolls all
 * of it back and runs it again, for as often as it takes. `work` passes on the errors of its statements by
 * `error`, which it need not free, and neither commits nor rolls back. `retries` (may be NULL): how many
 * times it was tried again. Errors: those of `work` and of the commit that are no conflicts; 57014 cancelled;
 * 25001 a block is open; 25P01 `work` has ended its transaction; 25P02 it has kept an error to itself; 38000
 * it has failed without an error. */
ROWAN_EXPORT rowan_status rowan_connection_transact(rowan_connection* connection, rowan_isolation level,
                                                    rowan_status (*work)(void* context,
                                                                         rowan_connection* connection,
                                                                         rowan_error** error),
                                                    void* context, uint32_t* retries, rowan_error** error);

/* A token for the statement that runs now or else the next one. Thread-safe. */
ROWAN_EXPORT rowan_status rowan_connection_canceller(rowan_connection* connection, rowan_canceller** out,
                                                     rowan_error** error);
/* Its statement ends with 57014 soon, or at once when it has not begun; used later it does nothing, for ever.
 * A commit happens or does not: with 57014 nothing of the transaction is left, and a COMMIT of rows alone
 * heeds no request. Does not block; thread-safe, and allowed in a signal handler. */
ROWAN_EXPORT void rowan_canceller_cancel(const rowan_canceller* canceller);
ROWAN_EXPORT void rowan_canceller_free(rowan_canceller* canceller);

/* `handler` is called for each notice ("NOTICE", "WARNING", "INFO"), on the thread that runs the statement;
 * the notice is borrowed for the call. NULL: none. */
ROWAN_EXPORT void rowan_connection_on_notice(rowan_connection* connection,
                                             void (*handler)(void* context, const char* severity,
                                                             const rowan_error* notice),
                                             void* context);

/* COPY … FROM STDIN asks `read` for the next piece of data: it sets `*data` and `*length` to bytes that stay
 * good until it is called again (0 bytes: the end). COPY … TO STDOUT hands pieces to `write`, of 64 KiB at
 * most, which end with a row where rows are shorter than half of that. Each returns NULL, or an error that ends
 * the statement and is then Rowan's to free. Either may be NULL: no data, or data dropped. */
ROWAN_EXPORT void rowan_connection_on_copy(
    rowan_connection* connection, rowan_error* (*read)(void* context, const char** data, size_t* length),
    rowan_error* (*write)(void* context, const char* data, size_t length), void* context);

/* Once nothing that came from it is left either: rolls an open transaction back. */
ROWAN_EXPORT void rowan_connection_free(rowan_connection* connection);

/* Statements. */

ROWAN_EXPORT uint32_t rowan_statement_parameter_count(const rowan_statement* statement);

/* The result that it will have, as of the last planning: no columns for what has none, and for statements
 * that are not planned (SHOW, EXPLAIN, definitions). Names live as long as the statement; "": no such column.
 */
ROWAN_EXPORT uint32_t rowan_statement_column_count(const rowan_statement* statement);
ROWAN_EXPORT const char* rowan_statement_column_name(rowan_statement* statement, uint32_t column);
ROWAN_EXPORT const char* rowan_statement_column_type(rowan_statement* statement, uint32_t column);

/* In place of a length: the text ends with its zero byte. */
#define ROWAN_ZERO_TERMINATED ((size_t)-1)

/* Sets $`position`; kept until set again; NULL at first. Values are converted to the parameter's type as an
 * assignment would. Errors: 42P02 no such parameter · 22003 out of range · 22001 too long · 22P02 text that
 * is no such value · 22021 text that is not UTF-8 or has a zero byte · 42846 no such conversion. A NULL text
 * or NULL bytes bind NULL. */
ROWAN_EXPORT rowan_status rowan_statement_bind_null(rowan_statement* statement, uint32_t position,
                                                    rowan_error** error);
ROWAN_EXPORT rowan_status rowan_statement_bind_boolean(rowan_statement* statement, uint32_t position,
                                                       bool value, rowan_error** error);
ROWAN_EXPORT rowan_status rowan_statement_bind_int32(rowan_statement* statement, uint32_t position,
                                                     int32_t value, rowan_error** error);
ROWAN_EXPORT rowan_status rowan_statement_bind_int64(rowan_statement* statement, uint32_t position,
                                                     int64_t value, rowan_error** error);
ROWAN_EXPORT rowan_status rowan_statement_bind_float64(rowan_statement* statement, uint32_t position,
                                                       double value, rowan_error** error);
ROWAN_EXPORT rowan_status rowan_statement_bind_text(rowan_statement* statement, uint32_t position,
                                                    const char* text, size_t length, rowan_error** error);
ROWAN_EXPORT rowan_status rowan_statement_bind_bytes(rowan_statement* statement, uint32_t position,
                                                     const void* bytes, size_t length, rowan_error** error);

/* Runs it; rows stream. An earlier run's rows are cut off. */
ROWAN_EXPORT rowan_status rowan_statement_query(rowan_statement* statement, rowan_rows** out,
                                                rowan_error** error);
/* Runs it to its end, drops rows and says in `row_count` (may be NULL) how many it changed or selected. */
ROWAN_EXPORT rowan_status rowan_statement_execute(rowan_statement* statement, uint64_t* row_count,
                                                  rowan_error** error);
ROWAN_EXPORT void rowan_statement_free(rowan_statement* statement);

/* Rows: they stand before the first until rowan_rows_next is called. */

/* ROWAN_ROW, or ROWAN_DONE at the end, where an own transaction has been committed. Errors: any SQLSTATE of
 * the statement, 57014 cancelled, 40001 … */
ROWAN_EXPORT rowan_status rowan_rows_next(rowan_rows* rows, rowan_error** error);

/* Names live as long as the rows; "" where there is no such column. */
ROWAN_EXPORT uint32_t rowan_rows_column_count(const rowan_rows* rows);
ROWAN_EXPORT const char* rowan_rows_column_name(const rowan_rows* rows, uint32_t column);
ROWAN_EXPORT const char* rowan_rows_column_type(const rowan_rows* rows, uint32_t column); /* "numeric(6,2)" */
ROWAN_EXPORT bool rowan_rows_is_numeric(const rowan_rows* rows, uint32_t column);

/* The current row. A NULL reads as 0, false or NULL. What is not there (a column too far, no current row)
 * reads as NULL. As int64: numbers towards zero, 0 where they do not fit; true is 1; of a text the number
 * that it begins with, else 0; a date is days, a timestamp microseconds since 2000-01-01 (UTC with a time
 * zone), a time microseconds since midnight; other types read as 0. As float64 the same, with fractions; as
 * boolean: is it not 0? */
ROWAN_EXPORT bool rowan_rows_is_null(const rowan_rows* rows, uint32_t column);
ROWAN_EXPORT bool rowan_rows_boolean(const rowan_rows* rows, uint32_t column);
ROWAN_EXPORT int64_t rowan_rows_int64(const rowan_rows* rows, uint32_t column);
ROWAN_EXPORT double rowan_rows_float64(const rowan_rows* rows, uint32_t column);
/* As PostgreSQL prints it, with a zero byte behind; `length` may be NULL. Good until the next step, until the
 * same column is asked again, or until the rows are freed. NULL also where memory is out. */
ROWAN_EXPORT const char* rowan_rows_text(rowan_rows* rows, uint32_t column, size_t* length);
/* Of BYTEA the bytes themselves; of other types as rowan_rows_text. Shares its storage. */
ROWAN_EXPORT const void* rowan_rows_bytes(rowan_rows* rows, uint32_t column, size_t* length);

/* Does this statement have a result at all (SELECT, RETURNING, SHOW, EXPLAIN …)? */
ROWAN_EXPORT bool rowan_rows_is_query(const rowan_rows* rows);
/* After the end: "INSERT 0 3", "SELECT 5", "CREATE TABLE", good as long as the rows; and the number in it. */
ROWAN_EXPORT const char* rowan_rows_command_tag(const rowan_rows* rows);
ROWAN_EXPORT uint64_t rowan_rows_row_count(const rowan_rows* rows);
/* Ends the statement; what it changed outside a transaction block is then committed. What of it has not run yet
 * (INSERT ... RETURNING read half-way) runs now, and if that or the commit fails nobody is told and nothing of it
 * stays: who must know reads to the end, where rowan_rows_next says. */
ROWAN_EXPORT void rowan_rows_free(rowan_rows* rows);

/* Appenders. */

/* Loads rows into `column_count` columns of `table` (0: all of them, left to right), a batch of 1,024 (or of
 * 4 MiB of text) at a time as one INSERT of them would, with its defaults, constraints, indexes and foreign
 * keys; into GENERATED ALWAYS AS IDENTITY it writes what it is given, as COPY does. A row comes after the rows
 * that it refers to (within a batch the order does not matter). Names are as
 * they are stored, unquoted: "patient" or "public.patient".
 *
 * Opened outside a transaction block, it has a transaction of its own: all rows commit together in
 * rowan_appender_finish, and until it is finished, has failed or is freed, the connection is its alone: any
 * other statement of it (BEGIN, COMMIT, prepare and a second appender too) is refused with 55000 and changes
 * nothing. Opened inside a block, its rows are part of that, and the connection may run other statements
 * meanwhile. From its calls then 55000: the block has ended or failed, was rolled back to a savepoint or has
 * changed definitions since; rows that had not been written are not in the table.
 *
 * Errors: 42P01 no such table · 42809 a view or sequence · 42703, 42701 columns · 25006 · 40P01, 55P03, 57014
 * while waiting for the table's ROW EXCLUSIVE lock · 55000. */
ROWAN_EXPORT rowan_status rowan_appender_open(rowan_connection* connection, const char* table,
                                              const char* const* columns, size_t column_count,
                                              rowan_appender** out, rowan_error** error);
/* The next column's value, left to right. Conversions and errors as rowan_statement_bind_…; 42601 a value too
 * many. After an error the value may be given again. */
ROWAN_EXPORT rowan_status rowan_appender_append_null(rowan_appender* appender, rowan_error** error);
ROWAN_EXPORT rowan_status rowan_appender_append_boolean(rowan_appender* appender, bool value,
                                                        rowan_error** error);
ROWAN_EXPORT rowan_status rowan_appender_append_int32(rowan_appender* appender, int32_t value,
                                                      rowan_error** error);
ROWAN_EXPORT rowan_status rowan_appender_append_int64(rowan_appender* appender, int64_t value,
                                                      rowan_error** error);
ROWAN_EXPORT rowan_status rowan_appender_append_float64(rowan_appender* appender, double value,
                                                        rowan_error** error);
ROWAN_EXPORT rowan_status rowan_appender_append_text(rowan_appender* appender, const char* text,
                                                     size_t length, rowan_error** error);
ROWAN_EXPORT rowan_status rowan_appender_append_bytes(rowan_appender* appender, const void* bytes,
                                                      size_t length, rowan_error** error);
/* Ends the row. Errors: 42601 a value too few; and where a batch is full those of the INSERT, with
 * rowan_error_row() counting from the first row appended: they fail the transaction and end the appender. */
ROWAN_EXPORT rowan_status rowan_appender_end_row(rowan_appender* appender, rowan_error** error);
/* Writes what is buffered; an own transaction commits. Errors: as rowan_appender_end_row; 42601 an unfinished
 * row. */
ROWAN_EXPORT rowan_status rowan_appender_finish(rowan_appender* appender, rowan_error** error);
/* Without rowan_appender_finish an own transaction is rolled back. */
ROWAN_EXPORT void rowan_appender_free(rowan_appender* appender);

#ifdef __cplusplus
}
#endif

#endif /* ROWAN_H */
