// Rows that move to pages further in front: what each snapshot and each writer meets, and what is left.
#include "storage/cleaner/row_mover.h"

#include "storage/heap/internals.h"
#include "storage/heap/overflow.h"
#include "tests/unit/storage/heap_world.h"
#include "txn/lock_manager.h"

namespace rowan {
namespace {

constexpr RelationId kTable = 4711;  // in the names of locks alone

StorageOptions small_pages() {
  StorageOptions options;
  options.log.segment_bytes = 256u << 10;
  options.log.buffer_bytes = 256u << 10;
  options.items_per_page_max = 8;
  return options;
}

// A table of `count` rows of which all but every `kept_of`th are gone again: room in each page. Those from
// `full_from` on fill their pages, and stay.
class MoverWorld {
 public:
  explicit MoverWorld(int64_t count = 160, int64_t kept_of = 4, SimFs* files = nullptr,
                      int64_t full_from = 100000)
      : world(files, small_pages()),
        mover(*world.transactions, *world.commits, world.sets,
              [this](RelationId, LockOwner&) -> Result<RelationStorage> { return world.parts(); }) {
    world.create(kHeapRowForms);
    world.types = kHeapRowTypes;
    world.index = std::make_unique<HeapTestIndex>(0);
    std::vector<HeapRow> all;
    for (int64_t i = 0; i < count; ++i) {
      all.push_back(row_of(i));
      if (i >= full_from) all.back().text = std::string(1980, 'f');
    }
    Transaction writer = world.begin();
    std::vector<RowId> at = insert_heap_rows(world, writer, all);
    world.commit(writer);
    for (size_t i = 0; i < at.size(); ++i) world.index->insert(all[i].key, at[i]);
    Transaction remover = world.begin();
    Snapshot now = look(remover);
    for (size_t i = 0; i < at.size(); ++i) {
      if (auto key = static_cast<int64_t>(i); key % kept_of == 0 || key >= full_from) {
        ids[all[i].key] = at[i];
        rows[all[i].key] = all[i];
      } else {
        EXPECT_EQ(heap_must(world.heap->remove(remover, at[i], {&now, 0}, nullptr)).fate, RowFate::Done);
      }
    }
    done(remover, now);
    world.clean();
  }

  static HeapRow row_of(int64_t key) {
    constexpr size_t kLengths[] = {0, 5, 40, 2500, 20000};
    HeapRow row{key, static_cast<int32_t>(key * 3), std::nullopt};
    size_t pick = static_cast<size_t>(key / 4) % 6;
    if (pick < 5) row.text = std::string(kLengths[pick], static_cast<char>('a' + key % 26));
    return row;
  }

  Snapshot look(Transaction& transaction) {
    return heap_must(world.transactions->take_snapshot(transaction));
  }
  void next_statement(Transaction& transaction, Snapshot& snapshot) {
    Snapshot next = world.transactions->refresh_own(transaction, snapshot);
    world.transactions->release_snapshot(transaction.slot(), snapshot);
    snapshot = next;
  }
  void done(Transaction& transaction, const Snapshot& snapshot) {
    world.transactions->release_snapshot(transaction.slot(), snapshot);
    world.commit(transaction);
  }

