// From one type to another: literals read where their type becomes known, casts made explicit, the common
// type of several branches (PostgreSQL's parse_coerce.c).
#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

bool is_pseudo_any(TypeId id) {
  return id == TypeId::Any || id == TypeId::AnyElement;
}

bool has_modifiers(const Type& type) {
  return type.precision != 0 || type.scale != 0 || type.length != 0;
}

// Digits that an integer type needs.
int integer_digits(TypeId id) {
  switch (id) {
    case TypeId::SmallInt:
      return 5;
    case TypeId::Integer:
      return 10;
    case TypeId::BigInt:
      return 19;
    default:
      return 0;
  }
}

const Expr* untyped_literal(const Expr& expr) {
  return expr.type.id == TypeId::Unknown && std::holds_alternative<expression::Constant>(expr.node) ? &expr
                                                                                                    : nullptr;
}

bool is_untyped_parameter(const Expr& expr) {
  return expr.type.id == TypeId::Unknown && std::holds_alternative<expression::Parameter>(expr.node);
}

// The least numeric(p,s) that holds a plain decimal number with the digits it was written with.
Type numeric_of_text(std::string_view text) {
  int whole = 0, fraction = 0;
  long exponent = 0;
  bool in_fraction = false, any = false, leading = true;
  size_t i = 0;
  while (i < text.size() && text[i] == ' ') ++i;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  for (; i < text.size(); ++i) {
    char c = text[i];
    if (c >= '0' && c <= '9') {
      any = true;
      if (in_fraction) {
        ++fraction;
      } else if (c != '0' || !leading) {
        leading = false;
        ++whole;
      }
    } else if (c == '.' && !in_fraction) {
      in_fraction = true;
    } else if ((c == 'e' || c == 'E') && any) {
      std::string rest(text.substr(i + 1));
      if (rest.empty() || rest.size() > 4) return Type(TypeId::Numeric);
      size_t sign = rest[0] == '-' || rest[0] == '+' ? 1 : 0;
      if (rest.size() == sign) return Type(TypeId::Numeric);
      for (size_t k = sign; k < rest.size(); ++k) {
        if (rest[k] < '0' || rest[k] > '9') return Type(TypeId::Numeric);
        exponent = exponent * 10 + (rest[k] - '0');
      }
      if (rest[0] == '-') exponent = -exponent;
      break;
    } else {
      return Type(TypeId::Numeric);
    }
  }
  if (!any) return Type(TypeId::Numeric);
  long scale = std::max<long>(0, fraction - exponent);
  long digits = std::max<long>(0, whole + std::max<long>(exponent, -fraction)) + scale;
  if (exponent > 0) digits = std::max(digits, whole + exponent + scale);
  digits = std::max<long>(digits, std::max<long>(scale, 1));
  if (digits > kInt128Digits) return Type(TypeId::Numeric);
  return Type::numeric(static_cast<int>(digits), static_cast<int>(scale), false);
}

}  // namespace

Type Binder::precise_target(const Type& from, const Type& to) {
  if (to.id != TypeId::Numeric || to.precision != 0) return to;
  if (from.id == TypeId::Numeric) {
    Type same = from;
    same.is_declared = from.precision == 0;
    return same;
  }
  int digits = integer_digits(from.id);
  return digits == 0 ? to : Type::numeric(digits, 0, false);
}

bool Binder::can_coerce(const Type& from, const Type& to, CastContext context) const {
  if (from.id == to.id || is_pseudo_any(to.id)) return true;
  if (from.id == TypeId::Unknown) return to.id != TypeId::Void && to.id != TypeId::Record;
  if (!needs_cast(Type(from.id), Type(to.id))) return true;
  return find_cast(Type(from.id), Type(to.id), context) != nullptr;
}

Result<ExprPtr> Binder::settle_parameter(ExprPtr parameter, const Type& to) {
  uint32_t index = std::get<expression::Parameter>(parameter->node).index;
  Type& known = statement_.parameters[index];
  Type plain(to.id);
  if (known.id == TypeId::Unknown) known = plain;
  if (known.id != to.id)
    return Error(sqlstate::ambiguous_parameter,
                 fmt::format("inconsistent types deduced for parameter ${}", index + 1))
        .at(parameter->position)
        .detail(fmt::format("{} versus {}", base_type_name(known.id), base_type_name(to.id)));
  parameter->type = known;
  return parameter;
}

