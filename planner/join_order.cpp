// Several relations: in which order, and by which methods. A group is a tree of joins and filters flattened
// into units (tables, and whatever else stands in FROM) and conditions. The right sides of outer, semi, anti
// and lateral joins are units too, but special ones: they can only be joined as the right input, alone, once
// their condition's other columns are there. All orders that keep to this are equal: an inner join or a
// condition of the left side's columns passes such a join in either direction.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "planner/optimizer_impl.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan::optimizing {

// Not in an anonymous namespace: JoinPlanner holds them, and GCC objects to that where sources are compiled
// together.
namespace join_ordering {

using physical::JoinKind;
using UnitSet = uint64_t;
constexpr size_t kUnitsMax = 60;  // a UnitSet holds 64

struct JoinUnit {
  const LogicalPlan* node = nullptr;
  std::optional<BaseRelation> base;  // a table, planned with the join; otherwise:
  Built built;
  bool is_special = false, is_lateral = false;
  JoinKind kind = JoinKind::Inner;
  UnitSet needs = 0;  // of a special one: what must be joined before
  Frame frame;        // of a lateral one
  std::vector<ColumnId> columns;
  double rows = 1, width = 0;
};

struct JoinCondition {
  const Expr* expr = nullptr;
  UnitSet units = 0;
  int owner = -1;  // the special unit whose ON it is of
  // left = right with units on both sides
  const Expr *left = nullptr, *right = nullptr;
  UnitSet left_units = 0, right_units = 0;
  const Function* equals = nullptr;
  double selectivity = 1;
  double operators = 1;
};

struct JoinPath;
using JoinPathPtr = std::shared_ptr<const JoinPath>;
struct JoinPath {
  enum class Method : uint8_t { Unit, IndexLookup, NestedLoop, Hash, Merge } method = Method::Unit;
  UnitSet units = 0;
  Cost cost;
  double rows = 1, width = 0;
  Ordering order;
  size_t unit = 0;      // Unit, IndexLookup
  IndexMatchPtr match;  // nullptr: sequential
  std::vector<const Expr*> lookup_conditions;
  JoinPathPtr outer, inner;
  JoinKind kind = JoinKind::Inner;
  std::vector<size_t> conditions;  // of the join
  std::vector<size_t> after;       // on its result: those of WHERE that mention an outer join's right side
  std::vector<size_t> keys;        // Hash, Merge: which of the conditions
  bool materialize = false;
};

struct JoinEntry {
  double rows = 1, width = 0;
  std::vector<JoinPathPtr> paths;
};

size_t join_leaves(const LogicalPlan& node) {
  size_t count = 0;
  walk_plan(node, [&](const LogicalPlan& part) {
    if (part.inputs.empty()) ++count;
  });
  return count;
}

bool keeps_left_only(JoinKind kind) {
  return kind == JoinKind::Semi || kind == JoinKind::Anti || kind == JoinKind::NullAwareAnti;
}

}  // namespace join_ordering
using namespace join_ordering;

class JoinPlanner {
 public:
  JoinPlanner(Optimizer& optimizer, const Want& want) : o_(optimizer), want_(want) {}

  Result<Built> run(const LogicalPlan& node) {
    is_big_ = join_leaves(node) > kUnitsMax;
    TRY(collect(node, true));
    TRY(settle_units());
    if (units_.size() == 1) return single();
    classify();
    find_needs();
    JoinPathPtr path =
        units_.size() <= o_.options_.settings.join_order_dp_max ? by_dynamic_programming() : greedily();
    ENSURE(path != nullptr);
    Built built = TRY(build(*path));
    return o_.add_filter(std::move(built), constants_);
  }

 private:
  // ---- the group

  Result<> collect(const LogicalPlan& node, bool is_top = false) {
    if (const auto* filter = std::get_if<logical::Filter>(&node.node)) {
      const LogicalPlan& below = *node.inputs[0];
      if (std::holds_alternative<logical::Join>(below.node) ||
          std::holds_alternative<logical::Filter>(below.node) ||
          std::holds_alternative<logical::Get>(below.node)) {
        add_conditions(*filter->condition, -1);
        return collect(below, is_top);
      }
    }
    const auto* join = std::get_if<logical::Join>(&node.node);
    if (join == nullptr || join->kind == JoinKind::Full) return add_unit(node);
    // Of a join too wide for one set, a wide side is ordered on its own.
    if (is_big_ && !is_top && join_leaves(node) >= kUnitsMax / 2) return add_unit(node);
    if (join->kind == JoinKind::Right) {
      TRY(collect(*node.inputs[1]));
      return add_special(*node.inputs[0], JoinKind::Left, join->condition.get(), false, 0);
    }
    size_t first = units_.size();
    TRY(collect(*node.inputs[0]));
    if (join->kind == JoinKind::Inner && !join->is_lateral) {
      if (join->condition != nullptr) add_conditions(*join->condition, -1);
      return collect(*node.inputs[1]);
    }
    return add_special(*node.inputs[1], join->kind, join->condition.get(), join->is_lateral, first);
  }

  void add_conditions(const Expr& condition, int owner) {
    std::vector<const Expr*> terms;
    split_conjunction(condition, terms);
    for (const Expr* term : terms) {
      JoinCondition one;
      one.expr = term;
      one.owner = owner;
      conditions_.push_back(one);
    }
  }

