#include "types/regex.h"

#include <re2/re2.h>

#include <utility>

#include "types/try.h"
#include "types/utf8.h"

namespace rowan {

struct Regex::Machine {
  Machine(const std::string& pattern, const RE2::Options& options) : re2(pattern, options) {}
  RE2 re2;
};

Regex::Regex(std::unique_ptr<Machine> machine, bool needs_ascii)
    : machine_(std::move(machine)), needs_ascii_(needs_ascii) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

namespace {

Error regex_error(const std::string& what) {
  return Error(sqlstate::invalid_regular_expression, "invalid regular expression: " + what);
}
Error regex_unsupported(const std::string& what) {
  return Error(sqlstate::feature_not_supported, what + " in regular expressions is not supported");
}

struct RegexClass {
  std::string_view name, translated;  // inside brackets
};
constexpr RegexClass kRegexClasses[] = {
    {"alpha", "\\p{L}"},
    {"alnum", "\\p{L}\\p{Nd}"},
    {"digit", "0-9"},
    {"lower", "\\p{Ll}"},
    {"upper", "\\p{Lu}"},
    {"space", "\\s\\v"},
    {"punct", "[:punct:]"},
    {"xdigit", "0-9A-Fa-f"},
    {"blank", " \\t"},
    {"cntrl", "[:cntrl:]"},
    {"print", "[:print:]\\x{A0}-\\x{10FFFF}"},
    {"graph", "[:graph:]\\x{A1}-\\x{10FFFF}"},
    {"word", "\\p{L}\\p{Nd}_"},
};

// Rewrites PostgreSQL's syntax into RE2's and notes what kinds of quantifiers it saw.
class RegexTranslator {
 public:
  explicit RegexTranslator(std::string_view pattern) : in_(pattern) {}

  Result<std::string> translate() {
    if (in_.substr(0, 3) == "***") {
      if (in_.size() > 3 && in_[3] == '=')
        return RE2::QuoteMeta(re2::StringPiece(in_.data() + 4, in_.size() - 4));
      if (in_.size() > 3 && in_[3] == ':')
        in_.remove_prefix(4);
      else
        return regex_error("invalid preceding regular expression");
    }
    while (at_ < in_.size()) TRY(one());
    if (depth_ > 0) return regex_error("parentheses () not balanced");
    return std::move(out_);
  }
  bool has_lazy() const { return has_lazy_; }
  bool has_greedy() const { return has_greedy_; }
  bool has_alternatives() const { return has_alternatives_; }
  bool has_word_boundary() const { return has_word_boundary_; }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }

  Result<> one() {
    char c = in_[at_];
    switch (c) {
      case '\\':
        return escape();
      case '[':
        return bracket();
      case '(':
        return open_group();
      case ')':
        ++at_;
        if (depth_ == 0) return regex_error("parentheses () not balanced");
        --depth_;
        out_ += ')';
        can_repeat_ = true;
        return {};
      case '*':
      case '+':
      case '?':
        return quantifier(std::string(1, c), 1);
      case '{':
        return bounds();
      case '|':
        has_alternatives_ = true;
        can_repeat_ = false;
        out_ += c;
        ++at_;
        return {};
      case '^':
        can_repeat_ = false;
        out_ += c;
        ++at_;
        return {};
      case '$':
        can_repeat_ = false;
        out_ += c;
        ++at_;
        return {};
      default: {
        size_t width = utf8_width(c);
        out_.append(in_.substr(at_, width));
        at_ += width;
        can_repeat_ = true;
        return {};
      }
    }
  }

  Result<> quantifier(const std::string& text, size_t width) {
    if (!can_repeat_) return regex_error("quantifier operand invalid");
    at_ += width;
    out_ += text;
    if (peek() == '?') {
      has_lazy_ = true;
      out_ += '?';
      ++at_;
    } else if (text != "{1}" && text != "{1,1}") {
      has_greedy_ = true;
    }
    can_repeat_ = false;  // a second one in a row is refused, as PostgreSQL does
    return {};
  }

  Result<> bounds() {
    size_t end = at_ + 1;
    if (!(end < in_.size() && in_[end] >= '0' && in_[end] <= '9')) {
      // Not a bound: an ordinary character.
      out_ += "\\{";
      ++at_;
      can_repeat_ = true;
      return {};
    }
    int numbers[2] = {0, 0};
    int which = 0;
    bool has_second = false;
    for (; end < in_.size() && in_[end] != '}'; ++end) {
      char c = in_[end];
      if (c == ',' && which == 0) {
        which = 1;
      } else if (c >= '0' && c <= '9') {
        numbers[which] = numbers[which] * 10 + (c - '0');
        has_second |= which == 1;
        if (numbers[which] > 255) return regex_error("invalid repetition count(s)");
      } else {
        return regex_error("invalid repetition count(s)");
      }
    }
    if (end == in_.size()) return regex_error("braces {} not balanced");
    if (has_second && numbers[1] < numbers[0]) return regex_error("invalid repetition count(s)");
    return quantifier(std::string(in_.substr(at_, end + 1 - at_)), end + 1 - at_);
  }

