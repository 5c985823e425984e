// Opening, closing, losing: what a user meets at the edges of a database file.
#include "storage/storage.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "storage/file/os_file_system.h"
#include "storage/header.h"
#include "storage/ring/page_writer.h"
#include "tests/unit/storage/storage_world.h"

namespace rowan::storage_test {
namespace {

TEST(Storage, OpeningWritesNothing) {
  StorageWorld world;
  world.open().value();
  world.storage->close().value();
  EXPECT_EQ(world.disk->read_whole("db"), "");
  EXPECT_FALSE(world.disk->exists("db-wal").value());
}

TEST(Storage, ACleanCloseLeavesOneFile) {
  StorageWorld world;
  world.open().value();
  PageNo page = world.make(2000, 7).value();
  EXPECT_TRUE(world.disk->exists("db-wal").value());
  Lsn last = world.storage->last_lsn();
  world.storage->close().value();
  world.storage = nullptr;
  EXPECT_FALSE(world.disk->exists("db-wal").value());
  uint64_t operations = world.disk->operations();
  world.open().value();
  EXPECT_EQ(world.get(page).value(), 7u);
  EXPECT_EQ(world.disk->operations(), operations);  // nothing written
  EXPECT_GE(world.storage->last_lsn(), last);       // LSNs never restart
  Lsn next = world.set(page, 8).value();
  EXPECT_GT(next, last);
}

TEST(Storage, RecoversWhatWasFlushed) {
  StorageWorld world;
  world.open().value();
  PageNo page = world.make(2000, 1).value();
  world.storage->flush_log(world.set(page, 2).value()).value();
  world.set(page, 3).value();
  world.crash(CrashPolicy::Lost);
  world.open().value();
  EXPECT_EQ(world.get(page).value(), 2u);
  EXPECT_EQ(world.storage->space().anchor(2000), page);
  world.crash(CrashPolicy::Kept);
  world.open().value();
  EXPECT_EQ(world.get(page).value(), 2u);
}

TEST(Storage, AKilledProcessLosesNothing) {
  StorageWorld world;
  world.open().value();
  PageNo page = world.make(2000, 1).value();
  world.set(page, 3).value();
  world.crash(CrashPolicy::Kept);
  world.open().value();
  EXPECT_EQ(world.get(page).value(), 3u);
}

// The change holds the latch of a page that recovery had changed while its reserve() ends the recovery.
TEST(Storage, TheFirstChangeAfterRecovery) {
  StorageWorld world;
  world.open().value();
  PageNo page = world.make(2000, 1).value();
  for (CrashPolicy policy : {CrashPolicy::Kept, CrashPolicy::Lost, CrashPolicy::Kept}) {
    uint64_t before = world.get(page).value();
    world.storage->flush_log(world.set(page, before + 1).value()).value();
    world.crash(policy);
    world.open().value();
    EXPECT_EQ(world.get(page).value(), before + 1);
    world.set(page, before + 1).value();
  }
}

TEST(Storage, ALostLogIsAnError) {
  StorageWorld world;
  world.open().value();
  PageNo page = world.make(2000, 1).value();
  world.storage->flush_log(world.set(page, 2).value()).value();
  world.crash(CrashPolicy::Kept);
  for (const std::string& name : world.disk->list("db-wal").value())
    world.disk->remove("db-wal/" + name).value();
  world.disk->remove_directory("db-wal").value();
  Result<> opened = world.open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().state(), sqlstate::object_not_in_prerequisite_state);
}

// The other slot is older, of the time when the file was in use: that its log is gone is not what is wrong.
TEST(Storage, AClosedFileWithoutItsNewestHeaderSaysSo) {
  StorageWorld world;
  world.open().value();
  world.make(2000, 1).value();
  world.storage->close().value();
  world.storage = nullptr;
  uint64_t slot = read_header(*world.disk->open("db", OpenMode::Read).value()).value().generation % 2;
  world.disk->poke("db", slot * kPageSize + 20, "XX");
  Result<> opened = world.open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().state(), sqlstate::data_corrupted);
  EXPECT_NE(opened.error().detail().find("One of its two slots"), std::string::npos);
}

TEST(Storage, AForeignLogIsIgnored) {
  StorageWorld world;
  world.open().value();
  PageNo page = world.make(2000, 1).value();
  world.storage->close().value();
  world.storage = nullptr;
  world.disk->make_directory("db-wal").value();
  world.disk->open("db-wal/log.00000000000000ff.00000001", OpenMode::Create).value();
  world.open().value();
  EXPECT_EQ(world.get(page).value(), 1u);
  world.set(page, 2).value();
  EXPECT_FALSE(world.disk->exists("db-wal/log.00000000000000ff.00000001").value());
}

