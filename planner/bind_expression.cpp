// Expressions: each kind of node becomes typed operators, with casts where types must meet (PostgreSQL's
// parse_expr.c). Long chains of one operator are walked, not recursed into.
#include <fmt/format.h>

#include <algorithm>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

ExprPtr bind_unary_node(expression::Node node, ExprPtr child, Position position) {
  auto expr = std::make_unique<Expr>(std::move(node), TypeId::Boolean, position);
  expr->children.push_back(std::move(child));
  return expr;
}

std::string_view truth_construct(const ast::IsTruth& node) {
  switch (node.truth) {
    case ast::TruthValue::True:
      return node.negated ? "IS NOT TRUE" : "IS TRUE";
    case ast::TruthValue::False:
      return node.negated ? "IS NOT FALSE" : "IS FALSE";
    case ast::TruthValue::Unknown:
      return node.negated ? "IS NOT UNKNOWN" : "IS UNKNOWN";
  }
  return "IS TRUE";
}

std::string_view conditional_name(ast::ConditionalKind kind) {
  switch (kind) {
    case ast::ConditionalKind::Coalesce:
      return "COALESCE";
    case ast::ConditionalKind::NullIf:
      return "NULLIF";
    case ast::ConditionalKind::Greatest:
      return "GREATEST";
    case ast::ConditionalKind::Least:
      return "LEAST";
  }
  return "COALESCE";
}

std::vector<const Expr*> borrowed(const std::vector<ExprPtr>& exprs) {
  std::vector<const Expr*> result;
  for (const ExprPtr& expr : exprs) result.push_back(expr.get());
  return result;
}

bool is_row(const ast::Expr& expr) {
  return std::holds_alternative<ast::Row>(expr.node);
}

}  // namespace

Error unsupported(std::string_view what, Position position) {
  return Error(sqlstate::feature_not_supported, fmt::format("{} is not supported", what)).at(position);
}

ExprPtr Binder::negate(ExprPtr expr, Position position) {
  return bind_unary_node(expression::Not{}, std::move(expr), position);
}

Result<ExprPtr> Binder::bind_expr(ast::ExprPtr expr, ExprKind kind) {
  Restore<ExprKind> restore(level_->kind, kind);
  return bind_expr(expr);
}

Result<std::vector<ExprPtr>> Binder::bind_list(ast::List<ast::ExprPtr> exprs) {
  std::vector<ExprPtr> result;
  for (ast::ExprPtr expr : exprs) {
    ExprPtr bound = TRY(bind_expr(expr));
    result.push_back(std::move(bound));
  }
  return result;
}

Result<ExprPtr> Binder::bind_boolean(ast::ExprPtr expr, std::string_view construct) {
  size_t sets_before = level_->set_functions.size();
  ExprPtr bound = TRY(bind_expr(expr));
  bound = TRY(coerce_boolean(std::move(bound), construct));
  if (level_->set_functions.size() == sets_before) return bound;
  return Error(sqlstate::datatype_mismatch, fmt::format("argument of {} must not return a set", construct))
      .at(expr->range.begin);
}

