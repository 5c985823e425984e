// Every function, operator and cast against what PostgreSQL says, over a table of arguments: each line of
// tests/data/functions.tsv is name, argument types, result type, arguments, and "=value" or "!SQLSTATE
// message". A case runs with constant arguments, then flat inside a batch with its neighbours left out, and
// where NUMERIC is involved again in the integer forms.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "types/cast.h"
#include "types/function.h"
#include "types/numeric.h"

namespace rowan {
namespace {

struct FunctionCase {
  int line = 0;
  std::string name, result;
  std::vector<std::string> types, arguments;
  std::string expected;
};

std::string unescaped(const std::string& field) {
  std::string out;
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 1 == field.size()) {
      out += field[i];
      continue;
    }
    char next = field[++i];
    out += next == 'n' ? '\n' : (next == 't' ? '\t' : next);
  }
  return out;
}

std::vector<std::string> split_fields(const std::string& line, char separator) {
  std::vector<std::string> fields;
  size_t at = 0;
  while (true) {
    size_t end = line.find(separator, at);
    fields.push_back(line.substr(at, end - at));
    if (end == std::string::npos) return fields;
    at = end + 1;
  }
}

std::vector<FunctionCase> function_cases() {
  std::filesystem::path data = std::filesystem::path(__FILE__).parent_path() / "../../data/functions.tsv";
  std::ifstream file(data);
  std::vector<FunctionCase> cases;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::vector<std::string> fields = split_fields(line, '\t');
    FunctionCase one;
    one.line = number;
    one.name = fields[0];
    if (!fields[1].empty()) one.types = split_fields(fields[1], ',');
    one.result = fields[2];
    one.arguments.assign(fields.begin() + 3, fields.end() - 1);
    one.expected = fields.back();
    cases.push_back(std::move(one));
  }
  return cases;
}

// "numeric(5,2)" and the like.
Type type_of_name(const std::string& name) {
  size_t open = name.find('(');
  TypeId id = TypeId::Unknown;
  if (name == "\"char\"") return TypeId::QuotedChar;
  EXPECT_TRUE(find_type(name.substr(0, open), id)) << name;
  Type type(id);
  if (open == std::string::npos) return type;
  std::vector<std::string> numbers = split_fields(name.substr(open + 1, name.size() - open - 2), ',');
  int first = std::stoi(numbers[0]);
  if (id == TypeId::Numeric) return Type::numeric(first, numbers.size() > 1 ? std::stoi(numbers[1]) : 0);
  type.length = first;
  return type;
}

const Function* function_of_case(const FunctionCase& one) {
  std::vector<TypeId> types;
  for (const std::string& name : one.types) types.push_back(type_of_name(name).id);
  const Function* best = nullptr;
  for (const Function* each : registry().functions(one.name)) {
    if (each->arguments == types) return each;
    size_t fixed = each->arguments.size();
    bool fits = each->is_variadic ? types.size() >= fixed : types.size() == fixed;
    for (size_t i = 0; fits && i < types.size(); ++i) {
      TypeId wanted = each->arguments[i < fixed ? i : fixed - 1];
      fits = wanted == types[i] || wanted == TypeId::Any || wanted == TypeId::AnyElement;
    }
    if (fits) best = each;
  }
  return best;
}

// How the outcome is written in the table.
std::string outcome_text(const Result<>& done, const Vector& result, uint32_t row, EvalContext& context) {
  if (!done.ok()) return "!" + std::string(done.error().state().text()) + " " + done.error().message();
  if (result.is_null(row)) return "\\N";
  std::string text = "=";
  format_row(result, row, context, text);
  return text;
}

