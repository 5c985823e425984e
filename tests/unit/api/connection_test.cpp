// The embedded interface, as a program uses it.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

namespace rowan {
namespace {

// A folder of its own, gone at the end.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rowan-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

int64_t one_number(Connection& connection, std::string_view sql) {
  Rows rows = connection.query(sql).value();
  EXPECT_TRUE(rows.next().value()) << sql;
  return rows.int64(0);
}

TEST(ConnectionTest, ReadsTypedValues) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  Rows rows =
      connection.query("SELECT 1, 2.5::float8, 'text', true, NULL::int, 12.30::numeric(6,2), 'a'::char(3)")
          .value();
  ASSERT_TRUE(rows.next().value());
  EXPECT_EQ(rows.int64(0), 1);
  EXPECT_EQ(rows.float64(1), 2.5);
  EXPECT_EQ(rows.text(2), "text");
  EXPECT_TRUE(rows.boolean(3));
  EXPECT_TRUE(rows.is_null(4));
  EXPECT_EQ(rows.text(5), "12.30");
  EXPECT_EQ(rows.float64(5), 12.3);
  EXPECT_EQ(rows.column_type(5), "numeric(6,2)");
  EXPECT_EQ(rows.text(6), "a  ");
  EXPECT_FALSE(rows.next().value());
  EXPECT_EQ(rows.command_tag(), "SELECT 1");
}

TEST(ConnectionTest, ViewsOfTextAreItsText) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (a text, b varchar(5), c char(3), d int, e bytea, f text)").value();
  connection.execute("INSERT INTO t VALUES (repeat('long ', 100000), 'short', 'a', 7, '\\x00ff', NULL)")
      .value();
  for (const char* sql :
       {"SELECT * FROM t", "SELECT 'constant', 'x', 'a'::char(3), 1, ''::bytea, NULL::text FROM t"}) {
    Rows rows = connection.query(sql).value();
    std::string room = "of before";
    EXPECT_EQ(rows.text_view(0, room), "");  // no current row
    ASSERT_TRUE(rows.next().value());
    for (uint32_t i = 0; i < 7; ++i)
      EXPECT_EQ(rows.text_view(i, room), rows.text(i)) << sql << " column " << i;
    EXPECT_EQ(rows.text_view(0, room).data(), rows.text_view(0, room).data());
  }
}

// COPY hands out a long value in pieces, whole rows where they are short.
TEST(ConnectionTest, CopiesOutInPieces) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (n int, v text)").value();
  connection.execute("INSERT INTO t SELECT i, repeat('v', i) FROM generate_series(1, 1000) AS g(i)").value();
  connection.execute("INSERT INTO t VALUES (1001, repeat(E'\\t', 3000000))").value();
  std::string all;
  size_t pieces_within_rows = 0;
  connection.on_copy({}, [&](std::string_view piece) -> Result<> {
    EXPECT_LE(piece.size(), size_t{64} << 10);
    pieces_within_rows += all.size() < 400000 && piece.back() != '\n';
    all += piece;
    return {};
  });
  connection.execute("COPY t TO STDOUT").value();
  std::string expected;
  for (int i = 1; i <= 1000; ++i)
    expected += std::to_string(i) + "\t" + std::string(static_cast<size_t>(i), 'v') + "\n";
  expected += "1001\t";
  for (int i = 0; i < 3000000; ++i) expected += "\\t";
  EXPECT_TRUE(all == expected + "\n");
  EXPECT_EQ(pieces_within_rows, 0u);
}

