// types/vector.h: a column of up to `capacity` values of one type: a typed, aligned array and a validity
// bitmap.
//
//   Flat:      row i is at data()[i]; bit i of validity() is 1 where it is not NULL.
//   Constant:  every row is data()[0], NULL or not by bit 0.
//
// A vector owns its array or borrows another's (borrow()); borrowed bytes must outlive their use, which a
// batch's rule grants: what an operator produced stays valid until it is asked for the next batch.
#pragma once

#include <cstdint>
#include <memory>

#include "types/arena.h"
#include "types/check.h"
#include "types/interval.h"
#include "types/text.h"
#include "types/type.h"

namespace rowan {

using Int128 = __int128;
inline constexpr uint32_t kBatchRows = 1024;

class Value;

class Vector {
 public:
  Vector() = default;
  // Allocates for `capacity` rows. Throws std::bad_alloc.
  Vector(Type type, uint32_t capacity);
  Vector(Vector&&) noexcept = default;
  Vector& operator=(Vector&&) noexcept = default;

  const Type& type() const { return type_; }
  PhysicalType physical() const { return physical_; }
  uint32_t capacity() const { return capacity_; }

  bool is_constant() const { return is_constant_; }
  // Makes it flat with all rows valid, its own array writable, its arena empty.
  void reset();
  // Makes it constant; the caller then writes row 0.
  void reset_constant();
  // The same rows as `other`, without a copy. A vector with an array of its own keeps its type, which must be
  // of the same physical form.
  void borrow(const Vector& other);
  // Flat over somebody's array of this type, and its validity words (nullptr: no NULLs); both outlive the
  // use.
  void borrow_array(const char* data, const uint64_t* validity) {
    is_constant_ = false;
    has_nulls_ = validity != nullptr;
    data_ = const_cast<char*>(data);
    validity_ = validity;
  }
  // Constant with `value`, whose bytes are copied.
  void set_constant(const Value& value);

  // The array, T being the C++ type of physical(): bool as uint8_t, int16_t … Int128, float, double,
  // Interval, Text.
  template <class T>
  T* data() {
    ASSERT(sizeof(T) == width_);
    return reinterpret_cast<T*>(data_);
  }
  template <class T>
  const T* data() const {
    ASSERT(sizeof(T) == width_);
    return reinterpret_cast<const T*>(data_);
  }
  const char* raw_data() const { return data_; }
  char* raw_data() { return data_; }
  size_t width() const { return width_; }

  // One bit a row, 1 = not NULL; nullptr means no NULLs. Words of 64.
  const uint64_t* validity() const { return has_nulls_ ? validity_ : nullptr; }
  bool may_have_nulls() const { return has_nulls_; }
  bool is_null(uint32_t row) const {
    if (!has_nulls_) return false;
    if (is_constant_) row = 0;
    return ((validity_[row / 64] >> (row % 64)) & 1) == 0;
  }
  void set_null(uint32_t row) {
    if (!has_nulls_) start_nulls();
    own_validity_[row / 64] &= ~(uint64_t{1} << (row % 64));
  }
  void set_valid(uint32_t row) {
    if (has_nulls_) own_validity_[row / 64] |= uint64_t{1} << (row % 64);
  }
  // Writable validity words for kernels that set many at once; makes them all ones first if there were no
  // NULLs.
  uint64_t* mutable_validity() {
    if (!has_nulls_) start_nulls();
    return own_validity_.get();
  }

  // Where texts of this vector that are too long to lie inside put their bytes.
  Arena& arena() { return *arena_; }

  // Row `row` as a dynamic value, for the edges: results, errors, tests.
  Value value(uint32_t row) const;
  // Stores `value` (of this type, or NULL) at `row`, copying its bytes.
  void set_value(uint32_t row, const Value& value);
  // Copies one row of `from` (same physical type), bytes included.
  void copy_row(uint32_t to_row, const Vector& from, uint32_t from_row);
  // The same, but a text's bytes stay where they are, which outlives what this vector is used for.
  void borrow_value(uint32_t row, const Value& value);
  void borrow_row(uint32_t to_row, const Vector& from, uint32_t from_row);

 private:
  void start_nulls();

  Type type_;
  PhysicalType physical_ = PhysicalType::Text;
  bool is_constant_ = false;
  bool has_nulls_ = false;
  uint8_t width_ = 0;
  uint32_t capacity_ = 0;
  char* data_ = nullptr;                // own_data_ or borrowed
  const uint64_t* validity_ = nullptr;  // own_validity_ or borrowed
  struct Free {
    void operator()(char* bytes) const;
  };
  std::unique_ptr<char, Free> own_data_;  // aligned to 64
  std::unique_ptr<uint64_t[]> own_validity_;
  std::unique_ptr<Arena> arena_;  // by pointer, so that moving the vector leaves texts where they are
};

}  // namespace rowan
