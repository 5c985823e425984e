// parser/grammar_primary.cpp: what operators apply to: constants, columns, parentheses, CASE, ARRAY, ROW.
#include <algorithm>

#include "parser/grammar.h"

namespace rowan {

ast::ExprPtr Grammar::literal() {
  Token token = advance();
  ast::Literal literal;
  literal.text = token.text;
  switch (token.kind) {
    case TokenKind::Integer:
      literal.kind = ast::LiteralKind::Integer;
      literal.integer = token.integer;
      break;
    case TokenKind::Number:
      literal.kind = ast::LiteralKind::Number;
      break;
    case TokenKind::String:
      literal.kind = ast::LiteralKind::String;
      break;
    case TokenKind::BitString:
      literal.kind = ast::LiteralKind::BitString;
      break;
    case TokenKind::HexString:
      literal.kind = ast::LiteralKind::HexString;
      break;
    default:
      literal.text = {};
      literal.kind = token.keyword == Keyword::Null ? ast::LiteralKind::Null : ast::LiteralKind::Boolean;
      literal.integer = token.keyword == Keyword::True;
      break;
  }
  return make(literal, token.begin, token.begin);
}

Result<ast::ExprPtr> Grammar::primary() {
  switch (peek().kind) {
    case TokenKind::Integer:
    case TokenKind::Number:
    case TokenKind::String:
    case TokenKind::BitString:
    case TokenKind::HexString:
      return literal();
    case TokenKind::Parameter: {
      Token token = advance();
      parameter_count_ = std::max(parameter_count_, token.integer);
      return indirection(make(ast::Parameter{token.integer}, token.begin, token.begin), token.begin);
    }
    case TokenKind::LeftParen:
      return parenthesized_primary();
    case TokenKind::Identifier:
      return name_primary();
    case TokenKind::Keyword:
      return keyword_primary();
    default:
      return syntax_error();
  }
}

Result<ast::ExprPtr> Grammar::keyword_primary() {
  Position begin = position();
  switch (peek().keyword) {
    case Keyword::Null:
    case Keyword::True:
    case Keyword::False:
      return literal();
    case Keyword::Case:
      return case_expression();
    case Keyword::Array:
      return array_constructor();
    case Keyword::Default:
      advance();
      return make(ast::DefaultValue{}, begin, begin);
    case Keyword::Unique:
      return unsupported("UNIQUE predicate", begin);
    case Keyword::Row:
      if (peek(1).kind == TokenKind::LeftParen) return row_constructor();
      break;
    case Keyword::Exists:
      if (peek(1).kind == TokenKind::LeftParen) {
        advance();
        ast::Query* query = TRY(query_in_parentheses());
        return make(ast::Exists{query}, begin, begin);
      }
      break;
    case Keyword::Grouping:
      if (peek(1).kind == TokenKind::LeftParen) {
        advance();
        advance();
        ast::List<ast::ExprPtr> arguments = TRY(expression_list());
        TRY(expect(TokenKind::RightParen));
        return make(ast::Grouping{arguments}, begin, begin);
      }
      break;
    default:
      break;
  }
  if (at_special_call()) return special_call();
  if (at_type_keyword()) return constant_of_type();
  return name_primary();
}

// A column, a call, or the name of a type before a literal.
Result<ast::ExprPtr> Grammar::name_primary() {
  Position begin = position();
  bool may_be_column = at_name(), may_be_function = at_function_name();
  if (!may_be_column && !may_be_function) return syntax_error();
  if (may_be_function && peek(1).kind == TokenKind::String) return constant_of_type();
  Token token = advance();
  ast::Name first{token.text, token.begin};
  if (at(TokenKind::LeftParen) && may_be_function) return call({arena_.list(&first, 1)}, begin, true);
  if (!may_be_column) return syntax_error();
  return column(first, begin);
}

// a, t.a, t.*, a[1], and s.f(…), s.t 'x'
Result<ast::ExprPtr> Grammar::column(ast::Name first, Position begin) {
  if (!at(TokenKind::Dot)) {
    ast::ExprPtr made = make(ast::ColumnRef{{arena_.list(&first, 1)}}, begin, begin);
    return at(TokenKind::LeftBracket) ? indirection(made, begin) : Result<ast::ExprPtr>(made);
  }
  std::vector<ast::Name> parts{first};
  while (accept(TokenKind::Dot)) {
    if (accept(TokenKind::Star)) return make(ast::Star{{arena_.list(parts)}}, begin, begin);
    ast::Name part = TRY(label());
    parts.push_back(part);
  }
  ast::QualifiedName found{arena_.list(parts)};
  if (at(TokenKind::LeftParen)) return call(found, begin, true);
  if (at(TokenKind::String)) {
    ast::TypeName* type = arena_.make(ast::TypeName{});
    type->name = found;
    type->position = begin;
    type->range = {begin, last_end_};
    return string_of_type(type, begin);
  }
  return indirection(make(ast::ColumnRef{found}, begin, begin), begin);
}

// DATE '…', numeric(3, 1) '…', INTERVAL '…' DAY; or a type's word that names a column.
Result<ast::ExprPtr> Grammar::constant_of_type() {
  Position begin = position();
  size_t next = at(Keyword::Double, Keyword::Precision) ? 2 : 1;
  Keyword following = peek(next).kind == TokenKind::Keyword ? peek(next).keyword : Keyword::NotKeyword;
  bool is_type = peek(next).kind == TokenKind::String || peek(next).kind == TokenKind::LeftParen ||
                 following == Keyword::Varying || following == Keyword::With ||
                 following == Keyword::Without || at(Keyword::National) || at(Keyword::Nchar);
  if (following == Keyword::With || following == Keyword::Without) is_type = ahead(next + 1, Keyword::Time);
  if (!is_type) return name_primary();
  ast::TypeName* type = TRY(simple_type_name(true));
  return string_of_type(type, begin);
}

Result<ast::ExprPtr> Grammar::string_of_type(ast::TypeName* type, Position begin) {
  if (!at(TokenKind::String)) return syntax_error();
  ast::ExprPtr value = literal();
  if (type->name.last() == "interval" && type->name.schema() == "pg_catalog" && type->modifiers.empty()) {
    TRY(interval_fields(*type));
  }
  return make(ast::Cast{value, type, ast::CastSyntax::Prefix}, begin, begin);
}

// ---- parentheses
// -------------------------------------------------------------------------------------------

// A query, an expression or a list of expressions between parentheses. Which of them it is shows only after
// any number of further parentheses: ((SELECT 1) UNION SELECT 2) is a query, ((SELECT 1) + 1) is not.
Result<Grammar::Parenthesized> Grammar::parenthesized() {
  StackGuard::Level level(stack_);
  TRY(stack_.check());
  TRY(expect(TokenKind::LeftParen));
  Parenthesized found;
  if (at_query()) {
    found.query = TRY(query());
    TRY(expect(TokenKind::RightParen));
    return found;
  }
  ast::ExprPtr first = nullptr;
  if (at(TokenKind::LeftParen)) {
    Position begin = position();
    Parenthesized inner = TRY(parenthesized());
    if (inner.query != nullptr && (at(TokenKind::RightParen) || at_query_tail())) {
      found.query = TRY(query_from(inner.query, begin, nullptr));
      TRY(expect(TokenKind::RightParen));
      return found;
    }
    if (inner.query != nullptr) {
      first = make(ast::ScalarQuery{inner.query}, begin, begin);
      first = TRY(indirection(first, begin));
    } else if (inner.expr != nullptr) {
      first = TRY(indirection(inner.expr, begin));
    } else {
      first = TRY(maybe_overlaps(make(ast::Row{inner.list, false}, begin, begin)));
    }
    first = TRY(infix(first, begin, 0, false));
  } else {
    first = TRY(expression());
  }
  if (accept(TokenKind::RightParen)) {
    found.expr = first;
    return found;
  }
  ListBuilder list(*this);
  list.add(first);
  TRY(expect(TokenKind::Comma));
  do {
    ast::ExprPtr value = TRY(expression());
    list.add(value);
  } while (accept(TokenKind::Comma));
  TRY(expect(TokenKind::RightParen));
  found.list = list.finish();
  return found;
}

Result<ast::ExprPtr> Grammar::parenthesized_primary() {
  Position begin = position();
  Parenthesized found = TRY(parenthesized());
  if (!found.list.empty()) return maybe_overlaps(make(ast::Row{found.list, false}, begin, begin));
  ast::ExprPtr made = found.query != nullptr ? make(ast::ScalarQuery{found.query}, begin, begin) : found.expr;
  return indirection(made, begin);
}

// (a, b) OVERLAPS (c, d)
Result<ast::ExprPtr> Grammar::maybe_overlaps(ast::ExprPtr row) {
  if (!at(Keyword::Overlaps)) return row;
  Position where = advance().begin;
  Position begin = position();
  ast::List<ast::ExprPtr> left = std::get<ast::Row>(row->node).fields, right;
  if (at(Keyword::Row)) {
    ast::ExprPtr made = TRY(row_constructor());
    right = std::get<ast::Row>(made->node).fields;
  } else {
    if (!at(TokenKind::LeftParen)) return syntax_error();
    Parenthesized found = TRY(parenthesized());
    if (found.list.empty()) return syntax_error();
    right = found.list;
  }
  if (left.size() != 2) {
    return error_at("wrong number of parameters on left side of OVERLAPS expression", row->range.begin);
  }
  if (right.size() != 2)
    return error_at("wrong number of parameters on right side of OVERLAPS expression", begin);
  ast::Argument arguments[] = {{left[0], {}}, {left[1], {}}, {right[0], {}}, {right[1], {}}};
  return make(ast::Call{system_name("overlaps", where), arena_.list(arguments, 4), nullptr, false, true},
              where, row->range.begin);
}

// .field, .*, [i], [l:u] after a parenthesis or a parameter
Result<ast::ExprPtr> Grammar::indirection(ast::ExprPtr base, Position begin) {
  for (;;) {
    if (at(TokenKind::LeftBracket)) {
      base = TRY(subscript(base, begin));
    } else if (at(TokenKind::Dot)) {
      Position where = position();
      advance();
      if (accept(TokenKind::Star)) return make(ast::FieldSelect{base, {}}, where, begin);
      ast::Name field = TRY(label());
      base = make(ast::FieldSelect{base, field}, begin, begin);
    } else {
      return base;
    }
  }
}

Result<ast::ExprPtr> Grammar::subscript(ast::ExprPtr base, Position begin) {
  Position where = position();
  TRY(expect(TokenKind::LeftBracket));
  ast::ExprPtr lower = nullptr, upper = nullptr;
  if (!at(TokenKind::Colon)) lower = TRY(expression());
  bool is_slice = accept(TokenKind::Colon);
  if (is_slice && !at(TokenKind::RightBracket)) upper = TRY(expression());
  TRY(expect(TokenKind::RightBracket));
  return make(ast::Subscript{base, lower, upper, is_slice}, where, begin);
}

// ---- CASE, ARRAY, ROW
// --------------------------------------------------------------------------------------

Result<ast::ExprPtr> Grammar::case_expression() {
  Position begin = advance().begin;
  ast::Case made{};
  if (!at(Keyword::When)) made.operand = TRY(expression());
  std::vector<ast::When> whens;
  if (!at(Keyword::When)) return syntax_error();
  while (accept(Keyword::When)) {
    ast::When when{};
    when.condition = TRY(expression());
    TRY(expect(Keyword::Then));
    when.result = TRY(expression());
    whens.push_back(when);
  }
  if (accept(Keyword::Else)) made.otherwise = TRY(expression());
  TRY(expect(Keyword::End));
  made.whens = arena_.list(whens);
  return make(made, begin, begin);
}

Result<ast::ExprPtr> Grammar::array_constructor() {
  Position begin = advance().begin;
  if (at(TokenKind::LeftParen)) {
    ast::Query* query = TRY(query_in_parentheses());
    return make(ast::ArrayQuery{query}, begin, begin);
  }
  if (!at(TokenKind::LeftBracket)) return syntax_error();
  return array_elements(begin);
}

// [a, b], [[a], [b]], []
Result<ast::ExprPtr> Grammar::array_elements(Position begin) {
  StackGuard::Level level(stack_);
  TRY(stack_.check());
  TRY(expect(TokenKind::LeftBracket));
  ListBuilder elements(*this);
  if (at(TokenKind::LeftBracket)) {
    do {
      if (!at(TokenKind::LeftBracket)) return syntax_error();
      ast::ExprPtr row = TRY(array_elements(position()));
      elements.add(row);
    } while (accept(TokenKind::Comma));
  } else if (!at(TokenKind::RightBracket)) {
    do {
      ast::ExprPtr value = TRY(expression());
      elements.add(value);
    } while (accept(TokenKind::Comma));
  }
  TRY(expect(TokenKind::RightBracket));
  return make(ast::Array{elements.finish()}, begin, begin);
}

Result<ast::ExprPtr> Grammar::row_constructor() {
  Position begin = position();
  TRY(expect(Keyword::Row));
  TRY(expect(TokenKind::LeftParen));
  ast::List<ast::ExprPtr> fields;
  if (!at(TokenKind::RightParen)) fields = TRY(expression_list());
  TRY(expect(TokenKind::RightParen));
  return maybe_overlaps(make(ast::Row{fields, true}, begin, begin));
}

}  // namespace rowan
