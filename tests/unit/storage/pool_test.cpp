// The buffer pool under threads, with far more pages than frames; damage is named.
#include "storage/pool/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/unit/storage/storage_world.h"

namespace rowan::storage_test {
namespace {

TEST(Pool, EvictsAndReadsBack) {
  for (const char* path : {"db", ""}) {
    StorageWorld world(path);
    world.open().value();
    std::vector<PageNo> pages;
    for (uint64_t i = 0; i < 300; ++i) pages.push_back(world.make(2000, i).value());
    for (uint64_t i = 0; i < 300; i += 3) world.set(pages[i], i + 1000).value();
    for (uint64_t i = 0; i < 300; ++i) EXPECT_EQ(world.get(pages[i]).value(), i % 3 == 0 ? i + 1000 : i);
    PoolStats stats = world.storage->pool().stats();
    EXPECT_GT(stats.evictions, 200u);
    EXPECT_GT(stats.writes, 200u);
    EXPECT_GT(stats.misses, 200u);
  }
}

TEST(Pool, TellsHowManyFramesAreUsedAndDirty) {
  StorageWorld world;
  world.open().value();
  BufferPool& pool = world.storage->pool();
  EXPECT_EQ(pool.fill().frames, 32u);
  EXPECT_EQ(pool.fill().used, 0u);
  std::vector<PageNo> pages;
  for (uint64_t i = 0; i < 10; ++i) pages.push_back(world.make(2000, i).value());
  EXPECT_EQ(pool.fill().used, 10u);
  EXPECT_EQ(pool.fill().dirty, 10u);
  world.storage->checkpoint().value();
  EXPECT_EQ(pool.fill().used, 10u);
  EXPECT_EQ(pool.fill().dirty, 0u);
  world.set(pages[3], 100).value();
  world.set(pages[3], 101).value();
  EXPECT_EQ(pool.fill().dirty, 1u);
  {
    WriteGuard dropped = pool.write_inner(pages[4]).value();  // a frame of its own, of no page yet
    EXPECT_EQ(pool.fill().used, 10u);
  }
  for (uint64_t i = 10; i < 100; ++i) pages.push_back(world.make(2000, i).value());
  PoolFill full = pool.fill();
  EXPECT_LE(full.used, 32u);
  EXPECT_GT(full.used, 16u);
  EXPECT_LE(full.dirty, full.used);
}

TEST(Pool, TryFindsALatchedPageBusy) {
  StorageWorld world;
  world.open().value();
  PageNo page = world.make(2000, 1).value();
  ReadGuard reader = world.storage->pool().read(page).value();
  EXPECT_TRUE(static_cast<bool>(world.storage->pool().try_read(page).value()));
  EXPECT_FALSE(static_cast<bool>(world.storage->pool().try_write(page).value()));
  reader.release();
  WriteGuard writer = world.storage->pool().try_write(page).value();
  EXPECT_TRUE(static_cast<bool>(writer));
  EXPECT_FALSE(static_cast<bool>(world.storage->pool().try_read(page).value()));
}

TEST(Pool, AnInnerPageIsReplacedAndNotChanged) {
  StorageWorld world;
  world.open().value();
  PageNo page = world.make(2000, 1, true).value();
  BufferPool& pool = world.storage->pool();
  EpochGuard epoch(world.storage->epochs());
  InnerRead before = pool.inner(page, epoch).value();
  ASSERT_TRUE(static_cast<bool>(before));
  {
    WriteGuard dropped = pool.write_inner(page).value();
    dropped.page().body()[0] = std::byte{99};
  }
  EXPECT_EQ(StorageWorld::read_equal(pool.inner(page, epoch).value().page()).value(), 1u);
  world.set(page, 2).value();  // write() gives a private copy
  EXPECT_EQ(StorageWorld::read_equal(before.page()).value(), 1u);
  EXPECT_EQ(StorageWorld::read_equal(pool.inner(page, epoch).value().page()).value(), 2u);
  PageNo leaf = world.make(2000, 1).value();
  EXPECT_FALSE(static_cast<bool>(pool.inner(leaf, epoch).value()));
}

TEST(Pool, ADroppedNewPageGivesItsNumberBack) {
  StorageWorld world;
  world.open().value();
  PageNo first = world.make(2000, 1).value();
  PageNo dropped = world.storage->pool().create(2000, PageType::Toy).value().number();
  EXPECT_NE(dropped, first);
  EXPECT_FALSE(world.storage->space().is_used(dropped));
  EXPECT_EQ(world.make(2000, 2).value(), dropped);
}

TEST(Pool, EveryFrameLatchedIsAnError) {
  StorageWorld world;
  world.open().value();
  std::vector<PageNo> pages;
  for (uint64_t i = 0; i < 40; ++i) pages.push_back(world.make(2000, i).value());
  std::vector<ReadGuard> guards;
  for (int i = 0; i < 32; ++i)
    guards.push_back(world.storage->pool().read(pages[static_cast<size_t>(i)]).value());
  EXPECT_EQ(world.storage->pool().read(pages[35]).error().state(), sqlstate::out_of_memory);
  guards.clear();
  EXPECT_EQ(world.get(pages[35]).value(), 35u);
}

TEST(Pool, DamageIsNamedAndSpoilsOnlyItsPage) {
  StorageWorld world;
  world.open().value();
  PageNo good = world.make(2000, 1).value(), bad = world.make(2001, 2).value();
  world.storage->close().value();
  world.storage = nullptr;
  world.disk->poke("db", uint64_t{bad} * kPageSize + 5000, "x");
  world.open().value();
  EXPECT_EQ(world.get(good).value(), 1u);
  Result<uint64_t> read = world.get(bad);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().state(), sqlstate::data_corrupted);
  EXPECT_EQ(read.error().message(), "page " + std::to_string(bad) + " of file \"db\" is damaged");
  EXPECT_NE(read.error().detail().find("relation 2001"), std::string::npos);
  CheckReport report;
  world.storage->check(report).value();
  ASSERT_EQ(report.count(), 1u);
  EXPECT_EQ(report.findings()[0].page, bad);
}

TEST(Pool, Prefetch) {
  StorageWorld world;
  world.open().value();
  std::vector<PageNo> pages;
  for (uint64_t i = 0; i < 100; ++i) pages.push_back(world.make(2000, i).value());
  world.storage->checkpoint().value();
  world.storage->pool().prefetch(std::span(pages).first(6));
  uint64_t misses = world.storage->pool().stats().misses;
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(world.get(pages[i]).value(), i);
  EXPECT_EQ(world.storage->pool().stats().misses, misses);
}

// Writers set whole pages, readers find them whole; descents read inner pages without a latch; a checkpoint
// runs.
TEST(Pool, Threads) {
  StorageWorld world;
  world.open().value();
  std::vector<PageNo> pages, inner;
  for (uint64_t i = 0; i < 80; ++i) pages.push_back(world.make(2000, i).value());
  for (uint64_t i = 0; i < 6; ++i) inner.push_back(world.make(2001, i, true).value());
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> reads{0};
  auto body = [&](uint64_t seed) {
    for (uint64_t i = 0; i < 1500; ++i) {
      seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
      PageNo page = pages[(seed >> 33) % pages.size()], top = inner[(seed >> 40) % inner.size()];
      if (seed >> 62 == 0) {
        EXPECT_TRUE(world.set(page, seed).ok());
      } else if (seed >> 62 == 1 && i % 8 == 0) {
        EXPECT_TRUE(world.set(top, seed).ok());
      } else if (seed >> 62 == 2) {
        EXPECT_TRUE(world.get(page).ok());
      } else {
        EpochGuard epoch(world.storage->epochs());
        Result<InnerRead> read = world.storage->pool().inner(top, epoch);
        EXPECT_TRUE(read.ok() && static_cast<bool>(*read));
        EXPECT_TRUE(StorageWorld::read_equal((*read).page()).ok());
        ++reads;
      }
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 3; ++seed) threads.emplace_back(body, seed);
  std::thread checkpointer([&] {
    while (!stop) EXPECT_TRUE(world.storage->checkpoint().ok());
  });
  for (std::thread& thread : threads) thread.join();
  stop = true;
  checkpointer.join();
  EXPECT_GT(reads.load(), 0u);
  for (PageNo page : pages) EXPECT_TRUE(world.get(page).ok());
  world.storage->close().value();
  world.storage = nullptr;
  world.open().value();
  for (PageNo page : pages) EXPECT_TRUE(world.get(page).ok());
  CheckReport report;
  world.storage->check(report).value();
  EXPECT_TRUE(report.is_clean());
}

}  // namespace
}  // namespace rowan::storage_test