std::string run_case(const Function& function, const std::vector<Value>& arguments, const Type& result_type,
                     bool is_flat) {
  EvalContext context;
  constexpr uint32_t kRow = 2;
  uint32_t row = is_flat ? kRow : 0;
  std::vector<Vector> columns;
  columns.reserve(arguments.size());
  std::vector<const Vector*> pointers;
  bool has_null = false;
  for (const Value& value : arguments) {
    has_null |= value.is_null();
    Vector& column = columns.emplace_back(value.type(), 4);
    if (is_flat) {
      column.reset();
      column.set_value(row, value);
    } else {
      column.set_constant(value);
    }
  }
  for (const Vector& column : columns) pointers.push_back(&column);
  Vector result(result_type, 4);
  result.reset();
  if (has_null && function.is_strict) return "\\N";
  uint16_t rows[] = {static_cast<uint16_t>(row)};
  KernelCall call{pointers, Selection(rows, 1), result, context};
  Result<> done = function.kernel(call);
  if (!done.ok()) {
    EXPECT_EQ(call.failed_row, row);
  }
  return outcome_text(done, result, row, context);
}

class FunctionCheck {
 public:
  void check(const FunctionCase& one) {
    std::vector<Value> arguments;
    for (size_t i = 0; i < one.arguments.size(); ++i) {
      Type type = type_of_name(one.types[i]);
      if (one.arguments[i] == "\\N") {
        arguments.emplace_back(type);
        continue;
      }
      EvalContext context;
      Result<Value> value = parse_value(unescaped(one.arguments[i]), type, context);
      if (!value.ok()) {
        expect(one, "!" + std::string(value.error().state().text()) + " " + value.error().message(),
               "argument");
        return;
      }
      arguments.push_back(std::move(value).take());
    }
    Type result = type_of_name(one.result);
    const Function* function = nullptr;
    if (one.name == "cast") {
      Type from = type_of_name(one.types[0]);
      function = find_cast(from, result, CastContext::Explicit);
      if (!needs_cast(from, result) || (function != nullptr && function->is_relabel)) return;
    } else {
      function = function_of_case(one);
    }
    if (function == nullptr) {
      expect(one, "no such function", "lookup");
      return;
    }
    expect(one, run_case(*function, arguments, derived(*function, arguments, result), false), "constant");
    expect(one, run_case(*function, arguments, derived(*function, arguments, result), true), "flat");
    if (narrow_numerics(arguments)) {
      expect(one, run_case(*function, arguments, derived(*function, arguments, result), true), "narrow");
    }
  }
  int failures = 0;

 private:
  static Type derived(const Function& function, const std::vector<Value>& arguments, const Type& result) {
    if (function.derive == nullptr || result.precision != 0) return result;
    std::vector<Type> types;
    for (const Value& value : arguments) types.push_back(value.type());
    return function.derive(types);
  }
  // Gives numerics their tightest form; false when nothing changed.
  static bool narrow_numerics(std::vector<Value>& arguments) {
    bool changed = false;
    for (Value& value : arguments) {
      if (value.is_null() || value.type().id != TypeId::Numeric) continue;
      std::string text;
      decimal_of(value).format(text);
      Result<Value> narrow = numeric_literal(text);
      if (!narrow.ok()) continue;
      value = std::move(narrow).take();
      changed = true;
    }
    return changed;
  }
  void expect(const FunctionCase& one, const std::string& outcome, const char* mode) {
    std::string expected = unescaped(one.expected);
    if (one.expected == "\\N") expected = "\\N";
    if (outcome == expected) return;
    if (++failures > 50) return;
    std::string arguments;
    for (const std::string& argument : one.arguments) arguments += " [" + argument + "]";
    ADD_FAILURE() << "functions.tsv:" << one.line << " " << one.name << arguments << " -> " << one.result
                  << " (" << mode << ")\n  PostgreSQL: " << expected << "\n  Rowan:      " << outcome;
  }
};

TEST(FunctionsTest, AgreeWithPostgresOverTheTable) {
  std::vector<FunctionCase> cases = function_cases();
  ASSERT_GT(cases.size(), 5000u);
  FunctionCheck check;
  for (const FunctionCase& one : cases) check.check(one);
  EXPECT_EQ(check.failures, 0);
}

}  // namespace
}  // namespace rowan
