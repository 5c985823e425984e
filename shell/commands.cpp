#include "shell/commands.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "shell/pset.h"

namespace rowan::shell {

// Commands reach into the shell they steer; they are its other half, kept apart by idea.
class Commands {
 public:
  static bool quit(CommandCall& call) {
    call.outcome = Outcome::Quit;
    return true;
  }

  static bool echo(CommandCall& call) {
    auto write = [&](std::string_view text) {
      if (call.name == "warn") {
        call.shell.flush();
        std::fwrite(text.data(), 1, text.size(), call.shell.errors_);
      } else if (call.name == "qecho") {
        call.shell.print(text);
      } else {
        call.shell.print_standard(text);
      }
    };
    bool newline = true;
    bool first = true;
    while (std::optional<std::string> word = call.arguments.next()) {
      if (first && newline && *word == "-n" && !call.arguments.was_quoted()) {
        newline = false;
        continue;
      }
      write(first ? *word : " " + *word);
      first = false;
    }
    if (newline) write("\n");
    return true;
  }

  static bool set(CommandCall& call) {
    std::optional<std::string> name = call.arguments.next();
    if (!name) {
      for (const auto& [variable, value] : call.shell.variables_.all())
        call.shell.print_standard(variable + " = '" + value + "'\n");
      return true;
    }
    std::string value;
    for (std::string& word : call.arguments.all()) value += word;
    std::string fault = call.shell.variables_.assign(*name, std::move(value));
    return fault.empty() || fail(call, fault);
  }

  static bool unset(CommandCall& call) {
    std::optional<std::string> name = call.arguments.next();
    if (!name) return missing_argument(call);
    if (Variables::is_valid_name(*name)) call.shell.variables_.take_away(*name);
    return true;
  }

  static bool set_environment(CommandCall& call) {
    std::optional<std::string> name = call.arguments.next();
    std::optional<std::string> value = call.arguments.next();
    if (!name) return missing_argument(call);
    if (name->find('=') != std::string::npos)
      return fail(call, "\\setenv: environment variable name must not contain \"=\"");
    if (value) {
      setenv(name->c_str(), value->c_str(), 1);
    } else {
      unsetenv(name->c_str());
    }
    return true;
  }

  static bool get_environment(CommandCall& call) {
    std::optional<std::string> variable = call.arguments.next();
    std::optional<std::string> name = call.arguments.next();
    if (!variable || !name) return missing_argument(call);
    const char* value = std::getenv(name->c_str());
    if (value == nullptr) return true;
    std::string fault = call.shell.variables_.assign(*variable, value);
    return fault.empty() || fail(call, fault);
  }

  static bool prompt(CommandCall& call) {
    std::optional<std::string> text = call.arguments.next();
    std::optional<std::string> name = call.arguments.next();
    if (!text) return missing_argument(call);
    if (!name) name = std::exchange(text, std::nullopt);
    call.shell.print_standard(text.value_or(""));
    FileLines input(stdin, "", false);
    std::optional<std::string> line = input.next("");
    if (!line) return fail(call, "\\prompt: could not read value for variable");
    std::string fault = call.shell.variables_.assign(*name, *line);
    return fault.empty() || fail(call, fault);
  }

  static bool timing(CommandCall& call) {
    std::optional<std::string> wanted = call.arguments.next();
    if (wanted) {
      std::optional<bool> on = parse_boolean(*wanted);
      if (on) call.shell.timing_ = *on;
      if (!on)
        call.shell.complain("unrecognized value \"" + *wanted + "\" for \"\\timing\": Boolean expected");
      if (!call.shell.is_quiet())
        call.shell.print_standard(call.shell.timing_ ? "Timing is on.\n" : "Timing is off.\n");
      return on.has_value();
    } else {
      call.shell.timing_ = !call.shell.timing_;
    }
    if (!call.shell.is_quiet())
      call.shell.print_standard(call.shell.timing_ ? "Timing is on.\n" : "Timing is off.\n");
    return true;
  }

