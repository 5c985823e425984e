#include "storage/heap/page_ops.h"

#include <algorithm>
#include <array>
#include <string>

#include "storage/heap/overflow_page.h"

namespace rowan {

namespace {

enum class HeapOp : uint8_t {
  Format = 1,
  Compact,
  Insert,
  Put,
  Update,
  SetDeleter,
  SetWord,
  SetEntryMeta,
  Free,
  Swap,
  Rebound,
  Relayout,
  PutChunk,
  FreeChunk,
  OrphanChunk
};
enum class CellKind : uint8_t { Null, Value };
enum class SourceKind : uint8_t { Array, Null, Fixed, Bytes };

// Reads operations; after a read past the end everything reads as zeros and ok() is false.
class OpReader {
 public:
  explicit OpReader(std::span<const std::byte> bytes) : next_(bytes.data()), end_(next_ + bytes.size()) {}
  bool ok() const { return ok_; }
  bool at_end() const { return next_ == end_; }
  void fail() { ok_ = false; }
  template <class T>
  T get() {
    T value{};
    const std::byte* from = take(sizeof value);
    if (from != nullptr) std::memcpy(&value, from, sizeof value);
    return value;
  }
  const std::byte* take(size_t count) {
    if (static_cast<size_t>(end_ - next_) < count) {
      ok_ = false;
      next_ = end_;
      return nullptr;
    }
    const std::byte* at = next_;
    next_ += count;
    return at;
  }

