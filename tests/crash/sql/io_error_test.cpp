// Every operation of a workload in SQL fails, once or from then on: a read, a write, a part of a write, a
// sync, for want of room or for a broken disk. The statement says so with 53100 or 58030 and its transaction
// is rolled back, or the database stops and says that; nothing that was acknowledged is lost, not even when
// the power goes later. A twin in memory, which no disk disturbs, tells what there must be.
//
// ROWAN_FAULTS=N: every operation of N workloads and of the recovery behind each, which takes half an hour
// for each; ROWAN_FAULTS=all: of twenty.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <limits>

#include "tests/crash/seeds.h"
#include "tests/crash/sql/look.h"
#include "tests/crash/sql/watch.h"

namespace rowan::sql_crash {
namespace {

constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

struct FaultKind {
  const char* name;
  SimFault fault;
  bool forever;
  uint32_t operations;  // bits of SimOperation
  bool may_stop;        // whether the database may stop over it
  bool room;            // 53100, else 58030
};

template <class... Operation>
constexpr uint32_t bits_of(Operation... operation) {
  return ((1u << static_cast<unsigned>(operation)) | ...);
}

using enum SimOperation;
constexpr uint32_t kChanges = bits_of(Write, Allocate, Punch, Truncate, Open, Remove, Rename);
constexpr uint32_t kGrowth = bits_of(Write, Allocate, Open, Rename);
constexpr uint32_t kSyncs = bits_of(Sync, SyncDirectory);

constexpr FaultKind kKinds[] = {
    {"read fails once", SimFault::IoError, false, bits_of(Read), false, false},
    {"reads fail", SimFault::IoError, true, bits_of(Read), false, false},
    {"change fails once", SimFault::IoError, false, kChanges, true, false},
    {"changes fail", SimFault::IoError, true, kChanges, true, false},
    {"no room once", SimFault::NoRoom, false, bits_of(Allocate, Open, Rename), false, true},
    {"no room", SimFault::NoRoom, true, kGrowth, false, true},
    {"disk full once", SimFault::DiskFull, false, kGrowth, true, true},
    {"disk full", SimFault::DiskFull, true, kGrowth, true, true},
    {"short write once", SimFault::ShortWrite, false, bits_of(Write), true, true},
    {"sync fails once", SimFault::IoError, false, kSyncs, true, false},
    {"syncs fail", SimFault::IoError, true, kSyncs, true, false},
    {"sync lost once", SimFault::LostSync, false, kSyncs, true, false},
    {"sync forgotten once", SimFault::ForgottenSync, false, kSyncs, true, false},
};

class FaultyPlay {
 public:
  FaultyPlay(const FaultKind& kind, uint64_t seed, size_t steps, uint64_t at)
      : kind_(kind),
        steps_(make_workload(seed, steps)),
        at_(at),
        seed_(seed),
        twin_(nullptr, seed, PlantedBug::None),
        world_(std::make_unique<World>(&files_, seed, PlantedBug::None)) {
    files_.set_hook([this](uint64_t, SimOperation operation, const std::string& path) {
      if ((kind_.operations & (1u << static_cast<unsigned>(operation))) == 0 || is_healed_)
        return SimFault::None;
      ++seen_;
      if (seen_ < at_ || (!kind_.forever && seen_ > at_)) return SimFault::None;
      has_fired_ = true;
      path_ = path;
      return kind_.fault;
    });
  }
  ~FaultyPlay() { is_healed_ = true; }

  // "" or what is wrong.
  std::string run() {
    Result<std::string> played = play();
    std::string wrong = played.ok() ? *played : text_of(played.error());
    if (wrong.empty()) return wrong;
    return std::string(kind_.name) + ", seed " + std::to_string(seed_) + ", operation " +
           std::to_string(at_) + (path_.empty() ? "" : " (" + path_ + ")") + ", step " +
           std::to_string(step_) + (step_ < steps_.size() ? " " + steps_[step_].sql.substr(0, 100) : "") +
           ": " + wrong;
  }
  uint64_t operations() const { return seen_; }
  bool has_stopped() const { return has_stopped_; }

