#include "executor/sorter.h"

#include <algorithm>
#include <cstring>

#include "types/stretch_sort.h"
#include "types/try.h"

namespace rowan {

namespace {

constexpr size_t kSortChunk = 8192;

uint64_t sorter_head(std::string_view key) {
  unsigned char bytes[8] = {};
  std::memcpy(bytes, key.data(), std::min<size_t>(key.size(), 8));
  uint64_t head;
  std::memcpy(&head, bytes, 8);
  return __builtin_bswap64(head);
}

std::string_view sorter_key(const char* row) {
  uint32_t length;
  std::memcpy(&length, row, sizeof length);
  return {row + sizeof length, length};
}

// Where the row begins behind its key.
uint32_t sorter_row_offset(uint32_t key_length) {
  return (sizeof(uint32_t) + key_length + 7) & ~7u;
}

bool sorter_less(uint64_t a_head, std::string_view a, uint64_t b_head, std::string_view b) {
  if (a_head != b_head) return a_head < b_head;
  return a < b;  // std::string_view compares chars as unsigned
}

}  // namespace

bool Sorter::less(const Entry& a, const Entry& b) {
  return sorter_less(a.head, sorter_key(a.row), b.head, sorter_key(b.row));
}

struct Sorter::Source {
  const SortedRun* run;
  size_t number;  // earlier runs hold earlier rows
  size_t next_chunk = 0;
  std::string bytes;
  size_t at = 0;
  uint64_t head = 0;
  std::string_view key;
  const char* row = nullptr;  // serialized

  // The next row becomes current. False: the run ends.
  Result<bool> advance(SpillStore& file) {
    if (at == bytes.size()) {
      if (next_chunk == run->chunks.size()) return false;
      auto [offset, length] = run->chunks[next_chunk++];
      TempFile* temp = TRY(file.file());
      bytes.resize(length);
      TRY(temp->read(offset, std::as_writable_bytes(std::span(bytes))));
      at = 0;
    }
    uint32_t lengths[2];
    std::memcpy(lengths, bytes.data() + at, sizeof lengths);
    key = {bytes.data() + at + sizeof lengths, lengths[0]};
    row = key.data() + key.size();
    head = sorter_head(key);
    at += sizeof lengths + lengths[0] + lengths[1];
    return true;
  }
};

Sorter::Sorter(Run& run, std::span<const Type> types)
    : run_(run),
      shape_(types, 0),
      memory_(run.environment().work_memory, run.environment().budget),
      file_(run.environment().temp_files) {}

Sorter::~Sorter() = default;

size_t Sorter::memory_used() const {
  return arena_.allocated_bytes() + entries_.capacity_bytes();
}

void Sorter::clear() {
  arena_ = Arena();
  entries_.release();
  space_.release();
  sources_.clear();
  heap_.clear();
  runs_.clear();
  file_.close();
  out_arena_ = Arena();
  total_ = 0;
  next_entry_ = 0;
  memory_.cover(0);
}

Result<> Sorter::add(Columns columns, uint32_t row, std::string_view key) {
  auto key_length = static_cast<uint32_t>(key.size());
  uint32_t offset = sorter_row_offset(key_length);
  char* entry = arena_.allocate(offset + shape_.size());
  std::memcpy(entry, &key_length, sizeof key_length);
  std::memcpy(entry + sizeof key_length, key.data(), key.size());
  shape_.put(columns, row, entry + offset, arena_);
  entries_.push_back({sorter_head(key), entry});
  ++total_;
  if (entries_.size() % kSortStretch == 0) TRY(sort_newest());
  if (entries_.size() % 64 != 0 && arena_.allocated_bytes() == arena_seen_) return {};
  arena_seen_ = arena_.allocated_bytes();
  if (entries_.size() % 1024 == 0) TRY(run_.check_cancel());
  if (!memory_.cover(memory_used())) {
    TRY(write_run());
  }
  return {};
}

// Stretches are sorted as they come, and merged for as long as they are in the processor's cache; what is
// left is for sort_entries().
Result<> Sorter::sort_newest() {
  constexpr size_t kHot = 65536;
  size_t end = entries_.size();
  sort_stretch(entries_, end - kSortStretch, end, less);
  for (size_t width = kSortStretch; width < kHot && end % (2 * width) == 0; width *= 2)
    TRY(merge_halves(entries_, end - 2 * width, end - width, end, space_, less,
                     [this] { return run_.check_cancel(); }));
  return {};
}

Result<> Sorter::sort_entries() {
  sort_stretch(entries_, entries_.size() / kSortStretch * kSortStretch, entries_.size(), less);
  return merge_stretches(entries_, less, [this] { return run_.check_cancel(); });
}

Result<> Sorter::write_chunk(SortedRun& run, std::string& bytes) {
  if (bytes.empty()) return {};
  TempFile* file = TRY(file_.file());
  uint64_t offset = TRY(file->append(std::as_bytes(std::span(bytes))));
  run.chunks.emplace_back(offset, static_cast<uint32_t>(bytes.size()));
  bytes.clear();
  return run_.check_cancel();
}

Result<> Sorter::write_run() {
  TRY(sort_entries());
  SortedRun run;
  std::string bytes;
  for (const Entry& entry : entries_) {
    std::string_view key = sorter_key(entry.row);
    size_t begin = bytes.size();
    uint32_t lengths[2] = {static_cast<uint32_t>(key.size()), 0};
    bytes.append(reinterpret_cast<const char*>(lengths), sizeof lengths);
    bytes.append(key);
    size_t row_begin = bytes.size();
    shape_.serialize(entry.row + sorter_row_offset(lengths[0]), bytes);
    lengths[1] = static_cast<uint32_t>(bytes.size() - row_begin);
    std::memcpy(bytes.data() + begin, lengths, sizeof lengths);
    if (bytes.size() >= kSortChunk) TRY(write_chunk(run, bytes));
  }
  TRY(write_chunk(run, bytes));
  runs_.push_back(std::move(run));
  entries_.release();
  arena_ = Arena();
  memory_.cover(0);
  return {};
}

Result<> Sorter::open_sources(size_t first, size_t count) {
  sources_.clear();
  heap_.clear();
  for (size_t i = first; i < first + count; ++i) {
    auto source = std::make_unique<Source>();
    source->run = &runs_[i];
    source->number = i;
    bool more = TRY(source->advance(file_));
    if (!more) continue;
    heap_.push_back(source.get());
    sources_.push_back(std::move(source));
  }
  return {};
}

namespace {
// For std::push_heap, which keeps the greatest in front: the smallest row, of the earliest run, is it.
struct SorterLater {
  template <class Source>
  bool operator()(const Source* a, const Source* b) const {
    if (a->head != b->head) return a->head > b->head;
    int order = a->key.compare(b->key);
    return order != 0 ? order > 0 : a->number > b->number;
  }
};
}  // namespace

// Runs first … first + count - 1 as one.
Result<Sorter::SortedRun> Sorter::merge(size_t first, size_t count) {
  TRY(open_sources(first, count));
  std::make_heap(heap_.begin(), heap_.end(), SorterLater());
  SortedRun merged;
  std::string bytes;
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), SorterLater());
    Source* source = heap_.back();
    const char* begin = source->key.data() - 2 * sizeof(uint32_t);
    bytes.append(begin, static_cast<size_t>(source->bytes.data() + source->at - begin));
    if (bytes.size() >= kSortChunk) TRY(write_chunk(merged, bytes));
    bool more = TRY(source->advance(file_));
    if (more)
      std::push_heap(heap_.begin(), heap_.end(), SorterLater());
    else
      heap_.pop_back();
  }
  TRY(write_chunk(merged, bytes));
  return merged;
}

