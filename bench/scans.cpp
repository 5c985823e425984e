// bench/scans.cpp: sums over filtered scans of ten million rows, hot, in one thread. Prints for each query
// the best and the median wall time and the processor time, which says more on a busy machine. Usage:
// rowan-scans FILE [ROUNDS [POOL_MB]]; the file is made and filled when it is not there.
// bench/scans_beside_postgresql runs the same queries in PostgreSQL.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "api/rowan.hpp"

namespace {

double processor_ms() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

double wall_ms() {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

constexpr const char* kSchema =
    "CREATE TABLE t (id bigint, a int, b int, c double precision, s text);"
    "CREATE TABLE q (id bigint, shipped date, discount numeric(15,2), quantity numeric(15,2),"
    " price numeric(15,2), flag text, status text)";
constexpr const char* kFillT =
    "INSERT INTO t SELECT i, (i * 7919) % 1000, (i * 31) % 100000, i * 0.5, 'text ' || i % 1000"
    " FROM generate_series(1::bigint, 10000000) AS g(i)";
constexpr const char* kFillQ =
    "INSERT INTO q SELECT i, date '1992-01-01' + ((i * 7919) % 2526)::int, ((i * 13) % 11)::numeric / 100,"
    " (i * 37) % 50 + 1, (i * 104729) % 10000000 / 100.0, chr((65 + i % 3)::int), chr((70 + i % 2)::int)"
    " FROM generate_series(1::bigint, 10000000) AS g(i)";

// The same list, in the same order, as in bench/scans_beside_postgresql.
constexpr const char* kQueries[] = {
    "SELECT sum(b) FROM t WHERE a < 100",
    "SELECT sum(b) FROM t",
    "SELECT count(*) FROM t WHERE s = 'text 7'",
    "SELECT sum(c) FROM t WHERE a BETWEEN 200 AND 700",
    "SELECT sum(price * discount) FROM q WHERE shipped >= date '1994-01-01' AND shipped < date '1995-01-01'"
    " AND discount BETWEEN 0.05 AND 0.07 AND quantity < 24",
    "SELECT flag, status, sum(quantity), sum(price), avg(discount), count(*) FROM q"
    " WHERE shipped <= date '1998-09-02' GROUP BY flag, status",
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FILE [ROUNDS [POOL_MB]]\n", argv[0]);
    return 2;
  }
  int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  rowan::OpenOptions options;
  options.pool_bytes = (argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 4096) << 20;
  bool is_new = !std::filesystem::exists(argv[1]);
  rowan::Database database = rowan::Database::open(argv[1], options).value();
  rowan::Connection connection = database.connect().value();
  if (is_new) {
    connection.execute(kSchema).value();
    connection.execute(kFillT).value();
    connection.execute(kFillQ).value();
    connection.execute("ANALYZE").value();
  }
  for (const char* query : kQueries) {
    std::vector<double> walls, processor;
    std::string first;
    for (int round = 0; round <= rounds; ++round) {  // the first warms the pool
      double wall = wall_ms(), used = processor_ms();
      rowan::Rows rows = connection.query(query).value();
      first.clear();
      while (rows.next().value())
        if (first.empty()) first = rows.text(0);
      if (round == 0) continue;
      walls.push_back(wall_ms() - wall);
      processor.push_back(processor_ms() - used);
    }
    std::printf("%8.1f ms best %8.1f median %8.1f processor  %s -> %s\n",
                *std::min_element(walls.begin(), walls.end()), median(walls), median(processor), query,
                first.c_str());
  }
  return 0;
}
