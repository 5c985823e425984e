// One table: is it read whole, or by which index, and between which bounds?
#include <algorithm>
#include <cmath>

#include "planner/binder.h"
#include "planner/logical_walk.h"
#include "planner/optimizer_impl.h"
#include "types/check.h"
#include "types/function.h"
#include "types/try.h"

namespace rowan::optimizing {

namespace {

using physical::IndexBound;

// Do the bytes of a key give the value back? (The scale of an unconstrained NUMERIC, a float's -0 and a
// CHAR's blanks are lost.)
bool key_gives_value(const Type& type) {
  switch (type.id) {
    case TypeId::Boolean:
    case TypeId::SmallInt:
    case TypeId::Integer:
    case TypeId::BigInt:
    case TypeId::Text:
    case TypeId::VarChar:
    case TypeId::Bytea:
    case TypeId::Date:
    case TypeId::Time:
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
    case TypeId::Uuid:
    case TypeId::Name:
    case TypeId::Oid:
      return true;
    case TypeId::Numeric:
      return type.physical() == PhysicalType::Int64 || type.physical() == PhysicalType::Int128;
    default:
      return false;
  }
}

// May a value of type `value` be looked for among keys of type `key` as it is?
bool same_key_form(const Type& key, const Type& value) {
  if (key.id == TypeId::Numeric)
    return value.id == TypeId::Numeric && key.physical() == value.physical() &&
           (key.physical() == PhysicalType::Text || key.scale == value.scale);
  auto plain_text = [](TypeId id) {
    return id == TypeId::Text || id == TypeId::VarChar || id == TypeId::Name;
  };
  return key.id == value.id || (plain_text(key.id) && plain_text(value.id));
}

bool is_whole_number(TypeId id) {
  return id == TypeId::SmallInt || id == TypeId::Integer || id == TypeId::BigInt;
}

// `value` as a key of type `key`, where that loses nothing.
std::optional<Value> as_key(const Value& value, const Type& key) {
  if (value.is_null()) return Value(key);
  if (is_whole_number(key.id) && is_whole_number(value.type().id)) {
    int64_t number = value.as_int();
    if (key.id == TypeId::SmallInt && (number < INT16_MIN || number > INT16_MAX)) return std::nullopt;
    if (key.id == TypeId::Integer && (number < INT32_MIN || number > INT32_MAX)) return std::nullopt;
    return Value::of_int(key, number);
  }
  if (same_key_form(key, value.type())) return value;
  bool numbers = (key.id == TypeId::Numeric || is_whole_number(key.id)) &&
                 (value.type().id == TypeId::Numeric || is_whole_number(value.type().id));
  if (!numbers) return std::nullopt;
  // By their texts: equal but for zeros at the end of the fraction.
  EvalContext eval;
  std::string text = format_value(value, eval);
  auto trimmed = [](std::string digits) {
    if (digits.find('.') == std::string::npos) return digits;
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
    return digits;
  };
  Result<Value> converted = parse_value(is_whole_number(key.id) ? trimmed(text) : text, key, eval);
  if (!converted.ok() || trimmed(format_value(*converted, eval)) != trimmed(text)) return std::nullopt;
  return std::move(converted).take();
}

const Function* text_comparison(std::string_view name) {
  for (const Function* function : registry().functions(name))
    if (function->arguments.size() == 2 && function->arguments[0] == TypeId::Text &&
        function->arguments[1] == TypeId::Text)
      return function;
  return nullptr;
}

// An index key as the conditions of this query would write it.
struct KeyExpr {
  ColumnId column = 0;               // of a plain column that the query mentions
  std::shared_ptr<const Expr> expr;  // of an expression, over the query's columns
  Type type;
};

bool is_key(const Expr& side, const KeyExpr& key) {
  const Expr* inner = &side;
  if (key.column != 0) {
    inner = &without_widening(side);
    const auto* column = std::get_if<expression::ColumnRef>(&inner->node);
    return column != nullptr && column->column == key.column;
  }
  return key.expr != nullptr && (same_expr(side, *key.expr) || same_expr(without_widening(side), *key.expr));
}

// Is `value` something that the scan can be handed before it starts? A subquery that asks nothing of its
// surroundings is: it is run once.
bool is_bound_value(const Expr& value, std::span<const ColumnId> own,
                    const std::vector<LogicalSubquery>& subqueries) {
  bool free = volatility(value) != Volatility::Volatile;
  walk(value, [&](const Expr& node) {
    if (const auto* column = std::get_if<expression::ColumnRef>(&node.node))
      if (has_column(own, column->column)) free = false;
    if (const auto* query = std::get_if<expression::Subquery>(&node.node)) {
      std::set<ColumnId> asked;
      add_columns(node, subqueries, asked);
      if (query->kind != expression::SubqueryKind::Scalar || !asked.empty()) free = false;
    }
    return free;
  });
  return free;
}

struct TermMaker {
  const KeyExpr& key;
  uint16_t number;
  std::span<const ColumnId> own;
  const std::vector<LogicalSubquery>& subqueries;
  bool is_hash;

