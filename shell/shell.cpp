#include "shell/shell.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "shell/interrupt.h"
#include "shell/row_printer.h"
#include "types/try.h"

namespace rowan::shell {
namespace {

ResultTable collect_headers(const Rows& rows) {
  ResultTable table;
  for (uint32_t i = 0; i < rows.column_count(); ++i) {
    const std::string& type = rows.column_type(i);
    bool is_boolean = type == "boolean";
    bool is_json = type == "json" || type == "jsonb";
    table.headers.push_back(
        {rows.column_name(i), rows.is_numeric(i), rows.is_numeric(i) || is_json, is_boolean});
  }
  return table;
}

void append_row(const Rows& rows, ResultTable& table) {
  std::vector<Cell>& row = table.rows.emplace_back(table.headers.size());
  for (uint32_t i = 0; i < row.size(); ++i) {
    row[i].is_null = rows.is_null(i);
    if (!row[i].is_null) rows.append_text(i, row[i].text);
  }
}

bool is_empty_statement(std::string_view text) {
  return text.find_first_not_of(" \t\r\n;") == std::string_view::npos;
}

// Nothing but blanks and closed block comments, which is where a statement could begin.
bool is_before_statement(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    std::string_view two = text.substr(i, 2);
    if (two == "/*" || (depth > 0 && two == "*/")) {
      depth += two == "/*" ? 1 : -1;
      ++i;
    } else if (depth == 0 && std::isspace(static_cast<unsigned char>(text[i])) == 0) {
      return false;
    }
  }
  return depth == 0;
}

std::string first_word(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n(");
  if (begin == std::string_view::npos) return {};
  std::string word;
  for (char c : text.substr(begin)) {
    if (!std::isalpha(static_cast<unsigned char>(c))) break;
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return word;
}

// The words at the start of a statement, in capitals, up to the first that is none.
std::vector<std::string> leading_words(std::string_view text) {
  std::vector<std::string> words;
  for (;;) {
    std::string word = first_word(text);
    if (word.empty()) return words;
    text.remove_prefix(text.find_first_not_of(" \t\r\n(") + word.size());
    words.push_back(std::move(word));
  }
}

// What there must be a transaction block for, though several statements of one message are nearly one.
std::string needed_block(const std::vector<std::string>& words) {
  auto is = [&](size_t at, std::string_view word) { return at < words.size() && words[at] == word; };
  if (is(0, "SAVEPOINT")) return "SAVEPOINT";
  if (is(0, "RELEASE")) return "RELEASE SAVEPOINT";
  size_t next = is(1, "WORK") || is(1, "TRANSACTION") ? 2 : 1;
  bool undoes = is(0, "ROLLBACK") || is(0, "ABORT");
  if (undoes && is(next, "TO")) return "ROLLBACK TO SAVEPOINT";
  if (!is(next, "AND") || !is(next + 1, "CHAIN")) return {};
  return undoes ? "ROLLBACK AND CHAIN" : is(0, "COMMIT") || is(0, "END") ? "COMMIT AND CHAIN" : "";
}

// BEGIN's modes as SET TRANSACTION takes them; empty: it names none.
std::string modes_of(std::string_view begin, const std::vector<std::string>& words) {
  size_t skipped = words.size() > 1 && (words[1] == "WORK" || words[1] == "TRANSACTION") ? 2 : 1;
  for (size_t i = 0; i < skipped; ++i)
    begin.remove_prefix(begin.find_first_not_of(" \t\r\n(") + words[i].size());
  return words.size() == skipped ? std::string() : "SET TRANSACTION" + std::string(begin);
}

// Statements that must not get a BEGIN in front when AUTOCOMMIT is off.
bool controls_transactions(std::string_view text) {
  std::string word = first_word(text);
  for (std::string_view name : {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT",
                                "RELEASE", "VACUUM", "CHECKPOINT", "BACKUP"}) {
    if (word == name) return true;
  }
  return false;
}

// Columns of the terminal that `file` is; 0: it is none.
size_t terminal_columns(std::FILE* file) {
  winsize size{};
  return isatty(fileno(file)) != 0 && ioctl(fileno(file), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

Shell::Shell(Connection connection, std::string database_name, std::FILE* out, std::FILE* errors)
    : connection_(std::move(connection)),
      database_name_(std::move(database_name)),
      standard_out_(out),
      errors_(errors),
      out_(out) {
  variables_.set_defaults();
  variables_.set("ENCODING", "UTF8");
  variables_.set("LAST_ERROR_MESSAGE", "");
  variables_.set("LAST_ERROR_SQLSTATE", "00000");
  variables_.set("DBNAME", database_name_);
  variables_.set("VERSION", "Rowan " + std::string(version()));
  connection_.on_notice([this](const Notice& notice) {
    flush();
    std::string text =
        error_text(notice.severity, notice.error, {}, error_prefix(), verbosity(), show_context());
    std::fwrite(text.data(), 1, text.size(), errors_);
  });
  connection_.on_copy([this]() -> Result<std::string> { return next_copy_data(); },
                      [this](std::string_view data) -> Result<> {
                        copied_out_ = true;
                        print(data);
                        return {};
                      });
}

void Shell::print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), out_);
}

void Shell::print_standard(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), standard_out_);
  std::fflush(standard_out_);
}

