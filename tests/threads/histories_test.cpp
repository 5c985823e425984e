// Threads run random transactions over a few keys; what they saw is judged afterwards by the rules of their
// level. Two workloads: appends made by the engine (v || x), and appends made by the program, which reads,
// adds and writes back: what READ COMMITTED may lose and REPEATABLE READ may not. ROWAN_HISTORIES names a
// folder where the histories are kept for another checker.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"
#include "tests/crash/seeds.h"
#include "tests/threads/history.h"
#include "types/try.h"

namespace rowan {
namespace {

using history::History;
using history::List;
using history::Operation;

constexpr const char* kReadCommitted = "READ COMMITTED";
constexpr const char* kRepeatableRead = "REPEATABLE READ";
constexpr const char* kSerializable = "SERIALIZABLE";

List parse_list(const std::string& text) {
  List list;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find(',', at), text.size());
    list.push_back(std::stoll(text.substr(at, end - at)));
    at = end + 1;
  }
  return list;
}

std::string to_list(const List& list) {
  std::string text;
  for (int64_t value : list) text += (text.empty() ? "" : ",") + std::to_string(value);
  return text;
}

void create_lists(Database& database) {
  Connection connection = database.connect().value();
  connection
      .execute(
          "CREATE TABLE list (k int PRIMARY KEY, other int NOT NULL, v text NOT NULL); "
          "CREATE INDEX list_other ON list (other)")
      .value();
}

// One session's transactions, and what it did and saw in them.
class Worker {
 public:
  Worker(Database& database, int64_t number, int64_t keys, std::string level)
      : connection_(database.connect().value()),
        state_(static_cast<uint64_t>(number) * 7919 + 1),
        next_value_(number * 1'000'000 + 1),
        keys_(keys),
        level_(std::move(level)) {}

