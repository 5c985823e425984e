// Dates, times and intervals against PostgreSQL: tests/unit/types/date_time_cases.txt holds calls and what a
// server of version 15 answered, a line each: `function`, its arguments as `type:text`, `=> answer`, between
// tabs; `in` only reads and writes, `cast:TYPE` casts, SET changes the session.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "types/cast.h"
#include "types/date_time.h"
#include "types/function.h"

namespace rowan {
namespace {

struct DateTimeSession {
  std::string time_zone = "UTC", date_style = "ISO, MDY", interval_style = "postgres";
  EvalContext context() const {
    EvalContext made;
    made.time_zone = time_zone;
    made.date_style = date_style;
    made.interval_style = interval_style;
    return made;
  }
};

std::vector<std::string> split_fields(const std::string& line) {
  std::vector<std::string> fields;
  size_t at = 0;
  for (;;) {
    size_t tab = line.find('\t', at);
    fields.push_back(line.substr(at, tab == std::string::npos ? tab : tab - at));
    if (tab == std::string::npos) return fields;
    at = tab + 1;
  }
}

std::string shown_error(const Error& error) {
  return std::string(error.state().text()) + "|" + error.message() + "|" + error.detail() + "|" +
         error.hint();
}

TypeId type_called(const std::string& name) {
  TypeId id = TypeId::Unknown;
  EXPECT_TRUE(find_type(name, id)) << name;
  return id;
}

std::string called(const Function& function, const std::vector<Value>& values, EvalContext& context) {
  std::vector<Vector> vectors;
  std::vector<const Vector*> arguments;
  vectors.reserve(values.size());
  for (const Value& value : values) {
    if (value.is_null() && function.is_strict) return "NULL";
    vectors.emplace_back(value.type(), 1);
    vectors.back().set_constant(value);
    arguments.push_back(&vectors.back());
  }
  Vector result(Type(function.result), 1);
  result.reset();
  KernelCall call{std::span<const Vector* const>(arguments), Selection(1), result, context};
  Result<> done = function.kernel(call);
  if (!done.ok()) return shown_error(done.error());
  return result.is_null(0) ? "NULL" : format_value(result.value(0), context);
}

std::string answer(const std::vector<std::string>& fields, EvalContext context) {
  std::vector<Value> values;
  for (size_t i = 1; i < fields.size(); i++) {
    size_t colon = fields[i].find(':');
    Type type(type_called(fields[i].substr(0, colon)));
    if (fields[i].substr(colon + 1) == "NULL") {
      values.emplace_back(type);
      continue;
    }
    Result<Value> value = parse_value(fields[i].substr(colon + 1), type, context);
    if (!value.ok()) return shown_error(value.error());
    values.push_back(*value);
  }
  if (fields[0] == "in") return format_value(values[0], context);
  if (fields[0].rfind("cast:", 0) == 0) {
    Result<Value> value =
        cast_value(values[0], Type(type_called(fields[0].substr(5))), CastContext::Explicit, context);
    if (!value.ok()) return shown_error(value.error());
    return value->is_null() ? "NULL" : format_value(*value, context);
  }
  for (const Function* function : registry().functions(fields[0])) {
    bool is_meant = function->arguments.size() == values.size();
    for (size_t i = 0; is_meant && i < values.size(); i++)
      is_meant = function->arguments[i] == values[i].type().id;
    if (is_meant) return called(*function, values, context);
  }
  return "no such function";
}

TEST(DateTime, AnswersAsPostgresDoes) {
  std::ifstream cases(std::filesystem::path(__FILE__).parent_path() / "date_time_cases.txt");
  ASSERT_TRUE(cases.is_open());
  DateTimeSession session;
  std::string line;
  int count = 0;
  while (std::getline(cases, line)) {
    if (line.rfind("SET ", 0) == 0) {
      size_t equals = line.find('=');
      std::string name = line.substr(4, equals - 4), value = line.substr(equals + 1);
      (name == "timezone"    ? session.time_zone
       : name == "datestyle" ? session.date_style
                             : session.interval_style) = value;
      continue;
    }
    size_t arrow = line.rfind("\t=> ");
    ASSERT_NE(arrow, std::string::npos) << line;
    EXPECT_EQ(answer(split_fields(line.substr(0, arrow)), session.context()), line.substr(arrow + 4)) << line;
    count++;
  }
  EXPECT_GT(count, 5000);
}

TEST(DateTime, WordsMeanTheTransactionsTime) {
  EvalContext context;
  context.time_zone = "America/New_York";
  context.transaction_start_us =
      *parse_timestamptz("2024-03-10 02:00:00+00", context);  // the 9th in New York
  auto shown = [&](TypeId type, const char* text) {
    Result<Value> value = parse_value(text, Type(type), context);
    return value.ok() ? format_value(*value, context) : shown_error(value.error());
  };
  EXPECT_EQ(shown(TypeId::Date, "today"), "2024-03-09");
  EXPECT_EQ(shown(TypeId::Date, "tomorrow"), "2024-03-10");
  EXPECT_EQ(shown(TypeId::Date, "yesterday"), "2024-03-08");
  EXPECT_EQ(shown(TypeId::Date, "now"), "2024-03-09");
  EXPECT_EQ(shown(TypeId::TimestampTz, "now"), "2024-03-09 21:00:00-05");
  EXPECT_EQ(shown(TypeId::Timestamp, "now"), "2024-03-09 21:00:00");
  EXPECT_EQ(shown(TypeId::Timestamp, "tomorrow 04:05"), "2024-03-10 04:05:00");
  EXPECT_EQ(shown(TypeId::Time, "now"), "21:00:00");
}

TEST(DateTime, ModifiersRoundAndCut) {
  EvalContext context;
  Type tenths(TypeId::Timestamp);
  tenths.precision = 2;
  EXPECT_EQ(format_value(*parse_value("2000-01-01 00:00:00.25", tenths, context), context),
            "2000-01-01 00:00:00.3");
  Type days(TypeId::Interval);
  days.precision = 1 << 3;
  EXPECT_EQ(format_value(*parse_value("1 day 5 hours", days, context), context), "1 day");
  Type year_to_month(TypeId::Interval);
  year_to_month.precision = (1 << 2) | (1 << 1);
  EXPECT_EQ(format_value(*parse_value("1-2", year_to_month, context), context), "1 year 2 mons");
}

}  // namespace
}  // namespace rowan
