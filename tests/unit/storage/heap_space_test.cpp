// What a table no longer needs goes back to the file: pages of rows, of history and of values out of line.
#include <algorithm>
#include <array>
#include <set>

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

std::set<PageNo> pages_of(HeapWorld& world) {
  std::array<PageNo, 256> now;
  size_t count = world.storage->space().pages(world.relation, 0, now);
  return {now.begin(), now.begin() + static_cast<std::ptrdiff_t>(count)};
}

// A page that the relation has and had not in `before`; kNoPage: it has no new one.
PageNo new_page(HeapWorld& world, const std::set<PageNo>& before) {
  for (PageNo page : pages_of(world))
    if (before.count(page) == 0) return page;
  return kNoPage;
}

void update_committed(HeapWorld& world, RowId id, const HeapRow& row) {
  Transaction writer = world.begin();
  Snapshot now = heap_must(world.transactions->take_snapshot(writer));
  EXPECT_EQ(update_heap_row(world, writer, id, {&now, 0}, row, false).fate, RowFate::Done);
  world.transactions->release_snapshot(writer.slot(), now);
  world.commit(writer);
}

// Where the last value out of line went the next one goes, and so it is with old versions. That page may have
// been freed since and be another, whose holder waits for the row: so an update does not wait for it.
TEST(HeapSpace, AnUpdateWaitsForNoPageThatItOnlyRemembers) {
  HeapWorld world;
  world.create(kHeapRowForms);
  std::vector<HeapRow> rows = many_rows(1000);
  for (HeapRow& row : rows) row.text = "short";
  std::vector<RowId> ids = insert_committed(world, rows);
  const std::string value = *many_rows(1)[0].text;

  std::set<PageNo> before = pages_of(world);
  update_committed(world, ids[0], {0, 0, value});
  PageNo values = new_page(world, before);
  ASSERT_NE(values, kNoPage);
  {
    WriteGuard held = heap_must(world.storage->pool().write(values));
    update_committed(world, ids[1], {1, 1, value});
  }
  world.clean();

  SnapshotSlot& old = world.transactions->open_slot();
  Transaction reader = world.begin(old);
  Snapshot seen = heap_must(world.transactions->take_snapshot(reader));
  before = pages_of(world);
  size_t next = 2;
  for (; new_page(world, before) == kNoPage && next < 500; ++next)
    update_committed(world, ids[next], {1, 1, "new"});
  PageNo history = new_page(world, before);
  ASSERT_NE(history, kNoPage);
  {
    WriteGuard held = heap_must(world.storage->pool().write(history));
    update_committed(world, ids[next], {1, 1, "new"});
  }
  world.transactions->release_snapshot(old, seen);
  world.commit(reader);
  world.transactions->close_slot(old);
  world.clean();
  world.verify();
  EXPECT_EQ(rows_now(world).at(ids[1].packed()).text, value);
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
