// executor/copy.h: COPY between a table (or a query) and bytes, in PostgreSQL's text and CSV forms. The bytes
// come from and go to callables, so that files, pipes and a client's callbacks are all alike.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "executor/execution.h"
#include "executor/run.h"
#include "parser/ast_statement.h"
#include "planner/binder.h"
#include "types/result.h"

namespace rowan {

// The next bytes, any number of them; empty: the end.
using CopySource = std::function<Result<std::string>()>;
// Takes the next bytes, 64 KiB at most, which end anywhere: within a value too when it is long.
using CopySink = std::function<Result<>(std::string_view)>;

struct CopyOptions {
  bool csv = false;
  char delimiter = '\t';
  std::string null_text = "\\N";
  enum class Header : uint8_t { No, Yes, Match } header = Header::No;
  char quote = '"', escape = '"';
  // Names of columns; `…_all`: the star.
  std::vector<ast::Name> force_quote, force_not_null, force_null;
  bool force_quote_all = false;
};

// What the statement says, checked as PostgreSQL does. Errors: 42601 conflicting, redundant or unknown
// options · 22023 bad values · 0A000 binary, other encodings than UTF-8.
Result<CopyOptions> copy_options(const ast::Copy& copy);

// The table columns that the statement names, in its order; all of them when it names none. Errors: 42703 ·
// 42701.
Result<std::vector<catalog::ColumnNumber>> copy_columns(const catalog::Table& table,
                                                        const ast::List<ast::Name>& names);

// "SELECT a, b FROM ONLY public.t": the query that COPY t (a, b) TO stands for.
std::string copy_query(const catalog::Table& table, const std::vector<catalog::ColumnNumber>& columns);

// Reads rows into `table` (locked, in the environment's transaction); returns how many. `snapshot`: the
// statement's. Constraints hold when it returns. Errors: 22P04 and those of the types and of writing, with
// the context `COPY t, line 3, column a: "x"`.
Result<uint64_t> copy_from(const ast::Copy& copy, catalog::TablePtr table, catalog::CatalogPtr catalog,
                           Environment& environment, const Snapshot& snapshot, const BindOptions& bind,
                           const CopySource& source);

// Writes what `execution` (started) puts out; returns how many rows.
Result<uint64_t> copy_to(const CopyOptions& options, Execution& execution, EvalContext& context,
                         const CopySink& sink);

}  // namespace rowan
