#include "storage/pool/pool.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

#include "storage/ring/page_writer.h"
#include "storage/space/space.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {

BufferPool::BufferPool(File& file, uint64_t database_id, Space& space, Epochs& epochs)
    : file_(file), database_id_(database_id), space_(space), epochs_(epochs) {}

Result<std::unique_ptr<BufferPool>> BufferPool::create(size_t bytes, File& file, uint64_t database_id,
                                                       Space& space, Epochs& epochs) {
  std::unique_ptr<BufferPool> pool(new BufferPool(file, database_id, space, epochs));
  size_t count = std::max(bytes / kPageSize, kFramesMin);
  if (count >= page_word::kFrameMask) count = page_word::kFrameMask - 1;
  size_t length = count * kPageSize;
  void* start =
      mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) {
    return Error(sqlstate::out_of_memory, fmt::format("could not map a buffer pool of {} bytes", length));
  }
  madvise(start, length, MADV_DONTFORK);
  // A small pool would cost a whole huge page and the time to clear it.
  if (length >= (8u << 20)) madvise(start, length, MADV_HUGEPAGE);
  pool->frames_ = static_cast<std::byte*>(start);
  pool->mapped_bytes_ = length;
  pool->frame_count_ = count;
  pool->frame_table_.reset(static_cast<Frame*>(std::calloc(count, sizeof(Frame))));
  pool->chunks_.reset(static_cast<std::atomic<Word*>*>(std::calloc(kChunks, sizeof(std::atomic<Word*>))));
  if (pool->frame_table_ == nullptr || pool->chunks_ == nullptr) throw std::bad_alloc();
  return pool;
}

BufferPool::~BufferPool() {
  if (chunks_ != nullptr) {
    for (size_t i = 0; i < kChunks; ++i) std::free(chunks_.get()[i].load(std::memory_order_relaxed));
  }
  if (frames_ != nullptr) munmap(frames_, mapped_bytes_);
}

void BufferPool::count_access() const {
  ++page_usage().accesses;
  auto thread = static_cast<uint64_t>(pthread_self());
  std::atomic<uint64_t>& count = accesses_[(thread * 0x9e3779b97f4a7c15ULL) >> 60].count;
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);  // near enough
}

PoolStats BufferPool::stats() const {
  PoolStats stats;
  for (const Accesses& accesses : accesses_) stats.hits += accesses.count.load(std::memory_order_relaxed);
  stats.misses = misses_.load(std::memory_order_relaxed);
  stats.hits -= std::min(stats.hits, stats.misses);  // pages fetched ahead count when they are wanted
  stats.evictions = evictions_.load(std::memory_order_relaxed);
  if (const PageWriter* writer = writer_.load(std::memory_order_acquire))
    stats.writes = writer->pages_written();
  return stats;
}

Result<ReadGuard> BufferPool::read(PageNo page) {
  Word& word = *word_of(page);
  uint64_t seen = word.load(std::memory_order_acquire);
  if (page_word::frame_of(seen) == 0 || !try_latch(word, seen, Mode::Shared)) [[unlikely]] {
    TRY(latch(page, word, Mode::Shared, true, false));
    seen = word.load(std::memory_order_relaxed);
  }
  count_access();
  return ReadGuard(this, page, &word, bytes_of(page_word::frame_of(seen)));
}

Result<ReadGuard> BufferPool::try_read(PageNo page) {
  Word& word = *word_of(page);
  Latched latched = TRY(latch(page, word, Mode::Shared, true, true));
  if (latched == Latched::Busy) return ReadGuard();
  count_access();
  return ReadGuard(this, page, &word, bytes_of(page_word::frame_of(word.load(std::memory_order_relaxed))));
}

Result<WriteGuard> BufferPool::write(PageNo page) {
  Word& word = *word_of(page);
  uint64_t seen = word.load(std::memory_order_acquire);
  if (page_word::frame_of(seen) == 0 || !try_latch(word, seen, Mode::Exclusive)) [[unlikely]] {
    TRY(latch(page, word, Mode::Exclusive, true, false));
    seen = word.load(std::memory_order_relaxed);
  }
  count_access();
  if ((seen & page_word::kInner) != 0) return make_private(page, word);
  WriteGuard guard;
  guard.pool_ = this;
  guard.page_ = page;
  guard.word_ = &word;
  guard.bytes_ = bytes_of(page_word::frame_of(seen));
  return guard;
}

