#include "executor/row_updates.h"

#include <algorithm>

#include "types/check.h"
#include "types/try.h"

namespace rowan {

RowId row_id_at(const Batch& rows, uint32_t column, uint32_t row) {
  const Vector& ids = rows.column(column);
  return RowId::unpack(static_cast<uint64_t>(ids.data<int64_t>()[ids.is_constant() ? 0 : row]));
}

// ---- OldRows ----------------------------------------------------------------------------------------------

Result<> OldRows::prepare(Run& run, const catalog::TablePtr& table, const std::vector<bool>& needed,
                          uint32_t capacity) {
  columns_.clear();
  for (uint16_t column = 0; column < needed.size(); ++column)
    if (needed[column] && !table->columns[column].dropped) columns_.push_back(column);
  TRY(access_.open(run, *table, columns_));
  fetched_ = Batch(access_.heap_types(*table), capacity);
  rows = table_row_batch(*table, capacity);
  return {};
}

Result<> OldRows::read(const Snapshot& snapshot, std::span<const RowId> ids) {
  rows.reset();
  if (columns_.empty()) return {};
  uint16_t from[kBatchRows];
  fetched_.reset();
  uint32_t count = TRY(access_.heap().fetch(snapshot, access_.projection(), ids, fetched_, from));
  for (size_t i = 0; i < columns_.size(); ++i) {
    Vector& to = rows.column(columns_[i]);
    if (count < ids.size()) set_nulls(to, 0, static_cast<uint32_t>(ids.size()));
    for (uint32_t k = 0; k < count; ++k) to.copy_row(from[k], fetched_.column(i), k);
  }
  return {};
}

// ---- RowUpdates -------------------------------------------------------------------------------------------

namespace {

std::vector<const Expr*> assigned_values(const RowUpdates::Assignments& assignments) {
  std::vector<const Expr*> list;
  for (const auto& [column, value] : assignments) list.push_back(value.get());
  return list;
}

}  // namespace

RowUpdates::RowUpdates(Run& run, const catalog::TablePtr& table, const Assignments& assignments)
    : run_(run),
      table_(table),
      assignments_(assignments),
      values_(run, assigned_values(assignments)),
      renewed_values_(run, assigned_values(assignments)),
      writer_(run, table) {}

Result<> RowUpdates::prepare(uint32_t capacity, bool whole) {
  if (new_.capacity() > 0) return {};
  std::vector<uint16_t> assigned;
  for (const auto& [column, value] : assignments_) assigned.push_back(column);
  TRY(writer_.prepare(assigned));
  std::vector<bool> needed = writer_.columns_needed(false);
  std::vector<bool> all(needed.size(), true);
  TRY(old_.prepare(run_, table_, whole ? all : needed, capacity));
  TRY(whole_.prepare(run_, table_, all, 1));
  new_ = table_row_batch(*table_, capacity);
  return {};
}

Result<uint32_t> RowUpdates::compute(const Batch& input, const Selection& rows, std::span<const RowId> ids,
                                     std::optional<Error>& error) {
  uint32_t count = values_.evaluate(input, rows, error);
  TRY(old_.read(*run_.snapshot(), ids.subspan(0, count)));
  new_.reset();
  uint32_t from[kBatchRows];
  for (uint32_t i = 0; i < count; ++i) from[i] = i;
  for (uint16_t column : old_.columns())
    copy_shared(old_.rows.column(column), from, count, new_.column(column), 0);
  for (uint32_t i = 0; i < count; ++i) from[i] = rows[i];
  for (size_t i = 0; i < assignments_.size(); ++i) {
    Vector& to = new_.column(assignments_[i].first);
    to.reset();
    copy_shared(values_.result(i), from, count, to, 0);
  }
  uint32_t good = writer_.check(new_, Selection(count), error);
  if (good < count) TRY(tell_violation(good, ids[good], error));
  return good;
}

Result<> RowUpdates::renew(uint32_t i, const Batch& newest, const Batch& input, uint32_t from) {
  auto position = static_cast<uint16_t>(from);
  TRY(renewed_values_.evaluate(input, Selection(&position, 1)));
  for (size_t column = 0; column < table_->columns.size(); ++column) {
    old_.rows.column(column).copy_row(i, newest.column(column), 0);
    new_.column(column).copy_row(i, newest.column(column), 0);
  }
  for (size_t k = 0; k < assignments_.size(); ++k)
    new_.column(assignments_[k].first).copy_row(i, renewed_values_.result(k), from);
  auto at = static_cast<uint16_t>(i);
  std::optional<Error> error;
  writer_.check(new_, Selection(&at, 1), error);
  if (error) return std::move(*error);
  return {};
}

// The error of row i again, told with all of its columns.
Result<> RowUpdates::tell_violation(uint32_t i, RowId id, std::optional<Error>& error) {
  TRY(whole_.read(*run_.snapshot(), {&id, 1}));
  for (size_t column = 0; column < table_->columns.size(); ++column) {
    bool assigned = std::any_of(assignments_.begin(), assignments_.end(),
                                [&](const auto& each) { return each.first == column; });
    if (!assigned) new_.column(column).copy_row(i, whole_.rows.column(column), 0);
  }
  auto at = static_cast<uint16_t>(i);
  error.reset();
  writer_.check(new_, Selection(&at, 1), error);
  ENSURE(error.has_value());
  return {};
}

}  // namespace rowan
