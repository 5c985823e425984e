// tests/isolation/session.h: one session of an interleaving: a connection and the thread that works for it.
// The one who conducts hands it a text, asks whether it has ended, and asks the lock manager (pg_locks)
// whether it waits. Nothing is decided by the clock.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/rowan.hpp"

namespace rowan::isolation {

using Cell = std::optional<std::string>;

// One statement's result, or the error that ended the text.
struct Answer {
  bool is_query = false;
  std::vector<std::string> names;
  std::vector<std::vector<Cell>> rows;
  uint64_t row_count = 0;      // rows changed
  std::optional<Error> error;  // the last answer of a text alone can have one
};

class Session {
 public:
  Session(Database& database, std::string name);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const std::string& name() const { return name_; }
  // What pg_locks calls this session.
  int64_t pid() const { return pid_; }

  // Begins to run the statements of `text` one after the other; the first error ends it.
  void start(std::string text);
  bool is_busy() const { return started_; }
  bool is_done();
  void wait_until_done();
  // After is_done(): the answers; the session is idle again.
  std::vector<Answer> take();
  // Stops what runs, if it runs.
  void cancel() { connection_.canceller().cancel(); }
  std::vector<Answer> run(std::string text);

  // Lines that came since the last call, as psql would print them; and how many there were since ever.
  std::vector<std::string> take_notices();
  size_t notice_count();

 private:
  void work();

  const std::string name_;
  Connection connection_;
  int64_t pid_ = 0;
  bool started_ = false;  // the conductor's own view: handed over and not taken

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> text_;  // to be run, or running
  bool done_ = false;
  bool leaving_ = false;
  std::vector<Answer> answers_;
  std::vector<std::string> notices_;
  size_t notices_ever_ = 0;
  std::thread thread_;
};

// Tells from outside, through a connection of its own, who waits for a lock.
class WaitObserver {
 public:
  explicit WaitObserver(Database& database);
  // Does `session` stand in a queue of the lock manager at this moment?
  bool is_waiting(const Session& session);
  // Gives up the processor until `session` has ended or waits; true: it waits.
  bool settles_waiting(Session& session);

 private:
  Connection connection_;
  Statement find_;
};

}  // namespace rowan::isolation