  // A value in the key's form: itself, a converted constant, or a widening cast taken off.
  bool take_value(IndexTerm& term, const Expr& side) const {
    if (const auto* constant = std::get_if<expression::Constant>(&side.node)) {
      if (constant->value.type() == key.type) {
        term.value = &side;
        return true;
      }
      std::optional<Value> converted = as_key(constant->value, key.type);
      if (!converted) return false;
      ExprPtr made = make_constant(std::move(*converted), side.position);
      made->type = key.type;
      term.own = std::shared_ptr<const Expr>(std::move(made));
      term.value = term.own.get();
      return true;
    }
    if (!is_bound_value(side, own, subqueries)) return false;
    if (same_key_form(key.type, side.type)) {
      term.value = &side;
      return true;
    }
    const Expr& inner = without_widening(side);
    if (!same_key_form(key.type, inner.type)) return widen(term, inner);
    term.value = &inner;
    return true;
  }

  // A narrower whole number looks for a wider key through a cast that cannot fail.
  bool widen(IndexTerm& term, const Expr& side) const {
    bool safe = (key.type.id == TypeId::BigInt &&
                 (side.type.id == TypeId::Integer || side.type.id == TypeId::SmallInt)) ||
                (key.type.id == TypeId::Integer && side.type.id == TypeId::SmallInt);
    const Function* cast = safe ? registry().cast(side.type.id, key.type.id) : nullptr;
    if (cast == nullptr) return false;
    std::vector<ExprPtr> arguments;
    arguments.push_back(clone(side));
    term.own = std::shared_ptr<const Expr>(make_call(cast, key.type, std::move(arguments), side.position));
    term.value = term.own.get();
    return true;
  }

  // The same comparison with the key on the left; nullptr where no such operator is known.
  static std::shared_ptr<const Expr> turned(const Expr& condition, std::string_view name) {
    const Function& function = *std::get<expression::Call>(condition.node).function;
    for (const Function* other : registry().functions(name)) {
      if (other->arguments.size() != 2 || other->arguments[0] != function.arguments[1] ||
          other->arguments[1] != function.arguments[0])
        continue;
      std::vector<ExprPtr> sides;
      sides.push_back(clone(*condition.children[1]));
      sides.push_back(clone(*condition.children[0]));
      return std::shared_ptr<const Expr>(
          make_call(other, condition.type, std::move(sides), condition.position));
    }
    return nullptr;
  }

