// bench/tpcb.cpp: pgbench's transaction (three updates, a look-up, an insert) at several numbers of sessions,
// through each library's own interface with prepared statements: Rowan, SQLite, and PostgreSQL where a server
// is named.
//
//   rowan-tpcb DIR [--scale=10] [--seconds=5] [--rounds=3] [--sessions=1,2,8] [--guarantees=durable,kept]
//              [--peers=Rowan,SQLite,PostgreSQL] [--postgres=CONNINFO]
//
// Two guarantees: "durable", a commit that returns survives a power failure (Rowan and PostgreSQL
// synchronous_commit=on, SQLite synchronous=FULL), and "kept", it survives the death of the process (off,
// NORMAL). The peers take turns; the median round counts. Latencies are those of whole transactions, waiting
// for other sessions included. Rowan and PostgreSQL run at READ COMMITTED; SQLite knows one writer at a time:
// its transactions begin IMMEDIATE and wait for their turn.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

#ifdef ROWAN_BENCH_LIBPQ
#include <libpq-fe.h>
#endif

namespace {

constexpr int64_t kAccounts = 100000, kTellers = 10;  // of a branch

constexpr const char* kTables =
    "CREATE TABLE branches (bid int PRIMARY KEY, bbalance int, filler char(88));"
    "CREATE TABLE tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84));"
    "CREATE TABLE accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84));"
    "CREATE TABLE history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))";

// Parameters: accounts' $1 = aid, $2 = delta, and so on; SQLite takes ?1 for $1.
constexpr const char* kSteps[] = {
    "UPDATE accounts SET abalance = abalance + $2 WHERE aid = $1",
    "SELECT abalance FROM accounts WHERE aid = $1",
    "UPDATE tellers SET tbalance = tbalance + $2 WHERE tid = $1",
    "UPDATE branches SET bbalance = bbalance + $2 WHERE bid = $1",
    "INSERT INTO history (tid, bid, aid, delta, mtime) VALUES ($1, $2, $3, $4, CURRENT_TIMESTAMP)"};

struct Transfer {
  int32_t aid, bid, tid, delta;
};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

class Session {
 public:
  virtual ~Session() = default;
  virtual void run(const Transfer& transfer) = 0;
};

class Peer {
 public:
  virtual ~Peer() = default;
  virtual std::string name() const = 0;
  virtual void load(int scale) = 0;
  virtual std::unique_ptr<Session> session(bool is_durable) = 0;
  // The sum of a column of a table: what the transfers have made of it.
  virtual int64_t number(const std::string& sql) = 0;
};

// --- Rowan ---

class RowanPeer final : public Peer {
 public:
  explicit RowanPeer(const std::string& folder)
      : database_(rowan::Database::open(folder + "/tpcb.rowan").value()) {}
  std::string name() const override { return "Rowan"; }
  void load(int scale) override {
    rowan::Connection connection = database_.connect().value();
    connection.execute(kTables).value();
    std::string branches = std::to_string(scale), tellers = std::to_string(scale * kTellers),
                accounts = std::to_string(scale * kAccounts);
    connection
        .execute("INSERT INTO branches SELECT n, 0, '' FROM generate_series(1, " + branches + ") n;" +
                 "INSERT INTO tellers SELECT n, (n - 1) / 10 + 1, 0, '' FROM generate_series(1, " + tellers +
                 ") n;" +
                 "INSERT INTO accounts SELECT n, (n - 1) / 100000 + 1, 0, '' FROM generate_series(1, " +
                 accounts + ") n")
        .value();
    connection.execute("ANALYZE").value();
    connection.execute("CHECKPOINT").value();
  }
  std::unique_ptr<Session> session(bool is_durable) override;
  int64_t number(const std::string& sql) override {
    rowan::Connection connection = database_.connect().value();
    rowan::Rows rows = connection.query(sql).value();
    if (!rows.next().value()) die("no row");
    return rows.int64(0);
  }

