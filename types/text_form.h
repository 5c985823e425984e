// types/text_form.h: what the readers of many types share: blanks around, and the words of a refusal.
#pragma once

#include <string>
#include <string_view>

#include "types/result.h"

namespace rowan {

inline bool is_ascii_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

inline std::string_view trim_spaces(std::string_view text) {
  while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ascii_space(text.back())) text.remove_suffix(1);
  return text;
}

// invalid input syntax for type integer: "x"
inline Error invalid_input(std::string_view type, std::string_view text) {
  return Error(sqlstate::invalid_text_representation,
               "invalid input syntax for type " + std::string(type) + ": \"" + std::string(text) + "\"");
}

// integer out of range
inline Error out_of_range(std::string_view type) {
  return Error(sqlstate::numeric_value_out_of_range, std::string(type) + " out of range");
}

inline Error division_by_zero_error() {
  return Error(sqlstate::division_by_zero, "division by zero");
}

}  // namespace rowan
