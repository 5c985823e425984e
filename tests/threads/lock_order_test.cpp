// Sessions that lock rows in one order cannot deadlock, whatever they do to a row once it is theirs: change
// it again, change its keys after its values, lock it and then change it, roll part of it back. So a deadlock
// that is reported here is a false one, and a run that does not end has lost a wakeup.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

namespace rowan {
namespace {

constexpr int kVisitors = 6;
constexpr int kTransactions = 120;  // of each
constexpr int kRows = 4;

// What a transaction does with the row it has come to; the last leaves but a KEY SHARE lock, which two could
// hold and both want to raise, so nothing follows it on the same row.
class Visitor {
 public:
  Visitor(Connection& connection, int worker)
      : connection_(connection), random_(static_cast<uint64_t>(worker) + 1), worker_(worker) {}

  // Adds what it did to the row's counter to `added`; only what was not rolled back.
  void run(std::vector<int64_t>& added) {
    std::vector<int64_t> mine(kRows);
    execute("BEGIN");
    for (int row = 0; row < kRows; ++row)
      if (random_() % 3 != 0) visit(row, mine[static_cast<size_t>(row)]);
    if (random_() % 5 == 0) {
      execute("ROLLBACK");
      return;
    }
    execute("COMMIT");
    for (size_t row = 0; row < kRows; ++row) added[row] += mine[row];
  }

 private:
  void execute(const std::string& sql) {
    Result<> done = connection_.execute(sql);
    ASSERT_TRUE(done.ok()) << sql << ": " << done.error().message() << "\n" << done.error().detail();
  }

  void visit(int row, int64_t& added) {
    std::string here = " WHERE id = " + std::to_string(row);
    bool saves = random_() % 4 == 0;
    int64_t before = added;
    if (saves) execute("SAVEPOINT s");
    for (uint64_t times = 1 + random_() % 3; times > 0; --times) {
      switch (random_() % 4) {
        case 0:
        case 1:
          execute("UPDATE account SET visits = visits + 1" + here);
          ++added;
          break;
        case 2:
          // A new unique key: this one excludes those who want the row to stay what it is.
          execute("UPDATE account SET visits = visits + 1, code = " + std::to_string(next_code()) + here);
          ++added;
          break;
        case 3:
          execute("SELECT visits FROM account" + here + " FOR UPDATE");
          break;
      }
    }
    if (saves && random_() % 2 == 0) {
      execute("ROLLBACK TO s");
      added = before;
    } else if (random_() % 3 == 0) {
      execute("INSERT INTO entry VALUES (" + std::to_string(row) + ")");
    }
  }

  int64_t next_code() { return kRows + ++codes_ * kVisitors + worker_; }

  Connection& connection_;
  std::mt19937_64 random_;
  int worker_;
  int64_t codes_ = 0;
};

TEST(LockOrderTest, ThoseWhoLockInOneOrderAreNeverToldOfADeadlock) {
  Database database = Database::open(":memory:").value();
  Connection connection = database.connect().value();
  connection
      .execute(
          "CREATE TABLE account (id int PRIMARY KEY, code bigint UNIQUE, visits bigint);"
          "CREATE TABLE entry (account int REFERENCES account);"
          "INSERT INTO account SELECT n, n, 0 FROM generate_series(0, 3) n")
      .value();
  std::vector<std::vector<int64_t>> added(kVisitors, std::vector<int64_t>(kRows));
  std::vector<std::thread> workers;
  for (int worker = 0; worker < kVisitors; ++worker) {
    workers.emplace_back([&, worker] {
      Connection own = database.connect().value();
      Visitor visitor(own, worker);
      for (int i = 0; i < kTransactions && !testing::Test::HasFailure(); ++i)
        visitor.run(added[static_cast<size_t>(worker)]);
    });
  }
  for (std::thread& worker : workers) worker.join();

  Rows rows = connection.query("SELECT visits FROM account ORDER BY id").value();
  for (size_t row = 0; row < kRows; ++row) {
    int64_t expected = 0;
    for (const std::vector<int64_t>& one : added) expected += one[row];
    ASSERT_TRUE(rows.next().value());
    EXPECT_EQ(rows.int64(0), expected) << "row " << row;
  }
}

}  // namespace
}  // namespace rowan