Result<ExprPtr> Binder::bind_expr(ast::ExprPtr expr) {
  StackGuard::Level deeper(stack_);
  TRY(stack_.check());
  struct Visitor {
    Binder& binder;
    const ast::Expr& whole;
    Position position() const { return whole.position; }
    Position begin() const { return whole.range.begin == kNoPosition ? whole.position : whole.range.begin; }

    Result<ExprPtr> operator()(const ast::Literal& node) { return binder.bind_literal(node, begin()); }
    Result<ExprPtr> operator()(const ast::ColumnRef& node) { return binder.resolve_column(node, begin()); }
    Result<ExprPtr> operator()(const ast::Star&) {
      return Error(sqlstate::syntax_error, "row expansion via \"*\" is not supported here").at(begin());
    }
    Result<ExprPtr> operator()(const ast::Parameter& node) { return binder.bind_parameter(node, begin()); }
    Result<ExprPtr> operator()(const ast::Unary& node) { return binder.bind_unary(node, whole); }
    Result<ExprPtr> operator()(const ast::Binary&) { return binder.bind_binary(&whole); }
    Result<ExprPtr> operator()(const ast::And& node) {
      return binder.bind_logic(node.operands, true, position());
    }
    Result<ExprPtr> operator()(const ast::Or& node) {
      return binder.bind_logic(node.operands, false, position());
    }
    Result<ExprPtr> operator()(const ast::Not& node) {
      ExprPtr operand = TRY(binder.bind_boolean(node.operand, "NOT"));
      return negate(std::move(operand), begin());
    }
    Result<ExprPtr> operator()(const ast::IsNull& node) { return binder.bind_is_null(node, begin()); }
    Result<ExprPtr> operator()(const ast::IsTruth& node) {
      ExprPtr operand = TRY(binder.bind_boolean(node.operand, truth_construct(node)));
      if (node.truth == ast::TruthValue::Unknown)
        return bind_unary_node(expression::IsUnknown{node.negated}, std::move(operand), begin());
      return bind_unary_node(expression::IsTruth{node.truth == ast::TruthValue::True, node.negated},
                             std::move(operand), begin());
    }
    Result<ExprPtr> operator()(const ast::IsDistinct& node) { return binder.bind_distinct(node, position()); }
    Result<ExprPtr> operator()(const ast::Between& node) { return binder.bind_between(node, position()); }
    Result<ExprPtr> operator()(const ast::InList& node) { return binder.bind_in_list(node, position()); }
    Result<ExprPtr> operator()(const ast::InQuery& node) { return binder.bind_in_query(node, position()); }
    Result<ExprPtr> operator()(const ast::Match& node) { return binder.bind_match(node, position()); }
    Result<ExprPtr> operator()(const ast::Quantified& node) {
      return binder.bind_quantified(node, position());
    }
    Result<ExprPtr> operator()(const ast::Exists& node) { return binder.bind_exists(node, begin()); }
    Result<ExprPtr> operator()(const ast::ScalarQuery& node) {
      return binder.bind_scalar_query(*node.query, begin(), 0, 1);
    }
    Result<ExprPtr> operator()(const ast::ArrayQuery&) {
      return Error(sqlstate::feature_not_supported, "arrays are not supported").at(begin());
    }
    Result<ExprPtr> operator()(const ast::Row&) {
      return Error(sqlstate::feature_not_supported, "row values are not supported here").at(begin());
    }
    Result<ExprPtr> operator()(const ast::Array&) {
      return Error(sqlstate::feature_not_supported, "arrays are not supported").at(begin());
    }
    Result<ExprPtr> operator()(const ast::Subscript&) {
      return Error(sqlstate::feature_not_supported, "subscripts are not supported").at(begin());
    }
    Result<ExprPtr> operator()(const ast::FieldSelect&) {
      return Error(sqlstate::feature_not_supported, "composite values are not supported").at(begin());
    }
    Result<ExprPtr> operator()(const ast::Case& node) { return binder.bind_case(node, whole); }
    Result<ExprPtr> operator()(const ast::Conditional& node) { return binder.bind_conditional(node, whole); }
    Result<ExprPtr> operator()(const ast::Cast& node) { return binder.bind_cast(node, position()); }
    Result<ExprPtr> operator()(const ast::Collate& node) {
      std::string_view name = node.collation.last();
      if (name != "C" && name != "POSIX" && name != "default" && name != "ucs_basic")
        return Error(sqlstate::feature_not_supported, fmt::format("collation \"{}\" is not supported", name))
            .at(position());
      ExprPtr operand = TRY(binder.bind_expr(node.operand));
      operand = TRY(binder.coerce_to_text_if_unknown(std::move(operand)));
      if (!is_string(operand->type.id))
        return Error(sqlstate::datatype_mismatch,
                     fmt::format("collations are not supported by type {}", base_type_name(operand->type.id)))
            .at(position());
      return operand;
    }
    Result<ExprPtr> operator()(const ast::SqlValue& node) { return binder.bind_sql_value(node, begin()); }
    Result<ExprPtr> operator()(const ast::Call& node) { return binder.bind_call(node, whole); }
    Result<ExprPtr> operator()(const ast::Grouping&) { return unsupported("GROUPING", begin()); }
    Result<ExprPtr> operator()(const ast::DefaultValue&) {
      return Error(sqlstate::syntax_error, "DEFAULT is not allowed in this context").at(begin());
    }
    Result<ExprPtr> operator()(const ast::CurrentOf&) { return unsupported("WHERE CURRENT OF", begin()); }
  };
  Visitor visitor{*this, *expr};
  Result<ExprPtr> bound = std::visit(visitor, expr->node);
  if (bound.ok() && *bound != nullptr) (*bound)->position = visitor.begin();
  return bound;
}

