// bench/larger_than_memory.cpp: far more data than memory: what each step takes, how much memory it needs,
// and what the buffer pool does meanwhile.
//
//   rowan-larger-than-memory FILE [DATA_MB [POOL_MB [STATEMENTS [WORK_MB]]]]     4096 64 100000 64
//
// Loads rows of 400 bytes through an appender, takes statistics, scans them, reads and updates STATEMENTS
// rows by key at random, indexes a column (an external sort) and reads by it. Every answer is checked. Ends
// with 1 when more memory was ever resident than the pool, the memory of one sort and 64 MiB. FILE is made
// anew, and removed.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "api/rowan.hpp"
#include "bench/process_io.h"

namespace {

constexpr size_t kTextBytes = 376;  // beside two bigint and an int: 400 with what a text takes

struct Sizes {
  int64_t rows = 0;
  uint64_t pool_bytes = 0, work_bytes = 0;
  int64_t statements = 0;
  uint64_t allowed() const { return pool_bytes + work_bytes + (uint64_t{64} << 20); }
};

struct Buffers {
  int64_t hits = 0, reads = 0, evictions = 0, writes = 0;
};

Buffers buffers(rowan::Connection& connection) {
  rowan::Rows rows = connection.query("SELECT hits, reads, evictions, writes FROM rowan_buffers").value();
  if (!rows.next().value()) std::abort();
  return {rows.int64(0), rows.int64(1), rows.int64(2), rows.int64(3)};
}

// Different for each key, and each is one of `rows`.
int64_t scattered(int64_t key, int64_t rows) {
  return static_cast<int64_t>(static_cast<uint64_t>(key) * 0x9e3779b97f4a7c15u % static_cast<uint64_t>(rows));
}

class Dice {
 public:
  int64_t below(int64_t count) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int64_t>((state_ >> 20) % static_cast<uint64_t>(count));
  }

 private:
  uint64_t state_ = 1;
};

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "wrong: %s\n", what);
  std::exit(1);
}

int64_t number_of(rowan::Connection& connection, const std::string& sql) {
  rowan::Rows rows = connection.query(sql).value();
  expect(rows.next().value(), sql.c_str());
  return rows.int64(0);
}

class Bench {
 public:
  Bench(rowan::Connection& connection, const Sizes& sizes) : connection_(connection), sizes_(sizes) {}

  // Runs one step, of `count` of whatever is counted, and prints its line.
  void step(const char* name, int64_t count, const std::function<void()>& work) {
    rowan::bench::forget_peak();
    Buffers before = buffers(connection_);
    auto start = std::chrono::steady_clock::now();
    work();
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    Buffers after = buffers(connection_);
    uint64_t peak = rowan::bench::resident_peak();
    highest_ = std::max(highest_, peak);
    auto hits = static_cast<double>(after.hits - before.hits);
    auto reads = static_cast<double>(after.reads - before.reads);
    std::printf(
        "%-16s %8.1f s %9.2f us each  peak %4llu MiB  hit rate %.3f  reads %lld evictions %lld writes %lld\n",
        name, seconds.count(), seconds.count() * 1e6 / static_cast<double>(count),
        static_cast<unsigned long long>(peak >> 20), hits / std::max(1.0, hits + reads),
        static_cast<long long>(after.reads - before.reads),
        static_cast<long long>(after.evictions - before.evictions),
        static_cast<long long>(after.writes - before.writes));
    std::fflush(stdout);
  }
  bool stayed_within() const {
    std::printf("peak %llu MiB of at most %llu\n", static_cast<unsigned long long>(highest_ >> 20),
                static_cast<unsigned long long>(sizes_.allowed() >> 20));
    return highest_ <= sizes_.allowed();
  }

 private:
  rowan::Connection& connection_;
  const Sizes& sizes_;
  uint64_t highest_ = 0;
};

void load(rowan::Connection& connection, int64_t rows) {
  rowan::Appender appender = rowan::Appender::open(connection, "t").value();
  std::string text(kTextBytes, 'x');
  for (int64_t key = 0; key < rows; ++key) {
    std::string digits = std::to_string(key);
    text.replace(0, digits.size(), digits);
    appender.append(key).value();
    appender.append(scattered(key, rows)).value();
    appender.append(static_cast<int32_t>(key % 1000)).value();
    appender.append(text).value();
    appender.end_row().value();
  }
  appender.finish().value();
}