  static bool pset(CommandCall& call) {
    std::optional<std::string> option = call.arguments.next();
    if (!option) {
      call.shell.print_standard(pset_listing(call.shell.output_));
      return true;
    }
    return apply(call, *option, call.arguments.next());
  }

  // \x \t \f \C \T \a: \pset under short names.
  static bool short_pset(CommandCall& call) {
    if (call.name == "a")
      return apply(call, "format", call.shell.output_.format == Format::Aligned ? "unaligned" : "aligned");
    std::optional<std::string> value = call.arguments.next();
    return apply(call,
                 call.name == "x"   ? "expanded"
                 : call.name == "t" ? "tuples_only"
                 : call.name == "f" ? "fieldsep"
                 : call.name == "C" ? "title"
                                    : "tableattr",
                 value);
  }

  static bool include(CommandCall& call) {
    std::optional<std::string> name = call.arguments.next();
    if (!name) return missing_argument(call);
    std::string path = *name;
    if ((call.name == "ir" || call.name == "include_relative") && path[0] != '/') {
      std::string location = call.shell.source_ ? call.shell.source_->location() : std::string();
      size_t slash = location.rfind('/');
      if (slash != std::string::npos) path = location.substr(0, slash + 1) + path;
    }
    std::FILE* file = open_to_read(path);
    if (file == nullptr) return fail(call, *name + ": " + std::strerror(errno));
    FileLines lines(file, path, true);
    Outcome outcome = call.shell.run(lines);
    if (outcome == Outcome::StoppedOnError) call.outcome = outcome;
    return true;
  }

  static bool redirect(CommandCall& call) {
    Result<> done = call.shell.redirect(call.arguments.next_file_or_pipe().value_or(""));
    return done.ok() || fail(call, done.error().message());
  }

  // \g \gx \gset \gexec; \g and \gx may say (OPTION=VALUE …) for this result.
  static bool go(CommandCall& call) {
    ResultTarget target;
    std::optional<std::string> word = call.name == "gset"    ? call.arguments.next()
                                      : call.name == "gexec" ? std::nullopt
                                                             : call.arguments.next_file_or_pipe();
    if (call.name == "gx") {
      target.options = call.shell.output_;
      target.options->expanded = Expanded::On;
    }
    if (call.name == "gset") {
      target.gset_prefix = word.value_or("");
    } else if (call.name == "gexec") {
      target.execute_cells = true;
    } else {
      if (!word || word->front() != '(') {
        target.file = word.value_or("");
      } else if (!take_result_options(call, *word, target)) {
        return false;
      }
    }
    if (call.statement.empty()) call.statement = call.shell.last_statement_;
    call.shell.last_statement_ = std::exchange(call.statement, {});
    call.shell.scanner_->reset();
    return call.shell.run_statement(std::string(call.shell.last_statement_), target);
  }

  // The names and types that the statement's result would have.
  static bool describe_result(CommandCall& call) {
    if (call.statement.empty()) call.statement = call.shell.last_statement_;
    std::string text = std::exchange(call.statement, {});
    call.shell.scanner_->reset();
    call.shell.last_statement_ = text;
    if (text.empty()) {
      call.shell.print("The command has no result, or the result has no columns.\n");
      return true;
    }
    Result<Statement> prepared = call.shell.connection_.prepare(text);
    if (!prepared.ok()) {
      call.shell.show_error(prepared.error(), text);
      return false;
    }
    uint32_t count = prepared->column_count();
    if (count == 0) {
      call.shell.print("The command has no result, or the result has no columns.\n");
      return true;
    }
    ResultTable table;
    table.headers = {{"Column", false, false, false}, {"Type", false, false, false}};
    for (uint32_t i = 0; i < count; ++i)
      table.rows.push_back({{false, prepared->column_name(i)}, {false, prepared->column_type(i)}});
    return call.shell.write_result(table, {});
  }