  Result<> add_unit(const LogicalPlan& node) {
    JoinUnit unit;
    unit.node = &node;
    for (const LogicalColumn& column : node.output) unit.columns.push_back(column.id);
    units_.push_back(std::move(unit));
    return {};
  }

  Result<> add_special(const LogicalPlan& node, JoinKind kind, const Expr* condition, bool is_lateral,
                       size_t first) {
    JoinUnit unit;
    unit.node = &node;
    unit.is_special = true;
    unit.is_lateral = is_lateral;
    unit.kind = kind;
    for (const LogicalColumn& column : node.output) unit.columns.push_back(column.id);
    auto number = static_cast<int>(units_.size());
    for (size_t i = first; i < units_.size(); ++i) unit.needs |= UnitSet{1} << i;  // narrowed by find_needs
    units_.push_back(std::move(unit));
    if (condition == nullptr) return {};
    if (kind == JoinKind::NullAwareAnti) {
      JoinCondition whole;  // its terms cannot be told apart: NULL of one and false of another is false
      whole.expr = condition;
      whole.owner = number;
      conditions_.push_back(whole);
      return {};
    }
    add_conditions(*condition, number);
    return {};
  }

  UnitSet units_of(const Expr& expr) const {
    std::set<ColumnId> columns;
    add_columns(expr, o_.in_.subqueries, columns);
    UnitSet set = 0;
    for (ColumnId column : columns)
      for (size_t i = 0; i < units_.size(); ++i)
        if (has_column(units_[i].columns, column)) set |= UnitSet{1} << i;
    return set;
  }

  static UnitSet bit(size_t unit) { return UnitSet{1} << unit; }

  // Plans what stands alone and hands each unit the conditions on it.
  Result<> settle_units() {
    for (JoinCondition& condition : conditions_) condition.units = units_of(*condition.expr);
    std::vector<std::vector<const Expr*>> own(units_.size());
    std::vector<JoinCondition> rest;
    for (JoinCondition& condition : conditions_) {
      if (condition.units == 0 && condition.owner < 0) {
        constants_.push_back(condition.expr);
        continue;
      }
      int alone = std::has_single_bit(condition.units) ? std::countr_zero(condition.units) : -1;
      bool pushes = alone >= 0 && volatility(*condition.expr) != Volatility::Volatile;
      if (pushes) {
        const JoinUnit& unit = units_[static_cast<size_t>(alone)];
        // WHERE on the right side of an outer join is not for the scan; ON is.
        if (condition.owner < 0)
          pushes = !unit.is_special || unit.kind == JoinKind::Inner;
        else
          pushes = condition.owner == alone && unit.kind != JoinKind::NullAwareAnti;
      }
      if (pushes)
        own[static_cast<size_t>(alone)].push_back(condition.expr);
      else
        rest.push_back(condition);
    }
    conditions_ = std::move(rest);

    for (size_t i = 0; i < units_.size(); ++i) {
      JoinUnit& unit = units_[i];
      const LogicalPlan* below = unit.node;
      std::vector<const Expr*> conditions;
      while (const auto* filter = std::get_if<logical::Filter>(&below->node)) {
        if (!std::holds_alternative<logical::Get>(below->inputs[0]->node) &&
            !std::holds_alternative<logical::Filter>(below->inputs[0]->node))
          break;
        split_conjunction(*filter->condition, conditions);
        below = below->inputs[0].get();
      }
      if (std::holds_alternative<logical::Get>(below->node) && !unit.is_lateral) {
        conditions.insert(conditions.end(), own[i].begin(), own[i].end());
        unit.base = o_.open_relation(*below);
        o_.set_conditions(*unit.base, std::move(conditions));
        unit.rows = unit.base->rows;
        unit.width = unit.base->width;
        continue;
      }
      if (unit.is_lateral) {
        for (size_t j = 0; j < units_.size(); ++j)
          if (j != i)
            lateral_columns_.insert(lateral_columns_.end(), units_[j].columns.begin(),
                                    units_[j].columns.end());
        unit.frame.available = lateral_columns_;
        o_.frames_.push_back(&unit.frame);
      }
      Result<Built> planned = o_.plan(*unit.node, Want{});
      if (planned.ok() && !own[i].empty()) planned = o_.add_filter(std::move(planned).take(), own[i]);
      if (unit.is_lateral) o_.frames_.pop_back();
      if (!planned.ok()) return std::move(planned).error();
      unit.built = std::move(planned).take();
      unit.rows = std::max(1.0, unit.built.rows());
      unit.width = unit.built.width();
    }
    return {};
  }

  Result<Built> single() {
    JoinUnit& unit = units_[0];
    Built built;
    if (unit.base)
      built = TRY(o_.plan_relation(*unit.base, want_));
    else
      built = std::move(unit.built);
    std::vector<const Expr*> rest = constants_;
    for (const JoinCondition& condition : conditions_) rest.push_back(condition.expr);
    return o_.add_filter(std::move(built), rest);
  }

