// Operators against naive twins under random input: every one says the same with small memory, batches of one
// row, and one row asked for at a time.
#include <algorithm>
#include <map>
#include <random>

#include "tests/unit/executor/plan_kit.h"

namespace rowan {
namespace {

using namespace plan_kit;  // NOLINT: a test's own vocabulary
using physical::JoinKind;

constexpr int64_t kNull = INT64_MIN;
using PairRows = std::vector<std::pair<int64_t, std::string>>;

// (key, text) rows; some keys NULL.
// An empty text stands for NULL.
PairRows random_pairs(std::mt19937_64& random, size_t count, int64_t keys, bool nulls = true,
                      bool null_texts = false) {
  PairRows rows;
  for (size_t i = 0; i < count; ++i) {
    int64_t key = static_cast<int64_t>(random() % static_cast<uint64_t>(keys));
    if (nulls && random() % 20 == 0) key = kNull;
    std::string text = "text that is long enough " + std::to_string(random() % 1000);
    if (null_texts && random() % 10 == 0) text.clear();
    rows.emplace_back(key, std::move(text));
  }
  return rows;
}
const std::vector<Type> kPairTypes = {TypeId::BigInt, TypeId::Text};
PlanPtr pair_values(const PairRows& rows) {
  Rows made;
  for (const auto& [number, text] : rows)
    made.push_back({number == kNull ? Value(Type(TypeId::BigInt)) : Value::bigint(number),
                    text.empty() ? Value(Type(TypeId::Text)) : Value::text(text)});
  return values(kPairTypes, made);
}
std::string pair_text(const std::pair<int64_t, std::string>& row) {
  return (row.first == kNull ? "-" : std::to_string(row.first)) + "|" +
         (row.second.empty() ? "-" : row.second);
}

TEST(ExecutorSort, AgreesWithStdSort) {
  std::mt19937_64 random(7);
  PairRows rows = random_pairs(random, 3000, 500);
  std::vector<std::string> expected;
  PairRows ordered = rows;
  // Ascending by text, then by key descending with NULLs first.
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    if (a.second != b.second) return a.second < b.second;
    int64_t x = a.first == kNull ? INT64_MAX : a.first, y = b.first == kNull ? INT64_MAX : b.first;
    return x > y;
  });
  for (const auto& row : ordered) expected.push_back(pair_text(row));
  for (const Settings& settings : all_settings()) {
    physical::Sort sort;
    sort.keys.push_back(key(ref(1, TypeId::Text)));
    sort.keys.push_back(key(ref(0, TypeId::BigInt), true));
    Bench bench(plan(std::move(sort), kPairTypes, pair_values(rows)), settings);
    EXPECT_EQ(bench.run(), expected);
    EXPECT_EQ(bench.run(), expected);  // and once more
    if (settings.work_memory == 65536) {
      EXPECT_GT(bench.spilled, 0u);
    }
  }
}

TEST(ExecutorTopN, IsTheFrontOfTheSort) {
  std::mt19937_64 random(8);
  PairRows rows = random_pairs(random, 2000, 100, false);
  PairRows ordered = rows;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> expected;
  for (size_t i = 5; i < 42; ++i) expected.push_back(pair_text(ordered[i]));
  for (const Settings& settings : all_settings()) {
    physical::TopN top;
    top.keys.push_back(key(ref(0, TypeId::BigInt)));
    top.count = constant(Value::bigint(37));
    top.offset = constant(Value::bigint(5));
    Bench bench(plan(std::move(top), kPairTypes, pair_values(rows)), settings);
    EXPECT_EQ(bench.run(), expected);
  }
}

