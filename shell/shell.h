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
  std::optional<OutputOptions> options;    // \gx and \g (OPTION=VALUE …)
  bool execute_cells = false;              // \gexec
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
  // Runs the one backslash command that `text` is, as -c gives it.
  Outcome run_single_command(const std::string& text);
  // Runs the statements of `text` and prints what they give; several run as one transaction, as psql would
  // send them in one message. False: one failed, and the shell said so.
  bool run_statement(const std::string& text, const ResultTarget& target = {});

  // Says "rowan:FILE:LINE: error: …" as psql words its own complaints.
  void complain(std::string_view message, std::string_view level = "error");
  // Writes to where results go (\o), or to standard output whatever was asked of \o.
  void print(std::string_view text);
  std::FILE* out() { return out_; }
  void print_standard(std::string_view text);
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
    // Of the statement where \if stood: what a branch not taken adds to it is taken back.
    size_t statement_size = 0;
    int parentheses = 0;
  };
  // A statement on its way in, and where its last newline was put.
  struct Pending {
    std::string text;
    size_t newline_end = std::string::npos;
  };

  bool is_active() const;
  bool run_command(std::string_view name, Arguments& arguments, std::string& statement, Outcome& outcome);
  bool run_conditional(std::string_view name, Arguments& arguments, std::string& statement);
  std::optional<bool> evaluate_condition(std::string_view name, Arguments& arguments);
  void discard_branch(std::string& statement);
  bool take_dot(const Pending& pending);
  bool run_line(Pending& pending, Outcome& outcome);
  bool take_command(Pending& pending, Outcome& outcome);
  bool stops_on_error() const;
  bool run_several(const std::string& text, const std::vector<std::string_view>& statements,
                   const ResultTarget& target);
  bool run_one(std::string_view statement, const std::string& whole, const ResultTarget& target);
  bool begin_silently();
  Result<bool> query_and_show(std::string_view statement, const ResultTarget& target);
  bool guards_with_savepoint() const;
  void skip_copy_data();
  std::string next_copy_data();
  bool execute_cells(const ResultTable& table);
  std::string prompt_part(char what, size_t& at, const std::string& pattern, char mark) const;
  std::string prompt(const std::string& statement) const;
  std::string error_prefix() const;
  // Shows all rows. False: they could not be put where they were to go, and the shell said so.
  Result<bool> show_rows(Rows& rows, const ResultTarget& target);
  bool store_gset(const ResultTable& table, const std::string& prefix);
  void show_error(const Error& error, std::string_view statement, size_t offset = 0);
  void show_time(double milliseconds);
  void set_result_variables(std::string_view state, uint64_t rows);
  bool write_result(const ResultTable& table, const ResultTarget& target);
  Result<> stream_rows(Rows& rows, const ResultTable& headers);
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
  enum class CopyIn : uint8_t { Idle, Reading, Ended };
  CopyIn copy_in_ =
      CopyIn::Idle;               // COPY data may follow in the script, and must be read over when COPY fails
  bool is_in_copy_line_ = false;  // the data read last end within a line
  LineSource* copy_source_ = nullptr;  // where \\copy reads from; none: the script itself
  bool copied_out_ = false;            // the statement wrote COPY data to standard output
  std::string last_statement_;         // for \g, \p and \e on an empty buffer
  LineSource* source_ = nullptr;       // the innermost
  Scanner* scanner_ = nullptr;
  std::vector<Branch> branches_;
  std::optional<std::string> edited_;  // what \\e leaves, to be read as if it were the rest of the line
  std::string edited_prompt_;          // to show it behind when it is not complete
  size_t line_number_ = 0;             // of the statement being typed, for prompts
};

}  // namespace rowan::shell
