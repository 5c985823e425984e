#include "shell/shell.h"

#include <chrono>
#include <cstring>

#include "shell/interrupt.h"
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

// Statements that must not get a BEGIN in front when AUTOCOMMIT is off.
bool controls_transactions(std::string_view text) {
  std::string word = first_word(text);
  for (std::string_view name : {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT",
                                "RELEASE", "VACUUM", "CHECKPOINT"}) {
    if (word == name) return true;
  }
  return false;
}

}  // namespace

Shell::Shell(Connection connection, std::string database_name, std::FILE* out, std::FILE* errors)
    : connection_(std::move(connection)),
      database_name_(std::move(database_name)),
      standard_out_(out),
      errors_(errors),
      out_(out) {
  for (auto [name, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"AUTOCOMMIT", "on"},
                                                                  {"ECHO", "none"},
                                                                  {"ENCODING", "UTF8"},
                                                                  {"ON_ERROR_STOP", "off"},
                                                                  {"QUIET", "off"},
                                                                  {"SHOW_CONTEXT", "errors"},
                                                                  {"VERBOSITY", "default"},
                                                                  {"LAST_ERROR_MESSAGE", ""},
                                                                  {"LAST_ERROR_SQLSTATE", "00000"},
                                                                  {"PROMPT1", "%/%R%x%# "},
                                                                  {"PROMPT2", "%/%R%x%# "}}) {
    variables_.set(name, value);
  }
  variables_.set("DBNAME", database_name_);
  variables_.set("VERSION", "Rowan " + std::string(version()));
  connection_.on_notice([this](const Notice& notice) {
    flush();
    std::string text =
        error_text(notice.severity, notice.error, {}, error_prefix(), verbosity(), show_context());
    std::fwrite(text.data(), 1, text.size(), errors_);
  });
  connection_.on_copy(
      [this]() -> Result<std::string> {
        std::optional<std::string> line = source_ ? source_->next("") : std::nullopt;
        if (!line || *line == "\\.") return std::string();
        return *line + "\n";
      },
      [this](std::string_view data) -> Result<> {
        copied_out_ = true;
        print(data);
        return {};
      });
}

void Shell::print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), out_);
}

void Shell::flush() {
  std::fflush(out_);
}

std::string Shell::error_prefix() const {
  std::string location = source_ ? source_->location() : std::string();
  return location.empty() ? location : "rowan:" + location;
}

void Shell::complain(std::string_view message) {
  flush();
  std::string prefix = error_prefix();
  std::string text = (prefix.empty() ? std::string() : prefix + "error: ") + std::string(message) + "\n";
  std::fwrite(text.data(), 1, text.size(), errors_);
}

Verbosity Shell::verbosity() const {
  std::string_view name = variables_.get("VERBOSITY").value_or("default");
  if (name == "terse") return Verbosity::Terse;
  if (name == "verbose") return Verbosity::Verbose;
  if (name == "sqlstate") return Verbosity::SqlState;
  return Verbosity::Default;
}

ShowContext Shell::show_context() const {
  std::string_view name = variables_.get("SHOW_CONTEXT").value_or("errors");
  if (name == "never") return ShowContext::Never;
  if (name == "always") return ShowContext::Always;
  return ShowContext::Errors;
}

bool Shell::is_active() const {
  return branches_.empty() || branches_.back().state == Branch::State::Active;
}

std::string Shell::prompt(const std::string& statement) const {
  char mark = scanner_->prompt_mark(!statement.empty());
  std::string pattern(variables_.get(mark == '=' ? "PROMPT1" : "PROMPT2").value_or(""));
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    switch (pattern[++i]) {
      case '/':
      case '~':
        out += database_name_;
        break;
      case 'R':
        out += is_active() ? mark : '@';
        break;
      case 'x': {
        TransactionStatus status = connection_.transaction_status();
        if (status == TransactionStatus::Active) out += '*';
        if (status == TransactionStatus::Failed) out += '!';
        break;
      }
      case '#':
        out += '#';
        break;
      case '%':
        out += '%';
        break;
      default:
        break;
    }
  }
  return out;
}

