// executor/materialize.cpp: rows that are read more than once: Materialize keeps its input's for the next run
// with the same slots; CTE scans share one run of the CTE; a recursive union feeds its own rows back to
// itself.
#include <algorithm>

#include "executor/compute.h"
#include "executor/operators.h"
#include "executor/row_buffer.h"
#include "executor/row_table.h"
#include "executor/shared_results.h"
#include "planner/plan_writes.h"
#include "types/try.h"

namespace rowan {

namespace {

// The work tables that a plan reads.
void materialize_work_tables(const PhysicalPlan& plan, std::vector<uint32_t>& found) {
  if (const auto* scan = std::get_if<physical::WorkTableScan>(&plan.node)) found.push_back(scan->work_table);
  for (const PlanPtr& input : plan.inputs) materialize_work_tables(*input, found);
}

class MaterializeOperator final : public Operator {
 public:
  MaterializeOperator(const PhysicalPlan& plan, Run& run) : Operator(plan, run) {
    materialize_work_tables(plan, work_tables_);
  }

 private:
  bool opens_inputs() const override { return false; }
  Result<> start() override {
    if (rows_ == nullptr) {
      rows_ = std::make_unique<RowBuffer>(run(), output_types());
      in_ = input().make_batch();
    }
    if (!is_current()) {
      rows_->clear();
      complete_ = false;
      TRY(input().open());
    }
    reader_.restart();
    return {};
  }
  // Were the kept rows made in this execution, from the slots as they are now?
  bool is_current() {
    std::vector<uint64_t>& now = versions_now_;
    now.assign(1, run().execution());
    for (uint32_t slot : slots_read()) now.push_back(run().slot_version(slot));
    for (uint32_t table : work_tables_) now.push_back(run().shared().work_table(table).round);
    if (now == versions_) return true;
    versions_ = now;
    return false;
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    while (true) {
      uint32_t count = TRY(rows_->read(reader_, out, row_limit));
      if (count > 0) return true;
      if (complete_) return false;
      bool more = TRY(input().next(in_, to_ask(row_limit)));
      if (!more)
        complete_ = true;
      else
        TRY(rows_->append(in_));
    }
  }
  void finish() override {
    versions_.clear();
    if (rows_ != nullptr) rows_->clear();
  }

  std::unique_ptr<RowBuffer> rows_;
  RowBuffer::Reader reader_;
  Batch in_;
  std::vector<uint32_t> work_tables_;
  std::vector<uint64_t> versions_, versions_now_;
  bool complete_ = false;
};

class CteScanOperator final : public Operator {
 public:
  CteScanOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run), node_(std::get<physical::CteScan>(plan.node)), filter_(run, node_.filter.get()) {
    // Under a LIMIT a CTE writes no further ahead than it is read, so that it is clear who comes first to a
    // row.
    if (writes_rows(*run.statement().ctes[node_.cte])) set_has_effects();
  }

 private:
  Result<> start() override {
    reader_.restart();
    return run().shared().cte(node_.cte).prepare();
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    uint32_t count = TRY(run().shared().cte(node_.cte).read(reader_, out, row_limit));
    if (count == 0) return false;
    std::optional<Error> error;
    filter_.apply(out, error);
    figures().filtered += count - out.row_count();
    fail_after(error);
    return true;
  }

  const physical::CteScan& node_;
  Condition filter_;
  RowBuffer::Reader reader_;
};

class WorkTableScanOperator final : public Operator {
 public:
  using Operator::Operator;

 private:
  Result<> start() override {
    reader_.restart();
    return {};
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    WorkTable& table = run().shared().work_table(std::get<physical::WorkTableScan>(plan().node).work_table);
    ENSURE(table.rows != nullptr);
    uint32_t count = TRY(table.rows->read(reader_, out, row_limit));
    return count > 0;
  }

  RowBuffer::Reader reader_;
};

// Source: SQL:1999's semantics as PostgreSQL has them: each round sees the rows of the round before; with
// UNION, rows that were ever put out are not put out again.
class RecursiveUnionOperator final : public Operator {
 public:
  RecursiveUnionOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run),
        node_(std::get<physical::RecursiveUnion>(plan.node)),
        memory_(run.environment().work_memory, run.environment().budget) {}

 private:
  bool opens_inputs() const override { return false; }
  Result<> start() override {
    if (work_ == nullptr) {
      work_ = std::make_unique<RowBuffer>(run(), output_types());
      next_work_ = std::make_unique<RowBuffer>(run(), output_types());
      in_[0] = input(0).make_batch();
      in_[1] = input(1).make_batch();
      if (node_.distinct) seen_ = std::make_unique<RowTable>(output_types(), output_types().size(), 0);
    }
    work_->clear();
    next_work_->clear();
    if (seen_ != nullptr) seen_->clear();
    WorkTable& table = run().shared().work_table(node_.work_table);
    table.rows = work_.get();
    ++table.round;
    recursive_ = false;
    return input(0).open();
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    while (true) {
      size_t side = recursive_ ? 1 : 0;
      bool more = TRY(input(side).next(in_[side], row_limit));
      if (!more) {
        if (next_work_->row_count() == 0) return false;
        work_->swap(*next_work_);
        next_work_->clear();
        ++run().shared().work_table(node_.work_table).round;
        recursive_ = true;
        TRY(input(1).open());
        continue;
      }
      TRY(keep_new(in_[side]));
      if (in_[side].row_count() == 0) continue;
      TRY(next_work_->append(in_[side]));
      put_rows(in_[side], column_pointers(in_[side]), 0, in_[side].row_count(), out);
      return true;
    }
  }
  Result<> keep_new(Batch& batch) {
    if (seen_ == nullptr) return {};
    std::vector<const Vector*> columns = column_pointers(batch);
    uint64_t hashes[kBatchRows];
    hash_keys(columns, batch.selection(), hashes);
    uint16_t kept[kBatchRows];
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch.row_count(); ++i) {
      uint32_t row = batch.row(i);
      if (seen_->find(hashes[i], columns, row) != nullptr) continue;
      seen_->insert(hashes[i], columns, row);
      kept[count++] = static_cast<uint16_t>(row);
    }
    batch.select({kept, count});
    return memory_.require(seen_->bytes());
  }
  void finish() override {
    if (work_ != nullptr) work_->clear();
    if (next_work_ != nullptr) next_work_->clear();
    if (seen_ != nullptr) seen_->clear();
    memory_.cover(0);
  }

  const physical::RecursiveUnion& node_;
  WorkMemory memory_;
  std::unique_ptr<RowBuffer> work_, next_work_;
  std::unique_ptr<RowTable> seen_;
  Batch in_[2];
  bool recursive_ = false;
};

}  // namespace

OperatorPtr make_materialize(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<MaterializeOperator>(plan, run);
}
OperatorPtr make_cte_scan(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<CteScanOperator>(plan, run);
}
OperatorPtr make_work_table_scan(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<WorkTableScanOperator>(plan, run);
}
OperatorPtr make_recursive_union(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<RecursiveUnionOperator>(plan, run);
}

}  // namespace rowan