  Result<> open_group() {
    if (peek(1) == '?') {
      char kind = peek(2);
      if (kind == ':') {
        out_ += "(?:";
        at_ += 3;
      } else if (kind == '=' || kind == '!' || kind == '<') {
        return regex_unsupported("a lookaround constraint");
      } else if (kind == '#') {
        size_t end = in_.find(')', at_);
        if (end == std::string_view::npos) return regex_error("parentheses () not balanced");
        at_ = end + 1;
        return {};
      } else if (at_ == 0) {
        return embedded_options();
      } else {
        return regex_error("quantifier operand invalid");
      }
    } else {
      out_ += '(';
      ++at_;
    }
    ++depth_;
    can_repeat_ = false;
    return {};
  }

  // (?i) and the like at the start of the pattern.
  Result<> embedded_options() {
    size_t end = in_.find(')');
    if (end == std::string_view::npos) return regex_error("parentheses () not balanced");
    for (char letter : in_.substr(2, end - 2)) {
      if (letter == 'i')
        out_ += "(?i)";
      else if (letter == 'n' || letter == 'm')
        out_ += "(?m-s)";
      else if (letter == 'p')
        out_ += "(?-s)";
      else if (letter == 'w')
        out_ += "(?m)";
      else if (letter != 'c' && letter != 's' && letter != 't')
        return regex_unsupported(std::string("the embedded option \"") + letter + "\"");
    }
    at_ = end + 1;
    return {};
  }

  Result<> escape() {
    if (at_ + 1 >= in_.size()) return regex_error("invalid escape \\ sequence");
    char c = in_[at_ + 1];
    at_ += 2;
    can_repeat_ = true;
    switch (c) {
      case 'd':
        out_ += "[0-9]";
        return {};
      case 'D':
        out_ += "[^0-9]";
        return {};
      case 's':
        out_ += "[\\s\\v]";
        return {};
      case 'S':
        out_ += "[^\\s\\v]";
        return {};
      case 'w':
        out_ += "[\\p{L}\\p{Nd}_]";
        return {};
      case 'W':
        out_ += "[^\\p{L}\\p{Nd}_]";
        return {};
      case 'y':
        can_repeat_ = false;
        has_word_boundary_ = true;
        out_ += "\\b";
        return {};
      case 'Y':
        can_repeat_ = false;
        has_word_boundary_ = true;
        out_ += "\\B";
        return {};
      case 'A':
        can_repeat_ = false;
        out_ += "\\A";
        return {};
      case 'Z':
        can_repeat_ = false;
        out_ += "\\z";
        return {};
      case 'm':
      case 'M':
        return regex_unsupported(std::string("the constraint \\") + c);
      case 'a':
        out_ += "\\x07";
        return {};
      case 'b':
        out_ += "\\x08";
        return {};
      case 'B':
        out_ += "\\\\";
        return {};
      case 'e':
        out_ += "\\x1b";
        return {};
      case 'f':
      case 'n':
      case 'r':
      case 't':
      case 'v':
        out_ += '\\';
        out_ += c;
        return {};
      case 'u':
        return hex_escape(4);
      case 'U':
        return hex_escape(8);
      case 'x': {
        size_t digits = 0;
        while (is_hex(peek(digits))) ++digits;
        if (digits == 0) return regex_error("invalid escape \\ sequence");
        return hex_escape(digits);
      }
      default:
        break;
    }
    if (c >= '1' && c <= '9') return regex_unsupported("a back reference");
    if (c == '0') {
      out_ += "\\x00";
      return {};
    }
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return regex_error("invalid escape \\ sequence");
    size_t width = utf8_width(c);
    if (width == 1) out_ += '\\';
    out_.append(in_.substr(at_ - 1, width));
    at_ += width - 1;
    return {};
  }

  static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }
  Result<> hex_escape(size_t digits) {
    for (size_t i = 0; i < digits; ++i)
      if (!is_hex(peek(i))) return regex_error("invalid escape \\ sequence");
    out_ += "\\x{";
    out_.append(in_.substr(at_, digits));
    out_ += '}';
    at_ += digits;
    return {};
  }

