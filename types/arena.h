// types/arena.h: memory that is given back all at once: the bytes of a batch's texts, the nodes of a plan,
// the rows of a hash table. A large arena takes its memory in the kernel's large pages, so that giving back
// takes no time that anybody notices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "types/text.h"

namespace rowan {

class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) noexcept = default;
  Arena& operator=(Arena&&) noexcept = default;

  // `size` bytes, aligned to 16, valid until reset() or the end of the arena. Throws std::bad_alloc.
  char* allocate(size_t size) {
    size_t rounded = (size + 15) & ~size_t{15};
    if (rounded <= static_cast<size_t>(end_ - next_)) [[likely]] {
      char* bytes = next_;
      next_ += rounded;
      return bytes;
    }
    return allocate_block(rounded);
  }
  // A Text of the same bytes that owns nothing but lives as long as this arena.
  Text copy(std::string_view bytes) {
    if (bytes.size() <= Text::kInlineMax) return Text(bytes);
    char* to = allocate(bytes.size());
    std::memcpy(to, bytes.data(), bytes.size());
    return Text(std::string_view(to, bytes.size()));
  }
  // Forgets everything; keeps a block, so that a reused arena does not allocate again, but none that only a
  // giant value needed.
  void reset();
  size_t allocated_bytes() const { return allocated_; }
  // Since reset().
  size_t used_bytes() const { return allocated_ - static_cast<size_t>(end_ - next_); }

 private:
  char* allocate_block(size_t size);

  struct Release {
    size_t mapped;  // bytes of a mapping of its own; 0: from the allocator
    void operator()(char* bytes) const;
  };
  struct Block {
    std::unique_ptr<char[], Release> bytes;
    size_t size;
  };
  static Block new_block(size_t size);
  std::vector<Block> blocks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t allocated_ = 0;
};

}  // namespace rowan