Outcome Shell::run(LineSource& source) {
  LineSource* outer_source = std::exchange(source_, &source);
  Scanner scanner(variables_);
  Scanner* outer_scanner = std::exchange(scanner_, &scanner);
  size_t outer_branches = branches_.size();
  std::string statement;
  Outcome outcome = Outcome::Done;

  auto stop_on_error = [&] { return variables_.is_on("ON_ERROR_STOP") && !source.is_interactive(); };
  while (outcome == Outcome::Done) {
    flush();
    std::optional<std::string> line = source.next(prompt(statement));
    if (!line) break;
    if (source.is_interactive() && interrupt::take()) {
      statement.clear();
      scanner.reset();
      continue;
    }
    if (line->empty() && !scanner.in_quote()) continue;
    if (!source.is_interactive() && variables_.get("ECHO") == "all") print(*line + "\n");
    if (!statement.empty()) statement += '\n';
    scanner.set_line(*line);
    // ".tables" is "\tables" where a statement could begin.
    bool dotted = statement.empty() && !scanner.in_quote() && line->size() > 1 && (*line)[0] == '.' &&
                  std::isalpha(static_cast<unsigned char>((*line)[1]));
    if (dotted) scanner.skip(1);
    while (outcome == Outcome::Done) {
      Scanner::Stop stop = dotted ? Scanner::Stop::Command : scanner.scan(statement);
      dotted = false;
      if (stop == Scanner::Stop::EndOfLine) break;
      if (stop == Scanner::Stop::Semicolon) {
        bool ran = true;
        if (is_active()) {
          ran = run_statement(statement);
          last_statement_ = statement;
        }
        statement.clear();
        if (!ran && stop_on_error()) outcome = Outcome::StoppedOnError;
        continue;
      }
      std::string_view rest = scanner.rest();
      size_t length = 0;
      while (length < rest.size() && !std::isspace(static_cast<unsigned char>(rest[length])) &&
             rest[length] != '\\') {
        ++length;
        if (length == 1 && !std::isalpha(static_cast<unsigned char>(rest[0]))) break;  // \! and \?
      }
      std::string name(rest.substr(0, length));
      std::string tail(rest.substr(length));
      Arguments arguments(tail, variables_);
      bool ran = run_command(name, arguments, statement, outcome);
      scanner.skip(length + arguments.finish());
      if (!ran) {
        had_error_ = true;
        if (stop_on_error()) outcome = Outcome::StoppedOnError;
      }
    }
  }
  // psql runs what is left without a semicolon when input ends, unless a person typed it.
  if (outcome == Outcome::Done && !is_empty_statement(statement) && !source.is_interactive() && is_active()) {
    if (!run_statement(statement) && stop_on_error()) outcome = Outcome::StoppedOnError;
  }
  if (branches_.size() > outer_branches) {
    if (outcome == Outcome::Done) complain("reached EOF without finding closing \\endif(s)");
    branches_.resize(outer_branches);
  }
  flush();
  scanner_ = outer_scanner;
  source_ = outer_source;
  return outcome;
}

void Shell::set_result_variables(std::string_view state, uint64_t rows) {
  variables_.set("SQLSTATE", std::string(state));
  variables_.set("ERROR", state == "00000" ? "false" : "true");
  variables_.set("ROW_COUNT", std::to_string(rows));
}

void Shell::show_error(const Error& error, std::string_view statement) {
  had_error_ = true;
  set_result_variables(error.state().text(), 0);
  variables_.set("LAST_ERROR_MESSAGE", error.message());
  variables_.set("LAST_ERROR_SQLSTATE", std::string(error.state().text()));
  flush();
  std::string text = error_text("ERROR", error, statement, error_prefix(), verbosity(), show_context());
  if (variables_.get("ECHO") == "errors") text += "STATEMENT:  " + std::string(statement) + "\n";
  std::fwrite(text.data(), 1, text.size(), errors_);
}

