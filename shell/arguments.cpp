#include "shell/arguments.h"

#include <array>
#include <cctype>
#include <cstdio>
#include <memory>

namespace rowan::shell {
namespace {

bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

// One escape of a quoted argument behind its backslash; moves `at` past it.
char unescape(std::string_view text, size_t& at) {
  char c = text[at++];
  auto number = [&](int base, size_t digits_max) {
    int value = 0;
    for (size_t i = 0; i < digits_max && at < text.size(); ++i) {
      int digit = std::isdigit(static_cast<unsigned char>(text[at]))    ? text[at] - '0'
                  : std::isxdigit(static_cast<unsigned char>(text[at])) ? std::tolower(text[at]) - 'a' + 10
                                                                        : 99;
      if (digit >= base) break;
      value = value * base + digit;
      ++at;
    }
    return static_cast<char>(value);
  };
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'r':
      return '\r';
    case 'f':
      return '\f';
    case 'x':
      return number(16, 2);
    default:
      break;
  }
  if (c >= '0' && c <= '7') {
    --at;
    return number(8, 3);
  }
  return c;
}

}  // namespace

std::string run_backquoted(const std::string& command) {
  std::string output;
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (!pipe) return output;
  std::array<char, 512> buffer;
  size_t count;
  while ((count = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) > 0)
    output.append(buffer.data(), count);
  if (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

std::optional<std::string> Arguments::next() {
  return take(true, false);
}
std::optional<std::string> Arguments::next_identifier() {
  return take(false, true);
}

std::optional<std::string> Arguments::take(bool keep_double_quotes, bool fold) {
  while (position_ < line_.size() && is_blank(line_[position_])) ++position_;
  if (position_ >= line_.size() || line_[position_] == '\\') return std::nullopt;
  std::string argument;
  while (position_ < line_.size() && !is_blank(line_[position_])) {
    char c = line_[position_];
    if (c == '\\') break;
    ++position_;
    if (c == '\'') {
      while (position_ < line_.size()) {
        char inner = line_[position_++];
        if (inner == '\'') {
          if (position_ >= line_.size() || line_[position_] != '\'') break;
          ++position_;
        } else if (inner == '\\' && position_ < line_.size()) {
          inner = unescape(line_, position_);
        }
        argument += inner;
      }
    } else if (c == '"') {
      if (keep_double_quotes) argument += c;
      while (position_ < line_.size()) {
        char inner = line_[position_++];
        if (inner == '"') {
          if (keep_double_quotes) argument += inner;
          if (position_ >= line_.size() || line_[position_] != '"' || keep_double_quotes) break;
          ++position_;
        }
        argument += inner;
      }
    } else if (c == '`') {
      size_t end = line_.find('`', position_);
      size_t stop = end == std::string_view::npos ? line_.size() : end;
      argument += run_backquoted(std::string(line_.substr(position_, stop - position_)));
      position_ = end == std::string_view::npos ? stop : stop + 1;
    } else if (c == ':') {
      std::optional<Interpolation> found = interpolate(line_.substr(position_ - 1), variables_);
      if (found) {
        argument += found->replacement;
        position_ += found->length - 1;
      } else {
        argument += c;
      }
    } else {
      argument += fold ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : c;
    }
  }
  return argument;
}

std::string Arguments::whole_rest() {
  std::string_view rest = line_.substr(position_);
  position_ = line_.size();
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  while (!rest.empty() && is_blank(rest.back())) rest.remove_suffix(1);
  return std::string(rest);
}

std::vector<std::string> Arguments::all() {
  std::vector<std::string> arguments;
  while (std::optional<std::string> argument = next()) arguments.push_back(std::move(*argument));
  return arguments;
}

size_t Arguments::finish() {
  all();
  while (position_ < line_.size() && is_blank(line_[position_])) ++position_;
  if (line_.substr(position_, 2) == "\\\\") position_ += 2;
  return position_;
}

}  // namespace rowan::shell
