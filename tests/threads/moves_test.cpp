// Rows and index pages move as fast as they can while sessions work on them: each knows exactly what its own
// rows must be, readers know what sums must be, and checks of all pages and indexes go on beside them. Nobody
// but a row's owner writes it, so no statement on it may fail, least of all with 40001.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api/check.h"
#include "api/instance.h"
#include "api/session_core.h"
#include "parser/parser.h"
#include "storage/file/sim_fs.h"
#include "tests/crash/seeds.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr int kOwners = 3;
constexpr int64_t kMoneyAccounts = 40;
constexpr int64_t kMoney = kMoneyAccounts * 100;

// A table's rows by id, as text.
using Answer = std::map<std::string, std::string>;

class Speaker {
 public:
  explicit Speaker(const std::shared_ptr<Instance>& instance) : core_(SessionCore::open(instance).value()) {}

  // The first column's values with the others'. Each first value comes once.
  Result<Answer> ask(const std::string& sql) {
    std::shared_ptr<ParsedStatement> parsed = TRY(parse_statement(sql));
    ResultStreamPtr stream = TRY(core_->begin_statement(std::move(parsed), {}, nullptr));
    Answer answer;
    while (TRY(core_->next(*stream)))
      for (uint32_t i = 0; i < stream->batch->row_count(); ++i) {
        std::vector<std::string> values;
        for (const Vector& column : stream->batch->columns())
          values.push_back(format_value(column.value(stream->batch->row(i)), core_->eval()));
        std::string rest;
        for (size_t k = 1; k < values.size(); ++k) rest += values[k] + ",";
        EXPECT_TRUE(answer.emplace(values[0], rest).second) << sql << ": " << values[0] << " twice";
      }
    return answer;
  }
  Answer must(const std::string& sql) {
    Result<Answer> answer = ask(sql);
    if (answer.ok()) return *std::move(answer);
    ADD_FAILURE() << sql.substr(0, 200) << ": " << answer.error().state().text() << " "
                  << answer.error().message() << " " << answer.error().detail();
    return {};
  }
  // One row's only value.
  std::string value(const std::string& sql) {
    Answer answer = must(sql);
    return answer.empty() ? "none" : answer.begin()->first;
  }

 private:
  std::shared_ptr<SessionCore> core_;
};

// Owns the items whose id has its number modulo kOwners, and their parts, and knows them all.
class Owner {
 public:
  Owner(const std::shared_ptr<Instance>& instance, int number)
      : speaker_(instance), number_(number), dice_(static_cast<uint32_t>(number) * 7919 + 1) {}

  void transaction() {
    bool repeatable = dice_() % 2 == 0;
    speaker_.must(repeatable ? "BEGIN ISOLATION LEVEL REPEATABLE READ" : "BEGIN");
    look();
    Model before = model_;
    uint32_t statements = 1 + dice_() % 4;
    for (uint32_t i = 0; i < statements; ++i) {
      Model mark = model_;
      bool has_savepoint = dice_() % 4 == 0;
      if (has_savepoint) speaker_.must("SAVEPOINT s");
      write();
      look();
      if (has_savepoint && dice_() % 2 == 0) {
        speaker_.must("ROLLBACK TO s");
        model_ = mark;
        look();
      }
    }
    bool commits = dice_() % 5 != 0;
    speaker_.must(commits ? "COMMIT" : "ROLLBACK");
    if (!commits) model_ = before;
  }
  void look() {
    Answer items, parts;
    for (const auto& [id, item] : model_.items)
      items[std::to_string(id)] =
          fmt::format("{},{},", item.n, item.length == 0 ? "" : std::to_string(item.length));
    for (const auto& [id, part] : model_.parts)
      parts[std::to_string(id)] = fmt::format("{},{},", part.item, part.n);
    bool by_index = dice_() % 2 == 0;
    speaker_.must(by_index ? "SET enable_seqscan = off" : "SET enable_seqscan = on");
    EXPECT_EQ(speaker_.must(fmt::format("SELECT id, n, length(body) FROM item WHERE owner = {}", number_)),
              items)
        << (by_index ? "by index" : "by table");
    EXPECT_EQ(speaker_.must(fmt::format("SELECT id, item, n FROM part WHERE owner = {}", number_)), parts);
  }

