// tests/slt/values.h: results as sqllogictest prints, sorts and hashes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rowan::slt {

using Cells = std::vector<std::optional<std::string>>;  // one row; nullopt: NULL

// One value under a type letter: I, R or T.
std::string render(const std::optional<std::string>& value, char type);
// All values, one after the other, in the order that `sort` asks for (nosort, rowsort, valuesort).
std::vector<std::string> arrange(const std::vector<Cells>& rows, std::string_view types,
                                 std::string_view sort);
// MD5 over each value followed by a newline, as 32 hexadecimal digits.
std::string digest(const std::vector<std::string>& values);
// "30 values hashing to …": how many and the digest; nullopt for any other line.
struct Hashed {
  size_t count;
  std::string digest;
};
std::optional<Hashed> parse_hashed(std::string_view line);

}  // namespace rowan::slt
