// storage/btree/key.h: index keys as bytes whose order by memcmp is SQL's order of the values, column after
// column.
//
//   marker (nullable columns): 0x01 a value follows; NULL is 0x00 (NULLS FIRST) or 0x02 (NULLS LAST)
//   integers, dates, times     big-endian, sign bit flipped
//   floats                     the usual trick; -0 is 0, NaN is above all
//   numeric(p,s) up to 38      as integers, NaN above all; other numeric: class, exponent, digits
//   text                       its bytes, 00 as 01 01, 01 as 01 02, closed by 00; CHAR(n) less its trailing
//   blanks interval                   its length, 16 bytes
//
// DESC inverts a value's bytes, not the marker. No key is a prefix of another with the same columns, so what
// is appended (the row id) orders within equal keys. Equal values have equal bytes: the hash index uses them
// too.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "types/result.h"
#include "types/type.h"
#include "types/value.h"
#include "types/vector.h"

namespace rowan {

struct KeyColumn {
  Type type;
  bool is_descending = false;
  bool nulls_first = false;  // PostgreSQL's default: true with DESC
  bool is_nullable = true;   // fixed when the index is made: it changes the bytes
};

class KeyEncoder {
 public:
  KeyEncoder() = default;
  explicit KeyEncoder(std::vector<KeyColumn> columns) : columns_(std::move(columns)) {}

  const std::vector<KeyColumn>& columns() const { return columns_; }

  // Appends the key of row `row` to `out`; `values` has one vector a column, each of the column's type (as
  // its physical form and, for numeric, its scale). Fewer vectors than columns make the prefix that leftmost
  // searches use. Returns whether any column was NULL (such a key is never a duplicate).
  bool encode(std::span<const Vector* const> values, uint32_t row, std::string& out) const;
  // Appends row `row` of one column's values, which are of the column's type. Returns whether it is NULL.
  bool encode(size_t column, const Vector& values, uint32_t row, std::string& out) const;
  // Appends one column's value, of the column's type or NULL.
  void encode(size_t column, const Value& value, std::string& out) const;

  // Does the encoding of a type give its values back exactly? (Index-only scans; hazards, 24.)
  static bool inverts(const Type& type);
  // Reads a whole key back into row `row` of `out`, one vector a column; nullptr skips one. Columns asked for
  // must invert. Errors: XX002 the bytes are no such key.
  Result<> decode(std::string_view key, std::span<Vector* const> out, uint32_t row) const;

 private:
  std::vector<KeyColumn> columns_;
};

// The first byte string above every string that begins with `prefix`; empty: there is none.
std::string key_successor(std::string_view prefix);
// Makes `key` its successor.
void make_key_successor(std::string& key);

}  // namespace rowan