  static bool show_buffer(CommandCall& call) {
    const std::string& text = call.statement.empty() ? call.shell.last_statement_ : call.statement;
    call.shell.print_standard(text.empty() ? "Query buffer is empty.\n" : text + "\n");
    return true;
  }

  static bool reset_buffer(CommandCall& call) {
    call.statement.clear();
    call.shell.scanner_->reset();
    if (!call.shell.is_quiet()) call.shell.print_standard("Query buffer reset (cleared).\n");
    return true;
  }

  static bool write_buffer(CommandCall& call) {
    std::optional<std::string> name = call.arguments.next_file_or_pipe();
    if (!name) return missing_argument(call);
    bool is_pipe = name->front() == '|';
    std::FILE* file = is_pipe ? popen(name->c_str() + 1, "w") : std::fopen(name->c_str(), "w");
    if (file == nullptr) return fail(call, *name + ": " + std::strerror(errno));
    const std::string& text = call.statement.empty() ? call.shell.last_statement_ : call.statement;
    if (!text.empty()) std::fputs((text + "\n").c_str(), file);
    if (is_pipe) {
      pclose(file);
    } else {
      std::fclose(file);
    }
    return true;
  }

  static bool backup(CommandCall& call) {
    std::optional<std::string> name = call.arguments.next();
    if (!name) return missing_argument(call);
    std::string literal;
    for (char c : *name) literal += c == '\'' ? "''" : std::string(1, c);
    return call.shell.run_statement("BACKUP TO '" + literal + "'");
  }

  static bool edit(CommandCall& call) {
    std::optional<std::string> file = call.arguments.next();
    std::string path = file.value_or("");
    char scratch[] = "/tmp/rowan.edit.XXXXXX";
    if (!file) {
      int descriptor = mkstemp(scratch);
      if (descriptor < 0)
        return fail(call, std::string("could not open temporary file: ") + std::strerror(errno));
      const std::string& text = call.statement.empty() ? call.shell.last_statement_ : call.statement;
      bool written = write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
      close(descriptor);
      if (!written) return fail(call, std::string("could not write temporary file: ") + std::strerror(errno));
      path = scratch;
    }
    const char* editor = std::getenv("VISUAL") ? std::getenv("VISUAL") : std::getenv("EDITOR");
    int code = std::system((std::string(editor ? editor : "vi") + " '" + path + "'").c_str());
    std::string text;
    if (std::FILE* edited = code == 0 ? std::fopen(path.c_str(), "r") : nullptr) {
      FileLines lines(edited, "", true);
      while (std::optional<std::string> line = lines.next("")) text += (text.empty() ? "" : "\n") + *line;
    }
    if (!file) unlink(scratch);
    if (code != 0)
      return fail(call, code == -1 || WEXITSTATUS(code) == 127
                            ? "could not start editor \"" + std::string(editor ? editor : "vi") + "\""
                            : std::string("the editor failed; the query buffer is as it was"));
    call.statement.clear();
    call.shell.scanner_->reset();
    call.shell.edited_ = std::move(text);
    return true;
  }

  static bool shell_escape(CommandCall& call) {
    std::string command = call.arguments.whole_rest();
    call.shell.flush();
    if (command.empty()) {
      const char* name = std::getenv("SHELL");
      command = name ? name : "/bin/sh";
    }
    return std::system(command.c_str()) != -1 || fail(call, "\\!: failed");
  }

  static bool change_directory(CommandCall& call) {
    std::optional<std::string> directory = call.arguments.next();
    const char* home = std::getenv("HOME");
    std::string path = directory.value_or(home ? home : "/");
    return chdir(path.c_str()) == 0 ||
           fail(call, "\\cd: could not change directory to \"" + path + "\": " + std::strerror(errno));
  }

