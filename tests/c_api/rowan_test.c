/* The C interface as a C program uses it, over librowan.so: what api/rowan.h promises, and what it answers to
 * misuse. Each case is a function; a failed expectation says where and ends the program with 1. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <rowan/rowan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int failures = 0;

#define EXPECT(condition)                                             \
  do {                                                                \
    if (!(condition)) {                                               \
      printf("%s:%d: expected %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                     \
    }                                                                 \
  } while (0)
#define EXPECT_TEXT(actual, expected)                                                                      \
  do {                                                                                                     \
    const char* a_ = (actual);                                                                             \
    if (a_ == NULL || strcmp(a_, (expected)) != 0) {                                                       \
      printf("%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #actual, a_ == NULL ? "(null)" : a_, \
             (expected));                                                                                  \
      ++failures;                                                                                          \
    }                                                                                                      \
  } while (0)
/* `status` is a failure with this SQLSTATE; frees the error. */
#define EXPECT_ERROR(status, error, state)             \
  do {                                                 \
    rowan_status s_ = (status);                        \
    EXPECT(s_ == ROWAN_ERROR || s_ == ROWAN_MISUSE);   \
    EXPECT_TEXT(rowan_error_sqlstate(error), (state)); \
    rowan_error_free(error);                           \
    (error) = NULL;                                    \
  } while (0)

static void ok(rowan_status status, rowan_error* error, int line) {
  if (status == ROWAN_OK) return;
  printf("%s:%d: %s: %s\n", __FILE__, line, rowan_error_sqlstate(error), rowan_error_message(error));
  exit(1);
}
#define OK(call) ok((call), error, __LINE__)

static rowan_database* open_memory(void) {
  rowan_error* error = NULL;
  rowan_database* database = NULL;
  OK(rowan_database_open(":memory:", NULL, &database, &error));
  return database;
}
static rowan_connection* connect_to(rowan_database* database) {
  rowan_error* error = NULL;
  rowan_connection* connection = NULL;
  OK(rowan_database_connect(database, &connection, &error));
  return connection;
}
static void run(rowan_connection* connection, const char* sql) {
  rowan_error* error = NULL;
  OK(rowan_connection_execute(connection, sql, &error));
}
static int64_t number(rowan_connection* connection, const char* sql) {
  rowan_error* error = NULL;
  rowan_rows* rows = NULL;
  int64_t value;
  OK(rowan_connection_query(connection, sql, &rows, &error));
  EXPECT(rowan_rows_next(rows, &error) == ROWAN_ROW);
  value = rowan_rows_int64(rows, 0);
  rowan_rows_free(rows);
  return value;
}

static void typed_values(void) {
  rowan_database* database = open_memory();
  rowan_connection* connection = connect_to(database);
  rowan_error* error = NULL;
  rowan_rows* rows = NULL;
  size_t length = 99;
  OK(rowan_connection_query(
      connection,
      "SELECT 1 AS one, 2.5::float8, 'text', true, NULL::int, 12.30::numeric(6,2), 1e300::float8,"
      " '\\x00ff'::bytea",
      &rows, &error));
  EXPECT(rowan_rows_column_count(rows) == 8);
  EXPECT_TEXT(rowan_rows_column_name(rows, 0), "one");
  EXPECT_TEXT(rowan_rows_column_type(rows, 5), "numeric(6,2)");
  EXPECT(rowan_rows_is_numeric(rows, 0) && !rowan_rows_is_numeric(rows, 2));
  /* Before the first row everything is NULL. */
  EXPECT(rowan_rows_is_null(rows, 0) && rowan_rows_int64(rows, 0) == 0 &&
         rowan_rows_text(rows, 0, NULL) == NULL);
  EXPECT(rowan_rows_next(rows, &error) == ROWAN_ROW);
  EXPECT(rowan_rows_int64(rows, 0) == 1);
  EXPECT_TEXT(rowan_rows_text(rows, 0, NULL), "1");
  EXPECT(rowan_rows_float64(rows, 1) == 2.5);
  EXPECT_TEXT(rowan_rows_text(rows, 2, &length), "text");
  EXPECT(length == 4);
  EXPECT(rowan_rows_boolean(rows, 3));
  EXPECT(rowan_rows_is_null(rows, 4));
  EXPECT(rowan_rows_text(rows, 4, &length) == NULL && length == 0);
  EXPECT_TEXT(rowan_rows_text(rows, 5, NULL), "12.30");
  EXPECT(rowan_rows_float64(rows, 5) == 12.3 && rowan_rows_int64(rows, 5) == 12);
  EXPECT(rowan_rows_int64(rows, 6) == 0); /* does not fit */
  EXPECT(memcmp(rowan_rows_bytes(rows, 7, &length), "\0\377", 2) == 0 && length == 2);
  /* Columns that are not there. */
  EXPECT(rowan_rows_is_null(rows, 8) && rowan_rows_text(rows, 8, NULL) == NULL &&
         rowan_rows_int64(rows, 8) == 0);
  EXPECT_TEXT(rowan_rows_column_name(rows, 8), "");
  EXPECT_TEXT(rowan_rows_column_type(rows, UINT32_MAX), "");
  EXPECT(rowan_rows_next(rows, &error) == ROWAN_DONE);
  EXPECT(rowan_rows_next(rows, &error) == ROWAN_DONE);
  EXPECT(rowan_rows_is_null(rows, 0));
  EXPECT_TEXT(rowan_rows_command_tag(rows), "SELECT 1");
  EXPECT(rowan_rows_row_count(rows) == 1 && rowan_rows_is_query(rows));
  rowan_rows_free(rows);
  rowan_connection_free(connection);
  rowan_database_free(database);
}

