// Conditions that scans decide on the pages' own arrays, against the same conditions as the evaluator sees
// them: WHERE p and FILTER (WHERE p) must count alike, whatever the pages look like.
#include <gtest/gtest.h>

#include <string>

#include "api/rowan.hpp"

namespace rowan {
namespace {

int64_t count_of(Connection& connection, const std::string& sql) {
  Rows rows = connection.query(sql).value();
  EXPECT_TRUE(rows.next().value()) << sql;
  return rows.int64(0);
}

class ScanFilterTest : public testing::Test {
 protected:
  ScanFilterTest() : database_(Database::open(":memory:").value()), connection_(database_.connect().value()) {
    run("CREATE TABLE t (id int, small smallint, whole int, big bigint, price numeric(10,2), wide "
        "numeric(30,2),"
        " open numeric, r real, d double precision, day date, s text, v varchar(20), c char(8), b boolean)");
    run("INSERT INTO t SELECT i, i % 300 - 150, (i * 7919) % 1000 - 500, (i * 104729) % 1000000000000,"
        " CASE WHEN i % 97 = 0 THEN 'NaN' ELSE (i % 1000 - 500) / 8.0 END, i / 3.0, i / 7.0,"
        " CASE WHEN i % 89 = 0 THEN 'NaN' WHEN i % 83 = 0 THEN 'infinity' ELSE i / 4.0 END,"
        " CASE WHEN i % 89 = 1 THEN 'NaN' WHEN i % 83 = 1 THEN '-infinity' ELSE i / 16.0 END,"
        " date '2020-01-01' + i % 1000, CASE i % 4 WHEN 0 THEN 'abc' WHEN 1 THEN 'abcd' || i % 50"
        " WHEN 2 THEN 'a text that is longer than twelve' ELSE '' END, 'v' || i % 30, 'c' || i % 30, i % 3 = "
        "0"
        " FROM generate_series(1, 20000) AS g(i)");
    run("UPDATE t SET small = NULL, price = NULL, s = NULL, d = NULL WHERE id % 11 = 0");
  }
  void run(const std::string& sql) {
    Result<> done = connection_.execute(sql);
    ASSERT_TRUE(done.ok()) << sql << ": " << done.error().message();
  }
  void expect_alike() {
    for (const char* condition : kConditions) {
      std::string p = condition;
      int64_t scanned = count_of(connection_, "SELECT count(*) FROM t WHERE " + p);
      int64_t evaluated = count_of(connection_, "SELECT count(*) FILTER (WHERE " + p + ") FROM t");
      EXPECT_EQ(scanned, evaluated) << p;
    }
  }
  static constexpr const char* kConditions[] = {"whole < 100",
                                                "whole <= -500",
                                                "100 > whole",
                                                "whole = 7",
                                                "whole <> 7",
                                                "whole BETWEEN 10 AND 20",
                                                "small < 40000",
                                                "small > 40000",
                                                "small >= -40000",
                                                "small <> 100000",
                                                "small = 100000",
                                                "whole < 3000000000",
                                                "whole > 3000000000",
                                                "whole > -3000000000",
                                                "big < 5",
                                                "big >= 500000000000",
                                                "big = 5::smallint",
                                                "small < 12::bigint",
                                                "price < 10",
                                                "price < 10.00",
                                                "price < 10.005",
                                                "price <= 10.005",
                                                "price > 10.005",
                                                "price >= 10.005",
                                                "price = 10.005",
                                                "price <> 10.005",
                                                "price < -10.005",
                                                "price > -10.005",
                                                "price = -1.5",
                                                "price < 'NaN'",
                                                "price <= 'NaN'",
                                                "price = 'NaN'",
                                                "price >= 'NaN'",
                                                "price <> 'NaN'",
                                                "price < 'infinity'",
                                                "price > 'infinity'",
                                                "price > '-infinity'",
                                                "price < '-infinity'",
                                                "price = 'infinity'",
                                                "price <> 'infinity'",
                                                "price < 1e30",
                                                "price > 1e30",
                                                "price > -1e30",
                                                "price <= -1e30",
                                                "price < NULL",
                                                "wide < 100.5",
                                                "open < 100.5",
                                                "open = 1",
                                                "r < 100.5::real",
                                                "r > 100.5::real",
                                                "r = 'NaN'",
                                                "r < 'NaN'",
                                                "r >= 'NaN'",
                                                "r < 10.5",
                                                "d < 100.5",
                                                "d <= 0",
                                                "d > 1000",
                                                "d >= 1000",
                                                "d <> 3.5",
                                                "d = 'infinity'",
                                                "d > '-infinity'",
                                                "d = 'NaN'",
                                                "day >= date '2021-06-01' AND day < date '2021-07-01'",
                                                "day = date '2020-01-01'",
                                                "s = 'abc'",
                                                "s <> 'abc'",
                                                "s < 'abcd2'",
                                                "s >= 'abcd2'",
                                                "s = 'a text that is longer than twelve'",
                                                "s > ''",
                                                "s <= ''",
                                                "v = 'v7'",
                                                "v > 'v2' AND v < 'v25'",
                                                "c = 'c7'",
                                                "c < 'c7'",
                                                "b",
                                                "NOT b",
                                                "whole > 0 AND price > 0 AND s > 'a' AND d < 1000",
                                                "s = 'abc' AND whole < 0 AND v <> 'v8'",
                                                "whole < 0 OR price > 3",
                                                "whole < 5 AND whole / 2 > 1",
                                                "id = whole"};

