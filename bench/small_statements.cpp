// bench/small_statements.cpp: prepared single-row INSERTs in one transaction, then primary-key lookups: Rowan
// beside SQLite's C API (WAL, synchronous=NORMAL) in one run, by turns. Prints seconds and ratios. Usage:
// small_statements [ROWS [ROUNDS]]
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "api/rowan.hpp"

namespace {

using Seconds = std::chrono::duration<double>;

struct Figures {
  double insert = 0, lookup = 0;
};

template <class Work>
double measure(Work&& work) {
  auto started = std::chrono::steady_clock::now();
  work();
  return Seconds(std::chrono::steady_clock::now() - started).count();
}

// A fixed order of keys that visits every one once, far apart.
int64_t scattered(int64_t i, int64_t rows) {
  return (i * 7919) % rows;
}

std::string payload(int64_t key) {
  std::string text = std::to_string(key) + "-";
  text.resize(100, 'x');
  return text;
}

Figures run_rowan(const std::string& path, int64_t rows) {
  rowan::Database database = rowan::Database::open(path).value();
  rowan::Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, number int, text text)").value();
  Figures figures;
  figures.insert = measure([&] {
    connection.execute("BEGIN").value();
    rowan::Statement insert = connection.prepare("INSERT INTO t VALUES ($1, $2, $3)").value();
    for (int64_t i = 0; i < rows; ++i) {
      insert.bind(1, i).value();
      insert.bind(2, static_cast<int32_t>(i % 1000)).value();
      insert.bind(3, payload(i)).value();
      insert.execute().value();
    }
    connection.execute("COMMIT").value();
  });
  rowan::Statement find = connection.prepare("SELECT number FROM t WHERE id = $1").value();
  int64_t sum = 0;
  figures.lookup = measure([&] {
    for (int64_t i = 0; i < rows; ++i) {
      find.bind(1, scattered(i, rows)).value();
      rowan::Rows found = find.query().value();
      if (found.next().value()) sum += found.int64(0);
    }
  });
  std::printf("  rowan   insert %.3f s  lookup %.3f s  (sum %lld)\n", figures.insert, figures.lookup,
              static_cast<long long>(sum));
  return figures;
}

void must(int code, sqlite3* database) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database));
  std::exit(1);
}

Figures run_sqlite(const std::string& path, int64_t rows) {
  sqlite3* database = nullptr;
  must(sqlite3_open(path.c_str(), &database), database);
  for (const char* sql : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA cache_size=-131072",
                          "CREATE TABLE t (id INTEGER PRIMARY KEY, number INT, text TEXT)"}) {
    must(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), database);
  }
  Figures figures;
  figures.insert = measure([&] {
    must(sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr), database);
    sqlite3_stmt* insert = nullptr;
    must(sqlite3_prepare_v2(database, "INSERT INTO t VALUES (?1, ?2, ?3)", -1, &insert, nullptr), database);
    for (int64_t i = 0; i < rows; ++i) {
      std::string text = payload(i);
      sqlite3_bind_int64(insert, 1, i);
      sqlite3_bind_int(insert, 2, static_cast<int>(i % 1000));
      sqlite3_bind_text(insert, 3, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
      must(sqlite3_step(insert), database);
      sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    must(sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr), database);
  });
  sqlite3_stmt* find = nullptr;
  must(sqlite3_prepare_v2(database, "SELECT number FROM t WHERE id = ?1", -1, &find, nullptr), database);
  int64_t sum = 0;
  figures.lookup = measure([&] {
    for (int64_t i = 0; i < rows; ++i) {
      sqlite3_bind_int64(find, 1, scattered(i, rows));
      if (sqlite3_step(find) == SQLITE_ROW) sum += sqlite3_column_int64(find, 0);
      sqlite3_reset(find);
    }
  });
  sqlite3_finalize(find);
  sqlite3_close(database);
  std::printf("  sqlite  insert %.3f s  lookup %.3f s  (sum %lld)\n", figures.insert, figures.lookup,
              static_cast<long long>(sum));
  return figures;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  int64_t rows = argc > 1 ? std::atoll(argv[1]) : 1000000;
  int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  std::string pattern = (std::filesystem::temp_directory_path() / "rowan-bench-XXXXXX").string();
  std::string folder = mkdtemp(pattern.data());
  std::printf("%lld rows of a bigint key, an int and 100 bytes of text; sqlite %s, WAL, synchronous=NORMAL\n",
              static_cast<long long>(rows), sqlite3_libversion());
  std::vector<double> insert_ratios, lookup_ratios;
  for (int round = 0; round < rounds; ++round) {
    Figures ours = run_rowan(folder + "/r" + std::to_string(round), rows);
    Figures theirs = run_sqlite(folder + "/s" + std::to_string(round), rows);
    insert_ratios.push_back(theirs.insert / ours.insert);
    lookup_ratios.push_back(theirs.lookup / ours.lookup);
  }
  std::printf("speed against sqlite, median of %d: insert %.2f, lookup %.2f\n", rounds, median(insert_ratios),
              median(lookup_ratios));
  std::filesystem::remove_all(folder);
  return 0;
}
