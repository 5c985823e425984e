#include "storage/btree/node.h"

#include <algorithm>

#include "types/check.h"

namespace rowan::btree {
namespace {

constexpr size_t kHead = 8;

// The first 8 bytes as a big-endian number, zeros behind the end. Order of heads that differ is order of
// strings.
uint64_t head_of(std::string_view text) {
  uint64_t head = 0;
  if (!text.empty()) std::memcpy(&head, text.data(), std::min(text.size(), kHead));
  return __builtin_bswap64(head);
}

void put_head(char* out, uint64_t head) {
  head = __builtin_bswap64(head);
  std::memcpy(out, &head, kHead);
}

// A leaf entry's key bytes that its slot has no room for: those behind the head and before the row id.
size_t leaf_rest(size_t length) {
  return length > kHead + kRowBytes ? length - kHead - kRowBytes : 0;
}
size_t inner_rest(size_t length) {
  return length > kHead ? length - kHead : 0;
}

// The slots whose head equals `head`, of [begin, end): most searches end with none or one, having touched
// slots alone. `compare` decides among them.
struct HeadRange {
  uint16_t begin, end;
};
template <class Slot>
HeadRange slots_with_head(const Slot* slots, uint16_t begin, uint16_t end, uint64_t head) {
  size_t at = begin, length = end - begin;
  while (length > 0) {  // without a branch that depends on the keys
    size_t half = length / 2;
    bool goes_right = slots[at + half].head < head;
    at = goes_right ? at + half + 1 : at;
    length = goes_right ? length - half - 1 : half;
  }
  // From here the stretch is mostly empty or one long: steps that double, then halves.
  size_t low = at, step = 1;
  while (low < end && slots[std::min<size_t>(low + step - 1, end - 1u)].head == head) {
    low = std::min<size_t>(low + step, end);
    step *= 2;
  }
  size_t high = std::min<size_t>(low + step, end);
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (slots[middle].head == head)
      low = middle + 1;
    else
      high = middle;
  }
  return {static_cast<uint16_t>(at), static_cast<uint16_t>(low)};
}

size_t prefix_of(const NodeShape& shape) {
  return (shape.flags & kHasUpper) != 0 ? common_prefix(shape.lower, shape.upper) : 0;
}

}  // namespace

void put_row(char* out, RowId row) {
  uint32_t page = __builtin_bswap32(row.page);
  uint16_t slot = __builtin_bswap16(row.slot);
  std::memcpy(out, &page, sizeof page);
  std::memcpy(out + sizeof page, &slot, sizeof slot);
}

std::string entry_string(std::string_view key, RowId row) {
  std::string text;
  text.reserve(key.size() + kRowBytes);
  text.append(key);
  text.resize(key.size() + kRowBytes);
  put_row(text.data() + key.size(), row);
  return text;
}

EntryText::EntryText(std::string_view key, RowId row) : size_(key.size() + kRowBytes) {
  ASSERT(key.size() <= kIndexKeyMax);
  std::memcpy(bytes_, key.data(), key.size());
  put_row(bytes_ + key.size(), row);
}

size_t common_prefix(std::string_view a, std::string_view b) {
  size_t length = std::min(a.size(), b.size());
  return static_cast<size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<ptrdiff_t>(length), b.begin()).first - a.begin());
}

std::string separator_between(std::string_view left, std::string_view right) {
  return std::string(right.substr(0, common_prefix(left, right) + 1));
}

// --- Reading ---

int NodeView::compare(std::string_view target, uint64_t head, uint16_t i) const {
  uint64_t other = is_leaf() ? leaf_slot(i).head : inner_slot(i).head;
  if (head != other) return head < other ? -1 : 1;
  // Pieces of the entry, in order: what the head holds, the rest, the row id.
  char first[kHead];
  put_head(first, other);
  char row_bytes[kRowBytes];
  std::string_view pieces[3];
  if (is_leaf()) {
    const LeafSlot& s = leaf_slot(i);
    size_t row_part = std::min<size_t>(s.length, kRowBytes);
    size_t key_part = s.length - row_part;
    put_row(row_bytes, {s.page, s.slot});
    pieces[0] = {first, std::min(key_part, kHead)};
    pieces[1] = string(s.offset, leaf_rest(s.length));
    pieces[2] = {row_bytes + kRowBytes - row_part, row_part};
  } else {
    const InnerSlot& s = inner_slot(i);
    pieces[0] = {first, std::min<size_t>(s.length, kHead)};
    pieces[1] = string(s.offset, inner_rest(s.length));
  }
  for (std::string_view piece : pieces) {
    size_t length = std::min(piece.size(), target.size());
    int order = length == 0 ? 0 : std::memcmp(target.data(), piece.data(), length);
    if (order != 0) return order;
    if (length < piece.size()) return -1;
    target.remove_prefix(length);
  }
  return target.empty() ? 0 : 1;
}