// An untyped literal becomes a constant of `to`. Modifiers are applied by an ordinary cast afterwards, which
// knows whether a value that does not fit is cut or refused.
Result<ExprPtr> Binder::read_literal(const Expr& literal, const Type& to, CastContext context) {
  const Value& value = std::get<expression::Constant>(literal.node).value;
  if (value.is_null()) return make_constant(Value(to), literal.position);
  const std::string& text = value.as_bytes();
  Type base(to.id);
  if (to.id == TypeId::Interval) base = to;
  if (to.id == TypeId::Numeric) base = numeric_of_text(text);
  if (to.id == TypeId::RegClass) {
    bool numeric =
        !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!numeric) {
      size_t dot = text.find('.');
      std::string schema = dot == std::string::npos ? "" : text.substr(0, dot);
      std::string name = dot == std::string::npos ? text : text.substr(dot + 1);
      auto fold = [](std::string& word) {
        if (word.size() >= 2 && word.front() == '"' && word.back() == '"')
          word = word.substr(1, word.size() - 2);
        else
          for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      };
      fold(schema);
      fold(name);
      ast::Name parts[2] = {{schema, literal.position}, {name, literal.position}};
      ast::QualifiedName qualified{schema.empty() ? ast::List<ast::Name>(parts + 1, 1)
                                                  : ast::List<ast::Name>(parts, 2)};
      const SystemView* system = nullptr;
      bool is_missing = false;
      catalog::RelationPtr relation = TRY(find_relation(qualified, &system, is_missing));
      if (is_missing)
        return Error(sqlstate::undefined_table, fmt::format("relation \"{}\" does not exist",
                                                            schema.empty() ? name : schema + "." + name))
            .at(literal.position);
      edit_literal(literal.position, qualified, relation);
      int64_t oid = system != nullptr ? system->oid : 0;
      if (auto* table = std::get_if<catalog::TablePtr>(&relation)) oid = (*table)->oid;
      if (auto* view = std::get_if<catalog::ViewPtr>(&relation)) oid = (*view)->oid;
      if (auto* sequence = std::get_if<catalog::SequencePtr>(&relation)) oid = (*sequence)->oid;
      if (auto* index = std::get_if<catalog::IndexPtr>(&relation)) oid = (*index)->oid;
      return make_constant(Value::of_int(TypeId::RegClass, oid), literal.position);
    }
  }
  if (to.id == TypeId::RegType) {
    bool numeric =
        !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!numeric) {
      auto parsed = TRY(parse_type_name(text));
      Type type = TRY(resolve_type(*parsed->root));
      return make_constant(Value::of_int(TypeId::RegType, type_oid(type.id)), literal.position);
    }
  }
  Result<Value> read = parse_value(text, base, evaluation());
  if (!read.ok()) {
    Error error = std::move(read).error();
    return std::move(error).at(literal.position);
  }
  ExprPtr constant = make_constant(std::move(*read), literal.position);
  constant->type = base;
  if (to.id == TypeId::Numeric && to.precision == 0) return constant;
  if (base == to) return constant;
  return coerce(std::move(constant), to, context);
}

Result<ExprPtr> Binder::coerce(ExprPtr expr, const Type& to, CastContext context) {
  if (is_pseudo_any(to.id)) return expr;
  if (untyped_literal(*expr) != nullptr) return read_literal(*expr, to, context);
  if (is_untyped_parameter(*expr)) {
    expr = TRY(settle_parameter(std::move(expr), to));
  }
  Type target = precise_target(expr->type, to);
  // The type alone: without modifiers, every value of it will do.
  if (expr->type.id == target.id && !has_modifiers(target)) return expr;
  if (!needs_cast(expr->type, target)) {
    // A cast reads off its own type how long a string may be, and that a name is cut: that one must stay.
    const auto* call = std::get_if<expression::Call>(&expr->node);
    bool is_sized_cast = call != nullptr && (has_modifiers(expr->type) || expr->type.id == TypeId::Name) &&
                         (call->function->name == "cast" || call->function->name == "assign");
    if (expr->type != target && !is_sized_cast) {
      // The bits stay; only what the value is called changes. A bare reference must keep its own type, so a
      // declared form is left to the column it is stored in.
      expr->type = expr->type.physical() == target.physical() ? target : expr->type;
    }
    return expr;
  }
  const Function* cast = find_cast(expr->type, target, context);
  if (cast == nullptr)
    return Error(sqlstate::cannot_coerce,
                 fmt::format("cannot cast type {} to {}", base_type_name(expr->type.id),
                             base_type_name(target.id)))
        .at(expr->position);
  Position position = expr->position;
  std::vector<ExprPtr> arguments;
  arguments.push_back(std::move(expr));
  return make_call(cast, target, std::move(arguments), position);
}