  // Which conditions are equalities between two sides?
  void classify() {
    for (JoinCondition& condition : conditions_) {
      condition.operators = std::max(1.0, o_.operators_of(*condition.expr));
      const auto* call = std::get_if<expression::Call>(&condition.expr->node);
      condition.selectivity = o_.estimator_.selectivity(*condition.expr);
      if (call == nullptr || call->function->name != "=" || condition.expr->children.size() != 2) continue;
      const Expr &left = *condition.expr->children[0], &right = *condition.expr->children[1];
      UnitSet left_units = units_of(left), right_units = units_of(right);
      if (left_units == 0 || right_units == 0 || (left_units & right_units) != 0) continue;
      if (volatility(*condition.expr) == Volatility::Volatile) continue;
      condition.left = &left;
      condition.right = &right;
      condition.left_units = left_units;
      condition.right_units = right_units;
      condition.equals = call->function;
      condition.selectivity = o_.estimator_.join_selectivity(left, right);
    }
  }

  // What a special unit waits for: the columns of its condition, or of its own insides.
  void find_needs() {
    for (size_t i = 0; i < units_.size(); ++i) {
      JoinUnit& unit = units_[i];
      if (!unit.is_special) continue;
      UnitSet found = 0;
      for (const JoinCondition& condition : conditions_)
        if (condition.owner == static_cast<int>(i)) found |= condition.units & ~bit(i);
      for (const Frame::Slot& slot : unit.frame.slots)
        for (size_t j = 0; j < units_.size(); ++j)
          if (has_column(units_[j].columns, slot.column)) found |= bit(j);
      if (found != 0) unit.needs = found;
    }
  }

  // ---- sizes

  // Has `condition` been applied where `set` is joined? WHERE on an outer join's right side alone is, once it
  // is joined.
  bool is_applied(const JoinCondition& condition, UnitSet set) const {
    if ((condition.units & ~set) != 0) return false;
    if (condition.owner >= 0)
      return (set & bit(static_cast<size_t>(condition.owner))) != 0 && !std::has_single_bit(set);
    return !std::has_single_bit(set);
  }

  // A bare column on either side of an equality of WHERE or an inner join.
  static const expression::ColumnRef* side_column(const JoinCondition& condition, bool left_side) {
    if (condition.equals == nullptr || condition.owner >= 0) return nullptr;
    return std::get_if<expression::ColumnRef>(&(left_side ? condition.left : condition.right)->node);
  }

  // Are the two columns equal in every row of `set`, by the conditions inside of it?
  bool are_linked(UnitSet set, ColumnId a, ColumnId b) const {
    std::vector<ColumnId> reached{a};
    for (size_t i = 0; i < reached.size(); ++i) {
      if (reached[i] == b) return true;
      for (const JoinCondition& condition : conditions_) {
        const auto *left = side_column(condition, true), *right = side_column(condition, false);
        if (left == nullptr || right == nullptr || (condition.units & ~set) != 0) continue;
        for (bool forth : {true, false}) {
          ColumnId from = (forth ? left : right)->column, to = (forth ? right : left)->column;
          if (from == reached[i] && !has_column(reached, to)) reached.push_back(to);
        }
      }
    }
    return false;
  }

  // Of equalities a = c, b = c between {a, b}, where a = b, and {c} one says all.
  bool is_implied(size_t number, const std::vector<size_t>& taken, UnitSet left, UnitSet right) const {
    const JoinCondition& condition = conditions_[number];
    const auto *a = side_column(condition, true), *b = side_column(condition, false);
    if (a == nullptr || b == nullptr) return false;
    bool straight = (condition.left_units & ~left) == 0;
    for (size_t other_number : taken) {
      const JoinCondition& other = conditions_[other_number];
      const auto *c = side_column(other, true), *d = side_column(other, false);
      if (c == nullptr || d == nullptr) continue;
      bool other_straight = (other.left_units & ~left) == 0;
      ColumnId on_left = (straight ? a : b)->column, on_right = (straight ? b : a)->column;
      ColumnId other_left = (other_straight ? c : d)->column, other_right = (other_straight ? d : c)->column;
      if (are_linked(left, on_left, other_left) && are_linked(right, on_right, other_right)) return true;
    }
    return false;
  }

  struct Applicable {
    std::vector<size_t> join, after;
    bool connected = false;
  };
  // `special`: the unit that is joined as the right side, or -1.
  Applicable applicable(UnitSet left, UnitSet right, int special) const {
    Applicable found;
    for (size_t i = 0; i < conditions_.size(); ++i) {
      const JoinCondition& condition = conditions_[i];
      if (!is_applied(condition, left | right) || is_applied(condition, left) || is_applied(condition, right))
        continue;
      bool spans = (condition.units & left) != 0 && (condition.units & right) != 0;
      found.connected = found.connected || spans;
      if (is_implied(i, found.join, left, right)) continue;
      bool own = special >= 0 && condition.owner == special;
      bool inner = special < 0 || units_[static_cast<size_t>(special)].kind == JoinKind::Inner;
      (own || inner ? found.join : found.after).push_back(i);
    }
    return found;
  }