  Result<> bracket() {
    if (in_.substr(at_, 7) == "[[:<:]]" || in_.substr(at_, 7) == "[[:>:]]")
      return regex_unsupported("a word constraint");
    out_ += '[';
    ++at_;
    if (peek() == '^') {
      out_ += '^';
      ++at_;
    }
    bool is_first = true;
    while (true) {
      if (at_ >= in_.size()) return regex_error("brackets [] not balanced");
      char c = in_[at_];
      if (c == ']' && !is_first) break;
      is_first = false;
      if (c == '[' && (peek(1) == '.' || peek(1) == '=')) return regex_unsupported("a collating element");
      if (c == '[' && peek(1) == ':') {
        size_t end = in_.find(":]", at_ + 2);
        if (end == std::string_view::npos) return regex_error("brackets [] not balanced");
        std::string_view name = in_.substr(at_ + 2, end - at_ - 2);
        std::string_view translated;
        for (const RegexClass& each : kRegexClasses)
          if (each.name == name) translated = each.translated;
        if (translated.empty()) return regex_error("invalid character class");
        out_.append(translated);
        at_ = end + 2;
      } else if (c == '\\') {
        TRY(bracket_escape());
      } else if (c == '[' || c == ']' || (c == '-' && peek(1) == ']')) {
        out_ += '\\';
        out_ += c;
        ++at_;
      } else {
        size_t width = utf8_width(c);
        out_.append(in_.substr(at_, width));
        at_ += width;
      }
    }
    out_ += ']';
    ++at_;
    can_repeat_ = true;
    return {};
  }
  Result<> bracket_escape() {
    char c = peek(1);
    if (c == 'd')
      out_ += "0-9";
    else if (c == 'w')
      out_ += "\\p{L}\\p{Nd}_";
    else if (c == 's')
      out_ += "\\s\\v";
    else
      return escape();
    at_ += 2;
    return {};
  }

  std::string_view in_;
  std::string out_;
  size_t at_ = 0;
  int depth_ = 0;
  bool can_repeat_ = false;
  bool has_lazy_ = false, has_greedy_ = false, has_alternatives_ = false;
  bool has_word_boundary_ = false;
};

std::string regex_error_words(RE2::ErrorCode code) {
  switch (code) {
    case RE2::ErrorBadEscape:
      return "invalid escape \\ sequence";
    case RE2::ErrorBadCharClass:
      return "invalid character class";
    case RE2::ErrorBadCharRange:
      return "invalid character range";
    case RE2::ErrorMissingBracket:
      return "brackets [] not balanced";
    case RE2::ErrorMissingParen:
    case RE2::ErrorUnexpectedParen:
      return "parentheses () not balanced";
    case RE2::ErrorTrailingBackslash:
      return "invalid escape \\ sequence";
    case RE2::ErrorRepeatArgument:
    case RE2::ErrorRepeatOp:
      return "quantifier operand invalid";
    case RE2::ErrorRepeatSize:
      return "invalid repetition count(s)";
    case RE2::ErrorPatternTooLarge:
      return "regular expression is too complex";
    default:
      return "invalid regular expression";
  }
}

}  // namespace

Result<RegexFlags> parse_regex_flags(std::string_view letters) {
  RegexFlags flags;
  for (size_t i = 0; i < letters.size(); ++i) {
    char letter = letters[i];
    switch (letter) {
      case 'g':
        flags.is_global = true;
        break;
      case 'i':
        flags.ignores_case = true;
        break;
      case 'c':
        flags.ignores_case = false;
        break;
      case 'n':
      case 'm':
        flags.newline_ends_line = true;
        flags.newline_stops_dot = true;
        break;
      case 'p':
        flags.newline_stops_dot = true;
        flags.newline_ends_line = false;
        break;
      case 'w':
        flags.newline_stops_dot = false;
        flags.newline_ends_line = true;
        break;
      case 's':
        flags.newline_stops_dot = false;
        flags.newline_ends_line = false;
        break;
      case 'q':
        flags.is_literal = true;
        break;
      case 't':
        break;
      case 'x':
      case 'b':
      case 'e':
        return Error(sqlstate::feature_not_supported,
                     std::string("regular expression option \"") + letter + "\" is not supported");
      default:
        return Error(sqlstate::invalid_parameter_value,
                     "invalid regular expression option: \"" +
                         std::string(letters.substr(i, utf8_width(letter))) + "\"");
    }
  }
  return flags;
}

