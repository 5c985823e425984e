// types/hash.h: 64-bit hashes of values for hash tables, joins and hash indexes on disk: so they must not
// change with the machine or the build. Equal values hash alike, across integer widths and numeric scales
// too.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace rowan {

// Strong enough for tables that use the low bits and for ones that use the high bits.
inline uint64_t hash_word(uint64_t word) {
  auto product = static_cast<unsigned __int128>(word ^ 0x9e3779b97f4a7c15ULL) * 0xd6e8feb86659fd93ULL;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}
inline uint64_t hash_combine(uint64_t seed, uint64_t hash) {
  return hash_word(seed * 0x2545f4914f6cdd1dULL + hash);
}
inline uint64_t hash_double(double value) {
  if (value == 0) value = 0;  // -0 equals 0
  uint64_t bits = 0x7ff8000000000000ULL;
  if (value == value) std::memcpy(&bits, &value, sizeof bits);
  return hash_word(bits);
}
uint64_t hash_bytes(std::string_view bytes);

}  // namespace rowan
