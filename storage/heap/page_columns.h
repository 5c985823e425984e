// storage/heap/page_columns.h: what a scan's filter sees of a latched page. For storage/heap/scan.cpp alone.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "storage/heap/cells.h"
#include "storage/heap/scan.h"

namespace rowan {

inline constexpr uint32_t kSlotsMax = 704;  // no page has more: 16,320 bytes at 24 and more a slot

// A bit a slot.
using SlotMask = std::array<uint64_t, (kSlotsMax + 63) / 64>;

// The columns of the page at hand.
class InPageColumns final : public PageColumns {
 public:
  // `target` and `numbers` outlive it.
  InPageColumns(const Layout& target, std::span<const uint16_t> numbers, const std::vector<Type>& types);

  // For a page of layout `layout`, which stays latched.
  void prepare(const HeapView& page, const Layout& layout);
  // Some column is in the rows' tails: each row has to be read on its own.
  bool has_tail() const { return plan_.has_tail(); }
  // Some column has texts in the page.
  bool has_texts() const { return has_texts_; }
  ColumnPlan& plan() { return plan_; }
  // Does one of the columns lie out of line in `slot`?
  bool is_out_of_line(uint32_t slot) const;

  const Vector& column(size_t i, std::span<const uint64_t> rows) override;

 private:
  bool is_text(const CellSource& source) const {
    return source.kind == CellSource::Kind::Array && page_->is_variable(source.place);
  }

  ColumnPlan plan_;
  Batch batch_;
  const HeapView* page_ = nullptr;
  const Layout* layout_ = nullptr;
  bool has_texts_ = false;
};

// A row that was read on its own.
class OneRowColumns final : public PageColumns {
 public:
  explicit OneRowColumns(const std::vector<Type>& types) : row(types, 1) {}
  const Vector& column(size_t i, std::span<const uint64_t>) override { return row.column(i); }
  Batch row;
};

}  // namespace rowan
