// Crashes after every I/O operation of a mixed workload over toy pages, under every policy for what was not
// synced; recovers, and compares with the model: what was acknowledged is there, and what is there is a
// prefix of what was done. Then the other way round: with any one sync left out, this very test must notice.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "storage/file/sim_fs.h"
#include "tests/crash/seeds.h"
#include "tests/crash/toy.h"
#include "types/try.h"

namespace rowan::toy {
namespace {

constexpr const char* kDatabase = "toy.rowan";
using PlantedBug = StorageOptions::PlantedBug;

StorageOptions small_options() {
  StorageOptions options;
  options.pool_bytes = 16 * kPageSize;
  options.log.segment_bytes = 128u << 10;
  options.log.buffer_bytes = 128u << 10;
  options.ring_bytes = 1;  // the least: it laps often
  return options;
}

// Reads the whole database as a State, with the ids that `writers` tells of.
Result<State> read_state(Storage& storage, const RecoveredState& recovered,
                         const std::set<WriteId>& writers) {
  State state;
  for (RelationId relation : storage.space().relations()) {
    PageNo found[64];
    PageNo from = 0;
    while (size_t count = storage.space().pages(relation, from, found)) {
      for (size_t i = 0; i < count; ++i) {
        ReadGuard guard = TRY(storage.pool().read(found[i]));
        ToyPage& page = state.pages[found[i]];
        page.relation = relation;
        std::memcpy(page.numbers.data(), guard.page().body(), kNumbers * 8);
      }
      from = found[count - 1] + 1;
    }
  }
  constexpr WriteId kJump = 4096;  // storage/commit.cpp
  WriteIdSet aborted(recovered.aborted);
  for (WriteId id : writers) {
    if (id + kJump < recovered.next_id && !aborted.contains(id)) state.committed.insert(id);
  }
  return state;
}

// Runs operations on a database and tells the model of each as it is logged.
class Workload {
 public:
  Workload(SimFs& files, const StorageOptions& options, uint64_t seed)
      : files_(files), options_(options), dice_(seed), random_(seed + 1) {}

  Result<> run(int operations) {
    TransactionRecovery recovery;
    storage_ = TRY(Storage::open(files_, kDatabase, options_, hooks(&recovery), clock_, random_));
    RecoveredState recovered = TRY(recovery.state(*storage_));
    transactions_ = std::make_unique<Transactions>(recovered);
    commits_ = std::make_unique<CommitProtocol>(*storage_, *transactions_);
    for (uint64_t i = 0; i < kSessions; ++i) sessions_.push_back({&transactions_->open_slot(), {}});
    for (int i = 0; i < operations; ++i) TRY(step(*transactions_, *commits_));
    for (Session& session : sessions_) {
      if (session.transaction.is_active()) commits_->rollback(session.transaction);
    }
    return storage_->close();
  }

  Model model;

 private:
  static constexpr uint64_t kSessions = 3;
  struct Session {
    SnapshotSlot* slot;
    Transaction transaction;
  };

  Result<> step(Transactions& transactions, CommitProtocol& commits) {
    uint64_t number = dice_.below(kSessions);
    Session& session = sessions_[number];
    if (!session.transaction.is_active()) {
      session.transaction =
          TRY(transactions.begin(*session.slot, number + 1, IsolationLevel::ReadCommitted, false));
    }
    uint64_t kind = dice_.below(100);
    if (kind < 18) return grow(transactions, session);
    if (kind < 70) return update(transactions, session);
    if (kind < 74) return free_page(transactions, session);
    if (kind < 90) return commit(session, commits);
    if (kind < 92) {
      commits.rollback(session.transaction);
      return {};
    }
    if (kind < 95) return storage_->checkpoint();
    if (kind < 96) return drop();
    return read_some();
  }

  Result<WriteId> write_id(Transactions& transactions, Session& session) {
    WriteId id = TRY(transactions.write_id(session.transaction));
    return id;
  }