  // What can goes from each page to one further in front, the last page first.
  RowMover::Outcome move_all() {
    std::vector<PageNo> pages(world.storage->space().page_count(world.relation));
    pages.resize(world.storage->space().pages(world.relation, 0, pages));
    RowMover::Outcome total;
    for (size_t i = pages.size(); i-- > 0;) {
      RowMover::Outcome outcome = heap_must(mover.move(world.relation, pages[i], pages[i]));
      total.moved += outcome.moved;
      total.stayed += outcome.stayed;
    }
    return total;
  }
  RowMover::Outcome move_row(int64_t key) {
    PageNo page = ids.at(key).page;
    return heap_must(mover.move(world.relation, page, page));
  }
  // By key, each once; `at` gets where.
  std::map<int64_t, HeapRow> scan(const Snapshot& snapshot, std::map<int64_t, RowId>* at = nullptr) {
    std::map<int64_t, HeapRow> seen;
    for (const auto& [id, row] : scan_heap_rows(world, snapshot)) {
      EXPECT_TRUE(seen.emplace(row.key, row).second) << "row " << row.key << " seen twice";
      if (at != nullptr) (*at)[row.key] = RowId::unpack(id);
    }
    return seen;
  }
  std::map<int64_t, HeapRow> scan_now(std::map<int64_t, RowId>* at = nullptr) {
    Transaction reader = world.begin();
    Snapshot now = look(reader);
    std::map<int64_t, HeapRow> seen = scan(now, at);
    done(reader, now);
    return seen;
  }
  std::optional<HeapRow> fetch(const Snapshot& snapshot, RowId id) {
    Batch out(kHeapRowTypes, 1);
    uint16_t from;
    uint32_t count = heap_must(
        world.heap->fetch(snapshot, {world.heap->layout(0), {0, 1, 2}, false}, {&id, 1}, out, &from));
    if (count == 0) return std::nullopt;
    return get_heap_row(out, 0);
  }
  // Follows a moved row until something else is said; nullptr: removes it. `id` becomes its home.
  RowOutcome write(Transaction& transaction, RowId& id, Seen seen, const HeapRow* row) {
    for (;;) {
      RowOutcome outcome = row != nullptr ? update_heap_row(world, transaction, id, seen, *row, false)
                                          : heap_must(world.heap->remove(transaction, id, seen, nullptr));
      if (outcome.fate != RowFate::Moved) return outcome;
      id = outcome.row;
      seen.version = outcome.version;
    }
  }
  // No snapshot is left: old homes, their entries and their pages go, and nothing else.
  void settle() {
    for (int round = 0; round < 3; ++round) world.clean();
    world.verify();
    EXPECT_EQ(world.sets.pages_to_clean(), 0u);
    EXPECT_FALSE(world.heap->has_moved_rows());
    std::map<int64_t, RowId> at;
    EXPECT_TRUE(scan_now(&at) == rows);
    std::set<std::pair<std::string, uint64_t>> entries;
    for (const auto& [key, id] : at) entries.insert({std::to_string(key), id.packed()});
    EXPECT_EQ(world.index->entries, entries);
  }
  uint64_t page_count() { return world.storage->space().page_count(world.relation); }

  HeapWorld world;
  RowMover mover;
  std::map<int64_t, RowId> ids;  // of the rows that are left, as they were inserted
  std::map<int64_t, HeapRow> rows;
};

class Session {
 public:
  Session(MoverWorld& world, IsolationLevel level)
      : world_(world), slot_(world.world.transactions->open_slot()) {
    transaction = world.world.begin(slot_, level);
    snapshot = world.look(transaction);
  }
  ~Session() {
    if (transaction.is_active()) rollback();
    world_.world.transactions->close_slot(slot_);
  }
  void next() { world_.next_statement(transaction, snapshot); }
  void commit() { world_.done(transaction, snapshot); }
  void rollback() {
    world_.world.transactions->release_snapshot(slot_, snapshot);
    world_.world.rollback(transaction);
  }
  Transaction transaction;
  Snapshot snapshot;

