#include "types/growing_array.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace rowan {

namespace {

// From here on memory is a mapping of its own. Smaller ones are copied faster than the kernel is asked.
constexpr size_t kMapped = size_t{1} << 20;
constexpr size_t kPage = 4096;

}  // namespace

void* grow_memory(void* old, size_t old_bytes, size_t& bytes) {
  if (bytes < kMapped) {
    void* memory = std::realloc(old, bytes);
    if (memory == nullptr) throw std::bad_alloc();
    std::memset(static_cast<char*>(memory) + old_bytes, 0, bytes - old_bytes);
    return memory;
  }
  size_t wanted = (bytes + kPage - 1) / kPage * kPage;
  void* memory = old_bytes >= kMapped
                     ? mremap(old, old_bytes, wanted, MREMAP_MAYMOVE)
                     : mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  if (old_bytes < kMapped && old != nullptr) {
    std::memcpy(memory, old, old_bytes);
    std::free(old);
  }
  bytes = wanted;
  return memory;
}

void release_memory(void* memory, size_t bytes) {
  if (bytes >= kMapped)
    munmap(memory, bytes);
  else
    std::free(memory);
}

}  // namespace rowan
