// Rows that move, against a naive twin that knows nothing of it: transactions at random, of both levels, each
// with a copy of what it may see. Whatever page is moved when, each sees every row once, and every attempt to
// write ends as it would have without the move.
#include <random>

#include "storage/cleaner/row_mover.h"
#include "storage/heap/internals.h"
#include "tests/crash/seeds.h"
#include "tests/unit/storage/heap_world.h"

namespace rowan {
namespace {

// A row is known by its number, which stays; its key changes.
using MoverTwinRows = std::map<int32_t, HeapRow>;

class MoverTwin {
 public:
  MoverTwin(uint64_t seed, StorageOptions options) : world_(nullptr, options), random_(seed) {
    world_.create(kHeapRowForms);
    world_.types = kHeapRowTypes;
    world_.index = std::make_unique<HeapTestIndex>(0);
    mover_ = std::make_unique<RowMover>(
        *world_.transactions, *world_.commits, world_.sets,
        [this](RelationId, LockOwner&) -> Result<RelationStorage> { return world_.parts(); });
    for (Session& session : sessions_) session.slot = &world_.transactions->open_slot();
  }
  ~MoverTwin() {
    for (Session& session : sessions_) {
      if (session.transaction.is_active()) end(session, false);
      world_.transactions->close_slot(*session.slot);
    }
  }

  void step() {
    uint64_t what = random_() % 20;
    if (what == 0) {
      world_.clean();
    } else if (what < 5) {
      move();
    } else {
      act(what);
    }
  }
  void settle() {
    for (Session& session : sessions_)
      if (session.transaction.is_active()) end(session, true);
    for (int round = 0; round < 3; ++round) world_.clean();
    world_.verify();
    EXPECT_EQ(world_.sets.pages_to_clean(), 0u);
    EXPECT_FALSE(world_.heap->has_moved_rows());
    Session& session = sessions_[0];
    look(session);
    std::set<std::pair<std::string, uint64_t>> entries;
    for (const auto& [number, id] : session.ids)
      entries.insert({std::to_string(session.rows.at(number).key), id});
    EXPECT_EQ(world_.index->entries, entries);
    end(session, true);
  }
  void verify() { world_.verify(); }
  uint32_t moved() const { return moved_; }
  uint32_t moved_with_values() const { return with_values_; }
  uint32_t sent_on() const { return sent_on_; }

 private:
  static constexpr size_t kSessions = 4;
  using Own = std::map<int32_t, std::optional<HeapRow>>;  // nullopt: deleted
  struct Session {
    SnapshotSlot* slot = nullptr;
    Transaction transaction;
    Snapshot snapshot;
    bool repeatable = false;
    uint64_t looked = 0;              // the time of the snapshot
    MoverTwinRows base;               // what was committed then
    Own own;                          // what it has written, less what it took back
    MoverTwinRows rows;               // both: what its last look must show
    std::map<int32_t, uint64_t> ids;  // where that look found them
    std::set<int32_t> since;          // written since that look
    std::vector<std::pair<Savepoint, Own>> marks;
  };

  void act(uint64_t what) {
    Session& session = sessions_[random_() % kSessions];
    if (!session.transaction.is_active() || random_() % 3 == 0) look(session);
    if (what < 8) {
      insert(session);
    } else if (what < 13) {
      write(session, random_() % 3 == 0);
    } else if (what == 13) {
      session.marks.emplace_back(world_.transactions->set_savepoint(session.transaction), session.own);
    } else if (what == 14) {
      rollback_to(session);
    } else if (what < 17) {
      end(session, random_() % 4 != 0);
    } else {
      look(session);
    }
  }