uint16_t NodeView::place_for(std::string_view target) const {
  // Keys that arrive in order go behind the last.
  if (count() > 0 && !has_upper() && target.starts_with(prefix())) {
    std::string_view own = target.substr(info().prefix_length);
    if (compare(own, head_of(own), static_cast<uint16_t>(count() - 1)) > 0) return count();
  }
  return lower_bound(target);
}

uint16_t NodeView::lower_bound(std::string_view target) const {
  std::string_view shared = prefix();
  int order = target.substr(0, shared.size()).compare(shared);
  if (order < 0) return 0;
  if (order > 0) return count();
  target.remove_prefix(shared.size());
  uint64_t head = head_of(target);
  auto [begin, end] = slots_with_head(&leaf_slot(0), 0, count(), head);
  while (begin < end) {
    auto middle = static_cast<uint16_t>((begin + end) / 2);
    if (compare(target, head, middle) > 0)
      begin = static_cast<uint16_t>(middle + 1);
    else
      end = middle;
  }
  return begin;
}

uint16_t NodeView::child_for(std::string_view target, bool below) const {
  std::string_view shared = prefix();
  int order = target.substr(0, shared.size()).compare(shared);
  if (order < 0) return 0;
  if (order > 0) return static_cast<uint16_t>(count() - 1);
  target.remove_prefix(shared.size());
  uint64_t head = head_of(target);
  // The last separator at or below (below: right below) the target; the first one counts as lowest of all.
  if (count() == 0) return 0;
  auto [begin, end] = slots_with_head(&inner_slot(0), 1, count(), head);
  while (begin < end) {
    auto middle = static_cast<uint16_t>((begin + end) / 2);
    int c = compare(target, head, middle);
    if (below ? c > 0 : c >= 0)
      begin = static_cast<uint16_t>(middle + 1);
    else
      end = middle;
  }
  return static_cast<uint16_t>(begin - 1);
}

std::string NodeView::entry(uint16_t i) const {
  std::string text(prefix());
  char first[kHead];
  if (!is_leaf()) {
    if (i == 0) return std::string(lower());
    const InnerSlot& s = inner_slot(i);
    put_head(first, s.head);
    text.append(first, std::min<size_t>(s.length, kHead));
    text.append(string(s.offset, inner_rest(s.length)));
    return text;
  }
  const LeafSlot& s = leaf_slot(i);
  char row_bytes[kRowBytes];
  put_row(row_bytes, {s.page, s.slot});
  size_t row_part = std::min<size_t>(s.length, kRowBytes);
  put_head(first, s.head);
  text.append(first, std::min(s.length - row_part, kHead));
  text.append(string(s.offset, leaf_rest(s.length)));
  text.append(row_bytes + kRowBytes - row_part, row_part);
  return text;
}

void NodeView::append_key(uint16_t i, std::string& out) const {
  const LeafSlot& s = leaf_slot(i);
  size_t key_length = info().prefix_length + s.length - kRowBytes;
  std::string_view shared = prefix();
  if (key_length <= shared.size()) {
    out.append(shared.substr(0, key_length));
    return;
  }
  out.append(shared);
  char first[kHead];
  put_head(first, s.head);
  out.append(first, std::min(key_length - shared.size(), kHead));
  out.append(string(s.offset, leaf_rest(s.length)));
}

