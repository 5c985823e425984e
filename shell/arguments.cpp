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

// :'name' or :"name" at the front of `text`; "" when there is none.
std::string_view quoted_reference(std::string_view text) {
  if (text.size() < 4 || (text[1] != '\'' && text[1] != '"')) return {};
  size_t end = text.find(text[1], 2);
  if (end == std::string_view::npos || !Variables::is_valid_name(text.substr(2, end - 2))) return {};
  return text.substr(0, end + 1);
}

}  // namespace

std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  std::array<char, 512> buffer;
  size_t count;
  while ((count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) output.append(buffer.data(), count);
  if (pclose(pipe) != 0) output.clear();
  if (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

// Variables are replaced inside, :'name' quoted for the system's shell.
std::string Arguments::run_backquoted(std::string_view command) const {
  if (!evaluates_) return {};
  std::string text;
  while (!command.empty()) {
    std::optional<Interpolation> found = interpolate(command, variables_);
    if (!found || command[1] == '"') {
      text += command.front();
      command.remove_prefix(1);
      continue;
    }
    if (command[1] == '\'') {
      std::string value(variables_.get(command.substr(2, found->length - 3)).value_or(""));
      text += '\'';
      for (char c : value) {
        if (c == '\'') text += "'\\'";  // out of the quote, a quote, and in again
        text += c;
      }
      text += '\'';
    } else {
      text += found->replacement;
    }
    command.remove_prefix(found->length);
  }
  return output_of(text);
}

void Arguments::skip_blanks() {
  while (position_ < line_.size() && is_blank(line_[position_])) ++position_;
}

// The inside of a quote whose first mark has been read. False: it has no end.
bool Arguments::take_quoted(char quote, std::string& argument) {
  size_t begin = position_;
  while (position_ < line_.size()) {
    char c = line_[position_++];
    if (c == quote && quote == '\'' && position_ < line_.size() && line_[position_] == '\'') {
      ++position_;
      argument += c;
    } else if (c == quote) {
      if (quote == '`') argument += run_backquoted(line_.substr(begin, position_ - 1 - begin));
      if (quote == '"') argument += '"';
      return true;
    } else if (c == '\\' && quote == '\'' && position_ < line_.size()) {
      argument += unescape(line_, position_);
    } else if (quote != '`') {
      argument += c;
    }
  }
  complain_("unterminated quoted string");
  return false;
}

std::optional<std::string> Arguments::next() {
  skip_blanks();
  was_quoted_ = false;
  if (position_ >= line_.size() || line_[position_] == '\\') return std::nullopt;
  std::string argument;
  while (position_ < line_.size() && !is_blank(line_[position_]) && line_[position_] != '\\') {
    char c = line_[position_];
    if (c == '\'' || c == '"' || c == '`') {
      was_quoted_ = true;
      ++position_;
      if (c == '"') argument += c;
      if (!take_quoted(c, argument)) return std::nullopt;
      continue;
    }
    std::optional<Interpolation> found;
    if (c == ':' && evaluates_) found = interpolate(line_.substr(position_), variables_);
    if (found) {
      argument += found->replacement;
      position_ += found->length;
      was_quoted_ = true;
      continue;
    }
    // A reference to what is not set stays as it is typed, its quotes too.
    std::string_view quoted = c == ':' ? quoted_reference(line_.substr(position_)) : std::string_view();
    size_t length = quoted.empty() ? 1 : quoted.size();
    argument += line_.substr(position_, length);
    position_ += length;
  }
  return argument;
}

std::optional<std::string> Arguments::next_file_or_pipe() {
  skip_blanks();
  if (position_ >= line_.size() || line_[position_] != '|') return next();
  std::string rest(line_.substr(position_));
  position_ = line_.size();
  return rest;
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
  skip_blanks();
  if (line_.substr(position_, 2) == "\\\\") position_ += 2;
  return position_;
}

}  // namespace rowan::shell