Result<ExprPtr> Binder::coerce_boolean(ExprPtr expr, std::string_view construct) {
  if (expr->type.id == TypeId::Boolean) return expr;
  if (!can_coerce(expr->type, TypeId::Boolean, CastContext::Assignment))
    return Error(sqlstate::datatype_mismatch, fmt::format("argument of {} must be type boolean, not type {}",
                                                          construct, base_type_name(expr->type.id)))
        .at(expr->position);
  return coerce(std::move(expr), TypeId::Boolean, CastContext::Assignment);
}

Result<ExprPtr> Binder::coerce_to_text_if_unknown(ExprPtr expr) {
  if (expr->type.id != TypeId::Unknown) return expr;
  return coerce(std::move(expr), TypeId::Text, CastContext::Implicit);
}

bool Binder::try_common_type(const std::vector<const Expr*>& exprs, Type& type) const {
  Result<Type> found = common_type(exprs, "");
  if (!found.ok()) return false;
  type = *found;
  return true;
}

Result<Type> Binder::common_type(const std::vector<const Expr*>& exprs, std::string_view construct) const {
  TypeId chosen = exprs[0]->type.id;
  TypeCategory category = type_category(chosen);
  for (size_t i = 1; i < exprs.size(); ++i) {
    TypeId next = exprs[i]->type.id;
    if (next == TypeId::Unknown || next == chosen) continue;
    if (chosen == TypeId::Unknown) {
      chosen = next;
      category = type_category(chosen);
    } else if (type_category(next) != category) {
      return Error(sqlstate::datatype_mismatch, fmt::format("{} types {} and {} cannot be matched", construct,
                                                            base_type_name(chosen), base_type_name(next)))
          .at(exprs[i]->position);
    } else if (!is_preferred(chosen) && can_coerce(chosen, next, CastContext::Implicit) &&
               !can_coerce(next, chosen, CastContext::Implicit)) {
      chosen = next;
    }
  }
  if (chosen == TypeId::Unknown) chosen = TypeId::Text;
  return Type(chosen);
}

Type Binder::common_modifiers(const std::vector<const Expr*>& exprs, Type type, bool for_comparison) {
  bool first = true, all_same = true, same_scale = true, known = true;
  int digits = 0, scale = 0;
  Type same = type;
  for (const Expr* expr : exprs) {
    Type own = expr->type;
    if (own.id == TypeId::Unknown) {
      const auto* constant = std::get_if<expression::Constant>(&expr->node);
      if (constant == nullptr) {
        known = all_same = false;
        continue;
      }
      if (constant->value.is_null()) continue;
      own = type.id == TypeId::Numeric ? numeric_of_text(constant->value.as_bytes()) : type;
    } else if (own.id != type.id) {
      own = precise_target(own, type);
    }
    if (own.id == TypeId::Numeric) {
      if (own.precision == 0) known = false;
      if (!first && own.scale != scale) same_scale = false;
      int whole = std::max(digits - scale, own.precision - own.scale);
      scale = first ? own.scale : std::max<int>(scale, own.scale);
      digits = first ? own.precision : whole + scale;
    }
    if (first)
      same = own;
    else if (own != same)
      all_same = false;
    first = false;
  }
  if (all_same) return same;
  if (type.id != TypeId::Numeric) return Type(type.id);
  // Values of several scales keep the digits that they have: only the unconstrained form can say them. Where
  // they are merely compared, the larger scale is as good.
  bool fits = known && digits <= kInt128Digits && scale >= 0 && (same_scale || for_comparison);
  return fits ? Type::numeric(digits, scale, false) : Type(TypeId::Numeric);
}