 private:
  Result<std::string> play() {
    TRY(twin_.open());
    TRY(remember());
    std::string wrong = TRY(open_world());
    for (step_ = 0; step_ < steps_.size() && wrong.empty() && !has_stopped_; ++step_) {
      if (steps_[step_].kind == Step::Kind::Reopen) {
        wrong = TRY(reopen());
      } else {
        wrong = TRY(take_step());
      }
    }
    if (!wrong.empty() || has_stopped_) return wrong;
    is_healed_ = true;
    return finish();
  }

  Result<std::string> open_world() {
    for (int attempt = 0;; ++attempt) {
      Result<> opened = world_->open();
      if (opened.ok()) return std::string();
      world_->drop();
      if (!is_expected(opened.error())) return "opening: " + text_of(opened.error());
      if (is_healed_) return "opening, with nothing wrong any more: " + text_of(opened.error());
      if (attempt == 1) is_healed_ = true;
    }
  }

  // As the fault says it, or as one that stopped the database says it.
  bool is_expected(const Error& error) const {
    if (!has_fired_) return false;
    if (is_stopped(error)) return kind_.may_stop;
    if (error.state() != (kind_.room ? sqlstate::disk_full : sqlstate::io_error)) return false;
    bool is_page = (kind_.operations & bits_of(Read)) != 0 && path_ == "/bank.rowan" && is_open_;
    return !is_page || error.message().find("page ") != std::string::npos;
  }
  // Or, who would wait for locks that were kept: those of a commit that met the fault, perhaps the row
  // mover's.
  static bool is_stopped(const Error& error) {
    if (error.state() == sqlstate::admin_shutdown)
      return error.message() == "the database has stopped: its log cannot be written";
    return error.state() == sqlstate::io_error &&
           error.message() == "the database has stopped because its log could not be written";
  }
  static bool is_of_disk(const Error& error) {
    return error.state() == sqlstate::disk_full || error.state() == sqlstate::io_error || is_stopped(error);
  }

  Result<std::string> take_step() {
    const Step& step = steps_[step_];
    for (int attempt = 0;; ++attempt) {
      is_open_ = true;
      Result<> done = run_step(*world_, step);
      is_open_ = false;
      if (done.ok() || !is_of_disk(done.error())) return compare_outcome(done);
      if (!is_expected(done.error())) return text_of(done.error());
      if (is_healed_) return "with nothing wrong any more: " + text_of(done.error());
      TRY(follow_sequence());
      if (kind_.forever && attempt < 2) {  // the room does not come at once
        if (kind_.fault == SimFault::NoRoom) {
          std::string wrong = TRY(compare_state("without room"));
          if (!wrong.empty()) return wrong;
        }
        continue;
      }
      is_healed_ = true;
      Result<> alive = world_->run("BEGIN; CREATE TABLE zz_alive (a int); ROLLBACK");
      if (!alive.ok()) {
        if (!is_stopped(alive.error())) return "afterwards: " + text_of(alive.error());
        if (!kind_.may_stop) return "it stopped: " + alive.error().detail();
        return look_at_stopped();
      }
      std::string wrong = TRY(compare_state("rolled back"));
      if (wrong.empty()) wrong = TRY(check_all(*world_));
      if (!wrong.empty()) return wrong;
    }
  }

  Result<std::string> compare_outcome(const Result<>& done) {
    Result<> twins = run_step(twin_, steps_[step_]);
    std::string ours = done.ok() ? "" : text_of(done.error()),
                theirs = twins.ok() ? "" : text_of(twins.error());
    if (ours != theirs) return "says \"" + ours + "\", in memory \"" + theirs + "\"";
    TRY(remember());
    if (steps_[step_].waits && steps_[step_].kind == Step::Kind::Sql && done.ok())
      states_.erase(states_.begin(), states_.end() - 1);
    return std::string();
  }

