// shell/shell.h: one conversation: lines in, statements and backslash commands run, results and errors out.
// Behaves as psql 15 does, byte for byte, but for its name; every "\cmd" may also be written ".cmd" where a
// statement could start.
//
// The path of a line: LineSource -> Scanner -> run_statement() -> Connection::query -> print_table, or
// -> run_command() (shell/commands.cpp) -> a member function of Commands.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/rowan.hpp"
#include "shell/arguments.h"
#include "shell/error_text.h"
#include "shell/line_source.h"
#include "shell/output.h"
#include "shell/scanner.h"
#include "shell/variables.h"

namespace rowan::shell {

// What becomes of the result of a statement that \g or \gset ended instead of a semicolon.
struct ResultTarget {
  std::string file;                        // \g FILE or \g |COMMAND
  std::optional<std::string> gset_prefix;  // \gset [PREFIX]
  bool expanded = false;                   // \gx
};

// How a script ended, in the words of the exit code.
enum class Outcome : uint8_t { Done, Quit, StoppedOnError };

class Shell {
 public:
  Shell(Connection connection, std::string database_name, std::FILE* out, std::FILE* errors);

  Variables& variables() { return variables_; }
  OutputOptions& output() { return output_; }
  Connection& connection() { return connection_; }
  bool had_error() const { return had_error_; }

  // Runs all of `source`. Nested for \i.
  Outcome run(LineSource& source);
  // Runs one statement's text and prints what it gives. False: it failed, and said so.
  bool run_statement(const std::string& text, const ResultTarget& target = {});

  // Says "rowan:FILE:LINE: error: …" as psql words its own complaints.
  void complain(std::string_view message);
  void print(std::string_view text);
  void flush();
  bool is_quiet() const { return variables_.is_on("QUIET"); }
  // Sends results to `target` (a file, "|command", or "" for standard output). Errors: 58P01.
  Result<> redirect(const std::string& target);

 private:
  friend class Commands;

  struct Branch {
    enum class State : uint8_t { Active, NotYet, Done, Ignored };  // NotYet: no branch has been true so far
    State state;
    bool seen_else = false;
  };

  bool is_active() const;
  bool run_command(std::string_view name, Arguments& arguments, std::string& statement, Outcome& outcome);
  bool run_conditional(std::string_view name, Arguments& arguments);
  std::string prompt(const std::string& statement) const;
  std::string error_prefix() const;
  Result<> show_rows(Rows& rows, const ResultTarget& target);
  Result<> store_gset(const ResultTable& table, const std::string& prefix);
  void show_error(const Error& error, std::string_view statement);
  void set_result_variables(std::string_view state, uint64_t rows);
  Result<> write_result(const ResultTable& table, const ResultTarget& target);
  Verbosity verbosity() const;
  ShowContext show_context() const;

  Connection connection_;
  std::string database_name_;
  std::FILE* standard_out_;
  std::FILE* errors_;
  std::FILE* out_;
  bool out_is_pipe_ = false;
  Variables variables_;
  OutputOptions output_;
  bool timing_ = false;
  bool had_error_ = false;
  bool copied_out_ = false;  // the statement wrote COPY data to standard output
  std::string last_statement_;    // for \g, \p and \e on an empty buffer
  LineSource* source_ = nullptr;  // the innermost
  Scanner* scanner_ = nullptr;
  std::vector<Branch> branches_;
};

}  // namespace rowan::shell
