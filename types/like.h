// types/like.h: LIKE, as the optimizer and the evaluator need it: '%' any characters, '_' one, '\' takes the
// next one literally. (Another escape character is rewritten to '\' by like_escape().)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "types/result.h"

namespace rowan {

// A pattern taken apart once for many texts. Most patterns are literals between '%'s and are searched as
// such.
class LikePattern {
 public:
  // `is_bytes`: '_' is one byte (BYTEA). The pattern's bytes are copied.
  explicit LikePattern(std::string_view pattern, bool is_bytes = false);

  // Errors: 22025 the pattern ends with the escape character, and matching came that far.
  Result<bool> matches(std::string_view text) const;
  // Never fails (no trailing escape): the loops that need no Result ask this one.
  bool is_simple() const { return is_simple_; }
  bool matches_simple(std::string_view text) const;

  // The literal that every match starts with; the whole match when is_exact().
  std::string_view prefix() const { return prefix_; }
  bool is_exact() const { return is_simple_ && literals_.size() == 1 && !starts_open_ && !ends_open_; }

 private:
  std::string pattern_;
  std::string prefix_;
  bool is_bytes_;
  bool is_simple_ = true;              // no '_' and no trailing escape: literals_ between '%'s
  bool starts_open_ = false;           // begins with '%'
  bool ends_open_ = false;             // ends with '%'
  std::vector<std::string> literals_;  // not empty but for a pattern of '%'s or nothing
};

}  // namespace rowan
