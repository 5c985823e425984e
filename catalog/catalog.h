// catalog/catalog.h: the versions of what exists. Definitions always come from the newest published
// CatalogVersion, under table locks, whatever the transaction's snapshot of rows is (hazard 21). A version is
// immutable: running statements keep theirs alive. DDL works on a private Overlay, a stack for savepoints,
// whose delta is applied to the newest version inside the commit mutex. Version numbers come from a counter
// and are never used twice.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "catalog/objects.h"
#include "types/mutex.h"
#include "types/result.h"

namespace rowan::catalog {

using TablePtr = std::shared_ptr<const Table>;
using IndexPtr = std::shared_ptr<const Index>;
using SequencePtr = std::shared_ptr<const Sequence>;
using ViewPtr = std::shared_ptr<const View>;
using StatisticsPtr = std::shared_ptr<const TableStatistics>;

// One relation by name: what SELECT … FROM x may find.
using RelationPtr = std::variant<std::monostate, TablePtr, ViewPtr, SequencePtr, IndexPtr>;

// One change that DDL made. Deltas are replayed onto the newest version at commit.
struct Put {
  std::variant<TablePtr, IndexPtr, SequencePtr, ViewPtr, StatisticsPtr> object;
};
struct Drop {
  Oid oid;
};
using Change = std::variant<Put, Drop>;

class CatalogVersion {
 public:
  CatalogVersion();
  ~CatalogVersion();
  uint64_t number() const { return number_; }

  // By schema and name; `schema` empty: the search path public, pg_catalog. monostate when there is none.
  RelationPtr find_relation(std::string_view schema, std::string_view name) const;
  // By oid; nullptr when there is none.
  TablePtr table(Oid oid) const;
  IndexPtr index(Oid oid) const;
  SequencePtr sequence(Oid oid) const;
  ViewPtr view(Oid oid) const;
  StatisticsPtr statistics(Oid table) const;
  const Constraint* constraint(Oid oid) const;  // valid as long as this version
  // All of a kind, by oid.
  std::vector<TablePtr> tables() const;
  std::vector<IndexPtr> indexes() const;
  std::vector<SequencePtr> sequences() const;
  std::vector<ViewPtr> views() const;
  std::vector<IndexPtr> indexes_of(const Table& table) const;
  // Views that read `oid`, directly.
  std::vector<ViewPtr> dependent_views(Oid oid) const;
  // The sequences that go with a column: of SERIAL, IDENTITY, OWNED BY. By oid.
  std::vector<SequencePtr> owned_sequences(Oid table, ColumnNumber column) const;
  // The newest name for a suggestion; "" when nothing is near.
  std::string suggest_relation(std::string_view name) const;

  // A copy with `changes` applied and a new number.
  std::shared_ptr<const CatalogVersion> with(const std::vector<Change>& changes, uint64_t number) const;

 private:
  struct Maps;
  std::shared_ptr<const Maps> maps_;
  uint64_t number_ = 0;
};
using CatalogPtr = std::shared_ptr<const CatalogVersion>;

// The shared, published catalog of a database.
class Catalog {
 public:
  explicit Catalog(CatalogPtr first, Oid next_oid);
  CatalogPtr newest() const EXCLUDES(mutex_);
  // A cheap test for prepared plans: has anything been published since `number`?
  uint64_t newest_number() const { return newest_number_.load(std::memory_order_acquire); }
  // Object ids are never used again, not even after a rollback or a restart. Thread-safe.
  Oid next_oid() { return next_oid_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t next_version_number() { return next_version_.fetch_add(1, std::memory_order_relaxed); }
  // Applies `changes` to the newest version and publishes the outcome. The caller holds the commit mutex.
  CatalogPtr publish(const std::vector<Change>& changes) EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_{LockRank::Catalog};
  CatalogPtr newest_ GUARDED_BY(mutex_);
  std::atomic<uint64_t> newest_number_;  // newest_->number(), published after newest_
  std::atomic<Oid> next_oid_;
  std::atomic<uint64_t> next_version_{2};
};

// The catalog as one transaction sees it: the newest version with the transaction's own DDL on top.
class Overlay {
 public:
  explicit Overlay(Catalog& catalog) : catalog_(catalog) {}
  // The newest published version plus own changes; cheap when neither has changed since the last call.
  CatalogPtr current();
  bool is_empty() const { return changes_.empty(); }
  void put(TablePtr table) { add(Put{std::move(table)}); }
  void put(IndexPtr index) { add(Put{std::move(index)}); }
  void put(SequencePtr sequence) { add(Put{std::move(sequence)}); }
  void put(ViewPtr view) { add(Put{std::move(view)}); }
  void put(StatisticsPtr statistics) { add(Put{std::move(statistics)}); }
  void drop(Oid oid) { add(Drop{oid}); }
  const std::vector<Change>& changes() const { return changes_; }

  // Savepoints: a mark to come back to.
  size_t mark() const { return changes_.size(); }
  void roll_back_to(size_t mark);
  // After commit or rollback.
  void clear();

 private:
  void add(Change change);

  Catalog& catalog_;
  std::vector<Change> changes_;
  CatalogPtr view_;
  uint64_t based_on_ = 0;  // the published version that view_ stands on
  size_t includes_ = 0;    // how many changes view_ has
};

}  // namespace rowan::catalog
