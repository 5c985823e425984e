#include "types/arena.h"

#include <sys/mman.h>

#include <algorithm>

namespace rowan {

namespace {
// A long text's memory in pages of 2 MiB: the kernel's page faults take longer than to fill a gigabyte. Only
// a hint, and for whole pages inside the block alone.
void ask_for_huge_pages(char* bytes, size_t size) {
  constexpr size_t kWorthIt = size_t{8} << 20, kHugePage = size_t{2} << 20;
  if (size < kWorthIt) return;
  size_t ahead = (kHugePage - reinterpret_cast<uintptr_t>(bytes) % kHugePage) % kHugePage;
  madvise(bytes + ahead, (size - ahead) / kHugePage * kHugePage, MADV_HUGEPAGE);
}
}  // namespace

char* Arena::allocate_block(size_t size) {
  constexpr size_t kFirst = 4096;
  constexpr size_t kLargest = size_t{1} << 20;
  size_t wanted = blocks_.empty() ? kFirst : std::min(blocks_.back().size * 2, kLargest);
  size_t bytes = std::max(wanted, size);
  blocks_.push_back({std::make_unique_for_overwrite<char[]>(bytes), bytes});
  ask_for_huge_pages(blocks_.back().bytes.get(), bytes);
  allocated_ += bytes;
  next_ = blocks_.back().bytes.get();
  end_ = next_ + bytes;
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
