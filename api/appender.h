// api/appender.h: the bulk path into a table: rows are collected column-wise and run through the prepared
// INSERT of the table a batch at a time, in one transaction.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "api/session_core.h"
#include "types/result.h"
#include "types/value.h"

namespace rowan {

class AppenderCore {
 public:
  static Result<std::unique_ptr<AppenderCore>> open(std::shared_ptr<SessionCore> session,
                                                    std::string_view table);
  ~AppenderCore();
  Result<> append(const Value& value);
  Result<> end_row();
  Result<> finish();

 private:
  explicit AppenderCore(std::shared_ptr<SessionCore> session) : session_(std::move(session)) {}
  Result<> flush();

  std::shared_ptr<SessionCore> session_;
  std::string table_;
  size_t columns_ = 0;
  std::vector<std::unique_ptr<PreparedPlan>> plans_;  // by rows a run: 1 and kRowsAtOnce
  std::vector<Value> row_, pending_;
  bool implicit_ = false;
  bool open_ = false;
  bool failed_ = false;
};

}  // namespace rowan
