// How many rows a join gives, and by which methods it can be done at which cost.
#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

#include "planner/join_planner.h"
#include "types/try.h"

namespace rowan::optimizing {

bool keeps_left_only(JoinKind kind) {
  return kind == JoinKind::Semi || kind == JoinKind::Anti || kind == JoinKind::NullAwareAnti;
}

bool JoinPlanner::is_applied(const JoinCondition& condition, UnitSet set) const {
  if ((condition.units & ~set) != 0) return false;
  if (condition.owner >= 0)
    return (set & bit(static_cast<size_t>(condition.owner))) != 0 && !std::has_single_bit(set);
  return !std::has_single_bit(set);
}

const expression::ColumnRef* JoinPlanner::side_column(const JoinCondition& condition, bool left_side) {
  if (condition.equals == nullptr || condition.owner >= 0) return nullptr;
  return std::get_if<expression::ColumnRef>(&(left_side ? condition.left : condition.right)->node);
}

bool JoinPlanner::are_linked(UnitSet set, ColumnId a, ColumnId b) const {
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

bool JoinPlanner::is_implied(size_t number, const std::vector<size_t>& taken, UnitSet left,
                             UnitSet right) const {
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

JoinPlanner::Applicable JoinPlanner::applicable(UnitSet left, UnitSet right, int special) const {
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

double JoinPlanner::join_rows(const JoinEntry& left, const JoinEntry& right, JoinKind kind,
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

void JoinPlanner::add_path(JoinEntry& entry, JoinPathPtr path) {
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

const JoinPathPtr& JoinPlanner::cheapest(const JoinEntry& entry) {
  return *std::min_element(
      entry.paths.begin(), entry.paths.end(),
      [](const JoinPathPtr& a, const JoinPathPtr& b) { return a->cost.total < b->cost.total; });
}

Ordering JoinPlanner::useful(const Ordering& order) const {
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

JoinEntry JoinPlanner::unit_entry(size_t number) {
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

void JoinPlanner::join(UnitSet left_set, UnitSet right_set, const JoinEntry& left, const JoinEntry& right,
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

template <class Base, class Add>
void JoinPlanner::lookups(UnitSet left_set, UnitSet right_set, const JoinEntry& left, const Applicable& found,
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

template <class Base, class Add>
void JoinPlanner::merges(UnitSet left_set, const JoinEntry& left, const JoinEntry& right,
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
        path->cost =
            o_.cost_.merge_join(outer->cost, outer->rows, inner->cost, inner->rows, 1, path->rows, operators);
        add(std::move(path));
      }
    }
  }
}

}  // namespace rowan::optimizing
