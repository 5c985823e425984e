// The life of a database in one process: what becomes of rows, handles and the file when it is closed, by
// whichever thread, and opened again. Nothing is timed; under ThreadSanitizer and AddressSanitizer these
// tests also show that nobody looks at what somebody else has let go of.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

namespace rowan {
namespace {

class LifetimeTest : public testing::Test {
 protected:
  LifetimeTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rowan-life-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/d.rowan";
  }
  ~LifetimeTest() override { std::filesystem::remove_all(folder_); }

  static OpenOptions small() {
    OpenOptions options;
    options.pool_bytes = size_t{4} << 20;
    return options;
  }
  Database open() { return Database::open(path_, small()).value(); }

  std::string folder_, path_;
};

std::string state_of(const Result<>& result) {
  return result.ok() ? "ok" : std::string(result.error().state().text());
}
template <class T>
std::string state_of(const Result<T>& result) {
  return result.ok() ? "ok" : std::string(result.error().state().text());
}

int64_t one_number(Connection& connection, std::string_view sql) {
  Rows rows = connection.query(sql).value();
  EXPECT_TRUE(rows.next().value()) << sql;
  return rows.int64(0);
}

// --- rows ---

TEST_F(LifetimeTest, TheRowThatStandsThereOutlivesItsDatabase) {
  Database database = open();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (n int, s text)").value();
  connection.execute("INSERT INTO t SELECT n, repeat('x', 300) || n FROM generate_series(1, 3000) n").value();
  Rows rows = connection.query("SELECT n, s, 't'::regclass FROM t ORDER BY n").value();
  ASSERT_TRUE(rows.next().value());
  std::thread([&] { database.close().value(); }).join();
  EXPECT_EQ(rows.int64(0), 1);
  EXPECT_EQ(rows.text(1), std::string(300, 'x') + "1");
  EXPECT_EQ(rows.text(2), "t");
  EXPECT_EQ(state_of(rows.next()), "57P01");  // although more rows had been fetched
  EXPECT_TRUE(rows.is_null(0));
  EXPECT_EQ(state_of(rows.next()), "57P01");
  EXPECT_EQ(state_of(connection.execute("SELECT 1")), "57P01");
}

TEST_F(LifetimeTest, ResultsMadeAtOnceEndWithTheDatabase) {
  Database database = open();
  Connection connection = database.connect().value();
  Rows rows = connection.query("SHOW ALL").value();
  ASSERT_TRUE(rows.next().value());
  database.close().value();
  EXPECT_FALSE(rows.text(0).empty());
  EXPECT_EQ(state_of(rows.next()), "57P01");
}

// A reader in the middle of its rows and a writer in the middle of its transaction, closed under their hands.
TEST_F(LifetimeTest, ReadersMeetACloseAnywhere) {
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    Database database = Database::open(":memory:", small()).value();
    Connection connection = database.connect().value();
    connection.execute("CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 2000)").value();
    std::atomic<int> reading{0};
    auto read = [&](const std::string& name, const std::string& sql) {
      Connection own = database.connect().value();
      own.execute("BEGIN; INSERT INTO t VALUES (1); CREATE TABLE " + name + " (a int)").value();
      Rows rows = own.query(sql).value();
      EXPECT_TRUE(rows.next().value());
      ++reading;
      for (;;) {
        size_t length = rows.text(0).size() + rows.text(1).size() + rows.text(2).size();
        EXPECT_GT(length + static_cast<size_t>(rows.int64(0)), 0u);
        EXPECT_NE(own.transaction_status(), TransactionStatus::Failed);
        Result<bool> more = rows.next();
        if (!more.ok()) {
          EXPECT_EQ(more.error().state(), sqlstate::admin_shutdown) << more.error().message();
          break;
        }
        EXPECT_TRUE(*more);
      }
    };
    std::vector<std::thread> threads;
    threads.emplace_back(read, "mine_too",
                         "SELECT n, 't'::regclass, repeat('y', 50) FROM generate_series(1, 1000000000) n");
    threads.emplace_back(read, "mine", "SELECT a.n, 'mine'::regclass, b.n FROM t a, t b, t c");
    while (reading.load() < 2) std::this_thread::yield();
    database.close().value();
    for (std::thread& thread : threads) thread.join();
  }
}

