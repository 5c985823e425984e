#include "planner/planner.h"

#include "planner/optimizer.h"
#include "planner/rewrite.h"
#include "types/try.h"

namespace rowan {

Result<PlannedPtr> plan(const ast::Statement& statement, catalog::CatalogPtr catalog,
                        const PlanOptions& options) {
  BoundStatement bound = TRY(bind(statement, std::move(catalog), options.bind));
  EvalContext defaults;
  EvalContext& context = options.bind.evaluation != nullptr ? *options.bind.evaluation : defaults;
  TRY(rewrite(bound, context));
  if (options.check_constants) TRY(check_constants(bound, context));
  return optimize(bound, options.optimizer);
}

}  // namespace rowan
