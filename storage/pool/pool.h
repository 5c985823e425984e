// storage/pool/pool.h: pages in memory. A page word (page_word.h) per page number says where a page is and
// who holds it; frames are one mapping of exactly the pool's size. Heap and leaf bytes change only under the
// exclusive latch; inner B-tree pages never change in place. A dirty page leaves only behind its log, by way
// of the double-write ring. Finding a page that is here costs about 20 ns and allocates nothing.
// Source: Leis et al., LeanStore (2018), with translated words instead of swizzled pointers (hazards, 30,
// 31).
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/file/file.h"
#include "storage/log/log.h"
#include "storage/page_usage.h"
#include "storage/pool/epoch.h"
#include "storage/pool/guards.h"
#include "storage/pool/page_word.h"
#include "types/ids.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

class PageWriter;     // storage/ring/page_writer.h: takes dirty pages home
struct OutgoingPage;  // the same
class Space;

struct PoolStats {
  // Pages that were here when they were wanted, but for inner index pages. Threads count in few places
  // without waiting for each other, so now and then one is missed.
  uint64_t hits = 0;
  uint64_t misses = 0;     // pages read from the disk
  uint64_t evictions = 0;  // frames taken from one page for another
  uint64_t writes = 0;     // pages taken home
};

// What the frames hold at one moment.
struct PoolFill {
  uint64_t frames = 0;
  uint64_t used = 0;   // that hold a page
  uint64_t dirty = 0;  // of those, ahead of the disk or on the way there
};

class BufferPool {
 public:
  // `bytes` of frames, at least kFramesMin of them; memory is touched when pages first need it, so a large
  // pool costs a small database nothing. `file` outlives the pool. Errors: 53200.
  static constexpr size_t kFramesMin = 16;
  static Result<std::unique_ptr<BufferPool>> create(size_t bytes, File& file, uint64_t database_id,
                                                    Space& space, Epochs& epochs);
  ~BufferPool();

  // The page under a shared or exclusive latch, read from the disk when it is not here. A page that is not in
  // use is of no type and no relation: an old pointer to it is no error. An inner page comes from write() as
  // write_inner() gives it. Thread-safe. Blocks.
  // Errors: XX001 the page on disk is damaged: file, number, owner, both sums · 58030 · 53200 every frame is
  // latched.
  Result<ReadGuard> read(PageNo page);
  Result<WriteGuard> write(PageNo page);
  // The same, but an empty guard when another holds the latch (it may still read from the disk).
  Result<ReadGuard> try_read(PageNo page);
  Result<WriteGuard> try_write(PageNo page);

  // An inner page without latch, read in if needed; empty when the page is not marked kPageInner (now).
  // Steps out of the epoch while it reads: an InnerRead taken before is then no longer valid.
  Result<InnerRead> inner(PageNo page, EpochGuard& epoch);
  // Any page, as a private copy under the exclusive latch (guards.h): how an inner page changes, or becomes
  // one.
  Result<WriteGuard> write_inner(PageNo page);

  // A page newly taken for `relation`: zeros, header.relation and header.type set. Errors: as write() and
  // Space (53100).
  Result<WriteGuard> create(RelationId relation, PageType type);
  // The same for a page that is to stand below `limit`, for what moves towards the file's front: an empty
  // guard when no page there is to be had.
  Result<WriteGuard> create_below(RelationId relation, PageType type, PageNo limit);

  // Reads those pages in that are not here, in one batch, and starts fetching the headers of those that are.
  // A hint: errors show when the page is read.
  void prefetch(std::span<const PageNo> pages);

  // What has been counted since this was made. Thread-safe, cheap.
  PoolStats stats() const;
  // Counts frames as it finds them, while others go on. Thread-safe; takes no latch, looks at every frame.
  PoolFill fill() const;
  size_t frame_count() const { return frame_count_; }

 private:
  friend class Backup;
  friend class ReadGuard;
  friend class WriteGuard;
  friend class Change;
  friend class Checkpoint;
  friend class Recovery;
  friend class Storage;

  static constexpr size_t kChunkWords = 1u << 16;  // page words are made in chunks
  static constexpr size_t kChunks = 1u << 16;
  static constexpr size_t kParkingPlaces = 64;
  using Word = std::atomic<uint64_t>;

  struct Frame {
    std::atomic<PageNo> page{kNoPage};  // whose; written by who owns the frame, read by the clock's hand
    uint32_t next = 0;                  // in the free or the retired list; guarded by mutex_
    uint64_t stamp = 0;                 // retired in this epoch; guarded by mutex_
    Lsn image_lsn =
        0;  // the newest full image of the page in the log, 0: none since it came here; under the latch
  };
  enum class Mode : uint8_t { Shared, Exclusive };
  enum class Latched : uint8_t { Yes, Busy };

  BufferPool(File& file, uint64_t database_id, Space& space, Epochs& epochs);

