#include "types/mapped_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace rowan {

namespace {
size_t bytes_to_boundary(const char* memory) {
  return (kHugePage - reinterpret_cast<uintptr_t>(memory) % kHugePage) % kHugePage;
}
}  // namespace

char* map_huge(size_t bytes) {
  // One page more than is wanted: what stands out of the aligned stretch goes back.
  size_t mapped = bytes + kHugePage;
  void* memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  char* begin = static_cast<char*>(memory);
  size_t before = bytes_to_boundary(begin);
  if (before > 0) munmap(begin, before);
  if (before < kHugePage) munmap(begin + before + bytes, kHugePage - before);
  madvise(begin + before, bytes, MADV_HUGEPAGE);
  return begin + before;
}

void unmap(char* memory, size_t bytes) {
  munmap(memory, bytes);
}

void ask_for_huge_pages(char* memory, size_t bytes) {
  size_t ahead = bytes_to_boundary(memory);
  if (bytes < ahead + kHugePage) return;
  madvise(memory + ahead, (bytes - ahead) / kHugePage * kHugePage, MADV_HUGEPAGE);
}

}  // namespace rowan