 private:
  struct Item {
    int64_t n;
    size_t length;  // of its body; 0: NULL
  };
  struct Part {
    int64_t item, n;
  };
  struct Model {
    std::map<int64_t, Item> items;
    std::map<int64_t, Part> parts;
  };

  int64_t some_item() {
    auto at = model_.items.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(dice_() % model_.items.size()));
    return at->first;
  }
  size_t some_length() {
    constexpr size_t kLengths[] = {0, 0, 6, 60, 2100, 9000};
    return kLengths[dice_() % std::size(kLengths)];
  }
  static std::string body(size_t length) {
    return length == 0 ? "NULL" : fmt::format("repeat('x', {})", length);
  }

  void write() {
    uint32_t what = model_.items.size() < 10 ? 0 : dice_() % 12;
    if (what == 0) return insert_many();
    if (what == 1) return remove_most();
    int64_t id = some_item();
    Item& item = model_.items.at(id);
    switch (what) {
      case 2:
      case 3:
        item.n += 1;
        speaker_.must(fmt::format("UPDATE item SET n = n + 1 WHERE id = {}", id));
        return;
      case 4:
        item.length = some_length();
        speaker_.must(fmt::format("UPDATE item SET body = {} WHERE id = {}", body(item.length), id));
        return;
      case 5:
        // Nobody else locks it, and a move is nobody.
        EXPECT_EQ(speaker_.value(fmt::format("SELECT n FROM item WHERE id = {} FOR {}", id,
                                             dice_() % 2 == 0 ? "UPDATE NOWAIT" : "UPDATE SKIP LOCKED")),
                  std::to_string(item.n));
        return;
      case 6:
        item.n += 5;
        speaker_.must(
            fmt::format("INSERT INTO item VALUES ({0}, {1}, 5, NULL) ON CONFLICT (id) DO UPDATE SET n = "
                        "item.n + excluded.n",
                        id, number_));
        return;
      case 7:
        speaker_.must(fmt::format("INSERT INTO item VALUES ({}, {}, 5) ON CONFLICT DO NOTHING", id, number_));
        return;
      case 8:
      case 9: {
        int64_t part = next_++ * kOwners + number_;
        model_.parts[part] = {id, item.n};
        speaker_.must(fmt::format("INSERT INTO part VALUES ({}, {}, {}, {})", part, number_, id, item.n));
        return;
      }
      case 10:
        for (auto& [part, row] : model_.parts) row.n += 1;
        speaker_.must(fmt::format("UPDATE part SET n = n + 1 WHERE owner = {}", number_));
        return;
      default: {
        int64_t renamed = next_++ * kOwners + number_;
        model_.items[renamed] = item;
        model_.items.erase(id);
        for (auto& [part, row] : model_.parts)
          if (row.item == id) row.item = renamed;
        speaker_.must(fmt::format("UPDATE item SET id = {} WHERE id = {}", renamed, id));
        return;
      }
    }
  }
  void insert_many() {
    size_t length = some_length();
    int64_t from = next_;
    next_ += length > 2000 ? 10 : 80;
    for (int64_t i = from; i < next_; ++i) model_.items[i * kOwners + number_] = {i, length};
    speaker_.must(fmt::format("INSERT INTO item SELECT i * {} + {}, {}, i, {} FROM generate_series({}, {}) i",
                              kOwners, number_, number_, body(length), from, next_ - 1));
  }
  void remove_most() {
    int64_t kept = static_cast<int64_t>(dice_() % 9);
    std::erase_if(model_.items, [&](const auto& item) { return item.first % 9 != kept; });
    std::erase_if(model_.parts, [&](const auto& part) { return model_.items.count(part.second.item) == 0; });
    speaker_.must(fmt::format("DELETE FROM item WHERE owner = {} AND id % 9 <> {}", number_, kept));
  }

  Speaker speaker_;
  const int number_;
  std::mt19937 dice_;
  Model model_;
  int64_t next_ = 1;
};

