#include "executor/reevaluation.h"

#include <algorithm>

#include "executor/shared_results.h"
#include "types/try.h"

namespace rowan {

Result<> Reevaluation::prepare() {
  const PhysicalPlan* scan = column_origin(subtree_, row_id_).scan;
  if (scan == nullptr)
    return Error(sqlstate::serialization_failure, "could not serialize access due to concurrent update");
  replacement_.plan_id = scan->id;
  std::vector<Type> types;
  for (uint16_t column = 0; column < table_->columns.size(); ++column) {
    types.push_back(table_->columns[column].type);
    if (!table_->columns[column].dropped) columns_.push_back(column);
  }
  TRY(access_.open(run_, *table_, columns_));
  fetched_ = Batch(access_.heap_types(*table_), 1);
  old_ = Batch(access_.heap_types(*table_), 1);
  replacement_.row = Batch(types, 1);
  joined_ = joined_columns(subtree_, *scan);
  for (uint32_t column = 0; column < subtree_.output.size(); ++column) {
    const PhysicalPlan* origin = column_origin(subtree_, column).scan;
    if (origin != nullptr && origin != scan) from_partners_.push_back(column);
  }
  twin_run_ = std::make_unique<Run>(run_.statement(), run_.environment());
  twin_run_->replace(&replacement_, scan->id);
  twin_run_->shared().borrow_ctes(run_.shared());
  twin_ = TRY(make_operator(subtree_, *twin_run_));
  output_ = twin_->make_batch();
  return {};
}

// The version that the statement has seen, in the columns that join it.
Result<bool> Reevaluation::has_same_partners(RowId row) {
  if (joined_.empty()) return true;
  old_.reset();
  uint16_t from[1];
  row = access_.heap().seen_home(*run_.snapshot(), row);
  uint32_t count = TRY(access_.heap().fetch(*run_.snapshot(), access_.projection(), {&row, 1}, old_, from));
  if (count == 0) return true;
  for (size_t i = 0; i < columns_.size(); ++i) {
    bool joins = std::find(joined_.begin(), joined_.end(), columns_[i]) != joined_.end();
    if (joins && !old_.column(i).value(0).identical(fetched_.column(i).value(0))) return false;
  }
  return true;
}

bool Reevaluation::gave_the_same(const Batch& input, uint32_t input_row) const {
  return std::all_of(from_partners_.begin(), from_partners_.end(), [&](uint32_t column) {
    return output_.column(column).value(output_row()).identical(input.column(column).value(input_row));
  });
}

Result<Reevaluation::Verdict> Reevaluation::run(RowId row, const Batch& input, uint32_t input_row,
                                                LatestRow& latest) {
  if (twin_ == nullptr) TRY(prepare());
  fetched_.reset();
  latest = TRY(
      access_.heap().fetch_latest(run_.environment().transaction, access_.projection(), row, fetched_, 0));
  switch (latest.state) {
    case LatestState::InProgress:
    case LatestState::DeleteInProgress:
      return Verdict::Wait;
    case LatestState::Deleted:
      // It goes on at another home: whoever looks again is told where.
      if (latest.moved_to.is_valid()) return Verdict::Wait;
      return Verdict::Dropped;
    case LatestState::Gone:
      return Verdict::Dropped;
    case LatestState::Live:
      break;
  }
  bool same_partners = TRY(has_same_partners(row));
  if (!same_partners) return Verdict::Dropped;
  for (size_t i = 0; i < columns_.size(); ++i) {
    replacement_.row.column(columns_[i]).reset();
    replacement_.row.column(columns_[i]).copy_row(0, fetched_.column(i), 0);
  }
  replacement_.row.set_row_count(1);
  replacement_.row_id = static_cast<int64_t>(row.packed());
  twin_run_->begin(run_.parameters(), run_.snapshot());
  TRY(twin_->open());
  while (true) {
    bool more = TRY(twin_->next(output_, 1));
    if (!more) return Verdict::Dropped;
    if (gave_the_same(input, input_row)) return Verdict::Matches;
  }
}

}  // namespace rowan
