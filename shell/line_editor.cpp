#include "shell/line_editor.h"

#include <cstdio>  // readline's headers need FILE
#include <cstdlib>
#include <cstring>

#include <readline/history.h>
#include <readline/readline.h>

#include <string_view>
#include <vector>

#include "shell/interrupt.h"

namespace rowan::shell {
namespace {

// readline calls back without a context, and there is one terminal a process.
Connection* completing = nullptr;
std::vector<std::string>* candidates = nullptr;

constexpr std::string_view kKeywords[] = {
    "ABORT",      "ALTER",     "ANALYZE",  "AND",       "AS",        "ASC",        "BEGIN",   "BETWEEN",
    "BY",         "CASCADE",   "CASE",     "CAST",      "CHECK",     "CHECKPOINT", "COLUMN",  "COMMIT",
    "CONSTRAINT", "COPY",      "CREATE",   "CROSS",     "DEFAULT",   "DELETE",     "DESC",    "DISTINCT",
    "DROP",       "ELSE",      "END",      "EXCEPT",    "EXECUTE",   "EXISTS",     "EXPLAIN", "FALSE",
    "FOREIGN",    "FROM",      "FULL",     "GROUP",     "HAVING",    "IN",         "INDEX",   "INNER",
    "INSERT",     "INTERSECT", "INTO",     "IS",        "JOIN",      "KEY",        "LEFT",    "LIKE",
    "LIMIT",      "NATURAL",   "NOT",      "NULL",      "OFFSET",    "ON",         "OR",      "ORDER",
    "OUTER",      "PARTITION", "PREPARE",  "PRIMARY",   "RECURSIVE", "REFERENCES", "RELEASE", "RENAME",
    "RETURNING",  "RIGHT",     "ROLLBACK", "SAVEPOINT", "SELECT",    "SET",        "SHOW",    "TABLE",
    "THEN",       "TO",        "TRUE",     "TRUNCATE",  "UNION",     "UNIQUE",     "UPDATE",  "USING",
    "VACUUM",     "VALUES",    "VIEW",     "WHEN",      "WHERE",     "WITH"};

void add_names(const char* query) {
  Result<Rows> rows = completing->query(query);
  if (!rows.ok()) return;
  for (;;) {
    Result<bool> more = rows->next();
    if (!more.ok() || !*more) return;
    candidates->push_back(rows->text(0));
  }
}

// Inside a failed transaction no name can be asked for; keywords still complete.
void gather_candidates() {
  candidates->assign(std::begin(kKeywords), std::end(kKeywords));
  if (completing->transaction_status() == TransactionStatus::Failed) return;
  add_names("SELECT relname FROM pg_catalog.pg_class WHERE relkind IN ('r', 'v', 'S')");
  add_names("SELECT DISTINCT attname FROM pg_catalog.pg_attribute WHERE attnum > 0 AND attrelid >= 16384");
}

char* next_match(const char* text, int state) {
  static size_t position;  // readline's protocol: state 0 starts over
  if (state == 0) {
    gather_candidates();
    position = 0;
  }
  size_t length = std::strlen(text);
  while (position < candidates->size()) {
    const std::string& candidate = (*candidates)[position++];
    if (strncasecmp(candidate.c_str(), text, length) == 0) return strdup(candidate.c_str());
  }
  return nullptr;
}

char** complete(const char* text, int, int) {
  rl_attempted_completion_over = 1;  // no file names
  return rl_completion_matches(text, next_match);
}

int leave_interrupted_line() {
  rl_replace_line("", 0);
  rl_done = 1;
  return 0;
}

class LineEditor final : public LineSource {
 public:
  LineEditor(Connection& connection, std::string history_file) : history_file_(std::move(history_file)) {
    completing = &connection;
    candidates = &candidates_;
    rl_readline_name = "rowan";
    rl_catch_signals = 0;
    rl_signal_event_hook = leave_interrupted_line;
    rl_attempted_completion_function = complete;
    using_history();
    if (!history_file_.empty()) read_history(history_file_.c_str());
  }
  ~LineEditor() override {
    constexpr int kHistoryLines = 5000;
    if (!history_file_.empty()) {
      stifle_history(kHistoryLines);
      write_history(history_file_.c_str());
    }
    completing = nullptr;
    candidates = nullptr;
  }

  std::optional<std::string> next(const std::string& prompt) override {
    std::unique_ptr<char, void (*)(void*)> line(readline(prompt.c_str()), std::free);
    if (!line) {
      std::fputs("\n", stdout);
      return std::nullopt;
    }
    if (line.get()[0] != '\0') add_history(line.get());
    return std::string(line.get());
  }
  bool is_interactive() const override { return true; }

 private:
  std::string history_file_;
  std::vector<std::string> candidates_;
};

}  // namespace

std::unique_ptr<LineSource> make_line_editor(Connection& connection, std::string history_file) {
  return std::make_unique<LineEditor>(connection, std::move(history_file));
}

}  // namespace rowan::shell
