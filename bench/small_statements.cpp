// bench/small_statements.cpp: the work of many small statements, Rowan beside SQLite's C API in one run, by
// turns:
//
//   load     prepared single-row INSERTs in one transaction
//   lookup   primary-key look-ups, each a statement of its own, keys far apart
//   update   single-row UPDATEs by key, each a transaction of its own, without waiting for the disk
//   commit   single-row INSERTs, each a transaction that waits for the disk; SQLite's WAL with
//   synchronous=FULL
//            (as safe) and NORMAL (loses the last commits in a power failure)
//   threads  look-ups by one and by two threads at once
//
// Other programs on the machine make wall times noisy, so the time of the processor (user + system, all
// threads) is printed beside them, and ratios are of the best round of each.
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"
#include "storage/pool/pool_size.h"

namespace {

struct Options {
  int64_t rows = 1000000;
  int64_t commits = 2000;
  int rounds = 3;
  size_t memory = 0;  // bytes of page cache for both; 0: Rowan's default for both
  std::string parts = "load,lookup,update,commit,threads";
  bool has(std::string_view part) const { return parts.find(part) != std::string::npos; }
};

// Seconds: of the clock, and of the processor in this process.
struct Time {
  double wall = 0, cpu = 0;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Time measure(const std::function<void()>& work) {
  double wall = wall_seconds(), cpu = cpu_seconds();
  work();
  return {wall_seconds() - wall, cpu_seconds() - cpu};
}

struct Latencies {
  std::vector<double> microseconds;
  void add(double seconds) { microseconds.push_back(seconds * 1e6); }
  double at(double part) {
    if (microseconds.empty()) return 0;
    std::sort(microseconds.begin(), microseconds.end());
    return microseconds[static_cast<size_t>(part * static_cast<double>(microseconds.size() - 1))];
  }
};

// One round's figures of one side.
struct Figures {
  std::map<std::string, Time> parts;
  std::map<std::string, Latencies> latencies;
};

// An order of keys that visits every one once, far apart.
int64_t scattered(int64_t i, int64_t rows) {
  return (i * 7919) % rows;
}

std::string payload(int64_t key) {
  std::string text = std::to_string(key) + "-";
  text.resize(100, 'x');
  return text;
}

// --- Rowan ---

int64_t rowan_lookups(rowan::Connection& connection, int64_t rows, int64_t from, int64_t to) {
  rowan::Statement find = connection.prepare("SELECT number FROM t WHERE id = $1").value();
  int64_t sum = 0;
  for (int64_t i = from; i < to; ++i) {
    find.bind(1, scattered(i, rows)).value();
    rowan::Rows found = find.query().value();
    if (found.next().value()) sum += found.int64(0);
  }
  return sum;
}

void insert_rowan(rowan::Statement& insert, int64_t key) {
  insert.bind(1, key).value();
  insert.bind(2, static_cast<int32_t>(key % 1000)).value();
  insert.bind(3, payload(key)).value();
  insert.execute().value();
}

Figures run_rowan(const std::string& path, const Options& options) {
  rowan::OpenOptions open;
  open.pool_bytes = options.memory;
  rowan::Database database = rowan::Database::open(path, open).value();
  rowan::Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, number int, text text)").value();
  Figures figures;
  int64_t sum = 0;
  figures.parts["load"] = measure([&] {
    connection.execute("BEGIN").value();
    rowan::Statement insert = connection.prepare("INSERT INTO t VALUES ($1, $2, $3)").value();
    for (int64_t i = 0; i < options.rows; ++i) insert_rowan(insert, i);
    connection.execute("COMMIT").value();
  });
  if (options.has("lookup"))
    figures.parts["lookup"] =
        measure([&] { sum += rowan_lookups(connection, options.rows, 0, options.rows); });
  if (options.has("threads")) {
    figures.parts["one thread"] =
        measure([&] { sum += rowan_lookups(connection, options.rows, 0, options.rows / 2); });
    rowan::Connection second = database.connect().value();
    figures.parts["two threads"] = measure([&] {
      int64_t other = 0;
      std::thread thread(
          [&] { other = rowan_lookups(second, options.rows, options.rows / 2, options.rows); });
      sum += rowan_lookups(connection, options.rows, 0, options.rows / 2);
      thread.join();
      sum += other;
    });
  }
  if (options.has("update")) {
    connection.execute("SET synchronous_commit = off").value();
    rowan::Statement update = connection.prepare("UPDATE t SET number = number + 1 WHERE id = $1").value();
    figures.parts["update"] = measure([&] {
      for (int64_t i = 0; i < options.rows / 4; ++i) {
        update.bind(1, scattered(i, options.rows)).value();
        update.execute().value();
      }
    });
    connection.execute("SET synchronous_commit = on").value();
  }
  if (options.has("commit")) {
    rowan::Statement insert = connection.prepare("INSERT INTO t VALUES ($1, $2, $3)").value();
    Latencies& latencies = figures.latencies["commit"];
    figures.parts["commit"] = measure([&] {
      for (int64_t i = 0; i < options.commits; ++i) {
        double start = wall_seconds();
        insert_rowan(insert, options.rows + i);
        latencies.add(wall_seconds() - start);
      }
    });
  }
  std::printf("  (sum %lld)", static_cast<long long>(sum));
  return figures;
}

// --- SQLite ---

void must(int code, sqlite3* database) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database));
  std::exit(1);
}

