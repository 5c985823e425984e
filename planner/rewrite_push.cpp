// Conditions sink to where their columns come from. On the way an outer join whose made-up rows a condition
// or a join further up refuses becomes an inner one, and equalities spread their constants.
#include <algorithm>

#include "planner/rewrite.h"
#include "planner/rewrite_support.h"

namespace rowan {

namespace {

using rewriting::ColumnSet;
using Terms = std::vector<ExprPtr>;
using Kind = logical::Join::Kind;
// Terms of joins further up without which a row of this plan comes to nothing. They stay where they are; an
// outer join here may be weakened by them.
using Required = std::vector<const Expr*>;

class FilterPusher {
 public:
  explicit FilterPusher(const rewriting::Subqueries& subqueries) : subqueries_(subqueries) {}

  // `plan` with `terms` applied, as deep as they go.
  LogicalPtr push(LogicalPtr plan, Terms terms, Required required = {}) {
    Terms kept;
    for (ExprPtr& term : terms) {
      if (rewriting::is_always_true(*term)) continue;
      if (rewriting::is_never_true(*term)) return keep_nothing(std::move(plan));
      kept.push_back(std::move(term));
    }
    Visitor visitor{*this, plan, std::move(kept), std::move(required)};
    return std::visit(visitor, plan->node);
  }

 private:
  ColumnSet columns_of(const Expr& expr) const { return rewriting::columns_of(expr, subqueries_); }

  // A projection stays above its empty input: constants in it may fail without any row.
  static LogicalPtr keep_nothing(LogicalPtr plan) {
    if (!std::holds_alternative<logical::Project>(plan->node)) return rewriting::empty_like(*plan);
    plan->inputs[0] = rewriting::empty_like(*plan->inputs[0]);
    return plan;
  }

  LogicalPtr stay(LogicalPtr plan, Terms terms) {
    for (LogicalPtr& input : plan->inputs) input = push(std::move(input), {});
    rewriting::refresh_output(*plan);
    return rewriting::filter_by(std::move(terms), std::move(plan));
  }
  // Terms for which `fits` go on to the only input, others stay above.
  template <class Fits>
  LogicalPtr through(LogicalPtr plan, Terms terms, Fits&& fits) {
    Terms below, above;
    for (ExprPtr& term : terms)
      (!rewriting::is_volatile_expr(*term) && fits(*term) ? below : above).push_back(std::move(term));
    plan->inputs[0] = push(std::move(plan->inputs[0]), std::move(below));
    rewriting::refresh_output(*plan);
    return rewriting::filter_by(std::move(above), std::move(plan));
  }
  // Terms rewritten by what stands behind output columns sink below; `by` has the columns that may be
  // replaced, `opaque` those that may not.
  LogicalPtr through_computed(LogicalPtr plan, Terms terms, const rewriting::Substitution& by,
                              const ColumnSet& opaque) {
    Terms below, above;
    for (ExprPtr& term : terms) {
      ColumnSet columns = columns_of(*term);
      bool blocked = rewriting::is_volatile_expr(*term) || rewriting::intersects(columns, opaque);
      if (!blocked && rewriting::has_subquery(*term)) {
        // A subquery is not rewritten: its columns must be passed through under their own numbers.
        for (ColumnId id : columns) {
          auto found = by.find(id);
          if (found == by.end()) continue;
          const auto* ref = std::get_if<expression::ColumnRef>(&found->second->node);
          blocked = blocked || ref == nullptr || ref->column != id;
        }
      }
      if (blocked) {
        above.push_back(std::move(term));
        continue;
      }
      if (!rewriting::has_subquery(*term)) rewriting::substitute(term, by);
      below.push_back(std::move(term));
    }
    plan->inputs[0] = push(std::move(plan->inputs[0]), std::move(below));
    return rewriting::filter_by(std::move(above), std::move(plan));
  }

  // ---- joins ----------------------------------------------------------------------------------------------

  // The conditions of inner joins that hang together, pulled up so that they are seen at once.
  void collect_inner(LogicalPtr& plan, Terms& terms) {
    while (auto* filter = std::get_if<logical::Filter>(&plan->node)) {
      rewriting::split_conjunction(std::move(filter->condition), terms);
      LogicalPtr input = std::move(plan->inputs[0]);
      plan = std::move(input);
    }
    auto* join = std::get_if<logical::Join>(&plan->node);
    if (join == nullptr || join->kind != Kind::Inner) return;
    rewriting::split_conjunction(std::move(join->condition), terms);
    for (LogicalPtr& input : plan->inputs) collect_inner(input, terms);
    rewriting::refresh_output(*plan);
  }

  static void borrow(const Terms& terms, Required& required) {
    for (const ExprPtr& term : terms) required.push_back(term.get());
  }

