// shell/special_variables.cpp: the variables that steer the shell, what they may be, and what they are when
// nobody says.
#include <strings.h>

#include <cstdlib>

#include "shell/variables.h"

namespace rowan::shell {
namespace {

enum class Kind : uint8_t { Boolean, Integer, Choice, Text };

struct Special {
  std::string_view name;
  Kind kind;
  std::string_view first;    // at the start
  std::string_view unset;    // after \unset; "" with a kind of Text: none
  std::string_view choices;  // "a, b, c"
};

constexpr std::string_view kPrompt = "%/%R%x%# ";
constexpr Special kSpecials[] = {
    {"AUTOCOMMIT", Kind::Boolean, "on", "off", ""},
    {"COMP_KEYWORD_CASE", Kind::Choice, "preserve-upper", "preserve-upper",
     "lower, upper, preserve-lower, preserve-upper"},
    {"ECHO", Kind::Choice, "none", "none", "none, errors, queries, all"},
    {"ECHO_HIDDEN", Kind::Choice, "off", "off", "on, off, noexec"},
    {"FETCH_COUNT", Kind::Integer, "0", "0", ""},
    {"HIDE_TABLEAM", Kind::Boolean, "off", "off", ""},
    {"HIDE_TOAST_COMPRESSION", Kind::Boolean, "off", "off", ""},
    {"HISTCONTROL", Kind::Choice, "none", "none", "none, ignorespace, ignoredups, ignoreboth"},
    {"HISTSIZE", Kind::Integer, "500", "500", ""},
    {"IGNOREEOF", Kind::Integer, "0", "0", ""},
    {"ON_ERROR_ROLLBACK", Kind::Choice, "off", "off", "on, off, interactive"},
    {"ON_ERROR_STOP", Kind::Boolean, "off", "off", ""},
    {"PROMPT1", Kind::Text, kPrompt, "", ""},
    {"PROMPT2", Kind::Text, kPrompt, "", ""},
    {"PROMPT3", Kind::Text, ">> ", "", ""},
    {"QUIET", Kind::Boolean, "off", "off", ""},
    {"SHOW_ALL_RESULTS", Kind::Boolean, "on", "off", ""},
    {"SHOW_CONTEXT", Kind::Choice, "errors", "errors", "never, errors, always"},
    {"SINGLELINE", Kind::Boolean, "off", "off", ""},
    {"SINGLESTEP", Kind::Boolean, "off", "off", ""},
    {"VERBOSITY", Kind::Choice, "default", "default", "default, verbose, terse, sqlstate"},
};

const Special* find_special(std::string_view name) {
  for (const Special& special : kSpecials) {
    if (special.name == name) return &special;
  }
  return nullptr;
}

std::string refusal(const Special& special, const std::string& value, std::string_view expected) {
  return "unrecognized value \"" + value + "\" for \"" + std::string(special.name) + "\"" +
         std::string(expected);
}

bool is_choice(std::string_view choices, const std::string& value) {
  for (size_t begin = 0; begin < choices.size();) {
    size_t end = std::min(choices.find(", ", begin), choices.size());
    if (value.size() == end - begin && strncasecmp(choices.data() + begin, value.data(), value.size()) == 0)
      return true;
    begin = end + 2;
  }
  return false;
}

}  // namespace

bool Variables::is_special(std::string_view name) {
  return find_special(name) != nullptr;
}

void Variables::set_defaults() {
  for (const Special& special : kSpecials) set(special.name, std::string(special.first));
}

std::string Variables::assign(const std::string& name, std::string value) {
  if (!is_valid_name(name)) return "invalid variable name: \"" + name + "\"";
  if (const Special* special = find_special(name)) {
    switch (special->kind) {
      case Kind::Boolean:
        if (value.empty()) value = "on";
        if (!parse_boolean(value)) return refusal(*special, value, ": Boolean expected");
        break;
      case Kind::Choice: {
        bool has_on = special->choices.find("on,") != std::string_view::npos;
        if (value.empty() && has_on) value = "on";
        bool accepted = is_choice(special->choices, value) || (has_on && parse_boolean(value));
        if (!accepted)
          return refusal(*special, value, "\nAvailable values are: " + std::string(special->choices) + ".");
        break;
      }
      case Kind::Integer: {
        char* end = nullptr;
        std::strtol(value.c_str(), &end, 0);
        if (!value.empty() && *end == '\0') break;
        // psql takes any text here for its traditional 10.
        if (name == "IGNOREEOF") {
          value = "10";
          break;
        }
        return "invalid value \"" + value + "\" for \"" + name + "\": integer expected";
      }
      case Kind::Text:
        break;
    }
  }
  set(name, std::move(value));
  return {};
}

std::string Variables::take_away(const std::string& name) {
  const Special* special = find_special(name);
  if (special != nullptr && special->kind != Kind::Text) {
    set(name, std::string(special->unset));
  } else {
    unset(name);
  }
  return {};
}

}  // namespace rowan::shell
