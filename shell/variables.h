// shell/variables.h: psql's variables: those users set, and those the shell reads (ECHO, ON_ERROR_STOP …) and
// sets (SQLSTATE …).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace rowan::shell {

class Variables {
 public:
  // nullopt: not set.
  std::optional<std::string_view> get(std::string_view name) const;
  void set(std::string_view name, std::string value) {
    values_.insert_or_assign(std::string(name), std::move(value));
  }
  void unset(std::string_view name);

  // \set and \unset as users ask for them: the variables that steer the shell take certain values only (""
  // stands for "on" where they are booleans), and fall back to a value of their own when unset. "", or what
  // is wrong.
  std::string assign(const std::string& name, std::string value);
  std::string take_away(const std::string& name);
  // Is it one of those?
  static bool is_special(std::string_view name);
  // Gives all of those their first values.
  void set_defaults();
  const std::map<std::string, std::string, std::less<>>& all() const { return values_; }

  // In lower case, for the variables that steer the shell; "" when not set.
  std::string lower(std::string_view name) const;
  // psql's reading of a boolean: "on", "1", "true", "yes" and their prefixes; unset is false.
  bool is_on(std::string_view name) const;

  static bool is_valid_name(std::string_view name);

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// What ":name", ":'name'", ":\"name\"" and ":{?name}" become at the front of `text`: how many bytes it takes
// and what replaces them; nullopt when there is no such reference or the variable is not set.
struct Interpolation {
  size_t length;
  std::string replacement;
  bool is_text = false;  // of ":name": in a statement the replacement is read like what was typed
};
std::optional<Interpolation> interpolate(std::string_view text, const Variables& variables);

// "on", "off" and so on; nullopt when `text` is none of them.
std::optional<bool> parse_boolean(std::string_view text);

// `text` as an SQL literal and as a quoted identifier.
std::string quote_literal(std::string_view text);
std::string quote_identifier(std::string_view text);

}  // namespace rowan::shell