  // Turns outer joins that `required` makes pointless into weaker ones.
  static void weaken(LogicalPlan& plan, const Required& required) {
    auto& join = std::get<logical::Join>(plan.node);
    auto refuse = [&](size_t side) {
      ColumnSet columns = rewriting::output_of(*plan.inputs[side]);
      return std::any_of(required.begin(), required.end(),
                         [&](const Expr* term) { return rewriting::rejects_nulls(*term, columns); });
    };
    // A right join is a left one seen in a mirror.
    if (join.kind == Kind::Right) {
      std::swap(plan.inputs[0], plan.inputs[1]);
      join.kind = Kind::Left;
    }
    if (join.kind == Kind::Full) {
      bool left = refuse(0), right = refuse(1);
      if (left && right) {
        join.kind = Kind::Inner;
      } else if (left) {
        join.kind = Kind::Left;
      } else if (right) {
        std::swap(plan.inputs[0], plan.inputs[1]);
        join.kind = Kind::Left;
      }
    } else if (join.kind == Kind::Left && refuse(1)) {
      join.kind = Kind::Inner;
    }
    rewriting::refresh_output(plan);
  }

  LogicalPtr push_inner(LogicalPtr plan, Terms terms, const Required& required) {
    collect_inner(plan, terms);
    Required known;
    borrow(terms, known);
    for (ExprPtr& implied : rewriting::implied_equalities(known)) terms.push_back(std::move(implied));
    return distribute_inner(std::move(plan), std::move(terms), required);
  }

  LogicalPtr distribute_inner(LogicalPtr plan, Terms terms, Required required) {
    auto* join = std::get_if<logical::Join>(&plan->node);
    // Below the joins that hang together: an ordinary input.
    if (join == nullptr || join->kind != Kind::Inner)
      return push(std::move(plan), std::move(terms), std::move(required));
    ColumnSet left = rewriting::output_of(*plan->inputs[0]), right = rewriting::output_of(*plan->inputs[1]);
    Terms to_left, to_right, here, above;
    for (ExprPtr& term : terms) {
      if (rewriting::is_never_true(*term)) return rewriting::empty_like(*plan);
      ColumnSet columns = columns_of(*term);
      bool from_left = rewriting::intersects(columns, left),
           from_right = rewriting::intersects(columns, right);
      if (rewriting::is_volatile_expr(*term))
        above.push_back(std::move(term));
      else if (from_left && from_right)
        here.push_back(std::move(term));
      else
        (from_right ? to_right : to_left).push_back(std::move(term));
    }
    borrow(here, required);
    borrow(above, required);
    plan->inputs[0] = distribute_inner(std::move(plan->inputs[0]), std::move(to_left), required);
    plan->inputs[1] = distribute_inner(std::move(plan->inputs[1]), std::move(to_right), required);
    if (is_empty(*plan->inputs[0]) || is_empty(*plan->inputs[1])) return rewriting::empty_like(*plan);
    join = std::get_if<logical::Join>(&plan->node);
    join->condition = conjunction(std::move(here));
    rewriting::refresh_output(*plan);
    return rewriting::filter_by(std::move(above), std::move(plan));
  }

  static bool is_empty(const LogicalPlan& plan) { return std::holds_alternative<logical::Empty>(plan.node); }

