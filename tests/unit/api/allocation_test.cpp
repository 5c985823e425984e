// A prepared statement that has run before asks for no memory: operator new is counted, a thread at a time.
// What remains is what a structure's growth needs (a split of an index page, a chunk of the status map), once
// in hundreds of statements.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>

#include "api/rowan.hpp"

namespace {

thread_local uint64_t allocations = 0, allocated_bytes = 0;

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  allocated_bytes += size;
  std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* memory =
      alignment <= alignof(std::max_align_t) ? std::malloc(size) : std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Not inlined: the compiler would see free() meet what operator new gave.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return counted(size == 0 ? 1 : size, 1);
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size == 0 ? 1 : size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace rowan {
namespace {

class AllocationTest : public testing::Test {
 protected:
  AllocationTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rowan-memory-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    database_ = std::make_unique<Database>(Database::open(folder_ + "/d.rowan").value());
    connection_ = std::make_unique<Connection>(database_->connect().value());
    connection_->execute("CREATE TABLE t (id bigint PRIMARY KEY, number int, text text)").value();
    connection_->execute("INSERT INTO t SELECT i, i % 1000, repeat('x', 100) FROM generate_series(0, 4999) i")
        .value();
    // Not one flush a statement: what is counted is the same.
    connection_->execute("SET synchronous_commit = off").value();
  }
  ~AllocationTest() override {
    connection_ = nullptr;
    database_ = nullptr;
    std::filesystem::remove_all(folder_);
  }

  static constexpr int kRuns = 1000;
  // How many of kRuns runs of `run(i)` asked for memory more than `each` times, after as many that may.
  template <class Run>
  int runs_that_allocate(Run run, uint64_t each = 0) {
    for (int i = 0; i < kRuns; ++i) run(i);
    int count = 0;
    for (int i = kRuns; i < 2 * kRuns; ++i) {
      uint64_t before = allocations;
      run(i);
      if (allocations - before > each) ++count;
    }
    return count;
  }

  std::string folder_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
};

constexpr int kGrowth = 10;  // in 1,000 statements

TEST_F(AllocationTest, TheCounterCounts) {
  uint64_t before = allocations;
  std::string text(1000, 'x');
  EXPECT_GT(allocations, before) << text.size();
}

TEST_F(AllocationTest, ALookUpByKey) {
  Statement find = connection_->prepare("SELECT number, text FROM t WHERE id = $1").value();
  int64_t sum = 0;
  int count = runs_that_allocate([&](int i) {
    find.bind(1, int64_t{i}).value();
    Rows rows = find.query().value();
    while (rows.next().value()) sum += rows.int64(0);
  });
  EXPECT_EQ(count, 0);
  EXPECT_EQ(sum, int64_t{2} * 999 * 1000 / 2);
}

TEST_F(AllocationTest, InsertsInATransaction) {
  connection_->execute("BEGIN").value();
  Statement insert = connection_->prepare("INSERT INTO t VALUES ($1, $2, $3)").value();
  std::string text(100, 'y');
  int count = runs_that_allocate([&](int i) {
    insert.bind(1, int64_t{10000 + i}).value();
    insert.bind(2, int32_t{i}).value();
    insert.bind(3, text).value();
    insert.execute().value();
  });
  connection_->execute("COMMIT").value();
  EXPECT_LE(count, kGrowth);
}

TEST_F(AllocationTest, InsertsThatCommit) {
  Statement insert = connection_->prepare("INSERT INTO t VALUES ($1, $2, $3)").value();
  std::string text(100, 'y');
  int count = runs_that_allocate([&](int i) {
    insert.bind(1, int64_t{10000 + i}).value();
    insert.bind(2, int32_t{i}).value();
    insert.bind(3, text).value();
    insert.execute().value();
  });
  EXPECT_LE(count, kGrowth);
}

// Each statement looks at rows, so its writes carry an id of their own, and the pages that each id in
// progress has written are remembered: an entry and its list.
TEST_F(AllocationTest, UpdatesInATransaction) {
  constexpr uint64_t kEntryAndList = 2;
  connection_->execute("BEGIN").value();
  Statement update = connection_->prepare("UPDATE t SET number = $2 WHERE id = $1").value();
  int count = runs_that_allocate(
      [&](int i) {
        update.bind(1, int64_t{i}).value();
        update.bind(2, int32_t{i}).value();
        update.execute().value();
      },
      kEntryAndList);
  connection_->execute("COMMIT").value();
  EXPECT_LE(count, kGrowth);
}

TEST_F(AllocationTest, UpdatesThatCommit) {
  Statement update = connection_->prepare("UPDATE t SET number = number + $2 WHERE id = $1").value();
  int count = runs_that_allocate([&](int i) {
    update.bind(1, int64_t{i}).value();
    update.bind(2, int32_t{1}).value();
    update.execute().value();
  });
  EXPECT_LE(count, kGrowth);
}

// A long value is there once beside what reads or writes it; what packs and unpacks it takes a block at a
// time.
class LongValueTest : public AllocationTest {
 protected:
  static constexpr uint64_t kLength = uint64_t{24} << 20;
  static constexpr uint64_t kBeside = uint64_t{1} << 20;

  LongValueTest() {
    connection_->execute("CREATE TABLE long (id int PRIMARY KEY, a text, b text)").value();
    connection_->execute("INSERT INTO long VALUES (0, 'a', 'b')").value();
  }
  // How many bytes were asked for, freed ones too, in whole values and the rest of one.
  template <class Run>
  uint64_t bytes_of(Run run) {
    uint64_t before = allocated_bytes;
    run();
    return allocated_bytes - before;
  }
  uint64_t bytes_of_statement(const std::string& sql) {
    Statement statement = connection_->prepare(sql).value();
    return bytes_of([&] { EXPECT_EQ(statement.execute().value(), 1u) << sql; });
  }
  // Bytes that LZ4 cannot shorten.
  static std::string noise() {
    std::string text(kLength, ' ');
    uint64_t state = 88172645463325252;
    for (char& c : text) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      c = static_cast<char>('!' + state % 90);
    }
    return text;
  }
};

TEST_F(LongValueTest, IsComputedOnceToBeStored) {
  std::string text = "repeat('abcdefgh', " + std::to_string(kLength / 8) + ")";
  EXPECT_LE(bytes_of_statement("INSERT INTO long VALUES (1, " + text + ", 'b')"), kLength + kBeside);
  EXPECT_LE(bytes_of_statement("UPDATE long SET a = " + text + " WHERE id = 0"), kLength + kBeside);
  EXPECT_LE(bytes_of_statement("UPDATE long SET id = 2 WHERE id = 1"), kBeside);
  EXPECT_LE(bytes_of_statement("UPDATE long SET b = 'c' WHERE id = 2"), kBeside);
  EXPECT_LE(bytes_of_statement("DELETE FROM long WHERE id = 0"), kBeside);
  EXPECT_LE(bytes_of_statement("INSERT INTO long SELECT 3, a, b FROM long"), kLength + kBeside);
  EXPECT_EQ(connection_->query("SELECT count(*) FROM long WHERE a = " + text).value().next().value(), true);
}

TEST_F(LongValueTest, IsReadStraightIntoItsPlace) {
  std::string value = noise();
  {
    Statement insert = connection_->prepare("INSERT INTO long VALUES (1, $1, 'b')").value();
    insert.bind(1, value).value();
    // The execution's own copy of its parameters.
    EXPECT_LE(bytes_of([&] { insert.execute().value(); }), kLength + kBeside);
  }
  connection_->execute("INSERT INTO long VALUES (2, repeat('x', " + std::to_string(kLength) + "), 'b')")
      .value();
  for (const char* id : {"1", "2"}) {
    std::string where = std::string(" FROM long WHERE id = ") + id;
    EXPECT_LE(bytes_of_statement("SELECT length(a)" + where), kLength + kBeside);
    EXPECT_LE(bytes_of_statement("SELECT b" + where), kBeside);
    Statement find = connection_->prepare("SELECT a" + where).value();
    std::string text;
    EXPECT_LE(bytes_of([&] {
                Rows rows = find.query().value();
                ASSERT_TRUE(rows.next().value());
                text = rows.text(0);
              }),
              2 * kLength + kBeside);
    EXPECT_TRUE(text == (id[0] == '1' ? value : std::string(kLength, 'x')));
  }
}

}  // namespace
}  // namespace rowan
