// A backup of a database that changes at every operation of the backup: the copy is the database as it was at
// one moment of the call. The machine stops at each of its operations: the database recovers, and under the
// copy's name there is nothing or a whole database. Each of them fails: a clean error, nothing left, and the
// database goes on.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "api/backup.h"
#include "tests/crash/seeds.h"
#include "tests/crash/sql/workload.h"
#include "tests/crash/sql/world.h"

namespace rowan::sql_crash {
namespace {

const char* const kCopy = "/copy.rowan";
const char* const kIncomplete = "/copy.rowan-incomplete";

// Under a sanitizer few points are looked at; all of them in `make torture`.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kEvery = 20;
constexpr size_t kFaultStep = 5;
#else
const uint64_t kEvery = seeds_wanted(0) > 0 ? 1 : 3;
constexpr size_t kFaultStep = 1;
#endif

std::string words_of(const Error& error) {
  return std::string(error.state().text()) + " " + error.message() + " " + error.detail();
}

// A database and a twin in memory, which knows how it looks after each step of what it is still to do.
class Busy {
 public:
  Busy(uint64_t seed, size_t before, size_t during) : world_(&files_, seed, PlantedBug::None), seed_(seed) {
    World twin(nullptr, seed, PlantedBug::None);
    twin.open().value();
    states_.push_back(twin.state().value());
    for (Step& step : make_workload(seed, before + during)) {
      if (step.kind == Step::Kind::Reopen) continue;
      if (step.kind == Step::Kind::Sql)
        static_cast<void>(twin.run(step.sql, step.copied).ok());
      else
        twin.instance().tend();
      states_.push_back(twin.state().value());
      steps_.push_back(std::move(step));
    }
    world_.open().value();
    while (done_ < before && done_ < steps_.size()) step();
  }

  SimFs& files() { return files_; }
  World& world() { return world_; }
  size_t done() const { return done_; }
  bool is_through() const { return done_ == steps_.size(); }
  const State& state(size_t step) const { return states_[step]; }
  size_t step_count() const { return steps_.size(); }

  void step() {
    const Step& step = steps_[done_];
    if (step.kind == Step::Kind::Sql)
      static_cast<void>(world_.run(step.sql, step.copied).ok());
    else
      world_.instance().tend();
    ++done_;
  }
  Result<> back_up() { return rowan::back_up(world_.instance(), kCopy, cancel_); }

  // Which step the database at `path` of that disk stands behind, of those from `first` to `last`; says what
  // is wrong with it. `stays`: also writes there, closes and opens it again.
  std::string look(SimFs& disk, const char* path, size_t first, size_t last, bool stays,
                   size_t* found_step = nullptr) {
    Result<std::string> looked =
        look_inside(disk, path, first, std::min(last, steps_.size()), stays, found_step);
    return looked.ok() ? *looked : words_of(looked.error());
  }

  // Does a step at every `every`th operation on the copy's files, as long as the copy is not being recovered;
  // with each other one a checkpoint, and a table that fills a segment of the log comes or goes. In a thread
  // of its own: this one may hold what belongs to the copy.
  void interfere(const std::string& path, uint64_t every) {
    if (path.starts_with(std::string(kIncomplete) + "-wal/ring")) is_recovering_ = true;
    if (is_inside_ || is_recovering_ || is_through() || !path.starts_with(kIncomplete)) return;
    if (++touches_ % every != 0) return;
    is_inside_ = true;
    std::thread writer([&] {
      step();
      if (done_ % 2 != 0) return;
      bool comes = done_ % 4 == 0;
      static_cast<void>(world_
                            .run(comes ? "CREATE TABLE zz_load AS SELECT repeat(md5(i::text), 60) FROM "
                                         "generate_series(1, 150) AS g(i)"
                                       : "DROP TABLE IF EXISTS zz_load")
                            .ok());
      world_.instance().tend();
      world_.instance().storage().checkpoint().value();
    });
    writer.join();
    is_inside_ = false;
  }

