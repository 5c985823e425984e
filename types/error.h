// types/error.h: what went wrong, in the words a user needs. Errors are values (types/result.h carries them);
// the wording and the codes are PostgreSQL's. An Error is one pointer wide, so a Result<> is too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "types/export.h"
#include "types/sqlstate.h"

namespace rowan {

// Where in the statement's text something stands: byte offset from its start, -1 when unknown.
using Position = int32_t;
inline constexpr Position kNoPosition = -1;

class [[nodiscard]] ROWAN_API Error {
 public:
  Error(SqlState state, std::string message);
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  Error(const Error& other);
  Error& operator=(const Error& other);
  ~Error() = default;

  // Builders: each returns the same error, so that one expression says it all. `at` keeps the first position
  // set.
  Error&& at(Position position) &&;
  Error&& without_position() &&;  // it was one in another text than the reader's
  Error&& detail(std::string text) &&;
  Error&& hint(std::string text) &&;     // an empty hint is no hint
  Error&& context(std::string text) &&;  // "COPY t, line 3, column a: …"; later calls add lines
  Error&& table(std::string_view name) &&;
  Error&& column(std::string_view name) &&;
  Error&& constraint(std::string_view name) &&;
  Error&& row(uint64_t number) &&;  // 1-based, of the statement's input
  Error&& value(std::string_view text) &&;

  // What was set; empty or kNoPosition or 0 where nothing was.
  SqlState state() const { return facts_->state; }
  const std::string& message() const { return facts_->message; }
  const std::string& detail() const& { return facts_->detail; }
  const std::string& hint() const& { return facts_->hint; }
  const std::string& context() const& { return facts_->context; }
  const std::string& table() const& { return facts_->table; }
  const std::string& column() const& { return facts_->column; }
  const std::string& constraint() const& { return facts_->constraint; }
  const std::string& value() const& { return facts_->value; }
  uint64_t row() const& { return facts_->row; }
  Position position() const { return facts_->position; }

 private:
  struct Facts {
    SqlState state;
    Position position = kNoPosition;
    uint64_t row = 0;
    std::string message, detail, hint, context, table, column, constraint, value;
  };
  std::unique_ptr<Facts> facts_;

  template <class T>
  friend class Result;
  struct Nothing {};
  explicit Error(Nothing) noexcept {}  // only inside Result: no error
};

// The candidate that a misspelt `name` most likely meant (Damerau-Levenshtein distance of at most a third of
// its length), or "" when none is near. For hints.
class Suggestion {
 public:
  explicit Suggestion(std::string_view name);
  void consider(std::string_view candidate);
  // "Perhaps you meant to reference the column "x"." style text is built by the caller from best().
  std::string_view best() const { return best_; }

 private:
  std::string name_, best_;
  size_t distance_;
};

}  // namespace rowan
