// The heap against a naive twin: transactions at random, each with a copy of all rows as its snapshot saw
// them. What they insert, change, delete, undo and read must agree with the twin at every step, whatever the
// cleaner takes away meanwhile.
#include <random>

#include "tests/unit/storage/heap_world.h"

namespace rowan {
namespace {

using TwinRows = std::map<uint64_t, HeapRow>;

class HeapTwin {
 public:
  HeapTwin(uint64_t seed, StorageOptions options) : world_(nullptr, options), random_(seed) {
    world_.create(kHeapRowForms);
    world_.index = std::make_unique<HeapTestIndex>(0);
    for (Session& session : sessions_) session.slot = &world_.transactions->open_slot();
  }
  ~HeapTwin() {
    for (Session& session : sessions_) {
      if (session.transaction.is_active()) end(session, false);
      world_.transactions->close_slot(*session.slot);
    }
  }

  void step() {
    Session& session = sessions_[random_() % kSessions];
    if (!session.transaction.is_active()) begin(session);
    switch (random_() % 16) {
      case 0:
      case 1:
      case 2:
        insert(session);
        break;
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
        change(session);
        break;
      case 8:
        remove(session);
        break;
      case 9:
        savepoint(session);
        break;
      case 10:
        rollback_to(session);
        break;
      case 11:
      case 12:
        read(session);
        break;
      case 13:
        end(session, random_() % 4 != 0);
        break;
      case 14:
        lookups(session);
        break;
      case 15:
        if (random_() % 4 == 0) world_.clean();
        break;
    }
  }

  // Nothing runs: everything can be cleaned, and what remains is what the twin has.
  void settle() {
    for (Session& session : sessions_)
      if (session.transaction.is_active()) end(session, true);
    world_.clean();
    world_.clean();
    world_.verify();
    EXPECT_EQ(world_.sets.pages_to_clean(), 0u);
    begin(sessions_[0]);
    EXPECT_EQ(scan_heap_rows(world_, sessions_[0].snapshot), committed_);
    std::set<std::pair<std::string, uint64_t>> entries;
    for (const auto& [id, row] : committed_) entries.insert({std::to_string(row.key), id});
    EXPECT_EQ(world_.index->entries, entries);
    end(sessions_[0], true);
  }
  void verify() { world_.verify(); }

 private:
  static constexpr size_t kSessions = 5;
  struct Mark {
    Savepoint savepoint;
    TwinRows rows;
    std::set<uint64_t> touched;
  };
  struct Session {
    SnapshotSlot* slot = nullptr;
    Transaction transaction;
    Snapshot snapshot;
    TwinRows rows;               // what it sees
    std::set<uint64_t> touched;  // rows it wrote and has not undone
    uint64_t began = 0;
    std::vector<Mark> marks;
  };

