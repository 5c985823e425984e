#include "storage/heap/page_sets.h"

#include <algorithm>
#include <cstring>

#include "storage/heap/page_ops.h"
#include "types/try.h"

namespace rowan {

namespace {
void append_u64(std::string& to, uint64_t value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}
bool take_u64(std::string_view& from, uint64_t& value) {
  if (from.size() < sizeof value) return false;
  std::memcpy(&value, from.data(), sizeof value);
  from.remove_prefix(sizeof value);
  return true;
}
}  // namespace

void PageBitmap::add(PageNo page) {
  Block& block = blocks_[page / kBlockPages];
  uint64_t& word = block.words[page % kBlockPages / 64];
  uint64_t bit = uint64_t{1} << (page % 64);
  if ((word & bit) == 0) ++block.count;
  word |= bit;
}

void PageBitmap::remove(PageNo page) {
  auto found = blocks_.find(page / kBlockPages);
  if (found == blocks_.end()) return;
  uint64_t& word = found->second.words[page % kBlockPages / 64];
  uint64_t bit = uint64_t{1} << (page % 64);
  if ((word & bit) == 0) return;
  word &= ~bit;
  if (--found->second.count == 0) blocks_.erase(found);
}

bool PageBitmap::contains(PageNo page) const {
  auto found = blocks_.find(page / kBlockPages);
  return found != blocks_.end() && (found->second.words[page % kBlockPages / 64] >> (page % 64) & 1) != 0;
}

uint64_t PageBitmap::count() const {
  uint64_t total = 0;
  for (const auto& [number, block] : blocks_) total += block.count;
  return total;
}

std::vector<PageNo> PageBitmap::list() const {
  std::vector<PageNo> pages;
  for (const auto& [number, block] : blocks_)
    for (uint32_t i = 0; i < block.words.size(); ++i)
      for (uint64_t word = block.words[i]; word != 0; word &= word - 1)
        pages.push_back(number * kBlockPages + i * 64 + static_cast<uint32_t>(__builtin_ctzll(word)));
  return pages;
}

std::optional<PageNo> PageBitmap::first() const {
  if (blocks_.empty()) return std::nullopt;
  const auto& [number, block] = *blocks_.begin();
  for (uint32_t i = 0; i < block.words.size(); ++i)
    if (uint64_t word = block.words[i]; word != 0)
      return number * kBlockPages + i * 64 + static_cast<uint32_t>(__builtin_ctzll(word));
  return std::nullopt;
}

void PageBitmap::append_to(std::string& bytes) const {
  append_u64(bytes, blocks_.size());
  for (const auto& [number, block] : blocks_) {
    append_u64(bytes, number);
    for (uint64_t word : block.words) append_u64(bytes, word);
  }
}

bool PageBitmap::take_from(std::string_view& bytes) {
  uint64_t count = 0;
  if (!take_u64(bytes, count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t number = 0;
    if (!take_u64(bytes, number) || number > kNoPage / kBlockPages) return false;
    Block block;
    for (uint64_t& word : block.words) {
      if (!take_u64(bytes, word)) return false;
      block.count += static_cast<uint32_t>(__builtin_popcountll(word));
    }
    if (block.count != 0) blocks_[static_cast<uint32_t>(number)] = block;
  }
  return true;
}

void PageSets::add(Writer& writer, Place place) {
  if (!writer.places.empty() && writer.places.back() == place) return;
  constexpr size_t kOftenEnough = 4;  // an update's home, its history, and a little more
  if (writer.places.empty()) writer.places.reserve(kOftenEnough);
  writer.places.push_back(place);
  if (writer.places.size() < 64 || writer.places.size() < 2 * writer.sorted) return;
  std::sort(writer.places.begin(), writer.places.end());
  writer.places.erase(std::unique(writer.places.begin(), writer.places.end()), writer.places.end());
  writer.sorted = writer.places.size();
}

PageSets::Writer& PageSets::writer(WriteId id) {
  if (!writers_.empty() && writers_.rbegin()->first == id) return writers_.rbegin()->second;
  auto found = writers_.lower_bound(id);
  if (found != writers_.end() && found->first == id) return found->second;
  if (spares_.empty()) return writers_.emplace_hint(found, id, Writer())->second;
  auto entry = std::move(spares_.back());
  spares_.pop_back();
  entry.key() = id;
  return writers_.insert(found, std::move(entry))->second;
}

void PageSets::note(WriteId id, RelationId relation, PageNo page, bool replaces) {
  MutexLock lock(mutex_);
  add(writer(id), {relation, page, replaces});
}

void PageSets::note_dirty(RelationId relation, PageNo page) {
  MutexLock lock(mutex_);
  dirty_[relation].add(page);
}

bool PageSets::waits(RelationId relation, PageNo page) const {
  auto has = [&](const std::map<RelationId, PageBitmap>& sets) {
    auto found = sets.find(relation);
    return found != sets.end() && found->second.contains(page);
  };
  return has(dirty_) || has(taken_);
}

bool PageSets::take_new(RelationId relation, PageNo page) {
  MutexLock lock(mutex_);
  if (waits(relation, page)) return false;
  taken_[relation].add(page);
  return true;
}

std::map<RelationId, PageBitmap> PageSets::aborted_and_taken(std::span<const WriteId> ids) {
  MutexLock lock(mutex_);
  std::map<RelationId, PageBitmap> mine;
  for (WriteId id : ids) {
    auto found = writers_.find(id);
    if (found == writers_.end()) continue;
    for (const Place& place : found->second.places)
      if (!waits(place.relation, place.page)) mine[place.relation].add(place.page);
  }
  for (WriteId id : ids) end(id, false);
  for (const auto& [relation, pages] : mine) {
    auto dirty = dirty_.find(relation);
    for (PageNo page : pages.list()) {
      taken_[relation].add(page);
      dirty->second.remove(page);
    }
    if (dirty->second.empty()) dirty_.erase(dirty);
  }
  return mine;
}

void PageSets::end(WriteId id, bool committed) {
  auto found = writers_.find(id);
  if (found == writers_.end()) return;
  for (const Place& place : found->second.places)
    if (!committed || place.replaces) dirty_[place.relation].add(place.page);
  auto entry = writers_.extract(found);
  if (spares_.size() >= kSpares || entry.mapped().places.capacity() > kSparePlaces) return;
  entry.mapped().places.clear();
  entry.mapped().sorted = 0;
  if (spares_.capacity() == 0) spares_.reserve(kSpares);
  spares_.push_back(std::move(entry));
}

void PageSets::committed(std::span<const WriteId> ids) {
  MutexLock lock(mutex_);
  for (WriteId id : ids) end(id, true);
}

void PageSets::aborted(std::span<const WriteId> ids) {
  MutexLock lock(mutex_);
  for (WriteId id : ids) end(id, false);
}

size_t PageSets::page_count(std::span<const WriteId> ids) const {
  MutexLock lock(mutex_);
  size_t total = 0;
  for (WriteId id : ids)
    if (auto found = writers_.find(id); found != writers_.end()) total += found->second.places.size();
  return total;
}

std::optional<std::map<RelationId, std::vector<PageNo>>> PageSets::places(std::span<const WriteId> ids,
                                                                          size_t pages_max) const {
  MutexLock lock(mutex_);
  std::map<RelationId, PageBitmap> pages;
  for (WriteId id : ids) {
    auto found = writers_.find(id);
    if (found == writers_.end()) continue;
    if (found->second.places.size() > pages_max * 4) return std::nullopt;
    for (const Place& place : found->second.places) pages[place.relation].add(place.page);
  }
  std::map<RelationId, std::vector<PageNo>> lists;
  size_t total = 0;
  for (const auto& [relation, bitmap] : pages) {
    lists[relation] = bitmap.list();
    total += lists[relation].size();
  }
  if (total > pages_max) return std::nullopt;
  return lists;
}

std::vector<WriteId> PageSets::writers() const {
  MutexLock lock(mutex_);
  std::vector<WriteId> ids;
  for (const auto& [id, writer] : writers_) ids.push_back(id);
  return ids;
}

std::vector<RelationId> PageSets::relations() const {
  MutexLock lock(mutex_);
  std::vector<RelationId> relations;
  for (const auto& [relation, pages] : dirty_) relations.push_back(relation);
  return relations;
}

std::vector<PageNo> PageSets::take(RelationId relation, bool& leaves) {
  MutexLock lock(mutex_);
  auto found = dirty_.find(relation);
  if (found == dirty_.end()) return {};
  std::vector<PageNo> pages = found->second.list();
  PageBitmap& taken = taken_[relation];
  size_t waiting = std::erase_if(pages, [&](PageNo page) { return taken.contains(page); });
  leaves |= waiting != 0;
  for (PageNo page : pages) {
    taken.add(page);
    found->second.remove(page);
  }
  if (found->second.empty()) dirty_.erase(found);
  return pages;
}

void PageSets::give_back(RelationId relation, std::span<const PageNo> pages) {
  MutexLock lock(mutex_);
  auto found = taken_.find(relation);
  if (found == taken_.end()) return;
  PageBitmap& dirty = dirty_[relation];
  for (PageNo page : pages) {
    if (!found->second.contains(page)) continue;
    dirty.add(page);
    found->second.remove(page);
  }
  if (found->second.empty()) taken_.erase(found);
}

void PageSets::done(RelationId relation, PageNo page, bool again) {
  MutexLock lock(mutex_);
  if (again) dirty_[relation].add(page);
  auto found = taken_.find(relation);
  if (found == taken_.end()) return;
  found->second.remove(page);
  if (found->second.empty()) taken_.erase(found);
}

void PageSets::note_room(RelationId relation, PageNo page, RoomFor what) {
  MutexLock lock(mutex_);
  room_of(what)[relation].add(page);
}

std::optional<PageNo> PageSets::take_room(RelationId relation, RoomFor what) {
  MutexLock lock(mutex_);
  Room& room = room_of(what);
  auto found = room.find(relation);
  if (found == room.end()) return std::nullopt;
  std::optional<PageNo> page = found->second.first();
  if (page) found->second.remove(*page);
  if (found->second.empty()) room.erase(found);
  return page;
}

uint64_t PageSets::room(RelationId relation, RoomFor what, size_t list_max, std::vector<PageNo>& list) const {
  std::vector<PageNo> all;
  {
    MutexLock lock(mutex_);
    const Room& room = room_[static_cast<size_t>(what)];
    auto found = room.find(relation);
    if (found != room.end()) all = found->second.list();
  }
  size_t step = std::max<size_t>(1, all.size() / std::max<size_t>(1, list_max));
  for (size_t i = step / 2, taken = 0; i < all.size() && taken < list_max; i += step, ++taken)
    list.push_back(all[i]);
  return all.size();
}

void PageSets::forget(RelationId relation) {
  MutexLock lock(mutex_);
  for (Room& room : room_) room.erase(relation);
  dirty_.erase(relation);
  taken_.erase(relation);
}

uint64_t PageSets::pages_to_clean() const {
  MutexLock lock(mutex_);
  uint64_t total = 0;
  for (const auto& [relation, pages] : dirty_) total += pages.count();
  return total;
}

std::string PageSets::checkpoint_bytes() {
  MutexLock lock(mutex_);
  std::map<RelationId, PageBitmap> all = dirty_;
  for (const auto& [relation, pages] : taken_)
    for (PageNo page : pages.list()) all[relation].add(page);
  std::string bytes;
  append_u64(bytes, all.size());
  for (const auto& [relation, pages] : all) {
    append_u64(bytes, relation);
    append_u64(bytes, pages.count());
    for (PageNo page : pages.list()) append_u64(bytes, page);
  }
  append_u64(bytes, writers_.size());
  for (const auto& [id, writer] : writers_) {
    append_u64(bytes, id);
    append_u64(bytes, writer.places.size());
    for (const Place& place : writer.places) {
      append_u64(bytes, (uint64_t{place.relation} << 1) | (place.replaces ? 1 : 0));
      append_u64(bytes, place.page);
    }
  }
  for (const Room& room : room_) {
    append_u64(bytes, room.size());
    for (const auto& [relation, pages] : room) {
      append_u64(bytes, relation);
      pages.append_to(bytes);
    }
  }
  return bytes;
}

Result<> PageSets::restore(const std::string& bytes) {
  if (bytes.empty()) return {};
  MutexLock lock(mutex_);
  std::string_view from = bytes;
  Error damaged(sqlstate::data_corrupted, "the checkpoint's sets of pages to clean are damaged");
  uint64_t relations, writers;
  if (!take_u64(from, relations)) return damaged;
  for (uint64_t i = 0; i < relations; ++i) {
    uint64_t relation, count, page;
    if (!take_u64(from, relation) || !take_u64(from, count)) return damaged;
    for (uint64_t n = 0; n < count; ++n) {
      if (!take_u64(from, page)) return damaged;
      dirty_[static_cast<RelationId>(relation)].add(static_cast<PageNo>(page));
    }
  }
  if (!take_u64(from, writers)) return damaged;
  for (uint64_t i = 0; i < writers; ++i) {
    uint64_t id, count, relation, page;
    if (!take_u64(from, id) || !take_u64(from, count)) return damaged;
    for (uint64_t n = 0; n < count; ++n) {
      if (!take_u64(from, relation) || !take_u64(from, page)) return damaged;
      add(writers_[id],
          {static_cast<RelationId>(relation >> 1), static_cast<PageNo>(page), (relation & 1) != 0});
    }
  }
  for (Room& room : room_) {
    if (from.empty()) return {};  // written before such room was kept
    if (!take_u64(from, relations)) return damaged;
    for (uint64_t i = 0; i < relations; ++i) {
      uint64_t relation;
      if (!take_u64(from, relation) || !room[static_cast<RelationId>(relation)].take_from(from))
        return damaged;
    }
  }
  return from.empty() ? Result<>() : damaged;
}

Result<> PageSets::observe(const RecordView& record) {
  MutexLock lock(mutex_);
  auto type = record.type();
  std::vector<WriteIdInterval> committed = TRY(commits_.observe(record));
  for (const WriteIdInterval& ids : committed) {
    // Only ids that wrote pages have something to end; end() takes them off the map.
    std::vector<WriteId> known;
    for (auto it = writers_.lower_bound(ids.first); it != writers_.end() && it->first <= ids.last; ++it)
      known.push_back(it->first);
    for (WriteId id : known) end(id, true);
  }
  if (type == RecordType::DropRelation) {
    dirty_.erase(record.relation());
    for (Room& room : room_) room.erase(record.relation());
    return {};
  }
  bool replaces = type == record_type(HeapRecord::Modify);
  bool orphans = type == record_type(HeapRecord::Orphan);
  bool writes = type == record_type(HeapRecord::Insert) || type == record_type(HeapRecord::Overflow);
  bool cleans = type == record_type(HeapRecord::Clean);
  bool cleans_values = type == record_type(HeapRecord::CleanValues);
  if (!replaces && !orphans && !writes && !cleans && !cleans_values) return {};
  for (size_t i = 0; i < record.part_count(); ++i) {
    RecordPart part = record.part(i);
    if (part.kind == PartKind::Free) continue;
    if (cleans || cleans_values) {
      room_of(cleans ? RoomFor::Rows : RoomFor::Values)[record.relation()].add(part.page);
    } else if (orphans) {
      dirty_[record.relation()].add(part.page);
    } else {
      add(writers_[record.write_id()], {record.relation(), part.page, replaces});
    }
  }
  return {};
}

void PageSets::recovered() {
  MutexLock lock(mutex_);
  while (!writers_.empty()) end(writers_.begin()->first, false);
}

}  // namespace rowan
