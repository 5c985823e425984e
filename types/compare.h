// types/compare.h: SQL's order of single values in their stored form, where it is not C++'s: NaN equals
// itself and is above all numbers; CHAR(n) ignores trailing blanks; intervals compare by their length, a
// month counting 30 days.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "types/interval.h"
#include "types/text.h"

namespace rowan {

inline __int128 interval_length(const Interval& interval) {
  __int128 days = static_cast<__int128>(interval.months) * 30 + interval.days;
  return days * 86'400'000'000 + interval.microseconds;
}

inline std::string_view without_trailing_blanks(std::string_view text) {
  size_t end = text.size();
  while (end > 0 && text[end - 1] == ' ') --end;
  return text.substr(0, end);
}

// Branch-free for numbers.
template <class A, class B>
bool sql_equal(const A& a, const B& b) {
  if constexpr (std::is_floating_point_v<A>)
    return (a == b) | ((a != a) & (b != b));
  else if constexpr (std::is_same_v<A, Interval>)
    return interval_length(a) == interval_length(b);
  else
    return a == b;
}
template <class A, class B>
bool sql_less(const A& a, const B& b) {
  if constexpr (std::is_floating_point_v<A>)
    return (a < b) | ((a == a) & (b != b));
  else if constexpr (std::is_same_v<A, Interval>)
    return interval_length(a) < interval_length(b);
  else if constexpr (std::is_same_v<A, Text>)
    return a.compare(b) < 0;
  else
    return a < b;
}
template <class A, class B>
int sql_compare(const A& a, const B& b) {
  return sql_less(a, b) ? -1 : (sql_less(b, a) ? 1 : 0);
}

}  // namespace rowan
