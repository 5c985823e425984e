// executor/subplans.h: subqueries that are run for a value while an expression is evaluated. One that reads
// no runtime slot runs once an execution; one that does runs again when the values of its slots change.
#pragma once

#include <memory>
#include <vector>

#include "executor/run.h"
#include "expression/evaluator.h"

namespace rowan {

class Subplans final : public SubqueryRunner {
 public:
  explicit Subplans(Run& run);
  ~Subplans() override;

  Result<> run(const expression::Subquery& node, std::span<const Vector* const> arguments, Selection rows,
               Vector& result, uint32_t& failed_row) override;
  void close();

 private:
  class One;
  Run& run_;
  std::vector<std::unique_ptr<One>> subplans_;  // made when first asked
};

}  // namespace rowan
