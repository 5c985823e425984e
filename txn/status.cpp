#include "txn/status.h"

#include <algorithm>

#include "types/check.h"

namespace rowan {
namespace {

// A status word: a number above a tag of two bits. 0: never drawn.
enum class StatusTag : uint64_t { None, Running, Committed, Aborted };
constexpr uint64_t status_word(StatusTag tag, uint64_t number) {
  return number << 2 | static_cast<uint64_t>(tag);
}
constexpr StatusTag tag_of(uint64_t word) {
  return static_cast<StatusTag>(word & 3);
}

// A directory entry: 0 nothing yet; …00 a Chunk; …01 collapsed, the CSN above the tag; …10 collapsed, a
// Bitmap.
constexpr uint64_t kCollapsedTag = 1;
constexpr uint64_t kBitmapTag = 2;

}  // namespace

WriteIdSet::WriteIdSet(std::vector<WriteIdInterval> intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const WriteIdInterval& a, const WriteIdInterval& b) { return a.first < b.first; });
  for (const WriteIdInterval& interval : intervals) add(interval);
}

void WriteIdSet::add(WriteIdInterval interval) {
  // The first that touches or follows; all that touch melt into one.
  auto begin = std::lower_bound(intervals_.begin(), intervals_.end(), interval.first,
                                [](const WriteIdInterval& i, WriteId first) { return i.last + 1 < first; });
  auto end = begin;
  while (end != intervals_.end() && end->first <= interval.last + 1) {
    interval.first = std::min(interval.first, end->first);
    interval.last = std::max(interval.last, end->last);
    ++end;
  }
  if (begin == end) {
    intervals_.insert(begin, interval);
    return;
  }
  *begin = interval;
  intervals_.erase(begin + 1, end);
}

void WriteIdSet::remove(WriteIdInterval interval) {
  auto at = std::lower_bound(intervals_.begin(), intervals_.end(), interval.first,
                             [](const WriteIdInterval& i, WriteId first) { return i.last < first; });
  while (at != intervals_.end() && at->first <= interval.last) {
    WriteIdInterval left{at->first, interval.first - 1};
    WriteIdInterval right{interval.last + 1, at->last};
    bool keeps_left = at->first < interval.first;
    bool keeps_right = at->last > interval.last;
    if (keeps_left && keeps_right) {
      *at = left;
      intervals_.insert(at + 1, right);
      return;
    }
    if (keeps_left) {
      *at++ = left;
    } else if (keeps_right) {
      *at = right;
      return;
    } else {
      at = intervals_.erase(at);
    }
  }
}

bool WriteIdSet::overlaps(WriteId first, WriteId last) const {
  auto at = std::lower_bound(intervals_.begin(), intervals_.end(), first,
                             [](const WriteIdInterval& i, WriteId id) { return i.last < id; });
  return at != intervals_.end() && at->first <= last;
}

struct StatusMap::Chunk {
  std::array<std::atomic<uint64_t>, kChunkIds> words{};
};

// Of a collapsed chunk. Recycled as chunks are, so everything in it is atomic too.
struct StatusMap::Bitmap {
  std::atomic<CommitSeq> csn{0};
  std::array<std::atomic<uint64_t>, kChunkIds / 64> aborted{};
};

StatusMap::StatusMap(WriteId first_id, WriteIdSet aborted, CommitSeq published)
    : first_id_(first_id),
      aborted_before_(std::move(aborted)),
      published_(published),
      aborted_first_(~WriteId{0}),
      aborted_last_(0) {
  if (aborted_before_.empty()) return;
  aborted_first_ = aborted_before_.intervals().front().first;
  aborted_last_ = aborted_before_.intervals().back().last;
}

StatusMap::~StatusMap() {
  for (std::atomic<Branch*>& slot : branches_) {
    Branch* branch = slot.load();
    if (branch == nullptr) continue;
    for (std::atomic<Leaf*>& leaf : branch->leaves) delete leaf.load();
    delete branch;
  }
}

std::atomic<uint64_t>* StatusMap::entry(uint64_t chunk_no) const {
  Branch* branch = branches_[chunk_no / (kFan * kFan) % kFan].load(std::memory_order_acquire);
  if (branch == nullptr) return nullptr;
  Leaf* leaf = branch->leaves[chunk_no / kFan % kFan].load(std::memory_order_acquire);
  return leaf == nullptr ? nullptr : &leaf->entries[chunk_no % kFan];
}

