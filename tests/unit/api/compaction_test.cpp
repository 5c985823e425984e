// A file gets shorter when most of its values out of line are deleted, wherever rows and values stand.
#include <gtest/gtest.h>

#include "check_world.h"

namespace rowan::check_test {
namespace {

// Rounds of the background with a write and a checkpoint now and then, until nothing has changed for long.
void let_it_shrink(World& world) {
  PageNo last = 0;
  for (int same = 0, round = 0; same < 20 && round < 3000; ++round) {
    bool more = world.instance()->tend();
    if (more) continue;
    world.sql().run("UPDATE tick SET n = n + 1; CHECKPOINT");
    PageNo now = world.instance()->storage().space().file_pages();
    same = now == last ? same + 1 : 0;
    last = now;
  }
}

void delete_and_shrink(const std::string& fill) {
  World world;
  world.sql().run(
      "CREATE TABLE tick (n int); INSERT INTO tick VALUES (0);"
      "CREATE TABLE t (id int PRIMARY KEY, a text);" +
      fill);
  world.sql().run("DELETE FROM t WHERE substr(md5(id::text), 1, 2) > '19'");
  std::string sum = "SELECT md5(string_agg(id || a, ',' ORDER BY id)) FROM t";
  std::string before = world.sql().one_value(sum);
  uint64_t full = world.instance()->storage().space().file_pages();
  let_it_shrink(world);
  uint64_t live = std::stoull(world.sql().one_value("SELECT sum(length(a)) FROM t"));
  uint64_t file = world.instance()->storage().space().file_pages();
  EXPECT_LT(file * kPageSize, 3 * live + (uint64_t{4} << 20)) << "of " << full << " pages";
  EXPECT_LT(file * 2, full);
  EXPECT_EQ(world.sql().one_value(sum), before);
  EXPECT_EQ(world.closed().check(), Lines());
}

const char* const kLong =
    "(SELECT string_agg(md5(i::text || g::text), '') FROM generate_series(1, CASE WHEN i % 100 = 50 THEN "
    "3125 "
    "ELSE 94 END) g)";

TEST(Compaction, OfValuesBesideTheirRows) {
  delete_and_shrink("INSERT INTO t SELECT i, " + std::string(kLong) + " FROM generate_series(1, 6000) i");
}

TEST(Compaction, OfValuesBehindAllRows) {
  delete_and_shrink(
      "INSERT INTO t SELECT i FROM generate_series(1, 6000) i;"
      "UPDATE t SET a = (SELECT " +
      std::string(kLong) + " FROM (VALUES (t.id)) AS v(i))");
}

}  // namespace
}  // namespace rowan::check_test
