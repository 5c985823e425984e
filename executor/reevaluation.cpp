#include "executor/reevaluation.h"

#include "types/try.h"

namespace rowan {

Result<Reevaluation::Verdict> Reevaluation::run(RowId row, LatestRow& latest) {
  if (twin_ == nullptr) {
    const PhysicalPlan* scan = row_id_scan(subtree_, row_id_);
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
    replacement_.row = Batch(types, 1);
    twin_run_ = std::make_unique<Run>(run_.statement(), run_.environment());
    twin_run_->replace(&replacement_, scan->id);
    twin_ = TRY(make_operator(subtree_, *twin_run_));
    output_ = twin_->make_batch();
  }
  fetched_.reset();
  latest = TRY(
      access_.heap().fetch_latest(run_.environment().transaction, access_.projection(), row, fetched_, 0));
  switch (latest.state) {
    case LatestState::InProgress:
    case LatestState::DeleteInProgress:
      return Verdict::Wait;
    case LatestState::Deleted:
    case LatestState::Gone:
      return Verdict::Dropped;
    case LatestState::Live:
      break;
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    replacement_.row.column(columns_[i]).reset();
    replacement_.row.column(columns_[i]).copy_row(0, fetched_.column(i), 0);
  }
  replacement_.row.set_row_count(1);
  replacement_.row_id = static_cast<int64_t>(row.packed());
  twin_run_->begin(run_.parameters(), run_.snapshot());
  TRY(twin_->open());
  bool more = TRY(twin_->next(output_, 1));
  return more ? Verdict::Matches : Verdict::Dropped;
}

}  // namespace rowan
