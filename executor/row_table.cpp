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
  // In bursts, which are faster than a bucket for each row: what is needed next is fetched ahead.
  constexpr size_t kBurst = 64, kStepsPerRow = 8;
  if (rows_.size() >= buckets_.size()) grow();
  rows_.push_back(row);
  std::memcpy(row + sizeof(char*), &hash, sizeof hash);
  char*& head = buckets_[bucket(hash)];
  std::memcpy(row, &head, sizeof head);
  head = row;
  if (!is_splitting_) return;
  // A row that came before all others of the bucket being split is the last of its kind, or nobody leads on.
  char* slot = reinterpret_cast<char*>(&head);
  if (last_staying_ == slot) last_staying_ = row;
  if (last_going_ == slot) last_going_ = row;
  if (rows_.size() % kBurst == 0) split(kBurst * kStepsPerRow);
}

void RowTable::grow() {
  constexpr size_t kFirst = 64, kAtOnce = 16384;
  if (is_splitting_) split(SIZE_MAX);
  size_t size = buckets_.size();
  buckets_.resize(size == 0 ? kFirst : size * 2);
  split_ = size == 0 ? half() : 0;
  is_splitting_ = size > 0;
  if (size <= kAtOnce) split(SIZE_MAX);
}

// Looks at that many rows (or empty buckets). Each bucket is a whole one at any time: rows that stay and rows
// that go are two chains, which both end in the rows not yet looked at. Their order stays.
void RowTable::split(size_t steps) {
  constexpr size_t kAhead = 16;
  for (; steps > 0; --steps, ++split_steps_) {
    if (rest_ == nullptr) {
      last_staying_ = last_going_ = nullptr;
      if (split_ == half()) {
        is_splitting_ = false;
        return;
      }
      if (split_ + kAhead < half()) __builtin_prefetch(buckets_[split_ + kAhead]);
      char*& staying = buckets_[split_];
      char*& going = buckets_[split_ + half()];
      ++split_;
      rest_ = going = staying;
      if (rest_ == nullptr) continue;
      last_staying_ = reinterpret_cast<char*>(&staying);
      last_going_ = reinterpret_cast<char*>(&going);
    }
    char* row = rest_;
    rest_ = next_of(row);
    if ((mix(hash_of(row)) & half()) != 0) {
      set_next(last_staying_, rest_);
      last_going_ = row;
    } else {
      set_next(last_going_, rest_);
      last_staying_ = row;
    }
  }
}

void RowTable::clear() {
  rows_.release();
  buckets_.release();
  arena_ = Arena();
  split_ = 0;
  is_splitting_ = false;
  rest_ = last_staying_ = last_going_ = nullptr;
}

void hash_keys(Columns keys, const Selection& rows, uint64_t* hashes) {
  if (keys.empty()) {
    for (uint32_t i = 0; i < rows.count(); ++i) hashes[i] = 0;
    return;
  }
  for (size_t i = 0; i < keys.size(); ++i) hash_rows(*keys[i], rows, hashes, i > 0);
}

}  // namespace rowan