static void parameters(void) {
  rowan_database* database = open_memory();
  rowan_connection* connection = connect_to(database);
  rowan_error* error = NULL;
  rowan_statement* insert = NULL;
  rowan_statement* find = NULL;
  rowan_rows* rows = NULL;
  uint64_t count = 0;
  size_t length = 0;
  const size_t huge = (size_t)8 << 20;
  char* text = malloc(huge);
  run(connection,
      "CREATE TABLE t (a int, b bigint, c float8, d bool, e text, f bytea, g date, h varchar(3))");
  OK(rowan_connection_prepare(connection, "INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", &insert,
                              &error));
  EXPECT(rowan_statement_parameter_count(insert) == 8);
  OK(rowan_statement_execute(insert, &count, &error)); /* all NULL at first */
  EXPECT(count == 1);
  OK(rowan_statement_bind_int32(insert, 1, -7, &error));
  OK(rowan_statement_bind_int64(insert, 2, INT64_MIN, &error));
  OK(rowan_statement_bind_float64(insert, 3, 0.1, &error));
  OK(rowan_statement_bind_boolean(insert, 4, true, &error));
  memset(text, 'x', huge);
  OK(rowan_statement_bind_text(insert, 5, text, huge, &error));
  OK(rowan_statement_bind_bytes(insert, 6, "\0\1\377", 3, &error));
  OK(rowan_statement_bind_text(insert, 7, "2024-02-29", ROWAN_ZERO_TERMINATED, &error));
  OK(rowan_statement_bind_text(insert, 8, "abc", 3, &error));
  OK(rowan_statement_execute(insert, NULL, &error));

  OK(rowan_connection_prepare(connection, "SELECT * FROM t WHERE a = $1", &find, &error));
  EXPECT(rowan_statement_column_count(find) == 8 && rowan_statement_column_count(insert) == 0);
  EXPECT_TEXT(rowan_statement_column_name(find, 1), "b");
  EXPECT_TEXT(rowan_statement_column_type(find, 1), "bigint");
  EXPECT_TEXT(rowan_statement_column_name(find, 8), "");
  EXPECT_TEXT(rowan_statement_column_type(insert, 0), "");
  OK(rowan_statement_bind_text(find, 1, "-7", ROWAN_ZERO_TERMINATED, &error)); /* text is read as the type */
  OK(rowan_statement_query(find, &rows, &error));
  EXPECT(rowan_rows_next(rows, &error) == ROWAN_ROW);
  EXPECT(rowan_rows_int64(rows, 1) == INT64_MIN);
  EXPECT(rowan_rows_float64(rows, 2) == 0.1);
  EXPECT(rowan_rows_boolean(rows, 3));
  EXPECT(memcmp(rowan_rows_text(rows, 4, &length), text, huge) == 0 && length == huge);
  EXPECT(memcmp(rowan_rows_bytes(rows, 5, &length), "\0\1\377", 3) == 0 && length == 3);
  EXPECT_TEXT(rowan_rows_text(rows, 6, NULL), "2024-02-29");
  EXPECT(rowan_rows_next(rows, &error) == ROWAN_DONE);
  rowan_rows_free(rows);

  EXPECT_ERROR(rowan_statement_bind_int32(insert, 0, 1, &error), error, "42P02");
  EXPECT_ERROR(rowan_statement_bind_int32(insert, 9, 1, &error), error, "42P02");
  EXPECT_ERROR(rowan_statement_bind_int64(insert, 1, INT64_MAX, &error), error, "22003");
  EXPECT_ERROR(rowan_statement_bind_text(insert, 1, "seven", 5, &error), error, "22P02");
  EXPECT_ERROR(rowan_statement_bind_text(insert, 7, "2023-02-29", 10, &error), error, "22008");
  EXPECT_ERROR(rowan_statement_bind_text(insert, 5, "a\0b", 3, &error), error, "22021");
  EXPECT_ERROR(rowan_statement_bind_text(insert, 5, "\xff\xfe", 2, &error), error, "22021");
  EXPECT_ERROR(rowan_statement_bind_text(insert, 5, "\xed\xa0\x80", 3, &error), error,
               "22021");                                                                 /* a surrogate */
  EXPECT_ERROR(rowan_statement_bind_text(insert, 5, "\xc3", 1, &error), error, "22021"); /* cut off */
  OK(rowan_statement_bind_text(insert, 8, "abcd", 4, &error)); /* judged when it is assigned */
  EXPECT_ERROR(rowan_statement_execute(insert, NULL, &error), error, "22001");
  OK(rowan_statement_bind_text(insert, 5, NULL, 0, &error));
  OK(rowan_statement_bind_null(insert, 8, &error));
  OK(rowan_statement_execute(insert, NULL, &error));
  EXPECT(number(connection, "SELECT count(*) FROM t WHERE e IS NULL AND f IS NOT NULL") == 1);
  EXPECT_ERROR(rowan_connection_execute(connection, "SELECT '\xff'", &error), error, "22021");
  rowan_statement_free(find);
  rowan_statement_free(insert);
  rowan_connection_free(connection);
  rowan_database_free(database);
  free(text);
}

