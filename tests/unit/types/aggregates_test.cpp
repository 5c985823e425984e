// Every aggregate against PostgreSQL: tests/data/aggregates.tsv has name, argument types, result type, how
// many rows, the rows' values one after the other, and "=value" or "!SQLSTATE message". Each case runs in one
// update, in two states that are combined, and over a list of rows with a state each.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "types/function.h"
#include "types/numeric.h"

namespace rowan {
namespace {

std::vector<std::string> aggregate_fields(const std::string& line, char separator) {
  std::vector<std::string> fields;
  for (size_t at = 0;;) {
    size_t end = line.find(separator, at);
    fields.push_back(line.substr(at, end - at));
    if (end == std::string::npos) return fields;
    at = end + 1;
  }
}

std::string aggregate_unescaped(const std::string& field) {
  std::string out;
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 1 < field.size()) ++i;
    out += field[i];
  }
  return out;
}

struct AggregateCase {
  std::string name, result, expected;
  std::vector<Type> types;
  std::vector<std::vector<Value>> rows;
};

class AggregateRun {
 public:
  AggregateRun(const Aggregate& aggregate, const AggregateCase& one) : aggregate_(aggregate) {
    std::vector<Type> types;
    for (size_t i = 0; i < aggregate.arguments.size(); ++i) {
      types.push_back(one.types[i]);
      columns_.emplace_back(one.types[i], 16);
      columns_.back().reset();
    }
    for (const std::vector<Value>& row : one.rows) {
      bool has_null = false;
      for (size_t i = 0; i < columns_.size(); ++i) {
        columns_[i].set_value(count_, row[i]);
        has_null |= row[i].is_null();
      }
      if (!(has_null && aggregate.skips_nulls)) rows_.push_back(static_cast<uint16_t>(count_));
      ++count_;
    }
    for (const Vector& column : columns_) pointers_.push_back(&column);
    result_type_ = aggregate.derive != nullptr ? aggregate.derive(types) : Type(aggregate.result);
  }

  // Rows are split over two states at `split`, which are then combined.
  std::string run(size_t split, bool by_list) {
    auto make = [&] {
      auto bytes = std::make_unique<State[]>(aggregate_.state_size / sizeof(State) + 1);
      aggregate_.init(reinterpret_cast<char*>(bytes.get()));
      return bytes;
    };
    auto first = make(), second = make();
    char* states[] = {reinterpret_cast<char*>(first.get()), reinterpret_cast<char*>(second.get())};
    Result<> done;
    for (int half = 0; half < 2 && done.ok(); ++half) {
      size_t from = half == 0 ? 0 : std::min(split, rows_.size());
      size_t to = half == 0 ? std::min(split, rows_.size()) : rows_.size();
      std::vector<char*> list(to - from + 1, states[half]);
      Aggregate::Update update{pointers_,
                               Selection(rows_.data() + from, static_cast<uint32_t>(to - from)),
                               by_list ? list.data() : nullptr,
                               states[half],
                               arena_,
                               context_};
      done = aggregate_.update(update);
    }
    if (done.ok()) done = aggregate_.combine(states[0], states[1], arena_, context_);
    Vector result(result_type_, 1);
    result.reset();
    if (done.ok()) done = aggregate_.finish(states[0], result, 0, context_);
    std::string text;
    if (!done.ok())
      text = "!" + std::string(done.error().state().text()) + " " + done.error().message();
    else if (result.is_null(0))
      text = "\\N";
    else
      format_row(result, 0, context_, text = "=");
    if (aggregate_.destroy != nullptr)
      for (char* state : states) aggregate_.destroy(state);
    return text;
  }
  size_t row_count() const { return rows_.size(); }

 private:
  struct alignas(16) State {
    char bytes[16];
  };
  const Aggregate& aggregate_;
  std::vector<Vector> columns_;
  std::vector<const Vector*> pointers_;
  std::vector<uint16_t> rows_;
  uint32_t count_ = 0;
  Type result_type_;
  Arena arena_;
  EvalContext context_;
};

Result<AggregateCase> read_aggregate_case(const std::string& line) {
  std::vector<std::string> fields = aggregate_fields(line, '\t');
  AggregateCase one{fields[0], fields[2], aggregate_unescaped(fields.back()), {}, {}};
  if (fields.back() == "\\N") one.expected = "\\N";
  EvalContext context;
  for (const std::string& name : aggregate_fields(fields[1], ',')) {
    TypeId id = TypeId::Unknown;
    EXPECT_TRUE(find_type(name, id)) << name;
    one.types.emplace_back(id);
  }
  size_t rows = std::stoul(fields[3]), at = 4;
  for (size_t row = 0; row < rows; ++row) {
    std::vector<Value>& values = one.rows.emplace_back();
    for (const Type& type : one.types) {
      if (fields[at] == "\\N") {
        values.emplace_back(type);
      } else {
        Result<Value> value = parse_value(aggregate_unescaped(fields[at]), type, context);
        if (!value.ok()) return std::move(value).error();
        values.push_back(std::move(value).take());
      }
      ++at;
    }
  }
  return one;
}

TEST(AggregatesTest, AgreeWithPostgresOverTheTable) {
  std::filesystem::path data = std::filesystem::path(__FILE__).parent_path() / "../../data/aggregates.tsv";
  std::ifstream file(data);
  std::string line;
  int cases = 0;
  while (std::getline(file, line)) {
    Result<AggregateCase> one = read_aggregate_case(line);
    ASSERT_TRUE(one.ok()) << line << ": " << one.error().message();
    const Aggregate* found = nullptr;
    for (const Aggregate* each : registry().aggregates(one->name)) {
      bool fits = each->arguments.size() == one->types.size();
      for (size_t i = 0; fits && i < one->types.size(); ++i)
        fits = each->arguments[i] == one->types[i].id || each->arguments[i] == TypeId::Any;
      if (fits && (found == nullptr || each->arguments[0] != TypeId::Any)) found = each;
    }
    ASSERT_NE(found, nullptr) << line;
    AggregateRun run(*found, *one);
    EXPECT_EQ(run.run(run.row_count(), false), one->expected) << line;
    EXPECT_EQ(run.run(run.row_count(), true), one->expected) << line;
    // Sums of floats depend on the order of additions; everything else must not.
    bool is_float = one->types[0].id == TypeId::Double || one->types[0].id == TypeId::Real;
    if (!is_float) {
      EXPECT_EQ(run.run(1, false), one->expected) << line;
    }
    ++cases;
  }
  EXPECT_GT(cases, 400);
}

// numeric(10,2) sums stay integers and show the same digits.
TEST(AggregatesTest, FixedNumericsSumAsIntegers) {
  Type money = Type::numeric(10, 2);
  const Aggregate* sum = nullptr;
  for (const Aggregate* each : registry().aggregates("sum"))
    if (each->arguments[0] == TypeId::Numeric) sum = each;
  ASSERT_NE(sum, nullptr);
  std::vector<Type> types{money};
  Type result = sum->derive(types);
  EXPECT_EQ(result.physical(), PhysicalType::Int128);
  EXPECT_EQ(result.scale, 2);
  EvalContext context;
  AggregateCase one{"sum", "numeric", "", {money}, {}};
  for (const char* text : {"0.10", "99999999.99", "-5.55"})
    one.rows.push_back({parse_value(text, money, context).value()});
  AggregateRun run(*sum, one);
  EXPECT_EQ(run.run(2, false), "=99999994.54");
}

}  // namespace
}  // namespace rowan
