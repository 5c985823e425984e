#include "storage/pool/epoch.h"

#include <pthread.h>

namespace rowan {

bool Epochs::is_free(uint64_t stamp) const {
  for (const Slot& slot : slots_) {
    uint64_t entered = slot.entered.load(std::memory_order_seq_cst);
    if (entered != 0 && entered <= stamp) return false;
  }
  return true;
}

// The slot is announced before anything is read under it (both seq_cst), so whoever retires something
// afterwards and sees the slot empty knows that this reader will see the retirement.
void EpochGuard::enter() {
  auto thread = static_cast<uint64_t>(pthread_self());
  size_t place = (thread * 0x9e3779b97f4a7c15ULL >> 32) % Epochs::kSlots;
  uint64_t now = epochs_.now_.load(std::memory_order_seq_cst);
  for (;; place = (place + 1) % Epochs::kSlots) {
    Epochs::Slot& slot = epochs_.slots_[place];
    uint64_t nobody = 0;
    if (slot.entered.load(std::memory_order_relaxed) == 0 &&
        slot.entered.compare_exchange_strong(nobody, now, std::memory_order_seq_cst)) {
      slot_ = &slot;
      return;
    }
  }
}

}  // namespace rowan
