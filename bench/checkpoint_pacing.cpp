// bench/checkpoint_pacing.cpp: does a commit wait for a checkpoint, and how long does the log become?
//
//   rowan-checkpoint-pacing FILE [DIRTY_MB [ROUNDS [LIMIT_MB [SECONDS]]]]     512 3 128 20
//
// First: single-row durable commits, one after the other, while DIRTY_MB of dirty pages lie in the pool: two
// seconds without a checkpoint, then while one that the log's length asked for takes those pages home, and,
// with new dirty pages, while a CHECKPOINT does, which somebody waits for; ROUNDS times. Then, in a database
// of its own, SECONDS of such commits beside a session that changes rows in bulk and a reader who holds one
// old snapshot, with a checkpoint due after LIMIT_MB of log: how long the log's files are, every half second.
// FILE is made anew, and removed.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/instance.h"
#include "api/session_core.h"
#include "parser/parser.h"

namespace {

using rowan::Instance;
using rowan::SessionCore;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Latencies {
 public:
  void add(double seconds) { all_.push_back(seconds); }
  void add(const Latencies& other) { all_.insert(all_.end(), other.all_.begin(), other.all_.end()); }
  double at(double part) {
    if (all_.empty()) return 0;
    std::sort(all_.begin(), all_.end());
    return all_[static_cast<size_t>(part * static_cast<double>(all_.size() - 1))];
  }
  void print(const char* name) {
    std::printf("%-28s %7zu commits  p50 %8.0f us  p99 %8.0f us  longest %8.0f us\n", name, all_.size(),
                at(0.5) * 1e6, at(0.99) * 1e6, at(1) * 1e6);
    std::fflush(stdout);
  }

 private:
  std::vector<double> all_;
};

// One session that runs texts to their end.
class Session {
 public:
  explicit Session(const std::shared_ptr<Instance>& instance) : core_(SessionCore::open(instance).value()) {}
  void run(const std::string& sql) {
    rowan::ResultStreamPtr stream =
        core_->begin_statement(rowan::parse_statement(sql).value(), {}, nullptr).value();
    while (core_->next(*stream).value()) {
    }
  }

 private:
  std::shared_ptr<SessionCore> core_;
};

class Pacing {
 public:
  Pacing(const std::string& path, int64_t dirty_mb, int64_t limit_mb, bool has_background) : path_(path) {
    rowan::OpenOptions options;
    options.pool_bytes = static_cast<size_t>(dirty_mb + dirty_mb / 2 + 64) << 20;
    rowan::InstanceParts parts;
    parts.storage.checkpoint_bytes = static_cast<uint64_t>(limit_mb) << 20;
    parts.has_background = has_background;
    instance_ = Instance::open(path, options, parts).value();
    rows_ = (dirty_mb << 20) / 256;
    committer_ = std::make_unique<Session>(instance_);
    other_ = std::make_unique<Session>(instance_);
    other_->run("SET synchronous_commit = off");
    other_->run("CREATE TABLE t (id bigint PRIMARY KEY, number int, text text)");
    other_->run("INSERT INTO t SELECT i, 0, repeat(md5(i::text), 6) FROM generate_series(0::bigint, " +
                std::to_string(rows_ - 1) + ") AS g(i)");
    other_->run("CREATE TABLE c (id int PRIMARY KEY, number int)");
    other_->run("INSERT INTO c SELECT i, 0 FROM generate_series(0, 999) AS g(i)");
    other_->run("CHECKPOINT");
  }
  ~Pacing() {
    committer_.reset();
    other_.reset();
    instance_->close().value();
  }

