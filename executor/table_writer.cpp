#include "executor/table_writer.h"

#include <algorithm>

#include "executor/conflict_text.h"
#include "executor/statement_writes.h"
#include "txn/ssi.h"
#include "txn/transactions.h"
#include "types/try.h"

namespace rowan {

namespace {

// Looks at rows that have the key that is about to be inserted, from under the index page's latch.
class UniqueCheck final : public RowCheck {
 public:
  UniqueCheck(Run& run, TableBinding& binding, BoundIndex& index, std::string_view key, RowId self)
      : run_(run), binding_(binding), index_(index), key_(key), self_(self) {}

  Result<RowVerdict> look(RowId row) override {
    if (row == self_) return RowVerdict{};
    index_.probed.reset();
    LatestRow latest =
        TRY(binding_.heap->fetch_latest(run_.environment().transaction, index_.probe, row, index_.probed, 0));
    switch (latest.state) {
      case LatestState::Deleted:
      case LatestState::Gone:
        return RowVerdict{};
      case LatestState::InProgress:
      case LatestState::DeleteInProgress:
        return RowVerdict{RowVerdict::Kind::WaitFor, latest.writer};
      case LatestState::Live:
        break;
    }
    // The row may have another key by now.
    for (size_t i = 0; i < index_.probe.columns.size(); ++i)
      index_.probe_row.column(index_.probe.columns[i]).borrow(index_.probed.column(i));
    index_.probe_row.set_row_count(1);
    TRY(index_.probe_keys->compute(index_.probe_row, Selection(1), run_.eval()));
    if (!index_.probe_keys->includes(0)) return RowVerdict{};
    std::string key;
    index_.probe_keys->encode(0, key);
    if (key != key_) return RowVerdict{};
    creator_ = latest.creator;
    return RowVerdict{RowVerdict::Kind::Conflict, kNoWriteId};
  }
  // After a conflict: of the version that has the key.
  WriteId creator() const { return creator_; }

 private:
  Run& run_;
  TableBinding& binding_;
  BoundIndex& index_;
  std::string_view key_;
  RowId self_;
  WriteId creator_ = kNoWriteId;
};

// The same looks without an insert: is there a conflict?
class ConflictVisitor final : public EntryVisitor {
 public:
  explicit ConflictVisitor(UniqueCheck& check) : check_(check) {}
  Result<bool> visit(std::string_view, RowId row) override {
    RowVerdict verdict = TRY(check_.look(row));
    if (verdict.kind == RowVerdict::Kind::Dead) return true;
    found = {row, verdict.writer, true, check_.creator()};
    return false;
  }
  TableWriter::Conflict found;

