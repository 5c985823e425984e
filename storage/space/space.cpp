#include "storage/space/space.h"

#include <algorithm>
#include <cstring>

#include "storage/storage.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {
namespace {

RecordBytes space_record(RecordType type, RelationId relation, std::span<const std::byte> body) {
  RecordBytes record{};
  record.type = type;
  record.relation = relation;
  record.body = body;
  return record;
}

}  // namespace

void Space::attach(Storage* storage, File* file, Epochs* epochs) {
  storage_ = storage;
  file_ = file;
  epochs_ = epochs;
}

Result<RelationId> Space::new_relation_id() {
  TRY(storage_->begin_writing());
  size_t bytes = Log::record_size(0, 0, 0);
  TRY(storage_->log().reserve(bytes));
  MutexLock lock(mutex_);
  RelationId relation = map_.next_relation();
  map_.note_relation_id(relation);
  storage_->log().append(space_record(RecordType::RelationIdTaken, relation, {}), bytes);
  return relation;
}

std::optional<PageRun> Space::plan_extent(RelationId relation, PageNo limit) const {
  if (limit == kNoPage) return map_.plan_extent(relation);
  return map_.plan_extent_below(relation, limit);
}

Result<PageNo> Space::allocate_below(RelationId relation, PageNo limit) {
  {
    MutexLock lock(mutex_);
    settle_rests();
    if (std::optional<PageNo> page = map_.take(relation, limit)) return *page;
    if (!plan_extent(relation, limit)) return kNoPage;
  }
  // A new extent: log space first, while no mutex is held.
  TRY(storage_->begin_writing());
  size_t bytes = Log::record_size(0, 0, sizeof(PageRun));
  TRY(storage_->log().reserve(bytes));
  MutexLock lock(mutex_);
  std::optional<PageNo> page = map_.take(relation, limit);
  std::optional<PageRun> run = plan_extent(relation, limit);
  if (page || !run) {  // another thread made one meanwhile, or took the hole
    storage_->log().cancel_reservation(bytes);
    return page.value_or(kNoPage);
  }
  if (file_ != nullptr) {
    Result<> allocated = file_->allocate(uint64_t{run->start} * kPageSize, uint64_t{run->count} * kPageSize);
    if (!allocated.ok()) {
      storage_->log().cancel_reservation(bytes);
      return std::move(allocated).error();
    }
  }
  storage_->log().append(space_record(RecordType::Extent, relation, std::as_bytes(std::span(&*run, 1))),
                         bytes);
  map_.add_extent(relation, *run);
  page = map_.take(relation, limit);
  ENSURE(page.has_value());
  return *page;
}

void Space::give_back(PageNo page) {
  MutexLock lock(mutex_);
  map_.give_back(page);
}

void Space::settle_rests() {
  while (!resting_.empty() && epochs_->is_free(resting_.front().stamp)) {
    const Resting& rested = resting_.front();
    if (rested.is_run) {
      map_.let_go(rested.run);
    } else {
      map_.let_go(rested.run.start);
    }
    resting_.pop_front();
  }
}

void Space::note_anchor(PageNo page, RelationId relation) {
  map_.set_anchor(page, relation);
}

void Space::note_used(PageNo page, RelationId relation) {
  map_.mark_used(page, relation);
}

bool Space::note_freed(PageNo page, Lsn end) {
  RelationId relation = map_.owner(page);
  map_.mark_freed(page);
  std::optional<PageRun> empty = map_.empty_extent(page);
  if (!empty || page == map_.anchor(relation)) {
    map_.rest(page);
    resting_.push_back({epochs_->retire(), {page, 1}, false});
    return false;
  }
  append_extent_free(relation, *empty);
  // Pages of this extent that rest already are covered by the run's later stamp.
  std::erase_if(resting_, [&](const Resting& resting) {
    return !resting.is_run && resting.run.start >= empty->start && resting.run.start < empty->end();
  });
  map_.remove_extent(relation, *empty);
  map_.rest(*empty);
  resting_.push_back({epochs_->retire(), *empty, true});
  freed_.push_back({end, *empty});
  return true;
}

void Space::append_extent_free(RelationId relation, PageRun run) {
  storage_->log().append(space_record(RecordType::ExtentFree, relation, std::as_bytes(std::span(&run, 1))),
                         kExtentFreeBytes);
}

Result<> Space::drop_relation(RelationId relation) {
  TRY(storage_->begin_writing());
  size_t bytes = Log::record_size(0, 0, 0);
  TRY(storage_->log().reserve(bytes));
  MutexLock lock(mutex_);
  Lsn end = storage_->log().append(space_record(RecordType::DropRelation, relation, {}), bytes);
  std::vector<PageRun> runs = map_.extents(relation);
  auto is_inside = [&](const Resting& resting) {
    auto holds = [&](PageRun run) { return resting.run.start >= run.start && resting.run.start < run.end(); };
    return !resting.is_run && std::any_of(runs.begin(), runs.end(), holds);
  };
  std::erase_if(resting_, is_inside);
  map_.drop_relation(relation);
  uint64_t stamp = epochs_->retire();
  for (PageRun run : runs) {
    map_.rest(run);
    resting_.push_back({stamp, run, true});
    freed_.push_back({end, run});
  }
  return {};
}

Result<PageRun> Space::take_state_run(uint32_t count) {
  MutexLock lock(mutex_);
  settle_rests();
  // The state lies where no log record that redo may still read has a page: what has been freed since the
  // last checkpoint was somebody's page in its copy of the map, and perhaps in the one that is being written
  // now.
  std::vector<PageRun> spared;
  for (const Freed& freed : freed_) spared.push_back(freed.run);
  PageRun run = map_.plan_run(count, std::move(spared));
  if (file_ != nullptr) {
    TRY(file_->allocate(uint64_t{run.start} * kPageSize, uint64_t{run.count} * kPageSize));
  }
  map_.take_run(run);
  return run;
}

