#include "storage/log/record.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

#include "storage/log/record_hash.h"

namespace rowan {

uint64_t record_hash_piece(std::span<const std::byte> piece, uint64_t hash) {
  return piece.empty() ? hash : XXH3_64bits_withSeed(piece.data(), piece.size(), hash);
}

uint64_t record_hash_pair(std::span<const std::byte> first, std::span<const std::byte> second,
                          uint64_t hash) {
  if (second.empty()) return record_hash_piece(first, hash);
  if (first.empty()) return record_hash_piece(second, hash);
  XXH3_state_t state;
  XXH3_INITSTATE(&state);
  XXH3_64bits_reset_withSeed(&state, hash);
  XXH3_64bits_update(&state, first.data(), first.size());
  XXH3_64bits_update(&state, second.data(), second.size());
  return XXH3_64bits_digest(&state);
}

std::span<const std::byte> RecordView::body() const {
  return record_.subspan(body_offset(), header().body_length);
}

size_t RecordView::body_offset() const {
  size_t offset = sizeof(RecordHeader) + part_count() * sizeof(PartHeader);
  for (size_t i = 0; i < part_count(); ++i) offset += part_header(i).length;
  return offset;
}

PartHeader RecordView::part_header(size_t index) const {
  PartHeader part;
  std::memcpy(&part, record_.data() + sizeof(RecordHeader) + index * sizeof(PartHeader), sizeof part);
  return part;
}

RecordPart RecordView::part(size_t index) const {
  size_t offset = sizeof(RecordHeader) + part_count() * sizeof(PartHeader);
  for (size_t i = 0; i < index; ++i) offset += part_header(i).length;
  PartHeader part = part_header(index);
  RecordPart view{part.page, part.kind(), part.is_new(), PageType::Free,
                  record_.subspan(offset, part.length)};
  if (view.kind == PartKind::Fresh && view.bytes.size() >= sizeof(PageType)) {
    std::memcpy(&view.fresh_type, view.bytes.data(), sizeof(PageType));
    view.bytes = view.bytes.subspan(sizeof(PageType));
  }
  return view;
}

bool record_is_consistent(std::span<const std::byte> record) {
  if (record.size() < sizeof(RecordHeader)) return false;
  RecordHeader header;
  std::memcpy(&header, record.data(), sizeof header);
  size_t needed = sizeof(RecordHeader) + header.part_count * sizeof(PartHeader);
  if (needed > record.size()) return false;
  for (size_t i = 0; i < header.part_count; ++i) {
    PartHeader part;
    std::memcpy(&part, record.data() + sizeof(RecordHeader) + i * sizeof(PartHeader), sizeof part);
    if (part.head_length > part.length) return false;
    needed += part.length;
  }
  needed += header.body_length;
  return needed <= record.size() && record.size() - needed < 8;
}

uint64_t record_content_hash(std::span<const std::byte> record) {
  RecordHeader header;
  std::memcpy(&header, record.data(), sizeof header);
  header.checksum = 0;
  header.lsn = 0;
  uint64_t hash = record_hash_piece(std::as_bytes(std::span(&header, 1)), 0);
  size_t offset = sizeof(RecordHeader);
  auto next = [&](size_t length) {
    hash = record_hash_piece(record.subspan(offset, length), hash);
    offset += length;
  };
  next(header.part_count * sizeof(PartHeader));
  for (size_t i = 0; i < header.part_count; ++i) {
    PartHeader part;
    std::memcpy(&part, record.data() + sizeof(RecordHeader) + i * sizeof(PartHeader), sizeof part);
    next(part.head_length);
    next(part.length - part.head_length);
  }
  next(header.body_length);
  return hash;
}

}  // namespace rowan
