// executor/table_writer.h: puts rows into a table and its indexes, under all of its constraints. What an
// operator writes goes through here: NOT NULL and CHECK first, then the heap, then the entries (hazard 9: so
// that an index never points to nothing), foreign keys noted for the statement's end.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "executor/run.h"
#include "executor/table_binding.h"
#include "txn/lock_manager.h"
#include "types/result.h"

namespace rowan {

class TableWriter {
 public:
  TableWriter(Run& run, catalog::TablePtr table) : run_(run), table_(std::move(table)) {}
  // Once. `assigned`: the columns that writes set; empty: all (INSERT).
  Result<> prepare(const std::vector<uint16_t>& assigned);
  TableBinding& binding() { return *binding_; }
  bool is_prepared() const { return binding_ != nullptr; }

  // Rows of `rows` stand by table column number. How many, from the first, satisfy NOT NULL and CHECK; the
  // next one's violation is in `error`. For an update only what the assigned columns touch is tested.
  uint32_t check(const Batch& rows, const Selection& selection, std::optional<Error>& error);

  // Adds the selected rows; ids[i] is the i-th's. Errors: 23505 and those of storage.
  Result<> insert(const Batch& rows, const Selection& selection, RowId* ids);
  // After insert() failed: the position of the row that it failed on, where an index refused it.
  uint32_t failed_row() const { return failed_row_; }
  // Only the heap row, or only one row's entries: for ON CONFLICT. `conflict` set: an entry of `arbiters` met
  // another row instead of an error.
  Result<RowId> insert_heap_row(const Batch& rows, uint32_t row);
  struct Conflict {
    RowId row;
    WriteId writer = kNoWriteId;  // in progress: wait for it, then look again
    bool found = false;
    WriteId creator = kNoWriteId;  // of the version that has the key, where no one is in progress
  };
  Result<Conflict> insert_entries(const Batch& rows, uint32_t row, RowId id,
                                  const std::vector<catalog::Oid>* arbiters);
  // A live row with the key that `row` has in one of `arbiters`, or one in progress.
  Result<Conflict> find_conflict(const Batch& rows, uint32_t row, const std::vector<catalog::Oid>& arbiters);

  // One row: the heap first, then entries for keys that changed. Anything but Done has changed nothing.
  Result<RowOutcome> update(RowId id, Seen seen, const Batch& old_rows, const Batch& new_rows, uint32_t row);
  Result<RowOutcome> remove(RowId id, Seen seen, const Batch& old_rows, uint32_t row);

  // Which columns of the old version update() and remove() read.
  std::vector<bool> columns_needed(bool removes) const;
  // Do unique keys change that others may refer to (the stronger row lock)?
  bool may_change_keys() const { return may_change_keys_; }
  RowLockMode lock_mode() const { return may_change_keys_ ? RowLockMode::Update : RowLockMode::NoKeyUpdate; }

  const catalog::Table& table() const { return *table_; }
  const Heap& heap() const;
  // SERIALIZABLE: that `row` is in the way counts as having read it. Errors: as Heap::fetch.
  Result<> note_existing(RowId row);
  Wait wait() const;
  LockManager& locks() const;
  // Sleeps until `writer` has ended. Errors: 40P01 · 55P03 · 57014.
  Result<> wait_for(WriteId writer, RowId row);
  // Before trying again after `outcome`: waits for whom it names.
  Result<> wait_after(const RowOutcome& outcome, RowId row, RowLockMode mode);

 private:
  void take_columns(const Batch& rows);
  Result<> add_entry(BoundIndex& index, uint32_t row, RowId id, Conflict* conflict);
  bool is_assigned(catalog::ColumnNumber column) const { return assigned_.empty() || assigned_[column]; }
  Error duplicate(const BoundIndex& index, uint32_t row, RowId existing) const;

  Run& run_;
  catalog::TablePtr table_;
  std::unique_ptr<TableBinding> binding_;
  std::vector<bool> assigned_;     // by column; empty: all
  std::vector<uint16_t> changes_;  // the assigned columns
  bool may_change_keys_ = true;
  std::vector<ColumnChange> change_list_;
  std::vector<const Vector*> columns_;  // of the rows being inserted
  std::string key_, old_key_;
  uint32_t failed_row_ = 0;
};

}  // namespace rowan
