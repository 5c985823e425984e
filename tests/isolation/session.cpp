#include "tests/isolation/session.h"

#include "parser/parser.h"
#include "types/try.h"

namespace rowan::isolation {
namespace {

// Every failure of a session that is being set up ends the program with its message.
Connection connect(Database& database) {
  return database.connect().value();
}

Result<Answer> ask(Connection& connection, const std::string& sql) {
  Answer answer;
  Rows rows = TRY(connection.query(sql));
  answer.is_query = rows.is_query();
  for (uint32_t i = 0; i < rows.column_count(); ++i) answer.names.push_back(rows.column_name(i));
  while (TRY(rows.next())) {
    std::vector<Cell>& cells = answer.rows.emplace_back();
    for (uint32_t i = 0; i < rows.column_count(); ++i)
      cells.push_back(rows.is_null(i) ? Cell() : Cell(rows.text(i)));
  }
  answer.row_count = rows.row_count();
  return answer;
}

// Where the statements of `text` end is the parser's to say; one that it cannot read is left whole, so that
// the connection reports it.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> statements;
  ScriptReader reader(text);
  while (true) {
    size_t begin = reader.offset();
    Result<std::unique_ptr<ParsedStatement>> parsed = reader.next();
    if (!parsed.ok()) {
      statements.push_back(text.substr(begin));
      return statements;
    }
    if (*parsed == nullptr) return statements;
    statements.emplace_back((*parsed)->text);
  }
}

}  // namespace

Session::Session(Database& database, std::string name)
    : name_(std::move(name)), connection_(connect(database)) {
  connection_.execute("SET datestyle = 'Postgres, MDY'; SET timezone = 'PST8PDT'").value();
  Rows rows = connection_.query("SELECT pg_backend_pid()").value();
  (void)rows.next().value();
  pid_ = rows.int64(0);
  (void)rows.next().value();
  connection_.on_notice([this](const Notice& notice) {
    std::lock_guard lock(mutex_);
    std::string line = notice.severity + ":  " + notice.error.message();
    if (!notice.error.detail().empty()) line += "\nDETAIL:  " + std::string(notice.error.detail());
    if (!notice.error.hint().empty()) line += "\nHINT:  " + std::string(notice.error.hint());
    notices_.push_back(line);
    ++notices_ever_;
  });
  thread_ = std::thread([this] { work(); });
}

Session::~Session() {
  {
    std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Session::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return leaving_ || (text_ && !done_); });
    if (!text_ || done_) return;
    std::string text = *text_;
    lock.unlock();
    std::vector<Answer> answers;
    for (const std::string& statement : split(text)) {
      Result<Answer> answer = ask(connection_, statement);
      if (answer.ok()) {
        answers.push_back(std::move(*answer));
      } else {
        answers.emplace_back().error = answer.error();
        break;
      }
    }
    lock.lock();
    answers_ = std::move(answers);
    done_ = true;
    changed_.notify_all();
  }
}

void Session::start(std::string text) {
  {
    std::lock_guard lock(mutex_);
    text_ = std::move(text);
    done_ = false;
  }
  started_ = true;
  changed_.notify_all();
}

bool Session::is_done() {
  std::lock_guard lock(mutex_);
  return done_;
}

void Session::wait_until_done() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return done_; });
}

std::vector<Answer> Session::take() {
  std::lock_guard lock(mutex_);
  text_.reset();
  done_ = false;
  started_ = false;
  return std::move(answers_);
}

std::vector<Answer> Session::run(std::string text) {
  start(std::move(text));
  wait_until_done();
  return take();
}

std::vector<std::string> Session::take_notices() {
  std::lock_guard lock(mutex_);
  return std::exchange(notices_, {});
}

size_t Session::notice_count() {
  std::lock_guard lock(mutex_);
  return notices_ever_;
}

WaitObserver::WaitObserver(Database& database)
    : connection_(connect(database)),
      find_(connection_.prepare("SELECT 1 FROM pg_locks WHERE pid = $1::int AND NOT granted").value()) {}

bool WaitObserver::is_waiting(const Session& session) {
  find_.bind(1, session.pid()).value();
  return find_.execute().value() != 0;
}

bool WaitObserver::settles_waiting(Session& session) {
  while (!session.is_done()) {
    // Asked again after the look: what ended meanwhile does not wait.
    if (is_waiting(session) && !session.is_done()) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace rowan::isolation