static void errors(void) {
  rowan_database* database = open_memory();
  rowan_connection* connection = connect_to(database);
  rowan_error* error = NULL;
  rowan_rows* rows = (rowan_rows*)&error; /* must be overwritten */
  run(connection,
      "CREATE TABLE patient (id int PRIMARY KEY, name text NOT NULL); INSERT INTO patient VALUES (1, 'a')");
  EXPECT(rowan_connection_query(connection, "SELECT nam FROM patient", &rows, &error) == ROWAN_ERROR);
  EXPECT(rows == NULL);
  EXPECT_TEXT(rowan_error_sqlstate(error), "42703");
  EXPECT_TEXT(rowan_error_message(error), "column \"nam\" does not exist");
  EXPECT_TEXT(rowan_error_hint(error), "Perhaps you meant to reference the column \"patient.name\".");
  EXPECT_TEXT(rowan_error_detail(error), "");
  EXPECT(rowan_error_position(error) == 7);
  rowan_error_free(error);
  EXPECT(rowan_connection_execute(connection, "INSERT INTO patient VALUES (1, 'b')", &error) == ROWAN_ERROR);
  EXPECT_TEXT(rowan_error_sqlstate(error), "23505");
  EXPECT_TEXT(rowan_error_table(error), "patient");
  EXPECT_TEXT(rowan_error_constraint(error), "patient_pkey");
  EXPECT_TEXT(rowan_error_detail(error), "Key (id)=(1) already exists.");
  rowan_error_free(error);
  EXPECT(rowan_connection_execute(connection, "INSERT INTO patient VALUES (2, NULL)", &error) == ROWAN_ERROR);
  EXPECT_TEXT(rowan_error_column(error), "name");
  rowan_error_free(error);
  /* Success clears it; who does not want errors need not take them. */
  OK(rowan_connection_execute(connection, "SELECT 1", &error));
  EXPECT(error == NULL);
  EXPECT(rowan_connection_execute(connection, "SELEC", NULL) == ROWAN_ERROR);
  EXPECT_ERROR(rowan_connection_query(connection, "SELECT 1; SELECT 2", &rows, &error), error, "42601");
  /* What rows were read before the error stay read; the error comes with the row that is at fault. */
  OK(rowan_connection_query(connection, "SELECT 1 / (3 - n) FROM generate_series(1, 5) n", &rows, &error));
  EXPECT(rowan_rows_next(rows, &error) == ROWAN_ROW && rowan_rows_int64(rows, 0) == 0);
  EXPECT(rowan_rows_next(rows, &error) == ROWAN_ROW && rowan_rows_int64(rows, 0) == 1);
  EXPECT_ERROR(rowan_rows_next(rows, &error), error, "22012");
  EXPECT(rowan_rows_is_null(rows, 0));
  rowan_rows_free(rows);
  /* Errors of one's own, and NULL for one. */
  error = rowan_error_new("P0001", "no");
  EXPECT_TEXT(rowan_error_sqlstate(error), "P0001");
  EXPECT_TEXT(rowan_error_message(error), "no");
  rowan_error_free(error);
  error = rowan_error_new(NULL, NULL);
  EXPECT_TEXT(rowan_error_sqlstate(error), "XX000");
  rowan_error_free(error);
  EXPECT_TEXT(rowan_error_message(NULL), "");
  EXPECT(rowan_error_position(NULL) == -1);
  rowan_connection_free(connection);
  rowan_database_free(database);
}

