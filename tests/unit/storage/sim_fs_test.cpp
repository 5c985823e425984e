// The simulated disk must itself be right: what each policy keeps, and that a seed replays.
#include "storage/file/sim_fs.h"

#include <gtest/gtest.h>

namespace rowan::storage_test {
namespace {

std::span<const std::byte> raw(const std::string& text) {
  return std::as_bytes(std::span(text));
}

struct SimDisk {
  SimFs files;
  std::unique_ptr<File> file;
  SimDisk() {
    file = files.open("f", OpenMode::Create).value();
    file->write_at(0, raw(std::string(1024, 'a'))).value();
    file->sync().value();
    files.sync_directory(".").value();
  }
};

TEST(SimFs, UnsyncedWritesAreLostOrKept) {
  SimDisk disk;
  disk.file->write_at(0, raw(std::string(1024, 'b'))).value();
  EXPECT_EQ(disk.files.image(CrashPolicy::Lost, 1)->read_whole("f"), std::string(1024, 'a'));
  EXPECT_EQ(disk.files.image(CrashPolicy::Kept, 1)->read_whole("f"), std::string(1024, 'b'));
  disk.file->sync().value();
  EXPECT_EQ(disk.files.image(CrashPolicy::Lost, 1)->read_whole("f"), std::string(1024, 'b'));
}

TEST(SimFs, ASeedReplays) {
  SimDisk disk;
  for (int i = 0; i < 8; ++i)
    disk.file->write_at(i * 100, raw(std::string(700, static_cast<char>('c' + i)))).value();
  bool differs = false;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::string once = disk.files.image(CrashPolicy::Subset, seed)->read_whole("f");
    EXPECT_EQ(once, disk.files.image(CrashPolicy::Subset, seed)->read_whole("f"));
    differs |= once != disk.files.image(CrashPolicy::Subset, seed + 100)->read_whole("f");
  }
  EXPECT_TRUE(differs);
}

TEST(SimFs, ADirectWriteIsDurableAndNothingElseIs) {
  SimDisk disk;
  disk.file->write_at(0, raw("zz")).value();
  std::unique_ptr<File> direct = disk.files.open("f", OpenMode::Direct).value();
  direct->write_at(512, raw(std::string(512, 'd'))).value();
  EXPECT_EQ(disk.files.image(CrashPolicy::Lost, 1)->read_whole("f"),
            std::string(512, 'a') + std::string(512, 'd'));
}

TEST(SimFs, NamesNeedTheirFolderSynced) {
  SimDisk disk;
  disk.files.open("g", OpenMode::Create).value();
  EXPECT_FALSE(disk.files.image(CrashPolicy::Lost, 1)->exists("g").value());
  disk.files.sync_directory(".").value();
  EXPECT_TRUE(disk.files.image(CrashPolicy::Lost, 1)->exists("g").value());
  disk.files.rename("g", "h").value();
  EXPECT_TRUE(disk.files.image(CrashPolicy::Lost, 1)->exists("g").value());
  EXPECT_TRUE(disk.files.image(CrashPolicy::Kept, 1)->exists("h").value());
}

TEST(SimFs, RefusesAsTold) {
  SimDisk disk;
  SimFault fault = SimFault::DiskFull;
  disk.files.set_hook([&](uint64_t, SimOperation, const std::string&) { return fault; });
  EXPECT_EQ(disk.file->write_at(0, raw("x")).error().state(), sqlstate::disk_full);
  fault = SimFault::None;
  disk.file->write_at(0, raw("x")).value();
  fault = SimFault::LostSync;
  EXPECT_EQ(disk.file->sync().error().state(), sqlstate::io_error);
  fault = SimFault::None;
  disk.file->sync().value();  // the trap: the next one succeeds
  EXPECT_EQ(disk.files.read_whole("f"), std::string(1024, 'a'));
  fault = SimFault::Halt;
  EXPECT_FALSE(disk.file->sync().ok());
  fault = SimFault::None;
  EXPECT_FALSE(disk.file->sync().ok());  // off is off
}

TEST(SimFs, AMappingSurvivesTheProcess) {
  SimDisk disk;
  std::span<std::byte> memory = disk.file->map(8192).value();
  memory[5000] = std::byte{7};
  EXPECT_EQ(disk.files.image(CrashPolicy::Kept, 1)->read_whole("f")[5000], 7);
  EXPECT_EQ(disk.files.image(CrashPolicy::Lost, 1)->read_whole("f").size(), 1024u);
}

}  // namespace
}  // namespace rowan::storage_test
