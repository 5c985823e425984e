#include "types/vector.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "types/value.h"

namespace rowan {

namespace {
constexpr size_t kVectorAlignment = 64;

size_t validity_words(uint32_t capacity) {
  return (size_t{capacity} + 63) / 64;
}
}  // namespace

void Vector::Free::operator()(char* bytes) const {
  std::free(bytes);
}

Vector::Vector(Type type, uint32_t capacity)
    : type_(type),
      physical_(type.physical()),
      width_(static_cast<uint8_t>(physical_width(physical_))),
      capacity_(capacity) {
  size_t bytes = (width_ * size_t{capacity} + kVectorAlignment - 1) & ~(kVectorAlignment - 1);
  if (bytes == 0) bytes = kVectorAlignment;
  own_data_.reset(static_cast<char*>(std::aligned_alloc(kVectorAlignment, bytes)));
  if (!own_data_) throw std::bad_alloc();
  std::memset(own_data_.get(), 0, bytes);
  data_ = own_data_.get();
  arena_ = std::make_unique<Arena>();
}

void Vector::reset() {
  ASSERT(own_data_ != nullptr);
  is_constant_ = false;
  has_nulls_ = false;
  data_ = own_data_.get();
  validity_ = nullptr;
  arena_->reset();
}

void Vector::reset_constant() {
  reset();
  is_constant_ = true;
}

void Vector::borrow(const Vector& other) {
  ASSERT(own_data_ == nullptr || physical_ == other.physical_);
  if (own_data_ == nullptr) {
    type_ = other.type_;
    physical_ = other.physical_;
    width_ = other.width_;
    capacity_ = other.capacity_;
  }
  is_constant_ = other.is_constant_;
  has_nulls_ = other.has_nulls_;
  data_ = other.data_;
  validity_ = other.validity_;
}

void Vector::start_nulls() {
  ASSERT(own_data_ != nullptr && data_ == own_data_.get());
  size_t words = validity_words(capacity_);
  if (!own_validity_) own_validity_ = std::make_unique_for_overwrite<uint64_t[]>(words == 0 ? 1 : words);
  std::memset(own_validity_.get(), 0xff, (words == 0 ? 1 : words) * sizeof(uint64_t));
  validity_ = own_validity_.get();
  has_nulls_ = true;
}

void Vector::set_constant(const Value& value) {
  reset_constant();
  set_value(0, value);
}

Value Vector::value(uint32_t row) const {
  if (is_null(row)) return Value(type_);
  if (is_constant_) row = 0;
  switch (physical_) {
    case PhysicalType::Bool:
      return Value::of_bool(type_, data<uint8_t>()[row] != 0);
    case PhysicalType::Int16:
      return Value::of_int(type_, data<int16_t>()[row]);
    case PhysicalType::Int32:
      return Value::of_int(type_, data<int32_t>()[row]);
    case PhysicalType::Int64:
      return Value::of_int(type_, data<int64_t>()[row]);
    case PhysicalType::Int128:
      return Value::of_int128(type_, data<Int128>()[row]);
    case PhysicalType::Float32:
      return Value::of_double(type_, data<float>()[row]);
    case PhysicalType::Float64:
      return Value::of_double(type_, data<double>()[row]);
    case PhysicalType::Interval:
      return Value::of_interval(type_, data<Interval>()[row]);
    case PhysicalType::Text:
      return Value::of_bytes(type_, data<Text>()[row].view());
  }
  return Value(type_);
}

void Vector::set_value(uint32_t row, const Value& value) {
  if (value.is_null()) {
    set_null(row);
    return;
  }
  ASSERT(value.type().physical() == physical_);
  set_valid(row);
  switch (physical_) {
    case PhysicalType::Bool:
      data<uint8_t>()[row] = value.as_bool();
      break;
    case PhysicalType::Int16:
      data<int16_t>()[row] = static_cast<int16_t>(value.as_int());
      break;
    case PhysicalType::Int32:
      data<int32_t>()[row] = static_cast<int32_t>(value.as_int());
      break;
    case PhysicalType::Int64:
      data<int64_t>()[row] = value.as_int();
      break;
    case PhysicalType::Int128:
      data<Int128>()[row] = value.as_int128();
      break;
    case PhysicalType::Float32:
      data<float>()[row] = static_cast<float>(value.as_double());
      break;
    case PhysicalType::Float64:
      data<double>()[row] = value.as_double();
      break;
    case PhysicalType::Interval:
      data<Interval>()[row] = value.as_interval();
      break;
    case PhysicalType::Text:
      data<Text>()[row] = arena_->copy(value.as_bytes());
      break;
  }
}

void Vector::copy_row(uint32_t to_row, const Vector& from, uint32_t from_row) {
  ASSERT(physical_ == from.physical_);
  if (from.is_null(from_row)) {
    set_null(to_row);
    return;
  }
  if (from.is_constant_) from_row = 0;
  set_valid(to_row);
  if (physical_ == PhysicalType::Text)
    data<Text>()[to_row] = arena_->copy(from.data<Text>()[from_row].view());
  else
    std::memcpy(data_ + size_t{to_row} * width_, from.data_ + size_t{from_row} * width_, width_);
}

void Vector::borrow_value(uint32_t row, const Value& value) {
  if (value.is_null() || physical_ != PhysicalType::Text) return set_value(row, value);
  ASSERT(value.type().physical() == physical_);
  set_valid(row);
  data<Text>()[row] = Text(value.as_bytes());
}

void Vector::borrow_row(uint32_t to_row, const Vector& from, uint32_t from_row) {
  if (physical_ != PhysicalType::Text || from.is_null(from_row)) return copy_row(to_row, from, from_row);
  ASSERT(physical_ == from.physical_);
  set_valid(to_row);
  data<Text>()[to_row] = from.data<Text>()[from.is_constant_ ? 0 : from_row];
}

}  // namespace rowan
