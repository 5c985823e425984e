// btree_world.h: a B-tree over a simulated disk, and what to compare it with.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "storage/btree/btree.h"
#include "storage/btree/cursor.h"
#include "storage/file/sim_fs.h"
#include "storage/storage.h"

namespace rowan {

inline constexpr RelationId kTreeRelation = 1024;

struct BtreeStore {
  explicit BtreeStore(std::unique_ptr<SimFs> disk = std::make_unique<SimFs>(), uint16_t items_max = 0,
                      size_t pool_bytes = 4u << 20)
      : files(std::move(disk)) {
    options.items_per_page_max = items_max;
    options.pool_bytes = pool_bytes;
    options.log.segment_bytes = 1u << 20;
    options.log.buffer_bytes = 256u << 10;
    open();
  }
  void open() {
    StorageHooks hooks;
    register_btree_redo(hooks.redo);
    Result<std::unique_ptr<Storage>> opened = Storage::open(*files, "/db", options, hooks, clock, random);
    ASSERT_TRUE(opened.ok()) << opened.error().message() << opened.error().detail();
    storage = std::move(opened).take();
  }
  std::unique_ptr<SimFs> files;
  SystemClock clock;
  SystemRandom random;
  StorageOptions options;
  std::unique_ptr<Storage> storage;
};

// How many disks as a crash leaves them are looked at, of each policy. Fewer where each takes ten times as
// long.
#if defined(__SANITIZE_THREAD__)
inline constexpr size_t kImagesMax = 3;  // one thread
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr size_t kImagesMax = 12;
#else
inline constexpr size_t kImagesMax = 60;
#endif

using BtreeTwin = std::set<std::pair<std::string, RowId>>;

inline std::string btree_findings(const Btree& tree) {
  CheckReport report;
  Result<> verified = tree.verify(report);
  std::string text = verified.ok() ? "" : verified.error().message() + verified.error().detail();
  for (const CheckFinding& f : report.findings()) text += std::to_string(f.page) + ": " + f.message + "\n";
  return text;
}

inline BtreeTwin btree_contents(const Btree& tree, const KeyRange& range, ScanDirection direction,
                                uint32_t limit) {
  BtreeTwin all;
  BtreeCursor cursor(tree, range, direction, true);
  std::pair<std::string, RowId> last;
  while (uint32_t count = cursor.next(limit).value()) {
    for (uint32_t i = 0; i < count; ++i) {
      std::pair<std::string, RowId> now{std::string(cursor.key(i)), cursor.rows()[i]};
      if (!all.empty()) {
        EXPECT_EQ(direction == ScanDirection::Forward, last < now);
      }
      EXPECT_TRUE(all.insert(now).second);
      last = std::move(now);
    }
  }
  return all;
}

inline std::string btree_number_key(uint32_t n) {
  std::string text = std::to_string(100'000'000 + n);
  text.push_back('\0');
  return text;
}

// A sound tree with these entries, from either end.
inline void expect_btree_sound(const Btree& tree, const BtreeTwin& twin) {
  ASSERT_EQ(btree_findings(tree), "");
  ASSERT_EQ(btree_contents(tree, KeyRange::all(), ScanDirection::Forward, 64), twin);
  ASSERT_EQ(btree_contents(tree, KeyRange::all(), ScanDirection::Backward, 64), twin);
}

}  // namespace rowan
