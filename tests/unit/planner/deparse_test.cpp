// Expressions as PostgreSQL's ruleutils prints them.
#include <gtest/gtest.h>

#include "planner/binder.h"
#include "planner/deparse.h"
#include "tests/unit/planner/hospital.h"

namespace rowan {
namespace {

std::string deparsed_check(std::string_view sql, bool pretty = false) {
  auto catalog = hospital::make_catalog();
  auto table = std::get<catalog::TablePtr>(catalog->find_relation("", "appointment"));
  auto bound = bind_stored_expression(sql, *table, TableExpressionKind::Check, catalog, BindOptions{});
  if (!bound.ok()) return bound.error().message();
  return deparse_for_table(**bound, *table, pretty);
}

TEST(Deparse, OperatorsInFull) {
  EXPECT_EQ(deparsed_check("fee > 0"), "(fee > (0)::numeric)");
  EXPECT_EQ(deparsed_check("id > 0 AND id < 10 OR doctor IS NULL"),
            "(((id > 0) AND (id < 10)) OR (doctor IS NULL))");
  EXPECT_EQ(deparsed_check("doctor LIKE 'a%'"), "(doctor ~~ 'a%'::text)");
  EXPECT_EQ(deparsed_check("NOT id = 3"), "(NOT (id = 3))");
  EXPECT_EQ(deparsed_check("coalesce(doctor, 'x') = 'y'"), "(COALESCE(doctor, 'x'::text) = 'y'::text)");
  EXPECT_EQ(deparsed_check("doctor IS DISTINCT FROM 'q'"), "(doctor IS DISTINCT FROM 'q'::text)");
  EXPECT_EQ(deparsed_check("id BETWEEN 1 AND 5"), "((id >= 1) AND (id <= 5))");
}

TEST(Deparse, PrettyLeavesOutWhatPrecedenceGives) {
  EXPECT_EQ(deparsed_check("id > 0 AND id < 10 OR doctor IS NULL", true),
            "id > 0 AND id < 10 OR doctor IS NULL");
  EXPECT_EQ(deparsed_check("id + 2 * patient_id = 3", true), "(id + 2 * patient_id) = 3");
  EXPECT_EQ(deparsed_check("(id + 2) * patient_id = 3", true), "((id + 2) * patient_id) = 3");
}

TEST(Deparse, NamesAndTexts) {
  EXPECT_EQ(quote_identifier("abc_1"), "abc_1");
  EXPECT_EQ(quote_identifier("Abc"), "\"Abc\"");
  EXPECT_EQ(quote_identifier("select"), "\"select\"");
  EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_literal("it's"), "'it''s'");
}

TEST(Deparse, Definitions) {
  auto catalog = hospital::make_catalog();
  auto table = std::get<catalog::TablePtr>(catalog->find_relation("", "appointment"));
  std::vector<std::string> texts;
  for (const auto& index : catalog->indexes_of(*table)) texts.push_back(index_definition(*table, *index));
  EXPECT_EQ(texts[0], "CREATE UNIQUE INDEX appointment_pkey ON public.appointment USING btree (id)");
  EXPECT_EQ(texts[2], "CREATE INDEX appointment_doctor ON public.appointment USING hash (doctor)");
}

}  // namespace
}  // namespace rowan
