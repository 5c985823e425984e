#include "storage/header.h"

#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "types/try.h"

namespace rowan {
namespace {

constexpr size_t kSlotBytes = 4096;

Result<HeaderSlot> read_slot(File& file, uint64_t index) {
  HeaderSlot slot;
  TRY(file.read_at(index * kPageSize, std::as_writable_bytes(std::span(&slot, 1))));
  return slot;
}

Result<> write_slot(File& file, const HeaderSlot& slot) {
  std::vector<std::byte> bytes(kSlotBytes);
  std::memcpy(bytes.data(), &slot, sizeof slot);
  return file.write_at((slot.generation % 2) * kPageSize, bytes);
}

bool is_valid_slot(const HeaderSlot& slot) {
  return slot.magic == kHeaderMagic && slot.checksum == header_checksum(slot);
}

}  // namespace

uint64_t header_checksum(const HeaderSlot& slot) {
  return XXH3_64bits(&slot, offsetof(HeaderSlot, checksum));
}

Result<HeaderSlot> read_header(File& file) {
  HeaderSlot first = TRY(read_slot(file, 0));
  HeaderSlot second = TRY(read_slot(file, 1));
  bool first_valid = is_valid_slot(first), second_valid = is_valid_slot(second);
  if (!first_valid && !second_valid) {
    if (first.magic != kHeaderMagic && second.magic != kHeaderMagic) {
      return Error(sqlstate::wrong_object_type, fmt::format("\"{}\" is not a Rowan database", file.path()));
    }
    return Error(sqlstate::data_corrupted,
                 fmt::format("the header of database \"{}\" is damaged", file.path()))
        .detail("Neither of its two slots has the right checksum.");
  }
  HeaderSlot slot = !second_valid || (first_valid && first.generation > second.generation) ? first : second;
  if (slot.format_version != kFormatVersion || slot.page_size != kPageSize ||
      (slot.features & ~kKnownFeatures) != 0) {
    return Error(sqlstate::feature_not_supported,
                 fmt::format("database \"{}\" was written by a later version of Rowan", file.path()))
        .detail(fmt::format(
            "Its format is {} with features {:x}; this version reads format {} with features {:x}.",
            slot.format_version, slot.features, kFormatVersion, kKnownFeatures));
  }
  return slot;
}

// A new file is begun with slot 1, and nothing is acknowledged before both slots were synced: a short file
// whose first page is blank never was a database.
Result<bool> is_unborn(File& file) {
  uint64_t size = TRY(file.size());
  if (size > kPageSize + kSlotBytes) return false;
  std::vector<std::byte> first(std::min<uint64_t>(size, kPageSize));
  TRY(file.read_at(0, first));
  HeaderSlot slot = TRY(read_slot(file, 1));
  bool is_blank =
      std::all_of(first.begin(), first.end(), [](std::byte byte) { return byte == std::byte{0}; });
  return is_blank && !is_valid_slot(slot);
}

Result<int> count_valid_slots(File& file) {
  int count = 0;
  for (uint64_t index : {0, 1}) {
    HeaderSlot slot = TRY(read_slot(file, index));
    count += is_valid_slot(slot) ? 1 : 0;
  }
  return count;
}

Result<> write_header(File& file, HeaderSlot& slot) {
  slot.generation += 1;
  slot.checksum = header_checksum(slot);
  return write_slot(file, slot);
}

Result<> confirm_header(File& file) {
  HeaderSlot slot = TRY(read_header(file));
  TRY(write_slot(file, slot));
  return file.sync();
}

Result<> allocate_header(File& file) {
  return file.allocate(0, kPageSize + kSlotBytes);
}

}  // namespace rowan
