// More data than memory: a table of 256 MiB behind a pool of 4 MiB, a sort and a join of a million rows with
// 1 MiB each. The answers are computed here a second time, from the formulas that made the rows; EXPLAIN
// ANALYZE must tell of evicted pages and spilled bytes, or this would test nothing.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "api/rowan.hpp"

namespace rowan {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int64_t kShrink = 8;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int64_t kShrink = 8;
#else
constexpr int64_t kShrink = 1;
#endif
#else
constexpr int64_t kShrink = 1;
#endif

constexpr int64_t kWideRows = 270000 / kShrink;  // of a good kilobyte
constexpr int64_t kRows = 1000000 / kShrink;
constexpr int64_t kTableBytes = (int64_t{256} << 20) / kShrink;

int64_t number_of(Connection& connection, const std::string& sql) {
  Rows rows = connection.query(sql).value();
  EXPECT_TRUE(rows.next().value()) << sql;
  return rows.int64(0);
}

// The plan as one text.
std::string explained(Connection& connection, const std::string& sql) {
  std::string text;
  Rows rows = connection.query("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) " + sql).value();
  while (rows.next().value()) text += rows.text(0) + "\n";
  return text;
}

// The number behind `word` where it first stands in `text` (behind `after`); -1: it does not.
int64_t figure(const std::string& text, const std::string& word, const std::string& after = "") {
  size_t from = text.find(after);
  size_t at = from == std::string::npos ? from : text.find(word, from);
  return at == std::string::npos ? -1 : std::atoll(text.c_str() + at + word.size());
}

int64_t key_of(int64_t id) {
  return (id * 7919) % kRows;
}

class SmallMemoryTest : public testing::Test {
 protected:
  SmallMemoryTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rowan-memory-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    OpenOptions options;
    options.pool_bytes = size_t{4} << 20;
    database_.emplace(Database::open(folder_ + "/small.rowan", options).value());
    connection_.emplace(database_->connect().value());
    run("SET work_mem = '1MB'; SET synchronous_commit = off");
  }
  ~SmallMemoryTest() override {
    connection_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  void run(const std::string& sql) {
    Result<> done = connection_->execute(sql);
    ASSERT_TRUE(done.ok()) << sql << ": " << done.error().message();
  }
  void make_pairs() {
    run("CREATE TABLE a (id bigint, k bigint, s text); CREATE TABLE b (k bigint, v int)");
    std::string last = std::to_string(kRows - 1), rows = std::to_string(kRows);
    run("INSERT INTO a SELECT i, (i * 7919) % " + rows + ", 'row ' || i FROM generate_series(0::bigint, " +
        last + ") AS g(i)");
    run("INSERT INTO b SELECT i, (i % 1000)::int FROM generate_series(0::bigint, " + last + ") AS g(i)");
    run("ANALYZE");
  }
  // No file of a sort or join has a name.
  void expect_no_temporary_file() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      std::string name = entry.path().filename().string();
      EXPECT_EQ(name.find("tmp"), std::string::npos) << name;
      EXPECT_EQ(name.find("temp"), std::string::npos) << name;
    }
  }

  std::string folder_;
  std::optional<Database> database_;
  std::optional<Connection> connection_;
};

TEST_F(SmallMemoryTest, ATableSixtyTimesThePool) {
  run("CREATE TABLE wide (id bigint, filler text)");
  run("INSERT INTO wide SELECT i, repeat(md5(i::text), 32) FROM generate_series(1::bigint, " +
      std::to_string(kWideRows) + ") AS g(i)");
  EXPECT_GE(number_of(*connection_, "SELECT pg_relation_size('wide')"), kTableBytes);

  int64_t evicted_before = number_of(*connection_, "SELECT buffers_evicted FROM pg_stat_bgwriter");
  std::vector<bool> met(static_cast<size_t>(kWideRows) + 1);
  Rows rows = connection_->query("SELECT id, filler, md5(id::text) FROM wide").value();
  int64_t count = 0;
  while (rows.next().value()) {
    int64_t id = rows.int64(0);
    ASSERT_TRUE(id >= 1 && id <= kWideRows);
    ASSERT_FALSE(met[static_cast<size_t>(id)]) << "met twice: " << id;
    met[static_cast<size_t>(id)] = true;
    std::string filler = rows.text(1), once = rows.text(2);
    ASSERT_EQ(filler.size(), 1024u);
    for (size_t i = 0; i < 32; ++i) ASSERT_EQ(filler.compare(i * 32, 32, once), 0) << id;
    ++count;
  }
  EXPECT_EQ(count, kWideRows);
  int64_t pages = kTableBytes / 16384;
  EXPECT_GE(number_of(*connection_, "SELECT buffers_evicted FROM pg_stat_bgwriter") - evicted_before,
            pages / 2);
  EXPECT_GE(number_of(*connection_, "SELECT blks_read FROM pg_stat_database"), pages / 2);

  std::string plan = explained(*connection_, "SELECT sum(id) FROM wide");
  EXPECT_GE(figure(plan, " read="), pages / 2) << plan;
  EXPECT_GE(figure(plan, " evicted="), pages / 2) << plan;
  EXPECT_EQ(number_of(*connection_, "SELECT sum(id) FROM wide"), kWideRows * (kWideRows + 1) / 2);
}

