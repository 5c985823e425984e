// storage/btree/cursor.h: reads a stretch of a B-tree in either direction, up to 64 entries at a time. No
// latch is held between calls: the cursor remembers the last key and finds its place again. Entries that
// stood there all along are met exactly once; those that come and go meanwhile may or may not be met.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/btree/btree.h"
#include "types/ids.h"
#include "types/result.h"

namespace rowan {

enum class ScanDirection : uint8_t { Forward, Backward };

class SsiTransaction;

class BtreeCursor {
 public:
  static constexpr uint32_t kBatch = 64;

  // `tree` outlives the cursor. With `wants_keys` the batch has key bytes too.
  // SERIALIZABLE: `reader` is told which keys were read, and lives as long as it is read.
  BtreeCursor(const Btree& tree, const KeyRange& range, ScanDirection direction, bool wants_keys,
              SsiTransaction* reader = nullptr);

  // Gathers the next entries: at most `limit`, at most kBatch. 0: the end. Blocks for latches and I/O only.
  Result<uint32_t> next(uint32_t limit = kBatch);

  // Of the last next(); valid until the next one.
  const RowId* rows() const { return rows_.data(); }
  std::string_view key(uint32_t i) const {
    return std::string_view(keys_).substr(i == 0 ? 0 : ends_[i - 1], ends_[i] - (i == 0 ? 0 : ends_[i - 1]));
  }

  // From the start again, of another stretch (an index nested-loop join).
  void restart(const KeyRange& range, SsiTransaction* reader = nullptr);

 private:
  const Btree* tree_;
  const ScanDirection direction_;
  const bool wants_keys_;
  SsiTransaction* reader_ = nullptr;
  std::string lower_, upper_;  // entries in [lower_, upper_) are still to come
  bool has_upper_ = false;
  bool at_end_ = false;
  PageNo hint_ = kNoPage;  // the leaf that held the last entry, or its neighbour
  std::array<RowId, kBatch> rows_;
  std::array<uint32_t, kBatch> ends_;
  std::string keys_;
};

}  // namespace rowan
