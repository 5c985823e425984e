// kill -9 on the real file system: a child with 8 writers is killed at a seeded moment, the file is reopened,
// and every commit that was acknowledged through the pipe must be there; the sum of all accounts must hold;
// `check` must find nothing. One of four rounds kills the recovery too. Usage: kill_test [ROUNDS [SEED]]
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

namespace rowan {
namespace {

constexpr int kWriters = 8;
constexpr int kAccounts = 100;
constexpr int64_t kBalance = 1000;

struct Acknowledged {
  int32_t writer;
  int32_t number;
};

// Each writer appends its next number to the ledger and moves money; it tells the pipe after COMMIT returned.
void write_for_ever(Database& database, int writer, int32_t first, int pipe_end) {
  Connection connection = database.connect().value();
  std::mt19937_64 random(static_cast<uint64_t>(writer) * 7919 + static_cast<uint64_t>(first));
  for (int32_t number = first;; ++number) {
    // In order of the accounts' numbers, so that no two writers deadlock.
    auto one = static_cast<int>(random() % kAccounts);
    auto two = static_cast<int>(random() % kAccounts);
    if (one > two) std::swap(one, two);
    std::string moved = std::to_string(random() % 10);
    Result<> done = connection.execute("BEGIN; INSERT INTO ledger VALUES (" + std::to_string(writer) + ", " +
                                       std::to_string(number) + "); UPDATE account SET balance = balance - " +
                                       moved + " WHERE id = " + std::to_string(one) +
                                       "; UPDATE account SET balance = balance + " + moved +
                                       " WHERE id = " + std::to_string(two) + "; COMMIT");
    if (!done.ok()) {
      std::fprintf(stderr, "writer %d: %s\n", writer, done.error().message().c_str());
      _exit(3);
    }
    Acknowledged told{writer, number};
    if (write(pipe_end, &told, sizeof told) != sizeof told) _exit(4);
  }
}

[[noreturn]] void run_child(const std::string& path, const std::map<int, int32_t>& next, int pipe_end) {
  Database database = Database::open(path).value();
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    auto found = next.find(writer);
    int32_t first = found == next.end() ? 0 : found->second;
    writers.emplace_back(
        [&database, writer, first, pipe_end] { write_for_ever(database, writer, first, pipe_end); });
  }
  for (std::thread& writer : writers) writer.join();
  _exit(5);
}

int64_t number_of(Connection& connection, const std::string& sql) {
  Rows rows = connection.query(sql).value();
  return rows.next().value() && !rows.is_null(0) ? rows.int64(0) : -1;
}

// What must hold after a kill. Returns the number of faults, each told.
int verify(const std::string& path, const std::map<int, int32_t>& acknowledged,
           std::map<int, int32_t>& next) {
  int faults = 0;
  auto fault = [&faults](const std::string& what) {
    std::fprintf(stderr, "FAULT: %s\n", what.c_str());
    ++faults;
  };
  Database database = Database::open(path).value();
  Connection connection = database.connect().value();
  int64_t sum = number_of(connection, "SELECT sum(balance) FROM account");
  if (sum != kAccounts * kBalance) fault("the sum is " + std::to_string(sum));
  for (int writer = 0; writer < kWriters; ++writer) {
    std::string mine = " FROM ledger WHERE writer = " + std::to_string(writer);
    int64_t last = number_of(connection, "SELECT max(number)" + mine);
    int64_t count = number_of(connection, "SELECT count(*)" + mine);
    if (count != last + 1)
      fault("writer " + std::to_string(writer) + " has a gap: " + std::to_string(count) + " rows up to " +
            std::to_string(last));
    auto told = acknowledged.find(writer);
    if (told != acknowledged.end() && last < told->second) {
      fault("writer " + std::to_string(writer) + " lost " + std::to_string(told->second) + ", has " +
            std::to_string(last));
    }
    next[writer] = static_cast<int32_t>(last + 1);
  }
  for (const std::string& finding : database.check().value()) fault(finding);
  return faults;
}

int run(int rounds, uint64_t seed) {
  std::string pattern = (std::filesystem::temp_directory_path() / "rowan-kill-XXXXXX").string();
  std::string folder = mkdtemp(pattern.data());
  std::string path = folder + "/bank.rowan";
  {
    Database database = Database::open(path).value();
    Connection connection = database.connect().value();
    connection
        .execute(
            "CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL); CREATE TABLE ledger (writer "
            "int, number int, PRIMARY KEY (writer, number)); "
            "INSERT INTO account SELECT n, 1000 FROM generate_series(0, 99) n")
        .value();
  }
  std::mt19937_64 random(seed);
  std::map<int, int32_t> next, acknowledged;
  size_t commits = 0;
  int faults = 0;
  for (int round = 0; round < rounds && faults == 0; ++round) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return 2;
    pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      run_child(path, next, ends[1]);
    }
    close(ends[1]);
    // Kills after so many acknowledgements: a count, not a clock. None at all: in the midst of recovery.
    uint64_t patience = random() % 4 == 0 ? 0 : 1 + random() % 400;
    Acknowledged told;
    for (uint64_t i = 0; i < patience && read(ends[0], &told, sizeof told) == sizeof told; ++i) {
      acknowledged[told.writer] = told.number;
      ++commits;
    }
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) {
      std::fprintf(stderr, "FAULT: the writers ended by themselves with %d\n", WEXITSTATUS(status));
      ++faults;
    }
    while (read(ends[0], &told, sizeof told) == sizeof told) {
      acknowledged[told.writer] = told.number;
      ++commits;
    }
    close(ends[0]);
    faults += verify(path, acknowledged, next);
  }
  std::printf("%d kills, seed %llu, %zu acknowledged commits, %d faults\n", rounds,
              static_cast<unsigned long long>(seed), commits, faults);
  if (faults == 0) {
    std::filesystem::remove_all(folder);
  } else {
    std::printf("the file is kept: %s\n", path.c_str());
  }
  return faults == 0 && commits > 0 ? 0 : 1;
}

}  // namespace
}  // namespace rowan

int main(int argc, char** argv) {
  int rounds = argc > 1 ? std::atoi(argv[1]) : 20;
  uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : std::random_device{}();
  return rowan::run(rounds, seed);
}