TEST(Storage, TwoCannotOpenOneFile) {
  StorageWorld world;
  world.open().value();
  StorageHooks hooks;
  Result<std::unique_ptr<Storage>> second =
      Storage::open(*world.disk, "db", world.options, hooks, world.clock, world.random);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().state(), sqlstate::object_in_use);
}

TEST(Storage, OtherFilesAreNotDatabases) {
  StorageWorld world;
  world.disk->open("db", OpenMode::Create)
      .value()
      ->write_at(0, std::as_bytes(std::span("hello, world")))
      .value();
  EXPECT_EQ(world.open().error().state(), sqlstate::wrong_object_type);
}

TEST(Storage, ReadOnly) {
  StorageWorld world;
  world.open().value();
  PageNo page = world.make(2000, 1).value();
  world.storage->close().value();
  world.storage = nullptr;
  world.options.read_only = true;
  world.open().value();
  EXPECT_EQ(world.get(page).value(), 1u);
  EXPECT_EQ(world.set(page, 2).error().state(), sqlstate::read_only_sql_transaction);
}

TEST(Storage, AFullDiskFailsTheChangeAndNothingMore) {
  StorageWorld world;
  world.open().value();
  PageNo page = world.make(2000, 1).value();
  bool full = true;
  world.disk->set_hook([&](uint64_t, SimOperation operation, const std::string&) {
    return full && operation == SimOperation::Allocate ? SimFault::DiskFull : SimFault::None;
  });
  Result<PageNo> made = world.make(2000, 2);
  while (made.ok()) made = world.make(2000, 2);
  EXPECT_EQ(made.error().state(), sqlstate::disk_full);
  EXPECT_EQ(world.get(page).value(), 1u);
  full = false;
  world.make(2000, 2).value();
  world.storage->close().value();
}

TEST(Storage, AFailedDataSyncEndsTheInstance) {
  StorageWorld world;
  world.open().value();
  PageNo page = world.make(2000, 1).value();
  world.storage->flush_log(world.set(page, 2).value()).value();
  world.disk->set_hook([&](uint64_t, SimOperation operation, const std::string& path) {
    return operation == SimOperation::Sync && path == "db" ? SimFault::LostSync : SimFault::None;
  });
  EXPECT_FALSE(world.storage->checkpoint().ok());
  world.disk->set_hook(nullptr);
  EXPECT_EQ(world.set(page, 3).error().state(), sqlstate::io_error);
  EXPECT_FALSE(world.storage->flush_log(world.storage->last_lsn() + 1).ok());
  world.crash(CrashPolicy::Kept);
  world.open().value();
  EXPECT_EQ(world.get(page).value(), 2u);
}

TEST(Storage, DroppedRelationsGiveTheirBlocksBack) {
  StorageWorld world;
  world.open().value();
  world.make(2000, 1).value();
  for (uint64_t i = 0; i < 200; ++i) world.make(2001, i).value();
  world.storage->checkpoint().value();
  size_t grown = world.disk->read_whole("db").size();
  world.storage->space().drop_relation(2001).value();
  world.storage->checkpoint().value();
  world.storage->checkpoint().value();
  world.storage->checkpoint().value();
  EXPECT_LT(world.disk->read_whole("db").size(), grown / 4);
  EXPECT_EQ(world.storage->space().free_orphans([](RelationId) { return false; }).value(), 1u);
  EXPECT_TRUE(world.storage->space().relations().empty());
}