Result<> Sorter::finish() {
  if (runs_.empty() && memory_.cover(memory_used())) {
    TRY(sort_entries());
    next_entry_ = 0;
    return {};
  }
  if (!entries_.empty()) TRY(write_run());
  size_t width = std::clamp<size_t>(memory_.limit() / (2 * kSortChunk), 2, kMergeWidthMax);
  while (runs_.size() > width) {
    std::vector<SortedRun> next;
    for (size_t first = 0; first < runs_.size(); first += width) {
      SortedRun merged = TRY(merge(first, std::min(width, runs_.size() - first)));
      next.push_back(std::move(merged));
    }
    runs_ = std::move(next);
  }
  return rewind();
}

Result<> Sorter::rewind() {
  next_entry_ = 0;
  if (runs_.empty()) return {};
  TRY(open_sources(0, runs_.size()));
  std::make_heap(heap_.begin(), heap_.end(), SorterLater());
  return {};
}

Result<uint32_t> Sorter::next(Batch& out, uint32_t limit) {
  const char* rows[kBatchRows];
  limit = std::min(limit, kBatchRows);
  uint32_t count = 0;
  if (runs_.empty()) {
    for (; count < limit && next_entry_ < entries_.size(); ++count) {
      const char* row = entries_[next_entry_++].row;
      rows[count] = row + sorter_row_offset(static_cast<uint32_t>(sorter_key(row).size()));
    }
  } else {
    out_arena_.reset();
    while (count < limit && !heap_.empty() && out_arena_.used_bytes() < kBatchBytesMax) {
      std::pop_heap(heap_.begin(), heap_.end(), SorterLater());
      Source* source = heap_.back();
      const char* bytes = source->row;
      rows[count++] = shape_.deserialize(bytes, out_arena_);
      bool more = TRY(source->advance(file_));
      if (more)
        std::push_heap(heap_.begin(), heap_.end(), SorterLater());
      else
        heap_.pop_back();
    }
  }
  for (size_t column = 0; column < shape_.column_count(); ++column)
    shape_.get(rows, count, column, out.column(column), 0);
  out.set_row_count(count);
  return count;
}

}  // namespace rowan
