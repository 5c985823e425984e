// api/session_retry.cpp: statements that ran into a conflict with other transactions and are tried again: a
// statement that is a transaction of its own by itself, whole transactions by Connection::transact.
#include <algorithm>

#include "api/session_core.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr uint32_t kStatementRetries = 100;
constexpr MonotonicNs kShortestPause = 20'000, kLongestPause = 20'000'000;

}  // namespace

bool SessionCore::is_conflict(const Error& error) {
  return error.state() == sqlstate::serialization_failure || error.state() == sqlstate::deadlock_detected;
}

// Each time about twice as long, and not as long as others: who collided once should not do so again.
Result<> SessionCore::pause(CancelToken& token, uint32_t attempt) {
  MonotonicNs longest = std::min(kLongestPause, kShortestPause << std::min<uint32_t>(attempt, 20));
  MonotonicNs pause = static_cast<MonotonicNs>(instance_->random().next() % static_cast<uint64_t>(longest));
  MonotonicNs until = monotonic_now_ns() + pause;
  for (;;) {
    uint32_t epoch = token.epoch();
    TRY(token.check());
    if (!token.sleep(epoch, until)) return {};
  }
}

Result<> SessionCore::pause_before_retry(uint32_t attempt) {
  TRY(check_open());
  Result<> paused = pause(*cancel_, attempt);
  if (!paused.ok()) retire_token();  // it has been heeded: the next statement is not cancelled too
  return paused;
}

bool SessionCore::may_retry(const ResultStream& stream, const Error& error) const {
  return stream.is_implicit && !stream.has_given && stream.attempts < kStatementRetries && !is_grouped_ &&
         level_ != IsolationLevel::ReadCommitted && is_conflict(error) && !is_shut_down() &&
         advisory_calls_ == advisory_calls_before_ && !stream.execution->statement().is_transient;
}

// The stream has been dropped and its transaction rolled back. False: it cannot go on as it was planned.
Result<bool> SessionCore::start_again(const ResultStreamPtr& stream) {
  TRY(pause(*cancel_, ++stream->attempts));
  const PlannedStatement& statement = stream->execution->statement();
  if (statement.catalog->number() != instance_->catalog().newest_number()) return false;
  TRY(start_transaction({}, false));
  has_queried_ = true;
  working_version_.store(statement.catalog->number(), std::memory_order_release);
  auto start = [&]() -> Result<bool> {
    TRY(lock_for(statement));
    if (statement.catalog->number() != instance_->catalog().newest_number()) return false;
    stream->snapshot = TRY(statement_snapshot());
    TRY(stream->execution->restart(&*stream->snapshot));
    return true;
  };
  Result<bool> started = start();
  if (started.ok() && *started) {
    stream->ended = stream->cut_off = false;
    current_ = stream;
    return true;
  }
  drop(*stream);
  fail_transaction();
  return started;
}

}  // namespace rowan
