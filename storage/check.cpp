#include "storage/check.h"

#include <fmt/format.h>

#include "storage/instance.h"
#include "storage/storage.h"
#include "types/try.h"

namespace rowan {
namespace {

// One page as the disk has it.
Result<> check_stored_page(File& file, PageNo number, RelationId owner, uint64_t database_id,
                           std::byte* buffer, CheckReport& report) {
  Result<> read = file.read_at(uint64_t{number} * kPageSize, std::span(buffer, kPageSize));
  if (!read.ok()) {
    report.add(number, owner, read.error().message());
    return {};
  }
  ConstPage page(buffer);
  uint64_t sum = page_checksum(page, number, database_id);
  if (page.header().checksum != sum) {
    report.add(
        number, owner,
        fmt::format("the checksum is {:016x} where the bytes give {:016x}", page.header().checksum, sum));
  } else if (page.header().relation != owner) {
    report.add(number, owner,
               fmt::format("the page says that it belongs to relation {}", page.header().relation));
  }
  return {};
}

}  // namespace

Result<> Storage::check(CheckReport& report) {
  Impl& impl = *impl_;
  PageRun state{};
  {
    MutexLock lock(impl.space.mutex());
    for (std::string& problem : impl.space.map_.problems())
      report.add(kNoPage, kNoRelation, std::move(problem));
    state = impl.header.state;
  }
  if (impl.is_in_memory() || impl.is_new_file) return {};
  // A crash may have cut off the write of one slot; the next write mends it.
  bool may_be_torn = !impl.old_log_files.empty();
  int slots = TRY(count_valid_slots(*impl.file));
  if (slots < 2 && !may_be_torn) report.add(kNoPage, kNoRelation, "one of the header's slots is damaged");
  AlignedBytes buffer(kPageSize);
  for (PageNo page = state.start; page < state.end(); ++page) {
    TRY(check_stored_page(*impl.file, page, kStateRelation, impl.database_id, buffer.data(), report));
  }
  for (RelationId relation : impl.space.relations()) {
    PageNo found[256];
    PageNo from = 0;
    while (size_t count = impl.space.pages(relation, from, found)) {
      for (size_t i = 0; i < count; ++i) {
        // What memory is ahead of is not on the disk yet.
        if (impl.pool->is_dirty(found[i])) continue;
        TRY(check_stored_page(*impl.file, found[i], relation, impl.database_id, buffer.data(), report));
      }
      from = found[count - 1] + 1;
    }
  }
  return {};
}

}  // namespace rowan