// Statements of one text share a transaction; it ends with them, however that is.
TEST(ConnectionTest, AScriptThatFailsLeavesNothingOpen) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  Connection other = database.connect().value();
  connection.execute("CREATE TABLE t (a int)").value();
  for (const char* script :
       {"INSERT INTO t VALUES (1); SAVEPOINT x", "INSERT INTO t VALUES (1); ROLLBACK TO x",
        "INSERT INTO t VALUES (1); SELECT 1 / 0"}) {
    EXPECT_FALSE(connection.execute(script).ok()) << script;
    EXPECT_EQ(connection.transaction_status(), TransactionStatus::Idle);
  }
  connection.execute("INSERT INTO t VALUES (2)").value();
  EXPECT_EQ(one_number(other, "SELECT sum(a) FROM t"), 2);
}

TEST(ConnectionTest, BeginTakesInWhatTheScriptHasDone) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1); BEGIN; INSERT INTO t VALUES (2)")
      .value();
  EXPECT_EQ(connection.transaction_status(), TransactionStatus::Active);
  connection.execute("COMMIT").value();
  EXPECT_EQ(one_number(connection, "SELECT sum(a) FROM t"), 3);
  connection.execute("INSERT INTO t VALUES (4); BEGIN; INSERT INTO t VALUES (8); ROLLBACK").value();
  EXPECT_EQ(one_number(connection, "SELECT sum(a) FROM t"), 3);
  connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1; COMMIT").value();
}

// A script of several statements is a block to those that ask for one, but for savepoints and AND CHAIN.
TEST(ConnectionTest, AScriptIsNearlyABlock) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (a int)").value();
  std::vector<std::string> notices;
  connection.on_notice([&](const Notice& notice) { notices.push_back(notice.error.message()); });
  connection.execute("SET LOCAL work_mem = '1MB'; LOCK TABLE t; SELECT 1").value();
  connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1").value();
  EXPECT_TRUE(notices.empty());
  connection.execute("SET LOCAL work_mem = '1MB'").value();
  EXPECT_EQ(notices, std::vector<std::string>{"SET LOCAL can only be used in transaction blocks"});
  for (const char* script : {"SELECT 1; COMMIT AND CHAIN", "SELECT 1; ROLLBACK AND CHAIN",
                             "SELECT 1; RELEASE x", "LOCK TABLE t"}) {
    Result<> refused = connection.execute(script);
    ASSERT_FALSE(refused.ok()) << script;
    EXPECT_EQ(refused.error().state(), sqlstate::no_active_sql_transaction) << script;
  }
  for (const char* script :
       {"SELECT 1; VACUUM", "SELECT 1; DISCARD ALL", "SELECT 1; BEGIN ISOLATION LEVEL REPEATABLE READ",
        "SELECT 1; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"}) {
    Result<> refused = connection.execute(script);
    ASSERT_FALSE(refused.ok()) << script;
    EXPECT_EQ(refused.error().state(), sqlstate::active_sql_transaction) << script;
  }
  EXPECT_EQ(connection.transaction_status(), TransactionStatus::Idle);
  // BEGIN keeps what was set and locked before it.
  connection.execute("SET LOCAL lock_timeout = 77; LOCK TABLE t; BEGIN; SELECT 1").value();
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'"), 1);
  EXPECT_EQ(one_number(connection, "SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout'"), 77);
  connection.execute("COMMIT").value();
  connection.execute("SELECT 1; BEGIN READ ONLY").value();
  EXPECT_EQ(connection.execute("INSERT INTO t VALUES (1)").error().state(),
            sqlstate::read_only_sql_transaction);
}

