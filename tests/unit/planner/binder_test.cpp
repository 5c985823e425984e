// Names, types and shapes: what the binder makes of statements.
#include "tests/unit/planner/binder_support.h"

namespace rowan::binder_test {
namespace {

TEST(Binder, NamesOutputColumnsAsPostgreSQLDoes) {
  EXPECT_EQ(
      output_text("select 1, 'x', true, id + 1, lower(name), id::bigint, case when true then 1 end, "
                  "coalesce(name, ''), (select nam from u limit 1), name as n, exists (select 1) from t"),
      "?column?:integer, ?column?:text, ?column?:boolean, ?column?:integer, lower:text, id:bigint, "
      "case:integer, coalesce:text, nam:text, n:text, exists:boolean");
  EXPECT_EQ(output_text("select cast('5' as int), '5'::numeric(4,1)"), "int4:integer, numeric:numeric(4,1)");
  EXPECT_EQ(output_text("values (1, 'a'), (2, null)"), "column1:integer, column2:text");
}

TEST(Binder, TypesLiteralsByTheirSize) {
  EXPECT_EQ(output_text("select 2147483647 a, 2147483648 b, 9223372036854775808 c, -2147483648 d, 1.5 e"),
            "a:integer, b:bigint, c:numeric, d:integer, e:numeric");
}

TEST(Binder, MergesColumnsOfUsingAndNatural) {
  EXPECT_EQ(
      output_text("select * from t join u using (id)"),
      "id:integer, name:text, val:numeric(10,2), v:character varying(5), d:date, tid:integer, nam:text, "
      "big:bigint");
  EXPECT_EQ(bound_text("select id from t natural full join u"),
            "Project coalesce(id#1, id#6) -> id#10\n"
            "  Join Full (id#1 = id#6) -> id#1 name#2 val#3 v#4 d#5 id#6 tid#7 nam#8 big#9\n"
            "    Get t -> id#1 name#2 val#3 v#4 d#5\n"
            "    Get u -> id#6 tid#7 nam#8 big#9\n");
}

TEST(Binder, JoinsTheSourceOfMergeToItsTable) {
  // From outside only where something may be inserted.
  EXPECT_EQ(bound_text("merge into u using t on t.id = u.id when matched and t.v = nam then delete"),
            "Merge u by #5 on (id#6 = id#1) matched and (v#9 = nam#3) then delete ->\n"
            "  Join Inner (id#6 = id#1) -> id#6 name#7 val#8 v#9 d#10 id#1 tid#2 nam#3 big#4 ctid#5\n"
            "    Get t -> id#6 name#7 val#8 v#9 d#10\n"
            "    Get u -> id#1 tid#2 nam#3 big#4 ctid#5\n");
  EXPECT_EQ(
      bound_text("merge into u using (select 1) s(a) on s.a = u.id when matched then update set nam = 'x' "
                 "when not matched and a > 0 then insert (id) values (a)"),
      "Merge u by #5 on (a#6 = id#1) matched then update 2 := 'x'::text not matched and (a#6 > 0) then "
      "insert "
      "0 := a#6 ->\n"
      "  Join Left (a#6 = id#1) -> ?column?#6 id#1 tid#2 nam#3 big#4 ctid#5\n"
      "    Project 1 -> ?column?#6\n"
      "      OneRow ->\n"
      "    Get u -> id#1 tid#2 nam#3 big#4 ctid#5\n");
}

TEST(Binder, GroupsByNamePositionAndDependency) {
  EXPECT_EQ(bound_text("select name, v from t group by id"),
            "Project name#7, v#8 -> name#7 v#8\n"
            "  Aggregate [id#1, name#2, v#4] -> id#6 name#7 v#8\n"
            "    Get t -> id#1 name#2 val#3 v#4 d#5\n");
  EXPECT_EQ(bound_text("select tid % 2 as k, count(*) from u group by k having count(*) > 1 order by 1"),
            bound_text("select tid % 2 as k, count(*) from u group by 1 having count(*) > 1 order by k"));
}

TEST(Binder, KeepsOneDistinctForDistinctOn) {
  EXPECT_EQ(bound_text("select distinct on (name) name, id from t order by name, id"),
            "Distinct on #2 -> name#2 id#1\n"
            "  Sort name#2, id#1 -> name#2 id#1\n"
            "    Project name#2, id#1 -> name#2 id#1\n"
            "      Get t -> id#1 name#2 val#3 v#4 d#5\n");
}

TEST(Binder, OuterAggregatesBelongToTheOuterQuery) {
  EXPECT_EQ(bound_text("select (select max(t.id)) from t"),
            "Project (subquery 0) -> max#8\n"
            "  Aggregate [] max(id#1) -> max#6\n"
            "    Get t -> id#1 name#2 val#3 v#4 d#5\n"
            "subquery 0 #6\n"
            "  Project max#6 -> max#7\n"
            "    OneRow ->\n");
}

TEST(Binder, InsertsDefaultsAndAssignsTypes) {
  EXPECT_EQ(bound_text("insert into g(b) values ('x'), (default) returning *"),
            "Insert g (2 0 1) returning id#8, a#9, b#10 -> id#11 a#12 b#13\n"
            "  Project b#5, (41 + 1), 7 -> b#5 id#6 a#7\n"
            "    Values ('x'::text) (null) -> b#5\n");
  EXPECT_EQ(bound_text("insert into g(id) values (5)"),
            "ERROR 428C9: cannot insert a non-DEFAULT value into column \"id\" | DETAIL Column \"id\" is an "
            "identity column defined as GENERATED ALWAYS. | HINT Use OVERRIDING SYSTEM VALUE to override.");
  EXPECT_EQ(bound_text("insert into g(id) overriding system value values (5)").substr(0, 8), "Insert g");
}

TEST(Binder, TellsTheProposedRowFromTheExistingOne) {
  EXPECT_EQ(bound_text("insert into u(id, tid, nam) values (1, 1, 'a') on conflict (nam, tid) do update set "
                       "big = excluded.big + u.big where u.id > 3"),
            "Insert u (0 1 2) do update 3 := (big#16 + big#12) where (id#9 > 3) ->\n"
            "  Project 1, 1, 'a'::text -> id#6 tid#7 nam#8\n"
            "    OneRow ->\n");
}

TEST(Binder, WritesThroughSimpleViews) {
  EXPECT_EQ(bound_text("update w set label = upper(label) where id = 1"),
            "Update t by #6 1 := upper(label#2) ->\n"
            "  Filter (id#1 = 1) -> id#1 name#2 val#3 v#4 d#5 ctid#6\n"
            "    Filter (val#3 > 0::numeric) -> id#1 name#2 val#3 v#4 d#5 ctid#6\n"
            "      Get t -> id#1 name#2 val#3 v#4 d#5 ctid#6\n");
  EXPECT_EQ(bound_text("delete from agg"),
            "ERROR 55000: cannot delete from view \"agg\" | DETAIL Views containing GROUP BY are not "
            "automatically updatable. | HINT To enable deleting from the view, provide an INSTEAD OF DELETE "
            "trigger or an unconditional ON DELETE DO INSTEAD rule.");
}

TEST(Binder, InfersParameterTypes) {
  Result<BoundStatement> bound = bind_text("select id from t where id = $1 and name = $2 limit $3");
  ASSERT_TRUE(bound.ok()) << bound.error().message();
  ASSERT_EQ(bound->parameters.size(), 3u);
  EXPECT_EQ(bound->parameters[0].id, TypeId::Integer);
  EXPECT_EQ(bound->parameters[1].id, TypeId::Text);
  EXPECT_EQ(bound->parameters[2].id, TypeId::BigInt);
}

TEST(Binder, BindsLongChainsWithoutRecursion) {
  std::string sum = "select 1", logic = "select * from t where id = 0";
  for (int i = 0; i < 20000; ++i) {
    sum += "+1";
    logic += " or id = 1";
  }
  EXPECT_TRUE(bind_text(sum).ok());
  EXPECT_TRUE(bind_text(logic).ok());
  Result<BoundStatement> bound = bind_text(sum);
  EvalContext context;
  ASSERT_TRUE(rewrite(*bound, context).ok());
  EXPECT_EQ(dump(*bound).substr(0, 13), "Project 20001");
}

TEST(Binder, BindsExpressionsOfATable) {
  catalog::CatalogPtr catalog = make_catalog();
  auto table = std::get<catalog::TablePtr>(catalog->find_relation("", "t"));
  Result<ExprPtr> check = bind_stored_expression("id > 0 AND name <> ''", *table, TableExpressionKind::Check,
                                                 catalog, BindOptions{});
  ASSERT_TRUE(check.ok()) << check.error().message();
  EXPECT_EQ(dump(**check), "((@0 > 0) and (@1 <> ''::text))");
  Type target = TypeId::Integer;
  EXPECT_FALSE(
      bind_stored_expression("id", *table, TableExpressionKind::Default, catalog, BindOptions{}, &target)
          .ok());
}

}  // namespace
}  // namespace rowan::binder_test
