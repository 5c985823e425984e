// storage/space/space_map.h: the extent map as plain data: who owns which run of pages, which pages of an
// extent are in use, which runs are free. No locks, no I/O, no log: Space adds those, recovery replays onto
// it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/page.h"
#include "types/ids.h"

namespace rowan {

struct PageRun {
  PageNo start = 0;
  uint32_t count = 0;
  PageNo end() const { return start + count; }
  bool operator==(const PageRun&) const = default;
};

class SpaceMap {
 public:
  static constexpr uint32_t kExtentMax = 64;

  // --- what the log tells, and what it replays; each is absolute, so replaying it twice does no harm ---
  void add_extent(RelationId relation, PageRun run);
  void remove_extent(RelationId relation, PageRun run);
  void drop_relation(RelationId relation);
  void mark_used(PageNo page, RelationId relation);  // makes an extent of one page if there is none
  void mark_freed(PageNo page);
  void set_anchor(PageNo page, RelationId relation);  // at first it is the first page that was used
  void note_relation_id(RelationId relation);

  // --- choosing, in memory alone ---
  // A page of the relation's extents below `limit` that is neither used nor taken; lowest first. Takes it.
  std::optional<PageNo> take(RelationId relation, PageNo limit = kNoPage);
  void give_back(PageNo page);
  // Until let_go, a freed page or run is not chosen again.
  void rest(PageNo page);
  void let_go(PageNo page);
  void rest(PageRun run);
  void let_go(PageRun run);
  // Where the relation's next extent (1, 1, 2, 4 … 64 pages) would lie: the first hole that fits, else the
  // end.
  PageRun plan_extent(RelationId relation) const;
  // The same in a hole below `limit`, with half as many pages, and so on, where the usual size finds none.
  std::optional<PageRun> plan_extent_below(RelationId relation, PageNo limit) const;
  // The first hole of `count` pages, else the end. `spared`: runs to keep away from, though they are free.
  PageRun plan_run(uint32_t count, std::vector<PageRun> spared = {}) const;
  // A run that belongs to kStateRelation, of any length; freed by free_run.
  void take_run(PageRun run);
  void free_run(PageRun run);
  // The extent of `page` if nothing in it is used, taken or resting… but for `page` itself when it rests.
  std::optional<PageRun> empty_extent(PageNo page) const;
  // Forgets the free run at the file's end. Returns the new length.
  PageNo cut_tail();

  // --- asking ---
  PageNo anchor(RelationId relation) const;
  size_t pages(RelationId relation, PageNo from, std::span<PageNo> out) const;
  uint64_t page_count(RelationId relation) const;
  uint64_t reserved_count(RelationId relation) const;
  std::vector<PageRun> extents(RelationId relation) const;
  RelationId owner(PageNo page) const { return page < owners_.size() ? owners_[page] : kNoRelation; }
  bool is_used(PageNo page) const;
  bool is_free(PageRun run) const;
  std::vector<RelationId> relations() const;
  PageNo file_pages() const { return static_cast<PageNo>(owners_.size()); }
  const std::map<PageNo, uint32_t>& free_runs() const { return free_; }
  RelationId next_relation() const { return next_relation_; }

  // For the checkpoint's state. Taken and resting pages count as free.
  std::string serialize() const;
  // False when the bytes make no sense.
  bool deserialize(std::string_view bytes);
  // Bookkeeping against itself; for verify().
  std::vector<std::string> problems() const;

 private:
  struct Extent {
    PageNo start;
    uint32_t count;
    uint64_t used = 0, taken = 0, resting = 0;
  };
  struct Relation {
    std::vector<Extent> extents;  // by start
    PageNo anchor = kNoPage;
    uint64_t used_count = 0;
    size_t first_open = 0;  // no extent before this one has a page to take
  };
  uint32_t next_extent_pages(RelationId relation) const;
  Extent* find(PageNo page);
  const Extent* find(PageNo page) const { return const_cast<SpaceMap*>(this)->find(page); }
  void set_owner(PageRun run, RelationId relation);
  void remove_free(PageRun run);

  std::map<RelationId, Relation> relations_;
  std::map<PageNo, uint32_t> free_;  // runs nobody owns, merged; resting ones are not in it
  std::vector<RelationId> owners_ =
      std::vector<RelationId>(kFirstPage, kNoRelation);  // one a page of the file
  std::vector<bool> resting_runs_;  // pages of runs that rest: free, but not to be chosen
  RelationId next_relation_ = 1024;
};

}  // namespace rowan
