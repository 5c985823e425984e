#include "txn/visibility.h"

#include <algorithm>
#include <bit>

#include "types/check.h"

namespace rowan {
namespace {

using State = WriteStatus::State;

// Bits of the first `count` ids that need no look at the status map: below the low-water, outside the hull of
// the aborted. Branch-free, for the vectorizer.
uint64_t surely_seen(const WriteId* ids, size_t count, WriteId low_water, WriteId aborted_first,
                     WriteId aborted_last) {
  uint64_t bits = 0;
  for (size_t i = 0; i < count; ++i) {
    bool seen = (ids[i] < low_water) & ((ids[i] < aborted_first) | (ids[i] > aborted_last));
    bits |= uint64_t{seen} << i;
  }
  return bits;
}

// Neighbouring rows tend to come from one writer: the last answer is kept.
class LastSeen {
 public:
  LastSeen(const StatusMap& map, const Snapshot& snapshot) : map_(map), snapshot_(snapshot) {}
  bool operator()(WriteId id) {
    if (id != id_) {
      id_ = id;
      answer_ = sees(map_, snapshot_, id);
    }
    return answer_;
  }

 private:
  const StatusMap& map_;
  const Snapshot& snapshot_;
  WriteId id_ = kNoWriteId;
  bool answer_ = false;
};

}  // namespace

void visible(const StatusMap& map, std::span<const WriteId> creators, std::span<const WriteId> deleters,
             const Snapshot& snapshot, SelectionMask mask) {
  ASSERT(deleters.empty() || deleters.size() == creators.size());
  ASSERT(mask.size() >= (creators.size() + 63) / 64);
  auto [aborted_first, aborted_last] = map.aborted_hull();
  LastSeen creator_seen(map, snapshot), deleter_seen(map, snapshot);
  size_t base = 0;
  for (uint64_t& word : mask) {
    size_t count = base < creators.size() ? std::min<size_t>(64, creators.size() - base) : 0;
    if (count < 64) word &= (uint64_t{1} << count) - 1;
    if (word != 0) {
      uint64_t ask =
          word & ~surely_seen(creators.data() + base, count, snapshot.low_water, aborted_first, aborted_last);
      for (; ask != 0; ask &= ask - 1) {
        int bit = std::countr_zero(ask);
        if (!creator_seen(creators[base + bit])) word &= ~(uint64_t{1} << bit);
      }
      if (!deleters.empty()) {
        uint64_t deleted = 0;
        for (size_t i = 0; i < count; ++i) deleted |= uint64_t{deleters[base + i] != kNoWriteId} << i;
        for (ask = word & deleted; ask != 0; ask &= ask - 1) {
          int bit = std::countr_zero(ask);
          if (deleter_seen(deleters[base + bit])) word &= ~(uint64_t{1} << bit);
        }
      }
    }
    base += 64;
  }
}

WriteVerdict judge_write(const StatusMap& map, const Snapshot& snapshot, WriteId creator, WriteId deleter) {
  using Kind = WriteVerdict::Kind;
  bool updated = false;
  if (!(creator < snapshot.low_water && !map.maybe_aborted(creator))) {
    WriteStatus created = map.latest(creator);
    if (created.state == State::Aborted) return {Kind::HomeAborted};
    if (created.state == State::Running) {
      if (created.owner != snapshot.owner || snapshot.owner == 0)
        return {Kind::WaitFor, creator, created.owner};
      if (creator >= snapshot.own_below) return {Kind::SelfUpdated};
    } else {
      updated = created.csn > snapshot.csn;
    }
  }
  Kind go_ahead = Kind::Ok;
  if (deleter != kNoWriteId) {
    WriteStatus deleted = map.latest(deleter);
    if (deleted.state == State::Committed) return {Kind::Deleted, deleter};
    if (deleted.state == State::Running) {
      if (deleted.owner == snapshot.owner && snapshot.owner != 0) return {Kind::SelfDeleted};
      return {Kind::WaitFor, deleter, deleted.owner};
    }
    go_ahead = Kind::DeleterAborted;
  }
  if (updated) return {Kind::Updated, creator};
  return {go_ahead};
}

Error serialization_error(WriteVerdict::Kind kind) {
  return Error(sqlstate::serialization_failure, kind == WriteVerdict::Kind::Deleted
                                                    ? "could not serialize access due to concurrent delete"
                                                    : "could not serialize access due to concurrent update");
}

Liveness judge_liveness(const StatusMap& map, TxnId self, WriteId creator, WriteId deleter) {
  using Kind = Liveness::Kind;
  WriteStatus created = map.latest(creator);
  if (created.state == State::Aborted) return {Kind::Dead};
  bool inserting = created.state == State::Running && (created.owner != self || self == 0);
  if (deleter != kNoWriteId) {
    WriteStatus deleted = map.latest(deleter);
    if (deleted.state == State::Committed) return {Kind::Dead};
    if (deleted.state == State::Running) {
      if (deleted.owner == self && self != 0) return {Kind::Dead};
      return {Kind::WaitFor, deleter};
    }
  }
  if (inserting) return {Kind::WaitFor, creator};
  return {Kind::Live};
}

bool CleaningView::needs(CommitSeq created, CommitSeq deleted) const {
  if (deleted > floor) return true;
  auto first = std::lower_bound(snapshots.begin(), snapshots.end(), created);
  return first != snapshots.end() && *first < deleted;
}

bool is_removable(const StatusMap& map, const CleaningView& view, WriteId creator, WriteId deleter) {
  WriteStatus created = map.latest(creator);
  if (created.state == State::Aborted) return true;
  if (created.state == State::Running || deleter == kNoWriteId) return false;
  WriteStatus deleted = map.latest(deleter);
  if (deleted.state != State::Committed) return false;
  return !view.needs(created.csn, deleted.csn);
}

}  // namespace rowan
