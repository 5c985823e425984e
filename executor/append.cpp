// executor/append.cpp: the inputs one after the other (UNION ALL).
#include "executor/operators.h"
#include "types/try.h"

namespace rowan {

namespace {

class AppendOperator final : public Operator {
 public:
  using Operator::Operator;

 private:
  bool opens_inputs() const override { return false; }
  Result<> start() override {
    current_ = 0;
    opened_ = false;
    return {};
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    while (current_ < input_count()) {
      if (!opened_) TRY(input(current_).open());
      opened_ = true;
      bool more = TRY(input(current_).next(out, row_limit));
      if (more) return true;
      ++current_;
      opened_ = false;
    }
    return false;
  }

  size_t current_ = 0;
  bool opened_ = false;
};

}  // namespace

OperatorPtr make_append(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<AppendOperator>(plan, run);
}

}  // namespace rowan