// Takes money from one account to another. Others do too, so it may lose the race, at that level and then
// only.
// Nobody to be refused by but who was faster.
Result<> take_and_give(Speaker& speaker, std::mt19937& dice, int64_t from, int64_t to) {
  // Always in the same order: no deadlocks.
  for (int64_t id : {std::min(from, to), std::max(from, to)}) {
    std::string where = fmt::format(" WHERE id = {}", id);
    if (dice() % 4 == 0) TRY(speaker.ask("SELECT id FROM account" + where + " FOR NO KEY UPDATE"));
    Answer changed =
        TRY(speaker.ask(fmt::format("UPDATE account SET money = money {} 1, moves = moves + 1{} RETURNING id",
                                    id == from ? "-" : "+", where)));
    EXPECT_EQ(changed.size(), 1u) << "account " << id << " not found";
  }
  return {};
}

void transfer(Speaker& speaker, std::mt19937& dice, std::atomic<int64_t>& transfers) {
  bool repeatable = dice() % 2 == 0;
  int64_t from = dice() % kMoneyAccounts, to = dice() % kMoneyAccounts;
  if (from == to) return;
  speaker.must(repeatable ? "BEGIN ISOLATION LEVEL REPEATABLE READ" : "BEGIN");
  if (dice() % 2 == 0) {
    EXPECT_EQ(speaker.value("SELECT sum(money) FROM account"), std::to_string(kMoney));
  }
  Result<> done = take_and_give(speaker, dice, from, to);
  speaker.must(done.ok() ? "COMMIT" : "ROLLBACK");
  if (done.ok()) {
    transfers += 2;
  } else {
    EXPECT_TRUE(repeatable && done.error().state() == sqlstate::serialization_failure)
        << done.error().message();
  }
}

// Accounts have neighbours that come and go, so that they move.
void crowd(Speaker& speaker, std::mt19937& dice) {
  int64_t first = 1000 + dice() % 5 * 200;
  speaker.must(
      fmt::format("INSERT INTO account SELECT i, 0, 0, 'crowd' FROM generate_series({}, {}) i ON CONFLICT DO "
                  "NOTHING",
                  first, first + 199));
  speaker.must(fmt::format("UPDATE account SET note = note || '.' WHERE id < {} AND id % 8 = {}",
                           kMoneyAccounts, dice() % 8));
  speaker.must(fmt::format("DELETE FROM account WHERE id >= 1000 AND id % 5 <> {}", dice() % 5));
}

void read(Speaker& speaker, std::mt19937& dice) {
  speaker.must("BEGIN ISOLATION LEVEL REPEATABLE READ");
  auto all = [&](bool by_index) {
    speaker.must(by_index ? "SET enable_seqscan = off" : "SET enable_seqscan = on");
    std::string money =
        speaker.value(fmt::format("SELECT sum(money) FROM account WHERE id < {}", kMoneyAccounts));
    EXPECT_EQ(money, std::to_string(kMoney));
    std::string rest = speaker.value(
        "SELECT count(*) || ' ' || coalesce(sum(n), 0) || ' ' || coalesce(sum(length(body)), 0) FROM item "
        "WHERE "
        "owner >= 0");
    std::string parts = speaker.value(
        "SELECT count(*) || ' ' || coalesce(sum(p.n), 0) FROM part p JOIN item i ON i.id = p.item WHERE "
        "i.owner = "
        "p.owner");
    EXPECT_EQ(speaker.value("SELECT count(*) FROM part WHERE owner >= 0"), parts.substr(0, parts.find(' ')));
    return rest + parts;
  };
  bool by_index = dice() % 2 == 0;
  std::string first = all(by_index);
  EXPECT_EQ(all(!by_index), first);
  EXPECT_EQ(all(by_index), first);
  speaker.must("COMMIT");
}

