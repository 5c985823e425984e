#include "storage/heap/cells.h"

#include <cstring>

namespace rowan {

void ColumnPlan::prepare(const Layout& page_layout) {
  if (page_layout_ == &page_layout) return;
  page_layout_ = &page_layout;
  has_tail_ = false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    uint16_t number = columns_[i];
    if (!page_layout.has(target_, number)) {
      sources_[i] = {CellSource::Kind::Missing, 0};
      continue;
    }
    const LayoutColumn& column = page_layout.column(number);
    if (column.array != LayoutColumn::kNowhere) {
      sources_[i] = {CellSource::Kind::Array, column.array};
    } else {
      sources_[i] = {CellSource::Kind::Tail, column.tail};
      has_tail_ = true;
    }
  }
}

BlobWriter::BlobWriter(std::string& to, LayoutNo layout) : to_(to) {
  to_.append(reinterpret_cast<const char*>(&layout), sizeof layout);
}

void BlobWriter::value(PhysicalType physical, std::string_view bytes) {
  to_.push_back(1);
  if (physical == PhysicalType::Text) {
    auto length = static_cast<uint32_t>(bytes.size());
    to_.append(reinterpret_cast<const char*>(&length), sizeof length);
  }
  to_.append(bytes);
}

BlobReader::BlobReader(std::string_view blob) : left_(blob) {
  if (left_.size() < sizeof layout_) return;
  std::memcpy(&layout_, left_.data(), sizeof layout_);
  left_.remove_prefix(sizeof layout_);
}

bool BlobReader::next(PhysicalType physical, bool& is_null, std::string_view& bytes) {
  if (left_.empty()) return false;
  is_null = left_.front() == 0;
  left_.remove_prefix(1);
  if (is_null) return true;
  size_t length = physical_width(physical);
  if (physical == PhysicalType::Text) {
    uint32_t stored;
    if (left_.size() < sizeof stored) return false;
    std::memcpy(&stored, left_.data(), sizeof stored);
    left_.remove_prefix(sizeof stored);
    length = stored;
  }
  if (left_.size() < length) return false;
  bytes = left_.substr(0, length);
  left_.remove_prefix(length);
  return true;
}

void store_raw(Vector& to, uint32_t row, std::string_view bytes) {
  to.set_valid(row);
  if (to.physical() == PhysicalType::Text) {
    to.data<Text>()[row] = to.arena().copy(bytes);
  } else {
    std::memcpy(to.raw_data() + size_t{row} * to.width(), bytes.data(), to.width());
  }
}

void store_missing(Vector& to, uint32_t row, const LayoutColumn& column) {
  const Value& value = column.missing;
  if (value.is_null()) {
    to.set_null(row);
    return;
  }
  auto store = [&](auto machine) {
    store_raw(to, row, {reinterpret_cast<const char*>(&machine), sizeof machine});
  };
  switch (column.physical) {
    case PhysicalType::Bool:
      return store(static_cast<uint8_t>(value.as_bool()));
    case PhysicalType::Int16:
      return store(static_cast<int16_t>(value.as_int()));
    case PhysicalType::Int32:
      return store(static_cast<int32_t>(value.as_int()));
    case PhysicalType::Int64:
      return store(value.as_int());
    case PhysicalType::Int128:
      return store(value.as_int128());
    case PhysicalType::Float32:
      return store(static_cast<float>(value.as_double()));
    case PhysicalType::Float64:
      return store(value.as_double());
    case PhysicalType::Interval:
      return store(value.as_interval());
    case PhysicalType::Text:
      return store_raw(to, row, value.as_bytes());
  }
}

std::string_view raw_cell(const Vector& from, uint32_t row) {
  if (from.is_constant()) row = 0;
  if (from.physical() == PhysicalType::Text) return from.data<Text>()[row].view();
  return {from.raw_data() + size_t{row} * from.width(), from.width()};
}

Result<> read_out_of_line(HeapInternals& heap, OverflowPointer from, Vector& to, uint32_t row,
                          CellScratch& scratch) {
  uint32_t length = TRY(heap.overflow.length(from));
  scratch.bytes_read += length;
  char* bytes = to.arena().allocate(length == 0 ? 1 : length);
  TRY(heap.overflow.read(from, bytes, length));
  to.set_valid(row);
  to.data<Text>()[row] = Text(std::string_view(bytes, length));
  return {};
}

