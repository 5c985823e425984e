// Crashes under a table: the machine stops after chosen I/O operations of a mixed workload, with what was not
// synced lost, kept, kept as a prefix or torn. What was acknowledged must be there, what was not must be
// there as a whole or not at all, every structure must be sound, and the cleaner must be able to finish its
// work.
#include <random>

#include "tests/unit/storage/heap_world.h"

namespace rowan {
namespace {

using CrashRows = std::map<uint64_t, HeapRow>;

struct HeapCrashPoint {
  uint64_t operation;
  CrashPolicy policy;
  size_t acknowledged;
  std::unique_ptr<SimFs> disk;
};

HeapRow crash_row(std::mt19937_64& random) {
  size_t lengths[] = {0, 5, 30, 300, 1500, 5000};
  return {static_cast<int64_t>(random() % 100), static_cast<int32_t>(random() % 1000),
          std::string(lengths[random() % 6], static_cast<char>('a' + random() % 26))};
}

// One transaction: inserts, updates, deletes; some are rolled back. Returns whether it committed.
bool crash_step(HeapWorld& world, std::mt19937_64& random, CrashRows& rows) {
  CrashRows next = rows;
  Transaction transaction = world.begin();
  for (int i = 0; i < 4; ++i) {
    Snapshot now = heap_must(world.transactions->take_snapshot(transaction));
    if (next.size() < 5 || random() % 3 == 0) {
      std::vector<HeapRow> fresh(1 + random() % 12);
      for (HeapRow& row : fresh) row = crash_row(random);
      std::vector<RowId> ids = insert_heap_rows(world, transaction, fresh);
      for (size_t n = 0; n < ids.size(); ++n) next[ids[n].packed()] = fresh[n];
    } else {
      auto at = next.begin();
      std::advance(at, static_cast<std::ptrdiff_t>(random() % next.size()));
      if (random() % 4 == 0) {
        EXPECT_EQ(
            heap_must(world.heap->remove(transaction, RowId::unpack(at->first), {&now, 0}, nullptr)).fate,
            RowFate::Done);
        next.erase(at);
      } else {
        HeapRow row = crash_row(random);
        EXPECT_EQ(update_heap_row(world, transaction, RowId::unpack(at->first), {&now, 0}, row, true).fate,
                  RowFate::Done);
        at->second = row;
      }
    }
    world.transactions->release_snapshot(transaction.slot(), now);
  }
  if (random() % 4 == 0) {
    world.rollback(transaction, random() % 2 == 0);
    return false;
  }
  std::vector<WriteId> ids(transaction.write_ids().begin(), transaction.write_ids().end());
  heap_must(world.commits->commit(transaction, Durability::Sync));
  world.sets.committed(ids);
  rows = std::move(next);
  return true;
}

// One transaction that deletes every row.
void crash_ebb(HeapWorld& world, CrashRows& rows) {
  Transaction transaction = world.begin();
  Snapshot now = heap_must(world.transactions->take_snapshot(transaction));
  for (const auto& [id, row] : rows) {
    EXPECT_EQ(heap_must(world.heap->remove(transaction, RowId::unpack(id), {&now, 0}, nullptr)).fate,
              RowFate::Done);
  }
  world.transactions->release_snapshot(transaction.slot(), now);
  std::vector<WriteId> ids(transaction.write_ids().begin(), transaction.write_ids().end());
  heap_must(world.commits->commit(transaction, Durability::Sync));
  world.sets.committed(ids);
  rows.clear();
}

StorageOptions crash_options() {
  StorageOptions options;
  options.pool_bytes = 24 * kPageSize;
  options.log.segment_bytes = 1u << 20;
  options.log.buffer_bytes = 256u << 10;
  options.ring_bytes = 1u << 20;
  return options;
}

void check_crash_point(HeapCrashPoint& point, RelationId relation, const std::vector<CrashRows>& states) {
  SCOPED_TRACE("after operation " + std::to_string(point.operation) + ", policy " +
               std::to_string(static_cast<int>(point.policy)));
  HeapWorld world(point.disk.get(), crash_options());
  if (world.storage->space().anchor(relation) == kNoPage) {
    EXPECT_EQ(point.acknowledged, 0u);
    return;
  }
  world.open(relation);
  auto look = [&] {
    Transaction reader = world.begin();
    Snapshot now = heap_must(world.transactions->take_snapshot(reader));
    CrashRows seen = scan_heap_rows(world, now);
    world.transactions->release_snapshot(reader.slot(), now);
    world.commit(reader);
    return seen;
  };
  CrashRows seen = look();
  bool is_known = false;
  for (size_t count = point.acknowledged; count < states.size() && count <= point.acknowledged + 1; ++count)
    is_known |= seen == states[count];
  EXPECT_TRUE(is_known) << seen.size() << " rows, acknowledged " << states[point.acknowledged].size();
  world.verify();
  world.clean();
  world.verify();
  EXPECT_EQ(look(), seen);
  EXPECT_EQ(world.sets.pages_to_clean(), 0u);
}

// `ebbs`: now and then all rows go, and the cleaner gives their pages back. Returns how many it gave.
uint64_t run_heap_crashes(uint64_t seed, int steps, uint64_t every, bool ebbs) {
  SimFs disk;
  std::vector<HeapCrashPoint> points;
  std::vector<CrashRows> states(1);
  RelationId relation = 0;
  size_t acknowledged = 0;
  uint64_t given_back = 0;
  {
    StorageOptions options = crash_options();
    if (ebbs) options.items_per_page_max = 8;
    HeapWorld world(&disk, options);
    world.create(kHeapRowForms);
    relation = world.relation;
    std::mt19937_64 random(seed);
    constexpr CrashPolicy kPolicies[] = {CrashPolicy::Lost, CrashPolicy::Kept, CrashPolicy::Prefix,
                                         CrashPolicy::Torn, CrashPolicy::Subset};
    disk.set_hook([&](uint64_t number, SimOperation operation, const std::string&) {
      if (operation != SimOperation::Read && number % every == 0) {
        CrashPolicy policy = kPolicies[points.size() % 5];
        points.push_back({number, policy, acknowledged, disk.image(policy, seed * 1000 + number)});
      }
      return SimFault::None;
    });
    CrashRows rows;
    for (int step = 0; step < steps; ++step) {
      // The state that a commit in flight would leave is known before it is asked for.
      if (crash_step(world, random, rows)) {
        states.push_back(rows);
        ++acknowledged;
      }
      if (ebbs && step % 12 == 11) {
        crash_ebb(world, rows);
        states.push_back(rows);
        ++acknowledged;
        uint64_t before = world.storage->space().page_count(relation);
        world.clean();
        given_back += before - world.storage->space().page_count(relation);
      }
      if (step % 20 == 19) heap_must(world.storage->checkpoint());
      if (step % 15 == 14) world.clean();
    }
    disk.set_hook(nullptr);
  }
  for (HeapCrashPoint& point : points) check_crash_point(point, relation, states);
  EXPECT_GT(points.size(), 40u);
  return given_back;
}

TEST(HeapCrash, WhatWasAcknowledgedSurvivesEveryCrash) {
  for (uint64_t seed : {1u, 2u}) {
    run_heap_crashes(seed, 60, 1, false);
    if (HasFailure()) break;
  }
}

TEST(HeapCrash, PagesThatAreGivenBackTakeNothingAlong) {
  // 1070: cut off between the freeing of a row's last old version and the clearing of its page's flag.
  for (uint64_t seed : {3u, 4u, 1070u}) {
    uint64_t given_back = run_heap_crashes(seed, 60, 1, true);
    EXPECT_GT(given_back, 20u);
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace rowan
