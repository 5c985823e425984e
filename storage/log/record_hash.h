// storage/log/record_hash.h: the sum over a record. Its pieces (header, part table, each part's head, each
// part's rest, body) are hashed one after the other, each seeded with the hash before it, so that a record
// scattered over its writer's memory is summed without being gathered first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rowan {

uint64_t record_hash_piece(std::span<const std::byte> piece, uint64_t hash);
// Of two spans as if they were one piece; dearer.
uint64_t record_hash_pair(std::span<const std::byte> first, std::span<const std::byte> second, uint64_t hash);
// Of a whole record; its lengths must be consistent.
uint64_t record_content_hash(std::span<const std::byte> record);
// Whether the lengths inside add up to the record's own.
bool record_is_consistent(std::span<const std::byte> record);

}  // namespace rowan