  double join_rows(const JoinEntry& left, const JoinEntry& right, JoinKind kind,
                   const Applicable& conditions) const {
    double share = 1;
    double matched = 1;  // of left rows that find a partner
    bool any_key = false;
    for (size_t i : conditions.join) {
      const JoinCondition& condition = conditions_[i];
      share *= condition.selectivity;
      if (condition.equals != nullptr) {
        const Expr *a = condition.left, *b = condition.right;
        // Which side is the special unit's does not matter much: the fewer values, the fewer matches.
        double left_values = o_.estimator_.distinct(*a, left.rows),
               right_values = o_.estimator_.distinct(*b, right.rows);
        bool swapped =
            condition.owner >= 0 && (condition.left_units & bit(static_cast<size_t>(condition.owner))) != 0;
        if (swapped) {
          left_values = o_.estimator_.distinct(*b, left.rows);
          right_values = o_.estimator_.distinct(*a, right.rows);
        }
        matched *= std::min(1.0, right_values / std::max(1.0, left_values));
        any_key = true;
      } else {
        matched *= std::max(0.1, condition.selectivity);
      }
    }
    if (!any_key && conditions.join.empty()) matched = right.rows > 0 ? 1 : 0;
    double rows;
    switch (kind) {
      case JoinKind::Semi:
        rows = left.rows * std::min(1.0, matched);
        break;
      case JoinKind::Anti:
      case JoinKind::NullAwareAnti:
        rows = left.rows * std::max(0.01, 1.0 - std::min(1.0, matched));
        break;
      case JoinKind::Left:
        rows = std::max(left.rows, left.rows * right.rows * share);
        break;
      default:
        rows = left.rows * right.rows * share;
        break;
    }
    for (size_t i : conditions.after) rows *= conditions_[i].selectivity;
    return std::max(1.0, std::round(rows));
  }

  // ---- paths

  void add_path(JoinEntry& entry, JoinPathPtr path) {
    for (const JoinPathPtr& known : entry.paths)
      if (known->cost.total <= path->cost.total && known->cost.startup <= path->cost.startup &&
          satisfies(known->order, path->order))
        return;
    std::erase_if(entry.paths, [&](const JoinPathPtr& known) {
      return path->cost.total <= known->cost.total && path->cost.startup <= known->cost.startup &&
             satisfies(path->order, known->order);
    });
    entry.paths.push_back(std::move(path));
    if (entry.paths.size() <= 6) return;
    auto worst = std::max_element(
        entry.paths.begin(), entry.paths.end(),
        [](const JoinPathPtr& a, const JoinPathPtr& b) { return a->cost.total < b->cost.total; });
    entry.paths.erase(worst);
  }

  static const JoinPathPtr& cheapest(const JoinEntry& entry) {
    return *std::min_element(
        entry.paths.begin(), entry.paths.end(),
        [](const JoinPathPtr& a, const JoinPathPtr& b) { return a->cost.total < b->cost.total; });
  }

  // An order is worth keeping if it is what the consumer wants or what a merge could use.
  Ordering useful(const Ordering& order) const {
    if (order.empty()) return {};
    if (!want_.order.empty() && order[0] == want_.order[0]) return order;
    for (const JoinCondition& condition : conditions_) {
      if (condition.equals == nullptr) continue;
      for (const Expr* side : {condition.left, condition.right}) {
        const auto* column = std::get_if<expression::ColumnRef>(&side->node);
        if (column != nullptr && column->column == order[0].column) return {order[0]};
      }
    }
    return {};
  }

  JoinEntry unit_entry(size_t number) {
    JoinUnit& unit = units_[number];
    JoinEntry entry;
    entry.rows = unit.rows;
    entry.width = unit.width;
    auto path = std::make_shared<JoinPath>();
    path->units = bit(number);
    path->unit = number;
    path->rows = unit.rows;
    path->width = unit.width;
    if (!unit.base) {
      path->cost = unit.built.cost();
      path->order = useful(unit.built.order);
      entry.paths.push_back(std::move(path));
      return entry;
    }
    path->cost = o_.seq_cost(*unit.base);
    entry.paths.push_back(path);
    for (const IndexMatchPtr& match : o_.match_indexes(*unit.base, {}, want_, 1, true)) {
      auto by_index = std::make_shared<JoinPath>(*path);
      by_index->match = match;
      by_index->cost = match->cost;
      by_index->order = useful(match->order);
      if (match->terms.empty() && by_index->order.empty() && !match->index_only) continue;
      add_path(entry, std::move(by_index));
    }
    return entry;
  }

