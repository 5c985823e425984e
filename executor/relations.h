// executor/relations.h: the database's open heaps and indexes, one object each, shared by all sessions. A
// relation is opened at its first use and stays open until it is forgotten (DROP, TRUNCATE, once no statement
// can reach it).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "catalog/objects.h"
#include "storage/btree/btree.h"
#include "storage/hash/hash_index.h"
#include "storage/heap/heap.h"
#include "storage/space/space.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan {

class PageSets;
class Storage;
class Transactions;

// An index's storage: exactly one of the two.
class SsiTransaction;

struct IndexStorage {
  std::unique_ptr<Btree> btree;
  std::unique_ptr<HashIndex> hash;

  Result<InsertOutcome> insert(std::string_view key, RowId row, RowCheck* check) {
    return btree ? btree->insert(key, row, check) : hash->insert(key, row, check);
  }
  Result<bool> remove(std::string_view key, RowId row, RowCheck* check = nullptr) {
    return btree ? btree->remove(key, row, check) : hash->remove(key, row, check);
  }
  // SERIALIZABLE: `writer` has made an entry of `key`; it hears of those who have read there. Errors: 40001.
  Result<> tell_readers(SsiTransaction& writer, std::string_view key) const;
  Result<uint64_t> vacate(PageRun run, const std::function<bool()>& goes_on) {
    return btree ? btree->vacate(run, goes_on) : hash->vacate(run, goes_on);
  }
  uint64_t page_count() const { return btree ? btree->page_count() : hash->page_count(); }
};

using HeapPtr = std::shared_ptr<Heap>;
using IndexStoragePtr = std::shared_ptr<IndexStorage>;

class Relations {
 public:
  // All three outlive this.
  Relations(Storage& storage, Transactions& transactions, PageSets& page_sets)
      : storage_(storage), transactions_(transactions), page_sets_(page_sets) {}

  // The heap of `table`. Errors: XX001. Thread-safe.
  Result<HeapPtr> heap(const catalog::Table& table) EXCLUDES(mutex_) { return heap(table.storage); }
  Result<HeapPtr> heap(RelationId relation) EXCLUDES(mutex_);
  // Errors: XX002. Thread-safe.
  Result<IndexStoragePtr> index(const catalog::Index& index) EXCLUDES(mutex_);

  // New, empty ones. Errors: as Change::reserve. Thread-safe.
  Result<HeapPtr> create_heap(RelationId relation, std::span<const PhysicalType> columns) EXCLUDES(mutex_);
  Result<IndexStoragePtr> create_index(RelationId relation, catalog::IndexMethod method) EXCLUDES(mutex_);

  // Until `who` has ended, the heap has an index that only this transaction's catalog knows: who takes
  // versions away cannot see to their entries in it. Said before the first entry is there. Thread-safe.
  void begin_indexing(RelationId heap, TxnId who) EXCLUDES(mutex_);
  void end_indexing(TxnId who) EXCLUDES(mutex_);
  bool is_being_indexed(RelationId heap) const EXCLUDES(mutex_);

  // Frees the relation's pages; nobody can reach it any more. Thread-safe.
  Result<> drop(RelationId relation) EXCLUDES(mutex_);

  // Pages that a relation has now; 0 for one without storage. Thread-safe.
  uint64_t page_count(RelationId relation) const;

  // Object ids of the catalog come from the same counter as relations, which is logged and never goes back;
  // PostgreSQL's users expect theirs from 16384 on.
  static constexpr catalog::Oid kOidOffset = catalog::kFirstUserOid - kFirstUserRelation;
  Result<catalog::Oid> new_oid();

  Storage& storage() { return storage_; }
  Transactions& transactions() { return transactions_; }
  PageSets& page_sets() { return page_sets_; }

 private:
  Storage& storage_;
  Transactions& transactions_;
  PageSets& page_sets_;
  mutable Mutex mutex_{LockRank::Catalog};
  std::map<RelationId, HeapPtr> heaps_ GUARDED_BY(mutex_);
  std::map<RelationId, IndexStoragePtr> indexes_ GUARDED_BY(mutex_);
  std::set<std::pair<RelationId, TxnId>> being_indexed_ GUARDED_BY(mutex_);
};

}  // namespace rowan