  static bool encoding(CommandCall& call) {
    std::optional<std::string> wanted = call.arguments.next();
    if (!wanted) {
      call.shell.print_standard("UTF8\n");
      return true;
    }
    std::string name;
    for (char c : *wanted) {
      if (c != '-' && c != '_') name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return name == "UTF8" || name == "UNICODE" ||
           fail(call, *wanted + ": invalid encoding name or conversion procedure not found");
  }

  static bool copy_from(CommandCall& call, const std::string& statement, LineSource& source) {
    call.shell.copy_source_ = &source;
    bool ran = call.shell.run_statement(statement);
    call.shell.copy_source_ = nullptr;
    return ran;
  }

  // \copy TABLE FROM|TO FILE …: COPY with the file on this side.
  static bool copy(CommandCall& call);

  static bool help(CommandCall& call) {
    // What stands in no table of commands: shell/conditionals.cpp and shell/describe.cpp.
    constexpr CommandEntry kOthers[] = {
        {"if", nullptr, "EXPR", "begin conditional block"},
        {"elif", nullptr, "EXPR", "alternative within current conditional block"},
        {"else", nullptr, "", "final alternative within current conditional block"},
        {"endif", nullptr, "", "end conditional block"},
        {"blockers", nullptr, "", "list who waits for a lock, for whom, and what they run"},
        {"d[S+]", nullptr, "", "list tables, views, and sequences"},
        {"d[+]", nullptr, "NAME", "describe table, view, sequence, or index"},
        {"df", nullptr, "[PATTERN]", "list functions"},
        {"di[S+]", nullptr, "[PATTERN]", "list indexes"},
        {"dn", nullptr, "", "list schemas"},
        {"ds[S+]", nullptr, "[PATTERN]", "list sequences"},
        {"dt[S+]", nullptr, "[PATTERN]", "list tables"},
        {"dT", nullptr, "[PATTERN]", "list data types"},
        {"du", nullptr, "", "list roles"},
        {"dv[S+]", nullptr, "[PATTERN]", "list views"},
        {"l", nullptr, "", "list databases"},
    };
    std::string text;
    auto add = [&](const CommandEntry& entry) {
      if (entry.help.empty()) return;
      std::string head = "  \\" + std::string(entry.name) + " " + std::string(entry.arguments);
      if (head.size() < 30) head.resize(30, ' ');
      text += head + " " + std::string(entry.help) + "\n";
    };
    for (const CommandEntry& entry : command_table()) add(entry);
    for (const CommandEntry& entry : kOthers) add(entry);
    call.shell.print_standard(text);
    return true;
  }

  static bool tell_connection(CommandCall& call) {
    call.shell.print_standard("You are connected to database \"" + call.shell.database_name_ + "\".\n");
    return true;
  }

  static bool missing_argument(CommandCall& call) {
    return fail(call, "\\" + std::string(call.name) + ": missing required argument");
  }

  static bool fail(CommandCall& call, std::string_view message) {
    call.shell.complain(message);
    return false;
  }

 private:
  // "(format=csv null=x)" before the file; the words of it are arguments of their own.
  static bool take_result_options(CommandCall& call, std::string word, ResultTarget& target) {
    if (!target.options) target.options = call.shell.output_;
    word.erase(0, 1);
    std::optional<std::string> next = word;
    for (;;) {
      if (!next) return fail(call, "\\" + std::string(call.name) + ": missing right parenthesis");
      bool last = !next->empty() && next->back() == ')';
      if (last) next->pop_back();
      if (!next->empty()) {
        size_t equals = next->find('=');
        std::optional<std::string> value;
        if (equals != std::string::npos) value = next->substr(equals + 1);
        std::string told;
        std::string fault = pset_apply(*target.options, next->substr(0, equals), value, told);
        if (!fault.empty()) return fail(call, fault);
      }
      next = last ? call.arguments.next_file_or_pipe() : call.arguments.next();
      if (!last) continue;
      target.file = next.value_or("");
      return true;
    }
  }

  static bool apply(CommandCall& call, const std::string& option, const std::optional<std::string>& value) {
    std::string told;
    std::string fault = pset_apply(call.shell.output_, option, value, told);
    if (!fault.empty()) return fail(call, fault);
    if (!call.shell.is_quiet()) call.shell.print_standard(told);
    return true;
  }
};

namespace {

// A word of \copy's line: up to a blank, quotes and parentheses kept whole.
std::string take_copy_word(std::string_view& line) {
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front()))) line.remove_prefix(1);
  size_t end = 0;
  int depth = 0;
  char quote = 0;
  for (; end < line.size(); ++end) {
    char c = line[end];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      --depth;
    } else if (depth == 0 && std::isspace(static_cast<unsigned char>(c))) {
      break;
    }
  }
  std::string word(line.substr(0, end));
  line.remove_prefix(end);
  return word;
}

