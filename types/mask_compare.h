// types/mask_compare.h: arrays compared with one value, a bit a row: what scans run on the pages' own arrays.
// A kernel is chosen once, for the type, the comparison and the instruction set of this machine; it cannot
// fail, block or allocate. Source: Polychroniou et al., Rethinking SIMD Vectorization, SIGMOD 2015.
#pragma once

#include <cstdint>
#include <optional>

#include "types/type.h"

namespace rowan {

enum class Comparison : uint8_t { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };

// Clears in `mask` (row i: bit i % 64 of word i / 64) the bits of those of `count` values that do not compare
// so with `wanted`. Words that are 0 are not looked at; bits beyond the end are left as they are. NULLs are
// the caller's business.
class MaskCompare {
 public:
  // nullptr: this type is not served. SQL's order: a NaN is the greatest of floats and of NUMERICs (of at
  // most 18 digits, whose smallest number is the NaN). `baseline`: by the instructions that every x86-64 has.
  static std::optional<MaskCompare> of(const Type& type, Comparison comparison, bool baseline = false);

  // `values` and `wanted` are of the type's machine form.
  void operator()(const void* values, const void* wanted, uint32_t count, uint64_t* mask) const {
    kernel_(values, wanted, count, mask);
  }

 private:
  using Kernel = void (*)(const void* values, const void* wanted, uint32_t count, uint64_t* mask);
  explicit MaskCompare(Kernel kernel) : kernel_(kernel) {}
  Kernel kernel_;
};

}  // namespace rowan
