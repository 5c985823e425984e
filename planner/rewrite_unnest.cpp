// Subqueries in WHERE become joins. EXISTS and IN are semi joins, NOT EXISTS an anti join, NOT IN one that
// minds NULLs. A correlated subquery first gives up the conditions that mention the outer query: they become
// the join's. A correlated scalar aggregate is computed for all values of its correlation at once, grouped by
// them, and joined to the left (Kim 1982 as mended by Ganski and Wong 1987: the join keeps rows without a
// group, and count says 0 for them). What does not fit stays a subquery, run for each row.
#include <algorithm>

#include "planner/rewrite.h"
#include "planner/rewrite_support.h"

namespace rowan {

namespace {

using rewriting::ColumnSet;
using Kind = logical::Join::Kind;
using Terms = std::vector<ExprPtr>;

class Unnester {
 public:
  explicit Unnester(BoundStatement& statement) : statement_(statement) {}

  void run(LogicalPtr& plan) {
    for (LogicalPtr& input : plan->inputs) run(input);
    rewriting::refresh_output(*plan);
    if (std::holds_alternative<logical::Filter>(plan->node)) {
      unnest_filter(plan);
    } else if (auto* project = std::get_if<logical::Project>(&plan->node)) {
      for (ExprPtr& expr : project->expressions) unnest_scalars(expr, plan->inputs[0]);
    }
  }

 private:
  const rewriting::Subqueries& subqueries() const { return statement_.subqueries; }

  void unnest_filter(LogicalPtr& plan) {
    auto& filter = std::get<logical::Filter>(plan->node);
    Terms terms, kept;
    rewriting::split_conjunction(std::move(filter.condition), terms);
    LogicalPtr input = std::move(plan->inputs[0]);
    for (ExprPtr& term : terms)
      if (!join_instead(term, input)) kept.push_back(std::move(term));
    for (ExprPtr& term : kept) unnest_scalars(term, input);
    std::vector<LogicalColumn> wanted = plan->output;
    plan = rewriting::filter_by(std::move(kept), std::move(input));
  }

  // ---- EXISTS, IN, ANY, ALL -------------------------------------------------------------------------------

