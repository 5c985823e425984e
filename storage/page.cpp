#include "storage/page.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace rowan {

uint64_t page_checksum(ConstPage page, PageNo number, uint64_t database_id) {
  uint64_t seed = database_id ^ (uint64_t{number} * 0x9e3779b97f4a7c15ULL);
  constexpr size_t kSkipped = sizeof(uint64_t);  // the checksum itself
  return XXH3_64bits_withSeed(page.bytes() + kSkipped, kPageSize - kSkipped, seed);
}

}  // namespace rowan