void Shell::flush() {
  std::fflush(out_);
}

std::string Shell::error_prefix() const {
  std::string location = source_ ? source_->location() : std::string();
  return location.empty() ? location : "rowan:" + location;
}

void Shell::complain(std::string_view message, std::string_view level) {
  flush();
  std::string prefix = error_prefix();
  std::string text =
      (prefix.empty() ? std::string() : prefix + std::string(level) + ": ") + std::string(message) + "\n";
  std::fwrite(text.data(), 1, text.size(), errors_);
}

Verbosity Shell::verbosity() const {
  std::string name = variables_.lower("VERBOSITY");
  if (name == "terse") return Verbosity::Terse;
  if (name == "verbose") return Verbosity::Verbose;
  if (name == "sqlstate") return Verbosity::SqlState;
  return Verbosity::Default;
}

ShowContext Shell::show_context() const {
  std::string name = variables_.lower("SHOW_CONTEXT");
  if (name == "never") return ShowContext::Never;
  if (name == "always") return ShowContext::Always;
  return ShowContext::Errors;
}

std::string Shell::prompt_part(char what, size_t& at, const std::string& pattern, char mark) const {
  switch (what) {
    case '/':
    case '~':
      return database_name_;
    case 'R':
      return std::string(1, is_active() ? mark : '@');
    case 'x': {
      TransactionStatus status = connection_.transaction_status();
      return status == TransactionStatus::Active ? "*" : status == TransactionStatus::Failed ? "!" : "";
    }
    case 'l':
      return std::to_string(line_number_);
    case '#':
      return "#";
    case '%':
      return "%";
    case ':':
    case '`': {
      size_t end = pattern.find(what, at + 1);
      if (end == std::string::npos) return {};
      std::string inside = pattern.substr(at + 1, end - at - 1);
      at = end;
      return what == '`' ? output_of(inside) : std::string(variables_.get(inside).value_or(""));
    }
    case '[':
      return "\001";  // readline's own marks of what takes no room
    case ']':
      return "\002";
    default:
      return {};
  }
}

std::string Shell::prompt(const std::string& statement) const {
  char mark = scanner_->prompt_mark(!statement.empty());
  std::string pattern(variables_.get(mark == '=' ? "PROMPT1" : "PROMPT2").value_or(""));
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out += pattern[i];
    } else {
      ++i;
      out += prompt_part(pattern[i], i, pattern, mark);
    }
  }
  return out;
}

bool Shell::stops_on_error() const {
  return variables_.is_on("ON_ERROR_STOP") && (source_ == nullptr || !source_->is_interactive());
}

Outcome Shell::run(LineSource& source) {
  LineSource* outer_source = std::exchange(source_, &source);
  Scanner scanner(variables_, [this](const std::string& text) { complain(text, "warning"); });
  Scanner* outer_scanner = std::exchange(scanner_, &scanner);
  size_t outer_branches = branches_.size();
  Pending pending;
  Outcome outcome = Outcome::Done;

  while (outcome == Outcome::Done) {
    flush();
    if (pending.text.empty() && !scanner.in_quote()) line_number_ = 0;
    ++line_number_;
    std::optional<std::string> line = source.next(prompt(pending.text));
    if (source.is_interactive() && interrupt::take()) {
      pending.text.clear();
      scanner.reset();
      branches_.resize(outer_branches);
      continue;
    }
    if (!line) {
      if (source.is_interactive() && !is_quiet()) print_standard("\\q\n");
      break;
    }
    if (line->empty() && !scanner.in_quote()) continue;
    if (!source.is_interactive() && variables_.lower("ECHO") == "all") print_standard(*line + "\n");
    pending.newline_end = std::string::npos;
    if (!pending.text.empty()) {
      pending.text += '\n';
      pending.newline_end = pending.text.size();
    }
    scanner.set_line(*line);
    run_line(pending, outcome);
    if (pending.text.empty() && !scanner.in_quote()) source.end_entry();
  }
  // psql runs what is left without a semicolon when input ends, unless a person typed it.
  if (outcome != Outcome::StoppedOnError && !is_empty_statement(pending.text) && !source.is_interactive() &&
      is_active()) {
    if (!run_statement(pending.text) && stops_on_error()) outcome = Outcome::StoppedOnError;
  }
  if (branches_.size() > outer_branches) {
    if (outcome != Outcome::StoppedOnError && !source.is_interactive())
      complain("reached EOF without finding closing \\endif(s)");
    branches_.resize(outer_branches);
  }
  flush();
  scanner_ = outer_scanner;
  source_ = outer_source;
  return outcome;
}