bool NodeView::has_key(uint16_t i, std::string_view key) const {
  const LeafSlot& s = leaf_slot(i);
  if (info().prefix_length + s.length != key.size() + kRowBytes) return false;
  std::string_view shared = prefix();
  if (shared.size() >= key.size()) return shared.substr(0, key.size()) == key;
  if (key.substr(0, shared.size()) != shared) return false;
  key.remove_prefix(shared.size());
  char first[kHead];
  put_head(first, s.head);
  size_t in_head = std::min(key.size(), kHead);
  return std::memcmp(first, key.data(), in_head) == 0 &&
         string(s.offset, leaf_rest(s.length)) == key.substr(in_head);
}

size_t NodeView::entry_bytes(size_t text_length) const {
  size_t length = text_length - info().prefix_length;
  return is_leaf() ? sizeof(LeafSlot) + leaf_rest(length) : sizeof(InnerSlot) + inner_rest(length);
}

std::vector<NodeEntry> NodeView::entries() const {
  std::vector<NodeEntry> all;
  all.reserve(count());
  for (uint16_t i = 0; i < count(); ++i)
    all.push_back({is_leaf() || i > 0 ? entry(i) : std::string(), is_leaf() ? kNoPage : child(i)});
  return all;
}

NodeShape NodeView::shape() const {
  return {info().level, info().flags, info().right, std::string(lower()),
          has_upper() ? std::string(upper()) : std::string()};
}

std::string NodeView::fault() const {
  const NodeInfo& n = info();
  auto inside = [](size_t offset, size_t length) {
    return length == 0 || (offset >= kSlotsBegin && offset + length <= kPageSize);
  };
  if (!inside(n.lower_offset, n.lower_length) || !inside(n.upper_offset, n.upper_length))
    return "a fence lies outside the page";
  if (n.prefix_length > n.lower_length) return "the prefix is longer than the lower fence";
  if (n.strings_begin > kPageSize || n.strings_begin < kSlotsBegin + count() * slot_size())
    return "slots and strings overlap";
  if (!is_leaf() && count() == 0) return "an inner page without children";
  if (has_upper() && upper() <= lower()) return "the fences are out of order";
  for (uint16_t i = 0; i < count(); ++i) {
    size_t length = is_leaf() ? leaf_slot(i).length : inner_slot(i).length;
    size_t offset = is_leaf() ? leaf_slot(i).offset : inner_slot(i).offset;
    size_t rest = is_leaf() ? leaf_rest(length) : inner_rest(length);
    if (rest != 0 && (offset < n.strings_begin || offset + rest > kPageSize))
      return "a key lies outside the page";
    if (is_leaf() && length + n.prefix_length < kRowBytes) return "a key of negative length";
  }
  return {};
}

// --- Changing ---

uint16_t Node::put_string(std::string_view bytes) {
  if (bytes.empty()) return 0;
  change_info().strings_begin = static_cast<uint16_t>(info().strings_begin - bytes.size());
  std::memcpy(writable_.bytes() + info().strings_begin, bytes.data(), bytes.size());
  return info().strings_begin;
}

void Node::build(const NodeShape& shape, std::span<const NodeEntry> entries) {
  PageHeader& header = writable_.header();
  header.type = shape.level == 0 ? PageType::BtreeLeaf : PageType::BtreeInner;
  header.flags = shape.level == 0 ? uint16_t{0} : uint16_t{kPageInner};
  header.count = static_cast<uint16_t>(entries.size());
  NodeInfo& n = change_info();
  n = NodeInfo{};
  n.right = shape.right;
  n.level = shape.level;
  n.flags = shape.flags;
  n.prefix_length = static_cast<uint16_t>(prefix_of(shape));
  n.strings_begin = static_cast<uint16_t>(kPageSize);
  n.lower_length = static_cast<uint16_t>(shape.lower.size());
  n.lower_offset = put_string(shape.lower);
  if ((shape.flags & kHasUpper) != 0) {
    n.upper_length = static_cast<uint16_t>(shape.upper.size());
    n.upper_offset = put_string(shape.upper);
  }
  header.count = 0;
  for (const NodeEntry& entry : entries) {
    if (shape.level == 0)
      insert_leaf(count(), entry.text);
    else
      insert_inner(count(), entry.text, entry.child);
  }
  // What lies between is zeros, so that images and redo agree to the byte.
  std::memset(writable_.bytes() + hole_offset(), 0, hole_length());
}

