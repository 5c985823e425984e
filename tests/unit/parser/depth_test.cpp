// However long or deep a statement is, the stack holds.
#include <gtest/gtest.h>
#include <pthread.h>

#include <string>

#include "parser/parser.h"

namespace rowan {
namespace {

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; i++) all += text;
  return all;
}

void expect_chains_and_depths() {
  // Chains are loops, whatever their length.
  for (const std::string& chain :
       {"SELECT 1" + repeated("+1", 100000), "SELECT a" + repeated(" AND a", 100000),
        "SELECT a" + repeated("||a", 100000), "SELECT " + repeated("NOT ", 100000) + "a",
        "SELECT " + repeated("- ", 100000) + "a", "SELECT a" + repeated("::int", 100000),
        "SELECT a" + repeated(" IS NULL", 100000), "SELECT 1" + repeated(" UNION SELECT 1", 20000),
        "SELECT FROM t" + repeated(" CROSS JOIN t", 20000)}) {
    auto parsed = parse_statement(chain);
    EXPECT_TRUE(parsed.ok()) << chain.substr(0, 30);
  }
  // What nests stops before the stack does.
  for (const std::string& nest :
       {repeated("(", 100000), "SELECT " + repeated("(", 100000), "SELECT " + repeated("f(", 100000),
        "SELECT " + repeated("CASE WHEN ", 50000), "SELECT FROM " + repeated("(", 100000),
        "SELECT FROM " + repeated("(SELECT FROM ", 50000), repeated("WITH a AS (", 50000),
        "SELECT " + repeated("ARRAY[", 50000), "SELECT ARRAY" + repeated("[", 50000),
        "SELECT FROM t" + repeated(" JOIN t", 50000), "SELECT 1 GROUP BY " + repeated("CUBE (", 50000),
        "SELECT " + repeated("- (", 50000), "SELECT " + repeated("EXISTS (SELECT ", 50000)}) {
    auto parsed = parse_statement(nest);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().state(), sqlstate::statement_too_complex) << nest.substr(0, 30);
  }
  EXPECT_TRUE(parse_statement("SELECT " + repeated("(", 50) + "1" + repeated(")", 50)).ok());
}

TEST(Depth, IsLimitedByTheStack) {
  expect_chains_and_depths();
}

TEST(Depth, IsLimitedOnASmallThreadToo) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 512 * 1024), 0);
  pthread_t thread;
  auto run = [](void*) -> void* {
    expect_chains_and_depths();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, nullptr), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

}  // namespace
}  // namespace rowan
