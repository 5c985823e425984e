#include "executor/operator.h"

#include <algorithm>
#include <optional>

#include "executor/operators.h"
#include "executor/rows.h"
#include "types/sync.h"
#include "types/try.h"

namespace rowan {

namespace {

template <class... Arms>
struct PlanVisit : Arms... {
  using Arms::operator()...;
};
template <class... Arms>
PlanVisit(Arms...) -> PlanVisit<Arms...>;

struct ExpressionList {
  std::vector<const Expr*> found;
  void add(const ExprPtr& expr) {
    if (expr != nullptr) found.push_back(expr.get());
  }
  void add(const std::vector<ExprPtr>& exprs) {
    for (const ExprPtr& expr : exprs) add(expr);
  }
  void add(const std::vector<physical::SortKey>& keys) {
    for (const physical::SortKey& key : keys) add(key.key);
  }
  void add(const std::vector<std::pair<uint16_t, ExprPtr>>& assignments) {
    for (const auto& [column, value] : assignments) add(value);
  }
  void add(const std::vector<physical::AggregateCall>& calls) {
    for (const physical::AggregateCall& call : calls) {
      add(call.arguments);
      add(call.order);
      add(call.filter);
    }
  }
};

// What the planner proved, and what a batch holds at most.
uint32_t plan_capacity(const PhysicalPlan& plan, const Run& run) {
  return static_cast<uint32_t>(
      std::clamp<uint64_t>(plan.row_max, 1, std::min(kBatchRows, run.environment().batch_rows)));
}

OperatorPtr plan_operator(const PhysicalPlan& plan, Run& run) {
  using namespace physical;
  return std::visit(PlanVisit{[&](const OneRow&) { return make_one_row(plan, run); },
                              [&](const Empty&) { return make_empty(plan, run); },
                              [&](const SeqScan&) { return make_seq_scan(plan, run); },
                              [&](const IndexScan&) { return make_index_scan(plan, run); },
                              [&](const Values&) { return make_values(plan, run); },
                              [&](const FunctionScan&) { return make_function_scan(plan, run); },
                              [&](const SystemScan&) { return make_system_scan(plan, run); },
                              [&](const CteScan&) { return make_cte_scan(plan, run); },
                              [&](const RecursiveUnion&) { return make_recursive_union(plan, run); },
                              [&](const WorkTableScan&) { return make_work_table_scan(plan, run); },
                              [&](const SubqueryScan&) { return make_filter(plan, run); },
                              [&](const Filter&) { return make_filter(plan, run); },
                              [&](const Project&) { return make_project(plan, run); },
                              [&](const Limit&) { return make_limit(plan, run); },
                              [&](const Sort&) { return make_sort(plan, run); },
                              [&](const TopN&) { return make_top_n(plan, run); },
                              [&](const Distinct&) { return make_distinct(plan, run); },
                              [&](const HashAggregate&) { return make_hash_aggregate(plan, run); },
                              [&](const SortedAggregate&) { return make_sorted_aggregate(plan, run); },
                              [&](const Window&) { return make_window(plan, run); },
                              [&](const NestedLoop&) { return make_nested_loop(plan, run); },
                              [&](const HashJoin&) { return make_hash_join(plan, run); },
                              [&](const MergeJoin&) { return make_merge_join(plan, run); },
                              [&](const Append&) { return make_append(plan, run); },
                              [&](const SetOperation&) { return make_set_operation(plan, run); },
                              [&](const Materialize&) { return make_materialize(plan, run); },
                              [&](const LockRows&) { return make_lock_rows(plan, run); },
                              [&](const Insert&) { return make_insert(plan, run); },
                              [&](const Update&) { return make_update(plan, run); },
                              [&](const Delete&) { return make_delete(plan, run); },
                              [&](const Merge&) { return make_merge(plan, run); }},
                    plan.node);
}

bool plan_writes(const PhysicalPlan& plan) {
  using namespace physical;
  return std::holds_alternative<LockRows>(plan.node) || std::holds_alternative<Insert>(plan.node) ||
         std::holds_alternative<Update>(plan.node) || std::holds_alternative<Delete>(plan.node) ||
         std::holds_alternative<Merge>(plan.node);
}

}  // namespace

std::vector<const Expr*> expressions_of(const PhysicalPlan& plan) {
  using namespace physical;
  ExpressionList list;
  auto join = [&](const auto& step) {
    list.add(step.left_keys);
    list.add(step.right_keys);
    list.add(step.condition);
  };
  auto aggregate = [&](const auto& step) {
    list.add(step.keys);
    list.add(step.calls);
  };
  std::visit(PlanVisit{[](const OneRow&) {},
                       [](const Empty&) {},
                       [](const WorkTableScan&) {},
                       [](const RecursiveUnion&) {},
                       [](const Distinct&) {},
                       [](const Append&) {},
                       [](const SetOperation&) {},
                       [](const Materialize&) {},
                       [](const LockRows&) {},
                       [&](const SeqScan& step) { list.add(step.filter); },
                       [&](const IndexScan& step) {
                         for (const IndexBound& bound : step.bounds) {
                           list.add(bound.value);
                           list.add(bound.values);
                         }
                         list.add(step.filter);
                       },
                       [&](const Values& step) {
                         for (const auto& row : step.rows) list.add(row);
                       },
                       [&](const FunctionScan& step) { list.add(step.arguments); },
                       [&](const SystemScan& step) { list.add(step.filter); },
                       [&](const CteScan& step) { list.add(step.filter); },
                       [&](const SubqueryScan& step) { list.add(step.filter); },
                       [&](const Filter& step) { list.add(step.condition); },
                       [&](const Project& step) { list.add(step.expressions); },
                       [&](const Limit& step) {
                         list.add(step.count);
                         list.add(step.offset);
                       },
                       [&](const Sort& step) { list.add(step.keys); },
                       [&](const TopN& step) {
                         list.add(step.keys);
                         list.add(step.count);
                         list.add(step.offset);
                       },
                       [&](const HashAggregate& step) { aggregate(step); },
                       [&](const SortedAggregate& step) { aggregate(step); },
                       [&](const Window& step) {
                         list.add(step.partition);
                         list.add(step.order);
                         list.add(step.frame.start_offset);
                         list.add(step.frame.end_offset);
                         for (const WindowCall& call : step.calls) {
                           list.add(call.arguments);
                           list.add(call.filter);
                         }
                       },
                       [&](const NestedLoop& step) {
                         list.add(step.condition);
                         for (const auto& [slot, value] : step.slots) list.add(value);
                       },
                       [&](const HashJoin& step) { join(step); },
                       [&](const MergeJoin& step) { join(step); },
                       [&](const Insert& step) {
                         list.add(step.returning);
                         if (step.on_conflict) {
                           list.add(step.on_conflict->assignments);
                           list.add(step.on_conflict->where);
                         }
                       },
                       [&](const Update& step) {
                         list.add(step.assignments);
                         list.add(step.returning);
                       },
                       [&](const Delete& step) { list.add(step.returning); },
                       [&](const Merge& step) {
                         list.add(step.on);
                         for (const MergeClause& clause : step.clauses) {
                           list.add(clause.condition);
                           list.add(clause.values);
                         }
                       }},
             plan.node);
  return std::move(list.found);
}

Operator::Operator(const PhysicalPlan& plan, Run& run) : plan_(plan), run_(run) {
  types_.reserve(plan.output.size());
  for (const OutputColumn& column : plan.output) types_.push_back(column.type);
  capacity_ = plan_capacity(plan, run);
  has_effects_ = plan_writes(plan);
  for (const Expr* expr : expressions_of(plan)) {
    if (volatility(*expr) == Volatility::Volatile) has_effects_ = true;
    walk(*expr, [&](const Expr& node) {
      if (const auto* slot = std::get_if<expression::RuntimeSlot>(&node.node))
        slots_read_.push_back(slot->slot);
      return true;
    });
  }
}

Operator::~Operator() = default;

void Operator::add_input(OperatorPtr input) {
  has_effects_ = has_effects_ || input->has_effects();
  slots_read_.insert(slots_read_.end(), input->slots_read().begin(), input->slots_read().end());
  // What a nested loop sets for its inner input is not read from outside.
  if (const auto* loop = std::get_if<physical::NestedLoop>(&plan_.node)) {
    std::erase_if(slots_read_, [&](uint32_t slot) {
      return std::any_of(loop->slots.begin(), loop->slots.end(),
                         [&](const auto& set) { return set.first == slot; });
    });
  }
  inputs_.push_back(std::move(input));
}

// Takes what one call of an operator costs, inputs included, where somebody wants to know.
class Operator::Meter {
 public:
  explicit Meter(Operator& of) : of_(of), instrument_(of.run_.instrument) {
    if (instrument_.timing) begin_ = monotonic_now_ns();
    if (instrument_.buffers) pages_ = page_usage();
  }
  ~Meter() { stop(false); }
  // The call ends here; `put_out`: with rows.
  void stop(bool put_out) {
    if (stopped_) return;
    stopped_ = true;
    OperatorFigures& figures = of_.figures();
    if (instrument_.buffers) figures.pages += page_usage() - *pages_;
    if (!instrument_.timing) return;
    int64_t took = monotonic_now_ns() - begin_;
    figures.total_ns += took;
    of_.loop_ns_ += took;
    if (put_out && !of_.put_out_) figures.first_row_ns += of_.loop_ns_;
    of_.put_out_ = of_.put_out_ || put_out;
  }

