// Values out of line that move with their rows, wherever those stand.
#include "storage/cleaner/row_mover.h"
#include "storage/heap/internals.h"
#include "storage/heap/overflow_page.h"
#include "tests/unit/storage/heap_world.h"

namespace rowan {
namespace {

// Rows in front, their values behind them: written by an update, when all rows were there.
class ValueMoverWorld {
 public:
  explicit ValueMoverWorld(const std::vector<size_t>& lengths)
      : mover(*world.transactions, *world.commits, world.sets,
              [this](RelationId, LockOwner&) -> Result<RelationStorage> { return world.parts(); }) {
    world.create(kHeapRowForms);
    world.types = kHeapRowTypes;
    world.index = std::make_unique<HeapTestIndex>(0);
    std::vector<HeapRow> all(lengths.size());
    for (size_t i = 0; i < all.size(); ++i)
      all[i] = {static_cast<int64_t>(i), static_cast<int32_t>(i), std::nullopt};
    std::vector<RowId> at;
    write([&](Transaction& writer, const Snapshot&) { at = insert_heap_rows(world, writer, all); });
    for (size_t i = 0; i < at.size(); ++i) {
      world.index->insert(all[i].key, at[i]);
      all[i].text = heap_noise(lengths[i], i + 1);
      ids[all[i].key] = at[i];
      rows[all[i].key] = all[i];
    }
    write([&](Transaction& writer, const Snapshot& now) {
      for (size_t i = 0; i < at.size(); ++i)
        EXPECT_EQ(update_heap_row(world, writer, at[i], {&now, 0}, all[i], false).fate, RowFate::Done);
    });
    world.clean();
  }

  template <class Run>
  void write(Run run) {
    Transaction writer = world.begin();
    Snapshot now = heap_must(world.transactions->take_snapshot(writer));
    run(writer, now);
    world.transactions->release_snapshot(writer.slot(), now);
    world.commit(writer);
  }
  template <class Goes>
  void remove(Goes goes) {
    write([&](Transaction& writer, const Snapshot& now) {
      for (const auto& [key, id] : ids) {
        if (!goes(key)) continue;
        EXPECT_EQ(heap_must(world.heap->remove(writer, id, {&now, 0}, nullptr)).fate, RowFate::Done);
        rows.erase(key);
      }
    });
    std::erase_if(ids, [&](const auto& entry) { return rows.count(entry.first) == 0; });
    world.clean();
  }
  std::vector<PageNo> pages(PageType type) {
    std::vector<PageNo> all(world.storage->space().page_count(world.relation)), found;
    all.resize(world.storage->space().pages(world.relation, 0, all));
    for (PageNo page : all)
      if (heap_must(world.storage->pool().read(page)).header().type == type) found.push_back(page);
    return found;
  }
  // Those of all pages of rows.
  RowMover::Outcome move_values(PageNo limit) {
    RowMover::Outcome total;
    for (PageNo page : pages(PageType::HeapHome)) {
      for (bool more = true; more;) {
        RowMover::Outcome outcome = heap_must(mover.move_values(world.relation, page, limit));
        total.moved += outcome.moved;
        total.value_bytes += outcome.value_bytes;
        total.has_room = total.has_room && outcome.has_room;
        more = outcome.has_more && outcome.moved > 0;
        transactions += outcome.moved > 0 ? 1 : 0;
      }
    }
    return total;
  }
  void settle() {
    for (int round = 0; round < 3; ++round) world.clean();
    world.verify();
    EXPECT_EQ(world.sets.pages_to_clean(), 0u);
    EXPECT_FALSE(world.heap->has_moved_rows());
    std::set<std::pair<std::string, uint64_t>> entries;
    std::map<int64_t, HeapRow> seen;
    write([&](Transaction&, const Snapshot& now) {
      for (const auto& [id, row] : scan_heap_rows(world, now)) {
        seen[row.key] = row;
        entries.insert({std::to_string(row.key), id});
        ids[row.key] = RowId::unpack(id);
      }
    });
    EXPECT_TRUE(seen == rows);
    EXPECT_EQ(world.index->entries, entries);
  }