static void transactions(void) {
  rowan_database* database = open_memory();
  rowan_connection* connection = connect_to(database);
  rowan_connection* other = connect_to(database);
  rowan_error* error = NULL;
  run(connection, "CREATE TABLE t (a int PRIMARY KEY)");
  EXPECT(rowan_connection_transaction_status(connection) == ROWAN_TRANSACTION_IDLE);
  run(connection, "BEGIN; INSERT INTO t VALUES (1)");
  EXPECT(rowan_connection_transaction_status(connection) == ROWAN_TRANSACTION_ACTIVE);
  EXPECT(number(other, "SELECT count(*) FROM t") == 0);
  EXPECT_ERROR(rowan_connection_execute(connection, "INSERT INTO t VALUES (1)", &error), error, "23505");
  EXPECT(rowan_connection_transaction_status(connection) == ROWAN_TRANSACTION_FAILED);
  EXPECT_ERROR(rowan_connection_execute(connection, "SELECT 1", &error), error, "25P02");
  run(connection, "ROLLBACK");
  run(connection, "BEGIN; INSERT INTO t VALUES (2); COMMIT");
  EXPECT(number(other, "SELECT count(*) FROM t") == 1);
  /* A connection that is freed takes its transaction back. */
  run(connection, "BEGIN; INSERT INTO t VALUES (3)");
  rowan_connection_free(connection);
  EXPECT(number(other, "SELECT count(*) FROM t") == 1);
  rowan_connection_free(other);
  rowan_database_free(database);
}

static void streaming(void) {
  rowan_database* database = open_memory();
  rowan_connection* connection = connect_to(database);
  rowan_error* error = NULL;
  rowan_rows* first = NULL;
  rowan_rows* second = NULL;
  rowan_statement* statement = NULL;
  int64_t sum = 0;
  OK(rowan_connection_query(connection, "SELECT n FROM generate_series(1, 100000) n", &first, &error));
  while (rowan_rows_next(first, &error) == ROWAN_ROW) sum += rowan_rows_int64(first, 0);
  EXPECT(sum == INT64_C(5000050000));
  rowan_rows_free(first);
  /* Another statement cuts them off, aloud; what was current is gone. */
  OK(rowan_connection_query(connection, "SELECT n FROM generate_series(1, 5000) n", &first, &error));
  EXPECT(rowan_rows_next(first, &error) == ROWAN_ROW);
  OK(rowan_connection_query(connection, "SELECT 42", &second, &error));
  EXPECT(rowan_rows_is_null(first, 0));
  EXPECT_ERROR(rowan_rows_next(first, &error), error, "24000");
  EXPECT(rowan_rows_next(second, &error) == ROWAN_ROW && rowan_rows_int64(second, 0) == 42);
  rowan_rows_free(first);
  EXPECT(rowan_rows_next(second, &error) == ROWAN_DONE);
  rowan_rows_free(second);
  /* The same of a statement's own earlier rows. */
  OK(rowan_connection_prepare(connection, "SELECT n FROM generate_series(1, $1::int) n", &statement, &error));
  OK(rowan_statement_bind_int32(statement, 1, 5000, &error));
  OK(rowan_statement_query(statement, &first, &error));
  EXPECT(rowan_rows_next(first, &error) == ROWAN_ROW);
  OK(rowan_statement_query(statement, &second, &error));
  EXPECT(rowan_rows_next(second, &error) == ROWAN_ROW && rowan_rows_int64(second, 0) == 1);
  EXPECT_ERROR(rowan_rows_next(first, &error), error, "24000");
  rowan_rows_free(first);
  EXPECT(rowan_rows_next(second, &error) == ROWAN_ROW && rowan_rows_int64(second, 0) == 2);
  /* Rows outlive their statement, connection and database handles. */
  rowan_statement_free(statement);
  rowan_connection_free(connection);
  rowan_database_free(database);
  EXPECT(rowan_rows_next(second, &error) == ROWAN_ROW && rowan_rows_int64(second, 0) == 3);
  rowan_rows_free(second);
}

struct notices {
  int count;
  char message[200];
  rowan_connection* connection;
};
static void note(void* context, const char* severity, const rowan_error* notice) {
  struct notices* notices = context;
  rowan_error* error = NULL;
  ++notices->count;
  EXPECT_TEXT(severity, "NOTICE");
  snprintf(notices->message, sizeof notices->message, "%s", rowan_error_message(notice));
  /* From inside, the connection is busy. */
  EXPECT_ERROR(rowan_connection_execute(notices->connection, "SELECT 1", &error), error, "55006");
}

static void notices(void) {
  rowan_database* database = open_memory();
  rowan_connection* connection = connect_to(database);
  struct notices notices = {0, "", connection};
  rowan_connection_on_notice(connection, note, &notices);
  run(connection, "DROP TABLE IF EXISTS nothing");
  EXPECT(notices.count == 1);
  EXPECT_TEXT(notices.message, "table \"nothing\" does not exist, skipping");
  rowan_connection_on_notice(connection, NULL, NULL);
  run(connection, "DROP TABLE IF EXISTS nothing");
  EXPECT(notices.count == 1);
  rowan_connection_free(connection);
  rowan_database_free(database);
}

