// Each rewrite on the smallest statement that shows it.
#include "tests/unit/planner/binder_support.h"

namespace rowan::binder_test {
namespace {

struct RewriteCase {
  const char *sql, *plan;
};

void expect_plans(const std::vector<RewriteCase>& cases) {
  for (const RewriteCase& one : cases) EXPECT_EQ(rewritten_text(one.sql), one.plan) << one.sql;
}

TEST(Rewrite, FoldsConstantsAndTruthValues) {
  expect_plans({
      {"select 1 + 2 * 3, 'a' || 'b', lower('X')",
       "Project 7, 'ab'::text, 'x'::text -> ?column?#1 ?column?#2 lower#3\n  OneRow ->\n"},
      {"select 1 / 0", "Project (1 / 0) -> ?column?#1\n  OneRow ->\n"},
      {"select id from t where name = 'a' and (null or false)", "Empty -> id#1\n"},
      {"select id from t where not (id > 3 or name = 'x') and 1 = 1",
       "Project id#1 -> id#1\n"
       "  Filter ((id#1 <= 3) and (name#2 <> 'x'::text)) -> id#1 name#2\n"
       "    Get t -> id#1 name#2\n"},
  });
}

TEST(Rewrite, DemandsOutrightWhatEveryBranchOfAnOrDemands) {
  expect_plans({
      {"select t.id from t, u where (t.id = u.tid and u.big > 3) or (u.big < 0 and t.id = u.tid)",
       "Project id#1 -> id#1\n"
       "  Join Inner (id#1 = tid#7) -> id#1 tid#7 big#9\n"
       "    Get t -> id#1\n"
       "    Filter ((big#9 > 3) or (big#9 < 0)) -> tid#7 big#9\n"
       "      Get u -> tid#7 big#9\n"},
      // What a branch demands beyond the others does not matter if one demands nothing more.
      {"select id from t where (id = 4 and name = 'x') or id = 4",
       "Filter (id#1 = 4) -> id#1\n"
       "  Get t -> id#1\n"},
      // An inner OR first; then its outcome is a term of the outer branch.
      {"select id from t where (((id = 4 and name = 'x') or (id = 4 and name = 'y')) and id > 0) or (id = 4 "
       "and name = 'z')",
       "Project id#1 -> id#1\n"
       "  Filter ((id#1 = 4) and ((((name#2 = 'x'::text) or (name#2 = 'y'::text)) and (id#1 > 0)) or (name#2 "
       "= 'z'::text))) -> id#1 name#2\n"
       "    Get t -> id#1 name#2\n"},
      // Each call of a volatile function may say something else.
      {"select id from t where (random() < 0.5 and id = 1) or (random() < 0.5 and id = 2)",
       "Filter (((random() < '0.5'::double precision) and (id#1 = 1)) or ((random() < '0.5'::double "
       "precision) and "
       "(id#1 = 2))) -> id#1\n"
       "  Get t -> id#1\n"},
  });
}

TEST(Rewrite, PushesFiltersToWhereTheirColumnsComeFrom) {
  expect_plans({
      {"select t.id from t left join u on t.id = u.tid where u.big > 3",
       "Project id#1 -> id#1\n"
       "  Join Inner (id#1 = tid#7) -> id#1 tid#7 big#9\n"
       "    Get t -> id#1\n"
       "    Filter (big#9 > 3) -> tid#7 big#9\n"
       "      Get u -> tid#7 big#9\n"},
      {"select t.id from t left join u on t.id = u.tid where u.big is null",
       "Project id#1 -> id#1\n"
       "  Filter (big#9 is null) -> id#1 tid#7 big#9\n"
       "    Join Left (id#1 = tid#7) -> id#1 tid#7 big#9\n"
       "      Get t -> id#1\n"
       "      Get u -> tid#7 big#9\n"},
      {"select * from (select name, count(*) c from t group by name) s where name = 'x' and c > 1",
       "Project name#7, c#6 -> name#7 c#6\n"
       "  Filter (count#6 > 1) -> name#7 count#6\n"
       "    Aggregate [name#2] count(*) -> name#7 count#6\n"
       "      Filter (name#2 = 'x'::text) -> name#2\n"
       "        Get t -> name#2\n"},
      {"select * from (select id from t union all select tid from u) s where id = 4",
       "Union all -> id#10\n"
       "  Filter (id#1 = 4) -> id#1\n"
       "    Get t -> id#1\n"
       "  Filter (tid#7 = 4) -> tid#7\n"
       "    Get u -> tid#7\n"},
  });
}

TEST(Rewrite, ReadsNothingOfWhatAnOuterJoinCannotMatch) {
  expect_plans({
      {"select t.id from t left join u on t.id = u.id and false",
       "Project id#1 -> id#1\n"
       "  Join Left f -> id#1 id#6 tid#7 nam#8 big#9\n"
       "    Get t -> id#1\n"
       "    Empty -> id#6 tid#7 nam#8 big#9\n"},
      {"merge into t using u on false when not matched then insert (id) values (u.id)",
       "Merge t by #6 on f not matched then insert 0 := id#7 ->\n"
       "  Join Left f -> id#7 id#1 name#2 val#3 v#4 d#5 ctid#6\n"
       "    Get u -> id#7\n"
       "    Empty -> id#1 name#2 val#3 v#4 d#5 ctid#6\n"},
  });
}

TEST(Rewrite, SpreadsConstantsOverEqualColumns) {
  expect_plans({
      {"select t.id from t right join u on t.id = u.tid where t.id = 5",
       "Project id#1 -> id#1\n"
       "  Join Inner (id#1 = tid#7) -> tid#7 id#1\n"
       "    Filter (tid#7 = 5) -> tid#7\n"
       "      Get u -> tid#7\n"
       "    Filter (id#1 = 5) -> id#1\n"
       "      Get t -> id#1\n"},
  });
}

TEST(Rewrite, UnnestsSubqueries) {
  expect_plans({
      {"select id from t where exists (select 1 from u where u.tid = t.id and nam = name)",
       "Project id#1 -> id#1\n"
       "  Join Semi ((tid#7 = id#1) and (nam#8 = name#2)) -> id#1 name#2\n"
       "    Get t -> id#1 name#2\n"
       "    Get u -> tid#7 nam#8\n"},
      {"select id from t where id not in (select tid from u)",
       "Join Anti (id#1 = tid#7) -> id#1\n"
       "  Get t -> id#1\n"
       "  Get u -> tid#7\n"},
      {"select id from t where name not in (select nam from u)",
       "Project id#1 -> id#1\n"
       "  Join NullAwareAnti (name#2 = nam#8) -> id#1 name#2\n"
       "    Get t -> id#1 name#2\n"
       "    Get u -> nam#8\n"},
      {"select id from t where 3 < (select count(*) from u where u.tid = t.id and u.big > 10)",
       "Project id#1 -> id#1\n"
       "  Filter (3 < coalesce(count#10, '0'::bigint)) -> id#1 tid#11 count#10\n"
       "    Join Left (tid#11 = id#1) -> id#1 tid#11 count#10\n"
       "      Get t -> id#1\n"
       "      Aggregate [tid#7] count(*) -> tid#11 count#10\n"
       "        Filter (big#9 > 10) -> tid#7 big#9\n"
       "          Get u -> tid#7 big#9\n"},
  });
}

TEST(Rewrite, InlinesWithQueriesReadOnce) {
  expect_plans({
      {"with a as (select id from t), b as (select id from a where id > 3) select * from b",
       "Project id#1 -> id#7\n"
       "  Filter (id#1 > 3) -> id#1\n"
       "    Get t -> id#1\n"},
      {"with a as materialized (select id from t) select * from a where id = 1",
       "Filter (id#6 = 1) -> id#6\n"
       "  CteRef 0 a -> id#6\n"
       "cte 0 a\n"
       "  Get t -> id#1\n"},
  });
}

TEST(Rewrite, LeavesWithQueriesThatWriteWhereTheyAre) {
  expect_plans({
      {"with a as (delete from u returning tid), b as (delete from g) select tid from a where tid > 3",
       "Filter (tid#18 > 3) -> tid#18\n"
       "  CteRef 0 a -> tid#18\n"
       "cte 0 a\n"
       "  Delete u by #5 returning tid#7 -> tid#10\n"
       "    Get u -> ctid#5\n"
       "cte 1 b\n"
       "  Delete g by #14 ->\n"
       "    Get g -> ctid#14\n"},
      {"with a as (with b as (select id from t) insert into u (tid) select id from b) select 1",
       "Project 1 -> ?column?#17\n"
       "  OneRow ->\n"
       "cte 1 a\n"
       "  Insert u (1) ->\n"
       "    Project id#1 -> tid#12\n"
       "      Get t -> id#1\n"},
  });
}

TEST(Rewrite, DropsWhatNobodySees) {
  expect_plans({
      {"select count(*) from (select * from t order by name) s",
       "Aggregate [] count(*) -> count#6\n  Get t ->\n"},
      {"select distinct name from t group by name", "Aggregate [name#2] -> name#6\n  Get t -> name#2\n"},
  });
}

}  // namespace
}  // namespace rowan::binder_test
