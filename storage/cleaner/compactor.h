// storage/cleaner/compactor.h: keeps the file near the size of what is in it. When much of the file is free
// or its pages hold few rows, what lies at the end moves to the front, extent by extent: rows by themselves
// (storage/cleaner/row_mover.h), index pages whole. Extents that are left by all are freed, and checkpoints
// punch them and cut the tail. No statement waits for it, and it stops as soon as the gain is small.
//
// Nothing on a page of values out of line says whose they are. So where such pages lie in what is to be cut
// off, the relation's rows are gone through, once a pass, and those that have values there move with these.
//
// A file is worth it when it is half as long again as what its pages would fill, and at least 2 MiB longer.
// What cannot move (values over 1 MiB, rows that are locked or that some snapshot does not see yet) stays,
// and is looked at again in a later pass.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "storage/cleaner/row_mover.h"
#include "storage/space/space.h"
#include "types/ids.h"
#include "types/result.h"

namespace rowan {

class Storage;

class Compactor {
 public:
  // Moves what it can of an index out of `run`, to below it; false: there is no such index. `go_on` is asked
  // before each page.
  using VacateIndex =
      std::function<Result<bool>(RelationId, PageRun run, const std::function<bool()>& go_on)>;

  // All outlive this.
  Compactor(Storage& storage, PageSets& page_sets, RowMover& mover, VacateIndex vacate_index);

  // A few pages, if there is something to do. True: there is more. One thread at a time; hold no latch.
  // Errors: as RowMover::move; the pass is given up, a later one begins anew.
  Result<bool> step(const std::function<bool()>& go_on);

  // As if the time between two looks had passed and something had happened.
  void look_now() {
    next_look_ = 0;
    seen_ = 0;
  }

 private:
  struct Size {
    uint64_t file = 0;    // pages
    uint64_t needed = 0;  // pages that the contents would fill
  };
  Result<Size> measure();
  Result<double> free_share(RelationId relation, std::span<const PageNo> pages);
  Result<bool> is_of(RelationId relation, PageNo page, PageType type);
  bool is_small() const;
  bool is_worth_it(const Size& size) const;
  Result<> begin_pass();
  Result<bool> vacate(const Space::OwnedRun& extent, const std::function<bool()>& go_on);
  Result<bool> step_through_extents(const std::function<bool()>& go_on);
  Result<bool> step_through_rows(const std::function<bool()>& go_on);
  Result<bool> move_values(RelationId relation, PageNo page, const std::function<bool()>& go_on);
  void end_pass();

  Storage& storage_;
  PageSets& page_sets_;
  RowMover& mover_;
  const VacateIndex vacate_index_;
  const Lsn opened_;

  std::vector<Space::OwnedRun> extents_;  // of this pass, the last one to be vacated first
  size_t at_ = 0;
  PageNo next_page_ = kNoPage;  // in extents_[at_]: the page behind the next one
  uint64_t before_ = 0;         // the file's length when the pass began
  uint64_t goal_ = 0;           // and what it should become

  std::vector<RelationId> with_values_;  // that have values out of line in extents_; the last one is next
  PageNo next_rows_ = 0;                 // of that relation: the next page of rows
  PageNo values_limit_ = 0;              // where its values have to go from

  MonotonicNs next_look_ = 0;
  MonotonicNs pause_ = 0;  // until the look after that; longer when passes bring nothing
  Lsn seen_ = 0;           // the log's end at the last look
};

}  // namespace rowan