 private:
  Result<std::string> look_inside(SimFs& disk, const char* path, size_t first, size_t last, bool stays,
                                  size_t* found_step) {
    World world(&disk, seed_ + 17, PlantedBug::None, path);
    TRY(world.open());
    State state = TRY(world.state());
    size_t step = first;
    while (step <= last && !(states_[step] == state)) ++step;
    if (step > last)
      return "found " + state.summary + ", none of the states from step " + std::to_string(first) + " to " +
             std::to_string(last);
    if (found_step != nullptr) *found_step = step;
    std::vector<std::string> findings = TRY(world.check());
    if (!findings.empty()) return "check: " + findings[0];
    if (!stays) return std::string();
    TRY(world.run("CREATE TABLE zz_after (a int); INSERT INTO zz_after SELECT generate_series(1, 500)"));
    world.instance().tend();
    TRY(world.close());
    TRY(world.open());
    State after = TRY(world.state());
    if (!(after == state)) return std::string("written to and opened again it is another");
    findings = TRY(world.check());
    return findings.empty() ? std::string() : "check, later: " + findings[0];
  }

  SimFs files_;
  World world_;
  const uint64_t seed_;
  CancelToken cancel_;
  std::vector<Step> steps_;
  std::vector<State> states_;  // [i]: after i steps
  std::atomic<size_t> done_{0};
  uint64_t touches_ = 0;
  std::atomic<bool> is_inside_{false};
  bool is_recovering_ = false;
};

std::string left_over(SimFs& files) {
  std::string folder = std::string(kIncomplete) + "-wal";
  for (const std::string& path : {std::string(kCopy), std::string(kIncomplete), folder})
    if (files.exists(path).value()) return path;
  return "";
}

TEST(BackupCrash, TheCopyIsOneMomentOfTheCall) {
  size_t steps = 0, later = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Busy busy(seed, 25, 60);
    size_t before = busy.done();
    busy.files().set_hook([&](uint64_t, SimOperation, const std::string& path) {
      busy.interfere(path, 1 + seed % 3);
      return SimFault::None;
    });
    Result<> copied = busy.back_up();
    ASSERT_TRUE(copied.ok()) << "seed " << seed << ": " << words_of(copied.error());
    busy.files().set_hook(nullptr);
    EXPECT_EQ(left_over(busy.files()), kCopy);
    size_t found = 0;
    EXPECT_EQ(busy.look(busy.files(), kCopy, before, busy.done(), true, &found), "") << "seed " << seed;
    steps += busy.done() - before;
    later += found - before;
    // A second one, of what has come since, beside the first.
    while (!busy.is_through()) busy.step();
    ASSERT_TRUE(back_up(busy.world().instance(), "/second.rowan", CancelToken()).ok());
    EXPECT_EQ(busy.look(busy.files(), "/second.rowan", busy.done(), busy.done(), true), "")
        << "seed " << seed;
    EXPECT_EQ(busy.world().check().value(), Lines());
    if (HasFailure()) return;
  }
  std::printf("%zu steps during 12 backups, %zu of them in the copies\n", steps, later);
  EXPECT_GT(later, 40u);
}

TEST(BackupCrash, AfterAStopThereIsNothingOrAWholeDatabase) {
  constexpr CrashPolicy kAll[] = {CrashPolicy::Lost, CrashPolicy::Kept, CrashPolicy::Prefix,
                                  CrashPolicy::Torn, CrashPolicy::Subset};
  size_t points = 0, images = 0, whole = 0;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    Busy busy(seed, 25, 40);
    size_t before = busy.done();
    busy.world()
        .run("CREATE TABLE zz_flushed (a int)")
        .value();                                             // what came before waits for the disk no more
    const uint64_t every = seed == 1 ? kEvery : 10 * kEvery;  // of one backup every point, of others some
    std::string failure;
    std::atomic<bool> is_looking{false};
    busy.files().set_hook([&](uint64_t number, SimOperation operation, const std::string& path) {
      if (operation == SimOperation::Read || is_looking.exchange(true)) return SimFault::None;
      busy.interfere(path, 3);
      bool is_named = busy.files().exists(kCopy).value();
      if ((++points % every == 0 || is_named) && failure.empty()) {
        std::thread inspector([&] {
          for (CrashPolicy policy : kAll) {
            std::unique_ptr<SimFs> disk = busy.files().image(policy, seed * 1000003 + number);
            bool is_there = disk->exists(kCopy).value();
            if (!is_there && policy != kAll[points % std::size(kAll)]) continue;
            bool stays = points % 8 == 0;
            std::string wrong = busy.look(*disk, "/bank.rowan", before, busy.done() + 1, stays);
            if (wrong.empty() && is_there) {
              wrong = busy.look(*disk, kCopy, before, busy.done(), true);
              if (!wrong.empty()) wrong = "the copy: " + wrong;
              ++whole;
            }
            ++images;
            if (wrong.empty() || !failure.empty()) continue;
            failure = "seed " + std::to_string(seed) + ", operation " + std::to_string(number) + " (" +
                      std::to_string(static_cast<int>(operation)) + " on " + path + "), policy " +
                      std::to_string(static_cast<int>(policy)) + ": " + wrong;
          }
        });
        inspector.join();
      }
      is_looking = false;
      return SimFault::None;
    });
    Result<> copied = busy.back_up();
    busy.files().set_hook(nullptr);
    ASSERT_TRUE(copied.ok()) << words_of(copied.error());
    ASSERT_EQ(failure, "");
    std::unique_ptr<SimFs> disk = busy.files().image(CrashPolicy::Lost, seed);
    EXPECT_EQ(busy.look(*disk, kCopy, before, busy.done(), true), "") << "it had said that it was there";
  }
  std::printf("%zu points, %zu images, %zu copies\n", points, images, whole);
  EXPECT_GE(points, 100u);
  EXPECT_GE(whole, 2u);
}