// Handles that go while another thread closes, each kind of them.
TEST_F(LifetimeTest, HandlesGoWhileTheDatabaseIsClosed) {
  constexpr int kRounds = 40;
  constexpr int kThreads = 3;
  for (int round = 0; round < kRounds; ++round) {
    std::optional<Database> database = open();
    if (round == 0)
      database->connect().value().execute("CREATE TABLE IF NOT EXISTS t (n int, s text)").value();
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        std::optional<Connection> connection = database->connect().value();
        std::optional<Statement> statement =
            connection->prepare("INSERT INTO t SELECT $1, n FROM generate_series(1, 5000) n RETURNING s")
                .value();
        statement->bind(1, int32_t{t}).value();
        std::optional<Rows> rows = statement->query().value();
        std::optional<Connection> other = database->connect().value();
        std::optional<Appender> appender = Appender::open(*other, "t").value();
        appender->append(int32_t{7}).value();
        ++ready;
        while (ready.load() < kThreads + 1) std::this_thread::yield();
        if (t == 0) connection.reset();
        rows.reset();
        appender.reset();
        statement.reset();
        connection.reset();
      });
    }
    while (ready.load() < kThreads) std::this_thread::yield();
    ++ready;
    database->close().value();
    for (std::thread& thread : threads) thread.join();
  }
}

TEST_F(LifetimeTest, ACheckBesideAClose) {
  {
    open().connect().value().execute("CREATE TABLE t (n int PRIMARY KEY); INSERT INTO t VALUES (1)").value();
  }
  for (int round = 0; round < 20; ++round) {
    Database database = open();
    std::thread checking([&] {
      for (;;) {
        Result<std::vector<std::string>> found = database.check();
        if (!found.ok()) {
          EXPECT_EQ(found.error().state(), sqlstate::admin_shutdown) << found.error().message();
          return;
        }
        EXPECT_TRUE(found->empty());
      }
    });
    database.close().value();
    checking.join();
  }
}

TEST_F(LifetimeTest, RowsOutliveAllThatTheyComeFrom) {
  std::optional<Database> database = open();
  std::optional<Connection> connection = database->connect().value();
  connection->execute("CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 3000)").value();
  std::optional<Statement> statement =
      connection->prepare("SELECT n, 'n' || n FROM t WHERE n > $1 ORDER BY n").value();
  statement->bind(1, int32_t{10}).value();
  Rows rows = statement->query().value();
  statement.reset();
  connection.reset();
  database.reset();
  int32_t count = 0;
  while (rows.next().value()) EXPECT_EQ(rows.text(1), "n" + std::to_string(++count + 10));
  EXPECT_EQ(count, 2990);
}

// --- the file ---

TEST_F(LifetimeTest, AClosedFileOpensAgainBesideItsOldHandles) {
  Database old = open();
  Connection connection = old.connect().value();
  connection.execute("CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 5000)").value();
  Statement statement = connection.prepare("SELECT n FROM t").value();
  Rows rows = statement.query().value();
  ASSERT_TRUE(rows.next().value());
  Database twin = open();
  old.close().value();
  EXPECT_EQ(state_of(twin.connect()), "57P01");  // one instance
  for (int again = 0; again < 3; ++again) {
    Database fresh = open();
    Connection other = fresh.connect().value();
    EXPECT_EQ(one_number(other, "SELECT count(*) FROM t"), 5000 + again);
    other.execute("INSERT INTO t VALUES (0)").value();
    EXPECT_EQ(state_of(connection.execute("INSERT INTO t VALUES (0)")), "57P01");
    if (again == 1) fresh.close().value();
  }
  EXPECT_EQ(rows.int64(0), 1);
  EXPECT_EQ(state_of(rows.next()), "57P01");
  EXPECT_EQ(state_of(statement.query()), "57P01");
  EXPECT_TRUE(check_file(path_).value().empty());
}

