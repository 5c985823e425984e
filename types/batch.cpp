#include "types/batch.h"

#include <cstring>

#include "types/check.h"

namespace rowan {

Batch::Batch(std::span<const Type> types, uint32_t capacity) : capacity_(capacity) {
  columns_.reserve(types.size());
  for (const Type& type : types) columns_.emplace_back(type, capacity);
}

void Batch::reset() {
  for (Vector& column : columns_) column.reset();
  count_ = 0;
  selected_ = false;
}

uint16_t* Batch::selection_buffer() {
  if (!selection_) selection_ = std::make_unique_for_overwrite<uint16_t[]>(capacity_ == 0 ? 1 : capacity_);
  return selection_.get();
}

void Batch::select(std::span<const uint16_t> rows) {
  ASSERT(rows.size() <= capacity_);
  uint16_t* buffer = selection_buffer();
  if (!rows.empty()) std::memmove(buffer, rows.data(), rows.size_bytes());
  select_built(static_cast<uint32_t>(rows.size()));
}

void Batch::keep(uint32_t skipped, uint32_t kept) {
  ASSERT(skipped + kept <= count_);
  if (skipped == 0) {
    count_ = kept;  // a prefix of the rows, or of the list of them
    return;
  }
  uint16_t* buffer = selection_buffer();
  if (selected_) {
    std::memmove(buffer, buffer + skipped, kept * sizeof(uint16_t));
  } else {
    for (uint32_t i = 0; i < kept; ++i) buffer[i] = static_cast<uint16_t>(skipped + i);
  }
  select_built(kept);
}

void Batch::borrow(const Batch& other) {
  if (columns_.size() != other.columns_.size()) columns_.resize(other.columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) columns_[i].borrow(other.columns_[i]);
  if (capacity_ < other.capacity_) {
    capacity_ = other.capacity_;
    selection_.reset();
  }
  if (other.selected_)
    select({other.selection_.get(), other.count_});
  else
    set_row_count(other.count_);
}

}  // namespace rowan
