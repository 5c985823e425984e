// storage/btree/builder.h: a B-tree from a sorted stream, bottom up: each page is filled once and logged as
// one full image, so CREATE INDEX and bulk loads are crash-safe by the mechanism that serves everything else
// (hazards, 7).
#pragma once

#include <memory>
#include <string_view>

#include "storage/btree/btree.h"

namespace rowan {

class BtreeBuilder {
 public:
  // Fills `tree`, which must be empty and known to nobody else.
  explicit BtreeBuilder(Btree& tree);
  ~BtreeBuilder();

  // The next entry, above the last one in (key, row).
  // Errors: 54000 key too long · 53100 · 58030 · XX000 out of order.
  Result<> add(std::string_view key, RowId row);
  // Writes what is left. Without it the tree is of no use: its relation is to be dropped.
  Result<> finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace rowan
