#include "catalog/store.h"

#include <array>

#include "storage/heap/scan.h"
#include "storage/space/space.h"
#include "storage/storage.h"
#include "txn/transactions.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan::catalog {
namespace {

constexpr RelationId kCatalogRelation = kFirstCatalogRelation;
constexpr std::array<PhysicalType, 3> kColumns = {PhysicalType::Int64, PhysicalType::Int16,
                                                  PhysicalType::Text};
constexpr std::array<TypeId, 3> kTypes = {TypeId::BigInt, TypeId::SmallInt, TypeId::Bytea};
constexpr ObjectKind kKinds[] = {ObjectKind::Table, ObjectKind::Index, ObjectKind::Sequence, ObjectKind::View,
                                 ObjectKind::Statistics};

}  // namespace

CatalogStore::CatalogStore(Storage& storage, Transactions& transactions, PageSets& page_sets)
    : storage_(storage), transactions_(transactions), page_sets_(page_sets) {}
CatalogStore::~CatalogStore() = default;

Result<std::unique_ptr<CatalogStore>> CatalogStore::open(Storage& storage, Transactions& transactions,
                                                         PageSets& page_sets) {
  std::unique_ptr<CatalogStore> store(new CatalogStore(storage, transactions, page_sets));
  if (storage.space().anchor(kCatalogRelation) != kNoPage) {
    store->heap_ = TRY(Heap::open(storage, transactions, page_sets, kCatalogRelation));
  }
  return store;
}

Result<> CatalogStore::create_heap() {
  if (heap_) return {};
  heap_ = TRY(Heap::create(storage_, transactions_, page_sets_, kCatalogRelation, kColumns));
  return {};
}

Result<std::vector<Change>> CatalogStore::load() {
  std::vector<Change> changes;
  if (!heap_) return changes;
  Snapshot snapshot = transactions_.instant_snapshot(nullptr);
  ScanSpec spec;
  spec.projection = {heap_->layout(0), {0, 1, 2}, true};
  HeapScan scan(*heap_, snapshot, std::move(spec));
  std::vector<Type> types(kTypes.begin(), kTypes.end());
  types.push_back(TypeId::BigInt);
  Batch batch(types, kBatchRows);
  std::map<PendingRows::Key, RowId> rows;
  while (TRY(scan.next(batch, kBatchRows))) {
    for (uint32_t i = 0; i < batch.row_count(); ++i) {
      uint32_t row = batch.row(i);
      auto oid = static_cast<Oid>(batch.column(0).data<int64_t>()[row]);
      auto kind = static_cast<ObjectKind>(batch.column(1).data<int16_t>()[row]);
      std::string_view bytes = batch.column(2).data<Text>()[row].view();
      Put put = TRY(deserialize(kind, bytes));
      changes.push_back(std::move(put));
      rows[{oid, kind}] = RowId::unpack(static_cast<uint64_t>(batch.column(3).data<int64_t>()[row]));
    }
  }
  MutexLock lock(mutex_);
  rows_ = std::move(rows);
  return changes;
}

Result<RowId> CatalogStore::place(Transaction& transaction, const StoredObject& object, RowId known) {
  std::array<Vector, 3> columns = {Vector(kTypes[0], 1), Vector(kTypes[1], 1), Vector(kTypes[2], 1)};
  columns[0].data<int64_t>()[0] = object.oid;
  columns[1].data<int16_t>()[0] = static_cast<int16_t>(object.kind);
  columns[2].data<Text>()[0] = Text(object.bytes);
  LayoutPtr layout = heap_->layout(0);
  if (!known.is_valid()) {
    std::array<const Vector*, 3> pointers = {&columns[0], &columns[1], &columns[2]};
    RowId row;
    TRY(heap_->insert(transaction, *layout, pointers, Selection(1), &row));
    return row;
  }
  Batch old(std::array<Type, 1>{TypeId::BigInt}, 1);
  LatestRow latest = TRY(heap_->fetch_latest(&transaction, {layout, {0}}, known, old, 0));
  ColumnChange change{2, &columns[2], 0};
  RowOutcome outcome = TRY(
      heap_->update(transaction, *layout, known, {nullptr, latest.creator}, {&change, 1}, false, nullptr));
  ENSURE(outcome.fate == RowFate::Done);  // the catalog's lock keeps others out
  return known;
}

Result<> CatalogStore::remove(Transaction& transaction, RowId row) {
  Batch old(std::array<Type, 1>{TypeId::BigInt}, 1);
  LatestRow latest = TRY(heap_->fetch_latest(&transaction, {heap_->layout(0), {0}}, row, old, 0));
  RowOutcome outcome = TRY(heap_->remove(transaction, row, {nullptr, latest.creator}, nullptr));
  ENSURE(outcome.fate == RowFate::Done);
  return {};
}

Result<PendingRows> CatalogStore::write(Transaction& transaction, const std::vector<Change>& changes,
                                        CancelToken* cancel) {
  Wait wait;
  wait.cancel = cancel;
  TRY(transactions_.locks().acquire(transaction.locks(), lock_target(), LockMode::Exclusive, wait));
  TRY(create_heap());
  // Only the last word on each object counts.
  std::map<PendingRows::Key, const Put*> last;
  std::vector<Oid> dropped;
  for (const Change& change : changes) {
    if (const Put* put = std::get_if<Put>(&change)) {
      StoredObject object = serialize(*put);
      last[{object.oid, object.kind}] = put;
      continue;
    }
    Oid oid = std::get<Drop>(change).oid;
    for (ObjectKind kind : kKinds) last[{oid, kind}] = nullptr;
  }
  PendingRows pending;
  for (const auto& [key, put] : last) {
    RowId known;
    {
      MutexLock lock(mutex_);
      auto found = rows_.find(key);
      if (found != rows_.end()) known = found->second;
    }
    if (put != nullptr) {
      pending.placed_[key] = TRY(place(transaction, serialize(*put), known));
    } else if (known.is_valid()) {
      TRY(remove(transaction, known));
      pending.removed_.push_back(key);
    }
  }
  return pending;
}

void CatalogStore::row_moved(RowId from, RowId to) {
  MutexLock lock(mutex_);
  for (auto& [key, row] : rows_)
    if (row == from) row = to;
}

LockTarget CatalogStore::lock_target() {
  return LockTarget::table(kCatalogRelation);
}

std::vector<Type> CatalogStore::types() {
  return {kTypes.begin(), kTypes.end()};
}

void CatalogStore::committed(const PendingRows& rows) {
  MutexLock lock(mutex_);
  for (const auto& [key, row] : rows.placed_) rows_[key] = row;
  for (const PendingRows::Key& key : rows.removed_) rows_.erase(key);
}

}  // namespace rowan::catalog
