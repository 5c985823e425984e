#include "txn/snapshot.h"

#include <algorithm>

#include "types/check.h"

namespace rowan {

void SnapshotSlot::announce(CommitSeq floor, WriteId low_water) {
  low_water_.store(std::min(low_water, low_water_.load()));
  floor_.store(std::min(floor, floor_.load()));
}

void SnapshotSlot::pin(const Snapshot& snapshot) {
  auto found =
      std::find_if(pinned_.begin(), pinned_.end(), [&](const Pin& p) { return p.csn == snapshot.csn; });
  if (found == pinned_.end()) found = pinned_.insert(found, Pin{snapshot.csn, 0, snapshot.low_water, kPins});
  Pin& pin = *found;
  if (pin.count++ == 0 && snapshot.ssi == nullptr) {
    for (size_t place = 0; place < kPins && pin.place == kPins; ++place) {
      if (csns_[place].load(std::memory_order_relaxed) != kNone) continue;
      pin.place = place;
      csns_[place].store(snapshot.csn);
    }
  }
  pin.low_water = std::min(pin.low_water, snapshot.low_water);
  ++pin_count_;
  publish_bounds();
}

void SnapshotSlot::unpin(const Snapshot& snapshot) {
  auto found =
      std::find_if(pinned_.begin(), pinned_.end(), [&](const Pin& p) { return p.csn == snapshot.csn; });
  ASSERT(found != pinned_.end());
  if (found == pinned_.end()) return;
  --pin_count_;
  if (--found->count > 0) return;
  if (found->place < kPins) csns_[found->place].store(kNone);
  pinned_.erase(found);
  publish_bounds();
}

// The single CSNs stand already; the floor is raised last, so whoever misses it meets them.
void SnapshotSlot::publish_bounds() {
  CommitSeq floor = kNone;
  WriteId low_water = std::numeric_limits<WriteId>::max();
  for (const Pin& pin : pinned_) {
    if (pin.place == kPins) floor = std::min(floor, pin.csn);
    low_water = std::min(low_water, pin.low_water);
  }
  low_water_.store(low_water);
  floor_.store(floor);
}

CommitSeq SnapshotSlot::oldest() const {
  Pins pins = read();
  return std::min(pins.floor, *std::min_element(pins.csns.begin(), pins.csns.end()));
}

SnapshotSlot::Pins SnapshotSlot::read() const {
  Pins pins;
  pins.floor = floor_.load();  // before the single CSNs, see publish_bounds
  for (size_t place = 0; place < kPins; ++place) pins.csns[place] = csns_[place].load();
  pins.low_water = low_water_.load();
  return pins;
}

}  // namespace rowan
