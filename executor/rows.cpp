#include "executor/rows.h"

#include <algorithm>
#include <cstring>

#include "types/function.h"
#include "types/try.h"

namespace rowan {

namespace {

bool rows_bytes_equal(const Type& type) {
  switch (type.physical()) {
    case PhysicalType::Float32:
    case PhysicalType::Float64:
    case PhysicalType::Interval:
      return false;
    case PhysicalType::Text:
      return type.id != TypeId::Numeric && type.id != TypeId::Char;
    default:
      return true;
  }
}

Text rows_load_text(const char* from) {
  Text text;
  std::memcpy(&text, from, sizeof text);
  return text;
}

uint32_t rows_position(const Vector& vector, uint32_t row) {
  return vector.is_constant() ? 0 : row;
}

}  // namespace

RowShape::RowShape(std::span<const Type> types, uint32_t header_bytes) : header_(header_bytes) {
  uint32_t at = header_ + static_cast<uint32_t>((types.size() + 7) / 8);
  for (const Type& type : types) {
    PhysicalType physical = type.physical();
    auto width = static_cast<uint32_t>(physical_width(physical));
    uint32_t alignment = std::min<uint32_t>(width, 8);
    at = (at + alignment - 1) / alignment * alignment;
    if (physical == PhysicalType::Text) texts_.push_back(static_cast<uint32_t>(columns_.size()));
    columns_.push_back({type, physical, width, at, rows_bytes_equal(type)});
    at += width;
  }
  size_ = at;
}

void RowShape::put(Columns columns, uint32_t row, char* to, Arena& arena) const {
  std::memset(to + header_, 0, size_ - header_);
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const Vector& vector = *columns[i];
    if (vector.is_null(row)) {
      to[header_ + i / 8] = static_cast<char>(to[header_ + i / 8] | (1 << (i % 8)));
      continue;
    }
    const char* from = vector.raw_data() + size_t{rows_position(vector, row)} * column.width;
    if (column.physical == PhysicalType::Text) {
      Text copied = rows_load_text(from);
      if (!copied.is_inline()) copied = arena.copy(copied.view());
      std::memcpy(to + column.offset, &copied, sizeof copied);
    } else {
      std::memcpy(to + column.offset, from, column.width);
    }
  }
}

void RowShape::get(const char* const* rows, uint32_t count, size_t column_no, Vector& out,
                   uint32_t at) const {
  const Column& column = columns_[column_no];
  char* to = out.raw_data() + size_t{at} * column.width;
  auto copy = [&]<size_t kWidth>() {
    for (uint32_t i = 0; i < count; ++i) {
      std::memcpy(to + i * kWidth, rows[i] + column.offset, kWidth);
      if (is_null(rows[i], column_no)) out.set_null(at + i);
    }
  };
  switch (column.width) {
    case 1:
      copy.template operator()<1>();
      break;
    case 2:
      copy.template operator()<2>();
      break;
    case 4:
      copy.template operator()<4>();
      break;
    case 8:
      copy.template operator()<8>();
      break;
    default:
      copy.template operator()<16>();
      break;
  }
}

bool RowShape::equal(const char* row, size_t column_no, const Vector& other, uint32_t other_row) const {
  const Column& column = columns_[column_no];
  bool null = is_null(row, column_no);
  if (null || other.is_null(other_row)) return null && other.is_null(other_row);
  const char* mine = row + column.offset;
  if (other.physical() != column.physical ||
      (column.type.id == TypeId::Numeric && other.type().scale != column.type.scale))
    return equal_across_forms(column, mine, other, rows_position(other, other_row));
  const char* theirs = other.raw_data() + size_t{rows_position(other, other_row)} * column.width;
  if (column.bytes_equal) {
    if (column.physical == PhysicalType::Text) return rows_load_text(mine) == rows_load_text(theirs);
    switch (column.width) {
      case 4:
        return std::memcmp(mine, theirs, 4) == 0;
      case 8:
        return std::memcmp(mine, theirs, 8) == 0;
      default:
        return std::memcmp(mine, theirs, column.width) == 0;
    }
  }
  // The rare types compare by their own order; a vector of one row is made for the occasion.
  Vector scratch(column.type, 1);
  std::memcpy(scratch.raw_data(), mine, column.width);
  return compare_rows(scratch, 0, other, other_row) == 0;
}

// Whole numbers and floats of different widths, numerics of different forms: keys of joins come like that.
bool RowShape::equal_across_forms(const Column& column, const char* mine, const Vector& other,
                                  uint32_t other_row) {
  Vector scratch(column.type, 1);
  std::memcpy(scratch.raw_data(), mine, column.width);
  if (column.type.id == TypeId::Numeric) return compare_rows(scratch, 0, other, other_row) == 0;
  auto integer = [](const Vector& vector, uint32_t row) -> int64_t {
    switch (vector.physical()) {
      case PhysicalType::Int16:
        return vector.data<int16_t>()[row];
      case PhysicalType::Int32:
        return vector.data<int32_t>()[row];
      default:
        return vector.data<int64_t>()[row];
    }
  };
  auto real = [](const Vector& vector, uint32_t row) -> double {
    return vector.physical() == PhysicalType::Float32 ? vector.data<float>()[row]
                                                      : vector.data<double>()[row];
  };
  bool is_float = column.physical == PhysicalType::Float32 || column.physical == PhysicalType::Float64;
  if (!is_float) return integer(scratch, 0) == integer(other, other_row);
  double a = real(scratch, 0), b = real(other, other_row);
  return a == b || (a != a && b != b);
}