  // Left, Semi, Anti, NullAwareAnti: what is said of the left side alone sinks there; of the join's own
  // condition, what is said of the right side alone.
  LogicalPtr push_left(LogicalPtr plan, Terms terms, Required required) {
    auto& join = std::get<logical::Join>(plan->node);
    Kind kind = join.kind;
    ColumnSet left = rewriting::output_of(*plan->inputs[0]), right = rewriting::output_of(*plan->inputs[1]);
    Terms to_left, to_right, above, here, own;
    rewriting::split_conjunction(std::move(join.condition), own);
    for (ExprPtr& term : terms) {
      bool stays = rewriting::is_volatile_expr(*term) || rewriting::intersects(columns_of(*term), right);
      (stays ? above : to_left).push_back(std::move(term));
    }
    if (kind != Kind::NullAwareAnti) {
      Required known;
      borrow(to_left, known);
      borrow(own, known);
      for (ExprPtr& implied : rewriting::implied_equalities(known)) {
        ColumnSet columns = columns_of(*implied);
        if (rewriting::intersects(columns, right))
          own.push_back(std::move(implied));
        else if (kind == Kind::Semi)
          to_left.push_back(std::move(implied));
      }
    }
    for (ExprPtr& term : own) {
      ColumnSet columns = columns_of(*term);
      bool from_left = rewriting::intersects(columns, left),
           from_right = rewriting::intersects(columns, right);
      bool may_sink = kind != Kind::NullAwareAnti && !rewriting::is_volatile_expr(*term);
      // ON false: nothing of the right side is to be read.
      if (may_sink && rewriting::is_never_true(*term)) to_right.push_back(clone(*term));
      if (may_sink && from_right && !from_left)
        to_right.push_back(std::move(term));
      else if (may_sink && kind == Kind::Semi && !from_right)
        to_left.push_back(std::move(term));
      else
        here.push_back(std::move(term));
    }
    // A row of the right side that the condition refuses is as good as none; but NOT IN tells unknown from
    // false.
    Required of_right;
    if (kind != Kind::NullAwareAnti) borrow(here, of_right);
    borrow(above, required);
    if (kind == Kind::Semi) borrow(here, required);
    plan->inputs[0] = push(std::move(plan->inputs[0]), std::move(to_left), std::move(required));
    plan->inputs[1] = push(std::move(plan->inputs[1]), std::move(to_right), std::move(of_right));
    auto& after = std::get<logical::Join>(plan->node);
    after.condition = conjunction(std::move(here));
    rewriting::refresh_output(*plan);
    bool right_empty = is_empty(*plan->inputs[1]);
    if (is_empty(*plan->inputs[0]) || (kind == Kind::Semi && right_empty))
      return rewriting::empty_like(*plan);
    if ((kind == Kind::Anti || kind == Kind::NullAwareAnti) && right_empty) {
      LogicalPtr only = std::move(plan->inputs[0]);
      return rewriting::filter_by(std::move(above), std::move(only));
    }
    return rewriting::filter_by(std::move(above), std::move(plan));
  }

  LogicalPtr push_join(LogicalPtr plan, Terms terms, const Required& required) {
    Required all = required;
    borrow(terms, all);
    weaken(*plan, all);
    Kind kind = std::get<logical::Join>(plan->node).kind;
    if (kind == Kind::Inner) return push_inner(std::move(plan), std::move(terms), required);
    if (kind == Kind::Full) return stay(std::move(plan), std::move(terms));
    return push_left(std::move(plan), std::move(terms), required);
  }

  // ---- one node -------------------------------------------------------------------------------------------

  struct Visitor {
    FilterPusher& self;
    LogicalPtr& plan;
    Terms terms;
    Required required;