void read_by(rowan::Connection& connection, const char* sql, const Sizes& sizes,
             const std::function<int64_t(int64_t)>& wanted) {
  rowan::Statement find = connection.prepare(sql).value();
  Dice dice;
  for (int64_t i = 0; i < sizes.statements; ++i) {
    int64_t key = dice.below(sizes.rows);
    find.bind(1, wanted(key)).value();
    rowan::Rows rows = find.query().value();
    bool is_found = false;
    while (rows.next().value()) is_found |= rows.int64(0) == key;
    expect(is_found, sql);
  }
}

bool run(const std::string& path, const Sizes& sizes) {
  rowan::OpenOptions options;
  options.pool_bytes = sizes.pool_bytes;
  options.work_memory_bytes = sizes.work_bytes;
  rowan::Database database = rowan::Database::open(path, options).value();
  rowan::Connection connection = database.connect().value();
  connection.execute("SET synchronous_commit = off").value();
  connection.execute("SET maintenance_work_mem = " + std::to_string(sizes.work_bytes >> 10)).value();
  connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, k bigint, number int, text text)").value();
  Bench bench(connection, sizes);
  int64_t sum = 0;
  for (int64_t key = 0; key < sizes.rows; ++key) sum += key % 1000;

  bench.step("load", sizes.rows, [&] { load(connection, sizes.rows); });
  bench.step("checkpoint", 1, [&] { connection.execute("CHECKPOINT").value(); });
  // Without statistics a table of this size is thought to have so many equal keys that it is read whole.
  bench.step("analyze", sizes.rows, [&] { connection.execute("ANALYZE").value(); });
  std::printf("%-16s %8.1f MiB\n", "table",
              static_cast<double>(number_of(connection, "SELECT pg_relation_size('t')")) / 1048576);
  bench.step("scan", sizes.rows, [&] {
    expect(number_of(connection, "SELECT sum(number) FROM t") == sum, "the sum of all rows");
  });
  bench.step("read by key", sizes.statements, [&] {
    read_by(connection, "SELECT id, text FROM t WHERE id = $1", sizes, [](int64_t key) { return key; });
  });
  bench.step("update by key", sizes.statements, [&] {
    rowan::Statement update = connection.prepare("UPDATE t SET number = number + 1 WHERE id = $1").value();
    Dice dice;
    for (int64_t i = 0; i < sizes.statements; ++i) {
      update.bind(1, dice.below(sizes.rows)).value();
      update.execute().value();
    }
  });
  bench.step("scan", sizes.rows, [&] {
    expect(number_of(connection, "SELECT sum(number) FROM t") == sum + sizes.statements,
           "the sum after updates");
  });
  bench.step("create index", sizes.rows, [&] { connection.execute("CREATE INDEX t_k ON t (k)").value(); });
  bench.step("read by index", sizes.statements, [&] {
    read_by(connection, "SELECT id, text FROM t WHERE k = $1", sizes,
            [&](int64_t key) { return scattered(key, sizes.rows); });
  });
  bench.step("sort", sizes.rows, [&] {
    rowan::Rows rows = connection.query("SELECT k, id, number FROM t ORDER BY number, k").value();
    int64_t count = 0;
    while (rows.next().value()) ++count;
    expect(count == sizes.rows, "the rows of the sort");
  });
  bench.step("checkpoint", 1, [&] { connection.execute("CHECKPOINT").value(); });
  return bench.stayed_within();
}

void remove(const std::string& path) {
  std::filesystem::remove(path);
  std::filesystem::remove_all(path + "-wal");
}

}  // namespace

int main(int argc, char** argv) {
  auto number = [&](int at, int64_t otherwise) { return argc > at ? std::atoll(argv[at]) : otherwise; };
  Sizes sizes;
  sizes.rows = (number(2, 4096) << 20) / 400;
  sizes.pool_bytes = static_cast<uint64_t>(number(3, 64)) << 20;
  sizes.statements = number(4, 100000);
  sizes.work_bytes = static_cast<uint64_t>(number(5, 64)) << 20;
  if (argc < 2 || sizes.rows < 1000 || sizes.statements < 1) {
    std::fprintf(stderr, "usage: %s FILE [DATA_MB [POOL_MB [STATEMENTS [WORK_MB]]]]\n", argv[0]);
    return 2;
  }
  std::string path = argv[1];
  std::string folder = std::filesystem::absolute(path).parent_path().string();
  uint64_t needed = static_cast<uint64_t>(sizes.rows) * 400 * 3 + (uint64_t{2} << 30);  // log, index, sort
  if (std::filesystem::space(folder).available < needed) {
    std::fprintf(stderr, "needs %llu MiB of disk in %s\n", static_cast<unsigned long long>(needed >> 20),
                 folder.c_str());
    return 2;
  }
  remove(path);
  bool is_within = run(path, sizes);
  remove(path);
  return is_within ? 0 : 1;
}