// To a type that common_type() chose, with modifiers that all branches share.
Result<ExprPtr> Binder::coerce_common(ExprPtr expr, const Type& type, std::string_view construct) {
  if (!can_coerce(expr->type, type, CastContext::Implicit))
    return Error(sqlstate::cannot_coerce, fmt::format("{} could not convert type {} to {}", construct,
                                                      base_type_name(expr->type.id), base_type_name(type.id)))
        .at(expr->position);
  if (untyped_literal(*expr) != nullptr) {
    ExprPtr constant = TRY(read_literal(*expr, Type(type.id), CastContext::Implicit));
    return coerce_common(std::move(constant), type, construct);
  }
  if (type.id == TypeId::Numeric && type.precision == 0) {
    // Branches of different scales meet in the unconstrained form, which each must really take.
    if (is_untyped_parameter(*expr)) return settle_parameter(std::move(expr), type);
    if (expr->type.id == TypeId::Numeric && expr->type.precision == 0) return expr;
    if (auto* constant = std::get_if<expression::Constant>(&expr->node);
        constant && constant->value.is_null())
      return make_constant(Value(type), expr->position);
    if (!needs_cast(expr->type, type)) return expr;
    const Function* cast = find_cast(expr->type, type, CastContext::Implicit);
    ENSURE(cast != nullptr);
    Position position = expr->position;
    std::vector<ExprPtr> arguments;
    arguments.push_back(std::move(expr));
    return make_call(cast, type, std::move(arguments), position);
  }
  if (auto* constant = std::get_if<expression::Constant>(&expr->node); constant && constant->value.is_null())
    return make_constant(Value(type), expr->position);
  return coerce(std::move(expr), type, CastContext::Implicit);
}

Result<ExprPtr> Binder::coerce_assigned(ExprPtr expr, const Type& to, std::string_view column) {
  if (!can_coerce(expr->type, to, CastContext::Assignment))
    return Error(sqlstate::datatype_mismatch,
                 fmt::format("column \"{}\" is of type {} but expression is of type {}", column,
                             base_type_name(to.id), base_type_name(expr->type.id)))
        .at(expr->position)
        .hint("You will need to rewrite or cast the expression.");
  if (to.id == TypeId::Numeric && to.precision == 0) {
    // The stored form is the unconstrained one.
    return coerce_common(std::move(expr), to, "assignment");
  }
  return coerce(std::move(expr), to, CastContext::Assignment);
}

// Changes a column where it is computed if that is at the top of `plan`, otherwise by a Project above it.
Result<> Binder::coerce_output(LogicalPtr& plan, size_t index, const Type& type, CastContext context) {
  if (plan->output[index].type == type) return {};
  std::vector<LogicalPlan*> path{plan.get()};
  while (std::holds_alternative<logical::Limit>(path.back()->node) ||
         std::holds_alternative<logical::Sort>(path.back()->node) ||
         std::holds_alternative<logical::LockRows>(path.back()->node))
    path.push_back(path.back()->inputs[0].get());
  LogicalColumn before = plan->output[index];
  if (auto* node = std::get_if<logical::Project>(&path.back()->node)) {
    ExprPtr& expr = node->expressions[index];
    bool may_change = before.type.id == TypeId::Unknown || path.size() == 1;
    if (may_change) {
      Position position = expr->position;
      if (context == CastContext::Implicit) {
        expr = TRY(coerce_common(std::move(expr), type, "UNION"));
      } else {
        expr = TRY(coerce(std::move(expr), type, context));
      }
      expr->position = position;
      // A pass-through keeps its id only while it keeps its value. (A column of an outer query never passed
      // its on.)
      LogicalColumn column = make_column(before.name, expr->type);
      auto* ref = std::get_if<expression::ColumnRef>(&expr->node);
      if (ref != nullptr && ref->column == before.id) column.id = ref->column;
      for (LogicalPlan* step : path) step->output[index] = column;
      return {};
    }
  }
  std::vector<ExprPtr> expressions;
  std::vector<LogicalColumn> output;
  for (size_t i = 0; i < plan->output.size(); ++i) {
    const LogicalColumn& column = plan->output[i];
    ExprPtr expr = std::make_unique<Expr>(expression::ColumnRef{column.id, column.name}, column.type);
    if (i == index) {
      if (context == CastContext::Implicit) {
        expr = TRY(coerce_common(std::move(expr), type, "UNION"));
      } else {
        expr = TRY(coerce(std::move(expr), type, context));
      }
      output.push_back(make_column(column.name, expr->type));
    } else {
      output.push_back(column);
    }
    expressions.push_back(std::move(expr));
  }
  auto above = std::make_unique<LogicalPlan>(logical::Project{std::move(expressions)});
  above->output = std::move(output);
  above->inputs.push_back(std::move(plan));
  plan = std::move(above);
  return {};
}

// What is still untyped in a query's output is text.
Result<> Binder::settle_unknown_output(LogicalPtr& plan) {
  for (size_t i = 0; i < plan->output.size(); ++i) {
    if (plan->output[i].type.id == TypeId::Unknown)
      TRY(coerce_output(plan, i, TypeId::Text, CastContext::Implicit));
  }
  return {};
}

}  // namespace rowan::binding
