// types/mapped_memory.h: large memory straight from the kernel, in pages of 2 MiB where it has them: to fill
// and to give back a gigabyte in pages of 4 KiB takes hundreds of milliseconds of the kernel's time.
#pragma once

#include <cstddef>

namespace rowan {

inline constexpr size_t kHugePage = size_t{2} << 20;

// `bytes`, a multiple of kHugePage, aligned to it, all zero. Throws std::bad_alloc.
char* map_huge(size_t bytes);
// Of what map_huge() gave. Never fails.
void unmap(char* memory, size_t bytes);
// Asks for huge pages for those that lie inside whole. Only a hint.
void ask_for_huge_pages(char* memory, size_t bytes);

}  // namespace rowan