void run_sql(sqlite3* database, const std::string& sql) {
  must(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), database);
}

sqlite3_stmt* prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  must(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr), database);
  return statement;
}

sqlite3* open_sqlite(const std::string& path, const Options& options) {
  sqlite3* database = nullptr;
  must(sqlite3_open(path.c_str(), &database), database);
  size_t cache = options.memory != 0 ? options.memory : rowan::default_pool_bytes();
  run_sql(database, "PRAGMA journal_mode=WAL");
  run_sql(database, "PRAGMA cache_size=-" + std::to_string(cache >> 10));
  run_sql(database, "PRAGMA synchronous=NORMAL");
  return database;
}

int64_t sqlite_lookups(sqlite3* database, int64_t rows, int64_t from, int64_t to) {
  sqlite3_stmt* find = prepare(database, "SELECT number FROM t WHERE id = ?1");
  int64_t sum = 0;
  for (int64_t i = from; i < to; ++i) {
    sqlite3_bind_int64(find, 1, scattered(i, rows));
    if (sqlite3_step(find) == SQLITE_ROW) sum += sqlite3_column_int64(find, 0);
    sqlite3_reset(find);
  }
  sqlite3_finalize(find);
  return sum;
}

void insert_sqlite(sqlite3* database, sqlite3_stmt* insert, int64_t key) {
  std::string text = payload(key);
  sqlite3_bind_int64(insert, 1, key);
  sqlite3_bind_int(insert, 2, static_cast<int>(key % 1000));
  sqlite3_bind_text(insert, 3, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  must(sqlite3_step(insert), database);
  sqlite3_reset(insert);
}

Figures run_sqlite(const std::string& path, const Options& options) {
  sqlite3* database = open_sqlite(path, options);
  run_sql(database, "CREATE TABLE t (id INTEGER PRIMARY KEY, number INT, text TEXT)");
  Figures figures;
  int64_t sum = 0;
  sqlite3_stmt* insert = prepare(database, "INSERT INTO t VALUES (?1, ?2, ?3)");
  figures.parts["load"] = measure([&] {
    run_sql(database, "BEGIN");
    for (int64_t i = 0; i < options.rows; ++i) insert_sqlite(database, insert, i);
    run_sql(database, "COMMIT");
  });
  if (options.has("lookup"))
    figures.parts["lookup"] =
        measure([&] { sum += sqlite_lookups(database, options.rows, 0, options.rows); });
  if (options.has("threads")) {
    figures.parts["one thread"] =
        measure([&] { sum += sqlite_lookups(database, options.rows, 0, options.rows / 2); });
    sqlite3* second = open_sqlite(path, options);
    figures.parts["two threads"] = measure([&] {
      int64_t other = 0;
      std::thread thread(
          [&] { other = sqlite_lookups(second, options.rows, options.rows / 2, options.rows); });
      sum += sqlite_lookups(database, options.rows, 0, options.rows / 2);
      thread.join();
      sum += other;
    });
    sqlite3_close(second);
  }
  if (options.has("update")) {
    run_sql(database, "PRAGMA synchronous=OFF");
    sqlite3_stmt* update = prepare(database, "UPDATE t SET number = number + 1 WHERE id = ?1");
    figures.parts["update"] = measure([&] {
      for (int64_t i = 0; i < options.rows / 4; ++i) {
        sqlite3_bind_int64(update, 1, scattered(i, options.rows));
        must(sqlite3_step(update), database);
        sqlite3_reset(update);
      }
    });
    sqlite3_finalize(update);
  }
  if (options.has("commit")) {
    int64_t key = options.rows;
    for (const char* level : {"FULL", "NORMAL"}) {
      run_sql(database, "PRAGMA synchronous=" + std::string(level));
      bool is_full = std::strcmp(level, "FULL") == 0;
      std::string name = is_full ? "commit" : "commit, NORMAL";
      Latencies& latencies = figures.latencies[name];
      figures.parts[name] = measure([&] {
        for (int64_t i = 0; i < options.commits; ++i, ++key) {
          double start = wall_seconds();
          insert_sqlite(database, insert, key);
          latencies.add(wall_seconds() - start);
        }
      });
    }
  }
  sqlite3_finalize(insert);
  sqlite3_close(database);
  std::printf("  (sum %lld)\n", static_cast<long long>(sum));
  return figures;
}

// --- Figures ---

// The best of all rounds.
void keep_best(Figures& best, const Figures& round) {
  for (const auto& [name, time] : round.parts) {
    auto [at, is_new] = best.parts.emplace(name, time);
    if (is_new) continue;
    at->second.wall = std::min(at->second.wall, time.wall);
    at->second.cpu = std::min(at->second.cpu, time.cpu);
  }
  for (const auto& [name, latencies] : round.latencies) {
    std::vector<double>& all = best.latencies[name].microseconds;
    all.insert(all.end(), latencies.microseconds.begin(), latencies.microseconds.end());
  }
}

void print_part(const char* name, int64_t count, Time ours, Time theirs) {
  double each = 1e6 / static_cast<double>(count);
  std::printf(
      "%-12s %9lld  rowan %7.2f us (%6.2f cpu)  sqlite %7.2f us (%6.2f cpu)  speed %5.2f (%5.2f cpu)\n", name,
      static_cast<long long>(count), ours.wall * each, ours.cpu * each, theirs.wall * each, theirs.cpu * each,
      theirs.wall / ours.wall, theirs.cpu / ours.cpu);
}

void print(const Options& options, Figures& ours, Figures& theirs) {
  print_part("load", options.rows, ours.parts["load"], theirs.parts["load"]);
  if (options.has("lookup")) print_part("lookup", options.rows, ours.parts["lookup"], theirs.parts["lookup"]);
  if (options.has("update"))
    print_part("update", options.rows / 4, ours.parts["update"], theirs.parts["update"]);
  if (options.has("threads")) {
    int64_t each = options.rows / 2;
    print_part("one thread", each, ours.parts["one thread"], theirs.parts["one thread"]);
    print_part("two threads", 2 * each, ours.parts["two threads"], theirs.parts["two threads"]);
    auto scaling = [](Figures& of) { return 2 * of.parts["one thread"].wall / of.parts["two threads"].wall; };
    std::printf("%-12s two threads do %.2f of one's work (sqlite %.2f)\n", "", scaling(ours),
                scaling(theirs));
  }
  if (options.has("commit")) {
    print_part("commit", options.commits, ours.parts["commit"], theirs.parts["commit"]);
    for (const char* name : {"commit", "commit, NORMAL"}) {
      Latencies& other = theirs.latencies[name];
      Latencies& own = ours.latencies["commit"];
      std::printf("%-12s p50 %.0f us, p99 %.0f us; sqlite %s p50 %.0f us, p99 %.0f us\n", "", own.at(0.5),
                  own.at(0.99), name[6] == 0 ? "FULL" : "NORMAL", other.at(0.5), other.at(0.99));
    }
  }
}

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    std::string_view text(argv[i]);
    size_t equals = text.find('=');
    if (equals == std::string_view::npos) return false;
    std::string_view name = text.substr(0, equals);
    std::string value(text.substr(equals + 1));
    if (name == "--rows") {
      options.rows = std::atoll(value.c_str());
    } else if (name == "--rounds") {
      options.rounds = std::atoi(value.c_str());
    } else if (name == "--commits") {
      options.commits = std::atoll(value.c_str());
    } else if (name == "--memory") {
      options.memory = static_cast<size_t>(std::atoll(value.c_str())) << 20;
    } else if (name == "--parts") {
      options.parts = value;
    } else {
      return false;
    }
  }
  return options.rows >= 4 && options.rounds >= 1 && options.commits >= 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: rowan-bench [--rows=N] [--rounds=N] [--commits=N] [--memory=MIB] "
                 "[--parts=load,lookup,update,commit,threads]\n");
    return 2;
  }
  std::string pattern = (std::filesystem::temp_directory_path() / "rowan-bench-XXXXXX").string();
  std::string folder = mkdtemp(pattern.data());
  size_t memory = options.memory != 0 ? options.memory : rowan::default_pool_bytes();
  std::printf("%lld rows of a bigint key, an int and 100 bytes of text; %zu MiB of cache each; sqlite %s\n",
              static_cast<long long>(options.rows), memory >> 20, sqlite3_libversion());
  Figures ours, theirs;
  for (int round = 0; round < options.rounds; ++round) {
    std::string number = std::to_string(round);
    keep_best(ours, run_rowan(folder + "/r" + number, options));
    keep_best(theirs, run_sqlite(folder + "/s" + number, options));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
  }
  print(options, ours, theirs);
  std::filesystem::remove_all(folder);
  return 0;
}
