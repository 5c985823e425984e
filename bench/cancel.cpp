// bench/cancel.cpp: how long a statement goes on after it was cancelled: scans, joins, sorts, aggregates,
// index builds, rewrites, writes, functions of huge values and waits for locks, each cancelled at a random
// moment from another thread.
//
//   rowan-cancel [--cancels=2000] [--rows=1000000] [--kind=NAME]
//
// NAME is a part of the names of the kinds that are wanted.
// The time is from the call of cancel() to the statement's return. Statements that ended before their cancel
// are not counted; a statement that ends otherwise than with 57014, or one that is hit by a cancel meant for
// an earlier one, ends the program.
#include <pthread.h>
#include <time.h>

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
    {"distinct", "SELECT count(*) FROM (SELECT DISTINCT text, number FROM t) x", 300},
    {"except", "SELECT count(*) FROM (SELECT number FROM t EXCEPT SELECT number + 1 FROM t) x", 300},
    {"not in", "SELECT count(*) FROM t WHERE number NOT IN (SELECT number + 1 FROM t)", 200},
    {"texts of groups",
     "SELECT count(*) FROM (SELECT number % 200000, string_agg(text, ',') FROM t GROUP BY 1) x", 400},
    {"window", "SELECT max(r) FROM (SELECT rank() OVER (ORDER BY text) r FROM t) x", 800},
    {"window of a partition", "SELECT max(r) FROM (SELECT sum(number) OVER () r FROM t) x", 400},
    {"huge text", "SELECT length(replace(repeat('ab', 20000000), 'a', 'xyz'))", 150},
    {"huge pattern", "SELECT length(regexp_replace(repeat('ab', 10000000), 'a', 'xyz', 'g'))", 200},
    {"unique index", "CREATE UNIQUE INDEX ON t (number)", 500},
    {"hash index", "CREATE INDEX ON t USING hash (text)", 500},
    {"column's type", "ALTER TABLE t ALTER COLUMN number TYPE bigint", 400},
    {"check", "ALTER TABLE t ADD CHECK (number > 0)", 4},
    {"foreign key", "ALTER TABLE child ADD FOREIGN KEY (number) REFERENCES parent", 400},
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

double cpu_milliseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

// What one cancel took: of the clock, and of the statement's own processor time, which other programs leave
// alone. Negative: the statement was faster.
struct Took {
  double wall_ms = -1, cpu_ms = 0;
};

Took cancel_once(rowan::Connection& connection, const Kind& kind, double after_ms) {
  std::string sql = kind.sql;
  bool needs_block = sql.rfind("SELECT", 0) != 0 && sql.rfind("WITH", 0) != 0 && sql.rfind("ANALYZE", 0) != 0;
  if (needs_block) connection.execute("BEGIN").value();
  rowan::Canceller canceller = connection.canceller();
  rowan::Result<> outcome;
  std::atomic<bool> has_begun{false};
  SteadyClock::time_point ended;
  double cpu_ended = 0;
  std::atomic<bool> may_go{false};
  std::thread runner([&] {
    has_begun.store(true);
    outcome = connection.execute(sql);
    ended = SteadyClock::now();
    cpu_ended = cpu_milliseconds(CLOCK_THREAD_CPUTIME_ID);
    while (!may_go.load()) std::this_thread::yield();  // its clock is asked for
  });
  clockid_t clock{};
  if (pthread_getcpuclockid(runner.native_handle(), &clock) != 0) die("no clock of the thread");
  while (!has_begun.load()) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(after_ms));
  SteadyClock::time_point asked = SteadyClock::now();
  double cpu_asked = cpu_milliseconds(clock);
  canceller.cancel();
  may_go.store(true);
  runner.join();
  canceller.cancel();                                       // late: hits nobody
  if (needs_block) connection.execute("ROLLBACK").value();  // what was faster is undone
  rowan::Rows rows = connection.query("SELECT 1").value();
  if (!rows.next().value() || rows.int64(0) != 1) die("the next statement was hit");
  if (outcome.ok()) return {};
  if (outcome.error().state() != rowan::sqlstate::query_canceled)
    die(std::string(kind.name) + ": " + outcome.error().message());
  return {milliseconds(ended - asked), cpu_ended - cpu_asked};
}

std::string wanted_kind(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::string(argv[i]).rfind("--kind=", 0) == 0) return std::string(argv[i]).substr(7);
  return "";
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
          ") n; CREATE TABLE held (n int); INSERT INTO held VALUES (1);"
          "CREATE TABLE parent (number int PRIMARY KEY); INSERT INTO parent SELECT number FROM t;"
          "CREATE TABLE child (number int); INSERT INTO child SELECT number FROM t; ANALYZE;"
          "SET work_mem = '16MB'")
      .value();
  holder.execute("BEGIN; SELECT * FROM held FOR UPDATE; SELECT pg_advisory_xact_lock(1)").value();
  std::mt19937_64 dice(1);
  std::vector<double> all, all_cpu;
  std::printf("| statement | cancels | p50 ms | p99 ms | p99.9 ms | longest ms | longest of CPU ms |\n");
  std::printf("|---|---|---|---|---|---|---|\n");
  auto print = [](const char* name, std::vector<double>& times, const std::vector<double>& cpu) {
    std::sort(times.begin(), times.end());
    double longest = cpu.empty() ? 0 : *std::max_element(cpu.begin(), cpu.end());
    std::printf("| %s | %zu | %.2f | %.2f | %.2f | %.2f | %.2f |\n", name, times.size(), at(times, 0.5),
                at(times, 0.99), at(times, 0.999), at(times, 1), longest);
    std::fflush(stdout);
  };
  std::string wanted = wanted_kind(argc, argv);
  for (const Kind& kind : kKinds) {
    if (std::string(kind.name).find(wanted) == std::string::npos) continue;
    std::vector<double> times, cpu;
    rowan::Connection connection = database.connect().value();
    for (int64_t i = 0; i < cancels / static_cast<int64_t>(std::size(kKinds)); ++i) {
      double after = std::uniform_real_distribution<double>(0, kind.longest_ms)(dice);
      Took took = cancel_once(connection, kind, after);
      if (took.wall_ms < 0) continue;
      times.push_back(took.wall_ms);
      cpu.push_back(took.cpu_ms);
    }
    print(kind.name, times, cpu);
    all.insert(all.end(), times.begin(), times.end());
    all_cpu.insert(all_cpu.end(), cpu.begin(), cpu.end());
  }
  print("all", all, all_cpu);
}
