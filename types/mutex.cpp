#include "types/mutex.h"

#include <array>

#include "types/check.h"

namespace rowan {
namespace {

#ifndef NDEBUG
// Debug only: the ranks this thread holds, in the order taken. No decision but an assertion rests on it.
struct HeldRanks {
  std::array<LockRank, 32> ranks;
  size_t count = 0;

  void push(LockRank rank) {
    for (size_t i = 0; i < count; ++i)
      ASSERT(ranks[i] < rank || (ranks[i] == rank && rank == LockRank::Leaf));
    ASSERT(count < ranks.size());
    ranks[count++] = rank;
  }
  void pop(LockRank rank) {
    for (size_t i = count; i-- > 0;) {
      if (ranks[i] != rank) continue;
      for (size_t j = i + 1; j < count; ++j) ranks[j - 1] = ranks[j];
      --count;
      return;
    }
    ASSERT(false && "released a mutex that this thread does not hold");
  }
};
thread_local HeldRanks held_ranks;
void note_locked(LockRank rank) {
  held_ranks.push(rank);
}
void note_unlocked(LockRank rank) {
  held_ranks.pop(rank);
}
#else
void note_locked(LockRank) {}
void note_unlocked(LockRank) {}
#endif

}  // namespace

void Mutex::lock() {
  uint32_t expected = 0;
  if (!state_.compare_exchange_strong(expected, 1, std::memory_order_acquire)) lock_slowly();
  note_locked(rank_);
}

void Mutex::lock_slowly() {
  constexpr int kSpins = 300;  // some microseconds: shorter than a futex round trip
  for (int i = 0; i < kSpins; ++i) {
    uint32_t expected = 0;
    if (state_.load(std::memory_order_relaxed) == 0 &&
        state_.compare_exchange_weak(expected, 1, std::memory_order_acquire)) {
      return;
    }
    __builtin_ia32_pause();
  }
  while (state_.exchange(2, std::memory_order_acquire) != 0) sync::park(state_, 2);
}

bool Mutex::try_lock() {
  uint32_t expected = 0;
  if (!state_.compare_exchange_strong(expected, 1, std::memory_order_acquire)) return false;
  note_locked(rank_);
  return true;
}

void Mutex::unlock() {
  note_unlocked(rank_);
  if (state_.exchange(0, std::memory_order_release) == 2) sync::unpark(state_, 1);
}

bool CondVar::wait(Mutex& mutex, std::optional<MonotonicNs> deadline) {
  uint32_t epoch = epoch_.load(std::memory_order_relaxed);
  mutex.unlock();
  bool in_time = sync::park(epoch_, epoch, deadline);
  mutex.lock();
  return in_time;
}

void CondVar::notify_one() {
  epoch_.fetch_add(1, std::memory_order_relaxed);
  sync::unpark(epoch_, 1);
}

void CondVar::notify_all() {
  epoch_.fetch_add(1, std::memory_order_relaxed);
  sync::unpark(epoch_, sync::kAll);
}

}  // namespace rowan
