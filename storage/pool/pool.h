// storage/pool/pool.h: pages in memory. A page word (page_word.h) per page number says where a page is and
// who holds it; frames are one mapping of exactly the pool's size. Heap and leaf bytes change only under the
// exclusive latch; inner B-tree pages never change in place. A dirty page leaves only behind its log, by way
// of the double-write ring. Finding a page that is here costs about 20 ns and allocates nothing.
// Source: Leis et al., LeanStore (2018), with translated words instead of swizzled pointers (hazards, 30,
// 31).
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>

#include "storage/file/file.h"
#include "storage/log/log.h"
#include "storage/pool/epoch.h"
#include "storage/pool/guards.h"
#include "storage/pool/page_word.h"
#include "types/ids.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

class PageWriter;  // storage/ring/page_writer.h: takes dirty pages home
class Space;

struct PoolStats {
  uint64_t hits = 0;    // counted only on the slow paths and by batches of statements: see BufferPool::stats
  uint64_t misses = 0;  // pages read from the disk
  uint64_t evictions = 0;  // frames taken from one page for another
  uint64_t writes = 0;     // pages taken home
};

class BufferPool {
 public:
  // `file` may be nullptr: a database without files, whose pages go to `spill` when memory is short.
  struct Parts {
    File* file = nullptr;
    std::string path;  // for messages
    uint64_t database_id = 0;
    bool verify = true;  // checksums of pages read
  };
  static Result<std::unique_ptr<BufferPool>> create(size_t bytes, Parts parts, Epochs& epochs);
  ~BufferPool();

  // The page under a shared or exclusive latch, read from the disk when it is not here. Thread-safe. Blocks.
  // Errors: XX001 the page on disk is damaged: file, number, owner, both sums · 58030 · 53200 every frame is
  // latched.
  Result<ReadGuard> read(PageNo page);
  Result<WriteGuard> write(PageNo page);
  // The same but an empty guard when another holds the latch (it may still read from the disk).
  Result<ReadGuard> try_read(PageNo page);
  Result<WriteGuard> try_write(PageNo page);

  // An inner page without latch, read in if needed; empty when the page is not marked kPageInner.
  Result<InnerRead> inner(PageNo page, const EpochGuard& epoch);
  // An inner page for changing: exclusive latch and a private copy (guards.h). Latched readers wait,
  // InnerReads go on with the old bytes.
  Result<WriteGuard> write_inner(PageNo page);

  // A page newly taken for `relation` (Space::allocate), zeroed, header.relation and header.type set.
  Result<WriteGuard> create(RelationId relation, PageType type);

  // Starts bringing pages in: processor caches for those here, a batched read for those that are not.
  void prefetch(std::span<const PageNo> pages);

  PoolStats stats() const;
  size_t frame_count() const;

 private:
  friend class ReadGuard;
  friend class WriteGuard;
  friend class Change;
  friend class PoolInternals;
  struct Impl;
  BufferPool();
  std::unique_ptr<Impl> impl_;
};

}  // namespace rowan
