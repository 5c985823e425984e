// shell/main.cpp: the command line of rowan.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <clocale>
#include <cstring>
#include <iostream>

#include "shell/interrupt.h"
#include "shell/line_editor.h"
#include "shell/pset.h"
#include "shell/shell.h"
#include "shell/torture/torture.h"

namespace rowan::shell {
namespace {

enum ExitCode { kSuccess = 0, kStatementFailed = 1, kUsage = 2, kStoppedOnError = 3 };

struct CommandLine {
  std::string file = ":memory:";
  std::vector<std::string> commands, scripts, variables, psets;
  std::vector<std::pair<char, std::string>> actions;  // 'c' and 'f' in the order given; 'i': piped input
  bool single_transaction = false, no_startup = false, quiet = false, echo_all = false, echo_queries = false,
       echo_errors = false;
  bool unaligned = false, tuples_only = false, expanded = false, csv = false, json = false, read_only = false,
       field_zero = false, record_zero = false, no_readline = false;
  std::string field_separator, record_separator, output_file;
};

int say_usage(std::string_view message) {
  std::cerr << "rowan: error: " << message << "\nrowan: hint: Try \"rowan --help\" for more information.\n";
  return kUsage;
}

int check(const std::string& path) {
  Result<std::vector<std::string>> findings = check_file(path);
  if (!findings.ok()) {
    std::cerr << error_text("ERROR", findings.error(), {}, "rowan: ", Verbosity::Default,
                            ShowContext::Errors);
    return kUsage;
  }
  for (const std::string& finding : *findings) std::cout << finding << "\n";
  if (findings->empty()) std::cout << path << ": no fault found\n";
  return findings->empty() ? kSuccess : kStatementFailed;
}

int torture(int argc, char** argv) {
  CLI::App app("rowan torture: kill -9 of concurrent writers, again and again; is everything there?");
  app.name("rowan torture");
  torture::Options options;
  app.add_option("DIR", options.directory, "where the database is made; the current folder when not given");
  app.add_option("--kills", options.kills, "how many; else as many as there is time for");
  app.add_option("--seconds", options.seconds, "how long; 600 when not given");
  app.add_option("--writers", options.writers, "how many at once; 8 when not given")
      ->check(CLI::Range(1, 64));
  app.add_flag("--keep", options.keep, "copy the file as each kill leaves it, into the folder after-kill");
  app.add_option("--seed", options.seed, "of what is done when; told in the report");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSuccess : kUsage;
  }
  return torture::run(options);
}

// Reads the options into `line`. True: go on. False: `code` is the exit code.
bool parse_arguments(int argc, char** argv, CommandLine& line, int& code) {
  CLI::App app("rowan: talk SQL to a database file");
  app.name("rowan");
  app.footer(
      "Subcommands: rowan check FILE reads every page of a database and names what is broken.\n"
      "rowan torture [DIR] kills writers on the disk of DIR and looks for what they lost.\n"
      "(A database of the name check or torture is ./check, ./torture.) Without FILE the database is in "
      "memory.");
  bool show_version = false;
  app.add_option("FILE", line.file, "the database file; created when it is not there");
  auto* commands =
      app.add_option("-c,--command", line.commands, "run one command (SQL or backslash) and exit")
          ->allow_extra_args(false);
  auto* scripts =
      app.add_option("-f,--file", line.scripts, "run commands from a file and exit")->allow_extra_args(false);
  app.add_option("-v,--set,--variable", line.variables, "set a variable: NAME=VALUE")
      ->allow_extra_args(false);
  app.add_option("-P,--pset", line.psets, "set an output option: NAME[=VALUE]")->allow_extra_args(false);
  app.add_flag("-1,--single-transaction", line.single_transaction, "run -c and -f in one transaction");
  app.add_flag("-X,--no-rowanrc", line.no_startup, "do not read ~/.rowanrc");
  app.add_flag("-q,--quiet", line.quiet, "say results only");
  app.add_flag("-a,--echo-all", line.echo_all, "echo all input");
  app.add_flag("-e,--echo-queries", line.echo_queries, "echo what is sent to the database");
  app.add_flag("-b,--echo-errors", line.echo_errors, "echo failed statements");
  app.add_flag("-A,--no-align", line.unaligned, "unaligned output");
  app.add_flag("-t,--tuples-only", line.tuples_only, "rows only");
  app.add_flag("-x,--expanded", line.expanded, "expanded output");
  app.add_option("-F,--field-separator", line.field_separator, "for unaligned output, \"|\" by default");
  app.add_option("-R,--record-separator", line.record_separator,
                 "for unaligned output, a newline by default");
  app.add_flag("-z,--field-separator-zero", line.field_zero,
               "separate fields by a zero byte in unaligned output");
  app.add_flag("-0,--record-separator-zero", line.record_zero,
               "separate records by a zero byte in unaligned output");
  app.add_flag("-n,--no-readline", line.no_readline, "type without line editing");
  app.add_option("-o,--output", line.output_file, "send results to a file or |pipe");
  app.add_flag("--csv", line.csv, "CSV output");
  app.add_flag("--json", line.json, "JSON output: an array of objects a result");
  app.add_flag("--readonly", line.read_only, "open the file for reading only");
  app.add_flag("-V,--version", show_version, "print the version and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success&) {
    std::cout << app.help();
    code = kSuccess;
    return false;
  } catch (const CLI::ParseError& fault) {
    code = say_usage(fault.what());
    return false;
  }
  if (show_version) {
    std::cout << "rowan " << version() << "\n";
    code = kSuccess;
    return false;
  }
  size_t next_command = 0;
  size_t next_script = 0;
  for (const CLI::Option* option : app.parse_order()) {
    if (option == commands && next_command < line.commands.size())
      line.actions.emplace_back('c', line.commands[next_command++]);
    if (option == scripts && next_script < line.scripts.size())
      line.actions.emplace_back('f', line.scripts[next_script++]);
  }
  return true;
}

std::string base_name(const std::string& path) {
  if (path == ":memory:") return "memory";
  std::string name = path.substr(path.rfind('/') + 1);
  size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

// Applies the options to the shell. "": fine, otherwise what is wrong.
std::string apply(const CommandLine& line, Shell& shell) {
  Variables& variables = shell.variables();
  if (line.quiet) variables.set("QUIET", "on");
  if (line.echo_all) variables.set("ECHO", "all");
  if (line.echo_queries) variables.set("ECHO", "queries");
  if (line.echo_errors) variables.set("ECHO", "errors");
  OutputOptions& output = shell.output();
  if (line.unaligned) output.format = Format::Unaligned;
  if (line.csv) output.format = Format::Csv;
  if (line.json) output.format = Format::Json;
  output.tuples_only = line.tuples_only;
  if (line.expanded) output.expanded = Expanded::On;
  if (!line.field_separator.empty()) output.field_separator = line.field_separator;
  if (!line.record_separator.empty()) output.record_separator = line.record_separator;
  if (line.field_zero) output.field_separator.assign(1, '\0');
  if (line.record_zero) output.record_separator.assign(1, '\0');
  for (const std::string& assignment : line.variables) {
    size_t equals = assignment.find('=');
    std::string name = assignment.substr(0, equals);
    if (equals == std::string::npos) {
      variables.take_away(name);
    } else if (std::string fault = variables.assign(name, assignment.substr(equals + 1)); !fault.empty()) {
      return fault;
    }
  }
  for (const std::string& assignment : line.psets) {
    size_t equals = assignment.find('=');
    std::optional<std::string> value;
    if (equals != std::string::npos) value = assignment.substr(equals + 1);
    std::string told;
    std::string fault = pset_apply(output, assignment.substr(0, equals), value, told);
    if (!fault.empty()) return fault;
  }
  return {};
}

void run_startup_file(Shell& shell) {
  const char* home = std::getenv("HOME");
  if (home == nullptr) return;
  std::string path = std::string(home) + "/.rowanrc";
  if (std::FILE* file = std::fopen(path.c_str(), "r")) {
    FileLines lines(file, path, true);
    shell.run(lines);
  }
}

int run_actions(const CommandLine& line, Shell& shell) {
  Outcome outcome = Outcome::Done;
  if (line.single_transaction && !shell.connection().execute("BEGIN").ok()) return kStatementFailed;
  for (const auto& [kind, argument] : line.actions) {
    if (kind == 'c') {
      bool is_command = !argument.empty() && argument[0] == '\\';
      if (shell.variables().lower("ECHO") == "all")  // as psql: a command without its backslash
        shell.print_standard(argument.substr(is_command ? 1 : 0) + "\n");
      if (is_command) {
        outcome = shell.run_single_command(argument);
      } else {
        shell.run_statement(argument);
        if (shell.had_error() && shell.variables().is_on("ON_ERROR_STOP")) outcome = Outcome::StoppedOnError;
      }
    } else if (kind == 'i') {
      FileLines lines(stdin, "", false);
      outcome = shell.run(lines);
    } else {
      std::FILE* file = argument == "-" ? stdin : open_to_read(argument);
      if (file == nullptr) {
        std::cerr << "rowan: error: " << argument << ": " << std::strerror(errno) << "\n";
        return kUsage;
      }
      FileLines lines(file, argument == "-" ? "<stdin>" : argument, file != stdin);
      outcome = shell.run(lines);
    }
    if (outcome == Outcome::StoppedOnError) break;  // \q ends its own action, as in psql
  }
  if (line.single_transaction) {
    Result<> ended = shell.connection().execute(outcome == Outcome::StoppedOnError ? "ROLLBACK" : "COMMIT");
    if (!ended.ok()) {
      std::cerr << error_text("ERROR", ended.error(), {}, "rowan: ", Verbosity::Default, ShowContext::Errors);
      return kStatementFailed;
    }
  }
  if (outcome == Outcome::StoppedOnError) return kStoppedOnError;
  return shell.had_error() ? kStatementFailed : kSuccess;
}

int run(int argc, char** argv) {
  setlocale(LC_CTYPE, "C.UTF-8");  // for wcwidth() alone; numbers keep the C locale
  if (argc >= 2 && std::strcmp(argv[1], "check") == 0) {
    if (argc != 3) return say_usage("rowan check takes one FILE");
    return check(argv[2]);
  }
  if (argc >= 2 && std::strcmp(argv[1], "torture") == 0) return torture(argc - 1, argv + 1);
  CommandLine line;
  int code = kSuccess;
  if (!parse_arguments(argc, argv, line, code)) return code;

  OpenOptions options;
  options.read_only = line.read_only;
  Result<Database> database = Database::open(line.file, options);
  Result<Connection> connection =
      database.ok() ? database->connect() : Result<Connection>(Error(database.error()));
  if (!connection.ok()) {
    std::cerr << error_text("ERROR", connection.error(), {}, "rowan: ", Verbosity::Default,
                            ShowContext::Errors);
    return kUsage;
  }
  bool interactive = isatty(STDIN_FILENO) != 0;
  if (line.actions.empty() && !interactive) line.actions.emplace_back('i', "");
  if (line.single_transaction && line.actions.empty())
    return say_usage("-1 can only be used in non-interactive mode");
  Shell shell(std::move(*connection), base_name(line.file), stdout, stderr);
  if (std::string fault = apply(line, shell); !fault.empty()) return say_usage(fault);
  if (!line.output_file.empty()) {
    Result<> redirected = shell.redirect(line.output_file);
    if (!redirected.ok()) return say_usage(redirected.error().message());
  }
  if (!line.no_startup) run_startup_file(shell);
  interrupt::install();
  if (!line.actions.empty()) return run_actions(line, shell);

  Outcome outcome;
  if (!line.no_readline) {
    if (!shell.is_quiet()) shell.print("rowan (" + std::string(version()) + ")\nType \"\\?\" for help.\n\n");
    const char* home = std::getenv("HOME");
    std::unique_ptr<LineSource> editor =
        make_line_editor(shell.connection(), home ? std::string(home) + "/.rowan_history" : "");
    outcome = shell.run(*editor);
  } else {
    FileLines lines(stdin, "", false);
    outcome = shell.run(lines);
  }
  return outcome == Outcome::StoppedOnError ? kStoppedOnError : kSuccess;
}

}  // namespace
}  // namespace rowan::shell

int main(int argc, char** argv) {
  return rowan::shell::run(argc, argv);
}
