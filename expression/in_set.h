// expression/in_set.h: a long list of constants, asked by hash: x IN (1, 2, … 1000). Private to expression/.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "types/batch.h"

namespace rowan {

class InSet {
 public:
  // `items` are constants of one type; NULLs among them are remembered, not stored.
  explicit InSet(const std::vector<const Value*>& items);

  bool has_null() const { return has_null_; }
  // found[i] says whether the i-th row's value (not NULL) is in the set.
  void probe(const Vector& tested, Selection rows, uint8_t* found);

  // Shorter lists are compared one by one.
  static constexpr size_t kItemsMin = 9;

 private:
  Vector items_;
  std::vector<uint32_t> table_;  // index + 1 of the item, 0: free
  std::vector<uint64_t> hashes_;
  std::unique_ptr<uint64_t[]> probe_hashes_;
  bool has_null_ = false;
};

}  // namespace rowan