Outcome Shell::run_single_command(const std::string& text) {
  Scanner scanner(variables_, [](const std::string&) {});
  Scanner* outer_scanner = std::exchange(scanner_, &scanner);
  Pending pending;
  Outcome outcome = Outcome::Done;
  scanner.set_line(text);
  scanner.skip(1);
  bool ran = take_command(pending, outcome);
  if (!ran && variables_.is_on("ON_ERROR_STOP")) outcome = Outcome::StoppedOnError;
  flush();
  scanner_ = outer_scanner;
  return outcome;
}

// ".tables" is "\tables" where a statement could begin; the scanner then stands behind the dot.
bool Shell::take_dot(const Pending& pending) {
  if (scanner_->in_quote() || !is_before_statement(pending.text)) return false;
  std::string_view rest = scanner_->rest();
  size_t at = rest.find_first_not_of(" \t");
  if (at == rest.npos || at + 1 >= rest.size() || rest[at] != '.') return false;
  char next = rest[at + 1];
  if (!std::isalpha(static_cast<unsigned char>(next)) && next != '?' && next != '!') return false;
  scanner_->skip(at + 1);
  return true;
}

// Runs what one line completes: statements and commands.
bool Shell::run_line(Pending& pending, Outcome& outcome) {
  while (outcome == Outcome::Done) {
    Scanner::Stop stop = take_dot(pending) ? Scanner::Stop::Command : scanner_->scan(pending.text);
    if (stop == Scanner::Stop::EndOfLine) {
      std::string behind = std::exchange(edited_prompt_, {});
      if (!behind.empty() && !pending.text.empty() && source_->is_interactive())
        print_standard(behind + pending.text + "\n");
      return true;
    }
    bool ran = true;
    if (stop == Scanner::Stop::Command) {
      ran = take_command(pending, outcome);
    } else if (is_active()) {
      last_statement_ = std::exchange(pending.text, {});
      ran = run_statement(last_statement_);
    } else {
      if (source_->is_interactive())
        complain("query ignored; use \\endif or Ctrl-C to exit current \\if block");
      discard_branch(pending.text);
    }
    if (!ran && outcome == Outcome::Done && stops_on_error()) outcome = Outcome::StoppedOnError;
  }
  return false;
}

bool Shell::take_command(Pending& pending, Outcome& outcome) {
  // A line with nothing but a command adds nothing to the statement, its newline neither.
  if (pending.text.size() == pending.newline_end) pending.text.pop_back();
  pending.newline_end = std::string::npos;
  std::string_view rest = scanner_->rest();
  size_t length = 0;
  while (length < rest.size() && !std::isspace(static_cast<unsigned char>(rest[length])) &&
         rest[length] != '\\' && rest[length] != '|') {
    ++length;
    if (length == 1 && !std::isalpha(static_cast<unsigned char>(rest[0]))) break;  // \! and \?
  }
  std::string name(rest.substr(0, length));
  std::string tail(rest.substr(length));
  Arguments arguments(tail, variables_, [this](std::string_view text) { complain(text); });
  bool ran = run_command(name, arguments, pending.text, outcome);
  if (ran) {
    arguments.stop_evaluating();
    while (std::optional<std::string> extra = arguments.next()) {
      if (is_active() || name == "endif" || name == "else")
        complain("\\" + name + ": extra argument \"" + *extra + "\" ignored", "warning");
    }
  } else {
    arguments.whole_rest();  // what follows a command that failed is not run
  }
  scanner_->skip(length + arguments.finish());
  if (edited_) {
    edited_prompt_ = prompt("");
    scanner_->set_line(*edited_);
    edited_.reset();
  }
  if (!ran) had_error_ = true;
  return ran;
}

