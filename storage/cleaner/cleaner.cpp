#include "storage/cleaner/cleaner.h"

#include <algorithm>
#include <map>

#include "storage/commit.h"
#include "storage/heap/page_sets.h"
#include "txn/transactions.h"
#include "types/try.h"

namespace rowan {

Result<> Cleaner::clean_pages(RelationId relation, std::span<const PageNo> pages, const PageBitmap* mine,
                              const CleaningView& view, const WriteIdSet& gone,
                              const std::function<bool()>& go_on, Round& round) {
  auto done = [&](PageNo page, bool again) {
    if (mine == nullptr || mine->contains(page)) page_sets_.done(relation, page, again);
  };
  RelationStorage parts = TRY(find_(relation));
  if (parts.heap == nullptr) {
    if (parts.is_gone) {
      page_sets_.forget(relation);
    } else {
      page_sets_.give_back(relation,
                           mine == nullptr ? std::vector(pages.begin(), pages.end()) : mine->list());
      round.complete = false;
    }
    return {};
  }
  // Values out of line come after the rows that point to them: what an aborted row had is freed by its own
  // page.
  std::vector<PageNo> values;
  for (int pass = 0; pass < 2; ++pass) {
    for (PageNo page : pass == 0 ? pages : std::span<const PageNo>(values)) {
      if (pass == 0) {
        // Asked once: by then the page may have become one of another kind, and has to be done all the same.
        bool is_values = TRY(parts.heap->has_values_out_of_line(page));
        if (is_values) values.push_back(page);
        if (is_values) continue;
      }
      if (!go_on() || (pass == 1 && !round.complete)) {
        round.complete = false;
        done(page, true);
        continue;
      }
      Result<CleaningOutcome> cleaned = clean_page(parts, page, view, gone);
      if (!cleaned.ok()) {
        round.complete = false;
        done(page, true);
        return std::move(cleaned).error();
      }
      round.freed += cleaned->freed;
      round.complete &= cleaned->complete;
      done(page, cleaned->again);
    }
  }
  return {};
}

Cleaner::Claim::Claim(Cleaner& cleaner, WriteIdSet ids) : cleaner_(cleaner), ids_(std::move(ids)) {
  MutexLock lock(cleaner_.mutex_);
  for (const WriteIdSet* other : cleaner_.claims_)
    for (const WriteIdInterval& interval : other->intervals()) ids_.remove(interval);
  cleaner_.claims_.push_back(&ids_);
}

Cleaner::Claim::~Claim() {
  MutexLock lock(cleaner_.mutex_);
  cleaner_.claims_.erase(std::find(cleaner_.claims_.begin(), cleaner_.claims_.end(), &ids_));
}

Result<uint64_t> Cleaner::run(const std::function<bool()>& go_on) {
  CleaningView view = transactions_.cleaning_view();
  // An id whose pages are not yet in the sets to clean is not forgotten in this round; nor is one that a
  // session is at: it claims its ids before its pages are in the sets, so that one or the other is seen here.
  WriteIdSet ended = view.aborted;
  for (WriteId id : page_sets_.writers())
    if (ended.contains(id)) ended.remove({id, id});
  Claim claim(*this, std::move(ended));
  Round round;
  uint64_t number = 0;
  {
    MutexLock lock(mutex_);
    round.complete = rounds_++ == 0;
    number = ++rounds_begun_;
  }
  struct Ended {
    Cleaner& cleaner;
    ~Ended() {
      MutexLock lock(cleaner.mutex_);
      --cleaner.rounds_;
    }
  } ended_at_last{*this};
  for (RelationId relation : page_sets_.relations()) {
    bool leaves = false;
    std::vector<PageNo> pages = page_sets_.take(relation, leaves);
    round.complete &= !leaves;
    Result<> cleaned = clean_pages(relation, pages, nullptr, view, claim.ids(), go_on, round);
    if (!cleaned.ok()) {
      page_sets_.give_back(relation, pages);
      return std::move(cleaned).error();
    }
  }
  {
    MutexLock lock(mutex_);
    round.complete &= rounds_begun_ == number;
  }
  if (round.complete && !claim.ids().empty()) TRY(commits_.forget_aborted(claim.ids().intervals()));
  return round.freed;
}

Result<> Cleaner::after_rollback(std::span<const WriteId> ids) {
  auto places = page_sets_.places(ids, kLittlePages);
  if (!places.has_value()) {
    page_sets_.aborted(ids);
    return {};
  }
  WriteIdSet ended;
  for (WriteId id : ids) ended.add(id);
  Claim claim(*this, std::move(ended));
  std::map<RelationId, PageBitmap> taken = page_sets_.aborted_and_taken(ids);
  CleaningView view = transactions_.cleaning_view();
  Round round;
  for (const auto& [relation, pages] : *places) {
    Result<> cleaned = clean_pages(
        relation, pages, &taken[relation], view, claim.ids(), [&] { return round.freed < kLittleSlots; },
        round);
    if (!cleaned.ok()) {
      page_sets_.give_back(relation, taken[relation].list());
      return cleaned;
    }
  }
  if (!round.complete || claim.ids().empty()) return {};
  return commits_.forget_aborted(claim.ids().intervals());
}

}  // namespace rowan
