#include "storage/heap/row_writer.h"

namespace rowan {

RowWriter::RowWriter(HeapInternals& heap, const Layout& layout, std::span<const Vector* const> columns,
                     WriteId creator, PageNo limit)
    : heap_(heap), layout_(layout), columns_(columns), creator_(creator), limit_(limit) {
  room_ = kPageSize - kPageHeaderSize - HeapView::arrays_size(layout.shape(), 8);
}

// The longest value that stays in the page: 2 KB, or less when the row as a whole would not fit.
uint32_t RowWriter::inline_limit(uint32_t row) const {
  uint32_t limit = VarEntry::kInPageMax;
  for (; limit > VarEntry::kInsideMax; limit = limit > 16 ? limit / 2 : VarEntry::kInsideMax) {
    uint32_t total = layout_.has_tail() && tail_.size() <= limit ? static_cast<uint32_t>(tail_.size()) : 0;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const Vector* column = columns_[i];
      if (column == nullptr || layout_.column(i).array == LayoutColumn::kNowhere ||
          column->physical() != PhysicalType::Text || column->is_null(row))
        continue;
      size_t length = raw_cell(*column, row).size();
      if (length > VarEntry::kInsideMax && length <= limit) total += static_cast<uint32_t>(length);
    }
    if (total <= room_) break;
  }
  return limit;
}

void RowWriter::write_tail(uint32_t row) {
  tail_.clear();
  BlobWriter blob(tail_, layout_.number());
  for (uint16_t number : layout_.tail_columns()) {
    const Vector* column = number < columns_.size() ? columns_[number] : nullptr;
    if (column == nullptr || column->is_null(row)) {
      blob.null();
    } else {
      blob.value(layout_.column(number).physical, raw_cell(*column, row));
    }
  }
}

Result<EncodedRow> RowWriter::write(OpBuffer& to, uint32_t row) {
  if (layout_.has_tail()) write_tail(row);
  uint32_t limit = layout_.shape().variable == 0 ? 0 : inline_limit(row);
  uint32_t in_page = 0;
  auto offset = static_cast<uint32_t>(to.size());
  ImageWriter image(to, layout_.shape());
  uint32_t count = layout_.shape().array_count();
  for (uint32_t array = 0; array < count; ++array) {
    std::string_view bytes;
    if (array == layout_.tail_array()) {
      bytes = tail_;
    } else {
      uint16_t number = layout_.column_of_array(array);
      const Vector* column = number < columns_.size() ? columns_[number] : nullptr;
      if (column == nullptr || column->is_null(row)) {
        image.null();
        continue;
      }
      if (column->physical() != PhysicalType::Text) {
        uint32_t at = column->is_constant() ? 0 : row;
        image.fixed(column->raw_data() + size_t{at} * column->width(), column->width());
        continue;
      }
      bytes = raw_cell(*column, row);
    }
    if (bytes.size() <= limit) {
      image.bytes(bytes);
      if (bytes.size() > VarEntry::kInsideMax) in_page += static_cast<uint32_t>(bytes.size());
    } else {
      OverflowPointer pointer = TRY(heap_.overflow.write(creator_, bytes, limit_));
      has_room_ = pointer.page != kNoPage;
      if (!has_room_) return EncodedRow{};
      image.out_of_line(VarEntry::out_of_line(pointer));
    }
  }
  return EncodedRow{offset, static_cast<uint32_t>(to.size()) - offset, in_page};
}

}  // namespace rowan