void Shell::set_result_variables(std::string_view state, uint64_t rows) {
  variables_.set("SQLSTATE", std::string(state));
  variables_.set("ERROR", state == "00000" ? "false" : "true");
  variables_.set("ROW_COUNT", std::to_string(rows));
}

void Shell::show_error(const Error& error, std::string_view statement, size_t offset) {
  had_error_ = true;
  set_result_variables(error.state().text(), 0);
  variables_.set("LAST_ERROR_MESSAGE", error.message());
  variables_.set("LAST_ERROR_SQLSTATE", std::string(error.state().text()));
  flush();
  std::string text =
      error_text("ERROR", error, statement, error_prefix(), verbosity(), show_context(), offset);
  if (variables_.lower("ECHO") == "errors")
    text += error_prefix() + "STATEMENT:  " + std::string(statement) + "\n";
  std::fwrite(text.data(), 1, text.size(), errors_);
}

void Shell::show_time(double milliseconds) {
  char line[128];
  if (milliseconds < 1000) {
    std::snprintf(line, sizeof line, "Time: %.3f ms\n", milliseconds);
  } else {
    int64_t seconds = static_cast<int64_t>(milliseconds / 1000);
    double rest = milliseconds / 1000 - static_cast<double>(seconds - seconds % 60);
    if (seconds < 3600) {
      std::snprintf(line, sizeof line, "Time: %.3f ms (%02d:%06.3f)\n", milliseconds,
                    static_cast<int>(seconds / 60), rest);
    } else {
      std::snprintf(line, sizeof line, "Time: %.3f ms (%02d:%02d:%06.3f)\n", milliseconds,
                    static_cast<int>(seconds / 3600), static_cast<int>(seconds / 60 % 60), rest);
    }
  }
  print_standard(line);
}

bool Shell::begin_silently() {
  Result<> begun = connection_.execute("BEGIN");
  if (!begun.ok()) show_error(begun.error(), "BEGIN");
  return begun.ok();
}

bool Shell::run_statement(const std::string& text, const ResultTarget& target) {
  if (is_empty_statement(text)) return true;
  std::string echo = variables_.lower("ECHO");
  if (echo == "queries") print_standard(text + "\n");
  auto started = std::chrono::steady_clock::now();
  std::vector<std::string_view> statements = split_statements(text);
  if (statements.empty()) return true;
  if (!variables_.is_on("AUTOCOMMIT") && connection_.transaction_status() == TransactionStatus::Idle &&
      !controls_transactions(text)) {
    if (!begin_silently()) return false;
  }
  bool ran =
      statements.size() == 1 ? run_one(statements[0], text, target) : run_several(text, statements, target);
  if (timing_) {
    std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - started;
    show_time(took.count());
  }
  return ran;
}

// psql's ON_ERROR_ROLLBACK: a failed statement does not take its transaction with it.
bool Shell::guards_with_savepoint() const {
  if (connection_.transaction_status() != TransactionStatus::Active) return false;
  std::string when = variables_.lower("ON_ERROR_ROLLBACK");
  bool interactive = source_ != nullptr && source_->is_interactive();
  return when == "interactive" ? interactive : parse_boolean(when).value_or(false);
}

// COPY's data follow the statement in the script and end at "\\.". A person's come a line at a time, others
// in pieces that may end within one.
std::string Shell::next_copy_data() {
  constexpr size_t kPiece = size_t{64} << 10;
  LineSource* source = copy_source_ != nullptr ? copy_source_ : source_;
  std::string data;
  if (copy_in_ == CopyIn::Ended) return data;
  bool by_hand = source != nullptr && source->is_interactive();
  if (by_hand && copy_in_ == CopyIn::Idle && !is_quiet())
    print_standard(
        "Enter data to be copied followed by a newline.\n"
        "End with a backslash and a period on a line by itself, or an EOF signal.\n");
  copy_in_ = CopyIn::Reading;
  std::string prompt = by_hand ? std::string(variables_.get("PROMPT3").value_or("")) : std::string();
  while (data.size() < kPiece) {
    size_t begin = data.size();
    bool has_more = source != nullptr && source->next_data(prompt, data);
    std::string_view piece = std::string_view(data).substr(begin);
    bool is_marker = !is_in_copy_line_ && (piece == "\\.\n" || piece == "\\.");
    if (!has_more || is_marker) {
      data.resize(begin);
      copy_in_ = CopyIn::Ended;
      break;
    }
    is_in_copy_line_ = piece.back() != '\n';
    if (by_hand) break;
  }
  return data;
}

