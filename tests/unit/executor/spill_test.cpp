// Spilling at its edges: one key a million times, texts larger than memory, temporary space that runs out,
// statements that are cancelled in the middle. What was taken must always be given back.
#include <stdlib.h>

#include <filesystem>
#include <random>

#include "tests/unit/executor/plan_kit.h"
#include "types/cancel.h"

namespace rowan {
namespace {

using namespace plan_kit;  // NOLINT: a test's own vocabulary
using physical::JoinKind;

constexpr size_t kLittle = 65536;

PlanPtr projected(PlanPtr input, std::vector<ExprPtr> expressions) {
  physical::Project project;
  std::vector<Type> types;
  for (const ExprPtr& each : expressions) types.push_back(each->type);
  project.expressions = std::move(expressions);
  return plan(std::move(project), types, std::move(input));
}
ExprPtr number(int64_t value) {
  return constant(Value::bigint(value));
}

// count(*) over `input`.
PlanPtr counted(PlanPtr input) {
  physical::SortedAggregate aggregates;
  physical::AggregateCall call;
  call.aggregate = aggregate("count", {});
  aggregates.calls.push_back(std::move(call));
  return plan(std::move(aggregates), {TypeId::BigInt}, std::move(input));
}

PlanPtr joined(JoinKind kind, PlanPtr left, PlanPtr right) {
  physical::HashJoin join;
  join.kind = kind;
  join.left_keys = list(ref(0, TypeId::BigInt));
  join.right_keys = list(ref(0, TypeId::BigInt));
  join.equals = {function("=", {TypeId::BigInt, TypeId::BigInt})};
  return plan(std::move(join), {TypeId::BigInt, TypeId::BigInt}, std::move(left), std::move(right));
}

// No bits of a hash part equal keys: the join must notice, and neither write them again and again nor give
// up.
TEST(ExecutorSpill, AJoinOfOneKeyAMillionTimes) {
  constexpr int64_t kRows = 1000000;
  auto skewed = [&] {
    // 7 but for every 5,000th row.
    ExprPtr rest = call("%", ref(0, TypeId::BigInt), number(5000));
    ExprPtr is_other = call("=", std::move(rest), number(0));
    auto branches = std::make_unique<Expr>(expression::Case{false, true, 0}, Type(TypeId::BigInt));
    branches->children = list(std::move(is_other), ref(0, TypeId::BigInt), number(7));
    return projected(series(1, kRows), list(std::move(branches)));
  };
  Settings settings;
  settings.work_memory = kLittle;
  Bench bench(counted(joined(JoinKind::Inner,
                             values({TypeId::BigInt}, {{Value::bigint(7)}, {Value::bigint(7)}}), skewed())),
              settings);
  EXPECT_EQ(bench.run(), std::vector<std::string>{std::to_string(2 * (kRows - kRows / 5000))});
  EXPECT_GT(bench.spilled, 0u);
  // Read from the input, parted until the 200 others are gone: a few times the rows, not one for each bit.
  EXPECT_LT(bench.spilled, uint64_t{kRows} * 24 * 5);
}

TEST(ExecutorSpill, AnAggregateOfManyGroupsAndOneLargeOne) {
  constexpr int64_t kRows = 300000;
  ExprPtr key = call("%", ref(0, TypeId::BigInt), number(50000));
  physical::HashAggregate aggregates;
  aggregates.keys = list(ref(0, TypeId::BigInt));
  physical::AggregateCall count;
  count.aggregate = aggregate("count", {});
  aggregates.calls.push_back(std::move(count));
  Settings settings;
  settings.work_memory = kLittle;
  Bench bench(plan(std::move(aggregates), {TypeId::BigInt, TypeId::BigInt},
                   projected(series(0, kRows - 1), list(std::move(key)))),
              settings);
  std::vector<std::string> groups = bench.run();
  EXPECT_GT(bench.spilled, 0u);
  std::vector<std::string> expected;
  for (int64_t i = 0; i < 50000; ++i) expected.push_back(std::to_string(i) + "|6");
  EXPECT_EQ(sorted(groups), sorted(expected));
}

// Each text is larger than what the sort may hold: a run a row, merged in several passes.
TEST(ExecutorSpill, ASortOfTextsLargerThanItsMemory) {
  std::mt19937_64 random(3);
  Rows rows;
  std::vector<std::string> expected;
  for (int i = 0; i < 150; ++i) {
    std::string text(90000 + random() % 20000, static_cast<char>('a' + random() % 3));
    text += std::to_string(random() % 1000);
    rows.push_back({Value::text(text)});
    expected.push_back(text);
  }
  std::sort(expected.begin(), expected.end());
  physical::Sort sort;
  sort.keys.push_back(key(ref(0, TypeId::Text)));
  Settings settings;
  settings.work_memory = kLittle;
  Bench bench(plan(std::move(sort), {TypeId::Text}, values({TypeId::Text}, rows)), settings);
  EXPECT_TRUE(bench.run() == expected);
  EXPECT_GT(bench.spilled, 2u * 150 * 90000);  // more than one pass
}

PlanPtr large_sort() {
  physical::Sort sort;
  sort.keys.push_back(key(ref(0, TypeId::BigInt), true));
  return plan(std::move(sort), {TypeId::BigInt}, series(1, 400000));
}

TEST(ExecutorSpill, TemporarySpaceRunsOutAndIsGivenBack) {
  OsFileSystem files;
  TempFiles temp_files(files, "", 2u << 20);
  Settings settings;
  settings.work_memory = kLittle;
  Bench bench(large_sort(), settings);
  bench.environment.temp_files = &temp_files;
  EXPECT_EQ(bench.run(), std::vector<std::string>{"error 53400"});
  EXPECT_EQ(temp_files.bytes_in_use(), 0u);
  // The same operators, where there is room.
  TempFiles roomy(files, "", 1u << 30);
  Bench again(large_sort(), settings);
  again.environment.temp_files = &roomy;
  EXPECT_EQ(again.run().size(), 400000u);
  EXPECT_EQ(roomy.bytes_in_use(), 0u);
}

TEST(ExecutorSpill, ACancelledSortGivesItsFilesBack) {
  OsFileSystem files;
  TempFiles temp_files(files, "", 1u << 30);
  CancelToken cancel;
  Settings settings;
  settings.work_memory = kLittle;
  Bench bench(large_sort(), settings);
  bench.environment.temp_files = &temp_files;
  bench.environment.cancel = &cancel;
  rowan::Run run(bench.statement, bench.environment);
  OperatorPtr root = std::move(make_operator(*bench.statement.root, run)).take();
  run.begin({}, nullptr);
  ASSERT_TRUE(root->open().ok());
  Batch batch = root->make_batch();
  Result<bool> more = root->next(batch, kBatchRows);
  ASSERT_TRUE(more.ok() && *more);
  EXPECT_GT(temp_files.bytes_in_use(), 0u);
  cancel.request(CancelToken::Reason::UserRequest);
  more = root->next(batch, kBatchRows);
  ASSERT_FALSE(more.ok());
  EXPECT_EQ(more.error().state(), sqlstate::query_canceled);
  root->close();
  EXPECT_EQ(temp_files.bytes_in_use(), 0u);
}

TEST(ExecutorSpill, TemporaryFilesHaveNoNames) {
  std::string pattern = (std::filesystem::temp_directory_path() / "rowan-spill-XXXXXX").string();
  std::string folder = mkdtemp(pattern.data());
  {
    OsFileSystem files;
    TempFiles temp_files(files, folder, 1u << 30);
    std::unique_ptr<TempFile> file = std::move(temp_files.create()).take();
    std::vector<std::byte> bytes(200000);
    ASSERT_TRUE(file->append(bytes).ok());
    EXPECT_GT(temp_files.bytes_in_use(), 0u);
    EXPECT_TRUE(std::filesystem::is_empty(folder));
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace rowan
