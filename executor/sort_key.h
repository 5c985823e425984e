// executor/sort_key.h: sort keys as bytes whose order under memcmp is SQL's order: direction and place of
// NULLs included. So a sort compares any number of keys of any types with one memcmp, and mostly with the
// first eight bytes alone.
//
// A key is a byte that says NULL or not, then the value: integers big-endian with the sign bit turned, floats
// by their bits with NaN last, texts with zero bytes escaped and a terminator, unconstrained numerics as
// sign, exponent and digits. A descending key has all bits of its value turned. Source: Graefe, Implementing
// Sorting in Database Systems, ACM Computing Surveys 2006, 2.1.
#pragma once

#include <string>
#include <vector>

#include "types/vector.h"

namespace rowan {

struct SortOrder {
  bool descending = false;
  bool nulls_first = false;
};

// Appends the key of row `row` of `vector`.
void append_sort_key(const Vector& vector, uint32_t row, SortOrder order, std::string& out);

}  // namespace rowan
