// api/session_activity.cpp: what others see of a session, and its end when it idles inside a transaction.
#include "api/session_core.h"

namespace rowan {

SessionActivity SessionCore::look() const {
  SessionActivity seen = published_.look();
  seen.id = id_;
  CommitSeq oldest = slot_->oldest();
  if (oldest != SnapshotSlot::kNone) seen.snapshot = oldest;
  return seen;
}

void SessionCore::note_rest() {
  using Shown = SessionActivity::State;
  if (state_ == State::Implicit || state_ == State::Appending) return;  // not over yet
  if (state_ == State::Idle) {
    // Outside of blocks nobody asks since when; a clock read is worth something to a short statement.
    published_.statement_ends(Shown::Idle, eval_.statement_start_us);
    return;
  }
  Shown shown = state_ == State::Failed ? Shown::IdleInFailedTransaction : Shown::IdleInTransaction;
  // A statement's end may come by here twice.
  if (published_.state() != shown) published_.statement_ends(shown, now_us());
  if (waits_idle_) stop_idle_timer();
  if (is_leaving_ || is_shut_down() || !transaction_.is_active()) return;
  read_settings();  // the statement may have set it
  if (idle_timeout_ms_ == 0) return;
  has_idle_timer_ = true;
  idle_until_ = monotonic_now_ns() + MonotonicNs{idle_timeout_ms_} * 1'000'000;
  waits_idle_.store(true);
  instance_->idle_timer().arm(*this, idle_timeout_ms_);
}

void SessionCore::stop_idle_timer() {
  waits_idle_.store(false);
  instance_->idle_timer().disarm(*this);
}

void SessionCore::end_idle_transaction() {
  constexpr uint32_t kSoonMs = 10;
  if (!waits_idle_.load()) return;
  if (!gate_.try_enter_between_calls()) {  // a call begins, and stops this; or one is just ending
    instance_->idle_timer().arm(*this, kSoonMs);
    return;
  }
  struct Leave {
    CallGate& gate;
    ~Leave() { gate.leave(); }
  } leave{gate_};
  // An alarm of an earlier idle time may come late: that of this one is still to come.
  if (!waits_idle_.load() || current_ || monotonic_now_ns() < idle_until_) return;
  waits_idle_.store(false);
  if (!transaction_.is_active()) return;
  was_ended_idle_ = true;
  roll_back_transaction();
  state_ = State::Failed;  // what its client still sends belongs to it, until the client ends it too
  published_.statement_ends(SessionActivity::State::IdleInFailedTransaction, now_us());
}

}  // namespace rowan
