// types/growing_array.h: a contiguous array of plain items that grows without long pauses. A large one is a
// mapping of its own, which the kernel moves by its page tables (mremap), so nothing is copied and no page is
// touched before it is written; std::vector copies all that is there, tens of milliseconds in one go for a
// few million items, and no cancel is heard meanwhile.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace rowan {

// Memory for a growing array: `bytes` at `old`, of which there were `old_bytes` (nullptr, 0: none), become
// `bytes` or a little more, whose number is put back into `bytes`. What is new is zero. Throws
// std::bad_alloc, and nothing has changed then.
void* grow_memory(void* old, size_t old_bytes, size_t& bytes);
void release_memory(void* memory, size_t bytes);

template <class T>
class GrowingArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  GrowingArray() = default;
  ~GrowingArray() { release(); }
  GrowingArray(GrowingArray&& other) noexcept { swap(other); }
  GrowingArray& operator=(GrowingArray&& other) noexcept {
    swap(other);
    return *this;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t capacity_bytes() const { return bytes_; }
  T* data() { return items_; }
  const T* data() const { return items_; }
  T* begin() { return items_; }
  T* end() { return items_ + size_; }
  const T* begin() const { return items_; }
  const T* end() const { return items_ + size_; }
  T& operator[](size_t i) { return items_[i]; }
  const T& operator[](size_t i) const { return items_[i]; }

  // Throws std::bad_alloc.
  void push_back(T item) {
    if (size_ == capacity_) [[unlikely]]
      reserve(size_ + 1);
    items_[size_++] = item;
  }
  // Items that are new are zero, where the array was never larger than now; else they are something.
  void resize(size_t size) {
    reserve(size);
    size_ = size;
  }
  void reserve(size_t size) {
    if (size <= capacity_) return;
    size_t wanted = std::max({size, capacity_ * 2, size_t{8}}) * sizeof(T);
    items_ = static_cast<T*>(grow_memory(items_, bytes_, wanted));
    bytes_ = wanted;
    capacity_ = wanted / sizeof(T);
  }
  // No items; the memory stays for the next.
  void clear() { size_ = 0; }
  void release() {
    if (items_ != nullptr) release_memory(items_, bytes_);
    items_ = nullptr;
    size_ = capacity_ = bytes_ = 0;
  }
  void swap(GrowingArray& other) noexcept {
    std::swap(items_, other.items_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(bytes_, other.bytes_);
  }

 private:
  T* items_ = nullptr;
  size_t size_ = 0, capacity_ = 0, bytes_ = 0;
};

}  // namespace rowan