// ---- literals and parameters ------------------------------------------------------------------------------

Result<ExprPtr> Binder::bind_literal(const ast::Literal& literal, Position position) {
  switch (literal.kind) {
    case ast::LiteralKind::Null:
      return make_constant(Value(), position);
    case ast::LiteralKind::Boolean:
      return make_constant(Value::boolean(literal.integer != 0), position);
    case ast::LiteralKind::Integer:
      return make_constant(Value::integer(literal.integer), position);
    case ast::LiteralKind::Number:
      return bind_number(std::string(literal.text), position);
    case ast::LiteralKind::String:
      return make_constant(Value::unknown(literal.text), position);
    case ast::LiteralKind::BitString:
      return unsupported("bit string literal", position);
    case ast::LiteralKind::HexString:
      return unsupported("bit string literal", position);
  }
  return ExprPtr();
}

// Whole numbers are INTEGER, BIGINT or NUMERIC, the first that holds them; others NUMERIC.
Result<ExprPtr> Binder::bind_number(std::string text, Position position) {
  bool is_whole = text.find_first_not_of("0123456789", text[0] == '-' ? 1 : 0) == std::string::npos;
  size_t digits = text.size() - (text[0] == '-' ? 1 : 0);
  if (is_whole && digits <= 19) {
    __int128 value = 0;
    for (char c : text)
      if (c != '-') value = value * 10 + (c - '0');
    if (text[0] == '-') value = -value;
    if (value >= INT32_MIN && value <= INT32_MAX)
      return make_constant(Value::integer(static_cast<int32_t>(value)), position);
    if (value >= INT64_MIN && value <= INT64_MAX)
      return make_constant(Value::bigint(static_cast<int64_t>(value)), position);
  }
  ExprPtr untyped = make_constant(Value::unknown(text), position);
  return read_literal(*untyped, TypeId::Numeric, CastContext::Explicit);
}

Result<ExprPtr> Binder::bind_parameter(const ast::Parameter& parameter, Position position) {
  if (!options_.allow_parameters || parameter.number < 1)
    return Error(sqlstate::undefined_parameter, fmt::format("there is no parameter ${}", parameter.number))
        .at(position);
  auto index = static_cast<uint32_t>(parameter.number - 1);
  if (statement_.parameters.size() <= index) statement_.parameters.resize(index + 1, Type(TypeId::Unknown));
  return std::make_unique<Expr>(expression::Parameter{index}, statement_.parameters[index], position);
}

// ---- operators --------------------------------------------------------------------------------------------

Result<ExprPtr> Binder::bind_unary(const ast::Unary& unary, const ast::Expr& whole) {
  if (!unary.op.schema.empty() && unary.op.schema != "pg_catalog")
    return Error(sqlstate::undefined_function,
                 fmt::format("operator does not exist: {}.{}", unary.op.schema, unary.op.symbol))
        .at(unary.op.position);
  // The grammar's own doing in PostgreSQL: a sign before a number is part of it, so -2147483648 is INTEGER.
  if (unary.op.symbol == "-" && unary.op.schema.empty()) {
    const auto* literal = ast::as<ast::Literal>(unary.operand);
    if (literal != nullptr && literal->kind == ast::LiteralKind::Integer && literal->integer != INT32_MIN)
      return make_constant(Value::integer(-literal->integer), whole.range.begin);
    if (literal != nullptr && literal->kind == ast::LiteralKind::Number)
      return bind_number("-" + std::string(literal->text), whole.range.begin);
  }
  ExprPtr operand = TRY(bind_expr(unary.operand));
  return make_operator(unary.op.symbol, nullptr, std::move(operand), unary.op.position);
}

