// Accepts what PostgreSQL accepts and refuses the rest in its words.
#include <gtest/gtest.h>

#include <string>

#include "parser/parser.h"
#include "tests/unit/parser/statement_table.h"

namespace rowan {
namespace {

int character_position(const std::string& text, Position position) {
  if (position < 0) return 0;
  int characters = 1;
  for (Position i = 0; i < position; i++) {
    characters += (static_cast<unsigned char>(text[static_cast<size_t>(i)]) & 0xC0) != 0x80;
  }
  return characters;
}

// In the words of the table; a hint of ours about a keyword, which PostgreSQL does not give, is left out.
std::string parse_outcome(const std::string& text) {
  ScriptReader reader(text);
  for (;;) {
    auto parsed = reader.next();
    if (parsed.ok() && *parsed == nullptr) return "ok";
    if (parsed.ok()) continue;
    const Error& error = parsed.error();
    std::string hint = error.hint().rfind("Perhaps you meant the keyword", 0) == 0 ? "" : error.hint();
    return std::string(error.state().text()) + "|" + error.message() + "|" +
           std::to_string(character_position(text, error.position())) + "|" + hint;
  }
}

TEST(Statements, AreTakenAndRefusedAsByPostgres) {
  for (const StatementCase& one : kStatementCases) {
    EXPECT_EQ(parse_outcome(one.statement), one.outcome) << one.statement;
  }
}

TEST(Statements, OutsideTheLanguageAreNamed) {
  auto refused = [](const char* text) { return parse_outcome(text); };
  EXPECT_EQ(refused("GRANT SELECT ON a TO b"), "0A000|GRANT is not supported|1|");
  EXPECT_EQ(refused("CREATE FUNCTION f() RETURNS int AS 'x' LANGUAGE sql"),
            "0A000|CREATE FUNCTION is not supported|1|");
  EXPECT_EQ(refused("SELECT * FROM t TABLESAMPLE system (1)"), "0A000|TABLESAMPLE is not supported|17|");
  EXPECT_EQ(refused("CREATE TABLE t (LIKE u)"), "0A000|LIKE in CREATE TABLE is not supported|17|");
  EXPECT_EQ(refused("CREATE UNLOGGED TABLE t (a int)"), "0A000|UNLOGGED is not supported|8|");
  EXPECT_EQ(refused("SELECT 1 INTO UNLOGGED x"), "0A000|UNLOGGED is not supported|15|");
  EXPECT_EQ(refused("CREATE TABLE t (a int UNIQUE NULLS NOT DISTINCT)"),
            "0A000|NULLS NOT DISTINCT is not supported|30|");
  EXPECT_EQ(refused("CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT"),
            "0A000|NULLS NOT DISTINCT is not supported|32|");
}

// BACKUP is no word of PostgreSQL's, and takes no name from anybody.
TEST(Statements, BackupNamesOneFile) {
  EXPECT_EQ(parse_outcome("BACKUP TO 'file'"), "ok");
  EXPECT_EQ(parse_outcome("backup to E'a\\tb'"), "ok");
  EXPECT_EQ(parse_outcome("BACKUP TO"), "42601|syntax error at end of input|10|");
  EXPECT_EQ(parse_outcome("BACKUP 'file'"), "42601|syntax error at or near \"'file'\"|8|");
  EXPECT_EQ(parse_outcome("BACKUP TO file"), "42601|syntax error at or near \"file\"|11|");
  EXPECT_EQ(parse_outcome("BACKUP TO 'a', 'b'"), "42601|syntax error at or near \",\"|14|");
  EXPECT_EQ(parse_outcome("SELECT backup FROM backup AS backup"), "ok");
  EXPECT_EQ(parse_outcome("SELECT 1 backup"), "ok");
}

TEST(Statements, MisspeltKeywordsGetAHint) {
  auto hint = [](const char* text) { return parse_statement(text).error().hint(); };
  EXPECT_EQ(hint("SELCT 1"), "Perhaps you meant the keyword SELECT.");
  EXPECT_EQ(hint("SELECT a FORM t"), "Perhaps you meant the keyword FROM.");
  EXPECT_EQ(hint("SELECT * FORM t"), "Perhaps you meant the keyword FROM.");
  EXPECT_EQ(hint("DELETE FROM t WEHRE a = 1"), "Perhaps you meant the keyword WHERE.");
  EXPECT_EQ(hint("SELECT a FROM t WHERE a LIEK 'x'"), "Perhaps you meant the keyword LIKE.");
  EXPECT_EQ(hint("SELECT a FROM t ORDER BY a DSEC"), "Perhaps you meant the keyword DESC.");
  EXPECT_EQ(hint("ALTER TABLE t RENME TO u"), "Perhaps you meant the keyword RENAME.");
  EXPECT_EQ(hint("GRNAT ALL ON t TO u"), "Perhaps you meant the keyword GRANT.");
  EXPECT_EQ(hint("SELECT sum(a) OVR (ORDER BY a) FROM t"), "Perhaps you meant the keyword OVER.");
  EXPECT_EQ(hint("SELECT a b c"), "");
}

}  // namespace
}  // namespace rowan