  // All ways to join two sets, the right one inside or built.
  void join(UnitSet left_set, UnitSet right_set, const JoinEntry& left, const JoinEntry& right,
            JoinEntry& entry) {
    int special = -1;
    if (std::has_single_bit(right_set)) {
      auto unit = static_cast<size_t>(std::countr_zero(right_set));
      if (units_[unit].is_special) special = static_cast<int>(unit);
    }
    JoinKind kind = special >= 0 ? units_[static_cast<size_t>(special)].kind : JoinKind::Inner;
    bool lateral = special >= 0 && units_[static_cast<size_t>(special)].is_lateral;
    Applicable found = applicable(left_set, right_set, special);
    std::vector<size_t> keys;
    double other_operators = 0, operators = 0;
    for (size_t i : found.join) {
      const JoinCondition& condition = conditions_[i];
      bool is_key = condition.equals != nullptr &&
                    (((condition.left_units & ~left_set) == 0 && (condition.right_units & ~right_set) == 0) ||
                     ((condition.left_units & ~right_set) == 0 && (condition.right_units & ~left_set) == 0));
      if (is_key)
        keys.push_back(i);
      else
        other_operators += condition.operators;
      operators += condition.operators;
    }
    double after_operators = 0;
    for (size_t i : found.after) after_operators += conditions_[i].operators;
    bool null_aware_keys = kind != JoinKind::NullAwareAnti || (keys.size() == 1 && found.join.size() == 1);
    auto base = [&](JoinPath::Method method, JoinPathPtr outer, JoinPathPtr inner) {
      auto path = std::make_shared<JoinPath>();
      path->method = method;
      path->units = left_set | right_set;
      path->rows = entry.rows;
      path->width = entry.width;
      path->outer = std::move(outer);
      path->inner = std::move(inner);
      path->kind = kind;
      path->conditions = found.join;
      path->after = found.after;
      return path;
    };
    auto add = [&](std::shared_ptr<JoinPath> path) {
      if (after_operators > 0) path->cost = o_.cost_.per_row(path->cost, path->rows, after_operators);
      add_path(entry, std::move(path));
    };
    const JoinPathPtr& best_left = cheapest(left);
    const JoinPathPtr& best_right = cheapest(right);
    auto key_count = static_cast<double>(keys.size());
    double hash_rows = entry.rows;

    if (!keys.empty() && !lateral && null_aware_keys) {
      auto path = base(JoinPath::Method::Hash, best_left, best_right);
      path->keys = keys;
      path->cost = o_.cost_.hash_join(best_left->cost, left.rows, left.width, best_right->cost, right.rows,
                                      right.width, key_count, hash_rows, other_operators);
      add(std::move(path));
      if (kind == JoinKind::Left) {  // the same with the left side built: the right one probes
        auto swapped = base(JoinPath::Method::Hash, best_right, best_left);
        swapped->kind = JoinKind::Right;
        swapped->keys = keys;
        swapped->cost = o_.cost_.hash_join(best_right->cost, right.rows, right.width, best_left->cost,
                                           left.rows, left.width, key_count, hash_rows, other_operators);
        add(std::move(swapped));
      }
    }
    for (const JoinPathPtr& outer : left.paths) {
      bool first_match = keeps_left_only(kind);
      double inner_cost = best_right->cost.total;
      auto path = base(JoinPath::Method::NestedLoop, outer, best_right);
      path->order = outer->order;
      Cost inner = best_right->cost;
      double rescan = inner_cost;
      if (!lateral) {
        double kept = o_.cost_.rescan_materialized(right.rows, right.width);
        Cost materialized = o_.cost_.materialize(inner, right.rows, right.width);
        if (o_.options_.settings.enable_material && left.rows > 1 &&
            materialized.total + (left.rows - 1) * kept < inner.total * left.rows) {
          path->materialize = true;
          inner = materialized;
          rescan = kept;
        }
      }
      path->cost = o_.cost_.nested_loop(outer->cost, left.rows, inner, rescan, right.rows, entry.rows,
                                        operators, first_match);
      add(std::move(path));
    }
    if (std::has_single_bit(right_set) && !lateral)
      lookups(left_set, right_set, left, found, kind, base, add, entry);
    if (!keys.empty() && (kind == JoinKind::Inner || kind == JoinKind::Left))
      merges(left_set, left, right, keys, other_operators, base, add);
  }

  // Index nested loops: for each outer row the index is asked for its partners.
  template <class Base, class Add>
  void lookups(UnitSet left_set, UnitSet right_set, const JoinEntry& left, const Applicable& found,
               JoinKind kind, Base& base, Add& add, const JoinEntry& entry) {
    auto number = static_cast<size_t>(std::countr_zero(right_set));
    JoinUnit& unit = units_[number];
    if (!unit.base || unit.base->indexes.empty() || kind == JoinKind::NullAwareAnti) return;
    std::vector<const Expr*> usable;
    for (size_t i : found.join)
      if ((conditions_[i].units & ~(left_set | right_set)) == 0 && (conditions_[i].units & left_set) != 0 &&
          (conditions_[i].units & right_set) != 0)
        usable.push_back(conditions_[i].expr);
    if (usable.empty()) return;
    for (const IndexMatchPtr& match :
         o_.match_indexes(*unit.base, usable, Want{}, std::max(1.0, left.rows), false)) {
      std::vector<const Expr*> used;
      for (const IndexTerm& term : match->terms)
        if (std::find(usable.begin(), usable.end(), term.condition) != usable.end() &&
            std::find(used.begin(), used.end(), term.condition) == used.end())
          used.push_back(term.condition);
      if (used.empty()) continue;
      auto inner = std::make_shared<JoinPath>();
      inner->method = JoinPath::Method::IndexLookup;
      inner->units = right_set;
      inner->unit = number;
      inner->match = match;
      inner->cost = match->cost;
      inner->rows = match->rows;
      inner->width = unit.width;
      inner->lookup_conditions = used;
      for (const JoinPathPtr& outer : left.paths) {
        auto path = base(JoinPath::Method::NestedLoop, outer, inner);
        path->order = outer->order;
        std::erase_if(path->conditions, [&](size_t i) {
          return std::find(used.begin(), used.end(), conditions_[i].expr) != used.end();
        });
        double operators = 0;
        for (size_t i : path->conditions) operators += conditions_[i].operators;
        path->cost = o_.cost_.nested_loop(outer->cost, left.rows, match->cost, match->cost.total, match->rows,
                                          entry.rows, operators, false);
        add(std::move(path));
      }
    }
  }

