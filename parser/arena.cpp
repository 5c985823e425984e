#include "parser/arena.h"

#include <algorithm>

namespace rowan::ast {

namespace {
constexpr size_t kFirstBlock = 4096;       // a short statement fits one
constexpr size_t kLargestBlock = 1 << 20;  // doubling stops here: at most a megabyte is lost at the end
}  // namespace

void Arena::grow(size_t bytes) {
  size_t next = std::clamp(capacity_ * 2, kFirstBlock, kLargestBlock);
  next = std::max(next, bytes);
  blocks_.emplace_back(new std::byte[next]);  // aligned for any node, and not cleared
  capacity_ = next;
  total_ += next;
}

}  // namespace rowan::ast
