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

#include "planner/join_planner.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan::optimizing {

Result<Built> JoinPlanner::run(const LogicalPlan& node) {
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

bool JoinPlanner::may_join(UnitSet left, UnitSet right) const {
  for (size_t i = 0; i < units_.size(); ++i) {
    if (!units_[i].is_special) continue;
    UnitSet own = bit(i);
    if (left == own) return false;                                     // it is a right side
    if (right == own && (units_[i].needs & ~left) != 0) return false;  // its partners are not there yet
    if (right == own && left == 0) return false;
  }
  return true;
}

bool JoinPlanner::connected(UnitSet left, UnitSet right) const {
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

void JoinPlanner::join_both_ways(UnitSet a, UnitSet b, const JoinEntry& left, const JoinEntry& right,
                                 JoinEntry& entry) {
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

JoinPathPtr JoinPlanner::choose(const JoinEntry& entry) const {
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

JoinPathPtr JoinPlanner::by_dynamic_programming() {
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

JoinPathPtr JoinPlanner::greedily() {
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