  bool join_instead(ExprPtr& term, LogicalPtr& input) {
    bool negated = std::holds_alternative<expression::Not>(term->node);
    Expr& expr = negated ? *term->children[0] : *term;
    auto* node = std::get_if<expression::Subquery>(&expr.node);
    if (node == nullptr || node->kind == expression::SubqueryKind::Scalar) return false;
    LogicalSubquery& subquery = statement_.subqueries[node->subquery];
    ColumnSet available = rewriting::output_of(*input);
    ColumnSet outer = outer_columns(*subquery.plan, subqueries());
    ColumnSet correlated;
    for (ColumnId id : outer)
      if (available.count(id) != 0) correlated.insert(id);
    bool is_exists = node->kind == expression::SubqueryKind::Exists;
    // Without correlation an EXISTS is asked once; IN can be hashed by a join.
    if (is_exists && correlated.empty()) return false;
    if (!is_exists) {
      for (const ExprPtr& tested : expr.children) {
        if (rewriting::is_volatile_expr(*tested) || rewriting::has_subquery(*tested)) return false;
        if (!rewriting::intersects(rewriting::columns_of(*tested, subqueries()), available)) return false;
      }
    }
    LogicalPtr plan = std::move(subquery.plan);
    Terms pulled;
    std::vector<ExprPtr> values;  // what the tested expressions are compared with
    std::vector<LogicalColumn> output = plan->output;
    if (is_exists) strip_for_exists(plan);
    for (const LogicalColumn& column : plan->output) values.push_back(rewriting::refer_to(column));
    if (!correlated.empty()) {
      if (!is_exists) open_projection(plan, values);
      pull_terms(plan, correlated, pulled);
      ColumnSet left = outer_columns(*plan, subqueries());
      if (rewriting::intersects(left, correlated)) {
        plan = rewriting::filter_by(std::move(pulled), std::move(plan));
        if (!is_exists) project_again(plan, std::move(values), std::move(output));
        subquery.plan = std::move(plan);
        return false;
      }
    }
    logical::Join join;
    bool null_aware = false;
    if (is_exists) {
      join.kind = negated ? Kind::Anti : Kind::Semi;
    } else {
      bool is_all = node->kind == expression::SubqueryKind::All;
      for (size_t i = 0; i < node->tested; ++i) {
        std::vector<ExprPtr> arguments;
        arguments.push_back(std::move(expr.children[i]));
        arguments.push_back(std::move(values[i]));
        ExprPtr call = make_call(node->compare[i], TypeId::Boolean, std::move(arguments), expr.position);
        pulled.push_back(std::move(call));
      }
      if (is_all) {
        // x op ALL q: no row of q makes it false or NULL. NOT (x op ALL q): some row makes it false.
        auto denial = std::make_unique<Expr>(expression::Not{}, TypeId::Boolean, expr.position);
        denial->children.push_back(std::move(pulled.back()));
        pulled.back() = std::move(denial);
        join.kind = negated ? Kind::Semi : Kind::NullAwareAnti;
      } else {
        join.kind = negated ? Kind::NullAwareAnti : Kind::Semi;
      }
      null_aware = join.kind == Kind::NullAwareAnti;
    }
    // NOT IN of several columns among which NULL may be has no key to hash a join by: the subquery's rows are
    // hashed instead, once.
    if (null_aware && node->tested > 1 && correlated.empty() &&
        !never_null(pulled, node->tested, *input, *plan)) {
      for (size_t i = 0; i < node->tested; ++i) expr.children[i] = std::move(pulled[i]->children[0]);
      subquery.plan = std::move(plan);
      return false;
    }
    if (null_aware && correlated.empty() == false) {
      // Conditions that only say which rows of the subquery count are no part of the comparison: a NULL in
      // them is no match. Only definite ones may be mixed in.
      size_t own = pulled.size() - node->tested;
      for (size_t i = 0; i < own; ++i) {
        auto sure =
            std::make_unique<Expr>(expression::IsTruth{true, false}, TypeId::Boolean, pulled[i]->position);
        sure->children.push_back(std::move(pulled[i]));
        pulled[i] = std::move(sure);
      }
    }
    if (null_aware && never_null(pulled, node->tested, *input, *plan)) join.kind = Kind::Anti;
    join.condition = conjunction(std::move(pulled));
    auto joined = std::make_unique<LogicalPlan>(std::move(join));
    joined->output = input->output;
    joined->inputs.push_back(std::move(input));
    joined->inputs.push_back(std::move(plan));
    input = std::move(joined);
    return true;
  }

  // NOT IN between columns that are never NULL is a plain anti join.
  bool never_null(const Terms& terms, size_t tested, const LogicalPlan& left,
                  const LogicalPlan& right) const {
    for (size_t i = terms.size() - tested; i < terms.size(); ++i) {
      const Expr* term = terms[i].get();
      if (std::holds_alternative<expression::Not>(term->node)) term = term->children[0].get();
      const auto* call = std::get_if<expression::Call>(&term->node);
      if (call == nullptr || !call->function->is_strict) return false;
      for (const ExprPtr& child : term->children) {
        const auto* ref = std::get_if<expression::ColumnRef>(&child->node);
        const auto* constant = std::get_if<expression::Constant>(&child->node);
        if (constant != nullptr && !constant->value.is_null()) continue;
        if (ref == nullptr || (!is_not_null(left, ref->column) && !is_not_null(right, ref->column)))
          return false;
      }
    }
    return true;
  }

  // A NOT NULL column of a table, and no outer join between it and the top.
  static bool is_not_null(const LogicalPlan& plan, ColumnId column) {
    if (const auto* get = std::get_if<logical::Get>(&plan.node)) {
      for (size_t i = 0; i < plan.output.size(); ++i) {
        if (plan.output[i].id != column || get->columns[i] == kRowIdColumn) continue;
        return get->table->columns[get->columns[i]].not_null;
      }
      return false;
    }
    if (const auto* project = std::get_if<logical::Project>(&plan.node)) {
      for (size_t i = 0; i < plan.output.size(); ++i) {
        if (plan.output[i].id != column) continue;
        const auto* ref = std::get_if<expression::ColumnRef>(&project->expressions[i]->node);
        return ref != nullptr && is_not_null(*plan.inputs[0], ref->column);
      }
      return false;
    }
    if (const auto* join = std::get_if<logical::Join>(&plan.node)) {
      bool right_made_up = join->kind == Kind::Left || join->kind == Kind::Full;
      bool left_made_up = join->kind == Kind::Right || join->kind == Kind::Full;
      return (!left_made_up && is_not_null(*plan.inputs[0], column)) ||
             (!right_made_up && is_not_null(*plan.inputs[1], column));
    }
    bool passes = std::holds_alternative<logical::Filter>(plan.node) ||
                  std::holds_alternative<logical::Sort>(plan.node) ||
                  std::holds_alternative<logical::Distinct>(plan.node) ||
                  std::holds_alternative<logical::Limit>(plan.node);
    return passes && is_not_null(*plan.inputs[0], column);
  }

