// storage/heap/layout.h: which columns a row has and where each lies in a page. A relation's layouts are a
// list that only grows, outside MVCC (hazard 11): ADD COLUMN and DROP COLUMN append a layout derived from an
// older one and touch no page. The catalog says which layout new rows get and through which a statement
// reads.
//
// A page holds rows of one layout. Inside it the columns stand by falling width, so that every array is
// aligned and its place follows from six counts in the page's header (storage/heap/page.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "types/result.h"
#include "types/type.h"
#include "types/value.h"

namespace rowan {

using LayoutNo = uint16_t;
inline constexpr uint16_t kMaxColumns = 1600;
// Columns beyond this width of a row, counted from the first, are kept together as one value, the tail.
inline constexpr uint32_t kInlineRowWidthMax = 1536;

// How many arrays of each width a page has, in the order in which they stand. Values of variable width have
// an array of 8-byte entries.
struct PageShape {
  uint16_t wide16 = 0;
  uint16_t wide8 = 0;
  uint16_t wide4 = 0;
  uint16_t variable = 0;
  uint16_t wide2 = 0;
  uint16_t wide1 = 0;

  bool operator==(const PageShape&) const = default;
  uint32_t array_count() const { return 0u + wide16 + wide8 + wide4 + variable + wide2 + wide1; }
  // Bytes of one row in all arrays, version arrays and null bits left out.
  uint32_t row_width() const {
    return 16u * wide16 + 8u * wide8 + 4u * wide4 + 8u * variable + 2u * wide2 + wide1;
  }
  uint32_t first_variable() const { return 0u + wide16 + wide8 + wide4; }
};

struct LayoutColumn {
  PhysicalType physical = PhysicalType::Int32;
  static constexpr LayoutNo kBornNow = 0xffff;  // in a list being appended: the new layout brings it
  LayoutNo born = 0;  // the layout that brought it: two columns of one number may differ in this
  bool dropped = false;
  Value missing;  // what rows in pages without it hold; NULL when none was given
  static constexpr uint16_t kNowhere = 0xffff;
  uint16_t array = kNowhere;  // its array in a page; kNowhere: dropped, or in the tail
  uint16_t tail = kNowhere;   // its place in the tail value
};

// Some SQL type with this machine form: for values that are only ever read by it.
Type type_of_machine_form(PhysicalType physical);

// Immutable once made; shared by all who read through it.
class Layout {
 public:
  // Columns by number (catalog::ColumnNumber), dropped ones included.
  Layout(LayoutNo number, std::vector<LayoutColumn> columns);

  LayoutNo number() const { return number_; }
  std::span<const LayoutColumn> columns() const { return columns_; }
  const LayoutColumn& column(size_t number) const { return columns_[number]; }
  const PageShape& shape() const { return shape_; }
  bool has_tail() const { return !tail_columns_.empty(); }
  uint16_t tail_array() const { return tail_array_; }
  // Column numbers in the tail, in order.
  std::span<const uint16_t> tail_columns() const { return tail_columns_; }
  // The column that array `array` holds; kNowhere for the tail's.
  uint16_t column_of_array(size_t array) const { return column_of_array_[array]; }
  // Is column `number` of `target` the same column here?
  bool has(const Layout& target, size_t number) const {
    return number < columns_.size() && !columns_[number].dropped &&
           columns_[number].born == target.columns_[number].born;
  }

  // As bytes for the relation's meta pages, and back. Errors: XX001.
  std::string serialize() const;
  static Result<Layout> parse(std::string_view bytes);

 private:
  LayoutNo number_;
  std::vector<LayoutColumn> columns_;
  PageShape shape_;
  uint16_t tail_array_ = LayoutColumn::kNowhere;
  std::vector<uint16_t> tail_columns_;
  std::vector<uint16_t> column_of_array_;
};
using LayoutPtr = std::shared_ptr<const Layout>;

}  // namespace rowan