struct copy {
  int pieces;
  char out[200];
};
static rowan_error* copy_in(void* context, const char** data, size_t* length) {
  static const char* const pieces[] = {"1\to", "ne\n2\ttw", "o\n"};
  struct copy* copy = context;
  if (copy->pieces < 0) return rowan_error_new("P0002", "the source broke");
  if (copy->pieces == 3) return NULL; /* the end */
  *data = pieces[copy->pieces];
  *length = strlen(pieces[copy->pieces++]);
  return NULL;
}
static rowan_error* copy_out(void* context, const char* data, size_t length) {
  struct copy* copy = context;
  if (copy->pieces < 0) return rowan_error_new("P0003", "the sink is full");
  strncat(copy->out, data, length);
  return NULL;
}

static void copies(void) {
  rowan_database* database = open_memory();
  rowan_connection* connection = connect_to(database);
  rowan_error* error = NULL;
  struct copy copy = {0, ""};
  run(connection, "CREATE TABLE t (a int, b text)");
  rowan_connection_on_copy(connection, copy_in, copy_out, &copy);
  run(connection, "COPY t FROM STDIN");
  EXPECT(number(connection, "SELECT count(*) FROM t") == 2);
  run(connection, "COPY t TO STDOUT");
  EXPECT_TEXT(copy.out, "1\tone\n2\ttwo\n");
  copy.pieces = -1;
  EXPECT_ERROR(rowan_connection_execute(connection, "COPY t FROM STDIN", &error), error, "P0002");
  EXPECT_ERROR(rowan_connection_execute(connection, "COPY t TO STDOUT", &error), error, "P0003");
  EXPECT(number(connection, "SELECT count(*) FROM t") == 2);
  rowan_connection_on_copy(connection, NULL, NULL, NULL);
  run(connection, "COPY t FROM STDIN");
  run(connection, "COPY t TO STDOUT");
  EXPECT(number(connection, "SELECT count(*) FROM t") == 2);
  rowan_connection_free(connection);
  rowan_database_free(database);
}

static void appenders(void) {
  static const char* const some[] = {"v", "id"};
  static const char* const wrong[] = {"nix"};
  rowan_database* database = open_memory();
  rowan_connection* connection = connect_to(database);
  rowan_error* error = NULL;
  rowan_appender* appender = NULL;
  run(connection,
      "CREATE TABLE t (id int PRIMARY KEY, v text, n float8 DEFAULT 0.5, ok bool DEFAULT true, b bytea)");
  OK(rowan_appender_open(connection, "t", some, 2, &appender, &error));
  for (int32_t i = 0; i < 5000; ++i) {
    OK(rowan_appender_append_text(appender, "row", ROWAN_ZERO_TERMINATED, &error));
    OK(rowan_appender_append_int32(appender, i, &error));
    OK(rowan_appender_end_row(appender, &error));
  }
  OK(rowan_appender_finish(appender, &error));
  EXPECT_ERROR(rowan_appender_finish(appender, &error), error, "55000");
  rowan_appender_free(appender);
  EXPECT(number(connection, "SELECT count(*) FROM t WHERE v = 'row' AND n = 0.5 AND ok AND b IS NULL") ==
         5000);

  OK(rowan_appender_open(connection, "t", NULL, 0, &appender, &error));
  OK(rowan_appender_append_int64(appender, 6000, &error));
  EXPECT_ERROR(rowan_appender_end_row(appender, &error), error, "42601");
  EXPECT_ERROR(rowan_appender_append_text(appender, "\xff", 1, &error), error, "22021");
  OK(rowan_appender_append_null(appender, &error));
  OK(rowan_appender_append_float64(appender, 1.5, &error));
  OK(rowan_appender_append_boolean(appender, false, &error));
  OK(rowan_appender_append_bytes(appender, "\0", 1, &error));
  EXPECT_ERROR(rowan_appender_append_null(appender, &error), error, "42601");
  OK(rowan_appender_end_row(appender, &error));
  OK(rowan_appender_append_int32(appender, 4999, &error)); /* a duplicate */
  for (int i = 0; i < 4; ++i) OK(rowan_appender_append_null(appender, &error));
  OK(rowan_appender_end_row(appender, &error));
  EXPECT(rowan_appender_finish(appender, &error) == ROWAN_ERROR);
  EXPECT_TEXT(rowan_error_sqlstate(error), "23505");
  EXPECT(rowan_error_row(error) == 2);
  rowan_error_free(error);
  rowan_appender_free(appender);
  EXPECT(number(connection, "SELECT count(*) FROM t") == 5000); /* all or nothing */

  OK(rowan_appender_open(connection, "public.t", NULL, 0, &appender, &error));
  EXPECT_ERROR(rowan_connection_execute(connection, "INSERT INTO t (id) VALUES (7000)", &error), error,
               "55000");
  EXPECT_ERROR(rowan_connection_execute(connection, "BEGIN", &error), error, "55000");
  rowan_appender_free(appender); /* dropped, and nothing else with it */
  run(connection, "INSERT INTO t (id) VALUES (7000)");
  EXPECT(number(connection, "SELECT count(*) FROM t") == 5001);
  EXPECT_ERROR(rowan_appender_open(connection, "nix", NULL, 0, &appender, &error), error, "42P01");
  EXPECT(appender == NULL);
  EXPECT_ERROR(rowan_appender_open(connection, "t", wrong, 1, &appender, &error), error, "42703");
  EXPECT_ERROR(rowan_appender_open(connection, "t", NULL, 1, &appender, &error), error, "22004");
  rowan_connection_free(connection);
  rowan_database_free(database);
}

