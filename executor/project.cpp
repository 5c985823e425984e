// executor/project.cpp: computes the output columns of each row; plain references are handed on uncopied.
#include "executor/compute.h"
#include "executor/operators.h"
#include "types/try.h"

namespace rowan {

namespace {

std::vector<const Expr*> project_expressions(const PhysicalPlan& plan) {
  std::vector<const Expr*> list;
  for (const ExprPtr& expr : std::get<physical::Project>(plan.node).expressions) list.push_back(expr.get());
  return list;
}

class ProjectOperator final : public Operator {
 public:
  ProjectOperator(const PhysicalPlan& plan, Run& run)
      : Operator(plan, run), computation_(run, project_expressions(plan)) {}

 private:
  Result<> start() override {
    if (in_.capacity() == 0) in_ = input().make_batch();
    return {};
  }
  Result<bool> produce(Batch& out, uint32_t row_limit) override {
    bool more = TRY(input().next(in_, row_limit));
    if (!more) return false;
    std::optional<Error> error;
    uint32_t good = computation_.evaluate(in_, in_.selection(), error);
    put_rows(in_, computation_.results(), 0, good, out);
    fail_after(error);
    return true;
  }

  Computation computation_;
  Batch in_;
};

}  // namespace

OperatorPtr make_project(const PhysicalPlan& plan, Run& run) {
  return std::make_unique<ProjectOperator>(plan, run);
}

}  // namespace rowan
