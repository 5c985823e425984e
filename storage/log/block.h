// storage/log/block.h: the unit that a flush writes and never rewrites. See docs/file_format.md.
//
//   | LogBlockHeader 40 B | bytes of the record stream | zeros, when a flush closed it early |
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "types/ids.h"

namespace rowan {

struct LogBlockHeader {
  Lsn lsn;          // its own position
  uint64_t log_id;  // of this log: a recycled or foreign block cannot pass for one of ours
  Lsn durable;      // what was known durable when the block was begun: everything below must be readable
  Lsn previous;  // the last record begun before this block: a reader that has not met it has lost something
  uint64_t checksum;  // of the fields above; records carry their own

  uint64_t computed_checksum() const {
    uint64_t bits = lsn * 0x9e3779b97f4a7c15ULL;
    bits = (bits ^ (bits >> 29) ^ log_id) * 0xbf58476d1ce4e5b9ULL;
    bits = (bits ^ (bits >> 32) ^ durable) * 0x94d049bb133111ebULL;
    bits = (bits ^ (bits >> 30) ^ previous) * 0xd6e8feb86659fd93ULL;
    return bits ^ (bits >> 31);
  }
  bool is_valid(Lsn position, uint64_t id) const {
    return lsn == position && log_id == id && checksum == computed_checksum();
  }
};
static_assert(sizeof(LogBlockHeader) == 40);

std::string log_segment_path(const std::string& directory, uint64_t log_id, uint64_t number);
std::string log_buffer_path(const std::string& directory, uint64_t log_id);
inline constexpr const char* kLogFilePrefix = "log.";
inline constexpr const char* kLogBufferPrefix = "buffer.";

// The checksum of a whole record that begins at `lsn`, its header's checksum and lsn fields taken as zero.
uint32_t log_record_checksum(uint64_t content_hash, Lsn lsn, uint64_t log_id);

}  // namespace rowan