  Result<> remember() {
    State state = TRY(twin_.state());
    if (states_.empty() || !(states_.back() == state)) states_.push_back(std::move(state));
    return {};
  }

  Result<std::string> compare_state(const char* when) {
    State found = TRY(world_->state());
    if (found == states_.back()) return std::string();
    return std::string(when) + " there is " + found.summary + " instead of " + states_.back().summary;
  }

  // Numbers that a failed statement drew are gone.
  Result<> follow_sequence() {
    Result<Lines> drawn =
        world_->rows("SELECT last_value FROM pg_sequences WHERE sequencename = 'account_id_seq'");
    if (!drawn.ok() || drawn->empty() || drawn->front() == "|") return {};
    std::string value = drawn->front().substr(0, drawn->front().find('|'));
    return twin_.run("SELECT setval('account_id_seq', " + value + ")");
  }

  Result<std::string> reopen() {
    Result<> closed = world_->close();
    if (!closed.ok() && !is_expected(closed.error())) return "closing: " + text_of(closed.error());
    if (!closed.ok()) {
      world_->drop();
      is_healed_ = true;
    }
    std::string wrong = TRY(open_world());
    if (!wrong.empty()) return wrong;
    TRY(twin_.run("RESET synchronous_commit"));
    if (!is_healed_ && kind_.forever && has_fired_) is_healed_ = true;
    wrong = TRY(compare_state("after closing"));
    TRY(follow_sequence());
    return wrong;
  }

  // It stopped in the middle of a step: that may have reached the disk or not.
  Result<std::string> look_at_stopped() {
    has_stopped_ = true;
    Result<> refused = world_->run("CREATE TABLE zz_refused (a int)");
    if (refused.ok() || !is_stopped(refused.error())) return std::string("it stopped, and goes on");
    State before = states_.back();
    if (step_ < steps_.size()) static_cast<void>(run_step(twin_, steps_[step_]).ok());
    TRY(remember());
    std::string wrong = TRY(look_at_image(CrashPolicy::Lost, "a power cut while stopped"));
    if (!wrong.empty()) return wrong;
    world_->drop();
    TRY(world_->open());
    State found = TRY(world_->state());
    if (!(found == before) && !(found == states_.back()))
      return "reopened, there is " + found.summary + " instead of " + before.summary;
    wrong = TRY(look_at_image(CrashPolicy::Lost, "a power cut when reopened"));
    if (wrong.empty()) wrong = TRY(check_all(*world_));
    if (!wrong.empty()) return "reopened: " + wrong;
    states_ = {found};
    TRY(world_->run("CREATE TABLE zz_next (a int)"));
    wrong = TRY(look_at_image(CrashPolicy::Lost, "a power cut after the next commit"));
    if (wrong.empty()) wrong = TRY(live_on(*world_, found));
    if (wrong.empty()) wrong = TRY(look_at_image(CrashPolicy::Lost, "a power cut at the end"));
    return wrong;
  }

  Result<std::string> finish() {
    Result<> last = world_->run("RESET synchronous_commit; CREATE TABLE zz_last (a int)");
    if (!last.ok() && is_expected(last.error())) return look_at_stopped();  // in a round of the background
    TRY(std::move(last));
    std::string wrong = TRY(compare_state("at the end"));
    if (wrong.empty()) wrong = TRY(check_all(*world_));
    if (!wrong.empty()) return wrong;
    states_.erase(states_.begin(), states_.end() - 1);
    wrong = TRY(look_at_image(CrashPolicy::Lost, "a power cut at the end"));
    if (wrong.empty()) wrong = TRY(look_at_image(CrashPolicy::Kept, "kill -9 at the end"));
    if (!wrong.empty()) return wrong;
    TRY(world_->close());
    TRY(world_->open());
    wrong = TRY(compare_state("closed and opened"));
    if (wrong.empty()) wrong = TRY(check_all(*world_));
    return wrong;
  }