 private:
  MoverWorld& world_;
  SnapshotSlot& slot_;
};

TEST(RowMover, EverySnapshotSeesEachRowOnce) {
  MoverWorld table;
  Session older(table, IsolationLevel::RepeatableRead);
  std::map<int64_t, RowId> now_at;
  RowMover::Outcome outcome = table.move_all();
  EXPECT_GT(outcome.moved, 20u);
  EXPECT_TRUE(table.scan_now(&now_at) == table.rows);
  std::map<int64_t, RowId> then_at;
  EXPECT_TRUE(table.scan(older.snapshot, &then_at) == table.rows);
  EXPECT_EQ(then_at, table.ids);
  Session newer(table, IsolationLevel::RepeatableRead);
  uint32_t moved = 0;
  for (const auto& [key, row] : table.rows) {
    EXPECT_EQ(table.fetch(older.snapshot, then_at.at(key)), row);
    EXPECT_EQ(table.fetch(newer.snapshot, now_at.at(key)), row);
    if (now_at.at(key) == then_at.at(key)) continue;
    ++moved;
    EXPECT_LT(now_at.at(key).page, then_at.at(key).page);
    EXPECT_EQ(table.fetch(newer.snapshot, then_at.at(key)), std::nullopt);
    EXPECT_EQ(table.fetch(older.snapshot, now_at.at(key)), std::nullopt);
    EXPECT_EQ(table.world.heap->seen_home(older.snapshot, now_at.at(key)), then_at.at(key));
    EXPECT_EQ(table.world.heap->seen_home(newer.snapshot, now_at.at(key)), now_at.at(key));
  }
  EXPECT_EQ(moved, outcome.moved);
  // Cleaned while one snapshot still needs the old homes.
  table.world.clean();
  EXPECT_TRUE(table.world.heap->has_moved_rows());
  EXPECT_TRUE(table.scan(older.snapshot) == table.rows);
  EXPECT_TRUE(table.scan(newer.snapshot) == table.rows);
  table.world.verify();
  uint64_t pages = table.page_count();
  older.commit();
  newer.commit();
  table.settle();
  EXPECT_LT(table.page_count(), pages);
}

// Its later statements see what it wrote at the new home, and not what they would see at the old one; taken
// back to a savepoint, the old one again. Others with old snapshots see nothing of it.
TEST(RowMover, AWriterWithAnOlderSnapshotIsSentOn) {
  MoverWorld table;
  Session writer(table, IsolationLevel::RepeatableRead);
  Session reader(table, IsolationLevel::RepeatableRead);
  table.move_all();
  auto expected = table.rows;
  RowId id = table.ids.at(156), old_id = id;
  auto write = [&](const HeapRow* row, std::map<int64_t, HeapRow>& becomes) {
    id = old_id;
    ASSERT_EQ(table.write(writer.transaction, id, {&writer.snapshot, 0}, row).fate, RowFate::Done);
    EXPECT_NE(id, old_id);
    if (row != nullptr)
      becomes[156] = *row;
    else
      becomes.erase(156);
  };
  auto check = [&] {
    writer.next();
    EXPECT_TRUE(table.scan(writer.snapshot) == expected);
    bool is_first = expected.count(156) != 0 && expected.at(156) == table.rows.at(156);
    EXPECT_EQ(table.fetch(writer.snapshot, old_id).has_value(), is_first);
    EXPECT_EQ(table.fetch(writer.snapshot, id).has_value(), expected.count(156) != 0 && !is_first);
    EXPECT_EQ(table.world.heap->seen_home(writer.snapshot, id), is_first ? old_id : id);
    EXPECT_TRUE(table.scan(reader.snapshot) == table.rows);
    EXPECT_TRUE(table.scan_now() == table.rows);
    table.world.verify();
  };
  Savepoint first = table.world.transactions->set_savepoint(writer.transaction);
  HeapRow changed{156, 1, std::string(3000, 'y')}, again{156, 2, "z"};
  auto undo = [&](const Savepoint& savepoint) {
    std::vector<WriteId> undone = table.world.transactions->rollback_to(writer.transaction, savepoint);
    heap_must(table.world.cleaner->after_rollback(undone));
  };
  write(&changed, expected);
  check();
  // Within the statement a second attempt meets its own work.
  RowId twice = old_id;
  HeapRow third{156, 3, "w"};
  Seen before{&writer.snapshot, 0};
  EXPECT_EQ(table.write(writer.transaction, id, before, &third).fate, RowFate::Done);
  EXPECT_EQ(table.write(writer.transaction, twice, before, &third).fate, RowFate::OwnLater);
  expected[156] = third;
  check();
  undo(first);
  expected = table.rows;
  check();
  table.world.clean();  // the aborted ids are forgotten
  check();
  write(nullptr, expected);
  check();
  undo(first);
  expected = table.rows;
  check();
  write(&again, expected);
  check();
  table.world.clean();
  check();
  writer.commit();
  EXPECT_TRUE(table.scan(reader.snapshot) == table.rows);
  EXPECT_TRUE(table.scan_now() == expected);
  reader.commit();
  table.rows = expected;
  table.settle();
}

// Who reads with the newest snapshot, as a cascade does, writes for a transaction that has an older one.
TEST(RowMover, WhatIsWrittenWithANewerSnapshotHidesTheOldHomeToo) {
  MoverWorld table;
  Session writer(table, IsolationLevel::RepeatableRead);
  table.move_all();
  std::map<int64_t, RowId> at;
  table.scan_now(&at);
  auto expected = table.rows;
  Snapshot newest = table.look(writer.transaction);
  HeapRow changed{156, 1, "y"};
  RowId first = at.at(156), second = at.at(152);
  ASSERT_NE(first, table.ids.at(156));
  ASSERT_NE(second, table.ids.at(152));
  ASSERT_EQ(table.write(writer.transaction, first, {&newest, 0}, &changed).fate, RowFate::Done);
  ASSERT_EQ(table.write(writer.transaction, second, {&newest, 0}, nullptr).fate, RowFate::Done);
  table.world.transactions->release_snapshot(writer.transaction.slot(), newest);
  expected[156] = changed;
  expected.erase(152);
  writer.next();
  EXPECT_TRUE(table.scan(writer.snapshot) == expected);
  writer.commit();
  table.rows = expected;
  table.settle();
}

TEST(RowMover, WhatOthersDidAtTheNewHomeDecides) {
  MoverWorld table;
  Session repeatable(table, IsolationLevel::RepeatableRead);
  Session committed(table, IsolationLevel::ReadCommitted);
  table.move_all();
  HeapRow theirs{156, 77, "theirs"}, ours{156, 88, "ours"};
  auto attempt = [&](Session& session, int64_t key) {
    RowId id = table.ids.at(key);
    HeapRow row{key, 88, "ours"};
    return table.write(session.transaction, id, {&session.snapshot, 0}, &row);
  };
  auto check = [&](int64_t key) {
    RowId id = table.ids.at(key);
    Seen seen{&committed.snapshot, 0};
    for (;;) {
      RowOutcome outcome = heap_must(table.world.heap->check(committed.transaction, id, seen));
      if (outcome.fate != RowFate::Moved) return outcome;
      id = outcome.row;
      seen.version = outcome.version;
    }
  };
  RowOutcome fate = heap_must(
      table.world.heap->check(committed.transaction, table.ids.at(156), {&committed.snapshot, kNoWriteId}));
  ASSERT_EQ(fate.fate, RowFate::Moved);
  EXPECT_EQ(check(156).fate, RowFate::Done);
  {
    Session other(table, IsolationLevel::ReadCommitted);
    RowId updated = table.ids.at(156), removed = table.ids.at(152), undone = table.ids.at(148);
    std::map<int64_t, RowId> at;
    table.scan(other.snapshot, &at);
    ASSERT_EQ(table.write(other.transaction, updated = at.at(156), {&other.snapshot, 0}, &theirs).fate,
              RowFate::Done);
    ASSERT_EQ(table.write(other.transaction, removed = at.at(152), {&other.snapshot, 0}, nullptr).fate,
              RowFate::Done);
    Savepoint savepoint = table.world.transactions->set_savepoint(other.transaction);
    ASSERT_EQ(table.write(other.transaction, undone = at.at(148), {&other.snapshot, 0}, &theirs).fate,
              RowFate::Done);
    for (Session* session : {&repeatable, &committed})
      for (int64_t key : {156, 152, 148})
        EXPECT_EQ(attempt(*session, key).fate, RowFate::WaitForWriter) << key;
    static_cast<void>(table.world.transactions->rollback_to(other.transaction, savepoint));
    other.commit();
  }
  EXPECT_EQ(check(156).fate, RowFate::Updated);
  EXPECT_EQ(check(152).fate, RowFate::Deleted);
  EXPECT_EQ(attempt(repeatable, 156).fate, RowFate::Updated);
  EXPECT_EQ(attempt(repeatable, 152).fate, RowFate::Deleted);
  EXPECT_EQ(attempt(repeatable, 148).fate, RowFate::Done);
  repeatable.rollback();
  EXPECT_EQ(attempt(committed, 148).fate, RowFate::Done);
  // What the re-evaluation saw at the new home is what is written there.
  RowId id = table.ids.at(156);
  Batch newest(kHeapRowTypes, 1);
  Projection all{table.world.heap->layout(0), {0, 1, 2}, false};
  LatestRow latest = heap_must(table.world.heap->fetch_latest(&committed.transaction, all, id, newest, 0));
  EXPECT_EQ(latest.state, LatestState::Deleted);
  ASSERT_TRUE(latest.moved_to.is_valid());
  id = latest.moved_to;
  latest = heap_must(table.world.heap->fetch_latest(&committed.transaction, all, id, newest, 0));
  ASSERT_EQ(latest.state, LatestState::Live);
  EXPECT_EQ(get_heap_row(newest, 0), theirs);
  EXPECT_EQ(table.write(committed.transaction, id, {&committed.snapshot, latest.creator}, &ours).fate,
            RowFate::Done);
  // The removed row's new home is kept for who may still come from the old one.
  table.world.clean();
  EXPECT_EQ(check(152).fate, RowFate::Deleted);
  committed.commit();
  table.rows[156] = ours;
  table.rows[148] = {148, 88, "ours"};
  table.rows.erase(152);
  table.settle();
}

// Whatever happens to a row between its copy and its end at the old home, it stays there.
TEST(RowMover, WhatChangesMeanwhileStays) {
  enum class Doing { Update, Remove, Lock, UpdateInProgress, UpdateUndone };
  for (Doing doing :
       {Doing::Update, Doing::Remove, Doing::Lock, Doing::UpdateInProgress, Doing::UpdateUndone}) {
    SCOPED_TRACE(static_cast<int>(doing));
    MoverWorld table;
    RowId id = table.ids.at(156);
    HeapRow changed{156, 5, std::string(4000, 'c')};
    std::optional<Session> other;
    table.world.index->before_insert = [&]() -> Result<> {
      other.emplace(table, IsolationLevel::ReadCommitted);
      if (doing == Doing::Lock) {
        EXPECT_TRUE(table.world.transactions->locks().try_lock_row(other->transaction.locks(), kTable, id,
                                                                   RowLockMode::KeyShare));
        EXPECT_EQ(heap_must(table.world.heap->check(other->transaction, id, {&other->snapshot, 0})).fate,
                  RowFate::Done);
        return {};
      }
      const HeapRow* row = doing == Doing::Remove ? nullptr : &changed;
      EXPECT_EQ(table.write(other->transaction, id, {&other->snapshot, 0}, row).fate, RowFate::Done);
      if (doing == Doing::UpdateUndone) other->rollback();
      if (doing == Doing::Update || doing == Doing::Remove) other->commit();
      return {};
    };
    RowMover::Outcome outcome = table.move_row(156);
    // What was undone, and cleaned after, is as it was.
    bool stays = doing != Doing::UpdateUndone;
    EXPECT_EQ(outcome.stayed, stays ? 1u : 0u);
    EXPECT_GT(outcome.moved, 0u);
    EXPECT_EQ(id, table.ids.at(156));
    if (other->transaction.is_active()) other->commit();
    if (doing == Doing::Remove) {
      table.rows.erase(156);
    } else if (doing == Doing::Update || doing == Doing::UpdateInProgress) {
      table.rows[156] = changed;
    }
    std::map<int64_t, RowId> at;
    EXPECT_TRUE(table.scan_now(&at) == table.rows);
    if (doing != Doing::Remove) {
      EXPECT_EQ(at.at(156) == id, stays);
    }
    other.reset();
    table.settle();
  }
}

TEST(RowMover, LockedRowsStay) {
  MoverWorld table;
  Session holder(table, IsolationLevel::ReadCommitted);
  for (int64_t key : {156, 100})
    ASSERT_TRUE(table.world.transactions->locks().try_lock_row(holder.transaction.locks(), kTable,
                                                               table.ids.at(key), RowLockMode::KeyShare));
  table.move_all();
  std::map<int64_t, RowId> at;
  EXPECT_TRUE(table.scan_now(&at) == table.rows);
  for (int64_t key : {156, 100}) EXPECT_EQ(at.at(key), table.ids.at(key));
  EXPECT_NE(at.at(152), table.ids.at(152));
  holder.commit();
  table.settle();
  RowMover::Outcome outcome = table.move_row(156);
  EXPECT_EQ(outcome.moved, 1u);
  table.settle();
}

// What some snapshot does not see yet, or sees in an older version, stays.
TEST(RowMover, OnlyWhatAllSeeMoves) {
  MoverWorld table;
  Session older(table, IsolationLevel::RepeatableRead);
  HeapRow changed{156, 6, "changed"};
  {
    Session writer(table, IsolationLevel::ReadCommitted);
    RowId id = table.ids.at(156);
    ASSERT_EQ(table.write(writer.transaction, id, {&writer.snapshot, 0}, &changed).fate, RowFate::Done);
    writer.commit();
  }
  table.move_all();
  std::map<int64_t, RowId> at;
  auto now = table.scan_now(&at);
  EXPECT_EQ(now.at(156), changed);
  EXPECT_EQ(at.at(156), table.ids.at(156));
  EXPECT_NE(at.at(148), table.ids.at(148));
  EXPECT_TRUE(table.scan(older.snapshot) == table.rows);
  older.commit();
  table.rows[156] = changed;
  table.settle();
  EXPECT_EQ(table.move_row(156).moved, 1u);
  table.settle();
}

// A row that has moved moves on when its old home is gone, not before; and whoever saw the middle one is sent
// on as well.
TEST(RowMover, ARowMovesStepByStep) {
  MoverWorld table(640, 8);
  std::vector<PageNo> pages(table.page_count());
  pages.resize(table.world.storage->space().pages(table.world.relation, 0, pages));
  PageNo last = table.ids.at(632).page;
  PageNo middle = *(std::find(pages.begin(), pages.end(), last) - 4);
  EXPECT_EQ(heap_must(table.mover.move(table.world.relation, last, middle)).moved, 1u);
  std::map<int64_t, RowId> first_at;
  {
    Session older(table, IsolationLevel::RepeatableRead);
    table.scan(older.snapshot, &first_at);
    RowId now = first_at.at(632);
    EXPECT_LT(now.page, middle);
    // The old home is there until it is cleaned.
    uint32_t moved = heap_must(table.mover.move(table.world.relation, now.page, 1)).moved;
    EXPECT_EQ(moved, 0u);
    older.commit();
  }
  table.settle();
  Session older(table, IsolationLevel::RepeatableRead);
  for (int step = 0; step < 3; ++step) {
    RowId id = first_at.at(632);
    RowMover::Outcome outcome = heap_must(table.mover.move(table.world.relation, id.page, id.page));
    EXPECT_EQ(outcome.moved != 0, step == 0 && outcome.has_room);
  }
  HeapRow changed{632, 1, "changed"};
  RowId id = first_at.at(632);
  EXPECT_EQ(table.write(older.transaction, id, {&older.snapshot, 0}, &changed).fate, RowFate::Done);
  table.rows[632] = changed;
  older.next();
  EXPECT_TRUE(table.scan(older.snapshot) == table.rows);
  older.commit();
  table.settle();
  for (int round = 0; round < 4; ++round) {
    table.move_all();
    EXPECT_TRUE(table.scan_now() == table.rows);
    table.settle();
  }
  EXPECT_LT(table.page_count(), pages.size() / 3);
}

// Rows of older layouts get the newest one at their new home, with what their new columns are said to have;
// those that lie out of line as a whole come back into a page.
TEST(RowMover, RowsOfOlderLayoutsMove) {
  MoverWorld table(160, 4, nullptr, 128);
  Heap& heap = *table.world.heap;
  LayoutPtr wider =
      heap_must(heap.add_column(*heap.layout(0), PhysicalType::Text, Value::text("by default")));
  wider = heap_must(heap.add_column(*wider, PhysicalType::Int64, Value::bigint(42)));
  wider = heap_must(heap.drop_column(0, *wider, 1));
  std::vector<Type> types = kHeapRowTypes;
  types.push_back(TypeId::Text);
  types.push_back(TypeId::BigInt);
  std::string big(2030, 'n');
  uint32_t is_elsewhere = 0;  // rows out of line as a whole
  {
    Session writer(table, IsolationLevel::ReadCommitted);
    Batch values(std::vector<Type>{TypeId::Text}, 1);
    values.column(0).set_value(0, Value::text(big));
    std::vector<ColumnChange> changes{{3, &values.column(0), 0}};
    for (int64_t key = 80; key < 160; key += 4) {  // of pages that have room, and of some that do not
      RowId id = table.ids.at(key);
      EXPECT_EQ(heap_must(heap.update(writer.transaction, *wider, id, {&writer.snapshot, 0}, changes, false,
                                      nullptr))
                    .fate,
                RowFate::Done);
      ReadGuard guard = heap_must(table.world.storage->pool().read(id.page));
      is_elsewhere += (HeapView(guard.page()).words()[id.slot] & SlotWord::kElsewhere) != 0 ? 1 : 0;
    }
    writer.commit();
  }
  EXPECT_GT(is_elsewhere, 0u);
  table.world.clean();
  table.world.layout = wider;
  table.world.types = types;
  Session older(table, IsolationLevel::RepeatableRead);
  EXPECT_GT(table.move_all().moved, 10u);
  auto check = [&](const Snapshot& snapshot) {
    ScanSpec spec;
    spec.projection = {wider, {0, 2, 3, 4}, true};
    HeapScan scan(heap, snapshot, spec);
    Batch out(std::vector<Type>{TypeId::BigInt, TypeId::Text, TypeId::Text, TypeId::BigInt, TypeId::BigInt},
              kBatchRows);
    std::set<int64_t> seen;
    while (heap_must(scan.next(out, kBatchRows)))
      for (uint32_t i = 0; i < out.row_count(); ++i) {
        int64_t key = out.column(0).data<int64_t>()[i];
        EXPECT_TRUE(seen.insert(key).second);
        std::optional<std::string> text;
        if (!out.column(1).is_null(i)) text = std::string(out.column(1).data<Text>()[i].view());
        EXPECT_EQ(text, table.rows.at(key).text);
        EXPECT_EQ(out.column(2).data<Text>()[i].view(), key >= 80 && key % 4 == 0 ? big : "by default");
        EXPECT_EQ(out.column(3).data<int64_t>()[i], 42);
      }
    EXPECT_EQ(seen.size(), table.rows.size());
  };
  check(older.snapshot);
  Session newer(table, IsolationLevel::RepeatableRead);
  check(newer.snapshot);
  older.commit();
  newer.commit();
  for (int round = 0; round < 3; ++round) table.world.clean();
  table.world.verify();
  Session last(table, IsolationLevel::RepeatableRead);
  check(last.snapshot);
  last.commit();
}

// No room in front: nothing has happened, and the copies made so far go.
TEST(RowMover, WhereNoRoomIsAllStays) {
  MoverWorld table;
  PageNo first = table.ids.begin()->second.page;
  RowMover::Outcome outcome = heap_must(table.mover.move(table.world.relation, first, 1));
  EXPECT_FALSE(outcome.has_room);
  EXPECT_EQ(outcome.moved, 0u);
  EXPECT_EQ(outcome.stayed, 2u);
  table.settle();
}

// The disk is full, or the index fails, at each place on the way.
TEST(RowMover, AMoveThatFailsLeavesAllAsItWas) {
  for (int broken = 0; broken < 2; ++broken) {
    SCOPED_TRACE(broken);
    SimFs files;
    MoverWorld table(160, 4, &files);
    table.world.index->before_insert = [&]() -> Result<> {
      if (broken == 0) return Error(sqlstate::disk_full, "no room");
      // The second entry fails: the first is in.
      table.world.index->before_insert = []() -> Result<> { return Error(sqlstate::disk_full, "no room"); };
      return {};
    };
    Session older(table, IsolationLevel::RepeatableRead);
    PageNo page = table.ids.at(156).page;
    EXPECT_FALSE(table.mover.move(table.world.relation, page, page).ok());
    EXPECT_FALSE(table.world.heap->has_moved_rows());
    std::map<int64_t, RowId> at;
    EXPECT_TRUE(table.scan(older.snapshot, &at) == table.rows);
    EXPECT_EQ(at, table.ids);
    EXPECT_TRUE(table.scan_now() == table.rows);
    older.commit();
    table.settle();
    EXPECT_GT(table.move_row(156).moved, 0u);
    table.settle();
  }
}

TEST(RowMover, AFullDiskStopsMovesAndBreaksNothing) {
  uint32_t failed = 0;
  for (int allowed = 0; allowed < 12; ++allowed) {
    SCOPED_TRACE(allowed);
    SimFs files;
    MoverWorld table(640, 4, &files, 320);  // more than the log has room for
    int left = allowed;
    files.set_hook([&](uint64_t, SimOperation operation, const std::string&) {
      bool grows = operation == SimOperation::Write || operation == SimOperation::Allocate;
      return grows && --left < 0 ? SimFault::NoRoom : SimFault::None;
    });
    std::vector<PageNo> pages(table.page_count());
    pages.resize(table.world.storage->space().pages(table.world.relation, 0, pages));
    for (size_t i = pages.size(); i-- > 0;)
      failed += table.mover.move(table.world.relation, pages[i], pages[i]).ok() ? 0 : 1;
    files.set_hook(nullptr);
    EXPECT_TRUE(table.scan_now() == table.rows);
    table.settle();
  }
  EXPECT_GT(failed, 0u);
}

}  // namespace
}  // namespace rowan
