#include "storage/check.h"

#include <fmt/format.h>

#include "storage/instance.h"
#include "storage/storage.h"
#include "types/try.h"

namespace rowan {
namespace {

struct StoredPage {
  std::string fault;  // empty: none
  uint64_t said = 0, sum = 0;
};

// One page as the disk has it.
StoredPage look_at_stored(File& file, PageNo number, RelationId owner, uint64_t database_id,
                          std::byte* buffer) {
  StoredPage stored;
  Result<> read = file.read_at(uint64_t{number} * kPageSize, std::span(buffer, kPageSize));
  if (!read.ok()) {
    stored.fault = read.error().message();
    return stored;
  }
  ConstPage page(buffer);
  stored.said = page.header().checksum;
  stored.sum = page_checksum(page, number, database_id);
  if (stored.said != stored.sum) {
    stored.fault =
        fmt::format("the checksum is {:016x} where the bytes give {:016x}", stored.said, stored.sum);
  } else if (page.header().relation != owner) {
    stored.fault = fmt::format("the page says that it belongs to relation {}", page.header().relation);
  }
  return stored;
}

}  // namespace

Result<ReadGuard> read_for_check(BufferPool& pool, const Space& space, RelationId relation, PageNo page,
                                 CheckReport& report) {
  if (report.is_unreadable(page)) return ReadGuard();
  Result<ReadGuard> guard = pool.read(page);
  if (guard.ok()) {
    if (guard->header().relation == relation) return guard;
    RelationId says = guard->header().relation;
    guard->release();
    if (space.owner(page) == relation && space.is_used(page))
      report.add_unreadable(page, relation,
                            fmt::format("the page says that it belongs to relation {}", says));
    return ReadGuard();
  }
  if (guard.error().state() != sqlstate::data_corrupted) return guard;
  if (space.owner(page) == relation && space.is_used(page))
    report.add_unreadable(page, relation, guard.error().message() + ": " + guard.error().detail());
  return ReadGuard();
}

// Others may write meanwhile: a page that looks wrong counts when it looks just as wrong a second time, and
// was neither dirty nor given back before or after either look. A write that was on its way at the first look
// has changed the bytes by the second.
void Storage::check_stored_page(PageNo page, RelationId relation, std::byte* buffer, CheckReport& report) {
  Impl& impl = *impl_;
  StoredPage last;
  for (;;) {
    // What memory is ahead of is not on the disk yet.
    if (impl.pool->is_dirty(page)) return;
    StoredPage seen = look_at_stored(*impl.file, page, relation, impl.database_id, buffer);
    if (seen.fault.empty() || impl.pool->is_dirty(page)) return;
    if (impl.space.owner(page) != relation || !impl.space.is_used(page)) return;
    bool is_sure = seen.fault == last.fault && seen.said == last.said && seen.sum == last.sum;
    if (is_sure) return report.add_unreadable(page, relation, std::move(seen.fault));
    last = std::move(seen);
  }
}

// Nobody writes a header or a checkpoint's state meanwhile: the caller has claimed that.
Result<> Storage::check_header(std::byte* buffer, CheckReport& report) {
  Impl& impl = *impl_;
  if (impl.is_in_memory() || impl.is_new_file) return {};
  // A crash may have cut off the write of one slot; the next write mends it.
  bool may_be_torn = !impl.old_log_files.empty();
  int slots = TRY(count_valid_slots(*impl.file));
  if (slots < 2 && !may_be_torn) report.add(kNoPage, kNoRelation, "one of the header's slots is damaged");
  PageRun state = impl.header.state;
  for (PageNo page = state.start; page < state.end(); ++page) {
    StoredPage seen = look_at_stored(*impl.file, page, kStateRelation, impl.database_id, buffer);
    if (!seen.fault.empty()) report.add_unreadable(page, kStateRelation, std::move(seen.fault));
  }
  return {};
}

Result<> Storage::check(CheckReport& report) {
  Impl& impl = *impl_;
  {
    MutexLock lock(impl.space.mutex());
    for (std::string& problem : impl.space.map_.problems())
      report.add(kNoPage, kNoRelation, std::move(problem));
  }
  if (impl.is_in_memory()) return {};
  AlignedBytes buffer(kPageSize);
  TRY(claim());
  Result<> checked = check_header(buffer.data(), report);
  unclaim();
  TRY(std::move(checked));
  for (RelationId relation : impl.space.relations()) {
    PageNo found[256];
    PageNo from = 0;
    while (size_t count = impl.space.pages(relation, from, found)) {
      for (size_t i = 0; i < count; ++i) check_stored_page(found[i], relation, buffer.data(), report);
      from = found[count - 1] + 1;
    }
  }
  return {};
}

}  // namespace rowan