std::atomic<uint64_t>& StatusMap::make_entry(uint64_t chunk_no) {
  std::atomic<Branch*>& branch_slot = branches_[chunk_no / (kFan * kFan) % kFan];
  if (branch_slot.load() == nullptr) branch_slot.store(new Branch, std::memory_order_release);
  std::atomic<Leaf*>& leaf_slot = branch_slot.load()->leaves[chunk_no / kFan % kFan];
  if (leaf_slot.load() == nullptr) leaf_slot.store(new Leaf, std::memory_order_release);
  return leaf_slot.load()->entries[chunk_no % kFan];
}

WriteStatus StatusMap::status(WriteId id) const {
  if (id < first_id_) {
    if (maybe_aborted(id) && aborted_before_.contains(id)) return {WriteStatus::State::Aborted, 0, 0};
    return {WriteStatus::State::Committed, 0, 0};
  }
  std::atomic<uint64_t>* place = entry(id / kChunkIds);
  if (place == nullptr) return {WriteStatus::State::Aborted, 0, 0};
  uint64_t offset = id % kChunkIds;
  while (true) {
    uint64_t seen = place->load(std::memory_order_acquire);
    if ((seen & 3) == kCollapsedTag) return {WriteStatus::State::Committed, seen >> 2, 0};
    if ((seen & 3) == kBitmapTag) {
      auto* bitmap = reinterpret_cast<Bitmap*>(seen - kBitmapTag);
      CommitSeq csn = bitmap->csn.load(std::memory_order_acquire);
      uint64_t word = bitmap->aborted[offset / 64].load(std::memory_order_acquire);
      if (place->load(std::memory_order_acquire) != seen) continue;
      if (word >> offset % 64 & 1) return {WriteStatus::State::Aborted, 0, 0};
      return {WriteStatus::State::Committed, csn, 0};
    }
    if (seen == 0) return {WriteStatus::State::Aborted, 0, 0};
    // Sequentially consistent: a waiter counts itself, then looks here (LockManager::wait_for_write).
    uint64_t word = reinterpret_cast<Chunk*>(seen)->words[offset].load();
    if (place->load(std::memory_order_acquire) != seen) continue;
    switch (tag_of(word)) {
      case StatusTag::Running:
        return {WriteStatus::State::Running, 0, word >> 2};
      case StatusTag::Committed:
        return {WriteStatus::State::Committed, word >> 2, 0};
      case StatusTag::Aborted:
      case StatusTag::None:
        return {WriteStatus::State::Aborted, 0, 0};
    }
  }
}

WriteStatus StatusMap::latest(WriteId id) const {
  WriteStatus found = status(id);
  if (found.state == WriteStatus::State::Committed && found.csn > published_.load())
    return {WriteStatus::State::Running, 0, 0};
  return found;
}

StatusMap::Chunk* StatusMap::chunk_of(WriteId id) const {
  return reinterpret_cast<Chunk*>(entry(id / kChunkIds)->load(std::memory_order_acquire));
}

void StatusMap::start(WriteId id, TxnId owner) {
  std::atomic<uint64_t>* place = entry(id / kChunkIds);
  if (place == nullptr || place->load() == 0) {
    MutexLock lock(mutex_);
    full_.reserve(full_.size() + 1);
    // Room for every chunk on the free lists, so that collapsing never allocates for them.
    if (free_chunks_.empty()) {
      chunks_.push_back(std::make_unique<Chunk>());
      free_chunks_.reserve(chunks_.capacity());
      free_chunks_.push_back(chunks_.back().get());
    }
    place = &make_entry(id / kChunkIds);
    Chunk* chunk = free_chunks_.back();
    free_chunks_.pop_back();
    // Ids of this chunk from before the restart are answered by first_id_; they must not hinder its collapse.
    uint64_t chunk_first = id / kChunkIds * kChunkIds;
    for (WriteId earlier = chunk_first; earlier < id; ++earlier)
      chunk->words[earlier % kChunkIds].store(status_word(StatusTag::Committed, 0),
                                              std::memory_order_release);
    full_.push_back(id / kChunkIds);
    place->store(reinterpret_cast<uint64_t>(chunk), std::memory_order_release);
  }
  chunk_of(id)->words[id % kChunkIds].store(status_word(StatusTag::Running, owner),
                                            std::memory_order_release);
}