bool is_keyword(const std::string& word, const char* keyword) {
  return strcasecmp(word.c_str(), keyword) == 0;
}

}  // namespace

bool Commands::copy(CommandCall& call) {
  std::string typed = call.arguments.whole_rest();
  std::string_view line = typed;
  std::string subject;
  std::string word;
  while (!(word = take_copy_word(line)).empty() && !is_keyword(word, "from") && !is_keyword(word, "to")) {
    subject += (subject.empty() ? "" : " ") + word;
  }
  if (typed.empty()) return fail(call, "\\copy: arguments required");
  if (word.empty() || subject.empty()) return fail(call, "\\copy: parse error at end of line");
  bool from = is_keyword(word, "from");
  std::string target = take_copy_word(line);
  if (target.empty()) return fail(call, "\\copy: parse error at end of line");
  bool standard = is_keyword(target, "stdin") || is_keyword(target, "stdout") ||
                  is_keyword(target, "pstdin") || is_keyword(target, "pstdout");
  bool is_program = is_keyword(target, "program");
  if (is_program) target = take_copy_word(line);
  if (target.size() >= 2 && target.front() == '\'' && target.back() == '\'')
    target = target.substr(1, target.size() - 2);
  std::string statement = "COPY " + subject + (from ? " FROM STDIN" : " TO STDOUT") + std::string(line);
  if (standard && is_keyword(target, "pstdin")) {
    FileLines input(stdin, "", false, LinesOf::Data);
    return copy_from(call, statement, input);
  }
  if (standard) return call.shell.run_statement(statement);

  std::FILE* file = is_program ? popen(target.c_str(), from ? "r" : "w")
                    : from     ? open_to_read(target)
                               : std::fopen(target.c_str(), "w");
  if (file == nullptr) {
    bool is_directory = from && !is_program && errno == EISDIR;
    return fail(call,
                target + ": " + (is_directory ? "cannot copy from/to a directory" : std::strerror(errno)));
  }
  bool ran;
  if (from) {
    FileLines lines(file, "", false, LinesOf::Data);
    ran = copy_from(call, statement, lines);
  } else {
    std::FILE* outer = std::exchange(call.shell.out_, file);
    bool quiet = call.shell.is_quiet();
    call.shell.variables_.set("QUIET", "on");
    ran = call.shell.run_statement(statement);
    call.shell.flush();
    call.shell.out_ = outer;
    if (!quiet) {
      call.shell.variables_.set("QUIET", "off");
      if (ran)
        call.shell.print("COPY " + std::string(call.shell.variables_.get("ROW_COUNT").value_or("0")) + "\n");
    }
  }
  if (is_program) {
    pclose(file);
  } else {
    std::fclose(file);
  }
  return ran;
}

