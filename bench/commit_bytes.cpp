// bench/commit_bytes.cpp: the bytes that a process writes for single-row commits: UPDATEs of random rows of a
// table of 150-byte rows, each a transaction that waits for the disk, and a checkpoint at the end. One round
// of the same before it is not counted: logs have their files then, and use them again.
//
//   rowan-commit-bytes ENGINE FILE [ROWS [COMMITS [plain]]]     ENGINE: rowan, sqlite
//   rowan-commit-bytes sql - [ROWS [COMMITS [plain]]]           prints both rounds for psql
//
// Prints "ENGINE CALLS KERNEL SECONDS": bytes handed to write calls, bytes that the kernel counts. A row is a
// bigint key, an int and 138 bytes of text: letters drawn at random, which nothing compresses; with "plain"
// one letter repeated. bench/bytes_per_commit runs all of it, PostgreSQL too, and prints a table.
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

#include "api/rowan.hpp"
#include "bench/process_io.h"

namespace {

struct Work {
  int64_t rows = 100000;
  int64_t commits = 10000;
  bool is_plain = false;
};

// Numbers that are the same for every engine.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t operator()() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return state_ >> 33;
  }

 private:
  uint64_t state_;
};

std::string text_of(Dice& dice, bool is_plain) {
  std::string text(138, 'x');
  if (is_plain) return text;
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  for (char& letter : text) letter = kLetters[dice() % kLetters.size()];
  return text;
}

constexpr const char* kInsert = "INSERT INTO t VALUES ($1, $2, $3)";
constexpr const char* kUpdate = "UPDATE t SET number = number + 1 WHERE id = $1";

void report(const char* engine, const std::function<void(uint64_t seed)>& round) {
  round(1);
  rowan::bench::Written before = rowan::bench::written_so_far();
  auto start = std::chrono::steady_clock::now();
  round(2);
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  rowan::bench::Written written = rowan::bench::written_so_far() - before;
  std::printf("%s %llu %llu %.1f\n", engine, static_cast<unsigned long long>(written.calls),
              static_cast<unsigned long long>(written.kernel), seconds.count());
}

void in_rowan(const char* path, const Work& work) {
  rowan::Database database = rowan::Database::open(path).value();
  rowan::Connection connection = database.connect().value();
  connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, number int, text text)").value();
  connection.execute("BEGIN").value();
  rowan::Statement insert = connection.prepare(kInsert).value();
  Dice letters(7);
  for (int64_t i = 0; i < work.rows; ++i) {
    insert.bind(1, i).value();
    insert.bind(2, static_cast<int32_t>(0)).value();
    insert.bind(3, text_of(letters, work.is_plain)).value();
    insert.execute().value();
  }
  connection.execute("COMMIT").value();
  connection.execute("CHECKPOINT").value();
  rowan::Statement update = connection.prepare(kUpdate).value();
  report("rowan", [&](uint64_t seed) {
    Dice dice(seed);
    for (int64_t i = 0; i < work.commits; ++i) {
      update.bind(1, static_cast<int64_t>(dice() % static_cast<uint64_t>(work.rows))).value();
      update.execute().value();
    }
    connection.execute("CHECKPOINT").value();
  });
}

void must(int code, sqlite3* database) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database));
  std::exit(1);
}

void in_sqlite(const char* path, const Work& work) {
  sqlite3* database = nullptr;
  must(sqlite3_open(path, &database), database);
  auto run = [&](const char* sql) { must(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), database); };
  auto prepare = [&](const char* sql) {
    sqlite3_stmt* statement = nullptr;
    must(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr), database);
    return statement;
  };
  auto step = [&](sqlite3_stmt* statement) {
    must(sqlite3_step(statement), database);
    sqlite3_reset(statement);
  };
  run("PRAGMA journal_mode=WAL");
  run("PRAGMA synchronous=FULL");
  run("PRAGMA cache_size=-1048576");
  run("CREATE TABLE t (id INTEGER PRIMARY KEY, number INT, text TEXT)");
  run("BEGIN");
  sqlite3_stmt* insert = prepare(kInsert);
  Dice letters(7);
  for (int64_t i = 0; i < work.rows; ++i) {
    std::string text = text_of(letters, work.is_plain);
    sqlite3_bind_int64(insert, 1, i);
    sqlite3_bind_int(insert, 2, 0);
    sqlite3_bind_text(insert, 3, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    step(insert);
  }
  run("COMMIT");
  run("PRAGMA wal_checkpoint(TRUNCATE)");
  sqlite3_stmt* update = prepare(kUpdate);
  report("sqlite", [&](uint64_t seed) {
    Dice dice(seed);
    for (int64_t i = 0; i < work.commits; ++i) {
      sqlite3_bind_int64(update, 1, static_cast<int64_t>(dice() % static_cast<uint64_t>(work.rows)));
      step(update);
    }
    run("PRAGMA wal_checkpoint(FULL)");
  });
  sqlite3_finalize(insert);
  sqlite3_finalize(update);
  sqlite3_close(database);
}

// What psql is to read; \echo says where a round ends.
void print_sql(const Work& work) {
  std::printf("CREATE TABLE t (id bigint PRIMARY KEY, number int, text text);\nCOPY t FROM STDIN;\n");
  Dice letters(7);
  for (int64_t i = 0; i < work.rows; ++i)
    std::printf("%lld\t0\t%s\n", static_cast<long long>(i), text_of(letters, work.is_plain).c_str());
  std::printf("\\.\nCHECKPOINT;\nPREPARE u (bigint) AS %s;\n", kUpdate);
  for (uint64_t seed : {1, 2}) {
    Dice dice(seed);
    for (int64_t i = 0; i < work.commits; ++i)
      std::printf("EXECUTE u (%llu);\n",
                  static_cast<unsigned long long>(dice() % static_cast<uint64_t>(work.rows)));
    std::printf("CHECKPOINT;\n\\echo round %llu\n", static_cast<unsigned long long>(seed));
  }
}

}  // namespace

int main(int argc, char** argv) {
  Work work;
  if (argc > 3) work.rows = std::atoll(argv[3]);
  if (argc > 4) work.commits = std::atoll(argv[4]);
  work.is_plain = argc > 5 && std::strcmp(argv[5], "plain") == 0;
  std::string_view engine = argc > 2 ? argv[1] : "";
  if (work.rows < 1 || work.commits < 1) engine = "";
  if (engine == "rowan") {
    in_rowan(argv[2], work);
  } else if (engine == "sqlite") {
    in_sqlite(argv[2], work);
  } else if (engine == "sql") {
    print_sql(work);
  } else {
    std::fprintf(stderr, "usage: %s rowan|sqlite|sql FILE [ROWS [COMMITS [plain]]]\n", argv[0]);
    return 2;
  }
  return 0;
}
