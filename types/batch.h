// types/batch.h: what flows between operators: up to 1,024 rows as columns, and which of them count.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "types/vector.h"

namespace rowan {

// The rows to work on, as positions in vectors: either 0 … count-1 or a list. Borrows the list.
class Selection {
 public:
  explicit Selection(uint32_t count) : count_(count) {}
  Selection(const uint16_t* rows, uint32_t count) : rows_(rows), count_(count) {}

  uint32_t count() const { return count_; }
  bool is_dense() const { return rows_ == nullptr; }
  const uint16_t* rows() const { return rows_; }
  uint32_t operator[](uint32_t i) const { return rows_ ? rows_[i] : i; }

 private:
  const uint16_t* rows_ = nullptr;
  uint32_t count_;
};

// Where long values come from (a scan, a file of spilled rows), a batch ends early once it holds so many
// bytes of them: a thousand rows of 10 MB each are never in memory at once.
inline constexpr size_t kBatchBytesMax = size_t{4} << 20;

// Columns of equal length. row_count() counts the selected rows; row(i) is the i-th one's position in the
// vectors.
class Batch {
 public:
  Batch() = default;
  Batch(std::span<const Type> types, uint32_t capacity);
  Batch(Batch&&) noexcept = default;
  Batch& operator=(Batch&&) noexcept = default;

  std::vector<Vector>& columns() { return columns_; }
  const std::vector<Vector>& columns() const { return columns_; }
  Vector& column(size_t i) { return columns_[i]; }
  const Vector& column(size_t i) const { return columns_[i]; }
  uint32_t capacity() const { return capacity_; }

  uint32_t row_count() const { return count_; }
  uint32_t row(uint32_t i) const { return selected_ ? selection_[i] : i; }
  Selection selection() const { return selected_ ? Selection(selection_.get(), count_) : Selection(count_); }

  // Empty, flat, nothing selected; the arrays are kept.
  void reset();
  // Rows 0 … count-1 of the vectors, all of them.
  void set_row_count(uint32_t count) {
    count_ = count;
    selected_ = false;
  }
  // Only the rows named: positions in the vectors, rising. Copied.
  void select(std::span<const uint16_t> rows);
  // A writable list of capacity() positions, for filters that build a selection in place; then
  // select_built(count).
  uint16_t* selection_buffer();
  void select_built(uint32_t count) {
    count_ = count;
    selected_ = true;
  }
  // Drops the first `skipped` selected rows and keeps the next `kept`; copies no value.
  void keep(uint32_t skipped, uint32_t kept);
  // The same columns and selection as `other`, without a copy.
  void borrow(const Batch& other);

 private:
  std::vector<Vector> columns_;
  std::unique_ptr<uint16_t[]> selection_;
  uint32_t capacity_ = 0;
  uint32_t count_ = 0;
  bool selected_ = false;
};

}  // namespace rowan
