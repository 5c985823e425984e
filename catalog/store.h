// catalog/store.h: the catalog's own table: one row an object, written by the transaction whose DDL it is, so
// that a crash, a rollback or a savepoint treats definitions as it treats rows. Its relation number and
// layout are compiled in: (oid BIGINT, kind SMALLINT, definition bytes of catalog/serialize.h).
//
// A transaction writes its changes once, when it commits, under an exclusive lock on the catalog's relation:
// two commits of DDL follow each other, and nobody waits for anything else while holding it.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/serialize.h"
#include "storage/heap/heap.h"
#include "txn/lock_modes.h"
#include "types/cancel.h"
#include "types/ids.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {
class PageSets;
class Storage;
class Transaction;
class Transactions;
}  // namespace rowan

namespace rowan::catalog {

// What remains to be noted once a transaction's catalog rows are committed.
class PendingRows {
 private:
  friend class CatalogStore;
  using Key = std::pair<Oid, ObjectKind>;
  std::map<Key, RowId> placed_;
  std::vector<Key> removed_;
};

class CatalogStore {
 public:
  // Opens the catalog's table; a new database gets it with the first DDL. Errors: XX001.
  static Result<std::unique_ptr<CatalogStore>> open(Storage& storage, Transactions& transactions,
                                                    PageSets& page_sets);
  ~CatalogStore();

  // Everything that is committed, as changes to an empty CatalogVersion. Errors: XX001.
  Result<std::vector<Change>> load();

  // Writes `changes` as rows of `transaction`. Nothing is noted before committed() is called, so a rollback
  // needs no call. Errors: those of storage; 57014.
  Result<PendingRows> write(Transaction& transaction, const std::vector<Change>& changes, CancelToken* cancel)
      EXCLUDES(mutex_);
  // The commit mutex is held: before the transaction's locks go, or the next one writes by what was before.
  void committed(const PendingRows& rows) EXCLUDES(mutex_);

  // For whoever moves rows, holding the lock that write() takes: types of the columns; and what it has moved,
  // told as it commits.
  static std::vector<Type> types();
  static LockTarget lock_target();
  void row_moved(RowId from, RowId to) EXCLUDES(mutex_);

  Heap* heap() { return heap_.get(); }

 private:
  CatalogStore(Storage& storage, Transactions& transactions, PageSets& page_sets);
  Result<> create_heap();
  Result<RowId> place(Transaction& transaction, const StoredObject& object, RowId known);
  Result<> remove(Transaction& transaction, RowId row);

  Storage& storage_;
  Transactions& transactions_;
  PageSets& page_sets_;
  std::unique_ptr<Heap> heap_;  // nullptr until the first DDL; made under the catalog's lock
  Mutex mutex_{LockRank::Leaf};
  std::map<PendingRows::Key, RowId> rows_ GUARDED_BY(mutex_);
};

}  // namespace rowan::catalog
