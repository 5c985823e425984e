// shell/scanner.h: cuts what is typed into statements and backslash commands, line by line, the way psql
// does: a semicolon outside quotes, comments and parentheses ends a statement; a backslash starts a command;
// :name is replaced, and what it stands for is read as if it had been typed.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "shell/variables.h"

namespace rowan::shell {

class Scanner {
 public:
  // `warn` is told when a variable stands for itself.
  Scanner(const Variables& variables, std::function<void(const std::string&)> warn)
      : variables_(variables), warn_(std::move(warn)) {}

  // The next line of input, without its newline.
  void set_line(std::string_view line);

  enum class Stop { Semicolon, Command, EndOfLine };
  // Moves text of the line into `statement` up to a stop. At Semicolon the statement is complete (the
  // semicolon is in it); at Command rest() begins behind the backslash.
  Stop scan(std::string& statement);

  std::string_view rest() const { return std::string_view(line_).substr(position_); }
  void skip(size_t bytes) { position_ += bytes; }

  // Inside a string, quoted identifier or comment: an empty line then belongs to it.
  bool in_quote() const { return state_ != State::Plain; }
  // What psql's prompt shows for an unfinished statement: '=' none, '-' some text, '\'' '"' '$' '*' '('
  // inside of.
  char prompt_mark(bool has_text) const;
  // Forgets an unfinished statement.
  void reset();
  // How many parentheses are open; \if remembers them for the text that \else takes back.
  int parentheses() const { return parentheses_; }
  void set_parentheses(int open) { parentheses_ = open; }

 private:
  enum class State { Plain, Literal, EscapeLiteral, Identifier, Dollar, Comment };
  // A variable whose value is being read; it ends where this many bytes of the line are left.
  struct Expansion {
    std::string name;
    size_t left_behind;
  };

  bool at(std::string_view text) const {
    return std::string_view(line_).substr(position_, text.size()) == text;
  }
  void take(std::string& statement, size_t count);
  void scan_quoted(std::string& statement);
  void scan_variable(std::string& statement);
  // The tag of a dollar quote that starts here, with both dollars; "" when none does.
  std::string_view dollar_tag() const;

  const Variables& variables_;
  std::function<void(const std::string&)> warn_;
  std::string line_;
  size_t position_ = 0;
  State state_ = State::Plain;
  std::string dollar_;
  int comment_depth_ = 0;
  int parentheses_ = 0;
  std::vector<Expansion> expansions_;
};

// The statements of `text`, cut at the semicolons between them; each is a part of `text`. No variables.
std::vector<std::string_view> split_statements(std::string_view text);

}  // namespace rowan::shell
