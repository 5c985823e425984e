// storage/page_usage.h: what one thread has asked of buffer pools and temporary files since it began, for
// EXPLAIN (BUFFERS): who wants to know what a step took looks before and after, as PostgreSQL does with
// pgBufferUsage. Counts only: nothing is decided by them. A statement runs in one thread.
#pragma once

#include <cstdint>

namespace rowan {

struct PageUsage {
  uint64_t accesses = 0;                     // pages latched, or read without a latch
  uint64_t reads = 0;                        // of those, read from the disk
  uint64_t dirtied = 0;                      // clean before, changed by this thread
  uint64_t written = 0;                      // taken home by this thread, to make room
  uint64_t evicted = 0;                      // clean pages that had to leave for others
  uint64_t temp_reads = 0, temp_writes = 0;  // of temporary files, in pages

  PageUsage& operator+=(const PageUsage& other) {
    accesses += other.accesses;
    reads += other.reads;
    dirtied += other.dirtied;
    written += other.written;
    evicted += other.evicted;
    temp_reads += other.temp_reads;
    temp_writes += other.temp_writes;
    return *this;
  }
  friend PageUsage operator-(const PageUsage& a, const PageUsage& b) {
    return {a.accesses - b.accesses,      a.reads - b.reads,     a.dirtied - b.dirtied,
            a.written - b.written,        a.evicted - b.evicted, a.temp_reads - b.temp_reads,
            a.temp_writes - b.temp_writes};
  }
};

// Of the calling thread.
inline PageUsage& page_usage() {
  static thread_local PageUsage usage;
  return usage;
}

}  // namespace rowan