TEST_F(SmallMemoryTest, ASortOfAMillionRows) {
  make_pairs();
  std::string sql = "SELECT k, id, s FROM a ORDER BY k DESC, id";
  std::vector<std::pair<int64_t, int64_t>> expected;
  for (int64_t id = 0; id < kRows; ++id) expected.emplace_back(-key_of(id), id);
  std::sort(expected.begin(), expected.end());
  Rows rows = connection_->query(sql).value();
  size_t at = 0;
  while (rows.next().value()) {
    ASSERT_LT(at, expected.size());
    ASSERT_EQ(rows.int64(0), -expected[at].first) << "row " << at;
    ASSERT_EQ(rows.int64(1), expected[at].second) << "row " << at;
    ASSERT_EQ(rows.text(2), "row " + std::to_string(expected[at].second));
    if (++at % 100000 == 1) expect_no_temporary_file();
  }
  EXPECT_EQ(at, expected.size());

  std::string plan = explained(*connection_, sql);
  EXPECT_NE(plan.find("Sort Method: external merge"), std::string::npos) << plan;
  EXPECT_GT(figure(plan, "Disk: "), kRows * 20 / 1024) << plan;
  EXPECT_GT(figure(plan, " written=", "temp"), 0) << plan;
  EXPECT_GT(figure(plan, "temp read="), 0) << plan;
  EXPECT_GT(figure(plan, " evicted="), 0) << plan;
}

TEST_F(SmallMemoryTest, AHashJoinOfAMillionRows) {
  make_pairs();
  run("SET enable_mergejoin = off; SET enable_nestloop = off");
  std::string sql = "SELECT count(*), sum(a.id * b.v) FROM a JOIN b ON a.k = b.k";
  int64_t expected = 0;
  for (int64_t id = 0; id < kRows; ++id) expected += id * (key_of(id) % 1000);
  Rows rows = connection_->query(sql).value();
  ASSERT_TRUE(rows.next().value());
  EXPECT_EQ(rows.int64(0), kRows);
  EXPECT_EQ(rows.text(1), std::to_string(expected));

  std::string plan = explained(*connection_, sql);
  EXPECT_NE(plan.find("Hash Join"), std::string::npos) << plan;
  EXPECT_GT(figure(plan, "Batches: "), 1) << plan;
  EXPECT_GT(figure(plan, "Buckets: "), 0) << plan;
  EXPECT_GT(figure(plan, "Disk Usage: "), 0) << plan;
  EXPECT_LE(figure(plan, "Memory Usage: "), 1200) << plan;
  EXPECT_GT(figure(plan, " written=", "temp"), 0) << plan;
  EXPECT_GT(number_of(*connection_, "SELECT temp_bytes FROM pg_stat_database"), kRows * 16);
  expect_no_temporary_file();
}

TEST_F(SmallMemoryTest, AHashAggregateOfAMillionGroups) {
  make_pairs();
  run("SET enable_sort = off");
  std::string sql =
      "SELECT count(*), sum(n), max(m) FROM (SELECT k, count(*) AS n, max(id) AS m FROM a GROUP BY k) x";
  Rows rows = connection_->query(sql).value();
  ASSERT_TRUE(rows.next().value());
  std::vector<bool> keys(static_cast<size_t>(kRows));
  for (int64_t id = 0; id < kRows; ++id) keys[static_cast<size_t>(key_of(id))] = true;
  EXPECT_EQ(rows.int64(0), std::count(keys.begin(), keys.end(), true));
  EXPECT_EQ(rows.text(1), std::to_string(kRows));
  EXPECT_EQ(rows.int64(2), kRows - 1);
  std::string plan = explained(*connection_, sql);
  EXPECT_NE(plan.find("HashAggregate"), std::string::npos) << plan;
  EXPECT_GT(figure(plan, "Batches: "), 1) << plan;
  EXPECT_GT(figure(plan, "Disk Usage: "), 0) << plan;
  EXPECT_LE(figure(plan, "Memory Usage: "), 1300) << plan;
}

}  // namespace
}  // namespace rowan
