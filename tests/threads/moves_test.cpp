// Rows and index pages move as fast as they can while sessions work on them: each knows exactly what its own
// rows must be, readers know what sums must be, and checks of all pages and indexes go on beside them. Nobody
// but a row's owner writes it, so no statement on it may fail, least of all with 40001.
//
// Tides see to it that much moves in every run, however slow it is. At flood, rows of nobody's fill the front
// of the tables, and what the owners insert goes behind them. At ebb most of those are deleted while nobody
// has a snapshot; then all begin transactions, and under these moving begins.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <functional>
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
constexpr uint32_t kTransferers = 2;
constexpr int64_t kMoneyAccounts = 40;
constexpr int64_t kMoney = kMoneyAccounts * 100;
constexpr int64_t kFlood = 240;  // rows of each table
constexpr int64_t kLeft = 12;    // one of so many stays at ebb

// Called once a transaction has begun and has looked around.
using UnderWay = std::function<void()>;

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
  Owner(const std::shared_ptr<Instance>& instance, int number, uint32_t seed)
      : speaker_(instance), number_(number), dice_(static_cast<uint32_t>(number) * 7919 + seed) {}

  void transaction(const UnderWay& is_under_way = {}) {
    bool repeatable = is_under_way || dice_() % 2 == 0;
    speaker_.must(repeatable ? "BEGIN ISOLATION LEVEL REPEATABLE READ" : "BEGIN");
    look();
    if (is_under_way) is_under_way();
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

void transfer(Speaker& speaker, std::mt19937& dice, std::atomic<int64_t>& transfers,
              const UnderWay& is_under_way = {}) {
  bool repeatable = is_under_way || dice() % 2 == 0;
  int64_t from = dice() % kMoneyAccounts, to = (from + 1 + dice() % (kMoneyAccounts - 1)) % kMoneyAccounts;
  speaker.must(repeatable ? "BEGIN ISOLATION LEVEL REPEATABLE READ" : "BEGIN");
  if (is_under_way || dice() % 2 == 0) {
    EXPECT_EQ(speaker.value("SELECT sum(money) FROM account"), std::to_string(kMoney));
  }
  if (is_under_way) is_under_way();
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
  int64_t first = 1000 + dice() % 5 * 40;
  speaker.must(
      fmt::format("INSERT INTO account SELECT i, 0, 0, 'crowd' FROM generate_series({}, {}) i ON CONFLICT DO "
                  "NOTHING",
                  first, first + 39));
  // One by one: who locks several in the order in which they lie waits for transfers that wait for him.
  for (int i = 0; i < 3; ++i)
    speaker.must(fmt::format("UPDATE account SET note = note || '.' WHERE id = {}", dice() % kMoneyAccounts));
  speaker.must(
      fmt::format("DELETE FROM account WHERE id BETWEEN 1000 AND 1999 AND id % 5 <> {}", dice() % 5));
}

void read(Speaker& speaker, std::mt19937& dice, const UnderWay& is_under_way = {}) {
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
  if (is_under_way) is_under_way();
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
        fmt::format("INSERT INTO account SELECT i, 100, 0, 'a' FROM generate_series(0, {}) i",
                    kMoneyAccounts - 1)})
    setup.must(sql);
  return instance;
}

// The tables' front fills. The same rows each time: those that are left from the last time are there.
void flood(Speaker& speaker) {
  constexpr int64_t kFirst = 10'000'000;
  std::string rows =
      fmt::format("FROM generate_series({}, {}) i ON CONFLICT DO NOTHING", kFirst, kFirst + kFlood - 1);
  speaker.must("INSERT INTO item SELECT i, 99, i, 'flood' " + rows);
  speaker.must(fmt::format("INSERT INTO part SELECT i, 99, {}, i ", kFirst) + rows);
  speaker.must("INSERT INTO account SELECT i, 0, 0, 'flood' " + rows);
}

// It is empty again, and what is worth money lies behind it.
void ebb(Speaker& speaker) {
  speaker.must("BEGIN");
  speaker.must(fmt::format(
      "INSERT INTO account SELECT -1 - id, money, moves, note FROM account WHERE id < {}", kMoneyAccounts));
  speaker.must(fmt::format("DELETE FROM account WHERE id BETWEEN 0 AND {}", kMoneyAccounts - 1));
  speaker.must("UPDATE account SET id = -1 - id WHERE id < 0");
  speaker.must("COMMIT");
  for (std::string table : {"part", "item", "account"})
    speaker.must(fmt::format("DELETE FROM {} WHERE id >= 10000000 AND id % {} <> 0", table, kLeft));
}

bool has_moved_rows(Instance& instance) {
  for (const catalog::TablePtr& table : instance.catalog().newest()->tables())
    if (instance.relations().heap(*table).value()->has_moved_rows()) return true;
  return false;
}

void check(const std::shared_ptr<Instance>& instance) {
  for (const std::string& finding : check_instance(instance).value()) ADD_FAILURE() << finding;
}

// Those who work, those who go on beside them for as long as anybody works, and the one who moves. All stand
// still between two tides, and then in the first transaction of each. After a failure they pass through.
class Tides {
 public:
  Tides(int count, int workers, int others) : count_(count), workers_(workers), all_(workers + others + 1) {}