 private:
  const std::byte* next_;
  const std::byte* end_;
  bool ok_ = true;
};

// One value of array `array` into `slot`.
bool apply_value(HeapPage& page, OpReader& in, uint32_t array, uint32_t slot) {
  if (!page.is_variable(array)) {
    uint32_t width = page.array_width(array);
    const std::byte* value = in.take(width);
    if (value == nullptr) return false;
    std::memcpy(page.array(array) + size_t{slot} * width, value, width);
  } else {
    auto meta = in.get<uint16_t>();
    if ((meta & VarEntry::kOutOfLine) != 0) {
      VarEntry entry;
      entry.meta = meta;
      entry.low = in.get<uint16_t>();
      entry.high = in.get<uint32_t>();
      page.entry(array, slot) = entry;
    } else {
      const std::byte* bytes = in.take(meta);
      if (bytes == nullptr || (meta > VarEntry::kInsideMax && meta > page.free_bytes())) return false;
      page.put_bytes(array, slot, {reinterpret_cast<const char*>(bytes), meta});
    }
  }
  page.set_valid(array, slot, true);
  return true;
}

bool apply_image(HeapPage& page, OpReader& in, uint32_t slot) {
  uint32_t count = page.shape().array_count();
  const std::byte* validity = in.take((count + 7) / 8);
  if (validity == nullptr) return false;
  for (uint32_t array = 0; array < count; ++array) {
    if ((std::to_integer<uint32_t>(validity[array / 8]) >> (array % 8) & 1) == 0) {
      page.set_valid(array, slot, false);
    } else if (!apply_value(page, in, array, slot)) {
      return false;
    }
  }
  return true;
}

// The pointer's 6 bytes lie over the first bytes of the slot's arrays, none of which is valid then.
bool store_elsewhere(HeapPage& page, uint32_t slot, OverflowPointer pointer) {
  page.header().flags |= kHeapHasElsewhere;
  char bytes[6];
  std::memcpy(bytes, &pointer.page, 4);
  std::memcpy(bytes + 4, &pointer.slot, 2);
  uint32_t done = 0;
  for (uint32_t array = 0; array < page.shape().array_count(); ++array) {
    page.set_valid(array, slot, false);
    uint32_t width = page.array_width(array);
    uint32_t part = std::min(width, 6 - done);
    if (part != 0) std::memcpy(page.array(array) + size_t{slot} * width, bytes + done, part);
    done += part;
  }
  return done == 6;
}

OverflowPointer read_pointer(OpReader& in) {
  OverflowPointer pointer;
  pointer.page = in.get<uint32_t>();
  pointer.slot = in.get<uint16_t>();
  return pointer;
}

bool apply_insert(HeapPage& page, OpReader& in) {
  auto creator = in.get<WriteId>();
  auto count = in.get<uint16_t>();
  for (uint32_t i = 0; i < count; ++i) {
    auto slot = in.get<SlotNo>();
    if (!in.ok() || slot >= page.capacity()) return false;
    page.creator(slot) = creator;
    page.deleter(slot) = 0;
    page.word(slot) = SlotWord::make(SlotState::Home, kNoRow);
    if (!apply_image(page, in, slot)) return false;
  }
  page.header().count = static_cast<uint16_t>(page.header().count + count);
  page.note(creator);
  return true;
}

bool apply_put(HeapPage& page, OpReader& in) {
  auto slot = in.get<SlotNo>();
  auto word = in.get<uint64_t>();
  auto creator = in.get<WriteId>();
  auto deleter = in.get<WriteId>();
  if (!in.ok() || slot >= page.capacity()) return false;
  if (page.state(slot) == SlotState::Free) {
    ++page.header().count;
  } else {
    page.facts().may_compact = 1;
  }
  page.word(slot) = word;
  page.creator(slot) = creator;
  page.deleter(slot) = deleter;
  page.note(creator);
  if (deleter != 0) page.note(deleter);
  if (deleter != 0 || SlotWord::has_link(word) || SlotWord::state(word) == SlotState::History)
    page.header().flags |= kPageHasDeletersOrLinks;
  if ((word & SlotWord::kElsewhere) != 0) return store_elsewhere(page, slot, read_pointer(in)) && in.ok();
  return apply_image(page, in, slot);
}

// The old version goes to its history slot with the bytes it has; what is not changed and out of line is from
// now on inherited by home and passed on by history.
void push_history(HeapPage& page, const heap_op::Update& update) {
  uint32_t home = update.home, history = update.history;
  page.copy_columns(history, home);
  uint64_t word = page.word(home);
  page.word(history) =
      SlotWord::make(SlotState::History, SlotWord::link(word),
                     (word & SlotWord::kElsewhere) | (update.key_changed ? SlotWord::kKeyChanged : 0));
  page.creator(history) = page.creator(home);
  page.deleter(history) = update.creator;
  ++page.header().count;
}

bool apply_update(HeapPage& page, OpReader& in) {
  heap_op::Update update;
  update.home = in.get<SlotNo>();
  update.history = in.get<SlotNo>();
  update.link = in.get<uint64_t>();
  update.creator = in.get<WriteId>();
  auto flags = in.get<uint8_t>();
  auto count = in.get<uint16_t>();
  update.key_changed = (flags & 1) != 0;
  update.elsewhere = (flags & 2) != 0;
  bool has_history = update.history != heap_op::Update::kNowhere;
  if (!in.ok() || update.home >= page.capacity() || (has_history && update.history >= page.capacity()))
    return false;
  if (has_history) push_history(page, update);
  bool was_elsewhere = (page.word(update.home) & SlotWord::kElsewhere) != 0;

  std::array<uint64_t, (kMaxColumns + 63) / 64 + 1> changed{};
  if (update.elsewhere) {
    if (!store_elsewhere(page, update.home, read_pointer(in))) return false;
  }
  for (uint32_t i = 0; i < count; ++i) {
    auto array = in.get<uint16_t>();
    auto kind = in.get<CellKind>();
    if (!in.ok() || array >= page.shape().array_count()) return false;
    changed[array / 64] |= uint64_t{1} << (array % 64);
    if (kind == CellKind::Null) {
      page.set_valid(array, update.home, false);
    } else if (!apply_value(page, in, array, update.home)) {
      return false;
    }
  }
  if (!update.elsewhere && !was_elsewhere) {
    uint32_t first = page.shape().first_variable();
    for (uint32_t array = first; array < first + page.shape().variable; ++array) {
      if ((changed[array / 64] >> (array % 64) & 1) != 0 || !page.is_valid(array, update.home)) {
        if (has_history)
          page.entry(array, update.history).meta &= static_cast<uint16_t>(~VarEntry::kPassedOn);
        continue;
      }
      VarEntry& entry = page.entry(array, update.home);
      if (!entry.is_out_of_line()) continue;
      // An own version that is overwritten, without history, keeps what it brought itself.
      if (SlotWord::link_bits(SlotWord::link(page.word(update.home))) != update.link) {
        if (has_history) page.entry(array, update.history).meta |= VarEntry::kPassedOn;
        entry.meta = static_cast<uint16_t>((entry.meta | VarEntry::kInherited) & ~VarEntry::kPassedOn);
      }
    }
  }
  page.word(update.home) =
      SlotWord::make(SlotState::Home, kNoRow, update.elsewhere ? SlotWord::kElsewhere : 0);
  page.word(update.home) = (page.word(update.home) & ~SlotWord::kLinkMask) | update.link;
  page.creator(update.home) = update.creator;
  page.deleter(update.home) = 0;
  page.note(update.creator);
  if (!has_history) page.facts().may_compact = 1;
  if (has_history || update.link != SlotWord::kNoLink) page.header().flags |= kPageHasDeletersOrLinks;
  return in.ok();
}

bool apply_relayout(Page raw, OpReader& in) {
  auto layout = in.get<uint32_t>();
  auto capacity = in.get<uint16_t>();
  auto shape = in.get<PageShape>();
  if (!in.ok() || capacity == 0 || capacity % 8 != 0 ||
      kPageHeaderSize + HeapView::arrays_size(shape, capacity) > kPageSize)
    return false;
  alignas(16) std::array<std::byte, kPageSize> old_bytes;
  std::memcpy(old_bytes.data(), raw.bytes(), kPageSize);
  HeapView old(ConstPage(old_bytes.data()));
  uint32_t last = old.last_used();
  if (last != UINT32_MAX && last >= capacity) return false;
  uint32_t live = old.live_bytes();
  if (kPageHeaderSize + HeapView::arrays_size(shape, capacity) + live > kPageSize) return false;

  // The bytes are moved together first, in the copy, so that entries can be taken over as they are.
  HeapPage compacted{Page(old_bytes.data())};
  compacted.compact();
  uint16_t begin = compacted.facts().bytes_begin;
  HeapPage::format(raw, layout, capacity, shape);
  std::memset(raw.bytes() + kPageHeaderSize, 0, kPageSize - kPageHeaderSize);
  std::memcpy(raw.bytes() + begin, old_bytes.data() + begin, kPageSize - begin);
  HeapPage page(raw);
  page.facts().bytes_begin = begin;
  page.header().count = compacted.header().count;
  uint32_t slots = std::min<uint32_t>(compacted.capacity(), capacity);
  for (uint32_t slot = 0; slot < slots; ++slot) {
    page.creator(slot) = compacted.creator(slot);
    page.deleter(slot) = compacted.deleter(slot);
    page.word(slot) = compacted.word(slot);
  }
  for (uint32_t array = 0; array < shape.array_count(); ++array) {
    uint32_t width = page.array_width(array);
    auto kind = in.get<SourceKind>();
    if (!in.ok()) return false;
    if (kind == SourceKind::Null) continue;
    if (kind == SourceKind::Array) {
      auto from = in.get<uint16_t>();
      if (!in.ok() || from >= compacted.shape().array_count() || compacted.array_width(from) != width)
        return false;
      std::memcpy(page.array(array), compacted.array(from), size_t{width} * slots);
      for (uint32_t slot = 0; slot < slots; ++slot)
        page.set_valid(array, slot, compacted.is_valid(from, slot));
      continue;
    }
    std::byte value[16] = {};
    if (kind == SourceKind::Fixed) {
      const std::byte* bytes = in.take(width);
      if (bytes == nullptr) return false;
      std::memcpy(value, bytes, width);
    } else {
      auto length = in.get<uint16_t>();
      const std::byte* bytes = in.take(length);
      bool fits = length <= VarEntry::kInsideMax || length <= page.free_bytes();
      if (bytes == nullptr || !fits || !page.is_variable(array)) return false;
      page.put_bytes(array, 0, {reinterpret_cast<const char*>(bytes), length});
      std::memcpy(value, &page.entry(array, 0), sizeof(VarEntry));
    }
    for (uint32_t slot = 0; slot < slots; ++slot) {
      if (page.state(slot) == SlotState::Free) continue;
      std::memcpy(page.array(array) + size_t{slot} * width, value, width);
      page.set_valid(array, slot, true);
    }
  }
  for (uint32_t slot = 0; slot < slots; ++slot)
    if ((page.word(slot) & SlotWord::kElsewhere) != 0 &&
        !store_elsewhere(page, slot, elsewhere(compacted, slot)))
      return false;
  return in.ok();
}

bool apply_small(HeapPage& page, HeapOp op, OpReader& in) {
  if (op == HeapOp::Compact) {
    page.compact();
    return true;
  }
  if (op == HeapOp::Rebound) {
    page.recompute_bounds();
    return true;
  }
  auto slot = in.get<SlotNo>();
  if (!in.ok() || slot >= page.capacity()) return false;
  switch (op) {
    case HeapOp::SetDeleter: {
      auto deleter = in.get<WriteId>();
      page.deleter(slot) = deleter;
      if (deleter != 0) {
        page.note(deleter);
        page.header().flags |= kPageHasDeletersOrLinks;
      }
      return in.ok();
    }
    case HeapOp::SetWord:
      page.word(slot) = in.get<uint64_t>();
      if ((page.word(slot) & SlotWord::kElsewhere) != 0) page.header().flags |= kHeapHasElsewhere;
      if (SlotWord::has_link(page.word(slot))) page.header().flags |= kPageHasDeletersOrLinks;
      return in.ok();
    case HeapOp::SetEntryMeta: {
      auto array = in.get<uint16_t>();
      auto meta = in.get<uint16_t>();
      if (!in.ok() || array >= page.shape().array_count() || !page.is_variable(array)) return false;
      page.entry(array, slot).meta = meta;
      return true;
    }
    case HeapOp::Free:
      if (page.state(slot) != SlotState::Free) --page.header().count;
      page.word(slot) = SlotWord::make(SlotState::Free, kNoRow);
      page.creator(slot) = 0;
      page.deleter(slot) = 0;
      page.facts().may_compact = 1;
      return true;
    case HeapOp::Swap: {
      auto other = in.get<SlotNo>();
      auto deleter = in.get<WriteId>();
      auto other_deleter = in.get<WriteId>();
      if (!in.ok() || other >= page.capacity()) return false;
      page.swap_columns(slot, other);
      std::swap(page.creator(slot), page.creator(other));
      uint64_t mine = page.word(slot) & SlotWord::kElsewhere,
               theirs = page.word(other) & SlotWord::kElsewhere;
      page.word(slot) = (page.word(slot) & ~SlotWord::kElsewhere) | theirs;
      page.word(other) = (page.word(other) & ~SlotWord::kElsewhere) | mine;
      page.deleter(slot) = deleter;
      page.deleter(other) = other_deleter;
      if (deleter != 0) page.note(deleter);
      if (other_deleter != 0) page.note(other_deleter);
      return true;
    }
    default:
      return false;
  }
}

void put_op(OpBuffer& to, HeapOp op) {
  to.put(op);
}

}  // namespace

void OpBuffer::grow(size_t count) {
  size_t room = std::max(room_ * 2, size_ + count);
  auto bigger = std::make_unique<std::byte[]>(room);
  std::memcpy(bigger.get(), data_, size_);
  outside_ = std::move(bigger);
  data_ = outside_.get();
  room_ = room;
}

ImageWriter::ImageWriter(OpBuffer& to, const PageShape& shape) : to_(to), validity_(to.size()) {
  size_t bytes = (shape.array_count() + 7) / 8;
  std::memset(to.extend(bytes), 0, bytes);
}
void ImageWriter::fixed(const void* value, size_t width) {
  mark();
  to_.put(value, width);
}
void ImageWriter::bytes(std::string_view value) {
  mark();
  to_.put(static_cast<uint16_t>(value.size()));
  to_.put(value.data(), value.size());
}
void ImageWriter::out_of_line(VarEntry entry) {
  mark();
  to_.put(entry);
}

void write_image(OpBuffer& to, const HeapView& page, uint32_t slot, const uint64_t* changed) {
  ImageWriter image(to, page.shape());
  uint32_t count = page.shape().array_count();
  for (uint32_t array = 0; array < count; ++array) {
    if (!page.is_valid(array, slot)) {
      image.null();
    } else if (!page.is_variable(array)) {
      uint32_t width = page.array_width(array);
      image.fixed(page.array(array) + size_t{slot} * width, width);
    } else {
      VarEntry entry = page.entries(array)[slot];
      if (!entry.is_out_of_line()) {
        image.bytes(page.bytes_of(page.entries(array)[slot]));
        continue;
      }
      if (changed != nullptr) {
        entry.meta = static_cast<uint16_t>(entry.meta & ~VarEntry::kPassedOn);
        if ((changed[array / 64] >> (array % 64) & 1) == 0) entry.meta |= VarEntry::kPassedOn;
      }
      image.out_of_line(entry);
    }
  }
}

OverflowPointer elsewhere(const HeapView& page, uint32_t slot) {
  char bytes[6];
  uint32_t done = 0;
  for (uint32_t array = 0; array < page.shape().array_count() && done < 6; ++array) {
    uint32_t width = page.array_width(array);
    uint32_t part = std::min(width, 6 - done);
    std::memcpy(bytes + done, page.array(array) + size_t{slot} * width, part);
    done += part;
  }
  OverflowPointer pointer;
  std::memcpy(&pointer.page, bytes, 4);
  std::memcpy(&pointer.slot, bytes + 4, 2);
  return pointer;
}

namespace heap_op {
void format(OpBuffer& to, uint32_t layout, uint32_t capacity, const PageShape& shape) {
  put_op(to, HeapOp::Format);
  to.put(layout);
  to.put(static_cast<uint16_t>(capacity));
  to.put(shape);
}
void compact(OpBuffer& to) {
  put_op(to, HeapOp::Compact);
}
void insert(OpBuffer& to, WriteId creator, uint16_t count) {
  put_op(to, HeapOp::Insert);
  to.put(creator);
  to.put(count);
}
void put(OpBuffer& to, SlotNo slot, uint64_t word, WriteId creator, WriteId deleter) {
  put_op(to, HeapOp::Put);
  to.put(slot);
  to.put(word);
  to.put(creator);
  to.put(deleter);
}
void put_pointer(OpBuffer& to, OverflowPointer pointer) {
  to.put(pointer.page);
  to.put(pointer.slot);
}
void update(OpBuffer& to, const Update& update, uint16_t count) {
  put_op(to, HeapOp::Update);
  to.put(update.home);
  to.put(update.history);
  to.put(update.link);
  to.put(update.creator);
  to.put(static_cast<uint8_t>((update.key_changed ? 1 : 0) | (update.elsewhere ? 2 : 0)));
  to.put(count);
}
void change_null(OpBuffer& to, uint16_t array) {
  to.put(array);
  to.put(CellKind::Null);
}
void change_fixed(OpBuffer& to, uint16_t array, const void* value, size_t width) {
  to.put(array);
  to.put(CellKind::Value);
  to.put(value, width);
}
void change_bytes(OpBuffer& to, uint16_t array, std::string_view value) {
  to.put(array);
  to.put(CellKind::Value);
  to.put(static_cast<uint16_t>(value.size()));
  to.put(value.data(), value.size());
}
void change_out_of_line(OpBuffer& to, uint16_t array, VarEntry entry) {
  to.put(array);
  to.put(CellKind::Value);
  to.put(entry);
}
void set_deleter(OpBuffer& to, SlotNo slot, WriteId deleter) {
  put_op(to, HeapOp::SetDeleter);
  to.put(slot);
  to.put(deleter);
}
void set_word(OpBuffer& to, SlotNo slot, uint64_t word) {
  put_op(to, HeapOp::SetWord);
  to.put(slot);
  to.put(word);
}
void set_entry_meta(OpBuffer& to, SlotNo slot, uint16_t array, uint16_t meta) {
  put_op(to, HeapOp::SetEntryMeta);
  to.put(slot);
  to.put(array);
  to.put(meta);
}
void free_slot(OpBuffer& to, SlotNo slot) {
  put_op(to, HeapOp::Free);
  to.put(slot);
}
void swap(OpBuffer& to, SlotNo a, SlotNo b, WriteId deleter_a, WriteId deleter_b) {
  put_op(to, HeapOp::Swap);
  to.put(a);
  to.put(b);
  to.put(deleter_a);
  to.put(deleter_b);
}
void rebound(OpBuffer& to) {
  put_op(to, HeapOp::Rebound);
}
void relayout(OpBuffer& to, uint32_t layout, uint32_t capacity, const PageShape& shape) {
  put_op(to, HeapOp::Relayout);
  to.put(layout);
  to.put(static_cast<uint16_t>(capacity));
  to.put(shape);
}
void source_array(OpBuffer& to, uint16_t old_array) {
  to.put(SourceKind::Array);
  to.put(old_array);
}
void source_null(OpBuffer& to) {
  to.put(SourceKind::Null);
}
void source_fixed(OpBuffer& to, const void* value, size_t width) {
  to.put(SourceKind::Fixed);
  to.put(value, width);
}
void source_bytes(OpBuffer& to, std::string_view value) {
  to.put(SourceKind::Bytes);
  to.put(static_cast<uint16_t>(value.size()));
  to.put(value.data(), value.size());
}
void put_chunk(OpBuffer& to, SlotNo slot, const void* head, size_t head_size, std::span<const char> bytes) {
  put_op(to, HeapOp::PutChunk);
  to.put(slot);
  to.put(static_cast<uint16_t>(head_size + bytes.size()));
  to.put(head, head_size);
  to.put(bytes.data(), bytes.size());
}
void free_chunk(OpBuffer& to, SlotNo slot) {
  put_op(to, HeapOp::FreeChunk);
  to.put(slot);
}
void orphan_chunk(OpBuffer& to, SlotNo slot) {
  put_op(to, HeapOp::OrphanChunk);
  to.put(slot);
}
}  // namespace heap_op

bool apply_heap_ops(Page raw, std::span<const std::byte> ops) {
  OpReader in(ops);
  while (!in.at_end()) {
    auto op = in.get<HeapOp>();
    bool is_chunk = op == HeapOp::PutChunk || op == HeapOp::FreeChunk || op == HeapOp::OrphanChunk;
    if (is_chunk) {
      auto slot = in.get<SlotNo>();
      OverflowPage page(raw);
      if (op == HeapOp::PutChunk) {
        auto length = in.get<uint16_t>();
        const std::byte* bytes = in.take(length);
        if (bytes == nullptr || !page.put(slot, {bytes, length})) return false;
      } else if (!in.ok() || !(op == HeapOp::FreeChunk ? page.free(slot) : page.orphan(slot))) {
        return false;
      }
      continue;
    }
    if (op == HeapOp::Format) {
      auto layout = in.get<uint32_t>();
      auto capacity = in.get<uint16_t>();
      auto shape = in.get<PageShape>();
      if (!in.ok() || capacity == 0 || kPageHeaderSize + HeapView::arrays_size(shape, capacity) > kPageSize)
        return false;
      HeapPage::format(raw, layout, capacity, shape);
      HeapPage page(raw);
      for (uint32_t slot = 0; slot < capacity; ++slot)
        page.word(slot) = SlotWord::make(SlotState::Free, kNoRow);
      continue;
    }
    if (op == HeapOp::Relayout) {
      if (!apply_relayout(raw, in)) return false;
      HeapPage page(raw);
      continue;
    }
    HeapPage page(raw);
    bool done = op == HeapOp::Insert   ? apply_insert(page, in)
                : op == HeapOp::Put    ? apply_put(page, in)
                : op == HeapOp::Update ? apply_update(page, in)
                                       : apply_small(page, op, in);
    if (!done) return false;
  }
  return in.ok();
}

Result<> redo_heap(Page page, const RecordView& record, size_t part) {
  if (apply_heap_ops(page, record.part(part).bytes)) return {};
  return Error(sqlstate::data_corrupted, "log record at " + std::to_string(record.lsn()) +
                                             " does not fit page " + std::to_string(record.part(part).page));
}

void register_heap_redo(RedoTable& table) {
  for (HeapRecord record : {HeapRecord::Insert, HeapRecord::Modify, HeapRecord::Clean, HeapRecord::Overflow,
                            HeapRecord::Orphan, HeapRecord::CleanValues})
    table.add(record_type(record), redo_heap);
}

}  // namespace rowan