  int64_t draw(int64_t below) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<int64_t>((state_ >> 33) % static_cast<uint64_t>(below));
  }
  Result<> begin() {
    current_ = {};
    undone_ = {};
    return connection_.execute("BEGIN ISOLATION LEVEL " + level_);
  }
  Result<> commit() {
    Result<> done = connection_.execute("COMMIT");
    keep(done.ok());
    return done;
  }
  void roll_back() {
    connection_.execute("ROLLBACK").value();
    keep(false);
  }
  // A transaction of a few random steps. Lost races end it; anything else that fails fails the test.
  void random_transaction(bool by_program) {
    Result<> done = random_steps(by_program);
    if (!done.ok()) {
      SqlState state = done.error().state();
      EXPECT_TRUE(state == sqlstate::serialization_failure || state == sqlstate::deadlock_detected ||
                  state == sqlstate::unique_violation)
          << state.text() << " " << done.error().message();
      roll_back();
    } else if (draw(10) == 0) {
      roll_back();
    } else {
      Result<> committed = commit();
      bool may_fail = level_ == kSerializable && !committed.ok() &&
                      committed.error().state() == sqlstate::serialization_failure;
      EXPECT_TRUE(committed.ok() || may_fail);
    }
  }

  Result<> read(int64_t key, bool through_index = false) {
    List seen = TRY(look(through_index ? "SELECT v FROM list WHERE other = " + std::to_string(key + 100)
                                       : "SELECT v FROM list WHERE k = " + std::to_string(key)));
    current_.operations.push_back({false, key, 0, std::move(seen)});
    return {};
  }
  // The engine appends: an upsert, an update that falls back to an insert, or a row taken out and put in
  // again.
  Result<> append(int64_t key, int way) {
    int64_t value = next_value_++;
    std::string k = std::to_string(key);
    std::string v = std::to_string(value);
    std::string row = "(" + k + ", " + std::to_string(key + 100) + ", '";
    if (way == 0) {
      TRY(connection_.execute("INSERT INTO list VALUES " + row + v +
                              "') ON CONFLICT (k) DO UPDATE SET v = list.v || ',' || excluded.v"));
    } else if (way == 1) {
      Statement update = TRY(connection_.prepare("UPDATE list SET v = v || '," + v + "' WHERE k = " + k));
      uint64_t changed = TRY(update.execute());
      if (changed == 0) TRY(connection_.execute("INSERT INTO list VALUES " + row + v + "')"));
    } else {
      List before = TRY(look("DELETE FROM list WHERE k = " + k + " RETURNING v"));
      before.push_back(value);
      TRY(connection_.execute("INSERT INTO list VALUES " + row + to_list(before) + "')"));
    }
    current_.operations.push_back({true, key, value, {}});
    return {};
  }
  // The program appends: reads, adds, writes back what it made of it.
  Result<> read_and_write_back(int64_t key) {
    TRY(read(key));
    List list = current_.operations.back().seen;
    int64_t value = next_value_++;
    list.push_back(value);
    std::string row = std::to_string(key) + ", " + std::to_string(key + 100) + ", '" + to_list(list) + "'";
    TRY(connection_.execute("INSERT INTO list VALUES (" + row +
                            ") ON CONFLICT (k) DO UPDATE SET v = excluded.v"));
    current_.operations.push_back({true, key, value, {}});
    return {};
  }

  History take() { return std::move(history_); }

 private:
  Result<> random_steps(bool by_program) {
    TRY(begin());
    int64_t steps = 1 + draw(5);
    for (int64_t i = 0; i < steps; ++i) TRY(random_step(by_program));
    return {};
  }
  Result<> random_step(bool by_program) {
    int64_t key = draw(keys_);
    int64_t kind = draw(10);
    if (kind < 3) return read(key);
    if (kind == 3) return read(key, true);
    if (kind == 4) return read_all();
    if (kind == 5) return in_savepoint(key, by_program);
    if (by_program) return read_and_write_back(key);
    return append(key, static_cast<int>(draw(5) % 3));
  }
  Result<> read_all() {
    std::map<int64_t, List> seen;
    Rows rows = TRY(connection_.query("SELECT k, v FROM list ORDER BY k"));
    while (TRY(rows.next())) seen[rows.int64(0)] = parse_list(rows.text(1));
    for (int64_t key = 0; key < keys_; ++key) current_.operations.push_back({false, key, 0, seen[key]});
    return {};
  }
  // What is rolled back to a savepoint is what a transaction that never committed did.
  Result<> in_savepoint(int64_t key, bool by_program) {
    TRY(connection_.execute("SAVEPOINT s"));
    size_t before = current_.operations.size();
    if (by_program) {
      TRY(read_and_write_back(key));
    } else {
      TRY(append(key, static_cast<int>(draw(3))));
    }
    if (draw(2) == 0) return connection_.execute("RELEASE s");
    TRY(connection_.execute("ROLLBACK TO s"));
    for (size_t i = before; i < current_.operations.size(); ++i)
      if (current_.operations[i].is_append) undone_.operations.push_back(current_.operations[i]);
    std::erase_if(current_.operations, [&](const Operation& operation) {
      return operation.is_append && &operation >= current_.operations.data() + before;
    });
    return {};
  }
  Result<List> look(const std::string& sql) {
    List list;
    Rows rows = TRY(connection_.query(sql));
    int count = 0;
    while (TRY(rows.next())) {
      EXPECT_EQ(++count, 1) << sql;
      list = parse_list(rows.text(0));
    }
    return list;
  }
  void keep(bool committed) {
    current_.committed = committed;
    history_.push_back(std::move(current_));
    if (!undone_.operations.empty()) history_.push_back(std::move(undone_));
    current_ = {};
    undone_ = {};
  }

  Connection connection_;
  uint64_t state_;
  int64_t next_value_;
  int64_t keys_;
  std::string level_;
  history::Transaction current_, undone_;
  History history_;
};

std::map<int64_t, List> final_lists(Database& database) {
  std::map<int64_t, List> lists;
  Connection connection = database.connect().value();
  Rows rows = connection.query("SELECT k, v FROM list").value();
  while (rows.next().value()) lists[rows.int64(0)] = parse_list(rows.text(1));
  return lists;
}

using Found = std::map<std::string, int>;

Found found_in(Database& database, const History& history, const std::string& name) {
  if (const char* folder = std::getenv("ROWAN_HISTORIES"))
    std::ofstream(std::string(folder) + "/" + name) << history::to_text(history);
  return find_anomalies(history, final_lists(database));
}

void expect_none_of(const std::set<std::string>& forbidden, const Found& found) {
  for (const auto& [anomaly, count] : found)
    EXPECT_EQ(forbidden.count(anomaly), 0u) << anomaly << " " << count;
}

struct Workload {
  const char* name;
  const char* level;
  int64_t keys;
  bool by_program;
};

class HistoriesTest : public ::testing::TestWithParam<Workload> {};