  // Merge joins where both sides come in the key's order anyway.
  template <class Base, class Add>
  void merges(UnitSet left_set, const JoinEntry& left, const JoinEntry& right,
              const std::vector<size_t>& keys, double other_operators, Base& base, Add& add) {
    for (size_t key : keys) {
      const JoinCondition& condition = conditions_[key];
      bool straight = (condition.left_units & ~left_set) == 0;
      const Expr& left_side = straight ? *condition.left : *condition.right;
      const Expr& right_side = straight ? *condition.right : *condition.left;
      const auto* a = std::get_if<expression::ColumnRef>(&left_side.node);
      const auto* b = std::get_if<expression::ColumnRef>(&right_side.node);
      if (a == nullptr || b == nullptr || left_side.type != right_side.type) continue;
      for (const JoinPathPtr& outer : left.paths) {
        if (outer->order.empty() || outer->order[0].column != a->column) continue;
        for (const JoinPathPtr& inner : right.paths) {
          if (inner->order.empty() || inner->order[0].column != b->column ||
              inner->order[0].descending != outer->order[0].descending ||
              inner->order[0].nulls_first != outer->order[0].nulls_first)
            continue;
          auto path = base(JoinPath::Method::Merge, outer, inner);
          path->keys = {key};
          path->order = outer->order;
          double operators = other_operators;
          for (size_t other : keys)
            if (other != key) operators += conditions_[other].operators;
          path->cost = o_.cost_.merge_join(outer->cost, outer->rows, inner->cost, inner->rows, 1, path->rows,
                                           operators);
          add(std::move(path));
        }
      }
    }
  }

  // May `right` be joined to `left`, in this direction?
  bool may_join(UnitSet left, UnitSet right) const {
    for (size_t i = 0; i < units_.size(); ++i) {
      if (!units_[i].is_special) continue;
      UnitSet own = bit(i);
      if (left == own) return false;                                     // it is a right side
      if (right == own && (units_[i].needs & ~left) != 0) return false;  // its partners are not there yet
      if (right == own && left == 0) return false;
    }
    return true;
  }

  bool connected(UnitSet left, UnitSet right) const {
    for (const JoinCondition& condition : conditions_)
      if ((condition.units & left) != 0 && (condition.units & right) != 0 &&
          (condition.units & ~(left | right)) == 0)
        return true;
    for (size_t i = 0; i < units_.size(); ++i)
      if (units_[i].is_special && (right == bit(i) || left == bit(i)) &&
          (units_[i].needs & (left | right)) != 0)
        return true;
    return false;
  }

  void join_both_ways(UnitSet a, UnitSet b, const JoinEntry& left, const JoinEntry& right, JoinEntry& entry) {
    bool forth = may_join(a, b), back = may_join(b, a);
    if (!forth && !back) return;
    if (entry.paths.empty()) {
      int special =
          forth && std::has_single_bit(b) && units_[static_cast<size_t>(std::countr_zero(b))].is_special
              ? std::countr_zero(b)
              : (back && !forth && std::has_single_bit(a) ? std::countr_zero(a) : -1);
      if (special >= 0 && !units_[static_cast<size_t>(special)].is_special) special = -1;
      bool flip = special >= 0 && bit(static_cast<size_t>(special)) == a;
      const JoinEntry &first = flip ? right : left, &second = flip ? left : right;
      JoinKind kind = special >= 0 ? units_[static_cast<size_t>(special)].kind : JoinKind::Inner;
      Applicable found = applicable(flip ? b : a, flip ? a : b, special);
      entry.rows = join_rows(first, second, kind, found);
      entry.width = keeps_left_only(kind) ? first.width : first.width + second.width;
    }
    if (forth) join(a, b, left, right, entry);
    if (back) join(b, a, right, left, entry);
  }

  JoinPathPtr choose(const JoinEntry& entry) const {
    JoinPathPtr best;
    double least = std::numeric_limits<double>::infinity();
    for (const JoinPathPtr& path : entry.paths) {
      double cost = o_.weigh(path->cost, path->rows, path->width, path->order, want_);
      if (cost < least) {
        least = cost;
        best = path;
      }
    }
    return best;
  }

  JoinPathPtr by_dynamic_programming() {
    size_t count = units_.size();
    UnitSet all = (UnitSet{1} << count) - 1;
    std::vector<JoinEntry> entries(all + 1);
    for (size_t i = 0; i < count; ++i) entries[bit(i)] = unit_entry(i);
    // Pairs without a condition between them only where nothing else leads to the end.
    for (bool cross : {false, true}) {
      for (UnitSet set = 1; set <= all; ++set) {
        if (std::has_single_bit(set) || !entries[set].paths.empty()) continue;
        for (UnitSet part = (set - 1) & set; part != 0; part = (part - 1) & set) {
          UnitSet other = set ^ part;
          if (part < other) break;  // each pair once
          if (entries[part].paths.empty() || entries[other].paths.empty()) continue;
          if (!cross && !connected(part, other)) continue;
          join_both_ways(part, other, entries[part], entries[other], entries[set]);
        }
      }
      if (!entries[all].paths.empty()) break;
    }
    return entries[all].paths.empty() ? nullptr : choose(entries[all]);
  }