/* A statement that never ends by itself, and who ends it. */
static void* cancel_soon(void* canceller) {
  struct timespec moment = {0, 20 * 1000 * 1000};
  nanosleep(&moment, NULL);
  rowan_canceller_cancel(canceller);
  return NULL;
}
#define ENDLESS "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b"

struct work {
  rowan_connection* other;
  int tries;
};
static rowan_status add_one(void* context, rowan_connection* connection, rowan_error** error) {
  struct work* work = context;
  rowan_status status = rowan_connection_execute(connection, "SELECT 1 FROM t", error);
  /* Somebody is faster, once. */
  if (work->tries++ == 0) run(work->other, "UPDATE t SET a = a + 1");
  if (status == ROWAN_OK) status = rowan_connection_execute(connection, "UPDATE t SET a = a + 10", error);
  return status;
}
static rowan_status without_error(void* context, rowan_connection* connection, rowan_error** error) {
  (void)context, (void)connection, (void)error;
  return ROWAN_ERROR;
}

static void trying_again(void) {
  rowan_database* database = open_memory();
  rowan_connection* connection = connect_to(database);
  rowan_error* error = NULL;
  struct work work = {connect_to(database), 0};
  uint32_t retries = 7;
  run(connection, "CREATE TABLE t (a int CHECK (a < 20)); INSERT INTO t VALUES (1)");
  OK(rowan_connection_transact(connection, ROWAN_SERIALIZABLE, add_one, &work, &retries, &error));
  EXPECT(retries == 1 && work.tries == 2);
  EXPECT(number(connection, "SELECT a FROM t") == 12);
  EXPECT_ERROR(rowan_connection_transact(connection, ROWAN_REPEATABLE_READ, add_one, &work, NULL, &error),
               error, "23514");
  EXPECT_ERROR(rowan_connection_transact(connection, ROWAN_SERIALIZABLE, without_error, NULL, NULL, &error),
               error, "38000");
  EXPECT(rowan_connection_transaction_status(connection) == ROWAN_TRANSACTION_IDLE);
  EXPECT(rowan_connection_transact(connection, ROWAN_SERIALIZABLE, NULL, NULL, NULL, &error) == ROWAN_MISUSE);
  rowan_error_free(error);
  rowan_connection_free(work.other);
  rowan_connection_free(connection);
  rowan_database_free(database);
}

static void cancelling(void) {
  rowan_database* database = open_memory();
  rowan_connection* connection = connect_to(database);
  rowan_error* error = NULL;
  rowan_canceller* canceller = NULL;
  pthread_t thread;
  OK(rowan_connection_canceller(connection, &canceller, &error));
  pthread_create(&thread, NULL, cancel_soon, canceller);
  EXPECT_ERROR(rowan_connection_execute(connection, ENDLESS, &error), error, "57014");
  pthread_join(thread, NULL);
  /* It is used up. */
  rowan_canceller_cancel(canceller);
  EXPECT(number(connection, "SELECT 1") == 1);
  rowan_canceller_free(canceller);
  /* Cancelled before it began: the next statement, and it alone. */
  OK(rowan_connection_canceller(connection, &canceller, &error));
  rowan_canceller_cancel(canceller);
  EXPECT_ERROR(rowan_connection_execute(connection, "SELECT 1", &error), error, "57014");
  EXPECT(number(connection, "SELECT 1") == 1);
  rowan_connection_free(connection);
  rowan_database_free(database);
  rowan_canceller_cancel(canceller); /* there is nothing left to cancel */
  rowan_canceller_free(canceller);
  rowan_canceller_cancel(NULL);
}