TEST_P(HistoriesTest, ShowNothingThatTheirLevelForbids) {
  constexpr int64_t kThreads = 8;
  const int transactions = static_cast<int>(60 * seeds_wanted(1));
  const Workload& workload = GetParam();
  Database database = Database::open(":memory:").value();
  create_lists(database);
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  for (int64_t i = 0; i < kThreads; ++i)
    workers.push_back(std::make_unique<Worker>(database, i + 1, workload.keys, workload.level));
  for (auto& worker : workers) {
    threads.emplace_back([&worker, &workload, transactions] {
      for (int i = 0; i < transactions; ++i) worker->random_transaction(workload.by_program);
    });
  }
  for (std::thread& thread : threads) thread.join();
  History all;
  for (auto& worker : workers)
    for (history::Transaction& transaction : worker->take()) all.push_back(std::move(transaction));
  size_t committed = 0;
  for (const history::Transaction& transaction : all) committed += transaction.committed ? 1 : 0;
  EXPECT_GT(committed, 0u);
  Found found = found_in(database, all, workload.name);
  std::string level = workload.level;
  std::set<std::string> forbidden = level == kReadCommitted  ? history::forbidden_at_read_committed()
                                    : level == kSerializable ? history::forbidden_at_serializable()
                                                             : history::forbidden_at_repeatable_read();
  // A program that writes back what it read overwrites others' work at READ COMMITTED, so lists lose values
  // there and their order tells nothing; what was rolled back must not be seen all the same.
  if (workload.by_program && level == kReadCommitted) forbidden = {"own"};
  expect_none_of(forbidden, found);
  std::vector<std::string> findings = database.check().value();
  EXPECT_TRUE(findings.empty()) << findings.front();
  for (const auto& [anomaly, count] : found) RecordProperty(anomaly, count);
}

INSTANTIATE_TEST_SUITE_P(All, HistoriesTest,
                         ::testing::Values(Workload{"append_rc_4", kReadCommitted, 4, false},
                                           Workload{"append_rc_16", kReadCommitted, 16, false},
                                           Workload{"append_rr_4", kRepeatableRead, 4, false},
                                           Workload{"append_rr_16", kRepeatableRead, 16, false},
                                           Workload{"append_ser_4", kSerializable, 4, false},
                                           Workload{"append_ser_16", kSerializable, 16, false},
                                           Workload{"write_back_ser_16", kSerializable, 16, true},
                                           Workload{"write_back_rc_4", kReadCommitted, 4, true},
                                           Workload{"write_back_rr_4", kRepeatableRead, 4, true},
                                           Workload{"write_back_rr_16", kRepeatableRead, 16, true}),
                         [](const ::testing::TestParamInfo<Workload>& workload) {
                           return std::string(workload.param.name);
                         });

// --- The judge is sharp: what a level allows does happen, and is found. ---

// Two transactions read and write in the order that the anomaly needs, on one thread.
History two_workers(Database& database, const char* level,
                    const std::function<void(Worker& first, Worker& second)>& play) {
  create_lists(database);
  Worker first(database, 1, 2, level);
  Worker second(database, 2, 2, level);
  first.begin().value();
  first.append(0, 0).value();
  first.append(1, 0).value();
  first.commit().value();
  first.begin().value();
  second.begin().value();
  play(first, second);
  History history = first.take();
  for (history::Transaction& transaction : second.take()) history.push_back(std::move(transaction));
  return history;
}

TEST(HistoryJudgeTest, FindsTheWriteSkewThatRepeatableReadAllows) {
  Database database = Database::open(":memory:").value();
  History history = two_workers(database, kRepeatableRead, [](Worker& first, Worker& second) {
    first.read(0).value();
    second.read(1).value();
    first.append(1, 1).value();
    second.append(0, 1).value();
    first.commit().value();
    second.commit().value();
  });
  Found found = found_in(database, history, "judge_write_skew");
  EXPECT_GT(found["G2-item"], 0);
  expect_none_of(history::forbidden_at_repeatable_read(), found);
}

TEST(HistoryJudgeTest, SerializableRefusesTheSameWriteSkew) {
  Database database = Database::open(":memory:").value();
  History history = two_workers(database, kSerializable, [](Worker& first, Worker& second) {
    first.read(0).value();
    second.read(1).value();
    first.append(1, 1).value();
    second.append(0, 1).value();
    first.commit().value();
    Result<> late = second.commit();
    ASSERT_FALSE(late.ok());
    EXPECT_EQ(late.error().state(), sqlstate::serialization_failure);
  });
  expect_none_of(history::forbidden_at_serializable(), found_in(database, history, "judge_refused_skew"));
}