  bool from_comparison(const Expr& condition, std::string_view op, std::vector<IndexTerm>& terms) const {
    for (int side = 0; side < 2; ++side) {
      if (!is_key(*condition.children[static_cast<size_t>(side)], key)) continue;
      std::string_view name = side == 0 ? op : commuted_operator(op);
      IndexTerm term;
      term.key = number;
      term.condition = &condition;
      if (name == "=")
        term.kind = IndexBound::Kind::Equal;
      else if (is_hash)
        return false;
      else if (name == "<")
        term.kind = IndexBound::Kind::Upper;
      else if (name == "<=")
        term.kind = IndexBound::Kind::UpperInclusive;
      else if (name == ">")
        term.kind = IndexBound::Kind::Lower;
      else if (name == ">=")
        term.kind = IndexBound::Kind::LowerInclusive;
      else
        return false;
      if (!take_value(term, *condition.children[static_cast<size_t>(1 - side)])) continue;
      if (side == 1) term.shown = turned(condition, name);
      terms.push_back(std::move(term));
      return true;
    }
    return false;
  }

  bool from_list(const Expr& condition, std::vector<IndexTerm>& terms) const {
    if (is_hash || !is_key(*condition.children[0], key)) return false;
    IndexTerm term;
    term.key = number;
    term.kind = IndexBound::Kind::In;
    term.condition = &condition;
    term.list = &condition;
    for (size_t i = 1; i < condition.children.size(); ++i) {
      IndexTerm one;
      if (!take_value(one, *condition.children[i])) return false;
      term.items.push_back(one.own != nullptr ? one.own : std::shared_ptr<const Expr>(clone(*one.value)));
    }
    terms.push_back(std::move(term));
    return true;
  }

  // LIKE 'abc%': the keys from 'abc' up to, not including, 'abd'.
  bool from_pattern(const Expr& condition, std::vector<IndexTerm>& terms) const {
    if (is_hash || (key.type.id != TypeId::Text && key.type.id != TypeId::VarChar)) return false;
    if (!is_key(*condition.children[0], key)) return false;
    const auto* pattern = std::get_if<expression::Constant>(&condition.children[1]->node);
    if (pattern == nullptr || pattern->value.is_null()) return false;
    const std::string& text = pattern->value.as_bytes();
    std::string prefix;
    size_t i = 0;
    for (; i < text.size() && text[i] != '%' && text[i] != '_'; ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) ++i;
      prefix += text[i];
    }
    if (prefix.empty()) return false;
    bool exact = i == text.size();
    auto add = [&](IndexBound::Kind kind, std::string_view op, const std::string& bound) {
      IndexTerm term;
      term.key = number;
      term.kind = kind;
      term.condition = &condition;
      term.is_lossy = !exact;
      term.own = std::shared_ptr<const Expr>(make_constant(Value::text(bound)));
      term.value = term.own.get();
      std::vector<ExprPtr> sides;
      sides.push_back(clone(*condition.children[0]));
      sides.push_back(clone(*term.own));
      const Function* function = text_comparison(op);
      if (function == nullptr) return false;
      term.shown = std::shared_ptr<const Expr>(make_call(function, Type(TypeId::Boolean), std::move(sides)));
      terms.push_back(std::move(term));
      return true;
    };
    if (exact) return add(IndexBound::Kind::Equal, "=", prefix);
    // The next text after all that begin with the prefix: its last byte that can be raised, raised. UTF-8
    // keeps byte order, but a raised byte must still make a character: only ASCII is raised.
    std::string above = prefix;
    while (!above.empty() && (static_cast<unsigned char>(above.back()) >= 0x7f)) above.pop_back();
    if (!add(IndexBound::Kind::LowerInclusive, ">=", prefix)) return false;
    if (above.empty()) return true;
    above.back() = static_cast<char>(above.back() + 1);
    return add(IndexBound::Kind::Upper, "<", above);
  }

