// api/sequences.h: what sequences have given out. Not transactional: nextval never waits for another's
// transaction and is never taken back. (RESTART is: it begins a counter of its own, which the definition
// names.) Values are kept in a table of the catalog's own, (oid, last value, called), written by small
// transactions of their own, 32 values ahead, so that a crash skips numbers and never repeats one.
// (PostgreSQL does the same in its log.) Such a write needs no flush: the commit of whoever uses the number
// comes later in the log.
#pragma once

#include <map>
#include <memory>

#include "catalog/objects.h"
#include "executor/session_services.h"
#include "storage/commit.h"
#include "storage/heap/heap.h"
#include "txn/transactions.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

class PageSets;
class Storage;

class Sequences {
 public:
  static Result<std::unique_ptr<Sequences>> open(Storage& storage, Transactions& transactions,
                                                 CommitProtocol& commits, PageSets& page_sets);
  ~Sequences();

  // Errors: 2200H reached its limit · those of storage. Thread-safe. Blocks for I/O.
  Result<int64_t> next(const catalog::Sequence& sequence) EXCLUDES(mutex_);
  // Errors: 22003 out of bounds.
  Result<> set(const catalog::Sequence& sequence, int64_t value, bool is_called) EXCLUDES(mutex_);
  Result<SessionServices::SequenceState> state(const catalog::Sequence& sequence) EXCLUDES(mutex_);
  // Writes what was really given, so that a clean close skips nothing.
  Result<> write_exact() EXCLUDES(mutex_);

  Heap* heap() { return heap_.get(); }

  // While the returned object lives nobody else reads or writes sequences: for whoever moves their rows, and
  // says so with row_moved().
  std::shared_ptr<void> stand_still();
  void row_moved(RowId from, RowId to);
  static std::vector<Type> types();

 private:
  struct Counter {
    int64_t last = 0;
    bool is_called = false;
    int64_t stored = 0;  // what the table says; values up to it may be given without a write
    bool stored_called = false;
    RowId row;
  };
  Sequences(Storage& storage, Transactions& transactions, CommitProtocol& commits, PageSets& page_sets);
  Result<> load();
  Result<> store(catalog::Oid oid, Counter& counter, int64_t value, bool is_called) REQUIRES(mutex_);
  Counter& counter(const catalog::Sequence& sequence) REQUIRES(mutex_);

  Storage& storage_;
  Transactions& transactions_;
  CommitProtocol& commits_;
  PageSets& page_sets_;
  Mutex mutex_{LockRank::Session};
  SnapshotSlot& slot_ GUARDED_BY(mutex_);
  std::unique_ptr<Heap> heap_;
  std::map<catalog::Oid, Counter> counters_ GUARDED_BY(mutex_);
};

}  // namespace rowan
