// No function without a comparison: each signature that types/ registers, casts and aggregates too, stands
// with PostgreSQL's answers in tests/data/functions.tsv, tests/data/aggregates.tsv or date_time_cases.txt, or
// below with the reason why it does not.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "types/function.h"

namespace rowan {
namespace {

struct Exception {
  std::string_view name;  // a function's name, or one signature of it
  std::string_view reason;
};
constexpr Exception kExceptions[] = {
    {"random", "its answers are not to be foreseen"},
    {"setseed", "it answers nothing; what it does to random() differs"},
    {"now", "the time"},
    {"transaction_timestamp", "the time"},
    {"statement_timestamp", "the time"},
    {"current_timestamp", "the time"},
    {"current_date", "the time"},
    {"localtimestamp", "the time"},
    {"localtime", "the time"},
    {"clock_timestamp", "the time"},
    {"timeofday", "the time"},
    {"age(timestamp without time zone)", "counts from today"},
    {"age(timestamp with time zone)", "counts from today"},
    {"version", "the program's own"},
    {"current_user", "the session's: tests/shell/sql/session_information"},
    {"session_user", "the session's: tests/shell/sql/session_information"},
    {"user", "the session's: tests/shell/sql/session_information"},
    {"current_role", "the session's: tests/shell/sql/session_information"},
    {"current_database", "the session's: tests/shell/sql/session_information"},
    {"current_catalog", "the session's: tests/shell/sql/session_information"},
    {"pg_typeof", "a regtype: tests/shell/sql/pg_typeof_of_everything"},
    {"format(text)", "of no argument but the format: tests/shell/sql/type_text"},
    {"count()", "no argument: tests/shell/sql/aggregates_basic"},
};

std::string type_list(const std::vector<TypeId>& types) {
  std::string text;
  for (TypeId type : types) text += (text.empty() ? "" : ",") + std::string(base_type_name(type));
  return text;
}

// "name(types)", and for casts "cast(from,to)".
std::string signature_of(const Function& function) {
  std::vector<TypeId> types = function.arguments;
  if (function.name == "cast" || function.name == "assign") types.push_back(function.result);
  return std::string(function.name) + "(" + type_list(types) + ")";
}

std::vector<std::string> cut(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (size_t at = 0;;) {
    size_t end = text.find(separator, at);
    parts.push_back(text.substr(at, end - at));
    if (end == std::string::npos) return parts;
    at = end + 1;
  }
}

class Cases {
 public:
  Cases() {
    std::filesystem::path here = std::filesystem::path(__FILE__).parent_path();
    for (const char* table : {"../../data/functions.tsv", "../../data/aggregates.tsv"}) {
      std::ifstream file(here / table);
      EXPECT_TRUE(file.is_open()) << table;
      for (std::string line; std::getline(file, line);) {
        std::vector<std::string> fields = cut(line, '\t');
        std::vector<std::string> types;
        if (!fields[1].empty()) types = names_of(fields[1]);
        if (fields[0] == "cast" || fields[0] == "assign") types.push_back(names_of(fields[2])[0]);
        take(fields[0], types);
      }
    }
    std::ifstream file(here / "date_time_cases.txt");
    EXPECT_TRUE(file.is_open());
    for (std::string line; std::getline(file, line);) {
      if (line.rfind("SET ", 0) == 0) continue;
      std::vector<std::string> fields = cut(line.substr(0, line.rfind("\t=> ")), '\t');
      std::vector<std::string> types;
      for (size_t i = 1; i < fields.size(); ++i)
        types.push_back(own_name(fields[i].substr(0, fields[i].find(':'))));
      std::string name = fields[0];
      if (name.rfind("cast:", 0) == 0) {
        types.push_back(own_name(name.substr(5)));
        name = "cast";
      }
      take(name, types);
    }
  }

  bool has(const Function& function) const {
    if (signatures_.count(signature_of(function)) != 0) return true;
    bool any = std::any_of(function.arguments.begin(), function.arguments.end(),
                           [](TypeId type) { return type == TypeId::Any || type == TypeId::AnyElement; });
    return (any || function.is_variadic) && names_.count(std::string(function.name)) != 0;
  }
  bool has(const Aggregate& aggregate) const {
    std::string signature = std::string(aggregate.name) + "(" + type_list(aggregate.arguments) + ")";
    bool any = std::any_of(aggregate.arguments.begin(), aggregate.arguments.end(),
                           [](TypeId type) { return type == TypeId::Any || type == TypeId::AnyElement; });
    return signatures_.count(signature) != 0 || (any && names_.count(std::string(aggregate.name)) != 0);
  }

 private:
  // A type's name as this house writes it, without modifiers.
  static std::string own_name(const std::string& name) {
    TypeId id = TypeId::Unknown;
    if (name == "\"char\"") return std::string(base_type_name(TypeId::QuotedChar));
    EXPECT_TRUE(find_type(name.substr(0, name.find('(')), id)) << name;
    return std::string(base_type_name(id));
  }
  // "numeric(5,2),text": commas inside parentheses separate nothing.
  static std::vector<std::string> names_of(const std::string& list) {
    std::vector<std::string> names;
    std::string name;
    int depth = 0;
    for (char c : list + ",") {
      depth += c == '(' ? 1 : (c == ')' ? -1 : 0);
      if (c != ',' || depth > 0) {
        name += c;
        continue;
      }
      names.push_back(own_name(name));
      name.clear();
    }
    return names;
  }
  void take(const std::string& name, const std::vector<std::string>& types) {
    std::string text;
    for (const std::string& type : types) text += (text.empty() ? "" : ",") + type;
    signatures_.insert(name + "(" + text + ")");
    names_.insert(name);
  }
  std::set<std::string> signatures_, names_;
};

bool is_excepted(std::string_view name, std::string_view signature) {
  return std::any_of(std::begin(kExceptions), std::end(kExceptions),
                     [&](const Exception& one) { return one.name == name || one.name == signature; });
}

TEST(FunctionCoverage, EveryFunctionIsComparedWithPostgres) {
  Cases cases;
  std::string missing;
  for (const Function* function : registry().all_functions()) {
    std::string signature = signature_of(*function);
    // The assignment of a string that does not fit is asked of columns, in tests/shell.
    if (function->name == "assign" || function->is_relabel || is_excepted(function->name, signature))
      continue;
    if (!cases.has(*function)) missing += signature + "\n";
  }
  for (const Aggregate* aggregate : registry().all_aggregates()) {
    std::string signature = std::string(aggregate->name) + "(" + type_list(aggregate->arguments) + ")";
    if (!is_excepted(aggregate->name, signature) && !cases.has(*aggregate)) missing += signature + "\n";
  }
  EXPECT_EQ(missing, "") << "have no case";
}

}  // namespace
}  // namespace rowan
