#include "expression/expression.h"

#include <algorithm>
#include <utility>

#include "types/hash.h"

namespace rowan {

Expr::~Expr() {
  // Children are taken out and destroyed one by one, so that a long chain does not recurse.
  if (children.empty()) return;
  std::vector<ExprPtr> pending = std::move(children);
  while (!pending.empty()) {
    ExprPtr last = std::move(pending.back());
    pending.pop_back();
    if (!last) continue;
    for (ExprPtr& child : last->children) pending.push_back(std::move(child));
    last->children.clear();
  }
}

ExprPtr make_constant(Value value, Position position) {
  Type type = value.type();
  return std::make_unique<Expr>(expression::Constant{std::move(value)}, type, position);
}

ExprPtr make_call(const Function* function, Type result, std::vector<ExprPtr> arguments, Position position) {
  auto call = std::make_unique<Expr>(expression::Call{function}, result, position);
  call->children = std::move(arguments);
  return call;
}

ExprPtr conjunction(std::vector<ExprPtr> terms) {
  std::vector<ExprPtr> flat;
  for (ExprPtr& term : terms) {
    if (!term) continue;
    if (std::holds_alternative<expression::And>(term->node)) {
      for (ExprPtr& inner : term->children) flat.push_back(std::move(inner));
    } else {
      flat.push_back(std::move(term));
    }
  }
  if (flat.empty()) return nullptr;
  if (flat.size() == 1) return std::move(flat.front());
  auto all = std::make_unique<Expr>(expression::And{}, TypeId::Boolean, flat.front()->position);
  all->children = std::move(flat);
  return all;
}

ExprPtr clone(const Expr& expr) {
  auto shallow = [](const Expr& from) {
    auto made = std::make_unique<Expr>(from.node, from.type, from.position);
    made->children.resize(from.children.size());
    return made;
  };
  ExprPtr root = shallow(expr);
  std::vector<std::pair<const Expr*, Expr*>> pending{{&expr, root.get()}};
  while (!pending.empty()) {
    auto [from, to] = pending.back();
    pending.pop_back();
    for (size_t i = 0; i < from->children.size(); ++i) {
      to->children[i] = shallow(*from->children[i]);
      pending.emplace_back(from->children[i].get(), to->children[i].get());
    }
  }
  return root;
}

namespace {

namespace node = expression;

bool same_node(const node::Constant& a, const node::Constant& b) {
  return a.value.identical(b.value);
}
bool same_node(const node::ColumnRef& a, const node::ColumnRef& b) {
  return a.column == b.column;
}
bool same_node(const node::InputRef& a, const node::InputRef& b) {
  return a.index == b.index;
}
bool same_node(const node::Parameter& a, const node::Parameter& b) {
  return a.index == b.index;
}
bool same_node(const node::RuntimeSlot& a, const node::RuntimeSlot& b) {
  return a.slot == b.slot;
}
bool same_node(const node::Call& a, const node::Call& b) {
  return a.function == b.function;
}
bool same_node(const node::And&, const node::And&) {
  return true;
}
bool same_node(const node::Or&, const node::Or&) {
  return true;
}
bool same_node(const node::Not&, const node::Not&) {
  return true;
}
bool same_node(const node::IsNull& a, const node::IsNull& b) {
  return a.negated == b.negated;
}
bool same_node(const node::IsTruth& a, const node::IsTruth& b) {
  return a.value == b.value && a.negated == b.negated;
}
bool same_node(const node::IsUnknown& a, const node::IsUnknown& b) {
  return a.negated == b.negated;
}
bool same_node(const node::IsDistinct& a, const node::IsDistinct& b) {
  return a.negated == b.negated && a.equals == b.equals;
}
// Ids only tell whose operand it is: same_expr() pairs them off.
bool same_node(const node::Case& a, const node::Case& b) {
  return a.has_operand == b.has_operand && a.has_else == b.has_else;
}
bool same_node(const node::CaseOperand&, const node::CaseOperand&) {
  return true;
}
bool same_node(const node::Coalesce&, const node::Coalesce&) {
  return true;
}
bool same_node(const node::NullIf& a, const node::NullIf& b) {
  return a.equals == b.equals;
}
bool same_node(const node::MinMax& a, const node::MinMax& b) {
  return a.greatest == b.greatest;
}
bool same_node(const node::InList& a, const node::InList& b) {
  return a.negated == b.negated && a.equals == b.equals;
}
bool same_node(const node::Subquery& a, const node::Subquery& b) {
  return a.kind == b.kind && a.subquery == b.subquery && a.tested == b.tested && a.compare == b.compare &&
         a.slots == b.slots;
}

bool same_nodes(const Expr& a, const Expr& b) {
  if (a.node.index() != b.node.index() || !(a.type == b.type) || a.children.size() != b.children.size())
    return false;
  return std::visit(
      [&](const auto& left) { return same_node(left, std::get<std::decay_t<decltype(left)>>(b.node)); },
      a.node);
}

uint64_t hash_of(const Expr& expr) {
  uint64_t hash = hash_word(expr.node.index() * 64 + static_cast<uint64_t>(expr.type.id));
  auto mix = [&](uint64_t word) { hash = hash_combine(hash, word); };
  if (const auto* constant = std::get_if<node::Constant>(&expr.node)) {
    const Value& value = constant->value;
    if (value.is_null()) return hash;
    if (value.type().physical() == PhysicalType::Text)
      mix(hash_bytes(value.as_bytes()));
    else if (value.type().physical() == PhysicalType::Float32 ||
             value.type().physical() == PhysicalType::Float64)
      mix(hash_double(value.as_double()));
    else
      mix(static_cast<uint64_t>(value.as_int128()));
  } else if (const auto* column = std::get_if<node::ColumnRef>(&expr.node)) {
    mix(column->column);
  } else if (const auto* input = std::get_if<node::InputRef>(&expr.node)) {
    mix(input->index);
  } else if (const auto* parameter = std::get_if<node::Parameter>(&expr.node)) {
    mix(parameter->index);
  } else if (const auto* slot = std::get_if<node::RuntimeSlot>(&expr.node)) {
    mix(slot->slot);
  } else if (const auto* call = std::get_if<node::Call>(&expr.node)) {
    mix(hash_bytes(call->function->name));
  }
  return hash;
}

}  // namespace

namespace {

// Which CASE of one expression stands where which CASE of the other does. The id is new each time a text is
// bound, so two writings of one CASE have different ids, and clones of one have the same.
class CasePairs {
 public:
  // A CASE comes before what is inside it.
  bool agrees(const Expr& left, const Expr& right) {
    if (const auto* operand = std::get_if<node::CaseOperand>(&left.node)) {
      std::pair<uint32_t, uint32_t> wanted{operand->case_id, std::get<node::CaseOperand>(right.node).case_id};
      // A CASE outside both expressions is one and the same.
      return contains(wanted) || (wanted.first == wanted.second && !has_left(wanted.first));
    }
    if (const auto* whole = std::get_if<node::Case>(&left.node))
      pairs_.emplace_back(whole->id, std::get<node::Case>(right.node).id);
    return true;
  }

