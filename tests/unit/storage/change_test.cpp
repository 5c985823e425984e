// In which order one change of several pages is seen by who holds no latch.
#include "storage/change.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "storage/pool/pool.h"
#include "tests/unit/storage/storage_world.h"

namespace rowan::storage_test {
namespace {

constexpr RelationId kRelation = 2000;

// A parent whose numbers are its child's page number, as an inner page of an index leads to the next.
class Family {
 public:
  explicit Family(StorageWorld& world) : world_(world) {
    child_ = world.make(kRelation, 0, true).value();
    parent_ = world.make(kRelation, child_, true).value();
  }

  // A new child in the old one's place: to be freed, to lead there and to be led to, in the worst order.
  Result<> renew() {
    WriteGuard old = TRY(pool().write(child_));
    WriteGuard parent = TRY(pool().write(parent_));
    WriteGuard fresh = TRY(pool().create(kRelation, PageType::Toy));
    std::vector<uint64_t> numbers(kNumbers, fresh.number());
    auto bytes = std::as_bytes(std::span(numbers));
    Change change(*world_.storage, kSetNumbers, kRelation, kNoWriteId);
    change.add_free(old);
    change.add(parent, bytes);
    change.add_image(fresh, kPageHeaderSize, kPageSize - kPageHeaderSize);
    TRY(change.reserve());
    std::memcpy(parent.page().body(), numbers.data(), bytes.size());
    fresh.header().flags |= kPageInner;
    child_ = fresh.number();
    change.commit();
    return {};
  }

  // Whether the page that the parent leads to can be read: it can, or the parent leads elsewhere by now, and
  // not back within the same epoch.
  Result<bool> leads_somewhere() {
    EpochGuard epoch(world_.storage->epochs());
    PageNo before = TRY(led_to(epoch));
    InnerRead child = TRY(pool().inner(before, epoch));
    if (child) return true;
    PageNo now = TRY(led_to(epoch));
    return now != before;
  }

 private:
  BufferPool& pool() { return world_.storage->pool(); }
  Result<PageNo> led_to(EpochGuard& epoch) {
    InnerRead parent = TRY(pool().inner(parent_, epoch));
    uint64_t number = TRY(StorageWorld::read_equal(parent.page()));
    return static_cast<PageNo>(number);
  }

  StorageWorld& world_;
  PageNo child_ = kNoPage, parent_ = kNoPage;
};

TEST(Change, WhatIsSeenToLeadToAPageLeadsToOne) {
  StorageOptions options = small_storage();
  options.pool_bytes = 1024 * kPageSize;  // no page leaves, so who reads never steps out of his epoch
  StorageWorld world("db", options);
  world.open().value();
  Family family(world);
  std::atomic<bool> goes_on{true};
  std::atomic<int> looks{0};
  std::atomic<int> lost{0};
  std::thread reader([&] {
    while (goes_on) {
      if (!family.leads_somewhere().value()) ++lost;
      ++looks;
    }
  });
  for (int i = 0; i < 2000 || looks < 100000; ++i) family.renew().value();
  goes_on = false;
  reader.join();
  EXPECT_EQ(lost, 0);
}

}  // namespace
}  // namespace rowan::storage_test