  // What EXISTS does not look at: the select list, order, duplicates.
  static void strip_for_exists(LogicalPtr& plan) {
    for (;;) {
      bool strips = std::holds_alternative<logical::Project>(plan->node) ||
                    std::holds_alternative<logical::Sort>(plan->node) ||
                    std::holds_alternative<logical::Distinct>(plan->node);
      if (const auto* limit = std::get_if<logical::Limit>(&plan->node)) {
        const auto* count =
            limit->count == nullptr ? nullptr : std::get_if<expression::Constant>(&limit->count->node);
        strips = limit->offset == nullptr && count != nullptr && !count->value.is_null() &&
                 count->value.as_int() > 0;
      }
      if (!strips) return;
      LogicalPtr input = std::move(plan->inputs[0]);
      plan = std::move(input);
    }
  }

  // The projection at the top of an IN subquery is computed by the join's condition instead.
  void open_projection(LogicalPtr& plan, std::vector<ExprPtr>& values) {
    while (std::holds_alternative<logical::Sort>(plan->node)) {
      LogicalPtr input = std::move(plan->inputs[0]);
      plan = std::move(input);
    }
    auto* project = std::get_if<logical::Project>(&plan->node);
    if (project == nullptr) return;
    for (const ExprPtr& expr : project->expressions)
      if (rewriting::is_volatile_expr(*expr) || rewriting::has_subquery(*expr)) return;
    values = std::move(project->expressions);
    LogicalPtr input = std::move(plan->inputs[0]);
    plan = std::move(input);
  }

  // Takes the terms that mention `outer` out of filters and inner joins from which they can rise unchanged.
  void pull_terms(LogicalPtr& plan, const ColumnSet& outer, Terms& pulled) {
    if (auto* filter = std::get_if<logical::Filter>(&plan->node)) {
      pull_terms(plan->inputs[0], outer, pulled);
      ExprPtr rest = take_terms(std::move(filter->condition), outer, pulled);
      if (rest == nullptr) {
        LogicalPtr input = std::move(plan->inputs[0]);
        plan = std::move(input);
        return;
      }
      filter->condition = std::move(rest);
      rewriting::refresh_output(*plan);
    } else if (auto* join = std::get_if<logical::Join>(&plan->node)) {
      if (join->is_lateral) return;
      if (join->kind == Kind::Inner) {
        for (LogicalPtr& input : plan->inputs) pull_terms(input, outer, pulled);
        join->condition = take_terms(std::move(join->condition), outer, pulled);
      } else if (join->kind != Kind::Right && join->kind != Kind::Full) {
        pull_terms(plan->inputs[0], outer, pulled);
      }
      rewriting::refresh_output(*plan);
    } else if (std::holds_alternative<logical::Sort>(plan->node)) {
      pull_terms(plan->inputs[0], outer, pulled);
      rewriting::refresh_output(*plan);
    } else if (auto* project = std::get_if<logical::Project>(&plan->node)) {
      Terms own;
      pull_terms(plan->inputs[0], outer, own);
      // What the terms need beside what is projected goes along.
      ColumnSet have = rewriting::output_of(*plan);
      for (const ExprPtr& term : own) {
        for (ColumnId id : rewriting::columns_of(*term, subqueries())) {
          if (have.count(id) != 0) continue;
          for (const LogicalColumn& column : plan->inputs[0]->output) {
            if (column.id != id) continue;
            project->expressions.push_back(rewriting::refer_to(column));
            plan->output.push_back(column);
            have.insert(id);
          }
        }
      }
      for (ExprPtr& term : own) pulled.push_back(std::move(term));
    }
  }