static void* close_soon(void* database) {
  struct timespec moment = {0, 20 * 1000 * 1000};
  rowan_error* error = NULL;
  nanosleep(&moment, NULL);
  OK(rowan_database_close(database, &error));
  return NULL;
}

static void closing(void) {
  rowan_database* database = open_memory();
  rowan_connection* connection = connect_to(database);
  rowan_connection* busy = connect_to(database);
  rowan_connection* none = NULL;
  rowan_error* error = NULL;
  rowan_rows* rows = NULL;
  rowan_statement* statement = NULL;
  rowan_appender* appender = NULL;
  pthread_t thread;
  run(connection, "CREATE TABLE t (a int)");
  OK(rowan_connection_prepare(connection, "INSERT INTO t VALUES ($1)", &statement, &error));
  run(connection, "BEGIN; INSERT INTO t VALUES (1)");
  OK(rowan_appender_open(connection, "t", NULL, 0, &appender, &error));
  OK(rowan_connection_query(connection, "SELECT n FROM generate_series(1, 5000) n", &rows, &error));
  EXPECT(rowan_rows_next(rows, &error) == ROWAN_ROW);
  pthread_create(&thread, NULL, close_soon, database);
  EXPECT_ERROR(rowan_connection_execute(busy, ENDLESS, &error), error, "57P01");
  pthread_join(thread, NULL);
  OK(rowan_database_close(database, &error));
  EXPECT_ERROR(rowan_rows_next(rows, &error), error, "57P01");
  rowan_rows_free(rows);
  EXPECT_ERROR(rowan_statement_execute(statement, NULL, &error), error, "57P01");
  rowan_statement_free(statement);
  EXPECT_ERROR(rowan_connection_execute(connection, "SELECT 1", &error), error, "57P01");
  EXPECT_ERROR(rowan_connection_query(connection, "SELECT 1", &rows, &error), error, "57P01");
  EXPECT_ERROR(rowan_connection_prepare(connection, "SELECT 1", &statement, &error), error, "57P01");
  EXPECT_ERROR(rowan_database_connect(database, &none, &error), error, "57P01");
  EXPECT_ERROR(rowan_appender_finish(appender, &error), error, "57P01");
  rowan_appender_free(appender);
  rowan_connection_free(connection);
  rowan_connection_free(busy);
  rowan_database_free(database);
}

static void misuse(void) {
  rowan_error* error = NULL;
  rowan_database* database = NULL;
  rowan_connection* connection = NULL;
  rowan_rows* rows = NULL;
  EXPECT(rowan_database_open(NULL, NULL, &database, &error) == ROWAN_MISUSE);
  EXPECT_TEXT(rowan_error_message(error), "path must not be NULL");
  rowan_error_free(error);
  EXPECT(rowan_database_open(":memory:", NULL, NULL, NULL) == ROWAN_MISUSE);
  EXPECT(rowan_database_connect(NULL, &connection, NULL) == ROWAN_MISUSE);
  EXPECT(rowan_database_close(NULL, NULL) == ROWAN_MISUSE);
  EXPECT(rowan_connection_query(NULL, "SELECT 1", &rows, NULL) == ROWAN_MISUSE);
  EXPECT(rowan_connection_execute(NULL, NULL, NULL) == ROWAN_MISUSE);
  EXPECT(rowan_statement_bind_text(NULL, 1, "a", 1, NULL) == ROWAN_MISUSE);
  EXPECT(rowan_statement_execute(NULL, NULL, NULL) == ROWAN_MISUSE);
  EXPECT(rowan_rows_next(NULL, NULL) == ROWAN_MISUSE);
  EXPECT(rowan_rows_is_null(NULL, 0) && rowan_rows_text(NULL, 0, NULL) == NULL);
  EXPECT_TEXT(rowan_rows_command_tag(NULL), "");
  EXPECT(rowan_appender_end_row(NULL, NULL) == ROWAN_MISUSE);
  rowan_connection_on_notice(NULL, NULL, NULL);
  rowan_rows_free(NULL);
  rowan_statement_free(NULL);
  rowan_appender_free(NULL);
  rowan_canceller_free(NULL);
  rowan_connection_free(NULL);
  rowan_database_free(NULL);
  rowan_error_free(NULL);
}

static void* count_rows(void* database) {
  rowan_connection* connection = connect_to(database);
  for (int i = 0; i < 50; ++i) {
    EXPECT(number(connection, "SELECT count(*) FROM t") >= 1000);
    run(connection, "INSERT INTO t VALUES (0)");
  }
  rowan_connection_free(connection);
  return NULL;
}

