#include "shell/scanner.h"

#include <algorithm>
#include <cctype>

namespace rowan::shell {
namespace {

bool is_identifier_character(char c) {
  auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) || c == '_' || c == '$' || byte >= 0x80;
}

}  // namespace

void Scanner::set_line(std::string_view line) {
  line_ = line;
  position_ = 0;
  expansions_.clear();
}

void Scanner::reset() {
  state_ = State::Plain;
  comment_depth_ = 0;
  parentheses_ = 0;
}

char Scanner::prompt_mark(bool has_text) const {
  switch (state_) {
    case State::Literal:
    case State::EscapeLiteral:
      return '\'';
    case State::Identifier:
      return '"';
    case State::Dollar:
      return '$';
    case State::Comment:
      return '*';
    case State::Plain:
      break;
  }
  if (parentheses_ > 0) return '(';
  return has_text ? '-' : '=';
}

void Scanner::take(std::string& statement, size_t count) {
  statement.append(line_, position_, count);
  position_ += count;
}

std::string_view Scanner::dollar_tag() const {
  std::string_view text = rest();
  size_t length = 1;
  if (text.size() > 1 && std::isdigit(static_cast<unsigned char>(text[1]))) return {};
  while (length < text.size() && text[length] != '$' && is_identifier_character(text[length])) ++length;
  if (length >= text.size() || text[length] != '$') return {};
  return text.substr(0, length + 1);
}

void Scanner::scan_quoted(std::string& statement) {
  while (position_ < line_.size() && state_ != State::Plain) {
    switch (state_) {
      case State::EscapeLiteral:
        if (at("\\") && position_ + 1 < line_.size()) {
          take(statement, 2);
          continue;
        }
        [[fallthrough]];
      case State::Literal:
        if (at("'")) state_ = State::Plain;  // a doubled quote opens the same literal again
        break;
      case State::Identifier:
        if (at("\"")) state_ = State::Plain;
        break;
      case State::Dollar:
        if (at(dollar_)) {
          take(statement, dollar_.size());
          state_ = State::Plain;
          continue;
        }
        break;
      case State::Comment:
        if (at("/*")) {
          ++comment_depth_;
          take(statement, 2);
          continue;
        }
        if (at("*/")) {
          take(statement, 2);
          if (--comment_depth_ == 0) state_ = State::Plain;
          continue;
        }
        break;
      case State::Plain:
        break;
    }
    take(statement, 1);
  }
}

// A plain :name is read again as text of the line, for its value may hold quotes, semicolons and variables.
void Scanner::scan_variable(std::string& statement) {
  std::optional<Interpolation> found = interpolate(rest(), variables_);
  if (!found) return take(statement, 1);
  if (!found->is_text) {
    statement += found->replacement;
    position_ += found->length;
    return;
  }
  std::string name = line_.substr(position_ + 1, found->length - 1);
  while (!expansions_.empty() && rest().size() <= expansions_.back().left_behind) expansions_.pop_back();
  for (const Expansion& open : expansions_) {
    if (open.name != name) continue;
    warn_("skipping recursive expansion of variable \"" + name + "\"");
    return take(statement, found->length);
  }
  line_.replace(position_, found->length, found->replacement);
  expansions_.push_back({std::move(name), rest().size() - found->replacement.size()});
}

Scanner::Stop Scanner::scan(std::string& statement) {
  while (position_ < line_.size()) {
    if (state_ != State::Plain) {
      scan_quoted(statement);
      continue;
    }
    char c = line_[position_];
    if (at("--")) {
      position_ = std::min(line_.find('\n', position_), line_.size());  // psql sends no such comment, either
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      if (statement.empty()) {
        ++position_;
      } else {
        take(statement, 1);
      }
    } else if (at("/*")) {
      take(statement, 2);
      state_ = State::Comment;
      comment_depth_ = 1;
    } else if (c == '\'') {
      bool escapes = !statement.empty() && (statement.back() == 'e' || statement.back() == 'E') &&
                     (statement.size() == 1 || !is_identifier_character(statement[statement.size() - 2]));
      state_ = escapes ? State::EscapeLiteral : State::Literal;
      take(statement, 1);
    } else if (c == '"') {
      state_ = State::Identifier;
      take(statement, 1);
    } else if (c == '$' && !dollar_tag().empty()) {
      dollar_ = dollar_tag();
      state_ = State::Dollar;
      take(statement, dollar_.size());
    } else if (is_identifier_character(c)) {
      size_t length = 1;
      while (position_ + length < line_.size() && is_identifier_character(line_[position_ + length]))
        ++length;
      take(statement, length);
    } else if (at("::")) {
      take(statement, 2);
    } else if (c == ':') {
      scan_variable(statement);
    } else if (at("\\;")) {
      ++position_;  // a semicolon for the statement, not for us
      take(statement, 1);
    } else if (c == '\\') {
      ++position_;
      return Stop::Command;
    } else {
      if (c == '(') ++parentheses_;
      if (c == ')' && parentheses_ > 0) --parentheses_;
      take(statement, 1);
      if (c == ';' && parentheses_ == 0) return Stop::Semicolon;
    }
  }
  return Stop::EndOfLine;
}

std::vector<std::string_view> split_statements(std::string_view text) {
  Variables none;
  Scanner scanner(none, [](const std::string&) {});
  scanner.set_line(text);
  std::vector<std::string_view> statements;
  size_t begin = 0;
  bool more = true;
  while (more) {
    std::string statement;
    Scanner::Stop stop = scanner.scan(statement);
    while (stop == Scanner::Stop::Command) stop = scanner.scan(statement);
    more = stop == Scanner::Stop::Semicolon;
    size_t end = text.size() - scanner.rest().size();
    if (statement.find_first_not_of(" \t\r\n;") != std::string::npos)
      statements.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return statements;
}

}  // namespace rowan::shell
