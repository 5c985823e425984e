#include "executor/relations.h"

#include "storage/btree/key.h"
#include "storage/heap/page_sets.h"
#include "storage/storage.h"
#include "txn/ssi.h"
#include "types/try.h"

namespace rowan {

Result<> IndexStorage::tell_readers(SsiTransaction& writer, std::string_view key) const {
  std::string lower = hash != nullptr ? HashIndex::entry_key(key) : std::string(key);
  std::string upper = lower;
  make_key_successor(upper);
  return writer.wrote_keys(hash != nullptr ? hash->relation() : btree->relation(), lower, upper);
}

Result<HeapPtr> Relations::heap(RelationId relation) {
  {
    MutexLock lock(mutex_);
    auto found = heaps_.find(relation);
    if (found != heaps_.end()) return found->second;
  }
  // Opened without the mutex: it reads pages. Whoever comes second uses the first one's.
  HeapPtr opened = TRY(Heap::open(storage_, transactions_, page_sets_, relation));
  MutexLock lock(mutex_);
  return heaps_.emplace(relation, std::move(opened)).first->second;
}

Result<IndexStoragePtr> Relations::index(const catalog::Index& index) {
  RelationId relation = index.storage;
  {
    MutexLock lock(mutex_);
    auto found = indexes_.find(relation);
    if (found != indexes_.end()) return found->second;
  }
  auto opened = std::make_shared<IndexStorage>();
  if (index.method == catalog::IndexMethod::BTree) {
    opened->btree = TRY(Btree::open(storage_, relation));
  } else {
    opened->hash = TRY(HashIndex::open(storage_, relation));
  }
  MutexLock lock(mutex_);
  return indexes_.emplace(relation, std::move(opened)).first->second;
}

Result<HeapPtr> Relations::create_heap(RelationId relation, std::span<const PhysicalType> columns) {
  HeapPtr created = TRY(Heap::create(storage_, transactions_, page_sets_, relation, columns));
  MutexLock lock(mutex_);
  heaps_[relation] = created;
  return created;
}

Result<IndexStoragePtr> Relations::create_index(RelationId relation, catalog::IndexMethod method) {
  auto created = std::make_shared<IndexStorage>();
  if (method == catalog::IndexMethod::BTree) {
    created->btree = TRY(Btree::create(storage_, relation));
  } else {
    created->hash = TRY(HashIndex::create(storage_, relation));
  }
  MutexLock lock(mutex_);
  indexes_[relation] = created;
  return created;
}

void Relations::begin_indexing(RelationId heap, TxnId who) {
  MutexLock lock(mutex_);
  being_indexed_.emplace(heap, who);
}

void Relations::end_indexing(TxnId who) {
  MutexLock lock(mutex_);
  std::erase_if(being_indexed_, [who](const auto& entry) { return entry.second == who; });
}

bool Relations::is_being_indexed(RelationId heap) const {
  MutexLock lock(mutex_);
  auto found = being_indexed_.lower_bound({heap, 0});
  return found != being_indexed_.end() && found->first == heap;
}

Result<> Relations::drop(RelationId relation) {
  {
    MutexLock lock(mutex_);
    heaps_.erase(relation);
    indexes_.erase(relation);
  }
  page_sets_.forget(relation);
  return storage_.space().drop_relation(relation);
}

uint64_t Relations::page_count(RelationId relation) const {
  return storage_.space().page_count(relation);
}

Result<catalog::Oid> Relations::new_oid() {
  RelationId relation = TRY(storage_.space().new_relation_id());
  return relation + kOidOffset;
}

}  // namespace rowan