  bool make(const Expr& condition, std::vector<IndexTerm>& terms) const {
    if (const auto* call = std::get_if<expression::Call>(&condition.node)) {
      if (condition.children.size() != 2) return false;
      if (call->function->name == "~~") return from_pattern(condition, terms);
      return from_comparison(condition, call->function->name, terms);
    }
    if (const auto* test = std::get_if<expression::IsNull>(&condition.node)) {
      if (test->negated || is_hash || !is_key(*condition.children[0], key)) return false;
      IndexTerm term;
      term.key = number;
      term.kind = IndexBound::Kind::IsNull;
      term.condition = &condition;
      terms.push_back(std::move(term));
      return true;
    }
    if (const auto* list = std::get_if<expression::InList>(&condition.node))
      return !list->negated && from_list(condition, terms);
    bool negated = std::holds_alternative<expression::Not>(condition.node);
    const Expr& flag = negated ? *condition.children[0] : condition;
    if (key.type.id == TypeId::Boolean && is_key(flag, key)) {
      IndexTerm term;
      term.key = number;
      term.condition = &condition;
      term.own = std::shared_ptr<const Expr>(make_constant(Value::boolean(!negated)));
      term.value = term.own.get();
      terms.push_back(std::move(term));
      return true;
    }
    return false;
  }
};

bool is_point(IndexBound::Kind kind) {
  return kind == IndexBound::Kind::Equal || kind == IndexBound::Kind::IsNull;
}

// InputRefs that count the table's columns become the query's ColumnRefs; nullptr when one is not read.
std::shared_ptr<const Expr> over_query_columns(const Expr& expr, const LogicalPlan& node,
                                               const logical::Get& get) {
  ExprPtr copy = clone(expr);
  bool complete = true;
  std::vector<Expr*> pending{copy.get()};
  while (!pending.empty()) {
    Expr* next = pending.back();
    pending.pop_back();
    for (ExprPtr& child : next->children) pending.push_back(child.get());
    const auto* input = std::get_if<expression::InputRef>(&next->node);
    if (input == nullptr) continue;
    auto found = std::find(get.columns.begin(), get.columns.end(), static_cast<uint16_t>(input->index));
    if (found == get.columns.end()) {
      complete = false;
      break;
    }
    const LogicalColumn& column = node.output[static_cast<size_t>(found - get.columns.begin())];
    next->node = expression::ColumnRef{column.id, column.name};
  }
  if (!complete) return nullptr;
  return std::shared_ptr<const Expr>(std::move(copy));
}

// `x IS NOT NULL` follows from a condition that cannot be true of a NULL x.
bool implies_not_null(const Expr& condition, const Expr& tested) {
  if (std::holds_alternative<expression::InList>(condition.node))
    return same_expr(*condition.children[0], tested);
  const auto* call = std::get_if<expression::Call>(&condition.node);
  if (call == nullptr || !call->function->is_strict) return false;
  return std::any_of(condition.children.begin(), condition.children.end(),
                     [&](const ExprPtr& child) { return same_expr(without_widening(*child), tested); });
}

}  // namespace

BaseRelation Optimizer::open_relation(const LogicalPlan& node) {
  const auto& get = std::get<logical::Get>(node.node);
  const catalog::Table& table = *get.table;
  BaseRelation relation;
  relation.node = &node;
  relation.get = &get;
  catalog::StatisticsPtr statistics = in_.catalog->statistics(table.oid);
  if (statistics != nullptr) {  // whoever plans keeps the catalog version, and it its statistics
    relation.pages = statistics->pages;
    relation.table_rows = statistics->rows;
  }
  double width = 24;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].dropped) continue;
    const catalog::ColumnStatistics* column = nullptr;
    if (statistics != nullptr)
      if (auto found = statistics->columns.find(static_cast<uint16_t>(i)); found != statistics->columns.end())
        column = &found->second;
    width += column != nullptr && column->average_width > 0 ? column->average_width
                                                            : Estimator::width_of_type(table.columns[i].type);
  }
  uint64_t now =
      options_.page_count ? options_.page_count(table.storage != 0 ? table.storage : table.oid) : 0;
  if (now > 0 || statistics == nullptr || relation.pages <= 0) {
    double density = relation.pages > 0 && relation.table_rows > 0
                         ? relation.table_rows / relation.pages
                         : std::max(1.0, std::floor(kCostPageBytes / width));
    if (statistics != nullptr && relation.pages > 0) {
      relation.table_rows = std::round(density * static_cast<double>(now));
      relation.pages = static_cast<double>(now);
    } else if (statistics == nullptr || now > 0) {
      // Never analyzed: as if it had grown to some size already, for plans are kept while tables grow.
      relation.pages = std::max(10.0, static_cast<double>(now));
      relation.table_rows = std::round(density * relation.pages);
    }
  }
  relation.table_rows = std::max(0.0, relation.table_rows);
  relation.indexes = in_.catalog->indexes_of(table);
  std::erase_if(relation.indexes, [&](const catalog::IndexPtr& index) {
    bool skipped = index->complete_from != 0 && !(options_.may_use && options_.may_use(*index));
    out_->is_transient |= skipped;
    return skipped;
  });

  for (size_t i = 0; i < get.columns.size(); ++i) {
    ColumnKnowledge known;
    known.table_rows = std::max(1.0, relation.table_rows);
    uint16_t number = get.columns[i];
    if (number == kRowIdColumn) {
      known.is_unique = true;
    } else {
      known.is_not_null = table.columns[number].not_null;
      if (statistics != nullptr)
        if (auto found = statistics->columns.find(number); found != statistics->columns.end())
          known.statistics = &found->second;
      for (const catalog::IndexPtr& index : relation.indexes)
        known.is_unique = known.is_unique || (index->is_unique && index->predicate_sql.empty() &&
                                              index->keys.size() == 1 && index->keys[0].column == number);
    }
    estimator_.learn(node.output[i].id, known);
  }
  return relation;
}