void StatusMap::set_committed(WriteId id, CommitSeq csn) {
  chunk_of(id)->words[id % kChunkIds].store(status_word(StatusTag::Committed, csn),
                                            std::memory_order_release);
}

void StatusMap::set_aborted(WriteId id) {
  if (id < aborted_first_.load()) aborted_first_.store(id);
  if (id > aborted_last_.load()) aborted_last_.store(id);
  chunk_of(id)->words[id % kChunkIds].store(status_word(StatusTag::Aborted, 0));
}

void StatusMap::set_aborted_hull(WriteId first, WriteId last) {
  aborted_first_.store(first);
  aborted_last_.store(last);
}

void StatusMap::collapse(std::span<const CommitSeq> live, CommitSeq floor,
                         const std::function<bool(WriteId, WriteId)>& kept) {
  MutexLock lock(mutex_);
  auto collapse_chunk = [&](uint64_t chunk_no) REQUIRES(mutex_) {
    std::atomic<uint64_t>& place = *entry(chunk_no);
    // Already done: an earlier pass ran out of memory between this chunk and its list.
    if ((place.load() & 3) != 0) return true;
    auto* chunk = reinterpret_cast<Chunk*>(place.load());
    CommitSeq oldest = ~CommitSeq{0}, newest = 0;
    std::array<uint64_t, kChunkIds / 64> aborted{};
    bool any_aborted = false;
    for (uint64_t i = 0; i < kChunkIds; ++i) {
      uint64_t word = chunk->words[i].load(std::memory_order_relaxed);
      StatusTag tag = tag_of(word);
      if (tag == StatusTag::None || tag == StatusTag::Running) return false;
      WriteId id = chunk_no * kChunkIds + i;
      if (tag == StatusTag::Committed) {
        oldest = std::min(oldest, word >> 2);
        newest = std::max(newest, word >> 2);
        if (newest > floor) return false;
      } else if (kept(id, id)) {
        aborted[i / 64] |= uint64_t{1} << i % 64;
        any_aborted = true;
      }
    }
    auto between = std::lower_bound(live.begin(), live.end(), oldest);
    if (between != live.end() && *between < newest) return false;
    if (any_aborted) {
      if (free_bitmaps_.empty()) {
        mapped_.reserve(mapped_.size() + 1);
        bitmaps_.push_back(std::make_unique<Bitmap>());
        free_bitmaps_.reserve(bitmaps_.capacity());
        free_bitmaps_.push_back(bitmaps_.back().get());
      }
      Bitmap* bitmap = free_bitmaps_.back();
      mapped_.push_back(chunk_no);
      free_bitmaps_.pop_back();
      bitmap->csn.store(newest, std::memory_order_release);
      for (size_t i = 0; i < aborted.size(); ++i)
        bitmap->aborted[i].store(aborted[i], std::memory_order_release);
      place.store(reinterpret_cast<uint64_t>(bitmap) | kBitmapTag, std::memory_order_release);
    } else {
      place.store(newest << 2 | kCollapsedTag, std::memory_order_release);
    }
    for (std::atomic<uint64_t>& word : chunk->words) word.store(0, std::memory_order_release);
    free_chunks_.push_back(chunk);
    return true;
  };
  full_.erase(std::remove_if(full_.begin(), full_.end(), collapse_chunk), full_.end());

  auto drop_bitmap = [&](uint64_t chunk_no) REQUIRES(mutex_) {
    if (kept(chunk_no * kChunkIds, chunk_no * kChunkIds + kChunkIds - 1)) return false;
    std::atomic<uint64_t>& place = *entry(chunk_no);
    if ((place.load() & 3) != kBitmapTag) return true;
    auto* bitmap = reinterpret_cast<Bitmap*>(place.load() - kBitmapTag);
    place.store(bitmap->csn.load() << 2 | kCollapsedTag, std::memory_order_release);
    free_bitmaps_.push_back(bitmap);
    return true;
  };
  mapped_.erase(std::remove_if(mapped_.begin(), mapped_.end(), drop_bitmap), mapped_.end());
}

size_t StatusMap::full_chunks() const {
  MutexLock lock(mutex_);
  return full_.size();
}

size_t StatusMap::bitmap_chunks() const {
  MutexLock lock(mutex_);
  return mapped_.size();
}

}  // namespace rowan
