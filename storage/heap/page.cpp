#include "storage/heap/page.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace rowan {

uint32_t HeapView::array_width(const PageShape& shape, uint32_t array) {
  if (array < shape.wide16) return 16;
  array -= shape.wide16;
  if (array < shape.wide8) return 8;
  array -= shape.wide8;
  if (array < shape.wide4) return 4;
  array -= shape.wide4;
  if (array < shape.variable) return 8;
  array -= shape.variable;
  return array < shape.wide2 ? 2 : 1;
}

uint32_t HeapView::prefix(const PageShape& shape, uint32_t array) {
  const std::pair<uint32_t, uint32_t> classes[] = {{shape.wide16, 16},  {shape.wide8, 8}, {shape.wide4, 4},
                                                   {shape.variable, 8}, {shape.wide2, 2}, {shape.wide1, 1}};
  uint32_t bytes = 0;
  for (auto [count, width] : classes) {
    if (array < count) return bytes + array * width;
    bytes += count * width;
    array -= count;
  }
  return bytes;
}

uint32_t HeapView::best_capacity(const PageShape& shape, uint32_t bytes_each) {
  constexpr uint32_t kRoom = kPageSize - kPageHeaderSize;
  uint32_t capacity = kRoom / (24 + shape.row_width() + bytes_each + shape.array_count() / 8);
  capacity = std::max(8u, (capacity + 7) / 8 * 8);
  while (capacity > 8 && arrays_size(shape, capacity) + capacity * bytes_each > kRoom) capacity -= 8;
  return capacity;
}

namespace {
// A distinct run of live bytes in a page, while it is compacted.
struct LiveRun {
  uint16_t offset;
  uint16_t length;
};

// Calls `visit(array, slot, entry)` for every entry with bytes in the page, of slots in use.
template <class Visit>
void for_each_in_page(const HeapView& view, Visit&& visit) {
  uint32_t first = view.shape().first_variable();
  for (uint32_t array = first; array < first + view.shape().variable; ++array) {
    const VarEntry* entries = view.entries(array);
    for (uint32_t slot = 0; slot < view.capacity(); ++slot) {
      if (view.state(slot) == SlotState::Free || !view.is_valid(array, slot)) continue;
      if (entries[slot].is_in_page()) visit(array, slot, entries[slot]);
    }
  }
}

// At most one run a byte length of 7: a page has no more.
struct LiveRuns {
  std::array<LiveRun, kPageSize / 7> runs;
  size_t count = 0;

  // Runs in falling order of offset, each once. Entries that share an offset share the length.
  explicit LiveRuns(const HeapView& view) {
    // One bit an offset says whether a run begins there.
    std::array<uint64_t, kPageSize / 64> starts{};
    for_each_in_page(view, [&](uint32_t, uint32_t, const VarEntry& entry) {
      uint64_t& word = starts[entry.low / 64];
      uint64_t bit = uint64_t{1} << (entry.low % 64);
      if ((word & bit) != 0 || count == runs.size()) return;
      word |= bit;
      runs[count++] = {entry.low, entry.length()};
    });
    std::sort(runs.begin(), runs.begin() + count, [](LiveRun a, LiveRun b) { return a.offset > b.offset; });
  }
};
}  // namespace

uint32_t HeapView::live_bytes() const {
  std::array<uint64_t, kPageSize / 64> starts{};
  uint32_t total = 0;
  for_each_in_page(*this, [&](uint32_t, uint32_t, const VarEntry& entry) {
    uint64_t& word = starts[entry.low / 64];
    uint64_t bit = uint64_t{1} << (entry.low % 64);
    if ((word & bit) != 0) return;
    word |= bit;
    total += entry.length();
  });
  return total;
}

uint32_t HeapView::bytes_in_page(uint32_t slot) const {
  uint32_t total = 0;
  uint32_t first = shape_.first_variable();
  for (uint32_t array = first; array < first + shape_.variable; ++array) {
    const VarEntry& entry = entries(array)[slot];
    if (is_valid(array, slot) && entry.is_in_page()) total += entry.length();
  }
  return total;
}

uint32_t HeapView::find_free(uint32_t from, uint32_t limit) const {
  uint32_t end = limit == 0 ? capacity_ : std::min(capacity_, limit);
  if (header().count >= end) return capacity_;
  const uint64_t* word = words();
  for (uint32_t i = from; i < end; ++i)
    if (SlotWord::state(word[i]) == SlotState::Free) return i;
  for (uint32_t i = 0; i < std::min(from, end); ++i)
    if (SlotWord::state(word[i]) == SlotState::Free) return i;
  return capacity_;
}

uint32_t HeapView::last_used() const {
  for (uint32_t slot = capacity_; slot-- > 0;)
    if (state(slot) != SlotState::Free) return slot;
  return UINT32_MAX;
}

