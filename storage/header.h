// storage/header.h: the first two pages of the file: two slots of the same form, written in turn. The valid
// one with the higher generation counts; a torn write leaves the other.
#pragma once

#include <cstdint>
#include <optional>

#include "storage/file/file.h"
#include "storage/page.h"
#include "storage/space/space_map.h"
#include "types/result.h"

namespace rowan {

inline constexpr uint64_t kHeaderMagic = 0x0a4e41574f521a8eULL;  // high bit, ^Z, "ROWAN", newline
inline constexpr uint32_t kFormatVersion = 1;
// What a file needs its reader to understand; a bit that is not here is a later version's.
inline constexpr uint64_t kKnownFeatures = 0;

struct HeaderSlot {
  uint64_t magic;
  uint32_t format_version;
  uint32_t page_size;
  uint64_t generation;   // counts writes of slots; slot = generation mod 2
  uint64_t database_id;  // seeds page checksums
  uint64_t features;     // bits beyond kKnownFeatures: do not open
  uint64_t log_id;       // of the log in NAME-wal/, while in use
  uint32_t in_use;       // 1: the log is part of the database
  uint32_t log_block_size;
  uint64_t log_segment_bytes;
  Lsn redo_lsn;   // where redo begins
  Lsn last_lsn;   // how far LSNs had come when this was written
  PageRun state;  // where the checkpoint's state lies; count 0: there is none
  uint64_t state_bytes;
  uint64_t reserved[4];
  uint64_t checksum;  // XXH3 of all before it
};
static_assert(sizeof(HeaderSlot) == 136);

uint64_t header_checksum(const HeaderSlot& slot);

// The slot that counts. Errors: 42809 this is no Rowan database · 0A000 of a later version · XX001 both slots
// are damaged.
Result<HeaderSlot> read_header(File& file);
// Whether the file is empty, or was cut off before its first header was whole: a new database.
Result<bool> is_unborn(File& file);
// How many of the two slots are as they should be; for checks.
Result<int> count_valid_slots(File& file);
// Writes `slot` into its place with the next generation and its checksum; the caller syncs.
Result<> write_header(File& file, HeaderSlot& slot);
// Writes the slot that counts once more where it is, and syncs: who reads it after a sync that failed, in an
// earlier process, reads what the disk may not have, and no later sync would take there (Rebello et al., Can
// Applications Recover from fsync Failures?, 2020).
Result<> confirm_header(File& file);
// Room for both slots of a new file, which stays unborn.
Result<> allocate_header(File& file);

}  // namespace rowan
