// api/session_append.cpp: what a session does for its appenders (api/appender.h).
#include <utility>

#include "api/session_core.h"
#include "types/try.h"

namespace rowan {

Result<> SessionCore::check_not_ended_idle() {
  if (!std::exchange(was_ended_idle_, false)) return {};
  return Error(sqlstate::idle_in_transaction_session_timeout,
               "terminating connection due to idle-in-transaction timeout")
      .detail("The transaction was rolled back. The connection can be used again after ROLLBACK.");
}

Result<> SessionCore::check_not_appending() {
  TRY(check_not_ended_idle());
  if (state_ != State::Appending) return {};
  if (appender_is_gone_.exchange(false)) {
    roll_back_transaction();
    return {};
  }
  return Error(sqlstate::object_not_in_prerequisite_state,
               "an appender with a transaction of its own is open on this connection")
      .hint("Finish or free it first, open it inside a transaction block, or use another connection.");
}

Result<bool> SessionCore::begin_implicit() {
  if (current_) TRY(cut_off_current());
  TRY(check_open());
  if (state_ == State::Failed) {
    return Error(sqlstate::in_failed_sql_transaction,
                 "current transaction is aborted, commands ignored until end of transaction block");
  }
  prepare_statement_context();
  eval_.cancel = environment_.cancel = cancel_.get();
  if (state_ != State::Idle) return false;
  TRY(start_transaction({}, false));
  return true;
}

Result<bool> SessionCore::begin_append() {
  TRY(check_not_appending());
  bool is_own = TRY(begin_implicit());
  if (!is_own) return false;
  state_ = State::Appending;
  appender_is_gone_.store(false);  // that was another
  return true;
}

Result<> SessionCore::end_append(bool is_own, bool good) {
  rest();
  if (good) return is_own ? commit_transaction() : Result<>();
  fail_transaction();
  return {};
}

Result<catalog::TablePtr> SessionCore::lock_for_append(const FindTable& find) {
  if (transaction_.is_read_only()) return refused_read_only("INSERT");
  has_queried_ = true;
  return lock_found(find, LockMode::RowExclusive);
}

Result<std::unique_ptr<TableLoad>> SessionCore::open_load(catalog::TablePtr table,
                                                          std::vector<catalog::ColumnNumber> columns) {
  return TableLoad::open(std::move(table), overlay_.current(), std::move(columns), environment_,
                         bind_options({}));
}

Result<> SessionCore::write_load(TableLoad& load, uint32_t rows) {
  if (current_) TRY(cut_off_current());
  TRY(check_open());
  eval_.cancel = environment_.cancel = cancel_.get();
  prepare_statement_context();
  Result<> written;
  if (transaction_.is_read_only()) {  // by now
    written = refused_read_only("INSERT");
  } else if (load.reads_rows()) {
    Snapshot snapshot = TRY(statement_snapshot());
    written = load.write(rows, &snapshot);
    instance_->transactions().release_snapshot(*slot_, snapshot);
  } else {
    written = load.write(rows, nullptr);
  }
  rest();
  if (!written.ok()) fail_transaction();
  return written;
}

}  // namespace rowan