namespace {

Error damaged_row(const HeapInternals& heap) {
  return Error(sqlstate::data_corrupted,
               "a row of relation " + std::to_string(heap.relation) + " is damaged");
}

// Into `scratch.blob`.
Result<> read_blob(HeapInternals& heap, OverflowPointer from, CellScratch& scratch) {
  constexpr size_t kKeptMax = size_t{1} << 20;
  if (scratch.blob.capacity() > kKeptMax) scratch.blob = std::string();
  scratch.blob.clear();
  TRY(heap.overflow.read(from, scratch.blob));
  scratch.bytes_read += scratch.blob.size();
  return {};
}

// Columns of the tail in `scratch.blob`, all at once.
Result<> read_tail(HeapInternals& heap, const Layout& page_layout, ColumnPlan& plan, Batch& out, uint32_t row,
                   CellScratch& scratch) {
  BlobReader blob(scratch.blob);
  uint16_t place = 0;
  for (uint16_t number : page_layout.tail_columns()) {
    bool is_null = false;
    std::string_view bytes;
    if (!blob.next(page_layout.column(number).physical, is_null, bytes)) return damaged_row(heap);
    for (size_t i = 0; i < plan.columns().size(); ++i) {
      if (plan.source(i).kind != CellSource::Kind::Tail || plan.source(i).place != place) continue;
      if (is_null) {
        out.column(i).set_null(row);
      } else {
        store_raw(out.column(i), row, bytes);
      }
    }
    ++place;
  }
  return {};
}

// A version out of line as a whole has its own layout inside.
Result<> read_elsewhere(HeapInternals& heap, OverflowPointer from, ColumnPlan& plan, Batch& out, uint32_t row,
                        CellScratch& scratch) {
  TRY(read_blob(heap, from, scratch));
  BlobReader blob(scratch.blob);
  const Layout* layout = heap.layout(blob.layout());
  if (layout == nullptr) return damaged_row(heap);
  for (size_t i = 0; i < plan.columns().size(); ++i)
    if (!layout->has(plan.target(), plan.columns()[i])) store_missing(out.column(i), row, plan.column(i));
  for (size_t number = 0; number < layout->columns().size(); ++number) {
    if (layout->column(number).dropped) continue;
    bool is_null = false;
    std::string_view bytes;
    if (!blob.next(layout->column(number).physical, is_null, bytes)) return damaged_row(heap);
    for (size_t i = 0; i < plan.columns().size(); ++i) {
      if (plan.columns()[i] != number || !layout->has(plan.target(), number)) continue;
      if (is_null) {
        out.column(i).set_null(row);
      } else {
        store_raw(out.column(i), row, bytes);
      }
    }
  }
  return {};
}

}  // namespace

Result<> read_cells(HeapInternals& heap, const HeapView& page, uint32_t slot, ColumnPlan& plan, Batch& out,
                    uint32_t row, CellScratch& scratch) {
  if ((page.words()[slot] & SlotWord::kElsewhere) != 0)
    return read_elsewhere(heap, elsewhere(page, slot), plan, out, row, scratch);
  const Layout* page_layout = heap.layout(page.header().layout);
  if (page_layout == nullptr) return damaged_row(heap);
  plan.prepare(*page_layout);
  for (size_t i = 0; i < plan.columns().size(); ++i) {
    Vector& to = out.column(i);
    CellSource source = plan.source(i);
    if (source.kind == CellSource::Kind::Missing) {
      store_missing(to, row, plan.column(i));
    } else if (source.kind == CellSource::Kind::Array) {
      if (!page.is_valid(source.place, slot)) {
        to.set_null(row);
      } else if (!page.is_variable(source.place)) {
        size_t width = to.width();
        store_raw(to, row, {reinterpret_cast<const char*>(page.array(source.place)) + slot * width, width});
      } else {
        const VarEntry& entry = page.entries(source.place)[slot];
        if (entry.is_out_of_line()) {
          TRY(read_out_of_line(heap, entry.pointer(), to, row, scratch));
        } else {
          store_raw(to, row, page.bytes_of(entry));
        }
      }
    }
  }
  if (!plan.has_tail()) return {};
  const VarEntry& entry = page.entries(page_layout->tail_array())[slot];
  if (!page.is_valid(page_layout->tail_array(), slot)) return damaged_row(heap);
  if (entry.is_out_of_line()) {
    TRY(read_blob(heap, entry.pointer(), scratch));
  } else {
    scratch.blob = page.bytes_of(entry);
  }
  return read_tail(heap, *page_layout, plan, out, row, scratch);
}

Result<> blob_of_row(HeapInternals& heap, const HeapView& page, uint32_t slot, const Layout& as,
                     std::span<const uint16_t> columns, const Layout& layout,
                     std::span<const ColumnChange> changes, std::string& blob) {
  std::vector<Type> types;
  for (uint16_t number : columns) types.push_back(type_of_machine_form(as.column(number).physical));
  Batch row(types, 1);
  ColumnPlan plan(as, columns);
  CellScratch scratch;
  TRY(read_cells(heap, page, slot, plan, row, 0, scratch));
  blob.clear();
  BlobWriter writer(blob, as.number());
  for (size_t i = 0; i < columns.size(); ++i) {
    const Vector* from = &row.column(i);
    uint32_t at = 0;
    for (const ColumnChange& change : changes) {
      if (change.column != columns[i] || !as.has(layout, change.column)) continue;
      from = change.values;
      at = change.row;
    }
    if (from->is_null(at)) {
      writer.null();
    } else {
      writer.value(as.column(columns[i]).physical, raw_cell(*from, at));
    }
  }
  return {};
}

}  // namespace rowan