bool Shell::run_statement(const std::string& text, const ResultTarget& target) {
  if (is_empty_statement(text)) return true;
  if (variables_.get("ECHO") == "queries") print(text + "\n");
  interrupt::Scope interruptible(connection_.canceller());
  auto started = std::chrono::steady_clock::now();
  if (!variables_.is_on("AUTOCOMMIT") && connection_.transaction_status() == TransactionStatus::Idle &&
      !controls_transactions(text)) {
    Result<> begun = connection_.execute("BEGIN");
    if (!begun.ok()) {
      show_error(begun.error(), "BEGIN");
      return false;
    }
  }
  Result<Rows> rows = connection_.query(text);
  Result<> outcome = rows.ok() ? show_rows(*rows, target) : Result<>(std::move(rows).error());
  if (!outcome.ok()) show_error(outcome.error(), text);
  if (timing_) {
    std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - started;
    char line[64];
    std::snprintf(line, sizeof line, "Time: %.3f ms\n", took.count());
    print(line);
  }
  return outcome.ok();
}

Result<> Shell::show_rows(Rows& rows, const ResultTarget& target) {
  constexpr size_t kStreamedRows = 1000;
  ResultTable table = collect_headers(rows);
  // CSV needs no column widths, so a large result need not be held.
  bool streamed =
      output_.format == Format::Csv && rows.is_query() && !target.gset_prefix && target.file.empty();
  bool wrote_header = false;
  OutputOptions headless = output_;
  headless.tuples_only = true;
  auto write_streamed = [&] {
    std::string text;
    print_table(table, wrote_header ? headless : output_, text);
    wrote_header = true;
    table.rows.clear();
    print(text);
  };
  while (TRY(rows.next())) {
    append_row(rows, table);
    if (streamed && table.rows.size() == kStreamedRows) write_streamed();
  }
  set_result_variables("00000", rows.row_count());
  if (rows.is_query()) {
    if (target.gset_prefix) {
      TRY(store_gset(table, *target.gset_prefix));
    } else if (streamed) {
      if (!wrote_header || !table.rows.empty()) write_streamed();
    } else {
      TRY(write_result(table, target));
    }
  }
  // A SELECT's tag says nothing that the table does not; everything else is told, unless told to be quiet.
  bool tells =
      !rows.command_tag().empty() && (!rows.is_query() || first_word(rows.command_tag()) != "SELECT");
  for (std::string_view silent : {"SHOW", "EXPLAIN", "FETCH"}) tells &= rows.command_tag() != silent;
  // COPY TO STDOUT: data alone, or a reader would take the tag for a row.
  tells &= !copied_out_;
  copied_out_ = false;
  if (tells && !is_quiet() && !output_.tuples_only) print(rows.command_tag() + "\n");
  return {};
}

Result<> Shell::write_result(const ResultTable& table, const ResultTarget& target) {
  OutputOptions options = output_;
  if (target.expanded) options.expanded = Expanded::On;
  std::string text;
  print_table(table, options, text);
  if (target.file.empty()) {
    print(text);
    return {};
  }
  flush();
  bool is_pipe = target.file[0] == '|';
  std::FILE* file = is_pipe ? popen(target.file.c_str() + 1, "w") : std::fopen(target.file.c_str(), "w");
  if (file == nullptr) return Error(sqlstate::undefined_file, target.file + ": " + std::strerror(errno));
  std::fwrite(text.data(), 1, text.size(), file);
  if (is_pipe) {
    pclose(file);
  } else {
    std::fclose(file);
  }
  return {};
}

Result<> Shell::store_gset(const ResultTable& table, const std::string& prefix) {
  if (table.rows.empty()) return Error(sqlstate::cardinality_violation, "no rows returned for \\gset");
  if (table.rows.size() > 1)
    return Error(sqlstate::cardinality_violation, "more than one row returned for \\gset");
  for (size_t i = 0; i < table.headers.size(); ++i) {
    std::string name = prefix + table.headers[i].name;
    if (!Variables::is_valid_name(name))
      return Error(sqlstate::invalid_name, "invalid variable name: \"" + name + "\"");
    const Cell& cell = table.rows[0][i];
    if (cell.is_null) {
      variables_.unset(name);
    } else {
      variables_.set(name, cell.text);
    }
  }
  return {};
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
