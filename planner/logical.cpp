// Questions about logical plans: which columns come from outside; copies under new column numbers.
#include "planner/logical.h"

#include <functional>

#include "types/check.h"

namespace rowan {

// Children are handed up before their parent goes, so that no destructor nests.
LogicalPlan::~LogicalPlan() {
  std::vector<LogicalPtr> pending;
  for (LogicalPtr& input : inputs) pending.push_back(std::move(input));
  while (!pending.empty()) {
    LogicalPtr next = std::move(pending.back());
    pending.pop_back();
    if (next == nullptr) continue;
    for (LogicalPtr& input : next->inputs) pending.push_back(std::move(input));
    next->inputs.clear();
  }
}

namespace {

// Ids that a node makes beside its output: rows that RETURNING and ON CONFLICT talk of, columns below a
// projection.
void add_made(const LogicalPlan& plan, std::set<ColumnId>& made) {
  for (const LogicalColumn& column : plan.output) made.insert(column.id);
  if (const auto* insert = std::get_if<logical::Insert>(&plan.node)) {
    made.insert(insert->row.begin(), insert->row.end());
    if (insert->on_conflict) {
      made.insert(insert->on_conflict->existing.begin(), insert->on_conflict->existing.end());
      made.insert(insert->on_conflict->excluded.begin(), insert->on_conflict->excluded.end());
    }
  } else if (const auto* update = std::get_if<logical::Update>(&plan.node)) {
    made.insert(update->row.begin(), update->row.end());
  } else if (const auto* del = std::get_if<logical::Delete>(&plan.node)) {
    made.insert(del->row.begin(), del->row.end());
  }
}

// Every id that a plan owns, that of its subqueries' plans included, is renamed as it is met.
class PlanCopier {
 public:
  PlanCopier(BoundStatement& statement, std::map<ColumnId, ColumnId>& renamed)
      : statement_(statement), renamed_(renamed) {}

  LogicalPtr copy(const LogicalPlan& plan) {
    claim(plan);
    return copy_node(plan);
  }

 private:
  // New ids for all that is made in `plan`; columns from outside keep theirs.
  void claim(const LogicalPlan& root) {
    walk_plan(root, [&](const LogicalPlan& plan) {
      std::set<ColumnId> made;
      add_made(plan, made);
      for (ColumnId id : made)
        if (renamed_.find(id) == renamed_.end()) renamed_[id] = statement_.next_column++;
      if (const auto* recursive = std::get_if<logical::Recursive>(&plan.node))
        work_tables_[recursive->work_table] = statement_.work_tables++;
    });
  }
  ColumnId renamed(ColumnId id) const {
    auto found = renamed_.find(id);
    return found == renamed_.end() ? id : found->second;
  }
  ExprPtr copy_expr(const Expr& expr) {
    ExprPtr result = clone(expr);
    walk(*result, [&](const Expr& node) {
      auto& own = const_cast<Expr&>(node).node;
      if (auto* ref = std::get_if<expression::ColumnRef>(&own)) {
        ref->column = renamed(ref->column);
      } else if (auto* subquery = std::get_if<expression::Subquery>(&own)) {
        subquery->subquery = copy_subquery(subquery->subquery);
      }
      return true;
    });
    return result;
  }
  uint32_t copy_subquery(uint32_t index) {
    LogicalPtr plan = copy(*statement_.subqueries[index].plan);
    std::vector<ColumnId> correlated;
    for (ColumnId id : statement_.subqueries[index].correlated) correlated.push_back(renamed(id));
    statement_.subqueries.push_back({std::move(plan), std::move(correlated)});
    return static_cast<uint32_t>(statement_.subqueries.size() - 1);
  }
  std::vector<ExprPtr> copy_list(const std::vector<ExprPtr>& list) {
    std::vector<ExprPtr> result;
    for (const ExprPtr& expr : list) result.push_back(copy_expr(*expr));
    return result;
  }
  ExprPtr copy_optional(const ExprPtr& expr) { return expr == nullptr ? nullptr : copy_expr(*expr); }
  std::vector<logical::SortKey> copy_keys(const std::vector<logical::SortKey>& keys) {
    std::vector<logical::SortKey> result;
    for (const logical::SortKey& key : keys)
      result.push_back({copy_expr(*key.key), key.descending, key.nulls_first});
    return result;
  }

