// Threads run random transactions over a few keys; what they saw is judged afterwards by the rules of their
// level (tests/histories). Some rounds of each workload here, as many as one wants by rowan-histories. And
// the judge is sharp: it finds what a level allows when that is not what was asked for, and what comes about
// when a conflict check is left out.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include "api/rowan.hpp"
#include "tests/crash/seeds.h"
#include "tests/histories/rounds.h"
#include "types/sqlstate.h"

namespace rowan::history {
namespace {

using Kind = Operation::Kind;

// --- Nothing that their level forbids ---

struct Workload {
  Level level;
  const char* mix;
  int64_t keys;
};

class HistoriesTest : public ::testing::TestWithParam<Workload> {};

TEST_P(HistoriesTest, ShowNothingThatTheirLevelForbids) {
  const Workload& workload = GetParam();
  RoundsSetup setup;
  setup.mix = find_mix(workload.mix);
  setup.judged = workload.level;
  setup.keys = workload.keys;
  setup.transactions = 25;
  Rounds rounds(setup);
  for (uint64_t i = 0; i < seeds_wanted(1); ++i) rounds.play();
  EXPECT_GT(rounds.totals().committed, 0u);
  for (const auto& [anomaly, count] : rounds.forbidden()) {
    auto example = rounds.totals().examples.find(anomaly);
    ADD_FAILURE() << anomaly << " " << count << "\n"
                  << (example == rounds.totals().examples.end() ? "" : example->second);
  }
  for (const std::string& failure : rounds.totals().failures) ADD_FAILURE() << failure;
  for (const std::string& finding : rounds.check()) ADD_FAILURE() << finding;
}

std::vector<Workload> workloads() {
  std::vector<Workload> all;
  int64_t keys = 4;
  for (Level level : {Level::ReadCommitted, Level::RepeatableRead, Level::Serializable}) {
    for (const Mix& mix : mixes()) {
      all.push_back({level, mix.name, keys});
      keys = keys == 16 ? 4 : keys * 2;
    }
  }
  return all;
}

std::string workload_name(const ::testing::TestParamInfo<Workload>& workload) {
  constexpr const char* kLevels[] = {"rc", "rr", "ser"};
  return std::string(kLevels[static_cast<int>(workload.param.level)]) + "_" + workload.param.mix + "_" +
         std::to_string(workload.param.keys);
}

INSTANTIATE_TEST_SUITE_P(All, HistoriesTest, ::testing::ValuesIn(workloads()), workload_name);

// --- At a lower level than is judged, or with a check left out, anomalies come about and are found. ---

// Far more than it takes: most need one or two.
constexpr int kRoundsMax = 400;

std::map<std::string, uint64_t> play_until_found(RoundsSetup setup, const std::string& wanted) {
  setup.keys = 4;
  Rounds rounds(setup);
  for (int i = 0; i < kRoundsMax && rounds.forbidden().count(wanted) == 0; ++i) rounds.play();
  return rounds.forbidden();
}

TEST(LoweredHistoriesTest, RepeatableReadIsNotSerializable) {
  RoundsSetup setup;
  setup.mix = find_mix("append");
  setup.run = Level::RepeatableRead;
  EXPECT_GT(play_until_found(setup, "G2-item")["G2-item"], 0u);
}

TEST(LoweredHistoriesTest, ReadCommittedIsNotRepeatableRead) {
  RoundsSetup setup;
  setup.mix = find_mix("write_back");
  setup.judged = Level::RepeatableRead;
  setup.run = Level::ReadCommitted;
  std::map<std::string, uint64_t> found = play_until_found(setup, "lost update");
  EXPECT_GT(found["G-single"], 0u);
  EXPECT_GT(found["lost update"], 0u);
}

struct Planting {
  const char* check;
  Level level;
  const char* mix;
  const char* anomaly;
};

class PlantedHistoriesTest : public ::testing::TestWithParam<Planting> {};

TEST_P(PlantedHistoriesTest, ShowWhatALeftOutCheckLetsThrough) {
  const Planting& planting = GetParam();
  std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) /
                                 (std::string("planted_") + planting.check + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  RoundsSetup setup;
  setup.mix = find_mix(planting.mix);
  setup.judged = planting.level;
  setup.planted = find_planted(planting.check).value();
  setup.path = folder / "histories.rowan";
  EXPECT_GT(play_until_found(setup, planting.anomaly)[planting.anomaly], 0u);
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(
    All, PlantedHistoriesTest,
    ::testing::Values(Planting{"FirstUpdaterWins", Level::RepeatableRead, "append", "G-single"},
                      Planting{"WritersAskNobody", Level::Serializable, "append", "G2-item"},
                      Planting{"ReadersMeetNobody", Level::Serializable, "append", "G2-item"},
                      Planting{"PivotsCommit", Level::Serializable, "append", "G2-item"},
                      Planting{"RowsUnread", Level::Serializable, "append", "G2-item"},
                      Planting{"KeysUnread", Level::Serializable, "absent", "G2-item"},
                      Planting{"CommittedForgotten", Level::Serializable, "append", "G2-item"}),
    [](const ::testing::TestParamInfo<Planting>& planting) { return std::string(planting.param.check); });

// --- By hand: two transactions read and write in the order that an anomaly needs, on one thread. ---

using Play = std::function<void(Client& first, Client& second)>;

Verdict two_clients(Level level, const Play& play) {
  Database database = Database::open(":memory:").value();
  create_table(database);
  std::atomic<Tick> clock{1};
  Client::Setup setup{find_mix("append"), level, 2, 2, 1};
  Client first(database, clock, 0, setup), second(database, clock, 1, setup);
  first.begin().value();
  first.take(Step::Upsert, 0).value();
  first.take(Step::Upsert, 1).value();
  first.commit().value();
  first.begin().value();
  second.begin().value();
  play(first, second);
  History history = first.take_history();
  for (Transaction& transaction : second.take_history()) history.push_back(std::move(transaction));
  Connection connection = database.connect().value();
  return judge(history, read_lists(connection), true);
}

void write_skew(Client& first, Client& second) {
  first.take(Step::Read, 0).value();
  second.take(Step::Read, 1).value();
  first.take(Step::Append, 1).value();
  second.take(Step::Append, 0).value();
  first.commit().value();
}

void expect_lost_race(const Result<>& result) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().state(), sqlstate::serialization_failure);
}

TEST(HistoryJudgeTest, FindsTheWriteSkewThatRepeatableReadAllows) {
  Verdict verdict = two_clients(Level::RepeatableRead, [](Client& first, Client& second) {
    write_skew(first, second);
    second.commit().value();
  });
  EXPECT_GT(verdict.found["G2-item"], 0);
  EXPECT_FALSE(verdict.has_any(forbidden(Level::RepeatableRead)));
}

TEST(HistoryJudgeTest, SerializableRefusesTheSameWriteSkew) {
  Verdict verdict = two_clients(Level::Serializable, [](Client& first, Client& second) {
    write_skew(first, second);
    expect_lost_race(second.commit());
  });
  EXPECT_FALSE(verdict.has_any(forbidden(Level::Serializable)));
}

void write_over_what_was_read(Client& first, Client& second) {
  second.take(Step::Read, 0).value();
  first.take(Step::WriteBack, 0).value();
  first.commit().value();
}

// As REPEATABLE READ would be without its check for concurrent updates.
TEST(HistoryJudgeTest, FindsTheLostUpdateThatReadCommittedAllows) {
  Verdict verdict = two_clients(Level::ReadCommitted, [](Client& first, Client& second) {
    write_over_what_was_read(first, second);
    second.take(Step::Upsert, 0).value();
    second.commit().value();
  });
  EXPECT_GT(verdict.found["G-single"], 0);
  EXPECT_GT(verdict.found["lost update"], 0);
  EXPECT_FALSE(verdict.has_any(forbidden(Level::ReadCommitted)));
}

TEST(HistoryJudgeTest, RepeatableReadRefusesTheSameLostUpdate) {
  Verdict verdict = two_clients(Level::RepeatableRead, [](Client& first, Client& second) {
    write_over_what_was_read(first, second);
    expect_lost_race(second.take(Step::Upsert, 0));
    second.roll_back();
  });
  EXPECT_FALSE(verdict.has_any(forbidden(Level::RepeatableRead)));
}

TEST(HistoryJudgeTest, FindsTheReadSkewThatReadCommittedAllows) {
  Verdict verdict = two_clients(Level::ReadCommitted, [](Client& first, Client& second) {
    second.take(Step::Read, 0).value();
    first.take(Step::Upsert, 0).value();
    first.take(Step::Reinsert, 1).value();
    first.commit().value();
    second.take(Step::Read, 1).value();
    second.take(Step::Read, 0).value();
    second.commit().value();
  });
  EXPECT_GT(verdict.found["G-single"], 0);
  EXPECT_GT(verdict.found["internal"], 0);
}

// Both see that there is no row, and each inserts the one that the other has missed.
TEST(HistoryJudgeTest, FindsWriteSkewOfRowsThatAreNotThere) {
  Verdict verdict = two_clients(Level::RepeatableRead, [](Client& first, Client& second) {
    for (int64_t key : {0, 1}) first.take(Step::Delete, key).value();
    first.commit().value();
    second.roll_back();
    first.begin().value();
    second.begin().value();
    first.take(Step::Read, 0).value();
    second.take(Step::Read, 1).value();
    first.take(Step::Upsert, 1).value();
    second.take(Step::Upsert, 0).value();
    first.commit().value();
    second.commit().value();
  });
  EXPECT_GT(verdict.found["G2-item"], 0);
  EXPECT_EQ(verdict.absent_reads, 2u);
  EXPECT_EQ(verdict.vague_reads, 0u);
  EXPECT_FALSE(verdict.has_any(forbidden(Level::RepeatableRead)));
}

// Nothing is in the way of an INSERT where another has deleted meanwhile what its snapshot still sees.
void insert_where_another_deletes(Client& first, Client& second) {
  first.take(Step::Read, 0).value();
  second.take(Step::Delete, 0).value();
  second.commit().value();
}

TEST(HistoryJudgeTest, FindsTheGapOfRepeatableReadBetweenDeleteAndInsert) {
  Verdict verdict = two_clients(Level::RepeatableRead, [](Client& first, Client& second) {
    second.take(Step::Read, 1).value();
    insert_where_another_deletes(first, second);
    first.take(Step::Upsert, 0).value();
    first.take(Step::Read, 0).value();
    first.commit().value();
  });
  for (const char* anomaly : {"G-single", "lost update", "twice"})
    EXPECT_GT(verdict.found[anomaly], 0) << anomaly;
}

TEST(HistoryJudgeTest, SerializableHasNoSuchGap) {
  Verdict verdict = two_clients(Level::Serializable, [](Client& first, Client& second) {
    second.take(Step::Read, 1).value();
    insert_where_another_deletes(first, second);
    expect_lost_race(first.take(Step::Upsert, 0));
    first.roll_back();
  });
  EXPECT_FALSE(verdict.has_any(forbidden(Level::Serializable)));
}

// --- By hand altogether ---

Operation a(int64_t key, int64_t value, Tick at) {
  return {Kind::Append, key, value, {}, 0, at};
}
Operation w(int64_t key, List list, Tick at) {
  return {Kind::Write, key, list.back(), list, 0, at};
}
Operation d(int64_t key, int64_t value, Tick at) {
  return {Kind::Delete, key, value, {}, 0, at};
}
Operation r(int64_t key, List seen, Tick from = 0, Tick to = kEver) {
  return {Kind::Read, key, 0, std::move(seen), from, to};
}
Transaction t(std::vector<Operation> operations, Tick from = 0, Tick to = kEver) {
  return {true, from, to, std::move(operations)};
}
Transaction undone(std::vector<Operation> operations) {
  return {false, 0, kEver, std::move(operations)};
}

std::map<std::string, int> found(const History& history, const Lists& lists, bool has_lists = true) {
  return judge(history, lists, has_lists).found;
}

TEST(HistoryJudgeTest, NamesCycles) {
  // Two transactions overwrite each other in opposite orders.
  EXPECT_GT(
      found({t({a(1, 1, 1), a(2, 2, 4)}), t({a(1, 3, 2), a(2, 4, 3)})}, {{1, {1, 3}}, {2, {4, 2}}})["G0"], 0);
  // Each has seen what the other wrote.
  EXPECT_GT(found({t({a(1, 1, 1), r(2, {2})}), t({a(2, 2, 2), r(1, {1})})}, {{1, {1}}, {2, {2}}})["G1c"], 0);
  // Half of another's work.
  EXPECT_GT(found({t({a(1, 1, 1), a(2, 2, 2)}), t({r(1, {1}), r(2, {})})}, {{1, {1}}, {2, {2}}})["G-single"],
            0);
  // Three in a ring of rw edges.
  EXPECT_GT(found({t({r(1, {}), a(2, 2, 1)}), t({r(2, {}), a(3, 3, 2)}), t({r(3, {}), a(1, 1, 3)})},
                  {{1, {1}}, {2, {2}}, {3, {3}}})["G2-item"],
            0);
  // A serial history shows nothing.
  EXPECT_TRUE(
      found({t({r(1, {}), a(1, 1, 1)}), t({r(1, {1}), a(1, 2, 2), r(1, {1, 2})})}, {{1, {1, 2}}}).empty());
}

TEST(HistoryJudgeTest, NamesWhatIsWrongWithOneRead) {
  // Read what was rolled back, what stood between two appends, no own append, another order; a commit that is
  // gone; a value that stayed though it was rolled back.
  EXPECT_GT(found({undone({a(1, 1, 1)}), t({r(1, {1})})}, {})["G1a"], 0);
  EXPECT_GT(found({undone({a(1, 1, 1)})}, {{1, {1}}})["G1a"], 0);
  EXPECT_GT(found({t({a(1, 1, 1), a(1, 2, 2)}), t({r(1, {1})})}, {{1, {1, 2}}})["G1b"], 0);
  EXPECT_GT(found({t({a(1, 1, 1), r(1, {})})}, {{1, {1}}})["own"], 0);
  EXPECT_GT(found({t({a(1, 1, 1)}), t({a(1, 2, 2)}), t({r(1, {2, 1})})}, {{1, {1, 2}}})["order"], 0);
  EXPECT_GT(found({t({a(1, 1, 1)})}, {})["lost"], 0);
  // What was replaced long before, and what was not committed yet.
  EXPECT_GT(
      found({t({a(1, 1, 1)}, 2, 3), t({a(1, 2, 4)}, 5, 6), t({r(1, {1}, 7, 8)})}, {{1, {1, 2}}})["stale"], 0);
  EXPECT_GT(found({t({a(1, 1, 1)}, 4, 5), t({r(1, {1}, 2, 3)})}, {{1, {1}}})["stale"], 0);
}

TEST(HistoryJudgeTest, KnowsKeysThatComeAndGo) {
  // Three lives; who sees no row is placed by when it looked, as exactly as that is known.
  History history = {t({a(1, 1, 1)}, 2, 3), t({d(1, 2, 4)}, 5, 6), t({a(1, 3, 7)}, 8, 9),
                     t({d(1, 4, 10)}, 11, 12)};
  auto look = [&](Tick from, Tick to) {
    History seen = history;
    seen.push_back(t({r(1, {}, from, to)}));
    return judge(seen, {}, true);
  };
  Verdict before = look(0, 1), between = look(7, 7), whenever = look(0, 20);
  EXPECT_EQ(std::pair(before.wr, before.rw), std::pair(uint64_t{0}, uint64_t{1}));
  EXPECT_EQ(std::pair(between.wr, between.rw), std::pair(uint64_t{1}, uint64_t{1}));
  EXPECT_EQ(std::pair(whenever.wr, whenever.rw), std::pair(uint64_t{0}, uint64_t{0}));
  EXPECT_EQ(whenever.vague_reads, 1u);
  history.pop_back();
  EXPECT_GT(look(10, 11).found["stale"], 0);  // there was a row all the time
  // A list that was deleted does not go on.
  history.push_back(t({r(1, {1, 3})}));
  EXPECT_GT(judge(history, {{1, {3}}}, true).found["order"], 0);
}

TEST(HistoryJudgeTest, KnowsRegisters) {
  EXPECT_TRUE(
      found({t({w(1, {1}, 1)}), t({r(1, {1}), w(1, {2}, 2)}), t({r(1, {2})})}, {{1, {2}}}, false).empty());
  EXPECT_GT(found({t({w(1, {1}, 1)}), t({r(1, {1}), w(1, {2}, 3)}), t({r(1, {1}), w(1, {3}, 2)})}, {{1, {2}}},
                  false)["lost update"],
            0);
}

TEST(HistoryJudgeTest, PrintsEachLifeOfAKeyAsAKeyOfItsOwn) {
  History history = {t({a(1, 5, 1)}, 2, 2), t({d(1, 6, 3)}, 4, 4), t({r(1, {}, 5, 5)}),
                     t({a(1, 7, 6), r(1, {7}, 5, 5)}, 8, 8)};
  EXPECT_EQ(to_text(history, true),
            "a 1000000 5; \n"
            "a 1000000 6; \n"
            "r 1000000 5,6; r 1000001 ; \n"
            "r 1000000 5,6; r 1000001 ; a 1000001 7; r 1000001 7; \n");
}

}  // namespace
}  // namespace rowan::history
