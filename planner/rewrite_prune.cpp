// From the top down: which columns are wanted; what nobody wants is neither read nor computed.
#include <algorithm>
#include <set>

#include "planner/rewrite.h"
#include "planner/rewrite_support.h"

namespace rowan {

namespace {

using rewriting::ColumnSet;

class ColumnPruner {
 public:
  explicit ColumnPruner(const rewriting::Subqueries& subqueries) : subqueries_(subqueries) {}

  void prune(LogicalPlan& plan, const ColumnSet& wanted) {
    std::visit(Visitor{*this, plan, wanted}, plan.node);
  }

 private:
  void add(const Expr& expr, ColumnSet& columns) const { add_columns(expr, subqueries_, columns); }
  void add_own(const LogicalPlan& plan, ColumnSet& columns) const {
    for_each_expression(plan, [&](const Expr& expr) { add(expr, columns); });
  }
  static void add_output(const LogicalPlan& plan, ColumnSet& columns) {
    for (const LogicalColumn& column : plan.output) columns.insert(column.id);
  }

  // Keeps the entries of `list`, which runs beside the output, whose columns are wanted.
  template <class Item>
  static void keep_wanted(LogicalPlan& plan, std::vector<Item>& list, const ColumnSet& wanted,
                          size_t first = 0) {
    std::vector<Item> kept;
    std::vector<LogicalColumn> output(plan.output.begin(),
                                      plan.output.begin() + static_cast<std::ptrdiff_t>(first));
    for (size_t i = 0; i < list.size(); ++i) {
      if (wanted.count(plan.output[first + i].id) == 0) continue;
      kept.push_back(std::move(list[i]));
      output.push_back(plan.output[first + i]);
    }
    list = std::move(kept);
    plan.output = std::move(output);
  }

  struct Visitor {
    ColumnPruner& self;
    LogicalPlan& plan;
    const ColumnSet& wanted;

    void pass(ColumnSet more) {
      self.add_own(plan, more);
      self.prune(*plan.inputs[0], more);
      rewriting::refresh_output(plan);
    }
    void all_inputs() {
      for (LogicalPtr& input : plan.inputs) {
        ColumnSet all;
        add_output(*input, all);
        self.prune(*input, all);
      }
    }
    void operator()(logical::OneRow&) {}
    void operator()(logical::Empty&) {}
    void operator()(logical::Get& node) { keep_wanted(plan, node.columns, wanted); }
    void operator()(logical::SystemGet& node) { keep_wanted(plan, node.columns, wanted); }
    void operator()(logical::ValuesList& node) {
      std::vector<bool> keep;
      bool all = true;
      for (const LogicalColumn& column : plan.output) {
        keep.push_back(wanted.count(column.id) != 0);
        all = all && keep.back();
      }
      if (all) return;
      for (auto& row : node.rows) {
        std::vector<ExprPtr> kept;
        for (size_t i = 0; i < row.size(); ++i)
          if (keep[i]) kept.push_back(std::move(row[i]));
        row = std::move(kept);
      }
      std::vector<LogicalColumn> output;
      for (size_t i = 0; i < keep.size(); ++i)
        if (keep[i]) output.push_back(plan.output[i]);
      plan.output = std::move(output);
    }
    void operator()(logical::FunctionGet&) {}
    void operator()(logical::CteRef& node) { keep_wanted(plan, node.positions, wanted); }
    void operator()(logical::WorkTable&) {}
    void operator()(logical::Filter&) { pass(wanted); }
    void operator()(logical::Project& node) {
      keep_wanted(plan, node.expressions, wanted);
      ColumnSet below;
      self.add_own(plan, below);
      self.prune(*plan.inputs[0], below);
    }
    void operator()(logical::Aggregate& node) {
      keep_wanted(plan, node.calls, wanted, node.keys.size());
      ColumnSet below;
      self.add_own(plan, below);
      self.prune(*plan.inputs[0], below);
    }
    void operator()(logical::Window& node) {
      keep_wanted(plan, node.calls, wanted, plan.output.size() - node.calls.size());
      pass(wanted);
    }
    void operator()(logical::Sort&) { pass(wanted); }
    void operator()(logical::Limit&) { pass(wanted); }
    void operator()(logical::Distinct& node) {
      if (!node.is_on) return all_inputs();
      ColumnSet more = wanted;
      more.insert(node.on.begin(), node.on.end());
      pass(std::move(more));
    }
    void operator()(logical::LockRows& node) {
      ColumnSet more = wanted;
      for (const auto& target : node.targets) more.insert(target.row_id);
      pass(std::move(more));
    }
    void operator()(logical::Join& node) {
      ColumnSet more = wanted;
      self.add_own(plan, more);
      if (node.is_lateral) {
        ColumnSet sideways = outer_columns(*plan.inputs[1], self.subqueries_);
        more.insert(sideways.begin(), sideways.end());
      }
      for (LogicalPtr& input : plan.inputs) self.prune(*input, more);
      rewriting::refresh_output(plan);
    }
    void operator()(logical::SetOperation&) { all_inputs(); }
    void operator()(logical::Recursive&) { all_inputs(); }
    void operator()(logical::Insert&) { all_inputs(); }
    void operator()(logical::Update& node) { below_write(node.row_id); }
    void operator()(logical::Delete& node) { below_write(node.row_id); }
    void operator()(logical::Merge& node) { below_write(node.row_id); }
    void below_write(ColumnId row_id) {
      ColumnSet below{row_id};
      self.add_own(plan, below);
      self.prune(*plan.inputs[0], below);
    }
  };

  const rewriting::Subqueries& subqueries_;
};

}  // namespace

void prune_columns(BoundStatement& statement) {
  // EXISTS asks for rows alone.
  std::set<const LogicalPtr*> valueless;
  rewriting::for_each_plan(statement, [&](LogicalPtr& root) {
    walk_plan(*root, [&](const LogicalPlan& plan) {
      for_each_expression(plan, [&](const Expr& whole) {
        walk(whole, [&](const Expr& expr) {
          const auto* subquery = std::get_if<expression::Subquery>(&expr.node);
          if (subquery != nullptr && subquery->kind == expression::SubqueryKind::Exists)
            valueless.insert(&statement.subqueries[subquery->subquery].plan);
          return true;
        });
      });
    });
  });
  ColumnPruner pruner(statement.subqueries);
  rewriting::for_each_plan(statement, [&](LogicalPtr& root) {
    ColumnSet wanted = valueless.count(&root) != 0 ? ColumnSet() : rewriting::output_of(*root);
    pruner.prune(*root, wanted);
  });
}

}  // namespace rowan
