// executor/system_views.h: pg_catalog and information_schema: views whose rows are made from the catalog and
// the session when they are read. Names, columns and contents are PostgreSQL's, as far as Rowan has what they
// speak of. A view whose name ends in () is a function of no arguments that returns a set: FROM name() finds
// it, FROM name does not.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "executor/session_services.h"
#include "planner/binder.h"
#include "types/result.h"
#include "types/value.h"

namespace rowan {

using SystemRow = std::vector<Value>;

class SystemViews {
 public:
  // All views, immutable; `functions` are listed in pg_proc and outlive this.
  explicit SystemViews(const FunctionRegistry& functions);
  ~SystemViews();

  // By schema ("" for the search path: pg_catalog) and name; nullptr when there is none. Thread-safe.
  const SystemView* find(std::string_view schema, std::string_view name) const;
  // Without the functions among them.
  std::vector<const SystemView*> all() const;

  // The rows of the view `name` ("pg_class", "information_schema.tables") as `session` sees them.
  // Thread-safe.
  Result<std::vector<SystemRow>> rows(std::string_view name, SessionServices& session) const;

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

}  // namespace rowan
