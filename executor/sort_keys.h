// executor/sort_keys.h: the keys of an ORDER BY, evaluated a batch at a time and read as bytes a row at a
// time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "executor/compute.h"
#include "executor/sort_key.h"

namespace rowan {

class SortKeys {
 public:
  SortKeys(Run& run, const std::vector<physical::SortKey>& keys) : computation_(run, expressions(keys)) {
    for (const physical::SortKey& key : keys) orders_.push_back({key.descending, key.nulls_first});
  }
  Result<> evaluate(const Batch& input, const Selection& rows) { return computation_.evaluate(input, rows); }
  // Of one of those rows; valid until the next call.
  std::string_view key(uint32_t row) {
    key_.clear();
    append(row, key_);
    return key_;
  }
  void append(uint32_t row, std::string& out) const {
    for (size_t i = 0; i < orders_.size(); ++i) append_sort_key(computation_.result(i), row, orders_[i], out);
  }
  size_t size() const { return orders_.size(); }
  const Computation& computation() const { return computation_; }

 private:
  static std::vector<const Expr*> expressions(const std::vector<physical::SortKey>& keys) {
    std::vector<const Expr*> list;
    for (const physical::SortKey& key : keys) list.push_back(key.key.get());
    return list;
  }
  Computation computation_;
  std::vector<SortOrder> orders_;
  std::string key_;
};

}  // namespace rowan
