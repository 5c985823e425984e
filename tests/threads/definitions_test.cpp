// Sessions that change definitions beside each other: each works on what the one before it left, whatever it
// had looked up before it waited.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

namespace rowan {
namespace {

class DefinitionsTest : public testing::Test {
 protected:
  DefinitionsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rowan-definitions-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~DefinitionsTest() override { std::filesystem::remove_all(folder_); }

  Database open() {
    OpenOptions options;
    options.pool_bytes = size_t{4} << 20;
    return Database::open(folder_ + "/d.rowan", options).value();
  }

  std::string folder_;
};

int64_t value_of(Connection& connection, std::string_view sql) {
  Rows rows = connection.query(sql).value();
  EXPECT_TRUE(rows.next().value()) << sql;
  return rows.int64(0);
}

// Whoever drops what another has just committed finds its row in the catalog's table. The makers are slow to
// run again once their commit is durable, which others see before they do.
TEST_F(DefinitionsTest, WhatWasDroppedStaysDropped) {
  constexpr int kPairs = 8, kRounds = 60;
  {
    Database database = open();
    std::vector<std::thread> threads;
    auto repeat = [&database](const std::string& sql) {
      Connection connection = database.connect().value();
      for (int i = 0; i < kRounds;) {
        if (connection.execute(sql).ok()) {
          ++i;
        } else {
          std::this_thread::yield();
        }
      }
    };
    for (int pair = 0; pair < kPairs; ++pair) {
      std::string name = "v" + std::to_string(pair);
      threads.emplace_back([repeat, name] {
        setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 19);
        repeat("CREATE VIEW " + name + " AS SELECT 1");
      });
      threads.emplace_back([repeat, name] { repeat("DROP VIEW " + name); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  Database database = open();
  Connection connection = database.connect().value();
  EXPECT_EQ(value_of(connection, "SELECT count(*) FROM pg_class WHERE relkind = 'v' AND relname LIKE 'v_'"), 0);
}

}  // namespace
}  // namespace rowan
