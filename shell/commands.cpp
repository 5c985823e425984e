#include "shell/commands.h"

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
    std::vector<std::string> words = call.arguments.all();
    bool newline = true;
    if (!words.empty() && words[0] == "-n") {
      newline = false;
      words.erase(words.begin());
    }
    std::string text;
    for (size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : " ") + words[i];
    if (newline) text += "\n";
    if (call.name == "warn") {
      call.shell.flush();
      std::fwrite(text.data(), 1, text.size(), call.shell.errors_);
    } else if (call.name == "qecho") {
      call.shell.print(text);
    } else {
      std::fwrite(text.data(), 1, text.size(), call.shell.standard_out_);
    }
    return true;
  }

  static bool set(CommandCall& call) {
    std::optional<std::string> name = call.arguments.next();
    if (!name) {
      for (const auto& [variable, value] : call.shell.variables_.all())
        call.shell.print(variable + " = '" + value + "'\n");
      return true;
    }
    std::string value;
    for (std::string& word : call.arguments.all()) value += word;
    if (!Variables::is_valid_name(*name)) return fail(call, "invalid variable name: \"" + *name + "\"");
    constexpr std::string_view kBooleans[] = {"AUTOCOMMIT", "ON_ERROR_STOP", "QUIET", "SINGLELINE",
                                              "SINGLESTEP"};
    for (std::string_view boolean : kBooleans) {
      if (*name != boolean) continue;
      if (value.empty()) value = "on";
      std::optional<bool> parsed = parse_boolean(value);
      if (!parsed)
        return fail(call, "unrecognized value \"" + value + "\" for \"" + *name + "\": Boolean expected");
      value = *parsed ? "on" : "off";
    }
    struct Choice {
      std::string_view name, values;
    };
    constexpr Choice kChoices[] = {{"VERBOSITY", "default, verbose, terse, sqlstate"},
                                   {"ECHO", "none, errors, queries, all"},
                                   {"SHOW_CONTEXT", "never, errors, always"}};
    for (const Choice& choice : kChoices) {
      if (*name != choice.name ||
          (", " + std::string(choice.values) + ",").find(" " + value + ",") != std::string::npos)
        continue;
      return fail(call, "unrecognized value \"" + value + "\" for \"" + *name +
                            "\"\nAvailable values are: " + std::string(choice.values) + ".");
    }
    call.shell.variables_.set(*name, value);
    return true;
  }

  static bool unset(CommandCall& call) {
    std::optional<std::string> name = call.arguments.next();
    if (!name) return fail(call, "\\unset: missing required argument");
    if (!Variables::is_valid_name(*name)) return fail(call, "invalid variable name: \"" + *name + "\"");
    if (*name == "VERBOSITY" || *name == "SHOW_CONTEXT" || *name == "ECHO" || *name == "AUTOCOMMIT") {
      call.shell.variables_.set(*name, *name == "VERBOSITY"      ? "default"
                                       : *name == "SHOW_CONTEXT" ? "errors"
                                       : *name == "ECHO"         ? "none"
                                                                 : "on");
    } else {
      call.shell.variables_.unset(*name);
    }
    return true;
  }

  static bool timing(CommandCall& call) {
    std::optional<std::string> wanted = call.arguments.next();
    if (wanted) {
      std::optional<bool> on = parse_boolean(*wanted);
      if (!on) return fail(call, "unrecognized value \"" + *wanted + "\" for \"\\timing\": Boolean expected");
      call.shell.timing_ = *on;
    } else {
      call.shell.timing_ = !call.shell.timing_;
    }
    if (!call.shell.is_quiet()) call.shell.print(call.shell.timing_ ? "Timing is on.\n" : "Timing is off.\n");
    return true;
  }

  static bool pset(CommandCall& call) {
    std::optional<std::string> option = call.arguments.next();
    if (!option) {
      call.shell.print(pset_listing(call.shell.output_));
      return true;
    }
    return apply(call, *option, call.arguments.next());
  }

  // \x \a \t \f \C \H: \pset under short names.
  static bool short_pset(CommandCall& call) {
    std::optional<std::string> value = call.arguments.next();
    if (call.name == "x") return apply(call, "expanded", value);
    if (call.name == "t") return apply(call, "tuples_only", value);
    if (call.name == "f") return apply(call, "fieldsep", value);
    if (call.name == "C") return apply(call, "title", value ? value : std::optional<std::string>(""));
    return apply(call, "format", call.shell.output_.format == Format::Aligned ? "unaligned" : "aligned");
  }

  static bool include(CommandCall& call) {
    std::optional<std::string> name = call.arguments.next();
    if (!name) return fail(call, "\\" + std::string(call.name) + ": missing required argument");
    std::string path = *name;
    if (call.name == "ir" && path[0] != '/') {
      std::string location = call.shell.source_ ? call.shell.source_->location() : std::string();
      size_t slash = location.rfind('/');
      if (slash != std::string::npos) path = location.substr(0, slash + 1) + path;
    }
    std::FILE* file = std::fopen(path.c_str(), "r");
    if (file == nullptr) return fail(call, *name + ": " + std::strerror(errno));
    FileLines lines(file, path, true);
    Outcome outcome = call.shell.run(lines);
    if (outcome == Outcome::StoppedOnError) call.outcome = outcome;
    return true;
  }

  static bool redirect(CommandCall& call) {
    std::optional<std::string> target = call.arguments.next();
    std::string rest = call.arguments.whole_rest();
    std::string file = target.value_or("");
    if (!file.empty() && file[0] == '|' && !rest.empty()) file += " " + rest;
    Result<> done = call.shell.redirect(file);
    return done.ok() || fail(call, done.error().message());
  }

  static bool go(CommandCall& call) {
    std::optional<std::string> word = call.arguments.next();
    ResultTarget target;
    target.expanded = call.name == "gx";
    if (call.name == "gset") {
      target.gset_prefix = word.value_or("");
    } else if (word) {
      target.file = *word;
      std::string rest = call.arguments.whole_rest();
      if (!rest.empty()) target.file += " " + rest;
    }
    if (call.statement.find_first_not_of(" \t\n") == std::string::npos)
      call.statement = call.shell.last_statement_;
    std::string text = std::exchange(call.statement, {});
    call.shell.last_statement_ = text;
    return call.shell.run_statement(text, target);
  }

  static bool show_buffer(CommandCall& call) {
    const std::string& text = call.statement.empty() ? call.shell.last_statement_ : call.statement;
    call.shell.print(text.empty() ? "Query buffer is empty.\n" : text + "\n");
    return true;
  }

  static bool reset_buffer(CommandCall& call) {
    call.statement.clear();
    call.shell.scanner_->reset();
    if (!call.shell.is_quiet()) call.shell.print("Query buffer reset (cleared).\n");
    return true;
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
    if (code != 0) return fail(call, "could not start editor");
    call.statement = text;
    size_t last = text.find_last_not_of(" \t\n");
    if (last != std::string::npos && text[last] == ';') {
      call.shell.last_statement_ = std::exchange(call.statement, {});
      return call.shell.run_statement(text);
    }
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
      call.shell.print("UTF8\n");
      return true;
    }
    std::string name;
    for (char c : *wanted) {
      if (c != '-' && c != '_') name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return name == "UTF8" || name == "UNICODE" ||
           fail(call, *wanted + ": invalid encoding name or conversion procedure not found");
  }

  // \copy TABLE FROM|TO FILE …: COPY with the file on this side.
  static bool copy(CommandCall& call);

  static bool help(CommandCall& call) {
    std::string text;
    for (const CommandEntry& entry : command_table()) {
      if (entry.help.empty()) continue;
      std::string head = "  \\" + std::string(entry.name) + " " + std::string(entry.arguments);
      if (head.size() < 30) head.resize(30, ' ');
      text += head + " " + std::string(entry.help) + "\n";
    }
    call.shell.print(text);
    return true;
  }

  static bool fail(CommandCall& call, std::string_view message) {
    call.shell.complain(message);
    return false;
  }

 private:
  static bool apply(CommandCall& call, const std::string& option, const std::optional<std::string>& value) {
    std::string told;
    std::string fault = pset_apply(call.shell.output_, option, value, told);
    if (!fault.empty()) return fail(call, fault);
    if (!call.shell.is_quiet()) call.shell.print(told);
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
  if (standard) return call.shell.run_statement(statement);

  std::FILE* file =
      is_program ? popen(target.c_str(), from ? "r" : "w") : std::fopen(target.c_str(), from ? "r" : "w");
  if (file == nullptr) return fail(call, target + ": " + std::strerror(errno));
  bool ran;
  if (from) {
    FileLines lines(file, "", false);
    LineSource* outer = std::exchange(call.shell.source_, &lines);
    ran = call.shell.run_statement(statement);
    call.shell.source_ = outer;
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
      {"i", Commands::include, "FILE", "execute commands from file"},
      {"include", Commands::include, "FILE", ""},
      {"ir", Commands::include, "FILE", "as \\i, but relative to location of current script"},
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
      {"x", Commands::short_pset, "[on|off|auto]", "toggle expanded output"},
      {"encoding", Commands::encoding, "[ENCODING]", "show or set client encoding"},
      {"cd", Commands::change_directory, "[DIR]", "change the current working directory"},
      {"timing", Commands::timing, "[on|off]", "toggle timing of commands"},
      {"!", Commands::shell_escape, "[COMMAND]", "execute command in shell or start interactive shell"},
      {"set", Commands::set, "[NAME [VALUE]]", "set internal variable, or list all if no parameters"},
      {"unset", Commands::unset, "NAME", "unset (delete) internal variable"},
  };
  return kCommands;
}