 private:
  bool contains(const std::pair<uint32_t, uint32_t>& wanted) const {
    return std::find(pairs_.begin(), pairs_.end(), wanted) != pairs_.end();
  }
  bool has_left(uint32_t id) const {
    return std::any_of(pairs_.begin(), pairs_.end(), [&](const auto& pair) { return pair.first == id; });
  }
  std::vector<std::pair<uint32_t, uint32_t>> pairs_;
};

}  // namespace

bool same_expr(const Expr& a, const Expr& b) {
  std::vector<std::pair<const Expr*, const Expr*>> pending{{&a, &b}};
  CasePairs cases;
  while (!pending.empty()) {
    auto [left, right] = pending.back();
    pending.pop_back();
    if (!same_nodes(*left, *right) || !cases.agrees(*left, *right)) return false;
    for (size_t i = 0; i < left->children.size(); ++i)
      pending.emplace_back(left->children[i].get(), right->children[i].get());
  }
  return true;
}

uint64_t hash_expr(const Expr& expr) {
  uint64_t hash = 0;
  walk(expr, [&](const Expr& node) {
    hash = hash_combine(hash, hash_of(node));
    return true;
  });
  return hash;
}

namespace {

// `text || 5` is as steady as the cast to text of what is no text, which the function alone cannot know.
Volatility volatility_of(const Function& function, const std::vector<ExprPtr>& arguments) {
  if (function.name != "||") return function.volatility;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (function.arguments[i] != TypeId::AnyElement) continue;
    const Function* cast = registry().cast(arguments[i]->type.id, TypeId::Text);
    if (cast != nullptr) return cast->volatility;
  }
  return function.volatility;
}

}  // namespace

Volatility volatility(const Expr& expr) {
  Volatility worst = Volatility::Immutable;
  walk(expr, [&](const Expr& node) {
    Volatility own = Volatility::Immutable;
    if (const auto* call = std::get_if<expression::Call>(&node.node))
      own = volatility_of(*call->function, node.children);
    if (std::holds_alternative<expression::Subquery>(node.node)) own = Volatility::Stable;
    worst = std::max(worst, own);
    return true;
  });
  return worst;
}

}  // namespace rowan
