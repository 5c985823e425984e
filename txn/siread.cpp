#include "txn/siread.h"

#include <algorithm>

#include "types/hash_map.h"

namespace rowan {

namespace {

// A row or a page, as one number.
constexpr uint64_t kPageBit = uint64_t{1} << 63;
uint64_t place_of(RowId row) {
  return row.packed();
}
uint64_t place_of(PageNo page) {
  return kPageBit | page;
}

using Node = RangeTree::Node;

}  // namespace

// What one transaction has read of one relation.
struct SireadTable::Holder::Locks {
  struct OfRelation {
    bool is_whole = false;
    HashSet<uint64_t> places;
    HashMap<PageNo, uint32_t> rows_of_page;
    std::vector<std::unique_ptr<Node>> ranges;
    size_t count() const { return (is_whole ? 1 : 0) + places.size() + ranges.size(); }
  };
  HashMap<RelationId, OfRelation> relations;
};

// Who has read what of one relation.
struct SireadTable::Tables {
  struct OfRelation {
    std::vector<Holder*> whole;
    HashMap<uint64_t, std::vector<Holder*>> places;
    RangeTree ranges;
    bool empty() const { return whole.empty() && places.empty() && ranges.empty(); }
  };
  HashMap<RelationId, OfRelation> relations;
};

SireadTable::SireadTable() : tables_(std::make_unique<Tables>()) {}
SireadTable::~SireadTable() = default;
SireadTable::Holder::Holder() : locks_(std::make_unique<Locks>()) {}
SireadTable::Holder::~Holder() = default;

size_t SireadTable::Holder::count() const {
  size_t count = 0;
  for (const auto& [relation, locks] : locks_->relations) count += locks.count();
  return count;
}

// --- Taking ---

// Everything of the relation that the holder has, but for the relation itself.
void SireadTable::drop_parts(Holder& holder, RelationId relation) {
  auto mine = holder.locks_->relations.find(relation);
  auto all = tables_->relations.find(relation);
  if (mine == holder.locks_->relations.end() || all == tables_->relations.end()) return;
  for (uint64_t place : mine->second.places) {
    auto found = all->second.places.find(place);
    std::erase(found->second, &holder);
    if (found->second.empty()) all->second.places.erase(found);
  }
  for (const std::unique_ptr<Node>& node : mine->second.ranges) all->second.ranges.remove(*node);
  count_ -= mine->second.places.size() + mine->second.ranges.size();
  mine->second.places.clear();
  mine->second.rows_of_page.clear();
  mine->second.ranges.clear();
}

void SireadTable::read_relation(Holder& holder, RelationId relation) {
  auto& mine = holder.locks_->relations[relation];
  if (mine.is_whole) return;
  tables_->relations[relation].whole.push_back(&holder);
  mine.is_whole = true;
  ++count_;
  drop_parts(holder, relation);
}

// Makes it one of the holder's places, unless it is.
bool SireadTable::add_place(Holder& holder, RelationId relation, uint64_t place) {
  auto& mine = holder.locks_->relations[relation];
  if (mine.places.contains(place)) return false;
  std::vector<Holder*>& holders = tables_->relations[relation].places[place];
  holders.reserve(holders.size() + 1);
  mine.places.insert(place);
  holders.push_back(&holder);
  ++count_;
  return true;
}

void SireadTable::read_row(Holder& holder, RelationId relation, RowId row) {
  auto& mine = holder.locks_->relations[relation];
  if (mine.is_whole || mine.places.contains(place_of(row.page))) return;
  if (count_ >= kLocksMax || mine.count() >= kLocksOfRelationMax) return read_relation(holder, relation);
  if (!add_place(holder, relation, place_of(row))) return;
  if (++mine.rows_of_page[row.page] <= kRowsOfPageMax) return;
  add_place(holder, relation, place_of(row.page));
  // The rows are covered now.
  auto& all = tables_->relations[relation].places;
  std::vector<uint64_t> covered;
  for (uint64_t place : mine.places)
    if ((place & kPageBit) == 0 && RowId::unpack(place).page == row.page) covered.push_back(place);
  for (uint64_t place : covered) {
    auto found = all.find(place);
    std::erase(found->second, &holder);
    if (found->second.empty()) all.erase(found);
    mine.places.erase(place);
    --count_;
  }
  mine.rows_of_page.erase(row.page);
}

void SireadTable::read_range(Holder& holder, RelationId index, std::string_view lower, std::string_view upper,
                             bool has_upper) {
  auto& mine = holder.locks_->relations[index];
  if (mine.is_whole) return;
  if (!mine.ranges.empty()) {
    Node& last = *mine.ranges.back();
    bool goes_on = last.range.has_upper && last.range.upper == lower;
    bool goes_back = has_upper && last.range.lower == upper;
    bool is_inside =
        last.range.lower <= lower && (!last.range.has_upper || (has_upper && upper <= last.range.upper));
    if (is_inside) return;
    if (goes_on || goes_back) {
      KeyStretch longer = last.range;
      if (goes_on) {
        longer.upper = upper;
        longer.has_upper = has_upper;
      } else {
        longer.lower = lower;
      }
      RangeTree& tree = tables_->relations[index].ranges;
      tree.remove(last);
      last.range = std::move(longer);
      tree.insert(last);
      return;
    }
  }
  if (count_ >= kLocksMax || mine.count() >= kLocksOfRelationMax) return read_relation(holder, index);
  auto node = std::make_unique<Node>();
  node->range = {std::string(lower), std::string(upper), has_upper};
  node->owner = &holder;
  auto& all = tables_->relations[index];
  mine.ranges.push_back(std::move(node));
  all.ranges.insert(*mine.ranges.back());
  ++count_;
}

// --- Asking ---

void SireadTable::visit_relation(RelationId relation, const Visit& visit) const {
  auto found = tables_->relations.find(relation);
  if (found == tables_->relations.end()) return;
  for (Holder* holder : found->second.whole) visit(*holder);
}

void SireadTable::visit_row(RelationId relation, RowId row, const Visit& visit) const {
  auto found = tables_->relations.find(relation);
  if (found == tables_->relations.end()) return;
  for (Holder* holder : found->second.whole) visit(*holder);
  for (uint64_t place : {place_of(row), place_of(row.page)}) {
    auto holders = found->second.places.find(place);
    if (holders == found->second.places.end()) continue;
    for (Holder* holder : holders->second) visit(*holder);
  }
}

void SireadTable::visit_keys(RelationId index, std::string_view lower, std::string_view upper,
                             const Visit& visit) const {
  auto found = tables_->relations.find(index);
  if (found == tables_->relations.end()) return;
  for (Holder* holder : found->second.whole) visit(*holder);
  found->second.ranges.meet(lower, upper, [&](Node& node) { visit(*static_cast<Holder*>(node.owner)); });
}

void SireadTable::visit_any(RelationId relation, const Visit& visit) const {
  auto found = tables_->relations.find(relation);
  if (found == tables_->relations.end()) return;
  for (Holder* holder : found->second.whole) visit(*holder);
  for (const auto& [place, holders] : found->second.places)
    for (Holder* holder : holders) visit(*holder);
  found->second.ranges.meet({}, {}, [&](Node& node) { visit(*static_cast<Holder*>(node.owner)); });
}

// --- Moving and letting go ---

void SireadTable::copy_row(RelationId relation, RowId from, RowId to) {
  auto found = tables_->relations.find(relation);
  if (found == tables_->relations.end()) return;
  std::vector<Holder*> readers;
  for (uint64_t place : {place_of(from), place_of(from.page)}) {
    auto holders = found->second.places.find(place);
    if (holders == found->second.places.end()) continue;
    readers.insert(readers.end(), holders->second.begin(), holders->second.end());
  }
  for (Holder* reader : readers) read_row(*reader, relation, to);
}

void SireadTable::copy_relation(RelationId from, RelationId to) {
  std::vector<Holder*> readers;
  visit_any(from, [&](Holder& holder) { readers.push_back(&holder); });
  for (Holder* reader : readers) read_relation(*reader, to);
}

void SireadTable::give(Holder& from, Holder& to) {
  while (!from.locks_->relations.empty()) {
    RelationId relation = from.locks_->relations.begin()->first;
    auto& locks = from.locks_->relations.begin()->second;
    if (locks.is_whole) read_relation(to, relation);
    for (uint64_t place : locks.places) {
      if ((place & kPageBit) != 0)
        add_place(to, relation, place);
      else
        read_row(to, relation, RowId::unpack(place));
    }
    for (const std::unique_ptr<Node>& node : locks.ranges)
      read_range(to, relation, node->range.lower, node->range.upper, node->range.has_upper);
    release_relation(from, relation);
  }
}

void SireadTable::release_relation(Holder& holder, RelationId relation) {
  auto mine = holder.locks_->relations.find(relation);
  if (mine == holder.locks_->relations.end()) return;
  drop_parts(holder, relation);
  auto all = tables_->relations.find(relation);
  if (mine->second.is_whole) {
    std::erase(all->second.whole, &holder);
    --count_;
  }
  holder.locks_->relations.erase(mine);
  if (all != tables_->relations.end() && all->second.empty()) tables_->relations.erase(all);
}

void SireadTable::release(Holder& holder) {
  while (!holder.locks_->relations.empty()) release_relation(holder, holder.locks_->relations.begin()->first);
}

}  // namespace rowan