// What ROLLBACK undoes need not be done first: the rest of an open statement is left alone, and cannot fail.
TEST(ConnectionTest, RollbackDropsAnOpenStatement) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (a int PRIMARY KEY); CREATE SEQUENCE s; INSERT INTO t VALUES (5000)")
      .value();
  // Row 5000 breaks the key, far beyond the first batch.
  const char* insert =
      "INSERT INTO t SELECT CASE WHEN nextval('s') > 0 THEN i END FROM generate_series(1, 10000) i RETURNING "
      "a";
  for (const char* undo : {"ROLLBACK", "ROLLBACK TO x", "ROLLBACK AND CHAIN"}) {
    connection.execute("BEGIN; SAVEPOINT x").value();
    Rows rows = connection.query(insert).value();
    ASSERT_TRUE(rows.next().value());
    connection.execute(undo).value();
    EXPECT_FALSE(rows.next().ok()) << undo;  // its rows are gone
    EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 1) << undo;
    if (connection.transaction_status() != TransactionStatus::Idle) connection.execute("COMMIT").value();
  }
  EXPECT_LT(one_number(connection, "SELECT nextval('s')"), 5000);
  // COMMIT keeps the statement, so all of it runs and fails here.
  connection.execute("BEGIN").value();
  Rows rows = connection.query(insert).value();
  ASSERT_TRUE(rows.next().value());
  EXPECT_EQ(connection.execute("COMMIT").error().state(), sqlstate::unique_violation);
  connection.execute("ROLLBACK").value();
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 1);
}

// The statement waits for a lock while the table goes; its transaction has definitions of its own.
TEST(ConnectionTest, APreparedStatementSeesWhatHappenedWhileItWaited) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  Connection other = database.connect().value();
  connection.execute("CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 2000)").value();
  connection.execute("BEGIN; CREATE TABLE x (q int); SAVEPOINT s").value();
  Statement count = connection.prepare("SELECT count(*) FROM t").value();
  auto counted = [&] {
    Rows rows = count.query().value();
    EXPECT_TRUE(rows.next().value());
    return rows.int64(0);
  };
  EXPECT_EQ(counted(), 2000);
  connection.execute("ROLLBACK TO s").value();
  other.execute("BEGIN; TRUNCATE t").value();
  int64_t found = -1;
  std::thread waiting([&] { found = counted(); });
  while (one_number(other, "SELECT count(*) FROM pg_locks WHERE NOT granted") == 0) std::this_thread::yield();
  other.execute("COMMIT").value();
  waiting.join();
  EXPECT_EQ(found, 0);
}

// A chain of views is long, a ring of them endless: the first works, the second says so.
TEST(ConnectionTest, ViewsOnViewsMayBeDeepButNotARing) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (7); CREATE VIEW v0 AS SELECT * FROM t")
      .value();
  for (int i = 1; i <= 200; ++i) {
    std::string below = "v" + std::to_string(i - 1);
    connection.execute("CREATE VIEW v" + std::to_string(i) + " AS SELECT * FROM " + below).value();
  }
  EXPECT_EQ(one_number(connection, "SELECT a FROM v200"), 7);
  connection.execute("UPDATE v200 SET a = 8").value();
  EXPECT_EQ(one_number(connection, "SELECT a FROM v200"), 8);
  connection.execute("CREATE OR REPLACE VIEW v0 AS SELECT * FROM v200").value();
  Result<Rows> ring = connection.query("SELECT * FROM v100");
  ASSERT_FALSE(ring.ok());
  EXPECT_EQ(ring.error().state(), sqlstate::invalid_object_definition);
  EXPECT_EQ(ring.error().message(), "infinite recursion detected in rules for relation \"v100\"");
}

TEST(ConnectionTest, ErrorsCarryWhatAUserNeeds) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE patient (id int PRIMARY KEY, name text NOT NULL)").value();
  Result<Rows> misspelt = connection.query("SELECT nam FROM patient");
  ASSERT_FALSE(misspelt.ok());
  EXPECT_EQ(misspelt.error().state(), sqlstate::undefined_column);
  EXPECT_EQ(misspelt.error().position(), 7);
  EXPECT_NE(misspelt.error().hint().find("name"), std::string::npos);
  connection.execute("INSERT INTO patient VALUES (1, 'a')").value();
  Result<> twice = connection.execute("INSERT INTO patient VALUES (1, 'b')");
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().state(), sqlstate::unique_violation);
  EXPECT_EQ(twice.error().constraint(), "patient_pkey");
  EXPECT_EQ(twice.error().detail(), "Key (id)=(1) already exists.");
}

