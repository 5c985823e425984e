// api/appender.h: rows of a program into a table, a batch at a time, in one transaction. A full batch goes
// through executor/table_load.h as a statement of the session would: it ends the rows that still stream, and
// its failure fails the transaction. Inside a transaction block the session may run other statements between
// batches; what takes the ground away (the transaction's end, a rollback to a savepoint, definitions changed
// in it) ends the appender. Outside of one the appender has the session's transaction to itself: while it is
// open other statements are refused (SessionCore::check_not_appending), so none is joined to it or lost with
// it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/session_core.h"
#include "executor/table_load.h"
#include "types/result.h"
#include "types/value.h"

namespace rowan {

class AppenderCore {
 public:
  static Result<std::unique_ptr<AppenderCore>> open(std::shared_ptr<SessionCore> session,
                                                    std::string_view table,
                                                    const std::vector<std::string>& columns);
  // Rolls its own transaction back, unless finish() was called. Inside the session's gate.
  ~AppenderCore();

  // The row's next value. The two most frequent kinds have ways of their own past Value.
  Result<> append(const Value& value);
  Result<> append(int64_t value, TypeId given);
  Result<> append(std::string_view text);
  Result<> end_row();
  Result<> finish();

  SessionCore& session() { return *session_; }
  std::shared_ptr<SessionCore> keep_session() { return session_; }
  // For an appender that goes while some other call is inside the session: its own transaction ends later.
  void leave_transaction() {
    if (is_open_ && is_own_) session_->leave_append();
    is_own_ = false;
  }

 private:
  explicit AppenderCore(std::shared_ptr<SessionCore> session) : session_(std::move(session)) {}
  Result<Vector*> next_column();
  Result<> write();
  Result<> write_batch();
  Result<> check_ground() const;

  std::shared_ptr<SessionCore> session_;
  catalog::TablePtr table_;
  std::unique_ptr<TableLoad> load_;
  uint32_t rows_ = 0;    // whole ones in the batch
  size_t bytes_ = 0;     // of texts in the batch
  size_t next_ = 0;      // column of the row that is being made
  uint64_t ground_ = 0;  // SessionCore::ground() at open
  bool is_own_ = false;  // the transaction
  bool is_open_ = true;
};

}  // namespace rowan
