#include "types/md5.h"

#include <cmath>
#include <cstring>
#include <string>

namespace rowan {

namespace {

constexpr std::array<int, 16> kMd5Shifts{7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21};

// floor(2^32 * |sin(i + 1)|), as the RFC defines them.
const std::array<uint32_t, 64>& md5_constants() {
  static const std::array<uint32_t, 64> constants = [] {
    std::array<uint32_t, 64> made{};
    for (size_t i = 0; i < made.size(); ++i)
      made[i] =
          static_cast<uint32_t>(std::floor(std::fabs(std::sin(static_cast<double>(i + 1))) * 4294967296.0));
    return made;
  }();
  return constants;
}

void md5_block(std::array<uint32_t, 4>& state, const char* bytes) {
  std::array<uint32_t, 16> words;
  std::memcpy(words.data(), bytes, 64);
  auto [a, b, c, d] = state;
  for (size_t i = 0; i < 64; ++i) {
    uint32_t mixed = 0;
    size_t word = 0;
    if (i < 16) {
      mixed = (b & c) | (~b & d);
      word = i;
    } else if (i < 32) {
      mixed = (d & b) | (~d & c);
      word = (5 * i + 1) % 16;
    } else if (i < 48) {
      mixed = b ^ c ^ d;
      word = (3 * i + 5) % 16;
    } else {
      mixed = c ^ (b | ~d);
      word = (7 * i) % 16;
    }
    uint32_t sum = a + mixed + md5_constants()[i] + words[word];
    int shift = kMd5Shifts[(i / 16) * 4 + i % 4];
    a = d;
    d = c;
    c = b;
    b += (sum << shift) | (sum >> (32 - shift));
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

}  // namespace

std::array<uint8_t, 16> md5_digest(std::string_view bytes) {
  std::array<uint32_t, 4> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  uint64_t bits = uint64_t{bytes.size()} * 8;
  while (bytes.size() >= 64) {
    md5_block(state, bytes.data());
    bytes.remove_prefix(64);
  }
  std::string tail(bytes);
  tail += static_cast<char>(0x80);
  while (tail.size() % 64 != 56) tail += '\0';
  tail.append(reinterpret_cast<const char*>(&bits), sizeof bits);
  for (size_t at = 0; at < tail.size(); at += 64) md5_block(state, tail.data() + at);
  std::array<uint8_t, 16> digest;
  std::memcpy(digest.data(), state.data(), digest.size());
  return digest;
}

}  // namespace rowan
