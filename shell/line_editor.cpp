#include "shell/line_editor.h"

#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdio>  // readline's headers need FILE
#include <cstdlib>
#include <cstring>

#include <readline/history.h>
#include <readline/readline.h>

#include <string_view>
#include <vector>

#include "shell/commands.h"
#include "shell/interrupt.h"

namespace rowan::shell {
namespace {

// readline calls back without a context, and there is one terminal a process.
Connection* completing = nullptr;
std::vector<std::string>* candidates = nullptr;

constexpr std::string_view kKeywords[] = {
    "ABORT",      "ALTER",      "ANALYZE",   "AND",       "AS",        "ASC",      "BACKUP",     "BEGIN",
    "BETWEEN",    "BY",         "CASCADE",   "CASE",      "CAST",      "CHECK",    "CHECKPOINT", "COLUMN",
    "COMMIT",     "CONSTRAINT", "COPY",      "CREATE",    "CROSS",     "DEFAULT",  "DELETE",     "DESC",
    "DISTINCT",   "DROP",       "ELSE",      "END",       "EXCEPT",    "EXECUTE",  "EXISTS",     "EXPLAIN",
    "FALSE",      "FOREIGN",    "FROM",      "FULL",      "GROUP",     "HAVING",   "IN",         "INDEX",
    "INNER",      "INSERT",     "INTERSECT", "INTO",      "IS",        "JOIN",     "KEY",        "LEFT",
    "LIKE",       "LIMIT",      "MATCHED",   "MERGE",     "NATURAL",   "NOT",      "NULL",       "OFFSET",
    "ON",         "OR",         "ORDER",     "OUTER",     "PARTITION", "PREPARE",  "PRIMARY",    "RECURSIVE",
    "REFERENCES", "RELEASE",    "RENAME",    "RETURNING", "RIGHT",     "ROLLBACK", "SAVEPOINT",  "SELECT",
    "SET",        "SHOW",       "TABLE",     "THEN",      "TO",        "TRUE",     "TRUNCATE",   "UNION",
    "UNIQUE",     "UPDATE",     "USING",     "VACUUM",    "VALUES",    "VIEW",     "WHEN",       "WHERE",
    "WITH"};

void add_names(const char* query) {
  Result<Rows> rows = completing->query(query);
  if (!rows.ok()) return;
  for (;;) {
    Result<bool> more = rows->next();
    if (!more.ok() || !*more) return;
    candidates->push_back(rows->text(0));
  }
}

// A keyword in the letters that the person uses: "sel" becomes "select", "SEL" and nothing at all become
// "SELECT".
void add_keywords(std::string_view typed) {
  bool lower = !typed.empty() && std::islower(static_cast<unsigned char>(typed[0])) != 0;
  for (std::string_view keyword : kKeywords) {
    std::string& word = candidates->emplace_back(keyword);
    if (!lower) continue;
    for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
}

// Inside a failed transaction no name can be asked for; keywords still complete.
void gather_candidates(std::string_view typed) {
  candidates->clear();
  if (!typed.empty() && (typed[0] == '\\' || typed[0] == '.')) {
    for (const CommandEntry& command : command_table())
      candidates->push_back(typed[0] + std::string(command.name));
    return;
  }
  add_keywords(typed);
  if (completing->transaction_status() == TransactionStatus::Failed) return;
  add_names("SELECT relname FROM pg_catalog.pg_class WHERE relkind IN ('r', 'v', 'S')");
  add_names("SELECT DISTINCT attname FROM pg_catalog.pg_attribute WHERE attnum > 0 AND attrelid >= 16384");
}

char* next_match(const char* text, int state) {
  static size_t position;  // readline's protocol: state 0 starts over
  if (state == 0) {
    gather_candidates(text);
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

// A Ctrl-C forgets what is typed and leaves the line as Enter does: readline itself, asked for a key, would
// wait on.
int read_key(FILE* terminal) {
  int descriptor = fileno(terminal);
  for (;;) {
    if (!interrupt::wait_for_input(descriptor)) {
      std::fputs("^C", stdout);
      rl_replace_line("", 0);
      return '\n';
    }
    unsigned char key;
    ssize_t count = read(descriptor, &key, 1);
    if (count == 1) return key;
    if (count == 0 || errno != EINTR) return EOF;
  }
}

// A backslash is part of a command's name.
char kWordBreaks[] = "\t\n@$><=;|&{()'\", ";

class LineEditor final : public LineSource {
 public:
  LineEditor(Connection& connection, std::string history_file) : history_file_(std::move(history_file)) {
    completing = &connection;
    candidates = &candidates_;
    rl_readline_name = "rowan";
    rl_catch_signals = 0;
    rl_getc_function = read_key;
    rl_attempted_completion_function = complete;
    rl_completer_word_break_characters = kWordBreaks;
    using_history();
    history_write_timestamps = 1;  // so that entries of several lines are read back as one
    history_comment_char = '#';
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
    if (!line) return std::nullopt;
    entry_ += (entry_.empty() ? "" : "\n") + std::string(line.get());
    if (interrupt::is_pending()) entry_.clear();
    return std::string(line.get());
  }
  // A statement of several lines is one entry.
  void end_entry() override {
    if (entry_.find_first_not_of(" \t\n") != std::string::npos) add_history(entry_.c_str());
    entry_.clear();
  }
  bool is_interactive() const override { return true; }

 private:
  std::string history_file_;
  std::string entry_;  // what has been typed of it
  std::vector<std::string> candidates_;
};

}  // namespace

std::unique_ptr<LineSource> make_line_editor(Connection& connection, std::string history_file) {
  return std::make_unique<LineEditor>(connection, std::move(history_file));
}

}  // namespace rowan::shell