 private:
  Operator& of_;
  const Instrument instrument_;
  int64_t begin_ = 0;
  std::optional<PageUsage> pages_;
  bool stopped_ = false;
};

Result<> Operator::open() {
  done_ = false;
  pending_.reset();
  ++figures().loops;
  loop_ns_ = 0;
  put_out_ = false;
  Meter meter(*this);
  TRY(start());
  if (opens_inputs())
    for (OperatorPtr& each : inputs_) TRY(each->open());
  return {};
}

Result<bool> Operator::next(Batch& out, uint32_t row_limit) {
  Meter meter(*this);
  row_limit = std::min(row_limit, out.capacity());
  while (!done_) {
    if (pending_) {
      Error error = std::move(*pending_);
      pending_.reset();
      done_ = true;
      return error;
    }
    TRY(run_.check_cancel());
    out.reset();
    bool more = TRY(produce(out, row_limit));
    if (!more && !pending_) done_ = true;
    if (!more || out.row_count() == 0) continue;
    figures().rows += out.row_count();
    meter.stop(true);
    return true;
  }
  return false;
}

void Operator::close() {
  for (OperatorPtr& each : inputs_) each->close();
  finish();
  done_ = true;
  pending_.reset();
}

Result<OperatorPtr> make_operator(const PhysicalPlan& plan, Run& run) {
  // Inputs first: what a step needs to know of them (capacity, effects) it finds when they are added.
  std::vector<OperatorPtr> inputs;
  for (const PlanPtr& input : plan.inputs) {
    OperatorPtr made = TRY(make_operator(*input, run));
    inputs.push_back(std::move(made));
  }
  OperatorPtr made = plan_operator(plan, run);
  for (OperatorPtr& input : inputs) made->add_input(std::move(input));
  return made;
}

void put_rows(const Batch& from, Columns columns, uint32_t first, uint32_t count, Batch& out) {
  if (from.capacity() <= out.capacity()) {
    for (size_t i = 0; i < columns.size(); ++i) out.column(i).borrow(*columns[i]);
    if (first == 0 && from.selection().is_dense()) {
      out.set_row_count(count);
      return;
    }
    uint16_t* selection = out.selection_buffer();
    for (uint32_t i = 0; i < count; ++i) selection[i] = static_cast<uint16_t>(from.row(first + i));
    out.select_built(count);
    return;
  }
  uint32_t rows[kBatchRows];
  for (uint32_t i = 0; i < count; ++i) rows[i] = from.row(first + i);
  for (size_t i = 0; i < columns.size(); ++i) copy_shared(*columns[i], rows, count, out.column(i), 0);
  out.set_row_count(count);
}

}  // namespace rowan
