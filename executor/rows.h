// executor/rows.h: rows outside of batches: one after the other in memory, for hash tables, sorts and
// whatever else keeps rows; and as bytes in temporary files.
//
//   header (the user's) | a null bit a column | values, each aligned to its width (8 at most)
//
// Long texts point into the arena that the row was made in. Reading a row into a vector copies no text: the
// vector's texts are valid as long as that arena.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "types/arena.h"
#include "types/batch.h"
#include "types/budget.h"
#include "types/growing_array.h"
#include "types/result.h"

namespace rowan {

// Borrowed columns, in the order of a shape.
using Columns = std::span<const Vector* const>;

class RowShape {
 public:
  RowShape() = default;
  RowShape(std::span<const Type> types, uint32_t header_bytes);

  size_t column_count() const { return columns_.size(); }
  const Type& type(size_t column) const { return columns_[column].type; }
  uint32_t size() const { return size_; }  // of a row, header included
  uint32_t header() const { return header_; }

  // Writes row `row` of `columns` behind the header of `to`; long texts are copied into `arena`.
  void put(Columns columns, uint32_t row, char* to, Arena& arena) const;
  // Column `column` of `rows` into rows at … at + count - 1 of `out` (flat). Texts are not copied.
  void get(const char* const* rows, uint32_t count, size_t column, Vector& out, uint32_t at) const;
  bool is_null(const char* row, size_t column) const {
    return ((row[header_ + column / 8] >> (column % 8)) & 1) != 0;
  }
  const char* value(const char* row, size_t column) const { return row + columns_[column].offset; }
  // Is SQL's = true of the two, or are both NULL?
  bool equal(const char* row, size_t column, const Vector& other, uint32_t other_row) const;

  // Appends a row as bytes (header left out), and reads one back into `arena`; `bytes` moves behind it.
  void serialize(const char* row, std::string& out) const;
  char* deserialize(const char*& bytes, Arena& arena) const;
  // Straight from columns to bytes.
  void serialize(Columns columns, uint32_t row, std::string& out) const;

 private:
  struct Column {
    Type type;
    PhysicalType physical;
    uint32_t width;
    uint32_t offset;
    bool bytes_equal;  // equal exactly when the bytes are
  };
  static bool equal_across_forms(const Column& column, const char* mine, const Vector& other,
                                 uint32_t other_row);
  std::vector<Column> columns_;
  std::vector<uint32_t> texts_;  // the columns of physical type Text
  uint32_t header_ = 0;
  uint32_t size_ = 0;
};

// The account of one sort, hash table or other keeper of rows: the operator's share of work memory inside the
// statement's budget. Bytes are told after they were taken: at most one arena block goes unasked.
class WorkMemory {
 public:
  WorkMemory(size_t limit, Budget* parent) : limit_(limit), parent_(parent) {}
  ~WorkMemory() { cover(0); }
  WorkMemory(const WorkMemory&) = delete;
  WorkMemory& operator=(const WorkMemory&) = delete;

  // `bytes` are in use now. False: more than is granted; spill, then tell again.
  bool cover(size_t bytes);
  // The same for what cannot spill. Errors: 53200.
  Result<> require(size_t bytes);
  size_t peak() const { return peak_; }
  size_t limit() const { return limit_; }

 private:
  const size_t limit_;
  Budget* const parent_;
  size_t held_ = 0;
  size_t peak_ = 0;
};

// Copies rows of `from` named by `rows` to at … of `to` (flat), texts shared, not copied.
void copy_shared(const Vector& from, const uint32_t* rows, uint32_t count, Vector& to, uint32_t at);
// One row many times.
void repeat_shared(const Vector& from, uint32_t row, uint32_t count, Vector& to, uint32_t at);
void set_nulls(Vector& to, uint32_t at, uint32_t count);

// Batches of rows kept in memory for repeated reading, in order. Grows under an account that cannot spill.
class RowList {
 public:
  RowList(std::span<const Type> types, uint32_t header_bytes = 0);
  // Errors: 53200.
  Result<> append(const Batch& batch, WorkMemory& memory);
  char* append(Columns columns, uint32_t row);
  size_t size() const { return rows_.size(); }
  const char* const* rows() const { return rows_.data(); }
  size_t bytes() const { return arena_.allocated_bytes() + rows_.capacity_bytes(); }
  // Rows first … first + count - 1 into `out` from row 0, columns in order.
  void read(size_t first, uint32_t count, Batch& out) const;
  const RowShape& shape() const { return shape_; }
  Arena& arena() { return arena_; }
  void clear();
  void swap(RowList& other);

 private:
  RowShape shape_;
  Arena arena_;
  GrowingArray<char*> rows_;
};

}  // namespace rowan
