// move_counter.h: how many rows, pages with values out of line and index pages a round of the background has
// moved.
#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "api/instance.h"
#include "storage/heap/internals.h"
#include "storage/heap/overflow_page.h"

namespace rowan::sql_crash {

struct MoveCounter {
  size_t rows = 0, values = 0, index_pages = 0;

  void begin(Instance& instance) {
    before_ = index_pages_of(instance);
    values_before_ = values_of(instance);
  }
  void end(Instance& instance) {
    // Whatever moved earlier was cleaned at the round's beginning, for there is no snapshot.
    for (const catalog::TablePtr& table : instance.catalog().newest()->tables()) {
      Result<HeapPtr> heap = instance.relations().heap(*table);
      if (heap.ok()) rows += (*heap)->internals().moved.count();
    }
    // Nobody but a move puts values anywhere in the background.
    for (const auto& [page, bytes] : values_of(instance)) {
      auto earlier = values_before_.find(page);
      values += earlier == values_before_.end() || earlier->second < bytes ? 1 : 0;
    }
    // An index page more here and one less there.
    std::vector<PageNo> after = index_pages_of(instance), gone, come;
    std::set_difference(before_.begin(), before_.end(), after.begin(), after.end(), std::back_inserter(gone));
    std::set_difference(after.begin(), after.end(), before_.begin(), before_.end(), std::back_inserter(come));
    index_pages += std::min(gone.size(), come.size());
  }

 private:
  static std::vector<PageNo> index_pages_of(Instance& instance) {
    const Space& space = instance.storage().space();
    std::vector<PageNo> all;
    for (const catalog::IndexPtr& index : instance.catalog().newest()->indexes()) {
      std::vector<PageNo> pages(space.page_count(index->storage));
      pages.resize(space.pages(index->storage, 0, pages));
      all.insert(all.end(), pages.begin(), pages.end());
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  // Bytes of each page of values out of line.
  static std::map<PageNo, uint32_t> values_of(Instance& instance) {
    const Space& space = instance.storage().space();
    std::map<PageNo, uint32_t> all;
    for (const catalog::TablePtr& table : instance.catalog().newest()->tables()) {
      std::vector<PageNo> pages(space.page_count(table->storage));
      pages.resize(space.pages(table->storage, 0, pages));
      for (PageNo page : pages) {
        Result<ReadGuard> guard = instance.storage().pool().read(page);
        if (!guard.ok() || guard->header().type != PageType::HeapOverflow) continue;
        all[page] = guard->header().capacity;
      }
    }
    return all;
  }
  std::vector<PageNo> before_;
  std::map<PageNo, uint32_t> values_before_;
};

}  // namespace rowan::sql_crash