 private:
  UniqueCheck& check_;
};

}  // namespace

Result<> TableWriter::prepare(const std::vector<uint16_t>& assigned) {
  if (binding_ != nullptr) return {};
  std::unique_ptr<TableBinding> made = TRY(TableBinding::make(run_, table_));
  if (!assigned.empty()) {
    assigned_.assign(table_->columns.size(), false);
    for (uint16_t column : assigned) assigned_[column] = true;
    may_change_keys_ = false;
    for (const BoundIndex& index : made->indexes)
      if (index.index->is_unique && index.reads_any_of(assigned_)) may_change_keys_ = true;
  }
  changes_ = assigned;
  binding_ = std::move(made);
  return {};
}

uint32_t TableWriter::check(const Batch& rows, const Selection& selection, std::optional<Error>& error) {
  uint32_t good = selection.count();
  auto prefix = [&] { return selection.is_dense() ? Selection(good) : Selection(selection.rows(), good); };
  // The first row that fails decides, and of its failures the first in this order.
  for (size_t column = 0; column < table_->columns.size(); ++column) {
    const catalog::Column& definition = table_->columns[column];
    if (!definition.not_null || definition.dropped ||
        !is_assigned(static_cast<catalog::ColumnNumber>(column)))
      continue;
    const Vector& values = rows.column(column);
    if (!values.may_have_nulls()) continue;
    for (uint32_t i = 0; i < good; ++i) {
      if (!values.is_null(selection[i])) continue;
      good = i;
      error =
          Error(sqlstate::not_null_violation, "null value in column \"" + definition.name +
                                                  "\" of relation \"" + table_->name +
                                                  "\" violates not-null constraint")
              .detail("Failing row contains " + describe_row(*table_, rows, selection[i], run_.eval()) + ".")
              .table(table_->name)
              .column(definition.name);
      break;
    }
  }
  EvalInput input;
  input.context = &run_.eval();
  for (BoundCheck& check : binding_->checks) {
    // An old row may break a constraint that is not validated: there every new version is tested.
    bool touched = check.columns.empty() || !check.constraint->is_valid ||
                   std::any_of(check.columns.begin(), check.columns.end(),
                               [&](auto column) { return is_assigned(column); });
    if (!touched) continue;
    EvalOutcome outcome;
    const Vector& verdict = check.evaluator->evaluate(input, &rows, prefix(), outcome);
    uint32_t evaluated = outcome.error ? outcome.good_rows : good;
    bool failed = false;
    for (uint32_t i = 0; i < evaluated && !failed; ++i) {
      uint32_t row = selection[i];
      // NULL is fine: only false violates.
      if (verdict.is_null(row) || verdict.data<uint8_t>()[verdict.is_constant() ? 0 : row] != 0) continue;
      failed = true;
      good = i;
      error = Error(sqlstate::check_violation, "new row for relation \"" + table_->name +
                                                   "\" violates check constraint \"" +
                                                   check.constraint->name + "\"")
                  .detail("Failing row contains " + describe_row(*table_, rows, row, run_.eval()) + ".")
                  .table(table_->name)
                  .constraint(check.constraint->name);
    }
    if (!failed && outcome.error) {
      good = outcome.good_rows;
      error = std::move(outcome.error);
    }
  }
  return good;
}

Wait TableWriter::wait() const {
  Wait wait;
  wait.lock_timeout_ms = run_.environment().lock_timeout_ms;
  wait.cancel = run_.environment().cancel;
  return wait;
}

const Heap& TableWriter::heap() const {
  return *binding_->heap;
}

Result<> TableWriter::note_existing(RowId row) {
  Batch nothing(std::span<const Type>(), 1);
  uint16_t from[1];
  RowId home = binding_->heap->seen_home(*run_.snapshot(), row);
  TRY(binding_->heap->fetch(*run_.snapshot(), {binding_->layout, {}}, {&home, 1}, nothing, from));
  return {};
}

LockManager& TableWriter::locks() const {
  return run_.environment().transactions->locks();
}

Result<> TableWriter::wait_for(WriteId writer, RowId row) {
  LockTarget about = row.is_valid() ? LockTarget::row(table_->oid, row) : LockTarget::write(writer);
  return locks().wait_for_write(run_.environment().transaction->locks(), writer, about, wait());
}

Result<> TableWriter::wait_after(const RowOutcome& outcome, RowId row, RowLockMode mode) {
  // One's turn first: those who wait for the same row are served in order.
  TRY(locks().lock_row(run_.environment().transaction->locks(), table_->oid, row, mode, wait()));
  if (outcome.fate == RowFate::WaitForWriter) {
    TRY(locks().wait_for_write(run_.environment().transaction->locks(), outcome.writer,
                               LockTarget::row(table_->oid, row), wait(), mode));
  }
  return {};
}

Error TableWriter::duplicate(const BoundIndex& index, uint32_t row, RowId existing) const {
  return Error(sqlstate::unique_violation,
               "duplicate key value violates unique constraint \"" + index.index->name + "\"")
      .detail("Key " + index.keys->describe(row, run_.eval()) + " already exists." +
              held_by(run_.environment(), table_->oid, existing))
      .table(table_->name)
      .constraint(index.index->name);
}

// Adds one row's entry; keys are computed already.
Result<> TableWriter::add_entry(BoundIndex& index, uint32_t row, RowId id, Conflict* conflict) {
  if (!index.keys->includes(row)) return {};
  bool has_null = index.keys->encode(row, key_);
  bool checks = index.index->is_unique && !has_null;
  while (true) {
    UniqueCheck check(run_, *binding_, index, key_, id);
    Result<InsertOutcome> outcome = index.storage->insert(key_, id, checks ? &check : nullptr);
    if (!outcome.ok()) {
      if (outcome.error().state() == sqlstate::program_limit_exceeded)
        return index_row_too_large(key_.size(), *index.index).table(table_->name);
      return std::move(outcome).error();
    }
    // Who has read there goes before a duplicate: where another's insert is the reason for both, trying again
    // helps.
    SsiTransaction* ssi = run_.environment().transaction->ssi();
    if (ssi != nullptr && outcome->kind != InsertOutcome::Kind::WaitFor)
      TRY(index.storage->tell_readers(*ssi, key_));
    switch (outcome->kind) {
      case InsertOutcome::Kind::Inserted:
        return {};
      case InsertOutcome::Kind::Duplicate:
        if (conflict == nullptr) return duplicate(index, row, outcome->row);
        *conflict = {outcome->row, kNoWriteId, true, check.creator()};
        return {};
      case InsertOutcome::Kind::WaitFor:
        if (conflict != nullptr) {
          *conflict = {outcome->row, outcome->writer, true, kNoWriteId};
          return {};
        }
        TRY(wait_for(outcome->writer, outcome->row));
        break;
    }
  }
}

void TableWriter::take_columns(const Batch& rows) {
  columns_.clear();
  for (size_t i = 0; i < table_->columns.size(); ++i)
    columns_.push_back(table_->columns[i].dropped ? nullptr : &rows.column(i));
}

Result<> TableWriter::insert(const Batch& rows, const Selection& selection, RowId* ids) {
  if (selection.count() == 0) return {};
  take_columns(rows);
  TRY(binding_->heap->insert(*run_.environment().transaction, *binding_->layout, columns_, selection, ids));
  for (BoundIndex& index : binding_->indexes) TRY(index.keys->compute(rows, selection, run_.eval()));
  // Row by row, so that the first row in conflict is the one that is told of.
  for (uint32_t i = 0; i < selection.count(); ++i)
    for (BoundIndex& index : binding_->indexes) {
      failed_row_ = selection[i];
      TRY(add_entry(index, selection[i], ids[i], nullptr));
    }
  // Row by row too: of several broken keys PostgreSQL names the first row's first.
  for (uint32_t i = 0; i < selection.count(); ++i)
    for (const catalog::Constraint* key : binding_->foreign_keys)
      TRY(run_.writes->child_changed(table_, *key, rows, selection[i]));
  return {};
}

Result<RowId> TableWriter::insert_heap_row(const Batch& rows, uint32_t row) {
  take_columns(rows);
  auto position = static_cast<uint16_t>(row);
  RowId id;
  TRY(binding_->heap->insert(*run_.environment().transaction, *binding_->layout, columns_,
                             Selection(&position, 1), &id));
  return id;
}

Result<TableWriter::Conflict> TableWriter::insert_entries(const Batch& rows, uint32_t row, RowId id,
                                                          const std::vector<catalog::Oid>* arbiters) {
  auto position = static_cast<uint16_t>(row);
  for (BoundIndex& index : binding_->indexes) {
    TRY(index.keys->compute(rows, Selection(&position, 1), run_.eval()));
    bool is_arbiter = arbiters != nullptr &&
                      std::find(arbiters->begin(), arbiters->end(), index.index->oid) != arbiters->end();
    Conflict conflict;
    TRY(add_entry(index, row, id, is_arbiter ? &conflict : nullptr));
    if (conflict.found) return conflict;
  }
  for (const catalog::Constraint* key : binding_->foreign_keys)
    TRY(run_.writes->child_changed(table_, *key, rows, row));
  return Conflict{};
}

Result<TableWriter::Conflict> TableWriter::find_conflict(const Batch& rows, uint32_t row,
                                                         const std::vector<catalog::Oid>& arbiters) {
  auto position = static_cast<uint16_t>(row);
  for (BoundIndex& index : binding_->indexes) {
    if (std::find(arbiters.begin(), arbiters.end(), index.index->oid) == arbiters.end()) continue;
    TRY(index.keys->compute(rows, Selection(&position, 1), run_.eval()));
    if (!index.keys->includes(row) || index.keys->encode(row, key_)) continue;
    UniqueCheck check(run_, *binding_, index, key_, RowId{});
    ConflictVisitor visitor(check);
    if (index.storage->btree != nullptr)
      TRY(index.storage->btree->visit(KeyRange::equal(key_), visitor));
    else
      TRY(index.storage->hash->visit(key_, visitor));
    if (visitor.found.found) return visitor.found;
  }
  return Conflict{};
}

std::vector<bool> TableWriter::columns_needed(bool removes) const {
  std::vector<bool> needed(table_->columns.size(), false);
  auto need = [&](const std::vector<catalog::ColumnNumber>& columns) {
    for (catalog::ColumnNumber column : columns) needed[column] = true;
  };
  for (const catalog::Constraint* key : binding_->referencing) {
    bool touched = removes || std::any_of(key->parent_columns.begin(), key->parent_columns.end(),
                                          [&](auto column) { return is_assigned(column); });
    if (touched) need(key->parent_columns);
  }
  if (removes) return needed;
  for (const BoundIndex& index : binding_->indexes)
    if (index.reads_any_of(assigned_)) need(index.keys->shape().columns);
  for (const BoundCheck& check : binding_->checks) need(check.columns);
  for (const catalog::Constraint* key : binding_->foreign_keys) need(key->columns);
  return needed;
}

Result<RowOutcome> TableWriter::update(RowId id, Seen seen, const Batch& old_rows, const Batch& new_rows,
                                       uint32_t row) {
  auto position = static_cast<uint16_t>(row);
  Selection one(&position, 1);
  change_list_.clear();
  for (uint16_t column : changes_) change_list_.push_back({column, &new_rows.column(column), row});
  bool unique_keys_changed = false;
  std::vector<BoundIndex*> affected;
  for (BoundIndex& index : binding_->indexes) {
    if (!index.reads_any_of(assigned_)) continue;
    TRY(index.keys->compute(new_rows, one, run_.eval()));
    TRY(index.old_keys->compute(old_rows, one, run_.eval()));
    index.keys->encode(row, key_);
    index.old_keys->encode(row, old_key_);
    if (index.keys->includes(row) == index.old_keys->includes(row) && key_ == old_key_) continue;
    affected.push_back(&index);
    unique_keys_changed = unique_keys_changed || index.index->is_unique;
  }
  Environment& environment = run_.environment();
  RowOutcome outcome =
      TRY(binding_->heap->update(*environment.transaction, *binding_->layout, id, seen, change_list_,
                                 !affected.empty(), &locks(), unique_keys_changed));
  if (outcome.fate != RowFate::Done) return outcome;
  for (BoundIndex* index : affected) TRY(add_entry(*index, row, id, nullptr));
  for (const catalog::Constraint* key : binding_->foreign_keys) {
    bool changed = false;
    for (catalog::ColumnNumber column : key->columns)
      changed = changed || (assigned_[column] && !old_rows.column(column).value(row).identical(
                                                     new_rows.column(column).value(row)));
    if (changed) TRY(run_.writes->child_changed(table_, *key, new_rows, row));
  }
  for (const catalog::Constraint* key : binding_->referencing) {
    bool changed = false;
    for (catalog::ColumnNumber column : key->parent_columns)
      changed = changed || (assigned_[column] && !old_rows.column(column).value(row).identical(
                                                     new_rows.column(column).value(row)));
    if (changed) run_.writes->parent_changed(table_, *key, old_rows, &new_rows, row);
  }
  return outcome;
}

Result<RowOutcome> TableWriter::remove(RowId id, Seen seen, const Batch& old_rows, uint32_t row) {
  Environment& environment = run_.environment();
  RowOutcome outcome = TRY(binding_->heap->remove(*environment.transaction, id, seen, &locks()));
  if (outcome.fate != RowFate::Done) return outcome;
  for (const catalog::Constraint* key : binding_->referencing)
    run_.writes->parent_changed(table_, *key, old_rows, nullptr, row);
  return outcome;
}

}  // namespace rowan