TEST(ConnectionTest, PreparedStatementsRunAgainAndPlanAgainAfterDdl) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, v text)").value();
  Statement insert = connection.prepare("INSERT INTO t VALUES ($1, $2)").value();
  EXPECT_EQ(insert.parameter_count(), 2u);
  for (int64_t i = 0; i < 1000; ++i) {
    insert.bind(1, i).value();
    insert.bind(2, "v" + std::to_string(i)).value();
    EXPECT_EQ(insert.execute().value(), 1u);
  }
  Statement find = connection.prepare("SELECT v FROM t WHERE id = $1").value();
  auto look_up = [&](int64_t id) {
    find.bind(1, id).value();
    Rows rows = find.query().value();
    return rows.next().value() ? rows.text(0) : std::string("none");
  };
  EXPECT_EQ(look_up(7), "v7");
  EXPECT_EQ(look_up(1000), "none");
  connection
      .execute("UPDATE t SET v = 'new' WHERE id = 7; CREATE INDEX ON t (v); ALTER TABLE t ADD COLUMN w int")
      .value();
  EXPECT_EQ(look_up(7), "new");
  EXPECT_EQ(find.bind(2, int64_t{1}).error().state(), sqlstate::undefined_parameter);
}

TEST(ConnectionTest, AFileComesBackWhole) {
  Scratch scratch;
  std::string path = scratch.file("hospital.rowan");
  {
    Database database = Database::open(path).value();
    Connection connection = database.connect().value();
    connection
        .execute(
            "CREATE TABLE t (id serial PRIMARY KEY, v text UNIQUE); INSERT INTO t (v) SELECT 'v' || n FROM "
            "generate_series(1, 5000) n")
        .value();
    connection.execute("DELETE FROM t WHERE id % 2 = 0; UPDATE t SET v = v || '!' WHERE id % 3 = 0").value();
  }
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
  Database database = Database::open(path).value();
  Connection connection = database.connect().value();
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 2500);
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t WHERE v LIKE '%!'"), 833);
  connection.execute("INSERT INTO t (v) VALUES ('next')").value();
  EXPECT_EQ(one_number(connection, "SELECT id FROM t WHERE v = 'next'"), 5001);
  std::vector<std::string> findings = database.check().value();
  EXPECT_TRUE(findings.empty()) << findings.front();
}

TEST(ConnectionTest, AViewKeepsItsMeaningInTheFile) {
  Scratch scratch;
  std::string path = scratch.file("views.rowan");
  {
    Database database = Database::open(path).value();
    Connection connection = database.connect().value();
    connection
        .execute(
            "SET datestyle = 'ISO, DMY'; SET timezone = 'America/New_York'; CREATE TABLE a (k int, gone int, "
            "s int); "
            "INSERT INTO a VALUES (1, 2, 3); CREATE SEQUENCE numbers; "
            "CREATE VIEW w AS SELECT k, s, '01/02/2024'::date AS d, timestamptz '2024-06-01 00:00' AS t FROM "
            "a; "
            "CREATE VIEW whole AS SELECT * FROM w; CREATE VIEW called AS SELECT nextval('numbers') AS n;"
            "ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME k TO first; ALTER VIEW w RENAME COLUMN s TO "
            "third; "
            "CREATE TABLE a (k text); CREATE VIEW early AS SELECT 'a'::regclass::oid AS o")
        .value();
  }
  Database database = Database::open(path).value();
  Connection connection = database.connect().value();
  connection.execute("ALTER SEQUENCE numbers RENAME TO n2; ALTER TABLE b DROP gone, ADD later int DEFAULT 9")
      .value();
  EXPECT_EQ(one_number(connection, "SELECT k * 10 + s FROM whole"), 13);
  EXPECT_EQ(one_number(connection, "SELECT third FROM w"), 3);
  EXPECT_EQ(one_number(connection, "SELECT extract(month FROM d)::int FROM whole"), 2);
  EXPECT_EQ(one_number(connection, "SELECT extract(hour FROM t AT TIME ZONE 'UTC')::int FROM w"), 4);
  EXPECT_EQ(one_number(connection, "SELECT n FROM called"), 1);
  EXPECT_EQ(connection.execute("DROP SEQUENCE n2").error().state(), sqlstate::dependent_objects_still_exist);
  EXPECT_EQ(connection.execute("ALTER TABLE b DROP first").error().state(),
            sqlstate::dependent_objects_still_exist);
  EXPECT_EQ(connection.execute("DROP TABLE a").error().state(),
            sqlstate::dependent_objects_still_exist);  // early names it
  connection.execute("DROP VIEW early; DROP TABLE a; ALTER TABLE b DROP later").value();
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM whole"), 1);
}

