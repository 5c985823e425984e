// The heap by hand: each test is one thing a statement does to rows.
#include <array>
#include <future>
#include <random>
#include <thread>

#include "storage/heap/bulk.h"
#include "tests/unit/storage/heap_world.h"

namespace rowan {
namespace {

Snapshot heap_look(HeapWorld& world, Transaction& transaction) {
  return heap_must(world.transactions->take_snapshot(transaction));
}

TEST(Heap, InsertedRowsAreSeenByTheirTransactionAndAfterCommitByAll) {
  HeapWorld world;
  world.create(kHeapRowForms);
  std::vector<HeapRow> rows;
  for (int i = 0; i < 3000; ++i)
    rows.push_back({i, i % 7 == 0 ? std::nullopt : std::optional(i * 2), "row " + std::to_string(i)});
  SnapshotSlot& other_slot = world.transactions->open_slot();
  Transaction other = world.begin(other_slot);
  Snapshot before = heap_look(world, other);
  Transaction transaction = world.begin();
  std::vector<RowId> ids = insert_heap_rows(world, transaction, rows);
  Snapshot own = heap_look(world, transaction);
  EXPECT_EQ(scan_heap_rows(world, own).size(), rows.size());
  EXPECT_EQ(scan_heap_rows(world, before).size(), 0u);
  world.transactions->release_snapshot(transaction.slot(), own);
  world.commit(transaction);
  EXPECT_EQ(scan_heap_rows(world, before).size(), 0u);
  world.transactions->release_snapshot(other.slot(), before);
  Snapshot after = heap_look(world, other);
  for (uint32_t limit : {1u, 7u, 1024u}) {
    auto found = scan_heap_rows(world, after, limit);
    ASSERT_EQ(found.size(), rows.size());
    for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(found[ids[i].packed()], rows[i]);
  }
  // Row by row, in any order.
  Projection all{world.heap->layout(0), {0, 1, 2}, false};
  Batch out(kHeapRowTypes, 64);
  std::vector<uint16_t> from(64);
  std::vector<RowId> some;
  for (size_t i = 0; i < 64; ++i) some.push_back(ids[(i * 997) % ids.size()]);
  ASSERT_EQ(heap_must(world.heap->fetch(after, all, some, out, from.data())), 64u);
  for (uint32_t i = 0; i < 64; ++i) EXPECT_EQ(get_heap_row(out, i), rows[(i * 997) % ids.size()]);
  world.transactions->release_snapshot(other.slot(), after);
  world.commit(other);
  world.transactions->close_slot(other_slot);
  world.verify();
}

TEST(Heap, AnUpdateKeepsTheOldVersionForOlderSnapshots) {
  HeapWorld world;
  world.create(kHeapRowForms);
  Transaction first = world.begin();
  RowId id = insert_heap_rows(world, first, {{1, 10, "old"}})[0];
  world.commit(first);
  SnapshotSlot& reader_slot = world.transactions->open_slot();
  Transaction reader = world.begin(reader_slot);
  Snapshot old = heap_look(world, reader);
  for (int i = 0; i < 20; ++i) {
    Transaction writer = world.begin();
    Snapshot now = heap_look(world, writer);
    RowOutcome outcome = update_heap_row(world, writer, id, {&now, 0},
                                         {1, 11 + i, "new text that is longer " + std::to_string(i)}, false);
    EXPECT_EQ(outcome.fate, RowFate::Done);
    world.transactions->release_snapshot(writer.slot(), now);
    world.commit(writer);
  }
  auto seen = scan_heap_rows(world, old);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen.begin()->second, (HeapRow{1, 10, "old"}));
  EXPECT_EQ(seen.begin()->first, id.packed());
  world.verify();
  world.transactions->release_snapshot(reader.slot(), old);
  world.commit(reader);
  world.clean();
  world.verify();
  Transaction last = world.begin();
  Snapshot now = heap_look(world, last);
  EXPECT_EQ(scan_heap_rows(world, now)[id.packed()], (HeapRow{1, 30, "new text that is longer 19"}));
  EXPECT_TRUE(heap_must(world.heap->is_settled(id.page, now)));
  world.transactions->release_snapshot(last.slot(), now);
  world.commit(last);
  world.transactions->close_slot(reader_slot);
  EXPECT_EQ(world.sets.pages_to_clean(), 0u) << heap_must(world.heap->dump(kNoPage));
}

// An old snapshot holds back only what it sees: versions that came and went since are freed by the next
// writer who needs their place, and the row's history never leaves its page.
TEST(Heap, AHotRowStaysInItsPageBesideAnOldSnapshot) {
  HeapWorld world;
  world.create(kHeapRowForms);
  Transaction first = world.begin();
  std::vector<RowId> ids = insert_heap_rows(world, first, {{1, 10, "old"}, {2, 20, "other"}});
  world.commit(first);
  auto page_count = [&] {
    std::array<PageNo, 64> pages;
    return world.storage->space().pages(world.relation, 0, pages);
  };
  size_t before = page_count();
  SnapshotSlot& reader_slot = world.transactions->open_slot();
  Transaction reader = world.begin(reader_slot);
  Snapshot old = heap_look(world, reader);
  for (int i = 0; i < 3000; ++i) {
    Transaction writer = world.begin();
    Snapshot now = heap_look(world, writer);
    ASSERT_EQ(update_heap_row(world, writer, ids[0], {&now, 0}, {1, 11 + i, "new"}, false).fate,
              RowFate::Done);
    world.transactions->release_snapshot(writer.slot(), now);
    world.commit(writer);
  }
  EXPECT_EQ(page_count(), before);
  EXPECT_EQ(scan_heap_rows(world, old)[ids[0].packed()], (HeapRow{1, 10, "old"}));
  world.transactions->release_snapshot(reader.slot(), old);
  world.commit(reader);
  world.transactions->close_slot(reader_slot);
  world.clean();
  world.verify();
  EXPECT_EQ(world.sets.pages_to_clean(), 0u);
}

// Old versions on pages of history: what a page's rows free together is one record, not one for each, and
// keys that nothing changed are not asked for.
TEST(Heap, ARoundFreesManyRowsOfAPageWithOneRecord) {
  HeapWorld world;
  world.create(kHeapRowForms);
  world.index = std::make_unique<HeapTestIndex>(0);
  std::vector<HeapRow> rows;
  for (int i = 0; i < 2000; ++i) rows.push_back({i, i, "row " + std::to_string(i)});
  Transaction first = world.begin();
  std::vector<RowId> ids = insert_heap_rows(world, first, rows);
  world.commit(first);
  for (size_t i = 0; i < rows.size(); ++i) world.index->insert(rows[i].key, ids[i]);
  for (int round = 0; round < 3; ++round) {
    Transaction writer = world.begin();
    Snapshot now = heap_look(world, writer);
    for (size_t i = 0; i < rows.size(); ++i) {
      rows[i].number = round * 10000 + static_cast<int>(i);
      ASSERT_EQ(update_heap_row(world, writer, ids[i], {&now, 0}, rows[i], false).fate, RowFate::Done);
    }
    world.transactions->release_snapshot(writer.slot(), now);
    world.commit(writer);
    uint64_t pages = world.sets.pages_to_clean();
    uint64_t before = world.storage->log().stats().records;
    bool has_asked = false;
    world.index->before_remove = [&] { has_asked = true; };
    world.clean();
    // Some pages take several: the latch is let go every few hundred versions.
    EXPECT_LE(world.storage->log().stats().records - before, 3 * pages);
    EXPECT_LT(pages * 10, rows.size());
    EXPECT_FALSE(has_asked);
    EXPECT_EQ(world.sets.pages_to_clean(), 0u);
    EXPECT_EQ(world.index->entries.size(), rows.size());
    world.verify();
    Transaction reader = world.begin();
    Snapshot after = heap_look(world, reader);
    std::map<uint64_t, HeapRow> seen = scan_heap_rows(world, after);
    ASSERT_EQ(seen.size(), rows.size());
    for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(seen[ids[i].packed()], rows[i]);
    world.transactions->release_snapshot(reader.slot(), after);
    world.commit(reader);
  }
}

// An index entry read before the cleaner removed it leads to a row that has lost the version it stood for:
// the row's one version says nothing of that, its page's LSN does.
TEST(Heap, ARowThatLostItsOldVersionsSinceTheIndexWasReadIsAskedForItsKey) {
  HeapWorld world;
  world.create(kHeapRowForms);
  Transaction first = world.begin();
  RowId id = insert_heap_rows(world, first, {{1, 10, "old"}})[0];
  world.commit(first);
  Projection all{world.heap->layout(0), {0, 1, 2}, false};
  Batch out(kHeapRowTypes, 1);
  uint16_t from = 0;
  auto is_doubtful = [&](Lsn mark) {
    Transaction reader = world.begin();
    Snapshot now = heap_look(world, reader);
    bool doubtful = false;
    EXPECT_EQ(heap_must(world.heap->fetch(now, all, {&id, 1}, out, &from, mark, &doubtful)), 1u);
    world.transactions->release_snapshot(reader.slot(), now);
    world.commit(reader);
    return doubtful;
  };
  EXPECT_FALSE(is_doubtful(world.heap->change_mark()));
  Transaction writer = world.begin();
  Snapshot now = heap_look(world, writer);
  RowOutcome outcome = update_heap_row(world, writer, id, {&now, 0}, {2, 10, "new"}, false);
  EXPECT_EQ(outcome.fate, RowFate::Done);
  world.transactions->release_snapshot(writer.slot(), now);
  world.commit(writer);
  Lsn mark = world.heap->change_mark();
  EXPECT_TRUE(is_doubtful(mark));  // by its link
  world.clean();
  EXPECT_TRUE(is_doubtful(mark));  // by its page
  EXPECT_FALSE(is_doubtful(world.heap->change_mark()));
}

// A session cleans up after its own rollback while a round of the cleaner goes over everything else: the
// round finds no page of the session's ids, which is no reason to forget that they aborted.
TEST(Heap, ARoundForgetsNoIdThatSomebodyElseIsCleaning) {
  HeapWorld world;
  world.create(kHeapRowForms);
  bool is_nested = false;
  world.cleaner = std::make_unique<Cleaner>(
      *world.transactions, *world.commits, world.sets, [&](RelationId) -> Result<RelationStorage> {
        if (is_nested) return world.parts();
        is_nested = true;
        world.clean();             // the other's whole round, at this point
        return RelationStorage{};  // and the session leaves its own for later
      });
  Transaction writer = world.begin();
  insert_heap_rows(world, writer, {{1, 10, "never"}});
  world.rollback(writer);
  EXPECT_TRUE(is_nested);
  for (int i = 0; i < 3; ++i) {  // forgotten ids go for good once nobody can ask for them any more
    Transaction other = world.begin();
    insert_heap_rows(world, other, {{100 + i, 0, "there"}});
    world.commit(other);
    world.transactions->cleaning_view();
  }
  Transaction reader = world.begin();
  Snapshot now = heap_look(world, reader);
  EXPECT_EQ(scan_heap_rows(world, now).size(), 3u);
  world.transactions->release_snapshot(reader.slot(), now);
  world.commit(reader);
  world.clean();
  EXPECT_EQ(world.sets.pages_to_clean(), 0u);
  world.verify();
}

// The status map forgets when exactly old ids committed, and says a later time for all of a chunk: to the
// view of a round that has begun, a row that it found dead would seem to be needed. Its entries go all the
// same, for the row does.
TEST(Heap, WhatTheStatusMapForgetsDuringARoundLeavesNoEntryBehind) {
  HeapWorld world;
  world.create(kHeapRowForms);
  world.index = std::make_unique<HeapTestIndex>(0);
  Transaction writer = world.begin();
  std::vector<RowId> rows = insert_heap_rows(world, writer, {{1, 10, "a"}, {2, 20, "b"}, {3, 30, "c"}});
  for (size_t i = 0; i < rows.size(); ++i) world.index->insert(static_cast<int64_t>(i + 1), rows[i]);
  world.commit(writer);
  Transaction deleter = world.begin();
  Snapshot now = heap_look(world, deleter);
  for (RowId row : rows)
    EXPECT_EQ(heap_must(world.heap->remove(deleter, row, {&now, 0}, nullptr)).fate, RowFate::Done);
  world.transactions->release_snapshot(deleter.slot(), now);
  world.commit(deleter);
  world.index->before_remove = [&] {
    for (WriteId last = 0; last / StatusMap::kChunkIds < 2;) {  // the chunk of our ids is full
      Transaction other = world.begin();
      insert_heap_rows(world, other, {{100, 0, "x"}});
      last = other.write_ids().back();
      world.commit(other);
    }
    world.transactions->cleaning_view();
  };
  world.clean();
  EXPECT_FALSE(world.index->before_remove);
  EXPECT_TRUE(world.index->entries.empty()) << world.index->entries.size();
  world.verify();
}

// A round knows who had aborted when it began. Whoever aborts later, and before it takes the pages, leaves a
// row that the round lets be: its page waits for the next one, or that forgets the id and the row is there.
TEST(Heap, WhatAbortsDuringARoundWaitsForTheNext) {
  HeapWorld world;
  world.create(kHeapRowForms);
  Transaction late = world.begin(world.transactions->open_slot());
  world.cleaner = std::make_unique<Cleaner>(*world.transactions, *world.commits, world.sets,
                                            [&](RelationId relation) -> Result<RelationStorage> {
                                              if (relation == world.relation) return world.parts();
                                              if (late.is_active()) world.rollback(late, false);
                                              RelationStorage gone;
                                              gone.is_gone = true;
                                              return gone;
                                            });
  insert_heap_rows(world, late, {{1, 10, "never"}});
  Transaction early = world.begin();
  insert_heap_rows(world, early, {{2, 10, "never"}});
  world.rollback(early, false);
  world.sets.note_dirty(world.relation - 1, 1);  // the round goes there first
  world.clean();
  EXPECT_FALSE(late.is_active());
  EXPECT_EQ(world.sets.pages_to_clean(), 1u);
  for (int i = 0; i < 3; ++i) {  // forgotten ids go for good once nobody can ask for them any more
    world.clean();
    Transaction other = world.begin();
    insert_heap_rows(world, other, {{100 + i, 0, "there"}});
    world.commit(other);
    world.transactions->cleaning_view();
  }
  Transaction reader = world.begin();
  Snapshot now = heap_look(world, reader);
  EXPECT_EQ(scan_heap_rows(world, now).size(), 3u);
  world.transactions->release_snapshot(reader.slot(), now);
  world.commit(reader);
  world.verify();
}

// Two rounds at once: the one that began later has taken a page when the earlier one comes to it. Neither may
// forget the id whose row is there.
TEST(Heap, ARoundForgetsNoIdWhosePagesALaterOneTook) {
  HeapWorld world;
  world.create(kHeapRowForms);
  std::thread::id first = std::this_thread::get_id();
  std::promise<void> has_taken, may_go_on;
  std::thread later;
  world.cleaner = std::make_unique<Cleaner>(*world.transactions, *world.commits, world.sets,
                                            [&](RelationId relation) -> Result<RelationStorage> {
                                              if (std::this_thread::get_id() != first) {
                                                has_taken.set_value();
                                                may_go_on.get_future().wait();
                                              }
                                              if (relation == world.relation) return world.parts();
                                              later = std::thread([&] { world.clean(); });
                                              has_taken.get_future().wait();
                                              RelationStorage gone;
                                              gone.is_gone = true;
                                              return gone;
                                            });
  Transaction writer = world.begin();
  insert_heap_rows(world, writer, {{1, 10, "never"}});
  world.rollback(writer, false);
  world.sets.note_dirty(world.relation - 1, 1);  // the first round goes there first
  world.clean();
  auto look = [&] {
    world.transactions->cleaning_view();  // forgotten ids go for good once nobody can ask for them any more
    Transaction other = world.begin();
    insert_heap_rows(world, other, {{100, 0, "there"}});
    Snapshot now = heap_look(world, other);
    std::map<uint64_t, HeapRow> rows = scan_heap_rows(world, now);
    world.transactions->release_snapshot(other.slot(), now);
    world.commit(other);
    return rows.size();
  };
  EXPECT_EQ(look(), 1u);
  EXPECT_EQ(look(), 2u);
  may_go_on.set_value();
  later.join();
  EXPECT_EQ(look(), 3u);
  world.clean();
  EXPECT_EQ(look(), 4u);
  world.verify();
}

// A session is at a page that another's abort marks meanwhile. Did a round take it too, the session would
// give it back for both.
TEST(PageSets, WhatASessionHasTakenWaitsForIt) {
  constexpr RelationId kRelation = 1024;
  const WriteId mine = 1, others = 2;
  PageSets sets;
  sets.note(mine, kRelation, 3, false);
  EXPECT_TRUE(sets.aborted_and_taken({&mine, 1})[kRelation].contains(3));
  sets.note(others, kRelation, 3, false);
  sets.note(others, kRelation, 4, false);
  sets.aborted({&others, 1});
  bool leaves = false;
  EXPECT_EQ(sets.take(kRelation, leaves), std::vector<PageNo>{4});
  EXPECT_TRUE(leaves);
  sets.done(kRelation, 3, false);
  leaves = false;
  EXPECT_EQ(sets.take(kRelation, leaves), std::vector<PageNo>{3});
  EXPECT_FALSE(leaves);
}

TEST(Heap, WritersAreToldWhomToWaitForAndWhoWon) {
  HeapWorld world;
  world.create(kHeapRowForms);
  Transaction setup = world.begin();
  RowId id = insert_heap_rows(world, setup, {{1, 1, "x"}})[0];
  world.commit(setup);
  SnapshotSlot& slot_b = world.transactions->open_slot();
  Transaction a = world.begin(), b = world.begin(slot_b);
  Snapshot of_a = heap_look(world, a), of_b = heap_look(world, b);
  EXPECT_EQ(update_heap_row(world, a, id, {&of_a, 0}, {1, 2, "a"}, false).fate, RowFate::Done);
  EXPECT_EQ(update_heap_row(world, a, id, {&of_a, 0}, {1, 3, "a"}, false).fate, RowFate::OwnLater);
  RowOutcome waits = update_heap_row(world, b, id, {&of_b, 0}, {1, 9, "b"}, false);
  EXPECT_EQ(waits.fate, RowFate::WaitForWriter);
  EXPECT_EQ(waits.writer, a.write_ids().back());
  world.transactions->release_snapshot(a.slot(), of_a);
  world.commit(a);
  RowOutcome lost = update_heap_row(world, b, id, {&of_b, 0}, {1, 9, "b"}, false);
  EXPECT_EQ(lost.fate, RowFate::Updated);
  // Re-evaluation: read the newest version, then change exactly that one.
  Projection all{world.heap->layout(0), {0, 1, 2}, false};
  Batch out(kHeapRowTypes, 1);
  LatestRow latest = heap_must(world.heap->fetch_latest(&b, all, id, out, 0));
  EXPECT_EQ(latest.state, LatestState::Live);
  EXPECT_EQ(get_heap_row(out, 0), (HeapRow{1, 2, "a"}));
  EXPECT_EQ(update_heap_row(world, b, id, {&of_b, latest.creator}, {1, 9, "b"}, false).fate, RowFate::Done);
  EXPECT_EQ(heap_must(world.heap->remove(b, id, {&of_b, 0}, nullptr)).fate, RowFate::OwnLater);
  world.transactions->release_snapshot(b.slot(), of_b);
  world.rollback(b);
  Transaction c = world.begin();
  Snapshot of_c = heap_look(world, c);
  EXPECT_EQ(scan_heap_rows(world, of_c)[id.packed()], (HeapRow{1, 2, "a"}));
  EXPECT_EQ(heap_must(world.heap->remove(c, id, {&of_c, 0}, nullptr)).fate, RowFate::Done);
  EXPECT_EQ(heap_must(world.heap->fetch_latest(&c, all, id, out, 0)).state, LatestState::Deleted);
  EXPECT_EQ(heap_must(world.heap->fetch_latest(nullptr, all, id, out, 0)).state,
            LatestState::DeleteInProgress);
  world.transactions->release_snapshot(c.slot(), of_c);
  world.commit(c);
  world.clean();
  EXPECT_EQ(heap_must(world.heap->fetch_latest(nullptr, all, id, out, 0)).state, LatestState::Gone);
  world.verify();
  world.transactions->close_slot(slot_b);
}

TEST(Heap, LongValuesGoOutOfLineAndTheirPagesComeBack) {
  HeapWorld world;
  world.create(kHeapRowForms);
  std::mt19937_64 random(7);
  auto noise = [&](size_t length) {
    std::string text(length, ' ');
    for (char& c : text) c = static_cast<char>('!' + random() % 90);
    return text;
  };
  std::vector<HeapRow> rows{{0, 0, noise(2048)},
                            {1, 1, noise(2049)},
                            {2, 2, noise(16000)},
                            {3, 3, noise(100000)},
                            {4, 4, std::string(500000, 'a')},
                            {5, 5, noise(3 << 20)},
                            {6, 6, ""},
                            {7, 7, std::nullopt}};
  Transaction transaction = world.begin();
  std::vector<RowId> ids = insert_heap_rows(world, transaction, rows);
  world.commit(transaction);
  Transaction reader = world.begin();
  Snapshot now = heap_look(world, reader);
  auto found = scan_heap_rows(world, now);
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(found[ids[i].packed()], rows[i]) << i;
  // A change of another column shares the value; the old version's death does not take it along.
  for (size_t i = 0; i < rows.size(); ++i) {
    Batch batch(kHeapRowTypes, 1);
    put_heap_row(batch, 0, {0, 77, ""});
    std::vector<ColumnChange> changes{{1, &batch.column(1), 0}};
    EXPECT_EQ(heap_must(world.heap->update(reader, *world.heap->layout(0), ids[i], {&now, 0}, changes, false,
                                           nullptr))
                  .fate,
              RowFate::Done);
    rows[i].number = 77;
  }
  world.transactions->release_snapshot(reader.slot(), now);
  world.commit(reader);
  world.clean();
  world.verify();
  Transaction last = world.begin();
  now = heap_look(world, last);
  found = scan_heap_rows(world, now);
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(found[ids[i].packed()], rows[i]) << i;
  for (RowId id : ids)
    EXPECT_EQ(heap_must(world.heap->remove(last, id, {&now, 0}, nullptr)).fate, RowFate::Done);
  world.transactions->release_snapshot(last.slot(), now);
  world.commit(last);
  world.clean();
  world.verify();
  uint64_t chunks = 0;
  std::string dump = heap_must(world.heap->dump(kNoPage));
  for (size_t at = 0; (at = dump.find("overflow, layout 0, ", at)) != std::string::npos; ++at)
    if (dump.compare(at + 20, 5, "0 of ") != 0) ++chunks;
  EXPECT_EQ(chunks, 0u) << dump;
}

TEST(Heap, BulkInsertFillsPages) {
  HeapWorld world;
  world.create(kHeapRowForms);
  Transaction transaction = world.begin();
  BulkInsert bulk(*world.heap, transaction, world.heap->layout(0));
  std::map<uint64_t, HeapRow> expected;
  for (int round = 0; round < 5; ++round) {
    Batch batch(kHeapRowTypes, kBatchRows);
    std::vector<RowId> ids(kBatchRows);
    std::vector<HeapRow> rows;
    for (uint32_t i = 0; i < kBatchRows; ++i) {
      rows.push_back({round * 10000 + i, static_cast<int32_t>(i), std::string(i % 150, 'x')});
      put_heap_row(batch, i, rows.back());
    }
    std::vector<const Vector*> columns{&batch.column(0), &batch.column(1), &batch.column(2)};
    heap_must(bulk.append(columns, Selection(kBatchRows), ids.data()));
    for (uint32_t i = 0; i < kBatchRows; ++i) expected[ids[i].packed()] = rows[i];
  }
  EXPECT_EQ(expected.size(), 5u * kBatchRows);
  Snapshot now = heap_look(world, transaction);
  EXPECT_EQ(scan_heap_rows(world, now), expected);
  world.transactions->release_snapshot(transaction.slot(), now);
  world.commit(transaction);
  world.verify();
  // 5,120 rows of some 120 bytes, 12 of them a text's entry and number.
  EXPECT_LT(world.heap->size().pages, 48u);
}

// A new column's short default lies inside its entries and needs no byte more, even where the new layout
// leaves none.
TEST(Heap, APageIsLaidOutAnewToTheLastByte) {
  HeapWorld world;
  size_t laid_out = 0, went_elsewhere = 0;
  for (size_t length = 1050; length < 1450; ++length) {
    world.create(kHeapRowForms);
    std::vector<HeapRow> rows(96, {1, 1, std::string(100, 'x')});
    rows.push_back({2, 2, std::string(length, 'y')});
    Transaction transaction = world.begin();
    std::vector<RowId> ids = insert_heap_rows(world, transaction, rows);
    world.commit(transaction);
    ASSERT_EQ(ids.front().page, ids.back().page);
    LayoutPtr wider =
        heap_must(world.heap->add_column(*world.heap->layout(0), PhysicalType::Text, Value::text("dd")));
    Transaction writer = world.begin();
    Snapshot now = heap_look(world, writer);
    Batch values(std::vector<Type>{TypeId::Text}, 1);
    values.column(0).set_value(0, Value::text("ee"));
    std::vector<ColumnChange> changes{{3, &values.column(0), 0}};
    ASSERT_EQ(heap_must(world.heap->update(writer, *wider, ids[0], {&now, 0}, changes, false, nullptr)).fate,
              RowFate::Done)
        << length;
    world.transactions->release_snapshot(writer.slot(), now);
    world.commit(writer);
    bool is_wide = heap_must(world.storage->pool().read(ids[0].page)).header().layout == wider->number();
    ++(is_wide ? laid_out : went_elsewhere);
    world.verify();
  }
  EXPECT_GT(laid_out, 0u);
  EXPECT_GT(went_elsewhere, 0u);
}

TEST(Heap, AddedAndDroppedColumnsTouchNoPage) {
  HeapWorld world;
  world.create(kHeapRowForms);
  std::vector<HeapRow> rows;
  for (int i = 0; i < 2000; ++i)
    rows.push_back({i, i, i % 3 == 0 ? "short" : "a text that does not lie inside its entry"});
  Transaction transaction = world.begin();
  std::vector<RowId> ids = insert_heap_rows(world, transaction, rows);
  world.commit(transaction);
  LayoutPtr base = world.heap->layout(0);
  LayoutPtr rolled_back = heap_must(world.heap->add_column(*base, PhysicalType::Int64, Value::bigint(5)));
  LayoutPtr wider =
      heap_must(world.heap->add_column(*base, PhysicalType::Text, Value::text("a default that is long")));
  LayoutPtr widest = heap_must(world.heap->add_column(*wider, PhysicalType::Int64, Value::bigint(42)));
  LayoutPtr narrower = heap_must(world.heap->drop_column(0, *widest, 1));
  EXPECT_EQ(narrower->number(), 4);
  auto read = [&](const Snapshot& snapshot, RowId id, uint16_t column, Type type) {
    Batch out(std::vector<Type>{type}, 1);
    uint16_t from;
    Projection one{narrower, {column}, false};
    EXPECT_EQ(heap_must(world.heap->fetch(snapshot, one, {&id, 1}, out, &from)), 1u);
    return out.column(0).value(0);
  };
  Transaction writer = world.begin();
  Snapshot now = heap_look(world, writer);
  EXPECT_EQ(read(now, ids[5], 3, TypeId::Text).as_bytes(), "a default that is long");
  EXPECT_EQ(read(now, ids[5], 4, TypeId::BigInt).as_int(), 42);
  // Every row gets a value in the new columns: pages are laid out again, or rows go out of line where they
  // are full.
  Batch values(std::vector<Type>{TypeId::Text, TypeId::BigInt}, 1);
  for (size_t i = 0; i < ids.size(); ++i) {
    values.column(0).set_value(0, Value::text("text number " + std::to_string(i)));
    values.column(1).set_value(0, Value::bigint(static_cast<int64_t>(i) * 3));
    std::vector<ColumnChange> changes{{3, &values.column(0), 0}, {4, &values.column(1), 0}};
    ASSERT_EQ(
        heap_must(world.heap->update(writer, *narrower, ids[i], {&now, 0}, changes, false, nullptr)).fate,
        RowFate::Done)
        << i;
  }
  EXPECT_EQ(read(now, ids[5], 4, TypeId::BigInt).as_int(), 42);
  world.transactions->release_snapshot(writer.slot(), now);
  world.commit(writer);
  world.verify();
  Transaction reader = world.begin();
  now = heap_look(world, reader);
  for (size_t i = 0; i < ids.size(); i += 37) {
    EXPECT_EQ(read(now, ids[i], 3, TypeId::Text).as_bytes(), "text number " + std::to_string(i));
    EXPECT_EQ(read(now, ids[i], 4, TypeId::BigInt).as_int(), static_cast<int64_t>(i) * 3);
    EXPECT_EQ(read(now, ids[i], 2, TypeId::Text).as_bytes(), *rows[i].text);
  }
  world.transactions->release_snapshot(reader.slot(), now);
  world.commit(reader);
  world.clean();
  world.verify();
  // The list survives.
  RelationId relation = world.relation;
  world.heap.reset();
  world.open(relation);
  ASSERT_NE(world.heap->layout(4), nullptr);
  EXPECT_TRUE(world.heap->layout(4)->column(1).dropped);
  EXPECT_EQ(world.heap->layout(4)->column(4).missing.as_int(), 42);
  EXPECT_FALSE(world.heap->layout(1)->has(*world.heap->layout(4), 3));
}

// An aborted home takes back a long value of a column that has been dropped since: the page may not be laid
// out without the column then, or nobody would have the value.
TEST(Heap, AValueThatComesHomeIsNotDroppedWithItsColumn) {
  StorageOptions options;
  options.items_per_page_max = 8;
  HeapWorld world(nullptr, options);
  world.create(kHeapRowForms);
  std::vector<HeapRow> rows(8);
  for (int i = 0; i < 8; ++i) rows[static_cast<size_t>(i)] = {i, i, "x"};
  for (int i = 0; i < 3000; ++i) *rows[0].text += static_cast<char>('!' + i * i % 89);
  Transaction transaction = world.begin();
  std::vector<RowId> ids = insert_heap_rows(world, transaction, rows);
  world.commit(transaction);
  ASSERT_EQ(ids[0].page, ids[1].page);
  // The page is full: the old version, with its value, goes to a history page.
  Transaction undone = world.begin();
  Snapshot now = heap_look(world, undone);
  EXPECT_EQ(update_heap_row(world, undone, ids[0], {&now, 0}, {0, 1, "y"}, true).fate, RowFate::Done);
  world.transactions->release_snapshot(undone.slot(), now);
  world.rollback(undone, false);
  LayoutPtr without = heap_must(world.heap->drop_column(0, *world.heap->layout(0), 2));
  LayoutPtr wider = heap_must(world.heap->add_column(*without, PhysicalType::Int64, Value::bigint(5)));
  Transaction writer = world.begin();
  now = heap_look(world, writer);
  Batch value(std::vector<Type>{TypeId::BigInt}, 1);
  value.column(0).set_value(0, Value::bigint(7));
  std::vector<ColumnChange> changes{{3, &value.column(0), 0}};
  EXPECT_EQ(heap_must(world.heap->update(writer, *wider, ids[1], {&now, 0}, changes, false, nullptr)).fate,
            RowFate::Done);
  world.transactions->release_snapshot(writer.slot(), now);
  world.commit(writer);
  world.clean();
  world.verify();
}

TEST(Heap, VeryWideRowsKeepTheirTailAsOneValue) {
  HeapWorld world;
  std::vector<PhysicalType> forms(1600, PhysicalType::Int32);
  forms[1500] = PhysicalType::Text;
  world.create(forms);
  LayoutPtr layout = world.heap->layout(0);
  EXPECT_TRUE(layout->has_tail());
  std::vector<Type> types(1600, TypeId::Integer);
  types[1500] = TypeId::Text;
  Batch batch(types, 2);
  std::vector<const Vector*> columns;
  for (size_t i = 0; i < 1600; ++i) {
    for (uint32_t row = 0; row < 2; ++row)
      batch.column(i).set_value(row, i == 1500    ? Value::text("tail")
                                     : i % 9 == 0 ? Value(TypeId::Integer)
                                                  : Value::integer(static_cast<int32_t>(i + row)));
    columns.push_back(&batch.column(i));
  }
  Transaction transaction = world.begin();
  RowId ids[2];
  heap_must(world.heap->insert(transaction, *layout, columns, Selection(2), ids));
  Snapshot now = heap_look(world, transaction);
  Batch change(std::vector<Type>{TypeId::Integer}, 1);
  change.column(0).set_value(0, Value::integer(-5));
  std::vector<ColumnChange> changes{{1599, &change.column(0), 0}, {3, &change.column(0), 0}};
  EXPECT_EQ(
      heap_must(world.heap->update(transaction, *layout, ids[1], {&now, 0}, changes, false, nullptr)).fate,
      RowFate::Done);
  world.transactions->release_snapshot(transaction.slot(), now);
  now = heap_look(world, transaction);
  Projection some{layout, {3, 1500, 1599, 1598, 9}, false};
  Batch out(
      std::vector<Type>{TypeId::Integer, TypeId::Text, TypeId::Integer, TypeId::Integer, TypeId::Integer}, 2);
  uint16_t from[2];
  ASSERT_EQ(heap_must(world.heap->fetch(now, some, ids, out, from)), 2u);
  EXPECT_EQ(out.column(0).value(0).as_int(), 3);
  EXPECT_EQ(out.column(0).value(1).as_int(), -5);
  EXPECT_EQ(out.column(1).value(1).as_bytes(), "tail");
  EXPECT_EQ(out.column(2).value(0).as_int(), 1599);
  EXPECT_EQ(out.column(2).value(1).as_int(), -5);
  EXPECT_EQ(out.column(3).value(1).as_int(), 1599);
  EXPECT_TRUE(out.column(4).is_null(0));
  world.transactions->release_snapshot(transaction.slot(), now);
  world.commit(transaction);
  world.verify();
}

// Keeps rows with an even number and a text that has an 'e'.
class EvenFilter final : public PageFilter {
 public:
  void keep(PageColumns& columns, uint32_t count, std::span<uint64_t> rows) override {
    const Vector& numbers = columns.column(0, rows);
    const Vector& texts = columns.column(1, rows);
    for (uint32_t row = 0; row < count; ++row) {
      if ((rows[row / 64] >> (row % 64) & 1) == 0) continue;
      bool passes = !numbers.is_null(row) && numbers.data<int32_t>()[row] % 2 == 0 && !texts.is_null(row) &&
                    texts.data<Text>()[row].view().find('e') != std::string_view::npos;
      if (!passes) rows[row / 64] &= ~(uint64_t{1} << (row % 64));
    }
  }
};

TEST(Heap, FiltersRunOnThePagesOwnArrays) {
  HeapWorld world;
  world.create(kHeapRowForms);
  std::vector<HeapRow> rows;
  for (int i = 0; i < 2000; ++i)
    rows.push_back({i, i % 11 == 0 ? std::nullopt : std::optional(i),
                    i % 13 == 0
                        ? std::nullopt
                        : std::optional<std::string>(i % 50 == 0  ? std::string(3000, 'e')
                                                     : i % 3 == 0 ? "tree"
                                                     : i % 3 == 1 ? "a text that is longer than it has to be"
                                                                  : "no")});
  Transaction transaction = world.begin();
  std::vector<RowId> ids = insert_heap_rows(world, transaction, rows);
  world.commit(transaction);
  Transaction writer = world.begin();
  Snapshot now = heap_look(world, writer);
  SnapshotSlot& old_slot = world.transactions->open_slot();
  Transaction old_reader = world.begin(old_slot);
  Snapshot old = heap_look(world, old_reader);
  std::map<uint64_t, HeapRow> before, after;
  auto passes = [](const HeapRow& row) {
    return row.number && *row.number % 2 == 0 && row.text && row.text->find('e') != std::string::npos;
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    if (passes(rows[i])) before[ids[i].packed()] = rows[i];
    if (i % 5 == 0) {
      rows[i].number = static_cast<int32_t>(i + 1);
      EXPECT_EQ(update_heap_row(world, writer, ids[i], {&now, 0}, rows[i], false).fate, RowFate::Done);
    }
    if (passes(rows[i])) after[ids[i].packed()] = rows[i];
  }
  world.transactions->release_snapshot(writer.slot(), now);
  world.commit(writer);
  EvenFilter filter;
  Transaction reader = world.begin();
  now = heap_look(world, reader);
  for (uint32_t limit : {1024u, 3u}) {
    EXPECT_EQ(scan_heap_rows(world, now, limit, &filter), after);
    EXPECT_EQ(scan_heap_rows(world, old, limit, &filter), before);
  }
  world.transactions->release_snapshot(reader.slot(), now);
  world.transactions->release_snapshot(old_reader.slot(), old);
  world.commit(reader);
  world.commit(old_reader);
  world.transactions->close_slot(old_slot);
}

}  // namespace
}  // namespace rowan