void Optimizer::set_conditions(BaseRelation& relation, std::vector<const Expr*> conditions) {
  relation.conditions = std::move(conditions);
  double share = relation.conditions.empty() ? 1.0 : estimator_.selectivity(relation.conditions);
  relation.rows = relation.table_rows > 0 ? std::max(1.0, std::round(relation.table_rows * share)) : 1.0;
  relation.filter_operators = 0;
  for (const Expr* condition : relation.conditions) relation.filter_operators += operators_of(*condition);
  relation.width = 0;
  for (const LogicalColumn& column : relation.node->output)
    relation.width += estimator_.width(column.id, column.type);
}

Cost Optimizer::seq_cost(const BaseRelation& relation) const {
  return cost_.seq_scan(relation.pages, relation.table_rows, relation.filter_operators);
}

double Optimizer::weigh(const Cost& cost, double rows, double width, const Ordering& order,
                        const Want& want) const {
  if (want.order.empty() || satisfies(order, want.order)) return cost.of_rows(want.rows, rows);
  if (want.is_mild) return cost.total + 0.5 * options_.settings.cpu_operator_cost * rows;
  return cost_.sort(cost, rows, width, want.rows).total;
}

std::vector<IndexMatchPtr> Optimizer::match_indexes(const BaseRelation& relation,
                                                    const std::vector<const Expr*>& join_conditions,
                                                    const Want& want, double loops, bool interesting_orders) {
  std::vector<IndexMatchPtr> matches;
  const logical::Get& get = *relation.get;
  const catalog::Table& table = *get.table;
  std::vector<ColumnId> own;
  for (const LogicalColumn& column : relation.node->output) own.push_back(column.id);
  auto id_of = [&](uint16_t number) -> ColumnId {
    for (size_t i = 0; i < get.columns.size(); ++i)
      if (get.columns[i] == number) return own[i];
    return 0;
  };
  std::vector<const Expr*> conditions = relation.conditions;
  conditions.insert(conditions.end(), join_conditions.begin(), join_conditions.end());

  for (const catalog::IndexPtr& index : relation.indexes) {
    bool is_hash = index->method == catalog::IndexMethod::Hash;
    auto match = std::make_shared<IndexMatch>();
    match->index = index;

    // A partial index serves only who asks for nothing that it lacks.
    if (!index->predicate_sql.empty()) {
      auto predicate = bind_stored_expression(index->predicate_sql, table,
                                              TableExpressionKind::IndexPredicate, in_.catalog, {});
      if (!predicate.ok()) continue;
      std::shared_ptr<const Expr> bound = over_query_columns(**predicate, *relation.node, get);
      if (bound == nullptr) continue;
      std::vector<const Expr*> needed;
      split_conjunction(*bound, needed);
      bool implied = std::all_of(needed.begin(), needed.end(), [&](const Expr* term) {
        const auto* test = std::get_if<expression::IsNull>(&term->node);
        return std::any_of(
            relation.conditions.begin(), relation.conditions.end(), [&](const Expr* condition) {
              return same_expr(*condition, *term) ||
                     (test != nullptr && test->negated && implies_not_null(*condition, *term->children[0]));
            });
      });
      if (!implied) continue;
    }

    bool covers = !is_hash;
    bool in_order = !is_hash;
    bool prefix_open = true;
    bool all_equal = true;
    std::vector<const Expr*> served;
    for (size_t k = 0; k < index->keys.size(); ++k) {
      const catalog::IndexKey& part = index->keys[k];
      KeyExpr key;
      key.type = part.type;
      if (part.column) {
        key.column = id_of(*part.column);
        key.type = table.columns[*part.column].type;
      } else {
        auto bound = bind_stored_expression(part.expression_sql, table, TableExpressionKind::IndexKey,
                                            in_.catalog, {});
        if (bound.ok()) key.expr = over_query_columns(**bound, *relation.node, get);
        if (key.expr != nullptr) key.type = key.expr->type;
      }
      bool known = key.column != 0 || key.expr != nullptr;
      bool fixed = false, ranged = false;
      if (known && prefix_open) {
        TermMaker maker{key, static_cast<uint16_t>(k), own, in_.subqueries, is_hash};
        std::vector<IndexTerm> found;
        for (const Expr* condition : conditions) {
          std::vector<IndexTerm> terms;
          if (maker.make(*condition, terms))
            for (IndexTerm& term : terms) found.push_back(std::move(term));
        }
        // One equality says all; otherwise a list; otherwise one bound on either side.
        auto take = [&](auto&& wanted, size_t most) {
          size_t taken = 0;
          for (IndexTerm& term : found)
            if (taken < most && wanted(term.kind)) {
              match->terms.push_back(term);
              served.push_back(term.condition);
              ++taken;
            }
          return taken > 0;
        };
        if (take(is_point, 1)) {
          fixed = true;
        } else if (take([](IndexBound::Kind kind) { return kind == IndexBound::Kind::In; }, 1)) {
          ranged = true;  // keys after it may still be bound
        } else {
          bool low = take(
              [](IndexBound::Kind kind) {
                return kind == IndexBound::Kind::Lower || kind == IndexBound::Kind::LowerInclusive;
              },
              1);
          bool high = take(
              [](IndexBound::Kind kind) {
                return kind == IndexBound::Kind::Upper || kind == IndexBound::Kind::UpperInclusive;
              },
              1);
          ranged = low || high;
          prefix_open = false;
        }
      } else {
        prefix_open =
            false;  // a key column that the statement does not even mention bounds nothing behind it
      }
      if (!fixed) all_equal = false;
      if (!fixed && !ranged && is_hash) prefix_open = false;
      if (in_order && !fixed) {
        bool by_list = !match->terms.empty() && match->terms.back().key == k &&
                       match->terms.back().kind == IndexBound::Kind::In;
        if (key.column != 0 && !by_list)
          match->order.push_back({key.column, part.descending, part.nulls_first});
        else
          in_order = false;
      } else if (in_order && key.column != 0) {
        // A key with one value is in any order; a wish that names it is met.
        for (const PathKey& wanted : want.order)
          if (wanted.column == key.column &&
              match->order.size() == static_cast<size_t>(&wanted - want.order.data()))
            match->order.push_back(wanted);
      }
    }
    if (is_hash && (!all_equal || match->terms.size() != index->keys.size() ||
                    std::any_of(match->terms.begin(), match->terms.end(),
                                [](const IndexTerm& term) { return term.kind != IndexBound::Kind::Equal; })))
      continue;

    // What the scan must read: can the index answer alone?
    for (uint16_t number : get.columns) {
      if (number == kRowIdColumn) {  // whoever asks for row ids will write or lock: it needs the row itself
        covers = false;
        break;
      }
      bool found = std::find(index->include.begin(), index->include.end(), number) != index->include.end();
      for (const catalog::IndexKey& key : index->keys)
        found = found || (key.column == number && key_gives_value(table.columns[number].type));
      covers = covers && found;
    }
    match->index_only = covers && options_.settings.enable_indexonlyscan;

    bool backward_helps = false;
    Ordering reversed;
    for (const PathKey& key : match->order)
      reversed.push_back({key.column, !key.descending, !key.nulls_first});
    bool forward_helps = !want.order.empty() && satisfies(match->order, want.order);
    backward_helps = !want.order.empty() && !forward_helps && satisfies(reversed, want.order);
    if (match->terms.empty() && !forward_helps && !backward_helps && !interesting_orders &&
        !(match->index_only && !is_hash) && index->predicate_sql.empty())
      continue;

    match->is_unique = index->is_unique && all_equal && match->terms.size() == index->keys.size() &&
                       std::all_of(match->terms.begin(), match->terms.end(), [](const IndexTerm& term) {
                         return term.kind == IndexBound::Kind::Equal;
                       });
    CostModel::IndexInput input;
    input.is_hash = is_hash;
    input.index_only = match->index_only;
    input.loops = loops;
    input.heap_pages = relation.pages;
    input.index_rows = std::max(1.0, relation.table_rows);
    std::vector<const Expr*> bound;
    for (const IndexTerm& term : match->terms)
      if (std::find(bound.begin(), bound.end(), term.condition) == bound.end())
        bound.push_back(term.condition);
    double share = bound.empty() ? 1.0 : estimator_.selectivity(bound);
    if (match->is_unique) share = std::min(share, 1.0 / input.index_rows);
    match->selectivity = share;
    double key_bytes = 16;
    for (const catalog::IndexKey& key : index->keys) key_bytes += Estimator::width_of_type(key.type);
    uint64_t pages_now =
        options_.page_count ? options_.page_count(index->storage != 0 ? index->storage : index->oid) : 0;
    input.index_pages = pages_now > 0
                            ? static_cast<double>(pages_now)
                            : std::max(1.0, std::ceil(input.index_rows * key_bytes / (kCostPageBytes * 0.7)));
    if (!index->predicate_sql.empty()) {
      // Of a partial index the rows outside are not there to be passed over.
      double inside = std::max(1.0, relation.rows);
      input.index_rows = std::min(input.index_rows, std::max(inside, input.index_rows * 0.1));
    }
    input.selectivity = share;
    input.bound_operators = static_cast<double>(match->terms.size());
    double filter = relation.filter_operators;
    for (const Expr* condition : served) filter -= operators_of(*condition);
    input.filter_operators = std::max(0.0, filter);
    if (!index->keys.empty() && index->keys[0].column) {
      const ColumnId first = id_of(*index->keys[0].column);
      const ColumnKnowledge* known = first == 0 ? nullptr : estimator_.knowledge(first);
      if (known != nullptr && known->statistics != nullptr)
        input.correlation = known->statistics->correlation * (index->keys.size() > 1 ? 0.75 : 1.0);
    }
    input.selectivity = std::min(1.0, share);
    match->cost = cost_.index_scan(input);
    std::vector<const Expr*> all = relation.conditions;
    for (const Expr* condition : join_conditions)
      if (std::find(served.begin(), served.end(), condition) != served.end()) all.push_back(condition);
    match->rows = match->is_unique
                      ? 1
                      : std::max(1.0, std::round(relation.table_rows *
                                                 (all.empty() ? 1.0 : estimator_.selectivity(all))));
    if (backward_helps) {
      match->backward = true;
      match->order = reversed;
    }
    // A unique key that is wholly known cannot be beaten by another index: the common lookup stops here.
    if (match->is_unique && join_conditions.empty() && !interesting_orders) return {std::move(match)};
    matches.push_back(std::move(match));
  }
  return matches;
}

