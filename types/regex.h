// types/regex.h: POSIX regular expressions as PostgreSQL writes them, run by RE2 in linear time. What RE2
// cannot do (back references, lookaround, word-start and word-end) is refused with 0A000, not approximated.
// Matches are leftmost-longest, as POSIX has them; patterns whose quantifiers are lazy match shortest.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "types/result.h"

namespace rowan {

struct RegexFlags {
  bool ignores_case = false;
  bool is_global = false;          // g: of regexp_replace
  bool newline_ends_line = false;  // n, m, w: ^ and $ at lines
  bool newline_stops_dot = false;  // n, m, p
  bool is_literal = false;         // q
};

// PostgreSQL's option letters. Errors: 22023 of an unknown one, 0A000 of x (expanded syntax) and b, e.
Result<RegexFlags> parse_regex_flags(std::string_view letters);

class Regex {
 public:
  // `needs_bounds`: the caller asks where the match lies, so a pattern that mixes lazy and greedy quantifiers
  // is refused (0A000): PostgreSQL's rule for those is its own. Errors: 2201B · 0A000.
  static Result<Regex> compile(std::string_view pattern, const RegexFlags& flags, bool needs_bounds);
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  // It asks for word boundaries, which RE2 knows only between ASCII letters: texts must be ASCII.
  bool needs_ascii() const { return needs_ascii_; }
  bool contains_match(std::string_view text) const;
  // The first match at or after byte `from`: groups[0] is all of it, data() of a group that took no part is
  // nullptr. Groups are views into `text`.
  bool find(std::string_view text, size_t from, std::vector<std::string_view>& groups) const;
  int group_count() const;

 private:
  struct Machine;
  Regex(std::unique_ptr<Machine> machine, bool needs_ascii);
  std::unique_ptr<Machine> machine_;
  bool needs_ascii_ = false;
};

// A SIMILAR TO pattern as a regular expression that matches the whole text. escape: one character, or empty
// for none. `is_split`: of substring(text SIMILAR p ESCAPE e), with the parts in three groups where two
// escape-quotes separate them. Errors: 22019, 2200C.
Result<std::string> similar_to_regex(std::string_view pattern, std::string_view escape, bool is_split);

}  // namespace rowan