std::shared_ptr<Instance> open_for_moves(SimFs& files) {
  InstanceParts parts;
  parts.files = &files;
  parts.has_background = false;
  parts.storage.items_per_page_max = 8;
  std::shared_ptr<Instance> instance = Instance::open("d", OpenOptions{}, parts).value();
  Speaker setup(instance);
  for (std::string sql :
       {std::string("CREATE TABLE item (id int PRIMARY KEY, owner int, n int, body text)"),
        std::string("CREATE INDEX item_owner ON item (owner, n)"),
        std::string("CREATE INDEX item_n ON item USING hash (n)"),
        std::string(
            "CREATE TABLE part (id int PRIMARY KEY, owner int, item int REFERENCES item ON DELETE CASCADE ON "
            "UPDATE CASCADE, n int)"),
        std::string("CREATE INDEX part_item ON part (item)"),
        std::string("CREATE TABLE account (id int PRIMARY KEY, money int, moves int, note text)"),
        // Room in front, from the beginning.
        std::string("INSERT INTO item SELECT i, 99, i, 'filler' FROM generate_series(10000000, 10003000) i"),
        fmt::format("INSERT INTO account SELECT i, 100, 0, 'a' FROM generate_series(0, {}) i",
                    kMoneyAccounts - 1),
        std::string("DELETE FROM item WHERE id % 20 <> 0")})
    setup.must(sql);
  return instance;
}

bool has_moved_rows(Instance& instance) {
  for (const catalog::TablePtr& table : instance.catalog().newest()->tables())
    if (instance.relations().heap(*table).value()->has_moved_rows()) return true;
  return false;
}

TEST(Moves, NobodyNotices) {
  constexpr int64_t kMovesWanted = 5;  // looks at which some were on their way
  const int rounds = static_cast<int>(120 * seeds_wanted(1) / kSanitizerShare);
  SimFs files;
  std::shared_ptr<Instance> instance = open_for_moves(files);
  std::atomic<int> working{kOwners + 2};
  std::atomic<int64_t> transfers{0};
  std::atomic<int64_t> moves{0};
  int64_t looks = 0;
  // Until there was enough to notice, within bounds.
  auto go_on = [&](int round) { return round < rounds || (moves < kMovesWanted && round < 5 * rounds); };
  std::vector<std::thread> threads;
  for (int number = 0; number < kOwners; ++number)
    threads.emplace_back([&, number] {
      Owner owner(instance, number);
      for (int round = 0; go_on(round) && !testing::Test::HasFailure(); ++round) owner.transaction();
      owner.look();
      --working;
    });
  for (uint32_t number = 0; number < 2; ++number)
    threads.emplace_back([&, number] {
      Speaker speaker(instance);
      std::mt19937 dice(number + 71);
      for (int round = 0; go_on(round / 4) && !testing::Test::HasFailure(); ++round) {
        transfer(speaker, dice, transfers);
        if (number == 0 && round % 10 == 0) crowd(speaker, dice);
      }
      --working;
    });
  threads.emplace_back([&] {
    Speaker speaker(instance);
    std::mt19937 dice(5);
    while (working > 0) read(speaker, dice);
  });
  threads.emplace_back([&] {
    while (working > 0)
      for (const std::string& finding : check_instance(instance).value()) ADD_FAILURE() << finding;
  });
  while (working > 0) {
    instance->tend();
    moves += has_moved_rows(*instance) ? 1 : 0;
    ++looks;
  }
  for (std::thread& thread : threads) thread.join();
  for (int round = 0; round < 100; ++round) instance->tend();
  for (const std::string& finding : check_instance(instance).value()) ADD_FAILURE() << finding;
  EXPECT_FALSE(has_moved_rows(*instance));
  std::printf("rows were on their way at %lld of %lld looks\n", static_cast<long long>(moves.load()),
              static_cast<long long>(looks));
  EXPECT_GE(moves.load(), kMovesWanted);
  Speaker last(instance);
  EXPECT_EQ(last.value("SELECT sum(moves) FROM account"), std::to_string(transfers.load()));
  EXPECT_EQ(last.value("SELECT sum(money) FROM account"), std::to_string(kMoney));
}

}  // namespace
}  // namespace rowan
