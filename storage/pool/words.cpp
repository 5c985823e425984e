// storage/pool/words.cpp: page words, and the latches in them.
#include <pthread.h>

#include <cstdlib>
#include <new>

#include "storage/pool/pool.h"
#include "types/check.h"
#include "types/sync.h"
#include "types/try.h"

namespace rowan {

BufferPool::Word* BufferPool::make_chunk(PageNo page) const {
  std::atomic<Word*>& place = chunks_.get()[page / kChunkWords];
  // Zero pages of the kernel: memory is used as page numbers are.
  auto made = static_cast<Word*>(std::calloc(kChunkWords, sizeof(Word)));
  if (made == nullptr) throw std::bad_alloc();
  Word* there = nullptr;
  if (!place.compare_exchange_strong(there, made, std::memory_order_acq_rel)) {
    std::free(made);
    made = there;
  }
  return made + page % kChunkWords;
}

bool BufferPool::try_latch(Word& word, uint64_t seen, Mode mode) {
  using namespace page_word;
  if (mode == Mode::Shared) {
    if (latch_of(seen) >= kSharedMax || (seen & kWriter) != 0) return false;
    return word.compare_exchange_weak(seen, (seen + kLatchOne) | kUsed, std::memory_order_acquire);
  }
  if (latch_of(seen) != 0) return false;
  return word.compare_exchange_weak(seen, (seen | kExclusive | kUsed) & ~kWriter, std::memory_order_acquire);
}

Result<BufferPool::Latched> BufferPool::latch(PageNo page, Word& word, Mode mode, bool load_it,
                                              bool only_try) {
  using namespace page_word;
  int spins = 0;
  for (;;) {
    uint64_t seen = word.load(std::memory_order_acquire);
    bool is_here = frame_of(seen) != 0;
    if (is_here || !load_it) {
      if (try_latch(word, seen, mode)) return Latched::Yes;
      uint64_t now = word.load(std::memory_order_relaxed);
      bool blocked =
          mode == Mode::Shared ? latch_of(now) >= kSharedMax || (now & kWriter) != 0 : latch_of(now) != 0;
      if (!blocked) continue;
      if (only_try) return Latched::Busy;
      wait(page, word, now, mode == Mode::Exclusive, spins);
      continue;
    }
    if (latch_of(seen) != 0) {  // somebody is reading it in
      if (only_try) return Latched::Busy;
      wait(page, word, seen, false, spins);
      continue;
    }
    if (!word.compare_exchange_weak(seen, seen | kExclusive, std::memory_order_acquire)) continue;
    Result<> loaded = load(page, word);  // leaves the page unlatched, here or not
    if (!loaded.ok()) return std::move(loaded).error();
  }
}

// Spins a little, then sleeps until a latch holder wakes all who share the parking place. `blocking` is the
// word as it stood in the way.
void BufferPool::wait(PageNo page, Word& word, uint64_t blocking, bool writer, int& spins) {
  using namespace page_word;
  constexpr int kSpins = 400;  // some ten microseconds: latches are short, and a sleep is long
  // Who has slept in vain so often, or so long, has readers wait for it. Not sooner: until a sleeper is awake
  // everybody who comes by would have to sleep as well.
  constexpr int kSleeps = 3;
  constexpr MonotonicNs kPatience = 200'000;
  sync::step();
  if (++spins < kSpins) {
    __builtin_ia32_pause();
    return;
  }
  std::atomic<uint32_t>& place = parking_[page % kParkingPlaces].place;
  uint32_t ticket = place.load(std::memory_order_acquire);
  uint64_t seen = word.load(std::memory_order_relaxed);
  // Still the same obstacle? Otherwise look again.
  uint64_t obstacle = kLatchMask | kWriter | kWriting;
  if ((seen & obstacle) != (blocking & obstacle)) return;
  bool is_patient = writer && spins < kSpins + kSleeps;
  uint64_t marked = seen | kWaiters | (writer && !is_patient ? kWriter : 0);
  if (marked != seen && !word.compare_exchange_strong(seen, marked, std::memory_order_seq_cst)) return;
  if (is_patient)  // readers that take turns would wake nobody
    sync::park(place, ticket, monotonic_now_ns() + kPatience);
  else
    sync::park(place, ticket);
}

void BufferPool::wake(PageNo page, Word& word) {
  using namespace page_word;
  word.fetch_and(~kWaiters, std::memory_order_relaxed);
  std::atomic<uint32_t>& place = parking_[page % kParkingPlaces].place;
  place.fetch_add(1, std::memory_order_seq_cst);
  sync::unpark(place, sync::kAll);
}

void BufferPool::unlatch_shared(PageNo page, Word& word) {
  using namespace page_word;
  uint64_t old = word.fetch_sub(kLatchOne, std::memory_order_release);
  if ((old & kWaiters) != 0 && latch_of(old) == kLatchOne) [[unlikely]]
    wake(page, word);
}

void BufferPool::unlatch_exclusive(PageNo page, Word& word, uint64_t frame, uint64_t clear, uint64_t set) {
  using namespace page_word;
  uint64_t old = word.load(std::memory_order_relaxed);
  uint64_t next = 0;
  do {
    next = (old & ~(kLatchMask | kFrameMask | kWriter | clear)) | frame | set;
    next += kVersionOne;
  } while (!word.compare_exchange_weak(old, next, std::memory_order_seq_cst));
  if ((old & kWaiters) != 0) [[unlikely]]
    wake(page, word);
}

uint64_t BufferPool::wait_while_writing(PageNo page, Word& word) {
  using namespace page_word;
  int spins = 0;
  for (;;) {
    uint64_t seen = word.load(std::memory_order_acquire);
    if ((seen & kWriting) == 0) return seen;
    wait(page, word, seen, false, spins);
  }
}

}  // namespace rowan
