#include "storage/heap/page_columns.h"

#include <bit>

namespace rowan {

InPageColumns::InPageColumns(const Layout& target, std::span<const uint16_t> numbers,
                             const std::vector<Type>& types)
    : plan_(target, numbers), batch_(types, types.empty() ? 1 : kSlotsMax) {}

void InPageColumns::prepare(const HeapView& page, const Layout& layout) {
  page_ = &page;
  plan_.prepare(layout);
  has_texts_ = false;
  for (size_t i = 0; i < plan_.columns().size(); ++i) {
    Vector& column = batch_.column(i);
    CellSource source = plan_.source(i);
    if (is_text(source)) {
      has_texts_ = true;
    } else if (source.kind == CellSource::Kind::Array) {
      column.borrow_array(reinterpret_cast<const char*>(page.array(source.place)),
                          page.validity(source.place));
    } else if (source.kind == CellSource::Kind::Missing && layout_ != &layout) {
      column.reset_constant();
      store_missing(column, 0, plan_.column(i));
    }
  }
  layout_ = &layout;
}

bool InPageColumns::is_out_of_line(uint32_t slot) const {
  for (size_t i = 0; i < plan_.columns().size(); ++i) {
    CellSource source = plan_.source(i);
    if (is_text(source) && page_->is_valid(source.place, slot) &&
        page_->entries(source.place)[slot].is_out_of_line())
      return true;
  }
  return false;
}

const Vector& InPageColumns::column(size_t i, std::span<const uint64_t> rows) {
  CellSource source = plan_.source(i);
  Vector& column = batch_.column(i);
  if (!is_text(source)) return column;
  column.reset();
  Text* texts = column.data<Text>();
  const VarEntry* entries = page_->entries(source.place);
  const uint64_t* valid = page_->validity(source.place);
  for (uint32_t word = 0; word < rows.size(); ++word)
    for (uint64_t bits = rows[word] & valid[word]; bits != 0; bits &= bits - 1) {
      uint32_t slot = word * 64 + static_cast<uint32_t>(std::countr_zero(bits));
      texts[slot] = Text(page_->bytes_of(entries[slot]));
    }
  column.borrow_array(column.raw_data(), valid);
  return column;
}

}  // namespace rowan
