// storage/checkpoint_source.h: what a checkpoint keeps for others and recovery hands back, as opaque bytes.
#pragma once

#include <cstddef>
#include <string>

namespace rowan {

// Asked under the commit mutex, at the very LSN where redo will begin: {redo LSN, running ids, next id} are
// one cut (hazards, 1). Quick, no I/O, no latch.
class CheckpointSource {
 public:
  virtual ~CheckpointSource() = default;
  virtual std::string checkpoint_bytes() = 0;
};

// Whose bytes: each source has a place in the checkpoint's state.
enum class CheckpointPart : uint8_t { Transactions = 0, PageSets = 1, Count = 2 };

}  // namespace rowan
