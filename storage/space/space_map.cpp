#include "storage/space/space_map.h"

#include <algorithm>
#include <cstring>

#include "types/check.h"

namespace rowan {
namespace {

uint64_t extent_mask(uint32_t count) {
  return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

template <class T>
void append_number(std::string& bytes, T number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <class T>
bool take_number(std::string_view& bytes, T& number) {
  if (bytes.size() < sizeof number) return false;
  std::memcpy(&number, bytes.data(), sizeof number);
  bytes.remove_prefix(sizeof number);
  return true;
}

}  // namespace

SpaceMap::Extent* SpaceMap::find(PageNo page) {
  auto relation = relations_.find(owner(page));
  if (relation == relations_.end()) return nullptr;
  std::vector<Extent>& extents = relation->second.extents;
  auto behind = std::upper_bound(extents.begin(), extents.end(), page,
                                 [](PageNo number, const Extent& extent) { return number < extent.start; });
  if (behind == extents.begin()) return nullptr;
  Extent& extent = *(behind - 1);
  return page < extent.start + extent.count ? &extent : nullptr;
}

void SpaceMap::set_owner(PageRun run, RelationId relation) {
  if (owners_.size() < run.end()) {
    auto old_end = static_cast<PageNo>(owners_.size());
    owners_.resize(run.end(), kNoRelation);
    if (old_end < run.start) free_run({old_end, run.start - old_end});
  }
  std::fill(owners_.begin() + run.start, owners_.begin() + run.end(), relation);
}

// Takes the run out of the free runs, whatever part of it is in there.
void SpaceMap::remove_free(PageRun run) {
  auto next = free_.upper_bound(run.start);
  if (next != free_.begin()) --next;
  while (next != free_.end() && next->first < run.end()) {
    PageRun found{next->first, next->second};
    next = free_.erase(next);
    if (found.end() <= run.start) {
      free_[found.start] = found.count;
      continue;
    }
    if (found.start < run.start) free_[found.start] = run.start - found.start;
    if (found.end() > run.end()) free_[run.end()] = found.end() - run.end();
  }
}

void SpaceMap::free_run(PageRun run) {
  if (run.count == 0) return;
  remove_free(run);  // part of it may be there already
  if (owners_.size() < run.end()) owners_.resize(run.end(), kNoRelation);
  std::fill(owners_.begin() + run.start, owners_.begin() + run.end(), kNoRelation);
  auto behind = free_.lower_bound(run.start);
  if (behind != free_.end() && behind->first == run.end()) {
    run.count += behind->second;
    behind = free_.erase(behind);
  }
  if (behind != free_.begin()) {
    auto before = std::prev(behind);
    if (before->first + before->second == run.start) {
      before->second += run.count;
      return;
    }
  }
  free_[run.start] = run.count;
}

void SpaceMap::take_run(PageRun run) {
  remove_free(run);
  set_owner(run, 1 /* kStateRelation */);
}

void SpaceMap::add_extent(RelationId relation, PageRun run) {
  note_relation_id(relation);
  if (owner(run.start) == relation && find(run.start) != nullptr) return;
  remove_free(run);
  set_owner(run, relation);
  Relation& to = relations_[relation];
  auto place = std::upper_bound(to.extents.begin(), to.extents.end(), run.start,
                                [](PageNo number, const Extent& extent) { return number < extent.start; });
  auto index = static_cast<size_t>(place - to.extents.begin());
  to.extents.insert(place, Extent{run.start, run.count});
  to.first_open = std::min(to.first_open, index);
}

void SpaceMap::remove_extent(RelationId relation, PageRun run) {
  auto found = relations_.find(relation);
  if (found == relations_.end()) return;
  std::vector<Extent>& extents = found->second.extents;
  auto place = std::find_if(extents.begin(), extents.end(),
                            [&](const Extent& extent) { return extent.start == run.start; });
  if (place == extents.end()) return;
  found->second.used_count -= static_cast<uint64_t>(__builtin_popcountll(place->used));
  extents.erase(place);
  found->second.first_open = 0;
  free_run(run);
  if (extents.empty()) relations_.erase(found);
}

void SpaceMap::drop_relation(RelationId relation) {
  auto found = relations_.find(relation);
  if (found == relations_.end()) return;
  std::vector<Extent> extents = std::move(found->second.extents);
  relations_.erase(found);
  for (const Extent& extent : extents) free_run({extent.start, extent.count});
}

void SpaceMap::mark_used(PageNo page, RelationId relation) {
  Extent* extent = owner(page) == relation ? find(page) : nullptr;
  if (extent == nullptr) {
    add_extent(relation, {page, 1});
    extent = find(page);
  }
  uint64_t bit = uint64_t{1} << (page - extent->start);
  extent->taken &= ~bit;
  extent->resting &= ~bit;
  Relation& of = relations_[relation];
  if ((extent->used & bit) == 0) ++of.used_count;
  extent->used |= bit;
  if (of.anchor == kNoPage) of.anchor = page;
}

void SpaceMap::mark_freed(PageNo page) {
  Extent* extent = find(page);
  if (extent == nullptr) return;
  uint64_t bit = uint64_t{1} << (page - extent->start);
  Relation& of = relations_[owner(page)];
  if ((extent->used & bit) != 0) --of.used_count;
  extent->used &= ~bit;
  of.first_open = 0;
}

void SpaceMap::set_anchor(PageNo page, RelationId relation) {
  auto found = relations_.find(relation);
  if (found != relations_.end()) found->second.anchor = page;
}

void SpaceMap::note_relation_id(RelationId relation) {
  next_relation_ = std::max(next_relation_, relation + 1);
}

std::optional<PageNo> SpaceMap::take(RelationId relation, PageNo limit) {
  auto found = relations_.find(relation);
  if (found == relations_.end()) return std::nullopt;
  Relation& of = found->second;
  for (; of.first_open < of.extents.size(); ++of.first_open) {
    Extent& extent = of.extents[of.first_open];
    uint64_t open = extent_mask(extent.count) & ~(extent.used | extent.taken | extent.resting);
    if (open == 0) continue;
    int bit = __builtin_ctzll(open);
    PageNo page = extent.start + static_cast<PageNo>(bit);
    if (page >= limit) return std::nullopt;
    extent.taken |= uint64_t{1} << bit;
    return page;
  }
  return std::nullopt;
}

void SpaceMap::give_back(PageNo page) {
  Extent* extent = find(page);
  if (extent == nullptr) return;
  extent->taken &= ~(uint64_t{1} << (page - extent->start));
  relations_[owner(page)].first_open = 0;
}

void SpaceMap::rest(PageNo page) {
  if (Extent* extent = find(page)) extent->resting |= uint64_t{1} << (page - extent->start);
}

void SpaceMap::let_go(PageNo page) {
  Extent* extent = find(page);
  if (extent == nullptr) return;
  extent->resting &= ~(uint64_t{1} << (page - extent->start));
  relations_[owner(page)].first_open = 0;
}

void SpaceMap::rest(PageRun run) {
  if (resting_runs_.size() < run.end()) resting_runs_.resize(run.end(), false);
  for (PageNo page = run.start; page < run.end(); ++page) resting_runs_[page] = true;
  remove_free(run);
}

void SpaceMap::let_go(PageRun run) {
  for (PageNo page = run.start; page < run.end(); ++page) resting_runs_[page] = false;
  free_run(run);
}

uint32_t SpaceMap::next_extent_pages(RelationId relation) const {
  auto found = relations_.find(relation);
  size_t have = found == relations_.end() ? 0 : found->second.extents.size();
  return have < 2 ? 1 : have >= 7 ? kExtentMax : uint32_t{1} << (have - 1);
}

PageRun SpaceMap::plan_extent(RelationId relation) const {
  return plan_run(next_extent_pages(relation));
}

std::optional<PageRun> SpaceMap::plan_extent_below(RelationId relation, PageNo limit) const {
  limit = std::min(limit, file_pages());  // no hole is there, whatever plan_run says
  for (uint32_t count = next_extent_pages(relation); count > 0; count /= 2) {
    PageRun run = plan_run(count);
    if (run.end() <= limit) return run;
  }
  return std::nullopt;
}

PageRun SpaceMap::plan_run(uint32_t count, std::vector<PageRun> spared) const {
  std::sort(spared.begin(), spared.end(),
            [](const PageRun& a, const PageRun& b) { return a.start < b.start; });
  auto next = spared.begin();
  PageNo behind = 0;  // the spared runs so far; one may reach over several holes
  for (const auto& [start, length] : free_) {
    PageNo end = start + length, from = std::max(start, behind);
    for (; next != spared.end() && next->start < end; ++next) {
      if (next->start >= from + count) break;
      behind = std::max(behind, next->end());
      from = std::max(from, behind);
    }
    if (from < end && end - from >= count) return {from, count};
  }
  return {file_pages(), count};
}

std::optional<PageRun> SpaceMap::empty_extent(PageNo page) const {
  const Extent* extent = find(page);
  if (extent == nullptr || extent->used != 0 || extent->taken != 0) return std::nullopt;
  return PageRun{extent->start, extent->count};
}

PageNo SpaceMap::cut_tail() {
  if (!free_.empty()) {
    auto last = std::prev(free_.end());
    if (last->first + last->second == file_pages()) {
      owners_.resize(last->first);
      free_.erase(last);
    }
  }
  return file_pages();
}

PageNo SpaceMap::anchor(RelationId relation) const {
  auto found = relations_.find(relation);
  return found == relations_.end() ? kNoPage : found->second.anchor;
}

size_t SpaceMap::pages(RelationId relation, PageNo from, std::span<PageNo> out) const {
  auto found = relations_.find(relation);
  if (found == relations_.end()) return 0;
  const std::vector<Extent>& extents = found->second.extents;
  auto next = std::upper_bound(extents.begin(), extents.end(), from,
                               [](PageNo number, const Extent& extent) { return number < extent.start; });
  if (next != extents.begin()) --next;
  size_t count = 0;
  for (; next != extents.end() && count < out.size(); ++next) {
    uint64_t used = next->used;
    if (from > next->start) {
      uint64_t skipped = from - next->start;
      used = skipped >= 64 ? 0 : used & (~uint64_t{0} << skipped);
    }
    for (; used != 0 && count < out.size(); used &= used - 1) {
      out[count++] = next->start + static_cast<PageNo>(__builtin_ctzll(used));
    }
  }
  return count;
}

uint64_t SpaceMap::page_count(RelationId relation) const {
  auto found = relations_.find(relation);
  return found == relations_.end() ? 0 : found->second.used_count;
}

uint64_t SpaceMap::reserved_count(RelationId relation) const {
  uint64_t count = 0;
  for (const PageRun& run : extents(relation)) count += run.count;
  return count;
}

std::vector<PageRun> SpaceMap::extents(RelationId relation) const {
  std::vector<PageRun> runs;
  auto found = relations_.find(relation);
  if (found == relations_.end()) return runs;
  for (const Extent& extent : found->second.extents) runs.push_back({extent.start, extent.count});
  return runs;
}

bool SpaceMap::is_used(PageNo page) const {
  const Extent* extent = find(page);
  return extent != nullptr && (extent->used >> (page - extent->start) & 1) != 0;
}

bool SpaceMap::is_free(PageRun run) const {
  auto behind = free_.upper_bound(run.start);
  if (behind == free_.begin()) return false;
  auto before = std::prev(behind);
  return before->first + before->second >= run.end();
}

std::vector<RelationId> SpaceMap::relations() const {
  std::vector<RelationId> ids;
  for (const auto& [id, relation] : relations_) ids.push_back(id);
  return ids;
}

std::string SpaceMap::serialize() const {
  std::string bytes;
  append_number(bytes, next_relation_);
  append_number(bytes, file_pages());
  append_number(bytes, static_cast<uint32_t>(relations_.size()));
  for (const auto& [id, relation] : relations_) {
    append_number(bytes, id);
    append_number(bytes, relation.anchor);
    append_number(bytes, static_cast<uint32_t>(relation.extents.size()));
    for (const Extent& extent : relation.extents) {
      append_number(bytes, extent.start);
      append_number(bytes, extent.count);
      append_number(bytes, extent.used);
    }
  }
  return bytes;
}

bool SpaceMap::deserialize(std::string_view bytes) {
  *this = SpaceMap();
  PageNo file_pages = 0;
  uint32_t relation_count = 0;
  RelationId next = 0;
  if (!take_number(bytes, next) || !take_number(bytes, file_pages) || !take_number(bytes, relation_count)) {
    return false;
  }
  if (file_pages > kFirstPage) free_run({kFirstPage, file_pages - kFirstPage});
  next_relation_ = next;
  for (uint32_t i = 0; i < relation_count; ++i) {
    RelationId id = 0;
    PageNo anchor = 0;
    uint32_t extent_count = 0;
    if (!take_number(bytes, id) || !take_number(bytes, anchor) || !take_number(bytes, extent_count))
      return false;
    for (uint32_t j = 0; j < extent_count; ++j) {
      Extent extent{};
      if (!take_number(bytes, extent.start) || !take_number(bytes, extent.count) ||
          !take_number(bytes, extent.used)) {
        return false;
      }
      if (extent.start < kFirstPage || extent.count == 0 || extent.count > kExtentMax) return false;
      if (extent.start + extent.count > file_pages || owner(extent.start) != kNoRelation) return false;
      add_extent(id, {extent.start, extent.count});
      find(extent.start)->used = extent.used;
      relations_[id].used_count += static_cast<uint64_t>(__builtin_popcountll(extent.used));
    }
    if (extent_count > 0) relations_[id].anchor = anchor;
  }
  return bytes.empty();
}

std::vector<std::string> SpaceMap::problems() const {
  std::vector<std::string> found;
  std::vector<RelationId> seen(owners_.size(), kNoRelation);
  for (const auto& [id, relation] : relations_) {
    uint64_t used = 0;
    for (const Extent& extent : relation.extents) {
      used += static_cast<uint64_t>(__builtin_popcountll(extent.used));
      for (PageNo page = extent.start; page < extent.start + extent.count; ++page) {
        if (page >= owners_.size() || owners_[page] != id || seen[page] != kNoRelation) {
          found.push_back("page " + std::to_string(page) + " has two owners or none");
        } else {
          seen[page] = id;
        }
      }
    }
    if (used != relation.used_count)
      found.push_back("relation " + std::to_string(id) + " counts its pages wrong");
  }
  for (const auto& [start, count] : free_) {
    for (PageNo page = start; page < start + count; ++page) {
      if (page >= owners_.size() || owners_[page] != kNoRelation) {
        found.push_back("page " + std::to_string(page) + " is free and owned");
      }
    }
  }
  return found;
}

}  // namespace rowan