  logical::Node copy_step(const logical::Node& node) {
    struct Visitor {
      PlanCopier& self;
      logical::Node operator()(const logical::OneRow& n) { return n; }
      logical::Node operator()(const logical::Empty& n) { return n; }
      logical::Node operator()(const logical::Get& n) { return n; }
      logical::Node operator()(const logical::SystemGet& n) { return n; }
      logical::Node operator()(const logical::ValuesList& n) {
        logical::ValuesList result;
        for (const auto& row : n.rows) result.rows.push_back(self.copy_list(row));
        return result;
      }
      logical::Node operator()(const logical::FunctionGet& n) {
        return logical::FunctionGet{n.function, self.copy_list(n.arguments), n.with_ordinality, n.alias};
      }
      logical::Node operator()(const logical::CteRef& n) { return n; }
      logical::Node operator()(const logical::WorkTable& n) {
        logical::WorkTable result = n;
        auto found = self.work_tables_.find(n.work_table);
        if (found != self.work_tables_.end()) result.work_table = found->second;
        return result;
      }
      logical::Node operator()(const logical::Filter& n) {
        return logical::Filter{self.copy_expr(*n.condition)};
      }
      logical::Node operator()(const logical::Project& n) {
        return logical::Project{self.copy_list(n.expressions)};
      }
      logical::Node operator()(const logical::Aggregate& n) {
        logical::Aggregate result;
        result.keys = self.copy_list(n.keys);
        for (const logical::AggregateCall& call : n.calls) {
          logical::AggregateCall copy;
          copy.aggregate = call.aggregate;
          copy.arguments = self.copy_list(call.arguments);
          copy.distinct = call.distinct;
          copy.order = self.copy_keys(call.order);
          copy.filter = self.copy_optional(call.filter);
          copy.type = call.type;
          copy.text = call.text;
          result.calls.push_back(std::move(copy));
        }
        return result;
      }
      logical::Node operator()(const logical::Window& n) {
        logical::Window result;
        result.partition = self.copy_list(n.partition);
        result.order = self.copy_keys(n.order);
        result.frame.mode = n.frame.mode;
        result.frame.start = n.frame.start;
        result.frame.end = n.frame.end;
        result.frame.start_offset = self.copy_optional(n.frame.start_offset);
        result.frame.end_offset = self.copy_optional(n.frame.end_offset);
        for (const logical::WindowCall& call : n.calls) {
          logical::WindowCall copy;
          copy.function = call.function;
          copy.aggregate = call.aggregate;
          copy.arguments = self.copy_list(call.arguments);
          copy.filter = self.copy_optional(call.filter);
          copy.type = call.type;
          result.calls.push_back(std::move(copy));
        }
        return result;
      }
      logical::Node operator()(const logical::Sort& n) { return logical::Sort{self.copy_keys(n.keys)}; }
      logical::Node operator()(const logical::Limit& n) {
        logical::Limit result;
        result.count = self.copy_optional(n.count);
        result.offset = self.copy_optional(n.offset);
        result.with_ties = n.with_ties;
        return result;
      }
      logical::Node operator()(const logical::Distinct& n) {
        logical::Distinct result = n;
        for (ColumnId& id : result.on) id = self.renamed(id);
        return result;
      }
      logical::Node operator()(const logical::LockRows& n) {
        logical::LockRows result = n;
        for (auto& target : result.targets) target.row_id = self.renamed(target.row_id);
        return result;
      }
      logical::Node operator()(const logical::Join& n) {
        logical::Join result;
        result.kind = n.kind;
        result.condition = self.copy_optional(n.condition);
        result.is_lateral = n.is_lateral;
        return result;
      }
      logical::Node operator()(const logical::SetOperation& n) { return n; }
      logical::Node operator()(const logical::Recursive& n) {
        logical::Recursive result = n;
        result.work_table = self.work_tables_.at(n.work_table);
        return result;
      }
      // Writes stand at the root of a statement or of a WITH query of its own and are never copied.
      logical::Node operator()(const logical::Insert&) { return logical::Empty{}; }
      logical::Node operator()(const logical::Update&) { return logical::Empty{}; }
      logical::Node operator()(const logical::Delete&) { return logical::Empty{}; }
      logical::Node operator()(const logical::Merge&) { return logical::Empty{}; }
    };
    return std::visit(Visitor{*this}, node);
  }

  LogicalPtr copy_node(const LogicalPlan& plan) {
    auto result = std::make_unique<LogicalPlan>(logical::OneRow{});
    result->node = copy_step(plan.node);
    for (const LogicalColumn& column : plan.output)
      result->output.push_back({renamed(column.id), column.name, column.type});
    for (const LogicalPtr& input : plan.inputs) result->inputs.push_back(copy_node(*input));
    return result;
  }

  BoundStatement& statement_;
  std::map<ColumnId, ColumnId>& renamed_;
  std::map<uint32_t, uint32_t> work_tables_;
};

}  // namespace

void add_columns(const Expr& expr, const std::vector<LogicalSubquery>& subqueries,
                 std::set<ColumnId>& found) {
  walk(expr, [&](const Expr& node) {
    if (const auto* ref = std::get_if<expression::ColumnRef>(&node.node)) {
      found.insert(ref->column);
    } else if (const auto* subquery = std::get_if<expression::Subquery>(&node.node)) {
      if (subquery->subquery < subqueries.size() && subqueries[subquery->subquery].plan != nullptr) {
        std::set<ColumnId> outer = outer_columns(*subqueries[subquery->subquery].plan, subqueries);
        found.insert(outer.begin(), outer.end());
      }
    }
    return true;
  });
}

std::set<ColumnId> outer_columns(const LogicalPlan& root, const std::vector<LogicalSubquery>& subqueries) {
  std::set<ColumnId> made, used;
  walk_plan(root, [&](const LogicalPlan& plan) {
    add_made(plan, made);
    for_each_expression(plan, [&](const Expr& expr) { add_columns(expr, subqueries, used); });
  });
  for (ColumnId id : made) used.erase(id);
  return used;
}

LogicalPtr copy_plan(const LogicalPlan& plan, BoundStatement& statement,
                     std::map<ColumnId, ColumnId>& renamed) {
  return PlanCopier(statement, renamed).copy(plan);
}

}  // namespace rowan
