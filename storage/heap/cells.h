// storage/heap/cells.h: between vectors and pages: which array of a page answers for which column of a
// statement, and how one version's values get out of a page and into one.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/heap/internals.h"
#include "storage/heap/layout.h"
#include "storage/heap/page.h"
#include "types/batch.h"
#include "types/result.h"

namespace rowan {

// Where one wanted column is in pages of one layout.
struct CellSource {
  enum class Kind : uint8_t { Array, Tail, Missing };
  Kind kind = Kind::Missing;
  uint16_t place = 0;  // Array: its number; Tail: its place in the tail
};

// Wanted columns against the layout of the page at hand; made anew only when that changes.
class ColumnPlan {
 public:
  // `target` and `columns` outlive the plan.
  ColumnPlan(const Layout& target, std::span<const uint16_t> columns) : target_(target), columns_(columns) {
    if (columns.size() > few_.size()) many_.resize(columns.size());
    sources_ = many_.empty() ? few_.data() : many_.data();
  }
  ColumnPlan(const ColumnPlan&) = delete;
  ColumnPlan& operator=(const ColumnPlan&) = delete;
  void prepare(const Layout& page_layout);
  const Layout& target() const { return target_; }
  std::span<const uint16_t> columns() const { return columns_; }
  const CellSource& source(size_t i) const { return sources_[i]; }
  const LayoutColumn& column(size_t i) const { return target_.column(columns_[i]); }
  bool has_tail() const { return has_tail_; }

 private:
  const Layout& target_;
  std::span<const uint16_t> columns_;
  const Layout* page_layout_ = nullptr;
  CellSource* sources_;
  std::array<CellSource, 16> few_;  // a look-up of some columns asks for no memory
  std::vector<CellSource> many_;
  bool has_tail_ = false;
};

// A row, or a part of it, as one value out of line: layout number, then for each of its columns in order a
// byte (0: NULL) and the value (texts: 4 bytes of length first).
class BlobWriter {
 public:
  BlobWriter(std::string& to, LayoutNo layout);
  void null() { to_.push_back(0); }
  void value(PhysicalType physical, std::string_view bytes);

 private:
  std::string& to_;
};
class BlobReader {
 public:
  explicit BlobReader(std::string_view blob);
  LayoutNo layout() const { return layout_; }
  // The next value of this machine form; null() tells whether it is NULL. False: the blob is damaged.
  bool next(PhysicalType physical, bool& is_null, std::string_view& bytes);

 private:
  std::string_view left_;
  LayoutNo layout_ = 0;
};

// Scratch for values read from out of line; reused.
struct CellScratch {
  std::string blob;
  std::vector<uint8_t> seen;
  size_t bytes_read = 0;  // out of line, since the batch began: what ends it early
  bool is_batch_full() const { return bytes_read >= kBatchBytesMax; }
};

// Stores a raw value (as it lies in a page or blob) at `row` of `to`; texts are copied into the vector's
// arena.
void store_raw(Vector& to, uint32_t row, std::string_view bytes);
void store_missing(Vector& to, uint32_t row, const LayoutColumn& column);

// A value out of line straight into the vector's arena.
Result<> read_out_of_line(HeapInternals& heap, OverflowPointer from, Vector& to, uint32_t row,
                          CellScratch& scratch);

// The values of version `slot` into row `row` of `out`, by `plan` (prepared for the page's layout unless the
// version is out of line as a whole). Reads overflow pages; the page stays latched.
Result<> read_cells(HeapInternals& heap, const HeapView& page, uint32_t slot, ColumnPlan& plan, Batch& out,
                    uint32_t row, CellScratch& scratch);

// Columns `columns` (numbered by `as`) of the version in `slot`, with `changes` (numbered by `layout`) put
// in, as one value.
Result<> blob_of_row(HeapInternals& heap, const HeapView& page, uint32_t slot, const Layout& as,
                     std::span<const uint16_t> columns, const Layout& layout,
                     std::span<const ColumnChange> changes, std::string& blob);

// One value of a vector as raw bytes: the machine form's bytes, or the text's. Valid while the vector is.
std::string_view raw_cell(const Vector& from, uint32_t row);

}  // namespace rowan