// The state of a checkpoint must not lie where the relation had its pages that was dropped after the cut:
// redo frees them, and the next checkpoint would write over the only state there is, or punch it away.
TEST(Storage, ARelationThatGoesDuringACheckpoint) {
  StorageWorld world;
  world.open().value();
  for (uint64_t i = 0; i < 3; ++i) world.make(2000, i).value();
  PageNo kept = world.make(2001, 77).value();
  world.storage->checkpoint().value();
  world.set(kept, 78).value();
  bool dropped = false;
  world.disk->set_hook([&](uint64_t, SimOperation operation, const std::string& path) {
    if (operation == SimOperation::Write && path == world.path && !dropped) {
      dropped = true;  // the first page of those that were dirty at the cut
      std::thread other([&] { world.storage->space().drop_relation(2000).value(); });
      other.join();
    }
    return SimFault::None;
  });
  world.storage->checkpoint().value();
  world.disk->set_hook(nullptr);
  ASSERT_TRUE(dropped);
  std::vector<PageNo> made;
  for (uint64_t again = 0; again < 3; ++again) {
    world.crash(CrashPolicy::Kept);
    ASSERT_TRUE(world.open().ok()) << again;
    EXPECT_EQ(world.get(kept).value(), 78u + again);
    EXPECT_EQ(world.storage->space().page_count(2000), 0u);
    for (size_t i = 0; i < made.size(); ++i) EXPECT_EQ(world.get(made[i]).value(), i);
    world.set(kept, 79 + again).value();
    world.storage->checkpoint().value();
    made.push_back(world.make(2002, again).value());
  }
}

// Changed and dropped while a checkpoint is under way, on a run that had been somebody's before: its page may
// not have gone home, and redo still reads it; its blocks must not go with those of the life before.
TEST(Storage, ARunThatIsFreedTwiceAroundACheckpoint) {
  int met = 0;
  for (int nth = 1; nth <= 4; ++nth) {
    SCOPED_TRACE(nth);
    StorageWorld world;
    world.open().value();
    PageNo kept = world.make(2000, 77).value();
    PageNo first = world.make(2001, 1).value();
    world.make(2000, 78).value();
    world.storage->checkpoint().value();
    world.storage->space().drop_relation(2001).value();
    PageNo again = world.make(2002, 2).value();
    ASSERT_EQ(again, first);
    int syncs = 0;
    world.disk->set_hook([&](uint64_t, SimOperation operation, const std::string& path) {
      if (operation == SimOperation::Sync && path == world.path && ++syncs == nth) {
        ++met;
        std::thread other([&] {
          world.raise(again).value();
          world.storage->space().drop_relation(2002).value();
        });
        other.join();
      }
      return SimFault::None;
    });
    world.storage->checkpoint().value();
    world.disk->set_hook(nullptr);
    world.crash(CrashPolicy::Kept);
    Result<> opened = world.open();
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    EXPECT_EQ(world.get(kept).value(), 77u);
    if (syncs >= nth) {
      EXPECT_EQ(world.storage->space().page_count(2002), 0u);
    }
  }
  EXPECT_GE(met, 2);
}

TEST(Storage, RelationIdsAreNeverReused) {
  StorageWorld world;
  world.open().value();
  RelationId first = world.storage->space().new_relation_id().value();
  world.storage->log().flush_all().value();
  world.crash(CrashPolicy::Lost);
  world.open().value();
  EXPECT_GT(world.storage->space().new_relation_id().value(), first);
}

TEST(Storage, TemporaryFiles) {
  StorageWorld world;
  world.options.temp_bytes_max = 1u << 20;
  world.open().value();
  std::unique_ptr<TempFile> file = world.storage->temp_files().create().value();
  std::string text;
  for (int i = 0; i < 30000; ++i) text += std::to_string(i) + ",";
  for (size_t at = 0; at < text.size(); at += 1000) {
    EXPECT_EQ(
        file->append(std::as_bytes(std::span(text).subspan(at, std::min<size_t>(1000, text.size() - at))))
            .value(),
        at);
  }
  std::string back(text.size(), 0);
  file->read(0, std::as_writable_bytes(std::span(back))).value();
  EXPECT_EQ(back, text);
  std::string piece(500, 0);
  for (size_t at : {size_t{100}, size_t{66000}, size_t{90}, text.size() - 500}) {
    file->read(at, std::as_writable_bytes(std::span(piece))).value();
    EXPECT_EQ(piece, text.substr(at, 500));
  }
  std::string large(2u << 20, 'x');
  EXPECT_EQ(file->append(std::as_bytes(std::span(large))).error().state(),
            sqlstate::configuration_limit_exceeded);
}

TEST(Storage, MendsATornPageFromTheRing) {
  StorageWorld world;
  world.open().value();
  PageNo page = world.make(2000, 1).value();
  world.storage->checkpoint().value();
  world.set(page, 2).value();  // its next home write goes by way of the ring
  world.disk->set_hook([&](uint64_t, SimOperation operation, const std::string& path) {
    return operation == SimOperation::Sync && path == "db" ? SimFault::Halt : SimFault::None;
  });
  EXPECT_FALSE(world.storage->checkpoint().ok());
  world.crash(CrashPolicy::Kept);
  world.disk->poke("db", uint64_t{page} * kPageSize + 512, std::string(512, 'z'));  // torn
  world.open().value();
  EXPECT_EQ(world.get(page).value(), 2u);
}

