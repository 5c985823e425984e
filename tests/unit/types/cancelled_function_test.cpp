// Functions that may work long on a single value stop when their statement is cancelled.
#include <gtest/gtest.h>

#include "types/cancel.h"
#include "types/function.h"

namespace rowan {
namespace {

const Function* function(std::string_view name, const std::vector<TypeId>& arguments) {
  for (const Function* each : registry().functions(name))
    if (each->arguments == arguments) return each;
  return nullptr;
}

// One call with these values in the first row of each argument.
Result<> call_once(std::string_view name, const std::vector<Value>& values, const CancelToken& cancel) {
  std::vector<TypeId> types;
  std::vector<Vector> vectors;
  for (const Value& value : values) {
    types.push_back(value.type().id);
    vectors.emplace_back(value.type(), 1).set_value(0, value);
  }
  const Function* found = function(name, types);
  if (found == nullptr) return Error(sqlstate::undefined_function, std::string(name));
  std::vector<const Vector*> arguments;
  for (const Vector& vector : vectors) arguments.push_back(&vector);
  Vector result(found->result, 1);
  result.reset();
  EvalContext context;
  context.cancel = &cancel;
  KernelCall call{arguments, Selection(1), result, context};
  return found->kernel(call);
}

TEST(CancelledFunction, Stops) {
  struct Case {
    std::string_view name;
    std::vector<Value> values;
  };
  const Case cases[] = {
      {"repeat", {Value::text("ab"), Value::integer(1000)}},
      {"replace", {Value::text("abab"), Value::text("a"), Value::text("xyz")}},
      {"translate", {Value::text("abab"), Value::text("a"), Value::text("x")}},
      {"regexp_replace", {Value::text("abab"), Value::text("a"), Value::text("x"), Value::text("g")}},
      {"reverse", {Value::text("a text of more than a few letters")}},
  };
  for (const Case& each : cases) {
    CancelToken cancel;
    Result<> outcome = call_once(each.name, each.values, cancel);
    EXPECT_TRUE(outcome.ok()) << each.name << ": " << outcome.error().message();
    cancel.request(CancelToken::Reason::UserRequest);
    outcome = call_once(each.name, each.values, cancel);
    ASSERT_FALSE(outcome.ok()) << each.name;
    EXPECT_EQ(outcome.error().state(), sqlstate::query_canceled) << each.name;
  }
}

}  // namespace
}  // namespace rowan