 private:
  rowan::Database database_;
};

class RowanSession final : public Session {
 public:
  RowanSession(rowan::Database& database, bool is_durable) : connection_(database.connect().value()) {
    connection_.execute(is_durable ? "SET synchronous_commit = on" : "SET synchronous_commit = off").value();
    for (const char* step : kSteps) steps_.push_back(connection_.prepare(step).value());
    begin_.push_back(connection_.prepare("BEGIN").value());
    commit_.push_back(connection_.prepare("COMMIT").value());
  }
  void run(const Transfer& transfer) override {
    begin_[0].execute().value();
    change(0, transfer.aid, transfer.delta);
    steps_[1].bind(1, transfer.aid).value();
    rowan::Rows rows = steps_[1].query().value();
    while (rows.next().value()) {
    }
    change(2, transfer.tid, transfer.delta);
    change(3, transfer.bid, transfer.delta);
    steps_[4].bind(1, transfer.tid).value();
    steps_[4].bind(2, transfer.bid).value();
    steps_[4].bind(3, transfer.aid).value();
    steps_[4].bind(4, transfer.delta).value();
    steps_[4].execute().value();
    commit_[0].execute().value();
  }

 private:
  void change(size_t step, int32_t key, int32_t delta) {
    steps_[step].bind(1, key).value();
    steps_[step].bind(2, delta).value();
    steps_[step].execute().value();
  }
  rowan::Connection connection_;
  std::vector<rowan::Statement> steps_, begin_, commit_;
};

std::unique_ptr<Session> RowanPeer::session(bool is_durable) {
  return std::make_unique<RowanSession>(database_, is_durable);
}

// --- SQLite ---

void run_sqlite(sqlite3* database, const std::string& sql) {
  char* error = nullptr;
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error) != SQLITE_OK) die(error);
}

class SqliteSession final : public Session {
 public:
  SqliteSession(const std::string& file, bool is_durable) {
    if (sqlite3_open(file.c_str(), &database_) != SQLITE_OK) die("cannot open " + file);
    sqlite3_busy_timeout(database_, 60000);
    run_sqlite(database_, "PRAGMA journal_mode = WAL; PRAGMA cache_size = -262144");
    run_sqlite(database_, is_durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  }
  ~SqliteSession() override {
    for (sqlite3_stmt* statement : steps_) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }
  void prepare() {
    for (const char* step : {"BEGIN IMMEDIATE", "COMMIT"}) add(step);
    for (std::string step : kSteps) {
      std::replace(step.begin(), step.end(), '$', '?');
      add(step);
    }
  }
  void run(const Transfer& transfer) override {
    step(0, {});
    step(2, {transfer.aid, transfer.delta});
    step(3, {transfer.aid});
    step(4, {transfer.tid, transfer.delta});
    step(5, {transfer.bid, transfer.delta});
    step(6, {transfer.tid, transfer.bid, transfer.aid, transfer.delta});
    step(1, {});
  }
  sqlite3* database() { return database_; }

 private:
  void add(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
      die(sqlite3_errmsg(database_));
    steps_.push_back(statement);
  }
  void step(size_t number, std::initializer_list<int32_t> parameters) {
    sqlite3_stmt* statement = steps_[number];
    int position = 0;
    for (int32_t parameter : parameters) sqlite3_bind_int(statement, ++position, parameter);
    int state = SQLITE_ROW;
    while (state == SQLITE_ROW) state = sqlite3_step(statement);
    if (state != SQLITE_DONE) die(sqlite3_errmsg(database_));
    sqlite3_reset(statement);
  }
  sqlite3* database_ = nullptr;
  std::vector<sqlite3_stmt*> steps_;
};

class SqlitePeer final : public Peer {
 public:
  explicit SqlitePeer(const std::string& folder) : file_(folder + "/tpcb.sqlite") {}
  std::string name() const override { return "SQLite"; }
  void load(int scale) override {
    SqliteSession session(file_, false);
    auto fill = [&](const std::string& insert, int64_t rows) {
      run_sqlite(session.database(),
                 "WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < " +
                     std::to_string(rows) + ") " + insert);
    };
    run_sqlite(session.database(), kTables);
    std::string filler = "'" + std::string(84, ' ') + "'";
    run_sqlite(session.database(), "BEGIN");
    fill("INSERT INTO branches SELECT n, 0, " + filler + " FROM s", scale);
    fill("INSERT INTO tellers SELECT n, (n - 1) / 10 + 1, 0, " + filler + " FROM s", scale * kTellers);
    fill("INSERT INTO accounts SELECT n, (n - 1) / 100000 + 1, 0, " + filler + " FROM s", scale * kAccounts);
    run_sqlite(session.database(), "COMMIT; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)");
  }
  std::unique_ptr<Session> session(bool is_durable) override {
    auto made = std::make_unique<SqliteSession>(file_, is_durable);
    made->prepare();
    return made;
  }
  int64_t number(const std::string& sql) override {
    SqliteSession session(file_, false);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(session.database(), sql.c_str(), -1, &statement, nullptr);
    sqlite3_step(statement);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
  }