  Result<std::string> look_at_image(CrashPolicy policy, const std::string& when) {
    std::unique_ptr<SimFs> disk = files_.image(policy, seed_);
    World world(disk.get(), seed_ + 17, PlantedBug::None);
    Result<> opened = world.open();
    if (!opened.ok()) return when + ": " + text_of(opened.error());
    State found = TRY(world.state());
    if (std::find(states_.begin(), states_.end(), found) == states_.end())
      return when + " leaves " + found.summary + " instead of " + states_.back().summary;
    std::string wrong = TRY(check_all(world));
    return wrong.empty() ? wrong : when + ": " + wrong;
  }

  const FaultKind& kind_;
  const std::vector<Step> steps_;
  const uint64_t at_, seed_;
  SimFs files_;
  World twin_;
  std::unique_ptr<World> world_;
  std::vector<State> states_;  // that a power cut may leave: the last is the newest
  size_t step_ = 0;
  uint64_t seen_ = 0;
  bool has_fired_ = false, is_healed_ = false, is_open_ = false, has_stopped_ = false;
  std::string path_;
};

struct FaultTally {
  size_t plays = 0, stopped = 0;
};

// Operations `first`, `first` + `stride` … of one workload.
void play_all(const FaultKind& kind, uint64_t seed, size_t steps, size_t plays_max, FaultTally& tally) {
  FaultyPlay quiet(kind, seed, steps, kNever);
  ASSERT_EQ(quiet.run(), "");
  uint64_t stride = std::max<uint64_t>(1, quiet.operations() / plays_max);
  size_t failures = 0;
  Watch watch(300);
  for (uint64_t at = 1 + seed % stride; at <= quiet.operations() && failures < 3; at += stride) {
    watch.begin(std::string(kind.name) + ", seed " + std::to_string(seed) + ", operation " +
                std::to_string(at));
    FaultyPlay play(kind, seed, steps, at);
    std::string wrong = play.run();
    if (!wrong.empty()) {
      ++failures;
      ADD_FAILURE() << wrong;
    }
    ++tally.plays;
    tally.stopped += play.has_stopped() ? 1 : 0;
  }
}

// The same for what an opening after a kill does, and the first change behind it: one fault, then a second
// opening, and the power goes.
class FaultyRecovery {
 public:
  FaultyRecovery(const FaultKind& kind, uint64_t at, const SimFs& killed, const State& state)
      : kind_(kind), at_(at), state_(state), files_(killed.image(CrashPolicy::Kept, 1)) {
    files_->set_hook([this](uint64_t, SimOperation operation, const std::string& path) {
      if ((kind_.operations & (1u << static_cast<unsigned>(operation))) == 0 || is_healed_)
        return SimFault::None;
      ++seen_;
      if (seen_ == at_) path_ = path;
      return seen_ == at_ || (kind_.forever && seen_ > at_) ? kind_.fault : SimFault::None;
    });
  }
  ~FaultyRecovery() { is_healed_ = true; }

  std::string run() {
    Result<std::string> played = play();
    std::string wrong = played.ok() ? *played : text_of(played.error());
    if (wrong.empty()) return wrong;
    return std::string(kind_.name) + ", operation " + std::to_string(at_) + " of recovery (" + path_ +
           "): " + wrong;
  }
  uint64_t operations() const { return seen_; }