void RowShape::serialize(const char* row, std::string& out) const {
  out.append(row + header_, size_ - header_);
  for (uint32_t i : texts_) {
    if (is_null(row, i)) continue;
    Text text = rows_load_text(row + columns_[i].offset);
    if (!text.is_inline()) out.append(text.view());
  }
}

void RowShape::serialize(Columns columns, uint32_t row, std::string& out) const {
  size_t begin = out.size();
  out.append(size_ - header_, '\0');
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const Vector& vector = *columns[i];
    if (vector.is_null(row)) {
      out[begin + i / 8] = static_cast<char>(out[begin + i / 8] | (1 << (i % 8)));
      continue;
    }
    const char* from = vector.raw_data() + size_t{rows_position(vector, row)} * column.width;
    std::memcpy(out.data() + begin + column.offset - header_, from, column.width);
    if (column.physical == PhysicalType::Text) {
      Text text = rows_load_text(from);
      if (!text.is_inline()) out.append(text.view());
    }
  }
}

char* RowShape::deserialize(const char*& bytes, Arena& arena) const {
  char* row = arena.allocate(size_);
  std::memset(row, 0, header_);
  std::memcpy(row + header_, bytes, size_ - header_);
  bytes += size_ - header_;
  for (uint32_t i : texts_) {
    if (is_null(row, i)) continue;
    uint32_t length;
    std::memcpy(&length, row + columns_[i].offset, sizeof length);
    if (length <= Text::kInlineMax) continue;
    Text text = arena.copy({bytes, length});
    bytes += length;
    std::memcpy(row + columns_[i].offset, &text, sizeof text);
  }
  return row;
}

bool WorkMemory::cover(size_t bytes) {
  if (bytes <= held_) {
    if (parent_ != nullptr) parent_->release(held_ - bytes);
    held_ = bytes;
    return true;
  }
  if (bytes > peak_) peak_ = bytes;
  if (bytes > limit_) return false;
  if (parent_ != nullptr && !parent_->try_reserve(bytes - held_)) return false;
  held_ = bytes;
  return true;
}

Result<> WorkMemory::require(size_t bytes) {
  if (bytes > held_ && parent_ != nullptr) TRY(parent_->reserve(bytes - held_));
  if (bytes > held_) {
    held_ = bytes;
    peak_ = std::max(peak_, bytes);
  } else {
    cover(bytes);
  }
  return {};
}

void copy_shared(const Vector& from, const uint32_t* rows, uint32_t count, Vector& to, uint32_t at) {
  if (from.is_constant()) {
    repeat_shared(from, 0, count, to, at);
    return;
  }
  const size_t width = from.width();
  const char* source = from.raw_data();
  char* target = to.raw_data() + at * width;
  auto copy = [&]<size_t kWidth>() {
    for (uint32_t i = 0; i < count; ++i)
      std::memcpy(target + i * kWidth, source + size_t{rows[i]} * kWidth, kWidth);
  };
  switch (width) {
    case 1:
      copy.template operator()<1>();
      break;
    case 2:
      copy.template operator()<2>();
      break;
    case 4:
      copy.template operator()<4>();
      break;
    case 8:
      copy.template operator()<8>();
      break;
    default:
      copy.template operator()<16>();
      break;
  }
  if (from.may_have_nulls()) {
    for (uint32_t i = 0; i < count; ++i)
      if (from.is_null(rows[i])) to.set_null(at + i);
  }
}

void repeat_shared(const Vector& from, uint32_t row, uint32_t count, Vector& to, uint32_t at) {
  if (from.is_null(row)) {
    set_nulls(to, at, count);
    return;
  }
  const size_t width = from.width();
  const char* source = from.raw_data() + size_t{rows_position(from, row)} * width;
  char* target = to.raw_data() + at * width;
  for (uint32_t i = 0; i < count; ++i) std::memcpy(target + i * width, source, width);
}

void set_nulls(Vector& to, uint32_t at, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) to.set_null(at + i);
}

RowList::RowList(std::span<const Type> types, uint32_t header_bytes) : shape_(types, header_bytes) {}

char* RowList::append(Columns columns, uint32_t row) {
  char* to = arena_.allocate(shape_.size());
  std::memset(to, 0, shape_.header());
  shape_.put(columns, row, to, arena_);
  rows_.push_back(to);
  return to;
}

Result<> RowList::append(const Batch& batch, WorkMemory& memory) {
  std::vector<const Vector*> columns;
  for (const Vector& column : batch.columns()) columns.push_back(&column);
  for (uint32_t i = 0; i < batch.row_count(); ++i) append(columns, batch.row(i));
  return memory.require(bytes());
}

void RowList::read(size_t first, uint32_t count, Batch& out) const {
  for (size_t column = 0; column < out.columns().size(); ++column)
    shape_.get(rows_.data() + first, count, column, out.column(column), 0);
  out.set_row_count(count);
}

void RowList::clear() {
  rows_.clear();
  arena_.reset();
}

void RowList::swap(RowList& other) {
  std::swap(shape_, other.shape_);
  std::swap(arena_, other.arena_);
  rows_.swap(other.rows_);
}

}  // namespace rowan
