#include "storage/heap/overflow_page.h"

#include <algorithm>
#include <cstring>

namespace rowan {

ChunkHead OverflowView::head(uint32_t slot) const {
  ChunkHead head;
  std::memcpy(&head, bytes_ + directory()[slot].offset, sizeof head);
  return head;
}

std::span<const char> OverflowView::bytes(uint32_t slot) const {
  Place place = directory()[slot];
  return {reinterpret_cast<const char*>(bytes_) + place.offset + sizeof(ChunkHead),
          place.length - sizeof(ChunkHead)};
}

uint32_t OverflowView::free_slot() const {
  for (uint32_t slot = 0; slot < slot_count(); ++slot)
    if (directory()[slot].length == 0) return slot;
  return slot_count();
}

uint32_t OverflowView::room() const {
  uint32_t slots = std::max(slot_count(), free_slot() + 1);
  uint32_t used = kPageHeaderSize + slots * sizeof(Place) + header().capacity + sizeof(ChunkHead);
  return used >= kPageSize ? 0 : kPageSize - used;
}

bool OverflowView::is_empty() const {
  for (uint32_t slot = 0; slot < slot_count(); ++slot)
    if (directory()[slot].length != 0) return false;
  return true;
}

std::string OverflowView::find_damage() const {
  if (header().type != PageType::HeapOverflow) return "not an overflow page";
  if (kPageHeaderSize + slot_count() * sizeof(Place) > bytes_begin())
    return "chunks reach into the directory";
  uint32_t total = 0;
  for (uint32_t slot = 0; slot < slot_count(); ++slot) {
    Place place = directory()[slot];
    if (place.length == 0) continue;
    std::string at = "chunk " + std::to_string(slot) + ": ";
    if (place.length < sizeof(ChunkHead) || place.offset < bytes_begin() ||
        place.offset + place.length > kPageSize)
      return at + "outside the page's bytes";
    total += place.length;
    WriteId creator = head(slot).creator;
    if (creator < header().min_write_id || creator > header().max_write_id)
      return at + "creator outside the page's bounds";
  }
  if (total != header().capacity)
    return "chunks take " + std::to_string(total) + " bytes, the header says " +
           std::to_string(header().capacity);
  return {};
}

bool OverflowPage::put(uint32_t slot, std::span<const std::byte> chunk) {
  if (chunk.size() < sizeof(ChunkHead) || has(slot)) return false;
  PageHeader& header = page_.header();
  uint32_t slots = std::max<uint32_t>(header.count, slot + 1);
  if (kPageHeaderSize + slots * sizeof(Place) + header.capacity + chunk.size() > kPageSize) return false;
  for (uint32_t i = header.count; i < slots; ++i) places()[i] = {0, 0};
  header.count = static_cast<uint16_t>(slots);
  header.capacity = static_cast<uint16_t>(header.capacity + chunk.size());
  places()[slot] = {static_cast<uint16_t>(bytes_begin()), static_cast<uint16_t>(chunk.size())};
  std::memcpy(page_.bytes() + bytes_begin(), chunk.data(), chunk.size());
  recompute_bounds();
  return true;
}

bool OverflowPage::free(uint32_t slot) {
  if (!has(slot)) return false;
  Place gone = places()[slot];
  std::byte* bytes = page_.bytes();
  std::memmove(bytes + bytes_begin() + gone.length, bytes + bytes_begin(), gone.offset - bytes_begin());
  PageHeader& header = page_.header();
  for (uint32_t i = 0; i < header.count; ++i)
    if (places()[i].length != 0 && places()[i].offset < gone.offset)
      places()[i].offset = static_cast<uint16_t>(places()[i].offset + gone.length);
  places()[slot] = {0, 0};
  header.capacity = static_cast<uint16_t>(header.capacity - gone.length);
  while (header.count > 0 && places()[header.count - 1].length == 0) --header.count;
  recompute_bounds();
  return true;
}

bool OverflowPage::orphan(uint32_t slot) {
  if (!has(slot)) return false;
  ChunkHead head = this->head(slot);
  head.flags |= ChunkHead::kOrphan;
  std::memcpy(page_.bytes() + places()[slot].offset, &head, sizeof head);
  return true;
}

void OverflowPage::recompute_bounds() {
  PageHeader& header = page_.header();
  header.min_write_id = header.max_write_id = 0;
  for (uint32_t slot = 0; slot < header.count; ++slot) {
    if (places()[slot].length == 0) continue;
    WriteId creator = head(slot).creator;
    if (header.min_write_id == 0 || creator < header.min_write_id) header.min_write_id = creator;
    header.max_write_id = std::max(header.max_write_id, creator);
  }
}

}  // namespace rowan