TEST(ConnectionTest, DdlRollsBackWithItsTransaction) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  Connection other = database.connect().value();
  connection
      .execute(
          "BEGIN; CREATE TABLE t (a int); INSERT INTO t VALUES (1); SAVEPOINT s; INSERT INTO t VALUES (2); "
          "ROLLBACK TO s")
      .value();
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 1);
  EXPECT_EQ(other.query("SELECT * FROM t").error().state(), sqlstate::undefined_table);
  connection.execute("COMMIT").value();
  EXPECT_EQ(one_number(other, "SELECT count(*) FROM t"), 1);
  connection.execute("BEGIN; DROP TABLE t").value();
  connection.execute("ROLLBACK").value();
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 1);
}

TEST(ConnectionTest, AFailedTransactionWaitsForItsEnd) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (a int PRIMARY KEY)").value();
  connection.execute("BEGIN; INSERT INTO t VALUES (1)").value();
  EXPECT_FALSE(connection.execute("INSERT INTO t VALUES (1)").ok());
  EXPECT_EQ(connection.transaction_status(), TransactionStatus::Failed);
  EXPECT_EQ(connection.query("SELECT 1").error().state(), sqlstate::in_failed_sql_transaction);
  connection.execute("ROLLBACK").value();
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 0);
}

TEST(ConnectionTest, TheAppenderLoadsAllOrNothing) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)").value();
  {
    Appender appender = Appender::open(connection, "t").value();
    for (int32_t i = 0; i < 1000; ++i) {
      appender.append(i).value();
      appender.append("row").value();
      appender.end_row().value();
    }
    appender.finish().value();
  }
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 1000);
  {
    Appender appender = Appender::open(connection, "t").value();
    appender.append(5000).value();
    appender.append(nullptr).value();
    appender.end_row().value();
  }
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 1000);
}

TEST(ConnectionTest, WorkMemIsWhatTheOptionsSay) {
  OpenOptions options;
  auto shown = [](Connection& connection) {
    Rows rows = connection.query("SHOW work_mem").value();
    EXPECT_TRUE(rows.next().value());
    return rows.text(0);
  };
  auto with = [&](size_t bytes) {
    options.work_memory_bytes = bytes;
    Database database = Database::open(":memory:", options).value();
    Connection connection = database.connect().value();
    return shown(connection);
  };
  EXPECT_EQ(with(OpenOptions().work_memory_bytes), "64MB");
  EXPECT_EQ(with(size_t{3} << 20), "3MB");
  EXPECT_EQ(with(0), "64kB");
  options.work_memory_bytes = size_t{1} << 20;
  Database database = Database::open(":memory:", options).value();
  Connection connection = database.connect().value();
  connection.execute("SET work_mem = '2MB'").value();
  EXPECT_EQ(shown(connection), "2MB");
  connection.execute("RESET work_mem").value();
  EXPECT_EQ(shown(connection), "1MB");
  connection.execute("BEGIN; SET LOCAL work_mem = '2MB'; COMMIT").value();
  EXPECT_EQ(shown(connection), "1MB");
  // Not shown alone, but meant: sorting 20 MB leaves the memory.
  Rows sorted = connection
                    .query(
                        "EXPLAIN (ANALYZE, COSTS OFF) SELECT repeat('x', 200) || n AS v FROM "
                        "generate_series(1, 100000) n ORDER BY v")
                    .value();
  std::string plan;
  while (sorted.next().value()) plan += sorted.text(0) + "\n";
  EXPECT_NE(plan.find("Disk:"), std::string::npos) << plan;
}