  // A statement begins: a new snapshot, or own writes seen by the old one.
  void look(Session& session) {
    if (!session.transaction.is_active()) {
      session.repeatable = random_() % 3 != 0;
      session.transaction = world_.begin(
          *session.slot, session.repeatable ? IsolationLevel::RepeatableRead : IsolationLevel::ReadCommitted);
      session.own.clear();
      session.marks.clear();
      take_snapshot(session);
    } else if (session.repeatable) {
      Snapshot next = world_.transactions->refresh_own(session.transaction, session.snapshot);
      world_.transactions->release_snapshot(*session.slot, session.snapshot);
      session.snapshot = next;
    } else {
      world_.transactions->release_snapshot(*session.slot, session.snapshot);
      take_snapshot(session);
    }
    session.since.clear();
    session.rows = session.base;
    for (const auto& [number, row] : session.own) {
      if (row)
        session.rows[number] = *row;
      else
        session.rows.erase(number);
    }
    scan(session);
    fetch(session);
  }
  void take_snapshot(Session& session) {
    session.snapshot = heap_must(world_.transactions->take_snapshot(session.transaction));
    session.base = committed_;
    session.looked = clock_;
  }
  void scan(Session& session) {
    MoverTwinRows seen;
    session.ids.clear();
    for (const auto& [id, row] :
         scan_heap_rows(world_, session.snapshot, random_() % 2 == 0 ? 5 : kBatchRows)) {
      ASSERT_TRUE(seen.emplace(*row.number, row).second) << "row " << *row.number << " seen twice";
      session.ids[*row.number] = id;
      known_.insert(id);
    }
    for (const auto& [number, row] : session.rows)
      ASSERT_EQ(seen.count(number), 1u) << "row " << number << " not seen";
    ASSERT_EQ(seen.size(), session.rows.size()) << "rows seen that are gone";
    ASSERT_TRUE(seen == session.rows) << "another version seen";
  }
  // By id, at old homes and new ones.
  void fetch(Session& session) {
    std::vector<RowId> ids;
    std::set<uint64_t> seen_at;
    for (const auto& [number, id] : session.ids) seen_at.insert(id);
    for (uint64_t id : known_) ids.push_back(RowId::unpack(id));
    std::shuffle(ids.begin(), ids.end(), random_);
    ids.resize(std::min<size_t>(ids.size(), kBatchRows));
    Batch out(kHeapRowTypes, kBatchRows);
    std::vector<uint16_t> from(kBatchRows);
    uint32_t count = heap_must(world_.heap->fetch(
        session.snapshot, {world_.heap->layout(0), {0, 1, 2}, false}, ids, out, from.data()));
    size_t expected = 0;
    for (RowId id : ids) expected += seen_at.count(id.packed());
    ASSERT_EQ(count, expected);
    for (uint32_t i = 0; i < count; ++i) {
      HeapRow row = get_heap_row(out, i);
      ASSERT_EQ(row, session.rows.at(*row.number));
    }
  }

  HeapRow any_row(int32_t number) {
    constexpr size_t kLengths[] = {0, 3, 6, 7, 20, 100, 700, 2040, 2100, 40000};
    HeapRow row;
    row.key = static_cast<int64_t>(random_() % 50);
    row.number = number;
    size_t pick = random_() % 40;
    size_t length = kLengths[pick < 10 ? pick : pick % 6];
    if (pick != 0) row.text = std::string(length, static_cast<char>('a' + random_() % 26));
    if (random_() % 6 == 0) length = random_() % 2 == 0 ? 3000 : 40000;
    if (length > 2000 && random_() % 4 != 0) row.text = heap_noise(length, random_());
    return row;
  }
  void insert(Session& session) {
    std::vector<HeapRow> rows(1 + random_() % 8);
    for (HeapRow& row : rows) row = any_row(next_number_++);
    std::vector<RowId> ids = insert_heap_rows(world_, session.transaction, rows);
    for (size_t i = 0; i < ids.size(); ++i) {
      session.own[*rows[i].number] = rows[i];
      world_.index->insert(rows[i].key, ids[i]);
    }
  }
  RowFate expected_fate(Session& session, int32_t number) {
    if (session.since.count(number) != 0) return RowFate::OwnLater;
    for (Session& other : sessions_)
      if (&other != &session && other.transaction.is_active() && other.own.count(number) != 0)
        return RowFate::WaitForWriter;
    auto changed = changed_at_.find(number);
    if (session.own.count(number) == 0 && changed != changed_at_.end() && changed->second > session.looked)
      return committed_.count(number) != 0 ? RowFate::Updated : RowFate::Deleted;
    return RowFate::Done;
  }
  RowOutcome attempt(Session& session, RowId at, Seen seen, const HeapRow* row, bool keys_changed) {
    if (row != nullptr) return update_heap_row(world_, session.transaction, at, seen, *row, keys_changed);
    return heap_must(world_.heap->remove(session.transaction, at, seen, nullptr));
  }
  void write(Session& session, bool removes) {
    if (session.ids.empty()) return;
    auto picked = session.ids.begin();
    std::advance(picked, static_cast<std::ptrdiff_t>(random_() % std::min<size_t>(session.ids.size(), 30)));
    write(session, removes, picked->first, RowId::unpack(picked->second));
  }
  // `at`: where its last look found the row.
  void write(Session& session, bool removes, int32_t number, RowId at) {
    HeapRow before = session.rows.at(number), row = any_row(number);
    if (random_() % 2 == 0) row.key = before.key;
    RowFate expected = expected_fate(session, number);
    Seen seen{&session.snapshot, kNoWriteId};
    const HeapRow* to = removes ? nullptr : &row;
    RowOutcome outcome = attempt(session, at, seen, to, row.key != before.key);
    for (; outcome.fate == RowFate::Moved; ++sent_on_) {
      at = outcome.row;
      seen.version = outcome.version;
      outcome = attempt(session, at, seen, to, row.key != before.key);
    }
    ASSERT_EQ(outcome.fate, expected) << "row " << number;
    if (outcome.fate == RowFate::Updated && !session.repeatable) {
      Batch newest(kHeapRowTypes, 1);
      LatestRow latest = heap_must(world_.heap->fetch_latest(
          &session.transaction, {world_.heap->layout(0), {0, 1, 2}, false}, at, newest, 0));
      ASSERT_EQ(latest.state, LatestState::Live);
      before = get_heap_row(newest, 0);
      ASSERT_EQ(before, committed_.at(number));
      outcome = attempt(session, at, {&session.snapshot, latest.creator}, to, row.key != before.key);
      ASSERT_EQ(outcome.fate, RowFate::Done);
    }
    if (outcome.fate != RowFate::Done) return;
    session.since.insert(number);
    session.own[number] = removes ? std::nullopt : std::optional(row);
    if (!removes && row.key != before.key) world_.index->insert(row.key, at);
  }
  void rollback_to(Session& session) {
    if (session.marks.empty()) return;
    size_t which = random_() % session.marks.size();
    std::vector<WriteId> ids =
        world_.transactions->rollback_to(session.transaction, session.marks[which].first);
    heap_must(world_.cleaner->after_rollback(ids));
    session.own = session.marks[which].second;
    session.marks.resize(which + 1);
    look(session);
  }
  void end(Session& session, bool commit) {
    world_.transactions->release_snapshot(*session.slot, session.snapshot);
    ++clock_;
    if (!commit) {
      world_.rollback(session.transaction, random_() % 2 == 0);
      return;
    }
    world_.commit(session.transaction);
    for (const auto& [number, row] : session.own) {
      if (row)
        committed_[number] = *row;
      else
        committed_.erase(number);
      changed_at_[number] = clock_;
    }
  }