Result<ExprPtr> Binder::bind_binary(ast::ExprPtr expr) {
  // a + b + c … leans to the left and may be 100,000 deep.
  std::vector<const ast::Expr*> spine;
  ast::ExprPtr first = expr;
  while (const auto* binary = ast::as<ast::Binary>(first)) {
    spine.push_back(first);
    first = binary->left;
  }
  ExprPtr left;
  const auto* innermost = ast::as<ast::Binary>(spine.back());
  if (is_row(*first)) {
    left =
        TRY(bind_row_comparison(innermost->op, *innermost->left, *innermost->right, innermost->op.position));
    left->position = spine.back()->range.begin;
    spine.pop_back();
  } else {
    left = TRY(bind_expr(first));
  }
  for (size_t i = spine.size(); i-- > 0;) {
    const auto* binary = ast::as<ast::Binary>(spine[i]);
    if (!binary->op.schema.empty() && binary->op.schema != "pg_catalog")
      return Error(sqlstate::undefined_function,
                   fmt::format("operator does not exist: {}.{}", binary->op.schema, binary->op.symbol))
          .at(binary->op.position);
    ExprPtr right = TRY(bind_expr(binary->right));
    left = TRY(make_operator(binary->op.symbol, std::move(left), std::move(right), binary->op.position));
    left->position = spine[i]->range.begin;
  }
  return left;
}

Result<ExprPtr> Binder::bind_row_comparison(const ast::Operator& op, const ast::Expr& left,
                                            const ast::Expr& right, Position position) {
  const auto& left_row = std::get<ast::Row>(left.node);
  if (const auto* query = ast::as<ast::ScalarQuery>(&right)) {
    (void)query;
    return unsupported("comparison of a row with a subquery", position);
  }
  if (!is_row(right)) return unsupported("comparison of a row with a value", position);
  const auto& right_row = std::get<ast::Row>(right.node);
  std::vector<ExprPtr> lefts = TRY(bind_list(left_row.fields));
  std::vector<ExprPtr> rights = TRY(bind_list(right_row.fields));
  return compare_rows_bound(op.symbol, std::move(lefts), std::move(rights), position);
}

// (a, b) < (c, d) is a < c OR (a = c AND b < d); equality is plain conjunction.
Result<ExprPtr> Binder::compare_rows_bound(std::string_view op, std::vector<ExprPtr> left,
                                           std::vector<ExprPtr> right, Position position) {
  if (left.size() != right.size())
    return Error(sqlstate::syntax_error, "unequal number of entries in row expressions").at(position);
  if (left.empty())
    return Error(sqlstate::feature_not_supported, "cannot compare rows of zero length").at(position);
  bool is_equality = op == "=" || op == "<>";
  bool is_order = op == "<" || op == "<=" || op == ">" || op == ">=";
  if (!is_equality && !is_order)
    return Error(sqlstate::feature_not_supported,
                 fmt::format("could not determine interpretation of row comparison operator {}", op))
        .at(position)
        .hint("Row comparison operators must be associated with btree operator families.");
  if (is_equality) {
    std::vector<ExprPtr> terms;
    for (size_t i = 0; i < left.size(); ++i) {
      ExprPtr term = TRY(make_operator(op, std::move(left[i]), std::move(right[i]), position));
      terms.push_back(std::move(term));
    }
    if (op == "=" || terms.size() == 1) return conjunction(std::move(terms));
    auto any = std::make_unique<Expr>(expression::Or{}, TypeId::Boolean, position);
    any->children = std::move(terms);
    return any;
  }
  std::string_view strict_op = op.substr(0, 1);
  size_t last = left.size() - 1;
  ExprPtr result = TRY(make_operator(op, clone(*left[last]), clone(*right[last]), position));
  for (size_t i = last; i-- > 0;) {
    ExprPtr less = TRY(make_operator(strict_op, clone(*left[i]), clone(*right[i]), position));
    ExprPtr equal = TRY(make_operator("=", clone(*left[i]), clone(*right[i]), position));
    auto both = std::make_unique<Expr>(expression::And{}, TypeId::Boolean, position);
    both->children.push_back(std::move(equal));
    both->children.push_back(std::move(result));
    auto either = std::make_unique<Expr>(expression::Or{}, TypeId::Boolean, position);
    either->children.push_back(std::move(less));
    either->children.push_back(std::move(both));
    result = std::move(either);
  }
  return result;
}