    LogicalPtr stay() { return self.stay(std::move(plan), std::move(terms)); }
    LogicalPtr operator()(logical::OneRow&) { return stay(); }
    LogicalPtr operator()(logical::Empty&) { return std::move(plan); }
    LogicalPtr operator()(logical::Get&) { return stay(); }
    LogicalPtr operator()(logical::SystemGet&) { return stay(); }
    LogicalPtr operator()(logical::ValuesList&) { return stay(); }
    LogicalPtr operator()(logical::FunctionGet&) { return stay(); }
    LogicalPtr operator()(logical::CteRef&) { return stay(); }
    LogicalPtr operator()(logical::WorkTable&) { return stay(); }
    LogicalPtr operator()(logical::Filter& node) {
      rewriting::split_conjunction(std::move(node.condition), terms);
      LogicalPtr input = std::move(plan->inputs[0]);
      return self.push(std::move(input), std::move(terms), std::move(required));
    }
    LogicalPtr operator()(logical::Project& node) {
      rewriting::Substitution by;
      ColumnSet opaque;
      for (size_t i = 0; i < node.expressions.size(); ++i) {
        const Expr& expr = *node.expressions[i];
        if (rewriting::is_volatile_expr(expr) || rewriting::has_subquery(expr))
          opaque.insert(plan->output[i].id);
        else
          by[plan->output[i].id] = &expr;
      }
      return self.through_computed(std::move(plan), std::move(terms), by, opaque);
    }
    LogicalPtr operator()(logical::Aggregate& node) {
      rewriting::Substitution by;
      ColumnSet opaque;
      for (size_t i = 0; i < plan->output.size(); ++i) {
        bool is_key = i < node.keys.size() && !rewriting::is_volatile_expr(*node.keys[i]) &&
                      !rewriting::has_subquery(*node.keys[i]);
        if (is_key)
          by[plan->output[i].id] = node.keys[i].get();
        else
          opaque.insert(plan->output[i].id);
      }
      // Without keys there is a row even of nothing.
      if (node.keys.empty()) return stay();
      // A term without columns would empty the input, which is as good here.
      return self.through_computed(std::move(plan), std::move(terms), by, opaque);
    }
    LogicalPtr operator()(logical::Window& node) {
      ColumnSet partition;
      for (const ExprPtr& key : node.partition)
        if (const auto* ref = std::get_if<expression::ColumnRef>(&key->node)) partition.insert(ref->column);
      ColumnSet own = rewriting::output_of(*plan);
      return self.through(std::move(plan), std::move(terms), [&, own](const Expr& term) {
        ColumnSet inner;
        for (ColumnId id : self.columns_of(term))
          if (own.count(id) != 0) inner.insert(id);
        return rewriting::is_subset(inner, partition);
      });
    }
    LogicalPtr operator()(logical::Sort&) {
      return self.through(std::move(plan), std::move(terms), [](const Expr&) { return true; });
    }
    LogicalPtr operator()(logical::Limit&) { return stay(); }
    LogicalPtr operator()(logical::Distinct& node) {
      if (!node.is_on)
        return self.through(std::move(plan), std::move(terms), [](const Expr&) { return true; });
      ColumnSet on(node.on.begin(), node.on.end()), own = rewriting::output_of(*plan);
      return self.through(std::move(plan), std::move(terms), [&, on, own](const Expr& term) {
        ColumnSet inner;
        for (ColumnId id : self.columns_of(term))
          if (own.count(id) != 0) inner.insert(id);
        return rewriting::is_subset(inner, on);
      });
    }
    LogicalPtr operator()(logical::LockRows&) { return stay(); }
    LogicalPtr operator()(logical::Join&) {
      return self.push_join(std::move(plan), std::move(terms), required);
    }
    LogicalPtr operator()(logical::SetOperation&) {
      Terms below, above;
      for (ExprPtr& term : terms) {
        bool fits = !rewriting::is_volatile_expr(*term) && !rewriting::has_subquery(*term);
        (fits ? below : above).push_back(std::move(term));
      }
      for (LogicalPtr& input : plan->inputs) {
        Terms own;
        std::vector<ExprPtr> references;
        for (const LogicalColumn& column : input->output) references.push_back(rewriting::refer_to(column));
        rewriting::Substitution by;
        for (size_t i = 0; i < plan->output.size(); ++i) by[plan->output[i].id] = references[i].get();
        for (const ExprPtr& term : below) {
          own.push_back(clone(*term));
          rewriting::substitute(own.back(), by);
        }
        std::vector<LogicalColumn> wanted = input->output;
        input = self.push(std::move(input), std::move(own));
        keep_order(input, wanted);
      }
      return rewriting::filter_by(std::move(above), std::move(plan));
    }
    LogicalPtr operator()(logical::Recursive&) {
      for (LogicalPtr& input : plan->inputs) {
        std::vector<LogicalColumn> wanted = input->output;
        input = self.push(std::move(input), {});
        keep_order(input, wanted);
      }
      return rewriting::filter_by(std::move(terms), std::move(plan));
    }
    LogicalPtr operator()(logical::Insert&) { return ordered(); }
    LogicalPtr operator()(logical::Update&) { return ordered(); }
    LogicalPtr operator()(logical::Delete&) { return ordered(); }
    LogicalPtr operator()(logical::Merge&) { return ordered(); }
    LogicalPtr ordered() {
      std::vector<LogicalColumn> wanted = plan->inputs[0]->output;
      plan->inputs[0] = self.push(std::move(plan->inputs[0]), {});
      if (std::holds_alternative<logical::Insert>(plan->node)) keep_order(plan->inputs[0], wanted);
      return std::move(plan);
    }
  };

 public:
  // Where columns count by position, a join that changed sides must not change them.
  static void keep_order(LogicalPtr& plan, const std::vector<LogicalColumn>& wanted) {
    bool same = plan->output.size() == wanted.size();
    for (size_t i = 0; same && i < wanted.size(); ++i) same = plan->output[i].id == wanted[i].id;
    if (same) return;
    logical::Project node;
    for (const LogicalColumn& column : wanted) node.expressions.push_back(rewriting::refer_to(column));
    auto above = std::make_unique<LogicalPlan>(std::move(node));
    above->output = wanted;
    above->inputs.push_back(std::move(plan));
    plan = std::move(above);
  }

 private:
  const rewriting::Subqueries& subqueries_;
};

}  // namespace

void push_filters(BoundStatement& statement) {
  FilterPusher pusher(statement.subqueries);
  rewriting::for_each_plan(statement, [&](LogicalPtr& root) {
    std::vector<LogicalColumn> wanted = root->output;
    bool is_write = std::holds_alternative<logical::Insert>(root->node) ||
                    std::holds_alternative<logical::Update>(root->node) ||
                    std::holds_alternative<logical::Delete>(root->node) ||
                    std::holds_alternative<logical::Merge>(root->node);
    root = pusher.push(std::move(root), {});
    if (!is_write) FilterPusher::keep_order(root, wanted);
  });
}

}  // namespace rowan
