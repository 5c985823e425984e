// executor/partitions.h: rows parted by some bits of their hash, on disk: what hash joins and aggregates do
// with what does not fit. Each level of splitting looks at other bits.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "executor/spill.h"

namespace rowan {

inline constexpr uint32_t kPartitions = 16;
inline constexpr int kPartitionLevels = 8;  // 32 bits of the hash; rows still together then are equal

class Partitions {
 public:
  Partitions(SpillStore& file, const RowShape& shape, int level) : level_(level) {
    for (auto& stream : streams_) stream = std::make_unique<RowStream>(file, shape, 4096);
  }
  static uint32_t of(uint64_t hash, int level) {
    return static_cast<uint32_t>(hash >> (4 * level)) & (kPartitions - 1);
  }
  Result<> append(uint64_t hash, Columns columns, uint32_t row) {
    return streams_[of(hash, level_)]->append(hash, columns, row);
  }
  Result<> append(uint64_t hash, const char* row) { return streams_[of(hash, level_)]->append(hash, row); }
  std::unique_ptr<RowStream>& stream(uint32_t i) { return streams_[i]; }
  // Those that got rows.
  std::vector<std::unique_ptr<RowStream>> take() {
    std::vector<std::unique_ptr<RowStream>> taken;
    for (auto& stream : streams_)
      if (stream != nullptr && stream->row_count() > 0) taken.push_back(std::move(stream));
    return taken;
  }

 private:
  int level_;
  std::array<std::unique_ptr<RowStream>, kPartitions> streams_;
};

}  // namespace rowan
