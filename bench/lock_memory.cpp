// bench/lock_memory.cpp: how much memory locks on many rows take: FOR UPDATE over all rows of a table, and
// the loading of as many children of one parent, each of which locks it.
//
//   rowan-lock-memory FILE [ROWS]     10000000
//
// The buffer pool has 64 MiB and is full before the first step that counts, so that what a step adds to the
// peak of resident memory is its locks' (and what little a statement needs). Each step with locks stands
// beside the same without. Ends with 1 when one adds more than 16 MiB. FILE is made anew, and removed.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "api/rowan.hpp"
#include "bench/process_io.h"

namespace {

constexpr double kAllowed = 16;  // MiB

double mebibytes(uint64_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

// What `sql` added to the resident memory at its highest, in MiB.
double run(rowan::Connection& connection, const char* name, const std::string& sql) {
  using Clock = std::chrono::steady_clock;
  uint64_t before = rowan::bench::proc_number("/proc/self/status", "VmRSS") << 10;
  rowan::bench::forget_peak();
  Clock::time_point start = Clock::now();
  connection.execute(sql).value();
  double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  double added = mebibytes(rowan::bench::resident_peak() - before);
  std::printf("| %s | %.1f | %.1f | %.1f |\n", name, seconds, mebibytes(before), added);
  std::fflush(stdout);
  return added;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: rowan-lock-memory FILE [ROWS]\n");
    return 2;
  }
  std::string file = argv[1], rows = argc > 2 ? argv[2] : "10000000";
  std::filesystem::remove(file);
  bool holds = true;
  {
    rowan::OpenOptions options;
    options.pool_bytes = 64u << 20;
    rowan::Database database = rowan::Database::open(file, options).value();
    rowan::Connection connection = database.connect().value();
    std::string numbers = " FROM generate_series(1, " + rows + ") n";
    std::printf("| step | seconds | resident before, MiB | added, MiB |\n|---|---|---|---|\n");
    run(connection, "the table",
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n, n" + numbers);
    run(connection, "all rows, no locks", "BEGIN; SELECT count(*) FROM (SELECT v FROM t OFFSET 0) s; COMMIT");
    for (const char* strength : {"UPDATE", "KEY SHARE"}) {
      std::string select = std::string("SELECT count(*) FROM (SELECT v FROM t FOR ") + strength + ") s";
      double added = run(connection, (std::string("all rows FOR ") + strength).c_str(), "BEGIN; " + select);
      holds = holds && added <= kAllowed;
      connection.execute("COMMIT").value();
    }
    connection
        .execute(
            "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1);"
            "CREATE TABLE alone (id int, p int); CREATE TABLE child (id int, p int REFERENCES parent)")
        .value();
    run(connection, "rows without a parent", "BEGIN; INSERT INTO alone SELECT n, 1" + numbers);
    connection.execute("COMMIT").value();
    holds = run(connection, "children of one parent", "BEGIN; INSERT INTO child SELECT n, 1" + numbers) <=
                kAllowed &&
            holds;
    connection.execute("COMMIT").value();
  }
  std::filesystem::remove(file);
  return holds ? 0 : 1;
}