// At each operation in turn, until a backup gets by without meeting the fault; each on a disk of its own.
void fail_everywhere(SimFault fault) {
  Busy busy(7, 25, 0);
  busy.world().close().value();
  size_t failed = 0, tried = 0;
  for (bool is_met = true; is_met && !testing::Test::HasFailure();) {
    std::unique_ptr<SimFs> disk = busy.files().image(CrashPolicy::Kept, 1);
    tried += kFaultStep;
    World world(disk.get(), tried, PlantedBug::None);
    world.open().value();
    world.run("CREATE TABLE zz_before AS SELECT 1 AS a").value();
    is_met = false;
    std::string where;
    uint64_t first = disk->operations();
    disk->set_hook([&](uint64_t number, SimOperation operation, const std::string& path) {
      if (is_met || operation == SimOperation::Read || number < first + tried) return SimFault::None;
      is_met = true;
      where = path + ", operation " + std::to_string(static_cast<int>(operation)) + ", number " +
              std::to_string(tried);
      return fault;
    });
    Result<> copied = back_up(world.instance(), kCopy, CancelToken());
    disk->set_hook(nullptr);
    SCOPED_TRACE(where + (copied.ok() ? std::string() : ": " + words_of(copied.error())));
    bool is_ours = where.find(kIncomplete) != std::string::npos;
    if (copied.ok()) {  // it met the fault where nothing hung on it
      EXPECT_EQ(left_over(*disk), kCopy);
      EXPECT_EQ(busy.look(*disk, kCopy, busy.done(), busy.done(), tried % 4 == 0), "");
    } else {
      ++failed;
      SqlState state = copied.error().state();
      EXPECT_TRUE(state == sqlstate::io_error || state == sqlstate::disk_full);
      EXPECT_EQ(left_over(*disk), "");
      if (is_ours && fault == SimFault::NoRoom) {
        EXPECT_EQ(state, sqlstate::disk_full);
      }
    }
    Result<> written = world.run("CREATE TABLE zz_t (a int); DROP TABLE zz_t");
    EXPECT_TRUE(written.ok() || !is_ours) << words_of(written.error());
    if (!written.ok()) {  // its own file could not be written: it has stopped, and recovers
      world.drop();
      ASSERT_TRUE(world.open().ok());
    }
    EXPECT_TRUE(world.state().value() == busy.state(busy.done()));
    EXPECT_EQ(world.check().value(), Lines());
  }
  std::printf("%zu operations, every %zu. tried, %zu of those needed\n", tried - 1, kFaultStep, failed);
  EXPECT_GE(failed * kFaultStep, fault == SimFault::ForgottenSync ? 5u : 20u);
}

TEST(BackupCrash, ADiskThatIsFullAnywhereLeavesNothing) {
  for (SimFault fault : {SimFault::NoRoom, SimFault::DiskFull, SimFault::ShortWrite}) fail_everywhere(fault);
}
TEST(BackupCrash, AnOperationThatFailsAnywhereLeavesNothing) {
  for (SimFault fault : {SimFault::IoError, SimFault::ForgottenSync}) fail_everywhere(fault);
}

}  // namespace
}  // namespace rowan::sql_crash