std::vector<std::string> naive_join(JoinKind kind, const PairRows& left, const PairRows& right,
                                    bool text_too) {
  std::vector<std::string> lines;
  std::vector<bool> right_matched(right.size(), false);
  bool right_null = std::any_of(right.begin(), right.end(), [](const auto& r) { return r.first == kNull; });
  for (const auto& l : left) {
    bool matched = false;
    for (size_t i = 0; i < right.size(); ++i) {
      bool pairs =
          l.first != kNull && l.first == right[i].first &&
          (!text_too || (!l.second.empty() && !right[i].second.empty() && l.second < right[i].second));
      if (!pairs) continue;
      right_matched[i] = true;
      if (kind == JoinKind::Semi && !matched) lines.push_back(pair_text(l));
      matched = true;
      if (kind != JoinKind::Semi && kind != JoinKind::Anti && kind != JoinKind::NullAwareAnti)
        lines.push_back(pair_text(l) + "|" + pair_text(right[i]));
    }
    if (matched) continue;
    if (kind == JoinKind::Left || kind == JoinKind::Full) lines.push_back(pair_text(l) + "|-|-");
    if (kind == JoinKind::Anti) lines.push_back(pair_text(l));
    if (kind == JoinKind::NullAwareAnti && (right.empty() || (!right_null && l.first != kNull)))
      lines.push_back(pair_text(l));
  }
  if (kind == JoinKind::Right || kind == JoinKind::Full)
    for (size_t i = 0; i < right.size(); ++i)
      if (!right_matched[i]) lines.push_back("-|-|" + pair_text(right[i]));
  return sorted(std::move(lines));
}
std::vector<Type> join_types(JoinKind kind) {
  if (kind == JoinKind::Semi || kind == JoinKind::Anti || kind == JoinKind::NullAwareAnti) return kPairTypes;
  return {TypeId::BigInt, TypeId::Text, TypeId::BigInt, TypeId::Text};
}
const JoinKind kAllJoins[] = {JoinKind::Inner, JoinKind::Left, JoinKind::Right,        JoinKind::Full,
                              JoinKind::Semi,  JoinKind::Anti, JoinKind::NullAwareAnti};

TEST(ExecutorHashJoin, AgreesWithNestedLoops) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 3; ++round) {
    PairRows left = random_pairs(random, 700, 400, true, true);
    PairRows right = random_pairs(random, round == 2 ? 0 : 1500, 400, round != 1, true);
    for (JoinKind kind : kAllJoins) {
      for (bool text_too : {false, true}) {
        if (text_too && kind == JoinKind::NullAwareAnti) continue;
        std::vector<std::string> expected = naive_join(kind, left, right, text_too);
        for (const Settings& settings : all_settings()) {
          physical::HashJoin join;
          join.kind = kind;
          join.left_keys = list(ref(0, TypeId::BigInt));
          join.right_keys = list(ref(0, TypeId::BigInt));
          join.equals = {function("=", {TypeId::BigInt, TypeId::BigInt})};
          if (text_too) join.condition = call("<", ref(1, TypeId::Text), ref(3, TypeId::Text));
          Bench bench(plan(std::move(join), join_types(kind), pair_values(left), pair_values(right)),
                      settings);
          ASSERT_EQ(sorted(bench.run()), expected)
              << static_cast<int>(kind) << text_too << settings.work_memory;
          bool reads = !(right.empty() && kind == JoinKind::Semi);
          if (reads && settings.work_memory == 65536 && right.size() > 1000 &&
              !(kind == JoinKind::NullAwareAnti && round == 0)) {
            ASSERT_GT(bench.spilled, 0u);
          }
        }
      }
    }
  }
}

TEST(ExecutorNestedLoop, AgreesWithNestedLoops) {
  std::mt19937_64 random(10);
  PairRows left = random_pairs(random, 60, 120);
  // With NULLs on the right, without, and nothing there: NOT IN tells all three apart.
  for (const PairRows& right :
       {random_pairs(random, 80, 20), random_pairs(random, 80, 20, false), PairRows()}) {
    for (JoinKind kind : kAllJoins) {
      for (const Settings& settings : all_settings()) {
        physical::NestedLoop join;
        join.kind = kind;
        join.condition = call("=", ref(0, TypeId::BigInt), ref(2, TypeId::BigInt));
        Bench bench(plan(std::move(join), join_types(kind), pair_values(left),
                         plan(physical::Materialize(), kPairTypes, pair_values(right))),
                    settings);
        ASSERT_EQ(sorted(bench.run()), naive_join(kind, left, right, false)) << static_cast<int>(kind);
      }
    }
  }
}