  HeapWorld world;
  RowMover mover;
  std::map<int64_t, RowId> ids;
  std::map<int64_t, HeapRow> rows;
  uint32_t transactions = 0;
};

TEST(ValueMover, ValuesGoInFrontAndTheirPagesBack) {
  std::vector<size_t> lengths(1000, 3000);
  for (size_t i = 0; i < lengths.size(); i += 50) lengths[i] = 100000;
  ValueMoverWorld table(lengths);
  table.remove([](int64_t key) { return key % 10 != 0; });
  std::vector<PageNo> before = table.pages(PageType::HeapOverflow);
  uint64_t live = 0;
  for (const auto& [key, row] : table.rows) live += row.text->size();
  auto goal = static_cast<PageNo>(before.front() + live * 3 / 2 / kPageSize);
  ASSERT_GT(before.back(), goal);
  RowMover::Outcome outcome = table.move_values(goal);
  EXPECT_TRUE(outcome.has_room);
  EXPECT_GT(outcome.moved, 20u);
  EXPECT_LT(outcome.moved, table.rows.size());  // those whose values stand in front stay
  EXPECT_GT(table.transactions, 1u);            // a bounded amount of log each
  table.settle();
  EXPECT_LT(table.pages(PageType::HeapOverflow).back(), goal);
  EXPECT_EQ(table.move_values(goal).moved, 0u);
  // Nobody refers to what they have left.
  table.remove([](int64_t) { return true; });
  table.settle();
  EXPECT_LE(table.pages(PageType::HeapOverflow).size(), 4u);
}

TEST(ValueMover, AnySnapshotReadsThemMeanwhile) {
  ValueMoverWorld table(std::vector<size_t>(200, 20000));
  table.remove([](int64_t key) { return key % 5 != 0; });
  PageNo limit = table.pages(PageType::HeapOverflow)[60];
  SnapshotSlot& slot = table.world.transactions->open_slot();
  Transaction reader = table.world.begin(slot);
  Snapshot before = heap_must(table.world.transactions->take_snapshot(reader));
  EXPECT_GT(table.move_values(limit).moved, 0u);
  for (int round = 0; round < 3; ++round) table.world.clean();
  std::map<int64_t, HeapRow> seen;
  for (const auto& [id, row] : scan_heap_rows(table.world, before)) seen[row.key] = row;
  EXPECT_TRUE(seen == table.rows);
  table.world.transactions->release_snapshot(slot, before);
  table.world.commit(reader);
  table.world.transactions->close_slot(slot);
  table.settle();
}

// What finds no room leaves nothing behind; too long a value stays.
TEST(ValueMover, WhatCannotMoveStays) {
  std::vector<size_t> lengths(40, 30000);
  lengths[39] = RowMover::kValuesMax + 1;
  ValueMoverWorld table(lengths);
  std::vector<PageNo> before = table.pages(PageType::HeapOverflow);
  RowMover::Outcome outcome = table.move_values(before[3]);
  EXPECT_FALSE(outcome.has_room);
  EXPECT_EQ(outcome.moved, 0u);
  EXPECT_EQ(outcome.value_bytes, 0u);
  table.settle();
  EXPECT_EQ(table.pages(PageType::HeapOverflow), before);
  table.remove([](int64_t key) { return key < 39; });
  EXPECT_EQ(table.move_values(before.back()).moved, 0u);
  table.settle();
}

// New values fill the room that old ones have left, before the table gets a page.
TEST(ValueMover, RoomIsUsedAgain) {
  ValueMoverWorld table(std::vector<size_t>(500, 3000));
  size_t pages = table.pages(PageType::HeapOverflow).size();
  table.remove([](int64_t key) { return key % 5 != 0; });
  std::vector<HeapRow> more;
  for (int64_t key = 1000; key < 1300; ++key)
    more.push_back({key, 0, heap_noise(3000, static_cast<uint64_t>(key))});
  std::vector<RowId> at;
  table.write(
      [&](Transaction& writer, const Snapshot&) { at = insert_heap_rows(table.world, writer, more); });
  for (size_t i = 0; i < at.size(); ++i) {
    table.world.index->insert(more[i].key, at[i]);
    table.rows[more[i].key] = more[i];
  }
  EXPECT_LE(table.pages(PageType::HeapOverflow).size(), pages);
  table.settle();
}

}  // namespace
}  // namespace rowan