  Database database_;
  Connection connection_;
};

TEST_F(ScanFilterTest, FreshAndUpdatedRows) {
  expect_alike();
}

TEST_F(ScanFilterTest, RowsOfOthersAndColumnsYoungerThanTheirPages) {
  run("DELETE FROM t WHERE id % 5 = 0");
  run("ALTER TABLE t ADD COLUMN late int DEFAULT 5; ALTER TABLE t ADD COLUMN never text");
  run("INSERT INTO t SELECT * FROM t WHERE id % 7 = 0; UPDATE t SET late = id WHERE id % 13 = 0");
  Connection other = database_.connect().value();
  other.execute("BEGIN; UPDATE t SET whole = whole + 1, s = repeat('z', 5000) WHERE id % 3 = 0").value();
  expect_alike();
  for (const char* condition : {"late = 5", "late <> 5", "late < 100", "never = 'x'", "never <> 'x'"}) {
    std::string p = condition;
    EXPECT_EQ(count_of(connection_, "SELECT count(*) FROM t WHERE " + p),
              count_of(connection_, "SELECT count(*) FILTER (WHERE " + p + ") FROM t"))
        << p;
  }
  other.execute("COMMIT").value();
  expect_alike();
}

TEST_F(ScanFilterTest, ParametersAndSmallBites) {
  Statement statement = connection_.prepare("SELECT count(*) FROM t WHERE price < $1 AND s = $2").value();
  for (const char* price : {"0", "12.345", "-3", "1e20", "NaN"}) {
    statement.bind(1, std::string_view(price)).value();
    statement.bind(2, std::string_view("abc")).value();
    Rows rows = statement.query().value();
    ASSERT_TRUE(rows.next().value());
    int64_t found = rows.int64(0);  // before the next query, which cuts these rows off
    EXPECT_EQ(found, count_of(connection_, std::string("SELECT count(*) FILTER (WHERE price < '") + price +
                                               "' AND s = 'abc') FROM t"));
  }
  // LIMIT stops in the middle of pages.
  for (int limit : {1, 3, 100, 700, 5000}) {
    std::string bound = std::to_string(limit);
    EXPECT_EQ(count_of(connection_,
                       "SELECT count(*) FROM (SELECT id FROM t WHERE whole < 100 LIMIT " + bound + ") x"),
              limit);
    EXPECT_EQ(
        count_of(connection_, "SELECT count(DISTINCT id) FROM (SELECT id FROM t WHERE whole < 100 OFFSET " +
                                  bound + ") x"),
        count_of(connection_, "SELECT count(*) FILTER (WHERE whole < 100) FROM t") - limit);
  }
}

// A sum that is too large says so, wherever its rows come from.
TEST_F(ScanFilterTest, SumsOverflowAsTheyShould) {
  run("CREATE TABLE f (x double precision, n int)");
  run("INSERT INTO f SELECT 1e308, i FROM generate_series(1, 2000) AS g(i)");
  Result<Rows> sum = connection_.query("SELECT sum(x) FROM f");
  Result<bool> more = sum.ok() ? sum->next() : Result<bool>(std::move(sum).error());
  ASSERT_FALSE(more.ok());
  EXPECT_EQ(more.error().state(), sqlstate::numeric_value_out_of_range);
  Rows one = connection_.query("SELECT sum(x), sum(n) FROM f WHERE n = 5").value();
  ASSERT_TRUE(one.next().value());
  EXPECT_EQ(one.text(0), "1e+308");
}

}  // namespace
}  // namespace rowan