TEST(ExecutorNestedLoop, HandsSlotsDown) {
  physical::NestedLoop join;
  join.kind = JoinKind::Left;
  join.slots.emplace_back(0, ref(0, TypeId::BigInt));
  physical::FunctionScan inner;
  inner.function = "generate_series";
  inner.arguments = list(constant(Value::bigint(2)),
                         std::make_unique<Expr>(expression::RuntimeSlot{0}, Type(TypeId::BigInt)));
  Bench bench(plan(std::move(join), {TypeId::BigInt, TypeId::BigInt}, series(1, 3),
                   plan(std::move(inner), {TypeId::BigInt})));
  bench.statement.slot_types = {TypeId::BigInt};
  EXPECT_EQ(bench.run(), (std::vector<std::string>{"1|-", "2|2", "3|2", "3|3"}));
}

TEST(ExecutorMergeJoin, AgreesWithNestedLoops) {
  std::mt19937_64 random(11);
  auto order = [](PairRows rows) {
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      int64_t x = a.first == kNull ? INT64_MAX : a.first, y = b.first == kNull ? INT64_MAX : b.first;
      return x < y;
    });
    return rows;
  };
  PairRows left = order(random_pairs(random, 300, 60, true, true)),
           right = order(random_pairs(random, 200, 60, true, true));
  for (JoinKind kind : kAllJoins) {
    if (kind == JoinKind::NullAwareAnti) continue;
    for (bool text_too : {false, true}) {
      for (const Settings& settings : all_settings()) {
        physical::MergeJoin join;
        join.kind = kind;
        join.left_keys = list(ref(0, TypeId::BigInt));
        join.right_keys = list(ref(0, TypeId::BigInt));
        join.descending = {false};
        join.nulls_first = {false};
        if (text_too) join.condition = call("<", ref(1, TypeId::Text), ref(3, TypeId::Text));
        Bench bench(plan(std::move(join), join_types(kind), pair_values(left), pair_values(right)), settings);
        ASSERT_EQ(sorted(bench.run()), naive_join(kind, left, right, text_too))
            << static_cast<int>(kind) << text_too;
      }
    }
  }
}

template <class Node>
Node aggregate_node() {
  Node node;
  node.keys = list(ref(0, TypeId::BigInt));
  auto add = [&](const Aggregate* function, std::vector<ExprPtr> arguments,
                 Type type) -> physical::AggregateCall& {
    physical::AggregateCall made;
    made.aggregate = function;
    made.arguments = std::move(arguments);
    made.type = type;
    node.calls.push_back(std::move(made));
    return node.calls.back();
  };
  add(aggregate("count", {}), {}, TypeId::BigInt);
  add(aggregate("count", {TypeId::Any}), list(ref(1, TypeId::Text)), TypeId::BigInt).distinct = true;
  add(aggregate("min", {TypeId::Text}), list(ref(1, TypeId::Text)), TypeId::Text);
  physical::AggregateCall& filtered = add(aggregate("count", {}), {}, TypeId::BigInt);
  filtered.filter = call(">", ref(1, TypeId::Text), constant(Value::text("text that is long enough 5")));
  physical::AggregateCall& ordered =
      add(aggregate("string_agg", {TypeId::Text, TypeId::Text}),
          list(ref(1, TypeId::Text), constant(Value::text(","))), TypeId::Text);
  ordered.order.push_back(key(ref(1, TypeId::Text), true));
  return node;
}
const std::vector<Type> kAggregateTypes = {TypeId::BigInt, TypeId::BigInt, TypeId::BigInt,
                                           TypeId::Text,   TypeId::BigInt, TypeId::Text};

std::vector<std::string> naive_aggregate(const PairRows& rows) {
  std::map<int64_t, std::vector<std::string>> groups;
  for (const auto& [number, text] : rows) groups[number].push_back(text);
  std::vector<std::string> lines;
  for (auto& [number, texts] : groups) {
    std::sort(texts.begin(), texts.end());
    std::vector<std::string> once = texts;
    once.erase(std::unique(once.begin(), once.end()), once.end());
    auto large = std::count_if(texts.begin(), texts.end(),
                               [](const std::string& text) { return text > "text that is long enough 5"; });
    std::string joined;
    for (size_t i = texts.size(); i-- > 0;) joined += (joined.empty() ? "" : ",") + texts[i];
    lines.push_back((number == kNull ? "-" : std::to_string(number)) + "|" + std::to_string(texts.size()) +
                    "|" + std::to_string(once.size()) + "|" + texts[0] + "|" + std::to_string(large) + "|" +
                    joined);
  }
  return sorted(std::move(lines));
}

