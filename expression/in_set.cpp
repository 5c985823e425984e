#include "expression/in_set.h"

#include "types/function.h"
#include "types/value.h"

namespace rowan {

namespace {
size_t in_set_buckets(size_t items) {
  size_t buckets = 16;
  while (buckets < items * 2) buckets *= 2;
  return buckets;
}
}  // namespace

InSet::InSet(const std::vector<const Value*>& items)
    : items_(items.front()->type(), static_cast<uint32_t>(items.size())),
      table_(in_set_buckets(items.size())),
      probe_hashes_(std::make_unique<uint64_t[]>(kBatchRows)) {
  items_.reset();
  uint32_t count = 0;
  for (const Value* item : items) {
    if (item->is_null()) {
      has_null_ = true;
      continue;
    }
    items_.set_value(count++, *item);
  }
  hashes_.resize(count);
  hash_rows(items_, Selection(count), hashes_.data(), false);
  size_t mask = table_.size() - 1;
  for (uint32_t i = 0; i < count; ++i) {
    size_t bucket = hashes_[i] & mask;
    while (table_[bucket] != 0) bucket = (bucket + 1) & mask;
    table_[bucket] = i + 1;
  }
}

void InSet::probe(const Vector& tested, Selection rows, uint8_t* found) {
  hash_rows(tested, rows, probe_hashes_.get(), false);
  size_t mask = table_.size() - 1;
  for (uint32_t i = 0; i < rows.count(); ++i) {
    uint64_t hash = probe_hashes_[i];
    found[i] = 0;
    for (size_t bucket = hash & mask; table_[bucket] != 0; bucket = (bucket + 1) & mask) {
      uint32_t item = table_[bucket] - 1;
      if (hashes_[item] == hash && compare_rows(tested, rows[i], items_, item) == 0) {
        found[i] = 1;
        break;
      }
    }
  }
}

}  // namespace rowan