  // A page at random; now and then others work, or the index fails, while its rows are under way.
  void move() {
    if (known_.empty()) return;
    auto any_page = [&] {
      auto at = known_.begin();
      std::advance(at, static_cast<std::ptrdiff_t>(random_() % known_.size()));
      return RowId::unpack(*at).page;
    };
    PageNo page = any_page();
    auto limit = static_cast<PageNo>(random_() % 4 != 0 ? page : 1 + random_() % page);
    bool only_values = random_() % 2 == 0;
    if (only_values)
      limit = static_cast<PageNo>(1 + world_.storage->space().file_pages() * (random_() % 8 + 1) / 10);
    bool fails = random_() % 6 == 0;
    world_.index->before_insert = [this, fails]() -> Result<> {
      for (uint64_t i = random_() % 6; i > 0; --i) act(5 + random_() % 15);
      if (fails) return Error(sqlstate::disk_full, "no room");
      return {};
    };
    Result<RowMover::Outcome> outcome = only_values ? mover_->move_values(world_.relation, page, limit)
                                                    : mover_->move(world_.relation, page, limit);
    for (int i = 0; i < 8 && only_values && outcome.ok() && outcome->moved == 0; ++i) {
      page = any_page();
      outcome = mover_->move_values(world_.relation, page, limit);
    }
    ASSERT_TRUE(outcome.ok() || fails) << outcome.error().message();
    if (outcome.ok()) (only_values ? with_values_ : moved_) += outcome->moved;
    world_.index->before_insert = nullptr;
    // Who has looked before comes to the old homes.
    for (Session& session : sessions_)
      if (session.transaction.is_active())
        for (const auto& [number, id] : session.ids)
          if (RowId::unpack(id).page == page && random_() % 4 == 0)
            write(session, random_() % 3 == 0, number, RowId::unpack(id));
  }

  HeapWorld world_;
  std::mt19937_64 random_;
  std::unique_ptr<RowMover> mover_;
  Session sessions_[kSessions];
  MoverTwinRows committed_;
  std::map<int32_t, uint64_t> changed_at_;
  std::set<uint64_t> known_;  // ids at which a row was ever seen
  uint64_t clock_ = 0;
  int32_t next_number_ = 0;
  uint32_t moved_ = 0, with_values_ = 0, sent_on_ = 0;
};

void run_mover_twin(uint64_t first_seed, uint16_t rows_per_page, int steps) {
  uint32_t moved = 0, with_values = 0, sent_on = 0;
  for (uint64_t seed = first_seed; seed < first_seed + 8 / kSanitizerShare && !::testing::Test::HasFailure();
       ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    StorageOptions options;
    options.items_per_page_max = rows_per_page;
    MoverTwin twin(seed, options);
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      twin.step();
      if (i % 100 == 99) twin.verify();
    }
    if (!::testing::Test::HasFailure()) twin.settle();
    moved += twin.moved();
    with_values += twin.moved_with_values();
    sent_on += twin.sent_on();
  }
  std::printf("%u rows moved, %u for their values, %u writers sent on\n", moved, with_values, sent_on);
  EXPECT_GT(moved, 100u / kSanitizerShare);
  EXPECT_GT(with_values, 10u / kSanitizerShare);
  EXPECT_GT(sent_on, 10u / kSanitizerShare);
}

TEST(RowMoverTwin, FullPages) {
  run_mover_twin(1, 0, 1000);
}
TEST(RowMoverTwin, FewRowsAPage) {
  run_mover_twin(101, 4, 1000);
}

}  // namespace
}  // namespace rowan