// The same on the disk of this machine.
// A page that was freed and taken again goes home without a copy: the log begins with all of it. If that home
// is torn, the ring may still have a copy from before it was freed, and records that come first do not fit
// it.
TEST(Storage, ACopyFromAnEarlierLifeIsNoDamage) {
  StorageWorld world;
  world.open().value();
  RelationId relation = world.storage->space().new_relation_id().value();
  std::vector<PageNo> others;
  for (int i = 0; i < 60; ++i) others.push_back(world.make(relation, 100).value());
  PageNo page = world.make(relation, 1).value();
  auto evict = [&] {
    for (PageNo other : others) ASSERT_EQ(world.get(other).value(), 100u);
  };
  auto live_again = [&](uint64_t value) {
    world.free(page).value();
    ASSERT_EQ(world.make(relation, value).value(), page);
    evict();
  };
  world.storage->checkpoint().value();
  world.set(page, 2).value();
  world.storage->checkpoint().value();  // the ring has a copy
  live_again(3);
  world.storage->checkpoint().value();
  world.raise(page).value();
  live_again(5);
  world.storage->log().flush_all().value();
  world.disk->poke("db", uint64_t{page} * kPageSize + 512, std::string(512, 'z'));  // torn
  world.crash(CrashPolicy::Kept);
  world.open().value();
  EXPECT_EQ(world.get(page).value(), 5u);
}

// An inner page goes to another frame with each change. A checkpoint beside that writes all that was dirty at
// its cut, wherever it is now: redo finds on each page what the records behind the cut were made for.
TEST(Storage, ACheckpointMissesNoPageThatChangesByReplacement) {
  StorageOptions options = small_storage();
  options.pool_bytes = size_t{16} << 20;
  StorageWorld world("db", options);
  world.open().value();
  RelationId relation = world.storage->space().new_relation_id().value();
  std::vector<PageNo> inner;
  for (int i = 0; i < 500; ++i) inner.push_back(world.make(relation, 0, true).value());
  for (int round = 0; round < 20; ++round) {
    uint64_t before = world.get(inner[0]).value();
    for (PageNo page : inner) world.raise(page).value();
    std::atomic<bool> is_over{false};
    uint64_t raised = 0;
    std::thread writer([&] {
      for (; !is_over; ++raised)
        for (PageNo page : inner) world.raise(page).value();
    });
    while (world.get(inner[0]).value() < before + 2) std::this_thread::yield();
    world.storage->checkpoint().value();
    is_over = true;
    writer.join();
    world.crash(CrashPolicy::Kept);
    world.open().value();
    for (PageNo page : inner) ASSERT_EQ(world.get(page).value(), before + 1 + raised) << round;
  }
}

TEST(Storage, OnARealDisk) {
  char folder[] = "/tmp/rowan_storage_test.XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  std::string path = std::string(folder) + "/db";
  OsFileSystem files;
  TestClock clock;
  TestRandom random;
  StorageHooks hooks;
  hooks.redo.add(kSetNumbers, redo_numbers);
  PageNo number = kNoPage;
  {
    std::unique_ptr<Storage> storage =
        Storage::open(files, path, small_storage(), hooks, clock, random).value();
    for (int i = 0; i < 200; ++i) {
      WriteGuard page = storage->pool().create(2000, PageType::Toy).value();
      number = page.number();
      Change change(*storage, RecordType::Image, 2000, kNoWriteId);
      change.add_image(page, 1000, 15000);
      change.reserve().value();
      page.page().body()[0] = std::byte{5};
      change.commit();
    }
    storage->log().flush_all().value();
  }  // not closed: as if killed
  {
    std::unique_ptr<Storage> storage =
        Storage::open(files, path, small_storage(), hooks, clock, random).value();
    EXPECT_EQ(storage->space().page_count(2000), 200u);
    EXPECT_EQ(storage->pool().read(number).value().page().body()[0], std::byte{5});
    CheckReport report;
    storage->check(report).value();
    EXPECT_TRUE(report.is_clean());
    storage->close().value();
  }
  EXPECT_FALSE(files.exists(path + "-wal").value());
  files.remove(path).value();
  rmdir(folder);
}

}  // namespace
}  // namespace rowan::storage_test