static void several_of_everything(void) {
  rowan_database* one = open_memory();
  rowan_database* two = open_memory();
  rowan_connection* in_one = connect_to(one);
  rowan_connection* in_two = connect_to(two);
  pthread_t threads[2];
  run(in_one, "CREATE TABLE t (a int); INSERT INTO t SELECT n FROM generate_series(1, 1000) n");
  run(in_two, "CREATE TABLE u (a int)");
  EXPECT(rowan_connection_execute(in_two, "SELECT * FROM t", NULL) == ROWAN_ERROR);
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, count_rows, one);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  EXPECT(number(in_one, "SELECT count(*) FROM t") == 1100);
  rowan_database_free(one);
  rowan_connection_free(in_one);
  rowan_connection_free(in_two);
  rowan_database_free(two);
}

static void line_found(void* context, const char* line) {
  printf("%s\n", line);
  ++*(int*)context;
}

static void files(void) {
  char folder[] = "/tmp/rowan-c-XXXXXX";
  char path[100], copy[120];
  rowan_error* error = NULL;
  rowan_database* database = NULL;
  rowan_database* again = NULL;
  rowan_open_options options = ROWAN_OPEN_OPTIONS_DEFAULT;
  rowan_connection* connection;
  int found = 0;
  int status = 0;
  pid_t child;
  if (mkdtemp(folder) == NULL) exit(1);
  snprintf(path, sizeof path, "%s/a.rowan", folder);
  options.must_exist = true;
  EXPECT_ERROR(rowan_database_open(path, &options, &database, &error), error, "58P01");
  EXPECT(database == NULL);
  EXPECT_ERROR(rowan_database_open("", NULL, &database, &error), error, "22023");
  options.must_exist = false;
  options.work_memory_bytes = 1 << 20;
  OK(rowan_database_open(path, &options, &database, &error));
  connection = connect_to(database);
  EXPECT(number(connection, "SELECT setting FROM pg_settings WHERE name = 'work_mem'") == 1024);
  run(connection, "CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
  OK(rowan_database_open(path, NULL, &again, &error)); /* shares the instance */
  rowan_database_free(again);

  /* In a child the handles answer, change nothing and can be freed; the file is the parent's. */
  fflush(stdout);
  child = fork();
  if (child == 0) {
    rowan_statement* statement = NULL;
    EXPECT_ERROR(rowan_connection_execute(connection, "INSERT INTO t VALUES (2)", &error), error, "55000");
    EXPECT_ERROR(rowan_connection_prepare(connection, "SELECT 1", &statement, &error), error, "55000");
    EXPECT_ERROR(rowan_database_close(database, &error), error, "55000");
    EXPECT_ERROR(rowan_database_open(path, NULL, &again, &error), error, "55006");
    rowan_connection_free(connection);
    rowan_database_free(database);
    fflush(stdout);
    _exit(failures == 0 ? 0 : 1);
  }
  waitpid(child, &status, 0);
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  run(connection, "INSERT INTO t VALUES (3)");
  EXPECT(number(connection, "SELECT count(*) FROM t") == 2);
  OK(rowan_database_check(database, line_found, &found, &error));
  snprintf(copy, sizeof copy, "%s/copy", folder);
  OK(rowan_database_backup(database, copy, &error));
  EXPECT_ERROR(rowan_database_backup(database, copy, &error), error, "58P02");
  EXPECT_ERROR(rowan_database_backup(database, NULL, &error), error, "22004");
  EXPECT_ERROR(rowan_database_backup(NULL, copy, &error), error, "22004");
  OK(rowan_check_file(copy, line_found, &found, &error));
  EXPECT(found == 0);
  unlink(copy);
  rowan_connection_free(connection);
  OK(rowan_database_close(database, &error));
  EXPECT_ERROR(rowan_database_check(database, line_found, &found, &error), error, "57P01");
  rowan_database_free(database);
  OK(rowan_check_file(path, line_found, &found, &error));
  EXPECT(found == 0);

  options.read_only = true;
  OK(rowan_database_open(path, &options, &database, &error));
  connection = connect_to(database);
  EXPECT_ERROR(rowan_connection_execute(connection, "INSERT INTO t VALUES (4)", &error), error, "25006");
  EXPECT(number(connection, "SELECT count(*) FROM t") == 2);
  rowan_connection_free(connection);
  rowan_database_free(database);
  unlink(path);
  EXPECT(rmdir(folder) == 0); /* nothing else is left */
}

int main(void) {
  char version[40];
  snprintf(version, sizeof version, "%d.%d.%d", ROWAN_VERSION_MAJOR, ROWAN_VERSION_MINOR,
           ROWAN_VERSION_PATCH);
  EXPECT_TEXT(rowan_version(), version);
  typed_values();
  parameters();
  errors();
  transactions();
  streaming();
  notices();
  copies();
  appenders();
  trying_again();
  cancelling();
  closing();
  misuse();
  several_of_everything();
  files();
  if (failures == 0) printf("the C interface is as promised\n");
  return failures == 0 ? 0 : 1;
}
