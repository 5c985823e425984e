// bench/cancel.cpp: how long a statement goes on after it was cancelled: scans, joins, sorts, aggregates,
// index builds, writes and waits for locks, each cancelled at a random moment from another thread.
//
//   rowan-cancel [--cancels=2000] [--rows=1000000]
//
// The time is from the call of cancel() to the statement's return. Statements that ended before their cancel
// are not counted; a statement that ends otherwise than with 57014, or one that is hit by a cancel meant for
// an earlier one, ends the program.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Kind {
  const char* name;
  const char* sql;
  double longest_ms;  // the random moment lies between 0 and this
};

constexpr Kind kKinds[] = {
    {"scan", "SELECT sum(length(text)) FROM t, generate_series(1, 100)", 60},
    {"nested loop", "SELECT count(*) FROM t a, t b WHERE a.number + b.number < 0", 60},
    {"hash join", "SELECT count(*) FROM t a JOIN t b ON a.number = b.number AND a.text <> b.text", 200},
    {"sort", "SELECT * FROM t ORDER BY text DESC, number OFFSET 100000000", 300},
    {"aggregate", "SELECT count(*) FROM (SELECT text, count(*) FROM t GROUP BY text) x", 300},
    {"function", "SELECT max(g) FROM generate_series(1, 2000000000) g", 60},
    {"recursion", "WITH RECURSIVE r(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
     60},
    {"update", "UPDATE t SET number = number + 1", 300},
    {"insert", "INSERT INTO u SELECT * FROM t", 300},
    {"delete", "DELETE FROM t", 200},
    {"index build", "CREATE INDEX ON t (text)", 500},
    {"analyze", "ANALYZE t", 20},
    {"row lock", "UPDATE held SET n = n + 1", 3},
    {"table lock", "LOCK TABLE held", 3},
    {"advisory lock", "SELECT pg_advisory_lock(1)", 3},
};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

double milliseconds(SteadyClock::duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

double at(const std::vector<double>& sorted, double part) {
  return sorted.empty() ? 0 : sorted[static_cast<size_t>(part * static_cast<double>(sorted.size() - 1))];
}

// One cancel; negative: the statement was faster.
double cancel_once(rowan::Connection& connection, const Kind& kind, double after_ms) {
  std::string sql = kind.sql;
  bool needs_block = sql.rfind("SELECT", 0) != 0 && sql.rfind("WITH", 0) != 0 && sql.rfind("ANALYZE", 0) != 0;
  if (needs_block) connection.execute("BEGIN").value();
  rowan::Canceller canceller = connection.canceller();
  rowan::Result<> outcome;
  std::atomic<bool> has_begun{false};
  SteadyClock::time_point ended;
  std::thread runner([&] {
    has_begun.store(true);
    outcome = connection.execute(sql);
    ended = SteadyClock::now();
  });
  while (!has_begun.load()) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(after_ms));
  SteadyClock::time_point asked = SteadyClock::now();
  canceller.cancel();
  runner.join();
  canceller.cancel();                                       // late: hits nobody
  if (needs_block) connection.execute("ROLLBACK").value();  // what was faster is undone
  rowan::Rows rows = connection.query("SELECT 1").value();
  if (!rows.next().value() || rows.int64(0) != 1) die("the next statement was hit");
  if (outcome.ok()) return -1;
  if (outcome.error().state() != rowan::sqlstate::query_canceled)
    die(std::string(kind.name) + ": " + outcome.error().message());
  return milliseconds(ended - asked);
}

int64_t option(int argc, char** argv, const std::string& name, int64_t otherwise) {
  std::string start = "--" + name + "=";
  for (int i = 1; i < argc; ++i)
    if (std::string(argv[i]).rfind(start, 0) == 0)
      return std::stoll(std::string(argv[i]).substr(start.size()));
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  int64_t cancels = option(argc, argv, "cancels", 2000), rows = option(argc, argv, "rows", 1000000);
  rowan::Database database = rowan::Database::open(":memory:").value();
  rowan::Connection holder = database.connect().value();
  holder
      .execute(
          "CREATE TABLE t (number int, text text); CREATE TABLE u (number int, text text);"
          "INSERT INTO t SELECT n, 'row ' || n::bigint * 7919 % 1000003 FROM generate_series(1, " +
          std::to_string(rows) +
          ") n; CREATE TABLE held (n int); INSERT INTO held VALUES (1); ANALYZE;"
          "SET work_mem = '16MB'")
      .value();
  holder.execute("BEGIN; SELECT * FROM held FOR UPDATE; SELECT pg_advisory_xact_lock(1)").value();
  std::mt19937_64 dice(1);
  std::vector<double> all;
  std::printf(
      "| statement | cancels | p50 ms | p99 ms | p99.9 ms | longest ms |\n|---|---|---|---|---|---|\n");
  auto print = [](const char* name, std::vector<double>& times) {
    std::sort(times.begin(), times.end());
    std::printf("| %s | %zu | %.2f | %.2f | %.2f | %.2f |\n", name, times.size(), at(times, 0.5),
                at(times, 0.99), at(times, 0.999), at(times, 1));
    std::fflush(stdout);
  };
  for (const Kind& kind : kKinds) {
    std::vector<double> times;
    rowan::Connection connection = database.connect().value();
    for (int64_t i = 0; i < cancels / static_cast<int64_t>(std::size(kKinds)); ++i) {
      double after = std::uniform_real_distribution<double>(0, kind.longest_ms)(dice);
      double took = cancel_once(connection, kind, after);
      if (took >= 0) times.push_back(took);
    }
    print(kind.name, times);
    all.insert(all.end(), times.begin(), times.end());
  }
  print("all", all);
}
