// planner/optimizer_impl.h: the optimizer's inside, shared by its .cpp files:
//   optimizer.cpp       one function a logical node; the statement's frame (subplans, CTEs, ids)
//   optimize_groups.cpp, optimize_sets.cpp, optimize_writes.cpp   the nodes of those kinds
//   translate.cpp       ColumnIds to positions and runtime slots
//   access_path.cpp     one table: sequential or by which index
//   join_planner.h      several: in which order and by which methods
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "planner/cost.h"
#include "planner/logical.h"
#include "planner/optimizer.h"
#include "planner/physical.h"
#include "planner/selectivity.h"

namespace rowan::optimizing {

struct PathKey {
  ColumnId column = 0;
  bool descending = false;
  bool nulls_first = false;
  bool operator==(const PathKey&) const = default;
};
using Ordering = std::vector<PathKey>;
bool satisfies(const Ordering& have, const Ordering& want);

// What the consumer of a subtree would like: an order (a wish: look at Built::order), and how many rows it
// will take (< 0: all).
struct Want {
  Ordering order;
  double rows = -1;
  bool is_mild = false;  // nobody would sort for it: hashing does as well
};

// A physical subtree and which column stands where in its output.
struct Built {
  PlanPtr plan;
  std::vector<ColumnId> columns;
  Ordering order;

  Cost cost() const { return {plan->estimate.startup_cost, plan->estimate.total_cost}; }
  double rows() const { return plan->estimate.rows; }
  double width() const { return plan->estimate.width; }
};

// A place from which values are handed down while a subtree is planned: the outer side of a nested loop, or
// the expression that asks a subquery. Columns that a subtree does not produce become slots of the innermost
// frame that has them.
struct Frame {
  std::span<const ColumnId> available;
  bool has_all = false;  // of a subquery: whatever is not found inside comes from its asker
  struct Slot {
    ColumnId column;
    uint32_t slot;
    Type type;
  };
  std::vector<Slot> slots;
};

// A table as it stands in FROM.
struct BaseRelation {
  const LogicalPlan* node = nullptr;  // its Get
  const logical::Get* get = nullptr;
  double table_rows = 0, pages = 0;
  std::vector<const Expr*> conditions;  // on it alone
  double rows = 1;                      // that satisfy them
  double width = 0;
  double filter_operators = 0;
  std::vector<catalog::IndexPtr> indexes;
};

// How an index serves conditions.
struct IndexTerm {
  uint16_t key = 0;
  physical::IndexBound::Kind kind = physical::IndexBound::Kind::Equal;
  const Expr* value = nullptr;      // what the key is compared with
  std::shared_ptr<const Expr> own;  // keeps a value that was made for the purpose
  const Expr* list = nullptr;       // In: the InList
  std::vector<std::shared_ptr<const Expr>> items;
  const Expr* condition = nullptr;    // where it comes from
  std::shared_ptr<const Expr> shown;  // what stands for it in Index Cond, if not `condition`
  bool is_lossy = false;              // the condition is checked on the row too
};
struct IndexMatch {
  catalog::IndexPtr index;
  std::vector<IndexTerm> terms;  // by key
  Ordering order;                // forward
  bool is_unique = false;        // one row at most
  bool index_only = false;
  bool backward = false;
  double selectivity = 1;  // of the terms
  double rows = 1;         // after all conditions
  Cost cost;
};
using IndexMatchPtr = std::shared_ptr<const IndexMatch>;

class JoinPlanner;

class Optimizer {
 public:
  Optimizer(const BoundStatement& statement, const OptimizerOptions& options)
      : in_(statement), options_(options), cost_(options.settings) {}
  Result<PlannedPtr> run();

 private:
  friend class JoinPlanner;

  // ---- one logical node (optimizer.cpp)
  Result<Built> plan(const LogicalPlan& node, const Want& want);
  Result<Built> plan_values(const LogicalPlan& node, const logical::ValuesList& values);
  Result<Built> plan_function(const LogicalPlan& node, const logical::FunctionGet& function);
  Result<Built> plan_system(const LogicalPlan& node, const logical::SystemGet& get,
                            const std::vector<const Expr*>& conditions);
  Result<Built> plan_cte_scan(const LogicalPlan& node, const logical::CteRef& ref,
                              const std::vector<const Expr*>& conditions);
  Result<Built> plan_filter(const LogicalPlan& node, const Want& want);
  Result<Built> plan_project(const LogicalPlan& node, const logical::Project& project, const Want& want);
  Result<Built> plan_sort(const LogicalPlan& node, const logical::Sort& sort, const Want& want);
  Result<Built> plan_limit(const LogicalPlan& node, const logical::Limit& limit);

  // ---- optimize_groups.cpp
  Result<Built> plan_aggregate(const LogicalPlan& node, const logical::Aggregate& aggregate,
                               const Want& want);
  Result<Built> plan_extreme(const LogicalPlan& node, const logical::Aggregate& aggregate,
                             const Ordering& order);
  Result<Built> plan_window(const LogicalPlan& node, const logical::Window& window);
  Result<Built> plan_distinct(const LogicalPlan& node, const logical::Distinct& distinct, const Want& want);

