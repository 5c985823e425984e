// executor/row_table.h: a hash table of rows by their first columns: the table of hash joins, hash
// aggregates, DISTINCT, set operations and hashed subplans. Chained: a row's header holds the next of its
// bucket and its hash, then `extra` bytes that are the user's (aggregate states, marks), zeroed when the row
// is made.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "executor/rows.h"

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
  const std::vector<char*>& rows() const { return rows_; }
  size_t bytes() const {
    return arena_.allocated_bytes() + (rows_.capacity() + buckets_.capacity()) * sizeof(char*);
  }
  size_t bucket_count() const { return buckets_.size(); }
  void clear();

 private:
  static constexpr uint32_t kHeader = 16;
  static char* next_of(const char* row) {
    char* next;
    std::memcpy(&next, row, sizeof next);
    return next;
  }
  bool same_key(const char* row, Columns keys, uint32_t row_no) const;
  void grow();
  // The upper half: the lower bits choose partitions.
  size_t bucket(uint64_t hash) const { return (hash * 0x9e3779b97f4a7c15ULL) >> shift_; }

  RowShape shape_;
  const size_t key_count_;
  Arena arena_;
  std::vector<char*> rows_;
  std::vector<char*> buckets_;
  int shift_ = 64;
};

// Hashes of the keys of the selected rows: hashes[i] of the i-th. NULLs hash alike.
void hash_keys(Columns keys, const Selection& rows, uint64_t* hashes);

}  // namespace rowan
