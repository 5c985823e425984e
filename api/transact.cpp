// api/transact.cpp: Connection::transact: whole transactions that are tried again after a conflict.
#include <cstdint>
#include <functional>

#include "api/rowan.hpp"
#include "types/sqlstate.h"
#include "types/try.h"

namespace rowan {
namespace {

std::string_view begin_at(Isolation level) {
  switch (level) {
    case Isolation::ReadCommitted:
      return "BEGIN ISOLATION LEVEL READ COMMITTED";
    case Isolation::RepeatableRead:
      return "BEGIN ISOLATION LEVEL REPEATABLE READ";
    case Isolation::Serializable:
      break;
  }
  return "BEGIN ISOLATION LEVEL SERIALIZABLE";
}

bool is_conflict(const Error& error) {
  return error.state() == sqlstate::serialization_failure || error.state() == sqlstate::deadlock_detected;
}

// Whatever comes of `work`, an exception too: nothing of its transaction stays open.
class Undo {
 public:
  explicit Undo(Connection& connection) : connection_(connection) {}
  ~Undo() {
    if (connection_.transaction_status() != TransactionStatus::Idle)
      static_cast<void>(connection_.execute("ROLLBACK").ok());
  }
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;

 private:
  Connection& connection_;
};

// `check_idle`: 25P03, where the transaction was ended from outside.
Result<> run_once(Connection& connection, Isolation level, const std::function<Result<>(Connection&)>& work,
                  const std::function<Result<>()>& check_idle) {
  TRY(connection.execute(begin_at(level)));
  Undo undo(connection);
  TRY(work(connection));
  switch (connection.transaction_status()) {
    case TransactionStatus::Idle:
      return Error(sqlstate::no_active_sql_transaction, "the work of a transaction has ended it itself");
    case TransactionStatus::Failed:
      TRY(check_idle());
      return Error(sqlstate::in_failed_sql_transaction,
                   "a statement of the transaction has failed, and its work gave no error")
          .hint("Return the error of the statement, so that it can be tried again or be told.");
    case TransactionStatus::Active:
      break;
  }
  return connection.execute("COMMIT");
}

}  // namespace

Result<uint32_t> Connection::transact(Isolation level, const std::function<Result<>(Connection&)>& work) {
  if (transaction_status() != TransactionStatus::Idle)
    return Error(sqlstate::active_sql_transaction, "transact() cannot run inside a transaction block");
  for (uint32_t retries = 0;; ++retries) {
    Result<> done = run_once(*this, level, work, [this] { return check_not_ended_idle(); });
    if (done.ok()) return retries;
    if (!is_conflict(done.error())) return std::move(done).error();
    TRY(pause_before_retry(retries + 1));
  }
}

}  // namespace rowan