Result<ExprPtr> Binder::bind_logic(const ast::List<ast::ExprPtr>& operands, bool is_and, Position position) {
  expression::Node node = is_and ? expression::Node(expression::And{}) : expression::Node(expression::Or{});
  auto expr = std::make_unique<Expr>(std::move(node), TypeId::Boolean, position);
  for (ast::ExprPtr operand : operands) {
    ExprPtr condition = TRY(bind_boolean(operand, is_and ? "AND" : "OR"));
    expr->children.push_back(std::move(condition));
  }
  return expr;
}

Result<ExprPtr> Binder::bind_is_null(const ast::IsNull& node, Position position) {
  if (const auto* row = ast::as<ast::Row>(node.operand)) {
    std::vector<ExprPtr> terms;
    for (ast::ExprPtr field : row->fields) {
      ExprPtr bound = TRY(bind_expr(field));
      terms.push_back(bind_unary_node(expression::IsNull{node.negated}, std::move(bound), position));
    }
    if (terms.empty()) return make_constant(Value::boolean(true), position);
    return conjunction(std::move(terms));
  }
  ExprPtr operand = TRY(bind_expr(node.operand));
  operand = TRY(coerce_to_text_if_unknown(std::move(operand)));
  return bind_unary_node(expression::IsNull{node.negated}, std::move(operand), position);
}

Result<ExprPtr> Binder::make_distinct(ExprPtr left, ExprPtr right, bool negated, Position position) {
  ExprPtr equal = TRY(make_operator("=", std::move(left), std::move(right), position));
  const Function* equals = std::get<expression::Call>(equal->node).function;
  auto expr = std::make_unique<Expr>(expression::IsDistinct{negated, equals}, TypeId::Boolean, position);
  expr->children = std::move(equal->children);
  return expr;
}

Result<ExprPtr> Binder::bind_distinct(const ast::IsDistinct& node, Position position) {
  if (is_row(*node.left) && is_row(*node.right)) {
    std::vector<ExprPtr> left = TRY(bind_list(std::get<ast::Row>(node.left->node).fields));
    std::vector<ExprPtr> right = TRY(bind_list(std::get<ast::Row>(node.right->node).fields));
    if (left.size() != right.size())
      return Error(sqlstate::syntax_error, "unequal number of entries in row expressions").at(position);
    std::vector<ExprPtr> terms;
    for (size_t i = 0; i < left.size(); ++i) {
      ExprPtr term = TRY(make_distinct(std::move(left[i]), std::move(right[i]), true, position));
      terms.push_back(std::move(term));
    }
    if (terms.empty()) return make_constant(Value::boolean(node.negated), position);
    ExprPtr same = conjunction(std::move(terms));
    return node.negated ? std::move(same) : negate(std::move(same), position);
  }
  ExprPtr left = TRY(bind_expr(node.left));
  ExprPtr right = TRY(bind_expr(node.right));
  // IS DISTINCT FROM NULL is a NULL test.
  for (ExprPtr* side : {&right, &left}) {
    const auto* constant = std::get_if<expression::Constant>(&(*side)->node);
    if (constant == nullptr || !constant->value.is_null() || (*side)->type.id != TypeId::Unknown) continue;
    ExprPtr other = std::move(side == &right ? left : right);
    other = TRY(coerce_to_text_if_unknown(std::move(other)));
    return bind_unary_node(expression::IsNull{!node.negated}, std::move(other), position);
  }
  return make_distinct(std::move(left), std::move(right), node.negated, position);
}