  ExprPtr take_terms(ExprPtr condition, const ColumnSet& outer, Terms& pulled) {
    Terms terms, rest;
    if (condition == nullptr) return nullptr;
    rewriting::split_conjunction(std::move(condition), terms);
    for (ExprPtr& term : terms) {
      bool rises = rewriting::intersects(rewriting::columns_of(*term, subqueries()), outer) &&
                   !rewriting::has_subquery(*term) && !rewriting::is_volatile_expr(*term);
      (rises ? pulled : rest).push_back(std::move(term));
    }
    return conjunction(std::move(rest));
  }

  // The select list of a subquery that could not be unnested, above what is left of it.
  static void project_again(LogicalPtr& plan, std::vector<ExprPtr> values,
                            std::vector<LogicalColumn> output) {
    auto above = std::make_unique<LogicalPlan>(logical::Project{std::move(values)});
    above->output = std::move(output);
    above->inputs.push_back(std::move(plan));
    plan = std::move(above);
  }

  // ---- scalar aggregates ----------------------------------------------------------------------------------

  // Subqueries that are computed whenever `expr` is: not those in branches that may not be taken.
  void unnest_scalars(ExprPtr& root, LogicalPtr& input) {
    std::vector<ExprPtr*> pending{&root}, found;
    while (!pending.empty()) {
      ExprPtr& expr = *pending.back();
      pending.pop_back();
      if (const auto* node = std::get_if<expression::Subquery>(&expr->node)) {
        if (node->kind == expression::SubqueryKind::Scalar) found.push_back(&expr);
        continue;
      }
      bool may_skip = std::holds_alternative<expression::Case>(expr->node) ||
                      std::holds_alternative<expression::Coalesce>(expr->node) ||
                      std::holds_alternative<expression::And>(expr->node) ||
                      std::holds_alternative<expression::Or>(expr->node);
      if (may_skip) continue;
      for (ExprPtr& child : expr->children) pending.push_back(&child);
    }
    for (ExprPtr* expr : found) join_aggregate(*expr, input);
  }

  struct Correlation {
    ExprPtr inner, outer;
    const Function* equals;
    bool inner_is_left;
  };