std::string HeapView::find_damage() const {
  const PageHeader& head = header();
  if (head.type != PageType::HeapHome && head.type != PageType::HeapHistory) return "not a page of rows";
  if (head.capacity == 0 || head.capacity % 8 != 0)
    return "capacity " + std::to_string(head.capacity) + " is no multiple of 8";
  if (kPageHeaderSize + uint64_t{head.capacity} * (24 + shape_.row_width()) > kPageSize ||
      arrays_end() > kPageSize)
    return "arrays of " + std::to_string(head.capacity) + " rows do not fit";
  if (facts().bytes_begin < arrays_end() || facts().bytes_begin > kPageSize)
    return "bytes begin inside the arrays";
  uint32_t used = 0;
  for (uint32_t slot = 0; slot < capacity_; ++slot) {
    SlotState is = state(slot);
    std::string at = "slot " + std::to_string(slot) + ": ";
    if (static_cast<uint8_t>(is) == 3) return at + "unknown state";
    if (is == SlotState::Free) continue;
    ++used;
    if (is == SlotState::Home && head.type == PageType::HeapHistory) return at + "a home in a history page";
    WriteId creator = creators()[slot], deleter = deleters()[slot];
    if (creator == 0) return at + "no creator";
    if (creator < head.min_write_id || creator > head.max_write_id)
      return at + "creator outside the page's bounds";
    if (deleter != 0 && (deleter < head.min_write_id || deleter > head.max_write_id))
      return at + "deleter outside the page's bounds";
    if ((deleter != 0 || SlotWord::has_link(words()[slot]) || is == SlotState::History) &&
        (head.flags & kPageHasDeletersOrLinks) == 0)
      return at + "deleter or link, but the page's flag says there is none";
    if (is == SlotState::History && deleter == 0) return at + "history that nothing replaced";
    if ((words()[slot] & SlotWord::kElsewhere) != 0 && (head.flags & kHeapHasElsewhere) == 0)
      return at + "a row out of line, but the page's flag says there is none";
  }
  if (used != head.count)
    return "count says " + std::to_string(head.count) + " slots, found " + std::to_string(used);
  std::string damage;
  for_each_in_page(*this, [&](uint32_t, uint32_t slot, const VarEntry& entry) {
    if (entry.low < facts().bytes_begin || entry.low + entry.length() > kPageSize ||
        entry.length() > VarEntry::kInPageMax)
      damage = "slot " + std::to_string(slot) + ": value outside the page's bytes";
  });
  return damage;
}

void HeapPage::format(Page page, uint32_t layout, uint16_t capacity, const PageShape& shape) {
  PageHeader& head = page.header();
  head.layout = layout;
  head.capacity = capacity;
  head.count = 0;
  auto* facts = reinterpret_cast<HeapPageFacts*>(head.own);
  facts->shape = shape;
  facts->bytes_begin = kPageSize;
  facts->may_compact = 0;
}

void HeapPage::put_bytes(uint32_t array_no, uint32_t slot, std::string_view bytes) {
  if (bytes.size() <= VarEntry::kInsideMax) {
    entry(array_no, slot) = VarEntry::inside(bytes);
    return;
  }
  facts().bytes_begin = static_cast<uint16_t>(facts().bytes_begin - bytes.size());
  std::memcpy(mutable_at<char>(facts().bytes_begin), bytes.data(), bytes.size());
  entry(array_no, slot) = {static_cast<uint16_t>(bytes.size()), facts().bytes_begin, 0};
}

void HeapPage::copy_columns(uint32_t to, uint32_t from) {
  uint32_t count = shape_.array_count();
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t width = array_width(i);
    std::byte* values = array(i);
    std::memcpy(values + size_t{to} * width, values + size_t{from} * width, width);
    set_valid(i, to, is_valid(i, from));
  }
}

void HeapPage::swap_columns(uint32_t a, uint32_t b) {
  uint32_t count = shape_.array_count();
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t width = array_width(i);
    std::byte* values = array(i);
    std::swap_ranges(values + size_t{a} * width, values + size_t{a + 1} * width, values + size_t{b} * width);
    bool valid_a = is_valid(i, a), valid_b = is_valid(i, b);
    set_valid(i, a, valid_b);
    set_valid(i, b, valid_a);
  }
}

void HeapPage::compact() {
  LiveRuns live(*this);
  // From the top down no run is written over before it has moved.
  std::array<uint16_t, kPageSize / 7> moved_to;
  uint32_t begin = kPageSize;
  for (size_t i = 0; i < live.count; ++i) {
    begin -= live.runs[i].length;
    std::memmove(mutable_at<std::byte>(begin), mutable_at<std::byte>(live.runs[i].offset),
                 live.runs[i].length);
    moved_to[i] = static_cast<uint16_t>(begin);
  }
  for_each_in_page(*this, [&](uint32_t array_no, uint32_t slot, const VarEntry& old) {
    auto end = live.runs.begin() + live.count;
    auto found = std::lower_bound(live.runs.begin(), end, old.low,
                                  [](LiveRun run, uint16_t offset) { return run.offset > offset; });
    entry(array_no, slot).low = moved_to[static_cast<size_t>(found - live.runs.begin())];
  });
  facts().bytes_begin = static_cast<uint16_t>(begin);
  facts().may_compact = 0;
}

void HeapPage::recompute_bounds() {
  WriteId min = 0, max = 0;
  bool busy = false, elsewhere = false;
  uint16_t count = 0;
  for (uint32_t slot = 0; slot < capacity_; ++slot) {
    SlotState is = state(slot);
    if (is == SlotState::Free) continue;
    ++count;
    for (WriteId id : {creator(slot), deleter(slot)}) {
      if (id == 0) continue;
      if (min == 0 || id < min) min = id;
      if (id > max) max = id;
    }
    busy |= deleter(slot) != 0 || SlotWord::has_link(word(slot)) || is == SlotState::History;
    elsewhere |= (word(slot) & SlotWord::kElsewhere) != 0;
  }
  PageHeader& head = header();
  head.min_write_id = min;
  head.max_write_id = max;
  head.count = count;
  auto set_flag = [&head](uint16_t flag, bool on) {
    head.flags = static_cast<uint16_t>(on ? head.flags | flag : head.flags & ~flag);
  };
  set_flag(kPageHasDeletersOrLinks, busy);
  set_flag(kHeapHasElsewhere, elsewhere);
}

}  // namespace rowan