// Where COPY failed midway, the rest of its data is no SQL.
void Shell::skip_copy_data() {
  if (copy_in_ != CopyIn::Reading || copy_source_ != nullptr) return;
  while (!next_copy_data().empty()) continue;
}

bool Shell::run_one(std::string_view statement, const std::string& whole, const ResultTarget& target) {
  copy_in_ = CopyIn::Idle;
  is_in_copy_line_ = false;
  bool guarded = guards_with_savepoint() && !controls_transactions(statement);
  if (guarded && !connection_.execute("SAVEPOINT rowan_statement").ok()) guarded = false;
  Result<bool> outcome = query_and_show(statement, target);
  if (guarded)
    static_cast<void>(
        connection_.execute(outcome.ok() ? "RELEASE rowan_statement" : "ROLLBACK TO rowan_statement").ok());
  if (outcome.ok()) return *outcome;
  skip_copy_data();
  show_error(outcome.error(), whole, static_cast<size_t>(statement.data() - whole.data()));
  return false;
}

Result<bool> Shell::query_and_show(std::string_view statement, const ResultTarget& target) {
  interrupt::Scope interruptible(connection_.canceller());
  Rows rows = TRY(connection_.query(statement));
  return show_rows(rows, target);
}

// Several statements of one message are one transaction, unless they begin and end some themselves; BEGIN
// among them turns what went before and what follows into its block, COMMIT finds no block but ends the
// transaction. (PostgreSQL's manual, "Multiple Statements in a Simple Query".)
bool Shell::run_several(const std::string& text, const std::vector<std::string_view>& statements,
                        const ResultTarget& target) {
  // The whole message is parsed before any of it runs.
  for (std::string_view statement : statements) {
    Result<Statement> parsed = connection_.prepare(statement);
    if (parsed.ok() || parsed.error().state() != sqlstate::syntax_error) continue;
    return run_one(statement, text, target);
  }
  bool implicit = false;
  for (std::string_view statement : statements) {
    std::vector<std::string> words = leading_words(statement);
    std::string word = words.empty() ? "" : words[0];
    bool begins = word == "BEGIN" || word == "START";
    bool ends = word == "COMMIT" || word == "END" || word == "ROLLBACK" || word == "ABORT";
    std::string refused = needed_block(words);
    bool is_idle = connection_.transaction_status() == TransactionStatus::Idle;
    if ((implicit || is_idle) && !refused.empty()) {
      show_error(
          Error(sqlstate::no_active_sql_transaction, refused + " can only be used in transaction blocks"),
          text);
      if (implicit) static_cast<void>(connection_.execute("ROLLBACK").ok());
      return false;
    }
    if (implicit && begins) {
      implicit = false;
      if (std::string modes = modes_of(statement, words); !modes.empty()) {
        Result<> set = connection_.execute(modes);
        if (!set.ok()) {
          show_error(set.error(), text);
          static_cast<void>(connection_.execute("ROLLBACK").ok());
          return false;
        }
      }
      if (!is_quiet()) print(word == "BEGIN" ? "BEGIN\n" : "START TRANSACTION\n");
      continue;
    }
    if (implicit && ends) {
      implicit = false;
      Result<> ended = connection_.execute(word == "COMMIT" || word == "END" ? "COMMIT" : "ROLLBACK");
      if (!ended.ok()) {
        show_error(ended.error(), text);
        return false;
      }
    } else if (!implicit && !begins && !ends && is_idle) {
      if (!begin_silently()) return false;
      implicit = true;
    }
    if (run_one(statement, text, target)) continue;
    if (implicit && !connection_.execute("ROLLBACK").ok()) return false;
    return false;
  }
  if (!implicit) return true;
  Result<> committed = connection_.execute("COMMIT");
  if (!committed.ok()) show_error(committed.error(), text);
  return committed.ok();
}