  // In use in that relation, or kNoPage.
  PageNo pick_page() {
    if (model.state.pages.empty()) return kNoPage;
    auto place = model.state.pages.begin();
    std::advance(place, static_cast<long>(dice_.below(model.state.pages.size())));
    return place->first;
  }

  static std::span<const std::byte> bytes_of(const std::vector<Assignment>& list) {
    return std::as_bytes(std::span(list));
  }

  Result<> grow(Transactions& transactions, Session& session) {
    RelationId relation = kFirstUserRelation + static_cast<RelationId>(dice_.below(3));
    if (model.state.pages.size() > 60) return {};
    WriteId id = TRY(write_id(transactions, session));
    WriteGuard page = TRY(storage_->pool().create(relation, PageType::Toy));
    bool as_image = dice_.below(2) == 0;
    bool is_inner = dice_.below(4) == 0;
    std::vector<Assignment> list;
    for (uint32_t slot = 0; slot < 4; ++slot) list.push_back({slot, is_inner, dice_.next()});
    Change change(*storage_, kToySet, relation, id);
    constexpr size_t kUsed = kPageHeaderSize + kNumbers * 8;
    if (as_image) {
      change.add_image(page, kUsed, kPageSize - kUsed);
    } else {
      change.add(page, bytes_of(list));
    }
    TRY(change.reserve());
    ToyPage& shadow = model.state.pages[page.number()];
    shadow = {relation, {}};
    for (const Assignment& one : list) {
      std::memcpy(page.page().body() + one.slot * 8, &one.value, 8);
      shadow.numbers[one.slot] = one.value;
    }
    if (is_inner) page.header().flags |= kPageInner;
    change.commit();
    model.writers.insert(id);
    model.note();
    return {};
  }

  // One change over up to three pages.
  Result<> update(Transactions& transactions, Session& session) {
    if (model.state.pages.empty()) return {};
    std::set<PageNo> numbers;
    for (uint64_t i = 0; i <= dice_.below(3); ++i) numbers.insert(pick_page());
    WriteId id = TRY(write_id(transactions, session));
    std::vector<WriteGuard> guards;
    std::vector<std::vector<Assignment>> lists;
    for (PageNo number : numbers) {
      WriteGuard guard = TRY(storage_->pool().write(number));
      guards.push_back(std::move(guard));
      lists.push_back({{static_cast<uint32_t>(dice_.below(kNumbers)), 0, dice_.next()},
                       {static_cast<uint32_t>(dice_.below(kNumbers)), 0, dice_.next()}});
    }
    Change change(*storage_, kToySet, kFirstUserRelation, id);
    for (size_t i = 0; i < guards.size(); ++i) {
      auto bytes = bytes_of(lists[i]);
      if (dice_.below(8) == 0) {
        change.add_image(guards[i]);
      } else {
        change.add(guards[i], bytes.first(sizeof(Assignment)), bytes.subspan(sizeof(Assignment)));
      }
    }
    TRY(change.reserve());
    for (size_t i = 0; i < guards.size(); ++i) {
      for (const Assignment& one : lists[i]) {
        std::memcpy(guards[i].page().body() + one.slot * 8, &one.value, 8);
        model.state.pages[guards[i].number()].numbers[one.slot] = one.value;
      }
    }
    change.commit();
    model.writers.insert(id);
    model.note();
    return {};
  }

  Result<> free_page(Transactions& transactions, Session& session) {
    PageNo number = pick_page();
    if (number == kNoPage || number == storage_->space().anchor(model.state.pages[number].relation))
      return {};
    WriteId id = TRY(write_id(transactions, session));
    WriteGuard page = TRY(storage_->pool().write(number));
    Change change(*storage_, RecordType::FreePages, model.state.pages[number].relation, id);
    change.add_free(page);
    TRY(change.reserve());
    change.commit();
    model.state.pages.erase(number);
    model.writers.insert(id);
    model.note();
    return {};
  }