  // Nothing happens by itself here, but that the log is made ready ahead.
  void compare(int rounds) {
    std::atomic<bool> is_over{false};
    std::thread preparer([&] {
      while (!is_over.load()) {
        instance_->storage().log().prepare_ahead().value();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
    Latencies without, gentle, full;
    for (int round = 0; round < rounds; ++round) {
      make_due();
      without.add(commits([&, end = seconds_now() + 2] { return seconds_now() < end; }));
      gentle.add(beside("due", [&] { instance_->storage().maintain().value(); }));
      make_due();
      full.add(beside("CHECKPOINT", [&] { other_->run("CHECKPOINT"); }));
    }
    is_over = true;
    preparer.join();
    without.print("without a checkpoint");
    for (auto [name, during] : {std::pair("during one that is due", &gentle), {"during CHECKPOINT", &full}}) {
      during->print(name);
      std::printf("%-28s p50 %.2f  p99 %.2f  longest %.2f\n", "  : without",
                  during->at(0.5) / without.at(0.5), during->at(0.99) / without.at(0.99),
                  during->at(1) / without.at(1));
    }
  }

  // With a writer who fills the log and a reader who sees none of it.
  void watch_log(double seconds, int64_t limit_mb) {
    Session reader(instance_);
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
    reader.run("SELECT count(*) FROM c");
    std::atomic<bool> is_over{false};
    std::thread writer([&] {
      for (int64_t i = 0; !is_over.load(); ++i) {
        std::string from = std::to_string(i * 997 % rows_), to = std::to_string(i * 997 % rows_ + 2000);
        other_->run("UPDATE t SET number = number + 1 WHERE id BETWEEN " + from + " AND " + to);
      }
    });
    Latencies latencies;
    uint64_t longest = 0;
    double start = seconds_now(), next = start;
    std::printf("limit %lld MiB; log files by the half second, in MiB:", static_cast<long long>(limit_mb));
    while (seconds_now() < start + seconds) {
      next += 0.5;
      latencies.add(commits([&] { return seconds_now() < next; }));
      uint64_t now = log_bytes();
      longest = std::max(longest, now);
      std::printf(" %llu", static_cast<unsigned long long>(now >> 20));
      std::fflush(stdout);
    }
    is_over = true;
    writer.join();
    std::printf("\nlongest %llu MiB, %.2f of the limit\n", static_cast<unsigned long long>(longest >> 20),
                static_cast<double>(longest) / static_cast<double>(limit_mb << 20));
    latencies.print("beside a writer and a reader");
    reader.run("COMMIT");
  }

 private:
  // Changes rows of every page until a checkpoint is due.
  void make_due() {
    do {
      other_->run("UPDATE t SET number = number + 1 WHERE id % 40 = " + std::to_string(++updates_ % 40));
    } while (!instance_->storage().checkpoint_due());
  }
  Latencies beside(const char* name, const std::function<void()>& checkpoint) {
    uint64_t dirty = instance_->storage().pool().fill().dirty;
    std::atomic<bool> is_done{false};
    double start = seconds_now();
    std::thread thread([&] {
      checkpoint();
      is_done = true;
    });
    Latencies latencies = commits([&] { return !is_done.load(); });
    thread.join();
    std::printf("%-10s %llu MiB dirty, took %.1f s\n", name, static_cast<unsigned long long>(dirty / 64),
                seconds_now() - start);
    return latencies;
  }
  template <class GoOn>
  Latencies commits(GoOn go_on) {
    Latencies latencies;
    while (go_on()) {
      next_ = (next_ + 7) % 1000;
      std::string sql = "UPDATE c SET number = number + 1 WHERE id = " + std::to_string(next_);
      double start = seconds_now();
      committer_->run(sql);
      latencies.add(seconds_now() - start);
    }
    return latencies;
  }
  uint64_t log_bytes() const {
    uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_ + "-wal")) {
      std::error_code gone;
      if (!entry.path().filename().string().starts_with("log.")) continue;
      uintmax_t size = std::filesystem::file_size(entry.path(), gone);
      if (!gone) bytes += size;
    }
    return bytes;
  }

  const std::string path_;
  std::shared_ptr<Instance> instance_;
  std::unique_ptr<Session> committer_, other_;
  int64_t rows_ = 0;
  int next_ = 0, updates_ = 0;
};

void remove(const std::string& path) {
  std::filesystem::remove(path);
  std::filesystem::remove_all(path + "-wal");
}

}  // namespace

int main(int argc, char** argv) {
  auto number = [&](int at, int64_t otherwise) { return argc > at ? std::atoll(argv[at]) : otherwise; };
  int64_t dirty_mb = number(2, 512), limit_mb = number(4, 128);
  if (argc < 2 || dirty_mb < 1 || limit_mb < 1) {
    std::fprintf(stderr, "usage: %s FILE [DIRTY_MB [ROUNDS [LIMIT_MB [SECONDS]]]]\n", argv[0]);
    return 2;
  }
  std::string path = argv[1];
  remove(path);
  {
    Pacing pacing(path, dirty_mb, std::max<int64_t>(dirty_mb / 2, 1), false);
    pacing.compare(static_cast<int>(number(3, 3)));
  }
  remove(path);
  {
    Pacing pacing(path, dirty_mb, limit_mb, true);
    pacing.watch_log(static_cast<double>(number(5, 20)), limit_mb);
  }
  remove(path);
  return 0;
}