std::span<const CommandEntry> command_table() {
  static constexpr CommandEntry kCommands[] = {
      {"copy", Commands::copy, "...", "perform SQL COPY with data stream to the client host"},
      {"g", Commands::go, "[FILE]", "execute query (and send result to file or |pipe)"},
      {"gx", Commands::go, "[FILE]", "as \\g, but forces expanded output mode"},
      {"gset", Commands::go, "[PREFIX]", "execute query and store result in variables"},
      {"gdesc", Commands::describe_result, "", "describe result of query, without executing it"},
      {"gexec", Commands::go, "", "execute query, then execute each value in its result"},
      {"backup", Commands::backup, "FILE", "copy the database into a new file"},
      {"q", Commands::quit, "", "quit rowan"},
      {"quit", Commands::quit, "", ""},
      {"?", Commands::help, "", "show help on backslash commands"},
      {"help", Commands::help, "", ""},
      {"e", Commands::edit, "[FILE]", "edit the query buffer (or file) with external editor"},
      {"edit", Commands::edit, "[FILE]", ""},
      {"p", Commands::show_buffer, "", "show the contents of the query buffer"},
      {"print", Commands::show_buffer, "", ""},
      {"r", Commands::reset_buffer, "", "reset (clear) the query buffer"},
      {"reset", Commands::reset_buffer, "", ""},
      {"w", Commands::write_buffer, "FILE", "write query buffer to file"},
      {"write", Commands::write_buffer, "FILE", ""},
      {"i", Commands::include, "FILE", "execute commands from file"},
      {"include", Commands::include, "FILE", ""},
      {"ir", Commands::include, "FILE", "as \\i, but relative to location of current script"},
      {"include_relative", Commands::include, "FILE", ""},
      {"o", Commands::redirect, "[FILE]", "send all query results to file or |pipe"},
      {"out", Commands::redirect, "[FILE]", ""},
      {"echo", Commands::echo, "[-n] [STRING]", "write string to standard output (-n for no newline)"},
      {"qecho", Commands::echo, "[-n] [STRING]", "write string to \\o output stream (-n for no newline)"},
      {"warn", Commands::echo, "[-n] [STRING]", "write string to standard error (-n for no newline)"},
      {"a", Commands::short_pset, "", "toggle between unaligned and aligned output mode"},
      {"C", Commands::short_pset, "[STRING]", "set table title, or unset if none"},
      {"f", Commands::short_pset, "[STRING]", "show or set field separator for unaligned query output"},
      {"pset", Commands::pset, "[NAME [VALUE]]", "set table output option"},
      {"t", Commands::short_pset, "[on|off]", "show only rows"},
      {"T", Commands::short_pset, "", ""},  // of HTML, which there is none of
      {"x", Commands::short_pset, "[on|off|auto]", "toggle expanded output"},
      {"encoding", Commands::encoding, "[ENCODING]", "show or set client encoding"},
      {"conninfo", Commands::tell_connection, "", "display information about current connection"},
      {"cd", Commands::change_directory, "[DIR]", "change the current working directory"},
      {"timing", Commands::timing, "[on|off]", "toggle timing of commands"},
      {"!", Commands::shell_escape, "[COMMAND]", "execute command in shell or start interactive shell"},
      {"set", Commands::set, "[NAME [VALUE]]", "set internal variable, or list all if no parameters"},
      {"unset", Commands::unset, "NAME", "unset (delete) internal variable"},
      {"prompt", Commands::prompt, "[TEXT] NAME", "prompt user to set internal variable"},
      {"setenv", Commands::set_environment, "NAME [VALUE]", "set or unset environment variable"},
      {"getenv", Commands::get_environment, "PSQLVAR ENVVAR", "fetch environment variable"},
  };
  return kCommands;
}

bool Shell::run_command(std::string_view name, Arguments& arguments, std::string& statement,
                        Outcome& outcome) {
  if (name == "if" || name == "elif" || name == "else" || name == "endif") {
    return run_conditional(name, arguments, statement);
  }
  CommandCall call{*this, name, arguments, statement, outcome};
  bool active = is_active();
  if (!active) arguments.stop_evaluating();
  for (const CommandEntry& entry : command_table()) {
    if (entry.name != name) continue;
    if (active) return entry.run(call);
    if (name == "!" || name == "copy") arguments.whole_rest();
    return true;
  }
  if (is_describe_command(name)) return !active || run_describe(call);
  std::string message = "invalid command \\" + std::string(name);
  if (source_ != nullptr && source_->is_interactive()) message += "\nTry \\? for help.";
  complain(message);
  return false;
}

}  // namespace rowan::shell
