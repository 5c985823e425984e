// executor/write_operator.h: what INSERT, UPDATE, DELETE and MERGE share: with RETURNING they put out what
// they wrote, a batch for a batch; without they run to the input's end when first asked and put out nothing.
#pragma once

#include "executor/operator.h"
#include "executor/returning.h"
#include "types/try.h"

namespace rowan {

class WriteOperator : public Operator {
 public:
  WriteOperator(const PhysicalPlan& plan, Run& run, const catalog::TablePtr& table,
                const std::vector<ExprPtr>& returning)
      : Operator(plan, run), table_(table), returning_(run, returning) {}

 protected:
  // Makes ready; once an execution.
  virtual Result<> begin() = 0;
  // Writes the rows of in_, telling written() of each. The error, if any, is of the row behind those.
  virtual Result<> write() = 0;

  void written(const Batch& rows, uint32_t row, uint32_t input_row) {
    returning_.add(rows, row, in_, input_row);
    ++run().rows_written;
  }

  const catalog::TablePtr& table_;
  Returning returning_;
  Batch in_;

 private:
  Result<> start() final {
    ENSURE(run().environment().transaction != nullptr && run().writes != nullptr);
    if (in_.capacity() == 0) {
      in_ = input().make_batch();
      returning_.prepare(*table_, input().output_types(), in_.capacity());
    }
    return begin();
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) final {
    while (true) {
      bool more = TRY(input().next(in_, returning_.is_present() ? row_limit : kBatchRows));
      if (!more) return false;
      returning_.begin();
      Result<> outcome = write();
      if (!returning_.is_present()) {
        if (!outcome.ok()) return std::move(outcome).error();
        continue;
      }
      std::optional<Error> error = returning_.put(out);
      if (!error && !outcome.ok()) error = std::move(outcome).error();
      fail_after(error);
      return true;
    }
  }
};

}  // namespace rowan
