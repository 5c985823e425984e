// The bulk way into a table obeys what INSERT obeys, and notices when the ground under it goes.
#include <gtest/gtest.h>

#include <string>

#include "api/rowan.hpp"

namespace rowan {
namespace {

class AppenderTest : public testing::Test {
 protected:
  int64_t number(std::string_view sql) {
    Rows rows = connection_.query(sql).value();
    EXPECT_TRUE(rows.next().value()) << sql;
    return rows.int64(0);
  }
  void run(std::string_view sql) { connection_.execute(sql).value(); }
  // Rows (first, text) … in columns of an int and a text.
  static Result<> fill(Appender& appender, int64_t first, int64_t count, std::string_view text) {
    for (int64_t i = first; i < first + count; ++i) {
      Result<> done = appender.append(i);
      if (done.ok()) done = appender.append(text);
      if (done.ok()) done = appender.end_row();
      if (!done.ok()) return done;
    }
    return {};
  }

  Database database_ = Database::open(":memory:").value();
  Connection connection_ = database_.connect().value();
};

TEST_F(AppenderTest, FillsIndexesDefaultsAndIdentity) {
  run("CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a bigint, v text, d int DEFAULT 7, "
      "dropped int, n numeric(6,2)); CREATE INDEX ON t (v); CREATE INDEX ON t USING hash (a); "
      "ALTER TABLE t DROP COLUMN dropped");
  Appender appender = Appender::open(connection_, "t", {"a", "v"}).value();
  fill(appender, 1, 3000, "some text that is too long to lie inside").value();
  appender.finish().value();
  EXPECT_EQ(number("SELECT count(*) FROM t WHERE d = 7 AND n IS NULL AND id = a"), 3000);
  EXPECT_EQ(number("SELECT count(DISTINCT id) FROM t"), 3000);
  EXPECT_EQ(number("SELECT id FROM t WHERE a = 2500"), 2500);
  EXPECT_EQ(number("SELECT count(*) FROM t WHERE v = 'some text that is too long to lie inside'"), 3000);
  EXPECT_TRUE(database_.check().value().empty());
}

TEST_F(AppenderTest, ConvertsAsAnAssignmentDoes) {
  run("CREATE TABLE t (a smallint, b numeric(6,2), c date, d varchar(3), e real)");
  Appender appender = Appender::open(connection_, "t").value();
  EXPECT_EQ(appender.append(int32_t{40000}).error().state(), sqlstate::numeric_value_out_of_range);
  appender.append(int32_t{4}).value();
  appender.append(2.345).value();
  EXPECT_EQ(appender.append("yesterdayish").error().state(), sqlstate::invalid_datetime_format);
  appender.append("2024-02-29").value();
  EXPECT_EQ(appender.append("abcd").error().state(), sqlstate::string_data_right_truncation);
  appender.append("abc").value();
  appender.append(int64_t{3}).value();
  appender.end_row().value();
  appender.finish().value();
  EXPECT_EQ(
      number("SELECT count(*) FROM t WHERE a = 4 AND b = 2.35 AND c = '2024-02-29' AND d = 'abc' AND e = 3"),
      1);
}

TEST_F(AppenderTest, ConstraintsSayWhichRowAndTakeAllBack) {
  run("CREATE TABLE t (a int PRIMARY KEY, v text NOT NULL CHECK (length(v) < 5))");
  auto attempt = [&](int64_t first, const char* text) {
    Appender appender = Appender::open(connection_, "t").value();
    Result<> filled = fill(appender, 1, 1500, "ok");
    if (filled.ok()) filled = fill(appender, first, 1, text == nullptr ? "" : text);
    if (filled.ok()) filled = appender.finish();
    EXPECT_FALSE(filled.ok());
    // It is over, whatever is done with it.
    EXPECT_FALSE(appender.finish().ok());
    return std::move(filled).error();
  };
  Error twice = attempt(1500, "ok");
  EXPECT_EQ(twice.state(), sqlstate::unique_violation);
  EXPECT_EQ(twice.row(), 1501u);
  Error longer = attempt(1501, "longer");
  EXPECT_EQ(longer.state(), sqlstate::check_violation);
  EXPECT_EQ(longer.row(), 1501u);
  EXPECT_EQ(longer.constraint(), "t_v_check");
  EXPECT_EQ(number("SELECT count(*) FROM t"), 0);
  EXPECT_TRUE(database_.check().value().empty());
}

TEST_F(AppenderTest, ForeignKeysHoldWithinABatchInAnyOrder) {
  run("CREATE TABLE person (id int PRIMARY KEY, boss int REFERENCES person)");
  Appender appender = Appender::open(connection_, "person").value();
  for (int32_t id = 1; id <= 1000; ++id) {
    appender.append(id).value();
    if (id == 1000) {
      appender.append(nullptr).value();
    } else {
      appender.append(id + 1).value();
    }
    appender.end_row().value();
  }
  appender.finish().value();
  EXPECT_EQ(number("SELECT count(*) FROM person WHERE boss IS NOT NULL"), 999);
  Appender lonely = Appender::open(connection_, "person").value();
  lonely.append(int32_t{2000}).value();
  lonely.append(int32_t{3000}).value();
  lonely.end_row().value();
  Result<> done = lonely.finish();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().state(), sqlstate::foreign_key_violation);
  EXPECT_EQ(number("SELECT count(*) FROM person"), 1000);
}

TEST_F(AppenderTest, IsPartOfATransactionBlock) {
  run("CREATE TABLE t (a int PRIMARY KEY, v text)");
  run("BEGIN");
  {
    Appender appender = Appender::open(connection_, "t").value();
    fill(appender, 1, 2000, "x").value();
    // Another statement may look between; it sees the full batch.
    EXPECT_EQ(number("SELECT count(*) FROM t"), 1024);
    appender.finish().value();
  }
  EXPECT_EQ(connection_.transaction_status(), TransactionStatus::Active);
  EXPECT_EQ(number("SELECT count(*) FROM t"), 2000);
  run("ROLLBACK");
  EXPECT_EQ(number("SELECT count(*) FROM t"), 0);
}

TEST_F(AppenderTest, NoticesThatItsGroundIsGone) {
  run("CREATE TABLE t (a int PRIMARY KEY, v text)");
  auto expect_ended = [&](const char* begin, const char* between, const char* end) {
    if (*begin != '\0') run(begin);
    Appender appender = Appender::open(connection_, "t").value();
    fill(appender, 1, 10, "x").value();
    static_cast<void>(connection_.execute(between).ok());
    Result<> finished = appender.finish();
    ASSERT_FALSE(finished.ok()) << between;
    EXPECT_EQ(finished.error().state(), sqlstate::object_not_in_prerequisite_state) << between;
    if (*end != '\0') run(end);
    EXPECT_EQ(number("SELECT count(*) FROM t"), 0) << between;
  };
  expect_ended("BEGIN", "COMMIT", "");
  expect_ended("BEGIN", "ROLLBACK", "");
  expect_ended("BEGIN; SAVEPOINT s", "ROLLBACK TO s", "ROLLBACK");
  expect_ended("BEGIN", "CREATE INDEX ON t (v)", "ROLLBACK");  // it would not know the index
  expect_ended("BEGIN", "SELECT 1/0", "ROLLBACK");
  expect_ended("BEGIN", "DROP TABLE t", "ROLLBACK");
}

TEST_F(AppenderTest, NothingElseTouchesItsOwnTransaction) {
  run("CREATE TABLE t (a int PRIMARY KEY, v text)");
  Statement insert = connection_.prepare("INSERT INTO t VALUES (2000, 'y')").value();
  Rows streaming = connection_.query("SELECT * FROM generate_series(1, 5000)").value();
  ASSERT_TRUE(streaming.next().value());
  Appender appender = Appender::open(connection_, "t").value();
  EXPECT_EQ(streaming.next().error().state(), sqlstate::invalid_cursor_state);
  fill(appender, 1, 1500, "x").value();
  for (const char* sql :
       {"INSERT INTO t VALUES (2000, 'y')", "SELECT 1", "SELECT 1/0", "SELECT 1; SELECT 2", "BEGIN", "COMMIT",
        "ROLLBACK", "SAVEPOINT s", "CREATE TABLE n (a int)", "DROP TABLE t", "SET work_mem = '1MB'",
        "SHOW work_mem", "PREPARE p AS SELECT 1", "COPY t FROM STDIN", "ANALYZE"}) {
    EXPECT_EQ(connection_.execute(sql).error().state(), sqlstate::object_not_in_prerequisite_state) << sql;
  }
  EXPECT_EQ(connection_.query("SELECT 1").error().state(), sqlstate::object_not_in_prerequisite_state);
  EXPECT_EQ(connection_.query("SELEC 1").error().state(), sqlstate::syntax_error);
  EXPECT_EQ(connection_.prepare("SELECT 1").error().state(), sqlstate::object_not_in_prerequisite_state);
  EXPECT_EQ(insert.execute().error().state(), sqlstate::object_not_in_prerequisite_state);
  EXPECT_EQ(insert.query().error().state(), sqlstate::object_not_in_prerequisite_state);
  EXPECT_EQ(Appender::open(connection_, "t").error().state(), sqlstate::object_not_in_prerequisite_state);
  Connection other = database_.connect().value();
  Rows seen = other.query("SELECT count(*) FROM t").value();
  ASSERT_TRUE(seen.next().value());
  EXPECT_EQ(seen.int64(0), 0);
  appender.finish().value();
  insert.execute().value();
  run("BEGIN; ROLLBACK");  // its rows are committed
  EXPECT_EQ(number("SELECT count(*) FROM t"), 1501);
  EXPECT_TRUE(database_.check().value().empty());
}

TEST_F(AppenderTest, TheConnectionIsFreeAgainHoweverItEnds) {
  run("CREATE TABLE t (a int PRIMARY KEY, v text)");
  {
    Appender appender = Appender::open(connection_, "t").value();
    fill(appender, 1, 1500, "x").value();
  }
  EXPECT_EQ(number("SELECT count(*) FROM t"), 0);
  Appender failed = Appender::open(connection_, "t").value();
  fill(failed, 1, 10, "x").value();
  fill(failed, 1, 1, "x").value();
  EXPECT_EQ(failed.finish().error().state(), sqlstate::unique_violation);
  run("INSERT INTO t VALUES (1, 'y')");  // though the handle is still there
  EXPECT_EQ(number("SELECT count(*) FROM t"), 1);
  // An older appender that goes now takes nothing of the next one with it.
  Appender next = Appender::open(connection_, "t").value();
  fill(next, 2, 10, "x").value();
  { Appender gone = std::move(failed); }
  EXPECT_EQ(connection_.execute("SELECT 1").error().state(), sqlstate::object_not_in_prerequisite_state);
  next.finish().value();
  EXPECT_EQ(number("SELECT count(*) FROM t"), 11);
  run("DROP TABLE t");
  EXPECT_EQ(connection_.query("SELECT * FROM t").error().state(), sqlstate::undefined_table);
}

TEST_F(AppenderTest, TwoOfThemShareABlock) {
  run("CREATE TABLE t (a int PRIMARY KEY, v text); CREATE TABLE u (a int PRIMARY KEY, v text)");
  run("BEGIN");
  {
    Appender into_t = Appender::open(connection_, "t").value();
    Appender into_u = Appender::open(connection_, "u").value();
    fill(into_t, 1, 1030, "x").value();
    fill(into_u, 1, 10, "x").value();
    into_u.finish().value();
  }  // into_t was not finished: what it had not written is dropped
  run("COMMIT");
  EXPECT_EQ(number("SELECT count(*) FROM u"), 10);
  EXPECT_EQ(number("SELECT count(*) FROM t"), 1024);
}

TEST_F(AppenderTest, TakesNoBytesThatAreNoText) {
  run("CREATE TABLE t (v text, w varchar(9), b bytea)");
  Appender appender = Appender::open(connection_, "t").value();
  for (std::string_view bad : {std::string_view("\x80"), std::string_view("a\xff"), std::string_view("\xc3"),
                               std::string_view("a\0b", 3), std::string_view("\xed\xa0\x80")}) {
    EXPECT_EQ(appender.append(bad).error().state(), sqlstate::character_not_in_repertoire);
  }
  appender.append_bytes("\x80").value();  // its text form, as bytea has it
  EXPECT_EQ(appender.append("\x80").error().state(), sqlstate::character_not_in_repertoire);
  appender.append("\xc3\xa4").value();
  appender.append_bytes(std::string_view("\0\xff", 2)).value();
  appender.end_row().value();
  appender.finish().value();
  EXPECT_EQ(number("SELECT count(*) FROM t WHERE v = '\\x80' AND w = 'ä' AND b = '\\x00ff'"), 1);
}

TEST_F(AppenderTest, RefusesWhatIsNoTable) {
  run("CREATE TABLE t (a int, v text); CREATE VIEW w AS SELECT 1 AS one; CREATE SEQUENCE s; "
      "CREATE INDEX i ON t (a); CREATE TABLE \"public.q\" (a int)");
  EXPECT_EQ(Appender::open(connection_, "nix").error().state(), sqlstate::undefined_table);
  EXPECT_EQ(Appender::open(connection_, "nix.t").error().state(), sqlstate::undefined_table);
  EXPECT_EQ(Appender::open(connection_, "public.nix").error().state(), sqlstate::undefined_table);
  for (const char* other :
       {"w", "public.w", "s", "i", "pg_class", "pg_catalog.pg_class", "information_schema.tables"})
    EXPECT_EQ(Appender::open(connection_, other).error().state(), sqlstate::wrong_object_type) << other;
  for (const char* good : {"t", "public.t", "public.q"})
    EXPECT_TRUE(Appender::open(connection_, good).ok()) << good;
  EXPECT_EQ(Appender::open(connection_, "t", {"b"}).error().state(), sqlstate::undefined_column);
  EXPECT_EQ(Appender::open(connection_, "t", {"a", "a"}).error().state(), sqlstate::duplicate_column);
  run("BEGIN READ ONLY");
  EXPECT_EQ(Appender::open(connection_, "t").error().state(), sqlstate::read_only_sql_transaction);
  run("ROLLBACK");
  // A refusal leaves nothing open: the lock is free.
  Connection other = database_.connect().value();
  other.execute("SET lock_timeout = 100; DROP TABLE t").value();
}

TEST_F(AppenderTest, TheTableStaysAsItIsMeanwhile) {
  run("CREATE TABLE t (a int, v text)");
  Appender appender = Appender::open(connection_, "t").value();
  Connection other = database_.connect().value();
  other.execute("SET lock_timeout = 20").value();
  EXPECT_EQ(other.execute("ALTER TABLE t ADD COLUMN b int").error().state(), sqlstate::lock_not_available);
  appender.finish().value();
  other.execute("ALTER TABLE t ADD COLUMN b int").value();
}

}  // namespace
}  // namespace rowan
