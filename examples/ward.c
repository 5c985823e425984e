/* ward.c: Rowan from C: open, create, insert with parameters, query, handle an error.
 *
 *   cc ward.c $(pkg-config --cflags --libs rowan) -o ward && ./ward ward.rowan
 *
 * Without a file name the database lives in memory. */
#include <inttypes.h>
#include <rowan/rowan.h>
#include <stdio.h>
#include <stdlib.h>

/* Prints what went wrong, as the shell does, and frees it. */
static void complain(rowan_error* error) {
  printf("ERROR:  %s: %s\n", rowan_error_sqlstate(error), rowan_error_message(error));
  if (rowan_error_detail(error)[0] != '\0') printf("DETAIL:  %s\n", rowan_error_detail(error));
  if (rowan_error_hint(error)[0] != '\0') printf("HINT:  %s\n", rowan_error_hint(error));
  rowan_error_free(error);
}

/* For what is not expected to fail. */
static void check(rowan_status status, rowan_error* error) {
  if (status != ROWAN_ERROR && status != ROWAN_MISUSE) return;
  complain(error);
  exit(1);
}

static void admit(rowan_connection* connection) {
  static const char* const names[] = {"Ada", "Edgar", "Grace"};
  static const double fevers[] = {38.5, 37.0, 40.1};
  rowan_error* error = NULL;
  rowan_statement* insert = NULL;
  check(rowan_connection_prepare(connection, "INSERT INTO patient (name, fever) VALUES ($1, $2)", &insert,
                                 &error),
        error);
  check(rowan_connection_execute(connection, "BEGIN", &error), error);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    check(rowan_statement_bind_text(insert, 1, names[i], ROWAN_ZERO_TERMINATED, &error), error);
    check(rowan_statement_bind_float64(insert, 2, fevers[i], &error), error);
    check(rowan_statement_execute(insert, NULL, &error), error);
  }
  check(rowan_connection_execute(connection, "COMMIT", &error), error);
  rowan_statement_free(insert);
}

static void visit(rowan_connection* connection, double limit) {
  rowan_error* error = NULL;
  rowan_statement* find = NULL;
  rowan_rows* rows = NULL;
  rowan_status status;
  check(rowan_connection_prepare(
            connection, "SELECT id, name, fever FROM patient WHERE fever > $1 ORDER BY fever", &find, &error),
        error);
  check(rowan_statement_bind_float64(find, 1, limit, &error), error);
  check(rowan_statement_query(find, &rows, &error), error);
  while ((status = rowan_rows_next(rows, &error)) == ROWAN_ROW) {
    printf("%" PRId64 " %s %.1f\n", rowan_rows_int64(rows, 0), rowan_rows_text(rows, 1, NULL),
           rowan_rows_float64(rows, 2));
  }
  check(status, error);
  rowan_rows_free(rows);
  rowan_statement_free(find);
}

int main(int argc, char** argv) {
  rowan_error* error = NULL;
  rowan_database* database = NULL;
  rowan_connection* connection = NULL;
  check(rowan_database_open(argc > 1 ? argv[1] : ":memory:", NULL, &database, &error), error);
  check(rowan_database_connect(database, &connection, &error), error);
  check(rowan_connection_execute(connection,
                                 "CREATE TABLE patient (id serial PRIMARY KEY, name text NOT NULL UNIQUE,"
                                 " fever double precision CHECK (fever < 45))",
                                 &error),
        error);
  admit(connection);
  visit(connection, 38);

  /* An error is a value: look at it and carry on. */
  if (rowan_connection_execute(connection, "INSERT INTO patient (name, fever) VALUES ('Ada', 39)", &error) !=
      ROWAN_OK) {
    printf("refused by constraint %s\n", rowan_error_constraint(error));
    complain(error);
  }
  visit(connection, 38);

  rowan_connection_free(connection);
  check(rowan_database_close(database, &error), error);
  rowan_database_free(database);
  return 0;
}