Result<bool> Shell::show_rows(Rows& rows, const ResultTarget& target) {
  ResultTable table = collect_headers(rows);
  // What needs no column widths is printed as it comes.
  bool is_streamed = RowPrinter::prints(output_.format) && rows.is_query() && !target.gset_prefix &&
                     !target.execute_cells && !target.options && target.file.empty();
  if (is_streamed) {
    TRY(stream_rows(rows, table));
  } else {
    while (TRY(rows.next())) append_row(rows, table);
  }
  set_result_variables("00000", rows.row_count());
  if (rows.is_query()) {
    if (target.gset_prefix) {
      return store_gset(table, *target.gset_prefix);
    } else if (target.execute_cells) {
      return execute_cells(table);
    } else if (!is_streamed && !write_result(table, target)) {
      return false;
    }
  }
  // A SELECT's tag says nothing that the table does not; everything else is told, unless told to be quiet.
  bool tells =
      !rows.command_tag().empty() && (!rows.is_query() || first_word(rows.command_tag()) != "SELECT");
  for (std::string_view silent : {"SHOW", "EXPLAIN", "FETCH"}) tells &= rows.command_tag() != silent;
  // COPY TO STDOUT: data alone, or a reader would take the tag for a row.
  tells &= !copied_out_;
  copied_out_ = false;
  if (tells && !is_quiet()) print(rows.command_tag() + "\n");
  return true;
}

// As long as all of it is held back, a result that fails shows nothing, as it does in the other formats.
Result<> Shell::stream_rows(Rows& rows, const ResultTable& headers) {
  Paper paper(out_);
  RowPrinter printer(headers, output_, paper);
  printer.begin();
  size_t count = 0;
  std::string room;
  for (;; ++count) {
    Result<bool> more = rows.next();
    if (!more.ok()) {
      if (paper.has_written()) paper.flush();
      return std::move(more).error();
    }
    if (!*more) break;
    printer.begin_row();
    for (uint32_t i = 0; i < headers.headers.size(); ++i)
      printer.value(i, rows.is_null(i), rows.text_view(i, room));
    printer.end_row();
  }
  printer.end(count);
  paper.flush();
  return {};
}

bool Shell::write_result(const ResultTable& table, const ResultTarget& target) {
  OutputOptions options = target.options ? *target.options : output_;
  if (target.file.empty() && out_ == standard_out_)
    options.terminal_columns = terminal_columns(standard_out_);
  auto write = [&](std::FILE* file) {
    Paper paper(file);
    print_table(table, options, paper);
    paper.flush();
  };
  if (target.file.empty()) {
    write(out_);
    return true;
  }
  flush();
  bool is_pipe = target.file[0] == '|';
  std::FILE* file = is_pipe ? popen(target.file.c_str() + 1, "w") : std::fopen(target.file.c_str(), "w");
  if (file == nullptr) {
    complain(target.file + ": " + std::strerror(errno));
    return false;
  }
  write(file);
  if (is_pipe) {
    pclose(file);
  } else {
    std::fclose(file);
  }
  return true;
}

bool Shell::store_gset(const ResultTable& table, const std::string& prefix) {
  auto refuse = [&](const std::string& message) {
    complain(message);
    return false;
  };
  if (table.rows.empty()) return refuse("no rows returned for \\gset");
  if (table.rows.size() > 1) return refuse("more than one row returned for \\gset");
  for (size_t i = 0; i < table.headers.size(); ++i) {
    std::string name = prefix + table.headers[i].name;
    if (!Variables::is_valid_name(name)) return refuse("invalid variable name: \"" + name + "\"");
    if (Variables::is_special(name)) {
      complain("attempt to \\gset into specially treated variable \"" + name + "\" ignored", "warning");
      continue;
    }
    const Cell& cell = table.rows[0][i];
    if (cell.is_null) {
      variables_.unset(name);
    } else {
      variables_.set(name, cell.text);
    }
  }
  return true;
}

bool Shell::execute_cells(const ResultTable& table) {
  bool all_ran = true;
  for (const auto& row : table.rows) {
    for (const Cell& cell : row) {
      if (cell.is_null) continue;
      if (variables_.lower("ECHO") == "all") print_standard(cell.text + "\n");
      if (run_statement(cell.text)) continue;
      all_ran = false;
      if (stops_on_error()) return false;
    }
  }
  return all_ran;
}

Result<> Shell::redirect(const std::string& target) {
  flush();
  if (out_ != standard_out_) {
    if (out_is_pipe_) {
      pclose(out_);
    } else {
      std::fclose(out_);
    }
  }
  out_ = standard_out_;
  out_is_pipe_ = false;
  if (target.empty()) return {};
  bool is_pipe = target[0] == '|';
  std::FILE* file = is_pipe ? popen(target.c_str() + 1, "w") : std::fopen(target.c_str(), "w");
  if (file == nullptr) return Error(sqlstate::undefined_file, target + ": " + std::strerror(errno));
  out_ = file;
  out_is_pipe_ = is_pipe;
  return {};
}

}  // namespace rowan::shell