Result<ExprPtr> Binder::bind_between(const ast::Between& node, Position position) {
  // As in PostgreSQL the operand is evaluated once a comparison.
  auto compare = [&](std::string_view op, ast::ExprPtr bound_written) -> Result<ExprPtr> {
    ExprPtr left = TRY(bind_expr(node.operand));
    ExprPtr right = TRY(bind_expr(bound_written));
    return make_operator(op, std::move(left), std::move(right), position);
  };
  auto range = [&](ast::ExprPtr low, ast::ExprPtr high) -> Result<ExprPtr> {
    std::vector<ExprPtr> terms;
    ExprPtr above = TRY(compare(">=", low));
    terms.push_back(std::move(above));
    ExprPtr below = TRY(compare("<=", high));
    terms.push_back(std::move(below));
    return conjunction(std::move(terms));
  };
  ExprPtr inside = TRY(range(node.low, node.high));
  if (node.symmetric) {
    ExprPtr swapped = TRY(range(node.high, node.low));
    auto either = std::make_unique<Expr>(expression::Or{}, TypeId::Boolean, position);
    either->children.push_back(std::move(inside));
    either->children.push_back(std::move(swapped));
    inside = std::move(either);
  }
  return node.negated ? negate(std::move(inside), position) : std::move(inside);
}

// Of the query, or of the table whose expression is bound.
bool Binder::mentions_columns(const Expr& expr) const {
  bool found = !mentioned(expr).empty();
  walk(expr, [&](const Expr& node) {
    found = found || std::holds_alternative<expression::InputRef>(node.node);
    return !found;
  });
  return found;
}

Result<ExprPtr> Binder::bind_in_list(const ast::InList& node, Position position) {
  std::string_view op = node.negated ? "<>" : "=";
  auto combine_terms = [&](std::vector<ExprPtr> terms) -> ExprPtr {
    if (terms.size() == 1) return std::move(terms[0]);
    if (node.negated) return conjunction(std::move(terms));
    auto any = std::make_unique<Expr>(expression::Or{}, TypeId::Boolean, position);
    any->children = std::move(terms);
    return any;
  };
  if (is_row(*node.operand)) {
    std::vector<ExprPtr> terms;
    for (ast::ExprPtr item : node.items) {
      if (!is_row(*item))
        return Error(sqlstate::syntax_error, "unequal number of entries in row expressions").at(position);
      ast::Operator written{op, {}, position};
      ExprPtr term = TRY(bind_row_comparison(written, *node.operand, *item, position));
      terms.push_back(std::move(term));
    }
    return combine_terms(std::move(terms));
  }
  ExprPtr tested = TRY(bind_expr(node.operand));
  std::vector<ExprPtr> constants, others;
  std::vector<bool> is_constant;  // one an item
  for (ast::ExprPtr item : node.items) {
    ExprPtr bound = TRY(bind_expr(item));
    is_constant.push_back(!mentions_columns(*bound));
    (is_constant.back() ? constants : others).push_back(std::move(bound));
  }
  std::vector<ExprPtr> terms;
  Type common;
  bool listed = false;
  if (constants.size() > 1) {
    std::vector<const Expr*> all{tested.get()};
    for (const ExprPtr& constant : constants) all.push_back(constant.get());
    if (try_common_type(all, common)) {
      bool all_coerce = true;
      for (const Expr* one : all)
        all_coerce = all_coerce && can_coerce(one->type, common, CastContext::Implicit);
      if (all_coerce) {
        common = common_modifiers(all, common, true);
        auto list =
            std::make_unique<Expr>(expression::InList{node.negated, nullptr}, TypeId::Boolean, position);
        ExprPtr operand =
            TRY(coerce_common(others.empty() ? std::move(tested) : clone(*tested), common, "IN"));
        list->children.push_back(std::move(operand));
        for (ExprPtr& constant : constants) {
          ExprPtr coerced = TRY(coerce_common(std::move(constant), common, "IN"));
          list->children.push_back(std::move(coerced));
        }
        std::get<expression::InList>(list->node).equals =
            TRY(find_operator("=", list->children[0].get(), *list->children[1], position));
        const Function* equals = std::get<expression::InList>(list->node).equals;
        // varchar has no equality of its own: the list is compared as the operator's type.
        for (ExprPtr& child : list->children) {
          if (child->type.id != equals->arguments[0])
            child = TRY(coerce(std::move(child), equals->arguments[0], CastContext::Implicit));
        }
        terms.push_back(std::move(list));
        listed = true;
      }
    }
  }
  if (!listed && !constants.empty()) {  // one by one, as written
    std::vector<ExprPtr> written;
    auto constant = constants.begin(), other = others.begin();
    for (bool is_next : is_constant) written.push_back(std::move(is_next ? *constant++ : *other++));
    others = std::move(written);
  }
  for (ExprPtr& other : others) {
    ExprPtr term = TRY(make_operator(op, clone(*tested), std::move(other), position));
    terms.push_back(std::move(term));
  }
  return combine_terms(std::move(terms));
}

