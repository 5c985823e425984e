// The extent map: sizes, reuse, what comes back from a checkpoint; and against a naive twin.
#include "storage/space/space_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace rowan::storage_test {
namespace {

PageNo take_new(SpaceMap& map, RelationId relation) {
  std::optional<PageNo> page = map.take(relation);
  if (!page) {
    map.add_extent(relation, map.plan_extent(relation));
    page = map.take(relation);
  }
  map.mark_used(*page, relation);
  return *page;
}

TEST(SpaceMap, ExtentsGrow) {
  SpaceMap map;
  for (int i = 0; i < 300; ++i) take_new(map, 2000);
  std::vector<uint32_t> sizes;
  for (PageRun run : map.extents(2000)) sizes.push_back(run.count);
  EXPECT_EQ(sizes, (std::vector<uint32_t>{1, 1, 2, 4, 8, 16, 32, 64, 64, 64, 64}));
  EXPECT_EQ(map.anchor(2000), kFirstPage);
  EXPECT_EQ(map.page_count(2000), 300u);
  EXPECT_TRUE(map.problems().empty());
}

TEST(SpaceMap, ADroppedRelationIsUsedAgainFromTheFront) {
  SpaceMap map;
  for (int i = 0; i < 100; ++i) take_new(map, 2000);
  for (int i = 0; i < 10; ++i) take_new(map, 2001);
  PageNo length = map.file_pages();
  map.drop_relation(2000);
  EXPECT_EQ(take_new(map, 2002), kFirstPage);
  EXPECT_EQ(map.file_pages(), length);
  map.drop_relation(2001);
  map.drop_relation(2002);
  EXPECT_EQ(map.cut_tail(), kFirstPage);
  EXPECT_TRUE(map.problems().empty());
}

TEST(SpaceMap, ARunKeepsAwayFromWhatIsSpared) {
  SpaceMap map;
  PageNo first = kFirstPage;
  map.add_extent(2000, {first, 20});
  map.add_extent(2001, {first + 20, 1});
  map.drop_relation(2000);  // one hole of 20 pages, then a page in use
  EXPECT_EQ(map.plan_run(3), (PageRun{first, 3}));
  EXPECT_EQ(map.plan_run(3, {{first, 1}}), (PageRun{first + 1, 3}));
  EXPECT_EQ(map.plan_run(3, {{first + 3, 2}}), (PageRun{first, 3}));
  EXPECT_EQ(map.plan_run(3, {{first + 7, 2}, {first + 2, 2}, {first, 1}}), (PageRun{first + 4, 3}));
  EXPECT_EQ(map.plan_run(3, {{first + 7, 2}, {first + 2, 3}}), (PageRun{first + 9, 3}));
  EXPECT_EQ(map.plan_run(3, {{first, 8}, {first + 4, 2}, {first + 10, 5}}), (PageRun{first + 15, 3}));
  EXPECT_EQ(map.plan_run(6, {{first, 8}, {first + 10, 5}}), (PageRun{map.file_pages(), 6}));
  map.add_extent(2002, {first + 21, 9});
  map.drop_relation(2002);  // another hole behind the page in use
  EXPECT_EQ(map.plan_run(3, {{first, 23}}), (PageRun{first + 23, 3}));
  EXPECT_EQ(map.plan_run(3, {{0, first + 40}}), (PageRun{map.file_pages(), 3}));
}

TEST(SpaceMap, APageBelowALimit) {
  SpaceMap map;
  map.add_extent(2000, {kFirstPage, 20});
  map.add_extent(2001, {kFirstPage + 20, 4});
  for (int i = 0; i < 300; ++i) take_new(map, 2002);  // its next extent has 64 pages
  PageNo tail = map.file_pages() - 1;
  // Of its extents: the lowest, and none at or behind the limit.
  EXPECT_EQ(map.take(2001, kFirstPage + 20), std::nullopt);
  EXPECT_EQ(map.take(2001, kFirstPage + 21), kFirstPage + 20);
  EXPECT_EQ(map.take(2001, kFirstPage + 21), std::nullopt);
  EXPECT_EQ(map.take(2001), kFirstPage + 21);
  // Of a hole: as large as may be, and never at the file's end.
  EXPECT_EQ(map.plan_extent_below(2002, kNoPage), std::nullopt);
  map.drop_relation(2000);  // a hole of 20 pages
  EXPECT_EQ(map.plan_extent_below(2002, tail), (PageRun{kFirstPage, 16}));
  EXPECT_EQ(map.plan_extent_below(2002, kFirstPage + 16), (PageRun{kFirstPage, 16}));
  EXPECT_EQ(map.plan_extent_below(2002, kFirstPage + 15), (PageRun{kFirstPage, 8}));
  EXPECT_EQ(map.plan_extent_below(2002, kFirstPage + 1), (PageRun{kFirstPage, 1}));
  EXPECT_EQ(map.plan_extent_below(2002, kFirstPage), std::nullopt);
  EXPECT_TRUE(map.problems().empty());
}

TEST(SpaceMap, FollowsANaiveTwin) {
  std::mt19937 dice(8841);
  SpaceMap map;
  std::map<PageNo, RelationId> twin;
  for (int i = 0; i < 20000; ++i) {
    RelationId relation = 2000 + dice() % 5;
    unsigned kind = dice() % 100;
    if (kind < 60) {
      PageNo page = take_new(map, relation);
      EXPECT_EQ(twin.count(page), 0u);
      twin[page] = relation;
    } else if (kind < 97 && !twin.empty()) {
      auto place = twin.lower_bound(kFirstPage + dice() % map.file_pages());
      if (place == twin.end()) place = twin.begin();
      map.mark_freed(place->first);
      if (std::optional<PageRun> run = map.empty_extent(place->first)) map.remove_extent(place->second, *run);
      twin.erase(place);
    } else if (kind == 97) {
      map.drop_relation(relation);
      std::erase_if(twin, [&](const auto& entry) { return entry.second == relation; });
    } else if (kind == 98) {
      map.cut_tail();
    } else {
      SpaceMap copy;
      ASSERT_TRUE(copy.deserialize(map.serialize()));
      map = copy;
    }
    if (i % 100 != 0) continue;
    for (RelationId each = 2000; each < 2005; ++each) {
      std::vector<PageNo> expected, found(100000);
      for (auto& [page, owner] : twin) {
        if (owner == each) expected.push_back(page);
      }
      found.resize(map.pages(each, 0, found));
      EXPECT_EQ(found, expected);
    }
    ASSERT_EQ(map.problems(), std::vector<std::string>());
  }
}

TEST(SpaceMap, NonsenseIsRefused) {
  SpaceMap map;
  for (int i = 0; i < 20; ++i) take_new(map, 2000);
  std::string bytes = map.serialize();
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(SpaceMap().deserialize(bytes.substr(0, length)));
  }
}

}  // namespace
}  // namespace rowan::storage_test
