// What a table no longer needs goes back to the file: pages of rows, of history and of values out of line.
#include <algorithm>

#include "tests/unit/storage/heap_world.h"

namespace rowan {
namespace {

std::map<uint64_t, HeapRow> rows_now(HeapWorld& world) {
  Transaction reader = world.begin();
  Snapshot now = heap_must(world.transactions->take_snapshot(reader));
  std::map<uint64_t, HeapRow> rows = scan_heap_rows(world, now);
  world.transactions->release_snapshot(reader.slot(), now);
  world.commit(reader);
  return rows;
}

std::vector<RowId> insert_committed(HeapWorld& world, const std::vector<HeapRow>& rows) {
  Transaction writer = world.begin();
  std::vector<RowId> ids = insert_heap_rows(world, writer, rows);
  world.commit(writer);
  return ids;
}

void remove_committed(HeapWorld& world, std::span<const RowId> ids) {
  Transaction writer = world.begin();
  Snapshot now = heap_must(world.transactions->take_snapshot(writer));
  for (RowId id : ids)
    EXPECT_EQ(heap_must(world.heap->remove(writer, id, {&now, 0}, nullptr)).fate, RowFate::Done);
  world.transactions->release_snapshot(writer.slot(), now);
  world.commit(writer);
}

std::vector<HeapRow> many_rows(size_t count) {
  std::vector<HeapRow> rows(count);
  for (size_t i = 0; i < count; ++i) {
    size_t length = i % 100 == 0 ? 6000 : 100;
    std::string text(length, ' ');
    for (size_t at = 0; at < length; ++at) text[at] = static_cast<char>('!' + (i * 31 + at * at * 7) % 90);
    rows[i] = {static_cast<int64_t>(i), static_cast<int32_t>(i), text};
  }
  return rows;
}

TEST(HeapSpace, EmptiedPagesGoBackAndTheFileShrinks) {
  SimFs disk;
  RelationId relation = 0;
  std::map<uint64_t, HeapRow> last;
  {
    HeapWorld world(&disk);
    world.create(kHeapRowForms);
    relation = world.relation;
    std::vector<HeapRow> rows = many_rows(20'000);
    std::vector<RowId> ids = insert_committed(world, rows);
    heap_must(world.storage->checkpoint());
    Space& space = world.storage->space();
    uint64_t full = space.page_count(relation);
    PageNo file_full = space.file_pages();
    // Those that stay lie in front.
    constexpr size_t kStay = 500;
    remove_committed(world, std::span(ids).subspan(kStay));
    EXPECT_EQ(space.page_count(relation), full);
    world.clean();
    EXPECT_LT(space.page_count(relation), full / 20);
    world.verify();
    // What is freed may be punched and cut once no redo begins before it.
    heap_must(world.storage->checkpoint());
    heap_must(world.storage->checkpoint());
    EXPECT_LT(space.file_pages(), file_full / 8);
    EXPECT_EQ(rows_now(world).size(), kStay);
    // Old ids lead nowhere, though their pages are gone from pool and file.
    Transaction reader = world.begin();
    Snapshot now = heap_must(world.transactions->take_snapshot(reader));
    Batch out(kHeapRowTypes, kBatchRows);
    uint16_t from[kBatchRows];
    for (size_t at = kStay; at < ids.size(); at += kBatchRows) {
      size_t count = std::min<size_t>(kBatchRows, ids.size() - at);
      EXPECT_EQ(heap_must(world.heap->fetch(now, {world.heap->layout(0), {0, 1, 2}, false},
                                            std::span(ids).subspan(at, count), out, from)),
                0u);
    }
    world.transactions->release_snapshot(reader.slot(), now);
    world.commit(reader);
    // The room is used again.
    rows.resize(10'000);
    insert_committed(world, rows);
    EXPECT_LT(space.page_count(relation), full);
    world.verify();
    last = rows_now(world);
    EXPECT_EQ(last.size(), kStay + rows.size());
  }
  std::unique_ptr<SimFs> after = disk.image(CrashPolicy::Kept, 1);
  HeapWorld world(after.get());
  world.open(relation);
  EXPECT_EQ(rows_now(world), last);
  world.clean();
  world.verify();
}

TEST(HeapSpace, HistoryGoesWithTheSnapshotThatNeededIt) {
  HeapWorld world;
  world.create(kHeapRowForms);
  std::vector<HeapRow> rows(4'000);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = {static_cast<int64_t>(i), 0, std::string(60, 'a')};
  std::vector<RowId> ids = insert_committed(world, rows);
  uint64_t before = world.storage->space().page_count(world.relation);
  SnapshotSlot& old_slot = world.transactions->open_slot();
  Transaction old = world.begin(old_slot);
  Snapshot old_view = heap_must(world.transactions->take_snapshot(old));
  for (int round = 1; round <= 10; ++round) {
    Transaction writer = world.begin();
    Snapshot now = heap_must(world.transactions->take_snapshot(writer));
    for (size_t i = 0; i < ids.size(); ++i) {
      rows[i].number = round;
      rows[i].text = std::string(60, static_cast<char>('a' + round));
      EXPECT_EQ(update_heap_row(world, writer, ids[i], {&now, 0}, rows[i], false).fate, RowFate::Done);
    }
    world.transactions->release_snapshot(writer.slot(), now);
    world.commit(writer);
    world.clean();
  }
  EXPECT_EQ(scan_heap_rows(world, old_view).begin()->second.number, 0);
  world.transactions->release_snapshot(old.slot(), old_view);
  world.commit(old);
  world.transactions->close_slot(old_slot);
  world.clean();
  world.clean();
  EXPECT_LE(world.storage->space().page_count(world.relation), before + before / 4 + 4);
  world.verify();
  std::map<uint64_t, HeapRow> found = rows_now(world);
  for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(found[ids[i].packed()], rows[i]);
}

}  // namespace
}  // namespace rowan