  // What a worker does in each tide: `first` calls under way what it is given.
  void work(const std::function<void(const UnderWay&)>& first, const std::function<void()>& rest) {
    accompany(first, [&] {
      rest();
      --working_;
    });
  }
  void accompany(const std::function<void(const UnderWay&)>& first, const std::function<void()>& rest) {
    for (int tide = 0; tide < count_; ++tide) {
      meet();  // all stand still
      meet();  // it has turned
      first([this] {
        meet();  // all are under way
        meet();  // moving has begun
      });
      rest();
    }
  }
  // `turn` while all stand still, `begin` while all are under way, and then `again` and again.
  void make(const std::function<void(int tide)>& turn, const std::function<void(int tide)>& begin,
            const std::function<void()>& again) {
    for (int tide = 0; tide < count_; ++tide) {
      meet();
      turn(tide);
      working_ = workers_;
      meet();
      meet();
      begin(tide);
      meet();
      do again();
      while (go_on());
    }
  }
  bool go_on() const { return working_ > 0 && !testing::Test::HasFailure(); }

 private:
  void meet() { all_.arrive_and_wait(); }
  const int count_, workers_;
  std::barrier<> all_;
  std::atomic<int> working_{0};  // in this tide; no partner: what else is seen was seen before the barrier
};

// Returns how many rows moved.
uint64_t play(uint32_t seed) {
  constexpr int kTides = kSanitizerShare == 1 ? 4 : 2;
  constexpr int kUpdates = 8;  // of an owner, in each tide
  constexpr uint64_t kMovedAtFirst = 20;
  SimFs files;
  std::shared_ptr<Instance> instance = open_for_moves(files);
  const RowMover& mover = instance->row_mover();
  Tides tides(kTides, kOwners + kTransferers, 2);
  std::atomic<int64_t> transfers{0};
  std::atomic<int> passes{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < kOwners; ++number)
    threads.emplace_back([&, number] {
      Owner owner(instance, number, seed);
      tides.work([&](const UnderWay& is_under_way) { owner.transaction(is_under_way); },
                 [&] {
                   for (int i = 1; i < kUpdates && tides.go_on(); ++i) owner.transaction();
                 });
      owner.look();
    });
  for (uint32_t number = 0; number < kTransferers; ++number)
    threads.emplace_back([&, number] {
      Speaker speaker(instance);
      std::mt19937 dice(seed * 100 + number + 71);
      tides.work([&](const UnderWay& is_under_way) { transfer(speaker, dice, transfers, is_under_way); },
                 [&] {
                   for (int i = 1; i < 4 * kUpdates && tides.go_on(); ++i) {
                     transfer(speaker, dice, transfers);
                     if (number == 0 && i % 10 == 0) crowd(speaker, dice);
                   }
                 });
    });
  threads.emplace_back([&] {
    Speaker speaker(instance);
    std::mt19937 dice(seed * 100 + 5);
    tides.accompany([&](const UnderWay& is_under_way) { read(speaker, dice, is_under_way); },
                    [&] {
                      while (tides.go_on()) read(speaker, dice);
                    });
  });
  // While a check walks no index page moves: so there is time without one.
  threads.emplace_back([&] {
    tides.accompany([](const UnderWay& is_under_way) { is_under_way(); },
                    [&] {
                      do {
                        check(instance);
                        for (int seen = passes; passes < seen + 2 && tides.go_on();)
                          std::this_thread::sleep_for(std::chrono::milliseconds(1));
                      } while (tides.go_on());
                    });
  });
  Speaker tender(instance);
  // The first pass may be the rest of one that was begun before.
  auto begin = [&] {
    uint64_t enough = mover.rows_moved() + kMovedAtFirst;
    for (int pass = 0; pass < 2 && mover.rows_moved() < enough; ++pass)
      for (bool has_more = instance->tend(); has_more && mover.rows_moved() < enough;)
        has_more = instance->compact();
  };
  tides.make([&](int tide) { tide % 2 == 0 ? flood(tender) : ebb(tender); },
             [&](int tide) {
               if (tide % 2 == 1) begin();
             },
             [&] {
               instance->tend();
               while (instance->compact()) {
               }
               ++passes;
             });
  for (std::thread& thread : threads) thread.join();
  uint64_t moved = mover.rows_moved();
  for (int round = 0; round < 100; ++round) instance->tend();
  check(instance);
  EXPECT_FALSE(has_moved_rows(*instance));
  EXPECT_GE(moved, kMovedAtFirst);
  Speaker last(instance);
  EXPECT_EQ(last.value("SELECT sum(moves) FROM account"), std::to_string(transfers.load()));
  EXPECT_EQ(last.value("SELECT sum(money) FROM account"), std::to_string(kMoney));
  return moved;
}

TEST(Moves, NobodyNotices) {
  for (uint32_t seed = 1; seed <= seeds_wanted(4 / kSanitizerShare) && !HasFailure(); ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    uint64_t moved = play(seed);
    std::printf("seed %u: %llu rows moved\n", seed, static_cast<unsigned long long>(moved));
  }
}

}  // namespace
}  // namespace rowan