TEST(ConnectionTest, AnEmptyPathIsNoDatabase) {
  EXPECT_EQ(Database::open("").error().state(), sqlstate::invalid_parameter_value);
}

TEST(ConnectionTest, NumbersReadFromEveryType) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  auto read = [&](const std::string& expression) {
    Rows rows = connection.query("SELECT " + expression).value();
    EXPECT_TRUE(rows.next().value());
    return rows.int64(0);
  };
  EXPECT_EQ(read("2.9"), 2);
  EXPECT_EQ(read("-2.9::float8"), -2);
  EXPECT_EQ(read("1e30::numeric"), 0);
  EXPECT_EQ(read("'NaN'::float8"), 0);
  EXPECT_EQ(read("true"), 1);
  EXPECT_EQ(read("'12 monkeys'"), 12);
  EXPECT_EQ(read("'monkeys'"), 0);
  EXPECT_EQ(read("date '2000-01-31'"), 30);
  EXPECT_EQ(read("timestamp '2000-01-01 00:00:01'"), 1000000);
  EXPECT_EQ(read("time '00:00:01'"), 1000000);
  EXPECT_EQ(read("interval '3 days'"), 0);
  EXPECT_EQ(read("bytea '12'"), 0);
  Rows rows = connection.query("SELECT interval '3 days', date '2000-01-31', '2.5', 2.5").value();
  ASSERT_TRUE(rows.next().value());
  EXPECT_EQ(rows.float64(0), 0);
  EXPECT_EQ(rows.float64(1), 30);
  EXPECT_EQ(rows.float64(2), 2.5);
  EXPECT_EQ(rows.float64(3), 2.5);
  EXPECT_FALSE(rows.boolean(0));
}

// What a WITH writes is written to the end, however much of the main query's rows is read, before anything
// else is done on the connection.
TEST(ConnectionTest, AWithThatWritesRunsToItsEnd) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (a int PRIMARY KEY)").value();
  auto write = [&](int from) {
    std::string text = "WITH x AS (INSERT INTO t SELECT i FROM generate_series(" + std::to_string(from) +
                       ", " + std::to_string(from + 4999) + ") i RETURNING a) SELECT a FROM x";
    return connection.query(text).value();
  };
  {
    Rows rows = write(1);
    EXPECT_TRUE(rows.is_query());
    ASSERT_TRUE(rows.next().value());
  }
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 5000);
  Rows unread = write(5001);
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 10000);
  connection.execute("BEGIN").value();
  Rows first = write(10001);
  ASSERT_TRUE(first.next().value());
  connection.execute("ROLLBACK").value();
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 10000);

  Rows whole = connection.query("WITH x AS (DELETE FROM t WHERE a <= 10) SELECT 1").value();
  while (whole.next().value()) {
  }
  EXPECT_EQ(whole.command_tag(), "SELECT 1");
  Statement prepared =
      connection
          .prepare(
              "WITH x AS (INSERT INTO t VALUES ($1) RETURNING a) DELETE FROM t USING x WHERE t.a = x.a + $2")
          .value();
  for (int64_t i = 1; i <= 3; ++i) {  // each time anew
    prepared.bind(1, i).value();
    prepared.bind(2, int64_t{100}).value();
    prepared.execute().value();
  }
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 9990);
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t WHERE a <= 10"), 3);
}

}  // namespace
}  // namespace rowan