  // The pair whose join yields the fewest rows first (Fegaras, "A New Heuristic for Optimizing Large
  // Queries").
  JoinPathPtr greedily() {
    std::vector<std::pair<UnitSet, JoinEntry>> parts;
    for (size_t i = 0; i < units_.size(); ++i) parts.emplace_back(bit(i), unit_entry(i));
    while (parts.size() > 1) {
      size_t best_a = 0, best_b = 0;
      JoinEntry best;
      bool best_connected = false;
      for (size_t a = 0; a < parts.size(); ++a) {
        for (size_t b = a + 1; b < parts.size(); ++b) {
          bool linked = connected(parts[a].first, parts[b].first);
          if (!linked && best_connected) continue;
          JoinEntry entry;
          join_both_ways(parts[a].first, parts[b].first, parts[a].second, parts[b].second, entry);
          if (entry.paths.empty()) continue;
          bool better = best.paths.empty() || (linked && !best_connected) || entry.rows < best.rows ||
                        (entry.rows == best.rows && cheapest(entry)->cost.total < cheapest(best)->cost.total);
          if (!better) continue;
          best = std::move(entry);
          best_a = a;
          best_b = b;
          best_connected = linked;
        }
      }
      if (best.paths.empty()) return nullptr;
      UnitSet joined = parts[best_a].first | parts[best_b].first;
      parts.erase(parts.begin() + static_cast<long>(best_b));
      parts[best_a] = {joined, std::move(best)};
    }
    return choose(parts[0].second);
  }

  // ---- the chosen path becomes a plan

  Result<Built> build(const JoinPath& path) {
    switch (path.method) {
      case JoinPath::Method::Unit: {
        JoinUnit& unit = units_[path.unit];
        if (!unit.base) return std::move(unit.built);
        if (path.match == nullptr) return o_.build_seq_scan(*unit.base);
        return o_.build_index_scan(*unit.base, *path.match, {});
      }
      case JoinPath::Method::IndexLookup:
        return o_.build_index_scan(*units_[path.unit].base, *path.match, path.lookup_conditions);
      case JoinPath::Method::NestedLoop:
        return build_nested_loop(path);
      case JoinPath::Method::Hash:
      case JoinPath::Method::Merge:
        break;
    }
    return build_keyed(path);
  }

  std::vector<ColumnId> both(const Built& outer, const Built& inner) const {
    std::vector<ColumnId> layout = outer.columns;
    layout.insert(layout.end(), inner.columns.begin(), inner.columns.end());
    return layout;
  }

  Result<Built> finish_join(const JoinPath& path, PlanPtr plan, Built outer, Built inner) {
    plan->output = outer.plan->output;
    plan->estimate.width = outer.width();
    Built built;
    built.columns = outer.columns;
    if (!keeps_left_only(path.kind)) {
      plan->output.insert(plan->output.end(), inner.plan->output.begin(), inner.plan->output.end());
      plan->estimate.width += inner.width();
      built.columns = both(outer, inner);
    }
    plan->estimate.startup_cost = path.cost.startup;
    plan->estimate.total_cost = path.cost.total;
    plan->estimate.rows = path.rows;
    plan->inputs.push_back(std::move(outer.plan));
    plan->inputs.push_back(std::move(inner.plan));
    built.plan = std::move(plan);
    built.order = path.order;
    std::vector<const Expr*> after;
    for (size_t i : path.after) after.push_back(conditions_[i].expr);
    if (after.empty()) return built;
    // The rows were estimated with these conditions already.
    Cost cost = path.cost;
    Built filtered = TRY(o_.add_filter(std::move(built), after));
    filtered.plan->estimate.rows = path.rows;
    filtered.plan->estimate.startup_cost = cost.startup;
    filtered.plan->estimate.total_cost = cost.total;
    return filtered;
  }

  Result<Built> build_nested_loop(const JoinPath& path) {
    Built outer = TRY(build(*path.outer));
    physical::NestedLoop step;
    step.kind = path.kind;
    Frame frame;
    std::vector<ColumnId> outer_columns = outer.columns;
    frame.available = outer_columns;
    Built inner;
    bool is_lateral = path.inner->method == JoinPath::Method::Unit && units_[path.inner->unit].is_lateral;
    if (is_lateral) {
      JoinUnit& unit = units_[path.inner->unit];
      frame.slots = unit.frame.slots;
      inner = std::move(unit.built);
    } else {
      o_.frames_.push_back(&frame);
      Result<Built> built = build(*path.inner);
      o_.frames_.pop_back();
      if (!built.ok()) return std::move(built).error();
      inner = std::move(built).take();
    }
    for (const Frame::Slot& slot : frame.slots) {
      Expr reference(expression::ColumnRef{slot.column, ""}, slot.type);
      ExprPtr value = TRY(o_.translate(reference, outer.columns));
      step.slots.emplace_back(slot.slot, std::move(value));
    }
    std::vector<const Expr*> conditions;
    for (size_t i : path.conditions) conditions.push_back(conditions_[i].expr);
    step.condition = TRY(o_.translate_all(conditions, both(outer, inner)));
    if (path.materialize) {
      auto keep = std::make_unique<PhysicalPlan>(physical::Materialize{});
      keep->output = inner.plan->output;
      keep->estimate = inner.plan->estimate;
      Cost cost = o_.cost_.materialize(inner.cost(), inner.rows(), inner.width());
      keep->estimate.startup_cost = cost.startup;
      keep->estimate.total_cost = cost.total;
      keep->row_max = inner.plan->row_max;
      keep->inputs.push_back(std::move(inner.plan));
      inner.plan = std::move(keep);
    }
    uint64_t most = outer.plan->row_max <= 1 && (keeps_left_only(path.kind) || inner.plan->row_max <= 1)
                        ? outer.plan->row_max
                        : UINT64_MAX;
    auto plan = std::make_unique<PhysicalPlan>(std::move(step));
    plan->row_max = most;
    return finish_join(path, std::move(plan), std::move(outer), std::move(inner));
  }

