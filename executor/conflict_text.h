// executor/conflict_text.h: errors of transactions that met each other at a row, with the row by its key and
// the other side by its statement.
#pragma once

#include "catalog/catalog.h"
#include "executor/run.h"
#include "txn/visibility.h"
#include "types/error.h"

namespace rowan {

// 40001: `row` of `table` is not any more what the transaction's snapshot sees.
Error lost_row(const Environment& environment, catalog::Oid table, RowId row, WriteVerdict::Kind kind);
// "Process 3 held it while this transaction waited: UPDATE …" with a line's end before it; "" where the
// transaction has not waited for the row.
std::string held_by(const Environment& environment, catalog::Oid table, RowId row);

}  // namespace rowan
