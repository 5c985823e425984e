#include "executor/row_table.h"

#include "types/function.h"

namespace rowan {

RowTable::RowTable(std::span<const Type> types, size_t key_count, uint32_t extra_bytes)
    : shape_(types, kHeader + (extra_bytes + 15) / 16 * 16), key_count_(key_count) {}

bool RowTable::same_key(const char* row, Columns keys, uint32_t row_no) const {
  for (size_t i = 0; i < key_count_; ++i)
    if (!shape_.equal(row, i, *keys[i], row_no)) return false;
  return true;
}

char* RowTable::find(uint64_t hash, Columns keys, uint32_t row) const {
  if (buckets_.empty()) return nullptr;
  for (char* next = buckets_[bucket(hash)]; next != nullptr; next = next_of(next))
    if (hash_of(next) == hash && same_key(next, keys, row)) return next;
  return nullptr;
}

char* RowTable::find_next(char* found, Columns keys, uint32_t row) const {
  uint64_t hash = hash_of(found);
  for (char* next = next_of(found); next != nullptr; next = next_of(next))
    if (hash_of(next) == hash && same_key(next, keys, row)) return next;
  return nullptr;
}

char* RowTable::insert(uint64_t hash, Columns columns, uint32_t row) {
  char* to = arena_.allocate(shape_.size());
  std::memset(to, 0, shape_.header());
  shape_.put(columns, row, to, arena_);
  link(hash, to);
  return to;
}

void RowTable::link(uint64_t hash, char* row) {
  if (rows_.size() >= buckets_.size()) grow();
  std::memcpy(row + sizeof(char*), &hash, sizeof hash);
  char*& head = buckets_[bucket(hash)];
  std::memcpy(row, &head, sizeof head);
  head = row;
  rows_.push_back(row);
}

void RowTable::grow() {
  size_t size = buckets_.empty() ? 64 : buckets_.size() * 2;
  buckets_.assign(size, nullptr);
  shift_ = 64 - __builtin_ctzll(size);
  for (char* row : rows_) {
    char*& head = buckets_[bucket(hash_of(row))];
    std::memcpy(row, &head, sizeof head);
    head = row;
  }
}

void RowTable::clear() {
  rows_.clear();
  rows_.shrink_to_fit();
  buckets_.clear();
  buckets_.shrink_to_fit();
  arena_ = Arena();
  shift_ = 64;
}

void hash_keys(Columns keys, const Selection& rows, uint64_t* hashes) {
  if (keys.empty()) {
    for (uint32_t i = 0; i < rows.count(); ++i) hashes[i] = 0;
    return;
  }
  for (size_t i = 0; i < keys.size(); ++i) hash_rows(*keys[i], rows, hashes, i > 0);
}

}  // namespace rowan