  Result<> drop() {
    if (model.state.pages.empty()) return {};
    RelationId relation = model.state.pages[pick_page()].relation;
    TRY(storage_->space().drop_relation(relation));
    std::erase_if(model.state.pages, [&](const auto& entry) { return entry.second.relation == relation; });
    model.note();
    return {};
  }

  Result<> commit(Session& session, CommitProtocol& commits) {
    bool waits = dice_.below(3) != 0;
    auto ids = session.transaction.write_ids();
    std::vector<WriteId> mine(ids.begin(), ids.end());
    TRY(commits.commit(session.transaction, waits ? Durability::Sync : Durability::Async, [&](CommitSeq csn) {
      if (csn == 0) return;
      for (WriteId id : mine) {
        if (model.writers.count(id) != 0) model.state.committed.insert(id);
      }
      model.note();
    }));
    if (waits && !mine.empty()) model.acknowledged = model.issued();
    return {};
  }

  Result<> read_some() {
    for (int i = 0; i < 8; ++i) {
      PageNo number = pick_page();
      if (number == kNoPage) return {};
      TRY(storage_->pool().read(number));
    }
    return {};
  }

  SimFs& files_;
  const StorageOptions options_;
  Dice dice_, random_;
  FixedClock clock_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Transactions> transactions_;
  std::unique_ptr<CommitProtocol> commits_;
  std::vector<Session> sessions_;
};

struct Verdict {
  std::string failure;  // empty: all is well
  size_t found = 0;     // how many operations survived
};

// Opens the crashed disk and compares. `exact`: every operation must have survived.
Verdict verify_once(SimFs& disk, const StorageOptions& options, const Model& model, bool exact, bool go_on) {
  FixedClock clock;
  // Far from the workload's seeds: those of neighbours draw the same ids, and a log's must be new.
  Dice random(disk.operations() + 1'000'077);
  TransactionRecovery recovery;
  Result<std::unique_ptr<Storage>> opened =
      Storage::open(disk, kDatabase, options, hooks(&recovery), clock, random);
  if (!opened.ok()) return {"open: " + opened.error().message() + " " + opened.error().detail()};
  Storage& storage = **opened;
  Result<RecoveredState> recovered = recovery.state(storage);
  if (!recovered.ok()) return {"transactions: " + recovered.error().message()};
  Result<State> state = read_state(storage, *recovered, model.writers);
  if (!state.ok()) return {"read: " + state.error().message() + " " + state.error().detail()};
  uint64_t hash = (*state).hash();
  Verdict verdict;
  size_t k = model.issued() + 1;
  while (k > 0 && model.history[k - 1] != hash) --k;
  if (k == 0) return {"the state is none that ever was"};
  verdict.found = k - 1;
  if (verdict.found < model.acknowledged) {
    return {"acknowledged " + std::to_string(model.acknowledged) + ", found " +
            std::to_string(verdict.found)};
  }
  if (exact && verdict.found < model.issued()) {
    return {"a killed process lost " + std::to_string(model.issued() - verdict.found)};
  }
  CheckReport report;
  Result<> checked = storage.check(report);
  if (!checked.ok()) return {"check: " + checked.error().message()};
  if (!report.is_clean()) return {"check: " + report.findings()[0].message};
  if (!go_on) return verdict;

  // Life goes on: a page is made, the file is closed cleanly, and opens again with it.
  PageNo made = kNoPage;
  Transactions transactions(*recovered);
  {
    CommitProtocol commits(storage, transactions);
    Result<WriteGuard> page = storage.pool().create(5000, PageType::Toy);
    if (!page.ok()) return {"create: " + page.error().message()};
    made = (*page).number();
    Change change(storage, kToySet, 5000, 1);
    change.add_image(*page);
    Result<> reserved = change.reserve();
    if (!reserved.ok()) return {"reserve: " + reserved.error().message()};
    change.commit();
    page = Result<WriteGuard>(WriteGuard());
    Result<> closed = storage.close();
    if (!closed.ok()) return {"close: " + closed.error().message()};
  }
  opened = Result<std::unique_ptr<Storage>>(Error(sqlstate::io_error, "closed"));
  TransactionRecovery again;
  opened = Storage::open(disk, kDatabase, options, hooks(&again), clock, random);
  if (!opened.ok()) return {"reopen: " + opened.error().message()};
  if (!(*opened)->space().is_used(made)) return {"the new page is gone"};
  return verdict;
}

Verdict verify_crash(const SimFs& files, CrashPolicy policy, uint64_t seed, const Model& model, bool twice,
                     PlantedBug bug) {
  std::unique_ptr<SimFs> disk = files.image(policy, seed);
  StorageOptions options = small_options();
  options.planted_bug = bug;
  bool exact = policy == CrashPolicy::Kept;
  if (twice) {  // the machine goes down again while it recovers
    Dice dice(seed);
    uint64_t stop = 1 + dice.below(40);
    disk->set_hook([&](uint64_t number, SimOperation, const std::string&) {
      return number >= stop ? SimFault::Halt : SimFault::None;
    });
    verify_once(*disk, options, model, exact, true);
    if (disk->operations() < stop) return {};  // it came through; its writes are not the model's
    std::unique_ptr<SimFs> second = disk->image(policy, seed + 1);
    options.read_only = false;
    Verdict verdict = verify_once(*second, options, model, false, false);
    // The page that verify_once makes may be there or not.
    if (verdict.failure == "the state is none that ever was") return {};
    return verdict;
  }
  return verify_once(*disk, options, model, exact, true);
}

struct Enumeration {
  size_t points = 0, images = 0;
  std::string failure;
};

Enumeration enumerate(uint64_t seed, int operations, PlantedBug bug, size_t every) {
  Enumeration result;
  SimFs files(512);
  StorageOptions options = small_options();
  options.planted_bug = bug;
  Workload workload(files, options, seed);
  files.set_hook([&](uint64_t number, SimOperation operation, const std::string& path) {
    if (operation == SimOperation::Read || !result.failure.empty() || number % every != 0)
      return SimFault::None;
    ++result.points;
    std::thread inspector([&] {  // a thread of its own: this one is deep inside the storage and holds mutexes
      constexpr CrashPolicy kPolicies[] = {CrashPolicy::Lost, CrashPolicy::Kept, CrashPolicy::Prefix,
                                           CrashPolicy::Torn, CrashPolicy::Subset};
      for (CrashPolicy policy : kPolicies) {
        bool twice = number % 5 == 0 && policy == CrashPolicy::Subset;
        Verdict verdict = verify_crash(files, policy, seed * 1000003 + number, workload.model, twice, bug);
        ++result.images;
        if (!verdict.failure.empty() && result.failure.empty()) {
          result.failure = "seed " + std::to_string(seed) + ", operation " + std::to_string(number) + " (" +
                           std::to_string(static_cast<int>(operation)) + " on " + path + "), policy " +
                           std::to_string(static_cast<int>(policy)) + ": " + verdict.failure;
        }
      }
    });
    inspector.join();
    return SimFault::None;
  });
  Result<> ran = workload.run(operations);
  if (!ran.ok() && result.failure.empty()) result.failure = "workload: " + ran.error().message();
  return result;
}

// ROWAN_FIRST_SEED: where to begin, to replay a seed without those before it.
TEST(StorageCrash, EveryOperation) {
  const char* given = std::getenv("ROWAN_FIRST_SEED");
  uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  size_t points = 0, images = 0;
  for (uint64_t seed = first; seed <= seeds_wanted(2); ++seed) {
    Enumeration result = enumerate(seed, 220, PlantedBug::None, 1);
    EXPECT_EQ(result.failure, "");
    points += result.points;
    images += result.images;
  }
  RecordProperty("points", static_cast<int>(points));
  printf("%zu crash points, %zu images\n", points, images);
  EXPECT_GE(points, 250 * (seeds_wanted(2) - first + 1));
}

// Redo begins right behind the record that holds a page's image: it will not start from that, so a home torn
// since then needs its copy in the ring. Found by 40 seeds of the test above (38 and 40, operation 307).
TEST(StorageCrash, AnImageThatEndsWhereRedoBeginsIsNone) {
  SimFs files(512);
  FixedClock clock;
  Dice random(7);
  TransactionRecovery recovery;
  auto storage = Storage::open(files, kDatabase, small_options(), hooks(&recovery), clock, random).value();
  auto make = [&](uint64_t value) {
    WriteGuard page = storage->pool().create(kFirstUserRelation, PageType::Toy).value();
    std::memcpy(page.page().body(), &value, sizeof value);
    Change change(*storage, kToySet, kFirstUserRelation, kNoWriteId);
    change.add_image(page);
    ASSERT_TRUE(change.reserve().ok());
    change.commit();
  };
  for (uint64_t i = 0; i < 64; ++i) make(i);
  PageNo last = kNoPage;
  {
    std::array<PageNo, 256> pages;
    size_t count = storage->space().pages(kFirstUserRelation, 0, pages);
    ASSERT_EQ(count, 64u);
    last = pages[count - 1];
  }
  ASSERT_TRUE(storage->checkpoint().ok());
  {
    WriteGuard page = storage->pool().write(last).value();
    Change change(*storage, kToySet, kFirstUserRelation, kNoWriteId);
    change.add_image(page);
    ASSERT_TRUE(change.reserve().ok());
    change.commit();
  }
  ASSERT_TRUE(storage->checkpoint().ok());
  auto change_one = [&](PageNo number) {
    WriteGuard page = storage->pool().write(number).value();
    Assignment set{3, 0, 4711};
    Change change(*storage, kToySet, kFirstUserRelation, kNoWriteId);
    change.add(page, std::as_bytes(std::span(&set, 1)));
    ASSERT_TRUE(change.reserve().ok());
    std::memcpy(page.page().body() + set.slot * 8, &set.value, 8);
    change.commit();
  };
  change_one(last);
  // Changing the others takes it home.
  size_t images = 0;
  std::string failure;
  files.set_hook([&](uint64_t number, SimOperation operation, const std::string&) {
    if (operation == SimOperation::Read || !failure.empty()) return SimFault::None;
    std::thread inspector([&] {
      for (uint64_t seed = 0; seed < 4; ++seed, ++images) {
        std::unique_ptr<SimFs> disk = files.image(CrashPolicy::Torn, number * 100 + seed);
        TransactionRecovery again;
        auto opened = Storage::open(*disk, kDatabase, small_options(), hooks(&again), clock, random);
        if (!opened.ok()) failure = opened.error().message();
      }
    });
    inspector.join();
    return SimFault::None;
  });
  std::array<PageNo, 256> pages;
  storage->space().pages(kFirstUserRelation, 0, pages);
  for (size_t i = 0; i < 24; ++i) change_one(pages[i]);
  files.set_hook(nullptr);
  EXPECT_EQ(failure, "");
  EXPECT_GT(images, 0u);
}

// The proof that the test above can fail. A sanitizer would see nothing new in it.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
class StorageCrashPlanted : public testing::TestWithParam<PlantedBug> {};

TEST_P(StorageCrashPlanted, IsNoticed) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Enumeration result = enumerate(seed, 220, GetParam(), 1);
    if (!result.failure.empty()) {
      printf("%s\n", result.failure.c_str());
      return;
    }
  }
  FAIL() << "nobody noticed";
}

// The rest needs rows: sql/sql_crash_test.cpp.
INSTANTIATE_TEST_SUITE_P(Bugs, StorageCrashPlanted,
                         testing::Values(PlantedBug::LogFlush, PlantedBug::LogBeforePage, PlantedBug::Ring,
                                         PlantedBug::RingReuse, PlantedBug::CheckpointData,
                                         PlantedBug::CheckpointHeader, PlantedBug::MarkHeader,
                                         PlantedBug::Directory, PlantedBug::RunningForgotten,
                                         PlantedBug::AbortsForgotten, PlantedBug::RingUnread));
#endif

}  // namespace
}  // namespace rowan::toy
