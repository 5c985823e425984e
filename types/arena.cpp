#include "types/arena.h"

#include <algorithm>

#include "types/mapped_memory.h"

namespace rowan {

namespace {
constexpr size_t kFirst = 4096;
constexpr size_t kLargest = size_t{1} << 20;
// An arena of that size takes more by huge pages. A single text of that size gets them where they fit.
constexpr size_t kLarge = size_t{8} << 20;
}  // namespace

void Arena::Release::operator()(char* bytes) const {
  if (mapped > 0)
    unmap(bytes, mapped);
  else
    delete[] bytes;
}

Arena::Block Arena::new_block(size_t size) {
  Block block{std::unique_ptr<char[], Release>(new char[size], Release{0}), size};
  if (size >= kLarge) ask_for_huge_pages(block.bytes.get(), size);
  return block;
}

char* Arena::allocate_block(size_t size) {
  if (allocated_ >= kLarge && size <= kHugePage) {
    blocks_.push_back({std::unique_ptr<char[], Release>(map_huge(kHugePage), Release{kHugePage}), kHugePage});
  } else {
    size_t wanted = blocks_.empty() ? kFirst : std::min(blocks_.back().size * 2, kLargest);
    blocks_.push_back(new_block(std::max(wanted, size)));
  }
  const Block& block = blocks_.back();
  allocated_ += block.size;
  next_ = block.bytes.get();
  end_ = next_ + block.size;
  char* result = next_;
  next_ += size;
  return result;
}

void Arena::reset() {
  if (blocks_.empty()) return;
  constexpr size_t kKeptMax = size_t{16} << 20;
  std::erase_if(blocks_, [](const Block& block) { return block.size > kKeptMax; });
  if (blocks_.empty()) {
    next_ = end_ = nullptr;
    allocated_ = 0;
    return;
  }
  // The largest block serves best next time.
  auto largest = std::max_element(blocks_.begin(), blocks_.end(),
                                  [](const Block& a, const Block& b) { return a.size < b.size; });
  Block kept = std::move(*largest);
  blocks_.clear();
  blocks_.push_back(std::move(kept));
  allocated_ = blocks_.front().size;
  next_ = blocks_.front().bytes.get();
  end_ = next_ + allocated_;
}

}  // namespace rowan