// However a thread lets go of the file, another that opens it at that moment gets it.
TEST_F(LifetimeTest, ThreadsOpenUseAndCloseOneFile) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 60;
  { open().connect().value().execute("CREATE TABLE t (thread int, round int)").value(); }
  std::atomic<int64_t> inserted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        Result<Database> database = Database::open(path_, small());
        ASSERT_TRUE(database.ok()) << database.error().message();
        Result<Connection> connection = database->connect();
        if (connection.ok()) {
          std::string row = "(" + std::to_string(t) + ", " + std::to_string(round) + ")";
          Result<> done = connection->execute("INSERT INTO t VALUES " + row);
          if (done.ok()) {
            ++inserted;
          } else {
            EXPECT_EQ(done.error().state(), sqlstate::admin_shutdown) << done.error().message();
          }
        } else {
          EXPECT_EQ(connection.error().state(), sqlstate::admin_shutdown) << connection.error().message();
        }
        if (round % 3 == 0) {  // else the last handle that goes closes it
          EXPECT_EQ(state_of(database->close()), "ok");
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Database database = open();
  Connection connection = database.connect().value();
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), inserted.load());
  EXPECT_TRUE(database.check().value().empty());
}

// Whoever has been told that the file is closed may hand it to another process.
TEST_F(LifetimeTest, EveryCloseReturnsWithTheFileReleased) {
  for (int round = 0; round < 20; ++round) {
    Database database = open();
    Connection connection = database.connect().value();
    connection.execute("CREATE TABLE IF NOT EXISTS t (n int); INSERT INTO t VALUES (1)").value();
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        EXPECT_EQ(state_of(database.close()), "ok");
        // Opened past the list of this process's databases, as another process would.
        Result<std::vector<std::string>> checked = check_file(path_);
        EXPECT_TRUE(checked.ok()) << checked.error().message();
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

// fork() copies the descriptor that carries the lock.
TEST_F(LifetimeTest, AChildDoesNotKeepTheFileOfItsParent) {
  std::optional<Database> database = open();
  database->connect().value().execute("CREATE TABLE t (n int)").value();
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  pid_t child = fork();
  if (child == 0) {
    char byte;
    close(pipe_ends[1]);
    _exit(read(pipe_ends[0], &byte, 1) == 0 ? 0 : 1);  // until the parent is through
  }
  database->close().value();
  Result<Database> again = Database::open(path_, small());
  EXPECT_TRUE(again.ok()) << again.error().message();
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// A child that puts its own database where its parent's handles stood leaves those alone.
TEST_F(LifetimeTest, AChildReplacesTheHandlesOfItsParent) {
  Database::open(folder_ + "/child.rowan", small())
      .value()
      .connect()
      .value()
      .execute("CREATE TABLE c (n int)")
      .ok();
  Database database = open();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (n int)").value();
  connection.execute("BEGIN; INSERT INTO t VALUES (1)").value();
  Statement statement = connection.prepare("SELECT n FROM t").value();
  Rows rows = statement.query().value();
  EXPECT_TRUE(rows.next().value());
  Database alone = Database::open(folder_ + "/alone.rowan", small()).value();
  alone.connect().value().execute("CREATE TABLE t (n int); INSERT INTO t VALUES (7)").value();
  pid_t child = fork();
  if (child == 0) {
    OpenOptions options = small();
    options.read_only = true;  // begins no thread, which ThreadSanitizer would not have in such a child
    Database own = Database::open(folder_ + "/child.rowan", options).value();
    database = std::move(own);
    alone = Database::open(folder_ + "/child.rowan", options).value();
    connection = database.connect().value();
    statement = connection.prepare("SELECT 5").value();
    rows = statement.query().value();
    bool good = rows.next().value() && rows.int64(0) == 5;
    _exit(good && database.close().ok() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  connection.execute("COMMIT").value();
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 1);
  Connection other = alone.connect().value();
  EXPECT_EQ(one_number(other, "SELECT n FROM t"), 7);
}

TEST_F(LifetimeTest, ANewFileIsTheSameByAnyOfItsNames) {
  Database first = Database::open(folder_ + "/./d.rowan", small()).value();
  Connection connection = first.connect().value();
  connection.execute("CREATE TABLE t (n int)").value();
  Database second = Database::open(path_, small()).value();
  Connection other = second.connect().value();
  EXPECT_EQ(one_number(other, "SELECT count(*) FROM t"), 0);
}

TEST_F(LifetimeTest, NobodyClosesOrReopensWhatHeIsInside) {
  Database database = open();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (n int)").value();
  std::atomic<bool> is_closing{false};
  std::thread closing;
  int called = 0;
  connection.on_notice([&](const Notice&) {
    ++called;
    EXPECT_EQ(state_of(database.close()), "55006");
    EXPECT_EQ(state_of(connection.execute("SELECT 1")), "55006");
    EXPECT_EQ(state_of(database.connect()), "ok");  // nothing has been closed
    closing = std::thread([&] {
      is_closing = true;
      EXPECT_EQ(state_of(database.close()), "ok");
    });
    while (!is_closing.load() || database.connect().ok()) std::this_thread::yield();
    // It waits for us, so we cannot wait for it.
    EXPECT_EQ(state_of(Database::open(path_, small())), "55006");
    EXPECT_EQ(state_of(database.close()), "55006");
  });
  connection.execute("DROP TABLE IF EXISTS nothing").ok();
  EXPECT_EQ(called, 1);
  closing.join();
  EXPECT_EQ(state_of(Database::open(path_, small())), "ok");
}

// A request that comes just before COMMIT is COMMIT's: it does nothing, now and later.
TEST_F(LifetimeTest, ACancelBeforeCommitLeavesTheCommitWhole) {
  Database database = open();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (n int); BEGIN; INSERT INTO t VALUES (1)").value();
  Canceller canceller = connection.canceller();
  canceller.cancel();
  EXPECT_EQ(state_of(connection.execute("COMMIT")), "ok");
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), 1);
}

// Requests that hit anywhere: what was acknowledged is there, what was not is not.
TEST_F(LifetimeTest, ACommitThatIsCancelledHappensOrDoesNot) {
  constexpr int kRounds = 200;
  Database database = Database::open(":memory:", small()).value();
  Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (n int)").value();
  std::atomic<bool> is_done{false};
  std::thread cancelling([&] {
    while (!is_done.load()) {
      connection.canceller().cancel();
      std::this_thread::yield();
    }
  });
  int64_t acknowledged = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::string name = "made_" + std::to_string(round);
    Result<> begun = connection.execute("BEGIN");
    EXPECT_TRUE(begun.ok());
    bool is_whole = connection.execute("INSERT INTO t VALUES (1)").ok() &&
                    connection.execute("CREATE TABLE " + name + " (a int)").ok();
    Result<> committed = connection.execute(is_whole ? "COMMIT" : "ROLLBACK");
    EXPECT_TRUE(committed.ok() || committed.error().state() == sqlstate::query_canceled);
    if (is_whole && committed.ok()) ++acknowledged;
    EXPECT_EQ(connection.transaction_status(), TransactionStatus::Idle);
  }
  is_done = true;
  cancelling.join();
  connection.execute("SELECT 1").ok();  // uses up what is left of the last request
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM t"), acknowledged);
  EXPECT_EQ(one_number(connection, "SELECT count(*) FROM pg_class WHERE relname LIKE 'made_%'"),
            acknowledged);
}

}  // namespace
}  // namespace rowan