void Node::open_slot(uint16_t at) {
  size_t size = slot_size();
  std::byte* place = writable_.bytes() + kSlotsBegin + at * size;
  std::memmove(place + size, place, (count() - at) * size);
  ++writable_.header().count;
}

void Node::insert_leaf(uint16_t at, std::string_view text) {
  if (entry_bytes(text.size()) > free_bytes()) compact();
  std::string_view own = text.substr(info().prefix_length);
  std::string_view key = own.substr(0, own.size() - std::min(own.size(), kRowBytes));
  LeafSlot slot;
  slot.head = head_of(own);
  // The head of a short key would show row id bytes; they order right, and has_key() counts lengths.
  std::string_view row_bytes = text.substr(text.size() - kRowBytes);
  uint32_t page;
  uint16_t number;
  std::memcpy(&page, row_bytes.data(), sizeof page);
  std::memcpy(&number, row_bytes.data() + sizeof page, sizeof number);
  slot.page = __builtin_bswap32(page);
  slot.slot = __builtin_bswap16(number);
  slot.length = static_cast<uint16_t>(own.size());
  slot.offset = put_string(key.substr(std::min(key.size(), kHead)));
  open_slot(at);
  writable_.at<LeafSlot>(kSlotsBegin)[at] = slot;
}

void Node::insert_inner(uint16_t at, std::string_view separator, PageNo child) {
  std::string_view own = at == 0 ? std::string_view() : separator.substr(info().prefix_length);
  if (sizeof(InnerSlot) + inner_rest(own.size()) > free_bytes()) compact();
  InnerSlot slot;
  slot.head = head_of(own);
  slot.child = child;
  slot.length = static_cast<uint16_t>(own.size());
  slot.offset = put_string(own.substr(std::min(own.size(), kHead)));
  open_slot(at);
  writable_.at<InnerSlot>(kSlotsBegin)[at] = slot;
}

void Node::remove(uint16_t at) {
  size_t length = is_leaf() ? leaf_slot(at).length : inner_slot(at).length;
  change_info().garbage =
      static_cast<uint16_t>(info().garbage + (is_leaf() ? leaf_rest(length) : inner_rest(length)));
  size_t size = slot_size();
  std::byte* place = writable_.bytes() + kSlotsBegin + at * size;
  std::memmove(place, place + size, (count() - at - 1) * size);
  --writable_.header().count;
}

void Node::compact() {
  // On the stack: a change between reserve and commit must not ask for memory.
  alignas(64) std::byte copy[kPageSize];
  std::memcpy(copy, writable_.bytes(), kPageSize);
  NodeView old{ConstPage(copy)};
  NodeInfo& n = change_info();
  n.strings_begin = static_cast<uint16_t>(kPageSize);
  n.garbage = 0;
  n.lower_offset = put_string(old.lower());
  n.upper_offset = put_string(old.upper());
  for (uint16_t i = 0; i < count(); ++i) {
    if (is_leaf()) {
      LeafSlot& slot = writable_.at<LeafSlot>(kSlotsBegin)[i];
      slot.offset = put_string(old.string(slot.offset, leaf_rest(slot.length)));
    } else {
      InnerSlot& slot = writable_.at<InnerSlot>(kSlotsBegin)[i];
      slot.offset = put_string(old.string(slot.offset, inner_rest(slot.length)));
    }
  }
}

void Node::split_left(uint16_t keep, std::string_view separator, PageNo right) {
  std::vector<NodeEntry> all = entries();
  NodeShape left = shape();
  left.flags |= kHasUpper | kIncompleteSplit;
  left.right = right;
  left.upper = separator;
  all.resize(keep);
  build(left, all);
}

size_t bytes_of(const NodeShape& shape, std::span<const NodeEntry> entries) {
  size_t prefix = prefix_of(shape);
  size_t used = kSlotsBegin + shape.lower.size() + shape.upper.size();
  for (const NodeEntry& entry : entries) {
    size_t length = entry.text.size() >= prefix ? entry.text.size() - prefix : 0;
    used += shape.level == 0 ? sizeof(LeafSlot) + leaf_rest(length) : sizeof(InnerSlot) + inner_rest(length);
  }
  return used;
}

bool fits(const NodeShape& shape, std::span<const NodeEntry> entries) {
  return bytes_of(shape, entries) <= kPageSize;
}

}  // namespace rowan::btree
