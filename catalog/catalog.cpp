#include "catalog/catalog.h"

#include <algorithm>
#include <utility>

#include "types/hash_map.h"

namespace rowan::catalog {
namespace {

using Object = std::variant<TablePtr, IndexPtr, SequencePtr, ViewPtr>;

std::string qualified(Oid schema, std::string_view name) {
  return std::to_string(schema) + "." + std::string(name);
}

Oid object_oid(const Object& object) {
  return std::visit([](const auto& pointer) { return pointer->oid; }, object);
}

const std::string& object_name(const Object& object) {
  return std::visit([](const auto& pointer) -> const std::string& { return pointer->name; }, object);
}

}  // namespace

// Persistent maps would share more; but DDL is rare and a copy of 10,000 pointers takes well under a
// millisecond.
struct CatalogVersion::Maps {
  std::map<Oid, Object> objects;
  HashMap<std::string, Oid> names;  // "schema.name" of relations: one name space, as PostgreSQL's pg_class
  HashMap<Oid, StatisticsPtr> statistics;  // by table
  HashMap<Oid, Oid> constraint_table;

  Oid schema_of(const Object& object) const {
    if (auto* table = std::get_if<TablePtr>(&object)) return (*table)->schema;
    if (auto* view = std::get_if<ViewPtr>(&object)) return (*view)->schema;
    if (auto* sequence = std::get_if<SequencePtr>(&object)) return (*sequence)->schema;
    Oid table = std::get<IndexPtr>(object)->table;
    auto found = objects.find(table);
    return found == objects.end() ? kPublicSchema : schema_of(found->second);
  }

  void remove(Oid oid) {
    auto found = objects.find(oid);
    if (found == objects.end()) return;
    auto name = names.find(qualified(schema_of(found->second), object_name(found->second)));
    if (name != names.end() && name->second == oid) names.erase(name);
    if (auto* table = std::get_if<TablePtr>(&found->second)) {
      for (const Constraint& constraint : (*table)->constraints) constraint_table.erase(constraint.oid);
      statistics.erase(oid);
    }
    objects.erase(found);
  }

  void insert(Object object) {
    Oid oid = object_oid(object);
    StatisticsPtr kept;
    if (auto found = statistics.find(oid); found != statistics.end()) kept = found->second;
    remove(oid);
    if (kept) statistics[oid] = kept;
    names[qualified(schema_of(object), object_name(object))] = oid;
    if (auto* table = std::get_if<TablePtr>(&object)) {
      for (const Constraint& constraint : (*table)->constraints) constraint_table[constraint.oid] = oid;
    }
    objects.emplace(oid, std::move(object));
  }

  template <class Pointer>
  Pointer get(Oid oid) const {
    auto found = objects.find(oid);
    if (found == objects.end()) return nullptr;
    auto* pointer = std::get_if<Pointer>(&found->second);
    return pointer ? *pointer : nullptr;
  }

