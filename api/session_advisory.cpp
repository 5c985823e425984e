// api/session_advisory.cpp: advisory locks of a session and of its transactions.
#include "api/session_core.h"
#include "types/try.h"

namespace rowan {
namespace {

LockMode mode_of(const SessionServices::AdvisoryLock& lock) {
  return lock.is_shared ? LockMode::Share : LockMode::Exclusive;
}

}  // namespace

Result<bool> SessionCore::lock_advisory(const AdvisoryLock& lock, bool waits) {
  LockManager& locks = instance_->transactions().locks();
  if (!lock.is_of_transaction && session_locks_ == nullptr) {
    session_locks_ = std::make_unique<LockOwner>();
    locks.attach(*session_locks_);
    locks.start(*session_locks_, 0, id_);
  }
  LockOwner& owner = lock.is_of_transaction ? transaction_.locks() : *session_locks_;
  bool is_kept = !lock.is_of_transaction;
  if (!waits) {
    bool taken = locks.try_acquire(owner, lock.target, mode_of(lock));
    if (taken && is_kept) ++advisory_calls_;
    return taken;
  }
  Wait wait;
  wait.cancel = cancel_.get();
  wait.lock_timeout_ms = environment_.lock_timeout_ms;
  TRY(locks.acquire(owner, lock.target, mode_of(lock), wait));
  if (is_kept) ++advisory_calls_;
  return true;
}

bool SessionCore::unlock_advisory(const AdvisoryLock& lock) {
  bool had = session_locks_ != nullptr &&
             instance_->transactions().locks().release(*session_locks_, lock.target, mode_of(lock));
  if (had)
    ++advisory_calls_;
  else
    notice("WARNING", Error(sqlstate::warning, std::string("you don't own a lock of type ") +
                                                   (lock.is_shared ? "ShareLock" : "ExclusiveLock")));
  return had;
}

void SessionCore::unlock_all_advisory() {
  ++advisory_calls_;
  if (session_locks_ != nullptr) instance_->transactions().locks().release_all(*session_locks_);
}

}  // namespace rowan
