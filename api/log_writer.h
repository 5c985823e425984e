// api/log_writer.h: one thread, begun when a log first asks for it, that writes the log's buffer out behind
// whoever fills it, and makes segments ready ahead of them: an asynchronous commit then does not meet a full
// buffer, or the end of a file, and wait for the disk, perhaps with a page latched that everybody wants.
// Apart from the other background work, which may be in a checkpoint for seconds.
#pragma once

#include <thread>

#include "types/mutex.h"

namespace rowan {

class Log;

class LogWriter {
 public:
  LogWriter() = default;
  ~LogWriter() { stop(); }
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Soon writes what fills `log`'s buffer, and prepares a segment if one is wanted. Does nothing once
  // stopped, or when no thread is to be had: whoever needs the room makes it. Thread-safe, does not block;
  // called under the log's mutex.
  void ask(Log& log) EXCLUDES(mutex_);
  // Returns when the thread is gone; before the log goes. Thread-safe. Blocks for a write under way.
  void stop() EXCLUDES(mutex_);

 private:
  void work() EXCLUDES(mutex_);

  Mutex mutex_{LockRank::Leaf};
  CondVar asked_;
  Log* log_ GUARDED_BY(mutex_) = nullptr;  // has asked
  bool leaving_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);  // started once, taken by stop()
};

}  // namespace rowan
