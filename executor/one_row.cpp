// executor/one_row.cpp: the steps that read nothing: one row, no row, a list of rows.
#include "executor/compute.h"
#include "executor/operators.h"
#include "types/try.h"

namespace rowan {

namespace {

class OneRowOperator final : public Operator {
 public:
  using Operator::Operator;

 private:
  Result<> start() override {
    done_ = false;
    return {};
  }
  Result<bool> produce(Batch& out, uint32_t) override {
    if (done_) return false;
    done_ = true;
    out.set_row_count(1);
    return true;
  }
  bool done_ = false;
};

class EmptyOperator final : public Operator {
 public:
  using Operator::Operator;

 private:
  Result<> start() override { return {}; }
  Result<bool> produce(Batch&, uint32_t) override { return false; }
};

class ValuesOperator final : public Operator {
 public:
  ValuesOperator(const PhysicalPlan& plan, Run& run) : Operator(plan, run) {
    for (const std::vector<ExprPtr>& row : std::get<physical::Values>(plan.node).rows) {
      std::vector<const Expr*> expressions;
      for (const ExprPtr& expr : row) expressions.push_back(expr.get());
      rows_.push_back(std::move(expressions));
    }
    one_.set_row_count(1);
  }

 private:
  Result<> start() override {
    next_ = 0;
    if (computations_.empty()) computations_.resize(rows_.size());
    return {};
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    uint32_t count = 0;
    for (; count < row_limit && next_ < rows_.size(); ++next_) {
      std::optional<Error> error;
      if (!put(out, count, error)) {
        fail_after(error);
        break;
      }
      ++count;
    }
    out.set_row_count(count);
    return count > 0;
  }
  // Constants need no evaluator: a VALUES list of a thousand rows is mostly those. Texts stay where they are,
  // in the plan or with their row's computation: they may be large.
  bool put(Batch& out, uint32_t at, std::optional<Error>& error) {
    const std::vector<const Expr*>& row = rows_[next_];
    bool all_constant = true;
    for (const Expr* expr : row)
      all_constant = all_constant && std::holds_alternative<expression::Constant>(expr->node);
    if (all_constant) {
      for (size_t i = 0; i < row.size(); ++i)
        out.column(i).borrow_value(at, std::get<expression::Constant>(row[i]->node).value);
      return true;
    }
    if (computations_[next_] == nullptr) computations_[next_] = std::make_unique<Computation>(run(), row);
    Computation& computation = *computations_[next_];
    if (computation.evaluate(one_, Selection(1), error) == 0) return false;
    for (size_t i = 0; i < row.size(); ++i) out.column(i).borrow_row(at, computation.result(i), 0);
    return true;
  }

  std::vector<std::vector<const Expr*>> rows_;
  std::vector<std::unique_ptr<Computation>> computations_;
  Batch one_{std::span<const Type>(), 1};
  size_t next_ = 0;
};

}  // namespace

OperatorPtr make_one_row(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<OneRowOperator>(plan, run);
}
OperatorPtr make_empty(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<EmptyOperator>(plan, run);
}
OperatorPtr make_values(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<ValuesOperator>(plan, run);
}

}  // namespace rowan
