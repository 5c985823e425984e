#include "storage/heap/moved_rows.h"

#include <algorithm>

#include "txn/visibility.h"

namespace rowan {

void MovedRows::add(RowId from, RowId to, WriteId mover) {
  MutexLock lock(mutex_);
  auto [entry, is_new] = entries_.try_emplace(from.packed());
  try {
    origins_[to.packed()] = from.packed();
  } catch (...) {
    if (is_new) entries_.erase(entry);
    throw;
  }
  entry->second.to = {to, mover};
  entry->second.writers.clear();
  count_.store(entries_.size(), std::memory_order_relaxed);
}

bool MovedRows::forget(RowId from) {
  MutexLock lock(mutex_);
  auto entry = entries_.find(from.packed());
  if (entry == entries_.end()) return false;
  origins_.erase(entry->second.to.row.packed());
  entries_.erase(entry);
  count_.store(entries_.size(), std::memory_order_relaxed);
  return true;
}

std::optional<MovedRow> MovedRows::target(RowId from) const {
  MutexLock lock(mutex_);
  auto entry = entries_.find(from.packed());
  if (entry == entries_.end()) return std::nullopt;
  return entry->second.to;
}

std::optional<MovedRow> MovedRows::origin(RowId to) const {
  MutexLock lock(mutex_);
  auto origin = origins_.find(to.packed());
  if (origin == origins_.end()) return std::nullopt;
  return MovedRow{RowId::unpack(origin->second), entries_.at(origin->second).to.mover};
}

void MovedRows::note_writer(RowId to, WriteId writer, const StatusMap& status) {
  MutexLock lock(mutex_);
  auto origin = origins_.find(to.packed());
  if (origin == origins_.end()) return;
  std::vector<WriteId>& writers = entries_.at(origin->second).writers;
  if (!writers.empty() && writers.back() == writer) return;
  std::erase_if(writers, [&](WriteId id) { return status.latest(id).state != WriteStatus::State::Running; });
  writers.push_back(writer);
}

bool MovedRows::is_hidden(RowId from, const StatusMap& status, const Snapshot& snapshot) const {
  if (snapshot.owner == 0) return false;
  MutexLock lock(mutex_);
  auto entry = entries_.find(from.packed());
  if (entry == entries_.end()) return false;
  const std::vector<WriteId>& writers = entry->second.writers;
  return std::any_of(writers.begin(), writers.end(), [&](WriteId id) { return sees(status, snapshot, id); });
}

}  // namespace rowan