Result<Regex> Regex::compile(std::string_view pattern, const RegexFlags& flags, bool needs_bounds) {
  std::string translated;
  bool is_lazy = false, needs_ascii = false;
  if (flags.is_literal) {
    translated = RE2::QuoteMeta(re2::StringPiece(pattern.data(), pattern.size()));
  } else {
    RegexTranslator translator(pattern);
    translated = TRY(translator.translate());
    is_lazy = translator.has_lazy();
    needs_ascii = translator.has_word_boundary();
    if (needs_bounds && is_lazy && (translator.has_greedy() || translator.has_alternatives()))
      return regex_unsupported("mixing greedy and non-greedy quantifiers");
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!flags.ignores_case);
  options.set_longest_match(!is_lazy);
  options.set_dot_nl(!flags.newline_stops_dot);
  options.set_never_nl(false);
  if (flags.newline_ends_line) translated = "(?m)" + translated;
  auto machine = std::make_unique<Machine>(translated, options);
  if (!machine->re2.ok()) return regex_error(regex_error_words(machine->re2.error_code()));
  return Regex(std::move(machine), needs_ascii);
}

bool Regex::contains_match(std::string_view text) const {
  return machine_->re2.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), RE2::UNANCHORED,
                             nullptr, 0);
}

int Regex::group_count() const {
  return machine_->re2.NumberOfCapturingGroups();
}

bool Regex::find(std::string_view text, size_t from, std::vector<std::string_view>& groups) const {
  size_t count = static_cast<size_t>(group_count()) + 1;
  std::vector<re2::StringPiece> found(count);
  if (!machine_->re2.Match(re2::StringPiece(text.data(), text.size()), from, text.size(), RE2::UNANCHORED,
                           found.data(), static_cast<int>(count)))
    return false;
  groups.resize(count);
  for (size_t i = 0; i < count; ++i)
    groups[i] =
        found[i].data() == nullptr ? std::string_view() : std::string_view(found[i].data(), found[i].size());
  return true;
}

Result<std::string> similar_to_regex(std::string_view pattern, std::string_view escape, bool is_split) {
  if (escape.size() > 1 && utf8_length(escape) > 1)
    return Error(sqlstate::invalid_escape_sequence, "invalid escape string")
        .hint("Escape string must be empty or one character.");
  // A quote after the escape character ends a part; the first two parts match as little as they can.
  std::string parts[3];
  int part = 0;
  bool in_bracket = false;
  size_t bracket_start = 0;
  for (size_t at = 0; at < pattern.size();) {
    size_t width = std::min(utf8_width(pattern[at]), pattern.size() - at);
    std::string_view c = pattern.substr(at, width);
    at += width;
    std::string& out = parts[part];
    if (!escape.empty() && c == escape) {
      if (at >= pattern.size()) break;  // PostgreSQL lets a lone one at the end stand for nothing
      size_t next_width = std::min(utf8_width(pattern[at]), pattern.size() - at);
      std::string_view next = pattern.substr(at, next_width);
      at += next_width;
      if (next == "\"" && !in_bracket && is_split) {
        if (part == 2)
          return Error(SqlState{"2200C"},
                       "SQL regular expression may not contain more than two escape-double-quote separators");
        ++part;
        continue;
      }
      bool is_word =
          next.size() == 1 && ((next[0] >= '0' && next[0] <= '9') || (next[0] >= 'a' && next[0] <= 'z') ||
                               (next[0] >= 'A' && next[0] <= 'Z'));
      if (is_word || next.size() == 1) out += '\\';
      out.append(next);
    } else if (in_bracket) {
      if (c == "\\") out += '\\';
      out.append(c);
      // A bracket right after the opening one, or its ^, is itself.
      if (c == "]" && at - 1 > bracket_start) in_bracket = false;
      if (c == "^" && at - 1 == bracket_start) ++bracket_start;
    } else if (c == "[") {
      out += '[';
      in_bracket = true;
      bracket_start = at;
    } else if (c == "%") {
      out += is_split && part == 0 ? ".*?" : ".*";
    } else if (c == "_") {
      out += '.';
    } else if (c == "(") {
      out += "(?:";
    } else if (c == "\\" || c == "." || c == "^" || c == "$") {
      out += '\\';
      out.append(c);
    } else {
      out.append(c);
    }
  }
  if (!is_split || part == 0) return "^(?:" + parts[0] + ")$";
  if (part == 1) return "^(?:" + parts[0] + ")(" + parts[1] + ")$";
  return "^(?:" + parts[0] + ")(" + parts[1] + ")(?:" + parts[2] + ")$";
}

}  // namespace rowan
