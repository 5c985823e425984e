// types/mutex.h: mutual exclusion on parked words (types/sync.h), with Clang's thread-safety annotations and,
// in debug builds, lock ranks: a thread takes mutexes in falling order of rank, so no cycle can form. Source:
// Drepper, Futexes Are Tricky (mutex 2).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "types/sync.h"
#include "types/thread_annotations.h"

namespace rowan {

// Taken in falling order: a thread that holds a mutex takes only ones further down this list. Extend it in
// place.
enum class LockRank : uint8_t {
  OpenFiles,     // api: the process's open databases
  Database,      // api: the list of open databases, sessions
  Session,       // api: one connection
  Commit,        // storage: {append commit record, set status}
  Catalog,       // catalog: publishing a CatalogVersion, under the commit mutex
  LockTable,     // txn: lock manager
  Transactions,  // txn: ids, snapshots
  StatusMap,     // txn: status of write ids
  Ssi,           // txn: reads and edges of SERIALIZABLE transactions
  Cleaner,       // storage: page sets
  Space,         // storage: extents
  Checkpoint,    // storage: checkpoint state
  Ring,          // storage: double-write ring
  Pool,          // storage: free frames, eviction
  Log,           // storage: appending and flushing
  File,          // storage: files, test file systems
  Budget,        // types: memory accounts
  Leaf           // anything that takes no other mutex
};

class CAPABILITY("mutex") Mutex {
 public:
  explicit Mutex(LockRank rank) : rank_(rank) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() ACQUIRE();
  void unlock() RELEASE();
  bool try_lock() TRY_ACQUIRE(true);

 private:
  friend class CondVar;
  void lock_slowly();

  std::atomic<uint32_t> state_{0};  // 0 free, 1 held, 2 held and perhaps waited for
  const LockRank rank_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Wakes may be spurious: always wait in a loop over the condition.
class CondVar {
 public:
  // Releases `mutex`, sleeps until notified or `deadline`, takes `mutex` again. False: the deadline passed.
  bool wait(Mutex& mutex, std::optional<MonotonicNs> deadline = std::nullopt) REQUIRES(mutex);
  void notify_one();
  void notify_all();

 private:
  std::atomic<uint32_t> epoch_{0};  // changes with each notify; waiters park on it
};

}  // namespace rowan