  // ---- optimize_sets.cpp
  Result<Built> plan_set_operation(const LogicalPlan& node, const logical::SetOperation& operation,
                                   const Want& want);
  Result<Built> plan_recursive(const LogicalPlan& node, const logical::Recursive& recursive);

  // ---- optimize_writes.cpp
  Result<Built> plan_insert(const LogicalPlan& node, const logical::Insert& insert);
  Result<Built> plan_update(const LogicalPlan& node, const logical::Update& update);
  Result<Built> plan_delete(const LogicalPlan& node, const logical::Delete& del);
  Result<Built> plan_merge(const LogicalPlan& node, const logical::Merge& merge);
  Result<Built> plan_lock_rows(const LogicalPlan& node, const logical::LockRows& lock, const Want& want);

  // ---- what they share (optimizer.cpp)
  Result<Built> add_filter(Built input, const std::vector<const Expr*>& conditions);
  Result<Built> add_sort(Built input, const std::vector<logical::SortKey>& keys, double limit);
  Built add_sort_columns(Built input, const Ordering& order);
  // `input` with exactly `columns` in that order.
  Built arrange(Built input, const std::vector<LogicalColumn>& columns);
  PlanPtr finish(PlanPtr plan, const std::vector<LogicalColumn>& output) const;
  Ordering ordering_of(const std::vector<logical::SortKey>& keys) const;
  void learn_computed(const LogicalPlan& node, const std::vector<ExprPtr>& expressions);
  double limit_of(const Expr* count, const Expr* offset) const;

  // ---- translate.cpp
  Result<ExprPtr> translate(const Expr& expr, std::span<const ColumnId> layout);
  Result<ExprPtr> translate_all(const std::vector<const Expr*>& conditions, std::span<const ColumnId> layout);
  Result<std::vector<ExprPtr>> translate_list(const std::vector<ExprPtr>& list,
                                              std::span<const ColumnId> layout);
  Result<std::vector<physical::SortKey>> translate_keys(const std::vector<logical::SortKey>& keys,
                                                        std::span<const ColumnId> layout);
  Result<ExprPtr> translate_subquery(const Expr& expr, std::span<const ColumnId> layout);
  Result<ExprPtr> outer_column(ColumnId column, const Type& type, Position position);
  // How many operators one evaluation calls, subplans converted by their cost.
  double operators_of(const Expr& expr) const;

  // ---- access_path.cpp
  BaseRelation open_relation(const LogicalPlan& get);
  void set_conditions(BaseRelation& relation, std::vector<const Expr*> conditions);
  // The indexes that serve `conditions`; those of other relations' columns are taken to be known at run time
  // where `outer` has them. `loops`: how often the scan will be run.
  std::vector<IndexMatchPtr> match_indexes(const BaseRelation& relation,
                                           const std::vector<const Expr*>& join_conditions, const Want& want,
                                           double loops, bool interesting_orders);
  Cost seq_cost(const BaseRelation& relation) const;
  Result<Built> build_seq_scan(const BaseRelation& relation);
  Result<Built> build_index_scan(const BaseRelation& relation, const IndexMatch& match,
                                 const std::vector<const Expr*>& join_conditions);
  Result<Built> plan_relation(BaseRelation& relation, const Want& want);
  double weigh(const Cost& cost, double rows, double width, const Ordering& order, const Want& want) const;

  // ---- join_order.cpp (see join_planner.h)
  Result<Built> plan_group(const LogicalPlan& node, const Want& want);
  Result<Built> plan_full_join(const LogicalPlan& node, const logical::Join& join);

  const BoundStatement& in_;
  const OptimizerOptions& options_;
  CostModel cost_;
  Estimator estimator_;
  std::vector<Frame*> frames_;
  std::shared_ptr<PlannedStatement> out_;
  std::vector<std::pair<double, double>> cte_sizes_;  // rows, width
  std::map<uint32_t, double> work_table_rows_;
  uint32_t init_plans_ = 0;
  std::map<uint32_t, uint32_t> init_plan_of_;  // the subplans of subqueries that are run once
};

template <class Node>
PlanPtr make_plan(Node node) {
  return std::make_unique<PhysicalPlan>(std::move(node));
}
void set_cost(PhysicalPlan& plan, const Cost& cost, double rows);
std::vector<ColumnId> column_ids(const std::vector<LogicalColumn>& columns);
// nullptr: `expr` is more than a column.
const expression::ColumnRef* bare_column(const Expr& expr);

// The terms of a conjunction, nested ones flattened.
void split_conjunction(const Expr& expr, std::vector<const Expr*>& terms);
bool has_column(std::span<const ColumnId> layout, ColumnId column);

}  // namespace rowan::optimizing
