// storage/pool/frames.cpp: where free frames come from: the free list, frames whose epoch is over, and the
// clock's hand, which takes clean pages that were not used since it last passed and sends dirty ones home.
#include <sched.h>

#include <algorithm>
#include <new>

#include "storage/pool/pool.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {

uint64_t BufferPool::pop_free() {
  if (free_ != 0) {
    uint64_t frame = free_;
    free_ = frame_at(frame).next;
    return frame;
  }
  // Then those that were never used: the first ones are touched first.
  if (size_t used = frames_used_.load(std::memory_order_relaxed); used < frame_count_) {
    new (&frame_at(used + 1)) Frame();
    frames_used_.store(used + 1, std::memory_order_release);
    return used + 1;
  }
  if (retired_first_ != 0 && epochs_.is_free(frame_at(retired_first_).stamp)) {
    uint64_t frame = retired_first_;
    retired_first_ = frame_at(frame).next;
    if (retired_first_ == 0) retired_last_ = 0;
    return frame;
  }
  return 0;
}

void BufferPool::give_frame(uint64_t frame) {
  MutexLock lock(mutex_);
  frame_at(frame).page.store(kNoPage, std::memory_order_relaxed);
  frame_at(frame).next = static_cast<uint32_t>(free_);
  free_ = frame;
}

void BufferPool::retire_frame(uint64_t frame) {
  MutexLock lock(mutex_);
  Frame& old = frame_at(frame);
  old.page.store(kNoPage, std::memory_order_relaxed);
  old.stamp = epochs_.retire();
  old.next = 0;
  if (retired_last_ == 0) {
    retired_first_ = frame;
  } else {
    frame_at(retired_last_).next = static_cast<uint32_t>(frame);
  }
  retired_last_ = frame;
}

PoolFill BufferPool::fill() const {
  using namespace page_word;
  PoolFill fill;
  fill.frames = frame_count_;
  size_t handed_out = frames_used_.load(std::memory_order_acquire);
  for (uint64_t frame = 1; frame <= handed_out; ++frame) {
    PageNo page = frame_at(frame).page.load(std::memory_order_acquire);
    if (page == kNoPage) continue;
    uint64_t seen = word_of(page)->load(std::memory_order_acquire);
    if (frame_of(seen) != frame) continue;  // it is going, or coming
    ++fill.used;
    if ((seen & (kDirty | kWriting)) != 0) ++fill.dirty;
  }
  return fill;
}

// One look at frames from the hand on, at most twice around: a frame, or 0 and some dirty pages to send home.
uint64_t BufferPool::sweep(DirtyPages& dirty) {
  using namespace page_word;
  // Only when every frame has been used: pop_free() had none that was not.
  for (size_t step = 0; step < 2 * frame_count_; ++step) {
    uint64_t frame = hand_ + 1;
    hand_ = (hand_ + 1) % frame_count_;
    PageNo page = frame_at(frame).page.load(std::memory_order_acquire);
    if (page == kNoPage) continue;
    Word& word = *word_of(page);
    uint64_t seen = word.load(std::memory_order_relaxed);
    if (frame_of(seen) != frame || (seen & (kLatchMask | kWriter | kWaiters | kWriting)) != 0) continue;
    if ((seen & kUsed) != 0) {
      word.fetch_and(~kUsed, std::memory_order_relaxed);
      continue;
    }
    if ((seen & kDirty) != 0) {
      dirty.pages[dirty.count++] = page;
      if (dirty.count >= std::min(batch_max(), dirty.pages.size())) return 0;
      continue;
    }
    uint64_t gone = (seen & ~(kFrameMask | kInner)) + kVersionOne;
    if (!word.compare_exchange_strong(seen, gone, std::memory_order_seq_cst)) continue;
    evictions_.fetch_add(1, std::memory_order_relaxed);
    ++page_usage().evicted;
    Frame& taken = frame_at(frame);
    taken.page.store(kNoPage, std::memory_order_relaxed);
    if ((seen & kInner) == 0) return frame;
    // Somebody may be reading it without a latch.
    taken.stamp = epochs_.retire();
    taken.next = 0;
    if (retired_last_ == 0) {
      retired_first_ = frame;
    } else {
      frame_at(retired_last_).next = static_cast<uint32_t>(frame);
    }
    retired_last_ = frame;
    if (uint64_t freed = pop_free()) return freed;
  }
  return 0;
}

Result<uint64_t> BufferPool::take_frame() {
  constexpr int kAttempts = 2000;  // the holders of latches need a moment; a minute would be a deadlock
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    DirtyPages dirty;
    {
      MutexLock lock(mutex_);
      if (uint64_t frame = pop_free()) return frame;
      if (uint64_t frame = sweep(dirty)) return frame;
    }
    if (dirty.count > 0) {
      TRY(write_some({dirty.pages.data(), dirty.count}));
      attempt = std::min(attempt, kAttempts - 2);
    } else if (attempt > 20) {
      // Nothing but latched pages: let their holders run.
      std::atomic<uint32_t> nobody{0};
      sync::park(nobody, 0, monotonic_now_ns() + 500'000);
    } else {
      sched_yield();
    }
  }
  return Error(sqlstate::out_of_memory, "the buffer pool is full")
      .detail("All " + std::to_string(frame_count_) + " pages in it are in use at this moment.")
      .hint("Give the database a larger buffer pool.");
}

}  // namespace rowan