Result<ExprPtr> Binder::bind_match(const ast::Match& node, Position position) {
  ExprPtr operand = TRY(bind_expr(node.operand));
  ExprPtr pattern = TRY(bind_expr(node.pattern));
  bool is_similar = node.kind == ast::MatchKind::SimilarTo;
  if (node.escape != nullptr || is_similar) {
    std::vector<ExprPtr> arguments;
    arguments.push_back(std::move(pattern));
    if (node.escape != nullptr) {
      ExprPtr bound = TRY(bind_expr(node.escape));
      arguments.push_back(std::move(bound));
    }
    std::string_view name = is_similar ? "similar_to_escape" : "like_escape";
    if (functions().functions(name).empty())
      return unsupported(is_similar ? "SIMILAR TO" : "LIKE … ESCAPE", position);
    pattern = TRY(make_function(name, std::move(arguments), position));
  }
  std::string_view op = is_similar                          ? (node.negated ? "!~" : "~")
                        : node.kind == ast::MatchKind::Like ? (node.negated ? "!~~" : "~~")
                                                            : (node.negated ? "!~~*" : "~~*");
  return make_operator(op, std::move(operand), std::move(pattern), position);
}

// ---- conditionals -----------------------------------------------------------------------------------------

Result<ExprPtr> Binder::bind_case(const ast::Case& node, const ast::Expr& whole) {
  Position position = whole.range.begin;
  uint32_t id = next_case_++;
  size_t sets_before = level_->set_functions.size();
  ExprPtr operand;
  if (node.operand != nullptr) {
    operand = TRY(bind_expr(node.operand));
    operand = TRY(coerce_to_text_if_unknown(std::move(operand)));
  }
  std::vector<ExprPtr> conditions, results;
  for (const ast::When& when : node.whens) {
    if (operand != nullptr) {
      ExprPtr tested = std::make_unique<Expr>(expression::CaseOperand{id}, operand->type, operand->position);
      ExprPtr value = TRY(bind_expr(when.condition));
      ExprPtr equal =
          TRY(make_operator("=", std::move(tested), std::move(value), when.condition->range.begin));
      conditions.push_back(std::move(equal));
    } else {
      ExprPtr condition = TRY(bind_boolean(when.condition, "CASE/WHEN"));
      conditions.push_back(std::move(condition));
    }
    ExprPtr bound = TRY(bind_expr(when.result));
    results.push_back(std::move(bound));
  }
  ExprPtr otherwise;
  if (node.otherwise != nullptr) otherwise = TRY(bind_expr(node.otherwise));
  TRY(refuse_set_functions(sets_before, "CASE"));
  // PostgreSQL looks at ELSE first.
  std::vector<const Expr*> branches;
  if (otherwise != nullptr) branches.push_back(otherwise.get());
  for (const ExprPtr& result : results) branches.push_back(result.get());
  Type type = TRY(common_type(branches, "CASE"));
  type = common_modifiers(branches, type, false);
  auto expr =
      std::make_unique<Expr>(expression::Case{operand != nullptr, otherwise != nullptr, id}, type, position);
  if (operand != nullptr) expr->children.push_back(std::move(operand));
  for (size_t i = 0; i < results.size(); ++i) {
    expr->children.push_back(std::move(conditions[i]));
    ExprPtr coerced = TRY(coerce_common(std::move(results[i]), type, "CASE/WHEN"));
    expr->children.push_back(std::move(coerced));
  }
  if (otherwise != nullptr) {
    ExprPtr coerced = TRY(coerce_common(std::move(otherwise), type, "CASE/ELSE"));
    expr->children.push_back(std::move(coerced));
  }
  return expr;
}

