// parser/grammar_names.cpp: which words may name what, names with dots, and constants that are not
// expressions.
#include <charconv>

#include "parser/grammar.h"

namespace rowan {

namespace {

bool is_category(const Token& token, KeywordCategory a, KeywordCategory b) {
  if (token.kind == TokenKind::Identifier) return true;
  if (token.kind != TokenKind::Keyword) return false;
  KeywordCategory category = keyword_info(token.keyword).category;
  return category == a || category == b;
}

}  // namespace

bool Grammar::at_name() {
  return is_category(peek(), KeywordCategory::Unreserved, KeywordCategory::ColumnName);
}

bool Grammar::at_function_name() {
  return is_category(peek(), KeywordCategory::Unreserved, KeywordCategory::TypeFunctionName);
}

bool Grammar::at_label() {
  return at(TokenKind::Identifier) || at(TokenKind::Keyword);
}

bool Grammar::at_bare_label() {
  if (at(TokenKind::Identifier)) return true;
  return at(TokenKind::Keyword) && keyword_info(peek().keyword).is_bare_label;
}

Result<ast::Name> Grammar::name_if(bool is_one) {
  if (!is_one) return syntax_error();
  Token token = advance();
  return ast::Name{token.text, token.begin};
}

Result<ast::Name> Grammar::name() {
  return name_if(at_name());
}
Result<ast::Name> Grammar::label() {
  return name_if(at_label());
}
Result<ast::Name> Grammar::function_name() {
  return name_if(at_function_name());
}

// The parts after `first`.
Result<ast::QualifiedName> Grammar::dotted(ast::Name first) {
  if (!at(TokenKind::Dot)) return ast::QualifiedName{arena_.list(&first, 1)};
  std::vector<ast::Name> parts{first};
  while (accept(TokenKind::Dot)) {
    ast::Name part = TRY(label());
    parts.push_back(part);
  }
  return ast::QualifiedName{arena_.list(parts)};
}

Result<ast::QualifiedName> Grammar::any_name() {
  ast::Name first = TRY(name());
  return dotted(first);
}

Result<ast::QualifiedName> Grammar::qualified_name() {
  ast::QualifiedName found = TRY(any_name());
  if (found.parts.size() <= 3) return found;
  std::string message = "improper qualified name (too many dotted names): ";
  for (const ast::Name& part : found.parts) {
    if (&part != &found.parts.front()) message += '.';
    message += part.text;
  }
  return error_at(std::move(message), found.position());
}

Result<ast::List<ast::Name>> Grammar::name_list() {
  std::vector<ast::Name> names;
  do {
    ast::Name one = TRY(name());
    names.push_back(one);
  } while (accept(TokenKind::Comma));
  return arena_.list(names);
}

Result<ast::List<ast::Name>> Grammar::parenthesized_names() {
  TRY(expect(TokenKind::LeftParen));
  ast::List<ast::Name> names = TRY(name_list());
  TRY(expect(TokenKind::RightParen));
  return names;
}

Result<ast::List<ast::Name>> Grammar::optional_names() {
  if (!at(TokenKind::LeftParen)) return ast::List<ast::Name>();
  return parenthesized_names();
}

Result<ast::List<ast::QualifiedName>> Grammar::any_name_list() {
  std::vector<ast::QualifiedName> names;
  do {
    ast::QualifiedName one = TRY(any_name());
    names.push_back(one);
  } while (accept(TokenKind::Comma));
  return arena_.list(names);
}

Result<int32_t> Grammar::integer() {
  if (!at(TokenKind::Integer)) return syntax_error();
  return advance().integer;
}

Result<int64_t> Grammar::signed_number() {
  bool is_negative = accept(TokenKind::Minus);
  if (!is_negative) accept(TokenKind::Plus);
  if (!at(TokenKind::Integer) && !at(TokenKind::Number)) return syntax_error();
  Token token = advance();
  if (token.kind == TokenKind::Integer) return int64_t{is_negative ? -int64_t{token.integer} : token.integer};
  std::string digits = is_negative ? "-" : "";
  digits += token.text;
  int64_t value = 0;
  auto [stop, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failure == std::errc() && stop == digits.data() + digits.size()) return value;
  if (failure == std::errc::result_out_of_range) {
    return Error(sqlstate::numeric_value_out_of_range,
                 "value \"" + digits + "\" is out of range for type bigint");
  }
  return Error(sqlstate::invalid_text_representation,
               "invalid input syntax for type bigint: \"" + digits + "\"");
}

Result<std::string_view> Grammar::string() {
  if (!at(TokenKind::String)) return syntax_error();
  return advance().text;
}

}  // namespace rowan
