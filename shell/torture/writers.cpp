// shell/torture/writers.cpp: the child. Every transaction takes a number in the ledger first, so that nobody
// who holds anything waits for it, and then locks in one order: no two writers deadlock.
#include <unistd.h>

#include <cstdio>
#include <random>
#include <thread>
#include <vector>

#include "shell/torture/world.h"

namespace rowan::torture {
namespace {

enum ExitCode { kStatementFailed = 3, kPipeFailed = 4, kEnded = 5 };

class Writer {
 public:
  Writer(Database& database, int writer, int32_t first, uint64_t seed, int pipe_end)
      : connection_(database.connect().value()),
        writer_(writer),
        number_(first),
        random_(seed + static_cast<uint64_t>(writer) * 7919),
        pipe_end_(pipe_end) {}

  [[noreturn]] void run() {
    for (;; ++number_) {
      if (chance(100)) run_one(chance(2) ? "CHECKPOINT" : "ANALYZE document");
      std::string work = transaction();
      // What is rolled back must leave nothing.
      if (chance(10)) run_one("BEGIN; " + work + "; ROLLBACK");
      run_one("BEGIN; " + work + "; COMMIT");
      Acknowledged told{writer_, number_};
      if (write(pipe_end_, &told, sizeof told) != sizeof told) _exit(kPipeFailed);
    }
  }

 private:
  bool chance(uint64_t one_of) { return random_() % one_of == 0; }
  uint64_t up_to(uint64_t most) { return random_() % (most + 1); }
  std::string me() const { return std::to_string(writer_); }

  void run_one(const std::string& sql) {
    Result<> done = connection_.execute(sql);
    if (done.ok()) return;
    const Error& error = done.error();
    std::fprintf(stderr, "writer %d: %s\n%s\nin: %.300s\n", writer_, error.message().c_str(),
                 error.detail().c_str(), sql.c_str());
    _exit(kStatementFailed);
  }

  std::string transaction() {
    std::string work = "INSERT INTO ledger VALUES (" + me() + ", " + std::to_string(number_) + "); ";
    uint64_t dice = up_to(99);
    if (dice < 60) return work + transfer();
    if (dice < 80) return work + "SAVEPOINT a; " + transfer() + "; ROLLBACK TO a; " + document();
    if (dice < 90) return work + document() + "; SAVEPOINT a; " + document() + "; RELEASE a";
    if (dice < 95) return work + crowd();
    if (dice < 99) return work + definitions();
    return work + "DROP INDEX account_balance; CREATE INDEX account_balance ON account (balance)";
  }

  std::string transfer() {
    uint64_t one = up_to(kAccounts - 1), two = up_to(kAccounts - 1);
    if (one > two) std::swap(one, two);
    std::string amount = std::to_string(up_to(9));
    return "UPDATE account SET balance = balance - " + amount + " WHERE id = " + std::to_string(one) +
           "; UPDATE account SET balance = balance + " + amount + " WHERE id = " + std::to_string(two);
  }
  // 32 bytes to 38 kB, each transaction's own.
  std::string document() {
    uint64_t id = static_cast<uint64_t>(writer_) * kDocumentsEach + up_to(kDocumentsEach - 1);
    uint64_t times = 1 + (chance(3) ? up_to(1200) : up_to(40));
    return "UPDATE document SET body = new.body, digest = md5(new.body) FROM (SELECT repeat(md5('" + me() +
           " " + std::to_string(random_()) + "'), " + std::to_string(times) +
           ") AS body) AS new WHERE id = " + std::to_string(id);
  }
  std::string crowd() {
    std::string note = "'" + std::string(up_to(300), 'n') + std::to_string(number_) + "'";
    return "DELETE FROM crowd WHERE writer = " + me() + "; INSERT INTO crowd SELECT " + me() + ", n, " +
           note + " FROM generate_series(1, " + std::to_string(kCrowd) + ") AS n";
  }
  // The table of the writer's last change of definitions gives way to that of this one.
  std::string definitions() {
    Rows rows = connection_.query("SELECT number FROM made WHERE writer = " + me()).value();
    std::string last = rows.next().value() ? std::to_string(rows.int64(0)) : "none";
    std::string number = std::to_string(number_), table = "made_" + me() + "_" + number;
    std::string work = "CREATE TABLE " + table + " (a int PRIMARY KEY, b text); INSERT INTO " + table +
                       " SELECT n, repeat('b', n) FROM generate_series(1, 200) AS n; ALTER TABLE " + table +
                       " ADD COLUMN c int DEFAULT 7, DROP COLUMN b; CREATE INDEX ON " + table + " (c)";
    if (chance(2)) work += "; SAVEPOINT a; TRUNCATE " + table + "; DROP TABLE " + table + "; ROLLBACK TO a";
    return work + "; DROP TABLE IF EXISTS made_" + me() + "_" + last + "; INSERT INTO made VALUES (" + me() +
           ", " + number + ") ON CONFLICT (writer) DO UPDATE SET number = excluded.number";
  }

  Connection connection_;
  int writer_;
  int32_t number_;
  std::mt19937_64 random_;
  int pipe_end_;
};

}  // namespace

Result<> set_up(Database& database, int writers) {
  Result<Connection> connection = database.connect();
  if (!connection.ok()) return std::move(connection).error();
  return connection->execute(
      "CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL);"
      "CREATE INDEX account_balance ON account (balance);"
      "CREATE TABLE ledger (writer int, number int, PRIMARY KEY (writer, number));"
      "CREATE TABLE document (id int PRIMARY KEY, digest text, body text);"
      "CREATE TABLE crowd (writer int, item int, note text, PRIMARY KEY (writer, item));"
      "CREATE INDEX crowd_note ON crowd USING hash (note);"
      "CREATE TABLE made (writer int PRIMARY KEY, number int);"
      "INSERT INTO account SELECT n, " +
      std::to_string(kBalance) + " FROM generate_series(0, " + std::to_string(kAccounts - 1) +
      ") AS n;"
      "INSERT INTO document SELECT n, md5(''), '' FROM generate_series(0, " +
      std::to_string(writers * kDocumentsEach - 1) +
      ") AS n;"
      "INSERT INTO crowd SELECT w, n, 'new' FROM generate_series(0, " +
      std::to_string(writers - 1) + ") AS w, generate_series(1, " + std::to_string(kCrowd) + ") AS n");
}

void write_until_killed(const std::string& path, int writers, const Numbers& next, uint64_t seed,
                        int pipe_end) {
  Result<Database> database = Database::open(path);
  if (!database.ok()) {
    std::fprintf(stderr, "opening: %s\n", database.error().message().c_str());
    _exit(kStatementFailed);
  }
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer) {
    auto found = next.find(writer);
    int32_t first = found == next.end() ? 0 : found->second;
    threads.emplace_back([&database, writer, first, seed, pipe_end] {
      Writer(*database, writer, first, seed, pipe_end).run();
    });
  }
  for (std::thread& thread : threads) thread.join();
  _exit(kEnded);
}

}  // namespace rowan::torture