  template <class Pointer>
  std::vector<Pointer> all() const {
    std::vector<Pointer> result;
    for (const auto& [oid, object] : objects) {
      if (auto* pointer = std::get_if<Pointer>(&object)) result.push_back(*pointer);
    }
    return result;
  }
};

CatalogVersion::CatalogVersion() : maps_(std::make_shared<Maps>()), number_(1) {}
CatalogVersion::~CatalogVersion() = default;

RelationPtr CatalogVersion::find_relation(std::string_view schema, std::string_view name) const {
  if (!schema.empty() && schema != "public") return {};
  auto found = maps_->names.find(qualified(kPublicSchema, name));
  if (found == maps_->names.end()) return {};
  const Object& object = maps_->objects.at(found->second);
  return std::visit([](const auto& pointer) -> RelationPtr { return pointer; }, object);
}

TablePtr CatalogVersion::table(Oid oid) const {
  return maps_->get<TablePtr>(oid);
}
IndexPtr CatalogVersion::index(Oid oid) const {
  return maps_->get<IndexPtr>(oid);
}
SequencePtr CatalogVersion::sequence(Oid oid) const {
  return maps_->get<SequencePtr>(oid);
}
ViewPtr CatalogVersion::view(Oid oid) const {
  return maps_->get<ViewPtr>(oid);
}

StatisticsPtr CatalogVersion::statistics(Oid table) const {
  auto found = maps_->statistics.find(table);
  return found == maps_->statistics.end() ? nullptr : found->second;
}

const Constraint* CatalogVersion::constraint(Oid oid) const {
  auto found = maps_->constraint_table.find(oid);
  if (found == maps_->constraint_table.end()) return nullptr;
  TablePtr owner = table(found->second);
  for (const Constraint& constraint : owner->constraints) {
    if (constraint.oid == oid) return &constraint;
  }
  return nullptr;
}

std::vector<TablePtr> CatalogVersion::tables() const {
  return maps_->all<TablePtr>();
}
std::vector<IndexPtr> CatalogVersion::indexes() const {
  return maps_->all<IndexPtr>();
}
std::vector<SequencePtr> CatalogVersion::sequences() const {
  return maps_->all<SequencePtr>();
}
std::vector<ViewPtr> CatalogVersion::views() const {
  return maps_->all<ViewPtr>();
}

std::vector<IndexPtr> CatalogVersion::indexes_of(const Table& table) const {
  std::vector<IndexPtr> result;
  for (Oid oid : table.indexes) {
    if (IndexPtr found = index(oid)) result.push_back(std::move(found));
  }
  return result;
}

std::vector<ViewPtr> CatalogVersion::dependent_views(Oid oid) const {
  std::vector<ViewPtr> result;
  for (ViewPtr& candidate : views()) {
    const std::vector<Oid>& reads = candidate->depends_on;
    if (std::find(reads.begin(), reads.end(), oid) != reads.end()) result.push_back(std::move(candidate));
  }
  return result;
}

std::vector<SequencePtr> CatalogVersion::owned_sequences(Oid table, ColumnNumber column) const {
  std::vector<SequencePtr> result;
  for (SequencePtr& candidate : sequences()) {
    if (candidate->owner_table == table && candidate->owner_column == column)
      result.push_back(std::move(candidate));
  }
  return result;
}

std::string CatalogVersion::suggest_relation(std::string_view name) const {
  Suggestion suggestion(name);
  for (const auto& [oid, object] : maps_->objects) {
    if (!std::holds_alternative<IndexPtr>(object)) suggestion.consider(object_name(object));
  }
  return std::string(suggestion.best());
}

CatalogPtr CatalogVersion::with(const std::vector<Change>& changes, uint64_t number) const {
  auto maps = std::make_shared<Maps>(*maps_);
  for (const Change& change : changes) {
    if (const Drop* drop = std::get_if<Drop>(&change)) {
      maps->remove(drop->oid);
      continue;
    }
    std::visit(
        [&](const auto& pointer) {
          if constexpr (std::is_same_v<std::decay_t<decltype(pointer)>, StatisticsPtr>) {
            maps->statistics[pointer->table] = pointer;
          } else {
            maps->insert(pointer);
          }
        },
        std::get<Put>(change).object);
  }
  auto next = std::make_shared<CatalogVersion>();
  next->maps_ = std::move(maps);
  next->number_ = number;
  return next;
}

Catalog::Catalog(CatalogPtr first, Oid next_oid)
    : newest_(std::move(first)), newest_number_(newest_->number()), next_oid_(next_oid) {}

CatalogPtr Catalog::newest() const {
  MutexLock lock(mutex_);
  return newest_;
}

CatalogPtr Catalog::publish(const std::vector<Change>& changes) {
  MutexLock lock(mutex_);
  newest_ = newest_->with(changes, next_version_number());
  newest_number_.store(newest_->number(), std::memory_order_release);
  return newest_;
}

CatalogPtr Overlay::current() {
  uint64_t published = catalog_.newest_number();
  if (view_ && based_on_ == published && includes_ == changes_.size()) return view_;
  CatalogPtr newest = catalog_.newest();
  based_on_ = newest->number();
  includes_ = changes_.size();
  view_ = changes_.empty() ? newest : newest->with(changes_, catalog_.next_version_number());
  return view_;
}

void Overlay::add(Change change) {
  changes_.push_back(std::move(change));
}

void Overlay::roll_back_to(size_t mark) {
  if (mark >= changes_.size()) return;
  changes_.resize(mark, Drop{0});
  view_ = nullptr;  // the count may come back to what it was with other changes
}

void Overlay::clear() {
  changes_.clear();
  view_ = nullptr;
}

}  // namespace rowan::catalog
