// api/published_activity.h: what a session is at, for the eyes of others: pg_stat_activity, and errors that
// name the other side of a conflict. Its own thread writes it, any thread reads it.
//
// A statement that runs again and again is published once: the hot path stores three numbers. A text is kept
// after its statement, as "the last one", but no longer than kKept bytes of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "executor/session_services.h"
#include "parser/parser.h"
#include "types/mutex.h"

namespace rowan {

class PublishedActivity {
 public:
  using Seen = SessionActivity;
  using State = Seen::State;
  static constexpr size_t kKept = 1024;  // track_activity_query_size of PostgreSQL

  // --- The session's thread ---
  // `now_us`: microseconds since 2000-01-01 UTC. `runs_again`: it is a prepared one.
  void statement_begins(const std::shared_ptr<ParsedStatement>& statement, bool runs_again, int64_t now_us)
      EXCLUDES(mutex_) {
    if (statement.get() != statement_) publish(statement, runs_again);
    statement_us_.store(now_us, std::memory_order_relaxed);
    state_us_.store(now_us, std::memory_order_relaxed);
    state_.store(State::Active, std::memory_order_relaxed);
  }
  void statement_ends(State state, int64_t now_us) EXCLUDES(mutex_) {
    if (is_single_use_) shorten();
    state_us_.store(now_us, std::memory_order_relaxed);
    state_.store(state, std::memory_order_relaxed);
  }
  State state() const { return state_.load(std::memory_order_relaxed); }
  void transaction_begins(int64_t now_us) { transaction_us_.store(now_us, std::memory_order_relaxed); }
  void transaction_ends() { transaction_us_.store(0, std::memory_order_relaxed); }

  // --- Any thread ---
  // All but the session's number, its locks and its snapshot.
  Seen look() const EXCLUDES(mutex_);
  std::string statement() const EXCLUDES(mutex_);

 private:
  void publish(const std::shared_ptr<ParsedStatement>& statement, bool runs_again) EXCLUDES(mutex_);
  void shorten() EXCLUDES(mutex_);

  // No partners: reports, each number by itself.
  std::atomic<State> state_{State::Idle};
  std::atomic<int64_t> statement_us_{0}, state_us_{0}, transaction_us_{0};

  const ParsedStatement* statement_ = nullptr;  // the session's thread: which `shared_` is
  bool is_single_use_ = false;                  // the same: it need not be kept whole
  mutable Mutex mutex_{LockRank::Leaf};
  std::shared_ptr<const ParsedStatement> shared_ GUARDED_BY(mutex_);
  std::string text_ GUARDED_BY(mutex_);  // where shared_ is gone
};

}  // namespace rowan