 private:
  const std::string file_;
};

// --- PostgreSQL ---

#ifdef ROWAN_BENCH_LIBPQ
class PostgresSession final : public Session {
 public:
  PostgresSession(const std::string& conninfo, bool is_durable) : connection_(PQconnectdb(conninfo.c_str())) {
    if (PQstatus(connection_) != CONNECTION_OK) die(PQerrorMessage(connection_));
    run_sql(is_durable ? "SET synchronous_commit = on" : "SET synchronous_commit = off");
    run_sql("SET client_min_messages = error");
  }
  ~PostgresSession() override { PQfinish(connection_); }
  void prepare() {
    PQclear(PQprepare(connection_, "begin", "BEGIN", 0, nullptr));
    PQclear(PQprepare(connection_, "commit", "COMMIT", 0, nullptr));
    for (size_t i = 0; i < std::size(kSteps); ++i)
      PQclear(PQprepare(connection_, std::to_string(i).c_str(), kSteps[i], 0, nullptr));
  }
  void run(const Transfer& transfer) override {
    step("begin", {});
    step("0", {transfer.aid, transfer.delta});
    step("1", {transfer.aid});
    step("2", {transfer.tid, transfer.delta});
    step("3", {transfer.bid, transfer.delta});
    step("4", {transfer.tid, transfer.bid, transfer.aid, transfer.delta});
    step("commit", {});
  }
  int64_t run_sql(const std::string& sql) {
    PGresult* result = PQexec(connection_, sql.c_str());
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) die(PQerrorMessage(connection_));
    int64_t value = status == PGRES_TUPLES_OK && PQntuples(result) > 0
                        ? std::strtoll(PQgetvalue(result, 0, 0), nullptr, 10)
                        : 0;
    PQclear(result);
    return value;
  }

 private:
  void step(const char* name, std::initializer_list<int32_t> parameters) {
    std::string texts[4];
    const char* values[4];
    int count = 0;
    for (int32_t parameter : parameters) {
      texts[count] = std::to_string(parameter);
      values[count] = texts[count].c_str();
      ++count;
    }
    PGresult* result = PQexecPrepared(connection_, name, count, values, nullptr, nullptr, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) die(PQerrorMessage(connection_));
    PQclear(result);
  }
  PGconn* connection_;
};

class PostgresPeer final : public Peer {
 public:
  explicit PostgresPeer(std::string conninfo) : conninfo_(std::move(conninfo)) {}
  std::string name() const override { return "PostgreSQL"; }
  void load(int scale) override {
    PostgresSession session(conninfo_, false);
    session.run_sql(kTables);
    std::string branches = std::to_string(scale), tellers = std::to_string(scale * kTellers),
                accounts = std::to_string(scale * kAccounts);
    session.run_sql("INSERT INTO branches SELECT n, 0, '' FROM generate_series(1, " + branches + ") n");
    session.run_sql("INSERT INTO tellers SELECT n, (n - 1) / 10 + 1, 0, '' FROM generate_series(1, " +
                    tellers + ") n");
    session.run_sql("INSERT INTO accounts SELECT n, (n - 1) / 100000 + 1, 0, '' FROM generate_series(1, " +
                    accounts + ") n");
    session.run_sql("VACUUM ANALYZE");
    session.run_sql("CHECKPOINT");
  }
  std::unique_ptr<Session> session(bool is_durable) override {
    auto made = std::make_unique<PostgresSession>(conninfo_, is_durable);
    made->prepare();
    return made;
  }
  int64_t number(const std::string& sql) override { return PostgresSession(conninfo_, false).run_sql(sql); }

 private:
  const std::string conninfo_;
};
#endif

// --- The measurement ---

struct Figures {
  double rate = 0, p99_ms = 0, longest_ms = 0;
};

