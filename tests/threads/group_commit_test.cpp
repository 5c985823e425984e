// Commits that come together share a flush of the log. Nothing is timed: the file that holds the log keeps
// the first flush waiting until every session has appended its commit record.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/instance.h"
#include "api/session_core.h"
#include "storage/file/os_file_system.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr int kSessions = 8;

// Says when a write to the log may go on.
class Gate {
 public:
  // From now on writes wait until the log of `instance` has `records` records.
  void close_until(Instance& instance, uint64_t records) {
    records_ = records;
    instance_.store(&instance);
  }
  void pass() {
    Instance* instance = instance_.load();
    if (instance == nullptr) return;
    while (instance->storage().log().stats().records < records_) std::this_thread::yield();
  }
  void open() { instance_.store(nullptr); }

 private:
  uint64_t records_ = 0;  // written before instance_ is set
  std::atomic<Instance*> instance_{nullptr};
};

class GatedFile final : public File {
 public:
  GatedFile(std::unique_ptr<File> file, Gate& gate) : file_(std::move(file)), gate_(gate) {}
  Result<> read(std::span<const ReadRequest> requests) override { return file_->read(requests); }
  Result<> write(std::span<const WriteRequest> requests) override {
    gate_.pass();
    return file_->write(requests);
  }
  Result<> sync() override { return file_->sync(); }
  Result<uint64_t> size() override { return file_->size(); }
  Result<> allocate(uint64_t offset, uint64_t length) override { return file_->allocate(offset, length); }
  Result<> punch(uint64_t offset, uint64_t length) override { return file_->punch(offset, length); }
  Result<> truncate(uint64_t size) override { return file_->truncate(size); }
  Result<std::span<std::byte>> map(size_t length) override { return file_->map(length); }
  void release() override { file_->release(); }
  bool writes_are_durable() const override { return file_->writes_are_durable(); }
  const std::string& path() const override { return file_->path(); }

 private:
  std::unique_ptr<File> file_;
  Gate& gate_;
};

// The system's files, with the segments of the log behind a gate.
class GatedFiles final : public FileSystem {
 public:
  explicit GatedFiles(Gate& gate) : gate_(gate) {}
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    std::unique_ptr<File> file = TRY(files_.open(path, mode));
    if (path.find("-wal/log.") == std::string::npos) return file;
    return std::unique_ptr<File>(std::make_unique<GatedFile>(std::move(file), gate_));
  }
  Result<std::unique_ptr<File>> open_temporary(const std::string& directory) override {
    return files_.open_temporary(directory);
  }
  Result<bool> exists(const std::string& path) override { return files_.exists(path); }
  Result<> remove(const std::string& path) override { return files_.remove(path); }
  Result<> rename(const std::string& from, const std::string& to) override { return files_.rename(from, to); }
  Result<> make_directory(const std::string& path) override { return files_.make_directory(path); }
  Result<> remove_directory(const std::string& path) override { return files_.remove_directory(path); }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    return files_.list(directory);
  }
  Result<> sync_directory(const std::string& path) override { return files_.sync_directory(path); }
  Result<FileLock> lock(File& file, bool exclusive) override { return files_.lock(file, exclusive); }
  size_t sector_size(const std::string& path) override { return files_.sector_size(path); }
  std::string temporary_directory() override { return files_.temporary_directory(); }

 private:
  OsFileSystem files_;
  Gate& gate_;
};

void run(SessionCore& session, const std::string& sql) {
  std::unique_ptr<ParsedStatement> parsed = parse_statement(sql).value();
  ResultStreamPtr stream = session.begin_statement(std::move(parsed), {}, nullptr).value();
  while (session.next(*stream).value()) {
  }
}

TEST(GroupCommitTest, EightCommittersShareFlushes) {
  std::string pattern = (std::filesystem::temp_directory_path() / "rowan-commit-XXXXXX").string();
  std::string folder = mkdtemp(pattern.data());
  Gate gate;
  GatedFiles files(gate);
  {
    InstanceParts parts;
    parts.files = &files;
    std::shared_ptr<Instance> instance = Instance::open(folder + "/d.rowan", OpenOptions{}, parts).value();
    std::vector<std::shared_ptr<SessionCore>> sessions;
    for (int i = 0; i < kSessions; ++i) sessions.push_back(SessionCore::open(instance).value());
    run(*sessions[0], "CREATE TABLE t (a int)");
    for (int i = 0; i < kSessions; ++i) {
      run(*sessions[i], "BEGIN");
      run(*sessions[i], "INSERT INTO t VALUES (" + std::to_string(i) + ")");
    }
    // All that is left of each is one record: its commit.
    Log& log = instance->storage().log();
    LogStats before = log.stats();
    gate.close_until(*instance, before.records + kSessions);
    std::vector<std::thread> threads;
    for (int i = 0; i < kSessions; ++i) threads.emplace_back([&, i] { run(*sessions[i], "COMMIT"); });
    for (std::thread& thread : threads) thread.join();
    gate.open();
    LogStats after = log.stats();
    EXPECT_EQ(after.records - before.records, static_cast<uint64_t>(kSessions));
    // The first leader's own, and one for all who came while it wrote.
    EXPECT_LE(after.flushes - before.flushes, 2u);
    EXPECT_GE(log.durable(), log.end());
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace rowan