bool Shell::run_conditional(std::string_view name, Arguments& arguments) {
  auto evaluate = [&]() -> std::optional<bool> {
    std::string text = arguments.next().value_or("");
    std::optional<bool> value = parse_boolean(text);
    if (!value)
      complain("unrecognized value \"" + text + "\" for \"\\" + std::string(name) +
               " expression\": Boolean expected");
    return value;
  };
  using State = Branch::State;
  if (name == "if") {
    if (!is_active()) {
      branches_.push_back({State::Ignored});
      return true;
    }
    std::optional<bool> value = evaluate();
    branches_.push_back({value.value_or(false) ? State::Active : State::NotYet});
    return value.has_value();
  }
  if (branches_.empty()) {
    complain("\\" + std::string(name) + ": no matching \\if");
    return false;
  }
  Branch& branch = branches_.back();
  if (name == "endif") {
    branches_.pop_back();
    return true;
  }
  if (branch.seen_else) {
    complain("\\" + std::string(name) + ": cannot occur after \\else");
    return false;
  }
  if (name == "else") {
    branch.seen_else = true;
    branch.state = branch.state == State::NotYet   ? State::Active
                   : branch.state == State::Active ? State::Done
                                                   : branch.state;
    return true;
  }
  if (branch.state == State::Active) {
    branch.state = State::Done;
  } else if (branch.state == State::NotYet) {
    std::optional<bool> value = evaluate();
    if (value.value_or(false)) branch.state = State::Active;
    return value.has_value();
  }
  return true;
}

bool Shell::run_command(std::string_view name, Arguments& arguments, std::string& statement,
                        Outcome& outcome) {
  if (name == "if" || name == "elif" || name == "else" || name == "endif")
    return run_conditional(name, arguments);
  if (!is_active()) return true;
  CommandCall call{*this, name, arguments, statement, outcome};
  for (const CommandEntry& entry : command_table()) {
    if (entry.name == name) return entry.run(call);
  }
  if (is_describe_command(name)) return run_describe(call);
  std::string message = "invalid command \\" + std::string(name);
  if (source_ != nullptr && source_->is_interactive()) message += "\nTry \\? for help.";
  complain(message);
  return false;
}

}  // namespace rowan::shell
