// bench/bulk_load.cpp: the ways into a table: the appender beside a prepared INSERT and COPY, the same rows
// in one transaction each, by turns. Prints user and system CPU seconds and ratios. Usage: bulk_load [ROWS
// [ROUNDS]]
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "api/rowan.hpp"

namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string payload(int64_t key) {
  std::string text = std::to_string(key) + "-";
  text.resize(100, 'x');
  return text;
}

double measure(const std::string& table, int64_t rows,
               const std::function<void(rowan::Connection&, int64_t)>& load) {
  std::string path = (std::filesystem::temp_directory_path() / "rowan-bulk-load.rowan").string();
  std::filesystem::remove(path);
  std::filesystem::remove_all(path + "-wal");
  double used = 0;
  {
    rowan::Database database = rowan::Database::open(path).value();
    rowan::Connection connection = database.connect().value();
    connection.execute(table).value();
    double before = cpu_seconds();
    load(connection, rows);
    used = cpu_seconds() - before;
    rowan::Rows counted = connection.query("SELECT count(*) FROM t").value();
    if (!counted.next().value() || counted.int64(0) != rows) std::abort();
  }
  std::filesystem::remove(path);
  return used;
}

void by_insert(rowan::Connection& connection, int64_t rows) {
  connection.execute("BEGIN").value();
  rowan::Statement insert = connection.prepare("INSERT INTO t VALUES ($1, $2, $3)").value();
  for (int64_t i = 0; i < rows; ++i) {
    insert.bind(1, i).value();
    insert.bind(2, static_cast<int32_t>(i % 1000)).value();
    insert.bind(3, payload(i)).value();
    insert.execute().value();
  }
  connection.execute("COMMIT").value();
}

void by_appender(rowan::Connection& connection, int64_t rows) {
  rowan::Appender appender = rowan::Appender::open(connection, "t").value();
  for (int64_t i = 0; i < rows; ++i) {
    appender.append(i).value();
    appender.append(static_cast<int32_t>(i % 1000)).value();
    appender.append(payload(i)).value();
    appender.end_row().value();
  }
  appender.finish().value();
}

void by_copy(rowan::Connection& connection, int64_t rows) {
  int64_t next = 0;
  connection.on_copy(
      [&]() -> rowan::Result<std::string> {
        std::string piece;
        for (; next < rows && piece.size() < 60000; ++next)
          piece += std::to_string(next) + "\t" + std::to_string(next % 1000) + "\t" + payload(next) + "\n";
        return piece;
      },
      nullptr);
  connection.execute("COPY t FROM STDIN").value();
}

}  // namespace

int main(int argc, char** argv) {
  int64_t rows = argc > 1 ? std::atoll(argv[1]) : 1000000;
  int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  for (const char* table : {"CREATE TABLE t (id bigint, number int, text text)",
                            "CREATE TABLE t (id bigint PRIMARY KEY, number int, text text)"}) {
    std::printf("%s, %lld rows\n", table, static_cast<long long>(rows));
    std::vector<double> insert, append, copy;
    for (int round = 0; round < rounds; ++round) {
      insert.push_back(measure(table, rows, by_insert));
      append.push_back(measure(table, rows, by_appender));
      copy.push_back(measure(table, rows, by_copy));
    }
    auto median = [](std::vector<double>& values) {
      std::sort(values.begin(), values.end());
      return values[values.size() / 2];
    };
    double by_insert_s = median(insert), by_appender_s = median(append), by_copy_s = median(copy);
    std::printf("  CPU seconds: insert %.2f, appender %.2f (%.2f of insert), copy %.2f (%.2f of insert)\n",
                by_insert_s, by_appender_s, by_appender_s / by_insert_s, by_copy_s, by_copy_s / by_insert_s);
  }
  return 0;
}