 private:
  Result<std::string> play() {
    Result<> done = open_and_write();
    is_healed_ = true;
    if (done.ok() && kind_.forever && seen_ >= at_) return std::string();
    if (!done.ok() && done.error().state() != sqlstate::io_error &&
        done.error().state() != sqlstate::disk_full)
      return text_of(done.error());
    std::string wrong = TRY(look_at_image("a power cut after the error"));
    if (!wrong.empty()) return wrong;
    world_->drop();
    TRY(open_and_write());
    wrong = TRY(look_at_image("a power cut after the next opening"));
    if (wrong.empty()) wrong = TRY(live_on(*world_, state_));
    if (wrong.empty()) wrong = TRY(look_at_image("a power cut at the end"));
    return wrong;
  }
  Result<> open_and_write() {
    world_ = std::make_unique<World>(files_.get(), ++openings_, PlantedBug::None);
    TRY(world_->open());
    TRY(world_->run("CREATE TABLE IF NOT EXISTS zz_a (a int)"));
    return world_->run("CHECKPOINT");
  }
  Result<std::string> look_at_image(const std::string& when) {
    std::unique_ptr<SimFs> disk = files_->image(CrashPolicy::Lost, 1);
    World world(disk.get(), 5, PlantedBug::None);
    Result<> opened = world.open();
    if (!opened.ok()) return when + ": " + text_of(opened.error());
    State found = TRY(world.state());
    if (!(found == state_)) return when + " leaves " + found.summary + " instead of " + state_.summary;
    std::string wrong = TRY(check_all(world));
    return wrong.empty() ? wrong : when + ": " + wrong;
  }

  const FaultKind& kind_;
  const uint64_t at_;
  const State& state_;
  std::unique_ptr<SimFs> files_;
  std::unique_ptr<World> world_;
  uint64_t seen_ = 0, openings_ = 100;
  bool is_healed_ = false;
  std::string path_;
};

void fail_recovery(uint64_t seed, uint64_t plays_max) {
  SimFs files;
  World world(&files, seed, PlantedBug::None);
  ASSERT_TRUE(world.open().ok());
  for (const Step& step : make_workload(seed, 25)) static_cast<void>(run_step(world, step).ok());
  ASSERT_TRUE(world.run("SET synchronous_commit = on; CREATE TABLE zz_last (a int)").ok());
  State state = world.state().value();
  std::unique_ptr<SimFs> killed = files.image(CrashPolicy::Kept, seed);
  Watch watch(300);
  for (const FaultKind& kind : kKinds) {
    FaultyRecovery quiet(kind, kNever, *killed, state);
    ASSERT_EQ(quiet.run(), "");
    uint64_t stride = std::max<uint64_t>(1, quiet.operations() / plays_max);
    for (uint64_t at = 1; at <= quiet.operations(); at += stride) {
      watch.begin(std::string(kind.name) + " of recovery, seed " + std::to_string(seed) + ", " +
                  std::to_string(at));
      std::string wrong = FaultyRecovery(kind, at, *killed, state).run();
      EXPECT_EQ(wrong, "") << "seed " << seed;
      if (!wrong.empty()) break;
    }
  }
}

TEST(SqlIoErrors, AtEveryOperationOfRecovery) {
  const char* given = std::getenv("ROWAN_FAULTS");
  uint64_t seeds = given == nullptr                   ? 1
                   : std::string_view(given) == "all" ? 20
                                                      : std::strtoull(given, nullptr, 10);
  for (uint64_t seed = 1; seed <= seeds; ++seed)
    fail_recovery(seed, given == nullptr ? 12 / kSanitizerShare : kNever);
}

TEST(SqlIoErrors, AtEveryOperation) {
  const char* given = std::getenv("ROWAN_FAULTS");
  bool all = given != nullptr;
  uint64_t seeds = !all ? 1 : std::string_view(given) == "all" ? 20 : std::strtoull(given, nullptr, 10);
  for (const FaultKind& kind : kKinds) {
    FaultTally tally;
    for (uint64_t seed = 1; seed <= seeds; ++seed)
      play_all(kind, seed, 25, all ? kNever : 12 / kSanitizerShare, tally);
    std::printf("%-20s %6zu operations failed, %zu of them stopped the database\n", kind.name, tally.plays,
                tally.stopped);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace rowan::sql_crash
