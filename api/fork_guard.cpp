#include "api/fork_guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

namespace rowan {
namespace {

size_t page_bytes() {
  return static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

ForkGuard::ForkGuard() : mark_(&unguarded_) {
  void* page = mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  if (madvise(page, page_bytes(), MADV_WIPEONFORK) != 0) {
    munmap(page, page_bytes());
    return;
  }
  mark_ = ::new (page) std::atomic<int>(1);
}

ForkGuard::~ForkGuard() {
  if (mark_ != &unguarded_) munmap(mark_, page_bytes());
}

}  // namespace rowan