Result<WriteGuard> BufferPool::try_write(PageNo page) {
  Word& word = *word_of(page);
  Latched latched = TRY(latch(page, word, Mode::Exclusive, true, true));
  if (latched == Latched::Busy) return WriteGuard();
  count_access();
  uint64_t seen = word.load(std::memory_order_relaxed);
  if ((seen & page_word::kInner) != 0) return make_private(page, word);
  WriteGuard guard;
  guard.pool_ = this;
  guard.page_ = page;
  guard.word_ = &word;
  guard.bytes_ = bytes_of(page_word::frame_of(seen));
  return guard;
}

Result<WriteGuard> BufferPool::write_inner(PageNo page) {
  Word& word = *word_of(page);
  TRY(latch(page, word, Mode::Exclusive, true, false));
  count_access();
  return make_private(page, word);
}

// The page is latched exclusively; on failure it is let go.
Result<WriteGuard> BufferPool::make_private(PageNo page, Word& word) {
  Result<uint64_t> frame = take_frame();
  uint64_t current = page_word::frame_of(word.load(std::memory_order_relaxed));
  if (!frame.ok()) {
    unlatch_exclusive(page, word, current, 0, 0);
    return std::move(frame).error();
  }
  std::memcpy(bytes_of(*frame), bytes_of(current), kPageSize);
  frame_at(*frame).image_lsn = frame_at(current).image_lsn;
  WriteGuard guard;
  guard.pool_ = this;
  guard.page_ = page;
  guard.word_ = &word;
  guard.bytes_ = bytes_of(*frame);
  guard.private_frame_ = *frame;
  return guard;
}

Result<InnerRead> BufferPool::inner(PageNo page, EpochGuard& epoch) {
  Word& word = *word_of(page);
  for (;;) {
    uint64_t seen = word.load(std::memory_order_seq_cst);
    if (page_word::frame_of(seen) != 0) [[likely]] {
      if ((seen & page_word::kInner) == 0) return InnerRead();
      ++page_usage().accesses;
      if ((seen & page_word::kUsed) == 0) word.fetch_or(page_word::kUsed, std::memory_order_relaxed);
      return InnerRead(bytes_of(page_word::frame_of(seen)));
    }
    // Outside: the frame that the page needs may be one that waits for this very epoch to end.
    epoch.leave();
    Result<ReadGuard> loaded = read(page);
    epoch.enter();
    if (!loaded.ok()) return std::move(loaded).error();
  }
}

Result<WriteGuard> BufferPool::create(RelationId relation, PageType type) {
  return create_below(relation, type, kNoPage);
}

Result<WriteGuard> BufferPool::create_below(RelationId relation, PageType type, PageNo limit) {
  PageNo page = TRY(space_.allocate_below(relation, limit));
  if (page == kNoPage) return WriteGuard();
  Result<uint64_t> frame = take_frame();
  if (!frame.ok()) {
    space_.give_back(page);
    return std::move(frame).error();
  }
  Word& word = *word_of(page);
  // What the page held in an earlier life may still be here, and be looked at: the new one is private until
  // its commit.
  Result<Latched> latched = latch(page, word, Mode::Exclusive, false, false);
  ASSERT(latched.ok());
  std::memset(bytes_of(*frame), 0, kPageSize);
  frame_at(*frame).image_lsn = 0;
  WriteGuard guard;
  guard.pool_ = this;
  guard.page_ = page;
  guard.word_ = &word;
  guard.bytes_ = bytes_of(*frame);
  guard.private_frame_ = *frame;
  guard.is_new_ = true;
  guard.header().relation = relation;
  guard.header().type = type;
  return guard;
}

void BufferPool::release(ReadGuard& guard) {
  guard.pool_ = nullptr;
  unlatch_shared(guard.page_, *guard.word_);
}

void BufferPool::release(WriteGuard& guard) {
  guard.pool_ = nullptr;
  Word& word = *guard.word_;
  uint64_t current = page_word::frame_of(word.load(std::memory_order_relaxed));
  if (guard.private_frame_ != 0) give_frame(std::exchange(guard.private_frame_, 0));
  unlatch_exclusive(guard.page_, word, current, 0, 0);
  if (std::exchange(guard.is_new_, false)) space_.give_back(guard.page_);
}