TEST(ExecutorHashAggregate, AgreesWithAMap) {
  std::mt19937_64 random(12);
  PairRows rows = random_pairs(random, 4000, 1500);
  for (const Settings& settings : all_settings()) {
    Bench bench(plan(aggregate_node<physical::HashAggregate>(), kAggregateTypes, pair_values(rows)),
                settings);
    EXPECT_EQ(sorted(bench.run()), naive_aggregate(rows));
    if (settings.work_memory == 65536) {
      EXPECT_GT(bench.spilled, 0u);
    }
  }
}

TEST(ExecutorSortedAggregate, AgreesWithAMap) {
  std::mt19937_64 random(13);
  PairRows rows = random_pairs(random, 1200, 90);
  for (const Settings& settings : all_settings()) {
    physical::Sort sort;
    sort.keys.push_back(key(ref(0, TypeId::BigInt)));
    PlanPtr input = plan(std::move(sort), kPairTypes, pair_values(rows));
    Bench bench(plan(aggregate_node<physical::SortedAggregate>(), kAggregateTypes, std::move(input)),
                settings);
    EXPECT_EQ(sorted(bench.run()), naive_aggregate(rows));
  }
}

TEST(ExecutorDistinct, KeepsOneOfEach) {
  std::mt19937_64 random(14);
  PairRows rows = random_pairs(random, 5000, 3);
  std::vector<std::string> expected;
  for (const auto& row : rows) expected.push_back(pair_text(row));
  expected = sorted(std::move(expected));
  expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
  for (const Settings& settings : all_settings()) {
    physical::Distinct distinct{{0, 1}, false};
    Bench bench(plan(std::move(distinct), kPairTypes, pair_values(rows)), settings);
    EXPECT_EQ(sorted(bench.run()), expected);
    if (settings.work_memory == 65536) {
      EXPECT_GT(bench.spilled, 0u);
    }
  }
}

TEST(ExecutorSetOperation, CountsAsSqlDoes) {
  using Kind = physical::SetOperation::Kind;
  std::mt19937_64 random(15);
  PairRows left = random_pairs(random, 2500, 3), right = random_pairs(random, 2000, 3);
  std::map<std::string, std::pair<int, int>> counts;
  for (const auto& row : left) ++counts[pair_text(row)].first;
  for (const auto& row : right) ++counts[pair_text(row)].second;
  for (Kind kind : {Kind::Intersect, Kind::IntersectAll, Kind::Except, Kind::ExceptAll}) {
    std::vector<std::string> expected;
    for (const auto& [text, count] : counts) {
      int times = 0;
      if (kind == Kind::Intersect) times = count.first > 0 && count.second > 0;
      if (kind == Kind::IntersectAll) times = std::min(count.first, count.second);
      if (kind == Kind::Except) times = count.first > 0 && count.second == 0;
      if (kind == Kind::ExceptAll) times = std::max(0, count.first - count.second);
      for (int i = 0; i < times; ++i) expected.push_back(text);
    }
    for (const Settings& settings : all_settings()) {
      Bench bench(plan(physical::SetOperation{kind}, kPairTypes, pair_values(left), pair_values(right)),
                  settings);
      EXPECT_EQ(sorted(bench.run()), sorted(expected));
    }
  }
}

TEST(ExecutorLimit, StopsTheErrorBehindIt) {
  // 10 / (3 - i) fails for i = 3; LIMIT 2 never comes there.
  for (int64_t wanted : {2, 3}) {
    for (const Settings& settings : all_settings()) {
      physical::Project project;
      project.expressions = list(call("/", constant(Value::bigint(10)),
                                      call("-", constant(Value::bigint(3)), ref(0, TypeId::BigInt))));
      physical::Limit limit;
      limit.count = constant(Value::bigint(wanted));
      Bench bench(
          plan(std::move(limit), {TypeId::BigInt}, plan(std::move(project), {TypeId::BigInt}, series(1, 9))),
          settings);
      std::vector<std::string> expected = {"5", "10"};
      if (wanted == 3) expected.push_back("error 22012");
      EXPECT_EQ(bench.run(), expected);
    }
  }
}

