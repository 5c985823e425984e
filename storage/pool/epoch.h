// storage/pool/epoch.h: when may a frame or a page number that unlatched readers might still look at be used
// again? Readers enter an epoch before they load a page word and leave it when they are done; what is retired
// in epoch e is free once every reader inside has entered after e.
// Source: Fraser, Practical lock-freedom (2004), ch. 5.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace rowan {

class Epochs {
 public:
  Epochs() = default;
  Epochs(const Epochs&) = delete;
  Epochs& operator=(const Epochs&) = delete;

  // The stamp for something that was just made unreachable. Thread-safe.
  uint64_t retire() { return now_.fetch_add(1, std::memory_order_seq_cst); }
  // Whether nobody can still hold what was stamped so. Thread-safe.
  bool is_free(uint64_t stamp) const;

 private:
  friend class EpochGuard;
  struct alignas(64) Slot {
    std::atomic<uint64_t> entered{0};  // 0: nobody
  };
  static constexpr size_t kSlots = 256;  // readers at one moment; more spin
  std::atomic<uint64_t> now_{1};         // pairs with Slot::entered, all seq_cst
  std::array<Slot, kSlots> slots_;
};

// Being inside. Short: a descent, not a query; never across a wait. About 10 ns.
class EpochGuard {
 public:
  explicit EpochGuard(Epochs& epochs) : epochs_(epochs) { enter(); }
  ~EpochGuard() { leave(); }
  EpochGuard(const EpochGuard&) = delete;
  EpochGuard& operator=(const EpochGuard&) = delete;

  // Steps out for a wait, and in again: what was read before must not be looked at any more.
  void leave() { slot_->entered.store(0, std::memory_order_release); }
  void enter();

 private:
  Epochs& epochs_;
  Epochs::Slot* slot_;
};

}  // namespace rowan