// The caller has set the exclusive latch on a word without a frame; it is let go here.
Result<> BufferPool::load(PageNo page, Word& word) {
  Result<uint64_t> frame = take_frame();
  Result<> loaded = frame.ok() ? read_page(page, bytes_of(*frame)) : Result<>(std::move(frame).error());
  if (!loaded.ok()) {
    if (frame.ok()) give_frame(*frame);
    unlatch_exclusive(page, word, 0, 0, 0);
    return loaded;
  }
  publish_loaded(page, word, *frame);
  return {};
}

void BufferPool::publish_loaded(PageNo page, Word& word, uint64_t frame) {
  misses_.fetch_add(1, std::memory_order_relaxed);
  ++page_usage().reads;
  bool is_inner = (ConstPage(bytes_of(frame)).header().flags & kPageInner) != 0;
  frame_at(frame).image_lsn = 0;
  frame_at(frame).page.store(page, std::memory_order_release);
  unlatch_exclusive(page, word, frame, page_word::kInner,
                    page_word::kUsed | (is_inner ? page_word::kInner : 0));
}

// Of a page that nobody uses the disk has what it held before, or nothing at all. Whoever follows an old
// pointer to it finds an empty page of no relation.
Result<> BufferPool::read_page(PageNo page, std::byte* into) {
  if (!space_.is_used(page)) {
    std::memset(into, 0, kPageSize);
    return {};
  }
  Result<> read = file_.read_at(uint64_t{page} * kPageSize, std::span(into, kPageSize));
  if (read.ok()) return verify(page, into);
  return Error(read.error().state(), fmt::format("could not read page {} of file \"{}\"", page, file_.path()))
      .detail(read.error().message());
}

Result<> BufferPool::verify(PageNo page, const std::byte* bytes) const {
  const PageHeader& header = ConstPage(bytes).header();
  uint64_t sum = page_checksum(ConstPage(bytes), page, database_id_);
  if (header.checksum == sum) return {};
  return Error(sqlstate::data_corrupted, fmt::format("page {} of file \"{}\" is damaged", page, file_.path()))
      .detail(fmt::format("Its checksum is {:016x} where its bytes give {:016x}. It belongs to relation {}.",
                          header.checksum, sum, space_.owner(page)));
}

void BufferPool::prefetch(std::span<const PageNo> pages) {
  constexpr size_t kAtOnce = 32;
  struct Loading {
    PageNo page;
    Word* word;
    uint64_t frame;
  };
  std::array<Loading, kAtOnce> loading;
  std::array<ReadRequest, kAtOnce> requests;
  size_t count = 0;
  for (PageNo page : pages) {
    Word& word = *word_of(page);
    uint64_t seen = word.load(std::memory_order_relaxed);
    if (page_word::frame_of(seen) != 0) {
      __builtin_prefetch(bytes_of(page_word::frame_of(seen)));
      continue;
    }
    if (count == kAtOnce || count >= batch_max() || page_word::latch_of(seen) != 0) continue;
    if (!word.compare_exchange_strong(seen, seen | page_word::kExclusive, std::memory_order_acquire))
      continue;
    if (!space_.is_used(page)) {
      unlatch_exclusive(page, word, 0, 0, 0);
      continue;
    }
    Result<uint64_t> frame = take_frame();
    if (!frame.ok()) {
      unlatch_exclusive(page, word, 0, 0, 0);
      break;
    }
    requests[count] = {uint64_t{page} * kPageSize, {bytes_of(*frame), kPageSize}};
    loading[count++] = {page, &word, *frame};
  }
  if (count == 0) return;
  bool is_read = file_.read({requests.data(), count}).ok();
  for (size_t i = 0; i < count; ++i) {
    const Loading& one = loading[i];
    if (is_read && verify(one.page, bytes_of(one.frame)).ok()) {
      publish_loaded(one.page, *one.word, one.frame);
    } else {
      give_frame(one.frame);
      unlatch_exclusive(one.page, *one.word, 0, 0, 0);
    }
  }
}

bool BufferPool::is_dirty(PageNo page) const {
  uint64_t seen = word_of(page)->load(std::memory_order_acquire);
  return (seen & (page_word::kDirty | page_word::kWriting)) != 0;
}

}  // namespace rowan
