// types/hash_map.h: Abseil's hash tables behind our names, with one transparent hasher, so that a map keyed
// by std::string is asked with a std::string_view. (Debian's Abseil is built with its own string_view;
// nothing of it shows through here.) A heavy include: keep it out of headers that many files read.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>

namespace rowan {

template <class Key>
struct Hasher {
  size_t operator()(const Key& key) const { return mix(std::hash<Key>{}(key)); }
  // std::hash of an integer is the integer; Abseil's tables want its low bits well spread.
  static size_t mix(size_t hash) {
    auto product = static_cast<unsigned __int128>(hash ^ 0x9e3779b97f4a7c15ULL) * 0xd6e8feb86659fd93ULL;
    return static_cast<size_t>(product) ^ static_cast<size_t>(product >> 64);
  }
};

template <>
struct Hasher<std::string> {
  using is_transparent = void;
  size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
};

template <class Key, class Value>
using HashMap = absl::flat_hash_map<Key, Value, Hasher<Key>, std::equal_to<>>;

template <class Key>
using HashSet = absl::flat_hash_set<Key, Hasher<Key>, std::equal_to<>>;

}  // namespace rowan