void Space::free_state_run(PageRun run) {
  if (run.count == 0) return;
  MutexLock lock(mutex_);
  map_.free_run(run);
  freed_.push_back({0, run});  // no record is about it: its blocks may go at once
}

Result<> Space::return_blocks(Lsn redo) {
  MutexLock lock(mutex_);
  settle_rests();
  if (file_ == nullptr || block_holds_ > 0) return {};
  // Redo may still read what was freed behind its LSN; a run that was freed before may have been somebody's
  // again since, and be freed a second time.
  std::vector<Freed> young;
  for (const Freed& freed : freed_)
    if (freed.lsn >= redo) young.push_back(freed);
  auto is_read_by_redo = [behind = std::vector(young)](PageRun run) {
    return std::any_of(behind.begin(), behind.end(), [&](const Freed& freed) {
      return freed.run.start < run.end() && run.start < freed.run.end();
    });
  };
  for (const Freed& freed : freed_) {
    if (freed.lsn >= redo || !map_.is_free(freed.run)) continue;
    if (is_read_by_redo(freed.run)) {
      young.push_back(freed);
      continue;
    }
    TRY(file_->punch(uint64_t{freed.run.start} * kPageSize, uint64_t{freed.run.count} * kPageSize));
  }
  freed_ = std::move(young);
  if (map_.free_runs().empty()) return {};
  auto [start, count] = *std::prev(map_.free_runs().end());
  bool is_tail = start + count == map_.file_pages();
  bool is_young = std::any_of(freed_.begin(), freed_.end(),
                              [start = start](const Freed& freed) { return freed.run.end() > start; });
  if (!is_tail || is_young) return {};
  PageNo pages = map_.cut_tail();
  return file_->truncate(uint64_t{pages} * kPageSize);
}

uint64_t Space::returnable_pages(PageRun state) const {
  MutexLock lock(mutex_);
  if (file_ == nullptr || block_holds_ > 0) return 0;
  uint64_t pages = 0;
  for (const Freed& freed : freed_) pages += freed.run.count;
  if (pages > 0 || map_.free_runs().empty()) return pages;
  // The state stands at the end, where nothing but it keeps the file long.
  bool is_last = state.count > 0 && state.end() == map_.file_pages();
  PageRun place = map_.plan_run(state.count);
  if (!is_last || place.end() > state.start) return 0;
  auto before = map_.free_runs().lower_bound(state.start);
  if (before == map_.free_runs().begin()) return 0;
  auto [start, count] = *std::prev(before);
  if (start + count != state.start) return 0;
  return place.start == start ? count : count + state.count;
}

void Space::hold_blocks() {
  MutexLock lock(mutex_);
  ++block_holds_;
}

void Space::let_blocks_go() {
  MutexLock lock(mutex_);
  --block_holds_;
}

void Space::redo(const RecordView& record) {
  MutexLock lock(mutex_);
  RelationId relation = record.relation();
  if (relation != kNoRelation) map_.note_relation_id(relation);
  PageRun run;
  if (record.body().size() >= sizeof run) std::memcpy(&run, record.body().data(), sizeof run);
  switch (record.type()) {
    case RecordType::Extent:
      map_.add_extent(relation, run);
      return;
    case RecordType::ExtentFree:
      map_.remove_extent(relation, run);
      freed_.push_back({record.end(), run});
      return;
    case RecordType::DropRelation:
      for (PageRun extent : map_.extents(relation)) freed_.push_back({record.end(), extent});
      map_.drop_relation(relation);
      return;
    default:
      break;
  }
  for (size_t i = 0; i < record.part_count(); ++i) {
    RecordPart part = record.part(i);
    if (part.is_new) map_.mark_used(part.page, relation);
    if (part.kind == PartKind::Free) map_.mark_freed(part.page);
  }
  PageNo anchor = kNoPage;
  if (record.type() != RecordType::Anchor || record.body().size() < sizeof anchor) return;
  std::memcpy(&anchor, record.body().data(), sizeof anchor);
  map_.set_anchor(anchor, relation);
}

PageNo Space::anchor(RelationId relation) const {
  MutexLock lock(mutex_);
  return map_.anchor(relation);
}

size_t Space::pages(RelationId relation, PageNo from, std::span<PageNo> out) const {
  MutexLock lock(mutex_);
  return map_.pages(relation, from, out);
}

uint64_t Space::page_count(RelationId relation) const {
  MutexLock lock(mutex_);
  return map_.page_count(relation);
}

uint64_t Space::reserved_count(RelationId relation) const {
  MutexLock lock(mutex_);
  return map_.reserved_count(relation);
}

RelationId Space::owner(PageNo page) const {
  MutexLock lock(mutex_);
  return map_.owner(page);
}

bool Space::is_used(PageNo page) const {
  MutexLock lock(mutex_);
  return map_.is_used(page);
}

std::vector<RelationId> Space::relations() const {
  MutexLock lock(mutex_);
  return map_.relations();
}

std::vector<Space::OwnedRun> Space::extents_from_the_end() const {
  std::vector<OwnedRun> all;
  MutexLock lock(mutex_);
  for (RelationId relation : map_.relations())
    for (PageRun run : map_.extents(relation)) all.push_back({relation, run});
  std::sort(all.begin(), all.end(),
            [](const OwnedRun& a, const OwnedRun& b) { return a.run.start > b.run.start; });
  return all;
}

PageNo Space::file_pages() const {
  MutexLock lock(mutex_);
  return map_.file_pages();
}

}  // namespace rowan
