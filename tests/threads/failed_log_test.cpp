// A commit whose flush fails is neither done nor undone until the database is opened again, so what it has
// locked stays locked: nobody may wait for that, readers go on, and nothing more is written.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "api/instance.h"
#include "api/session_core.h"
#include "storage/file/sim_fs.h"
#include "types/try.h"

namespace rowan {
namespace {

Result<std::string> first_value(SessionCore& session, const std::string& sql) {
  ResultStreamPtr stream = TRY(
      session.begin_statement(std::shared_ptr<ParsedStatement>(parse_statement(sql).value()), {}, nullptr));
  std::string value;
  while (TRY(session.next(*stream))) value = format_value(stream->batch->column(0).value(0), session.eval());
  return value;
}

std::string outcome(SessionCore& session, const std::string& sql) {
  Result<std::string> value = first_value(session, sql);
  return value.ok() ? *value : std::string(value.error().state().text());
}

class FailedLogTest : public testing::Test {
 protected:
  FailedLogTest() {
    files_.set_hook([this](uint64_t, SimOperation operation, const std::string& path) {
      bool is_flush = path.find("-wal/log.") != std::string::npos &&
                      (operation == SimOperation::Write || operation == SimOperation::Sync);
      if (!is_failing_.load() || !is_flush) return SimFault::None;
      if (is_out_of_memory_.load()) throw std::bad_alloc();
      return SimFault::IoError;
    });
    InstanceParts parts;
    parts.files = &files_;
    parts.has_background = false;
    instance_ = Instance::open("d", OpenOptions{}, parts).value();
    for (int i = 0; i < 6; ++i) {
      sessions_.push_back(SessionCore::open(instance_).value());
      // Should a wait have no end after all, it is not ours that fails to end.
      outcome(*sessions_.back(), "SET statement_timeout = '60s'");
    }
    for (const char* sql : {"CREATE TABLE t (id int PRIMARY KEY, v int)", "CREATE TABLE u (a int)",
                            "INSERT INTO t VALUES (1, 10), (2, 20)"})
      EXPECT_EQ(outcome(*sessions_[0], sql), "");
  }

  void fail_a_commit_with_waiters() {
    SessionCore& committer = *sessions_[0];
    for (const char* sql : {"BEGIN", "UPDATE t SET v = 11 WHERE id = 1", "LOCK TABLE u"})
      EXPECT_EQ(outcome(committer, sql), "");
    std::vector<std::string> told(3);
    std::vector<std::thread> waiting;
    const char* statements[] = {"UPDATE t SET v = 12 WHERE id = 1", "SELECT a FROM u",
                                "INSERT INTO u VALUES (1)"};
    for (size_t i = 0; i < told.size(); ++i)
      waiting.emplace_back([&, i] { told[i] = outcome(*sessions_[i + 1], statements[i]); });
    LockManager& locks = instance_->transactions().locks();
    auto waiters = [&] {
      size_t count = 0;
      for (const LockManager::View& view : locks.list()) count += view.granted ? 0 : 1;
      return count;
    };
    while (waiters() < told.size()) std::this_thread::yield();
    is_failing_ = true;
    try {
      EXPECT_EQ(outcome(committer, "COMMIT"), "58030");
    } catch (const std::bad_alloc&) {
      EXPECT_TRUE(is_out_of_memory_.load());
      committer.abandon();
    }
    for (std::thread& thread : waiting) thread.join();
    for (const std::string& one : told) EXPECT_EQ(one, "57P01");
  }

  SimFs files_;
  std::atomic<bool> is_failing_{false}, is_out_of_memory_{false};
  std::shared_ptr<Instance> instance_;
  std::vector<std::shared_ptr<SessionCore>> sessions_;
};

TEST_F(FailedLogTest, NobodyWaitsForACommitThatWillNotCome) {
  fail_a_commit_with_waiters();
  // Those who come later.
  EXPECT_EQ(outcome(*sessions_[4], "SELECT v FROM t WHERE id = 1"), "10");
  EXPECT_EQ(outcome(*sessions_[4], "UPDATE t SET v = 13 WHERE id = 1"), "57P01");
  EXPECT_EQ(outcome(*sessions_[4], "SELECT a FROM u"), "57P01");
  EXPECT_EQ(outcome(*sessions_[4], "UPDATE t SET v = 21 WHERE id = 2"), "58030");
  EXPECT_EQ(outcome(*sessions_[5], "SELECT sum(v) FROM t"), "30");
  sessions_.clear();
  EXPECT_FALSE(instance_->close().ok());
  instance_ = nullptr;
  // The file was given back; what of the commit came to the disk decides its fate: here nothing did.
  is_failing_ = false;
  InstanceParts parts;
  parts.files = &files_;
  std::shared_ptr<Instance> again = Instance::open("d", OpenOptions{}, parts).value();
  std::shared_ptr<SessionCore> session = SessionCore::open(again).value();
  std::string sum = outcome(*session, "SELECT sum(v) FROM t");
  EXPECT_TRUE(sum == "30" || sum == "31") << sum;
  EXPECT_EQ(outcome(*session, "UPDATE t SET v = 0"), "");
}

// Memory that runs out while the log is flushed is no better than a disk that fails.
TEST_F(FailedLogTest, NorForOneThatRanOutOfMemory) {
  is_out_of_memory_ = true;
  fail_a_commit_with_waiters();
  EXPECT_EQ(outcome(*sessions_[4], "UPDATE t SET v = 21 WHERE id = 2"), "58030");
  EXPECT_EQ(outcome(*sessions_[4], "SELECT sum(v) FROM t"), "30");
}

}  // namespace
}  // namespace rowan
