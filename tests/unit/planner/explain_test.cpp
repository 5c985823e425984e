// EXPLAIN's text against what PostgreSQL 15 prints for the same plans.
#include <gtest/gtest.h>

#include "parser/parser.h"
#include "planner/explain.h"
#include "planner/planner.h"
#include "tests/unit/planner/hospital.h"

namespace rowan {
namespace {

std::string explain_sql(std::string_view sql, ExplainOptions as = {}, PlannedPtr* planned = nullptr) {
  auto parsed = parse_statement(sql);
  if (!parsed.ok()) return "parse: " + parsed.error().message();
  PlanOptions options;
  auto result = plan(*(*parsed)->root, hospital::make_catalog(), options);
  if (!result.ok()) return std::string(result.error().state().text()) + " " + result.error().message();
  std::string text;
  for (const std::string& line : explain(**result, as, nullptr)) text += line + "\n";
  if (planned != nullptr) *planned = std::move(result).take();
  return text;
}

std::string explain_plain(std::string_view sql) {
  ExplainOptions as;
  as.costs = false;
  return explain_sql(sql, as);
}

TEST(Explain, Leaves) {
  EXPECT_EQ(explain_plain("SELECT 1"), "Result\n");
  EXPECT_EQ(explain_plain("SELECT 1 WHERE false"), "Result\n  One-Time Filter: false\n");
  EXPECT_EQ(explain_plain("SELECT * FROM (VALUES (1), (2)) v(a) WHERE a > 1"),
            "Values Scan on \"*VALUES*\"\n  Filter: (column1 > 1)\n");
  EXPECT_EQ(explain_plain("SELECT * FROM generate_series(1, 10) g WHERE g > 3"),
            "Function Scan on generate_series g\n  Filter: (g > 3)\n");
}

TEST(Explain, Conditions) {
  EXPECT_EQ(explain_plain(
                "SELECT * FROM ward WHERE name = 'icu' AND (beds > 3 OR beds IS NULL) AND beds IN (1, 2)"),
            "Seq Scan on ward\n"
            "  Filter: (((name)::text = 'icu'::text) AND ((beds > 3) OR (beds IS NULL)) AND (beds = ANY "
            "('{1,2}'::integer[])))\n");
  EXPECT_EQ(explain_plain("SELECT * FROM appointment WHERE fee > 10.5"),
            "Seq Scan on appointment\n  Filter: (fee > 10.5)\n");
  EXPECT_EQ(
      explain_plain(
          "SELECT * FROM ward WHERE lower(name) = 'x' AND beds + 1 = -3 AND NOT (beds = 4 AND name = 'b')"),
      "Seq Scan on ward\n"
      "  Filter: ((lower((name)::text) = 'x'::text) AND ((beds + 1) = '-3'::integer) AND ((beds <> 4) OR "
      "((name)::text <> 'b'::text)))\n");
}

TEST(Explain, JoinsAreQualified) {
  EXPECT_EQ(explain_plain(
                "SELECT a.id FROM appointment a JOIN patient p ON p.id = a.patient_id WHERE p.ward = 'icu' "
                "ORDER BY a.fee LIMIT 3"),
            "Limit\n"
            "  ->  Sort\n"
            "        Sort Key: a.fee\n"
            "        ->  Hash Join\n"
            "              Hash Cond: (a.patient_id = p.id)\n"
            "              ->  Seq Scan on appointment a\n"
            "              ->  Hash\n"
            "                    ->  Seq Scan on patient p\n"
            "                          Filter: ((ward)::text = 'icu'::text)\n");
}

TEST(Explain, GroupsAndHaving) {
  EXPECT_EQ(
      explain_plain("SELECT ward, count(*) FROM patient GROUP BY ward HAVING count(*) > 1 ORDER BY 2 DESC"),
      "Sort\n"
      "  Sort Key: (count(*)) DESC\n"
      "  ->  HashAggregate\n"
      "        Group Key: ward\n"
      "        Filter: (count(*) > 1)\n"
      "        ->  Seq Scan on patient\n");
  EXPECT_EQ(explain_plain("SELECT DISTINCT ward FROM patient"),
            "HashAggregate\n"
            "  Group Key: ward\n"
            "  ->  Seq Scan on patient\n");
  EXPECT_EQ(explain_plain("SELECT sum(fee) FROM appointment"), "Aggregate\n  ->  Seq Scan on appointment\n");
}

TEST(Explain, Windows) {
  EXPECT_EQ(explain_plain("SELECT id, rank() OVER (PARTITION BY doctor ORDER BY fee) FROM appointment"),
            "WindowAgg\n"
            "  ->  Sort\n"
            "        Sort Key: doctor, fee\n"
            "        ->  Seq Scan on appointment\n");
}

TEST(Explain, Subplans) {
  EXPECT_EQ(explain_plain("SELECT * FROM ward WHERE beds > (SELECT avg(beds) FROM ward)"),
            "Seq Scan on ward\n"
            "  Filter: ((beds)::numeric > $0)\n"
            "  InitPlan 1 (returns $0)\n"
            "    ->  Aggregate\n"
            "          ->  Seq Scan on ward ward_1\n");
}

TEST(Explain, Writes) {
  EXPECT_EQ(explain_plain("INSERT INTO ward VALUES ('x', 1)"), "Insert on ward\n  ->  Result\n");
  EXPECT_EQ(explain_plain("INSERT INTO ward VALUES ('x', 1), ('y', 2)"),
            "Insert on ward\n  ->  Values Scan on \"*VALUES*\"\n");
  EXPECT_EQ(explain_plain("UPDATE patient SET name = 'x' WHERE id = 3"),
            "Update on patient\n"
            "  ->  Index Scan using patient_pkey on patient\n"
            "        Index Cond: (id = 3)\n");
  EXPECT_EQ(explain_plain("DELETE FROM ward"), "Delete on ward\n  ->  Seq Scan on ward\n");
  EXPECT_EQ(explain_plain(
                "INSERT INTO ward SELECT * FROM ward ON CONFLICT (name) DO UPDATE SET beds = excluded.beds"),
            "Insert on ward\n"
            "  Conflict Resolution: UPDATE\n"
            "  Conflict Arbiter Indexes: ward_pkey\n"
            "  ->  Seq Scan on ward ward_1\n");
}

TEST(Explain, Sets) {
  EXPECT_EQ(explain_plain("SELECT id FROM patient UNION SELECT id FROM appointment"),
            "HashAggregate\n"
            "  Group Key: patient.id\n"
            "  ->  Append\n"
            "        ->  Seq Scan on patient\n"
            "        ->  Seq Scan on appointment\n");
  EXPECT_EQ(explain_plain("SELECT name FROM ward INTERSECT SELECT ward FROM patient"),
            "HashSetOp Intersect\n"
            "  ->  Append\n"
            "        ->  Subquery Scan on \"*SELECT* 1\"\n"
            "              ->  Seq Scan on ward\n"
            "        ->  Subquery Scan on \"*SELECT* 2\"\n"
            "              ->  Seq Scan on patient\n");
}

TEST(Explain, RecursiveQueries) {
  EXPECT_EQ(
      explain_plain(
          "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT * FROM r"),
      "CTE Scan on r\n"
      "  CTE r\n"
      "    ->  Recursive Union\n"
      "          ->  Result\n"
      "          ->  WorkTable Scan on r r_1\n"
      "                Filter: (n < 10)\n");
}

TEST(Explain, WithQueriesThatWrite) {
  EXPECT_EQ(explain_plain("WITH gone AS (DELETE FROM ward WHERE beds = 0 RETURNING *) "
                          "INSERT INTO never SELECT beds, name FROM gone"),
            "Insert on never\n"
            "  CTE gone\n"
            "    ->  Delete on ward\n"
            "          ->  Seq Scan on ward\n"
            "                Filter: (beds = 0)\n"
            "  ->  CTE Scan on gone\n");
  // Nobody reads it; both tables are called the same.
  EXPECT_EQ(
      explain_plain("WITH x AS (UPDATE ward SET beds = 1 WHERE beds = 0) DELETE FROM ward WHERE beds = 2"),
      "Delete on ward\n"
      "  CTE x\n"
      "    ->  Update on ward ward_1\n"
      "          ->  Seq Scan on ward ward_1\n"
      "                Filter: (beds = 0)\n"
      "  ->  Seq Scan on ward\n"
      "        Filter: (beds = 2)\n");
}

TEST(Explain, LockRows) {
  EXPECT_EQ(explain_plain("SELECT * FROM ward FOR UPDATE"), "LockRows\n  ->  Seq Scan on ward\n");
}

TEST(Explain, CostsAndFigures) {
  auto parsed = parse_statement("SELECT * FROM ward WHERE beds > 20");
  ASSERT_TRUE(parsed.ok());
  auto planned = plan(*(*parsed)->root, hospital::make_catalog(), PlanOptions{});
  ASSERT_TRUE(planned.ok());
  ExplainOptions as;
  std::string first = explain(**planned, as, nullptr)[0];
  EXPECT_EQ(first.rfind("Seq Scan on ward  (cost=0.00..1.07 rows=", 0), 0u) << first;

  ExecutionFigures figures;
  figures.nodes.resize((*planned)->node_count);
  NodeFigures& scan = figures.nodes[0];
  scan.loops = 1;
  scan.rows = 4;
  scan.startup_ns = 12'000;
  scan.total_ns = 20'400;
  scan.rows_removed_by_filter = 2;
  scan.buffers_hit = 1;
  figures.planning_ns = 41'000;
  figures.execution_ns = 62'000;
  as.analyze = as.buffers = as.summary = true;
  as.costs = false;
  std::string text;
  for (const std::string& line : explain(**planned, as, &figures)) text += line + "\n";
  EXPECT_EQ(text,
            "Seq Scan on ward (actual time=0.012..0.020 rows=4 loops=1)\n"
            "  Filter: (beds > 20)\n"
            "  Rows Removed by Filter: 2\n"
            "  Buffers: shared hit=1\n"
            "Planning Time: 0.041 ms\n"
            "Execution Time: 0.062 ms\n");
}

TEST(Explain, Json) {
  ExplainOptions as;
  as.costs = false;
  as.format = ExplainOptions::Format::Json;
  EXPECT_EQ(explain_sql("SELECT * FROM ward WHERE name = 'x'", as),
            "[\n"
            "  {\n"
            "    \"Plan\": {\n"
            "      \"Node Type\": \"Seq Scan\",\n"
            "      \"Parallel Aware\": false,\n"
            "      \"Async Capable\": false,\n"
            "      \"Relation Name\": \"ward\",\n"
            "      \"Alias\": \"ward\",\n"
            "      \"Filter\": \"((name)::text = 'x'::text)\"\n"
            "    }\n"
            "  }\n"
            "]\n");
}

TEST(Explain, OptionsAndTheirErrors) {
  auto options_of = [](std::string_view sql) {
    auto parsed = parse_statement(sql);
    return explain_options(std::get<ast::Explain>((*parsed)->root->node));
  };
  auto all = options_of("EXPLAIN (ANALYZE, COSTS off, BUFFERS) SELECT 1");
  ASSERT_TRUE(all.ok());
  EXPECT_TRUE(all->analyze && all->buffers && all->summary && all->timing && !all->costs);
  EXPECT_EQ(options_of("EXPLAIN (foo) SELECT 1").error().message(), "unrecognized EXPLAIN option \"foo\"");
  EXPECT_EQ(options_of("EXPLAIN (timing) SELECT 1").error().message(),
            "EXPLAIN option TIMING requires ANALYZE");
  EXPECT_EQ(options_of("EXPLAIN (analyze maybe) SELECT 1").error().message(),
            "analyze requires a Boolean value");
}

}  // namespace
}  // namespace rowan
