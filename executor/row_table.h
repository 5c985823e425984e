// executor/row_table.h: a hash table of rows by their first columns: the table of hash joins, hash
// aggregates, DISTINCT, set operations and hashed subplans. Chained: a row's header holds the next of its
// bucket and its hash, then `extra` bytes that are the user's (aggregate states, marks), zeroed when the row
// is made.
//
// A full directory doubles at once, but its buckets are split a few at a time, as rows come: no row waits for
// all others to find their new place, which for a few million takes longer than a cancel may. Source: Litwin,
// Linear Hashing, VLDB 1980; he splits a bucket as another is filled, we begin when all are.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "executor/rows.h"
#include "types/growing_array.h"

namespace rowan {

class RowTable {
 public:
  // Rows of `types`; the first `key_count` are the key. Extra bytes are aligned to 16.
  RowTable(std::span<const Type> types, size_t key_count, uint32_t extra_bytes);

  // The first row with the key of row `row` of `keys`, NULLs being equal to each other; nullptr: none.
  char* find(uint64_t hash, Columns keys, uint32_t row) const;
  // The next one with the same key.
  char* find_next(char* found, Columns keys, uint32_t row) const;
  // Adds a row, whatever is there already. `columns` are all of them.
  char* insert(uint64_t hash, Columns columns, uint32_t row);
  // The same for a row read back from disk: made by shape().deserialize into arena().
  void link(uint64_t hash, char* row);

  static uint64_t hash_of(const char* row) {
    uint64_t hash;
    std::memcpy(&hash, row + sizeof(char*), sizeof hash);
    return hash;
  }
  char* extra(char* row) const { return row + kHeader; }
  const RowShape& shape() const { return shape_; }
  Arena& arena() { return arena_; }
  // Rows in the order in which they came.
  const GrowingArray<char*>& rows() const { return rows_; }
  size_t bytes() const {
    return arena_.allocated_bytes() + rows_.capacity_bytes() + buckets_.capacity_bytes();
  }
  size_t bucket_count() const { return buckets_.size(); }
  // For tests: do rows wait to be moved, and at how many rows and empty buckets have moves looked so far?
  bool is_splitting() const { return is_splitting_; }
  uint64_t split_steps() const { return split_steps_; }
  void clear();

 private:
  static constexpr uint32_t kHeader = 16;
  static char* next_of(const char* row) {
    char* next;
    std::memcpy(&next, row, sizeof next);
    return next;
  }
  // Of a row or of a bucket: both begin with a pointer to a row.
  static void set_next(char* of, char* row) { std::memcpy(of, &row, sizeof row); }
  bool same_key(const char* row, Columns keys, uint32_t row_no) const;
  void grow();
  void split(size_t steps);
  // The upper half: the lower bits choose partitions.
  static size_t mix(uint64_t hash) { return (hash * 0x9e3779b97f4a7c15ULL) >> 32; }
  size_t half() const { return buckets_.size() / 2; }
  // Buckets behind `split_` still hold what belongs into their twins, `half` further on.
  size_t bucket(uint64_t hash) const {
    size_t mixed = mix(hash), lower = mixed & (half() - 1);
    return lower < split_ ? mixed & (buckets_.size() - 1) : lower;
  }

  RowShape shape_;
  const size_t key_count_;
  Arena arena_;
  GrowingArray<char*> rows_;
  GrowingArray<char*> buckets_;  // a power of two
  size_t split_ = 0;             // the next bucket of the lower half to be split; half(): all are
  bool is_splitting_ = false;
  uint64_t split_steps_ = 0;
  // The bucket before `split_` while it is being split: rows not yet looked at, to which the last of those
  // that stay and of those that go both lead (the bucket itself where there are none); nullptr: it is done.
  char* rest_ = nullptr;
  char* last_staying_ = nullptr;
  char* last_going_ = nullptr;
};

// Hashes of the keys of the selected rows: hashes[i] of the i-th. NULLs hash alike.
void hash_keys(Columns keys, const Selection& rows, uint64_t* hashes);

}  // namespace rowan
