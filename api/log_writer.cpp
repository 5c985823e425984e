#include "api/log_writer.h"

#include <new>
#include <system_error>
#include <utility>

#include "api/own_thread.h"
#include "storage/log/log.h"

namespace rowan {

void LogWriter::ask(Log& log) {
  MutexLock lock(mutex_);
  if (leaving_) return;
  log_ = &log;
  try {
    if (!thread_.joinable()) thread_ = start_own_thread([this] { work(); });
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {
  }
  asked_.notify_one();
}

void LogWriter::stop() {
  std::thread thread;
  {
    MutexLock lock(mutex_);
    leaving_ = true;
    thread = std::exchange(thread_, {});
  }
  asked_.notify_all();
  if (thread.joinable()) thread.join();
}

void LogWriter::work() {
  MutexLock lock(mutex_);
  while (!leaving_) {
    Log* log = std::exchange(log_, nullptr);
    if (log == nullptr) {
      asked_.wait(mutex_);
      continue;
    }
    mutex_.unlock();
    try {
      // What fails is met again by whoever needs it.
      static_cast<void>(log->write_behind().ok());
      static_cast<void>(log->prepare_ahead().ok());
    } catch (const std::bad_alloc&) {
    }
    mutex_.lock();
  }
}

}  // namespace rowan
