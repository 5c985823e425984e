#include "types/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "types/try.h"

namespace rowan {
namespace {

Result<std::unique_ptr<int>> boxed(int number) {
  if (number < 0) return Error(sqlstate::numeric_value_out_of_range, "integer out of range").at(7);
  return std::make_unique<int>(number);
}

Result<int> doubled(int number) {
  std::unique_ptr<int> box = TRY(boxed(number));
  return *box * 2;
}

TEST(ResultTest, TryYieldsTheValueOrHandsTheErrorOn) {
  Result<int> good = doubled(21);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(*good, 42);
  Result<int> bad = doubled(-1);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().state(), sqlstate::numeric_value_out_of_range);
  EXPECT_EQ(bad.error().position(), 7);
}

TEST(ResultTest, ValueThrowsForUsersOfTheApi) {
  EXPECT_THROW(doubled(-1).value(), ErrorException);
  EXPECT_EQ(doubled(1).value(), 2);
}

TEST(ErrorTest, TheFirstPositionWins) {
  Error error = Error(sqlstate::syntax_error, "syntax error").at(3).at(9).hint("h").detail("d");
  EXPECT_EQ(error.position(), 3);
  EXPECT_EQ(error.hint(), "h");
  EXPECT_EQ(error.detail(), "d");
}

TEST(SuggestionTest, NamesTheNearestCandidate) {
  Suggestion suggestion("patiens");
  suggestion.consider("appointments");
  suggestion.consider("patients");
  EXPECT_EQ(suggestion.best(), "patients");
  Suggestion nothing("x");
  nothing.consider("billing");
  EXPECT_EQ(nothing.best(), "");
}

}  // namespace
}  // namespace rowan