TEST(ExecutorFilter, HandsOutPieces) {
  for (const Settings& settings : all_settings()) {
    physical::Filter filter;
    filter.condition =
        call("<", call("%", ref(0, TypeId::BigInt), constant(Value::bigint(7))), constant(Value::bigint(2)));
    physical::Limit limit;
    limit.count = constant(Value::bigint(5));
    limit.offset = constant(Value::bigint(400));
    Bench bench(
        plan(std::move(limit), {TypeId::BigInt}, plan(std::move(filter), {TypeId::BigInt}, series(0, 9999))),
        settings);
    EXPECT_EQ(bench.run(), (std::vector<std::string>{"1400", "1401", "1407", "1408", "1414"}));
  }
}

TEST(ExecutorRecursiveUnion, CountsUp) {
  for (bool distinct : {false, true}) {
    physical::Filter filter;
    filter.condition = call("<", ref(0, TypeId::BigInt), constant(Value::bigint(6)));
    PlanPtr rows =
        plan(std::move(filter), {TypeId::BigInt}, plan(physical::WorkTableScan{0, "n"}, {TypeId::BigInt}));
    physical::Project next;
    next.expressions = list(call("+", ref(0, TypeId::BigInt), constant(Value::bigint(1))));
    Bench bench(plan(physical::RecursiveUnion{0, distinct, "n"}, {TypeId::BigInt}, series(4, 5),
                     plan(std::move(next), {TypeId::BigInt}, std::move(rows))));
    bench.statement.work_tables = 1;
    std::vector<std::string> all = {"4", "5", "5", "6", "6"}, once = {"4", "5", "6"};
    EXPECT_EQ(sorted(bench.run()), distinct ? once : all);
    EXPECT_EQ(sorted(bench.run()), distinct ? once : all);
  }
}

TEST(ExecutorWindow, RanksAndSums) {
  for (const Settings& settings : all_settings()) {
    Rows rows;
    for (auto [group, value] : std::vector<std::pair<int, int>>{{1, 10}, {1, 10}, {1, 20}, {2, 5}, {2, 6}})
      rows.push_back({Value::bigint(group), Value::bigint(value)});
    physical::Window window;
    window.partition = list(ref(0, TypeId::BigInt));
    window.order.push_back(key(ref(1, TypeId::BigInt)));
    auto add = [&](const char* name, std::vector<ExprPtr> arguments, Type type,
                   const Aggregate* function = nullptr) {
      physical::WindowCall made;
      made.function = name;
      made.arguments = std::move(arguments);
      made.type = type;
      made.aggregate = function;
      window.calls.push_back(std::move(made));
    };
    add("row_number", {}, TypeId::BigInt);
    add("rank", {}, TypeId::BigInt);
    add("dense_rank", {}, TypeId::BigInt);
    add("lag", list(ref(1, TypeId::BigInt)), TypeId::BigInt);
    add("last_value", list(ref(1, TypeId::BigInt)), TypeId::BigInt);
    add("", {}, TypeId::BigInt, aggregate("count", {}));
    add("ntile", list(constant(Value::integer(2))), TypeId::Integer);
    std::vector<Type> types(8, TypeId::BigInt);
    types.push_back(TypeId::Integer);
    Bench bench(plan(std::move(window), types, values({TypeId::BigInt, TypeId::BigInt}, rows)), settings);
    EXPECT_EQ(bench.run(),
              (std::vector<std::string>{"1|10|1|1|1|-|10|2|1", "1|10|2|1|1|10|10|2|1", "1|20|3|3|2|10|20|3|2",
                                        "2|5|1|1|1|-|5|1|1", "2|6|2|2|2|5|6|2|2"}));
  }
}

}  // namespace
}  // namespace rowan
