#include "storage/cleaner/cleaner.h"

#include <map>

#include "storage/commit.h"
#include "storage/heap/page_sets.h"
#include "txn/transactions.h"
#include "types/try.h"

namespace rowan {

Result<> Cleaner::clean_pages(RelationId relation, std::span<const PageNo> pages, const CleaningView& view,
                              const WriteIdSet& gone, const std::function<bool()>& go_on, Round& round) {
  RelationStorage parts = TRY(find_(relation));
  if (parts.heap == nullptr) {
    if (parts.is_gone) {
      page_sets_.forget(relation);
    } else {
      page_sets_.give_back(relation);
      round.complete = false;
    }
    return {};
  }
  // Values out of line come after the rows that point to them: what an aborted row had is freed by its own
  // page.
  for (int pass = 0; pass < 2; ++pass) {
    for (PageNo page : pages) {
      bool is_values = TRY(parts.heap->has_values_out_of_line(page));
      if (is_values != (pass == 1)) continue;
      if (!go_on() || (pass == 1 && !round.complete)) {
        round.complete = false;
        page_sets_.done(relation, page, true);
        continue;
      }
      Result<CleaningOutcome> cleaned = clean_page(parts, page, view, gone);
      if (!cleaned.ok()) {
        round.complete = false;
        page_sets_.done(relation, page, true);
        return std::move(cleaned).error();
      }
      round.freed += cleaned->freed;
      round.complete &= cleaned->complete;
      page_sets_.done(relation, page, cleaned->again);
    }
  }
  return {};
}

Result<uint64_t> Cleaner::run(const std::function<bool()>& go_on) {
  CleaningView view = transactions_.cleaning_view();
  // An id whose pages are not yet in the sets to clean is not forgotten in this round.
  WriteIdSet gone = view.aborted;
  for (WriteId id : page_sets_.writers())
    if (gone.contains(id)) gone.remove({id, id});
  Round round;
  for (RelationId relation : page_sets_.relations()) {
    std::vector<PageNo> pages = page_sets_.take(relation);
    Result<> cleaned = clean_pages(relation, pages, view, gone, go_on, round);
    if (!cleaned.ok()) {
      page_sets_.give_back(relation);
      return std::move(cleaned).error();
    }
  }
  if (round.complete && !gone.empty()) TRY(commits_.forget_aborted(gone.intervals()));
  return round.freed;
}

Result<> Cleaner::after_rollback(std::span<const WriteId> ids) {
  auto places = page_sets_.places(ids, kLittlePages);
  page_sets_.aborted(ids);
  if (!places.has_value()) return {};
  CleaningView view = transactions_.cleaning_view();
  WriteIdSet gone;
  for (WriteId id : ids) gone.add(id);
  Round round;
  for (const auto& [relation, pages] : *places) {
    page_sets_.take(relation, pages);
    Result<> cleaned = clean_pages(
        relation, pages, view, gone, [] { return true; }, round);
    if (!cleaned.ok()) {
      page_sets_.give_back(relation);
      return cleaned;
    }
  }
  if (!round.complete) return {};
  return commits_.forget_aborted(gone.intervals());
}

}  // namespace rowan
