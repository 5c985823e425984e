// types/text.h: a string in a vector: 16 bytes of length, first four bytes, and the rest or where it is.
// Source: Neumann and Freitag, Umbra, CIDR 2020 ("German strings").
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace rowan {

// Either wholly inside (at most 12 bytes) or borrowed: the bytes live in the arena of the batch that holds
// the view. Unused bytes are zero, so the first 8 bytes compare as one word.
class Text {
 public:
  static constexpr uint32_t kInlineMax = 12;

  Text() : length_(0), inline_{} {}
  // Borrows `bytes` when they do not fit inside.
  explicit Text(std::string_view bytes) : length_(static_cast<uint32_t>(bytes.size())), inline_{} {
    if (bytes.size() <= kInlineMax) {
      if (!bytes.empty()) std::memcpy(inline_, bytes.data(), bytes.size());
    } else {
      std::memcpy(inline_, bytes.data(), kPrefix);
      const char* data = bytes.data();
      std::memcpy(inline_ + kPrefix, &data, sizeof data);
    }
  }

  uint32_t length() const { return length_; }
  bool is_inline() const { return length_ <= kInlineMax; }
  const char* data() const {
    if (is_inline()) return inline_;
    const char* data;
    std::memcpy(&data, inline_ + kPrefix, sizeof data);
    return data;
  }
  // Valid while this object and the bytes it borrows are.
  std::string_view view() const { return {data(), length_}; }

  bool operator==(const Text& other) const {
    if (std::memcmp(this, &other, 8) != 0) return false;  // length and prefix
    if (is_inline()) return std::memcmp(inline_ + kPrefix, other.inline_ + kPrefix, 8) == 0;
    return std::memcmp(data() + kPrefix, other.data() + kPrefix, length_ - kPrefix) == 0;
  }
  // Bytewise order, as PostgreSQL's C.UTF-8. Negative, 0 or positive.
  int compare(const Text& other) const {
    uint32_t mine, theirs;
    std::memcpy(&mine, inline_, kPrefix);
    std::memcpy(&theirs, other.inline_, kPrefix);
    if (mine != theirs)
      return __builtin_bswap32(mine) < __builtin_bswap32(theirs) ? compare_prefix(other, -1)
                                                                 : compare_prefix(other, 1);
    return view().compare(other.view());
  }

 private:
  static constexpr uint32_t kPrefix = 4;
  // Prefixes differ; zero padding of a shorter text sorts it first, which is right but for texts holding
  // NULs.
  int compare_prefix(const Text& other, int order) const {
    return length_ >= kPrefix && other.length_ >= kPrefix ? order : view().compare(other.view());
  }

  uint32_t length_;
  char inline_[12];
};
static_assert(sizeof(Text) == 16);

}  // namespace rowan
