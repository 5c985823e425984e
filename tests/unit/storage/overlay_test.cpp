// What is written on an overlay is read back from it, and never reaches the disk below.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "storage/file/overlay_fs.h"
#include "storage/file/sim_fs.h"
#include "storage_world.h"

namespace rowan::storage_test {
namespace {

std::string read_text(File& file, uint64_t offset, size_t length) {
  std::string text(length, '?');
  file.read_at(offset, std::as_writable_bytes(std::span(text))).value();
  return text;
}

void write_text(File& file, uint64_t offset, std::string_view text) {
  file.write_at(offset, std::as_bytes(std::span(text.data(), text.size()))).value();
}

TEST(Overlay, WritesStayAbove) {
  SimFs disk;
  std::string below(40000, 'b');
  disk.open("file", OpenMode::Create).value();
  disk.poke("file", 0, below);
  OverlayFileSystem overlay(disk);
  std::unique_ptr<File> file = overlay.open("file", OpenMode::Write).value();
  EXPECT_EQ(read_text(*file, 39990, 20), std::string(10, 'b') + std::string(10, '\0'));

  std::string twin = below;
  auto put = [&](uint64_t offset, const std::string& text) {
    write_text(*file, offset, text);
    twin.resize(std::max<size_t>(twin.size(), offset + text.size()));
    std::copy(text.begin(), text.end(), twin.begin() + static_cast<ptrdiff_t>(offset));
  };
  put(16384, std::string(16384, 'w'));  // a whole block
  put(16380, "across");                 // the end of one and the start of the next
  put(39995, "over the end");
  put(70000, "far behind it");
  EXPECT_EQ(file->size().value(), twin.size());
  EXPECT_TRUE(read_text(*file, 0, twin.size()) == twin);

  file->truncate(16382).value();
  write_text(*file, 20000, "x");
  twin.resize(16382);
  twin.resize(20000);
  twin += 'x';
  EXPECT_EQ(file->size().value(), twin.size());
  EXPECT_TRUE(read_text(*file, 0, twin.size()) == twin);
  EXPECT_TRUE(disk.read_whole("file") == below);
}

TEST(Overlay, NamesStayAbove) {
  SimFs disk;
  disk.make_directory("d").value();
  for (const char* name : {"d/a", "d/b"}) {
    disk.open(name, OpenMode::Create).value();
    disk.poke(name, 0, name);
  }
  OverlayFileSystem overlay(disk);
  auto list = [&](FileSystem& files) {
    std::vector<std::string> names = files.list("d").value();
    std::sort(names.begin(), names.end());
    return names;
  };
  overlay.remove("d/a").value();
  overlay.rename("d/b", "d/c").value();
  overlay.open("d/n", OpenMode::Create).value();
  EXPECT_EQ(list(overlay), (std::vector<std::string>{"c", "n"}));
  EXPECT_EQ(list(disk), (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(overlay.exists("d/a").value());
  EXPECT_EQ(overlay.open("d/a", OpenMode::Read).error().state(), sqlstate::undefined_file);
  EXPECT_EQ(overlay.remove("d/a").error().state(), sqlstate::undefined_file);
  EXPECT_EQ(overlay.open("d/nothing", OpenMode::Write).error().state(), sqlstate::undefined_file);
  EXPECT_EQ(read_text(*overlay.open("d/c", OpenMode::Read).value(), 0, 3), "d/b");
  // Made anew, it has nothing of what was removed.
  EXPECT_EQ(overlay.open("d/a", OpenMode::Create).value()->size().value(), 0u);
}

// Redo changes pages, the ring mends one, and all of it stays in memory; the pool is small, so pages leave
// it.
TEST(Overlay, ReadOnlyRecoveryLeavesTheDiskAlone) {
  StorageWorld world;
  world.open().value();
  std::vector<PageNo> pages;
  for (uint64_t i = 0; i < 100; ++i) pages.push_back(world.make(2000, i).value());
  world.storage->checkpoint().value();
  for (uint64_t i = 0; i < 100; ++i) world.set(pages[i], 1000 + i).value();
  world.storage->log().flush_all().value();
  world.crash(CrashPolicy::Torn, 5);

  std::string file = world.disk->read_whole("db"), ring = world.disk->read_whole("db-wal/ring");
  std::vector<std::string> names = world.disk->list("db-wal").value();
  uint64_t changes = 0;
  world.disk->set_hook([&](uint64_t, SimOperation operation, const std::string& path) {
    bool is_ours = path.starts_with("db");
    bool may = operation == SimOperation::Read || operation == SimOperation::Open;
    if (is_ours && !may) ++changes;
    return SimFault::None;
  });
  world.options.read_only = true;
  world.open().value();
  for (uint64_t i = 0; i < 100; ++i) EXPECT_EQ(world.get(pages[i]).value(), 1000 + i);
  EXPECT_EQ(world.set(pages[0], 1).error().state(), sqlstate::read_only_sql_transaction);
  EXPECT_TRUE(world.storage->is_recovered_copy());
  CheckReport report;
  world.storage->check(report).value();
  EXPECT_TRUE(report.is_clean());
  world.storage->close().value();
  world.storage = nullptr;
  EXPECT_EQ(changes, 0u);
  EXPECT_TRUE(world.disk->read_whole("db") == file);
  EXPECT_TRUE(world.disk->read_whole("db-wal/ring") == ring);
  EXPECT_EQ(world.disk->list("db-wal").value(), names);
}

}  // namespace
}  // namespace rowan::storage_test