Result<ExprPtr> Binder::bind_conditional(const ast::Conditional& node, const ast::Expr& whole) {
  Position position = whole.range.begin;
  size_t sets_before = level_->set_functions.size();
  std::vector<ExprPtr> arguments = TRY(bind_list(node.arguments));
  if (node.kind == ast::ConditionalKind::Coalesce) TRY(refuse_set_functions(sets_before, "COALESCE"));
  if (node.kind == ast::ConditionalKind::NullIf) {
    ExprPtr equal = TRY(make_operator("=", std::move(arguments[0]), std::move(arguments[1]), position));
    ExprPtr value = std::move(equal->children[0]);
    const Function* equals = std::get<expression::Call>(equal->node).function;
    auto expr = std::make_unique<Expr>(expression::NullIf{equals}, value->type, position);
    expr->children.push_back(std::move(value));
    expr->children.push_back(std::move(equal->children[1]));
    return expr;
  }
  std::string_view name = conditional_name(node.kind);
  std::vector<const Expr*> branches = borrowed(arguments);
  Type type = TRY(common_type(branches, name));
  type = common_modifiers(branches, type, false);
  expression::Node kind = expression::Coalesce{};
  if (node.kind == ast::ConditionalKind::Greatest) kind = expression::MinMax{true};
  if (node.kind == ast::ConditionalKind::Least) kind = expression::MinMax{false};
  auto expr = std::make_unique<Expr>(std::move(kind), type, position);
  for (ExprPtr& argument : arguments) {
    ExprPtr coerced = TRY(coerce_common(std::move(argument), type, name));
    expr->children.push_back(std::move(coerced));
  }
  return expr;
}

Result<ExprPtr> Binder::bind_cast(const ast::Cast& node, Position position) {
  Type to = TRY(resolve_type(*node.type));
  ExprPtr operand = TRY(bind_expr(node.operand));
  if (!can_coerce(operand->type, to, CastContext::Explicit))
    return Error(sqlstate::cannot_coerce,
                 fmt::format("cannot cast type {} to {}", base_type_name(operand->type.id),
                             base_type_name(to.id)))
        .at(position);
  ExprPtr cast = TRY(coerce(std::move(operand), to, CastContext::Explicit));
  // Said aloud, the type is the declared one.
  return cast;
}

Result<ExprPtr> Binder::bind_sql_value(const ast::SqlValue& node, Position position) {
  using Kind = ast::SqlValueKind;
  auto call = [&](std::string_view name) { return make_function(name, {}, position); };
  auto call_to = [&](std::string_view name) -> Result<ExprPtr> {
    ExprPtr value = TRY(call(name));
    if (node.precision < 0) return value;
    Type type = value->type;
    type.precision = static_cast<uint16_t>(std::min(node.precision, 6) + 1);
    return coerce(std::move(value), type, CastContext::Explicit);
  };
  switch (node.kind) {
    case Kind::CurrentDate:
      return call("current_date");
    case Kind::CurrentTime:
      return unsupported("CURRENT_TIME (type time with time zone)", position);
    case Kind::CurrentTimestamp:
      return call_to("current_timestamp");
    case Kind::LocalTime:
      return call_to("localtime");
    case Kind::LocalTimestamp:
      return call_to("localtimestamp");
    case Kind::CurrentRole:
      return call("current_role");
    case Kind::CurrentUser:
      return call("current_user");
    case Kind::User:
      return call("user");
    case Kind::SessionUser:
      return call("session_user");
    case Kind::CurrentCatalog:
      return call("current_catalog");
    case Kind::CurrentSchema:
      return call("current_schema");
  }
  return ExprPtr();
}

}  // namespace rowan::binding