Result<Built> Optimizer::build_seq_scan(const BaseRelation& relation) {
  std::vector<ColumnId> columns;
  for (const LogicalColumn& column : relation.node->output) columns.push_back(column.id);
  physical::SeqScan scan;
  scan.source = {relation.get->table, relation.get->alias, relation.get->columns};
  double operators = 0;
  if (!relation.conditions.empty()) {
    scan.filter = TRY(translate_all(relation.conditions, columns));
    operators = operators_of(*scan.filter);
  }
  Built built;
  built.plan = finish(std::make_unique<PhysicalPlan>(std::move(scan)), relation.node->output);
  Cost cost = cost_.seq_scan(relation.pages, relation.table_rows, operators);
  built.plan->estimate.startup_cost = cost.startup;
  built.plan->estimate.total_cost = cost.total;
  built.plan->estimate.rows = relation.rows;
  built.columns = std::move(columns);
  return built;
}

Result<Built> Optimizer::build_index_scan(const BaseRelation& relation, const IndexMatch& match,
                                          const std::vector<const Expr*>& join_conditions) {
  const logical::Get& get = *relation.get;
  std::vector<ColumnId> columns;
  for (const LogicalColumn& column : relation.node->output) columns.push_back(column.id);
  // Conditions of the index count the table's columns; 0 is no column's number.
  std::vector<ColumnId> table_layout(get.table->columns.size(), 0);
  for (size_t i = 0; i < get.columns.size(); ++i)
    if (get.columns[i] < table_layout.size()) table_layout[get.columns[i]] = columns[i];

  physical::IndexScan scan;
  scan.source = {get.table, get.alias, get.columns};
  scan.index = match.index;
  scan.backward = match.backward;
  scan.index_only = match.index_only;
  std::vector<const Expr*> served;
  std::vector<ExprPtr> shown;
  for (const IndexTerm& term : match.terms) {
    IndexBound bound{term.key, term.kind, nullptr, {}};
    if (term.value != nullptr) bound.value = TRY(translate(*term.value, {}));
    for (const auto& item : term.items) {
      ExprPtr translated = TRY(translate(*item, {}));
      bound.values.push_back(std::move(translated));
    }
    ExprPtr text = TRY(translate(term.shown != nullptr ? *term.shown : *term.condition, table_layout));
    shown.push_back(std::move(text));
    if (!term.is_lossy) served.push_back(term.condition);
    scan.bounds.push_back(std::move(bound));
  }
  scan.condition = conjunction(std::move(shown));
  std::vector<const Expr*> rest;
  for (const Expr* condition : relation.conditions)
    if (std::find(served.begin(), served.end(), condition) == served.end()) rest.push_back(condition);
  for (const Expr* condition : join_conditions)
    if (std::find(served.begin(), served.end(), condition) == served.end()) rest.push_back(condition);
  if (!rest.empty()) scan.filter = TRY(translate_all(rest, columns));

  Built built;
  built.plan = finish(std::make_unique<PhysicalPlan>(std::move(scan)), relation.node->output);
  built.plan->estimate.startup_cost = match.cost.startup;
  built.plan->estimate.total_cost = match.cost.total;
  built.plan->estimate.rows = match.rows;
  if (match.is_unique) built.plan->row_max = 1;
  built.columns = std::move(columns);
  built.order = match.order;
  return built;
}

Result<Built> Optimizer::plan_relation(BaseRelation& relation, const Want& want) {
  std::vector<IndexMatchPtr> matches = match_indexes(relation, {}, want, 1, false);
  const IndexMatch* best = nullptr;
  double least = weigh(seq_cost(relation), relation.rows, relation.width, {}, want);
  for (const IndexMatchPtr& match : matches) {
    double cost = weigh(match->cost, match->rows, relation.width, match->order, want);
    if (cost < least) {
      least = cost;
      best = match.get();
    }
  }
  if (best == nullptr) return build_seq_scan(relation);
  return build_index_scan(relation, *best, {});
}

}  // namespace rowan::optimizing
