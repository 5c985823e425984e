// parser/grammar_special_call.cpp: calls with a syntax of their own: CAST, EXTRACT, SUBSTRING, TRIM,
// CURRENT_DATE …
#include "parser/grammar.h"

namespace rowan {

bool Grammar::at_special_call() {
  if (!at(TokenKind::Keyword)) return false;
  switch (peek().keyword) {
    case Keyword::CurrentDate:
    case Keyword::CurrentTime:
    case Keyword::CurrentTimestamp:
    case Keyword::Localtime:
    case Keyword::Localtimestamp:
    case Keyword::CurrentRole:
    case Keyword::CurrentUser:
    case Keyword::User:
    case Keyword::SessionUser:
    case Keyword::CurrentCatalog:
    case Keyword::Cast:
      return true;
    case Keyword::CurrentSchema:
      return peek(1).kind != TokenKind::LeftParen;
    case Keyword::Coalesce:
    case Keyword::Nullif:
    case Keyword::Greatest:
    case Keyword::Least:
    case Keyword::Extract:
    case Keyword::Overlay:
    case Keyword::Position:
    case Keyword::Substring:
    case Keyword::Trim:
    case Keyword::Treat:
    case Keyword::Normalize:
    case Keyword::Xmlattributes:
    case Keyword::Xmlconcat:
    case Keyword::Xmlelement:
    case Keyword::Xmlexists:
    case Keyword::Xmlforest:
    case Keyword::Xmlparse:
    case Keyword::Xmlpi:
    case Keyword::Xmlroot:
    case Keyword::Xmlserialize:
      return peek(1).kind == TokenKind::LeftParen;
    case Keyword::Collation:
      return peek(1).kind == TokenKind::Keyword && ahead(1, Keyword::For);
    default:
      return false;
  }
}

Result<ast::ExprPtr> Grammar::special_call() {
  StackGuard::Level level(stack_);
  TRY(stack_.check());
  using enum ast::SqlValueKind;
  switch (peek().keyword) {
    case Keyword::CurrentDate:
      return sql_value(CurrentDate, false);
    case Keyword::CurrentTime:
      return sql_value(CurrentTime, true);
    case Keyword::CurrentTimestamp:
      return sql_value(CurrentTimestamp, true);
    case Keyword::Localtime:
      return sql_value(LocalTime, true);
    case Keyword::Localtimestamp:
      return sql_value(LocalTimestamp, true);
    case Keyword::CurrentRole:
      return sql_value(CurrentRole, false);
    case Keyword::CurrentUser:
      return sql_value(CurrentUser, false);
    case Keyword::User:
      return sql_value(User, false);
    case Keyword::SessionUser:
      return sql_value(SessionUser, false);
    case Keyword::CurrentCatalog:
      return sql_value(CurrentCatalog, false);
    case Keyword::CurrentSchema:
      return sql_value(CurrentSchema, false);
    case Keyword::Cast:
      return cast_call();
    case Keyword::Coalesce:
      return conditional(ast::ConditionalKind::Coalesce);
    case Keyword::Nullif:
      return conditional(ast::ConditionalKind::NullIf);
    case Keyword::Greatest:
      return conditional(ast::ConditionalKind::Greatest);
    case Keyword::Least:
      return conditional(ast::ConditionalKind::Least);
    case Keyword::Extract:
      return extract_call();
    case Keyword::Overlay:
      return overlay_call();
    case Keyword::Position:
      return position_call();
    case Keyword::Substring:
      return substring_call();
    case Keyword::Trim:
      return trim_call();
    case Keyword::Treat:
      return unsupported("TREAT", position());
    case Keyword::Normalize:
      return unsupported("NORMALIZE", position());
    case Keyword::Collation:
      return unsupported("COLLATION FOR", position());
    default:
      return unsupported("XML", position());
  }
}

// What FROM takes: a call without FILTER and OVER.
Result<ast::ExprPtr> Grammar::windowless_call() {
  Position begin = position();
  if (at_special_call()) return special_call();
  if (!at_name() && !at_function_name()) return syntax_error();
  bool is_function = at_function_name();
  Token token = advance();
  ast::Name first{token.text, token.begin};
  ast::QualifiedName found = TRY(dotted(first));
  if (found.parts.size() == 1 && !is_function) return syntax_error();
  return call(found, begin, false);
}

Result<ast::ExprPtr> Grammar::sql_value(ast::SqlValueKind kind, bool takes_precision) {
  Position begin = advance().begin;
  int32_t precision = -1;
  if (takes_precision && accept(TokenKind::LeftParen)) {
    precision = TRY(integer());
    TRY(expect(TokenKind::RightParen));
  }
  return make(ast::SqlValue{kind, precision}, begin, begin);
}

Result<ast::ExprPtr> Grammar::conditional(ast::ConditionalKind kind) {
  Position begin = advance().begin;
  TRY(expect(TokenKind::LeftParen));
  ast::List<ast::ExprPtr> arguments;
  if (kind == ast::ConditionalKind::NullIf) {
    ListBuilder pair(*this);
    ast::ExprPtr left = TRY(expression());
    pair.add(left);
    TRY(expect(TokenKind::Comma));
    ast::ExprPtr right = TRY(expression());
    pair.add(right);
    arguments = pair.finish();
  } else {
    arguments = TRY(expression_list());
  }
  TRY(expect(TokenKind::RightParen));
  return make(ast::Conditional{kind, arguments}, begin, begin);
}

Result<ast::ExprPtr> Grammar::cast_call() {
  Position begin = advance().begin;
  TRY(expect(TokenKind::LeftParen));
  ast::ExprPtr operand = TRY(expression());
  TRY(expect(Keyword::As));
  const ast::TypeName* type = TRY(type_name());
  TRY(expect(TokenKind::RightParen));
  return make(ast::Cast{operand, type, ast::CastSyntax::Cast}, begin, begin);
}

Result<ast::ExprPtr> Grammar::system_call(std::string_view name, std::vector<ast::ExprPtr> values,
                                          Position begin) {
  TRY(expect(TokenKind::RightParen));
  std::vector<ast::Argument> arguments;
  for (ast::ExprPtr value : values) arguments.push_back({value, {}});
  return make(ast::Call{system_name(name, begin), arena_.list(arguments), nullptr, false, true}, begin,
              begin);
}

// EXTRACT(field FROM x): the field is a string.
Result<ast::ExprPtr> Grammar::extract_call() {
  Position begin = advance().begin;
  TRY(expect(TokenKind::LeftParen));
  bool is_field = at(TokenKind::Identifier) || at(TokenKind::String);
  for (Keyword field :
       {Keyword::Year, Keyword::Month, Keyword::Day, Keyword::Hour, Keyword::Minute, Keyword::Second}) {
    is_field |= at(field);
  }
  if (!is_field) return syntax_error();
  Token field = advance();
  ast::ExprPtr name = make(ast::Literal{ast::LiteralKind::String, 0, field.text}, field.begin, field.begin);
  TRY(expect(Keyword::From));
  ast::ExprPtr source = TRY(expression());
  return system_call("extract", {name, source}, begin);
}

// OVERLAY(a PLACING b FROM c [FOR d]), or plain arguments for a function of that name
Result<ast::ExprPtr> Grammar::overlay_call() {
  Position begin = advance().begin;
  TRY(expect(TokenKind::LeftParen));
  if (at(TokenKind::RightParen)) return plain_arguments("overlay", begin);
  ast::Argument first = TRY(argument());
  if (!first.name.empty() || at(TokenKind::Comma) || at(TokenKind::RightParen)) {
    std::vector<ast::Argument> arguments{first};
    while (accept(TokenKind::Comma)) {
      ast::Argument parsed = TRY(argument());
      arguments.push_back(parsed);
    }
    TRY(expect(TokenKind::RightParen));
    ast::Name parts[] = {{"overlay", begin}};
    return make(ast::Call{{arena_.list(parts, 1)}, arena_.list(arguments), nullptr, false, false}, begin,
                begin);
  }
  std::vector<ast::ExprPtr> values{first.value};
  TRY(expect(Keyword::Placing));
  ast::ExprPtr replacement = TRY(expression());
  values.push_back(replacement);
  TRY(expect(Keyword::From));
  ast::ExprPtr start = TRY(expression());
  values.push_back(start);
  if (accept(Keyword::For)) {
    ast::ExprPtr count = TRY(expression());
    values.push_back(count);
  }
  return system_call("overlay", std::move(values), begin);
}

// POSITION(a IN b) is position(b, a).
Result<ast::ExprPtr> Grammar::position_call() {
  Position begin = advance().begin;
  TRY(expect(TokenKind::LeftParen));
  ast::ExprPtr needle = TRY(restricted_expression());
  TRY(expect(Keyword::In));
  ast::ExprPtr text = TRY(restricted_expression());
  return system_call("position", {text, needle}, begin);
}

Result<ast::ExprPtr> Grammar::plain_arguments(std::string_view name, Position begin) {
  ast::Call made{{}, {}, nullptr, false, false};
  ast::Name parts[] = {{name, begin}};
  made.name = {arena_.list(parts, 1)};
  TRY(expect(TokenKind::RightParen));
  return make(made, begin, begin);
}

// SUBSTRING(a FROM b [FOR c]), (a FOR c [FROM b]), (a SIMILAR b ESCAPE c); or plain arguments
Result<ast::ExprPtr> Grammar::substring_call() {
  Position begin = advance().begin;
  TRY(expect(TokenKind::LeftParen));
  if (at(TokenKind::RightParen)) return plain_arguments("substring", begin);
  ast::Argument first = TRY(argument());
  if (!first.name.empty() || at(TokenKind::Comma) || at(TokenKind::RightParen)) {
    std::vector<ast::Argument> arguments{first};
    while (accept(TokenKind::Comma)) {
      ast::Argument parsed = TRY(argument());
      arguments.push_back(parsed);
    }
    TRY(expect(TokenKind::RightParen));
    ast::Name parts[] = {{"substring", begin}};
    return make(ast::Call{{arena_.list(parts, 1)}, arena_.list(arguments), nullptr, false, false}, begin,
                begin);
  }
  ast::ExprPtr text = first.value, from = nullptr, count = nullptr;
  if (accept(Keyword::Similar)) {
    from = TRY(expression());
    TRY(expect(Keyword::Escape));
    count = TRY(expression());
    return system_call("substring", {text, from, count}, begin);
  }
  if (!at(Keyword::From) && !at(Keyword::For)) return syntax_error();
  if (accept(Keyword::From)) from = TRY(expression());
  if (accept(Keyword::For)) count = TRY(expression());
  if (from == nullptr && accept(Keyword::From)) from = TRY(expression());
  if (count == nullptr) return system_call("substring", {text, from}, begin);
  if (from == nullptr) {
    // FOR alone counts from 1; the cast keeps substring(text, text, text) from being meant.
    from = make(ast::Literal{ast::LiteralKind::Integer, 1, {}}, kNoPosition, begin);
    ast::TypeName* type = arena_.make(ast::TypeName{});
    type->name = system_name("int4", kNoPosition);
    count = make(ast::Cast{count, type, ast::CastSyntax::Cast}, kNoPosition, count->range.begin);
  }
  return system_call("substring", {text, from, count}, begin);
}

// TRIM([BOTH | LEADING | TRAILING] [a] FROM b, …) is btrim, ltrim, rtrim of (b, a).
Result<ast::ExprPtr> Grammar::trim_call() {
  Position begin = advance().begin;
  TRY(expect(TokenKind::LeftParen));
  std::string_view name = "btrim";
  if (accept(Keyword::Leading)) {
    name = "ltrim";
  } else if (accept(Keyword::Trailing)) {
    name = "rtrim";
  } else {
    accept(Keyword::Both);
  }
  std::vector<ast::ExprPtr> values;
  ast::ExprPtr characters = nullptr;
  if (!accept(Keyword::From)) {
    ast::ExprPtr first = TRY(expression());
    if (accept(Keyword::From)) {
      characters = first;
    } else {
      values.push_back(first);
    }
  }
  if (values.empty()) {
    ast::ExprPtr value = TRY(expression());
    values.push_back(value);
  }
  while (accept(TokenKind::Comma)) {
    ast::ExprPtr value = TRY(expression());
    values.push_back(value);
  }
  if (characters != nullptr) values.push_back(characters);
  return system_call(name, std::move(values), begin);
}

}  // namespace rowan