  // words.cpp: page words and latches.
  Word* word_of(PageNo page) const {
    Word* chunk = chunks_.get()[page / kChunkWords].load(std::memory_order_acquire);
    return chunk != nullptr ? chunk + page % kChunkWords : make_chunk(page);
  }
  Word* make_chunk(PageNo page) const;
  // Takes the latch of a page, reading it in when `load`; Busy only when `only_try`.
  Result<Latched> latch(PageNo page, Word& word, Mode mode, bool load, bool only_try);
  static bool try_latch(Word& word, uint64_t seen, Mode mode);
  void wait(PageNo page, Word& word, uint64_t blocking, bool writer, int& spins);
  void wake(PageNo page, Word& word);
  void unlatch_shared(PageNo page, Word& word);
  // Lets go, with `frame` (frame + 1, 0: none) and the bits `set` in place of what was there.
  void unlatch_exclusive(PageNo page, Word& word, uint64_t frame, uint64_t clear, uint64_t set);
  uint64_t wait_while_writing(PageNo page, Word& word);

  // frames.cpp: free frames and eviction.
  Result<uint64_t> take_frame() EXCLUDES(mutex_);  // frame + 1
  void give_frame(uint64_t frame) EXCLUDES(mutex_);
  void retire_frame(uint64_t frame) EXCLUDES(mutex_);
  uint64_t pop_free() REQUIRES(mutex_);
  // Dirty pages that a sweep met and that are to be sent home.
  struct DirtyPages {
    std::array<PageNo, 64> pages;
    size_t count = 0;
  };
  uint64_t sweep(DirtyPages& dirty) REQUIRES(mutex_);
  std::byte* bytes_of(uint64_t frame) const { return frames_ + (frame - 1) * kPageSize; }
  Frame& frame_at(uint64_t frame) const { return frame_table_.get()[frame - 1]; }

  // pool.cpp
  Result<> load(PageNo page, Word& word);
  Result<> read_page(PageNo page, std::byte* into);
  Result<> verify(PageNo page, const std::byte* bytes) const;
  void publish_loaded(PageNo page, Word& word, uint64_t frame);
  Result<WriteGuard> make_private(PageNo page, Word& word);
  void release(ReadGuard& guard);
  void release(WriteGuard& guard);
  void count_access() const;

  // write_back.cpp: dirty pages on their way home.
  enum class Copied : uint8_t { Yes, Clean, Busy };
  Copied copy_out(PageNo page, bool may_wait, std::byte* into, OutgoingPage& out);
  Result<> write_batch(std::span<OutgoingPage> batch);
  Result<> write_some(std::span<const PageNo> pages);  // those that can be had at once
  // Every page that is dirty now, or on its way, is written when this returns, `batch` pages at a time at
  // most. After each batch `between` is called, with nothing held.
  Result<> write_dirty(size_t batch = 64, const std::function<void()>& between = {});
  size_t batch_max() const { return std::min<size_t>(64, std::max<size_t>(1, frame_count_ / 4)); }
  void attach_writer(PageWriter* writer) { writer_.store(writer, std::memory_order_release); }
  // Pages whose newest image ends here or before need the ring: the redo LSN of the newest checkpoint begun.
  void set_cut(Lsn cut) { cut_.store(cut, std::memory_order_release); }
  bool is_dirty(PageNo page) const;

  // Constant after create().
  File& file_;
  const uint64_t database_id_;
  Space& space_;
  Epochs& epochs_;
  std::byte* frames_ = nullptr;
  size_t frame_count_ = 0;
  size_t mapped_bytes_ = 0;
  // Both are zero pages of the kernel until they are used: neither costs a start anything.
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<Frame, Free> frame_table_;  // frame_count_ of them
  std::unique_ptr<std::atomic<Word*>, Free> chunks_;
  std::atomic<size_t> frames_used_{0};  // frames ever handed out: the first ones; raised under mutex_

  std::atomic<PageWriter*> writer_{nullptr};  // set before the first page is dirty
  std::atomic<Lsn> cut_{0};                   // raised by a checkpoint before it looks for dirty pages
  struct alignas(64) Parking {
    std::atomic<uint32_t> place{0};  // changes with each wake; pairs with kWaiters of the words that share it
  };
  mutable std::array<Parking, kParkingPlaces> parking_;
  struct alignas(64) Accesses {
    std::atomic<uint64_t> count{0};  // no partner; spread over threads
  };
  mutable std::array<Accesses, 16> accesses_;
  std::atomic<uint64_t> misses_{0}, evictions_{0};  // no partner: counts

  Mutex mutex_{LockRank::Pool};
  uint64_t free_ GUARDED_BY(mutex_) = 0;           // frame + 1, linked by Frame::next
  uint64_t retired_first_ GUARDED_BY(mutex_) = 0;  // oldest first
  uint64_t retired_last_ GUARDED_BY(mutex_) = 0;
  size_t hand_ GUARDED_BY(mutex_) = 0;
};

inline void ReadGuard::release() {
  if (pool_ != nullptr) pool_->release(*this);
}
inline void WriteGuard::release() {
  if (pool_ != nullptr) pool_->release(*this);
}

}  // namespace rowan
