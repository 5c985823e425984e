// bench/reader_beside_writer.cpp: what an analytic reader costs a writer. One session updates single rows,
// each in a transaction of its own that waits for no disk; alone, then while another sums the whole table
// again and again, then while another holds one old snapshot all the time and reads from it.
//
//   rowan-reader-beside-writer FILE [ROWS [SECONDS]]     1000000 5
//
// Three rounds by turns, medians; FILE is made anew, and removed. Every sum that the reader sees is checked:
// each update takes from one row what it gives to another.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

namespace {

enum class Beside { Nobody, Sums, OldSnapshot };

struct Rates {
  double writes = 0, reads = 0;  // a second
  double longest_ms = 0;         // of a write
};

int64_t sum_of(rowan::Connection& connection) {
  rowan::Rows rows = connection.query("SELECT sum(v) FROM t").value();
  if (!rows.next().value()) std::abort();
  return rows.int64(0);
}

Rates measure(rowan::Database& database, Beside beside, int64_t rows, double seconds) {
  using Clock = std::chrono::steady_clock;
  std::atomic<bool> stop{false};
  int64_t reads = 0;
  std::thread reader;
  if (beside != Beside::Nobody) {
    reader = std::thread([&] {
      rowan::Connection connection = database.connect().value();
      bool is_old = beside == Beside::OldSnapshot;
      if (is_old) connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ").value();
      for (; !stop.load(std::memory_order_relaxed); ++reads) {
        if (sum_of(connection) == 0) continue;
        std::fprintf(stderr, "a reader saw half of a transfer\n");
        std::exit(1);
      }
      if (is_old) connection.execute("COMMIT").value();
    });
  }
  rowan::Connection connection = database.connect().value();
  connection.execute("SET synchronous_commit = off").value();
  rowan::Statement update =
      connection.prepare("UPDATE t SET v = v + CASE WHEN id = $1 THEN 1 ELSE -1 END WHERE id IN ($1, $2)")
          .value();
  uint64_t dice = 1;
  auto one_of = [&](int64_t count) {
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int64_t>((dice >> 20) % static_cast<uint64_t>(count));
  };
  Rates rates;
  int64_t writes = 0;
  Clock::time_point began = Clock::now(), last = began;
  while (std::chrono::duration<double>(last - began).count() < seconds) {
    int64_t from = one_of(rows) + 1;
    update.bind(1, from).value();
    update.bind(2, from % rows + 1).value();
    update.execute().value();
    ++writes;
    Clock::time_point now = Clock::now();
    rates.longest_ms = std::max(rates.longest_ms, std::chrono::duration<double>(now - last).count() * 1e3);
    last = now;
  }
  double took = std::chrono::duration<double>(last - began).count();
  stop.store(true);
  if (reader.joinable()) reader.join();
  rates.writes = static_cast<double>(writes) / took;
  rates.reads = static_cast<double>(reads) / took;
  return rates;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: rowan-reader-beside-writer FILE [ROWS [SECONDS]]\n");
    return 2;
  }
  std::string file = argv[1];
  int64_t rows = argc > 2 ? std::atoll(argv[2]) : 1000000;
  double seconds = argc > 3 ? std::atof(argv[3]) : 5;
  std::filesystem::remove(file);
  {
    rowan::Database database = rowan::Database::open(file).value();
    rowan::Connection connection = database.connect().value();
    connection
        .execute(
            "CREATE TABLE t (id int PRIMARY KEY, v int, filler text);"
            "INSERT INTO t SELECT n, 0, repeat('x', 80) FROM generate_series(1, " +
            std::to_string(rows) + ") n; ANALYZE t; CHECKPOINT")
        .value();
    constexpr struct {
      Beside beside;
      const char* name;
    } kCases[] = {{Beside::Nobody, "nobody"},
                  {Beside::Sums, "sums over the table, a snapshot each"},
                  {Beside::OldSnapshot, "sums over the table, one snapshot all the time"}};
    std::vector<Rates> all[3];
    for (int round = 0; round < 3; ++round)
      for (size_t i = 0; i < 3; ++i) all[i].push_back(measure(database, kCases[i].beside, rows, seconds));
    std::printf(
        "| beside the writer | writes/s | of the rate alone | longest ms | reads/s "
        "|\n|---|---|---|---|---|\n");
    double alone = 0;
    for (size_t i = 0; i < 3; ++i) {
      std::sort(all[i].begin(), all[i].end(),
                [](const Rates& a, const Rates& b) { return a.writes < b.writes; });
      Rates middle = all[i][1];
      for (const Rates& each : all[i]) middle.longest_ms = std::max(middle.longest_ms, each.longest_ms);
      if (i == 0) alone = middle.writes;
      std::printf("| %s | %.0f | %.2f | %.1f | %.1f |\n", kCases[i].name, middle.writes,
                  middle.writes / alone, middle.longest_ms, middle.reads);
    }
  }
  std::filesystem::remove(file);
}
