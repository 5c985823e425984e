#include "storage/cleaner/compactor.h"

#include <algorithm>
#include <array>

#include "storage/file/clock.h"
#include "storage/heap/overflow_page.h"
#include "storage/heap/page.h"
#include "storage/heap/page_sets.h"
#include "storage/pool/pool.h"
#include "storage/storage.h"
#include "types/try.h"

namespace rowan {

namespace {
constexpr MonotonicNs kLooksApart = 1'000'000'000;
constexpr MonotonicNs kLooksApartMax = 64 * kLooksApart;
constexpr MonotonicNs kIdleMax = 8 * kLooksApart;
constexpr uint32_t kPagesAtOnce = 16;
constexpr uint64_t kValueBytesAtOnce = uint64_t{1} << 20;
constexpr size_t kPagesAsked = 32;
constexpr size_t kRelationsAsked = 64;
constexpr uint64_t kLeastGain = 128;  // pages
constexpr uint64_t kLeastGainOfSmall = 8;
}  // namespace

Compactor::Compactor(Storage& storage, PageSets& page_sets, RowMover& mover, VacateIndex vacate_index)
    : storage_(storage),
      page_sets_(page_sets),
      mover_(mover),
      vacate_index_(std::move(vacate_index)),
      opened_(storage.change_mark()) {}

// How much of what rows, or values out of line, may take on those pages is free, from 0 to 1.
Result<double> Compactor::free_share(RelationId relation, std::span<const PageNo> pages) {
  constexpr double kRoom = kPageSize - kPageHeaderSize;
  double free = 0;
  for (PageNo page : pages) {
    Result<ReadGuard> read = storage_.pool().read(page);
    if (!read.ok() && read.error().state() == sqlstate::data_corrupted) continue;  // who needs it is told
    ReadGuard guard = TRY(std::move(read));
    if (guard.header().relation != relation) continue;
    if (guard.header().type == PageType::HeapOverflow) free += OverflowView(guard.page()).room() / kRoom;
    if (guard.header().type != PageType::HeapHome) continue;
    HeapView view(guard.page());
    double used = view.header().count * (24.0 + view.shape().row_width()) + view.live_bytes();
    uint16_t items_max = storage_.options().items_per_page_max;
    free += items_max == 0 ? std::max(0.0, 1 - used / kRoom)
                           : std::max(0.0, 1 - double{view.header().count * 1.0} / items_max);
  }
  return pages.empty() ? 0 : free / static_cast<double>(pages.size());
}

Result<Compactor::Size> Compactor::measure() {
  Size size;
  const Space& space = storage_.space();
  size.file = space.file_pages();
  struct Roomy {
    uint64_t count;
    RelationId relation;
    RoomFor what;
    auto operator<=>(const Roomy&) const = default;
  };
  std::vector<Roomy> roomy;
  uint64_t pages = 0, pages_with_room = 0;
  std::vector<PageNo> some;
  for (RelationId relation : space.relations()) {
    pages += space.page_count(relation);
    if (relation < kFirstCatalogRelation) continue;
    for (RoomFor what : {RoomFor::Rows, RoomFor::Values}) {
      uint64_t count = page_sets_.room(relation, what, 0, some);
      if (count > 0) roomy.push_back({count, relation, what});
      pages_with_room += count;
    }
  }
  size.needed = pages;
  // Not worth it were they all empty: then none is read.
  if (!is_worth_it({size.file, pages - std::min(pages, pages_with_room)})) return size;
  std::sort(roomy.rbegin(), roomy.rend());
  if (roomy.size() > kRelationsAsked) roomy.resize(kRelationsAsked);
  for (const auto& [count, relation, what] : roomy) {
    some.clear();
    page_sets_.room(relation, what, kPagesAsked, some);
    double share = TRY(free_share(relation, some));
    size.needed -= std::min(size.needed, static_cast<uint64_t>(static_cast<double>(count) * share));
  }
  return size;
}

bool Compactor::is_small() const {
  return storage_.options().items_per_page_max != 0;
}

bool Compactor::is_worth_it(const Size& size) const {
  // Where the debug limit makes all things small, for tests, little is enough.
  if (is_small()) return size.file * 8 > size.needed * 9 && size.file > size.needed + kLeastGainOfSmall;
  return size.file * 2 > size.needed * 3 && size.file > size.needed + kLeastGain;
}

Result<> Compactor::begin_pass() {
  Lsn end = storage_.change_mark();
  MonotonicNs now = storage_.clock().now_ns();
  // Nobody has written yet: opening a file does not change it.
  if (end == opened_ || end == seen_ || now < next_look_) return {};
  next_look_ = now + kLooksApart;
  seen_ = end;
  Size size = TRY(measure());
  // Looks that find nothing, and passes that bring nothing, become rarer.
  bool is_worth = is_worth_it(size);
  bool was_in_vain = before_ != 0 && size.file >= before_;
  pause_ = is_worth && !was_in_vain
               ? kLooksApart
               : std::clamp(pause_ * 2, kLooksApart, is_worth ? kLooksApartMax : kIdleMax);
  next_look_ = now + pause_;
  before_ = 0;
  if (!is_worth) return {};
  before_ = size.file;
  extents_ = storage_.space().extents_from_the_end();
  goal_ = size.needed + (is_small() ? 0 : size.needed / 4);
  std::erase_if(extents_, [&](const Space::OwnedRun& extent) {
    return extent.run.end() <= goal_ || extent.relation < kFirstCatalogRelation;
  });
  at_ = 0;
  next_page_ = kNoPage;
  return {};
}

void Compactor::end_pass() {
  extents_.clear();
  at_ = 0;
  next_page_ = kNoPage;
  with_values_.clear();
}

Result<bool> Compactor::is_of(RelationId relation, PageNo page, PageType type) {
  ReadGuard guard = TRY(storage_.pool().read(page));
  return guard.header().relation == relation && guard.header().type == type;
}

// True: done with the extent.
Result<bool> Compactor::vacate(const Space::OwnedRun& extent, const std::function<bool()>& go_on) {
  if (next_page_ == kNoPage) {
    bool is_index = TRY(vacate_index_(extent.relation, extent.run, go_on));
    if (is_index) return true;
  }
  std::array<PageNo, SpaceMap::kExtentMax> all;
  size_t count = storage_.space().pages(extent.relation, extent.run.start, all);
  uint32_t looked_at = 0;
  for (size_t i = count; i-- > 0;) {
    if (all[i] >= extent.run.end() || all[i] >= next_page_) continue;
    if (looked_at++ == kPagesAtOnce || !go_on()) return false;
    bool is_values = TRY(is_of(extent.relation, all[i], PageType::HeapOverflow));
    if (is_values) {
      next_page_ = all[i];
      if (std::find(with_values_.begin(), with_values_.end(), extent.relation) == with_values_.end())
        with_values_.push_back(extent.relation);
      continue;
    }
    RowMover::Outcome outcome = TRY(mover_.move(extent.relation, all[i], extent.run.start));
    if (outcome.has_more && outcome.moved > 0) return false;  // the same page once more
    next_page_ = all[i];
    if (!outcome.has_room) {
      // Further in front there is no more of it.
      auto is_full = [&](const Space::OwnedRun& other) { return other.relation == extent.relation; };
      extents_.erase(
          std::remove_if(extents_.begin() + static_cast<ptrdiff_t>(at_) + 1, extents_.end(), is_full),
          extents_.end());
      return true;
    }
  }
  return true;
}

// True: the pass goes on.
Result<bool> Compactor::step_through_extents(const std::function<bool()>& go_on) {
  Result<bool> done = vacate(Space::OwnedRun(extents_[at_]), go_on);
  if (done.ok() && !*done) return true;
  // A damaged page spoils only its extent.
  if (!done.ok() && done.error().state() != sqlstate::data_corrupted) return done;
  next_page_ = kNoPage;
  if (++at_ < extents_.size()) return true;
  next_rows_ = 0;
  values_limit_ = static_cast<PageNo>(goal_);
  if (!with_values_.empty() || done.ok()) return !with_values_.empty();
  return done;
}

// True: done with the page of rows.
Result<bool> Compactor::move_values(RelationId relation, PageNo page, const std::function<bool()>& go_on) {
  uint64_t bytes = 0;
  for (;;) {
    if (bytes >= kValueBytesAtOnce || !go_on()) return false;
    RowMover::Outcome outcome = TRY(mover_.move_values(relation, page, values_limit_));
    if (!outcome.has_room) {
      // All that would be cut off finds no place: then less of it.
      constexpr uint64_t kLeast = SpaceMap::kExtentMax;
      uint64_t end = storage_.space().file_pages();
      uint64_t tail = end > values_limit_ ? (end - values_limit_) / 2 : 0;
      values_limit_ = static_cast<PageNo>(end - tail);
      next_rows_ = tail >= kLeast ? 0 : kNoPage;
      return false;
    }
    if (!outcome.has_more || outcome.moved == 0) return true;
    bytes += outcome.value_bytes;
  }
}

// True: the pass goes on.
Result<bool> Compactor::step_through_rows(const std::function<bool()>& go_on) {
  RelationId relation = with_values_.back();
  std::array<PageNo, kPagesAtOnce> pages;
  size_t count = next_rows_ == kNoPage ? 0 : storage_.space().pages(relation, next_rows_, pages);
  for (size_t i = 0; i < count; ++i) {
    next_rows_ = pages[i];
    bool is_rows = TRY(is_of(relation, pages[i], PageType::HeapHome));
    if (is_rows) {
      bool done = TRY(move_values(relation, pages[i], go_on));
      if (!done) return true;
    }
    next_rows_ = pages[i] + 1;
  }
  if (count > 0) return true;
  with_values_.pop_back();
  next_rows_ = 0;
  values_limit_ = static_cast<PageNo>(goal_);
  return !with_values_.empty();
}

Result<bool> Compactor::step(const std::function<bool()>& go_on) {
  if (extents_.empty()) TRY(begin_pass());
  if (extents_.empty()) return false;
  bool has_extents = at_ < extents_.size();
  Result<bool> more = has_extents ? step_through_extents(go_on) : step_through_rows(go_on);
  if (more.ok() && *more) return true;
  if (!has_extents && !more.ok() && more.error().state() == sqlstate::data_corrupted) {
    ++next_rows_;  // such a page is passed over
    return true;
  }
  end_pass();
  return more;
}

}  // namespace rowan
