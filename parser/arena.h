// parser/arena.h: where the nodes of one statement live. Everything in it is trivially destructible, so a
// tree of any depth is given back as a handful of blocks and no destructor ever walks (or overflows on) it.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace rowan::ast {

class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) noexcept = default;
  Arena& operator=(Arena&&) noexcept = default;

  // A new node that lives as long as the arena. Its address does not change when the arena is moved.
  template <class T>
  T* make(T value) {
    static_assert(std::is_trivially_destructible_v<T>, "nobody will run the destructor");
    return ::new (allocate(sizeof(T), alignof(T))) T(std::move(value));
  }

  // A copy of `items`, side by side.
  template <class T>
  std::span<const T> list(const T* items, size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "nobody will run the destructor");
    if (count == 0) return {};
    T* copy = static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
    std::uninitialized_copy_n(items, count, copy);
    return {copy, count};
  }
  template <class T>
  std::span<const T> list(const std::vector<T>& items) {
    return list(items.data(), items.size());
  }

  std::string_view text(std::string_view source) {
    if (source.empty()) return {};
    char* copy = static_cast<char*>(allocate(source.size(), 1));
    std::memcpy(copy, source.data(), source.size());
    return {copy, source.size()};
  }

  void* allocate(size_t bytes, size_t alignment) {
    size_t start = (used_ + alignment - 1) & ~(alignment - 1);
    if (start + bytes > capacity_) [[unlikely]] {
      grow(bytes);
      start = 0;
    }
    used_ = start + bytes;
    return blocks_.back().get() + start;
  }

  // Bytes of all blocks, for memory accounts.
  size_t size() const { return total_; }

 private:
  void grow(size_t bytes);

  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  size_t used_ = 0, capacity_ = 0;  // of the last block
  size_t total_ = 0;
};

}  // namespace rowan::ast
