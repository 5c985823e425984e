// executor/check_table.h: what `rowan check` says of one table: whether its heap and its indexes are whole,
// and whether they say the same, both ways; whether its rows keep their constraints. Findings go to a report,
// each with its page, the table's or index's storage as owner, and what is broken.
//
// The path of one check: heap and indexes verify themselves (storage/) → every row that a fresh snapshot sees
// is looked up in every index, and held against NOT NULL and CHECK (executor/check_rows.cpp) → every entry is
// held against its row (executor/check_entries.cpp). Last come rows without their parent
// (executor/check_references.cpp).
//
// Others may write meanwhile; none of this can then be wrong:
// - A row that the snapshot sees was committed, so its entries are there; and as long as the snapshot lives
// the
//   cleaner takes none of them away. Only indexes count that the catalog had before the snapshot was taken.
// - An entry is looked at under its leaf's latch: rows come before entries and go after them (hazards, 9), so
//   its row is there, and one of the row's versions, maybe an old or an aborted one, has the entry's key.
// - Constraints are held against one snapshot, in which they hold for all that committed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "executor/index_keys.h"
#include "executor/relations.h"
#include "planner/binder.h"
#include "storage/check.h"
#include "txn/transactions.h"
#include "types/result.h"
#include "types/value.h"

namespace rowan {

struct TableCheck {
  Relations& relations;
  Transaction& transaction;     // holds ACCESS SHARE on the table, at least
  catalog::CatalogPtr catalog;  // read since it holds that
  catalog::TablePtr table;
  EvalContext& eval;
  BindOptions bind;
  // Runs a query inside the transaction.
  std::function<Result<std::vector<std::vector<Value>>>(const std::string& sql)> query;
  CheckReport& report;
};

// Errors: those that are no finding: 58030, 53200, what `query` returns. Blocks for I/O, latches and, through
// `query`, locks of parent tables.
Result<> check_table(TableCheck& check);
// Its foreign keys, once all tables were checked: a row is no orphan because its parent's page is damaged.
Result<> check_foreign_keys(TableCheck& check);

// --- the parts ---

struct CheckedIndex {
  catalog::IndexPtr index;
  IndexStoragePtr storage;
  std::unique_ptr<IndexKeys> keys;
  bool is_broken = false;  // said already: nothing can be looked up
};

Result<> check_rows(TableCheck& check, Heap& heap, const Snapshot& snapshot,
                    std::vector<CheckedIndex>& indexes);
Result<> check_entries(TableCheck& check, Heap& heap, const Snapshot& snapshot, CheckedIndex& index);
Result<> check_references(TableCheck& check, Heap& heap, const Snapshot& snapshot,
                          const catalog::Constraint& key);

// Is it what a check reports rather than dies of?
bool is_damage(const Error& error);
// "row (7,3)"
std::string row_text(RowId row);
// Shows every row that the snapshot sees, a batch at a time: the columns by table column number (others are
// not to be read) and the rows' ids. A page whose rows cannot be read is a finding, and the next one follows.
using LookAtRows =
    std::function<Result<>(PageNo page, const Batch& by_number, const Selection& rows, const int64_t* ids)>;
Result<> for_each_row(TableCheck& check, Heap& heap, const Snapshot& snapshot,
                      const std::vector<catalog::ColumnNumber>& columns, const LookAtRows& look);

}  // namespace rowan