Figures measure(Peer& peer, int sessions, bool is_durable, int scale, double seconds, uint64_t seed) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::unique_ptr<Session>> open;
  for (int i = 0; i < sessions; ++i) open.push_back(peer.session(is_durable));
  std::vector<std::vector<double>> latencies(open.size());
  std::atomic<bool> stop{false};
  Clock::time_point began = Clock::now();
  std::vector<std::thread> threads;
  for (size_t i = 0; i < open.size(); ++i) {
    threads.emplace_back([&, i] {
      std::mt19937_64 dice(seed + i);
      auto one_of = [&](int64_t count) {
        return static_cast<int32_t>(dice() % static_cast<uint64_t>(count)) + 1;
      };
      while (!stop.load(std::memory_order_relaxed)) {
        Transfer transfer{one_of(scale * kAccounts), one_of(scale), one_of(scale * kTellers),
                          one_of(10001) - 5001};
        Clock::time_point start = Clock::now();
        open[i]->run(transfer);
        latencies[i].push_back(std::chrono::duration<double>(Clock::now() - start).count() * 1e3);
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  double took = std::chrono::duration<double>(Clock::now() - began).count();
  std::vector<double> all;
  for (const auto& each : latencies) all.insert(all.end(), each.begin(), each.end());
  std::sort(all.begin(), all.end());
  if (all.empty()) die("not one transaction in all the time");
  return {static_cast<double>(all.size()) / took, all[all.size() * 99 / 100], all.back()};
}

Figures median(std::vector<Figures> rounds) {
  std::sort(rounds.begin(), rounds.end(), [](const Figures& a, const Figures& b) { return a.rate < b.rate; });
  Figures middle = rounds[rounds.size() / 2];
  for (const Figures& round : rounds) middle.longest_ms = std::max(middle.longest_ms, round.longest_ms);
  return middle;
}

std::string option(int argc, char** argv, const std::string& name, const std::string& otherwise) {
  std::string start = "--" + name + "=";
  for (int i = 2; i < argc; ++i)
    if (std::string(argv[i]).rfind(start, 0) == 0) return std::string(argv[i]).substr(start.size());
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) die("usage: rowan-tpcb DIR [--scale=10] [--seconds=5] [--rounds=3] [--sessions=1,2,8]");
  std::string folder = argv[1];
  int scale = std::stoi(option(argc, argv, "scale", "10"));
  int rounds = std::stoi(option(argc, argv, "rounds", "3"));
  double seconds = std::stod(option(argc, argv, "seconds", "5"));
  std::string conninfo = option(argc, argv, "postgres", "");
  std::vector<int> numbers;
  std::string list = option(argc, argv, "sessions", "1,2,8");
  for (size_t at = 0; at < list.size();
       at = list.find(',', at) == std::string::npos ? list.size() : list.find(',', at) + 1)
    numbers.push_back(std::stoi(list.substr(at)));
  std::filesystem::create_directories(folder);
  std::vector<std::unique_ptr<Peer>> peers;
  std::string wanted = option(argc, argv, "peers", "Rowan,SQLite,PostgreSQL");
  std::string guarantees = option(argc, argv, "guarantees", "durable,kept");
  auto wants = [](const std::string& words, const char* word) {
    return words.find(word) != std::string::npos;
  };
  if (wants(wanted, "Rowan")) peers.push_back(std::make_unique<RowanPeer>(folder));
  if (wants(wanted, "SQLite")) peers.push_back(std::make_unique<SqlitePeer>(folder));
#ifdef ROWAN_BENCH_LIBPQ
  if (!conninfo.empty() && wants(wanted, "PostgreSQL"))
    peers.push_back(std::make_unique<PostgresPeer>(conninfo));
#else
  if (!conninfo.empty()) die("built without libpq");
#endif
  for (auto& peer : peers) peer->load(scale);
  std::printf("| guarantee | sessions | peer | transactions/s | p99 ms | longest ms | Rowan is |\n");
  std::printf("|---|---|---|---|---|---|---|\n");
  for (bool is_durable : {true, false}) {
    if (!wants(guarantees, is_durable ? "durable" : "kept")) continue;
    for (int sessions : numbers) {
      std::map<std::string, std::vector<Figures>> all;
      for (int round = 0; round < rounds; ++round)
        for (auto& peer : peers)
          all[peer->name()].push_back(
              measure(*peer, sessions, is_durable, scale, seconds, static_cast<uint64_t>(round) * 1000));
      double ours = wants(wanted, "Rowan") ? median(all["Rowan"]).rate : 0;
      for (auto& peer : peers) {
        Figures figures = median(all[peer->name()]);
        std::printf("| %s | %d | %s | %.0f | %.2f | %.1f | %.2f |\n", is_durable ? "durable" : "kept",
                    sessions, peer->name().c_str(), figures.rate, figures.p99_ms, figures.longest_ms,
                    ours / figures.rate);
        std::fflush(stdout);
      }
    }
  }
  for (auto& peer : peers) {
    int64_t accounts = peer->number("SELECT sum(abalance) FROM accounts");
    int64_t history = peer->number("SELECT sum(delta) FROM history");
    if (accounts != history) die(peer->name() + ": the accounts' sum is not the history's");
  }
}