  Result<Built> build_keyed(const JoinPath& path) {
    Built outer = TRY(build(*path.outer));
    Built inner = TRY(build(*path.inner));
    std::vector<ExprPtr> left_keys, right_keys;
    std::vector<const Function*> equals;
    for (size_t i : path.keys) {
      const JoinCondition& condition = conditions_[i];
      bool straight = (condition.left_units & ~path.outer->units) == 0;
      ExprPtr left = TRY(o_.translate(straight ? *condition.left : *condition.right, outer.columns));
      ExprPtr right = TRY(o_.translate(straight ? *condition.right : *condition.left, inner.columns));
      left_keys.push_back(std::move(left));
      right_keys.push_back(std::move(right));
      equals.push_back(condition.equals);
    }
    std::vector<const Expr*> rest;
    for (size_t i : path.conditions)
      if (std::find(path.keys.begin(), path.keys.end(), i) == path.keys.end())
        rest.push_back(conditions_[i].expr);
    ExprPtr condition = TRY(o_.translate_all(rest, both(outer, inner)));
    PlanPtr plan;
    if (path.method == JoinPath::Method::Hash) {
      physical::HashJoin step;
      step.kind = path.kind;
      step.left_keys = std::move(left_keys);
      step.right_keys = std::move(right_keys);
      step.equals = std::move(equals);
      step.condition = std::move(condition);
      plan = std::make_unique<PhysicalPlan>(std::move(step));
    } else {
      physical::MergeJoin step;
      step.kind = path.kind;
      step.left_keys = std::move(left_keys);
      step.right_keys = std::move(right_keys);
      step.descending.assign(1, path.outer->order[0].descending);
      step.nulls_first.assign(1, path.outer->order[0].nulls_first);
      step.condition = std::move(condition);
      plan = std::make_unique<PhysicalPlan>(std::move(step));
    }
    return finish_join(path, std::move(plan), std::move(outer), std::move(inner));
  }

  Optimizer& o_;
  const Want& want_;
  std::vector<JoinUnit> units_;
  std::vector<JoinCondition> conditions_;
  std::vector<const Expr*> constants_;  // conditions without columns of the group
  std::vector<ColumnId> lateral_columns_;
  bool is_big_ = false;
};

Result<Built> Optimizer::plan_group(const LogicalPlan& node, const Want& want) {
  JoinPlanner planner(*this, want);
  return planner.run(node);
}

Result<Built> Optimizer::plan_full_join(const LogicalPlan& node, const logical::Join& join) {
  Built left = TRY(plan(*node.inputs[0], Want{}));
  Built right = TRY(plan(*node.inputs[1], Want{}));
  std::vector<const Expr*> terms;
  if (join.condition != nullptr) split_conjunction(*join.condition, terms);
  physical::HashJoin step;
  step.kind = JoinKind::Full;
  std::vector<const Expr*> rest;
  double share = 1;
  for (const Expr* term : terms) {
    const auto* call = std::get_if<expression::Call>(&term->node);
    share *= estimator_.selectivity(*term);
    bool is_key = false;
    if (call != nullptr && call->function->name == "=" && term->children.size() == 2) {
      std::set<ColumnId> first, second;
      add_columns(*term->children[0], in_.subqueries, first);
      add_columns(*term->children[1], in_.subqueries, second);
      auto all_of = [](const std::set<ColumnId>& columns, const Built& side) {
        return !columns.empty() && std::all_of(columns.begin(), columns.end(), [&](ColumnId column) {
          return has_column(side.columns, column);
        });
      };
      bool straight = all_of(first, left) && all_of(second, right);
      bool swapped = all_of(first, right) && all_of(second, left);
      if (straight || swapped) {
        ExprPtr left_key = TRY(translate(*term->children[straight ? 0 : 1], left.columns));
        ExprPtr right_key = TRY(translate(*term->children[straight ? 1 : 0], right.columns));
        step.left_keys.push_back(std::move(left_key));
        step.right_keys.push_back(std::move(right_key));
        step.equals.push_back(call->function);
        is_key = true;
      }
    }
    if (!is_key) rest.push_back(term);
  }
  if (step.left_keys.empty() && !terms.empty())
    return Error(sqlstate::feature_not_supported,
                 "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions");
  std::vector<ColumnId> layout = left.columns;
  layout.insert(layout.end(), right.columns.begin(), right.columns.end());
  step.condition = TRY(translate_all(rest, layout));
  double rows = std::max({left.rows(), right.rows(), left.rows() * right.rows() * share});
  Cost cost =
      cost_.hash_join(left.cost(), left.rows(), left.width(), right.cost(), right.rows(), right.width(),
                      static_cast<double>(step.left_keys.size()), rows, static_cast<double>(rest.size()));
  Built built;
  built.plan = std::make_unique<PhysicalPlan>(std::move(step));
  built.plan->output = left.plan->output;
  built.plan->output.insert(built.plan->output.end(), right.plan->output.begin(), right.plan->output.end());
  built.plan->estimate = {cost.startup, cost.total, std::round(rows), left.width() + right.width()};
  built.plan->inputs.push_back(std::move(left.plan));
  built.plan->inputs.push_back(std::move(right.plan));
  built.columns = std::move(layout);
  return built;
}

}  // namespace rowan::optimizing