// As REPEATABLE READ would be without its check for concurrent updates.
TEST(HistoryJudgeTest, FindsTheLostUpdateThatReadCommittedAllows) {
  Database database = Database::open(":memory:").value();
  History history = two_workers(database, kReadCommitted, [](Worker& first, Worker& second) {
    second.read(0).value();
    first.read_and_write_back(0).value();
    first.commit().value();
    second.append(0, 0).value();
    second.commit().value();
  });
  Found found = found_in(database, history, "judge_read_then_append");
  EXPECT_GT(found["G-single"], 0);
  expect_none_of(history::forbidden_at_read_committed(), found);
}

TEST(HistoryJudgeTest, RepeatableReadRefusesTheSameLostUpdate) {
  Database database = Database::open(":memory:").value();
  History history = two_workers(database, kRepeatableRead, [](Worker& first, Worker& second) {
    second.read(0).value();
    first.read_and_write_back(0).value();
    first.commit().value();
    Result<> late = second.append(0, 0);
    ASSERT_FALSE(late.ok());
    EXPECT_EQ(late.error().state(), sqlstate::serialization_failure);
    second.roll_back();
  });
  expect_none_of(history::forbidden_at_repeatable_read(), found_in(database, history, "judge_refused"));
}

TEST(HistoryJudgeTest, FindsTheReadSkewThatReadCommittedAllows) {
  Database database = Database::open(":memory:").value();
  History history = two_workers(database, kReadCommitted, [](Worker& first, Worker& second) {
    second.read(0).value();
    first.append(0, 0).value();
    first.append(1, 2).value();
    first.commit().value();
    second.read(1).value();
    second.read(0).value();
    second.commit().value();
  });
  Found found = found_in(database, history, "judge_read_skew");
  EXPECT_GT(found["G-single"], 0);
  EXPECT_GT(found["internal"], 0);
}

Operation a(int64_t key, int64_t value) {
  return {true, key, value, {}};
}
Operation r(int64_t key, List seen) {
  return {false, key, 0, std::move(seen)};
}

TEST(HistoryJudgeTest, NamesWhatIsWrongInHistoriesMadeByHand) {
  using Lists = std::map<int64_t, List>;
  auto found = [](const History& history, const Lists& lists) { return find_anomalies(history, lists); };
  // Two transactions overwrite each other in opposite orders.
  EXPECT_GT(
      found({{true, {a(1, 1), a(2, 2)}}, {true, {a(1, 3), a(2, 4)}}}, Lists{{1, {1, 3}}, {2, {4, 2}}})["G0"],
      0);
  // Read what was rolled back; and what stood between two appends.
  EXPECT_GT(found({{false, {a(1, 1)}}, {true, {r(1, {1})}}}, Lists{{1, {}}})["G1a"], 0);
  EXPECT_GT(found({{true, {a(1, 1), a(1, 2)}}, {true, {r(1, {1})}}}, Lists{{1, {1, 2}}})["G1b"], 0);
  // Each has seen what the other wrote.
  EXPECT_GT(
      found({{true, {a(1, 1), r(2, {2})}}, {true, {a(2, 2), r(1, {1})}}}, Lists{{1, {1}}, {2, {2}}})["G1c"],
      0);
  // Half of another's work; a commit that is gone; an own append not seen; a value twice.
  EXPECT_GT(found({{true, {a(1, 1), a(2, 2)}}, {true, {r(1, {1}), r(2, {})}}},
                  Lists{{1, {1}}, {2, {2}}})["G-single"],
            0);
  EXPECT_GT(found({{true, {a(1, 1)}}}, Lists{{1, {}}})["lost"], 0);
  EXPECT_GT(found({{true, {a(1, 1), r(1, {})}}}, Lists{{1, {1}}})["own"], 0);
  EXPECT_GT(found({{true, {a(1, 1)}}}, Lists{{1, {1, 1}}})["order"], 0);
  // A serial history shows nothing.
  Found none =
      found({{true, {r(1, {}), a(1, 1)}}, {true, {r(1, {1}), a(1, 2), r(1, {1, 2})}}}, Lists{{1, {1, 2}}});
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace rowan