  // SELECT expression(aggregates) FROM … WHERE inner = outer: the three nodes, or nothing.
  void join_aggregate(ExprPtr& expr, LogicalPtr& input) {
    auto& node = std::get<expression::Subquery>(expr->node);
    LogicalSubquery& subquery = statement_.subqueries[node.subquery];
    ColumnSet available = rewriting::output_of(*input);
    ColumnSet outer = outer_columns(*subquery.plan, subqueries()), correlated;
    for (ColumnId id : outer)
      if (available.count(id) != 0) correlated.insert(id);
    if (correlated.empty()) return;
    auto* project = std::get_if<logical::Project>(&subquery.plan->node);
    if (project == nullptr || project->expressions.size() != 1) return;
    if (rewriting::has_subquery(*project->expressions[0]) ||
        rewriting::is_volatile_expr(*project->expressions[0]))
      return;
    LogicalPlan& aggregate_plan = *subquery.plan->inputs[0];
    auto* aggregate = std::get_if<logical::Aggregate>(&aggregate_plan.node);
    if (aggregate == nullptr || !aggregate->keys.empty()) return;
    for (const logical::AggregateCall& call : aggregate->calls) {
      bool reads_outer = false;
      for (const ExprPtr& argument : call.arguments)
        reads_outer =
            reads_outer || rewriting::intersects(rewriting::columns_of(*argument, subqueries()), correlated);
      if (call.filter != nullptr)
        reads_outer = reads_outer ||
                      rewriting::intersects(rewriting::columns_of(*call.filter, subqueries()), correlated);
      for (const logical::SortKey& key : call.order)
        reads_outer =
            reads_outer || rewriting::intersects(rewriting::columns_of(*key.key, subqueries()), correlated);
      if (reads_outer) return;
    }
    LogicalPtr& source = aggregate_plan.inputs[0];
    Terms pulled;
    pull_terms(source, correlated, pulled);
    std::vector<Correlation> links;
    bool fits = !rewriting::intersects(outer_columns(*source, subqueries()), correlated);
    for (const ExprPtr& term : pulled) {
      Correlation link{};
      fits = fits && as_correlation(*term, correlated, link);
      if (fits) links.push_back(std::move(link));
    }
    if (!fits || links.empty()) {
      source = rewriting::filter_by(std::move(pulled), std::move(source));
      return;
    }
    // Grouped by the inner sides; joined where they equal the outer ones.
    Terms conditions;
    std::vector<ExprPtr> keys;
    std::vector<LogicalColumn> key_columns;
    for (Correlation& link : links) {
      LogicalColumn column = new_column(statement_, "key", link.inner->type);
      if (const auto* ref = std::get_if<expression::ColumnRef>(&link.inner->node)) column.name = ref->name;
      std::vector<ExprPtr> arguments;
      ExprPtr key = rewriting::refer_to(column);
      arguments.push_back(link.inner_is_left ? std::move(key) : std::move(link.outer));
      arguments.push_back(link.inner_is_left ? std::move(link.outer) : std::move(key));
      conditions.push_back(make_call(link.equals, TypeId::Boolean, std::move(arguments)));
      keys.push_back(std::move(link.inner));
      key_columns.push_back(column);
    }
    ExprPtr value = std::move(project->expressions[0]);
    LogicalPtr grouped = std::move(subquery.plan->inputs[0]);
    subquery.plan = nullptr;
    auto& node_aggregate = std::get<logical::Aggregate>(grouped->node);
    // A row without a group sees the aggregates of no rows: NULL, but 0 for count.
    std::vector<ExprPtr> defaults;
    rewriting::Substitution by;
    for (size_t i = 0; i < node_aggregate.calls.size(); ++i) {
      if (node_aggregate.calls[i].aggregate->name != "count") continue;
      const LogicalColumn& column = grouped->output[i];
      auto counted = std::make_unique<Expr>(expression::Coalesce{}, column.type);
      counted->children.push_back(rewriting::refer_to(column));
      counted->children.push_back(make_constant(Value::bigint(0)));
      defaults.push_back(std::move(counted));
      by[column.id] = defaults.back().get();
    }
    rewriting::substitute(value, by);
    node_aggregate.keys = std::move(keys);
    grouped->output.insert(grouped->output.begin(), key_columns.begin(), key_columns.end());
    logical::Join join;
    join.kind = Kind::Left;
    join.condition = conjunction(std::move(conditions));
    auto joined = std::make_unique<LogicalPlan>(std::move(join));
    joined->inputs.push_back(std::move(input));
    joined->inputs.push_back(std::move(grouped));
    rewriting::refresh_output(*joined);
    input = std::move(joined);
    Type type = expr->type;
    expr = std::move(value);
    if (expr->type.physical() == type.physical()) expr->type = type;
  }

  bool as_correlation(const Expr& term, const ColumnSet& correlated, Correlation& link) const {
    const auto* call = std::get_if<expression::Call>(&term.node);
    if (call == nullptr || call->function->name != "=" || term.children.size() != 2) return false;
    ColumnSet left = rewriting::columns_of(*term.children[0], subqueries());
    ColumnSet right = rewriting::columns_of(*term.children[1], subqueries());
    bool left_outer = rewriting::intersects(left, correlated),
         right_outer = rewriting::intersects(right, correlated);
    if (left_outer == right_outer) return false;
    const ColumnSet& outer_side = left_outer ? left : right;
    if (!rewriting::is_subset(outer_side, correlated)) return false;
    link.inner_is_left = right_outer;
    link.inner = clone(*term.children[left_outer ? 1 : 0]);
    link.outer = clone(*term.children[left_outer ? 0 : 1]);
    link.equals = call->function;
    return true;
  }

  BoundStatement& statement_;
};

}  // namespace

void unnest_subqueries(BoundStatement& statement) {
  Unnester unnester(statement);
  rewriting::for_each_plan(statement, [&](LogicalPtr& root) { unnester.run(root); });
  for (LogicalSubquery& subquery : statement.subqueries) {
    if (subquery.plan == nullptr) continue;
    ColumnSet outer = outer_columns(*subquery.plan, statement.subqueries);
    subquery.correlated.assign(outer.begin(), outer.end());
  }
}

}  // namespace rowan
