// What the lock manager says: what is locked, who stands in the way and what that one runs.
#include <fmt/format.h>

#include <new>

#include "txn/lock_table.h"

namespace rowan {

std::string LockManager::describe(const LockTarget& target) const {
  if (describe_) {
    std::string words = describe_(target);
    if (!words.empty()) return words;
  }
  switch (target.kind) {
    case LockTarget::Kind::Relation:
      return fmt::format("relation {}", target.relation);
    case LockTarget::Kind::Row: {
      RowId row = RowId::unpack(target.number);
      return fmt::format("tuple ({},{}) of relation {}", row.page, row.slot, target.relation);
    }
    case LockTarget::Kind::Write:
      return fmt::format("transaction {}", target.number);
    case LockTarget::Kind::Advisory:
      return fmt::format("advisory lock [{}]", target.number);
    case LockTarget::Kind::Object:
      return fmt::format("object [{},{}]", target.relation, target.number);
  }
  return {};
}

std::string LockManager::statement_of(uint64_t session) const {
  return statement_of_ && session != 0 ? statement_of_(session) : std::string();
}

void LockManager::note_met(LockOwner& owner, const LockTarget& about, uint64_t blocker) {
  // It stands in a queue: nothing may fly out of here.
  try {
    owner.last_met_ = {about, blocker, statement_of(blocker)};
  } catch (const std::bad_alloc&) {
    owner.last_met_.session = 0;
  }
}

namespace {

std::string line(uint64_t session, std::string_view did, std::string_view statement) {
  if (session == 0) return {};
  if (statement.empty()) return fmt::format("Process {} {}.", session, did);
  return fmt::format("Process {} {}: {}", session, did, statement);
}

}  // namespace

std::string LockManager::name_session(uint64_t session, std::string_view did) const {
  return line(session, did, statement_of(session));
}

std::string LockManager::name_holder(const LockOwner& owner, LockTarget target, int mode) {
  uint64_t session = 0;
  {
    MutexLock lock(mutex_);
    session = table_->first_in_the_way(owner, target, mode);
  }
  return name_session(session, "is in the way");
}

std::string LockManager::name_met(const LockOwner& owner, LockTarget about, std::string_view did) const {
  const LockOwner::Met& met = owner.last_met();
  if (met.about.kind != about.kind || met.about.number != about.number) return {};
  return line(met.session, did, met.statement);
}

Error LockManager::refused(const LockTarget& about) const {
  if (about.kind == LockTarget::Kind::Row) {
    return Error(sqlstate::lock_not_available, fmt::format("could not obtain lock on row in {}",
                                                           describe(LockTarget::table(about.relation))));
  }
  return Error(sqlstate::lock_not_available, fmt::format("could not obtain lock on {}", describe(about)));
}

// PostgreSQL's lines, and behind them the statements, which it writes to its log alone.
Error LockManager::deadlock(const LockOwner& owner, const std::vector<DeadlockMember>& members) const {
  std::string detail;
  for (const DeadlockMember& member : members) {
    using Kind = LockTarget::Kind;
    std::string what = describe(member.target.kind == Kind::Row ? member.about : member.target);
    if (member.target.kind == Kind::Write && member.about.kind == Kind::Row)
      what += " (" + describe(member.about) + ")";
    fmt::format_to(std::back_inserter(detail), "{}Process {} waits for {} on {}; blocked by process {}.",
                   detail.empty() ? "" : "\n", member.waiter,
                   LockTable::mode_name(member.target, member.mode), what, member.blocker);
  }
  for (const DeadlockMember& member : members) {
    std::string statement = statement_of(member.waiter);
    if (!statement.empty())
      fmt::format_to(std::back_inserter(detail), "\nProcess {}: {}", member.waiter, statement);
  }
  return Error(sqlstate::deadlock_detected, "deadlock detected")
      .detail(std::move(detail))
      .hint(fmt::format("Process {} gives way, as its wait was the last to begin and closed the circle. The "
                        "transaction might succeed if retried.",
                        owner.session()));
}

}  // namespace rowan
