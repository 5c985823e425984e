#include "storage/heap/layout.h"

#include <cstring>
#include <string>

#include "types/vector.h"

namespace rowan {

Type type_of_machine_form(PhysicalType physical) {
  switch (physical) {
    case PhysicalType::Bool:
      return TypeId::Boolean;
    case PhysicalType::Int16:
      return TypeId::SmallInt;
    case PhysicalType::Int32:
      return TypeId::Integer;
    case PhysicalType::Int64:
      return TypeId::BigInt;
    case PhysicalType::Int128:
      return Type::numeric(38, 0);
    case PhysicalType::Float32:
      return TypeId::Real;
    case PhysicalType::Float64:
      return TypeId::Double;
    case PhysicalType::Interval:
      return TypeId::Interval;
    case PhysicalType::Text:
      return TypeId::Text;
  }
  return TypeId::Text;
}

namespace {

constexpr uint32_t kRowWidthMin = 6;  // an out-of-line version's pointer must fit over a row's arrays

uint32_t stored_width(PhysicalType physical) {
  return physical == PhysicalType::Text ? 8 : static_cast<uint32_t>(physical_width(physical));
}

template <class T>
void append(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
bool take(std::string_view& from, T& value) {
  if (from.size() < sizeof value) return false;
  std::memcpy(&value, from.data(), sizeof value);
  from.remove_prefix(sizeof value);
  return true;
}

void append_value(std::string& to, PhysicalType physical, const Value& value) {
  switch (physical) {
    case PhysicalType::Bool:
      append(to, static_cast<int64_t>(value.as_bool()));
      break;
    case PhysicalType::Int16:
    case PhysicalType::Int32:
    case PhysicalType::Int64:
      append(to, value.as_int());
      break;
    case PhysicalType::Int128:
      append(to, value.as_int128());
      break;
    case PhysicalType::Float32:
    case PhysicalType::Float64:
      append(to, value.as_double());
      break;
    case PhysicalType::Interval:
      append(to, value.as_interval());
      break;
    case PhysicalType::Text:
      append(to, static_cast<uint32_t>(value.as_bytes().size()));
      to += value.as_bytes();
      break;
  }
}

bool take_value(std::string_view& from, PhysicalType physical, Value& value) {
  Type type = type_of_machine_form(physical);
  switch (physical) {
    case PhysicalType::Bool:
    case PhysicalType::Int16:
    case PhysicalType::Int32:
    case PhysicalType::Int64: {
      int64_t stored;
      if (!take(from, stored)) return false;
      value =
          physical == PhysicalType::Bool ? Value::of_bool(type, stored != 0) : Value::of_int(type, stored);
      return true;
    }
    case PhysicalType::Int128: {
      __int128 stored;
      if (!take(from, stored)) return false;
      value = Value::of_int128(type, stored);
      return true;
    }
    case PhysicalType::Float32:
    case PhysicalType::Float64: {
      double stored;
      if (!take(from, stored)) return false;
      value = Value::of_double(type, stored);
      return true;
    }
    case PhysicalType::Interval: {
      Interval stored;
      if (!take(from, stored)) return false;
      value = Value::of_interval(type, stored);
      return true;
    }
    case PhysicalType::Text: {
      uint32_t length;
      if (!take(from, length) || from.size() < length) return false;
      value = Value::of_bytes(type, from.substr(0, length));
      from.remove_prefix(length);
      return true;
    }
  }
  return false;
}

uint16_t& class_count(PageShape& shape, PhysicalType physical) {
  if (physical == PhysicalType::Text) return shape.variable;
  switch (stored_width(physical)) {
    case 16:
      return shape.wide16;
    case 8:
      return shape.wide8;
    case 4:
      return shape.wide4;
    case 2:
      return shape.wide2;
    default:
      return shape.wide1;
  }
}

// Where the arrays of the class of `physical` begin.
uint32_t class_start(const PageShape& shape, PhysicalType physical) {
  if (physical == PhysicalType::Text) return shape.first_variable();
  switch (stored_width(physical)) {
    case 16:
      return 0;
    case 8:
      return shape.wide16;
    case 4:
      return 0u + shape.wide16 + shape.wide8;
    case 2:
      return shape.first_variable() + shape.variable;
    default:
      return shape.first_variable() + shape.variable + shape.wide2;
  }
}

}  // namespace

Layout::Layout(LayoutNo number, std::vector<LayoutColumn> columns)
    : number_(number), columns_(std::move(columns)) {
  // Each array also has a bit a row, which at the least capacity of 8 rows costs a byte a row.
  uint32_t width = 0;
  bool in_tail = false;
  std::vector<uint16_t> inline_columns;
  for (size_t i = 0; i < columns_.size(); ++i) {
    LayoutColumn& column = columns_[i];
    column.array = column.tail = LayoutColumn::kNowhere;
    if (column.dropped) continue;
    width += stored_width(column.physical) + 1;
    in_tail |= width > kInlineRowWidthMax;
    if (in_tail) {
      column.tail = static_cast<uint16_t>(tail_columns_.size());
      tail_columns_.push_back(static_cast<uint16_t>(i));
    } else {
      ++class_count(shape_, column.physical);
      inline_columns.push_back(static_cast<uint16_t>(i));
    }
  }
  if (in_tail) ++shape_.variable;
  if (shape_.row_width() < 2) ++shape_.wide8;
  if (shape_.row_width() < kRowWidthMin) ++shape_.wide4;

  column_of_array_.assign(shape_.array_count(), LayoutColumn::kNowhere);
  PageShape placed;
  for (uint16_t number_of : inline_columns) {
    LayoutColumn& column = columns_[number_of];
    column.array =
        static_cast<uint16_t>(class_start(shape_, column.physical) + class_count(placed, column.physical)++);
    column_of_array_[column.array] = number_of;
  }
  if (in_tail) tail_array_ = static_cast<uint16_t>(shape_.first_variable() + shape_.variable - 1);
}

std::string Layout::serialize() const {
  std::string bytes;
  append(bytes, number_);
  append(bytes, static_cast<uint16_t>(columns_.size()));
  for (const LayoutColumn& column : columns_) {
    append(bytes, column.physical);
    append(bytes, static_cast<uint8_t>((column.dropped ? 1 : 0) | (column.missing.is_null() ? 0 : 2)));
    append(bytes, column.born);
    if (!column.missing.is_null()) append_value(bytes, column.physical, column.missing);
  }
  return bytes;
}

Result<Layout> Layout::parse(std::string_view bytes) {
  Error damaged(sqlstate::data_corrupted, "a table's list of layouts is damaged");
  uint16_t number, count;
  if (!take(bytes, number) || !take(bytes, count) || count > kMaxColumns * 4) return damaged;
  std::vector<LayoutColumn> columns(count);
  for (LayoutColumn& column : columns) {
    uint8_t flags;
    if (!take(bytes, column.physical) || column.physical > PhysicalType::Text || !take(bytes, flags) ||
        !take(bytes, column.born))
      return damaged;
    column.dropped = (flags & 1) != 0;
    if ((flags & 2) != 0 && !take_value(bytes, column.physical, column.missing)) return damaged;
  }
  if (!bytes.empty()) return damaged;
  return Layout(number, std::move(columns));
}

}  // namespace rowan
