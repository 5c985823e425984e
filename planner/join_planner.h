// planner/join_planner.h: the planner of one group of joins, shared by its .cpp files:
//   join_group.cpp   the group: its units and conditions
//   join_paths.cpp   how large a join is, and the ways to do it
//   join_order.cpp   the order: dynamic programming, or greedily
//   join_build.cpp   the plan of the path chosen
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "planner/optimizer_impl.h"

namespace rowan::optimizing {

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
  double implied = 1;  // the share of rows that is left by what units were told because of it
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

// How many leaves has the tree of joins?
size_t join_leaves(const LogicalPlan& node);
bool keeps_left_only(JoinKind kind);

class JoinPlanner {
 public:
  JoinPlanner(Optimizer& optimizer, const Want& want) : o_(optimizer), want_(want) {}

  Result<Built> run(const LogicalPlan& node);

 private:
  // ---- the group (join_group.cpp)

  Result<> collect(const LogicalPlan& node, bool is_top = false);
  void add_conditions(const Expr& condition, int owner);
  Result<> add_unit(const LogicalPlan& node);
  Result<> add_special(const LogicalPlan& node, JoinKind kind, const Expr* condition, bool is_lateral,
                       size_t first);
  UnitSet units_of(const Expr& expr) const;
  static UnitSet bit(size_t unit) { return UnitSet{1} << unit; }

  // Plans what stands alone and hands each unit the conditions on it.
  Result<> settle_units();
  // Tells a table what the ORs of the join demand of it alone.
  void add_implied(size_t number, std::vector<const Expr*>& conditions);
  // What every branch of `disjunction` demands of one unit; nullptr: a branch demands nothing of it.
  ExprPtr implied_on(const Expr& disjunction, size_t number) const;
  Result<Built> single();

  // Which conditions are equalities between two sides?
  void classify();

  // What a special unit waits for: the columns of its condition, or of its own insides.
  void find_needs();

  // ---- sizes (join_paths.cpp)

  // Has `condition` been applied where `set` is joined? WHERE on an outer join's right side alone is, once it
  // is joined.
  bool is_applied(const JoinCondition& condition, UnitSet set) const;

  // A bare column on either side of an equality of WHERE or an inner join.
  static const expression::ColumnRef* side_column(const JoinCondition& condition, bool left_side);

  // Are the two columns equal in every row of `set`, by the conditions inside of it?
  bool are_linked(UnitSet set, ColumnId a, ColumnId b) const;

  // Of equalities a = c, b = c between {a, b}, where a = b, and {c} one says all.
  bool is_implied(size_t number, const std::vector<size_t>& taken, UnitSet left, UnitSet right) const;
  struct Applicable {
    std::vector<size_t> join, after;
    bool connected = false;
  };
  // `special`: the unit that is joined as the right side, or -1.
  Applicable applicable(UnitSet left, UnitSet right, int special) const;
  double join_rows(const JoinEntry& left, const JoinEntry& right, JoinKind kind,
                   const Applicable& conditions) const;

  // ---- paths (join_paths.cpp)

  void add_path(JoinEntry& entry, JoinPathPtr path);
  static const JoinPathPtr& cheapest(const JoinEntry& entry);

  // An order is worth keeping if it is what the consumer wants or what a merge could use.
  Ordering useful(const Ordering& order) const;
  JoinEntry unit_entry(size_t number);

  // All ways to join two sets, the right one inside or built.
  void join(UnitSet left_set, UnitSet right_set, const JoinEntry& left, const JoinEntry& right,
            JoinEntry& entry);

  // Index nested loops: for each outer row the index is asked for its partners.
  template <class Base, class Add>
  void lookups(UnitSet left_set, UnitSet right_set, const JoinEntry& left, const Applicable& found,
               JoinKind kind, Base& base, Add& add, const JoinEntry& entry);

  // Merge joins where both sides come in the key's order anyway.
  template <class Base, class Add>
  void merges(UnitSet left_set, const JoinEntry& left, const JoinEntry& right,
              const std::vector<size_t>& keys, double other_operators, Base& base, Add& add);

  // ---- the order (join_order.cpp)

  // May `right` be joined to `left`, in this direction?
  bool may_join(UnitSet left, UnitSet right) const;
  bool connected(UnitSet left, UnitSet right) const;
  void join_both_ways(UnitSet a, UnitSet b, const JoinEntry& left, const JoinEntry& right, JoinEntry& entry);
  JoinPathPtr choose(const JoinEntry& entry) const;
  JoinPathPtr by_dynamic_programming();

  // The pair whose join yields the fewest rows first (Fegaras, "A New Heuristic for Optimizing Large
  // Queries").
  JoinPathPtr greedily();

  // ---- the chosen path becomes a plan (join_build.cpp)

  Result<Built> build(const JoinPath& path);
  std::vector<ColumnId> both(const Built& outer, const Built& inner) const;
  Result<Built> finish_join(const JoinPath& path, PlanPtr plan, Built outer, Built inner);
  Result<Built> build_nested_loop(const JoinPath& path);
  Result<Built> build_keyed(const JoinPath& path);

  Optimizer& o_;
  const Want& want_;
  std::vector<JoinUnit> units_;
  std::vector<JoinCondition> conditions_;
  std::vector<const Expr*> constants_;  // conditions without columns of the group
  std::vector<ColumnId> lateral_columns_;
  std::vector<ExprPtr> implied_;  // conditions that add_implied made
  bool is_big_ = false;
};

}  // namespace rowan::optimizing
