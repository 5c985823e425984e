// A checkpoint that is due rests between batches of pages, unless somebody waits for it or the log is too
// long. Rests are counted, not timed: no thread sleeps here.
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/storage/storage_world.h"
#include "types/sync.h"

namespace rowan::storage_test {
namespace {

class RestCounter final : public sync::Scheduler {
 public:
  RestCounter() { sync::install(this); }
  ~RestCounter() override { sync::install(nullptr); }
  bool park(const std::atomic<uint32_t>&, uint32_t, std::optional<MonotonicNs> deadline) override {
    EXPECT_TRUE(deadline.has_value()) << "a wait that nobody would end";
    ++rests;
    return false;
  }
  void unpark(const std::atomic<uint32_t>&, int) override {}
  void step() override {}
  int rests = 0;
};

class CheckpointRests : public testing::Test {
 protected:
  static constexpr uint64_t kDue = 300u << 10;
  CheckpointRests() : world("db", options()) {
    world.open().value();
    for (uint64_t i = 0; i < 24; ++i) pages.push_back(world.make(2000, i).value());
  }
  static StorageOptions options() {
    StorageOptions options = small_storage();
    options.checkpoint_bytes = kDue;
    return options;
  }
  // Changes every page until the log since the last checkpoint has that many bytes.
  void log_up_to(uint64_t bytes) {
    do {
      for (PageNo page : pages) world.set(page, ++value).value();
    } while (world.storage->last_lsn() - checkpointed < bytes);
  }
  // Rests taken by maintain().
  int maintain() {
    EXPECT_TRUE(world.storage->checkpoint_due());
    EXPECT_GE(world.storage->pool().fill().dirty, pages.size());
    RestCounter counter;
    checkpointed = world.storage->last_lsn();
    world.storage->maintain().value();
    EXPECT_EQ(world.storage->pool().fill().dirty, 0u);
    EXPECT_FALSE(world.storage->checkpoint_due());
    return counter.rests;
  }
  StorageWorld world;
  std::vector<PageNo> pages;
  Lsn checkpointed = 0;
  uint64_t value = 100;
};

TEST_F(CheckpointRests, BetweenBatches) {
  world.storage->checkpoint().value();
  checkpointed = world.storage->last_lsn();
  log_up_to(kDue);
  EXPECT_GT(maintain(), 0);
  log_up_to(kDue);
  EXPECT_GT(maintain(), 0);
  for (PageNo page : pages) EXPECT_GT(world.get(page).value(), 100u);
}

TEST_F(CheckpointRests, NoneForWhoWaits) {
  world.storage->checkpoint().value();
  checkpointed = world.storage->last_lsn();
  log_up_to(kDue);
  {
    RestCounter counter;
    world.storage->checkpoint().value();
    EXPECT_EQ(counter.rests, 0);
  }
  checkpointed = world.storage->last_lsn();
  log_up_to(kDue);
  world.storage->hurry();
  EXPECT_EQ(maintain(), 0);
}

TEST_F(CheckpointRests, NoneWhenTheLogIsTooLong) {
  world.storage->checkpoint().value();
  checkpointed = world.storage->last_lsn();
  log_up_to(2 * kDue);
  EXPECT_EQ(maintain(), 0);
}

}  // namespace
}  // namespace rowan::storage_test
