#include "shell/torture/torture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <vector>

#include "shell/torture/world.h"

namespace rowan::torture {
namespace {

using Clock = std::chrono::steady_clock;

enum Outcome { kNoFault = 0, kFaults = 1, kNotBegun = 2 };

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

uint64_t bytes_of(const std::string& file_or_folder) {
  std::error_code none;
  if (!std::filesystem::is_directory(file_or_folder, none)) {
    uintmax_t size = std::filesystem::file_size(file_or_folder, none);
    return none ? 0 : size;
  }
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(file_or_folder, none))
    bytes += bytes_of(entry.path().string());
  return bytes;
}

class Torture {
 public:
  Torture(const Options& options, std::string folder)
      : options_(options),
        folder_(std::move(folder)),
        path_(folder_ + "/torture.rowan"),
        random_(options.seed),
        begin_(Clock::now()) {}

  int run() {
    Result<> made = make();
    if (!made.ok()) {
      std::fprintf(stderr, "rowan: error: %s\n", made.error().message().c_str());
      return kNotBegun;
    }
    while (faults_ == 0 && !is_over()) {
      if (!round()) return kNotBegun;
      if (kills_ % 50 == 0) progress();
    }
    report();
    if (faults_ != 0) return kFaults;
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
    return kNoFault;
  }

 private:
  Result<> make() {
    Result<Database> database = Database::open(path_);
    if (!database.ok()) return std::move(database).error();
    return set_up(*database, options_.writers);
  }
  bool is_over() const {
    if (options_.kills > 0) return kills_ >= options_.kills;
    return seconds_since(begin_) >= static_cast<double>(options_.seconds);
  }
  void fault(const std::string& what) {
    std::fprintf(stderr, "FAULT after kill %llu: %s\n", static_cast<unsigned long long>(kills_),
                 what.c_str());
    ++faults_;
  }

  // One child, from its birth to the look at what it left. False: there could be none.
  bool round() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return no_child();
    uint64_t seed = random_();
    pid_t parent = getpid(), child = fork();
    if (child < 0) return no_child();
    if (child == 0) {
      close(ends[0]);
      prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody is left behind to write for ever
      if (getppid() != parent) _exit(0);
      write_until_killed(path_, options_.writers, next_, seed, ends[1]);
    }
    close(ends[1]);
    // After so many acknowledgements; or soon, in the midst of recovery.
    uint64_t patience = random_() % 4 == 0 ? 0 : 1 + random_() % 400;
    if (patience == 0) usleep(static_cast<useconds_t>(random_() % 20'000));
    for (uint64_t i = 0; i < patience && take(ends[0]);) ++i;
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ++kills_;
    if (!WIFSIGNALED(status))
      fault("the writers ended by themselves with " + std::to_string(WEXITSTATUS(status)));
    while (take(ends[0])) {
    }
    close(ends[0]);
    if (options_.keep) keep();
    look();
    return true;
  }
  bool take(int pipe_end) {
    Acknowledged told;
    if (read(pipe_end, &told, sizeof told) != sizeof told) return false;
    acknowledged_[told.writer] = told.number;
    ++commits_;
    return true;
  }
  static bool no_child() {
    std::fprintf(stderr, "rowan: error: could not start a process: %s\n", std::strerror(errno));
    return false;
  }

  void keep() {
    std::error_code ignored;
    std::filesystem::path copy = folder_ + "/after-kill";
    std::filesystem::remove_all(copy, ignored);
    std::filesystem::create_directory(copy, ignored);
    for (const char* name : {"torture.rowan", "torture.rowan-wal"})
      std::filesystem::copy(folder_ + "/" + name, copy / name, std::filesystem::copy_options::recursive,
                            ignored);
  }

  void look() {
    file_bytes_ = std::max(file_bytes_, bytes_of(path_));
    log_bytes_ = std::max(log_bytes_, bytes_of(path_ + "-wal"));
    Clock::time_point opening = Clock::now();
    Result<Database> database = Database::open(path_);
    if (!database.ok()) return fault("it does not open: " + database.error().message());
    recoveries_.push_back(seconds_since(opening));
    Result<> looked = verify(*database, options_.writers, acknowledged_, next_,
                             [this](const std::string& what) { fault(what); });
    if (!looked.ok()) fault("it cannot be read: " + looked.error().message());
  }

  void progress() const {
    std::printf("%llu kills, %llu commits, %.0f s\n", static_cast<unsigned long long>(kills_),
                static_cast<unsigned long long>(commits_), seconds_since(begin_));
    std::fflush(stdout);
  }
  void report() {
    std::sort(recoveries_.begin(), recoveries_.end());
    double median = recoveries_.empty() ? 0 : recoveries_[recoveries_.size() / 2];
    double longest = recoveries_.empty() ? 0 : recoveries_.back();
    constexpr double kMega = 1e6;
    std::printf(
        "%llu kills of %d writers in %.0f s, seed %llu: %llu commits acknowledged, %llu faults\n"
        "recovery: median %.0f ms, longest %.0f ms; at most %.1f MB in the file and %.1f MB in the log\n",
        static_cast<unsigned long long>(kills_), options_.writers, seconds_since(begin_),
        static_cast<unsigned long long>(options_.seed), static_cast<unsigned long long>(commits_),
        static_cast<unsigned long long>(faults_), median * 1000, longest * 1000,
        static_cast<double>(file_bytes_) / kMega, static_cast<double>(log_bytes_) / kMega);
    if (faults_ != 0) std::printf("the file is kept: %s\n", path_.c_str());
  }

  const Options options_;
  const std::string folder_, path_;
  std::mt19937_64 random_;
  const Clock::time_point begin_;
  Numbers next_, acknowledged_;
  uint64_t kills_ = 0, commits_ = 0, faults_ = 0;
  uint64_t file_bytes_ = 0, log_bytes_ = 0;
  std::vector<double> recoveries_;
};

}  // namespace

int run(const Options& options) {
  std::string pattern = options.directory + "/rowan-torture-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) {
    std::fprintf(stderr, "rowan: error: could not make a folder in \"%s\": %s\n", options.directory.c_str(),
                 std::strerror(errno));
    return kNotBegun;
  }
  Options given = options;
  if (given.seed == 0) given.seed = std::random_device{}();
  return Torture(given, pattern).run();
}

}  // namespace rowan::torture