  void begin(Session& session) {
    session.transaction = world_.begin(*session.slot);
    session.snapshot = heap_must(world_.transactions->take_snapshot(session.transaction));
    session.rows = committed_;
    session.touched.clear();
    session.marks.clear();
    session.began = clock_;
  }
  // Each statement sees what the transaction did before.
  void next_statement(Session& session) {
    Snapshot next = world_.transactions->refresh_own(session.transaction, session.snapshot);
    world_.transactions->release_snapshot(*session.slot, session.snapshot);
    session.snapshot = next;
  }
  HeapRow any_row() {
    HeapRow row;
    row.key = static_cast<int64_t>(random_() % 50);
    if (random_() % 5 != 0) row.number = static_cast<int32_t>(random_() % 1000);
    size_t lengths[] = {0, 3, 6, 7, 20, 100, 700, 2040, 2100, 40000};
    size_t pick = random_() % 40;
    if (pick != 0)
      row.text = std::string(lengths[pick < 10 ? pick : pick % 6], static_cast<char>('a' + random_() % 26));
    return row;
  }
  void insert(Session& session) {
    next_statement(session);
    std::vector<HeapRow> rows(1 + random_() % 8);
    for (HeapRow& row : rows) row = any_row();
    std::vector<RowId> ids = insert_heap_rows(world_, session.transaction, rows);
    for (size_t i = 0; i < ids.size(); ++i) {
      ASSERT_EQ(session.rows.count(ids[i].packed()), 0u);
      session.rows[ids[i].packed()] = rows[i];
      session.touched.insert(ids[i].packed());
      world_.index->insert(rows[i].key, ids[i]);
    }
  }
  uint64_t pick_row(Session& session) {
    auto at = session.rows.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_() % std::min<size_t>(session.rows.size(), 12)));
    return at->first;
  }
  RowFate expected_fate(Session& session, uint64_t id) {
    for (Session& other : sessions_)
      if (&other != &session && other.transaction.is_active() && other.touched.count(id) != 0)
        return RowFate::WaitForWriter;
    auto changed = changed_at_.find(id);
    if (session.touched.count(id) == 0 && changed != changed_at_.end() && changed->second > session.began)
      return committed_.count(id) != 0 ? RowFate::Updated : RowFate::Deleted;
    return RowFate::Done;
  }
  void change(Session& session) {
    if (session.rows.empty()) return;
    next_statement(session);
    uint64_t id = pick_row(session);
    HeapRow row = any_row();
    bool keeps_text = random_() % 3 == 0;
    if (random_() % 2 == 0) row.key = session.rows[id].key;
    if (keeps_text) row.text = session.rows[id].text;
    RowFate expected = expected_fate(session, id);
    Batch batch(kHeapRowTypes, 1);
    put_heap_row(batch, 0, row);
    std::vector<ColumnChange> changes{{0, &batch.column(0), 0}, {1, &batch.column(1), 0}};
    if (!keeps_text) changes.push_back({2, &batch.column(2), 0});
    bool keys_changed = row.key != session.rows[id].key;
    RowId at = RowId::unpack(id);
    RowOutcome outcome =
        heap_must(world_.heap->update(session.transaction, *world_.heap->layout(0), at,
                                      {&session.snapshot, 0}, changes, keys_changed, nullptr));
    ASSERT_EQ(outcome.fate, expected) << "row " << at.page << "." << at.slot;
    if (outcome.fate != RowFate::Done) return;
    session.rows[id] = row;
    session.touched.insert(id);
    if (keys_changed) world_.index->insert(row.key, at);
  }
  void remove(Session& session) {
    if (session.rows.empty()) return;
    next_statement(session);
    uint64_t id = pick_row(session);
    RowFate expected = expected_fate(session, id);
    RowOutcome outcome = heap_must(
        world_.heap->remove(session.transaction, RowId::unpack(id), {&session.snapshot, 0}, nullptr));
    ASSERT_EQ(outcome.fate, expected);
    if (outcome.fate != RowFate::Done) return;
    session.rows.erase(id);
    session.touched.insert(id);
  }
  void savepoint(Session& session) {
    session.marks.push_back(
        {world_.transactions->set_savepoint(session.transaction), session.rows, session.touched});
  }
  void rollback_to(Session& session) {
    if (session.marks.empty()) return;
    size_t which = random_() % session.marks.size();
    Mark& mark = session.marks[which];
    std::vector<WriteId> ids = world_.transactions->rollback_to(session.transaction, mark.savepoint);
    heap_must(world_.cleaner->after_rollback(ids));
    session.rows = mark.rows;
    session.touched = mark.touched;
    session.marks.resize(which + 1);
  }
  void read(Session& session) {
    next_statement(session);
    TwinRows seen = scan_heap_rows(world_, session.snapshot, random_() % 2 == 0 ? 5 : kBatchRows);
    for (const auto& [id, row] : session.rows)
      if (seen.count(id) == 0 || !(seen[id] == row)) {
        RowId at = RowId::unpack(id);
        const HeapRow& is = seen[id];
        ADD_FAILURE() << "row " << at.page << "." << at.slot << ": key " << is.key << " not " << row.key
                      << ", number " << is.number.value_or(-1) << " not " << row.number.value_or(-1)
                      << ", text " << is.text.value_or("null").substr(0, 10) << " not "
                      << row.text.value_or("null").substr(0, 10) << " of " << is.text.value_or("").size()
                      << " and " << row.text.value_or("").size() << " bytes\n"
                      << heap_must(world_.heap->dump(at.page));
        break;
      }
    ASSERT_EQ(seen == session.rows, true)
        << "scan differs: " << seen.size() << " rows, expected " << session.rows.size();
  }
  // By row id, also of rows that are not there.
  void lookups(Session& session) {
    next_statement(session);
    std::vector<RowId> ids;
    for (int i = 0; i < 20; ++i) {
      if (!committed_.empty() && random_() % 2 == 0) {
        auto at = committed_.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(random_() % committed_.size()));
        ids.push_back(RowId::unpack(at->first));
      } else if (!session.rows.empty()) {
        ids.push_back(RowId::unpack(pick_row(session)));
      }
    }
    Projection all{world_.heap->layout(0), {0, 1, 2}, false};
    Batch out(kHeapRowTypes, 32);
    std::vector<uint16_t> from(32);
    uint32_t count = heap_must(world_.heap->fetch(session.snapshot, all, ids, out, from.data()));
    uint32_t expected = 0;
    for (RowId id : ids) expected += session.rows.count(id.packed()) != 0 ? 1 : 0;
    ASSERT_EQ(count, expected);
    for (uint32_t i = 0; i < count; ++i)
      ASSERT_EQ(get_heap_row(out, i), session.rows.at(ids[from[i]].packed()));
  }
  void end(Session& session, bool commit) {
    world_.transactions->release_snapshot(*session.slot, session.snapshot);
    ++clock_;
    if (!commit) {
      world_.rollback(session.transaction, random_() % 2 == 0);
      return;
    }
    world_.commit(session.transaction);
    for (uint64_t id : session.touched) {
      auto row = session.rows.find(id);
      if (row == session.rows.end()) {
        committed_.erase(id);
      } else {
        committed_[id] = row->second;
      }
      changed_at_[id] = clock_;
    }
  }

  HeapWorld world_;
  std::mt19937_64 random_;
  Session sessions_[kSessions];
  TwinRows committed_;
  std::map<uint64_t, uint64_t> changed_at_;
  uint64_t clock_ = 0;
};

void run_heap_twin(uint64_t seed, uint16_t rows_per_page, int steps) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  StorageOptions options;
  options.items_per_page_max = rows_per_page;
  HeapTwin twin(seed, options);
  for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
    twin.step();
    if (i % 100 == 99) twin.verify();
  }
  if (!::testing::Test::HasFailure()) twin.settle();
}

TEST(HeapTwin, FullPages) {
  for (uint64_t seed = 1; seed <= 12; ++seed) run_heap_twin(seed, 0, 700);
}
TEST(HeapTwin, FewRowsAPage) {
  for (uint64_t seed = 101; seed <= 112; ++seed) run_heap_twin(seed, 3, 700);
}

}  // namespace
}  // namespace rowan
